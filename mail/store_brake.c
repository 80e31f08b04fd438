#include "mail/store_brake.h"
#include "mail/store_inner.h"
#include "mail/words.h"

#define PAGE 500
#define REPLY_MAX 4096

static const char *const names[] = {
    [BRAKE_NONE] = "",
    [BRAKE_ON] = "on",
    [BRAKE_OFF] = "off",
    [BRAKE_OVERRULED] = "overruled",
};
#define STATES (int)(sizeof names / sizeof names[0])

static enum brake_state
state_in(sqlite3_stmt *q, int column)
{
	if (sqlite3_column_type(q, column) == SQLITE_NULL)
		return BRAKE_NONE;
	return (enum brake_state)store_choice(q, column, names, STATES);
}

int
store_brake(struct store *s, int64_t announcement, struct brake *out,
    struct arena *a, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, BRAKE, e);
	int got;

	*out = (struct brake){.state = BRAKE_NONE};
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, announcement);
	if ((got = store_next(s, q, e)) <= 0)
		return got;
	*out = (struct brake){
	    .state = state_in(q, 0),
	    .changed = store_int(q, 1),
	    .by_mail = store_int(q, 2) != 0,
	    .refused = store_int(q, 3),
	    .answered = store_int(q, 4),
	    .reply = store_text(q, 5, a),
	};
	sqlite3_reset(q);
	return arena_ok(a, e);
}

/* A delivery, and how its announcement's brake stands. */
struct standing {
	int64_t announcement; /* 0: there is no such delivery */
	int64_t changed;
	enum brake_state state;
	int64_t since; /* it is in its state */
};

static int
read_standing(
    struct store *s, int64_t delivery, struct standing *out, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, BRAKE_OF_DELIVERY, e);
	int got;

	*out = (struct standing){.announcement = 0};
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, delivery);
	if ((got = store_next(s, q, e)) <= 0)
		return got;
	*out = (struct standing){
	    .announcement = store_int(q, 0),
	    .changed = store_int(q, 1),
	    .state = state_in(q, 2),
	    .since = store_int(q, 3),
	};
	sqlite3_reset(q);
	return 0;
}

static int
count_near(struct store *s, int64_t delivery, const struct standing *at,
    struct brake *out, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, REFUSED_AROUND, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, delivery);
	store_bind_int(q, 2, BRAKE_NEAR);
	store_bind_int(q, 3, at->state == BRAKE_OFF ? at->since : 0);
	if ((got = store_next(s, q, e)) <= 0)
		return got;
	out->answered = store_int(q, 0);
	out->refused = store_int(q, 1);
	sqlite3_reset(q);
	return 0;
}

/* A question of an announcement and a number. */
static int
change(struct store *s, enum store_question question, int64_t announcement,
    int64_t number, int64_t *changed, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, announcement);
	store_bind_int(q, 2, number);
	return store_do(s, q, changed, e);
}

static int
write_brake(struct store *s, int64_t announcement, const struct brake *brake,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, NEW_BRAKE, e);
	struct buf reply;
	int result;

	if (q == NULL)
		return -1;
	buf_init(&reply, REPLY_MAX);
	words_reply(&reply, str_sub(brake->reply, 0, REPLY_MAX / 4));
	store_bind_int(q, 1, announcement);
	store_bind_int(q, 2, brake->changed);
	store_bind_int(q, 3, brake->by_mail);
	store_bind_int(q, 4, brake->refused);
	store_bind_int(q, 5, brake->answered);
	store_bind(q, 6, buf_slice(&reply));
	result = store_do(s, q, NULL, e);
	buf_release(&reply);
	return result;
}

/* A question of an announcement alone. */
static int
change_of(struct store *s, enum store_question question, int64_t announcement,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, announcement);
	return store_do(s, q, NULL, e);
}

static int
put_on(struct store *s, int64_t announcement, const struct brake *brake,
    struct err *e)
{
	int64_t at = brake->changed;

