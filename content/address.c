#include "content/address.h"

#include "base/buf.h"
#include "base/desk.h"
#include "base/uri.h"

static struct str
last_segment(struct str file)
{
	return str_sub(file, (size_t)(str_rchr(file, '/') + 1), file.n);
}

struct str
address_folder(struct str path)
{
	return str_sub(path, 0, (size_t)(str_rchr(path, '/') + 1));
}

static struct str
without_ending(struct str name, const char *ending)
{
	return str_sub(name, 0, name.n - str_of(ending).n);
}

static bool
ends_nocase(struct str name, const char *ending)
{
	size_t n = str_of(ending).n;

	return name.n > n &&
	    str_eq_nocase(str_sub(name, name.n - n, n), str_of(ending));
}

/* The name without ".md" or ".markdown"; false when it has neither. */
static bool
markdown_stem(struct str file, struct str *stem)
{
	static const char *const endings[] = {".md", ".markdown"};

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (ends_nocase(last_segment(file), endings[i])) {
			*stem = without_ending(file, endings[i]);
			return true;
		}
	return false;
}

bool
address_is_markdown(struct str file)
{
	struct str stem;

	return markdown_stem(file, &stem);
}

bool
address_is_index(struct str file)
{
	struct str stem;

	if (!markdown_stem(file, &stem))
		return str_is(last_segment(file), "index.gmi");
	stem = last_segment(stem);
	return str_is(stem, "index") || str_eq_nocase(stem, STR("README"));
}

/* Takes one path function's output into the arena. */
static struct str
into_arena(
    struct arena *a, void (*append)(struct buf *, struct str), struct str s)
{
	struct str copy = {NULL, 0};
	struct buf buf;

	buf_init(&buf, 3 * s.n + 1);
	append(&buf, s);
	if (buf_ok(&buf, "an address", NULL) == 0)
		copy = arena_buf(a, &buf);
	else
		a->failed = true;
	buf_release(&buf);
	return copy;
}

struct str
address_path(struct arena *a, struct str key)
{
	return into_arena(a, uri_encode_path, key);
}

struct str
address_join(struct arena *a, struct str folder, struct str target)
{
	struct str whole = target;

	if (!str_starts(target, STR("/")))
		whole = arena_printf(
		    a, "%.*s%.*s", STR_ARG(folder), STR_ARG(target));
	return into_arena(a, uri_remove_dots, whole);
}

int
address_key(struct str *key, struct arena *a, struct str path, struct err *e)
{
	struct buf buf;
	int rc = -1;

	buf_init(&buf, path.n + 1);
	path = into_arena(a, uri_remove_dots, path);
	if (uri_decode(&buf, path) != 0 || str_has_control(buf_slice(&buf)) ||
	    str_chr(buf_slice(&buf), '\t') >= 0 ||
	    str_chr(buf_slice(&buf), '\n') >= 0)
		err_set(e, ERR_INPUT,
		    "\"%.*s\" is no address that could be asked for; use UTF-8"
		    " without control characters, and %%XX for the rest",
		    STR_ARG(path));
	else if (buf_ok(&buf, "an address", e) == 0) {
		*key = arena_buf(a, &buf);
		rc = arena_ok(a, e);
	}
	if (buf.failed != ERR_NONE)
		a->failed = true;
	buf_release(&buf);
	return rc;
}

static void
add_gemini(struct page_address *to, struct str key, enum view view)
{
	to->gemini[to->gemini_count++] = (struct address_key){key, view};
}

static void
add_gopher(struct page_address *to, struct str key, enum view view)
{
	to->gopher[to->gopher_count++] = (struct address_key){key, view};
}

/* "/2012/" has "/2012" and "/2012/index.*" beside it. */
static void
names_of_folder(struct page_address *to, struct arena *a, struct str own)
{
	struct str shorter = str_sub(own, 0, own.n - 1);

	to->text = arena_printf(a, "%.*sindex.txt", STR_ARG(own));
	add_gemini(
	    to, arena_printf(a, "%.*sindex.gmi", STR_ARG(own)), VIEW_PAGE);
	/* The root is asked for as "" or "/"; links say "/". */
	to->selector = own.n > 1 ? arena_str(a, shorter) : own;
	if (own.n > 1)
		add_gemini(to, to->selector, VIEW_MOVED);
	add_gopher(to, arena_str(a, shorter), VIEW_PAGE);
	add_gopher(to, to->text, VIEW_TEXT);
}

