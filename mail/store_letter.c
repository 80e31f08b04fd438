#include "mail/store_letter.h"
#include "mail/store_inner.h"

static const char *const kinds[LETTER_KINDS] = {
    [LETTER_CONFIRM] = "confirm",
    [LETTER_LEAVE] = "leave",
    [LETTER_ANSWER] = "answer",
    [LETTER_REMINDER] = "reminder",
    [LETTER_TURN] = "turn",
};

static const struct store_movable letters = {
    "letter", LETTER_STANDING, LETTER_MOVED};

const char *
letter_kind_name(enum letter_kind kind)
{
	return kinds[kind];
}

static enum letter_kind
kind_in(sqlite3_stmt *q, int column)
{
	return (enum letter_kind)store_choice(q, column, kinds, LETTER_KINDS);
}

static void
read_letter(struct store_letter *out, sqlite3_stmt *q, struct arena *a)
{
	struct str message = store_text(q, 13, a);
	ptrdiff_t end = str_find(message, STR("\r\n\r\n"));
	size_t cut = end < 0 ? message.n : (size_t)end + 4;

	*out = (struct store_letter){
	    .id = store_int(q, 0),
	    .kind = kind_in(q, 1),
	    .subscriber = store_int(q, 2),
	    .address = store_text(q, 3, a),
	    .token = store_text(q, 4, a),
	    .state = store_delivery_state(q, 5),
	    .due = store_int(q, 6),
	    .changed = store_int(q, 7),
	    .attempts = (int)store_int(q, 8),
	    .doubts = (int)store_int(q, 9),
	    .reply = store_text(q, 10, a),
	    .queued = store_int(q, 11),
	    .expires = store_int(q, 12),
	    .head = str_sub(message, 0, cut),
	    .body = str_sub(message, cut, message.n),
	};
}

/* All rows of a question; at most as many as it was told to give. */
static int
read_letters(struct store *s, sqlite3_stmt *q, struct arena *a,
    struct store_letter *out, size_t *count, struct err *e)
{
	int got;

	while ((got = store_next(s, q, e)) > 0)
		read_letter(&out[(*count)++], q, a);
	return got < 0 ? -1 : arena_ok(a, e);
}

int
store_letters_room(struct store *s, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LETTERS_WAITING, e);
	int64_t waiting = 0;

	if (q == NULL || store_number(s, q, &waiting, e) < 0)
		return -1;
	if (waiting < LETTERS_WAITING_MAX)
		return 0;
	return err_set(e, ERR_LATER,
	    "%lld letters wait to be sent; `announce status` says what keeps "
	    "them, try again when they are gone",
	    (long long)waiting);
}

static int
queue(struct store *s, struct store_letter *out, struct str key,
    struct str message, struct err *e)
{
	sqlite3_stmt *q;

	if (store_letters_room(s, e) != 0 ||
	    (q = store_ask(s, NEW_LETTER, e)) == NULL)
		return -1;
	store_bind(q, 1, str_of(kinds[out->kind]));
	store_bind_int(q, 2, out->subscriber);
	store_bind(q, 3, out->address);
	store_bind(q, 4, key);
	store_bind(q, 5, out->token);
	store_bind_int(q, 6, out->queued);
	store_bind_int(q, 7, out->expires);
	store_bind_blob(q, 8, message);
	return store_number(s, q, &out->id, e) < 0 ? -1 : 0;
}

int
store_letter_queue(struct store *s, struct store_letter *out, struct err *e)
{
	struct store_key key;
	struct buf message;
	int result = -1;

	buf_init(&message, LETTER_MESSAGE_MAX);
	buf_str(&message, out->head);
	buf_str(&message, out->body);
	if (store_key_of(&key, out->address, e) == 0 &&
	    buf_ok(&message, "the letter", e) == 0 && store_step(s, e) == 0)
		result = store_settle(s,
		    queue(
			s, out, store_key_slice(&key), buf_slice(&message), e),
		    e);
	buf_release(&message);
	return result;
}

static int
find_due(struct store *s, enum delivery_state state, int64_t now,
    struct arena *a, struct store_letter *out, size_t max, size_t *count,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LETTERS_DUE, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, str_of(delivery_state_name(state)));
	store_bind_int(q, 2, now);
	store_bind_int(q, 3, (int64_t)(max - *count));
	return read_letters(s, q, a, out, count, e);
}

static int
take(struct store *s, struct store_letter *letter, int64_t until, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LETTER_LEASED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, letter->id);
	store_bind_int(q, 2, s->holder);
	store_bind_int(q, 3, letter->due = until);
	return store_do(s, q, NULL, e);
}

int
store_letters_lease(struct store *s, int64_t now, int64_t until,
    struct arena *a, struct store_letter *out, size_t max, size_t *count,
    struct err *e)
{
	int result;

	*count = 0;
	if (store_holder(s, e) != 0 || store_step(s, e) != 0)
		return -1;
	result = find_due(s, DELIVERY_DEFERRED, now, a, out, max, count, e);
	if (result == 0)
		result =
		    find_due(s, DELIVERY_QUEUED, now, a, out, max, count, e);
	for (size_t i = 0; result == 0 && i < *count; i++)
		result = take(s, &out[i], until, e);
	result = store_settle(s, result, e);
	if (result != 0)
		*count = 0;
	return result;
}

int
store_letter_enter(
    struct store *s, int64_t id, const struct store_move *move, struct err *e)
{
	return store_move(s, &letters, id, move, e);
}

int
store_letter_totals(struct store *s, struct store_totals *out, struct err *e)
{
	return store_totals_of(s, store_ask(s, LETTERS_BY_STATE, e), out, e);
}

int
store_letters(struct store *s, enum delivery_state state, int64_t before,
    struct arena *a, struct store_letter *out, size_t max, size_t *count,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LETTERS_OF_STATE, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind(q, 1, str_of(delivery_state_name(state)));
	store_bind_int(q, 2, before != 0 ? before : INT64_MAX);
	store_bind_int(q, 3, (int64_t)max);
	return read_letters(s, q, a, out, count, e);
}

int
store_letters_to(struct store *s, struct str address, struct arena *a,
    struct store_letter *out, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LETTERS_OF_KEY, e);
	struct store_key key;
	int result = -1;

	*count = 0;
	if (q != NULL && store_key_of(&key, address, e) == 0) {
		store_bind(q, 1, store_key_slice(&key));
		store_bind_int(q, 2, (int64_t)max);
		result = read_letters(s, q, a, out, count, e);
	}
	return result;
}

int
store_letter_by_token(struct store *s, struct store_letter *out,
    struct arena *a, struct str token, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LETTER_OF_TOKEN, e);
	size_t count = 0;

	if (q == NULL)
		return -1;
	store_bind(q, 1, token);
	if (read_letters(s, q, a, out, &count, e) != 0)
		return -1;
	if (count == 0)
		return err_set(e, ERR_MISSING, "there is no such letter");
	return 0;
}
