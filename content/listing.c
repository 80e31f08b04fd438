#include "content/generators.h"

#include "base/uri.h"
#include "content/address.h"
#include "content/md.h"

#include <stdlib.h>

/* What stands in a folder: a folder, a page, a file. */
enum child_kind { CHILD_FOLDER, CHILD_PAGE, CHILD_FILE };

struct child {
	struct str folder; /* that it stands in: "/" or "/2012/" */
	enum child_kind kind;
	struct str path;
	const struct entry *entry; /* PAGE; FOLDER: its page, if any */
	const struct entry_file *file; /* FILE */
};

struct children {
	struct arena *arena;
	struct child *list;
	size_t count;
	struct str *homes; /* folders that have a page */
	size_t home_count;
};

static void
add(struct children *children, const struct child *child)
{
	children->list = arena_grow(children->arena, children->list,
	    children->count, sizeof *children->list);
	if (children->list != NULL)
		children->list[children->count++] = *child;
	else
		children->count = 0;
}

static void
add_home(struct children *children, struct str folder)
{
	children->homes = arena_grow(children->arena, children->homes,
	    children->home_count, sizeof *children->homes);
	if (children->homes != NULL)
		children->homes[children->home_count++] = folder;
	else
		children->home_count = 0;
}

/* "/2012/" for "/2012/talks/"; empty for "/". */
static struct str
folder_above(struct str folder)
{
	if (folder.n <= 1)
		return (struct str){NULL, 0};
	return address_folder(str_sub(folder, 0, folder.n - 1));
}

/* A folder stands in the one above it, and that in the next, up to the root;
 * page is the one of the folder itself. Those that repeat fall out later. */
static void
add_folder(
    struct children *children, struct str folder, const struct entry *page)
{
	struct str above = folder_above(folder);

	while (above.n > 0) {
		struct child child = {.folder = above,
		    .kind = CHILD_FOLDER,
		    .path = folder,
		    .entry = page};

		add(children, &child);
		page = NULL;
		folder = above;
		above = folder_above(folder);
	}
}

static struct str
own_folder(struct arena *a, const struct entry *entry)
{
	return address_path(a,
	    arena_printf(a, "/%.*s", STR_ARG(address_folder(entry->source))));
}

/* The same folder twice: the one with its page first. */
static int
by_place(const void *pa, const void *pb)
{
	const struct child *a = pa, *b = pb;
	int c = str_cmp(a->folder, b->folder);

	if (c == 0)
		c = (int)a->kind - (int)b->kind;
	if (c == 0 && a->kind == CHILD_PAGE)
		return entry_newer_first(&a->entry, &b->entry);
	if (c == 0)
		c = str_cmp(a->path, b->path);
	return c != 0 ? c : (a->entry == NULL) - (b->entry == NULL);
}

static void
collect_entries(struct children *children, const struct catalog *c)
{
	struct str last = {NULL, 0};

	for (size_t i = 0; i < c->count; i++) {
		const struct entry *entry = c->entries[i];
		struct child child = {.folder = entry->folder,
		    .kind = CHILD_PAGE,
		    .path = entry->path,
		    .entry = entry};

		if (entry->is_index) {
			struct str own = own_folder(c->arena, entry);

			add_home(children, own);
			add_folder(children, own, entry);
			continue;
		}
		add(children, &child);
		if (!str_eq(entry->folder, last))
			add_folder(children, entry->folder, NULL);
		last = entry->folder;
	}
}

static void
collect_files(struct children *children, const struct catalog *c)
{
	struct str last = {NULL, 0};

	for (size_t i = 0; i < c->file_count; i++) {
		const struct entry_file *file = &c->files[i];
		struct child child = {.folder = file->folder,
		    .kind = CHILD_FILE,
		    .path = file->path,
		    .file = file};

		/* A folder's ready-made index.gmi is that folder's page. */
		if (str_ends(file->path, STR("/"))) {
			add_home(children, file->path);
			add_folder(children, file->path, NULL);
			continue;
		}
		add(children, &child);
		if (!str_eq(file->folder, last))
			add_folder(children, file->folder, NULL);
		last = file->folder;
	}
}

