#include "server/serve.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/probes.h"
#include "server/activation.h"
#include "server/desk_line.h"
#include "server/generation.h"
#include "server/process.h"
#include "server/provision.h"
#include "server/sandbox.h"
#include "server/setup.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Generations at once: one serves, one is being built, the others have
 * visitors still. Each worker of each has a slot (count_slots). */
#define GENERATIONS_MAX 8
#define SLOTS_MIN 64
#define ROTATE_MS ((int64_t)3 * 3600 * 1000)
/* A generation that serves and dies is followed by another, not at once if it
 * dies again. */
#define HEALTHY_MS 5000
#define BACKOFF_MS 2000
#define POLL_MAX_MS 3600000
#define WARN_MS ((int64_t)24 * 3600 * 1000)
#define OURS 4 /* descriptors that the keeper waits for, generations apart */

enum role { ROLE_NONE, ROLE_NEXT, ROLE_RUNNING, ROLE_ENDING };

struct kept {
	struct generation g;
	enum role role;
	int64_t ready_ms;
};

struct keeper {
	const char *conf_path;
	struct shared shared;
	struct provision *running; /* what visitors are served from */
	struct provision *next; /* what is being built, or NULL */
	struct kept kept[GENERATIONS_MAX];
	uint32_t number;
	struct str status_path;
	struct str desk_path;
	int status; /* -1: none */
	int signals;
	int64_t rotate_ms;
	int64_t warn_ms; /* when to look at the certificates again */
	int64_t next_change; /* clock_now at which the site changes by itself */
	int64_t restart_ms; /* 0, or when to start one for one that died */
	int log_wait_ms; /* what accesslog_drain said */
	bool is_reload_wanted;
	bool is_ending;
	bool is_over; /* at once */
	struct err failure; /* of the first generation */
};

/* Its process was waited for, and its workers end with it: whom they served
 * shall not count against the limits, until somebody has their slots. */
static void
forget(struct keeper *k, struct kept *kept)
{
	struct figures *f = k->shared.figures;
	uint32_t number = kept->g.number;
	int slot = -1;

	while ((slot = figures_slot_of(f, number, slot + 1)) >= 0) {
		limit_worker_gone(k->shared.limits, slot);
		figures_slot_release(f, slot);
	}
	kept->role = ROLE_NONE;
}

static struct kept *
find_role(struct keeper *k, enum role role)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (k->kept[i].role == role)
			return &k->kept[i];
	return NULL;
}

/* In a generation's process: it holds nothing of the keeper's. */
static void
leave(void *ctx)
{
	struct keeper *k = ctx;

	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (k->kept[i].g.process.pid > 0)
			close(k->kept[i].g.process.control);
	if (k->status >= 0)
		close(k->status);
	close(k->shared.desk.keeper);
	close(k->signals);
	accesslog_leave(k->shared.log);
}

/* Where the next one goes. Visitors who take a film for hours shall not keep a
 * new site from being published: the oldest that still serves some ends. */
static struct kept *
make_place(struct keeper *k)
{
	struct kept *place = find_role(k, ROLE_NONE), *oldest = NULL;

	if (place != NULL)
		return place;
	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct kept *kept = &k->kept[i];

		if (kept->role == ROLE_ENDING &&
		    (oldest == NULL || kept->g.number < oldest->g.number))
			oldest = kept;
	}
	assert(oldest != NULL);
	log_warn("generation %u still had visitors, and makes room for a new "
		 "one",
	    oldest->g.number);
	process_kill(&oldest->g.process);
	forget(k, oldest);
	return oldest;
}

static int
start_generation(struct keeper *k, const struct provision *p, struct err *e)
{
	struct kept *place = make_place(k);
	struct generation_plan plan = {
	    .number = ++k->number,
	    .conf = p->conf,
	    .pairs = p->pairs,
	    .listeners = &p->listeners,
	    .shared = &k->shared,
	};

	PROBE1(capsule, reload__start, k->number);
	if (generation_start(&place->g, &plan, leave, k, e) != 0)
		return -1;
	place->role = ROLE_NEXT;
	return 0;
}

static void
reload_failed(struct keeper *k, const struct err *e)
{
	PROBE2(capsule, reload__done, k->number, 0);
	if (k->running == NULL) {
		k->failure = *e;
		return;
	}
	log_err("the running site stays, for the new one cannot be served", e);
	figures_reload_failed(k->shared.figures, clock_now(), e->msg);
	notify_ready();
}

