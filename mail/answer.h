/*
 * What people wrote into a claim, between the store, which has it sealed, and
 * those who may read it: its owner at the desk, and the organizer's export.
 */
#ifndef MAIL_ANSWER_H
#define MAIL_ANSWER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/seal.h"
#include "mail/store.h"

#include <stdint.h>

/* Appends it: 1; 0 when it was not written or is forgotten; -1. */
int answer_load(struct buf *to, struct store *store, const struct seal *seal,
    int64_t claim, struct str field, struct err *e);

int answer_store(struct store *store, const struct seal *seal, int64_t claim,
    struct str field, struct str value, struct err *e);

#endif
