#include "content/assemble.h"

#include "content/check_pages.h"
#include "content/inlines.h"
#include "content/md.h"
#include "content/reader.h"
#include "content/render.h"
#include "content/resolve.h"

void
assemble_init(struct assemble *as)
{
	buf_init(&as->gemtext, SIZE_MAX / 4);
	buf_init(&as->menu, SIZE_MAX / 4);
	buf_init(&as->text, SIZE_MAX / 4);
	buf_init(&as->words, SIZE_MAX / 4);
	arena_init(&as->scratch);
}

void
assemble_release(struct assemble *as)
{
	buf_release(&as->gemtext);
	buf_release(&as->menu);
	buf_release(&as->text);
	buf_release(&as->words);
	arena_release(&as->scratch);
}

/* A doc's last block, or NULL. */
static struct block *
last_block(struct block *b)
{
	while (b != NULL && b->next != NULL)
		b = b->next;
	return b;
}

static struct block *
chain(struct block *a, struct block *b)
{
	if (a == NULL)
		return b;
	last_block(a)->next = b;
	return a;
}

/* Puts blocks below all others but the footnotes, which stay last. */
static void
add_below(struct doc *doc, struct block *blocks)
{
	struct block **end = &doc->first;

	while (*end != NULL && (*end)->kind != BLOCK_FOOTNOTE)
		end = &(*end)->next;
	*end = chain(blocks, *end);
}

/* A heading that begins the body and says the title stays first, where the
 * renderers expect it. */
static void
add_above(struct doc *body, struct arena *a, const struct entry *entry,
    struct block *before)
{
	enum err_kind failed = ERR_NONE;
	struct block *first = body->first, *heading = NULL;

	if (first != NULL && first->kind == BLOCK_HEADING &&
	    first->level == 1 &&
	    inlines_say(first->inls, entry->title, &failed)) {
		heading = first;
		first = heading->next;
		heading->next = NULL;
	}
	if (failed != ERR_NONE)
		a->failed = true;
	body->first = chain(chain(heading, before), first);
}

/* What was generated. Front matter's own targets are checked with their
 * lines. */
static int
parse_part(struct block **first, struct arena *a, struct str markdown,
    const struct resolver *r, struct err *e)
{
	struct resolver quiet = *r;
	struct link_resolver resolve = {resolve_link, &quiet};
	struct md_options options = {.first_line = 1, .resolver = &resolve};
	struct doc doc;

	*first = NULL;
	if (markdown.n == 0)
		return 0;
	quiet.faults = NULL;
	if (md_parse(&doc, a, markdown, &options, e) != 0)
		return -1;
	*first = doc.first;
	return 0;
}

int
assemble_doc(struct doc *doc, struct arena *a, const struct entry *entry,
    const struct additions *additions, struct resolver *r,
    void (*no_alt)(void *ctx, int line), struct err *e)
{
	struct link_resolver resolve = {resolve_link, r};
	struct md_options options = {
	    entry->page.body_line, &resolve, no_alt, r};
	struct block *before, *own;

	if (md_parse(doc, a, entry->page.body, &options, e) != 0 ||
	    parse_part(&before, a, additions->before, r, e) != 0 ||
	    parse_part(&own, a, additions->own, r, e) != 0)
		return -1;
	add_above(doc, a, entry, before);
	add_below(doc, own);
	return arena_ok(a, e);
}

/* Exact copies of what the reused buffers hold. */
static int
render_item(struct assemble *as, struct item *item, const struct doc *doc,
    const struct render_head *head, struct err *e)
{
	struct site *site = as->site;
	struct render_env env;

	image_env(&env, site);
	buf_clear(&as->gemtext);
	render(&as->gemtext, FORMAT_GEMTEXT, doc, head, &env);
	item->gemtext = arena_buf(as->keep, &as->gemtext);
	if (site->options.gopher_port > 0) {
		buf_clear(&as->menu);
		buf_clear(&as->text);
		render(&as->menu, FORMAT_MENU, doc, head, &env);
		render(&as->text, FORMAT_GOPHERTEXT, doc, head, &env);
		item->menu = arena_buf(as->keep, &as->menu);
		item->text = arena_buf(as->keep, &as->text);
	}
	if (buf_ok(&as->gemtext, "a page", e) != 0 ||
	    buf_ok(&as->menu, "a page", e) != 0 ||
	    buf_ok(&as->text, "a page", e) != 0)
		return -1;
	return arena_ok(as->keep, e);
}

