/*
 * The brake on mass suspension: when it is due, and what it does to a store
 * whose messages are refused by the relay, or come back by mail.
 */
#include "mail/brake.h"

#include "mail/bounce_score.h"
#include "mail/desk.h"
#include "mail/store_brake.h"
#include "mail/store_delivery.h"
#include "mail/store_subscriber.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW 1795262400 /* 2026-11-21 */
#define DAY 86400
#define PEOPLE 200
#define HEX32 "0123456789abcdef0123456789abcdef"
#define CERTIFICATE HEX32 HEX32

static void
it_is_due(void)
{
	static const struct {
		const char *why;
		int64_t refused, answered;
		bool want;
	} cases[] = {
	    {"nobody", 0, 0, false},
	    {"one of one", 1, 1, false},
	    {"four of four are few", 4, 4, false},
	    {"five of five", 5, 5, true},
	    {"five of nine are more than half", 5, 9, true},
	    {"five of ten are half", 5, 10, false},
	    {"24 of 100 on an old list", 24, 100, false},
	    {"24 of 47", 24, 47, true},
	    {"24 of 48", 24, 48, false},
	    {"25 of 48", 25, 48, true},
	    {"25 of 100", 25, 100, true},
	    {"25 of 101", 25, 101, false},
	    {"49 of 199", 49, 199, false},
	    {"50 of 199", 50, 199, true},
	    {"all of 199", 199, 199, true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		T_EQ_INT(brake_is_due(cases[i].refused, cases[i].answered),
		    cases[i].want, "%s", cases[i].why);
}

static void
it_is_said(void)
{
	struct brake b = {.refused = 61,
	    .answered = 100,
	    .reply = STR("550 5.1.1 no\x1b[2J")};
	struct buf said;

	buf_init(&said, 4096);
	brake_say(&said, &b);
	T_EQ_STR(buf_slice(&said),
	    STR("the relay refused 61 of 100 recipients, the last with: "
		"550 5.1.1 no\\x1b[2J"),
	    "by the relay");
	buf_clear(&said);
	b.by_mail = true;
	b.reply = STR("gone");
	brake_say(&said, &b);
	T_EQ_STR(buf_slice(&said),
	    STR("mail to 61 of 100 recipients came back, the last with: gone"),
	    "by mail");
	buf_release(&said);
}

/* A store with people p0@x.org, ... and an announcement to them. */
struct world {
	struct store *store;
	struct arena arena;
	struct store_announcement announcement;
	struct store_delivery to[PEOPLE]; /* in the order of people */
	size_t count;
};

static void
must(bool done, const char *what, const struct err *e)
{
	if (done)
		return;
	printf("Bail out! %s: %s\n", what, e->msg);
	exit(1);
}

static void
subscribe(struct world *w, int number)
{
	struct store_member m = {
	    .subscriber = {.address =
			       arena_printf(&w->arena, "p%d@x.org", number)},
	    .list = STR("one"),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_GEMINI,
	    .since = NOW - 100 * DAY,
	    .consent = STR("asked")};
	struct err e = ERR_INIT;
	enum member_outcome outcome;
	enum member_state was;

	must(store_member_add(w->store, &m, &outcome, &was, &e) == 0,
	    "subscribe", &e);
}

static void
queue(struct world *w, const char *page, int64_t at)
{
	struct err e = ERR_INIT;
	int64_t recipients;

	w->announcement = (struct store_announcement){.list = STR("one"),
	    .page = str_of(page),
	    .subject = STR("P"),
	    .message = STR("x"),
	    .queued = at,
	    .begins = at};
	must(store_announcement_queue(
		 w->store, &w->announcement, &recipients, &e) == 0,
	    "queue", &e);
}

static void
lease(struct world *w, int64_t at)
{
	struct err e = ERR_INIT;

	must(store_deliveries_lease(w->store, w->announcement.id, at, at + 60,
		 &w->arena, w->to, PEOPLE, &w->count, &e) == 0,
	    "lease", &e);
}

static void
open_world(struct world *w, const char *name, int people)
{
	struct err e = ERR_INIT;
	char path[512];

	*w = (struct world){.store = NULL};
	arena_init(&w->arena);
	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	must(store_open(&w->store, path, &e) == 0, "open", &e);
	for (int i = 0; i < people; i++)
		subscribe(w, i);
	queue(w, "p.md", NOW);
	lease(w, NOW);
	must(w->count == (size_t)people, "all are leased", &e);
}

static void
close_world(struct world *w)
{
	store_close(w->store);
	arena_release(&w->arena);
}

static void
enter(struct world *w, int i, enum delivery_state to, struct str reply,
    int64_t at)
{
	struct store_move move = {
	    .to = DELIVERY_SENDING, .at = at, .reply = STR("")};
	struct err e = ERR_INIT;

	if (to == DELIVERY_SENT)
		must(
		    store_delivery_enter(w->store, w->to[i].id, &move, &e) == 0,
		    "claim", &e);
	move.to = to;
	move.reply = reply;
	must(store_delivery_enter(w->store, w->to[i].id, &move, &e) == 0,
	    "answer", &e);
}

static void
send_to(struct world *w, int from, int to, int64_t at)
{
	for (int i = from; i < to; i++)
		enter(w, i, DELIVERY_SENT, STR("250 ok"), at);
}

/* As a session does. Whether the brake is on then. */
static bool
refuse(struct world *w, int i, int64_t at)
{
	struct store_bounce b = {.at = at,
	    .announcement = w->announcement.id,
	    .permanent = true,
	    .status = STR("5.1.1"),
	    .text = STR("no such user")};
	struct str reply = STR("550 5.1.1 no such user: <p1@x.org>");
	bool is_on = false, suspended;
	struct err e = ERR_INIT;

	enter(w, i, DELIVERY_FAILED, reply, at);
	must(store_brake_refused(
		 w->store, w->to[i].id, at, reply, &is_on, &e) == 0,
	    "brake", &e);
	must(store_bounce_take(
		 w->store, w->to[i].subscriber, &b, &suspended, &e) == 0,
	    "take", &e);
	return is_on;
}

/* As `announce receive` does. */
static bool
come_back(struct world *w, int i, int64_t at)
{
	struct store_bounce b = {.at = at,
	    .permanent = true,
	    .status = STR("5.1.1"),
	    .text = STR("no such user"),
	    .message_id = arena_printf(
		&w->arena, "%.*s.0123@x.org", STR_ARG(w->announcement.token))};
	bool suspended = false;
	struct err e = ERR_INIT;

	must(store_bounce_of_token(
		 w->store, w->to[i].token, &b, &suspended, &e) == 0,
	    "of a token", &e);
	T_EQ_INT(b.announcement, w->announcement.id,
	    "its Message-ID names the announcement");
	return suspended;
}

static int
members_in(struct world *w, enum member_state state)
{
	struct store_member_query query = {.list = STR("one"), .state = state};
	struct store_member_cursor after = {0};
	static struct store_member m[PEOPLE];
	size_t count = 0;

	store_members(
	    w->store, &query, &after, &w->arena, m, PEOPLE, &count, NULL);
	return (int)count;
}

static struct store_member
member(struct world *w, int i)
{
	struct store_member_query query = {
	    .subscriber = w->to[i].subscriber, .state = MEMBER_ANY};
	struct store_member_cursor after = {0};
	struct store_member m = {0};
	size_t count = 0;

	store_members(w->store, &query, &after, &w->arena, &m, 1, &count, NULL);
	return m;
}

static enum announcement_state
state_of(struct world *w)
{
	struct store_announcement a = {0};

	store_announcement_find(
	    w->store, &a, &w->arena, w->announcement.id, NULL);
	w->announcement.token = a.token;
	return a.state;
}

static int64_t
total(struct world *w, enum delivery_state state)
{
	struct store_totals totals = {0};

	store_announcement_totals(w->store, w->announcement.id, &totals, NULL);
	return totals.count[state];
}

/* Whether the organizers' page says so. */
static bool
is_shown(struct world *w, const char *words)
{
	static const char settings[] = "host: x.org\norganizers: [" CERTIFICATE
				       "]\nmail: {from: a@x.org}\n";
	struct desk_request visitor = {.way = DESK_GEMINI,
	    .host = STR("x.org"),
	    .path = STR("/organizers/"),
	    .certificate = STR(CERTIFICATE)};
	struct desk_answer answer;
	struct conf conf;
	struct desk desk = {&conf, w->store};
	struct buf title, text;
	struct err e = ERR_INIT;
	bool is;

	buf_init(&title, DESK_PACKET_MAX);
	buf_init(&text, DESK_PACKET_MAX);
	must(conf_parse(&conf, "capsule.yaml", str_of(settings), &e) == 0,
	    "conf", &e);
	must(desk_answer(
		 &desk, &visitor, NOW + 9, &title, &text, &answer, &e) == 0,
	    "page", &e);
	is = str_find(answer.text, str_of(words)) >= 0;
	buf_release(&title);
	buf_release(&text);
	conf_release(&conf);
	return is;
}

static void
all_are_refused(void)
{
	struct store_announcement other;
	bool was_known;
	struct brake brake = {0};
	struct store_member m;
	struct world w;

	open_world(&w, "refused", 20);
	other = w.announcement;
	queue(&w, "other.md", NOW);
	w.announcement = other;
	for (int i = 0; i < BRAKE_FEW - 1; i++)
		T_OK(!refuse(&w, i, NOW + i), "refusal %d", i + 1);
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), BRAKE_FEW - 1,
	    "until it is due each is suspended");
	T_OK(!is_shown(&w, "refused"), "and organizers read of none");
	T_OK(refuse(&w, BRAKE_FEW - 1, NOW + 9), "then it is due");
	T_OK(is_shown(&w,
		 "\n\nIt was paused: the relay refused 5 of 5 recipients, the "
		 "last with: 550 5.1.1 no such user"),
	    "and they read why");
	T_OK(!is_shown(&w, "p4@"), "without an address");
	T_EQ_INT(state_of(&w), ANNOUNCEMENT_PAUSED, "it is paused");
	T_EQ_INT(members_in(&w, MEMBER_ACTIVE), 20, "nobody is suspended");
	m = member(&w, 0);
	T_EQ_INT(m.since, NOW - 100 * DAY, "since when they are members");
	T_EQ_INT(m.way, WAY_GEMINI, "and by which way is as it was");
	T_EQ_STR(m.why, STR(""), "nothing ended it");
	T_EQ_INT(
	    store_brake(w.store, w.announcement.id, &brake, &w.arena, NULL), 0,
	    "read");
	T_EQ_INT(brake.state, BRAKE_ON, "it is on");
	T_EQ_INT(brake.refused, BRAKE_FEW, "so many were refused");
	T_EQ_INT(brake.answered, BRAKE_FEW, "of so many");
	T_EQ_STR(brake.reply, STR("550 5.1.1 no such user: <…@x.org>"),
	    "with this, and nobody's address");
	T_OK(refuse(&w, 10, NOW + 10), "one on the wire is refused, too");
	T_EQ_INT(members_in(&w, MEMBER_ACTIVE), 20, "and not suspended");
	T_EQ_INT(store_subscriber_erase(
		     w.store, STR("p19@x.org"), NOW + 20, &was_known, NULL),
	    0, "somebody is erased");
	store_brake(w.store, w.announcement.id, &brake, &w.arena, NULL);
	T_EQ_STR(brake.reply, STR(""), "and nothing stays of what was said");
	w.announcement.id = other.id + 1;
	T_EQ_INT(total(&w, DELIVERY_QUEUED), 19,
	    "what the suspensions had cancelled is queued again");
	close_world(&w);
}

