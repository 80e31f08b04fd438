#include "content/resolve.h"

#include "base/uri.h"
#include "content/link.h"
#include "content/suggest.h"

/* A site with more faults than this gets no more suggestions: looking for
 * one costs a fraction of a millisecond. */
#define SUGGEST_FAULTS_MAX 1000

void
resolve_item(struct link *link, const struct item *item)
{
	link->kind = LINK_INSIDE;
	link->url = item->path;
	link->type = item->type;
	link->selector = item->selector;
	if (item->kind == ITEM_PAGE && item->type == '0')
		link->selector = item->text_selector;
	/* Too long for Gopher: by Gemini only. */
	if (link->selector.n > ADDRESS_SELECTOR_MAX)
		link->selector = (struct str){NULL, 0};
}

/* A target taken apart: where it points, what it asks there. */
struct target {
	struct str path;
	struct str query; /* with its "?"; or empty */
};

static struct target
split(struct str url)
{
	ptrdiff_t hash = str_chr(url, '#');
	struct target t;
	ptrdiff_t mark;

	/* A fragment names a part of a page, and pages here have none. */
	if (hash >= 0)
		url = str_sub(url, 0, (size_t)hash);
	mark = str_chr(url, '?');
	t.path = mark >= 0 ? str_sub(url, 0, (size_t)mark) : url;
	t.query = mark >= 0 ? str_sub(url, (size_t)mark, url.n)
			    : (struct str){NULL, 0};
	return t;
}

/* The path of an absolute URL on this site's own Gemini host. */
static bool
is_own(const struct site *site, struct str url, struct str *path)
{
	struct uri u;
	int64_t port;

	if (uri_parse(&u, url, NULL) != 0 || u.has_userinfo ||
	    !str_eq_nocase(u.scheme, STR("gemini")) ||
	    !str_eq_nocase(u.host, site->options.host))
		return false;
	port = u.port.n > 0 ? str_number(u.port, 65535) : 1965;
	if (port != site->options.gemini_port)
		return false;
	*path = str_sub(url, (size_t)(u.host.p + u.host.n - url.p), url.n);
	if (str_starts(*path, STR(":")))
		*path = str_sub(*path, 1 + u.port.n, path->n);
	if (!str_starts(*path, STR("/")))
		*path = STR("/");
	return true;
}

/* An item at this address, or NULL; *key is what was looked up. */
static const struct item *
find_from(const struct resolver *r, struct arena *a, struct str folder,
    struct str path, struct str *key)
{
	const struct place *place;
	struct str joined = address_join(a, folder, path);

	if (address_key(key, a, joined, NULL) != 0)
		return NULL;
	place = places_find(&r->site->gemini, *key);
	return place != NULL ? &r->site->items[place->item] : NULL;
}

static const struct item *
find_item(
    const struct resolver *r, struct arena *a, struct str path, struct str *key)
{
	const struct item *item = find_from(r, a, r->folder, path, key);
	struct str other;

	if (item != NULL || str_starts(path, STR("/")) ||
	    str_eq(r->folder, r->published))
		return item;
	return find_from(r, a, r->published, path, &other);
}

static bool
is_form(const struct resolver *r, struct arena *a, struct str key,
    struct str query, struct link *link)
{
	char type = r->site->options.has_forms ? address_form(key) : 0;

	if (type == 0)
		return false;
	link->kind = LINK_INSIDE;
	link->url = arena_printf(
	    a, "%.*s%.*s", STR_ARG(address_path(a, key)), STR_ARG(query));
	/* Whoever asks there is known by a certificate, and Gopher has none. */
	if (!str_is(key, "/me"))
		link->selector = key;
	link->type = type;
	return true;
}

/* Enough of a target to find it by. */
static struct str
shown(struct str target)
{
	return str_sub(target, 0, 200);
}

static void
report_withheld(
    const struct resolver *r, int line, struct str target, enum withheld why)
{
	/* A page with a fault has one line about itself already. */
	if (why == WITHHELD_FAULTY)
		return;
	faults_add(r->faults, FAULT_WARNING, r->source, line,
	    "the link to \"%.*s\" leads to a page that is %s; its words stay,"
	    " without the link",
	    STR_ARG(shown(target)),
	    why == WITHHELD_DRAFT ? "a draft" : "dated in the future");
}

/* What only a running server answers: its author can do nothing about it. */
static bool
is_left_out(const struct site *site, struct str key)
{
	return !site->options.has_search &&
	    (str_is(key, "/search") || address_form(key) != 0);
}

static void
report(const struct resolver *r, int line, struct str target, struct str key)
{
	const struct place *place = NULL;
	uint32_t nearest;

	if (r->faults == NULL || is_left_out(r->site, key))
		return;
	if (r->withheld != NULL && key.n > 0)
		place = places_find(r->withheld, key);
	if (place != NULL) {
		report_withheld(r, line, target, (enum withheld)place->item);
		return;
	}
	if (r->faults->count < SUGGEST_FAULTS_MAX && key.n > 0 &&
	    suggest_nearest(r->site, key, &nearest, 1) == 1)
		faults_add(r->faults, FAULT_WARNING, r->source, line,
		    "the link to \"%.*s\" leads nowhere; is %.*s meant?",
		    STR_ARG(shown(target)),
		    STR_ARG(r->site->items[nearest].path));
	else
		faults_add(r->faults, FAULT_WARNING, r->source, line,
		    "the link to \"%.*s\" leads nowhere; name a page or file"
		    " of the site, or a whole address with its scheme",
		    STR_ARG(shown(target)));
}

static void
mark_linked(const struct resolver *r, const struct item *item)
{
	size_t at = (size_t)(item - r->site->items);

	if (r->linked != NULL && at != r->self)
		r->linked[at] = true;
}

static void
resolve_inside(const struct resolver *r, struct arena *a, struct str target,
    int line, struct link *link)
{
	struct target t = split(link->url);
	struct str key = {NULL, 0};
	const struct item *item;

	/* "?query" alone asks the page itself. */
	if (t.path.n == 0 && r->self != ITEM_NONE)
		item = &r->site->items[r->self];
	else
		item = find_item(r, a, t.path, &key);
	if (item != NULL) {
		resolve_item(link, item);
		mark_linked(r, item);
		if (item->kind == ITEM_SEARCH && t.query.n > 0)
			link->url = arena_printf(a, "%.*s%.*s",
			    STR_ARG(item->path), STR_ARG(t.query));
		return;
	}
	if (key.n > 0 && is_form(r, a, key, t.query, link))
		return;
	report(r, line, target, key);
	*link = (struct link){0};
}

void
resolve_link(
    void *ctx, struct arena *a, struct str target, int line, struct link *link)
{
	const struct resolver *r = ctx;
	struct str path;

	*link = (struct link){0};
	link->kind = link_classify(link, a, target);
	if (link->kind == LINK_OUT && is_own(r->site, link->url, &path)) {
		link->kind = LINK_INSIDE;
		link->url = path;
	}
	if (link->kind == LINK_INSIDE)
		resolve_inside(r, a, target, line, link);
}

void
resolve_no_alt(void *ctx, int line)
{
	const struct resolver *r = ctx;

	if (r->faults != NULL)
		faults_add(r->faults, FAULT_WARNING, r->source, line,
		    "this image has no alternative text; write what it shows"
		    " between its brackets");
}
