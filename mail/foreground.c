#include "mail/foreground.h"
#include "base/clock.h"
#include "mail/daemon.h"
#include "mail/deliver.h"
#include "mail/progress.h"
#include "mail/store_brake.h"
#include "mail/store_delivery.h"
#include "mail/words.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS 200
/* Counting deliveries is to take at most this part of the time. */
#define COUNT_SHARE 20
/* How long nothing may move before it is left to the daemon; and when nothing
 * ever has, since the relay does not work. */
#define PATIENCE_MS 60000
#define TROUBLE_MS 4000
/* The longest that a limit on a domain makes one wait (rate.h). */
#define TURN_S 600
#define TEXT_MAX 1024

static volatile sig_atomic_t stops; /* how often it was asked for */

static void
on_stop(int signal)
{
	(void)signal;
	stops++;
}

/* Only wakes poll up. */
static void
on_child(int signal)
{
	(void)signal;
}

struct foreground {
	const struct conf *conf;
	struct store *store;
	struct deliver *pool;
	struct deliver_report report;
	int64_t id;
	enum announcement_state state;
	struct store_totals totals;
	int64_t count_at_ms; /* not before */
	int64_t moved_ms; /* when anything was tried last */
	int64_t tried;
	int64_t tried_before; /* when it began */
	bool has_stopped;
	char trouble[sizeof((struct deliver_report *)NULL)->trouble];
	struct progress_screen screen;
	struct progress_meter meter;
};

static int64_t
left(const struct store_totals *t)
{
	return t->count[DELIVERY_QUEUED] + t->count[DELIVERY_SENDING];
}

static int
count(struct foreground *f, struct err *e)
{
	int64_t before = clock_ticks_ms(), tried;
	struct store_announcement a = {0};
	struct arena arena;
	size_t found;
	int result;

	/* Read among the others, it comes without its message. */
	arena_init(&arena);
	result =
	    store_announcements(f->store, f->id + 1, &arena, &a, 1, &found, e);
	arena_release(&arena);
	if (result != 0 ||
	    store_announcement_totals(f->store, f->id, &f->totals, e) != 0)
		return -1;
	f->state = a.state;
	f->count_at_ms = clock_ticks_ms();
	f->count_at_ms += (f->count_at_ms - before) * COUNT_SHARE;
	tried = f->totals.all - left(&f->totals);
	if (tried != f->tried)
		f->moved_ms = clock_ticks_ms();
	f->tried = tried;
	return 0;
}

static void
show(struct foreground *f, bool must)
{
	const int64_t *n = f->totals.count;
	int64_t now = clock_ticks_ms();
	struct progress p = {
	    .all = f->totals.all - n[DELIVERY_CANCELLED],
	    .sent = n[DELIVERY_SENT],
	    .deferred = n[DELIVERY_DEFERRED],
	    .failed = n[DELIVERY_FAILED],
	    .in_doubt = n[DELIVERY_IN_DOUBT],
	    .left = left(&f->totals),
	    .rate = progress_rate(&f->meter, f->tried, now),
	};

	if (strcmp(f->trouble, f->report.trouble) != 0) {
		memcpy(f->trouble, f->report.trouble, sizeof f->trouble);
		progress_wipe(&f->screen);
		if (f->trouble[0] != '\0')
			fprintf(stderr, "the relay takes nothing: %s\n",
			    f->trouble);
	}
	progress_show(&f->screen, &p, now, must);
}

/* Is there nothing more to be done here and now? */
static bool
is_over(const struct foreground *f)
{
	const struct deliver_report *r = &f->report;
	bool never_moved = f->tried == f->tried_before;
	int64_t waited = clock_ticks_ms() - f->moved_ms;

	if (r->sessions > 0)
		return false;
	if (f->has_stopped || f->state != ANNOUNCEMENT_OPEN)
		return true;
	if (r->idle && left(&f->totals) == 0)
		return true;
	/* What is left waits for its turn under a limit, ... */
	if (r->idle && r->next_due > clock_now())
		return r->next_due > clock_now() + TURN_S;
	/* ... or for the relay, or is being delivered by the daemon. */
	if (never_moved && r->trouble[0] != '\0')
		return waited > TROUBLE_MS;
	return waited > PATIENCE_MS;
}

static void
obey(struct foreground *f)
{
	if (stops == 0 || f->has_stopped)
		return;
	f->has_stopped = true;
	deliver_stop(f->pool);
	progress_wipe(&f->screen);
	fputs("stopping after the message on the wire; once more stops at "
	      "once\n",
	    stderr);
}

static int
watch(struct foreground *f, struct err *e)
{
	while (stops < 2) {
		obey(f);
		if (deliver_tick(f->pool, &f->report, e) != 0)
			return -1;
		if ((f->report.idle || clock_ticks_ms() >= f->count_at_ms) &&
		    count(f, e) != 0)
			return -1;
		show(f, false);
		if (is_over(f))
			break;
		poll(NULL, 0, TICK_MS);
	}
	return 0;
}

