#include "server/route.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/uri.h"
#include "content/md.h"
#include "content/search.h"
#include "server/address.h"
#include "server/form.h"

#define HITS_MAX 20
#define QUERY_SHOWN_MAX 100
/* What amfora and Lagrange show of a META, or of a Gopher error, in a line. */
#define META_SHOWN_MAX 64

#define TELL_EVERY_MS 10000

#define UNREADABLE "This file cannot be read right now. Try again later."
#define NOT_RENDERED "This page cannot be made right now. Try again later."

int
router_open(struct router *router, struct err *e)
{
	for (size_t i = 0; i < router->count; i++) {
		struct route_site *s = &router->sites[i];
		struct str index = site_index(s->site);

		if (index.n > 0 && search_open(&s->search, index, e) != 0) {
			router_close(router);
			return err_wrap(
			    e, "%.*s: search", STR_ARG(s->conf->host));
		}
	}
	return 0;
}

void
router_close(struct router *router)
{
	for (size_t i = 0; i < router->count; i++) {
		search_close(router->sites[i].search);
		router->sites[i].search = NULL;
	}
}

/* An address is one however it is spelled: "::1" and "0:0::1". */
static bool
same_address(struct str a, struct str b)
{
	struct address x, y;

	return address_parse(&x, a, NULL) == 0 &&
	    address_parse(&y, b, NULL) == 0 && address_eq(&x, &y);
}

static bool
is_called(struct str name, struct str host)
{
	if (str_eq_nocase(name, host) || same_address(name, host))
		return true;
	/* The certificate of localhost is for its addresses too. */
	return str_eq_nocase(name, STR("localhost")) &&
	    (same_address(host, STR("127.0.0.1")) ||
		same_address(host, STR("::1")));
}

static const struct route_site *
find_site(const struct router *router, struct str host)
{
	for (size_t i = 0; i < router->count; i++) {
		const struct conf_site *c = router->sites[i].conf;

		if (is_called(c->host, host))
			return &router->sites[i];
		for (size_t k = 0; k < c->alias_count; k++)
			if (is_called(c->aliases[k], host))
				return &router->sites[i];
	}
	return NULL;
}

/* Gopher names no host: where TLS does, that site, else the first. */
static const struct route_site *
site_by_sni(const struct router *router, struct str sni)
{
	const struct route_site *s = sni.n > 0 ? find_site(router, sni) : NULL;

	return s != NULL ? s : &router->sites[0];
}

static void
gemini_say(struct reply *reply, enum gemini_status status, struct str meta)
{
	reply->status = status;
	gemini_header(&reply->made, status, meta);
}

static struct str
here(const struct router *router)
{
	return router->sites[0].conf->host;
}

/* A menu of the error and the ways on from it (type 3: RFC 1436, 3.8). */
static void
gopher_say(struct reply *reply, const struct router *router, int status,
    struct str why, struct str nearest, struct str host)
{
	int port = router->conf->gopher_port;

	reply->status = status;
	gopher_item(&reply->made, '3', why, STR(""), host, port);
	if (nearest.n > 0) {
		struct buf label;

		buf_init(&label, META_SHOWN_MAX + 64);
		buf_puts(&label, "Nearest: ");
		buf_str(&label, str_sub(nearest, 0, META_SHOWN_MAX));
		gopher_item(
		    &reply->made, '1', buf_slice(&label), nearest, host, port);
		buf_release(&label);
	}
	gopher_item(
	    &reply->made, '1', STR("To the front page"), STR(""), host, port);
	buf_puts(&reply->made, ".\r\n");
}

void
route_refuse(struct reply *reply, const struct router *router,
    enum protocol protocol, int status, struct str why)
{
	if (protocol == PROTOCOL_GEMINI)
		gemini_say(reply, (enum gemini_status)status, why);
	else
		gopher_say(reply, router, status, why, STR(""), here(router));
}

/* What was typed, as one line that harms no page: control characters are
 * spaces, and a very long one is cut. */
