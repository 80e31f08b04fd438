#include "server/worker.h"

#include "base/log.h"
#include "server/conn.h"
#include "server/process.h"
#include "server/sandbox.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Other workers wait for visitors too: after so many it is their turn. */
#define ACCEPT_AT_ONCE 8
/* A crowd of so many that has gone leaves memory to be given back. */
#define CROWD ((size_t)512)
/* How long nobody is let in when descriptors or memory have run out. */
#define PAUSE_MS 100

struct worker;

struct door {
	struct worker *worker;
	const struct listener *listener;
	struct event *event;
};

struct worker {
	struct conn_env env;
	const struct worker_plan *plan;
	struct event_base *base;
	struct door *doors;
	size_t door_count;
	struct event *pause;
	int control;
	int reserve; /* a descriptor to give up when there are no more */
	size_t crowd; /* the most connections since memory was given back */
	bool is_short; /* that they ran out was logged */
	bool is_ending;
};

static void
doors_open(struct worker *w)
{
	if (w->is_ending)
		return;
	for (size_t i = 0; i < w->door_count; i++)
		event_add(w->doors[i].event, NULL);
}

static void
doors_shut(struct worker *w)
{
	for (size_t i = 0; i < w->door_count; i++)
		event_del(w->doors[i].event);
}

/* Nobody waits at a socket that is in nobody's hands: an address that a
 * reload has given up is closed once its last worker lets go. */
static void
doors_remove(struct worker *w)
{
	for (size_t i = 0; i < w->door_count; i++) {
		event_free(w->doors[i].event);
		close(w->doors[i].listener->fd);
	}
	w->door_count = 0;
}

/*
 * Without a free descriptor the next visitor would wait in the queue, and the
 * loop spin on it. The reserve is given up for them to be let in and shown
 * out; then the door stays shut for a moment.
 */
static void
run_short(struct worker *w, const struct listener *l)
{
	static const struct timeval pause = {0, PAUSE_MS * 1000};
	int fd;

	figure_add(w->env.figures, FIGURE_NO_DESCRIPTORS, 1);
	if (!w->is_short)
		log_warn("no descriptors or memory left for new connections; "
			 "raise LimitNOFILE, or lower limits: connections");
	w->is_short = true;
	close(w->reserve);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	w->reserve = fcntl(w->control, F_DUPFD_CLOEXEC, 0);
	doors_shut(w);
	event_add(w->pause, &pause);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	doors_open(arg);
}

static void
on_visitor(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;
	struct worker *w = d->worker;

	(void)what;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = {0};
		socklen_t len = sizeof from;
		struct address peer;
		int got = accept4(fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (got < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			errno == ENOMEM)) {
			run_short(w, d->listener);
			return;
		}
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0) /* gone again, or a signal: the next one */
			continue;
		peer = address_of((struct sockaddr *)&from);
		conn_new(&w->env, got, d->listener->protocol, d->listener->port,
		    &peer);
	}
}

static void
end_if_empty(struct worker *w)
{
	if (w->is_ending && w->env.count == 0)
		event_base_loopbreak(w->base);
}

/* What ten thousand idle visitors took, some 150 MB, malloc would keep for
 * the next ten thousand. */
static void
give_back(struct worker *w)
{
	if (w->crowd < CROWD || w->env.count > w->crowd / 8)
		return;
	malloc_trim(0);
	w->crowd = w->env.count;
}

static void
on_closed(struct conn_env *env)
{
	struct worker *w = (struct worker *)env;

	/* The one that has just closed was still here. */
	if (w->crowd <= env->count)
		w->crowd = env->count + 1;
	give_back(w);
	end_if_empty(w);
}

static void
begin_to_end(struct worker *w, bool is_stop)
{
	if (!w->is_ending)
		doors_remove(w);
	w->is_ending = true;
	if (is_stop)
		conn_stop_all(&w->env);
	end_if_empty(w);
}

static void
on_control(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	char word;
	ssize_t n = recv(fd, &word, 1, 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		_exit(0); /* the generation is gone */
	if (word == WORKER_GO)
		doors_open(w);
	else
		begin_to_end(w, word == WORKER_STOP);
}

/* A service manager may ask each process by itself to end. */
static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	while (process_signal(fd) != 0)
		begin_to_end(arg, true);
}

static struct event_base *
new_base(struct err *e)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	if (base == NULL)
		err_set(e, ERR_SYSTEM, "cannot begin an event loop");
	return base;
}

static int
listen_to(struct worker *w, int fd, event_callback_fn callback, struct err *e)
{
	struct event *event =
	    event_new(w->base, fd, EV_READ | EV_PERSIST, callback, w);

	if (event == NULL || event_add(event, NULL) != 0)
		return err_set(e, ERR_SYSTEM, "cannot wait for events");
	return 0;
}

static int
make_doors(struct worker *w, struct err *e)
{
	const struct listeners *l = w->plan->listeners;

	w->doors = calloc(l->count + 1, sizeof *w->doors);
	if (w->doors == NULL)
		return err_sys(e, "cannot listen");
	for (size_t i = 0; i < l->count; i++) {
		struct door *d = &w->doors[i];

		*d = (struct door){w, &l->list[i], NULL};
		d->event = event_new(w->base, l->list[i].fd,
		    EV_READ | EV_PERSIST, on_visitor, d);
		if (d->event == NULL)
			return err_set(e, ERR_MEMORY, "cannot listen");
		w->door_count++;
	}
	return 0;
}

static void
fill_env(struct worker *w, int slot)
{
	const struct worker_plan *p = w->plan;

	w->env = (struct conn_env){
	    .base = w->base,
	    .conf = p->conf,
	    .router = p->router,
	    .tls = p->tls,
	    .limit = {p->shared->limits, &p->conf->limits, slot},
	    .figures = figures_worker(p->shared->figures, slot),
	    .log = p->shared->log,
	    .desk = &p->shared->desk,
	    .proxies = p->proxies,
	    .proxy_count = p->proxy_count,
	    .scratch = malloc(CONN_CHUNK),
	    .on_closed = on_closed,
	};
}

static int
prepare(struct worker *w, int slot, struct err *e)
{
	static const int signals[] = {SIGTERM, 0};
	int fd = process_signals(signals, e);

	if (fd < 0 || (w->base = new_base(e)) == NULL)
		return -1;
	fill_env(w, slot);
	w->pause = evtimer_new(w->base, on_pause_over, w);
	w->reserve = fcntl(w->control, F_DUPFD_CLOEXEC, 0);
	if (w->env.scratch == NULL || w->pause == NULL || w->reserve < 0)
		return err_sys(e, "cannot begin to work");
	if (make_doors(w, e) != 0 ||
	    listen_to(w, w->control, on_control, e) != 0 ||
	    listen_to(w, fd, on_signal, e) != 0 ||
	    router_open(w->plan->router, e) != 0)
		return -1;
	return sandbox_worker(w->plan->dirs, w->plan->router->count, e);
}

noreturn void
worker_run(const struct worker_plan *plan, int slot, int control)
{
	static const char up = WORKER_UP;
	struct worker w = {.plan = plan, .control = control};
	struct err e = ERR_INIT;

	if (prepare(&w, slot, &e) != 0) {
		log_err("the worker cannot start", &e);
		_exit(1);
	}
	if (process_tell(control, &up, 1) != 0)
		_exit(1);
	event_base_dispatch(w.base);
	_exit(0);
}
