#include "content/posting.h"

#include "base/buf.h"
#include "base/file.h"
#include "content/address.h"
#include "content/assemble.h"
#include "content/calendar.h"
#include "content/check_pages.h"
#include "content/generate.h"
#include "content/image.h"
#include "content/inlines.h"
#include "content/md.h"
#include "content/reader.h"
#include "content/render.h"
#include "content/scan.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 30)

/* A page on its way to a posting. */
struct draft {
	struct posting *to;
	struct arena *a;
	const struct site_options *options;
	bool is_preview;
	struct str name; /* its file, as faults call it */
	const struct site *site;
	const struct item *item;
	struct entry entry; /* as the site has it, without neighbours */
	struct doc doc;
	struct faults found; /* where it leads nowhere */
	size_t image_bytes;
};

/*
 * Which file.
 */

/* A path as typed, as one below the folder; empty when it is not there. */
static struct str
below(struct arena *a, struct str pages, const char *file)
{
	char folder[PATH_MAX], whole[PATH_MAX];
	struct str path, top;

	if (realpath(pages.p, folder) == NULL || realpath(file, whole) == NULL)
		return (struct str){NULL, 0};
	path = str_of(whole);
	top = str_of(folder);
	if (!str_starts(path, top) || path.n == top.n || path.p[top.n] != '/')
		return (struct str){NULL, 0};
	return arena_str(a, str_sub(path, top.n + 1, path.n));
}

static int
read_source(
    struct buf *text, const struct draft *d, struct str source, struct err *e)
{
	int dir, fd = -1, result = -1;

	dir = scan_open(d->options->pages, e);
	if (dir < 0)
		return -1;
	fd = file_open_beneath(dir, source.p, NULL, e);
	if (fd >= 0) {
		result = file_read_fd(text, fd, source.p, e);
		close(fd);
	}
	close(dir);
	return result;
}

/* Its text, in the arena. */
static int
find_source(struct draft *d, struct str *text, struct str file, struct err *e)
{
	struct str typed = arena_str(d->a, file);
	struct err why = ERR_INIT;
	struct buf bytes;
	int result;

	if (arena_ok(d->a, e) != 0)
		return -1;
	d->to->source = below(d->a, d->options->pages, typed.p);
	if (d->to->source.n == 0)
		d->to->source = typed;
	d->name = scan_name(d->a, d->options->pages, d->to->source);
	buf_init(&bytes,
	    d->options->file_max > 0 ? d->options->file_max : MD_SIZE_MAX);
	result = read_source(&bytes, d, d->to->source, &why);
	*text = arena_buf(d->a, &bytes);
	buf_release(&bytes);
	if (result == 0 && address_is_markdown(d->to->source))
		return arena_ok(d->a, e);
	if (result == 0)
		return err_set(e, ERR_MISSING,
		    "%.*s is no page; name a Markdown file", STR_ARG(file));
	if (why.kind != ERR_MISSING && why.kind != ERR_REFUSED)
		return err_set(e, why.kind, "%s", why.msg);
	return err_set(e, ERR_MISSING, "%.*s: there is no such page below %.*s",
	    STR_ARG(file), STR_ARG(d->options->pages));
}

/* Its error begins with the line. */
static int
parse_source(struct draft *d, struct str text, struct err *e)
{
	struct err why = ERR_INIT;
	bool guessed;

	if (md_decode(&text, &guessed, d->a, text, &why) != 0)
		return err_set(
		    e, why.kind, "%.*s: %s", STR_ARG(d->name), why.msg);
	if (page_parse(&d->to->page, d->a, text, &why) != 0)
		return err_set(
		    e, why.kind, "%.*s:%s", STR_ARG(d->name), why.msg);
	if (d->to->page.draft && !d->is_preview)
		return err_set(e, ERR_REFUSED,
		    "%.*s is a draft; take \"draft: true\" out of it when it "
		    "is ready",
		    STR_ARG(d->name));
	return 0;
}

/*
 * The site, and the page's place on it.
 */

/* What is said of the page, or what keeps the site from being published. */
static void
pass_faults(struct faults *to, const struct faults *from, const struct draft *d)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct fault *f = &from->list[i];

		if (f->kind == FAULT_ERROR || str_eq(f->file, d->name))
			faults_add(to, f->kind, f->file, f->line, "%.*s",
			    STR_ARG(f->text));
	}
}

static int
load_site(struct site **site, const struct draft *d, struct faults *faults,
    struct err *e)
{
	struct site_options options = *d->options;
	struct err why = ERR_INIT;
	struct faults all;
	int result;

