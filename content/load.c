#include "content/site.h"

#include "content/assemble.h"
#include "content/check_pages.h"
#include "content/crew.h"
#include "content/generate.h"
#include "content/image.h"
#include "content/publish.h"
#include "content/reader.h"
#include "content/search.h"
#include "content/suggest.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A generated page until it is rendered. */
struct made {
	uint32_t item;
	struct str markdown;
};

/* All that only the building needs. */
struct load {
	struct site *site;
	struct arena arena;
	struct catalog catalog;
	struct scan scan;
	struct reader reader;
	struct publish publish;
	struct entry **order; /* the entry of each of the first items */
	struct additions *additions;
	struct made *made;
	size_t made_count;
	struct assemble assemble; /* of the generated pages */
	struct search_builder *search;
};

static void
copy_options(struct site *site, const struct site_options *options)
{
	struct site_options *o = &site->options;
	struct arena *a = &site->arena;

	*o = *options;
	o->pages = arena_str(a, options->pages);
	o->title = arena_str(a, options->title);
	o->host = arena_str(a, options->host);
	o->lang = arena_str(a, options->lang.n > 0 ? options->lang : STR("en"));
	o->favicon = arena_str(a, options->favicon);
	o->security = arena_str(a, options->security);
	if (o->gemini_port == 0)
		o->gemini_port = 1965;
	site->base = o->gemini_port == 1965
	    ? arena_printf(a, "gemini://%.*s", STR_ARG(o->host))
	    : arena_printf(
		  a, "gemini://%.*s:%d", STR_ARG(o->host), o->gemini_port);
	site->gemtext_mime = image_gemtext_mime(a, o->lang);
}

