/*
 * Announcements and their deliveries: one delivery for each person that an
 * announcement is for, queued all at once or not at all, then moved from state
 * to state by one function, each time on the disk before anything else
 * happens.
 *
 *	queued, deferred --claim--> sending --answer--> sent, deferred, failed
 *	                               '--program gone--> in_doubt
 *
 * Two programs never send the same message: a delivery is leased by one before
 * it is claimed, and claimed before the message's first byte. A lease ends at
 * its time, or with the program that holds it; what it had claimed is then in
 * doubt, since the relay may have taken it.
 */
#ifndef MAIL_STORE_DELIVERY_H
#define MAIL_STORE_DELIVERY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum announcement_state {
	ANNOUNCEMENT_OPEN, /* its deliveries may be leased when it has begun */
	ANNOUNCEMENT_PAUSED,
	ANNOUNCEMENT_CANCELLED,
	ANNOUNCEMENT_DONE, /* nothing of it is left to do */
	ANNOUNCEMENT_STATES
};

enum delivery_state {
	DELIVERY_QUEUED,
	DELIVERY_DEFERRED, /* refused for now, again when due */
	DELIVERY_SENDING,  /* claimed */
	DELIVERY_SENT,
	DELIVERY_FAILED,
	DELIVERY_IN_DOUBT, /* sent or not: nobody knows */
	DELIVERY_CANCELLED,
	DELIVERY_STATES
};

const char *announcement_state_name(enum announcement_state state);
const char *delivery_state_name(enum delivery_state state);

struct store_announcement {
	int64_t id;
	enum announcement_state state;
	struct str list;
	struct str page;    /* its file's path below the pages */
	struct str subject;
	struct str token;   /* of its own, for Message-IDs; public */
	struct str message; /* what compose made of the page, alike for all */
	int64_t queued;
	int64_t begins;     /* not sent before */
	int64_t expires;    /* not sent after; 0: never expires */
	bool holds_doubts;  /* what is in doubt waits for the organizer */
};

/* Queues it for all active members of its list, in one transaction and with
 * little memory however many they are. Takes list, page, subject, message,
 * queued, begins, expires and holds_doubts; gives id and *recipients. */
int store_announcement_queue(struct store *s, struct store_announcement *out,
    int64_t *recipients, struct err *e);

/* ERR_MISSING when there is none. */
int store_announcement_find(struct store *s, struct store_announcement *out,
    struct arena *a, int64_t id, struct err *e);
/* The newest of a page for a list that was not cancelled. */
int store_announcement_of_page(struct store *s, struct store_announcement *out,
    struct arena *a, struct str list, struct str page, struct err *e);
/* Whether there ever was one, cancelled ones, too. */
int store_announcement_was(struct store *s, struct str list, struct str page,
    bool *was, struct err *e);

/* Pages, the newest first, without their messages: those with an id below
 * before, 0 for all. */
int store_announcements(struct store *s, int64_t before, struct arena *a,
    struct store_announcement *out, size_t max, size_t *count, struct err *e);

/* OPEN, PAUSED or CANCELLED, and back from PAUSED to OPEN. CANCELLED cancels
 * what is not on the wire. ERR_REFUSED, saying why, when it cannot be. */
int store_announcement_enter(struct store *s, int64_t id,
    enum announcement_state state, int64_t at, struct err *e);

struct store_totals {
	int64_t count[DELIVERY_STATES];
	int64_t all;
	int64_t next_due; /* of the deferred; 0: none */
};

int store_announcement_totals(
    struct store *s, int64_t id, struct store_totals *out, struct err *e);

struct store_delivery {
	int64_t id;
	int64_t announcement;
	int64_t subscriber; /* 0: erased since */
	struct str address; /* empty: erased since */
	struct str token;   /* the subscriber's */
	enum delivery_state state;
	int64_t due;     /* queued and deferred: not before */
	int64_t changed; /* when it came into its state */
	int attempts;    /* that had an outcome */
	int doubts;      /* how often it was in doubt */
	struct str reply; /* the last answer, or why; may be empty */
};

/* Leases at most max that are due, until that instant, the deferred first. Of
 * one announcement, or of all that are open and have begun (0). */
int store_deliveries_lease(struct store *s, int64_t announcement, int64_t now,
    int64_t until, struct arena *a, struct store_delivery *out, size_t max,
    size_t *count, struct err *e);

/* How many could be leased now, counted up to max; and when the first can, 0:
 * nothing waits. Of one announcement, or of all and letters, too (0). */
int store_deliveries_due(struct store *s, int64_t announcement, int64_t now,
    int64_t max, int64_t *count, int64_t *next, struct err *e);

/* Gives back what this handle leased and has not claimed. */
int store_leases_release(struct store *s, struct err *e);

/*
 * What time and the death of programs have done: what waits for days, since
 * the clock was wrong, waits no more; leases that ended are free
 * again, what they had claimed is in doubt and, unless its announcement holds
 * doubts, queued again at once; deliveries of an announcement that has expired
 * have failed; an announcement without anything left to do is done. Called now
 * and then by whoever delivers. *in_doubt counts the doubts found.
 */
int store_deliveries_tend(
    struct store *s, int64_t now, int64_t *in_doubt, struct err *e);

struct store_move {
	enum delivery_state to;
	int64_t at;
	int64_t due;      /* QUEUED and DEFERRED: not before */
	struct str reply; /* kept for the organizer */
};

/*
 * The one function that moves a delivery. ERR_REFUSED when there is no such
 * way, or the way is only for the one who leased it and that is not this
 * handle: then somebody else has it, or it was cancelled, and it is not to be
 * sent. Entering SENDING is the claim. A lease ends with any other state.
 */
int store_delivery_enter(struct store *s, int64_t id,
    const struct store_move *move, struct err *e);

/* The same for all of an announcement that are in a state and leased by
 * nobody. What has failed is only moved for who is still on the list: not for
 * who has left since, or was suspended by that very failure. */
int store_deliveries_enter(struct store *s, int64_t announcement,
    enum delivery_state from, const struct store_move *move, int64_t *moved,
    struct err *e);

/* Pages of at most max; `after` begins zeroed and is moved; *count is 0 behind
 * the last one. */
struct store_delivery_cursor {
	int64_t due;
	int64_t id;
};

int store_deliveries(struct store *s, int64_t announcement,
    enum delivery_state state, struct store_delivery_cursor *after,
    struct arena *a, struct store_delivery *out, size_t max, size_t *count,
    struct err *e);

/* One person's, the newest first, at most max. */
int store_deliveries_of(struct store *s, int64_t subscriber, struct arena *a,
    struct store_delivery *out, size_t max, size_t *count, struct err *e);

#endif
