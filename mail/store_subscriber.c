#include "mail/store_subscriber.h"
#include "mail/mailbox.h"
#include "mail/store_inner.h"
#include "mail/token.h"

#include <string.h>

static const char *const state_names[MEMBER_STATES] = {
    [MEMBER_ANY] = "",
    [MEMBER_PENDING] = "pending",
    [MEMBER_ACTIVE] = "active",
    [MEMBER_SUSPENDED] = "suspended",
    [MEMBER_LEFT] = "left",
};

static const char *const way_names[MEMBER_WAYS] = {
    [WAY_ORGANIZER] = "organizer",
    [WAY_IMPORT] = "import",
    [WAY_GEMINI] = "gemini",
    [WAY_GOPHER] = "gopher",
    [WAY_MAIL] = "mail",
    [WAY_BOUNCE] = "bounce",
};

const char *
member_state_name(enum member_state state)
{
	return state_names[state];
}

const char *
member_way_name(enum member_way way)
{
	return way_names[way];
}

int
member_state_parse(enum member_state *state, struct str name)
{
	for (int i = MEMBER_PENDING; i < MEMBER_STATES; i++)
		if (str_is(name, state_names[i])) {
			*state = (enum member_state)i;
			return 0;
		}
	return -1;
}

int
member_way_parse(enum member_way *way, struct str name)
{
	for (int i = 0; i < MEMBER_WAYS; i++)
		if (str_is(name, way_names[i])) {
			*way = (enum member_way)i;
			return 0;
		}
	return -1;
}

/* A column that the schema holds to a set of names. */
static struct str
name_in(sqlite3_stmt *q, int column)
{
	return str_of((const char *)sqlite3_column_text(q, column));
}

int
store_key_of(struct store_key *key, struct str address, struct err *e)
{
	struct buf b;
	int result;

	buf_init(&b, sizeof key->bytes);
	mailbox_key(&b, address);
	result = buf_ok(&b, "the address", e);
	if (result == 0)
		memcpy(key->bytes, b.data, key->n = b.len);
	buf_release(&b);
	return result;
}

struct str
store_key_slice(const struct store_key *key)
{
	return (struct str){key->bytes, key->n};
}

/* A question about the hash of an address, that stays the caller's. */
static sqlite3_stmt *
ask_hash(struct store *s, enum store_question question,
    const struct store_key *key, uint8_t hash[TOKEN_HASH_LEN], struct err *e)
{
	struct str salt = {(const char *)s->salt, sizeof s->salt};
	sqlite3_stmt *q = NULL;

	if (token_hash(hash, salt, store_key_slice(key), e) == 0 &&
	    (q = store_ask(s, question, e)) != NULL)
		store_bind_blob(
		    q, 1, (struct str){(const char *)hash, TOKEN_HASH_LEN});
	return q;
}

static int
suppressed_since(
    struct store *s, const struct store_key *key, int64_t *since, struct err *e)
{
	uint8_t hash[TOKEN_HASH_LEN];
	sqlite3_stmt *q = ask_hash(s, SUPPRESSED_SINCE, key, hash, e);

	*since = 0;
	return q == NULL || store_number(s, q, since, e) < 0 ? -1 : 0;
}

sqlite3_stmt *
store_ask_hash(struct store *s, enum store_question question,
    struct str address, uint8_t hash[TOKEN_HASH_LEN], struct err *e)
{
	struct store_key key;

	if (store_key_of(&key, address, e) != 0)
		return NULL;
	return ask_hash(s, question, &key, hash, e);
}

int
store_suppressed(
    struct store *s, struct str address, int64_t *since, struct err *e)
{
	struct store_key key;

	if (store_key_of(&key, address, e) != 0)
		return -1;
	return suppressed_since(s, &key, since, e);
}

int
store_suppression_lift(struct store *s, struct str address, struct err *e)
{
	uint8_t hash[TOKEN_HASH_LEN];
	sqlite3_stmt *q = store_ask_hash(s, SUPPRESSION_GONE, address, hash, e);

	if (q == NULL)
		return -1;
	return store_do(s, q, NULL, e);
}

