#include "content/generators.h"

#include "content/feed.h"

static bool
is_news(const struct entry *entry)
{
	return str_starts(entry->source, STR("news/")) && !entry->is_index;
}

static bool
is_dated(const struct entry *entry)
{
	return entry->page.date.precision != DATE_NONE;
}

const struct entry **
generator_news_pages(struct catalog *c, size_t *count)
{
	return generator_select(c, count, is_news, entry_newer_first);
}

/* The feed of the whole site: every page with a date, the announcements among
 * them. */
static int
emit_feed(struct generator *g, struct err *e)
{
	struct feed feed = {.base = generator_base(g->c),
	    .path = STR("/atom.xml"),
	    .home = STR("/"),
	    .title = g->c->options->title,
	    .author = g->c->options->title};

	feed.entries =
	    generator_select(g->c, &feed.count, is_dated, entry_newer_first);
	if (feed.count == 0)
		return arena_ok(g->c->arena, e);
	feed_write(&g->text, &feed);
	return generator_data(g, feed.path, FEED_MIME, '0', e);
}

int
generator_news(struct generator *g, struct err *e)
{
	const struct entry **list;
	struct str title;
	size_t n;

	if (emit_feed(g, e) != 0)
		return -1;
	list = generator_news_pages(g->c, &n);
	if (n == 0)
		return arena_ok(g->c->arena, e);
	generator_paragraph(&g->text,
	    is_dated(list[0])
		? STR("All announcements, the latest first. Follow this page, "
		      "or the feed below, to hear of the next.")
		: STR("All announcements."));
	for (size_t i = 0; i < n; i++)
		generator_dated(&g->text, list[i]);
	if (is_dated(list[0])) {
		buf_puts(&g->text, "\n---\n\n");
		generator_item(
		    &g->text, "", STR("Atom feed"), STR("/atom.xml"));
	}
	/* Who subscribes sees this title among those of other capsules. */
	title = arena_printf(
	    g->c->arena, "%.*s: news", STR_ARG(g->c->options->title));
	return generator_page(g, STR("/news"), title, e);
}
