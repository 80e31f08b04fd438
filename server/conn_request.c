#include "base/clock.h"
#include "base/probes.h"
#include "server/conn_inner.h"
#include "server/gemini.h"
#include "server/gopher.h"

#include <stdio.h>

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
			conn_met_limit(
			    c->env, LIMIT_REQUESTS, c->id, &c->address);
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

static enum step
after_route(struct conn *c, const struct form *form)
{
	return form->site != NULL ? conn_ask_desk(c, form)
				  : conn_enter(c, CONN_REPLY);
}

static enum step
answer_gemini(struct conn *c, struct str uri)
{
	struct gemini_request request;
	struct form form = {0};
	const char *why;
	enum step step;
	int status;

	c->path = without(uri, '?');
	gemini_request_init(&request);
	status = gemini_request_parse(&request, uri, &why);
	if (status == 0) {
		c->path = request.raw_path;
		if (!is_refused_by_limit(c))
			route_gemini(&c->reply, &form, c->env->router, &request,
			    tls_sni(c->tls), c->port);
	} else {
		refuse(c, status, why);
	}
	step = after_route(c, &form);
	gemini_request_release(&request);
	return step;
}

static enum step
answer_gopher(struct conn *c, struct str line)
{
	struct gopher_request request;
	struct form form = {0};
	const char *why;

	c->path = without(line, '\t');
	if (gopher_request_parse(&request, line, &why) != 0)
		refuse(c, GEMINI_BAD_REQUEST, why);
	else if (!is_refused_by_limit(c))
		route_gopher(&c->reply, &form, c->env->router, &request,
		    c->tls != NULL ? tls_sni(c->tls) : STR(""));
	return after_route(c, &form);
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
		return conn_enter(c, CONN_REPLY);
	}
	return c->protocol == PROTOCOL_GEMINI ? answer_gemini(c, line)
					      : answer_gopher(c, line);
}

enum step
conn_step_request(struct conn *c)
{
	static const size_t longest[] = {
	    [PROTOCOL_GEMINI] = GEMINI_REQUEST_MAX,
	    [PROTOCOL_GOPHER] = GOPHER_REQUEST_MAX,
	};
	bool is_gemini = c->protocol == PROTOCOL_GEMINI;
	size_t max = longest[c->protocol];
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
		switch (conn_receive(c, max - c->in.len)) {
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
