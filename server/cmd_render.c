#include "server/cmd.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "content/link.h"
#include "content/md.h"
#include "content/page.h"
#include "content/render.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A menu has to say where its items are, and a file by itself is nowhere. */
#define NO_HOST "localhost"
#define GOPHER_PORT 70

struct request {
	enum format format;
	const char *file; /* NULL: standard input */
};

static const char *
name_of(const struct request *r)
{
	return r->file != NULL ? r->file : "standard input";
}

static int
parse_format(enum format *format, const char *name, struct err *e)
{
	if (render_format_parse(format, str_of(name)) == 0)
		return 0;
	return err_set(e, ERR_USAGE,
	    "--as takes gemtext, gopher, gophertext, text or html, not \"%s\"",
	    name);
}

static int
parse_args(struct request *r, int argc, char **argv, struct err *e)
{
	const char *as = NULL;
	struct cmd_option options[] = {{"--as", NULL, &as}, {NULL, NULL, NULL}};
	int count = cmd_words(argc, argv, options, 0, 2, "", e);

	if (count < 0 || (as != NULL && parse_format(&r->format, as, e) != 0))
		return -1;
	if (count == 2)
		return err_set(e, ERR_USAGE,
		    "one file at a time: \"%s\" is the second", argv[1]);
	if (count == 1 && strcmp(argv[0], "-") != 0)
		r->file = argv[0];
	return 0;
}

/* Dates in words, as they stand above the page when it is served. */
static struct str
date_line(struct arena *a, const struct date *d)
{
	struct buf b;
	struct str line;

	if (d->precision == DATE_NONE)
		return (struct str){0};
	buf_init(&b, 256);
	date_words(&b, d);
	line = arena_buf(a, &b);
	buf_release(&b);
	return line;
}

/* Its errors begin with the line: "file:3: what". */
static int
read_page(struct page *page, struct arena *a, struct str utf8, const char *name,
    struct err *e)
{
	struct err inner = ERR_INIT;

	if (page_parse(page, a, utf8, &inner) == 0)
		return 0;
	return err_set(e, inner.kind, "%s:%s", name, inner.msg);
}

static int
convert(struct buf *to, struct arena *a, const struct request *r,
    struct str text, struct err *e)
{
	const struct link_resolver plain = {link_resolve_plain, NULL};
	struct md_options options = {.resolver = &plain};
	struct render_env env = {.host = STR(NO_HOST), .port = GOPHER_PORT};
	struct render_head head;
	struct page page;
	struct doc doc;
	struct str utf8;
	bool guessed;

	if (md_decode(&utf8, &guessed, a, text, e) != 0)
		return err_wrap(e, "%s", name_of(r));
	if (read_page(&page, a, utf8, name_of(r), e) != 0)
		return -1;
	options.first_line = page.body_line;
	if (md_parse(&doc, a, page.body, &options, e) != 0)
		return err_wrap(e, "%s", name_of(r));
	head = (struct render_head){
	    .title = page.title,
	    .date = date_line(a, &page.date),
	    .updated = date_line(a, &page.updated),
	};
	render(to, r->format, &doc, &head, &env);
	if (arena_ok(a, e) != 0)
		return -1;
	return buf_ok(to, "the page", e);
}

static int
read_input(struct buf *text, const struct request *r, struct err *e)
{
	if (r->file == NULL)
		return file_read_fd(text, STDIN_FILENO, name_of(r), e);
	return file_read(text, AT_FDCWD, r->file, e);
}

int
cmd_render(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct request r = {.format = FORMAT_GEMTEXT};
	struct buf text, page;
	struct arena a;
	int result;

	(void)env;
	if (parse_args(&r, argc, argv, e) != 0)
		return -1;
	buf_init(&text, MD_SIZE_MAX);
	buf_init(&page, 16 * MD_SIZE_MAX);
	arena_init(&a);
	result = read_input(&text, &r, e);
	if (result == 0)
		result = convert(&page, &a, &r, buf_slice(&text), e);
	if (result == 0)
		fwrite(page.data, 1, page.len, stdout);
	arena_release(&a);
	buf_release(&page);
	buf_release(&text);
	return result;
}