/* A tenth of dead addresses, and all of an old list's first ones. */
static void
a_real_list_works(void)
{
	struct world w;

	open_world(&w, "real", PEOPLE);
	for (int i = 0; i < PEOPLE; i++)
		if (i % 10 == 3 || (i >= 50 && i < 60))
			T_OK(!refuse(&w, i, NOW + i), "%d is refused", i);
		else
			send_to(&w, i, i + 1, NOW + i);
	T_EQ_INT(state_of(&w), ANNOUNCEMENT_OPEN, "it goes on");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 29, "these are suspended");
	close_world(&w);
}

static void
it_breaks_on_the_way(void)
{
	struct world w;
	int i = 150;

	open_world(&w, "way", PEOPLE);
	send_to(&w, 0, 150, NOW);
	while (i < PEOPLE && !refuse(&w, i, NOW + 1))
		i++;
	T_EQ_INT(i, 150 + BRAKE_MANY - 1, "a quarter of the last hundred");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 0, "nobody is suspended");
	close_world(&w);
}

/* Several sessions are at several places of the list. */
static void
they_stand_anywhere(void)
{
	struct world w;
	int i;

	open_world(&w, "anywhere", PEOPLE);
	for (i = 0; i < 4; i++)
		T_OK(!refuse(&w, i, NOW), "at the beginning");
	for (i = 150; i < 154; i++)
		T_OK(!refuse(&w, i, NOW), "at the end");
	T_OK(refuse(&w, 50, NOW), "in the middle, near to both");
	close_world(&w);
}