/* The last segment of a path, decoded, a folder's without its "/". */
static struct str
name_of(struct arena *a, struct str path)
{
	struct str name = {NULL, 0};
	struct buf buf;

	if (path.n > 1 && str_ends(path, STR("/")))
		path.n--;
	path = str_sub(path, address_folder(path).n, path.n);
	buf_init(&buf, path.n + 1);
	if (uri_decode(&buf, path) == 0)
		name = arena_buf(a, &buf);
	buf_release(&buf);
	return name.n > 0 ? name : path;
}

static void
write_size(struct buf *md, uint64_t size)
{
	static const char *const units[] = {"KB", "MB", "GB", "TB"};
	double n = (double)size / 1000;
	size_t unit = 0;

	if (size < 1000) {
		buf_printf(md, "%d bytes", (int)size);
		return;
	}
	while (n >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
		n /= 1000;
		unit++;
	}
	buf_printf(md, n < 9.95 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

static void
write_page(struct buf *md, const struct entry *entry)
{
	buf_putc(md, '[');
	if (entry->page.date.precision != DATE_NONE) {
		date_iso(md, &entry->page.date);
		buf_puts(md, " - ");
	}
	md_escape(md, entry->title);
	buf_puts(md, "](");
	generator_target(md, entry->path);
	buf_puts(md, ")\n\n");
	generator_paragraph(md, entry->lead);
}

static void
write_child(struct buf *md, struct arena *a, const struct child *child)
{
	switch (child->kind) {
	case CHILD_FOLDER:
		if (child->entry != NULL)
			generator_link(
			    md, "", child->entry->title, child->entry->path);
		else
			generator_link(
			    md, "", name_of(a, child->path), child->path);
		buf_puts(md, "\n\n");
		if (child->entry != NULL)
			generator_paragraph(md, child->entry->lead);
		break;
	case CHILD_PAGE:
		write_page(md, child->entry);
		break;
	case CHILD_FILE:
		buf_putc(md, '[');
		md_escape(md, name_of(a, child->path));
		buf_puts(md, " (");
		write_size(md, child->file->size);
		buf_puts(md, ")](");
		generator_target(md, child->path);
		buf_puts(md, ")\n\n");
		break;
	}
}

static int
by_str(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* "/news" lists what is in the folder of that name, and "/news/" leads to it:
 * two pages whose addresses only differ in that would be taken for one. */
static void
add_homes_generated(struct children *children, const struct generator *g)
{
	for (size_t i = 0; i < g->page_count; i++)
		add_home(children,
		    arena_printf(
			children->arena, "%.*s/", STR_ARG(g->pages[i])));
}

static int
emit_listing(
    struct generator *g, const struct child *list, size_t n, struct err *e)
{
	struct arena *a = g->c->arena;
	bool is_root = list[0].folder.n == 1;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || !str_eq(list[i].path, list[i - 1].path))
			write_child(&g->text, a, &list[i]);
	if (is_root)
		generator_front(&g->text, g->c);
	return generator_page(g, list[0].folder,
	    is_root ? g->c->options->title : name_of(a, list[0].folder), e);
}

int
generator_listings(struct generator *g, struct err *e)
{
	struct children all = {.arena = g->c->arena};
	size_t n;

	collect_entries(&all, g->c);
	collect_files(&all, g->c);
	add_homes_generated(&all, g);
	if (arena_ok(g->c->arena, e) != 0)
		return -1;
	if (all.count > 0)
		qsort(all.list, all.count, sizeof *all.list, by_place);
	if (all.home_count > 0)
		qsort(all.homes, all.home_count, sizeof *all.homes, by_str);
	for (size_t i = 0; i < all.count; i += n) {
		struct str folder = all.list[i].folder;

		for (n = 1; i + n < all.count; n++)
			if (!str_eq(all.list[i + n].folder, folder))
				break;
		if (all.home_count > 0 &&
		    bsearch(&folder, all.homes, all.home_count,
			sizeof *all.homes, by_str) != NULL)
			continue;
		if (emit_listing(g, all.list + i, n, e) != 0)
			return -1;
	}
	return 0;
}