static void
clean_query(struct buf *to, struct str typed)
{
	typed = str_trim(typed);
	while (typed.n > 0) {
		int32_t cp = str_next_utf8(&typed);

		if (cp < ' ' || (cp >= 0x7f && cp < 0xa0))
			cp = ' ';
		buf_utf8(to, (uint32_t)cp);
	}
}

static void
put_hit(struct buf *md, const struct search_hit *hit)
{
	buf_puts(md, "[");
	md_escape(md, hit->title.n > 0 ? hit->title : hit->path);
	buf_puts(md, "](<");
	buf_str(md, hit->path);
	buf_puts(md, ">)\n\n");
	md_escape(md, hit->context);
	buf_puts(md, "\n\n");
}

static void
put_hits(
    struct buf *md, const struct search_hit *hits, size_t count, size_t total)
{
	if (total == 0)
		buf_puts(md,
		    "Nothing was found. Try fewer words, or the "
		    "beginning of one.\n\n");
	else if (total > count)
		buf_printf(md, "The best %zu of %zu pages:\n\n", count, total);
	else
		buf_printf(md, "%zu %s found:\n\n", total,
		    total == 1 ? "page" : "pages");
	for (size_t i = 0; i < count; i++)
		put_hit(md, &hits[i]);
	buf_puts(md, "[Search again](/search)\n");
}

/* The page of results, rendered for the protocol, behind what is in to. */
static int
search_page(struct buf *to, const struct route_site *s, enum protocol protocol,
    struct str query, struct err *e)
{
	struct search_hit hits[HITS_MAX];
	size_t count = 0, total = 0;
	struct arena arena;
	struct buf md, title;
	int r;

	arena_init(&arena);
	buf_init(&md, REPLY_MADE_MAX);
	buf_init(&title, 4 * QUERY_SHOWN_MAX);
	r = search_query(
	    s->search, &arena, query, hits, HITS_MAX, &count, &total, e);
	if (r == 0) {
		buf_puts(&title, "Search: ");
		buf_str(&title, str_sub(query, 0, QUERY_SHOWN_MAX));
		put_hits(&md, hits, count, total);
		r = buf_ok(&md, "the page of results", e);
	}
	if (r == 0)
		r = site_render(to, s->site, protocol, buf_slice(&title),
		    buf_slice(&md), e);
	buf_release(&title);
	buf_release(&md);
	arena_release(&arena);
	return r;
}

/* Both protocols: made holds the page, or why is to be said with 40. */
static bool
search_made(struct reply *reply, const struct route_site *s,
    enum protocol protocol, struct str query)
{
	struct err e = ERR_INIT;

	if (search_page(&reply->made, s, protocol, query, &e) == 0 &&
	    buf_ok(&reply->made, "the reply", &e) == 0) {
		reply->status = GEMINI_SUCCESS;
		return true;
	}
	log_err("a search", &e);
	buf_clear(&reply->made);
	return false;
}

static void
gemini_search(struct reply *reply, const struct route_site *s,
    const struct gemini_request *request)
{
	struct buf query;

	buf_init(&query, 4 * GEMINI_URI_MAX);
	clean_query(&query, buf_slice(&request->query));
	if (query.len == 0) {
		gemini_say(reply, GEMINI_INPUT, STR("Search for"));
		buf_release(&query);
		return;
	}
	gemini_header(&reply->made, GEMINI_SUCCESS, site_mime(s->site));
	if (!search_made(reply, s, PROTOCOL_GEMINI, buf_slice(&query)))
		gemini_say(reply, GEMINI_TEMPORARY_FAILURE, STR(NOT_RENDERED));
	buf_release(&query);
}

static void
gemini_missing(struct reply *reply, const struct route_site *s, struct str path)
{
	struct buf nearest, meta;

	buf_init(&nearest, GEMINI_URI_MAX);
	buf_init(&meta, GEMINI_META_MAX);
	site_suggest(s->site, PROTOCOL_GEMINI, path, &nearest);
	buf_puts(&meta, "Not here. ");
	if (nearest.len > 0 && nearest.len < META_SHOWN_MAX - 34)
		buf_printf(&meta, "Nearest: %s . ", nearest.data);
	buf_puts(&meta, "Search: /search");
	gemini_say(reply, GEMINI_NOT_FOUND, buf_slice(&meta));
	buf_release(&meta);
	buf_release(&nearest);
}

