#include "content/build.h"

#include "base/file.h"
#include "content/image.h"
#include "content/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARKER ".capsule-build"
#define MARKER_HEAD \
	"Written by capsule build, which replaces and removes these files:\n"
#define MARKER_BYTES_MAX ((size_t)1 << 30)
/* A file becomes what it is called only once it is whole, so that a server
 * never sends half of one. */
#define PART ".capsule-part"
#define COPY_BYTES ((size_t)64 << 10)

struct build {
	const char *dir;
	const struct site *site; /* the one at hand */
	struct str tree; /* "gemini/": where its files go */
	struct arena arena;
	struct places names; /* of files written, by their order */
	const void **sources; /* what each was made from */
	struct buf text; /* what a file is made of where it is made */
};

/* A file below dir. Lives as long as the build. */
static const char *
path_of(struct build *b, struct str name)
{
	return arena_printf(&b->arena, "%s/%.*s", b->dir, STR_ARG(name)).p;
}

static int
make_folder_of(struct build *b, struct str name, struct err *e)
{
	ptrdiff_t slash = str_rchr(name, '/');
	const char *path;

	if (slash < 0)
		return 0;
	path = path_of(b, str_sub(name, 0, (size_t)slash));
	if (path == NULL)
		return arena_ok(&b->arena, e);
	return file_make_dir(path, 0755, e);
}

/*
 * Takes a name for what is made from source. 1: the same stands there already,
 * as it has two addresses that are one file.
 */
static int
take_name(struct build *b, struct str name, const void *source, struct err *e)
{
	const struct place *taken;
	size_t n = b->names.count;

	if (arena_ok(&b->arena, e) != 0 ||
	    places_add(&b->names, name, (uint32_t)n, VIEW_PAGE, &taken, e) != 0)
		return -1;
	if (taken != NULL && b->sources[taken->item] == source)
		return 1;
	if (taken != NULL)
		return err_set(e, ERR_INPUT,
		    "%.*s would be two pages in files; give one of them another"
		    " permalink",
		    STR_ARG(name));
	b->sources = arena_grow(&b->arena, b->sources, n, sizeof *b->sources);
	if (b->sources == NULL)
		return arena_ok(&b->arena, e);
	b->sources[n] = source;
	return 0;
}

static int
copy(int to, int from, const char *path, struct err *e)
{
	char bytes[COPY_BYTES];
	ssize_t n;

	while ((n = read(from, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "a page's file cannot be read");
		if (file_write_all(to, (struct str){bytes, (size_t)n}) != 0)
			return err_sys(e, "%s: cannot be written", path);
	}
	return 0;
}

/* Writes bytes, or all of a file that is open. */
static int
write_file(
    struct build *b, struct str name, struct str bytes, int from, struct err *e)
{
	const char *part = path_of(b, STR(PART)), *path = path_of(b, name);
	int fd, r = 0;

	if (arena_ok(&b->arena, e) != 0 || make_folder_of(b, name, e) != 0)
		return -1;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "%s: cannot be written", part);
	if (from >= 0)
		r = copy(fd, from, path, e);
	else if (file_write_all(fd, bytes) != 0)
		r = err_sys(e, "%s: cannot be written", path);
	if (close(fd) != 0 && r == 0)
		r = err_sys(e, "%s: cannot be written", path);
	if (r == 0 && rename(part, path) != 0)
		r = err_sys(e, "%s: cannot be written", path);
	if (r != 0)
		unlink(part);
	return r;
}

static int
write_bytes(struct build *b, struct str name, struct str bytes,
    const void *source, struct err *e)
{
	int r = take_name(b, name, source, e);

	return r != 0 ? (r > 0 ? 0 : -1) : write_file(b, name, bytes, -1, e);
}

static int
write_copy(struct build *b, struct str name, struct str file, struct err *e)
{
	int r = take_name(b, name, file.p, e), fd;

	if (r != 0)
		return r > 0 ? 0 : -1;
	fd = file_open_beneath(site_dir(b->site), file.p, NULL, e);
	if (fd < 0)
		return -1;
	r = write_file(b, name, STR(""), fd, e);
	close(fd);
	return r;
}

