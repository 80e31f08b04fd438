#include "mail/store_delivery.h"
#include "mail/store_inner.h"
#include "mail/token.h"

static const char *const names[ANNOUNCEMENT_STATES] = {
    [ANNOUNCEMENT_OPEN] = "open",
    [ANNOUNCEMENT_PAUSED] = "paused",
    [ANNOUNCEMENT_CANCELLED] = "cancelled",
    [ANNOUNCEMENT_DONE] = "done",
};

#define BIT(state) (1u << (state))

/* Where each state may lead. What is done is opened again to send what has
 * failed once more. */
static const unsigned ways[ANNOUNCEMENT_STATES] = {
    [ANNOUNCEMENT_OPEN] =
	BIT(ANNOUNCEMENT_PAUSED) | BIT(ANNOUNCEMENT_CANCELLED),
    [ANNOUNCEMENT_PAUSED] =
	BIT(ANNOUNCEMENT_OPEN) | BIT(ANNOUNCEMENT_CANCELLED),
    [ANNOUNCEMENT_CANCELLED] = 0,
    [ANNOUNCEMENT_DONE] = BIT(ANNOUNCEMENT_OPEN),
};

const char *
announcement_state_name(enum announcement_state state)
{
	return names[state];
}

static enum announcement_state
state_in(sqlite3_stmt *q, int column)
{
	return (enum announcement_state)store_choice(
	    q, column, names, ANNOUNCEMENT_STATES);
}

static int
write_announcement(
    struct store *s, struct store_announcement *a, int64_t list, struct err *e)
{
	char token[TOKEN_LEN + 1];
	sqlite3_stmt *q;

	if (token_new(token, e) != 0 ||
	    (q = store_ask(s, NEW_ANNOUNCEMENT, e)) == NULL)
		return -1;
	store_bind_int(q, 1, list);
	store_bind(q, 2, a->page);
	store_bind(q, 3, a->subject);
	store_bind(q, 4, str_of(token));
	store_bind_int(q, 5, a->queued);
	store_bind_int(q, 6, a->begins);
	store_bind_int(q, 7, a->expires);
	store_bind_int(q, 8, a->holds_doubts);
	store_bind_blob(q, 9, a->message);
	return store_number(s, q, &a->id, e) < 0 ? -1 : 0;
}

/* SQLite goes through the list row by row and pours what does not fit its
 * cache into the log. */
static int
queue(struct store *s, struct store_announcement *a, int64_t *recipients,
    struct err *e)
{
	sqlite3_stmt *q;
	int64_t list;

	if (store_list(s, a->list, true, &list, e) != 0 ||
	    write_announcement(s, a, list, e) != 0 ||
	    (q = store_ask(s, NEW_DELIVERIES, e)) == NULL)
		return -1;
	store_bind_int(q, 1, a->id);
	store_bind_int(q, 2, list);
	store_bind_int(q, 3, a->begins);
	store_bind_int(q, 4, a->queued);
	return store_do(s, q, recipients, e);
}

int
store_announcement_queue(struct store *s, struct store_announcement *out,
    int64_t *recipients, struct err *e)
{
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, queue(s, out, recipients, e), e);
}

static void
read_announcement(
    struct store_announcement *out, sqlite3_stmt *q, struct arena *a)
{
	*out = (struct store_announcement){
	    .id = store_int(q, 0),
	    .state = state_in(q, 1),
	    .list = store_text(q, 2, a),
	    .page = store_text(q, 3, a),
	    .subject = store_text(q, 4, a),
	    .token = store_text(q, 5, a),
	    .queued = store_int(q, 6),
	    .begins = store_int(q, 7),
	    .expires = store_int(q, 8),
	    .holds_doubts = store_int(q, 9) != 0,
	    .message = store_text(q, 10, a),
	};
}

static int
read_one(struct store *s, sqlite3_stmt *q, struct store_announcement *out,
    struct arena *a, struct err *e)
{
	int got = store_next(s, q, e);

	if (got == 0)
		return err_set(e, ERR_MISSING, "there is no such announcement");
	if (got < 0)
		return -1;
	read_announcement(out, q, a);
	sqlite3_reset(q);
	return arena_ok(a, e);
}

