/*
 * A server's certificate and its key: made once, loaded with every check that
 * can be made before a visitor meets them, renewed with the key kept. Gemini
 * clients trust on first use and pin the certificate or its public key, so
 * nothing here replaces either unless it is told to.
 *
 * Refuses: a key that others can read, one that is encrypted or does not fit,
 * a certificate that is expired or not valid yet. Knows libcrypto only, and no
 * type of it stands here; the TLS library gets PEM. Paths are relative to the
 * working directory; instants are seconds as in base/clock.h, and "now" is
 * clock_now.
 */
#ifndef CERTS_CERTS_H
#define CERTS_CERTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTS_HASH_LEN 32
#define CERTS_FILE_MAX ((size_t)1 << 20) /* of a chain, of a key */

/* What a certificate says. Slices point into its arena and end in a NUL. */
struct certs_info {
	struct arena arena;
	struct str subject; /* common name, printable; empty if it has none */
	struct str *names;  /* DNS names and addresses of subjectAltName */
	size_t name_count;
	int64_t not_before, not_after;
	struct str key_type; /* "EC P-256", "RSA 2048", "ED25519" */
	bool is_self_signed;
	unsigned char hash[CERTS_HASH_LEN];     /* SHA-256 of its DER */
	unsigned char key_hash[CERTS_HASH_LEN]; /* of SubjectPublicKeyInfo */
};

/* A certificate that is good now and its key, as PEM. */
struct certs_pair {
	struct certs_info info; /* of the server's own, the first in chain */
	struct buf chain;
	struct buf key; /* wiped by certs_pair_release */
};

/*
 * Makes a key and a self-signed certificate for host and its aliases (and for
 * this machine's own addresses where one of them is localhost) when neither
 * file is there, in a folder that is; *made, if given, says whether it did. Of
 * a key alone, left by a crash, it makes the certificate. A certificate
 * without its key is an error, never overwritten. ECDSA P-256, valid from a
 * day ago for 50 years, the key's file 0600.
 */
int certs_ensure(const char *certificate, const char *key, struct str host,
    const struct str *aliases, size_t alias_count, bool *made, struct err *e);

/* Reads a chain, the server's own certificate first, and the key, and checks
 * them as said above. Errors name the file. On failure *pair is released. */
int certs_load(struct certs_pair *pair, const char *certificate,
    const char *key, struct err *e);
void certs_pair_release(struct certs_pair *pair);

/*
 * A new self-signed certificate of the same key in place of the old, whole at
 * any instant; before and after say what visitors will see. Refused for one
 * that somebody else issued or that is not of this key. On failure the old
 * one is as it was, and both are released.
 */
int certs_renew(struct certs_info *before, struct certs_info *after,
    const char *certificate, const char *key, struct str host,
    const struct str *aliases, size_t alias_count, struct err *e);

/* The facts of a certificate by itself, whatever its dates. On failure *info
 * is released. */
int certs_info_load(struct certs_info *info, const char *certificate,
    struct err *e);
/* The same from PEM; name is for the error. */
int certs_info_parse(struct certs_info *info, struct str pem,
    const char *name, struct err *e);
void certs_info_release(struct certs_info *info);

/* Whether it is made out to host: a name as it stands, ASCII case aside, or
 * "*" for the first label (RFC 9525, section 6.3); an address as bytes. */
bool certs_has_name(const struct certs_info *info, struct str host);

/* Appends "expires in 12 days; ..." or "has expired; ..." and what to do, if
 * less than 30 days are left. Returns whether. */
bool certs_expires_soon(
    struct buf *to, const struct certs_info *info, int64_t now);

/* "4A:5B:..." as openssl x509 -fingerprint prints. */
void certs_fingerprint(struct buf *to, const unsigned char *hash);

#endif
