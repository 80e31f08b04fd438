/*
 * The brake on mass suspension (brake.h), where the store keeps it: put on in
 * the transaction that finds it due, whoever does, and let go when the
 * announcement is opened again (store_announcement_enter).
 *
 * Putting it on pauses the announcement if it is open, excuses what came back
 * of it, gives back the memberships that this has suspended and the deliveries
 * that these suspensions have cancelled, and lets what came back by mail have
 * failed, so that it can be sent again. As long as it is on, whatever else is
 * refused is excused at once; and what was sent before it was let go still is.
 */
#ifndef MAIL_STORE_BRAKE_H
#define MAIL_STORE_BRAKE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/brake.h"
#include "mail/store.h"

#include <stdbool.h>
#include <stdint.h>

/* BRAKE_NONE for one that never had any; the reply stands in the arena. */
int store_brake(struct store *s, int64_t announcement, struct brake *out,
    struct arena *a, struct err *e);

/* A delivery that has failed was refused for good, with a reply: puts the
 * brake on if that is due. *is_on: it is, now or before. */
int store_brake_refused(struct store *s, int64_t delivery, int64_t at,
    struct str reply, bool *is_on, struct err *e);

/* The refused addresses are gone: what was excused counts, and *suspended of
 * these people are suspended for it. ERR_REFUSED when there is nothing to be
 * overruled. The announcement stays as it is. */
int store_brake_overrule(struct store *s, int64_t announcement, int64_t at,
    int64_t *suspended, struct err *e);

#endif