int
store_announcement_find(struct store *s, struct store_announcement *out,
    struct arena *a, int64_t id, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, ANNOUNCEMENT_OF_ID, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	return read_one(s, q, out, a, e);
}

int
store_announcement_of_page(struct store *s, struct store_announcement *out,
    struct arena *a, struct str list, struct str page, struct err *e)
{
	sqlite3_stmt *q;
	int64_t id;

	if (store_list(s, list, false, &id, e) != 0 ||
	    (q = store_ask(s, ANNOUNCEMENT_OF_PAGE, e)) == NULL)
		return -1;
	store_bind(q, 1, page);
	store_bind_int(q, 2, id);
	return read_one(s, q, out, a, e);
}

int
store_announcement_was(
    struct store *s, struct str list, struct str page, bool *was, struct err *e)
{
	int64_t id, count = 0;
	sqlite3_stmt *q;

	if (store_list(s, list, false, &id, e) != 0 ||
	    (q = store_ask(s, ANNOUNCEMENTS_OF_PAGE, e)) == NULL)
		return -1;
	store_bind(q, 1, page);
	store_bind_int(q, 2, id);
	if (store_number(s, q, &count, e) < 0)
		return -1;
	*was = count > 0;
	return 0;
}

int
store_announcements(struct store *s, int64_t before, struct arena *a,
    struct store_announcement *out, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, ANNOUNCEMENTS_BEFORE, e);
	int got;

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, before != 0 ? before : INT64_MAX);
	store_bind_int(q, 2, (int64_t)max);
	while ((got = store_next(s, q, e)) > 0)
		read_announcement(&out[(*count)++], q, a);
	return got < 0 ? -1 : arena_ok(a, e);
}

static int
read_state(
    struct store *s, int64_t id, enum announcement_state *state, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, STATE_OF_ANNOUNCEMENT, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	got = store_next(s, q, e);
	if (got == 0)
		return err_set(e, ERR_MISSING, "there is no announcement %lld",
		    (long long)id);
	if (got < 0)
		return -1;
	*state = state_in(q, 0);
	sqlite3_reset(q);
	return 0;
}

/* Cancels what waits; what is on the wire is past that. */
static int
cancel(struct store *s, int64_t id, int64_t at, struct err *e)
{
	struct store_move move = {.to = DELIVERY_CANCELLED,
	    .at = at,
	    .reply = STR("the announcement was cancelled")};
	int64_t moved;

	if (store_deliveries_enter(s, id, DELIVERY_QUEUED, &move, &moved, e) !=
	    0)
		return -1;
	return store_deliveries_enter(
	    s, id, DELIVERY_DEFERRED, &move, &moved, e);
}

/* The brake (store_brake.h). */
static int
let_go(struct store *s, int64_t id, int64_t at, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, BRAKE_LET_GO, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, at);
	return store_do(s, q, NULL, e);
}

static int
enter(struct store *s, int64_t id, enum announcement_state state, int64_t at,
    struct err *e)
{
	enum announcement_state was = ANNOUNCEMENT_OPEN;
	sqlite3_stmt *q;

	if (read_state(s, id, &was, e) != 0)
		return -1;
	if (was == state)
		return 0;
	if ((ways[was] & BIT(state)) == 0)
		return err_set(e, ERR_REFUSED,
		    "announcement %lld is %s and cannot become %s",
		    (long long)id, names[was], names[state]);
	if (state == ANNOUNCEMENT_CANCELLED && cancel(s, id, at, e) != 0)
		return -1;
	if ((q = store_ask(s, ANNOUNCEMENT_CHANGED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind(q, 2, str_of(names[state]));
	if (store_do(s, q, NULL, e) != 0)
		return -1;
	return state == ANNOUNCEMENT_OPEN ? let_go(s, id, at, e) : 0;
}

int
store_announcement_enter(struct store *s, int64_t id,
    enum announcement_state state, int64_t at, struct err *e)
{
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, enter(s, id, state, at, e), e);
}
