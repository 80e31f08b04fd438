#include "content/publish.h"

#include "content/address.h"
#include "content/mime.h"
#include "content/when.h"

#include <stdio.h>
#include <stdlib.h>

void
publish_release(struct publish *p)
{
	places_release(&p->folded);
}

static int
add_item(
    struct site *site, const struct item *item, uint32_t *at, struct err *e)
{
	if (site->item_count == site->item_cap) {
		size_t cap = site->item_cap > 0 ? site->item_cap * 2 : 64;
		struct item *items = realloc(site->items, cap * sizeof *items);

		if (items == NULL)
			return err_set(e, ERR_MEMORY, "memory ran out");
		site->items = items;
		site->item_cap = cap;
	}
	*at = (uint32_t)site->item_count;
	site->items[site->item_count++] = *item;
	return 0;
}

/* Where an item comes from, for a fault that names two. */
struct origin {
	struct str file;
	int line;
};

static struct origin
origin_of(const struct publish *p, uint32_t at)
{
	struct str pages = p->site->options.pages;
	const struct entry *entry;

	if (at >= p->catalog->count)
		return (struct origin){
		    scan_name(p->arena, pages, p->site->items[at].file), 0};
	entry = p->order[at];
	return (struct origin){scan_name(p->arena, pages, entry->source),
	    entry->page.permalink.n > 0 ? entry->page.permalink_line : 0};
}

static void
report_taken(
    const struct publish *p, struct origin who, struct str key, uint32_t taken)
{
	struct origin other = origin_of(p, taken);
	char line[16] = "";

	if (other.line > 0)
		snprintf(line, sizeof line, ":%d", other.line);
	faults_add(p->catalog->faults, FAULT_ERROR, who.file, who.line,
	    "two pages at one address: \"%.*s\" is that of %.*s%s too; rename"
	    " one of them or give it another permalink",
	    STR_ARG(key), STR_ARG(other.file), line);
}

static void
report_alias_taken(const struct publish *p, uint32_t at,
    const struct page_alias *alias, uint32_t taken)
{
	struct origin other = origin_of(p, taken);

	faults_add(p->catalog->faults, FAULT_ERROR, origin_of(p, at).file,
	    alias->line,
	    "the alias \"%.*s\" is an address of %.*s too; take it out here,"
	    " or there",
	    STR_ARG(alias->path), STR_ARG(other.file));
}

/* Is this the address of the search, of a form or of one of its steps? None of
 * them has an ending, which a page's file and its text have. */
static bool
is_form(const struct site *site, struct str key)
{
	struct str name = str_sub(key, address_folder(key).n, key.n);

	if (str_chr(name, '.') >= 0)
		return false;
	return (site->options.has_forms && address_form(key) != 0) ||
	    (site->options.has_search && str_is(key, "/search"));
}

/* Whoever asks for the address gets it, and may not know what it hides. */
static void
check_form(const struct publish *p, struct origin who, struct str key)
{
	if (str_rchr(key, '/') == 0 && is_form(p->site, key))
		faults_add(p->catalog->faults, FAULT_WARNING, who.file,
		    who.line,
		    "\"%.*s\" is the address of a form, which cannot be reached"
		    " then; take another one",
		    STR_ARG(key));
}

/* Published all the same: a static build has no such limit. */
static void
check_length(const struct publish *p, uint32_t at)
{
	struct origin who;
	size_t n = p->site->base.n + p->site->items[at].path.n;

	if (n <= ADDRESS_URI_MAX)
		return;
	who = origin_of(p, at);
	faults_add(p->catalog->faults, FAULT_WARNING, who.file, who.line,
	    "its address has %zu bytes, and no Gemini client may ask"
	    " for more than %d; give it a shorter name",
	    n, ADDRESS_URI_MAX);
}

/* An own address, in both protocols. */
static int
take_own(struct publish *p, struct str key, uint32_t at, struct err *e)
{
	struct site *site = p->site;
	const struct place *taken;

	check_length(p, at);
	check_form(p, origin_of(p, at), key);
	if (places_add(&site->gemini, key, at, VIEW_PAGE, &taken, e) != 0)
		return -1;
	if (taken != NULL) {
		report_taken(p, origin_of(p, at), key, taken->item);
		return 0;
	}
	return places_add(&site->gopher, key, at, VIEW_PAGE, NULL, e);
}

static struct str
fold(struct arena *a, struct str key)
{
	char *p = arena_alloc(a, key.n + 1);

	for (size_t i = 0; p != NULL && i < key.n; i++)
		p[i] = key.p[i] >= 'A' && key.p[i] <= 'Z'
		    ? (char)(key.p[i] | 0x20)
		    : key.p[i];
	return (struct str){p, p != NULL ? key.n : 0};
}

/* Pages that differ in case only cannot be told apart by readers, and not
 * kept apart by every file system that a static build may go to. */
