#include "server/conn.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/probes.h"
#include "server/gemini.h"
#include "server/gopher.h"
#include "server/listen.h"
#include "server/proxy.h"
#include "server/reply.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 8446, section 5.1: the content type of a handshake record. No Gopher
 * selector begins with this control character. */
#define TLS_FIRST_BYTE 0x16
/* How long, and for how many bytes, a peer is listened to after its reply. */
#define LINGER_MS 5000
#define LINGER_BYTES ((size_t)256 << 10)
#define STOP_MS 2000
/* Encrypted bytes that may wait while more is added, so that a small reply
 * leaves together with close_notify. */
#define PENDING_ENOUGH ((size_t)16 << 10)
/* Chunks sent before the others' turn. */
#define CHUNKS_AT_ONCE 8
/* Turned away with an answer; more than these are just closed. */
#define TURNED_AWAY_MAX 64
#define WARN_EVERY_MS 10000

/* How long a state may last. */
enum patience {
	PATIENCE_REQUEST, /* `request time` from accept, all states together */
	PATIENCE_STALL, /* `stall time` from the last byte the peer took */
	PATIENCE_LINGER /* LINGER_MS from entering */
};

/* name, what it waits for, patience, what it does */
#define CONN_STATES(X)                                                      \
	X(PROXY, "a balancer's header", PATIENCE_REQUEST, step_proxy)       \
	X(GREETING, "the first byte", PATIENCE_REQUEST, step_greeting)      \
	X(HANDSHAKE, "TLS", PATIENCE_REQUEST, step_handshake)               \
	X(REQUEST, "the request's end", PATIENCE_REQUEST, step_request)     \
	X(REPLY, "the peer to take the reply", PATIENCE_STALL, step_reply)  \
	X(GOODBYE, "it to take close_notify", PATIENCE_STALL, step_goodbye) \
	X(LINGER, "its end of the stream", PATIENCE_LINGER, step_linger)

enum conn_state {
#define X(name, waits_for, patience, step) CONN_##name,
	CONN_STATES(X)
#undef X
};

/* What a state says when it has done what it can. */
enum step {
	STEP_AGAIN, /* another state was entered: its turn */
	STEP_WAIT_READ,
	STEP_WAIT_WRITE,
	STEP_OVER
};

struct conn {
	struct conn_env *env;
	struct conn *next, *prev;
	uint64_t id;
	enum conn_state state;
	enum protocol protocol;
	int port;
	int fd;
	struct address address;
	struct limit_hold hold;
	enum limit_kind refusal; /* let in only to be told why not */
	short waits; /* EV_READ or EV_WRITE */
	struct event io;
	struct event timer;
	int64_t accepted_us;
	uint64_t taken; /* of the peer, when the deadline was last armed */
	size_t discarded;
	struct tls *tls;
	struct buf in;
	size_t seen; /* how much of `in` holds no request's end */
	struct str path; /* for the log; points into `in` */
	struct reply reply;
	bool is_answered; /* there is a reply, to be logged once */
};

static enum step step_proxy(struct conn *c);
static enum step step_greeting(struct conn *c);
static enum step step_handshake(struct conn *c);
static enum step step_request(struct conn *c);
static enum step step_reply(struct conn *c);
static enum step step_goodbye(struct conn *c);
static enum step step_linger(struct conn *c);

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

/* The one place that changes a connection's state. */
static enum step
enter(struct conn *c, enum conn_state state)
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

static void on_io(evutil_socket_t fd, short what, void *arg);

static void
wait_for(struct conn *c, short what)
{
	if (c->waits == what)
		return;
	if (c->waits != 0)
		event_del(&c->io);
	event_assign(&c->io, c->env->base, c->fd, what | EV_PERSIST, on_io, c);
	event_add(&c->io, NULL);
	c->waits = what;
}

/* One line and one count for each request that was answered, however it
 * ended. */
