/*
 * Sealing what must not be read from the store alone: postal addresses and
 * whatever else people write into a claim. AES-256-GCM with a random nonce of
 * 96 bits (NIST SP 800-38D, section 8.2.2: good for four thousand million
 * values a key). The key is a file beside the store, not in it, so that a copy
 * of the one says nothing without the other.
 *
 * What a value is bound to (whose claim, which field) is not in it, and it
 * opens nowhere else.
 */
#ifndef MAIL_SEAL_H
#define MAIL_SEAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SEAL_FILE "claims.key" /* in the state folder, 0600 */
#define SEAL_ADDS 29 /* bytes that a sealed value is longer */

struct seal;

/* Reads the folder's key, which is made at first use, by one of several
 * programs that come at the same time. ERR_REFUSED for one that others may
 * read, ERR_INPUT for one that is damaged. */
int seal_open(struct seal **out, const char *folder, struct err *e);
void seal_close(struct seal *s);

int seal_put(struct buf *to, const struct seal *s, struct str text,
    struct str bound, struct err *e);

/* ERR_INPUT when it was sealed with another key, bound to something else or
 * altered; then nothing is appended. */
int seal_take(struct buf *to, const struct seal *s, struct str sealed,
    struct str bound, struct err *e);

#endif