/* "/2012/talk.gmi" and "/talks" have "/2012/talk" and "/talks.txt". */
static void
names_of_leaf(struct page_address *to, struct arena *a, struct str own)
{
	struct str stem = own;

	if (ends_nocase(last_segment(own), ".gmi"))
		stem = arena_str(a, without_ending(own, ".gmi"));
	to->text = arena_printf(a, "%.*s.txt", STR_ARG(stem));
	to->selector = stem;
	if (stem.n < own.n) {
		add_gemini(to, stem, VIEW_MOVED);
		add_gopher(to, stem, VIEW_PAGE);
	} else {
		add_gemini(
		    to, arena_printf(a, "%.*s/", STR_ARG(own)), VIEW_MOVED);
	}
	add_gopher(to, to->text, VIEW_TEXT);
}

/* The keys of a page whose own address is set. */
static int
name_page(struct page_address *to, struct arena *a, struct err *e)
{
	to->path = address_path(a, to->own);
	if (str_ends(to->own, STR("/")))
		names_of_folder(to, a, to->own);
	else
		names_of_leaf(to, a, to->own);
	return arena_ok(a, e);
}

int
address_of_path(
    struct page_address *to, struct arena *a, struct str path, struct err *e)
{
	*to = (struct page_address){0};
	if (address_key(&to->own, a, path, e) != 0)
		return -1;
	return name_page(to, a, e);
}

/* What a folder's page is listed in is the folder above. */
static struct str
listed_in(struct arena *a, struct str file, bool is_index)
{
	struct str folder = address_folder(file);

	if (is_index && folder.n > 0)
		folder = address_folder(str_sub(folder, 0, folder.n - 1));
	return address_path(a, arena_printf(a, "/%.*s", STR_ARG(folder)));
}

/* A file that is served as it is. */
static int
name_file(
    struct page_address *to, struct arena *a, struct str file, struct err *e)
{
	to->own = arena_printf(a, "/%.*s", STR_ARG(file));
	if (to->is_index) {
		/* A ready-made page of a folder, "2012/index.gmi". */
		to->own = address_folder(to->own);
		to->own = arena_str(a, to->own);
		if (name_page(to, a, e) != 0)
			return -1;
		to->text = (struct str){NULL, 0};
		to->gopher_count = 1;
		return 0;
	}
	to->path = address_path(a, to->own);
	to->selector = to->own;
	return arena_ok(a, e);
}

/* Where the file's name would have put it, once a permalink has moved it. */
static void
name_moved(struct page_address *to, struct arena *a, struct str natural)
{
	struct page_address was = {0};

	was.own = natural;
	if (str_eq(natural, to->own) || name_page(&was, a, NULL) != 0)
		return;
	add_gemini(to, natural, VIEW_MOVED);
	for (size_t i = 0; i < was.gemini_count; i++)
		add_gemini(to, was.gemini[i].key, VIEW_MOVED);
	for (size_t i = 0; i < was.gopher_count; i++)
		add_gopher(to, was.gopher[i].key, was.gopher[i].view);
}

int
address_of_file(struct page_address *to, struct arena *a, struct str file,
    struct str permalink, struct err *e)
{
	struct str stem, natural;

	*to = (struct page_address){0};
	to->is_index = address_is_index(file);
	to->folder = listed_in(a, file, to->is_index);
	if (!markdown_stem(file, &stem))
		return name_file(to, a, file, e);
	natural = to->is_index
	    ? arena_printf(a, "/%.*s", STR_ARG(address_folder(file)))
	    : arena_printf(a, "/%.*s.gmi", STR_ARG(stem));
	to->own = natural;
	if (permalink.n > 0 && address_key(&to->own, a, permalink, e) != 0)
		return -1;
	if (name_page(to, a, e) != 0)
		return -1;
	name_moved(to, a, natural);
	/* Its own name, as links between sources have it. */
	add_gemini(to, arena_printf(a, "/%.*s", STR_ARG(file)), VIEW_MOVED);
	return arena_ok(a, e);
}

char
address_form(struct str key)
{
	static const char *const forms[] = {"/c", "/claim", "/code", "/leave",
	    "/lists", "/me", "/organizers", "/subscribe"};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct str path = str_of(forms[i]);

		if (str_starts(key, path) &&
		    (key.n == path.n || key.p[path.n] == '/'))
			return desk_path_asks(key) ? '7' : '1';
	}
	return 0;
}
