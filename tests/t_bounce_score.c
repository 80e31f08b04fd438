#include "mail/bounce_score.h"
#include "mail/store_bounce.h"
#include "mail/store_delivery.h"
#include "mail/store_subscriber.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY 86400
#define NOW (1000 * DAY)

static void
failures_are_weighed(void)
{
	static const struct {
		const char *why;
		bool permanent;
		const char *status, *text;
		enum bounce_weight want;
	} cases[] = {
	    {"no such person", true, "5.1.1", "User unknown", BOUNCE_PERMANENT},
	    {"no such domain", true, "5.1.2", "Host not found",
		BOUNCE_PERMANENT},
	    {"moved", true, "5.1.6", "", BOUNCE_PERMANENT},
	    {"our address is wrong", true, "5.1.8", "", BOUNCE_NOTHING},
	    {"disabled", true, "5.2.1", "", BOUNCE_PERMANENT},
	    {"full", true, "5.2.2", "", BOUNCE_TEMPORARY},
	    {"full for now", false, "4.2.2", "", BOUNCE_TEMPORARY},
	    {"too long", true, "5.2.3", "", BOUNCE_NOTHING},
	    {"their disk", true, "5.3.1", "", BOUNCE_TEMPORARY},
	    {"too big", true, "5.3.4", "", BOUNCE_NOTHING},
	    {"no way there", true, "5.4.4", "", BOUNCE_PERMANENT},
	    {"gave up", true, "4.4.7", "", BOUNCE_TEMPORARY},
	    {"protocol", true, "5.5.2", "", BOUNCE_NOTHING},
	    {"content", true, "5.6.1", "", BOUNCE_NOTHING},
	    {"policy", true, "5.7.1", "user unknown", BOUNCE_NOTHING},
	    {"policy for now", false, "4.7.0", "", BOUNCE_NOTHING},
	    {"said for now", false, "5.1.1", "", BOUNCE_TEMPORARY},
	    {"no failure", true, "2.1.5", "", BOUNCE_NOTHING},
	    {"nothing said", true, "", "", BOUNCE_PERMANENT},
	    {"nothing said for now", false, "", "", BOUNCE_TEMPORARY},
	    {"words", true, "", "550 No such user here", BOUNCE_PERMANENT},
	    {"words of spam", true, "", "550 looks like SPAM to us",
		BOUNCE_NOTHING},
	    {"words of a list", true, "5.0.0", "Blocked by a blocklist",
		BOUNCE_NOTHING},
	    {"words of a relay that is not ours", true, "",
		"550 relay not permitted", BOUNCE_NOTHING},
	    {"words of us", true, "", "550 Sender verify failed",
		BOUNCE_NOTHING},
	    {"words of a login", true, "", "550 Authentication required",
		BOUNCE_NOTHING},
	    {"words of a quota", true, "5.0.0", "552 over quota",
		BOUNCE_TEMPORARY},
	    {"a status that is none", true, "5.1", "", BOUNCE_PERMANENT},
	    {"one that is long", true, "5.1.1.1", "spam", BOUNCE_NOTHING},
	    {"one out of range", true, "5.99999.1", "spam", BOUNCE_NOTHING},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store_bounce b = {.permanent = cases[i].permanent,
		    .status = t_guard(str_of(cases[i].status)),
		    .text = t_guard(str_of(cases[i].text))};

		T_EQ_INT(bounce_weigh(&b), cases[i].want, "%s", cases[i].why);
		t_guard_free(b.status);
		t_guard_free(b.text);
	}
}

