#include "content/generators.h"

#include "base/uri.h"
#include "content/feed.h"

#include <stdlib.h>

/* A page under one of its categories. */
struct filed {
	struct str path; /* of the category's page */
	struct str name;
	const struct entry *entry;
};

/* One segment of an address, so without "/"; without "." too, so that it is
 * neither "..", nor the name of another's feed. */
struct str
generator_category_path(struct catalog *c, struct str name)
{
	struct str path = {NULL, 0};
	struct buf plain, encoded;

	name = str_trim(name);
	if (name.n == 0 || str_has_control(name))
		return path;
	buf_init(&plain, name.n + 1);
	buf_init(&encoded, 3 * name.n + 1);
	for (size_t i = 0; i < name.n; i++)
		buf_putc(&plain,
		    name.p[i] == '/' || name.p[i] == '.' ||
			    (unsigned char)name.p[i] < 0x20
			? '-'
			: name.p[i]);
	uri_encode_path(&encoded, buf_slice(&plain));
	buf_fail(&encoded, plain.failed);
	path = arena_printf(
	    c->arena, "/category/%.*s", STR_ARG(arena_buf(c->arena, &encoded)));
	buf_release(&plain);
	buf_release(&encoded);
	return path;
}

static int
by_category(const void *pa, const void *pb)
{
	const struct filed *a = pa, *b = pb;
	int c = str_cmp(a->path, b->path);

	return c != 0 ? c : entry_newer_first(&a->entry, &b->entry);
}

static struct filed *
list_filed(struct catalog *c, size_t *count)
{
	struct filed *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct page *page = &c->entries[i]->page;

		for (size_t j = 0; j < page->category_count; j++) {
			struct filed filed = {
			    generator_category_path(c, page->categories[j]),
			    str_trim(page->categories[j]), c->entries[i]};

			if (filed.path.n == 0)
				continue;
			list = arena_grow(c->arena, list, n, sizeof *list);
			if (list == NULL)
				return NULL;
			list[n++] = filed;
		}
	}
	*count = n;
	if (n > 0)
		qsort(list, n, sizeof *list, by_category);
	return list;
}

static int
emit_category_feed(struct generator *g, const struct filed *list, size_t n,
    struct str path, struct str title, struct err *e)
{
	struct arena *a = g->c->arena;
	struct feed feed = {.base = generator_base(g->c),
	    .path = path,
	    .home = list[0].path,
	    .title = title,
	    .author = g->c->options->title};

	feed.entries = arena_array(a, n, sizeof *feed.entries);
	if (feed.entries == NULL)
		return arena_ok(a, e);
	for (size_t i = 0; i < n; i++)
		if (list[i].entry->page.date.precision != DATE_NONE)
			feed.entries[feed.count++] = list[i].entry;
	feed_write(&g->text, &feed);
	return generator_data(g, feed.path, FEED_MIME, '0', e);
}

/* n pages of one category; *count is how many there are, since a page that
 * names it twice is listed once. Those with a date have a feed, too. */
static int
emit_category(struct generator *g, const struct filed *list, size_t n,
    size_t *count, struct err *e)
{
	struct arena *a = g->c->arena;
	struct filed *once = arena_array(a, n, sizeof *once);
	struct str title, feed;
	bool has_feed = false;

	*count = 0;
	if (once == NULL)
		return arena_ok(a, e);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || list[i].entry != list[i - 1].entry)
			once[(*count)++] = list[i];
	generator_paragraph(
	    &g->text, STR("All pages of this category, the latest first."));
	for (size_t i = 0; i < *count; i++) {
		generator_dated(&g->text, once[i].entry);
		has_feed |= once[i].entry->page.date.precision != DATE_NONE;
	}
	/* Who subscribes sees this title among those of other capsules. */
	title = arena_printf(a, "%.*s: %.*s", STR_ARG(g->c->options->title),
	    STR_ARG(list[0].name));
	feed = arena_printf(a, "%.*s.xml", STR_ARG(list[0].path));
	buf_puts(&g->text, "\n---\n\n");
	generator_item(&g->text, "", STR("All categories"), STR("/category"));
	if (has_feed)
		generator_item(&g->text, "", STR("Atom feed"), feed);
	if (generator_page(g, once[0].path, title, e) != 0)
		return -1;
	if (!has_feed)
		return 0;
	return emit_category_feed(g, once, *count, feed, title, e);
}

int
generator_categories(struct generator *g, struct err *e)
{
	size_t count = 0, n, pages;
	struct filed *list = list_filed(g->c, &count);
	struct buf all;
	int r = 0;

	buf_init(&all, g->text.max);
	for (size_t i = 0; r == 0 && i < count; i += n) {
		for (n = 1; i + n < count; n++)
			if (!str_eq(list[i + n].path, list[i].path))
				break;
		r = emit_category(g, list + i, n, &pages, e);
		generator_item(&all, "",
		    arena_printf(g->c->arena, "%.*s (%zu page%s)",
			STR_ARG(list[i].name), pages, pages == 1 ? "" : "s"),
		    list[i].path);
	}
	if (r == 0 && count > 0) {
		generator_paragraph(&g->text,
		    STR("What the pages are about, and how many there are of "
			"each."));
		buf_join(&g->text, &all);
		r = generator_page(g, STR("/category"), STR("Categories"), e);
	}
	buf_release(&all);
	return r != 0 ? r : arena_ok(g->c->arena, e);
}
