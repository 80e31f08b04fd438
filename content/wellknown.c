#include "content/generators.h"

#include "base/clock.h"

/* RFC 9309. What is made anew for whoever asks, or is a single visitor's, is
 * nothing to be collected. */
static int
emit_robots(struct generator *g, struct err *e)
{
	const struct site_options *o = g->c->options;

	buf_puts(&g->text, "User-agent: *\n");
	if (o->has_search)
		buf_puts(&g->text, "Disallow: /search\n");
	if (o->has_forms)
		buf_puts(&g->text,
		    "Disallow: /c/\n"
		    "Disallow: /claim\n"
		    "Disallow: /code/\n"
		    "Disallow: /leave\n"
		    "Disallow: /lists/\n"
		    "Disallow: /me\n"
		    "Disallow: /organizers\n"
		    "Disallow: /subscribe\n");
	if (!o->has_search && !o->has_forms)
		buf_puts(&g->text, "Disallow:\n");
	return generator_data(
	    g, STR("/robots.txt"), "text/plain; charset=utf-8", '0', e);
}

static int
emit_favicon(struct generator *g, struct err *e)
{
	if (g->c->options->favicon.n == 0)
		return 0;
	buf_str(&g->text, g->c->options->favicon);
	buf_putc(&g->text, '\n');
	return generator_data(
	    g, STR("/favicon.txt"), "text/plain; charset=utf-8", '0', e);
}

/* The first moment of the half-year that is so many further on. */
static int
half_year(int64_t *at, int64_t now, int further, struct err *e)
{
	struct date d;
	int half;

	if (date_at(&d, now, NULL, e) != 0)
		return -1;
	half = d.year * 2 + d.month / 7 + further;
	d = (struct date){.precision = DATE_DAY,
	    .year = half / 2,
	    .month = half % 2 == 0 ? 1 : 7,
	    .day = 1};
	return date_instant(at, &d, NULL, e);
}

/*
 * RFC 9116. Expires should be less than a year away (section 2.5.5) and has to
 * be the same each time the same pages are built: it is the beginning of the
 * half-year after the next, and a new one is due when the next begins.
 */
static int
emit_security(struct generator *g, struct err *e)
{
	const struct site_options *o = g->c->options;
	int64_t renew, expires;

	if (o->security.n == 0)
		return 0;
	if (half_year(&renew, o->now, 1, e) != 0 ||
	    half_year(&expires, o->now, 2, e) != 0)
		return -1;
	if (renew < g->c->next_change)
		g->c->next_change = renew;
	buf_puts(&g->text, "Contact: ");
	buf_str(&g->text, o->security);
	buf_puts(&g->text, "\nExpires: ");
	date_rfc3339(&g->text, expires);
	buf_puts(&g->text, "\nCanonical: ");
	buf_str(&g->text, generator_base(g->c));
	buf_puts(&g->text, "/.well-known/security.txt\n");
	return generator_data(g, STR("/.well-known/security.txt"),
	    "text/plain; charset=utf-8", '0', e);
}

/* What Gopher clients ask a server about itself: how selectors are built. The
 * misspelt names are the names. */
static int
emit_caps(struct generator *g, struct err *e)
{
	if (g->c->options->gopher_port == 0)
		return 0;
	buf_puts(&g->text,
	    "CAPS\n"
	    "\n"
	    "CapsVersion=1\n"
	    "ExpireCapsAfter=86400\n"
	    "\n"
	    "PathDelimeter=/\n"
	    "PathIdentity=.\n"
	    "PathParent=..\n"
	    "PathParentDouble=FALSE\n"
	    "PathKeepPreDelimeter=FALSE\n"
	    "\n"
	    "ServerSoftware=capsule\n"
	    "ServerDefaultEncoding=UTF-8\n");
	return generator_data(
	    g, STR("/caps.txt"), "text/plain; charset=utf-8", '0', e);
}

int
generator_wellknown(struct generator *g, struct err *e)
{
	if (emit_robots(g, e) != 0 || emit_favicon(g, e) != 0 ||
	    emit_security(g, e) != 0)
		return -1;
	return emit_caps(g, e);
}
