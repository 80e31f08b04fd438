#include "mail/daemon.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/notify.h"
#include "mail/deliver.h"
#include "mail/desk_listen.h"
#include "mail/remind_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOCK_NAME "daemon.lock"
#define TICK_S 1
/* While it delivers, how often it says how far it is. */
#define TELL_MS 60000

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
#define SIGNALS (sizeof signals / sizeof signals[0])

enum phase {
	RUNNING,
	RELOADING, /* until the sessions of the old configuration are gone */
	ENDING
};

struct daemon {
	const char *conf_path;
	const struct conf *conf; /* in use */
	struct conf own[2]; /* those that a SIGHUP has read */
	const struct conf *next; /* what RELOADING waits for */
	enum phase phase;
	struct event_base *loop;
	struct event *timer;
	struct event *heard[SIGNALS];
	struct deliver *pool;
	struct desk_listen *desk;
	struct remind_watch reminders;
	struct deliver_report report, told;
	int64_t told_ms;
	char trouble[sizeof((struct deliver_report *)NULL)->trouble];
	char fault[ERR_MSG_MAX]; /* the store's, that was said last */
	struct err failure; /* ends the program */
};

static int
open_lock(const char *state, int flags)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/" LOCK_NAME, state);
	return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

static struct flock
whole_file(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* The lock is this process's alone: it ends with it, and no session that dies
 * a moment later holds up the next daemon. Returns its descriptor. */
static int
lock_store(const char *state, struct err *e)
{
	struct flock lock = whole_file();
	int fd;

	if (file_make_dir(state, 0700, e) != 0)
		return -1;
	fd = open_lock(state, O_CREAT);
	if (fd < 0)
		return err_sys(e, "%s/" LOCK_NAME ": cannot be opened", state);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return fd;
	if (errno == EAGAIN || errno == EACCES)
		err_set(e, ERR_LATER,
		    "%s: another announce daemon works on it; end that one "
		    "first",
		    state);
	else
		err_sys(e, "%s/" LOCK_NAME ": cannot be locked", state);
	close(fd);
	return -1;
}

bool
daemon_is_there(const char *state)
{
	struct flock lock = whole_file();
	int fd = open_lock(state, 0);
	bool is_there;

	if (fd < 0)
		return false;
	is_there = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return is_there;
}

static int
begin_work(struct daemon *d, struct err *e)
{
	struct deliver_options o = {.conf = d->conf};

	memset(&d->told, 0, sizeof d->told);
	memset(&d->report, 0, sizeof d->report);
	if (deliver_open(&d->pool, &o, e) != 0)
		return -1;
	return desk_listen_open(&d->desk, d->loop, d->conf, e);
}

static void
end_work(struct daemon *d)
{
	desk_listen_close(d->desk);
	d->desk = NULL;
	deliver_close(d->pool);
	d->pool = NULL;
}

/* Everything of the old configuration is gone; what a fault leaves is an end,
 * since the old one's pool is closed, too. */
static void
take_next(struct daemon *d)
{
	end_work(d);
	d->conf = d->next;
	d->next = NULL;
	d->phase = RUNNING;
	remind_watch_again(&d->reminders);
	if (begin_work(d, &d->failure) != 0) {
		event_base_loopbreak(d->loop);
		return;
	}
	log_info("the configuration was read again");
	notify_ready();
}

/* -1: there is nothing to be released in it. */
static int
read_next(const struct daemon *d, struct conf *next, struct err *e)
{
	if (conf_load(next, d->conf_path, e) != 0)
		return -1;
	if (next->mail.present && str_eq(next->state, d->conf->state))
		return 0;
	err_set(e, ERR_INPUT,
	    "%.*s: %s only when announce daemon is started again",
	    STR_ARG(next->file),
	    next->mail.present ? "\"state\" changes"
			       : "\"mail\" can be left out");
	conf_release(next);
	return -1;
}

static void
reload(struct daemon *d)
{
	struct conf *next = &d->own[d->conf == &d->own[0]];
	struct err e = ERR_INIT;

	if (d->phase != RUNNING)
		return;
	notify_reloading();
	conf_release(next);
	if (read_next(d, next, &e) != 0) {
		*next = (struct conf){0};
		log_err("the configuration stays as it was", &e);
		notify_ready();
		return;
	}
	d->next = next;
	d->phase = RELOADING;
	deliver_stop(d->pool);
}

static void
begin_to_end(struct daemon *d)
{
	if (d->phase == ENDING) {
		event_base_loopbreak(d->loop);
		return;
	}
	d->phase = ENDING;
	notify_stopping();
	if (d->report.sessions > 0)
		log_info("ending when the messages on the wire have ended");
	deliver_stop(d->pool);
}

static void
tell_trouble(struct daemon *d)
{
	const char *now = d->report.trouble;

	if (strcmp(d->trouble, now) == 0)
		return;
	if (now[0] != '\0')
		log_warn("no mail leaves: %s", now);
	else
		log_info("mail leaves again");
	memcpy(d->trouble, now, sizeof d->trouble);
}

/* What was done since it was last told: when nothing is left to do for now,
 * and now and then before. */
static void
tell_figures(struct daemon *d)
{
	const struct deliver_report *r = &d->report, *before = &d->told;
	int64_t now = clock_ticks_ms();

	if (r->sent + r->deferred + r->failed + r->in_doubt ==
	    before->sent + before->deferred + before->failed +
		before->in_doubt) {
		d->told_ms = now;
		return;
	}
	if (r->sessions > 0 && now - d->told_ms < TELL_MS)
		return;
	log_info("%lld sent, %lld deferred, %lld failed, %lld in doubt",
	    (long long)(r->sent - before->sent),
	    (long long)(r->deferred - before->deferred),
	    (long long)(r->failed - before->failed),
	    (long long)(r->in_doubt - before->in_doubt));
	notify_status("%lld sent since it began", (long long)r->sent);
	d->told = *r;
	d->told_ms = now;
}

static void
tell_fault(struct daemon *d, const struct err *e)
{
	if (strcmp(d->fault, e->msg) == 0)
		return;
	if (e->kind != ERR_NONE)
		log_err("delivery waits", e);
	else
		log_info("delivery goes on");
	memcpy(d->fault, e->msg, sizeof d->fault);
}

static void
tick(struct daemon *d)
{
	struct err e = ERR_INIT;

	deliver_tick(d->pool, &d->report, &e);
	tell_fault(d, &e);
	tell_trouble(d);
	if (d->report.braked[0] != '\0')
		log_warn(
		    "%s; announce status says what to do", d->report.braked);
	tell_figures(d);
	desk_listen_tend(d->desk);
	if (d->phase == RUNNING)
		remind_watch_tick(&d->reminders, d->conf, clock_now());
	if (d->report.sessions > 0)
		return;
	if (d->phase == ENDING)
		event_base_loopbreak(d->loop);
	else if (d->phase == RELOADING)
		take_next(d);
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	tick(ctx);
}

static void
on_signal(evutil_socket_t signal, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)what;
	if (signal == SIGHUP)
		reload(d);
	else if (signal != SIGCHLD)
		begin_to_end(d);
	if (d->pool != NULL)
		tick(d);
}

