/*
 * What must hold for any page in any format: no word lost, no link lost or
 * invented, no markup that the author did not make, lines that the protocol
 * allows, the same bytes each time. Asked of the cases in
 * tests/golden/spec-examples.txt and of generated pages. What the words and
 * links of a page are, cmark's own tree says.
 */
#include "base/file.h"
#include "base/uri.h"
#include "content/inlines.h"
#include "content/md.h"
#include "content/render.h"
#include "content/wrap.h"
#include "tests/ask_cmark.h"
#include "tests/make_doc.h"
#include "tests/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX ((size_t)8 << 20)

/* A page, what cmark says of it, and what the renderers made of it. */
struct trial {
	struct arena arena;
	struct doc doc;
	struct said said; /* by cmark */
	struct strs links; /* the doc's */
	bool has_code, has_html;
	struct buf out[FORMAT_COUNT];
	char why[400]; /* the first thing that is wrong; empty: none */
};

static const struct render_env env = {
    .host = {"example.org", 11},
    .port = 70,
    .base = {"gemini://example.org", 20},
};

static const char *const format_names[FORMAT_COUNT] = {
    "gemtext", "menu", "gophertext", "mailtext", "html"};

static void wrong(struct trial *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
wrong(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	if (t->why[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
}

static bool
has_block(const struct trial *t, enum block_kind kind)
{
	for (const struct block *b = t->doc.first; b != NULL;
	     b = block_next(b, NULL))
		if (b->kind == kind)
			return true;
	return false;
}

static void
ask_doc(struct trial *t)
{
	for (const struct block *b = t->doc.first; b != NULL;
	     b = block_next(b, NULL))
		for (const struct inl *i = b->inls; i != NULL;
		     i = inl_next(i, NULL))
			if ((i->kind == INLINE_LINK ||
				i->kind == INLINE_IMAGE) &&
			    i->link.kind != LINK_NONE)
				strs_add(&t->links, &t->arena, i->link.url);
}

/*
 * Any format.
 */

static size_t
count_of(struct str text, struct str word)
{
	size_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, word)) >= 0) {
		text = str_sub(text, (size_t)at + word.n, text.n);
		n++;
	}
	return n;
}

static void
check_words(struct trial *t, int f, struct str text)
{
	for (size_t i = 0; i < t->said.words.count; i++) {
		size_t want = 1;

		for (size_t j = 0; j < i; j++)
			want += str_eq(
			    t->said.words.list[i], t->said.words.list[j]);
		if (count_of(text, t->said.words.list[i]) < want)
			wrong(t, "%s lost the word \"%.*s\"", format_names[f],
			    STR_ARG(t->said.words.list[i]));
	}
}

static void
check_raw(struct trial *t, int f)
{
	for (size_t i = 0; i < t->said.raw.count; i++)
		if (str_find(buf_slice(&t->out[f]), t->said.raw.list[i]) < 0)
			wrong(t, "%s lost, of raw HTML, \"%.*s\"",
			    format_names[f], STR_ARG(t->said.raw.list[i]));
}

/* Stands this in the output, but in no text? As the author's own mark it is
 * left over. */
static void
check_marks(struct trial *t, int f, struct str out, const char *const *marks,
    struct str also)
{
	for (; *marks != NULL; marks++)
		if (str_find(out, str_of(*marks)) >= 0 &&
		    str_find(buf_slice(&t->said.text), str_of(*marks)) < 0 &&
		    str_find(also, str_of(*marks)) < 0)
			wrong(
			    t, "%s still has \"%s\"", format_names[f], *marks);
}

