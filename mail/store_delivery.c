#include "mail/store_delivery.h"
#include "mail/store_inner.h"

#include <string.h>

static const char *const names[DELIVERY_STATES] = {
    [DELIVERY_QUEUED] = "queued",
    [DELIVERY_DEFERRED] = "deferred",
    [DELIVERY_SENDING] = "sending",
    [DELIVERY_SENT] = "sent",
    [DELIVERY_FAILED] = "failed",
    [DELIVERY_IN_DOUBT] = "in_doubt",
    [DELIVERY_CANCELLED] = "cancelled",
};

#define BIT(state) (1u << (state))
#define WAITING (BIT(DELIVERY_QUEUED) | BIT(DELIVERY_DEFERRED))

/* Where each state may lead. QUEUED out of SENDING is for a message of which
 * nothing was on the wire; out of IN_DOUBT and FAILED the organizer leads. */
static const unsigned ways[DELIVERY_STATES] = {
    [DELIVERY_QUEUED] = WAITING | BIT(DELIVERY_SENDING) | BIT(DELIVERY_FAILED) |
	BIT(DELIVERY_CANCELLED),
    [DELIVERY_DEFERRED] = WAITING | BIT(DELIVERY_SENDING) |
	BIT(DELIVERY_FAILED) | BIT(DELIVERY_CANCELLED),
    [DELIVERY_SENDING] = WAITING | BIT(DELIVERY_SENT) | BIT(DELIVERY_FAILED) |
	BIT(DELIVERY_IN_DOUBT),
    [DELIVERY_IN_DOUBT] = BIT(DELIVERY_QUEUED) | BIT(DELIVERY_SENT) |
	BIT(DELIVERY_FAILED) | BIT(DELIVERY_CANCELLED),
    [DELIVERY_FAILED] = BIT(DELIVERY_QUEUED),
};

/* Entering these is the outcome of an attempt. */
#define OUTCOMES \
	(BIT(DELIVERY_SENT) | BIT(DELIVERY_FAILED) | BIT(DELIVERY_DEFERRED))
#define ATTEMPTED (WAITING | BIT(DELIVERY_SENDING))

const char *
delivery_state_name(enum delivery_state state)
{
	return names[state];
}

enum delivery_state
store_delivery_state(sqlite3_stmt *q, int column)
{
	return (enum delivery_state)store_choice(
	    q, column, names, DELIVERY_STATES);
}

static void
read_delivery(struct store_delivery *out, sqlite3_stmt *q, struct arena *a)
{
	*out = (struct store_delivery){
	    .id = store_int(q, 0),
	    .announcement = store_int(q, 1),
	    .subscriber = store_int(q, 2),
	    .address = store_text(q, 3, a),
	    .token = store_text(q, 4, a),
	    .state = store_delivery_state(q, 5),
	    .due = store_int(q, 6),
	    .changed = store_int(q, 7),
	    .attempts = (int)store_int(q, 8),
	    .doubts = (int)store_int(q, 9),
	    .reply = store_text(q, 10, a),
	};
}

/* All rows of a question; at most as many as it was told to give. */
static int
read_deliveries(struct store *s, sqlite3_stmt *q, struct arena *a,
    struct store_delivery *out, size_t *count, struct err *e)
{
	int got;

	while ((got = store_next(s, q, e)) > 0)
		read_delivery(&out[(*count)++], q, a);
	return got < 0 ? -1 : arena_ok(a, e);
}

int
store_totals_of(
    struct store *s, sqlite3_stmt *q, struct store_totals *out, struct err *e)
{
	int got;

	*out = (struct store_totals){0};
	if (q == NULL)
		return -1;
	while ((got = store_next(s, q, e)) > 0) {
		enum delivery_state state = store_delivery_state(q, 0);

		out->count[state] = store_int(q, 1);
		out->all += out->count[state];
		if (state == DELIVERY_DEFERRED)
			out->next_due = store_int(q, 2);
	}
	return got;
}

int
store_announcement_totals(
    struct store *s, int64_t id, struct store_totals *out, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERIES_BY_STATE, e);

	if (q != NULL)
		store_bind_int(q, 1, id);
	return store_totals_of(s, q, out, e);
}

