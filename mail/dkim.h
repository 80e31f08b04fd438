/*
 * DomainKeys Identified Mail: signing (RFC 6376) with RSA-SHA256 or, by the
 * key's kind, Ed25519-SHA256 (RFC 8463), relaxed/relaxed. From is signed once
 * more than it is there, so that nobody can add another.
 */
#ifndef MAIL_DKIM_H
#define MAIL_DKIM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct dkim_key;

/* Reads a private key (PEM). The file must be its owner's alone (0600).
 * domain and selector are copied. */
int dkim_open(struct dkim_key **out, const char *file, struct str domain,
    struct str selector, struct err *e);
void dkim_close(struct dkim_key *key);

/* Appends the DKIM-Signature field, with its CRLF, for a message of CRLF
 * lines: head without its empty line, and body. */
int dkim_sign(struct buf *to, struct dkim_key const *key, struct str head,
    struct str body, int64_t at, struct err *e);

/* Makes a key file, 0600; ERR_REFUSED when there is one already. */
enum dkim_kind { DKIM_RSA, DKIM_ED25519 };
int dkim_make(const char *file, enum dkim_kind kind, struct err *e);

/* Appends the DNS record of the key: name, TXT, and its strings of at most
 * 255 bytes, as a zone file has them. */
int dkim_record(struct buf *to, const struct dkim_key *key, struct err *e);

#endif
