#include "content/reader.h"

#include "base/file.h"
#include "content/address.h"
#include "content/inlines.h"
#include "content/link.h"
#include "content/md.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define LEAD_CHARS_MAX 200
/* First paragraph and heading are looked for in this much of a body first. */
#define GLANCE_BYTES ((size_t)640)

/* The bytes of a file, or -1 with *rc saying whether all must end. */
static int
read_text(struct reader *r, const struct scan_file *file, struct buf *to,
    struct str name)
{
	struct err why = ERR_INIT;
	int fd = file_open_beneath(r->dir, file->name.p, NULL, &why);
	int rc = fd >= 0 ? file_read_fd(to, fd, file->name.p, &why) : -1;
	bool may_leave_out =
	    why.kind != ERR_MEMORY && (rc == 0 || scan_may_leave_out(errno));

	if (fd >= 0)
		close(fd);
	if (rc == 0)
		return 0;
	if (why.kind == ERR_LIMIT)
		faults_add(r->catalog->faults, FAULT_ERROR, name, 0,
		    "larger than a page may be (%zu bytes); split it, or raise"
		    " page_size",
		    to->max);
	else
		faults_add(r->catalog->faults,
		    may_leave_out ? FAULT_WARNING : FAULT_ERROR, name, 0,
		    "%s%s", may_leave_out ? "left out: " : "", why.msg);
	return -1;
}

/* An error of page_parse begins with its line. */
static void
report_line(struct reader *r, struct str name, const struct err *why)
{
	struct str text = str_of(why->msg);
	ptrdiff_t colon = str_chr(text, ':');
	int64_t line = -1;

	if (colon > 0)
		line = str_number(str_sub(text, 0, (size_t)colon), INT32_MAX);
	if (line >= 0)
		text = str_trim(str_sub(text, (size_t)colon + 1, text.n));
	faults_add(r->catalog->faults, FAULT_ERROR, name,
	    line >= 0 ? (int)line : 0, "%.*s", STR_ARG(text));
}

/* Remembers the addresses of a page that is not published, for links that
 * lead to it. Whoever is published at one of them is asked first. */
static int
withhold(struct reader *r, struct str file, struct str permalink,
    enum withheld why, struct err *e)
{
	struct page_address address;

	if (address_of_file(
		&address, r->catalog->arena, file, permalink, NULL) != 0)
		return arena_ok(r->catalog->arena, e);
	if (places_add(&r->withheld, address.own, why, VIEW_PAGE, NULL, e) != 0)
		return -1;
	for (size_t i = 0; i < address.gemini_count; i++)
		if (places_add(&r->withheld, address.gemini[i].key, why,
			VIEW_PAGE, NULL, e) != 0)
			return -1;
	return 0;
}

/* Does the page wait for its date? Then the site changes when it comes. */
static bool
is_waiting(struct catalog *c, const struct page *page)
{
	int64_t at;

	if (page->date.precision == DATE_NONE ||
	    date_instant(&at, &page->date, NULL, NULL) != 0 ||
	    at <= c->options->now)
		return false;
	if (at < c->next_change)
		c->next_change = at;
	return true;
}

static bool
is_paragraph_of_words(const struct block *b)
{
	return b->kind == BLOCK_PARAGRAPH && !inlines_only_links(b->inls);
}

/* At most LEAD_CHARS_MAX characters, cut between words where there are any. */
static struct str
cut_lead(struct arena *a, struct str text)
{
	struct str rest = text;
	size_t words = 0, hard = 0;

	for (size_t n = 0; rest.n > 0; n++) {
		size_t at = (size_t)(rest.p - text.p);

		if (n == LEAD_CHARS_MAX)
			return arena_printf(a, "%.*s…",
			    (int)(words > 0 ? words : hard), text.p);
		if (*rest.p == ' ')
			words = at;
		if (n == LEAD_CHARS_MAX - 1)
			hard = at;
		str_next_utf8(&rest);
	}
	return arena_str(a, text);
}

static void
find_lead(struct entry *entry, struct arena *a, const struct doc *doc)
{
	static const struct inl_style one_line = {.one_line = true};
	const struct block *b = doc->first;
	struct buf buf;

	while (b != NULL && !is_paragraph_of_words(b))
		b = b->next;
	if (b == NULL)
		return;
	buf_init(&buf, MD_SIZE_MAX);
	inlines_text(&buf, b->inls, &one_line);
	entry->lead = cut_lead(a, str_trim(buf_slice(&buf)));
	if (buf.failed != ERR_NONE)
		a->failed = true;
	buf_release(&buf);
}