/* The name of an address's file; for a page that of its folder's index. */
static struct str
name_of(struct build *b, struct str key, const char *index)
{
	const char *between = str_ends(key, STR("/")) || key.n == 0 ? "" : "/";

	if (str_starts(key, STR("/")))
		key = str_sub(key, 1, key.n);
	if (key.n == 0)
		between = "";
	if (index == NULL)
		index = between = "";
	return arena_printf(&b->arena, "%.*s%.*s%s%s", STR_ARG(b->tree),
	    STR_ARG(key), between, index);
}

static bool
is_gemtext(const struct answer *answer)
{
	return str_starts(answer->mime, STR("text/gemini"));
}

static struct str
gemini_name(struct build *b, struct str key, bool is_page)
{
	return name_of(b, key,
	    is_page && !str_ends(key, STR(".gmi")) ? "index.gmi" : NULL);
}

struct visit {
	struct build *build;
	struct err *e;
};

static int
write_gemini(void *ctx, struct str key, const struct answer *answer)
{
	struct visit *v = ctx;
	struct str name = gemini_name(v->build, key, is_gemtext(answer));

	if (answer->kind == ANSWER_BYTES)
		return write_bytes(
		    v->build, name, answer->bytes, answer->bytes.p, v->e);
	if (answer->kind == ANSWER_FILE)
		return write_copy(v->build, name, answer->file, v->e);
	return 0;
}

/* Any server answers the folder of "/2012/" at "/2012" by itself, "/talk" is
 * what people type for "/talk.gmi", and sources are named by pages only. What
 * is left are addresses that were once given out. */
static bool
was_given_out(struct str key, struct str target)
{
	struct str rest = str_sub(target, key.n, target.n);

	if (str_ends(key, STR(".md")) || str_ends(key, STR(".markdown")))
		return false;
	if (str_starts(target, key) &&
	    (str_is(rest, "/") || str_is(rest, ".gmi")))
		return false;
	return !(str_starts(key, target) && key.n == target.n + 1);
}

static int
write_moved(void *ctx, struct str key, const struct answer *answer)
{
	struct visit *v = ctx;
	struct build *b = v->build;
	struct str name;

	if (answer->kind != ANSWER_REDIRECT ||
	    !was_given_out(key, answer->target))
		return 0;
	name = gemini_name(b, key, true);
	if (places_find(&b->names, name) != NULL)
		return arena_ok(&b->arena, v->e);
	buf_clear(&b->text);
	buf_printf(&b->text, "# Moved\n\n=> %.*s\n", STR_ARG(answer->target));
	if (buf_ok(&b->text, "a page", v->e) != 0)
		return -1;
	return write_bytes(
	    b, name, buf_slice(&b->text), answer->target.p, v->e);
}

/* As servers read it: lines whole, LF, and the end is the file's. */
static void
write_gophermap(struct buf *to, struct str menu)
{
	struct str line;

	while (str_next_line(&menu, &line))
		if (!str_is(line, ".")) {
			buf_str(to, line);
			buf_putc(to, '\n');
		}
}

/* "/talk.gmi" is another name of "/talk" where nobody else has that one. */
static bool
is_second_name(
    const struct build *b, struct str key, const struct answer *answer)
{
	struct answer other;

	return str_ends(key, STR(".gmi")) &&
	    site_lookup(
		b->site, PROTOCOL_GOPHER, str_sub(key, 0, key.n - 4), &other) &&
	    other.bytes.p == answer->bytes.p;
}

static int
write_gopher(void *ctx, struct str key, const struct answer *answer)
{
	struct visit *v = ctx;
	struct build *b = v->build;
	bool is_menu = answer->kind == ANSWER_BYTES && answer->type == '1';
	struct str name = name_of(b, key, is_menu ? "gophermap" : NULL);

	if (answer->kind == ANSWER_FILE)
		return write_copy(b, name, answer->file, v->e);
	if (answer->kind != ANSWER_BYTES)
		return 0;
	if (!is_menu)
		return write_bytes(
		    b, name, answer->bytes, answer->bytes.p, v->e);
	if (is_second_name(b, key, answer))
		return arena_ok(&b->arena, v->e);
	buf_clear(&b->text);
	write_gophermap(&b->text, answer->bytes);
	if (buf_ok(&b->text, "a menu", v->e) != 0)
		return -1;
	return write_bytes(b, name, buf_slice(&b->text), answer->bytes.p, v->e);
}