static void
days_count(void)
{
	static const struct {
		const char *why;
		const char *what; /* a letter a bounce: t, p, n */
		int days_ago[8];
		int64_t since;
		int days;
		int why_ago; /* -1: goes on */
	} cases[] = {
	    {"none", "", {0}, 0, 0, -1},
	    {"one for good", "p", {3}, 0, 0, 3},
	    {"the last for good tells", "tpp", {1, 2, 9}, 0, 1, 2},
	    {"four days", "tttt", {1, 2, 3, 4}, 0, 4, -1},
	    {"five days", "ttttt", {1, 2, 3, 4, 9}, 0, 5, 1},
	    {"five in two days", "ttttt", {1, 1, 1, 1, 2}, 0, 2, -1},
	    {"what counts for nothing", "nnnnnt", {1, 2, 3, 4, 5, 6}, 0, 1, -1},
	    {"before it counts", "ttttt", {1, 2, 3, 4, 5}, NOW - 3 * DAY, 2,
		-1},
	    {"one for good before it counts", "p", {9}, NOW - 3 * DAY, 0, -1},
	    {"too long ago", "ttttt", {1, 2, 3, 4, 181}, 0, 4, -1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str what = str_of(cases[i].what);
		struct store_bounce b[8] = {0};
		struct bounce_score got;

		for (size_t j = 0; j < what.n; j++) {
			b[j].at = NOW - (int64_t)cases[i].days_ago[j] * DAY;
			b[j].permanent = what.p[j] == 'p';
			b[j].status = what.p[j] == 'n' ? STR("4.7.1")
			    : what.p[j] == 'p'         ? STR("5.1.1")
						       : STR("4.2.2");
		}
		got = bounce_score(b, what.n, cases[i].since, NOW);
		T_EQ_INT(got.days, cases[i].days, "%s: days", cases[i].why);
		T_EQ_INT(got.why != NULL ? (NOW - got.why->at) / DAY : -1,
		    cases[i].why_ago, "%s: why", cases[i].why);
	}
}

static void
what_does_not_come_back_arrived(void)
{
	static const struct {
		const char *why;
		int sent[3], back[3]; /* days ago; 0: none */
		int want;
	} cases[] = {
	    {"nothing sent", {0}, {0}, 0},
	    {"sent long ago", {9}, {0}, 9},
	    {"sent just now", {4}, {0}, 0},
	    {"came back", {9}, {8}, 0},
	    {"came back late", {9}, {4}, 0},
	    {"came back too late to be it", {20}, {9}, 20},
	    {"before it was sent", {9}, {10}, 9},
	    {"the last that arrived", {8, 20, 30}, {7, 29}, 20},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store_bounce b[3] = {0};
		size_t sent_count = 0, count = 0;
		int64_t sent[3], got;

		for (size_t j = 0; j < 3; j++) {
			if (cases[i].sent[j] > 0)
				sent[sent_count++] =
				    NOW - (int64_t)cases[i].sent[j] * DAY;
			if (cases[i].back[j] > 0)
				b[count++].at =
				    NOW - (int64_t)cases[i].back[j] * DAY;
		}
		got = bounce_arrived(b, count, sent, sent_count, NOW);
		T_EQ_INT(got == 0 ? 0 : (NOW - got) / DAY, cases[i].want, "%s",
		    cases[i].why);
	}
}

static struct store *
open_store(const char *name)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	if (store_open(&s, path, &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	return s;
}

static int64_t
subscribe(struct store *s, const char *list, int64_t at, struct arena *a)
{
	struct store_member m = {.subscriber = {.address = STR("a@x.org")},
	    .list = str_of(list),
	    .state = MEMBER_ACTIVE,
	    .since = at};
	struct store_subscriber who = {0};
	enum member_outcome outcome;
	enum member_state was;

	if (store_member_add(s, &m, &outcome, &was, NULL) != 0 ||
	    store_subscriber_find(s, &who, a, STR("a@x.org"), NULL) != 0)
		T_OK(false, "subscribed");
	return who.id;
}

static bool
take(struct store *s, int64_t id, int64_t at, const char *status)
{
	struct store_bounce b = {.at = at,
	    .permanent = status[0] == '5',
	    .status = str_of(status),
	    .text = STR("said")};
	struct err e = ERR_INIT;
	bool suspended = false;

	if (store_bounce_take(s, id, &b, &suspended, &e) != 0)
		T_OK(false, "taken: %s", e.msg);
	return suspended;
}

/* State and why of the member of a list. */
static struct str
state_of(struct store *s, const char *list, struct arena *a)
{
	struct store_member_query query = {.list = str_of(list)};
	struct store_member_cursor after = {0};
	struct store_member m[2];
	size_t count = 0;

	store_members(s, &query, &after, a, m, 2, &count, NULL);
	if (count == 0)
		return STR("none");
	return arena_printf(
	    a, "%s: %.*s", member_state_name(m[0].state), STR_ARG(m[0].why));
}

static void
dead_addresses_are_suspended(void)
{
	struct store *s = open_store("dead");
	struct arena a;
	int64_t id;

	arena_init(&a);
	id = subscribe(s, "one", NOW, &a);
	subscribe(s, "two", NOW, &a);
	T_OK(!take(s, id, NOW + 1, "5.7.1"), "policy does not suspend");
	T_OK(take(s, id, NOW + 2, "5.1.1"), "no such person does");
	T_EQ_STR(state_of(s, "one", &a),
	    STR("suspended: the address is dead: 5.1.1 said"), "why");
	T_EQ_STR(state_of(s, "two", &a),
	    STR("suspended: the address is dead: 5.1.1 said"), "all lists");
	T_OK(!take(s, id, NOW + 3, "5.1.1"), "once");
	arena_release(&a);
	store_close(s);
}

static void
many_days_suspend(void)
{
	struct store *s = open_store("days");
	struct bounce_score score;
	struct arena a;
	int64_t id;

	arena_init(&a);
	id = subscribe(s, "one", NOW, &a);
	for (int i = 1; i < BOUNCE_DAYS_MAX; i++)
		T_OK(!take(s, id, NOW + i * DAY, "4.2.2"), "day %d", i);
	T_EQ_INT(store_bounce_score(s, id, NOW + 5 * DAY, &a, &score, NULL), 0,
	    "scored");
	T_EQ_INT(score.days, BOUNCE_DAYS_MAX - 1, "days are told");
	T_OK(take(s, id, NOW + 20 * DAY, "4.2.2"), "the fifth");
	T_EQ_STR(state_of(s, "one", &a),
	    STR("suspended: mail came back on 5 days, last: 4.2.2 said"),
	    "why");
	arena_release(&a);
	store_close(s);
}

static void
send_one(struct store *s, int64_t at, struct arena *a)
{
	struct store_announcement announcement = {.list = STR("one"),
	    .page = STR("p.md"),
	    .subject = STR("P"),
	    .message = STR("x"),
	    .queued = at,
	    .begins = at};
	struct store_move move = {.to = DELIVERY_SENDING, .at = at};
	struct store_delivery d;
	int64_t recipients;
	size_t count = 0;

	store_announcement_queue(s, &announcement, &recipients, NULL);
	store_deliveries_lease(
	    s, announcement.id, at, at + 60, a, &d, 1, &count, NULL);
	T_EQ_INT(count, 1, "leased");
	store_delivery_enter(s, d.id, &move, NULL);
	move.to = DELIVERY_SENT;
	T_EQ_INT(store_delivery_enter(s, d.id, &move, NULL), 0, "sent");
}

static void
an_arrival_clears(void)
{
	struct store *s = open_store("clears");
	struct arena a;
	int64_t id;

	arena_init(&a);
	id = subscribe(s, "one", NOW, &a);
	for (int i = 1; i < BOUNCE_DAYS_MAX; i++)
		take(s, id, NOW + i * DAY, "4.2.2");
	send_one(s, NOW + 10 * DAY, &a);
	T_OK(!take(s, id, NOW + 20 * DAY, "4.2.2"), "the first of five again");
	T_EQ_STR(state_of(s, "one", &a), STR("active: "), "it goes on");
	arena_release(&a);
	store_close(s);
}

static void
who_returns_begins_anew(void)
{
	struct store_entry back = {
	    .state = MEMBER_ACTIVE, .way = WAY_GEMINI, .at = NOW + 2 * DAY};
	struct store *s = open_store("anew");
	struct arena a;
	int64_t id;

	arena_init(&a);
	id = subscribe(s, "one", NOW, &a);
	take(s, id, NOW + DAY, "5.1.1");
	store_member_enter(s, id, STR("one"), &back, NULL);
	T_OK(!take(s, id, NOW + 3 * DAY, "4.2.2"), "the old one is forgiven");
	T_OK(take(s, id, NOW + 4 * DAY, "5.1.1"), "a new one is not");
	arena_release(&a);
	store_close(s);
}

static void
tokens_of_nobody(void)
{
	struct store_bounce b = {.at = NOW, .permanent = true};
	struct store *s = open_store("nobody");
	struct err e = ERR_INIT;
	bool suspended;

	T_EQ_INT(store_bounce_of_token(
		     s, STR("aaaaaaaaaaaaaaaaaaaaaaaaaa"), &b, &suspended, &e),
	    -1, "a token of nobody");
	T_EQ_INT(e.kind, ERR_MISSING, "is missing");
	store_close(s);
}

int
main(void)
{
	T_RUN(failures_are_weighed);
	T_RUN(days_count);
	T_RUN(what_does_not_come_back_arrived);
	T_RUN(dead_addresses_are_suspended);
	T_RUN(many_days_suspend);
	T_RUN(an_arrival_clears);
	T_RUN(who_returns_begins_anew);
	T_RUN(tokens_of_nobody);
	return t_done();
}