/* What the administrator is to see, but no more than now and then: a visitor
 * who asks for it again and again shall not fill the log. */
static void
log_unreadable(const struct err *e)
{
	static int64_t told_ms;
	int64_t now = clock_ticks_ms();

	if (told_ms != 0 && now - told_ms < TELL_EVERY_MS)
		return;
	told_ms = now;
	log_err("a published file", e);
}

/* Whoever removes a file behind a running server gets a 51 for it. */
static bool
file_opened(struct reply *reply, const struct route_site *s,
    const struct answer *answer, bool *is_missing)
{
	struct err e = ERR_INIT;

	if (reply_file(reply, site_dir(s->site), answer->file.p, &e) == 0)
		return true;
	*is_missing = e.kind == ERR_MISSING;
	if (!*is_missing)
		log_unreadable(&e);
	return false;
}

static void
gemini_file(struct reply *reply, const struct route_site *s,
    const struct answer *answer, struct str path)
{
	bool is_missing;

	if (file_opened(reply, s, answer, &is_missing))
		gemini_say(reply, GEMINI_SUCCESS, answer->mime);
	else if (is_missing)
		gemini_missing(reply, s, path);
	else
		gemini_say(reply, GEMINI_TEMPORARY_FAILURE, STR(UNREADABLE));
}

static void
ask_offer(struct form *form, const struct route_site *s, const struct answer *a)
{
	if (a->offer.n > 0)
		*form =
		    (struct form){.site = s, .path = a->offer, .is_part = true};
}

static void
gemini_answer(struct reply *reply, struct form *form,
    const struct route_site *s, const struct gemini_request *request)
{
	struct str path = buf_slice(&request->path);
	struct answer a;

	site_lookup(s->site, PROTOCOL_GEMINI, path, &a);
	switch (a.kind) {
	case ANSWER_BYTES:
		gemini_say(reply, GEMINI_SUCCESS, a.mime);
		reply->body = a.bytes;
		ask_offer(form, s, &a);
		break;
	case ANSWER_FILE:
		gemini_file(reply, s, &a, path);
		break;
	case ANSWER_REDIRECT:
		gemini_say(reply,
		    a.is_permanent ? GEMINI_REDIRECT_PERMANENT
				   : GEMINI_REDIRECT,
		    a.target);
		break;
	case ANSWER_SEARCH:
		gemini_search(reply, s, request);
		break;
	case ANSWER_FORM:
		*form = (struct form){.site = s,
		    .path = path,
		    .input = buf_slice(&request->query),
		    .has_input = request->has_query};
		break;
	case ANSWER_NONE:
		gemini_missing(reply, s, path);
		break;
	}
}

void
route_gemini(struct reply *reply, struct form *form,
    const struct router *router, const struct gemini_request *request,
    struct str sni, int port)
{
	struct str host = buf_slice(&request->host);
	const struct route_site *s = find_site(router, host);

	if (s != NULL)
		reply->host = s->conf->host;
	if (sni.n > 0 && !str_eq_nocase(sni, host))
		gemini_say(reply, GEMINI_PROXY_REFUSED,
		    STR("The address and the TLS name (SNI) differ."));
	else if (s == NULL)
		gemini_say(reply, GEMINI_PROXY_REFUSED,
		    STR("That host is not served here."));
	/* An address without a port is meant for this one: whoever forwards
	 * 1965 to us writes none. */
	else if (request->port >= 0 && request->port != port &&
	    request->port != router->conf->gemini_port)
		gemini_say(reply, GEMINI_PROXY_REFUSED,
		    STR("That port is not served here."));
	else
		gemini_answer(reply, form, s, request);
}

