/*
 * Where the relay's answers lead, and what they say of an address.
 */
#include "mail/deliver_item.h"
#include "mail/deliver_share.h"

#include "tests/t.h"

/* What an answer leads to, by itself. */
static void
moves(void)
{
	static const struct {
		const char *why;
		enum transport_outcome outcome;
		bool is_claimed, holds;
		int64_t age;
		int count;
		enum delivery_state to[2];
	} table[] = {
	    {"sent", TRANSPORT_SENT, true, false, 0, 1, {DELIVERY_SENT}},
	    {"5xx", TRANSPORT_FAILED, true, false, 0, 1, {DELIVERY_FAILED}},
	    {"4xx", TRANSPORT_DEFERRED, true, false, 0, 1, {DELIVERY_DEFERRED}},
	    {"4xx at the end", TRANSPORT_DEFERRED, true, false, 1000, 1,
		{DELIVERY_FAILED}},
	    {"doubt", TRANSPORT_IN_DOUBT, true, false, 0, 2,
		{DELIVERY_IN_DOUBT, DELIVERY_QUEUED}},
	    {"doubt at the end", TRANSPORT_IN_DOUBT, true, false, 1000, 2,
		{DELIVERY_IN_DOUBT, DELIVERY_FAILED}},
	    {"doubt held", TRANSPORT_IN_DOUBT, true, true, 1000, 1,
		{DELIVERY_IN_DOUBT}},
	    {"untried", TRANSPORT_UNTRIED, false, false, 0, 0, {0}},
	    {"untried, claimed", TRANSPORT_UNTRIED, true, false, 0, 1,
		{DELIVERY_QUEUED}},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct item item = {.is_claimed = table[i].is_claimed,
		    .attempts = 2,
		    .doubts = 2};
		struct transport_answer answer = {.outcome = table[i].outcome};
		struct item_times times = {.now = 1000 + table[i].age,
		    .since = 1000,
		    .give_up = 1000,
		    .holds_doubts = table[i].holds};
		struct store_move got[2] = {0};
		int n = item_moves(got, &item, &answer, &times);

		T_EQ_INT(n, table[i].count, "%s: moves", table[i].why);
		for (int m = 0; m < n; m++)
			T_EQ_INT(got[m].to, table[i].to[m], "%s: where to",
			    table[i].why);
	}
}

/* What of it counts against the address. */
static void
bounces(void)
{
	static const struct {
		const char *why;
		enum transport_outcome outcome;
		int code;
		const char *status, *text;
		enum delivery_state to;
		int64_t subscriber;
		int is_bounce;
		int permanent;
		const char *want; /* its text */
	} table[] = {
	    {"no such user", TRANSPORT_FAILED, 550, "5.1.1", "no such user",
		DELIVERY_FAILED, 7, 1, 1, "no such user"},
	    {"a letter to nobody known", TRANSPORT_FAILED, 550, "5.1.1", "no",
		DELIVERY_FAILED, 0, 0, 0, ""},
	    {"without a status", TRANSPORT_FAILED, 550, "", "no such user",
		DELIVERY_FAILED, 7, 1, 1, "550 no such user"},
	    {"full or too long", TRANSPORT_FAILED, 552, "", "too much",
		DELIVERY_FAILED, 7, 1, 0, "552 too much"},
	    {"full, it says", TRANSPORT_FAILED, 552, "5.2.2", "full",
		DELIVERY_FAILED, 7, 1, 1, "full"},
	    {"the message", TRANSPORT_FAILED, 554, "", "not this",
		DELIVERY_FAILED, 7, 0, 0, ""},
	    {"the user, at the end of the message", TRANSPORT_FAILED, 554,
		"5.1.1", "no", DELIVERY_FAILED, 7, 1, 1, "no"},
	    {"us", TRANSPORT_FAILED, 530, "", "log in first", DELIVERY_FAILED,
		7, 0, 0, ""},
	    {"not fit to be sent", TRANSPORT_FAILED, 0, "", "a bare LF",
		DELIVERY_FAILED, 7, 0, 0, ""},
	    {"for now", TRANSPORT_DEFERRED, 450, "4.2.0", "later",
		DELIVERY_DEFERRED, 7, 0, 0, ""},
	    {"for now, for too long", TRANSPORT_DEFERRED, 450, "4.2.0", "later",
		DELIVERY_FAILED, 7, 1, 0, "later"},
	    {"the line, for too long", TRANSPORT_DEFERRED, 0, "", "it broke",
		DELIVERY_FAILED, 7, 0, 0, ""},
	    {"closing, for too long", TRANSPORT_DEFERRED, 421, "", "closing",
		DELIVERY_FAILED, 7, 0, 0, ""},
	    {"in doubt, for too long", TRANSPORT_IN_DOUBT, 0, "", "it broke",
		DELIVERY_FAILED, 7, 0, 0, ""},
	    {"sent", TRANSPORT_SENT, 250, "2.0.0", "taken", DELIVERY_SENT, 7, 0,
		0, ""},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct item item = {.subscriber = table[i].subscriber};
		struct transport_answer answer = {table[i].outcome,
		    table[i].code, str_of(table[i].status),
		    str_of(table[i].text)};
		struct store_move last = {.to = table[i].to, .at = 9};
		struct store_bounce b = {0};
		struct buf reply;

		buf_init(&reply, 200);
		item_reply(&reply, &answer);
		T_EQ_INT(
		    item_bounce(&b, &item, &answer, &last, buf_slice(&reply)),
		    table[i].is_bounce, "%s: is one", table[i].why);
		T_EQ_INT(b.permanent, table[i].permanent, "%s: for good",
		    table[i].why);
		T_EQ_STR(
		    b.text, str_of(table[i].want), "%s: text", table[i].why);
		buf_release(&reply);
	}
}

static void
a_full_day_ends(void)
{
	static const struct {
		const char *why;
		int64_t until;
		bool is_full;
	} cases[] = {
	    {"never full", 0, false},
	    {"over", 1000000, false},
	    {"for a second", 1000001, true},
	    {"for a day and an hour", 1000000 + 90000, true},
	    {"said by a wrong clock", 1000000 + 90001, false},
	};
	static struct share share;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		atomic_store(&share.day_full, cases[i].until);
		T_EQ_INT(share_day_full(&share, 1000000),
		    cases[i].is_full ? cases[i].until : 0, "%s", cases[i].why);
	}
}

int
main(void)
{
	T_RUN(moves);
	T_RUN(bounces);
	T_RUN(a_full_day_ends);
	return t_done();
}
