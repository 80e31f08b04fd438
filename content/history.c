#include "content/generators.h"

static bool
is_edition(const struct entry *entry)
{
	return entry->page.event.present;
}

static bool
has_sponsors(const struct entry *entry)
{
	return entry->page.sponsor_count > 0;
}

static void
write_more(struct buf *md, const struct entry *entry)
{
	generator_link(md, "More about ", entry->title, entry->path);
	buf_puts(md, "\n\n");
}

int
generator_history(struct generator *g, struct err *e)
{
	const struct entry **list;
	size_t n;

	list = generator_select(g->c, &n, is_edition, generator_by_event);
	if (n == 0)
		return arena_ok(g->c->arena, e);
	generator_paragraph(&g->text, STR("Every event, the latest first."));
	for (size_t i = 0; i < n; i++) {
		const struct page_event *event = &list[i]->page.event;

		generator_heading(&g->text, 2, list[i]->title);
		generator_event(&g->text, event);
		generator_paragraph(&g->text,
		    event->summary.n > 0 ? event->summary : list[i]->lead);
		write_more(&g->text, list[i]);
	}
	return generator_page(g, STR("/history"), STR("History"), e);
}

int
generator_sponsors(struct generator *g, struct err *e)
{
	const struct entry **list;
	size_t n;

	list = generator_select(g->c, &n, has_sponsors, generator_by_event);
	if (n == 0)
		return arena_ok(g->c->arena, e);
	generator_paragraph(&g->text, STR("Who gave what, the latest first."));
	for (size_t i = 0; i < n; i++) {
		const struct page *page = &list[i]->page;

		generator_heading(&g->text, 2, list[i]->title);
		for (size_t j = 0; j < page->sponsor_count; j++)
			generator_sponsor(&g->text, &page->sponsors[j]);
		buf_putc(&g->text, '\n');
		write_more(&g->text, list[i]);
	}
	return generator_page(g, STR("/sponsors"), STR("Sponsors"), e);
}