	if (write_brake(s, announcement, brake, e) != 0 ||
	    change_of(s, ANNOUNCEMENT_BRAKED, announcement, e) != 0 ||
	    change(s, BOUNCES_EXCUSED, announcement, 1, NULL, e) != 0 ||
	    change(s, DELIVERIES_GIVEN_BACK, announcement, at, NULL, e) != 0 ||
	    change_of(s, MEMBERS_GIVEN_BACK, announcement, e) != 0)
		return -1;
	return change(s, DELIVERIES_CAME_BACK, announcement, at, NULL, e);
}

static int
look(struct store *s, int64_t delivery, struct brake *brake, bool *is_on,
    struct err *e)
{
	struct standing at;

	if (read_standing(s, delivery, &at, e) != 0)
		return -1;
	*is_on = at.state == BRAKE_ON;
	if (at.announcement == 0 || at.state == BRAKE_ON ||
	    at.state == BRAKE_OVERRULED)
		return 0;
	if (count_near(s, delivery, &at, brake, e) != 0)
		return -1;
	*is_on = brake_is_due(brake->refused, brake->answered);
	return *is_on ? put_on(s, at.announcement, brake, e) : 0;
}

int
store_brake_refused(struct store *s, int64_t delivery, int64_t at,
    struct str reply, bool *is_on, struct err *e)
{
	struct brake brake = {.changed = at, .reply = reply};

	*is_on = false;
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, look(s, delivery, &brake, is_on, e), e);
}

int
store_brake_returned(struct store *s, int64_t delivery, int64_t at,
    struct str text, bool *is_on, struct err *e)
{
	struct brake brake = {.changed = at, .reply = text, .by_mail = true};

	return look(s, delivery, &brake, is_on, e);
}

int
store_brake_excuses(struct store *s, int64_t delivery, bool by_mail,
    bool *excuses, struct err *e)
{
	struct standing at;

	if (read_standing(s, delivery, &at, e) != 0)
		return -1;
	*excuses = at.state == BRAKE_ON ||
	    (by_mail && at.state == BRAKE_OFF && at.changed < at.since);
	return 0;
}

/* Everybody of whom something came back is judged anew. */
static int
judge_all(struct store *s, int64_t announcement, int64_t now,
    int64_t *suspended, struct err *e)
{
	int64_t page[PAGE], after = 0;
	size_t count = PAGE;

	while (count == PAGE) {
		sqlite3_stmt *q = store_ask(s, BOUNCED_AFTER, e);
		int got = 0;

		if (q == NULL)
			return -1;
		store_bind_int(q, 1, announcement);
		store_bind_int(q, 2, after);
		store_bind_int(q, 3, PAGE);
		for (count = 0; (got = store_next(s, q, e)) > 0; count++)
			page[count] = after = store_int(q, 0);
		if (got < 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			bool is_suspended = false;

			if (store_judge(s, page[i], now, &is_suspended, e) != 0)
				return -1;
			*suspended += is_suspended;
		}
	}
	return 0;
}

static int
overrule(struct store *s, int64_t announcement, int64_t at, int64_t *suspended,
    struct err *e)
{
	int64_t changed;

	if (change(s, BRAKE_DENIED, announcement, at, &changed, e) != 0)
		return -1;
	if (changed == 0)
		return err_set(e, ERR_REFUSED,
		    "announcement %lld was not stopped for being refused, or "
		    "its addresses are known to be gone",
		    (long long)announcement);
	if (change(s, BOUNCES_EXCUSED, announcement, 0, NULL, e) != 0)
		return -1;
	return judge_all(s, announcement, at, suspended, e);
}

int
store_brake_overrule(struct store *s, int64_t announcement, int64_t at,
    int64_t *suspended, struct err *e)
{
	*suspended = 0;
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, overrule(s, announcement, at, suspended, e), e);
}