static int
open_site(struct site **out, const struct site_options *options, struct err *e)
{
	struct site *site = calloc(1, sizeof *site);

	if (site == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	site->dir = -1;
	site->next_change = INT64_MAX;
	arena_init(&site->arena);
	copy_options(site, options);
	*out = site;
	if (arena_ok(&site->arena, e) != 0)
		return -1;
	site->dir = scan_open(site->options.pages, e);
	return site->dir >= 0 ? 0 : -1;
}

static int
read_pages(struct load *l, struct err *e)
{
	struct site *site = l->site;

	l->catalog = (struct catalog){
	    .arena = &l->arena,
	    .options = &site->options,
	    .faults = l->assemble.faults,
	    .next_change = INT64_MAX,
	};
	l->reader = (struct reader){
	    .catalog = &l->catalog, .scan = &l->scan, .dir = site->dir};
	if (scan_folder(&l->scan, &l->arena, site->dir, site->options.pages,
		l->assemble.faults, e) != 0)
		return -1;
	return reader_read(&l->reader, e);
}

/* Entries and files become items, each with its address. */
static int
address_all(struct load *l, struct err *e)
{
	struct publish *p = &l->publish;

	*p = (struct publish){
	    .site = l->site, .catalog = &l->catalog, .arena = &l->arena};
	if (publish_pages(p, e) != 0 ||
	    publish_files(p, l->reader.files, l->reader.file_count, e) != 0 ||
	    publish_rest(p, e) != 0)
		return -1;
	l->order = p->order;
	return 0;
}

/* A page of one's own at the same address wins, also at an old one. */
static int
emit(void *ctx, const struct generated *g, struct err *e)
{
	struct load *l = ctx;
	struct made *made;
	uint32_t at;

	if (publish_generated(l->site, g, &at, e) != 0)
		return -1;
	if (at == ITEM_NONE || g->markdown.n == 0)
		return 0;
	made = arena_grow(&l->arena, l->made, l->made_count, sizeof *made);
	if (made == NULL)
		return arena_ok(&l->arena, e);
	l->made = made;
	made[l->made_count++] =
	    (struct made){at, arena_str(&l->arena, g->markdown)};
	return arena_ok(&l->arena, e);
}

/* Nothing that Markdown could read as a link stands in the text. What looks
 * like one and is none costs nothing: a menu shows every page right. */
static bool
has_no_link(struct str text)
{
	return str_chr(text, '[') < 0 && str_chr(text, '<') < 0 &&
	    str_find(text, STR("://")) < 0;
}

/* What is added to each page, and with it whether Gopher's links lead to
 * the menu or, where nothing is to be followed, to the text. */
static int
write_additions(struct load *l, struct err *e)
{
	struct buf *words = &l->assemble.words;

	for (size_t i = 0; i < l->catalog.count; i++) {
		struct additions *additions = &l->additions[i];
		const struct entry *entry = l->order[i];
		struct item *item = &l->site->items[i];

		struct str all;
		size_t before, own;

		buf_clear(words);
		generate_before(words, &l->catalog, entry);
		before = words->len;
		generate_own(words, &l->catalog, entry);
		own = words->len;
		generate_after(words, &l->catalog, entry);
		if (buf_ok(words, "a page", e) != 0)
			return -1;
		all = arena_buf(&l->arena, words);
		additions->before = str_sub(all, 0, before);
		additions->own = str_sub(all, before, own - before);
		additions->after = str_sub(all, own, all.n);
		if (item->text_selector.n > 0 &&
		    item->text_selector.n <= ADDRESS_SELECTOR_MAX &&
		    has_no_link(entry->page.body) && has_no_link(all))
			item->type = '0';
	}
	return arena_ok(&l->arena, e);
}

static int
generate(struct load *l, struct err *e)
{
	struct site *site = l->site;
	size_t own = site->item_count;

	l->additions =
	    arena_array(&l->arena, l->catalog.count, sizeof *l->additions);
	if (arena_ok(&l->arena, e) != 0 ||
	    catalog_finish(&l->catalog, e) != 0 || write_additions(l, e) != 0 ||
	    generate_all(&l->catalog, emit, l, e) != 0 ||
	    publish_generated_rest(site, own, e) != 0)
		return -1;
	places_sort(&site->gemini);
	places_sort(&site->gopher);
	site->next_change = l->catalog.next_change;
	l->assemble.linked = arena_array(
	    &l->arena, site->item_count, sizeof *l->assemble.linked);
	if (arena_ok(&l->arena, e) != 0)
		return -1;
	return suggest_prepare(site, e);
}

static int
assemble_all(struct load *l, struct err *e)
{
	struct crew_task task = {
	    .site = l->site,
	    .order = l->order,
	    .additions = l->additions,
	    .count = l->catalog.count,
	    .withheld = &l->reader.withheld,
	    .linked = l->assemble.linked,
	    .faults = l->assemble.faults,
	};

	if (l->site->options.has_search &&
	    search_builder_new(&l->search, e) != 0)
		return -1;
	task.search = l->search;
	if (crew_assemble(&task, e) != 0)
		return -1;
	for (size_t i = 0; i < l->made_count; i++)
		if (assemble_generated(&l->assemble, l->made[i].item,
			l->made[i].markdown, e) != 0)
			return -1;
	return 0;
}

static int
finish_search(struct load *l, struct err *e)
{
	if (l->search == NULL)
		return 0;
	return search_builder_finish(
	    l->search, &l->site->index, &l->site->index_len, e);
}

/* All faults are found before any of them ends the load. */
static int
run(struct load *l, struct err *e)
{
	struct faults *faults = l->assemble.faults;
	size_t errors = faults->errors;

	if (read_pages(l, e) != 0 || address_all(l, e) != 0 ||
	    generate(l, e) != 0 || assemble_all(l, e) != 0)
		return -1;
	check_pages(&l->catalog, l->order, l->assemble.linked);
	errors = faults->errors - errors;
	if (errors > 0)
		return err_set(e, ERR_INPUT,
		    "the pages have %zu error%s, so the site is not published",
		    errors, errors == 1 ? "" : "s");
	/* Finishing the index takes as much memory as the index itself: what
	 * only the building needs goes first, back to the system. */
	assemble_release(&l->assemble);
	reader_release(&l->reader);
	publish_release(&l->publish);
	arena_release(&l->arena);
	malloc_trim(0);
	return finish_search(l, e);
}

int
site_load(struct site **site, const struct site_options *options,
    struct faults *faults, struct err *e)
{
	struct load l = {0};
	int rc;

	*site = NULL;
	arena_init(&l.arena);
	assemble_init(&l.assemble);
	rc = open_site(&l.site, options, e);
	l.assemble.site = l.site;
	l.assemble.faults = faults;
	if (rc == 0) {
		l.assemble.keep = &l.site->arena;
		rc = run(&l, e);
	}
	faults_sort(faults);
	search_builder_free(l.search);
	assemble_release(&l.assemble);
	publish_release(&l.publish);
	reader_release(&l.reader);
	arena_release(&l.arena);
	if (rc == 0)
		*site = l.site;
	else
		site_free(l.site);
	return rc;
}
