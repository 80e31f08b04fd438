#include "server/generation.h"

#include "base/clock.h"
#include "base/log.h"
#include "content/site.h"
#include "server/sandbox.h"
#include "server/setup.h"
#include "server/watch.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* An editor or a copy writes several files: one new site when it is quiet
 * again, but not later than some seconds after the first. */
#define QUIET_MS 500
#define QUIET_LATEST_MS 5000
/* All workers are up by then, or something hangs. */
#define START_MS 60000
/* A worker that lived so long did not die of its start. */
#define HEALTHY_MS 1000
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 10000

struct member {
	struct process process;
	int slot;
	int64_t started_ms;
	int64_t restart_ms; /* when dead: when to be forked again */
	int64_t backoff_ms;
};

/* The generation's own process. */
struct house {
	const struct generation_plan *plan;
	struct router router;
	struct tls_server *tls;
	struct network *proxies;
	int *dirs;
	struct worker_plan workers;
	struct member *members;
	size_t member_count;
	int control; /* to the keeper */
	int signals;
	int watch; /* -1: not asked for */
	int64_t changed_ms, first_change_ms; /* 0: nothing to be told */
	bool is_ending;
};

static size_t
count_workers(const struct conf *conf)
{
	cpu_set_t cpus;

	if (conf->workers > 0)
		return (size_t)conf->workers;
	if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		return (size_t)CPU_COUNT(&cpus);
	return 1;
}

static int
build_site(struct house *h, size_t i, struct err *e)
{
	const struct conf_site *c = &h->plan->conf->sites[i];
	struct site_options options =
	    site_options_of(h->plan->conf, c, clock_now());
	struct route_site *s = &h->router.sites[i];
	struct faults faults;
	int r;

	faults_init(&faults);
	r = site_load(&s->site, &options, &faults, e);
	faults_sort(&faults);
	for (size_t n = 0; n < faults.count; n++)
		fault_log(&faults.list[n]);
	faults_release(&faults);
	if (r != 0)
		return err_wrap(e, "%.*s", STR_ARG(c->host));
	s->conf = c;
	h->dirs[i] = site_dir(s->site);
	h->router.count++;
	return 0;
}

static int
use_certificate(struct house *h, size_t i, struct err *e)
{
	const struct conf_site *c = &h->plan->conf->sites[i];
	const struct certs_pair *p = &h->plan->pairs[i];

	if (tls_server_add(h->tls, c->host, c->aliases, c->alias_count,
		buf_slice(&p->chain), buf_slice(&p->key), e) != 0)
		return err_wrap(e, "%.*s", STR_ARG(c->host));
	return 0;
}

static int
parse_proxies(struct house *h, struct err *e)
{
	const struct conf *conf = h->plan->conf;

	h->proxies = calloc(conf->proxy_count + 1, sizeof *h->proxies);
	if (h->proxies == NULL)
		return err_sys(e, "cannot read the list of proxies");
	for (size_t i = 0; i < conf->proxy_count; i++)
		if (network_parse(&h->proxies[i], conf->proxies[i], e) != 0)
			return err_wrap(e, "proxies");
	return 0;
}

/* Before the pages are read, so that no change falls between. */
static void
begin_to_watch(struct house *h)
{
	const struct conf *conf = h->plan->conf;
	struct err e = ERR_INIT;

	h->watch = -1;
	if (!conf->watch)
		return;
	h->watch = watch_open(&e);
	for (size_t i = 0; h->watch >= 0 && i < conf->site_count; i++)
		watch_add(h->watch, conf->sites[i].pages.p, &e);
	if (e.kind != ERR_NONE)
		log_err("changes may go unnoticed, reload with SIGHUP", &e);
}

/* Forms and the organizers' pages look at a client's certificate. */
static bool
can_know_visitors(const struct conf *conf)
{
	return conf->mail.present || conf->organizer_count > 0;
}

static int
build(struct house *h, struct err *e)
{
	size_t n = h->plan->conf->site_count;

	h->router.conf = h->plan->conf;
	h->router.sites = calloc(n, sizeof *h->router.sites);
	h->dirs = calloc(n, sizeof *h->dirs);
	if (h->router.sites == NULL || h->dirs == NULL)
		return err_sys(e, "cannot build the site");
	if (tls_server_new(&h->tls, h->plan->shared->keys,
		can_know_visitors(h->plan->conf), e) != 0)
		return -1;
	begin_to_watch(h);
	for (size_t i = 0; i < n; i++)
		if (build_site(h, i, e) != 0 || use_certificate(h, i, e) != 0)
			return -1;
	/* What building took beyond the image need not be every worker's. */
	malloc_trim(0);
	return parse_proxies(h, e);
}

static void
be_worker(struct house *h, const struct member *m, int number, int control)
{
	char name[64];

	snprintf(name, sizeof name, "capsule[worker %d]", number);
	process_born(name);
	for (size_t i = 0; i < h->member_count; i++)
		if (&h->members[i] != m && h->members[i].process.pid > 0)
			close(h->members[i].process.control);
	close(h->control);
	close(h->signals);
	if (h->watch >= 0)
		close(h->watch);
	worker_run(&h->workers, m->slot, control);
}