static void
check_left_over(struct trial *t, int f, struct str out)
{
	static const char *const markdown[] = {"**", "__", "\\*", "\\>", "\\#",
	    "\\`", "\\$", "\\|", "[^n", "&mdash;", "&gt;", "&lt;", "&#",
	    "&nbsp;", "&amp;", "| --", "| :-", NULL};
	/* Beside numbers of links and the lines under headings. */
	static const char *const unnumbered[] = {"](", "][", "[r", "~~", NULL};
	static const char *const html[] = {"<b>", "</", "<a ", "<img", "<em>",
	    "<del>", "<br", "<!--", "-->", "href=", "src=", "<script", "<wbr>",
	    NULL};

	check_marks(t, f, out, markdown, buf_slice(&t->said.html));
	if (f == FORMAT_GEMTEXT || f == FORMAT_HTML)
		check_marks(t, f, out, unnumbered, buf_slice(&t->said.html));
	check_marks(t, f, out, html, STR(""));
}

static void
check_bytes(struct trial *t, int f)
{
	struct str out = buf_slice(&t->out[f]), s = out, line;
	bool is_menu = f == FORMAT_MENU;

	if (!str_is_utf8(out))
		wrong(t, "%s is not UTF-8", format_names[f]);
	if (out.n > 0 && out.p[out.n - 1] != '\n')
		wrong(t, "%s does not end its last line", format_names[f]);
	while (str_next(&s, '\n', &line)) {
		if (is_menu && str_ends(line, STR("\r")))
			line.n--;
		if (str_has_control(line))
			wrong(
			    t, "%s holds a control character", format_names[f]);
		if (str_chr(line, '\t') >= 0 && !is_menu && !t->has_code)
			wrong(t, "%s holds a TAB", format_names[f]);
		if (str_ends(line, STR(" ")) && f != FORMAT_MAILTEXT &&
		    f != FORMAT_HTML && !t->has_code)
			wrong(t, "%s has a space at a line's end: \"%.*s\"",
			    format_names[f], STR_ARG(line));
	}
	if (f == FORMAT_HTML)
		return;
	if (str_starts(out, STR("\n")))
		wrong(t, "%s begins with an empty line", format_names[f]);
	if (str_find(out, STR("\n\n\n")) >= 0 && !t->has_code)
		wrong(t, "%s has two empty lines together", format_names[f]);
}

/* No line is wider than it may be, unless one word made it so. */
static void
check_width(struct trial *t, int f, struct str line, size_t width)
{
	struct str s = line;

	if (wrap_width(line) <= width || t->has_code)
		return;
	while (s.n > 0 && strchr(" >*[]^.0123456789", s.p[0]) != NULL)
		s = str_sub(s, 1, s.n);
	if (str_chr(str_trim(s), ' ') >= 0)
		wrong(t, "%s has a line of %zu columns: \"%.*s\"",
		    format_names[f], wrap_width(line), STR_ARG(line));
}

/*
 * Gemtext.
 */

static void
check_link_line(struct trial *t, struct str line, struct strs *seen)
{
	ptrdiff_t end;

	line = str_sub(line, 3, line.n);
	end = str_chr(line, ' ');
	if (end >= 0)
		line = str_sub(line, 0, (size_t)end);
	if (!strs_has(&t->links, line))
		wrong(t, "gemtext invented the link \"%.*s\"", STR_ARG(line));
	strs_add(seen, &t->arena, line);
}