static int
make_events(struct daemon *d, struct err *e)
{
	static const struct timeval second = {TICK_S, 0};
	bool is_made;

	signal(SIGPIPE, SIG_IGN);
	d->loop = event_base_new();
	if (d->loop == NULL)
		return err_set(e, ERR_SYSTEM, "libevent cannot begin");
	d->timer = event_new(d->loop, -1, EV_PERSIST, on_timer, d);
	is_made = d->timer != NULL && event_add(d->timer, &second) == 0;
	for (size_t i = 0; i < SIGNALS; i++) {
		d->heard[i] = evsignal_new(d->loop, signals[i], on_signal, d);
		is_made = is_made && d->heard[i] != NULL &&
		    event_add(d->heard[i], NULL) == 0;
	}
	return is_made ? 0 : err_set(e, ERR_MEMORY, "memory ran out");
}

static void
free_events(struct daemon *d)
{
	for (size_t i = 0; i < SIGNALS; i++)
		if (d->heard[i] != NULL)
			event_free(d->heard[i]);
	if (d->timer != NULL)
		event_free(d->timer);
	if (d->loop != NULL)
		event_base_free(d->loop);
}

static void
say_ready(const struct daemon *d)
{
	log_info("delivers by %.*s", STR_ARG(d->conf->mail.relay));
	printf("ready daemon %.*s\n", STR_ARG(d->conf->mail.relay));
	fflush(stdout);
	notify_ready();
}

static int
run(struct daemon *d, struct err *e)
{
	if (make_events(d, e) != 0 || begin_work(d, e) != 0)
		return -1;
	say_ready(d);
	tick(d);
	if (event_base_dispatch(d->loop) < 0)
		return err_set(e, ERR_SYSTEM, "libevent cannot go on");
	if (d->failure.kind != ERR_NONE)
		return err_set(e, d->failure.kind, "%s", d->failure.msg);
	log_info("ended");
	return 0;
}

int
daemon_run(const struct conf *conf, const char *path, struct err *e)
{
	static struct daemon d;
	int lock, result;

	notify_begin();
	log_name("announce");
	d = (struct daemon){.conf = conf, .conf_path = path};
	lock = lock_store(conf->state.p, e);
	if (lock < 0)
		return -1;
	result = run(&d, e);
	remind_watch_end(&d.reminders);
	end_work(&d);
	free_events(&d);
	conf_release(&d.own[0]);
	conf_release(&d.own[1]);
	close(lock);
	return result;
}