static void
reload(struct keeper *k)
{
	struct err e = ERR_INIT;

	k->is_reload_wanted = false;
	if (k->running != NULL)
		notify_reloading();
	if (provision_new(&k->next, NULL, k->conf_path, k->running, &e) != 0) {
		k->next = NULL;
		reload_failed(k, &e);
		return;
	}
	if (start_generation(k, k->next, &e) != 0) {
		provision_abandon(k->running, k->next);
		k->next = NULL;
		reload_failed(k, &e);
	}
}

static void
publish_certificates(struct keeper *k)
{
	struct figures *f = k->shared.figures;

	figures_certificate(f, NULL, 0);
	for (size_t i = 0; i < k->running->pair_count; i++)
		figures_certificate(f, k->running->conf->sites[i].host.p,
		    k->running->pairs[i].info.not_after);
}

static void
report_ready(struct keeper *k, const struct kept *kept,
    const struct generation_news *news)
{
	PROBE2(capsule, reload__done, kept->g.number, 1);
	figures_reloaded(k->shared.figures, clock_now(), kept->g.number);
	publish_certificates(k);
	log_info("generation %u serves %zu pages and %zu files (%zu KB) with "
		 "%zu workers",
	    kept->g.number, news->pages, news->files, news->bytes / 1024,
	    news->workers);
	listen_announce(&k->running->listeners);
	notify_ready();
	notify_status("%zu pages, %zu files, generation %u", news->pages,
	    news->files, kept->g.number);
}

/* From now on visitors come to this one; the one before serves those it has. */
static void
take_over(
    struct keeper *k, struct kept *kept, const struct generation_news *news)
{
	struct kept *before = find_role(k, ROLE_RUNNING);
	struct err e = ERR_INIT;

	if (before != NULL) {
		before->role = ROLE_ENDING;
		generation_drain(&before->g);
	}
	kept->role = ROLE_RUNNING;
	kept->ready_ms = clock_ticks_ms();
	k->restart_ms = 0; /* for one before, that died */
	k->next_change = news->next_change;
	if (k->next != NULL)
		provision_replace(&k->running, k->next);
	k->next = NULL;
	if (accesslog_open(k->shared.log, &k->running->conf->log, &e) != 0)
		log_err("the request log stays where it was", &e);
	report_ready(k, kept, news);
}

static void
not_taken_over(struct keeper *k, struct kept *kept, const struct err *e)
{
	kept->role = ROLE_ENDING;
	if (k->next != NULL)
		provision_abandon(k->running, k->next);
	k->next = NULL;
	reload_failed(k, e);
	if (k->running != NULL && find_role(k, ROLE_RUNNING) == NULL)
		k->restart_ms = clock_ticks_ms() + BACKOFF_MS;
}

static void
hear(struct keeper *k, struct kept *kept, const struct generation_news *news)
{
	if (news->event == GENERATION_READY && kept->role == ROLE_NEXT)
		take_over(k, kept, news);
	else if (news->event == GENERATION_FAILED && kept->role == ROLE_NEXT)
		not_taken_over(k, kept, &news->error);
	else if (news->event == GENERATION_CHANGED &&
	    kept->role == ROLE_RUNNING)
		k->is_reload_wanted = true;
}

static void
hear_all(struct keeper *k, struct kept *kept)
{
	struct generation_news news;

	while (kept->g.process.pid > 0) {
		generation_next(&kept->g, &news);
		if (news.event == GENERATION_QUIET ||
		    news.event == GENERATION_GONE)
			return;
		hear(k, kept, &news);
	}
}

/* The one that serves has died, its workers with it: the sockets are open
 * still, so visitors wait for the next one. */
static void
replace_running(struct keeper *k, struct kept *kept, const char *fate)
{
	int64_t now = clock_ticks_ms();

	log_error("generation %u ended: %s; a new one takes its place",
	    kept->g.number, fate);
	k->restart_ms =
	    now - kept->ready_ms < HEALTHY_MS ? now + BACKOFF_MS : now;
}

static void
generation_ended(struct keeper *k, struct kept *kept, int status)
{
	struct err e = ERR_INIT;
	char fate[64];

	hear_all(k, kept);
	process_fate(fate, sizeof fate, status);
	close(kept->g.process.control);
	kept->g.process = (struct process){0, -1};
	if (kept->role == ROLE_NEXT) {
		err_set(&e, ERR_SYSTEM,
		    "building the site ended early: %s; memory may have run "
		    "out",
		    fate);
		not_taken_over(k, kept, &e);
	} else if (kept->role == ROLE_RUNNING && !k->is_ending) {
		replace_running(k, kept, fate);
	}
	forget(k, kept);
}

