#include "server/form.h"

#include "base/log.h"
#include "server/gemini.h"
#include "server/gopher.h"

#define CLOSED "The mail desk is closed right now. Try again later."
#define NOT_SHOWN "This page cannot be made right now. Try again later."

/* What Gemini calls each kind of answer; a Gopher menu of that kind counts as
 * the same. */
static const enum gemini_status statuses[DESK_KINDS] = {
    [DESK_ASK] = GEMINI_INPUT,
    [DESK_ASK_SECRET] = GEMINI_SENSITIVE_INPUT,
    [DESK_SHOW] = GEMINI_SUCCESS,
    [DESK_REFUSE] = GEMINI_PERMANENT_FAILURE,
    [DESK_CERTIFICATE] = GEMINI_CERTIFICATE_REQUIRED,
    [DESK_STRANGER] = GEMINI_CERTIFICATE_NOT_AUTHORIZED,
    [DESK_MISSING] = GEMINI_NOT_FOUND,
    [DESK_LATER] = GEMINI_UNAVAILABLE,
};

/* The page, and a way on: no client shows where a form was reached from. */
static int
render(struct reply *reply, const struct route_site *site,
    enum protocol protocol, const struct desk_answer *answer, struct err *e)
{
	struct buf text;
	int result;

	buf_init(&text, 2 * DESK_PACKET_MAX);
	buf_str(&text, answer->text);
	buf_puts(&text, "\n[To the front page](/)\n");
	result = buf_ok(&text, "the page", e);
	if (result == 0)
		result = site_render(&reply->made, site->site, protocol,
		    answer->title, buf_slice(&text), e);
	buf_release(&text);
	return result == 0 ? buf_ok(&reply->made, "the reply", e) : -1;
}

static bool
show(struct reply *reply, const struct route_site *site, enum protocol protocol,
    const struct desk_answer *answer)
{
	struct err e = ERR_INIT;

	reply->status = GEMINI_SUCCESS;
	if (protocol == PROTOCOL_GEMINI)
		gemini_header(
		    &reply->made, GEMINI_SUCCESS, site_mime(site->site));
	if (render(reply, site, protocol, answer, &e) == 0)
		return true;
	log_err("a form", &e);
	buf_clear(&reply->made);
	return false;
}

/* A menu ends in a line of its own, a "." (RFC 1436). */
static struct str
without_end(struct str page, enum protocol protocol)
{
	static const struct str end = {".\r\n", 3};

	if (protocol == PROTOCOL_GOPHER && str_ends(page, end))
		page.n -= end.n;
	return page;
}

void
form_append(struct reply *reply, const struct route_site *site,
    enum protocol protocol, const struct desk_answer *answer)
{
	struct str page = without_end(reply->body, protocol);
	size_t header = reply->made.len;
	struct err e = ERR_INIT;

	if (answer == NULL || answer->kind != DESK_SHOW ||
	    page.n > REPLY_MADE_MAX / 2)
		return;
	buf_str(&reply->made, page);
	if (protocol == PROTOCOL_GEMINI)
		buf_putc(&reply->made, '\n');
	if (site_render(&reply->made, site->site, protocol, STR(""),
		answer->text, &e) == 0 &&
	    buf_ok(&reply->made, "the reply", &e) == 0) {
		reply->body = STR("");
		return;
	}
	log_err("an offer", &e);
	reply->made.failed = ERR_NONE;
	buf_cut(&reply->made, header);
}

/* The words of the question, and the item that asks it. */
static void
ask_by_menu(struct reply *reply, const struct router *router,
    const struct route_site *site, struct str selector,
    const struct desk_answer *answer)
{
	int port = router->conf->gopher_port;
	struct str host = site->conf->host;

	reply->status = statuses[answer->kind];
	gopher_item(&reply->made, '7', answer->text, selector, host, port);
	gopher_item(&reply->made, 'i',
	    STR("What you type goes over the network in clear."), STR(""), host,
	    port);
	gopher_item(
	    &reply->made, '1', STR("To the front page"), STR(""), host, port);
	buf_puts(&reply->made, ".\r\n");
}

void
form_reply(struct reply *reply, const struct router *router,
    const struct route_site *site, enum protocol protocol, struct str selector,
    const struct desk_answer *answer)
{
	static const struct desk_answer closed = {
	    .kind = DESK_LATER, .text = {CLOSED, sizeof CLOSED - 1}};
	struct str why = STR(NOT_SHOWN);
	int status = GEMINI_TEMPORARY_FAILURE;

	if (answer == NULL)
		answer = &closed;
	if (answer->kind == DESK_SHOW) {
		if (show(reply, site, protocol, answer))
			return;
	} else if (protocol == PROTOCOL_GOPHER &&
	    (answer->kind == DESK_ASK || answer->kind == DESK_ASK_SECRET)) {
		ask_by_menu(reply, router, site, selector, answer);
		return;
	} else {
		status = statuses[answer->kind];
		why = answer->kind == DESK_MISSING
		    ? STR("No form is here. See the front page.")
		    : answer->text;
	}
	route_refuse(reply, router, protocol, status, why);
}
