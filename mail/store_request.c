#include "mail/store_request.h"
#include "mail/store_inner.h"

#define HOUR 3600
#define DAY 86400

static const char *const whats[ASKED_WHATS] = {
    [ASKED_SUBSCRIBE] = "subscribe",
    [ASKED_LEAVE] = "leave",
    [ASKED_ANSWER] = "answer",
    [ASKED_CLAIM] = "claim",
};

static int
add(struct store *s, struct store_request *r, struct str key, struct err *e)
{
	sqlite3_stmt *q;
	int64_t list;

	if (store_list(s, r->list, true, &list, e) != 0 ||
	    (q = store_ask(s, NEW_REQUEST, e)) == NULL)
		return -1;
	store_bind(q, 1, r->name);
	store_bind(q, 2, r->token);
	store_bind(q, 3, r->code);
	store_bind(q, 4, r->address);
	store_bind(q, 5, key);
	store_bind_int(q, 6, list);
	store_bind(q, 7, str_of(member_way_name(r->way)));
	store_bind(q, 8, r->network);
	store_bind_int(q, 9, r->at);
	store_bind_int(q, 10, r->expires);
	return store_number(s, q, &r->id, e) < 0 ? -1 : 0;
}

int
store_request_add(struct store *s, struct store_request *request, struct err *e)
{
	struct store_key key;

	if (store_key_of(&key, request->address, e) != 0 ||
	    store_step(s, e) != 0)
		return -1;
	return store_settle(s, add(s, request, store_key_slice(&key), e), e);
}

static void
read_request(struct store_request *out, sqlite3_stmt *q, struct arena *a)
{
	*out = (struct store_request){
	    .id = store_int(q, 0),
	    .name = store_text(q, 1, a),
	    .token = store_text(q, 2, a),
	    .code = store_text(q, 3, a),
	    .address = store_text(q, 4, a),
	    .list = store_text(q, 5, a),
	    .network = store_text(q, 7, a),
	    .at = store_int(q, 8),
	    .again = store_int(q, 9),
	    .expires = store_int(q, 10),
	    .tries = (int)store_int(q, 11),
	    .wrong = store_text(q, 12, a),
	    .confirmed = store_int(q, 13),
	};
	member_way_parse(
	    &out->way, str_of((const char *)sqlite3_column_text(q, 6)));
}

static int
is_missing(struct err *e)
{
	return err_set(e, ERR_MISSING, "there is no such request");
}

static int
find_open(struct store *s, struct store_request *out, struct arena *a,
    struct str key, int64_t list, int64_t now, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, REQUEST_OF_KEY, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind(q, 1, key);
	store_bind_int(q, 2, list);
	store_bind_int(q, 3, now);
	store_bind_int(q, 4, REQUEST_TRIES);
	got = store_next(s, q, e);
	if (got <= 0)
		return got < 0 ? -1 : is_missing(e);
	read_request(out, q, a);
	sqlite3_reset(q);
	return arena_ok(a, e);
}

int
store_request_open(struct store *s, struct store_request *out, struct arena *a,
    struct str address, struct str list, int64_t now, struct err *e)
{
	struct store_key key;
	int64_t id;

	if (store_key_of(&key, address, e) != 0 ||
	    store_list(s, list, false, &id, e) != 0)
		return -1;
	return find_open(s, out, a, store_key_slice(&key), id, now, e);
}

int
store_requests_of(struct store *s, struct str address, int64_t now,
    struct arena *a, struct store_request *out, size_t max, size_t *count,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, REQUESTS_OF_KEY, e);
	struct store_key key;
	int got = -1;

	*count = 0;
	if (q != NULL && store_key_of(&key, address, e) == 0) {
		store_bind(q, 1, store_key_slice(&key));
		store_bind_int(q, 2, now);
		store_bind_int(q, 3, (int64_t)max);
		while ((got = store_next(s, q, e)) > 0)
			read_request(&out[(*count)++], q, a);
	}
	return got < 0 ? -1 : arena_ok(a, e);
}

static int
find(struct store *s, enum store_question question, struct store_request *out,
    struct arena *a, struct str secret, int64_t now, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);
	struct store_beginning begins;
	int got;

	if (q == NULL)
		return -1;
	store_bind_token(q, &begins, secret);
	store_bind_int(q, 3, now);
	while ((got = store_next(s, q, e)) > 0) {
		struct str its;

		read_request(out, q, a);
		its = question == REQUESTS_OF_NAME ? out->name : out->token;
		if (str_eq_secret(its, secret)) {
			sqlite3_reset(q);
			return arena_ok(a, e);
		}
	}
	return got < 0 ? -1 : is_missing(e);
}

