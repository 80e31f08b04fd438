/*
 * The pool when its sessions, or it itself, are ended, hang, or are overtaken
 * by somebody else (deliver_place.h).
 */
#include "mail/deliver.h"

#include "tests/deliver_place.h"

#include <sys/wait.h>

/* The session dies with its message on the wire. */
static void
outlives_a_session(void)
{
	struct place p;

	set_up(&p, "");
	subscribe(&p, "ok", 50, "example.org");
	subscribe(&p, "die", 1, "example.org");
	queue(&p);
	deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_SENT), 51, "nobody is left out");
	T_EQ_INT(lines(&p, "log", "die0@example.org"), 2,
	    "what was on the wire is sent again");
	T_EQ_INT(taken(&p), 52, "and nothing else");
	tear_down(&p);
}

static void
stops(void)
{
	struct deliver *d;
	struct place p;
	int64_t sent;

	set_up(&p, "  sessions: 2\n");
	subscribe(&p, "slow", 500, "example.org");
	queue(&p);
	d = open_pool(&p, 0);
	tick_until(d, has_sent_some);
	deliver_stop(d);
	tick_until(d, is_quiet);
	sent = total(&p, DELIVERY_SENT);
	T_OK(sent >= 5 && sent < 500, "%d were sent", (int)sent);
	T_EQ_INT(taken(&p), sent, "what was on the wire ended");
	T_EQ_INT(total(&p, DELIVERY_QUEUED), 500 - sent, "the rest waits");
	deliver_close(d);
	tear_down(&p);
}

static void
stops_what_hangs(void)
{
	struct deliver *d;
	struct place p;

	set_up(&p, "");
	subscribe(&p, "ok", 10, "example.org");
	queue(&p);
	make_file(&p, "hang");
	d = open_pool(&p, 0);
	tick_until(d, is_busy);
	deliver_stop(d);
	tick_until(d, is_quiet);
	T_EQ_INT(taken(&p), 0, "nothing was on the wire");
	deliver_close(d);
	T_EQ_INT(total(&p, DELIVERY_QUEUED), 10, "and nothing is in doubt");
	tear_down(&p);
}

/* In RFC 5321, section 4.5.3.2, the greeting has 5 minutes, and the answer to
 * a message 10. */
#define GREETING_MS (5 * 60 * 1000)
#define ANSWER_MS (10 * 60 * 1000)
#define REST_MS 120000

/* What is anybody's to lease, as another program finds it. */
static int64_t
free_ones(struct place *p)
{
	struct err e = ERR_INIT;
	int64_t count, next;

	must(store_deliveries_due(
		 p->store, p->id, clock_now(), 1000, &count, &next, &e),
	    &e);
	return count;
}

static void
kills_what_hangs_before_it_begins(void)
{
	struct deliver_report r;
	struct deliver *d;
	struct err e = ERR_INIT;
	struct place p;

	set_up(&p, "  sessions: 1\n");
	subscribe(&p, "ok", 10, "example.org");
	queue(&p);
	make_file(&p, "hang");
	d = open_pool(&p, 0);
	tick_until(d, is_busy);
	while (lines(&p, "runs", NULL) == 0)
		poll(NULL, 0, 5);
	clock_skip(GREETING_MS);
	must(deliver_tick(d, &r, &e), &e);
	T_EQ_INT(r.sessions, 1, "it has the time that a relay may take");
	T_EQ_INT(free_ones(&p), 0, "and its leases");
	clock_skip(GREETING_MS + REST_MS);
	must(deliver_tick(d, &r, &e), &e);
	clock_skip(0);
	r = tick_until(d, is_quiet);
	T_OK(strstr(r.trouble, "signal 9") != NULL, "then it is killed: %s",
	    r.trouble);
	T_EQ_INT(free_ones(&p), 10, "what it had leased is free again");
	T_EQ_INT(r.in_doubt, 0, "and nothing is in doubt");
	deliver_close(d);
	tear_down(&p);
}

