/*
 * What happens to claims while nobody asks: they expire, pass on to who waits,
 * and what was written in them is forgotten. And the letter of one that was
 * shipped.
 */
#ifndef MAIL_DESK_CLAIM_TURN_H
#define MAIL_DESK_CLAIM_TURN_H

#include "base/err.h"
#include "base/str.h"
#include "mail/desk.h"

#include <stdint.h>

/* For the daemon, once a minute or so: costs little when nothing is due. */
int desk_claims_tend(const struct desk *desk, int64_t now, struct err *e);

/* Marks a claim as shipped and mails its owner, in one transaction.
 * ERR_MISSING when there is none, ERR_REFUSED when it cannot be. */
int desk_claim_ship(const struct desk *desk, int64_t claim, struct str note,
    int64_t now, struct err *e);

#endif