static void
account(struct conn *c)
{
	struct access_record r = {
	    .time = clock_now(),
	    .address = &c->address,
	    .protocol = c->protocol,
	    .host = c->reply.host,
	    .path = c->path,
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

	account(c);
	if (c->waits != 0)
		event_del(&c->io);
	event_del(&c->timer);
	limit_close(&env->limit, &c->hold);
	tls_free(c->tls);
	close(c->fd);
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
	else
		wait_for(c, s == STEP_WAIT_READ ? EV_READ : EV_WRITE);
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
	if (states[c->state].patience != PATIENCE_LINGER)
		figure_add(c->env->figures, FIGURE_TIMEOUTS, 1);
	conn_free(c);
}

/* Counts, and tells the administrator, but no more than now and then: a
 * flood shall not become one of the log. */
static void
met_limit(struct conn_env *env, enum limit_kind kind, uint64_t id,
    const struct address *who)
{
	int64_t now = clock_ticks_ms();
	struct buf text;

	PROBE2(capsule, limit, id, limit_name(kind));
	figure_add(env->figures, FIGURE_LIMIT + kind, 1);
	if (env->warned_ms[kind] != 0 &&
	    now - env->warned_ms[kind] < WARN_EVERY_MS)
		return;
	env->warned_ms[kind] = now;
	buf_init(&text, 128);
	address_print(&text, who, env->conf->log.addresses);
	log_warn("limit reached: %s; turned away: %s (and maybe others)",
	    limit_name(kind), text.data);
	buf_release(&text);
}

/* A visitor too many is let in to be told so, if not too many are. */
static bool
turn_away(struct conn *c, enum limit_kind kind)
{
	met_limit(c->env, kind, c->id, &c->address);
	if (c->refusal != LIMIT_NONE)
		return true;
	if (c->env->turned_away >= TURNED_AWAY_MAX)
		return false;
	c->env->turned_away++;
	c->refusal = kind;
	return true;
}

static enum step
begin(struct conn *c)
{
	enum limit_kind kind =
	    limit_address(&c->env->limit, &c->hold, &c->address);

	if (kind != LIMIT_NONE && !turn_away(c, kind))
		return STEP_OVER;
	return enter(
	    c, c->protocol == PROTOCOL_GEMINI ? CONN_HANDSHAKE : CONN_GREETING);
}

/* Reads what is there, up to room bytes, behind `in`. WANT_READ when nothing
 * is, DONE when something came. */
static enum tls_result
receive(struct conn *c, size_t room)
{
	char *to = buf_room(&c->in, room);
	enum tls_result result = TLS_DONE;
	size_t got = 0;
	ssize_t n;

	if (to == NULL)
		return TLS_FAILED;
	if (c->tls != NULL) {
		result = tls_read(c->tls, to, room, &got);
	} else {
		do
			n = recv(c->fd, to, room, 0);
		while (n < 0 && errno == EINTR);
		if (n == 0)
			result = TLS_CLOSED;
		else if (n < 0)
			result = errno == EAGAIN ? TLS_WANT_READ : TLS_FAILED;
		else
			got = (size_t)n;
	}
	buf_grew(&c->in, got);
	return result;
}

static enum step
step_proxy(struct conn *c)
{
	struct proxy_header h;

	while (c->in.len < PROXY_HEADER_MAX) {
		switch (receive(c, PROXY_HEADER_MAX - c->in.len)) {
		case TLS_DONE:
			break;
		case TLS_WANT_READ:
			return STEP_WAIT_READ;
		default:
			return STEP_OVER;
		}
		switch (proxy_parse(&h, buf_slice(&c->in))) {
		case PROXY_MORE:
			continue;
		case PROXY_BAD:
			return STEP_OVER;
		case PROXY_DONE:
			if (h.source.bits > 0)
				c->address = h.source;
			memmove(c->in.data, c->in.data + h.length,
			    c->in.len - h.length);
			buf_cut(&c->in, c->in.len - h.length);
			return begin(c);
		}
	}
	return STEP_OVER;
}

static enum step
step_greeting(struct conn *c)
{
	if (c->in.len == 0) {
		switch (receive(c, GOPHER_REQUEST_MAX)) {
		case TLS_DONE:
			break;
		case TLS_WANT_READ:
			return STEP_WAIT_READ;
		default:
			return STEP_OVER;
		}
	}
	return enter(
	    c, c->in.data[0] == TLS_FIRST_BYTE ? CONN_HANDSHAKE : CONN_REQUEST);
}

/* TLS takes memory and time only once the peer has said something. */
static bool
begin_tls(struct conn *c)
{
	enum limit_kind kind = limit_handshake_begin(&c->env->limit, &c->hold);

	if (kind != LIMIT_NONE) {
		met_limit(c->env, kind, c->id, &c->address);
		return false;
	}
	PROBE1(capsule, handshake__start, c->id);
	c->tls = tls_new(c->env->tls, c->fd, buf_slice(&c->in));
	buf_release(&c->in);
	return c->tls != NULL;
}

static enum step
step_handshake(struct conn *c)
{
	int version;

	if (c->tls == NULL && !begin_tls(c))
		return STEP_OVER;
	switch (tls_handshake(c->tls)) {
	case TLS_WANT_READ:
		return STEP_WAIT_READ;
	case TLS_WANT_WRITE:
		return STEP_WAIT_WRITE;
	case TLS_DONE:
		break;
	default:
		figure_add(c->env->figures, FIGURE_HANDSHAKE_FAILED, 1);
		return STEP_OVER;
	}
	version = tls_version(c->tls);
	PROBE3(
	    capsule, handshake__done, c->id, version, tls_is_resumed(c->tls));
	limit_handshake_end(&c->env->limit, &c->hold);
	figure_add(c->env->figures,
	    version == 0x0304 ? FIGURE_TLS13 : FIGURE_TLS12, 1);
	if (tls_is_resumed(c->tls))
		figure_add(c->env->figures, FIGURE_RESUMED, 1);
	return enter(c, CONN_REQUEST);
}

static void
refuse(struct conn *c, int status, const char *why)
{
	route_refuse(
	    &c->reply, c->env->router, c->protocol, status, str_of(why));
}

/* Told apart from a refusal of what was asked: it may be asked again. */
static bool
is_refused_by_limit(struct conn *c)
{
	int64_t wait = 0;
	char text[64];

	if (c->refusal == LIMIT_CONNECTIONS) {
		refuse(c, GEMINI_UNAVAILABLE,
		    "Too many visitors right now. Try again in a minute.");
		return true;
	}
	if (c->refusal == LIMIT_ADDRESS) {
		wait = 5;
	} else {
		wait =
		    limit_request(&c->env->limit, &c->hold, clock_ticks_us());
		if (wait > 0)
			met_limit(c->env, LIMIT_REQUESTS, c->id, &c->address);
	}
	if (wait <= 0)
		return false;
	/* Gemini's META of 44 is the number alone. */
	snprintf(text, sizeof text,
	    c->protocol == PROTOCOL_GEMINI
		? "%lld"
		: "Too much at once. Try again in %lld seconds.",
	    (long long)wait);
	refuse(c, GEMINI_SLOW_DOWN, text);
	return true;
}

/* What the log may show of a line: not what was typed into a form. */
static struct str
without(struct str line, char from)
{
	ptrdiff_t at = str_chr(line, from);

	return at < 0 ? line : str_sub(line, 0, (size_t)at);
}

static void
answer_gemini(struct conn *c, struct str uri)
{
	struct gemini_request request;
	const char *why;
	int status;

	c->path = without(uri, '?');
	gemini_request_init(&request);
	status = gemini_request_parse(&request, uri, &why);
	if (status == 0) {
		c->path = request.raw_path;
		if (!is_refused_by_limit(c))
			route_gemini(&c->reply, c->env->router, &request,
			    tls_sni(c->tls), c->port);
	} else {
		refuse(c, status, why);
	}
	gemini_request_release(&request);
}

static void
answer_gopher(struct conn *c, struct str line)
{
	struct gopher_request request;
	const char *why;

	c->path = without(line, '\t');
	if (gopher_request_parse(&request, line, &why) != 0)
		refuse(c, GEMINI_BAD_REQUEST, why);
	else if (!is_refused_by_limit(c))
		route_gopher(&c->reply, c->env->router, &request,
		    c->tls != NULL ? tls_sni(c->tls) : STR(""));
}

static enum step
answer(struct conn *c, struct str line, const char *why)
{
	/* From here on `in` is the line alone, a NUL behind it. */
	buf_cut(&c->in, line.n);
	line = buf_slice(&c->in);
	PROBE4(
	    capsule, request__start, c->id, c->protocol, c->in.data, c->in.len);
	c->is_answered = true;
	if (why != NULL) {
		c->path =
		    without(line, c->protocol == PROTOCOL_GEMINI ? '?' : '\t');
		refuse(c, GEMINI_BAD_REQUEST, why);
	} else if (c->protocol == PROTOCOL_GEMINI) {
		answer_gemini(c, line);
	} else {
		answer_gopher(c, line);
	}
	return enter(c, CONN_REPLY);
}

static enum step
step_request(struct conn *c)
{
	bool is_gemini = c->protocol == PROTOCOL_GEMINI;
	size_t max = is_gemini ? GEMINI_REQUEST_MAX : GOPHER_REQUEST_MAX;
	const char *why = NULL;
	struct str line;
	int r;

	for (;;) {
		/* Behind a balancer's header more may already be there. */
		struct str have = str_sub(buf_slice(&c->in), 0, max);

		r = is_gemini ? gemini_request_end(&line, have, &c->seen, &why)
			      : gopher_request_end(&line, have, &c->seen, &why);
		if (r != 0)
			return answer(c, r > 0 ? line : have, why);
		switch (receive(c, max - c->in.len)) {
		case TLS_DONE:
			break;
		case TLS_WANT_READ:
			return STEP_WAIT_READ;
		case TLS_WANT_WRITE:
			return STEP_WAIT_WRITE;
		default:
			return STEP_OVER;
		}
	}
}

/* The peer has taken something since the deadline was armed: it gets as long
 * again. */
static void
note_progress(struct conn *c)
{
	uint64_t taken = c->tls != NULL ? tls_taken(c->tls) : c->reply.at;

	if (taken == c->taken)
		return;
	c->taken = taken;
	arm(c, patience_us(c, clock_ticks_us()));
}

/* DONE: something went out, or the reply is over (*is_over). */
static enum tls_result
send_plain(struct conn *c, bool *is_over)
{
	struct str piece;
	ssize_t n;

	if (reply_is_file(&c->reply)) {
		n = reply_sendfile(&c->reply, c->fd, 4 * CONN_CHUNK);
	} else {
		n = reply_next(
		    &c->reply, c->env->scratch, CONN_CHUNK, &piece, NULL);
		*is_over = n == 0;
		if (n > 0) {
			n = send(c->fd, piece.p, piece.n, MSG_NOSIGNAL);
			if (n > 0)
				reply_sent(&c->reply, (size_t)n);
		}
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? TLS_WANT_WRITE
							 : TLS_FAILED;
	return TLS_DONE;
}

static enum tls_result
send_encrypted(struct conn *c, bool *is_over)
{
	enum tls_result result = TLS_DONE;
	struct str piece;
	int r;

	if (tls_pending(c->tls) >= PENDING_ENOUGH)
		result = tls_flush(c->tls);
	if (result != TLS_DONE)
		return result;
	r = reply_next(&c->reply, c->env->scratch, CONN_CHUNK, &piece, NULL);
	*is_over = r == 0;
	if (r <= 0)
		return r == 0 ? TLS_DONE : TLS_FAILED;
	result = tls_write(c->tls, piece.p, piece.n);
	reply_sent(&c->reply, piece.n);
	return result;
}

static enum step
step_reply(struct conn *c)
{
	bool is_over = false;

	for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
		enum tls_result r = c->tls != NULL ? send_encrypted(c, &is_over)
						   : send_plain(c, &is_over);

		/* close_notify would call what is missing the file's end (RFC
		 * 8446, section 6.1). */
		if (is_over && c->reply.is_cut)
			return STEP_OVER;
		if (is_over)
			return enter(c, CONN_GOODBYE);
		if (r == TLS_WANT_WRITE)
			break;
		if (r != TLS_DONE)
			return STEP_OVER;
	}
	note_progress(c);
	return STEP_WAIT_WRITE;
}

/* Closing at once with bytes of the peer unread would answer them with a RST,
 * which takes the reply's end away from a peer that has not read it yet. So
 * only our side is closed, and the peer is listened to until it closes its. */
static enum step
step_goodbye(struct conn *c)
{
	enum tls_result r = TLS_DONE;

	if (c->tls != NULL) {
		tls_close(c->tls);
		r = tls_flush(c->tls);
	}
	if (r == TLS_WANT_WRITE) {
		note_progress(c);
		return STEP_WAIT_WRITE;
	}
	account(c);
	if (r != TLS_DONE || shutdown(c->fd, SHUT_WR) != 0)
		return STEP_OVER;
	/* Its buffers are large, and a peer may stay for seconds. */
	tls_free(c->tls);
	c->tls = NULL;
	enter(c, CONN_LINGER);
	return STEP_WAIT_READ;
}

static enum step
step_linger(struct conn *c)
{
	ssize_t n;

	while (c->discarded < LINGER_BYTES) {
		n = recv(c->fd, c->env->scratch, CONN_CHUNK, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return STEP_WAIT_READ;
		if (n <= 0)
			return STEP_OVER;
		c->discarded += (size_t)n;
	}
	return STEP_OVER;
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
	if (kind != LIMIT_NONE && !turn_away(c, kind)) {
		conn_free(c);
		return;
	}
	if ((is_proxy(env, peer) ? enter(c, CONN_PROXY) : begin(c)) ==
	    STEP_OVER)
		conn_free(c);
	else
		wait_for(c, EV_READ);
}

void
conn_stop_all(struct conn_env *env)
{
	struct conn *next;

	for (struct conn *c = env->all; c != NULL; c = next) {
		next = c->next;
		if (c->state >= CONN_REPLY)
			continue;
		if (c->tls == NULL && c->in.len == 0)
			conn_free(c);
		else
			arm(c, STOP_MS * 1000);
	}
}