static int
suppress(
    struct store *s, const struct store_key *key, int64_t at, struct err *e)
{
	uint8_t hash[TOKEN_HASH_LEN];
	sqlite3_stmt *q = ask_hash(s, NEW_SUPPRESSION, key, hash, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 2, at);
	return store_do(s, q, NULL, e);
}

/* Its id; 0 when it is not known. */
static int
id_of_key(
    struct store *s, const struct store_key *key, int64_t *id, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, SUBSCRIBER_OF_KEY, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, store_key_slice(key));
	*id = 0;
	return store_number(s, q, id, e) < 0 ? -1 : 0;
}

static int
new_subscriber(struct store *s, const struct store_key *key, struct str address,
    int64_t since, int64_t *id, struct err *e)
{
	char token[TOKEN_LEN + 1];
	sqlite3_stmt *q;

	if (token_new(token, e) != 0 ||
	    (q = store_ask(s, NEW_SUBSCRIBER, e)) == NULL)
		return -1;
	store_bind(q, 1, address);
	store_bind(q, 2, store_key_slice(key));
	store_bind(q, 3, str_of(token));
	store_bind_int(q, 4, since);
	return store_number(s, q, id, e) < 0 ? -1 : 0;
}

/* 1 with the state, or 0 when they are no member. */
static int
state_of(struct store *s, int64_t subscriber, int64_t list,
    enum member_state *state, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, STATE_OF_MEMBER, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, list);
	got = store_next(s, q, e);
	if (got > 0) {
		member_state_parse(state, name_in(q, 0));
		sqlite3_reset(q);
	}
	return got;
}

/* Both NEW_MEMBER and MEMBER_CHANGED. */
static int
write_member(struct store *s, enum store_question question, int64_t subscriber,
    int64_t list, const struct store_entry *entry, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, list);
	store_bind(q, 3, str_of(member_state_name(entry->state)));
	store_bind_int(q, 4, entry->at);
	store_bind(q, 5, str_of(member_way_name(entry->way)));
	store_bind(q, 6, entry->consent);
	store_bind(q, 7, entry->why);
	return store_do(s, q, NULL, e);
}

static int
add_member(struct store *s, const struct store_member *m,
    enum member_outcome *outcome, enum member_state *was, struct err *e)
{
	struct store_entry entry = {
	    m->state, m->way, m->since, m->consent, m->why};
	int64_t since, id, list;
	struct store_key key;
	int got = 0;

	if (store_key_of(&key, m->subscriber.address, e) != 0 ||
	    suppressed_since(s, &key, &since, e) != 0)
		return -1;
	*outcome = OUTCOME_SUPPRESSED;
	if (since != 0)
		return 0;
	if (store_list(s, m->list, true, &list, e) != 0 ||
	    id_of_key(s, &key, &id, e) != 0)
		return -1;
	*outcome = OUTCOME_MEMBER;
	if (id == 0)
		got = new_subscriber(
		    s, &key, m->subscriber.address, m->since, &id, e);
	else
		got = state_of(s, id, list, was, e);
	if (got != 0)
		return got < 0 ? -1 : 0;
	*outcome = OUTCOME_ADDED;
	return write_member(s, NEW_MEMBER, id, list, &entry, e);
}

int
store_member_add(struct store *s, const struct store_member *m,
    enum member_outcome *outcome, enum member_state *was, struct err *e)
{
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, add_member(s, m, outcome, was, e), e);
}

static void
read_subscriber(struct store_subscriber *out, sqlite3_stmt *q, struct arena *a)
{
	out->id = store_int(q, 0);
	out->since = store_int(q, 1);
	out->address = store_text(q, 2, a);
	out->token = store_text(q, 3, a);
}

