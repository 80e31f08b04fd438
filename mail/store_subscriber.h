/*
 * Subscribers and their memberships of lists; who must never be mailed again.
 * An address is given as mailbox_normalise writes it and is one subscriber's
 * by its mailbox_key, whatever the case of its letters.
 *
 * Nothing here sends mail or decides who may ask for what. It does see to it
 * that a list of addresses from elsewhere brings nobody back who has left or
 * was erased.
 */
#ifndef MAIL_STORE_SUBSCRIBER_H
#define MAIL_STORE_SUBSCRIBER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum member_state {
	MEMBER_ANY,       /* for asking only */
	MEMBER_PENDING,   /* asked, not confirmed: never gets announcements */
	MEMBER_ACTIVE,
	MEMBER_SUSPENDED, /* its mail comes back */
	MEMBER_LEFT,
	MEMBER_STATES
};

/* By which way a membership came into its state. */
enum member_way {
	WAY_ORGANIZER,
	WAY_IMPORT,
	WAY_GEMINI,
	WAY_GOPHER,
	WAY_MAIL,
	WAY_BOUNCE,
	MEMBER_WAYS
};

/* As the store, commands and CSV write them; parsing gives -1 for others. */
const char *member_state_name(enum member_state state);
const char *member_way_name(enum member_way way);
int member_state_parse(enum member_state *state, struct str name);
int member_way_parse(enum member_way *way, struct str name);

struct store_subscriber {
	int64_t id;
	int64_t since;
	struct str address;
	struct str token; /* secret: whoever has it may leave (token.h) */
};

struct store_member {
	struct store_subscriber subscriber;
	struct str list;
	enum member_state state;
	enum member_way way; /* into this state */
	int64_t since;       /* in this state */
	struct str consent;  /* what shows that they asked, in words */
	struct str why;      /* what suspended or ended it; may be empty */
};

/* What became of an address that was to be a member. */
enum member_outcome {
	OUTCOME_ADDED,
	OUTCOME_MEMBER,     /* was one before, in the state given */
	OUTCOME_SUPPRESSED  /* erased: only they themselves can come back */
};

/*
 * Makes the address m->subscriber.address a member of m->list with the state,
 * way, since, consent and why of m; ids and tokens are not looked at. One that
 * is a member already stays as it is, whichever its state, which is then in
 * *was.
 */
int store_member_add(struct store *s, const struct store_member *m,
    enum member_outcome *outcome, enum member_state *was, struct err *e);

/* ERR_MISSING when there is none. */
int store_subscriber_find(struct store *s, struct store_subscriber *out,
    struct arena *a, struct str address, struct err *e);
int store_subscriber_by_token(struct store *s, struct store_subscriber *out,
    struct arena *a, struct str token, struct err *e);

/* What changes with a state. An empty consent leaves the record as it is. */
struct store_entry {
	enum member_state state;
	enum member_way way;
	int64_t at;
	struct str consent;
	struct str why;
};

/*
 * The one function by which a membership that exists changes its state;
 * ERR_MISSING when there is none. Out of ACTIVE, what is queued for them on
 * this list and not yet on the wire is cancelled. Into the state it is in
 * already changes nothing.
 */
int store_member_enter(struct store *s, int64_t subscriber, struct str list,
    const struct store_entry *entry, struct err *e);

/* Pages of at most max members, by subscriber and list. `after` begins zeroed
 * and is moved; *count is 0 behind the last one. */
struct store_member_query {
	struct str list;         /* empty: all lists */
	int64_t subscriber;      /* 0: all; looked at without a list only */
	enum member_state state; /* MEMBER_ANY: all */
};

struct store_member_cursor {
	int64_t subscriber;
	int64_t list;
};

int store_members(struct store *s, const struct store_member_query *query,
    struct store_member_cursor *after, struct arena *a,
    struct store_member *out, size_t max, size_t *count, struct err *e);

/* How many members a list has by state. */
int store_member_totals(struct store *s, struct str list,
    int64_t count[MEMBER_STATES], struct err *e);

/* How many of a list came into each state in each of the last weeks, the first
 * from `from` on, each of seven days. */
#define MEMBER_WEEKS 8
int store_member_weeks(struct store *s, struct str list, int64_t from,
    int64_t count[MEMBER_WEEKS][MEMBER_STATES], struct err *e);

/*
 * Forgets a person: memberships, bounces, and who they were in deliveries,
 * which still count. Only a salted hash of the address is kept, by which
 * store_member_add knows it. *was_known tells whether there was anything; the
 * hash is kept in any case. Call store_forget when that is committed.
 */
int store_subscriber_erase(struct store *s, struct str address, int64_t at,
    bool *was_known, struct err *e);

/* *since is when it was suppressed; 0: it is not. */
int store_suppressed(
    struct store *s, struct str address, int64_t *since, struct err *e);
/* They came back by themselves. */
int store_suppression_lift(struct store *s, struct str address, struct err *e);

#endif