static void
check_gemtext(struct trial *t)
{
	struct str rest = buf_slice(&t->out[FORMAT_GEMTEXT]), line;
	bool in_code = false, has_items, has_quotes;
	size_t headings = 0, fences = 0;
	struct strs seen = {NULL, 0};

	has_items = has_block(t, BLOCK_ITEM) || has_block(t, BLOCK_TABLE);
	has_quotes = has_block(t, BLOCK_QUOTE);
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		if (str_starts(line, STR("```"))) {
			in_code = !in_code;
			fences++;
		} else if (in_code) {
			continue;
		} else if (str_starts(line, STR("=>"))) {
			check_link_line(t, line, &seen);
		} else if (str_starts(line, STR("#"))) {
			headings++;
		} else if (str_starts(line, STR("* ")) && !has_items) {
			wrong(t, "gemtext made an item: %.*s", STR_ARG(line));
		} else if (str_starts(line, STR(">")) && !has_quotes) {
			wrong(t, "gemtext made a quote: %.*s", STR_ARG(line));
		}
	}
	if (in_code)
		wrong(t, "gemtext leaves a preformatted block open");
	if (fences > 0 && !t->has_code && !t->has_html &&
	    !has_block(t, BLOCK_TABLE))
		wrong(t, "gemtext made a preformatted block");
	if (headings > t->said.headings && !t->has_html)
		wrong(t, "gemtext made a heading");
	for (size_t i = 0; i < t->links.count; i++)
		if (!strs_has(&seen, t->links.list[i]))
			wrong(t, "gemtext lost the link \"%.*s\"",
			    STR_ARG(t->links.list[i]));
}

/*
 * Gopher.
 */

static void
check_menu_line(struct trial *t, struct str line, struct strs *selectors)
{
	struct str display, selector = STR(""), host = STR(""), port = STR("");
	struct str rest = line;

	str_next(&rest, '\t', &display);
	if (!str_next(&rest, '\t', &selector) ||
	    !str_next(&rest, '\t', &host) || !str_next(&rest, '\t', &port) ||
	    rest.p != NULL) {
		wrong(t, "a menu's line has not four fields: \"%.*s\"",
		    STR_ARG(line));
		return;
	}
	if (display.n == 0 || host.n == 0 || str_number(port, 65535) < 0)
		wrong(
		    t, "a menu's line lacks a field: \"%.*s\"", STR_ARG(line));
	check_width(t, FORMAT_MENU, str_sub(display, 1, display.n), 67);
	if (display.n > 0 && display.p[0] == 'i')
		return;
	if (display.n < 2)
		wrong(t, "a menu's item has no text: \"%.*s\"", STR_ARG(line));
	strs_add(selectors, &t->arena, selector);
	strs_add(selectors, &t->arena, host);
}

static bool
menu_has(const struct strs *selectors, struct str url)
{
	struct str rest;

	for (size_t i = 0; i < selectors->count; i++) {
		struct str s = selectors->list[i];

		if (str_eq(s, url) ||
		    (str_starts(s, STR("URL:")) &&
			str_eq(str_sub(s, 4, s.n), url)))
			return true;
	}
	rest = str_sub(url, 9, url.n);
	for (size_t i = 1; i < selectors->count; i += 2)
		if (str_starts_nocase(url, STR("gopher://")) &&
		    str_starts(rest, selectors->list[i]))
			return true;
	return false;
}

static void
check_menu(struct trial *t)
{
	struct str rest = buf_slice(&t->out[FORMAT_MENU]), line, last;
	struct strs selectors = {NULL, 0};

	last = str_sub(rest, rest.n - 3, 3);
	if (rest.n < 3 || !str_is(last, ".\r\n")) {
		wrong(t, "a menu does not end in a dot");
		return;
	}
	rest.n -= 3;
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		if (!str_ends(line, STR("\r")))
			wrong(t, "a menu's line does not end in CRLF");
		line = str_sub(line, 0, line.n > 0 ? line.n - 1 : 0);
		check_menu_line(t, line, &selectors);
	}
	for (size_t i = 0; i < t->links.count; i++)
		if (!menu_has(&selectors, t->links.list[i]))
			wrong(t, "the menu lost the link \"%.*s\"",
			    STR_ARG(t->links.list[i]));
	if (selectors.count > 0 && t->links.count == 0)
		wrong(t, "the menu invented a link");
}

/*
 * Numbered texts.
 */