static void
kills_what_hangs_in_a_message(void)
{
	struct deliver_report r;
	struct deliver *d;
	struct err e = ERR_INIT;
	struct place p;

	set_up(&p, "  sessions: 1\n");
	subscribe(&p, "stall", 10, "example.org");
	queue(&p);
	make_file(&p, "hang");
	make_file(&p, "connects");
	d = open_pool(&p, 0);
	tick_until(d, is_busy);
	while (taken(&p) == 0)
		poll(NULL, 0, 5);
	clock_skip(ANSWER_MS);
	must(deliver_tick(d, &r, &e), &e);
	T_EQ_INT(r.sessions, 1, "an answer has more time");
	clock_skip(ANSWER_MS + REST_MS);
	must(deliver_tick(d, &r, &e), &e);
	clock_skip(0);
	r = tick_until(d, is_quiet);
	T_EQ_INT(r.in_doubt, 1, "what was on the wire is in doubt");
	T_EQ_INT(free_ones(&p), 10, "and all are free again");
	deliver_close(d);
	remove_file(&p, "hang");
	deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_SENT), 10, "another pool sends them");
	T_EQ_INT(
	    lines(&p, "log", "stall0@example.org"), 2, "one of them twice");
	T_EQ_INT(taken(&p), 11, "and no other");
	tear_down(&p);
}

/* A recipient is refused before the message is claimed, and has been cancelled
 * meanwhile: nobody's trouble. */
static void
is_cancelled_while_refused(void)
{
	struct deliver_report r;
	struct deliver *d;
	struct err e = ERR_INIT;
	struct place p;

	set_up(&p, "  sessions: 1\n");
	subscribe(&p, "unknown", 2, "example.org");
	queue(&p);
	make_file(&p, "thinks");
	d = open_pool(&p, 0);
	tick_until(d, is_busy);
	while (lines(&p, "asked", NULL) == 0)
		poll(NULL, 0, 5);
	must(store_announcement_enter(
		 p.store, p.id, ANNOUNCEMENT_CANCELLED, clock_now(), &e),
	    &e);
	remove_file(&p, "thinks");
	r = tick_until(d, is_quiet);
	T_EQ_STR(str_of(r.trouble), STR(""), "the relay is in no trouble");
	T_EQ_INT(total(&p, DELIVERY_CANCELLED), 2, "both stay cancelled");
	T_EQ_INT(members(&p, MEMBER_ACTIVE), 2, "and nobody is suspended");
	deliver_close(d);
	tear_down(&p);
}

static bool
never(const struct deliver_report *r)
{
	(void)r;
	return false;
}

/* Sessions end with their owner, and the next one goes on. */
static void
outlives_its_owner(void)
{
	struct place p;
	struct err e = ERR_INIT;
	int64_t end = clock_ticks_ms() + PATIENCE_MS;
	int before, after, extra;
	pid_t owner;

	set_up(&p, "  sessions: 2\n");
	subscribe(&p, "slow", 300, "example.org");
	queue(&p);
	/* Its locks do not survive a fork. */
	store_close(p.store);
	fflush(stdout);
	owner = fork();
	if (owner == 0) {
		tick_until(open_pool(&p, 0), never);
		_exit(0);
	}
	while (taken(&p) < 20 && clock_ticks_ms() < end)
		poll(NULL, 0, 5);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	poll(NULL, 0, 100);
	before = taken(&p);
	poll(NULL, 0, 300);
	after = taken(&p);
	T_EQ_INT(after, before, "nobody sends without an owner");
	must(store_open(&p.store, p.conf.state.p, &e), &e);
	deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_SENT), 300, "nobody is left out");
	extra = taken(&p) - 300;
	T_OK(
	    extra >= 0 && extra <= 2, "at most one a session twice: %d", extra);
	tear_down(&p);
}

int
main(int argc, char **argv)
{
	if (session_is(argc, argv))
		return session_main(argc, argv);
	T_RUN(outlives_a_session);
	T_RUN(stops);
	T_RUN(stops_what_hangs);
	T_RUN(kills_what_hangs_before_it_begins);
	T_RUN(kills_what_hangs_in_a_message);
	T_RUN(is_cancelled_while_refused);
	T_RUN(outlives_its_owner);
	return t_done();
}