	/* As it is served: a link to the search leads somewhere. */
	options.has_search = true;
	if (d->is_preview)
		options.shown = d->to->source;
	faults_init(&all);
	result = site_load(site, &options, &all, &why);
	pass_faults(faults, &all, d);
	if (result != 0)
		err_set(
		    e, all.errors > 0 ? ERR_REFUSED : why.kind, "%s", why.msg);
	faults_release(&all);
	return result;
}

static const struct item *
find_item(const struct draft *d, struct str key)
{
	const struct place *place = places_find(&d->site->gemini, key);

	return place != NULL ? &d->site->items[place->item] : NULL;
}

/* Found under its address and, so that it is not another's, under its file's
 * name as well. */
static int
find_place(struct draft *d, struct err *e)
{
	struct str source = arena_printf(d->a, "/%.*s", STR_ARG(d->to->source));
	struct page_address address;

	if (address_of_file(
		&address, d->a, d->to->source, d->to->page.permalink, e) != 0)
		return -1;
	d->item = find_item(d, address.own);
	if (d->item != NULL && d->item->kind == ITEM_PAGE &&
	    find_item(d, source) == d->item)
		return 0;
	if (d->to->page.date.precision != DATE_NONE)
		return err_set(e, ERR_REFUSED,
		    "%.*s is not published yet: its date is to come",
		    STR_ARG(d->name));
	return err_set(e, ERR_REFUSED,
	    "%.*s is not published; capsule check says why", STR_ARG(d->name));
}

static void
put_addresses(struct draft *d)
{
	const struct site_options *o = &d->site->options;
	struct link link;

	resolve_item(&link, d->item);
	d->to->title = arena_str(d->a, d->item->title);
	d->to->address = arena_printf(
	    d->a, "%.*s%.*s", STR_ARG(d->site->base), STR_ARG(d->item->path));
	if (o->gopher_port == 0 || link.selector.n == 0)
		return;
	d->to->gopher = arena_printf(d->a, "gopher://%.*s", STR_ARG(o->host));
	if (o->gopher_port != 70)
		d->to->gopher = arena_printf(
		    d->a, "%.*s:%d", STR_ARG(d->to->gopher), o->gopher_port);
	d->to->gopher =
	    arena_printf(d->a, "%.*s/%c%.*s", STR_ARG(d->to->gopher), link.type,
		STR_ARG(address_path(d->a, link.selector)));
}

/*
 * Its text.
 */

static struct str
render_as(struct draft *d, enum format format, bool shows_images)
{
	struct render_head head;
	struct render_env env;
	struct str text;
	struct buf to;

	image_env(&env, d->site);
	if (shows_images)
		env.cid = d->site->options.host;
	assemble_head(&head, d->a, &d->entry);
	buf_init(&to, TEXT_MAX);
	render(&to, format, &d->doc, &head, &env);
	text = arena_buf(d->a, &to);
	buf_release(&to);
	return text;
}

/* What the site writes around it, but not the way to other pages. */
static int
write_additions(struct draft *d, struct additions *additions, struct err *e)
{
	struct catalog c = {.arena = d->a, .options = &d->site->options};
	struct buf md;

	buf_init(&md, TEXT_MAX);
	generate_before(&md, &c, &d->entry);
	additions->before = arena_buf(d->a, &md);
	buf_clear(&md);
	generate_own(&md, &c, &d->entry);
	additions->own = arena_buf(d->a, &md);
	buf_release(&md);
	return arena_ok(d->a, e);
}

static int
read_doc(struct draft *d, struct err *e)
{
	struct resolver r = {
	    .site = d->site,
	    .folder = reader_folder(d->a, d->to->source),
	    .published = address_folder(d->item->path),
	    .self = (uint32_t)(d->item - d->site->items),
	    .source = d->name,
	    .faults = &d->found,
	};
	struct additions additions;

	d->entry = (struct entry){.page = d->to->page,
	    .title = d->to->title,
	    .source = d->to->source,
	    .path = d->item->path};
	check_targets(&r, d->a, &d->entry);
	if (write_additions(d, &additions, e) != 0)
		return -1;
	return assemble_doc(&d->doc, d->a, &d->entry, &additions, &r, NULL, e);
}

static int
write_calendar(struct draft *d, struct err *e)
{
	struct calendar calendar = {.page = &d->to->page,
	    .title = d->to->title,
	    .path = d->item->path,
	    .base = d->site->base,
	    .host = d->site->options.host,
	    .organizer = d->site->options.title};
	struct buf to;
	int result;

	if (!calendar_has(&d->to->page.event))
		return 0;
	buf_init(&to, TEXT_MAX);
	result = calendar_write(&to, &calendar, e);
	d->to->calendar = arena_buf(d->a, &to);
	buf_release(&to);
	return result == 0 ? arena_ok(d->a, e)
			   : err_wrap(e, "%.*s", STR_ARG(d->name));
}

/*
 * Its images.
 */

