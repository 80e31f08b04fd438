/*
 * TLS as mail leaves by it: our own context, since the library's own crashes
 * in its second session and goes on in clear when a CA file is unusable. The
 * certificate is verified, and made out to the relay's name or address; the
 * name is sent (SNI).
 *
 * TLS 1.2 only, forward secret and authenticated ciphers: with 1.3 a server's
 * session tickets make libesmtp read before it has sent EHLO, and wait for the
 * whole of its patience, in one session of three.
 */
#ifndef MAIL_SMTP_TLS_H
#define MAIL_SMTP_TLS_H

#include "base/err.h"
#include "base/str.h"

struct smtp_tls;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* host is copied; ca_file NULL or "": the system's. */
int smtp_tls_open(struct smtp_tls **out, const char *host, const char *ca_file,
    struct err *e);
void smtp_tls_close(struct smtp_tls *t); /* NULL is fine */

struct ssl_ctx_st *smtp_tls_context(struct smtp_tls *t);

/* Before each session: what went wrong earlier is forgotten. */
void smtp_tls_begin(struct smtp_tls *t);

/* 0 when no handshake failed, else -1 and why: ERR_REFUSED with what to do,
 * ERR_LATER for a line that broke. */
int smtp_tls_failed(struct smtp_tls *t, struct err *e);

#endif