static int
start_member(struct house *h, struct member *m, struct err *e)
{
	const struct shared *shared = h->plan->shared;
	int number = (int)(m - h->members) + 1, control, r;

	m->slot = figures_slot(shared->figures, h->plan->number);
	if (m->slot < 0)
		return err_set(e, ERR_LATER,
		    "no room for so many workers: those of earlier generations "
		    "still have visitors; try again when they are done, or "
		    "restart if `workers` was raised");
	/* One whose whole generation died may have left its counts. */
	limit_worker_gone(shared->limits, m->slot);
	m->started_ms = clock_ticks_ms();
	m->restart_ms = 0;
	r = process_fork(&m->process, &control, e);
	if (r == 0)
		be_worker(h, m, number, control);
	if (r < 0)
		figures_slot_release(shared->figures, m->slot);
	return r < 0 ? -1 : 0;
}

static void
tell(const struct member *m, char word)
{
	if (m->process.pid > 0)
		process_tell(m->process.control, &word, 1);
}

static void
tell_all(struct house *h, char word)
{
	for (size_t i = 0; i < h->member_count; i++)
		tell(&h->members[i], word);
}

/* A worker says that it is up, or its end of the socket closes. One that does
 * neither is nothing to wait for with the old generation still there. */
static int
wait_for_member(const struct member *m, int64_t until_ms, struct err *e)
{
	switch (process_await(m->process.control, WORKER_UP, until_ms)) {
	case 1:
		return 0;
	case 0:
		return err_set(e, ERR_SYSTEM,
		    "a worker was not ready within %d seconds; is the machine "
		    "overloaded?",
		    START_MS / 1000);
	default:
		return err_set(
		    e, ERR_SYSTEM, "a worker did not start; the log says why");
	}
}

static int
start_members(struct house *h, struct err *e)
{
	int64_t until = clock_ticks_ms() + START_MS;
	size_t n = count_workers(h->plan->conf);

	h->members = calloc(n, sizeof *h->members);
	if (h->members == NULL)
		return err_sys(e, "cannot start workers");
	h->workers = (struct worker_plan){
	    .conf = h->plan->conf,
	    .listeners = h->plan->listeners,
	    .shared = h->plan->shared,
	    .router = &h->router,
	    .tls = h->tls,
	    .proxies = h->proxies,
	    .proxy_count = h->plan->conf->proxy_count,
	    .dirs = h->dirs,
	};
	h->member_count = n;
	for (size_t i = 0; i < n; i++)
		if (start_member(h, &h->members[i], e) != 0)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (wait_for_member(&h->members[i], until, e) != 0)
			return -1;
	return 0;
}

static void
report(struct house *h, const struct generation_news *news)
{
	if (process_tell(h->control, news, sizeof *news) != 0)
		_exit(1);
}

static void
report_ready(struct house *h)
{
	struct generation_news news = {
	    .event = GENERATION_READY,
	    .next_change = INT64_MAX,
	    .workers = h->member_count,
	};

	for (size_t i = 0; i < h->router.count; i++) {
		const struct site *s = h->router.sites[i].site;
		struct site_figures f;

		site_figures(s, &f);
		news.pages += f.pages;
		news.files += f.files;
		news.bytes += f.bytes;
		if (site_next_change(s) < news.next_change)
			news.next_change = site_next_change(s);
	}
	report(h, &news);
}

/* One that dies of its start would die again at once: each time it waits
 * twice as long. */
static void
plan_restart(struct member *m, int64_t now)
{
	if (now - m->started_ms >= HEALTHY_MS)
		m->backoff_ms = 0;
	m->restart_ms = now + m->backoff_ms;
	m->backoff_ms =
	    m->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * m->backoff_ms;
	if (m->backoff_ms > BACKOFF_MAX_MS)
		m->backoff_ms = BACKOFF_MAX_MS;
}

static void
member_ended(struct house *h, struct member *m, int status)
{
	const struct shared *shared = h->plan->shared;
	char fate[64];

	close(m->process.control);
	m->process = (struct process){0, -1};
	limit_worker_gone(shared->limits, m->slot);
	figures_slot_release(shared->figures, m->slot);
	if (h->is_ending && status == 0)
		return;
	figures_worker_died(shared->figures);
	process_fate(fate, sizeof fate, status);
	log_error("worker %d ended: %s%s", (int)(m - h->members) + 1, fate,
	    h->is_ending ? "" : "; a new one takes its place");
	if (!h->is_ending)
		plan_restart(m, clock_ticks_ms());
}

static void
reap(struct house *h)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < h->member_count; i++)
			if (h->members[i].process.pid == pid)
				member_ended(h, &h->members[i], status);
}

static void
restart_due(struct house *h)
{
	int64_t now = clock_ticks_ms();

	for (size_t i = 0; i < h->member_count && !h->is_ending; i++) {
		struct member *m = &h->members[i];
		struct err e = ERR_INIT;

		if (m->process.pid > 0 || m->restart_ms > now)
			continue;
		if (start_member(h, m, &e) != 0) {
			log_err("a worker cannot be started again", &e);
			m->started_ms = now;
			plan_restart(m, now);
		} else {
			tell(m, WORKER_GO);
		}
	}
}

