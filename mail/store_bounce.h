/*
 * Mail that came back, taken in: kept, scored (bounce_score.h), and when the
 * address is dead its memberships are suspended, all in one transaction. The
 * same for what a mail server refuses while a message is handed to it and for
 * what comes back as a report later; a report that mail is delayed is neither.
 * Somebody suspended comes back by themselves, or by the organizer; or at once,
 * when so much came back that it is no fault of theirs (store_brake.h).
 */
#ifndef MAIL_STORE_BOUNCE_H
#define MAIL_STORE_BOUNCE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bounce_score;

struct store_bounce {
	int64_t at;
	int64_t announcement; /* 0: not known */
	bool permanent;
	struct str status; /* "5.1.1" (RFC 3463); empty where none was given */
	struct str text; /* what the other server said */
	bool is_excused; /* held against nobody (store_brake.h) */
	struct str message_id; /* of what came back, without angle brackets;
	                        * empty: not known. Is not kept */
};

int store_bounce_add(struct store *s, int64_t subscriber,
    const struct store_bounce *bounce, struct err *e);
/* The newest first, at most max. */
int store_bounces(struct store *s, int64_t subscriber, struct arena *a,
    struct store_bounce *out, size_t max, size_t *count, struct err *e);
/* The same of everybody, each with its address. */
int store_bounces_latest(struct store *s, struct arena *a,
    struct store_bounce *out, struct str *address, size_t max, size_t *count,
    struct err *e);

/* bounce->at is now. *suspended tells whether that was the last straw. */
int store_bounce_take(struct store *s, int64_t subscriber,
    const struct store_bounce *bounce, bool *suspended, struct err *e);

/* The same of what came back by mail, by the token in the address it came to:
 * a subscriber's or a letter's. The Message-ID gives the announcement, if it
 * is one's. A letter to nobody known changes nothing. ERR_MISSING for a token
 * that is neither's. */
int store_bounce_of_token(struct store *s, struct str token,
    struct store_bounce *bounce, bool *suspended, struct err *e);

/* How somebody stands now; what it points to stands in the arena. */
int store_bounce_score(struct store *s, int64_t subscriber, int64_t now,
    struct arena *a, struct bounce_score *out, struct err *e);

#endif
