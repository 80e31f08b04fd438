#include "base/clock.h"
#include "base/log.h"
#include "base/probes.h"
#include "server/conn_inner.h"
#include "server/gopher.h"
#include "server/proxy.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* RFC 8446, section 5.1: the content type of a handshake record. No Gopher
 * selector begins with this control character. */
#define TLS_FIRST_BYTE 0x16
/* Turned away with an answer; more than these are just closed. */
#define TURNED_AWAY_MAX 64
#define WARN_EVERY_MS 10000

void
conn_met_limit(struct conn_env *env, enum limit_kind kind, uint64_t id,
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

bool
conn_turn_away(struct conn *c, enum limit_kind kind)
{
	conn_met_limit(c->env, kind, c->id, &c->address);
	if (c->refusal != LIMIT_NONE)
		return true;
	if (c->env->turned_away >= TURNED_AWAY_MAX)
		return false;
	c->env->turned_away++;
	c->refusal = kind;
	return true;
}

enum step
conn_begin(struct conn *c)
{
	enum limit_kind kind =
	    limit_address(&c->env->limit, &c->hold, &c->address);

	if (kind != LIMIT_NONE && !conn_turn_away(c, kind))
		return STEP_OVER;
	return conn_enter(
	    c, c->protocol == PROTOCOL_GEMINI ? CONN_HANDSHAKE : CONN_GREETING);
}

enum tls_result
conn_receive(struct conn *c, size_t room)
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
	/* Who says nothing takes no room for what it may say. */
	if (c->in.len == 0)
		buf_release(&c->in);
	return result;
}

/* Whoever sets a balancer up sees closed connections and nothing else. */
static enum step
no_header(const struct conn *c)
{
	static int64_t told_ms;
	int64_t now = clock_ticks_ms();
	struct buf who;

	if (told_ms != 0 && now - told_ms < WARN_EVERY_MS)
		return STEP_OVER;
	told_ms = now;
	buf_init(&who, 128);
	address_print(&who, &c->address, ADDRESSES_WHOLE);
	log_warn("%s stands under `proxies:`, but sent no PROXY header; turn "
		 "it on there, or take the address out here",
	    who.data);
	buf_release(&who);
	return STEP_OVER;
}

enum step
conn_step_proxy(struct conn *c)
{
	struct proxy_header h;

	while (c->in.len < PROXY_HEADER_MAX) {
		switch (conn_receive(c, PROXY_HEADER_MAX - c->in.len)) {
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
			return no_header(c);
		case PROXY_DONE:
			if (h.source.bits > 0)
				c->address = h.source;
			memmove(c->in.data, c->in.data + h.length,
			    c->in.len - h.length);
			buf_cut(&c->in, c->in.len - h.length);
			return conn_begin(c);
		}
	}
	return STEP_OVER;
}

enum step
conn_step_greeting(struct conn *c)
{
	if (c->in.len == 0) {
		switch (conn_receive(c, GOPHER_REQUEST_MAX)) {
		case TLS_DONE:
			break;
		case TLS_WANT_READ:
			return STEP_WAIT_READ;
		default:
			return STEP_OVER;
		}
	}
	return conn_enter(
	    c, c->in.data[0] == TLS_FIRST_BYTE ? CONN_HANDSHAKE : CONN_REQUEST);
}

/* TLS takes memory and time only once the peer has said something. */
static bool
begin_tls(struct conn *c)
{
	enum limit_kind kind = limit_handshake_begin(&c->env->limit, &c->hold);

	if (kind != LIMIT_NONE) {
		conn_met_limit(c->env, kind, c->id, &c->address);
		return false;
	}
	PROBE1(capsule, handshake__start, c->id);
	c->tls = tls_new(c->env->tls, c->fd, buf_slice(&c->in));
	buf_release(&c->in);
	return c->tls != NULL;
}

enum step
conn_step_handshake(struct conn *c)
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
	return conn_enter(c, CONN_REQUEST);
}
