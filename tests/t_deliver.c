/*
 * The pool against a relay that does what an address says (deliver_place.h):
 * what becomes of messages.
 */
#include "mail/deliver.h"

#include "mail/store_letter.h"
#include "tests/deliver_place.h"

static void
delivers_all(void)
{
	struct deliver_report r;
	struct place p;

	set_up(&p, "");
	subscribe(&p, "ok", 250, "example.org");
	queue(&p);
	r = deliver_all(&p);
	T_EQ_INT(taken(&p), 250, "each once");
	T_EQ_INT(r.sent, 250, "reported");
	T_EQ_INT(total(&p, DELIVERY_SENT), 250, "and in the store");
	T_EQ_INT(state_of(&p), ANNOUNCEMENT_DONE, "nothing is left to do");
	T_OK(lines(&p, "runs", NULL) < 10, "by few connections");
	tear_down(&p);
}

static void
obeys_answers(void)
{
	struct deliver_report r;
	struct store_delivery d;
	struct place p;
	char reply[256];

	set_up(&p, "");
	subscribe(&p, "ok", 3, "example.org");
	subscribe(&p, "later", 1, "example.org");
	subscribe(&p, "never", 1, "example.org");
	queue(&p);
	r = deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_SENT), 3, "250");
	d = one_of(&p, DELIVERY_DEFERRED, reply);
	T_EQ_INT(d.attempts, 1, "450 is an attempt");
	T_OK(d.due >= d.changed + 60 && d.due <= d.changed + 75,
	    "again in a minute: %d s", (int)(d.due - d.changed));
	T_EQ_STR(str_of(reply), STR("450 4.2.0 come again"), "with its reply");
	T_EQ_INT(r.next_due, d.due, "which the report knows");
	one_of(&p, DELIVERY_FAILED, reply);
	T_EQ_STR(str_of(reply), STR("550 5.1.1 no such user"), "550 failed");
	T_EQ_INT(r.deferred * 10 + r.failed, 11, "both are reported");
	T_EQ_INT(state_of(&p), ANNOUNCEMENT_OPEN, "one is left");
	T_EQ_INT(members(&p, MEMBER_SUSPENDED), 1, "550 5.1.1 suspends");
	T_EQ_INT(members(&p, MEMBER_ACTIVE), 4, "and 450 does not");
	tear_down(&p);

	set_up(&p, "");
	subscribe(&p, "spam", 2, "example.org");
	queue(&p);
	deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_FAILED), 2, "550 5.7.1 fails");
	T_EQ_INT(members(&p, MEMBER_ACTIVE), 2, "and suspends nobody");
	tear_down(&p);
}

static void
doubts(void)
{
	struct store_delivery d;
	struct place p;
	char reply[256];

	set_up(&p, "  sessions: 1\n");
	subscribe(&p, "doubt", 1, "example.org");
	subscribe(&p, "ok", 20, "example.org");
	queue(&p);
	deliver_all(&p);
	d = one_of(&p, DELIVERY_QUEUED, reply);
	T_EQ_INT(d.doubts, 1, "a line that broke is a doubt");
	T_OK(d.due >= d.changed + 60, "sent again, not at once");
	T_EQ_STR(str_of(reply), STR("the line broke"), "says why");
	T_EQ_INT(total(&p, DELIVERY_SENT), 20, "others go on");
	tear_down(&p);

	set_up(&p, "");
	subscribe(&p, "doubt", 1, "example.org");
	queue_as(&p, true);
	deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_IN_DOUBT), 1, "held for the organizer");
	tear_down(&p);
}

static void
waits_for_the_relay(void)
{
	struct deliver_report r;
	struct deliver *d;
	struct place p;

	set_up(&p, "  sessions: 8\n");
	subscribe(&p, "ok", 500, "example.org");
	queue(&p);
	make_file(&p, "refuse");
	d = open_pool(&p, 0);
	r = tick_until(d, has_trouble);
	T_EQ_STR(str_of(r.trouble), STR("connection refused"), "says why");
	T_OK(!r.idle, "with work to be done");
	T_OK(lines(&p, "runs", NULL) <= 8, "and does not hammer it: %d",
	    lines(&p, "runs", NULL));
	remove_file(&p, "refuse");
	r = tick_until(d, is_idle);
	T_EQ_STR(str_of(r.trouble), STR(""), "it heals by itself");
	T_EQ_INT(total(&p, DELIVERY_SENT), 500, "and all are sent");
	T_EQ_INT(one_of(&p, DELIVERY_SENT, r.trouble).attempts, 1,
	    "trouble of the relay is no attempt");
	deliver_close(d);
	tear_down(&p);
}

static void
keeps_the_day(void)
{
	struct deliver_report r;
	struct deliver *d;
	struct place p;

	set_up(&p, "  per_day: 5\n");
	subscribe(&p, "ok", 20, "example.org");
	queue(&p);
	d = open_pool(&p, 0);
	r = tick_until(d, has_trouble);
	T_EQ_INT(taken(&p), 5, "as many as a day may have");
	T_OK(strstr(r.trouble, "per_day") != NULL, "says so: %s", r.trouble);
	deliver_close(d);
	d = open_pool(&p, 0);
	tick_until(d, has_trouble);
	T_EQ_INT(taken(&p), 5, "which a restart does not forget");
	T_EQ_INT(total(&p, DELIVERY_QUEUED), 15, "the rest waits");
	deliver_close(d);
	tear_down(&p);
}