/* Adds to *count those of one state, and makes them this handle's. */
static int
lease(struct store *s, enum delivery_state state, int64_t announcement,
    int64_t now, struct arena *a, struct store_delivery *out, size_t max,
    size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERIES_DUE, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, str_of(names[state]));
	store_bind_int(q, 2, now);
	store_bind_int(q, 3, announcement);
	store_bind_int(q, 4, (int64_t)(max - *count));
	return read_deliveries(s, q, a, out, count, e);
}

static int
take(struct store *s, struct store_delivery *d, int64_t until, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERY_LEASED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, d->id);
	store_bind_int(q, 2, s->holder);
	store_bind_int(q, 3, d->due = until);
	return store_do(s, q, NULL, e);
}

int
store_deliveries_lease(struct store *s, int64_t announcement, int64_t now,
    int64_t until, struct arena *a, struct store_delivery *out, size_t max,
    size_t *count, struct err *e)
{
	int result;

	*count = 0;
	if (store_holder(s, e) != 0 || store_step(s, e) != 0)
		return -1;
	result = lease(
	    s, DELIVERY_DEFERRED, announcement, now, a, out, max, count, e);
	if (result == 0)
		result = lease(s, DELIVERY_QUEUED, announcement, now, a, out,
		    max, count, e);
	for (size_t i = 0; result == 0 && i < *count; i++)
		result = take(s, &out[i], until, e);
	result = store_settle(s, result, e);
	if (result != 0)
		*count = 0;
	return result;
}

int
store_deliveries_due(struct store *s, int64_t announcement, int64_t now,
    int64_t max, int64_t *count, int64_t *next, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERIES_READY, e);

	*count = *next = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, now);
	store_bind_int(q, 2, announcement);
	store_bind_int(q, 3, max);
	if (store_number(s, q, count, e) < 0 ||
	    (q = store_ask(s, DELIVERIES_NEXT, e)) == NULL)
		return -1;
	store_bind_int(q, 1, announcement);
	return store_number(s, q, next, e) < 0 ? -1 : 0;
}

/* How a delivery stands: what decides where it may be moved. */
struct standing {
	enum delivery_state state;
	int64_t holder; /* 0: nobody */
	int64_t due;
	bool is_open; /* its announcement */
};

static int
read_standing(struct store *s, const struct store_movable *what, int64_t id,
    struct standing *out, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, what->standing, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	got = store_next(s, q, e);
	if (got == 0)
		return err_set(e, ERR_MISSING, "there is no %s %lld",
		    what->noun, (long long)id);
	if (got < 0)
		return -1;
	out->state = store_delivery_state(q, 0);
	out->holder = store_int(q, 1);
	out->due = store_int(q, 2);
	out->is_open = strcmp((const char *)sqlite3_column_text(q, 3),
			   announcement_state_name(ANNOUNCEMENT_OPEN)) == 0;
	sqlite3_reset(q);
	return 0;
}

static int
may_move(struct store *s, const struct store_movable *what, int64_t id,
    const struct standing *at, enum delivery_state to, struct err *e)
{
	bool is_ours = at->holder != 0 && at->holder == s->holder;

	if ((ways[at->state] & BIT(to)) == 0)
		return err_set(e, ERR_REFUSED,
		    "%s %lld is %s and cannot become %s", what->noun,
		    (long long)id, names[at->state], names[to]);
	if (to == DELIVERY_SENDING && !at->is_open)
		return err_set(e, ERR_REFUSED,
		    "the announcement of %s %lld was stopped", what->noun,
		    (long long)id);
	if (!is_ours && to != DELIVERY_CANCELLED &&
	    (at->holder != 0 || to == DELIVERY_SENDING))
		return err_set(e, ERR_REFUSED,
		    "%s %lld is not leased by this program", what->noun,
		    (long long)id);
	return 0;
}

/* What follows from entering a state, for one delivery or for all: DUE,
 * ATTEMPTS, DOUBTS, CHANGED and REPLY of both questions. */