/* What goes on with those who wait. */
static void
put_how(struct buf *to, const struct foreground *f)
{
	if (daemon_is_there(f->conf->state.p))
		buf_puts(to, "; announce daemon goes on with it");
	else
		buf_printf(to,
		    "; announce resume %lld goes on, or announce daemon by "
		    "itself",
		    (long long)f->id);
}

static int
say(enum err_kind kind, struct buf *text, struct err *e)
{
	int result = err_set(e, kind, "%s", text->data);

	buf_release(text);
	return result;
}

static int
say_waiting(const struct foreground *f, struct err *e)
{
	const int64_t *n = f->totals.count;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	if (f->has_stopped)
		buf_puts(&b, "stopped: ");
	words_count(&b, n[DELIVERY_SENT]);
	buf_puts(&b, " sent");
	if (left(&f->totals) > 0) {
		buf_puts(&b, ", ");
		words_count(&b, left(&f->totals));
		buf_puts(&b, " left");
	}
	if (n[DELIVERY_DEFERRED] > 0) {
		buf_puts(&b, ", ");
		words_count(&b, n[DELIVERY_DEFERRED]);
		buf_puts(&b, " deferred, the next until ");
		words_instant(&b, f->totals.next_due);
	}
	if (n[DELIVERY_FAILED] > 0) {
		buf_puts(&b, ", ");
		words_count(&b, n[DELIVERY_FAILED]);
		buf_puts(&b, " failed");
	}
	put_how(&b, f);
	return say(ERR_LATER, &b, e);
}

static int
say_unsent(const struct foreground *f, struct err *e)
{
	long long id = (long long)f->id;
	const int64_t *n = f->totals.count;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	words_count(&b, n[DELIVERY_SENT]);
	buf_puts(&b, " sent, but ");
	if (n[DELIVERY_FAILED] > 0) {
		words_count(&b, n[DELIVERY_FAILED]);
		buf_printf(&b, " failed; announce status %lld says why", id);
	}
	if (n[DELIVERY_IN_DOUBT] > 0) {
		buf_puts(&b, n[DELIVERY_FAILED] > 0 ? "; " : "");
		words_count(&b, n[DELIVERY_IN_DOUBT]);
		buf_printf(&b,
		    " in doubt; announce resume %lld --doubts again, or sent, "
		    "decides them",
		    id);
	}
	return say(ERR_REFUSED, &b, e);
}

/* By somebody, or by the brake. */
static int
say_stopped(const struct foreground *f, struct err *e)
{
	struct brake brake;
	struct arena a;
	struct buf b;
	int result;

	arena_init(&a);
	result = store_brake(f->store, f->id, &brake, &a, e);
	if (result == 0) {
		buf_init(&b, TEXT_MAX);
		buf_printf(&b, "announcement %lld was %s", (long long)f->id,
		    announcement_state_name(f->state));
		if (f->state == ANNOUNCEMENT_PAUSED &&
		    brake.state == BRAKE_ON) {
			buf_puts(&b, ": ");
			brake_report(&b, &brake, f->id);
		}
		result = say(ERR_REFUSED, &b, e);
	}
	arena_release(&a);
	return result;
}

static int
conclude(struct foreground *f, struct err *e)
{
	const int64_t *n = f->totals.count;
	struct buf b;

	if (f->state == ANNOUNCEMENT_PAUSED ||
	    f->state == ANNOUNCEMENT_CANCELLED)
		return say_stopped(f, e);
	if (left(&f->totals) + n[DELIVERY_DEFERRED] > 0)
		return say_waiting(f, e);
	if (n[DELIVERY_FAILED] + n[DELIVERY_IN_DOUBT] > 0)
		return say_unsent(f, e);
	buf_init(&b, TEXT_MAX);
	buf_puts(&b, "sent to ");
	words_counted(&b, n[DELIVERY_SENT], "person", "people");
	fprintf(stderr, "%s\n", b.data);
	buf_release(&b);
	return 0;
}

static int
run(struct foreground *f, struct err *e)
{
	int result = count(f, e);

	f->tried_before = f->tried;
	f->moved_ms = clock_ticks_ms();
	if (result == 0)
		result = watch(f, e);
	deliver_close(f->pool);
	f->pool = NULL;
	if (result == 0)
		result = count(f, e);
	if (result == 0 && f->screen.is_terminal)
		show(f, true);
	if (f->screen.is_drawn)
		fputc('\n', stderr);
	return result == 0 ? conclude(f, e) : -1;
}

int
foreground_deliver(
    const struct conf *conf, struct store *s, int64_t id, struct err *e)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	enum { SIGNALS = sizeof signals / sizeof signals[0] };
	struct sigaction was[SIGNALS];
	struct foreground f = {.conf = conf, .store = s, .id = id};
	struct deliver_options options = {.conf = conf, .announcement = id};
	int result;

	stops = 0;
	progress_open(&f.screen);
	if (deliver_open(&f.pool, &options, e) != 0)
		return -1;
	for (int i = 0; i < SIGNALS; i++) {
		struct sigaction action = {
		    .sa_handler = signals[i] == SIGCHLD ? on_child : on_stop};

		sigaction(signals[i], &action, &was[i]);
	}
	result = run(&f, e);
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &was[i], NULL);
	return result;
}
