/*
 * E-mail addresses: which ones we mail to, and one way to write each. Only
 * the dot-string form of RFC 5321 is taken (quoted local parts are legal and
 * in practice typing errors). The domain is brought to lower-case A-labels
 * (IDNA 2008, libidn2); the local part stays as typed, since only its own
 * server knows whether case matters. Pure.
 */
#ifndef MAIL_MAILBOX_H
#define MAIL_MAILBOX_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define MAILBOX_MAX 254 /* RFC 3696, erratum 1690 */
#define MAILBOX_LOCAL_MAX 64

/*
 * Appends the address in its one form, white space around it and "mailto:" or
 * angle brackets gone. -1 with a sentence for whoever typed it: no "@", a
 * character that cannot be there, a local part outside ASCII (our relays do
 * not speak SMTPUTF8), a domain without a dot, an IP literal.
 */
int mailbox_normalise(struct buf *to, struct str typed, struct err *e);

/* The parts of a normalised address. */
struct str mailbox_local(struct str address);
struct str mailbox_domain(struct str address);

/*
 * The key under which an address is unique: as normalised, local part in
 * lower case. Nobody's two subscribers differ in case only, and everybody's
 * typing does.
 */
void mailbox_key(struct buf *to, struct str address);

/* Appends the address as others may see it: "a…@example.org". */
void mailbox_mask(struct buf *to, struct str address);

/*
 * Takes "Display Name <address>" or an address alone apart (RFC 5322 mailbox,
 * quoted display names undone by the caller's eye only). -1 when there is no
 * one address in it.
 */
int mailbox_parse(struct str *name, struct str *address, struct str text,
    struct err *e);

#endif