static void
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < GENERATIONS_MAX; i++)
			if (k->kept[i].g.process.pid == pid)
				generation_ended(k, &k->kept[i], status);
}

static void
kill_all(struct keeper *k)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		process_kill(&k->kept[i].g.process);
}

static void
begin_to_end(struct keeper *k)
{
	if (k->is_ending) {
		k->is_over = true;
		return;
	}
	k->is_ending = true;
	notify_stopping();
	log_info("ending when the visitors that are here are served");
	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct kept *kept = &k->kept[i];

		if (kept->role == ROLE_NEXT) {
			process_kill(&kept->g.process);
			forget(k, kept);
		} else if (kept->role != ROLE_NONE) {
			generation_stop(&kept->g);
		}
	}
	/* Whoever comes now is told so at once. */
	if (k->next != NULL)
		provision_abandon(k->running, k->next);
	k->next = NULL;
	if (k->running != NULL)
		listen_close(&k->running->listeners);
}

static void
obey(struct keeper *k, int signal)
{
	struct err e = ERR_INIT;

	switch (signal) {
	case SIGTERM:
	case SIGINT:
		begin_to_end(k);
		break;
	case SIGHUP:
		log_info("reading the configuration and the pages again");
		k->is_reload_wanted = true;
		break;
	case SIGUSR1:
		if (accesslog_reopen(k->shared.log, &e) != 0)
			log_err("the request log stays as it was", &e);
		break;
	case SIGCHLD:
		reap(k);
		break;
	}
}

/* Nobody looks at a server that runs; whoever reads its log has days for it. */
static void
warn_certificates(const struct provision *p)
{
	for (size_t i = 0; i < p->pair_count; i++) {
		struct buf soon;

		buf_init(&soon, 200);
		if (certs_expires_soon(&soon, &p->pairs[i].info, clock_now()))
			log_warn("the certificate of %.*s %s",
			    STR_ARG(p->conf->sites[i].host), soon.data);
		buf_release(&soon);
	}
}

static void
do_what_is_due(struct keeper *k)
{
	int64_t now = clock_ticks_ms();
	struct err e = ERR_INIT;

	if (now >= k->rotate_ms) {
		k->rotate_ms = now + ROTATE_MS;
		if (tls_keys_rotate(k->shared.keys, &e) != 0)
			log_err("the session ticket key stays", &e);
	}
	if (k->is_ending || find_role(k, ROLE_NEXT) != NULL)
		return;
	if (k->running != NULL && now >= k->warn_ms) {
		k->warn_ms = now + WARN_MS;
		warn_certificates(k->running);
	}
	if (clock_now() >= k->next_change) {
		k->next_change = INT64_MAX;
		k->is_reload_wanted = true;
	}
	if (k->restart_ms != 0 && now >= k->restart_ms) {
		k->restart_ms = 0;
		if (start_generation(k, k->running, &e) != 0) {
			log_err("no generation can be started", &e);
			k->restart_ms = now + BACKOFF_MS;
		}
	} else if (k->is_reload_wanted) {
		reload(k);
	}
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int
time_to_wait(const struct keeper *k)
{
	int64_t now = clock_ticks_ms(), wait = k->rotate_ms - now, seconds;

	if (k->log_wait_ms >= 0)
		wait = sooner(wait, k->log_wait_ms);
	if (k->restart_ms != 0)
		wait = sooner(wait, k->restart_ms - now);
	seconds = k->next_change - clock_now();
	if (seconds < POLL_MAX_MS / 1000)
		wait = sooner(wait, seconds * 1000);
	wait = sooner(wait, POLL_MAX_MS);
	return wait > 0 ? (int)wait : 0;
}

static void
write_log(struct keeper *k)
{
	k->log_wait_ms = accesslog_drain(k->shared.log);
	figures_log_lost(k->shared.figures, accesslog_lost(k->shared.log));
}

static void
turn(struct keeper *k)
{
	struct pollfd p[OURS + GENERATIONS_MAX] = {
	    {.fd = k->signals, .events = POLLIN},
	    {.fd = k->status, .events = POLLIN},
	    {.fd = k->shared.desk.keeper, .events = POLLIN},
	    {.fd = accesslog_fd(k->shared.log), .events = POLLIN},
	};
	int signal;

	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		p[OURS + i].fd = k->kept[i].g.process.pid > 0
		    ? k->kept[i].g.process.control
		    : -1;
		p[OURS + i].events = POLLIN;
	}
	poll(p, OURS + GENERATIONS_MAX, time_to_wait(k));
	while ((signal = process_signal(k->signals)) != 0)
		obey(k, signal);
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		hear_all(k, &k->kept[i]);
	write_log(k);
	if (p[1].revents != 0)
		status_answer(k->status, k->shared.figures, clock_now());
	if (p[2].revents != 0)
		desk_line_serve(&k->shared.desk, k->desk_path.p);
	do_what_is_due(k);
}