static void
resume(struct world *w, bool failed, int64_t at)
{
	struct store_move again = {
	    .to = DELIVERY_QUEUED, .at = at, .due = at, .reply = STR("")};
	struct err e = ERR_INIT;
	int64_t moved;

	must(store_announcement_enter(
		 w->store, w->announcement.id, ANNOUNCEMENT_OPEN, at, &e) == 0,
	    "resume", &e);
	if (failed)
		must(store_deliveries_enter(w->store, w->announcement.id,
			 DELIVERY_FAILED, &again, &moved, &e) == 0,
		    "again", &e);
	store_leases_release(w->store, &e);
	lease(w, at);
}

static void
it_is_let_go(void)
{
	struct brake brake;
	struct world w;

	open_world(&w, "again", 20);
	for (int i = 0; i < BRAKE_FEW; i++)
		refuse(&w, i, NOW);
	resume(&w, true, NOW + DAY);
	T_EQ_INT(w.count, 20, "who was refused is tried again, too");
	store_brake(w.store, w.announcement.id, &brake, &w.arena, NULL);
	T_EQ_INT(brake.state, BRAKE_OFF, "it is off");
	T_OK(!refuse(&w, 0, NOW + DAY), "now a refusal counts");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 1, "and suspends");
	send_to(&w, 1, 20, NOW + DAY);
	T_EQ_INT(state_of(&w), ANNOUNCEMENT_OPEN, "the others have it");
	close_world(&w);
}

