#include "server/conn.h"

#include "base/clock.h"
#include "base/probes.h"
#include "content/address.h"
#include "server/conn_inner.h"
#include "server/gemini.h"
#include "server/proxy.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MS 5000
/* The desk waits 2 s for its store, and others may be waiting with us. */
#define DESK_MS 10000
#define STOP_MS 2000

static const struct {
	const char *name;
	const char *waits_for;
	enum patience patience;
	enum step (*step)(struct conn *c);
} states[] = {
#define X(name, waits_for, patience, step) {#name, waits_for, patience, step},
    CONN_STATES(X)
#undef X
};

static int64_t
patience_us(const struct conn *c, int64_t now)
{
	const struct conf_limits *l = &c->env->conf->limits;
	int64_t until = now, whole;

	switch (states[c->state].patience) {
	case PATIENCE_REQUEST:
		until = c->accepted_us + l->request_time * 1000000;
		break;
	case PATIENCE_STALL:
		until = now + l->stall_time * 1000000;
		whole = c->accepted_us +
		    (l->request_time + l->reply_time) * 1000000;
		if (l->reply_time > 0 && until > whole)
			until = whole;
		break;
	case PATIENCE_DESK:
		until = now + DESK_MS * 1000;
		break;
	case PATIENCE_LINGER:
		until = now + LINGER_MS * 1000;
		break;
	}
	return until > now ? until - now : 1;
}

static void
arm(struct conn *c, int64_t us)
{
	struct timeval tv = {us / 1000000, us % 1000000};

	event_add(&c->timer, &tv);
}

enum step
conn_enter(struct conn *c, enum conn_state state)
{
	bool is_armed = states[state].patience == PATIENCE_REQUEST &&
	    event_pending(&c->timer, EV_TIMEOUT, NULL);

	PROBE4(capsule, state, c->id, states[c->state].name, states[state].name,
	    states[state].waits_for);
	c->state = state;
	if (!is_armed)
		arm(c, patience_us(c, clock_ticks_us()));
	return STEP_AGAIN;
}

void
conn_rearm(struct conn *c)
{
	arm(c, patience_us(c, clock_ticks_us()));
}

static void on_io(evutil_socket_t fd, short what, void *arg);

void
conn_wait_no_more(struct conn *c)
{
	if (c->waits != 0)
		event_del(&c->io);
	c->waits = 0;
}

static void
wait_for(struct conn *c, int fd, short what)
{
	if (c->waits == what && event_get_fd(&c->io) == fd)
		return;
	conn_wait_no_more(c);
	event_assign(&c->io, c->env->base, fd, what | EV_PERSIST, on_io, c);
	event_add(&c->io, NULL);
	c->waits = what;
}

/* Behind a form's name stands what only its visitor may know: the log shall
 * not, whatever became of the request. One that was no good is a whole line,
 * its path behind the host. */
static struct str
shown_path(const struct conn *c)
{
	bool is_form = c->form_site != NULL && !c->form_is_part;
	ptrdiff_t host = str_find(c->path, STR("://")), slash;
	size_t at = 0;

	if (host >= 0) {
		at = (size_t)host + 3;
		slash = str_chr(str_sub(c->path, at, c->path.n), '/');
		at += slash >= 0 ? (size_t)slash : c->path.n;
	}
	if (!is_form && address_form(str_sub(c->path, at, c->path.n)) == 0)
		return c->path;
	slash = str_chr(str_sub(c->path, at + 1, c->path.n), '/');
	return slash < 0 ? c->path
			 : str_sub(c->path, 0, at + 1 + (size_t)slash);
}

void
conn_account(struct conn *c)
{
	struct access_record r = {
	    .time = clock_now(),
	    .address = &c->address,
	    .protocol = c->protocol,
	    .host = c->reply.host,
	    .path = shown_path(c),
	    .status = c->reply.status,
	    .bytes = c->reply.at,
	    .microseconds = clock_ticks_us() - c->accepted_us,
	};

	if (!c->is_answered)
		return;
	c->is_answered = false;
	if (c->tls != NULL) {
		r.tls_version = tls_version(c->tls);
		r.resumed = tls_is_resumed(c->tls);
	}
	PROBE4(capsule, request__done, c->id, c->protocol, r.status, r.bytes);
	figure_reply(c->env->figures, c->protocol, r.status, r.bytes);
	accesslog_write(
	    c->env->log, c->env->limit.slot, &c->env->conf->log, &r);
}