/* Reads title and lead from so much of the body. */
static int
glance(struct reader *r, struct entry *entry, struct str body, struct err *e)
{
	struct md_options options = {.first_line = entry->page.body_line};
	struct arena *a = r->catalog->arena;
	struct doc doc;

	arena_clear(&r->scratch);
	if (md_parse(&doc, &r->scratch, body, &options, e) != 0)
		return -1;
	if (entry->page.title.n == 0)
		entry->title = arena_str(a, str_trim(doc.title));
	find_lead(entry, a, &doc);
	return arena_ok(a, e);
}

/* So much of a body as is looked at first: whole paragraphs, unless the first
 * is longer than any lead. */
static struct str
beginning(struct str body)
{
	ptrdiff_t end = -1;

	if (body.n <= GLANCE_BYTES)
		return body;
	body.n = GLANCE_BYTES;
	for (size_t i = body.n - 1; i > 0 && end < 0; i--)
		if (body.p[i] == '\n' && body.p[i - 1] == '\n')
			end = (ptrdiff_t)i;
	if (end < 0)
		end = str_rchr(body, '\n');
	return str_sub(body, 0, end >= 0 ? (size_t)end : body.n);
}

/* Most bodies say it in their beginning. One that does not, or whose link
 * texts may be defined further down, is read to its end. */
static int
find_words(struct reader *r, struct entry *entry, struct err *e)
{
	const struct page *page = &entry->page;
	struct str head = beginning(page->body);

	entry->title = page->title;
	entry->lead = page->summary;
	if (entry->title.n > 0 && entry->lead.n > 0)
		return 0;
	if (glance(r, entry, head, e) != 0)
		return -1;
	if (head.n < page->body.n &&
	    (entry->title.n == 0 || entry->lead.n == 0 ||
		str_chr(entry->lead, '[') >= 0) &&
	    glance(r, entry, page->body, e) != 0)
		return -1;
	if (page->summary.n > 0)
		entry->lead = page->summary;
	return 0;
}

/* A page that names itself nowhere has its file's name, a folder's page the
 * folder's, the front page the site's. */
static struct str
title_from_name(const struct catalog *c, struct str file)
{
	struct str folder = address_folder(file), name;
	ptrdiff_t dot;

	if (address_is_index(file)) {
		if (folder.n == 0)
			return c->options->title;
		folder.n--;
		return str_sub(folder, address_folder(folder).n, folder.n);
	}
	name = str_sub(file, folder.n, file.n);
	dot = str_rchr(name, '.');
	return str_sub(name, 0, (size_t)dot);
}

/* A target in front matter is shown on other pages too, so it is made
 * absolute as seen from its own. */
static void
make_absolute(struct str *target, struct arena *a, struct str folder)
{
	struct link link = {0};
	struct str tail;
	size_t n = 0;

	if (target->n == 0 || link_classify(&link, a, *target) != LINK_INSIDE)
		return;
	while (n < link.url.n && link.url.p[n] != '?' && link.url.p[n] != '#')
		n++;
	tail = str_sub(link.url, n, link.url.n);
	*target = arena_printf(a, "%.*s%.*s",
	    STR_ARG(address_join(a, folder, str_sub(link.url, 0, n))),
	    STR_ARG(tail));
}

static void
make_targets_absolute(struct entry *entry, struct arena *a)
{
	struct str folder = reader_folder(a, entry->source);

	for (size_t i = 0; i < entry->page.talk_count; i++) {
		make_absolute(&entry->page.talks[i].video, a, folder);
		make_absolute(&entry->page.talks[i].slides, a, folder);
	}
	for (size_t i = 0; i < entry->page.sponsor_count; i++)
		make_absolute(&entry->page.sponsors[i].url, a, folder);
}

struct str
reader_folder(struct arena *a, struct str source)
{
	return address_path(
	    a, arena_printf(a, "/%.*s", STR_ARG(address_folder(source))));
}

static int
add_entry(struct reader *r, struct entry *entry, struct err *e)
{
	struct catalog *c = r->catalog;
	struct arena *a = c->arena;

	if (find_words(r, entry, e) != 0)
		return -1;
	if (entry->title.n == 0)
		entry->title = title_from_name(c, entry->source);
	make_targets_absolute(entry, a);
	c->entries = arena_grow(a, c->entries, c->count, sizeof *c->entries);
	if (c->entries == NULL)
		return arena_ok(a, e);
	c->entries[c->count++] = entry;
	return arena_ok(a, e);
}

