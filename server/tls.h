/*
 * TLS 1.2 and 1.3 over a non-blocking socket, driven by hand: every function
 * does what can be done now and says what it waits for. Only tls.c sees
 * libssl. What a request's handshake costs was measured; the choices that
 * follow from it stand beside the code.
 *
 * What is to be sent is gathered in memory and leaves in one write: a
 * handshake's flight, or a ticket, a whole small reply and its close_notify.
 * So a write never has to be repeated with the same bytes, and tls_flush is
 * the only one that waits for the peer to read.
 *
 * Client certificates are never required, and asked for only where one can
 * matter: any is taken, none is verified here but that the client has its key;
 * tls_peer says which it was.
 */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Keys of session tickets, in shared memory made by the keeper before any
 * fork, so that every worker of every generation resumes what another began.
 * Rotated from time to time; the previous key is still read.
 */
struct tls_keys;

int tls_keys_new(struct tls_keys **keys, struct err *e);
void tls_keys_free(struct tls_keys *keys);
int tls_keys_rotate(struct tls_keys *keys, struct err *e);

/* The certificates of one generation. keys is borrowed. asks: for a client's
 * certificate, which costs each full handshake some 3 %. */
struct tls_server;

int tls_server_new(struct tls_server **s, struct tls_keys *keys, bool asks,
    struct err *e);
void tls_server_free(struct tls_server *s);

/* A certificate chain and its key, as PEM, for a host and its aliases (which
 * the client names by SNI). The first added is also for whoever names none
 * or one not known here. Names are borrowed. */
int tls_server_add(struct tls_server *s, struct str host,
    const struct str *aliases, size_t alias_count, struct str chain,
    struct str key, struct err *e);

enum tls_result {
	TLS_DONE,
	TLS_WANT_READ,
	TLS_WANT_WRITE,
	TLS_CLOSED, /* the peer has ended it, in order or not */
	TLS_FAILED  /* no longer of use; nothing more can be sent on it */
};

struct tls; /* one connection */

/* The socket is borrowed. early is what was already read from it, and is
 * copied. NULL when memory ran out. */
struct tls *tls_new(struct tls_server *s, int fd, struct str early);
void tls_free(struct tls *t);

/* Done: everything the peer waits for was sent. In TLS 1.3 the ticket may
 * still wait here for the reply, to leave with it. */
enum tls_result tls_handshake(struct tls *t);

/* At most n bytes; *got is 0 unless done. */
enum tls_result tls_read(struct tls *t, void *to, size_t n, size_t *got);

/* Encrypts all n bytes into memory. The caller flushes when tls_pending, the
 * bytes that wait there, has become large. */
enum tls_result tls_write(struct tls *t, const void *from, size_t n);
size_t tls_pending(const struct tls *t);

/* Adds close_notify (RFC 8446, section 6.1), once. Nothing is written after
 * it but by tls_flush. */
void tls_close(struct tls *t);
enum tls_result tls_flush(struct tls *t);

/* Bytes the peer has taken since tls_new, encryption included: whether it
 * still reads. */
uint64_t tls_taken(const struct tls *t);

int tls_version(const struct tls *t); /* 0x0303, 0x0304 */
bool tls_is_resumed(const struct tls *t);
struct str tls_sni(const struct tls *t); /* empty: none was sent */

/* The client's certificate: SHA-256 of its DER, lower hex, and when it is
 * valid. false: it gave none. */
struct tls_peer {
	char fingerprint[65];
	int64_t not_before, not_after;
};

bool tls_peer(const struct tls *t, struct tls_peer *peer);

#endif