/* The one place that ends a connection. */
static void
conn_free(struct conn *c)
{
	struct conn_env *env = c->env;

	conn_account(c);
	conn_wait_no_more(c);
	event_del(&c->timer);
	limit_close(&env->limit, &c->hold);
	tls_free(c->tls);
	close(c->fd);
	desk_call_release(&c->call);
	reply_release(&c->reply);
	buf_release(&c->in);
	if (c->refusal != LIMIT_NONE)
		env->turned_away--;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		env->all = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	env->count--;
	figure_add(env->figures, FIGURE_CLOSED, 1);
	free(c);
	env->on_closed(env);
}

static void
run(struct conn *c)
{
	enum step s;

	do
		s = states[c->state].step(c);
	while (s == STEP_AGAIN);
	if (s == STEP_OVER)
		conn_free(c);
	else if (s == STEP_WAIT_DESK)
		wait_for(c, c->call.fd, EV_READ);
	else
		wait_for(c, c->fd, s == STEP_WAIT_READ ? EV_READ : EV_WRITE);
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (c->state == CONN_DESK) {
		conn_desk_is_late(c);
		run(c);
		return;
	}
	if (states[c->state].patience != PATIENCE_LINGER)
		figure_add(c->env->figures, FIGURE_TIMEOUTS, 1);
	conn_free(c);
}

static bool
is_proxy(const struct conn_env *env, const struct address *peer)
{
	for (size_t i = 0; i < env->proxy_count; i++)
		if (network_has(&env->proxies[i], peer))
			return true;
	return false;
}

static struct conn *
conn_alloc(struct conn_env *env, int fd, enum protocol protocol, int port,
    const struct address *peer)
{
	struct conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->env = env;
	c->id = (uint64_t)env->limit.slot << 48 | ++env->serial;
	c->protocol = protocol;
	c->port = port;
	c->fd = fd;
	c->address = *peer;
	c->accepted_us = clock_ticks_us();
	evtimer_assign(&c->timer, env->base, on_timer, c);
	reply_init(&c->reply);
	desk_call_init(&c->call);
	/* A balancer's header may have the whole request behind it. */
	buf_init(&c->in, PROXY_HEADER_MAX + GEMINI_REQUEST_MAX);
	c->next = env->all;
	if (c->next != NULL)
		c->next->prev = c;
	env->all = c;
	env->count++;
	return c;
}

void
conn_new(struct conn_env *env, int fd, enum protocol protocol, int port,
    const struct address *peer)
{
	struct conn *c = conn_alloc(env, fd, protocol, port, peer);
	enum limit_kind kind;

	if (c == NULL) {
		close(fd);
		return;
	}
	PROBE4(capsule, accept, c->id, protocol, fd, port);
	figure_add(env->figures,
	    protocol == PROTOCOL_GEMINI ? FIGURE_CONNECTIONS_GEMINI
					: FIGURE_CONNECTIONS_GOPHER,
	    1);
	kind = limit_open(&env->limit, &c->hold);
	if (kind != LIMIT_NONE && !conn_turn_away(c, kind)) {
		conn_free(c);
		return;
	}
	if ((is_proxy(env, peer) ? conn_enter(c, CONN_PROXY) : conn_begin(c)) ==
	    STEP_OVER)
		conn_free(c);
	else
		wait_for(c, c->fd, EV_READ);
}

void
conn_stop_all(struct conn_env *env)
{
	struct conn *next;

	for (struct conn *c = env->all; c != NULL; c = next) {
		next = c->next;
		if (c->state >= CONN_DESK)
			continue;
		if (c->tls == NULL && c->in.len == 0)
			conn_free(c);
		else
			arm(c, STOP_MS * 1000);
	}
}
