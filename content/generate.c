#include "content/generate.h"

#include "base/uri.h"
#include "content/address.h"
#include "content/generators.h"
#include "content/md.h"
#include "content/when.h"

#include <stdlib.h>

static int
hand_over(
    struct generator *g, struct generated *out, struct str path, struct err *e)
{
	struct page_address address;
	int r;

	if (buf_ok(&g->text, "a generated page", e) != 0 ||
	    arena_ok(g->c->arena, e) != 0 ||
	    address_of_path(&address, g->c->arena, path, e) != 0)
		return -1;
	out->path = address.path;
	out->lang = g->c->options->lang;
	r = g->emit(g->ctx, out, e);
	buf_clear(&g->text);
	return r;
}

int
generator_page(
    struct generator *g, struct str path, struct str title, struct err *e)
{
	struct generated out = {
	    .title = title, .markdown = buf_slice(&g->text)};

	if (hand_over(g, &out, path, e) != 0)
		return -1;
	g->pages =
	    arena_grow(g->c->arena, g->pages, g->page_count, sizeof *g->pages);
	if (g->pages == NULL)
		return arena_ok(g->c->arena, e);
	g->pages[g->page_count++] = out.path;
	return 0;
}

int
generator_data(struct generator *g, struct str path, const char *mime,
    char type, struct err *e)
{
	struct generated out = {
	    .bytes = buf_slice(&g->text), .mime = str_of(mime), .type = type};

	return hand_over(g, &out, path, e);
}

const struct entry **
generator_select(struct catalog *c, size_t *count,
    bool (*is_wanted)(const struct entry *entry),
    int (*order)(const void *a, const void *b))
{
	const struct entry **list =
	    arena_array(c->arena, c->count + 1, sizeof *list);
	size_t n = 0;

	*count = 0;
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < c->count; i++)
		if (is_wanted(c->entries[i]))
			list[n++] = c->entries[i];
	qsort(list, n, sizeof *list, order);
	*count = n;
	return list;
}

int
generator_by_event(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa;
	const struct entry *b = *(const struct entry *const *)pb;
	const struct date *left = &a->page.event.start;
	const struct date *right = &b->page.event.start;
	int c =
	    (left->precision == DATE_NONE) - (right->precision == DATE_NONE);

	if (c == 0 && left->precision != DATE_NONE)
		c = date_cmp(right, left);
	return c != 0 ? c : str_cmp(a->path, b->path);
}

struct str
generator_base(struct catalog *c)
{
	const struct site_options *o = c->options;

	if (o->gemini_port == 1965 || o->gemini_port == 0)
		return arena_printf(
		    c->arena, "gemini://%.*s", STR_ARG(o->host));
	return arena_printf(
	    c->arena, "gemini://%.*s:%d", STR_ARG(o->host), o->gemini_port);
}

void
generator_heading(struct buf *md, int level, struct str text)
{
	buf_fill(md, '#', (size_t)level);
	buf_putc(md, ' ');
	md_escape(md, text);
	buf_puts(md, "\n\n");
}

void
generator_paragraph(struct buf *md, struct str text)
{
	if (text.n == 0)
		return;
	md_escape(md, text);
	buf_puts(md, "\n\n");
}

/* Between "<" and ">" only these, the backslash and the ampersand, which
 * begins an entity, mean something; a repaired address has but the last. */
void
generator_target(struct buf *md, struct str target)
{
	struct str piece;
	struct buf uri;
	bool is_first = true;

	buf_init(&uri, md->max);
	uri_repair(&uri, target);
	target = buf_slice(&uri);
	buf_putc(md, '<');
	while (str_next(&target, '&', &piece)) {
		if (!is_first)
			buf_puts(md, "&amp;");
		buf_str(md, piece);
		is_first = false;
	}
	buf_putc(md, '>');
	buf_fail(md, uri.failed);
	buf_release(&uri);
}

void
generator_link(
    struct buf *md, const char *before, struct str text, struct str target)
{
	buf_putc(md, '[');
	md_escape(md, str_of(before));
	md_escape(md, text);
	buf_puts(md, "](");
	generator_target(md, target);
	buf_putc(md, ')');
}

void
generator_item(
    struct buf *md, const char *before, struct str text, struct str target)
{
	buf_puts(md, "* ");
	generator_link(md, before, text, target);
	buf_putc(md, '\n');
}

