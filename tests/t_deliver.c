/*
 * The pool against a relay that does what an address says: its local part
 * begins with what becomes of its messages. The sessions are this program,
 * started again.
 */
#include "mail/deliver.h"

#include "base/clock.h"
#include "mail/deliver_session.h"
#include "mail/mailbox.h"
#include "mail/store_letter.h"
#include "mail/store_subscriber.h"
#include "mail/transport.h"
#include "tests/t.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000

/* The relay: a folder in which "log" has a line for each message it took. */
struct transport {
	char folder[400];
};

static bool
has_file(const struct transport *t, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t->folder, name);
	return access(path, F_OK) == 0;
}

static void
append(const struct transport *t, const char *name, struct str line)
{
	char path[512], text[512];
	int fd, n;

	snprintf(path, sizeof path, "%s/%s", t->folder, name);
	n = snprintf(text, sizeof text, "%.*s\n", STR_ARG(line));
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		abort();
	close(fd);
}

int
transport_open(
    struct transport **out, const struct conf_mail *mail, struct err *e)
{
	(void)e;
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		abort();
	snprintf((*out)->folder, sizeof(*out)->folder, "%.*s",
	    STR_ARG(str_sub(mail->relay, strlen("maildir:"), mail->relay.n)));
	return 0;
}

void
transport_close(struct transport *t)
{
	free(t);
}

int
transport_check(struct transport *t, struct str *said, struct err *e)
{
	(void)t, (void)said;
	return err_set(e, ERR_REFUSED, "is not asked for here");
}

static struct transport_answer
answer_to(const struct transport *t, struct str address)
{
	if (str_starts(address, STR("later")))
		return (struct transport_answer){
		    TRANSPORT_DEFERRED, 450, STR("4.2.0"), STR("come again")};
	if (str_starts(address, STR("never")) ||
	    str_starts(address, STR("unknown")))
		return (struct transport_answer){
		    TRANSPORT_FAILED, 550, STR("5.1.1"), STR("no such user")};
	if (str_starts(address, STR("spam")))
		return (struct transport_answer){
		    TRANSPORT_FAILED, 550, STR("5.7.1"), STR("looks like it")};
	append(t, "log", address);
	if (str_starts(address, STR("doubt")))
		return (struct transport_answer){
		    TRANSPORT_IN_DOUBT, 0, STR(""), STR("the line broke")};
	if (str_starts(address, STR("die")) && !has_file(t, "dead")) {
		append(t, "dead", address);
		kill(getpid(), SIGKILL);
	}
	while (str_starts(address, STR("stall")) && has_file(t, "hang"))
		poll(NULL, 0, 10);
	if (str_starts(address, STR("slow")))
		poll(NULL, 0, 20);
	return (struct transport_answer){
	    TRANSPORT_SENT, 250, STR("2.0.0"), STR("taken")};
}

static void
leave_rest(const struct transport_batch *b, size_t from)
{
	static const struct transport_answer untried = {
	    TRANSPORT_UNTRIED, 0, {NULL, 0}, {NULL, 0}};

	for (size_t i = from; i < b->count; i++)
		b->end(b->ctx, i, &untried);
}

int
transport_run(
    struct transport *t, const struct transport_batch *b, struct err *e)
{
	struct transport_answer answer;
	struct str head, body, sender, recipient;

	append(t, "runs", STR("run"));
	while (has_file(t, "hang") && !has_file(t, "connects"))
		poll(NULL, 0, 10);
	if (has_file(t, "refuse")) {
		leave_rest(b, 0);
		return err_set(e, ERR_LATER, "connection refused");
	}
	for (size_t i = 0; i < b->count; i++) {
		b->envelope(b->ctx, i, &sender, &recipient);
		if (str_starts(recipient, STR("unknown"))) {
			append(t, "asked", recipient);
			while (has_file(t, "thinks"))
				poll(NULL, 0, 5);
			answer = answer_to(t, recipient);
			b->end(b->ctx, i, &answer);
			continue;
		}
		if (b->begin(b->ctx, i, &head, &body) != 0) {
			leave_rest(b, i);
			return 0;
		}
		if (has_file(t, "keep"))
			append(t, "heads", head);
		answer = answer_to(t, recipient);
		b->end(b->ctx, i, &answer);
		if (answer.outcome == TRANSPORT_IN_DOUBT) {
			leave_rest(b, i + 1);
			return err_set(e, ERR_LATER, "the line broke");
		}
	}
	return 0;
}

