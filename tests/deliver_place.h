/*
 * A pool, and a relay that does what an address says: its local part begins
 * with what becomes of its messages. The sessions are the test's program,
 * started again. For tests/t_deliver*.c only, as it has transport.h's functions
 * in it.
 */
#ifndef TESTS_DELIVER_PLACE_H
#define TESTS_DELIVER_PLACE_H

#include "base/clock.h"
#include "mail/deliver.h"
#include "mail/deliver_session.h"
#include "mail/mailbox.h"
#include "mail/store_delivery.h"
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
#include <unistd.h>

#define PATIENCE_MS 30000

/* The relay: a folder in which "log" has a line for each message it took. */
struct transport {
	char folder[400];
};

static inline bool
has_file(const struct transport *t, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t->folder, name);
	return access(path, F_OK) == 0;
}

static inline void
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

static inline struct transport_answer
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

static inline void
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

static inline void
must(int result, const struct err *e)
{
	if (result == 0)
		return;
	printf("Bail out! %s\n", e->msg);
	exit(1);
}

static inline void
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

static inline void
tear_down(struct place *p)
{
	store_close(p->store);
	conf_release(&p->conf);
}

/* WHAT0@DOMAIN and so on. */
static inline void
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

static inline void
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

static inline void
queue(struct place *p)
{
	queue_as(p, false);
}

static inline struct store_totals
totals(struct place *p)
{
	struct err e = ERR_INIT;
	struct store_totals t;

	must(store_announcement_totals(p->store, p->id, &t, &e), &e);
	return t;
}

static inline int64_t
total(struct place *p, enum delivery_state state)
{
	return totals(p).count[state];
}

static inline int64_t
members(struct place *p, enum member_state state)
{
	int64_t count[MEMBER_STATES];
	struct err e = ERR_INIT;

	must(store_member_totals(p->store, STR("announce"), count, &e), &e);
	return count[state];
}

static inline enum announcement_state
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
static inline struct store_delivery
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

/* How many lines of the relay's file are so, or begin so. */
static inline int
count_lines(struct place *p, const char *name, const char *want, bool is_whole)
{
	char path[512], line[512];
	int count = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", p->relay.folder, name);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		count += is_whole ? strcmp(line, want) == 0
				  : strncmp(line, want, strlen(want)) == 0;
	}
	fclose(f);
	return count;
}

/* NULL: all of them. */
static inline int
lines(struct place *p, const char *name, const char *line)
{
	return count_lines(p, name, line != NULL ? line : "", line != NULL);
}

static inline int
lines_like(struct place *p, const char *name, const char *begins)
{
	return count_lines(p, name, begins, false);
}

static inline int
taken(struct place *p)
{
	return lines(p, "log", NULL);
}

static inline void
make_file(struct place *p, const char *name)
{
	append(&p->relay, name, STR(""));
}

static inline void
remove_file(struct place *p, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", p->relay.folder, name);
	unlink(path);
}

static inline struct deliver *
open_pool(struct place *p, int64_t announcement)
{
	struct deliver_options o = {&p->conf, announcement};
	struct deliver *d = NULL;
	struct err e = ERR_INIT;

	must(deliver_open(&d, &o, &e), &e);
	return d;
}

/* Ticks until it is so, for a while; the last report. */
static inline struct deliver_report
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

static inline bool
is_idle(const struct deliver_report *r)
{
	return r->idle;
}

static inline bool
is_quiet(const struct deliver_report *r)
{
	return r->sessions == 0;
}

static inline bool
is_busy(const struct deliver_report *r)
{
	return r->sessions > 0;
}

static inline bool
has_sent_some(const struct deliver_report *r)
{
	return r->sent >= 5;
}

static inline bool
has_trouble(const struct deliver_report *r)
{
	return r->trouble[0] != '\0' && r->sessions == 0;
}

static inline struct deliver_report
deliver_all(struct place *p)
{
	struct deliver *d = open_pool(p, 0);
	struct deliver_report r = tick_until(d, is_idle);

	deliver_close(d);
	return r;
}

#endif