/* The addresses at the end, and those that stand in the text. */
static void
check_addresses(struct trial *t, int f)
{
	struct str out = buf_slice(&t->out[f]);

	struct buf address;

	buf_init(&address, PAGE_MAX);
	for (size_t i = 0; i < t->links.count; i++) {
		struct str url = t->links.list[i];

		buf_clear(&address);
		if (str_starts_nocase(url, STR("mailto:")))
			buf_str(&address, str_sub(url, 7, url.n));
		else if (str_starts(url, STR("/")) && f == FORMAT_GOPHERTEXT)
			uri_encode_path(&address, url); /* the selector */
		else
			buf_str(&address, url);
		if (str_find(out, buf_slice(&address)) < 0)
			wrong(t, "%s lost the link \"%s\"", format_names[f],
			    address.data);
	}
	buf_release(&address);
}

static void
check_gophertext(struct trial *t)
{
	struct str rest = buf_slice(&t->out[FORMAT_GOPHERTEXT]), line;

	while (str_next_line(&rest, &line))
		check_width(t, FORMAT_GOPHERTEXT, line, 67);
	check_addresses(t, FORMAT_GOPHERTEXT);
}

/* A line of flowed text taken apart (RFC 3676, section 4). */
struct flowed {
	size_t depth;
	struct str content;
	bool goes_on;
};

static struct flowed
unflow(struct str line)
{
	struct flowed f = {0, line, false};

	while (f.depth < line.n && line.p[f.depth] == '>')
		f.depth++;
	f.content = str_sub(line, f.depth, line.n);
	if (str_starts(f.content, STR(" ")))
		f.content = str_sub(f.content, 1, f.content.n);
	f.goes_on = str_ends(f.content, STR(" "));
	return f;
}

/* Paragraphs as a reader that knows flowed text puts them together. */
static void
unflow_all(struct trial *t, struct buf *to)
{
	struct str rest = buf_slice(&t->out[FORMAT_MAILTEXT]), line;
	struct flowed f, before = {0, {NULL, 0}, false};

	while (str_next_line(&rest, &line)) {
		if (line.n > 998 &&
		    str_chr(str_sub(line, 8, line.n), ' ') >= 0 && !t->has_code)
			wrong(t, "a mail's line has %zu bytes", line.n);
		if (str_starts(line, STR("From ")))
			wrong(t, "a mail's line begins with \"From \"");
		if (str_ends(line, STR("-- ")) && line.n < 9)
			wrong(t, "a mail's line begins a signature");
		check_width(t, FORMAT_MAILTEXT, line, 72);
		f = unflow(line);
		if (before.goes_on && f.depth != before.depth)
			wrong(t, "flowed text goes on at another depth: %.*s",
			    STR_ARG(line));
		if (before.goes_on && str_starts(f.content, STR(" ")))
			wrong(t, "flowed text goes on with a space: %.*s",
			    STR_ARG(line));
		buf_str(to, f.content);
		if (!f.goes_on)
			buf_putc(to, '\n');
		before = f;
	}
	if (before.goes_on)
		wrong(t, "flowed text goes on after the last line");
}

/* A paragraph is there as one line when the flow is undone. Wide characters
 * may be broken between, and then stay so. */
static void
check_flowed(struct trial *t)
{
	struct buf all, one;

	buf_init(&all, PAGE_MAX);
	buf_init(&one, PAGE_MAX);
	buf_putc(&all, '\n');
	unflow_all(t, &all);
	for (const struct block *b = t->doc.first; b != NULL; b = b->next) {
		buf_clear(&one);
		buf_putc(&one, '\n');
		if (b->kind == BLOCK_PARAGRAPH)
			inlines_text(&one, b->inls, NULL);
		buf_putc(&one, '\n');
		if (b->kind == BLOCK_PARAGRAPH && t->links.count == 0 &&
		    one.len > 2 && wrap_width(buf_slice(&one)) == one.len - 2 &&
		    str_find(buf_slice(&one), STR("  ")) < 0 &&
		    str_find(buf_slice(&one), STR("--")) < 0 &&
		    str_find(buf_slice(&all), buf_slice(&one)) < 0)
			wrong(t, "flowed text does not give back \"%.*s\"",
			    STR_ARG(buf_slice(&one)));
	}
	buf_release(&one);
	buf_release(&all);
	check_addresses(t, FORMAT_MAILTEXT);
}

