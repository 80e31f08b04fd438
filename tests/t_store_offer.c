#include "mail/store_claim.h"
#include "mail/store_offer.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000

static struct store *store;
static struct arena arena;
static int serial;

static void
open_store(const char *name)
{
	struct err e = ERR_INIT;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	store_close(store);
	if (store_open(&store, path, &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
}

static struct store_offer
make_offer(int64_t s, int64_t m)
{
	struct store_offer o = {.host = STR("h"),
	    .page = STR("p.md"),
	    .tag = STR("tag"),
	    .item = STR("shirt"),
	    .ask = STR("address"),
	    .over = INT64_MAX,
	    .option = {{.name = STR("S"), .stock = s},
		{.name = STR("M"), .stock = m}},
	    .option_count = 2};
	struct err e = ERR_INIT;

	T_EQ_INT(store_offer_put(store, &o, &e), 0, "an offer (%s)", e.msg);
	T_EQ_INT(store_offer_find(store, &o, &arena, o.id, &e), 0,
	    "is found (%s)", e.msg);
	return o;
}

static int64_t
make_claim(const struct store_offer *o, const char *address, int option)
{
	struct store_claim c = {.offer = o->id,
	    .address = str_of(address),
	    .way = WAY_GEMINI,
	    .at = NOW,
	    .expires = NOW + 100,
	    .confirmed = NOW};
	struct err e = ERR_INIT;

	c.token = arena_printf(&arena, "token%021d", serial);
	c.proof = arena_printf(&arena, "proof%021d", serial++);
	T_EQ_INT(store_claim_add(store, &c, &e), 0, "a draft (%s)", e.msg);
	store_claim_change(store, c.id, o->option[option].id, false, NULL);
	return c.id;
}

static enum err_kind
enter(int64_t id, enum claim_state to)
{
	struct store_claim_move move = {.to = to, .at = NOW};
	struct err e = ERR_INIT;

	return store_claim_enter(store, id, &move, &e) == 0 ? ERR_NONE : e.kind;
}

static struct store_claim
claim(int64_t id)
{
	struct store_claim c = {0};

	store_claim_find(store, &c, &arena, id, NULL);
	return c;
}

/* From a draft, by the ways that stand in front. */
static void
moves_as_it_may(void)
{
	static const struct {
		const char *why;
		enum claim_state by[3]; /* CLAIM_DRAFT: none */
		enum claim_state to;
		enum err_kind want;
	} cases[] = {
	    {"a draft is taken", {0}, CLAIM_TAKEN, ERR_NONE},
	    {"or waits", {0}, CLAIM_WAITING, ERR_NONE},
	    {"and is nothing to ship", {0}, CLAIM_SHIPPED, ERR_REFUSED},
	    {"nor to give back", {0}, CLAIM_WITHDRAWN, ERR_REFUSED},
	    {"what waits is taken", {CLAIM_WAITING}, CLAIM_TAKEN, ERR_NONE},
	    {"or given back", {CLAIM_WAITING}, CLAIM_WITHDRAWN, ERR_NONE},
	    {"and not shipped", {CLAIM_WAITING}, CLAIM_SHIPPED, ERR_REFUSED},
	    {"what is taken is shipped", {CLAIM_TAKEN}, CLAIM_SHIPPED,
		ERR_NONE},
	    {"once", {CLAIM_TAKEN, CLAIM_SHIPPED}, CLAIM_SHIPPED, ERR_REFUSED},
	    {"or given back", {CLAIM_TAKEN}, CLAIM_WITHDRAWN, ERR_NONE},
	    {"or expires", {CLAIM_TAKEN}, CLAIM_EXPIRED, ERR_NONE},
	    {"and not taken twice", {CLAIM_TAKEN}, CLAIM_TAKEN, ERR_REFUSED},
	    {"what is shipped stays", {CLAIM_TAKEN, CLAIM_SHIPPED},
		CLAIM_WITHDRAWN, ERR_REFUSED},
	    {"what is given back, too", {CLAIM_TAKEN, CLAIM_WITHDRAWN},
		CLAIM_TAKEN, ERR_REFUSED},
	};
	struct store_offer o;

	open_store("moves");
	o = make_offer(1000, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t id = make_claim(&o, "a@example.org", 0);

		for (int j = 0; j < 3 && cases[i].by[j] != CLAIM_DRAFT; j++)
			T_EQ_INT(enter(id, cases[i].by[j]), ERR_NONE,
			    "%s: before", cases[i].why);
		T_EQ_INT(
		    enter(id, cases[i].to), cases[i].want, "%s", cases[i].why);
	}
	T_EQ_INT(enter(999999, CLAIM_TAKEN), ERR_MISSING, "one that is not");
}

static void
stock_is_taken(void)
{
	int64_t first, second, third;
	struct store_claim c;
	struct store_offer o;

	open_store("stock");
	o = make_offer(1, 5);
	first = make_claim(&o, "a@example.org", 0);
	second = make_claim(&o, "b@example.org", 0);
	third = make_claim(&o, "c@example.org", 1);
	T_EQ_INT(enter(third, CLAIM_TAKEN), ERR_NONE, "one of five");
	T_EQ_INT(enter(first, CLAIM_TAKEN), ERR_NONE, "the last");
	T_EQ_INT(claim(first).number, 2, "is the second of all");
	T_EQ_INT(enter(second, CLAIM_TAKEN), ERR_LIMIT, "there is no other");
	T_EQ_INT(claim(second).state, CLAIM_DRAFT, "it stays as it was");
	T_EQ_INT(enter(second, CLAIM_WAITING), ERR_NONE, "it can wait");
	T_OK(store_claim_turn(store, &c, &arena, o.id, NULL) != 0,
	    "while there is none");
	enter(first, CLAIM_WITHDRAWN);
	T_OK(store_claim_turn(store, &c, &arena, o.id, NULL) == 0 &&
		c.id == second,
	    "then it is its turn");
	T_EQ_INT(enter(second, CLAIM_TAKEN), ERR_NONE, "and it has it");
}

static void
lowering_takes_nothing_away(void)
{
	struct store_offer o, low = {0};
	int64_t id;

	open_store("lower");
	o = make_offer(5, 5);
	for (int i = 0; i < 3; i++)
		enter(make_claim(&o, "a@example.org", 0), CLAIM_TAKEN);
	low = make_offer(2, 5);
	T_EQ_INT(low.id, o.id, "it is the same offer");
	T_EQ_INT(low.option[0].taken, 3, "three are taken");
	T_EQ_INT(low.option[0].stock, 2, "of two");
	T_EQ_INT(store_option_left(&low.option[0]), 0, "none is left");
	id = make_claim(&low, "b@example.org", 0);
	T_EQ_INT(enter(id, CLAIM_TAKEN), ERR_LIMIT, "nor given");
	o = make_offer(4, 5);
	T_EQ_INT(enter(id, CLAIM_TAKEN), ERR_NONE, "until there are more");
}

static void
a_line_has_an_order(void)
{
	int64_t ids[5], before;
	struct store_claim c;
	struct store_offer o;

	open_store("order");
	o = make_offer(0, 0);
	/* Begun in one order, sent in another. */
	for (int i = 0; i < 5; i++)
		ids[i] = make_claim(&o, "a@example.org", 0);
	for (int i = 4; i >= 0; i--)
		enter(ids[i], CLAIM_WAITING);
	c = claim(ids[0]);
	store_claim_before(store, &c, &before, NULL);
	T_EQ_INT(before, 4, "the last one sent is the last");
	o = make_offer(5, 0);
	for (int i = 4; i >= 0; i--) {
		T_OK(store_claim_turn(store, &c, &arena, o.id, NULL) == 0 &&
			c.id == ids[i],
		    "number %d is next", i);
		enter(c.id, CLAIM_TAKEN);
	}
}

static void
secrets_find_their_claim(void)
{
	struct store_claim c, found;
	struct store_offer o;
	struct str cut;
	size_t count;

	open_store("secrets");
	o = make_offer(1, 1);
	c = claim(make_claim(&o, "a@example.org", 0));
	T_OK(store_claim_by_token(store, &found, &arena, c.token, NULL) == 0 &&
		found.id == c.id,
	    "by its token");
	T_OK(store_claim_by_proof(store, &found, &arena, c.proof, NULL) == 0 &&
		found.id == c.id,
	    "by its proof");
	T_OK(store_claim_by_proof(store, &found, &arena, c.token, NULL) != 0,
	    "a token proves nothing");
	T_OK(store_claims_by(store, STR("A@example.org"), &arena, &found, 1,
		 &count, NULL) == 0 &&
		count == 1,
	    "by whose it is");
	for (size_t n = 0; n < c.token.n; n++) {
		cut = str_sub(c.token, 0, n);
		T_OK(
		    store_claim_by_token(store, &found, &arena, cut, NULL) != 0,
		    "%zu letters of it are none", n);
	}
}

static void
an_offer_says_what_it_said(void)
{
	struct store_offer o, again;

	open_store("said");
	o = make_offer(1, 2);
	T_EQ_INT(store_offer_of_tag(store, &again, &arena, STR("tag"), NULL), 0,
	    "by its tag");
	T_EQ_STR(again.page, STR("p.md"), "it is the same");
	T_EQ_INT(again.over, INT64_MAX, "without an end");
	T_OK(store_offer_of_tag(store, &again, &arena, STR("x"), NULL) != 0,
	    "another has none");
	T_EQ_INT(store_offer_stock(&o), 3, "there are three");
	store_offer_close(store, o.id, NOW, NULL);
	o = make_offer(1, 3);
	T_EQ_INT(o.closed, NOW, "what its page says does not open it");
}

int
main(void)
{
	arena_init(&arena);
	T_RUN(moves_as_it_may);
	T_RUN(stock_is_taken);
	T_RUN(lowering_takes_nothing_away);
	T_RUN(a_line_has_an_order);
	T_RUN(secrets_find_their_claim);
	T_RUN(an_offer_says_what_it_said);
	store_close(store);
	arena_release(&arena);
	return t_done();
}