static void
keeps_a_domain(void)
{
	struct deliver_report r;
	struct place p;
	char reply[256];

	set_up(&p, "  per_domain: 20\n  sessions: 1\n");
	subscribe(&p, "ok", 30, "large.example");
	subscribe(&p, "ok", 1, "small.example");
	queue(&p);
	r = deliver_all(&p);
	T_EQ_INT(lines(&p, "log", "ok0@small.example"), 1,
	    "a domain that has had enough holds up no other");
	T_OK(taken(&p) >= 3 && taken(&p) <= 5, "itself got its part: %d",
	    taken(&p));
	T_EQ_INT(one_of(&p, DELIVERY_QUEUED, reply).attempts, 0,
	    "to be turned away is no attempt");
	T_OK(r.next_due > clock_now() - 2 && r.next_due < clock_now() + 60,
	    "it goes on soon");
	tear_down(&p);
}

/* Two programs deliver the same at the same time. */
static void
never_sends_twice(void)
{
	struct deliver_report a = {0}, b = {0};
	struct deliver *one, *other;
	struct err e = ERR_INIT;
	struct place p;
	int repeated = 0;

	set_up(&p, "");
	subscribe(&p, "ok", 1000, "example.org");
	queue(&p);
	one = open_pool(&p, 0);
	other = open_pool(&p, p.id);
	while (!a.idle || !b.idle) {
		must(deliver_tick(one, &a, &e), &e);
		must(deliver_tick(other, &b, &e), &e);
		poll(NULL, 0, 5);
	}
	deliver_close(one);
	deliver_close(other);
	for (int i = 0; i < 1000; i++) {
		char line[64];

		snprintf(line, sizeof line, "ok%d@example.org", i);
		repeated += i % 50 == 0 && lines(&p, "log", line) != 1;
	}
	T_EQ_INT(taken(&p), 1000, "as many as there are people");
	T_EQ_INT(repeated, 0, "and nobody twice");
	T_OK(a.sent > 0 && b.sent > 0, "though both did: %d and %d",
	    (int)a.sent, (int)b.sent);
	tear_down(&p);
}

static void
heeds_a_pause(void)
{
	struct deliver *d;
	struct err e = ERR_INIT;
	struct place p;
	int64_t sent;

	set_up(&p, "  sessions: 1\n");
	subscribe(&p, "slow", 100, "example.org");
	queue(&p);
	d = open_pool(&p, 0);
	tick_until(d, has_sent_some);
	must(store_announcement_enter(
		 p.store, p.id, ANNOUNCEMENT_PAUSED, clock_now(), &e),
	    &e);
	tick_until(d, is_idle);
	sent = total(&p, DELIVERY_SENT);
	T_OK(sent < 30, "a pause is heeded at the next message: %d", (int)sent);
	T_EQ_INT(total(&p, DELIVERY_QUEUED), 100 - sent, "the rest waits");
	must(store_announcement_enter(
		 p.store, p.id, ANNOUNCEMENT_OPEN, clock_now(), &e),
	    &e);
	tick_until(d, is_idle);
	T_EQ_INT(taken(&p), 100, "and goes on");
	deliver_close(d);
	tear_down(&p);
}

/* Returns when. */
static int64_t
queue_letter(struct place *p, const char *address)
{
	static const char head[] = "Subject: Please confirm\r\n\r\n";
	static const char body[] = "Yes?\r\n";
	struct store_letter l = {.kind = LETTER_CONFIRM,
	    .address = str_of(address),
	    .token = STR("abcdefghijklmnopqrstuvwxyz"),
	    .queued = clock_now(),
	    .expires = clock_now() + 86400,
	    .head = str_of(head),
	    .body = str_of(body)};
	struct err e = ERR_INIT;

	must(store_letter_queue(p->store, &l, &e), &e);
	return l.queued;
}

/* Letters go before announcements, and are not lost either. */
static void
delivers_letters(void)
{
	struct store_totals t = {0};
	struct deliver_report r;
	struct err e = ERR_INIT;
	struct place p;
	struct buf date;
	char line[128];
	int64_t at;

	set_up(&p, "  sessions: 1\n");
	subscribe(&p, "ok", 20, "example.org");
	queue(&p);
	at = queue_letter(&p, "die0@example.net");
	make_file(&p, "keep");
	r = deliver_all(&p);
	must(store_letter_totals(p.store, &t, &e), &e);
	T_EQ_INT(t.count[DELIVERY_SENT], 1, "the letter is sent");
	T_EQ_INT(r.in_doubt, 1, "though its session died");
	T_EQ_INT(lines(&p, "log", "die0@example.net"), 2, "with it");
	T_EQ_INT(total(&p, DELIVERY_SENT), 20, "and so is all else");
	buf_init(&date, 64);
	date_rfc5322(&date, at);
	snprintf(line, sizeof line, "Date: %s", date.data);
	T_EQ_INT(lines_like(&p, "heads", line) > 0, 1, "it is dated: %s", line);
	T_EQ_INT(lines_like(&p, "heads", "Subject: Please confirm"), 2,
	    "under its subject");
	buf_release(&date);
	tear_down(&p);
}

int
main(int argc, char **argv)
{
	if (session_is(argc, argv))
		return session_main(argc, argv);
	T_RUN(delivers_all);
	T_RUN(obeys_answers);
	T_RUN(doubts);
	T_RUN(waits_for_the_relay);
	T_RUN(keeps_the_day);
	T_RUN(keeps_a_domain);
	T_RUN(never_sends_twice);
	T_RUN(heeds_a_pause);
	T_RUN(delivers_letters);
	return t_done();
}