static void
bind_move(sqlite3_stmt *q, int at_due, enum delivery_state from,
    const struct store_move *move)
{
	bool waits = (WAITING & BIT(move->to)) != 0;
	bool attempted =
	    (OUTCOMES & BIT(move->to)) != 0 && (ATTEMPTED & BIT(from)) != 0;

	store_bind_int(q, at_due, waits ? move->due : 0);
	store_bind_int(q, 5, attempted);
	store_bind_int(q, 6, move->to == DELIVERY_IN_DOUBT);
	store_bind_int(q, 7, move->at);
	store_bind(q, 8, move->reply);
}

static int
enter(struct store *s, const struct store_movable *what, int64_t id,
    const struct store_move *move, struct err *e)
{
	struct standing at = {0};
	sqlite3_stmt *q;

	if (read_standing(s, what, id, &at, e) != 0 ||
	    may_move(s, what, id, &at, move->to, e) != 0 ||
	    (q = store_ask(s, what->moved, e)) == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind(q, 2, str_of(names[move->to]));
	bind_move(q, 3, at.state, move);
	if (move->to == DELIVERY_SENDING) {
		store_bind_int(q, 3, at.due);
		store_bind_int(q, 4, at.holder);
	}
	return store_do(s, q, NULL, e);
}

int
store_move(struct store *s, const struct store_movable *what, int64_t id,
    const struct store_move *move, struct err *e)
{
	/* What it changes it changes with one statement, which stands or falls
	 * by itself: within a transaction that spares a savepoint. */
	if (s->depth > 0 && !sqlite3_get_autocommit(s->db))
		return enter(s, what, id, move, e);
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, enter(s, what, id, move, e), e);
}

int
store_delivery_enter(
    struct store *s, int64_t id, const struct store_move *move, struct err *e)
{
	static const struct store_movable deliveries = {
	    "delivery", DELIVERY_STANDING, DELIVERY_MOVED};

	return store_move(s, &deliveries, id, move, e);
}

int
store_deliveries_enter(struct store *s, int64_t announcement,
    enum delivery_state from, const struct store_move *move, int64_t *moved,
    struct err *e)
{
	sqlite3_stmt *q;

	*moved = 0;
	if ((ways[from] & BIT(move->to)) == 0 || move->to == DELIVERY_SENDING)
		return err_set(e, ERR_REFUSED,
		    "deliveries that are %s cannot become %s", names[from],
		    names[move->to]);
	if (store_step(s, e) != 0)
		return -1;
	q = store_ask(s, DELIVERIES_MOVED, e);
	if (q == NULL)
		return store_settle(s, -1, e);
	store_bind_int(q, 1, announcement);
	store_bind(q, 2, str_of(names[from]));
	store_bind(q, 3, str_of(names[move->to]));
	bind_move(q, 4, from, move);
	return store_settle(s, store_do(s, q, moved, e), e);
}

int
store_deliveries_drop(struct store *s, int64_t subscriber, int64_t list,
    int64_t at, const char *why, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERIES_DROPPED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, list);
	store_bind_int(q, 3, at);
	store_bind(q, 4, str_of(why));
	return store_do(s, q, NULL, e);
}

int
store_deliveries(struct store *s, int64_t announcement,
    enum delivery_state state, struct store_delivery_cursor *after,
    struct arena *a, struct store_delivery *out, size_t max, size_t *count,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERIES_OF_STATE, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, announcement);
	store_bind(q, 2, str_of(names[state]));
	store_bind_int(q, 3, after->due);
	store_bind_int(q, 4, after->id);
	store_bind_int(q, 5, (int64_t)max);
	if (read_deliveries(s, q, a, out, count, e) != 0)
		return -1;
	if (*count > 0)
		*after = (struct store_delivery_cursor){
		    out[*count - 1].due, out[*count - 1].id};
	return 0;
}

int
store_deliveries_of(struct store *s, int64_t subscriber, struct arena *a,
    struct store_delivery *out, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERIES_OF_SUBSCRIBER, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, (int64_t)max);
	return read_deliveries(s, q, a, out, count, e);
}