int
store_find_subscriber(struct store *s, enum store_question question,
    struct str value, struct store_subscriber *out, struct arena *a,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind(q, 1, value);
	got = store_next(s, q, e);
	if (got == 0)
		return err_set(e, ERR_MISSING, "there is no such subscriber");
	if (got < 0)
		return -1;
	read_subscriber(out, q, a);
	sqlite3_reset(q);
	return arena_ok(a, e);
}

int
store_subscriber_find(struct store *s, struct store_subscriber *out,
    struct arena *a, struct str address, struct err *e)
{
	struct store_key key;

	if (store_key_of(&key, address, e) != 0)
		return -1;
	return store_find_subscriber(
	    s, SUBSCRIBER_OF_KEY, store_key_slice(&key), out, a, e);
}

void
store_bind_token(
    sqlite3_stmt *q, struct store_beginning *begins, struct str token)
{
	size_t n = token.n < sizeof begins->from ? 0 : sizeof begins->from;

	memcpy(begins->from, n > 0 ? token.p : "", n);
	memcpy(begins->to, begins->from, n);
	if (n > 0)
		begins->to[n - 1]++;
	store_bind(q, 1, (struct str){begins->from, n});
	store_bind(q, 2, (struct str){begins->to, n});
}

int
store_subscriber_by_token(struct store *s, struct store_subscriber *out,
    struct arena *a, struct str token, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, SUBSCRIBERS_OF_TOKEN, e);
	struct store_beginning begins;
	int got;

	if (q == NULL)
		return -1;
	store_bind_token(q, &begins, token);
	while ((got = store_next(s, q, e)) > 0) {
		read_subscriber(out, q, a);
		if (str_eq_secret(out->token, token)) {
			sqlite3_reset(q);
			return arena_ok(a, e);
		}
	}
	if (got < 0)
		return -1;
	return err_set(e, ERR_MISSING, "there is no such subscriber");
}

static int
enter(struct store *s, int64_t subscriber, struct str list,
    const struct store_entry *entry, struct err *e)
{
	enum member_state was = MEMBER_ANY;
	int64_t id;
	int got;

	if (store_list(s, list, false, &id, e) != 0)
		return -1;
	got = state_of(s, subscriber, id, &was, e);
	if (got < 0)
		return -1;
	if (got == 0)
		return err_set(e, ERR_MISSING,
		    "they are no member of the list %.*s", STR_ARG(list));
	if (was == entry->state)
		return 0;
	if (was == MEMBER_ACTIVE &&
	    store_deliveries_drop(s, subscriber, id, entry->at,
		entry->state == MEMBER_LEFT ? "left the list" : "suspended",
		e) != 0)
		return -1;
	return write_member(s, MEMBER_CHANGED, subscriber, id, entry, e);
}

int
store_member_enter(struct store *s, int64_t subscriber, struct str list,
    const struct store_entry *entry, struct err *e)
{
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, enter(s, subscriber, list, entry, e), e);
}

static void
read_member(struct store_member *out, sqlite3_stmt *q, struct arena *a)
{
	read_subscriber(&out->subscriber, q, a);
	out->list = store_text(q, 4, a);
	member_state_parse(&out->state, name_in(q, 6));
	member_way_parse(&out->way, name_in(q, 7));
	out->since = store_int(q, 8);
	out->consent = store_text(q, 9, a);
	out->why = store_text(q, 10, a);
}

static sqlite3_stmt *
ask_members(struct store *s, const struct store_member_query *query,
    const struct store_member_cursor *after, size_t max, struct err *e)
{
	enum store_question question = MEMBERS_OF_ALL;
	int64_t of = query->subscriber;
	sqlite3_stmt *q;

	if (query->list.n > 0 && store_list(s, query->list, false, &of, e) != 0)
		return NULL;
	if (query->list.n > 0)
		question = MEMBERS_OF_LIST;
	else if (query->subscriber != 0)
		question = MEMBERS_OF_SUBSCRIBER;
	if ((q = store_ask(s, question, e)) == NULL)
		return NULL;
	store_bind_int(q, 1, after->subscriber);
	store_bind_int(q, 2, after->list);
	store_bind(q, 3, str_of(member_state_name(query->state)));
	store_bind_int(q, 4, (int64_t)max);
	if (question != MEMBERS_OF_ALL)
		store_bind_int(q, 5, of);
	return q;
}