/*
 * HTML.
 */

static void
add_entity(struct buf *to, struct str *rest)
{
	static const struct {
		struct str name;
		char c;
	} names[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'},
	    {{"&gt;", 4}, '>'}, {{"&quot;", 6}, '"'}, {{"&#39;", 5}, '\''}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_starts(*rest, names[i].name))
			continue;
		buf_putc(to, names[i].c);
		*rest = str_sub(*rest, names[i].name.n, rest->n);
		return;
	}
	buf_putc(to, '&');
	*rest = str_sub(*rest, 1, rest->n);
}

/* Its text to one buffer, the insides of its tags to another. */
static void
take_html_apart(struct str rest, struct buf *text, struct buf *tags)
{
	bool in_tag = false;

	while (rest.n > 0) {
		struct buf *to = in_tag ? tags : text;

		if (rest.p[0] == '&') {
			add_entity(to, &rest);
			continue;
		}
		if (rest.p[0] == '<')
			in_tag = true;
		buf_putc(in_tag ? tags : text, rest.p[0]);
		if (rest.p[0] == '>')
			in_tag = false;
		rest = str_sub(rest, 1, rest.n);
	}
}

/* No link in another, which browsers end at the inner one, and none that shows
 * nothing. */
static void
check_anchors(struct trial *t, struct str out)
{
	ptrdiff_t at, end;

	while ((at = str_find(out, STR("<a "))) >= 0) {
		struct str text;

		out = str_sub(out, (size_t)at + 3, out.n);
		end = str_find(out, STR("</a>"));
		text = str_sub(out, 0, end >= 0 ? (size_t)end : 0);
		if (str_find(text, STR("<a ")) >= 0)
			wrong(t, "HTML has a link in a link");
		text = str_sub(text, (size_t)(str_chr(text, '>') + 1), text.n);
		if (str_trim(text).n == 0)
			wrong(t, "HTML has a link without a text");
	}
}

static void
check_html(struct trial *t)
{
	static const char *const active[] = {"<script", "<img", "<iframe",
	    "<video", "<link", "<style", "<object"};
	struct str out = buf_slice(&t->out[FORMAT_HTML]);
	struct buf text, tags;

	check_anchors(t, out);
	buf_init(&text, PAGE_MAX);
	buf_init(&tags, PAGE_MAX);
	take_html_apart(out, &text, &tags);
	check_words(t, FORMAT_HTML, buf_slice(&text));
	check_left_over(t, FORMAT_HTML, buf_slice(&text));
	for (size_t i = 0; i < t->links.count; i++)
		if (str_find(buf_slice(&tags), t->links.list[i]) < 0)
			wrong(t, "HTML lost the link \"%.*s\"",
			    STR_ARG(t->links.list[i]));
	for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++)
		if (str_find(out, str_of(active[i])) >= 0)
			wrong(t, "HTML holds %s", active[i]);
	buf_release(&tags);
	buf_release(&text);
}

/*
 * A trial.
 */

static void
check_links(struct trial *t)
{
	for (size_t i = 0; i < t->said.links.count; i++)
		if (!strs_has(&t->links, t->said.links.list[i]))
			wrong(t, "the page lost the link \"%.*s\"",
			    STR_ARG(t->said.links.list[i]));
	for (size_t i = 0; i < t->links.count && !t->has_html; i++) {
		struct str url = t->links.list[i];

		if (!strs_has(&t->said.links, url) && str_chr(url, '%') < 0 &&
		    str_find(buf_slice(&t->said.text), url) < 0)
			wrong(t, "the page invented the link \"%.*s\"",
			    STR_ARG(url));
	}
}