static void
plain_words(struct buf *to, const struct doc *doc)
{
	static const struct inl_style one_line = {.one_line = true};

	for (const struct block *b = doc->first; b != NULL;
	     b = block_next(b, NULL)) {
		if (b->kind == BLOCK_CODE)
			buf_str(to, b->text);
		else if (b->inls != NULL)
			inlines_text(to, b->inls, &one_line);
		if (to->len > 0 && to->data[to->len - 1] != '\n')
			buf_putc(to, '\n');
	}
}

/* Who speaks, and on what; what the page is filed under. */
static void
people(struct buf *to, const struct page *page)
{
	for (size_t i = 0; i < page->talk_count; i++) {
		const struct page_talk *talk = &page->talks[i];

		buf_str(to, talk->title);
		for (size_t k = 0; k < talk->speaker_count; k++) {
			buf_putc(to, '\n');
			buf_str(to, talk->speakers[k]);
		}
		buf_putc(to, '\n');
	}
	for (size_t i = 0; i < page->category_count; i++) {
		buf_str(to, page->categories[i]);
		buf_putc(to, '\n');
	}
}

/* Generated pages only repeat the others and are not searched; nor is the way
 * from a page to others, which says what those are called. */
static int
gather_words(struct assemble *as, const struct entry *entry,
    const struct doc *doc, struct err *e)
{
	if (!as->has_words)
		return 0;
	buf_clear(&as->words);
	people(&as->words, &entry->page);
	as->names = as->words.len;
	plain_words(&as->words, doc);
	return buf_ok(&as->words, "a page", e);
}

static struct str
in_words(struct arena *a, const struct date *date)
{
	struct str words;
	struct buf buf;

	if (date->precision == DATE_NONE)
		return (struct str){NULL, 0};
	buf_init(&buf, 256);
	date_words(&buf, date);
	words = arena_buf(a, &buf);
	buf_release(&buf);
	return words;
}

void
assemble_head(
    struct render_head *head, struct arena *a, const struct entry *entry)
{
	*head = (struct render_head){
	    .title = entry->title,
	    .date = in_words(a, &entry->page.date),
	    .updated = in_words(a, &entry->page.updated),
	};
}

static int
entry_in(struct assemble *as, uint32_t at, const struct entry *entry,
    const struct additions *additions, struct arena *scratch, struct err *e)
{
	struct site *site = as->site;
	struct resolver r = {
	    .site = site,
	    .folder = reader_folder(scratch, entry->source),
	    .published = address_folder(entry->path),
	    .self = at,
	    .source = scan_name(scratch, site->options.pages, entry->source),
	    .faults = as->faults,
	    .withheld = as->withheld,
	    .linked = as->linked,
	};
	struct item *item = &site->items[at];
	struct render_head head;
	struct block *after;
	struct doc doc;

	assemble_head(&head, scratch, entry);
	check_targets(&r, scratch, entry);
	if (assemble_doc(
		&doc, scratch, entry, additions, &r, resolve_no_alt, e) != 0 ||
	    gather_words(as, entry, &doc, e) != 0 ||
	    parse_part(&after, scratch, additions->after, &r, e) != 0)
		return err_wrap(e, "%.*s", STR_ARG(r.source));
	add_below(&doc, after);
	if (render_item(as, item, &doc, &head, e) != 0)
		return err_wrap(e, "%.*s", STR_ARG(r.source));
	return 0;
}

int
assemble_entry(struct assemble *as, uint32_t at, const struct entry *entry,
    const struct additions *additions, struct err *e)
{
	arena_clear(&as->scratch);
	return entry_in(as, at, entry, additions, &as->scratch, e);
}

int
assemble_generated(
    struct assemble *as, uint32_t at, struct str markdown, struct err *e)
{
	struct item *item = &as->site->items[at];
	struct resolver r = {
	    .site = as->site,
	    .folder = address_folder(item->path),
	    .published = address_folder(item->path),
	    .self = at,
	    .linked = as->linked,
	};
	struct link_resolver resolve = {resolve_link, &r};
	struct md_options options = {.first_line = 1, .resolver = &resolve};
	struct render_head head = {.title = item->title};
	struct doc doc;

	arena_clear(&as->scratch);
	if (md_parse(&doc, &as->scratch, markdown, &options, e) != 0)
		return -1;
	return render_item(as, item, &doc, &head, e);
}
