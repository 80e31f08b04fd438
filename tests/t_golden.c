/*
 * Every .md in tests/golden in all five formats beside it: NAME.gmi .gph .txt
 * .mail .html. A missing one is a failure. UPDATE_GOLDEN=1 writes what the
 * renderers say now, to be read before it is committed.
 */
#include "base/file.h"
#include "content/link.h"
#include "content/md.h"
#include "content/page.h"
#include "content/render.h"
#include "tests/t.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_MAX ((size_t)8 << 20)

static const char *const suffixes[FORMAT_COUNT] = {
    [FORMAT_GEMTEXT] = ".gmi",
    [FORMAT_MENU] = ".gph",
    [FORMAT_GOPHERTEXT] = ".txt",
    [FORMAT_MAILTEXT] = ".mail",
    [FORMAT_HTML] = ".html",
};

/* A site that has whatever a page asks for: "talk.md" is the page /talk.gmi,
 * which Gopher has as a menu, a picture is one, and /gemini/ is not in
 * Gopher. */
static void
resolve(
    void *ctx, struct arena *a, struct str target, int line, struct link *link)
{
	struct str path;

	(void)ctx;
	(void)line;
	link->kind = link_classify(link, a, target);
	if (link->kind != LINK_INSIDE)
		return;
	path = link->url;
	if (str_starts(path, STR("/")))
		path = str_sub(path, 1, path.n);
	link->type = '9';
	link->selector = arena_printf(a, "/%.*s", STR_ARG(path));
	link->url = link->selector;
	if (str_ends(path, STR(".md"))) {
		path = str_sub(path, 0, path.n - 3);
		link->type = '1';
		link->selector = arena_printf(a, "/%.*s", STR_ARG(path));
		link->url = arena_printf(a, "/%.*s.gmi", STR_ARG(path));
	} else if (str_ends(path, STR(".png"))) {
		link->type = 'I';
	} else if (str_starts(path, STR("gemini/"))) {
		link->selector = STR("");
	}
}

static void
words(struct buf *to, const struct date *date)
{
	if (date->precision != DATE_NONE)
		date_words(to, date);
}

static void
check(const char *name, struct str got)
{
	struct buf want;
	struct err e = ERR_INIT;

	if (getenv("UPDATE_GOLDEN") != NULL) {
		T_OK(file_write(AT_FDCWD, name, 0644, got, &e) == 0,
		    "%s is written", name);
		return;
	}
	buf_init(&want, GOLDEN_MAX);
	if (file_read(&want, AT_FDCWD, name, &e) != 0)
		T_OK(false, "%s: %s", name, e.msg);
	else
		T_EQ_STR(got, buf_slice(&want), "%s", name);
	buf_release(&want);
}

static void
check_doc(const char *stem, const struct doc *doc, const struct page *page)
{
	const struct render_env env = {.host = STR("example.org"),
	    .port = 70,
	    .base = STR("gemini://example.org")};
	struct buf date, updated, out;
	struct render_head head = {.title = page->title};

	buf_init(&date, 200);
	buf_init(&updated, 200);
	words(&date, &page->date);
	words(&updated, &page->updated);
	head.date = buf_slice(&date);
	head.updated = buf_slice(&updated);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		char name[256];

		snprintf(name, sizeof(name), "%s%s", stem, suffixes[f]);
		buf_init(&out, GOLDEN_MAX);
		render(&out, (enum format)f, doc, &head, &env);
		check(name, buf_slice(&out));
		buf_release(&out);
	}
	buf_release(&updated);
	buf_release(&date);
}

static void
check_file(const char *path)
{
	const struct link_resolver resolver = {.resolve = resolve};
	struct md_options options = {.resolver = &resolver};
	struct err e = ERR_INIT;
	struct arena arena;
	struct buf in;
	struct str text;
	struct page page;
	struct doc doc;
	bool guessed;
	char stem[256];

	arena_init(&arena);
	buf_init(&in, GOLDEN_MAX);
	snprintf(stem, sizeof(stem), "%.*s", (int)strlen(path) - 3, path);
	if (file_read(&in, AT_FDCWD, path, &e) != 0 ||
	    md_decode(&text, &guessed, &arena, buf_slice(&in), &e) != 0 ||
	    page_parse(&page, &arena, text, &e) != 0) {
		T_OK(false, "%s: %s", path, e.msg);
	} else {
		options.first_line = page.body_line;
		if (T_OK(md_parse(&doc, &arena, page.body, &options, &e) == 0,
			"%s is read: %s", path, e.msg))
			check_doc(stem, &doc, &page);
	}
	buf_release(&in);
	arena_release(&arena);
}

int
main(void)
{
	glob_t files;

	if (getenv("UPDATE_GOLDEN") != NULL)
		t_note("golden files are being written, not compared");
	if (T_OK(glob("tests/golden/*.md", 0, NULL, &files) == 0,
		"there are golden files (run from the top)")) {
		for (size_t i = 0; i < files.gl_pathc; i++)
			check_file(files.gl_pathv[i]);
		globfree(&files);
	}
	return t_done();
}