static bool
make(struct doc *doc, struct arena *a, struct buf out[FORMAT_COUNT],
    struct str text)
{
	const struct md_options options = {.first_line = 1};
	const struct render_head head = {.title = {NULL, 0}};
	struct err e = ERR_INIT;

	if (md_parse(doc, a, text, &options, &e) != 0)
		return false;
	for (int f = 0; f < FORMAT_COUNT; f++)
		render(&out[f], (enum format)f, doc, &head, &env);
	return true;
}

static void
check_same(struct trial *t, struct str text)
{
	struct buf again[FORMAT_COUNT];
	struct arena arena;
	struct doc doc;

	arena_init(&arena);
	for (int f = 0; f < FORMAT_COUNT; f++)
		buf_init(&again[f], PAGE_MAX);
	make(&doc, &arena, again, text);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		if (!str_eq(buf_slice(&again[f]), buf_slice(&t->out[f])))
			wrong(t, "%s differs the second time", format_names[f]);
		buf_release(&again[f]);
	}
	arena_release(&arena);
}

static void
trial_run(struct trial *t, struct str text)
{
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena);
	for (int f = 0; f < FORMAT_COUNT; f++)
		buf_init(&t->out[f], PAGE_MAX);
	if (!make(&t->doc, &t->arena, t->out, text)) {
		wrong(t, "the page is refused");
		return;
	}
	ask_cmark(&t->said, text, has_block(t, BLOCK_FOOTNOTE));
	ask_doc(t);
	t->has_html = t->said.has_html;
	t->has_code = t->said.has_code || has_block(t, BLOCK_CODE);
	check_links(t);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		check_bytes(t, f);
		check_raw(t, f);
		if (f == FORMAT_HTML)
			continue;
		check_words(t, f, buf_slice(&t->out[f]));
		check_left_over(t, f, buf_slice(&t->out[f]));
	}
	check_gemtext(t);
	check_menu(t);
	check_gophertext(t);
	check_flowed(t);
	check_html(t);
	check_same(t, text);
}

static void
trial_end(struct trial *t)
{
	for (int f = 0; f < FORMAT_COUNT; f++)
		buf_release(&t->out[f]);
	said_release(&t->said);
	arena_release(&t->arena);
}

static bool
fails_like(struct str text, const char *why)
{
	struct trial t;
	bool same;

	trial_run(&t, text);
	same = strcmp(t.why, why) == 0;
	trial_end(&t);
	return same;
}

/* text without n pieces from at on, a piece being a line or a word. */
static void
leave_out(struct buf *to, struct str text, char sep, size_t at, size_t n)
{
	struct str piece;

	buf_clear(to);
	for (size_t i = 0; text.n > 0 && str_next(&text, sep, &piece); i++) {
		if (i >= at && i < at + n)
			continue;
		buf_str(to, piece);
		if (text.p != NULL)
			buf_putc(to, sep);
	}
}

/* Leaves out what the failure does not need: lines, many at a time, then
 * words. */
static void
shrink(struct buf *doc, const char *why)
{
	struct buf less;

	buf_init(&less, PAGE_MAX);
	for (const char *sep = "\n "; *sep != '\0'; sep++) {
		size_t pieces = count_of(buf_slice(doc), (struct str){sep, 1});

		for (size_t n = pieces / 2 + 1; n > 0; n /= 2) {
			for (size_t at = 0; at <= pieces;) {
				leave_out(&less, buf_slice(doc), *sep, at, n);
				if (less.len == doc->len ||
				    !fails_like(buf_slice(&less), why)) {
					at += n;
					continue;
				}
				buf_clear(doc);
				buf_str(doc, buf_slice(&less));
			}
		}
	}
	buf_release(&less);
}

