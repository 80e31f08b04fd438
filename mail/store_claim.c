#include "mail/store_claim.h"
#include "mail/store_inner.h"

static const char *const states[CLAIM_STATES] = {
    [CLAIM_DRAFT] = "draft",
    [CLAIM_WAITING] = "waiting",
    [CLAIM_TAKEN] = "taken",
    [CLAIM_SHIPPED] = "shipped",
    [CLAIM_WITHDRAWN] = "withdrawn",
    [CLAIM_EXPIRED] = "expired",
};

const char *
claim_state_name(enum claim_state state)
{
	return states[state];
}

static enum claim_state
state_in(sqlite3_stmt *q, int column)
{
	return (enum claim_state)store_choice(q, column, states, CLAIM_STATES);
}

static void
read_claim(struct store_claim *out, sqlite3_stmt *q, struct arena *a)
{
	*out = (struct store_claim){
	    .id = store_int(q, 0),
	    .offer = store_int(q, 1),
	    .token = store_text(q, 2, a),
	    .proof = store_text(q, 3, a),
	    .address = store_text(q, 4, a),
	    .state = state_in(q, 5),
	    .option = store_int(q, 6),
	    .option_name = store_text(q, 7, a),
	    .number = store_int(q, 8),
	    .network = store_text(q, 10, a),
	    .at = store_int(q, 11),
	    .changed = store_int(q, 12),
	    .expires = store_int(q, 13),
	    .confirmed = store_int(q, 14),
	    .agreed = store_int(q, 15) != 0,
	    .revision = store_int(q, 16),
	    .note = store_text(q, 17, a),
	};
	member_way_parse(
	    &out->way, str_of((const char *)sqlite3_column_text(q, 9)));
}

static int
is_missing(struct err *e)
{
	return err_set(e, ERR_MISSING, "there is no such claim");
}

/* The first row of a question that was bound. */
static int
read_first(struct store *s, sqlite3_stmt *q, struct store_claim *out,
    struct arena *a, struct err *e)
{
	int got = store_next(s, q, e);

	if (got <= 0)
		return got < 0 ? -1 : is_missing(e);
	read_claim(out, q, a);
	sqlite3_reset(q);
	return arena_ok(a, e);
}

static int
add(struct store *s, struct store_claim *c, struct str key, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, NEW_CLAIM, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, c->offer);
	store_bind(q, 2, c->token);
	store_bind(q, 3, c->proof);
	store_bind(q, 4, c->address);
	store_bind(q, 5, key);
	store_bind(q, 6, str_of(member_way_name(c->way)));
	store_bind(q, 7, c->network);
	store_bind_int(q, 8, c->at);
	store_bind_int(q, 9, c->expires);
	store_bind_int(q, 10, c->confirmed);
	return store_number(s, q, &c->id, e) < 0 ? -1 : 0;
}

int
store_claim_add(struct store *s, struct store_claim *claim, struct err *e)
{
	struct store_key key;

	if (store_key_of(&key, claim->address, e) != 0)
		return -1;
	return add(s, claim, store_key_slice(&key), e);
}

static int
find_secret(struct store *s, enum store_question question,
    struct store_claim *out, struct arena *a, struct str secret, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);
	struct store_beginning begins;
	int got;

	if (q == NULL)
		return -1;
	store_bind_token(q, &begins, secret);
	while ((got = store_next(s, q, e)) > 0) {
		read_claim(out, q, a);
		if (str_eq_secret(
			question == CLAIMS_OF_TOKEN ? out->token : out->proof,
			secret)) {
			sqlite3_reset(q);
			return arena_ok(a, e);
		}
	}
	return got < 0 ? -1 : is_missing(e);
}

int
store_claim_by_token(struct store *s, struct store_claim *out, struct arena *a,
    struct str token, struct err *e)
{
	return find_secret(s, CLAIMS_OF_TOKEN, out, a, token, e);
}

int
store_claim_by_proof(struct store *s, struct store_claim *out, struct arena *a,
    struct str proof, struct err *e)
{
	return find_secret(s, CLAIMS_OF_PROOF, out, a, proof, e);
}