static void
it_comes_again(void)
{
	struct world w;

	open_world(&w, "anew", 20);
	for (int i = 0; i < BRAKE_FEW; i++)
		refuse(&w, i, NOW);
	resume(&w, false, NOW + DAY);
	T_EQ_INT(w.count, 20 - BRAKE_FEW, "who was refused is left out");
	for (int i = 0; i < BRAKE_FEW - 1; i++)
		T_OK(!refuse(&w, i, NOW + DAY), "what was before is forgotten");
	T_OK(refuse(&w, BRAKE_FEW - 1, NOW + DAY), "it comes on again");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 0, "nobody is suspended");
	close_world(&w);
}

static void
it_is_overruled(void)
{
	struct err e = ERR_INIT;
	int64_t suspended;
	struct world w;

	open_world(&w, "gone", 20);
	T_EQ_INT(store_brake_overrule(
		     w.store, w.announcement.id, NOW, &suspended, &e),
	    -1, "nothing is to be overruled");
	T_EQ_INT(e.kind, ERR_REFUSED, "which is refused");
	for (int i = 0; i < BRAKE_FEW; i++)
		refuse(&w, i, NOW);
	T_EQ_INT(store_brake_overrule(
		     w.store, w.announcement.id, NOW + DAY, &suspended, &e),
	    0, "they are gone");
	T_EQ_INT(suspended, BRAKE_FEW, "so many");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), BRAKE_FEW, "are suspended");
	resume(&w, false, NOW + DAY);
	for (int i = 0; i < 15; i++)
		T_OK(!refuse(&w, i, NOW + DAY), "it is never put on again");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 20, "all count");
	close_world(&w);
}