static void
try_text(const char *why, struct str text)
{
	struct str guarded = t_guard(text);
	struct trial t;

	trial_run(&t, guarded);
	if (!T_OK(t.why[0] == '\0', "%s: %s", why, t.why)) {
		struct buf doc;

		buf_init(&doc, PAGE_MAX);
		buf_str(&doc, text);
		shrink(&doc, t.why);
		printf("# %s\n", doc.data);
		buf_release(&doc);
	}
	trial_end(&t);
	t_guard_free(guarded);
}

/*
 * The cases.
 */

/* An arrow is a TAB, a middle dot at a line's end a space. */
static void
add_case_line(struct buf *to, struct str line)
{
	size_t dots = 0;

	while (str_ends(line, STR("\u00b7"))) {
		line.n -= 2;
		dots++;
	}
	while (line.n > 0) {
		if (str_starts(line, STR("\u2192"))) {
			buf_putc(to, '\t');
			line = str_sub(line, 3, line.n);
		} else if (str_starts(line, STR("\u00b7"))) {
			buf_putc(to, ' ');
			line = str_sub(line, 2, line.n);
		} else {
			buf_putc(to, line.p[0]);
			line = str_sub(line, 1, line.n);
		}
	}
	buf_fill(to, ' ', dots);
	buf_putc(to, '\n');
}

static void
holds_for_the_cases(void)
{
	struct err e = ERR_INIT;
	struct buf file, one;
	struct str rest, line;
	char name[100] = "";

	buf_init(&file, PAGE_MAX);
	buf_init(&one, PAGE_MAX);
	if (!T_OK(file_read(&file, AT_FDCWD, "tests/golden/spec-examples.txt",
		      &e) == 0,
		"the cases are read %s", e.msg))
		return;
	rest = buf_slice(&file);
	while (str_next_line(&rest, &line)) {
		if (!str_starts(line, STR("%% "))) {
			add_case_line(&one, line);
			continue;
		}
		if (name[0] != '\0')
			try_text(name, buf_slice(&one));
		buf_clear(&one);
		snprintf(name, sizeof(name), "%.*s",
		    STR_ARG(str_sub(line, 3, line.n)));
	}
	try_text(name, buf_slice(&one));
	buf_release(&one);
	buf_release(&file);
}

/*
 * Generated pages.
 */

static uint64_t
number_from_env(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

/* SEED=n tries this one only, or with SEEDS=m so many from there on. */
static void
holds_for_generated_pages(void)
{
	uint64_t seed = number_from_env("SEED", 1);
	uint64_t left =
	    number_from_env("SEEDS", getenv("SEED") != NULL ? 1 : 400);
	struct buf page;
	char name[40];

	buf_init(&page, PAGE_MAX);
	for (; left > 0; left--, seed++) {
		buf_clear(&page);
		make_doc(&page, seed);
		snprintf(name, sizeof(name), "SEED=%d", (int)seed);
		try_text(name, buf_slice(&page));
	}
	buf_release(&page);
}

/* Wherever a page is cut off, it is rendered. */
static void
renders_every_truncation(void)
{
	struct buf page, out[FORMAT_COUNT];
	struct arena arena;
	struct doc doc;
	bool ok = true;

	buf_init(&page, PAGE_MAX);
	for (uint64_t seed = 7; seed < 10; seed++)
		make_doc(&page, seed);
	for (size_t n = 0; n < page.len && n < 1500; n++) {
		struct str cut = t_guard(str_sub(buf_slice(&page), 0, n));

		arena_init(&arena);
		for (int f = 0; f < FORMAT_COUNT; f++)
			buf_init(&out[f], PAGE_MAX);
		ok = make(&doc, &arena, out, cut) && ok;
		for (int f = 0; f < FORMAT_COUNT; f++)
			buf_release(&out[f]);
		arena_release(&arena);
		t_guard_free(cut);
	}
	T_OK(ok, "every truncation is rendered");
	buf_release(&page);
}

int
main(void)
{
	T_RUN(holds_for_the_cases);
	T_RUN(holds_for_generated_pages);
	T_RUN(renders_every_truncation);
	return t_done();
}
