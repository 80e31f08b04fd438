/* Between request and reply: the desk is asked, for forms. */
#include "base/clock.h"
#include "base/log.h"
#include "server/conn_inner.h"
#include "server/gemini.h"

/* By whom the desk counts: no address in full goes there. */
static void
put_network(struct buf *to, const struct conn *c)
{
	if (c->address.bits == 0)
		return;
	address_print(to, &c->address, ADDRESSES_SHORT);
	buf_puts(to, c->address.bits == 32 ? "/24" : "/48");
}

static enum step
reply_of(struct conn *c, const struct desk_answer *answer)
{
	if (c->form_is_part) {
		form_append(&c->reply, c->form_site, c->protocol, answer);
	} else {
		form_reply(&c->reply, c->env->router, c->form_site, c->protocol,
		    c->path, answer);
	}
	conn_wait_no_more(c);
	desk_call_release(&c->call);
	return conn_enter(c, CONN_REPLY);
}

enum step
conn_desk_is_late(struct conn *c)
{
	log_warn("the desk did not answer in time");
	return reply_of(c, NULL);
}

/* A certificate that is not valid now says nothing about anybody. */
static bool
is_refused(struct conn *c, const struct tls_peer *peer)
{
	int64_t now = clock_now();

	if (now >= peer->not_before && now <= peer->not_after)
		return false;
	route_refuse(&c->reply, c->env->router, c->protocol,
	    GEMINI_CERTIFICATE_NOT_VALID,
	    now < peer->not_before
		? STR("Your certificate is not valid yet.")
		: STR("Your certificate has expired. Make another one."));
	return true;
}

enum step
conn_ask_desk(struct conn *c, const struct form *form)
{
	struct desk_request request = {
	    .way = c->protocol == PROTOCOL_GEMINI ? DESK_GEMINI : DESK_GOPHER,
	    .host = form->site->conf->host,
	    .path = form->path,
	    .input = form->input,
	    .has_input = form->has_input,
	};
	struct err e = ERR_INIT;
	struct tls_peer peer;
	struct buf network;
	int r;

	c->form_site = form->site;
	c->form_is_part = form->is_part;
	if (!form->is_part && c->tls != NULL && tls_peer(c->tls, &peer)) {
		if (is_refused(c, &peer))
			return conn_enter(c, CONN_REPLY);
		request.certificate = str_of(peer.fingerprint);
	}
	buf_init(&network, 64);
	put_network(&network, c);
	request.network = buf_slice(&network);
	r = desk_call_begin(&c->call, c->env->desk, &request, &e);
	buf_release(&network);
	return r == 0 ? conn_enter(c, CONN_DESK) : reply_of(c, NULL);
}

/* A daemon that does not run is nothing to log for each visitor. */
enum step
conn_step_desk(struct conn *c)
{
	struct desk_answer answer;
	struct err e = ERR_INIT;
	int r;

	conn_wait_no_more(c);
	r = desk_call_step(&c->call, &answer, &e);
	if (r == 0)
		return STEP_WAIT_DESK;
	if (r < 0 && e.kind != ERR_LATER)
		log_err("the desk", &e);
	return reply_of(c, r > 0 ? &answer : NULL);
}