static bool
is_anyone_left(const struct keeper *k)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (k->kept[i].g.process.pid > 0)
			return true;
	return false;
}

static size_t
count_slots(const struct conf *conf)
{
	size_t n = (size_t)conf->workers * GENERATIONS_MAX;

	if (conf->workers == 0)
		n = (size_t)sysconf(_SC_NPROCESSORS_ONLN) * GENERATIONS_MAX;
	if (n < SLOTS_MIN)
		n = SLOTS_MIN;
	return n < WORKER_SLOTS_MAX ? n : WORKER_SLOTS_MAX;
}

static int
make_shared(struct shared *s, const struct conf *conf, struct err *e)
{
	size_t slots = count_slots(conf);

	if (figures_new(&s->figures, slots, e) != 0 ||
	    limit_table_new(&s->limits, slots, e) != 0 ||
	    accesslog_new(&s->log, slots, e) != 0 ||
	    tls_keys_new(&s->keys, e) != 0 || desk_line_open(&s->desk, e) != 0)
		return -1;
	return accesslog_open(s->log, &conf->log, e);
}

static void
free_shared(struct shared *s)
{
	desk_line_close(&s->desk);
	tls_keys_free(s->keys);
	accesslog_free(s->log);
	limit_table_free(s->limits);
	figures_free(s->figures);
}

/* Each visitor is a descriptor; what we may have, we take. */
static void
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void
warn_unused(void *ctx, const char *address)
{
	(void)ctx;
	log_warn("the service manager listens on %s for us, but the "
		 "configuration does not ask for it",
	    address);
}

static int
prepare(struct keeper *k, struct conf *conf, struct err *e)
{
	static const int signals[] = {
	    SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, 0};

	notify_begin();
	activation_begin();
	raise_descriptors();
	sandbox_report(conf->user);
	k->signals = process_signals(signals, e);
	if (k->signals < 0 || make_shared(&k->shared, conf, e) != 0 ||
	    provision_new(&k->next, conf, NULL, NULL, e) != 0 ||
	    setup_state_path(&k->status_path, conf, SETUP_STATUS_SOCKET, e) !=
		0 ||
	    setup_state_path(&k->desk_path, conf, DESK_SOCKET, e) != 0)
		return -1;
	k->status = status_listen(k->status_path.p, e);
	if (k->status < 0)
		return -1;
	activation_unused(warn_unused, NULL);
	figures_started(k->shared.figures, clock_now());
	return sandbox_keeper(e);
}

static void
run(struct keeper *k)
{
	k->rotate_ms = clock_ticks_ms() + ROTATE_MS;
	while (!k->is_over && (!k->is_ending || is_anyone_left(k))) {
		turn(k);
		if (k->failure.kind != ERR_NONE)
			return;
	}
}

int
serve_run(struct conf *conf, const char *conf_path, struct err *e)
{
	struct keeper k = {
	    .conf_path = conf_path != NULL ? conf_path : conf->file.p,
	    .shared = {.desk = {-1, -1}},
	    .status = -1,
	    .signals = -1,
	    .next_change = INT64_MAX,
	    .log_wait_ms = -1,
	};
	int r = prepare(&k, conf, e);

	if (r == 0) {
		r = start_generation(&k, k.next, e);
		if (r == 0)
			run(&k);
		if (k.failure.kind != ERR_NONE)
			r = err_set(e, k.failure.kind, "%s", k.failure.msg);
	}
	kill_all(&k);
	if (k.shared.log != NULL)
		accesslog_drain(k.shared.log);
	if (k.status >= 0)
		status_close(k.status, k.status_path.p);
	provision_free(k.next);
	provision_free(k.running);
	free_shared(&k.shared);
	return r;
}