static void
begin_to_end(struct house *h, char word)
{
	if (!h->is_ending)
		for (size_t i = 0; i < h->plan->listeners->count; i++)
			close(h->plan->listeners->list[i].fd);
	h->is_ending = true;
	tell_all(h, word);
}

static void
read_control(struct house *h)
{
	char word;
	ssize_t n = recv(h->control, &word, 1, 0);

	if (n == 1)
		begin_to_end(h, word);
	else if (n == 0)
		_exit(0); /* the keeper is gone, and the workers with us */
}

static void
note_change(struct house *h)
{
	if (!watch_changed(h->watch))
		return;
	h->changed_ms = clock_ticks_ms();
	if (h->first_change_ms == 0)
		h->first_change_ms = h->changed_ms;
}

/* When the last change is long enough ago, or the first; 0: nothing changed. */
static int64_t
change_due(const struct house *h)
{
	int64_t quiet = h->changed_ms + QUIET_MS;
	int64_t latest = h->first_change_ms + QUIET_LATEST_MS;

	if (h->first_change_ms == 0)
		return 0;
	return quiet < latest ? quiet : latest;
}

static void
tell_change(struct house *h)
{
	struct generation_news news = {.event = GENERATION_CHANGED};

	if (change_due(h) == 0 || change_due(h) > clock_ticks_ms())
		return;
	h->first_change_ms = 0;
	if (!h->is_ending)
		report(h, &news);
}

static int
time_to_wait(const struct house *h)
{
	int64_t now = clock_ticks_ms(), due = change_due(h);

	for (size_t i = 0; i < h->member_count && !h->is_ending; i++) {
		const struct member *m = &h->members[i];

		if (m->process.pid == 0 && (due == 0 || m->restart_ms < due))
			due = m->restart_ms;
	}
	if (due == 0)
		return -1;
	return due > now ? (int)(due - now) : 0;
}

static bool
is_empty(const struct house *h)
{
	for (size_t i = 0; i < h->member_count; i++)
		if (h->members[i].process.pid > 0)
			return false;
	return true;
}

static void
watch_over(struct house *h)
{
	struct pollfd p[] = {
	    {.fd = h->control, .events = POLLIN},
	    {.fd = h->signals, .events = POLLIN},
	    {.fd = h->watch, .events = POLLIN},
	};
	int signal;

	while (!h->is_ending || !is_empty(h)) {
		poll(p, 3, time_to_wait(h));
		if (p[0].revents != 0)
			read_control(h);
		if (p[2].revents != 0)
			note_change(h);
		while ((signal = process_signal(h->signals)) != 0)
			if (signal == SIGTERM)
				begin_to_end(h, WORKER_STOP);
		reap(h);
		restart_due(h);
		tell_change(h);
	}
}

static int
prepare(struct house *h, struct err *e)
{
	static const int signals[] = {SIGCHLD, SIGTERM, 0};
	char name[64];

	snprintf(name, sizeof name, "capsule[generation %u]", h->plan->number);
	process_born(name);
	h->signals = process_signals(signals, e);
	if (h->signals < 0 || sandbox_drop_user(h->plan->conf->user, e) != 0)
		return -1;
	process_born(name);
	if (build(h, e) != 0 ||
	    sandbox_generation(h->dirs, h->router.count, e) != 0)
		return -1;
	return start_members(h, e);
}

static void
run(const struct generation_plan *plan, int control)
{
	struct house h = {.plan = plan, .control = control, .watch = -1};
	struct generation_news news = {.event = GENERATION_FAILED};

	if (prepare(&h, &news.error) != 0) {
		tell_all(&h, WORKER_STOP);
		report(&h, &news);
		_exit(1);
	}
	report_ready(&h);
	tell_all(&h, WORKER_GO);
	watch_over(&h);
	_exit(0);
}

int
generation_start(struct generation *g, const struct generation_plan *plan,
    void (*leave)(void *ctx), void *ctx, struct err *e)
{
	int control, r;

	g->number = plan->number;
	r = process_fork(&g->process, &control, e);
	if (r == 0) {
		leave(ctx);
		run(plan, control);
	}
	return r < 0 ? -1 : 0;
}

void
generation_next(struct generation *g, struct generation_news *news)
{
	ssize_t n = recv(g->process.control, news, sizeof *news, 0);

	if (n == (ssize_t)sizeof *news) {
		/* Whoever has taken a generation over sends what they like. */
		news->error.msg[sizeof news->error.msg - 1] = '\0';
		return;
	}
	*news = (struct generation_news){.event = GENERATION_GONE};
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		news->event = GENERATION_QUIET;
}

void
generation_drain(struct generation *g)
{
	char word = WORKER_DRAIN;

	process_tell(g->process.control, &word, 1);
}

void
generation_stop(struct generation *g)
{
	char word = WORKER_STOP;

	process_tell(g->process.control, &word, 1);
}