int
store_request_by_name(struct store *s, struct store_request *out,
    struct arena *a, struct str name, int64_t now, struct err *e)
{
	return find(s, REQUESTS_OF_NAME, out, a, name, now, e);
}

int
store_request_by_token(struct store *s, struct store_request *out,
    struct arena *a, struct str token, int64_t now, struct err *e)
{
	return find(s, REQUESTS_OF_TOKEN, out, a, token, now, e);
}

/* A change of one number of a request. */
static int
tell(struct store *s, enum store_question question, int64_t id, int64_t at,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, at);
	return store_do(s, q, NULL, e);
}

int
store_request_again(struct store *s, int64_t id, int64_t at, struct err *e)
{
	return tell(s, REQUEST_AGAIN, id, at, e);
}

int
store_request_confirmed(struct store *s, int64_t id, int64_t at, struct err *e)
{
	return tell(s, REQUEST_CONFIRMED, id, at, e);
}

int
store_request_wrong(struct store *s, int64_t id, struct str code, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, REQUEST_WRONG, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind(q, 2, code);
	return store_do(s, q, NULL, e);
}

int
store_requests_open(struct store *s, struct str list, int64_t now,
    int64_t *count, struct err *e)
{
	sqlite3_stmt *q;
	int64_t id;

	*count = 0;
	if (store_list(s, list, false, &id, e) != 0 ||
	    (q = store_ask(s, REQUESTS_OPEN, e)) == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, now);
	return store_number(s, q, count, e) < 0 ? -1 : 0;
}

int
store_asked_add(
    struct store *s, const struct store_asking *asking, struct err *e)
{
	uint8_t hash[TOKEN_HASH_LEN];
	sqlite3_stmt *q =
	    store_ask_hash(s, NEW_ASKED, asking->address, hash, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 2, asking->at);
	store_bind(q, 3, asking->network);
	store_bind(q, 4, str_of(whats[asking->what]));
	store_bind_int(q, 5, asking->mailed);
	return store_do(s, q, NULL, e);
}

static int
ask_of_address(struct store *s, struct store_asked *out,
    const struct store_asking *asking, struct err *e)
{
	uint8_t hash[TOKEN_HASH_LEN];
	sqlite3_stmt *q =
	    store_ask_hash(s, ASKED_OF_ADDRESS, asking->address, hash, e);

	if (q == NULL)
		return -1;
	store_bind(q, 2, str_of(whats[asking->what]));
	store_bind_int(q, 3, asking->at - DAY);
	if (store_next(s, q, e) < 0)
		return -1;
	out->to_address = store_int(q, 0);
	out->last = store_int(q, 1);
	sqlite3_reset(q);
	return 0;
}

int
store_asked(struct store *s, struct store_asked *out,
    const struct store_asking *asking, struct err *e)
{
	sqlite3_stmt *q;

	*out = (struct store_asked){0};
	if (ask_of_address(s, out, asking, e) != 0 ||
	    (q = store_ask(s, ASKED_OF_ALL, e)) == NULL)
		return -1;
	store_bind_int(q, 1, asking->network.n == 0);
	store_bind_int(q, 2, asking->at - HOUR);
	if (store_number(s, q, &out->in_all, e) < 0)
		return -1;
	if (asking->network.n == 0)
		return 0;
	if ((q = store_ask(s, ASKED_OF_NETWORK, e)) == NULL)
		return -1;
	store_bind(q, 1, asking->network);
	store_bind_int(q, 2, asking->at - HOUR);
	return store_number(s, q, &out->from_network, e) < 0 ? -1 : 0;
}

static int
forget(
    struct store *s, enum store_question question, int64_t until, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, until);
	return store_do(s, q, NULL, e);
}

int
store_requests_tend(struct store *s, int64_t now, struct err *e)
{
	int result;

	if (store_step(s, e) != 0)
		return -1;
	result = forget(s, REQUESTS_EXPIRED, now, e);
	if (result == 0)
		result = forget(s, ASKED_FORGOTTEN, now - DAY, e);
	return store_settle(s, result, e);
}

int
store_certificate_bind(struct store *s, struct str fingerprint,
    int64_t subscriber, int64_t at, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CERTIFICATE_BOUND, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, fingerprint);
	store_bind_int(q, 2, subscriber);
	store_bind_int(q, 3, at);
	return store_do(s, q, NULL, e);
}

int
store_subscriber_by_certificate(struct store *s, struct store_subscriber *out,
    struct arena *a, struct str fingerprint, struct err *e)
{
	return store_find_subscriber(
	    s, SUBSCRIBER_OF_CERTIFICATE, fingerprint, out, a, e);
}