static int
check_case(struct publish *p, struct str key, uint32_t at, struct err *e)
{
	const struct place *taken;

	if (places_add(
		&p->folded, fold(p->arena, key), at, VIEW_PAGE, &taken, e) != 0)
		return -1;
	if (taken != NULL && !str_eq(p->addresses[taken->item].own, key))
		report_taken(p, origin_of(p, at), key, taken->item);
	return 0;
}

/* Asked for by its source, as announce knows it: "/offer/2016/shirt.md". */
static struct str
offer_of(const struct publish *p, const struct entry *entry)
{
	const struct site_options *o = &p->site->options;

	if (!o->has_forms || !when_offer_is_open(&entry->page.offer, o->now))
		return (struct str){0};
	return arena_printf(
	    &p->site->arena, "/offer/%.*s", STR_ARG(entry->source));
}

static int
publish_page(struct publish *p, size_t i, struct err *e)
{
	struct entry *entry = p->order[i];
	struct page_address *to = &p->addresses[i];
	struct arena *a = &p->site->arena;
	struct item item = {.kind = ITEM_PAGE, .type = '1'};
	uint32_t at;

	if (address_of_file(to, a, entry->source, entry->page.permalink, e) !=
	    0)
		return err_wrap(e, "%.*s", STR_ARG(entry->source));
	entry->path = to->path;
	entry->folder = to->folder;
	entry->is_index = to->is_index;
	entry->selector = to->own;
	item.path = to->path;
	item.selector = to->own;
	item.title = arena_str(a, entry->title);
	item.offer = offer_of(p, entry);
	item.mime = p->site->gemtext_mime;
	if (entry->page.lang.n > 0)
		item.mime = image_gemtext_mime(a, entry->page.lang);
	if (arena_ok(a, e) != 0 || add_item(p->site, &item, &at, e) != 0 ||
	    take_own(p, to->own, at, e) != 0)
		return -1;
	return check_case(p, to->own, at, e);
}

int
publish_pages(struct publish *p, struct err *e)
{
	struct catalog *c = p->catalog;

	p->order = arena_array(p->arena, c->count, sizeof *p->order);
	p->addresses = arena_array(p->arena, c->count, sizeof *p->addresses);
	if (arena_ok(p->arena, e) != 0)
		return -1;
	for (size_t i = 0; i < c->count; i++)
		p->order[i] = c->entries[i];
	for (size_t i = 0; i < c->count; i++)
		if (publish_page(p, i, e) != 0)
			return -1;
	p->site->page_count = c->count;
	return 0;
}

static int
publish_file(struct publish *p, const struct scan_file *file,
    struct entry_file *listed, struct err *e)
{
	struct arena *a = &p->site->arena;
	const struct mime *mime = mime_of(file->name);
	struct page_address to;
	struct item item = {.kind = ITEM_FILE};
	uint32_t at;

	if (address_of_file(&to, a, file->name, STR(""), e) != 0)
		return -1;
	item.type = mime->item;
	item.path = to.path;
	item.selector = to.own;
	item.mime =
	    mime_is_gemtext(mime) ? p->site->gemtext_mime : str_of(mime->type);
	item.file = arena_str(a, file->name);
	item.title = to.own;
	item.size = file->size;
	*listed =
	    (struct entry_file){to.path, to.folder, file->size, mime->item};
	if (arena_ok(a, e) != 0 || add_item(p->site, &item, &at, e) != 0)
		return -1;
	return take_own(p, to.own, at, e);
}

static int
file_by_path(const void *a, const void *b)
{
	return str_cmp(((const struct entry_file *)a)->path,
	    ((const struct entry_file *)b)->path);
}