static void
it_comes_back_by_mail(void)
{
	struct brake brake = {0};
	struct world w;
	int i;

	open_world(&w, "mail", PEOPLE);
	state_of(&w);
	send_to(&w, 0, PEOPLE, NOW);
	for (i = PEOPLE - 1; i >= 0 && come_back(&w, i, NOW + DAY); i--)
		continue;
	T_EQ_INT(i, PEOPLE - 33, "whatever their order");
	store_brake(w.store, w.announcement.id, &brake, &w.arena, NULL);
	T_EQ_INT(brake.state, BRAKE_ON, "it is on");
	T_OK(brake.by_mail, "by mail");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 0, "nobody is suspended");
	T_EQ_INT(total(&w, DELIVERY_FAILED), 33, "what came back has failed");
	T_OK(!come_back(&w, 0, NOW + DAY), "more comes back");
	T_EQ_INT(total(&w, DELIVERY_FAILED), 34, "and has failed, too");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 0, "nobody is suspended");
	resume(&w, true, NOW + 2 * DAY);
	T_EQ_INT(w.count, 34, "all of these are sent again");
	send_to(&w, 0, 34, NOW + 2 * DAY);
	close_world(&w);
}

/* Reports are late; those of what was sent before say nothing new. */
static void
late_reports_are_excused(void)
{
	struct str token;
	struct world w;

	open_world(&w, "late", 20);
	state_of(&w);
	send_to(&w, 0, 20, NOW);
	token = w.to[19].token;
	for (int i = 0; i < 11; i++)
		come_back(&w, i, NOW + 1);
	resume(&w, true, NOW + DAY);
	T_EQ_INT(w.count, 11, "sent again");
	send_to(&w, 0, 11, NOW + DAY);
	T_OK(come_back(&w, 1, NOW + DAY + 1), "what comes back now counts");
	w.to[0].token = token;
	T_OK(!come_back(&w, 0, NOW + DAY + 2), "of before it does not");
	T_EQ_INT(members_in(&w, MEMBER_SUSPENDED), 1, "one is suspended");
	close_world(&w);
}

static void
what_is_of_no_announcement(void)
{
	struct store_bounce b = {.at = NOW,
	    .permanent = true,
	    .status = STR("5.1.1"),
	    .text = STR("no")};
	bool suspended, is_on;
	struct err e = ERR_INIT;
	struct world w;

	open_world(&w, "none", 20);
	send_to(&w, 0, 20, NOW);
	for (int i = 0; i < 20; i++) {
		b.message_id = i % 2 == 0 ? STR("x@y")
					  : STR("aaaaaaaaaaaaaaaaaaaaaaaaaa."
						"00@x.org");
		T_EQ_INT(store_bounce_of_token(
			     w.store, w.to[i].token, &b, &suspended, &e),
		    0, "taken");
		T_OK(suspended, "each counts by itself");
	}
	T_EQ_INT(b.announcement, 0, "none is known");
	T_EQ_INT(store_brake_refused(
		     w.store, 999999, NOW, STR("550 no"), &is_on, &e),
	    0, "a delivery that is not there");
	T_OK(!is_on, "puts nothing on");
	close_world(&w);
}

int
main(void)
{
	T_RUN(it_is_due);
	T_RUN(it_is_said);
	T_RUN(all_are_refused);
	T_RUN(a_real_list_works);
	T_RUN(it_breaks_on_the_way);
	T_RUN(they_stand_anywhere);
	T_RUN(it_is_let_go);
	T_RUN(it_comes_again);
	T_RUN(it_is_overruled);
	T_RUN(it_comes_back_by_mail);
	T_RUN(late_reports_are_excused);
	T_RUN(what_is_of_no_announcement);
	return t_done();
}