void
generator_event(struct buf *md, const struct page_event *event)
{
	bool is_cancelled = event->cancelled.n > 0;
	struct buf words;

	buf_init(&words, 4096);
	if (is_cancelled) {
		buf_puts(md, "**Cancelled:** ");
		generator_paragraph(md, event->cancelled);
		buf_puts(md, "It was planned for ");
	}
	when_words(&words, event);
	md_escape(md, buf_slice(&words));
	buf_fail(md, words.failed);
	if (event->place.n > 0) {
		buf_puts(md, ", ");
		md_escape(md, event->place);
	}
	if (event->host.n > 0) {
		buf_puts(md, "; hosted by ");
		md_escape(md, event->host);
	}
	buf_puts(md, is_cancelled ? ".\n\n" : "\n\n");
	buf_release(&words);
}

void
generator_talk(struct buf *md, const struct page_talk *talk)
{
	for (size_t i = 0; i < talk->speaker_count; i++) {
		if (i > 0)
			buf_puts(
			    md, i + 1 < talk->speaker_count ? ", " : " and ");
		md_escape(md, talk->speakers[i]);
	}
	buf_puts(md, "\n\n");
	generator_paragraph(md, talk->summary);
	if (talk->video.n > 0) {
		generator_link(md, "Video: ", talk->title, talk->video);
		buf_putc(md, '\n');
	}
	if (talk->slides.n > 0) {
		generator_link(md, "Slides: ", talk->title, talk->slides);
		buf_putc(md, '\n');
	}
	buf_putc(md, '\n');
}

void
generator_sponsor(struct buf *md, const struct page_sponsor *sponsor)
{
	buf_puts(md, "* ");
	if (sponsor->url.n > 0)
		generator_link(md, "", sponsor->name, sponsor->url);
	else
		md_escape(md, sponsor->name);
	if (sponsor->gave.n > 0) {
		buf_puts(md, ": ");
		md_escape(md, sponsor->gave);
	}
	buf_putc(md, '\n');
}

void
generator_dated(struct buf *md, const struct entry *entry)
{
	const struct date *d = &entry->page.date;
	struct str title = entry->title;

	if (d->precision == DATE_NONE) {
		generator_item(md, "", title, entry->path);
		return;
	}
	buf_printf(md, "* %04d-%02d-%02d - ", d->year, d->month, d->day);
	/* Clients take the date off the label, and after it no digit may come
	 * (rule 27); a title in quotation marks begins with none. */
	if (title.n > 0 && title.p[0] >= '0' && title.p[0] <= '9')
		title = (struct str){NULL, 0};
	if (title.n > 0) {
		generator_link(md, "", title, entry->path);
	} else {
		buf_puts(md, "[“");
		md_escape(md, entry->title);
		buf_puts(md, "”](");
		generator_target(md, entry->path);
		buf_putc(md, ')');
	}
	buf_putc(md, '\n');
}

/* The site looks different once an event is over, an offer opens or closes. */
static void
lower_next_change(struct catalog *c, int64_t at)
{
	if (at > c->options->now && at < c->next_change)
		c->next_change = at;
}

static void
note_changes(struct catalog *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct page *page = &c->entries[i]->page;
		int64_t begins, over;

		if (page->event.present &&
		    when_event(&begins, &over, &page->event, NULL) == 0)
			lower_next_change(c, over);
		if (page->offer.present &&
		    when_offer(&begins, &over, &page->offer, NULL) == 0) {
			lower_next_change(c, begins);
			lower_next_change(c, over);
		}
	}
}

int
generate_all(struct catalog *c,
    int (*emit)(void *ctx, const struct generated *g, struct err *e), void *ctx,
    struct err *e)
{
	static int (*const all[])(struct generator * g, struct err * e) = {
	    generator_history, generator_talks, generator_sponsors,
	    generator_news, generator_categories, generator_listings,
	    generator_calendars, generator_wellknown};
	struct generator g = {.c = c, .emit = emit, .ctx = ctx};
	int r = 0;

	buf_init(&g.text, MD_SIZE_MAX);
	note_changes(c);
	for (size_t i = 0; r == 0 && i < sizeof all / sizeof all[0]; i++)
		r = all[i](&g, e);
	buf_release(&g.text);
	return r;
}