/* A store, a relay and a configuration of its own for each test. */
struct place {
	char folder[256];
	struct transport relay;
	struct conf conf;
	struct store *store;
	int64_t id; /* of the announcement */
};

static void
must(int result, const struct err *e)
{
	if (result == 0)
		return;
	printf("Bail out! %s\n", e->msg);
	exit(1);
}

static void
set_up(struct place *p, const char *more)
{
	struct err e = ERR_INIT;
	static int number;
	char text[2048];

	snprintf(p->folder, sizeof p->folder, "%s/%d", t_tmpdir(), number++);
	snprintf(
	    p->relay.folder, sizeof p->relay.folder, "%s/relay", p->folder);
	mkdir(p->folder, 0700);
	mkdir(p->relay.folder, 0700);
	snprintf(text, sizeof text,
	    "host: capsule.example.org\n"
	    "state: %s/state\n"
	    "mail:\n"
	    "  from: announce@example.org\n"
	    "  relay: maildir:%s\n%s",
	    p->folder, p->relay.folder, more);
	must(conf_parse(&p->conf, "/test.yaml", str_of(text), &e), &e);
	must(store_open(&p->store, p->conf.state.p, &e), &e);
}

static void
tear_down(struct place *p)
{
	store_close(p->store);
	conf_release(&p->conf);
}

/* WHAT0@DOMAIN and so on. */
static void
subscribe(struct place *p, const char *what, int count, const char *domain)
{
	struct store_member m = {.list = STR("announce"),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .since = 1};
	enum member_outcome outcome;
	enum member_state was;
	struct err e = ERR_INIT;
	char address[64];

	must(store_begin(p->store, &e), &e);
	for (int i = 0; i < count; i++) {
		snprintf(address, sizeof address, "%s%d@%s", what, i, domain);
		m.subscriber.address = str_of(address);
		must(store_member_add(p->store, &m, &outcome, &was, &e), &e);
	}
	must(store_commit(p->store, &e), &e);
}

static void
queue_as(struct place *p, bool holds_doubts)
{
	static const char mark[] = "abcdefghijklmnopqrstuvwxyz";
	struct store_announcement a = {.list = STR("announce"),
	    .page = STR("news/one.md"),
	    .subject = STR("One"),
	    .queued = clock_now(),
	    .begins = clock_now(),
	    .holds_doubts = holds_doubts};
	struct err e = ERR_INIT;
	int64_t recipients;
	char text[512];

	snprintf(text, sizeof text,
	    "template 1 %s\r\nSubject: One\r\n\r\nleave: %s\r\n", mark, mark);
	a.message = str_of(text);
	must(store_announcement_queue(p->store, &a, &recipients, &e), &e);
	p->id = a.id;
}

static void
queue(struct place *p)
{
	queue_as(p, false);
}

static struct store_totals
totals(struct place *p)
{
	struct err e = ERR_INIT;
	struct store_totals t;

	must(store_announcement_totals(p->store, p->id, &t, &e), &e);
	return t;
}

static int64_t
total(struct place *p, enum delivery_state state)
{
	return totals(p).count[state];
}

static int64_t
members(struct place *p, enum member_state state)
{
	int64_t count[MEMBER_STATES];
	struct err e = ERR_INIT;

	must(store_member_totals(p->store, STR("announce"), count, &e), &e);
	return count[state];
}

static enum announcement_state
state_of(struct place *p)
{
	struct store_announcement found = {.state = ANNOUNCEMENT_STATES};
	struct err e = ERR_INIT;
	struct arena a;

	arena_init(&a);
	must(store_announcement_find(p->store, &found, &a, p->id, &e), &e);
	arena_release(&a);
	return found.state;
}