int
store_claim_find(struct store *s, struct store_claim *out, struct arena *a,
    int64_t id, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIM_OF_ID, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	return read_first(s, q, out, a, e);
}

int
store_claim_of(struct store *s, struct store_claim *out, struct arena *a,
    struct str address, int64_t offer, int64_t now, bool draft, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIM_OF_PERSON, e);
	struct store_key key;
	int result = -1;

	if (q != NULL && store_key_of(&key, address, e) == 0) {
		store_bind(q, 1, store_key_slice(&key));
		store_bind_int(q, 2, offer);
		store_bind_int(q, 3, now);
		store_bind_int(q, 4, draft);
		result = read_first(s, q, out, a, e);
	}
	return result;
}

int
store_claims_by(struct store *s, struct str address, struct arena *a,
    struct store_claim *out, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIMS_OF_KEY, e);
	struct store_key key;
	int got = -1;

	*count = 0;
	if (q != NULL && store_key_of(&key, address, e) == 0) {
		store_bind(q, 1, store_key_slice(&key));
		store_bind_int(q, 2, (int64_t)max);
		while ((got = store_next(s, q, e)) > 0)
			read_claim(&out[(*count)++], q, a);
	}
	return got < 0 ? -1 : arena_ok(a, e);
}

int
store_claim_change(
    struct store *s, int64_t id, int64_t option, bool agreed, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIM_CHANGED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, option);
	store_bind_int(q, 3, agreed);
	return store_do(s, q, NULL, e);
}

/* A number that a question with one parameter has. */
static int
ask_number(struct store *s, enum store_question question, int64_t about,
    int64_t *out, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	*out = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, about);
	return store_number(s, q, out, e) < 0 ? -1 : 0;
}

static bool
is_way(enum claim_state from, enum claim_state to)
{
	switch (to) {
	case CLAIM_TAKEN:
		return from == CLAIM_DRAFT || from == CLAIM_WAITING;
	case CLAIM_WAITING:
		return from == CLAIM_DRAFT;
	case CLAIM_SHIPPED:
		return from == CLAIM_TAKEN;
	case CLAIM_WITHDRAWN:
	case CLAIM_EXPIRED:
		return from == CLAIM_TAKEN || from == CLAIM_WAITING;
	case CLAIM_DRAFT:
	case CLAIM_STATES:
		break;
	}
	return false;
}

/* One of its option's stock, and the how manieth of its offer that is. */
static int
take_number(struct store *s, const struct store_claim *c, int64_t *number,
    struct err *e)
{
	int64_t taken, stock;

	if (ask_number(s, TAKEN_OF_OPTION, c->option, &taken, e) != 0 ||
	    ask_number(s, STOCK_OF_OPTION, c->option, &stock, e) != 0 ||
	    ask_number(s, TAKEN_OF_OFFER, c->offer, number, e) != 0)
		return -1;
	++*number;
	if (taken < stock)
		return 0;
	return err_set(
	    e, ERR_LIMIT, "%.*s: none is left", STR_ARG(c->option_name));
}

static int
number_for(struct store *s, const struct store_claim *c, enum claim_state to,
    int64_t *number, struct err *e)
{
	*number = c->number;
	if (to == CLAIM_TAKEN)
		return take_number(s, c, number, e);
	if (to != CLAIM_WAITING)
		return 0;
	if (ask_number(s, LAST_IN_LINE, c->option, number, e) != 0)
		return -1;
	++*number;
	return 0;
}