int
publish_files(struct publish *p, const struct scan_file *const *files,
    size_t count, struct err *e)
{
	struct catalog *c = p->catalog;

	c->files = arena_array(p->arena, count, sizeof *c->files);
	if (arena_ok(p->arena, e) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (publish_file(p, files[i], &c->files[i], e) != 0)
			return -1;
	c->file_count = count;
	p->site->file_count = count;
	if (count > 0)
		qsort(c->files, count, sizeof *c->files, file_by_path);
	return 0;
}

/* Other names of an item, but not those of forms. The short selector and the
 * text become the ones that links say, where they are free. */
static int
take_gopher_names(struct site *site, const struct page_address *to, uint32_t at,
    struct err *e)
{
	struct item *item = &site->items[at];
	const struct place *taken;

	for (size_t i = 0; i < to->gopher_count; i++) {
		const struct address_key *k = &to->gopher[i];

		if (is_form(site, k->key))
			continue;
		if (places_add(&site->gopher, k->key, at, k->view, &taken, e) !=
		    0)
			return -1;
		if (taken != NULL && taken->item != at)
			continue;
		if (str_eq(k->key, to->selector))
			item->selector = k->key;
		if (str_eq(k->key, to->text))
			item->text_selector = k->key;
	}
	return 0;
}

static int
take_gemini_names(struct site *site, const struct page_address *to, uint32_t at,
    struct err *e)
{
	for (size_t i = 0; i < to->gemini_count; i++)
		if (!is_form(site, to->gemini[i].key) &&
		    places_add(&site->gemini, to->gemini[i].key, at,
			to->gemini[i].view, NULL, e) != 0)
			return -1;
	return 0;
}

/* An alias is asked for by its author, so one that is taken is a fault. In
 * Gopher, which has no redirects, the page itself stands there too. */
static int
take_alias(struct publish *p, uint32_t at, const struct page_alias *alias,
    struct err *e)
{
	const struct place *taken;
	struct str key;

	if (address_key(&key, &p->site->arena, alias->path, e) != 0)
		return -1;
	check_form(p, (struct origin){origin_of(p, at).file, alias->line}, key);
	if (places_add(&p->site->gemini, key, at, VIEW_MOVED, &taken, e) != 0)
		return -1;
	if (taken != NULL && taken->item != at)
		report_alias_taken(p, at, alias, taken->item);
	return places_add(&p->site->gopher, key, at, VIEW_PAGE, NULL, e);
}

static int
publish_aliases(struct publish *p, struct err *e)
{
	for (size_t i = 0; i < p->catalog->count; i++) {
		const struct page *page = &p->order[i]->page;

		for (size_t k = 0; k < page->alias_count; k++)
			if (take_alias(p, (uint32_t)i, &page->aliases[k], e) !=
			    0)
				return -1;
	}
	return 0;
}

static int
publish_search(struct site *site, struct err *e)
{
	struct item item = {
	    .kind = ITEM_SEARCH,
	    .type = '7',
	    .path = STR("/search"),
	    .selector = STR("/search"),
	    .title = STR("Search"),
	};
	uint32_t at;

	if (!site->options.has_search ||
	    places_find(&site->gemini, item.path) != NULL)
		return 0;
	if (add_item(site, &item, &at, e) != 0 ||
	    places_add(&site->gemini, item.path, at, VIEW_PAGE, NULL, e) != 0)
		return -1;
	return places_add(&site->gopher, item.path, at, VIEW_PAGE, NULL, e);
}

/* A folder's ready-made page has other names; other files have none. */
static int
publish_file_names(struct publish *p, uint32_t at, struct err *e)
{
	struct site *site = p->site;
	struct page_address to;

	if (!address_is_index(site->items[at].file))
		return 0;
	if (address_of_file(
		&to, &site->arena, site->items[at].file, STR(""), e) != 0 ||
	    take_gemini_names(site, &to, at, e) != 0)
		return -1;
	return take_gopher_names(site, &to, at, e);
}

int
publish_rest(struct publish *p, struct err *e)
{
	struct site *site = p->site;
	size_t own = site->item_count;

	if (publish_aliases(p, e) != 0)
		return -1;
	for (size_t i = 0; i < p->catalog->count; i++) {
		if (take_gemini_names(site, &p->addresses[i], (uint32_t)i, e) !=
			0 ||
		    take_gopher_names(site, &p->addresses[i], (uint32_t)i, e) !=
			0)
			return -1;
		p->order[i]->selector = site->items[i].selector;
	}
	for (size_t i = p->catalog->count; i < own; i++)
		if (publish_file_names(p, (uint32_t)i, e) != 0)
			return -1;
	return publish_search(site, e);
}

static void
fill_generated(struct site *site, struct item *item, const struct generated *g)
{
	struct arena *a = &site->arena;

	item->title = arena_str(a, g->title);
	if (g->markdown.n > 0) {
		item->kind = ITEM_PAGE;
		item->type = '1';
		item->mime = g->lang.n > 0 ? image_gemtext_mime(a, g->lang)
					   : site->gemtext_mime;
		site->page_count++;
		return;
	}
	item->kind = ITEM_DATA;
	item->type = g->type != 0 ? g->type : '0';
	item->mime = arena_str(a, g->mime);
	item->gemtext = arena_str(a, g->bytes);
}

int
publish_generated(
    struct site *site, const struct generated *g, uint32_t *at, struct err *e)
{
	struct item item = {0};
	struct str key;

	*at = ITEM_NONE;
	if (address_key(&key, &site->arena, g->path, e) != 0)
		return -1;
	if (places_find(&site->gemini, key) != NULL)
		return 0;
	item.path = address_path(&site->arena, key);
	item.selector = key;
	fill_generated(site, &item, g);
	if (arena_ok(&site->arena, e) != 0 ||
	    add_item(site, &item, at, e) != 0 ||
	    places_add(&site->gemini, key, *at, VIEW_PAGE, NULL, e) != 0)
		return -1;
	return places_add(&site->gopher, key, *at, VIEW_PAGE, NULL, e);
}

int
publish_generated_rest(struct site *site, size_t from, struct err *e)
{
	for (size_t i = from; i < site->item_count; i++) {
		struct page_address to;

		if (site->items[i].kind != ITEM_PAGE)
			continue;
		if (address_of_path(
			&to, &site->arena, site->items[i].path, e) != 0 ||
		    take_gemini_names(site, &to, (uint32_t)i, e) != 0 ||
		    take_gopher_names(site, &to, (uint32_t)i, e) != 0)
			return -1;
	}
	return 0;
}
