/* Any bytes are a page: a sound one, with lines that each format allows, of a
 * size in proportion; and what is escaped is read as it was. */
#include "base/uri.h"
#include "content/inlines.h"
#include "content/md.h"
#include "content/render.h"

#include <stdlib.h>

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_line(struct str s)
{
	return !str_has_control(s) && str_chr(s, '\n') < 0 &&
	    str_chr(s, '\t') < 0;
}

static void
check_doc(const struct doc *doc)
{
	MUST(is_line(doc->title));
	for (const struct block *b = doc->first; b; b = block_next(b, NULL)) {
		int depth = 0;

		for (const struct block *up = b->up; up != NULL; up = up->up)
			depth +=
			    up->kind == BLOCK_QUOTE || up->kind == BLOCK_LIST;
		MUST(depth <= DOC_DEPTH_MAX && is_line(b->info));
		MUST(!str_has_control(b->text));
		for (const struct inl *i = b->inls; i; i = inl_next(i, NULL))
			MUST(is_line(i->text) && i->kind <= INLINE_IMAGE &&
			    (i->link.kind == LINK_NONE || i->link.url.n > 0));
	}
}

static void
check_gemtext(struct str text)
{
	bool is_pre = false, was_empty = true;
	struct str line;
	struct uri u;

	MUST(text.n == 0 || str_ends(text, STR("\n")));
	while (text.n > 0 && str_next(&text, '\n', &line)) {
		if (str_starts(line, STR("```"))) {
			is_pre = !is_pre;
		} else if (!is_pre) {
			MUST(is_line(line) && !str_ends(line, STR(" ")));
			MUST(line.n > 0 || !was_empty);
		}
		if (!is_pre && str_starts(line, STR("=> "))) {
			struct str rest = str_sub(line, 3, line.n), url;

			MUST(str_next(&rest, ' ', &url));
			MUST(uri_parse(&u, url, NULL) == 0);
		}
		was_empty = !is_pre && line.n == 0;
	}
	MUST(!is_pre);
}

static void
check_formats(const struct doc *doc, size_t size)
{
	static const struct render_head head = {{"T", 1}, {"D", 1}, {NULL, 0}};
	static const struct render_env env = {.host = {"h.org", 5},
	    .port = 70,
	    .base = {"gemini://h.org", 14},
	    .cid = {"h.org", 5}};

	for (int format = 0; format < FORMAT_COUNT; format++) {
		struct buf to, once;
		struct str line, rest;

		buf_init(&to, 128 * size + 4096);
		buf_init(&once, to.max);
		render(&to, (enum format)format, doc, &head, &env);
		render(&once, (enum format)format, doc, &head, &env);
		MUST(buf_ok(&to, "", NULL) == 0);
		MUST(str_eq(buf_slice(&to), buf_slice(&once)));
		for (rest = buf_slice(&to); str_next_line(&rest, &line);)
			MUST(!str_has_control(line));
		if (format == FORMAT_GEMTEXT)
			check_gemtext(buf_slice(&to));
		buf_release(&to);
		buf_release(&once);
	}
}

/* Only what a paragraph's line can hold comes back to the letter. */
static void
check_escape(struct str text)
{
	struct buf markdown, got;
	struct arena a;
	struct doc doc;

	if (text.n == 0 || !is_line(text))
		return;
	arena_init(&a);
	buf_init(&markdown, 16 * text.n);
	buf_init(&got, text.n);
	md_escape(&markdown, text);
	MUST(md_parse(&doc, &a, buf_slice(&markdown), NULL, NULL) == 0);
	MUST(doc.first != NULL && doc.first->kind == BLOCK_PARAGRAPH &&
	    doc.first->next == NULL);
	for (const struct inl *i = doc.first->inls; i; i = inl_next(i, NULL)) {
		MUST(i->kind == INLINE_TEXT || i->is_bare);
		buf_str(&got, i->text);
	}
	MUST(str_eq(buf_slice(&got), text));
	buf_release(&markdown);
	buf_release(&got);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, line;
	struct arena a;
	struct doc doc;
	bool guessed;

	arena_init(&a);
	MUST(md_decode(&text, &guessed, &a, text, NULL) == 0);
	MUST(str_is_utf8(text));
	MUST(md_parse(&doc, &a, text, NULL, NULL) == 0);
	check_doc(&doc);
	check_formats(&doc, size);
	while (str_next_line(&text, &line))
		check_escape(line);
	arena_release(&a);
	return 0;
}