static int
read_image(struct draft *d, struct posting_image *image,
    const struct item *item, size_t room, struct err *e)
{
	int fd = file_open_beneath(d->site->dir, item->file.p, NULL, e);
	int result = -1;
	struct buf b;

	if (fd < 0)
		return -1;
	buf_init(&b, room);
	result = file_read_fd(&b, fd, item->file.p, e);
	close(fd);
	image->bytes = arena_str(d->a, buf_slice(&b));
	buf_clear(&b);
	render_content_id(&b, image->path, d->site->options.host);
	image->id = arena_buf(d->a, &b);
	buf_release(&b);
	image->mime = arena_str(d->a, item->mime);
	image->name = arena_str(d->a,
	    str_sub(item->file, address_folder(item->file).n, item->file.n));
	return result == 0 ? arena_ok(d->a, e) : -1;
}

static bool
has_image(const struct posting *posting, struct str path)
{
	for (size_t i = 0; i < posting->image_count; i++)
		if (str_eq(posting->images[i].path, path))
			return true;
	return false;
}

static int
add_image(struct draft *d, const struct inl *i, struct err *e)
{
	struct posting *to = d->to;
	const struct item *item;
	struct str key;

	if (!render_is_image(i) || has_image(to, i->link.url) ||
	    address_key(&key, d->a, i->link.url, NULL) != 0)
		return 0;
	item = find_item(d, key);
	if (item == NULL || item->kind != ITEM_FILE)
		return 0;
	if (item->size > POSTING_IMAGES_MAX - d->image_bytes)
		return err_set(e, ERR_LIMIT,
		    "%.*s: its images have more than %zu MB in all, which many"
		    " mail servers refuse; make %.*s smaller, or link to it",
		    STR_ARG(d->name), POSTING_IMAGES_MAX >> 20,
		    STR_ARG(item->file));
	to->images =
	    arena_grow(d->a, to->images, to->image_count, sizeof *to->images);
	if (to->images == NULL)
		return arena_ok(d->a, e);
	to->images[to->image_count].path = arena_str(d->a, i->link.url);
	if (read_image(d, &to->images[to->image_count], item,
		POSTING_IMAGES_MAX - d->image_bytes, e) != 0)
		return err_wrap(e, "%.*s", STR_ARG(d->name));
	d->image_bytes += to->images[to->image_count++].bytes.n;
	return 0;
}

static int
add_images(struct draft *d, struct err *e)
{
	for (const struct block *b = d->doc.first; b != NULL;
	     b = block_next(b, NULL))
		for (const struct inl *i = b->inls; i != NULL;
		     i = inl_next(i, NULL))
			if (i->kind == INLINE_IMAGE && add_image(d, i, e) != 0)
				return -1;
	return 0;
}

/*
 * All of it.
 */

static int
refuse_faults(const struct draft *d, struct err *e)
{
	size_t n = d->found.count;

	if (n == 0)
		return 0;
	return err_set(e, ERR_REFUSED, "%.*s:%d: %.*s%s", STR_ARG(d->name),
	    d->found.list[0].line, STR_ARG(d->found.list[0].text),
	    n > 1 ? "; and there is more of the kind" : "");
}

static int
fill(struct draft *d, struct err *e)
{
	struct posting *to = d->to;

	if (find_place(d, e) != 0)
		return -1;
	put_addresses(d);
	if (arena_ok(d->a, e) != 0 || read_doc(d, e) != 0 ||
	    refuse_faults(d, e) != 0 || add_images(d, e) != 0)
		return -1;
	to->text = render_as(d, FORMAT_MAILTEXT, false);
	to->html = render_as(d, FORMAT_HTML, false);
	to->html_shown = render_as(d, FORMAT_HTML, true);
	if (write_calendar(d, e) != 0)
		return -1;
	return arena_ok(d->a, e);
}

static int
load(struct draft *d, struct str file, struct faults *faults, struct err *e)
{
	struct site *site = NULL;
	struct str text;
	int result = -1;

	*d->to = (struct posting){0};
	faults_init(&d->found);
	if (find_source(d, &text, file, e) == 0 &&
	    parse_source(d, text, e) == 0 &&
	    load_site(&site, d, faults, e) == 0) {
		d->site = site;
		result = fill(d, e);
	}
	site_free(site);
	faults_release(&d->found);
	return result;
}

int
posting_load(struct posting *out, struct arena *a,
    const struct site_options *options, struct str file, struct faults *faults,
    struct err *e)
{
	struct draft d = {.to = out, .a = a, .options = options};

	return load(&d, file, faults, e);
}

int
posting_preview(struct posting *out, struct arena *a,
    const struct site_options *options, struct str file, struct faults *faults,
    struct err *e)
{
	struct draft d = {
	    .to = out, .a = a, .options = options, .is_preview = true};

	return load(&d, file, faults, e);
}