static int
write_tree(struct build *b, const struct site *site, enum protocol protocol,
    bool is_one, struct err *e)
{
	const char *folder = protocol == PROTOCOL_GEMINI ? "gemini" : "gopher";
	struct visit visit = {b, e};

	b->site = site;
	b->tree = is_one ? arena_printf(&b->arena, "%s/", folder)
			 : arena_printf(&b->arena, "%.*s/%s/",
			       STR_ARG(site->options.host), folder);
	if (protocol == PROTOCOL_GOPHER)
		return site_each(site, protocol, write_gopher, &visit);
	if (site_each(site, protocol, write_gemini, &visit) != 0)
		return -1;
	return site_each(site, protocol, write_moved, &visit);
}

/* Is there anything but what is a build's own? */
static int
is_empty(const char *path, bool *empty, struct err *e)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return err_sys(e, "%s: cannot be read", path);
	*empty = true;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			*empty = false;
	closedir(dir);
	return 0;
}

/* Makes the folder ours, or finds what an earlier build wrote. */
static int
claim(struct build *b, struct buf *earlier, struct err *e)
{
	const char *marker = path_of(b, STR(MARKER));
	struct err why = ERR_INIT;
	bool empty = false;

	if (arena_ok(&b->arena, e) != 0 ||
	    file_make_dir(b->dir, 0755, e) != 0 ||
	    is_empty(b->dir, &empty, e) != 0)
		return -1;
	if (empty)
		return file_write(AT_FDCWD, marker, 0644, STR(MARKER_HEAD), e);
	if (file_read(earlier, AT_FDCWD, marker, &why) == 0)
		return 0;
	if (why.kind != ERR_MISSING)
		return err_set(e, why.kind, "%s", why.msg);
	return err_set(e, ERR_REFUSED,
	    "%s: there are files in it that no build wrote; name a folder that"
	    " is empty or new",
	    b->dir);
}

/* Removes a file and the folders that it leaves empty. */
static void
remove_file(struct build *b, struct str name)
{
	ptrdiff_t slash = 0;

	for (int i = 0; slash >= 0; i++) {
		const char *path = path_of(b, name);

		if (path == NULL || (i == 0 ? unlink(path) : rmdir(path)) != 0)
			return;
		slash = str_rchr(name, '/');
		name = str_sub(name, 0, slash > 0 ? (size_t)slash : 0);
	}
}

static bool
is_beneath(struct str name)
{
	struct str segment;

	while (str_next(&name, '/', &segment))
		if (segment.n == 0 || str_is(segment, ".."))
			return false;
	return true;
}

/* What an earlier build had and this one has not. The list is a file like any
 * other: it gets no say over what lies outside. */
static void
remove_earlier(struct build *b, struct str list)
{
	struct str line;

	if (!str_starts(list, STR(MARKER_HEAD)))
		return;
	list = str_sub(list, sizeof MARKER_HEAD - 1, list.n);
	while (str_next_line(&list, &line))
		if (is_beneath(line) && places_find(&b->names, line) == NULL)
			remove_file(b, line);
}

static int
write_marker(struct build *b, struct err *e)
{
	const char *marker = path_of(b, STR(MARKER));

	places_sort(&b->names);
	buf_clear(&b->text);
	buf_puts(&b->text, MARKER_HEAD);
	for (size_t i = 0; i < b->names.count; i++) {
		buf_str(&b->text, b->names.list[i].key);
		buf_putc(&b->text, '\n');
	}
	if (buf_ok(&b->text, "the list of files", e) != 0 ||
	    arena_ok(&b->arena, e) != 0)
		return -1;
	return file_write(AT_FDCWD, marker, 0644, buf_slice(&b->text), e);
}

int
build_write(const char *dir, struct site *const *sites, size_t count,
    size_t *files, struct err *e)
{
	struct build b = {.dir = dir};
	struct buf earlier;
	int r;

	arena_init(&b.arena);
	buf_init(&b.text, MARKER_BYTES_MAX);
	buf_init(&earlier, MARKER_BYTES_MAX);
	r = claim(&b, &earlier, e);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = write_tree(&b, sites[i], PROTOCOL_GEMINI, count == 1, e);
		if (r == 0 && sites[i]->options.gopher_port > 0)
			r = write_tree(
			    &b, sites[i], PROTOCOL_GOPHER, count == 1, e);
	}
	if (r == 0) {
		remove_earlier(&b, buf_slice(&earlier));
		r = write_marker(&b, e);
	}
	if (r == 0 && files != NULL)
		*files = b.names.count;
	places_release(&b.names);
	buf_release(&b.text);
	buf_release(&earlier);
	arena_release(&b.arena);
	return r;
}