int
store_members(struct store *s, const struct store_member_query *query,
    struct store_member_cursor *after, struct arena *a,
    struct store_member *out, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = ask_members(s, query, after, max, e);
	int got;

	*count = 0;
	if (q == NULL)
		return -1;
	while ((got = store_next(s, q, e)) > 0) {
		read_member(&out[*count], q, a);
		after->subscriber = out[*count].subscriber.id;
		after->list = store_int(q, 5);
		++*count;
	}
	return got < 0 ? -1 : arena_ok(a, e);
}

int
store_member_totals(struct store *s, struct str list,
    int64_t count[MEMBER_STATES], struct err *e)
{
	enum member_state state;
	sqlite3_stmt *q;
	int64_t id;
	int got;

	memset(count, 0, MEMBER_STATES * sizeof *count);
	if (store_list(s, list, false, &id, e) != 0 ||
	    (q = store_ask(s, MEMBERS_BY_STATE, e)) == NULL)
		return -1;
	store_bind_int(q, 1, id);
	while ((got = store_next(s, q, e)) > 0) {
		if (member_state_parse(&state, name_in(q, 0)) != 0)
			continue;
		count[state] = store_int(q, 1);
		count[MEMBER_ANY] += count[state];
	}
	return got;
}

int
store_member_weeks(struct store *s, struct str list, int64_t from,
    int64_t count[MEMBER_WEEKS][MEMBER_STATES], struct err *e)
{
	enum member_state state;
	sqlite3_stmt *q;
	int64_t id;
	int got;

	memset(count, 0, MEMBER_WEEKS * sizeof *count);
	if (store_list(s, list, false, &id, e) != 0 ||
	    (q = store_ask(s, MEMBERS_BY_WEEK, e)) == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, from);
	while ((got = store_next(s, q, e)) > 0) {
		int64_t week = store_int(q, 1);

		if (week < MEMBER_WEEKS &&
		    member_state_parse(&state, name_in(q, 0)) == 0)
			count[week][state] = store_int(q, 2);
	}
	return got;
}

/* What waits for an address that is to be forgotten, whoever's it is. */
static int
forget_key(struct store *s, enum store_question question,
    const struct store_key *key, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, store_key_slice(key));
	return store_do(s, q, NULL, e);
}

/* A question about one subscriber that has no answer. */
static int
tell(struct store *s, enum store_question question, int64_t subscriber,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	return store_do(s, q, NULL, e);
}

static int
erase(struct store *s, struct str address, int64_t at, bool *was_known,
    struct err *e)
{
	struct store_key key;
	int64_t id;

	if (store_key_of(&key, address, e) != 0 ||
	    suppress(s, &key, at, e) != 0 ||
	    forget_key(s, LETTERS_FORGOTTEN, &key, e) != 0 ||
	    forget_key(s, REQUESTS_FORGOTTEN, &key, e) != 0 ||
	    forget_key(s, ANSWERS_FORGOTTEN, &key, e) != 0 ||
	    forget_key(s, CLAIMS_FORGOTTEN, &key, e) != 0 ||
	    id_of_key(s, &key, &id, e) != 0)
		return -1;
	*was_known = id != 0;
	if (id == 0)
		return 0;
	if (store_deliveries_drop(s, id, 0, at, "", e) != 0 ||
	    tell(s, REPLIES_FORGOTTEN, id, e) != 0 ||
	    tell(s, BRAKE_REPLIES_FORGOTTEN, id, e) != 0)
		return -1;
	return tell(s, SUBSCRIBER_GONE, id, e);
}

int
store_subscriber_erase(struct store *s, struct str address, int64_t at,
    bool *was_known, struct err *e)
{
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, erase(s, address, at, was_known, e), e);
}