static void
gopher_missing(struct reply *reply, const struct router *router,
    const struct route_site *s, struct str selector)
{
	struct buf nearest;

	buf_init(&nearest, GOPHER_LINE_MAX);
	site_suggest(s->site, PROTOCOL_GOPHER, selector, &nearest);
	gopher_say(reply, router, GEMINI_NOT_FOUND,
	    STR("Nothing is here. Go to the front page or search."),
	    buf_slice(&nearest), s->conf->host);
	buf_release(&nearest);
}

static void
gopher_search(struct reply *reply, const struct router *router,
    const struct route_site *s, const struct gopher_request *request)
{
	struct buf query;

	buf_init(&query, 4 * GOPHER_LINE_MAX);
	clean_query(&query, request->search);
	if (query.len == 0) {
		reply->status = GEMINI_SUCCESS;
		gopher_item(&reply->made, '7', STR("Search: type words"),
		    request->selector, s->conf->host,
		    router->conf->gopher_port);
		buf_puts(&reply->made, ".\r\n");
	} else if (!search_made(reply, s, PROTOCOL_GOPHER, buf_slice(&query))) {
		gopher_say(reply, router, GEMINI_TEMPORARY_FAILURE,
		    STR(NOT_RENDERED), STR(""), s->conf->host);
	}
	buf_release(&query);
}

static void
gopher_file(struct reply *reply, const struct router *router,
    const struct route_site *s, const struct answer *answer,
    struct str selector)
{
	bool is_missing;

	if (file_opened(reply, s, answer, &is_missing))
		reply->status = GEMINI_SUCCESS;
	else if (is_missing)
		gopher_missing(reply, router, s, selector);
	else
		gopher_say(reply, router, GEMINI_TEMPORARY_FAILURE,
		    STR(UNREADABLE), STR(""), s->conf->host);
}

/* Gopher has no redirect: what stands at the target is given at once. */
static bool
gopher_lookup(struct answer *a, struct buf *key, const struct site *site,
    struct str selector)
{
	if (!site_lookup(site, PROTOCOL_GOPHER, selector, a))
		return false;
	if (a->kind != ANSWER_REDIRECT)
		return true;
	return uri_decode(key, a->target) == 0 &&
	    site_lookup(site, PROTOCOL_GOPHER, buf_slice(key), a) &&
	    a->kind != ANSWER_REDIRECT;
}

static void
gopher_answer(struct reply *reply, struct form *form,
    const struct router *router, const struct route_site *s,
    const struct gopher_request *request)
{
	struct answer a;
	struct buf key;

	buf_init(&key, GOPHER_LINE_MAX);
	if (!gopher_lookup(&a, &key, s->site, request->selector))
		a.kind = ANSWER_NONE;
	switch (a.kind) {
	case ANSWER_BYTES:
		reply->status = GEMINI_SUCCESS;
		reply->body = a.bytes;
		ask_offer(form, s, &a);
		break;
	case ANSWER_FILE:
		gopher_file(reply, router, s, &a, request->selector);
		break;
	case ANSWER_SEARCH:
		gopher_search(reply, router, s, request);
		break;
	case ANSWER_FORM:
		*form = (struct form){.site = s,
		    .path = request->selector,
		    .input = request->search,
		    .has_input = request->has_search};
		break;
	case ANSWER_NONE:
	case ANSWER_REDIRECT:
		gopher_missing(reply, router, s, request->selector);
		break;
	}
	buf_release(&key);
}

void
route_gopher(struct reply *reply, struct form *form,
    const struct router *router, const struct gopher_request *request,
    struct str sni)
{
	const struct route_site *s = site_by_sni(router, sni);
	struct str url;

	reply->host = s->conf->host;
	if (!gopher_url(&url, request->selector))
		gopher_answer(reply, form, router, s, request);
	else if (gopher_url_page(&reply->made, url) == 0)
		reply->status = GEMINI_SUCCESS;
	else
		gopher_say(reply, router, GEMINI_NOT_FOUND,
		    STR("This server leads to no such address."), STR(""),
		    s->conf->host);
}