/* The first one of a state; its texts are gone. */
static struct store_delivery
one_of(struct place *p, enum delivery_state state, char reply[256])
{
	struct store_delivery_cursor after = {0};
	struct store_delivery d = {0};
	struct err e = ERR_INIT;
	struct arena a;
	size_t count;

	arena_init(&a);
	must(store_deliveries(
		 p->store, p->id, state, &after, &a, &d, 1, &count, &e),
	    &e);
	snprintf(reply, 256, "%.*s", STR_ARG(d.reply));
	arena_release(&a);
	return d;
}

/* How many lines the relay's file has, and how many there are of one. */
static int
lines(struct place *p, const char *name, const char *line)
{
	char path[512], text[512];
	int count = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", p->relay.folder, name);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(text, sizeof text, f) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		count += line == NULL || strcmp(text, line) == 0;
	}
	fclose(f);
	return count;
}

/* How many lines begin like this. */
static int
lines_like(struct place *p, const char *name, const char *begins)
{
	char path[512], text[512];
	int count = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", p->relay.folder, name);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(text, sizeof text, f) != NULL)
		count += strncmp(text, begins, strlen(begins)) == 0;
	fclose(f);
	return count;
}

static int
taken(struct place *p)
{
	return lines(p, "log", NULL);
}

static void
make_file(struct place *p, const char *name)
{
	append(&p->relay, name, STR(""));
}

static void
remove_file(struct place *p, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", p->relay.folder, name);
	unlink(path);
}

static struct deliver *
open_pool(struct place *p, int64_t announcement)
{
	struct deliver_options o = {&p->conf, announcement};
	struct deliver *d = NULL;
	struct err e = ERR_INIT;

	must(deliver_open(&d, &o, &e), &e);
	return d;
}

/* Ticks until it is so, for a while; the last report. */
static struct deliver_report
tick_until(struct deliver *d, bool (*is_so)(const struct deliver_report *))
{
	int64_t end = clock_ticks_ms() + PATIENCE_MS;
	struct deliver_report r;
	struct err e = ERR_INIT;

	for (;;) {
		must(deliver_tick(d, &r, &e), &e);
		if (is_so(&r))
			return r;
		if (clock_ticks_ms() > end) {
			T_OK(
			    false, "it takes too long; trouble: %s", r.trouble);
			return r;
		}
		poll(NULL, 0, 5);
	}
}

static bool
is_idle(const struct deliver_report *r)
{
	return r->idle;
}

static bool
is_quiet(const struct deliver_report *r)
{
	return r->sessions == 0;
}

static bool
is_busy(const struct deliver_report *r)
{
	return r->sessions > 0;
}

static bool
has_sent_some(const struct deliver_report *r)
{
	return r->sent >= 5;
}

static bool
has_trouble(const struct deliver_report *r)
{
	return r->trouble[0] != '\0' && r->sessions == 0;
}

static struct deliver_report
deliver_all(struct place *p)
{
	struct deliver *d = open_pool(p, 0);
	struct deliver_report r = tick_until(d, is_idle);

	deliver_close(d);
	return r;
}

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
	must(store_open(&p.store, p.conf.state.p, &(struct err)ERR_INIT), NULL);
	deliver_all(&p);
	T_EQ_INT(total(&p, DELIVERY_SENT), 300, "nobody is left out");
	extra = taken(&p) - 300;
	T_OK(
	    extra >= 0 && extra <= 2, "at most one a session twice: %d", extra);
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
	T_RUN(outlives_a_session);
	T_RUN(stops);
	T_RUN(stops_what_hangs);
	T_RUN(kills_what_hangs_before_it_begins);
	T_RUN(kills_what_hangs_in_a_message);
	T_RUN(is_cancelled_while_refused);
	T_RUN(waits_for_the_relay);
	T_RUN(keeps_the_day);
	T_RUN(keeps_a_domain);
	T_RUN(never_sends_twice);
	T_RUN(outlives_its_owner);
	T_RUN(heeds_a_pause);
	T_RUN(delivers_letters);
	return t_done();
}