/* From decoded text to an entry, or to one that is withheld. */
static int
parse_page(struct reader *r, struct str file, struct str text, struct str name,
    struct err *e)
{
	struct catalog *c = r->catalog;
	struct entry *entry = arena_alloc(c->arena, sizeof *entry);
	struct err why = ERR_INIT;

	if (entry == NULL)
		return arena_ok(c->arena, e);
	if (page_parse(&entry->page, c->arena, text, &why) != 0) {
		if (why.kind == ERR_MEMORY)
			return err_set(e, ERR_MEMORY, "%s", why.msg);
		report_line(r, name, &why);
		return withhold(r, file, STR(""), WITHHELD_FAULTY, e);
	}
	entry->source = file;
	if (str_eq(c->options->shown, file))
		return add_entry(r, entry, e);
	if (entry->page.draft)
		return withhold(
		    r, file, entry->page.permalink, WITHHELD_DRAFT, e);
	if (is_waiting(c, &entry->page))
		return withhold(
		    r, file, entry->page.permalink, WITHHELD_FUTURE, e);
	return add_entry(r, entry, e);
}

static int
read_page(struct reader *r, const struct scan_file *file, struct buf *buf,
    struct err *e)
{
	struct catalog *c = r->catalog;
	struct str name = scan_name(c->arena, c->options->pages, file->name);
	struct err why = ERR_INIT;
	bool guessed = false;
	struct str text;

	buf_clear(buf);
	if (read_text(r, file, buf, name) != 0)
		return withhold(r, file->name, STR(""), WITHHELD_FAULTY, e);
	text = arena_buf(c->arena, buf);
	if (arena_ok(c->arena, e) != 0)
		return -1;
	if (md_decode(&text, &guessed, c->arena, text, &why) != 0) {
		faults_add(c->faults, FAULT_ERROR, name, 0, "%s", why.msg);
		return withhold(r, file->name, STR(""), WITHHELD_FAULTY, e);
	}
	if (guessed)
		faults_add(c->faults, FAULT_WARNING, name, 0,
		    "it is not UTF-8 and was read as Windows-1252; save it as"
		    " UTF-8");
	return parse_page(r, file->name, text, name, e);
}

static int
by_file(const void *key, const void *file)
{
	return str_cmp(
	    *(const struct str *)key, ((const struct scan_file *)file)->name);
}

static bool
has_file(const struct scan *scan, struct str name)
{
	return bsearch(&name, scan->files, scan->count, sizeof *scan->files,
		   by_file) != NULL;
}

/* README.md is its folder's page only where there is no index.md. */
static bool
is_shadowed(struct reader *r, const struct scan_file *file)
{
	struct catalog *c = r->catalog;
	struct str folder = address_folder(file->name);
	struct str index =
	    arena_printf(c->arena, "%.*sindex.md", STR_ARG(folder));

	if (!address_is_index(file->name) || str_eq(index, file->name) ||
	    str_ends(file->name, STR("index.gmi")) || !has_file(r->scan, index))
		return false;
	faults_add(c->faults, FAULT_WARNING,
	    scan_name(c->arena, c->options->pages, file->name), 0,
	    "left out: index.md is the page of this folder; rename one of"
	    " them");
	return true;
}

static int
add_file(struct reader *r, const struct scan_file *file, struct err *e)
{
	const struct scan_file **files = arena_grow(
	    r->catalog->arena, r->files, r->file_count, sizeof *files);

	if (files == NULL)
		return arena_ok(r->catalog->arena, e);
	r->files = files;
	files[r->file_count++] = file;
	return 0;
}

int
reader_read(struct reader *r, struct err *e)
{
	size_t max = r->catalog->options->file_max;
	struct buf buf;
	int rc = 0;

	buf_init(&buf, max > 0 && max < MD_SIZE_MAX ? max : MD_SIZE_MAX);
	for (size_t i = 0; i < r->scan->count && rc == 0; i++) {
		const struct scan_file *file = &r->scan->files[i];

		if (!address_is_markdown(file->name))
			rc = add_file(r, file, e);
		else if (!is_shadowed(r, file))
			rc = read_page(r, file, &buf, e);
	}
	buf_release(&buf);
	return rc;
}

void
reader_release(struct reader *r)
{
	places_release(&r->withheld);
	arena_release(&r->scratch);
}