static int
move_to(struct store *s, const struct store_claim *c,
    const struct store_claim_move *move, struct err *e)
{
	sqlite3_stmt *q;
	int64_t number;

	if (!is_way(c->state, move->to) ||
	    (move->to <= CLAIM_SHIPPED && c->option == 0))
		return err_set(e, ERR_REFUSED,
		    "claim %lld is %s and cannot be %s", (long long)c->id,
		    states[c->state], states[move->to]);
	if (number_for(s, c, move->to, &number, e) != 0 ||
	    (q = store_ask(s, CLAIM_MOVED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, c->id);
	store_bind(q, 2, str_of(states[move->to]));
	store_bind_int(q, 3, number);
	store_bind_int(q, 4, move->at);
	store_bind_int(q, 5, move->expires);
	store_bind(q, 6, move->note);
	return store_do(s, q, NULL, e);
}

int
store_claim_enter(struct store *s, int64_t id,
    const struct store_claim_move *move, struct err *e)
{
	struct store_claim c;
	struct arena a;
	int result;

	if (store_step(s, e) != 0)
		return -1;
	arena_init(&a);
	result = store_claim_find(s, &c, &a, id, e);
	if (result == 0)
		result = move_to(s, &c, move, e);
	arena_release(&a);
	return store_settle(s, result, e);
}

int
store_claim_confirm(
    struct store *s, int64_t id, struct str token, int64_t at, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIM_CONFIRMED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, at);
	store_bind(q, 3, token);
	return store_do(s, q, NULL, e);
}

int
store_claims_unconfirmed(struct store *s, int64_t offer, struct str network,
    int64_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, UNCONFIRMED_OF_NETWORK, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, offer);
	store_bind(q, 2, network);
	return store_number(s, q, count, e) < 0 ? -1 : 0;
}

int
store_claims_double(
    struct store *s, const struct store_claim *claim, int64_t at, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIMS_DOUBLE, e);
	struct store_key key;
	int result = -1;

	if (q != NULL && store_key_of(&key, claim->address, e) == 0) {
		store_bind(q, 1, store_key_slice(&key));
		store_bind_int(q, 2, claim->offer);
		store_bind_int(q, 3, at);
		store_bind_int(q, 4, claim->id);
		result = store_do(s, q, NULL, e);
	}
	return result;
}

int
store_claim_before(struct store *s, const struct store_claim *claim,
    int64_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, BEFORE_IN_LINE, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, claim->option);
	store_bind_int(q, 2, claim->number);
	return store_number(s, q, count, e) < 0 ? -1 : 0;
}

int
store_claim_turn(struct store *s, struct store_claim *out, struct arena *a,
    int64_t offer, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIM_NEXT_IN_LINE, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, offer);
	return read_first(s, q, out, a, e);
}

static int
tell(struct store *s, enum store_question question, int64_t at, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, at);
	return store_do(s, q, NULL, e);
}

int
store_claims_expire(struct store *s, int64_t now, struct err *e)
{
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s,
	    tell(s, CLAIMS_EXPIRED, now, e) != 0 ||
		    tell(s, DRAFTS_EXPIRED, now, e) != 0
		? -1
		: 0,
	    e);
}

int
store_claims_forget(struct store *s, int64_t shipped, struct err *e)
{
	return tell(s, ANSWERS_OLD, shipped, e);
}

int
store_claims(struct store *s, int64_t offer, enum claim_state state,
    int64_t after, struct arena *a, struct store_claim *out, size_t max,
    size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, CLAIMS_OF_OFFER, e);
	int got;

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, offer);
	store_bind(q, 2, str_of(states[state]));
	store_bind_int(q, 3, after);
	store_bind_int(q, 4, (int64_t)max);
	while ((got = store_next(s, q, e)) > 0)
		read_claim(&out[(*count)++], q, a);
	return got < 0 ? -1 : arena_ok(a, e);
}

int
store_answer_put(struct store *s, int64_t claim, struct str field,
    struct str sealed, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, NEW_ANSWER, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, claim);
	store_bind(q, 2, field);
	store_bind_blob(q, 3, sealed);
	return store_do(s, q, NULL, e);
}

int
store_answer(struct store *s, struct str *out, struct arena *a, int64_t claim,
    struct str field, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, ANSWER_OF_CLAIM, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, claim);
	store_bind(q, 2, field);
	got = store_next(s, q, e);
	if (got <= 0)
		return got < 0 ? -1
			       : err_set(e, ERR_MISSING, "%.*s was not written",
				     STR_ARG(field));
	*out = store_text(q, 0, a);
	sqlite3_reset(q);
	return arena_ok(a, e);
}
