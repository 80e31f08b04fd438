#include "tests/make_doc.h"

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define DOC_MAX ((size_t)1 << 20)
#define DEPTH 3 /* of blocks, and of inlines */

struct maker {
	uint64_t seed;
	unsigned words; /* numbers words and addresses */
	unsigned notes, references; /* mentioned so far */
};

static unsigned
pick(struct maker *m, unsigned n)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (unsigned)(m->seed >> 11) % n;
}

#define PICK(m, list) (list)[pick((m), sizeof(list) / sizeof((list)[0]))]

/*
 * Words and addresses.
 */

static void
put_word(struct maker *m, struct buf *to)
{
	buf_printf(to, "w%05u", m->words++);
}

static void
put_words(struct maker *m, struct buf *to)
{
	for (unsigned i = 0, n = 1 + pick(m, 5); i < n; i++) {
		if (i > 0)
			buf_putc(to, pick(m, 7) == 0 ? '\n' : ' ');
		put_word(m, to);
	}
}

struct additions {
	const char *before, *after;
};

static void
put_numbered(struct maker *m, struct buf *to, struct additions a)
{
	buf_printf(to, "%sh%05u%s", a.before, m->words++, a.after);
}

/* One that is found in a text without any mark. */
static void
put_address(struct maker *m, struct buf *to)
{
	static const struct additions addresses[] = {{"https://", ".example"},
	    {"http://", ".example/"}, {"https://", ".example/a_b/?q=1&r=2"},
	    {"https://www.", ".example/x(y)"}, {"gemini://", ".example/a#b"},
	    {"gopher://", ".example/1/x"}, {"https://example.org/", "%20x"}};

	put_numbered(m, to, PICK(m, addresses));
}

static void
put_target(struct maker *m, struct buf *to)
{
	static const struct additions targets[] = {{"", ".md"}, {"../", "/"},
	    {"/", ""}, {"pictures/", ".png"}, {"", "/a%20b#c"}, {"//", ".org/"},
	    {"mailto:", "@example.org"}, {"a?q=", ""}};

	if (pick(m, 2) == 0)
		put_address(m, to);
	else
		put_numbered(m, to, PICK(m, targets));
}

/*
 * Inlines.
 */

static void put_inlines(struct maker *m, struct buf *to, unsigned depth);

/* Letters that are written from right to left, that are wide, that have marks
 * above them, that are drawn as one. */
static const char *const letters[] = {"\u65e5\u672c\u8a9e\u306e\u5b57",
    "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "e\u0301",
    "\ud55c\uad6d\uc5b4", "\U0001f469\u200d\U0001f680", "\uff21\uff11",
    "\u00ab\u00e9\u00bb"};

/* Marks that are none, and what else trips converters up. */
static const char *const odd[] = {"\\# ", "\\=> ", "=> ", "\\* ", "\\> ",
    "\\`\\`\\` ", "&#35; ", "&gt; ", "&mdash;", "\\$1200 ", "snake_case_name ",
    "a < b ", "<!-- x --> ", "5 * 3 ", "[ ", "] ", "![ ", "From ", "-- ", ": ",
    "| ", "\\| ", "\\~~", "[^none] ", "\\[^1] ", "&lt;b&gt; ", "&amp;amp; ",
    "\\<i> ", "(c) ", "1\\. ", "- ", "+ ", "=== ", "\t", "\xc2\xa0", "{#id} ",
    "<span>", "</span>", "<kbd>", "<b>", "</b>", "<a name=\"x\">", "</a>",
    "<wbr>", "&#0; ", "\\\\", "&nbsp;"};

static void
put_image(struct maker *m, struct buf *to, unsigned depth)
{
	buf_puts(to, "![");
	if (pick(m, 3) > 0)
		put_inlines(m, to, depth);
	buf_puts(to, "](");
	put_target(m, to);
	buf_puts(to, pick(m, 4) == 0 ? " \"title\")" : ")");
}

static void
put_link(struct maker *m, struct buf *to, unsigned depth)
{
	static const char *const vague[] = {"here", "this", "video", "."};
	bool is_plain;

	buf_putc(to, '[');
	if (pick(m, 6) == 0)
		put_image(m, to, depth);
	else if (pick(m, 8) == 0)
		buf_puts(to, PICK(m, vague));
	else if (pick(m, 12) > 0)
		put_inlines(m, to, depth);
	buf_putc(to, ']');
	if (pick(m, 6) == 0) {
		buf_printf(to, "[r%u]", m->references++);
		return;
	}
	is_plain = pick(m, 4) > 0;
	buf_puts(to, is_plain ? "(" : "( <");
	put_target(m, to);
	buf_puts(to, is_plain ? ")" : "> 'title' )");
}

static void
put_raw(struct maker *m, struct buf *to, unsigned depth)
{
	switch (pick(m, 4)) {
	case 0:
		buf_puts(to, "<a href=\"");
		put_address(m, to);
		buf_puts(to, "\">");
		put_inlines(m, to, depth);
		buf_puts(to, "</a>");
		break;
	case 1:
		buf_puts(to, "<img alt='x' src='");
		put_address(m, to);
		buf_puts(to, "'>");
		break;
	case 2:
		buf_puts(to, "<del>");
		put_inlines(m, to, depth);
		buf_puts(to, "</del>");
		break;
	default:
		buf_puts(to, "<em>");
		put_words(m, to);
		buf_puts(to, "</em><br/>");
		break;
	}
}

static void
put_emphasis(struct maker *m, struct buf *to, unsigned depth)
{
	static const char *const marks[] = {"*", "**", "_", "~~", "***", "__"};
	const char *mark = PICK(m, marks);

	buf_puts(to, mark);
	put_inlines(m, to, depth);
	buf_puts(to, mark);
}

static void
put_code(struct maker *m, struct buf *to)
{
	static const char *const inside[] = {
	    "", "", "*", "](", "<b>", "&lt;", "\\*", " ` ", "https://"};
	const char *marks = pick(m, 3) == 0 ? "``" : "`";

	buf_puts(to, marks);
	put_word(m, to);
	if (marks[1] != '\0')
		buf_puts(to, PICK(m, inside));
	put_words(m, to);
	buf_puts(to, marks);
}

static void
put_inline(struct maker *m, struct buf *to, unsigned depth)
{
	switch (pick(m, depth > 0 ? 20 : 10)) {
	case 0:
		put_address(m, to);
		break;
	case 1:
		buf_putc(to, '<');
		put_address(m, to);
		buf_putc(to, '>');
		break;
	case 2:
		put_code(m, to);
		break;
	case 3:
		buf_puts(to, PICK(m, odd));
		put_word(m, to);
		break;
	case 4:
		put_word(m, to);
		buf_puts(to, PICK(m, letters));
		break;
	case 5:
		put_word(m, to);
		buf_puts(to, pick(m, 2) == 0 ? "  \n" : "\\\n");
		put_word(m, to);
		break;
	case 10:
	case 11:
	case 12:
		put_emphasis(m, to, depth - 1);
		break;
	case 13:
	case 14:
	case 15:
		put_link(m, to, depth - 1);
		break;
	case 16:
		put_image(m, to, depth - 1);
		break;
	case 17:
		put_raw(m, to, depth - 1);
		break;
	case 18:
		put_word(m, to);
		buf_printf(to, "[^n%u]", m->notes++);
		break;
	default:
		put_words(m, to);
		break;
	}
}

static void
put_inlines(struct maker *m, struct buf *to, unsigned depth)
{
	for (unsigned i = 0, n = 1 + pick(m, depth + 1); i < n; i++) {
		if (i > 0)
			buf_putc(to, pick(m, 5) == 0 ? '\n' : ' ');
		put_inline(m, to, depth);
	}
}

/* Everything on one line, for headings and cells. */
static void
put_one_line(struct maker *m, struct buf *to, unsigned depth)
{
	size_t from = to->len;

	put_word(m, to);
	buf_putc(to, ' ');
	put_inlines(m, to, depth);
	for (size_t i = from; i < to->len; i++)
		if (to->data[i] == '\n')
			to->data[i] = ' ';
}

/*
 * Blocks.
 */

static void
put_table(struct maker *m, struct buf *to)
{
	static const char *const dashes[] = {"--", ":-:", "--:", ":--", "-"};
	unsigned columns = 2 + pick(m, 3), rows = 1 + pick(m, 4);
	unsigned depth = pick(m, 3);

	for (unsigned r = 0; r < rows + 2; r++) {
		for (unsigned c = 0; c < columns; c++) {
			buf_puts(to, "| ");
			if (r == 1)
				buf_puts(to, PICK(m, dashes));
			else if (pick(m, 4) == 0)
				put_one_line(m, to, depth);
			else if (pick(m, 6) > 0)
				put_word(m, to);
			buf_putc(to, ' ');
		}
		buf_puts(to, "|\n");
	}
}

static void
put_code_block(struct maker *m, struct buf *to)
{
	static const struct additions fences[] = {{"```x y\n", "```\n"},
	    {"~~~\n", "~~~~\n"}, {"````\n```\n", "=> x\n````\n"},
	    {"```\n# ", "* a\n\n\n> b\n```\n"}};
	struct additions fence = PICK(m, fences);

	if (pick(m, 4) == 0) {
		buf_puts(to, "\n    ");
		put_word(m, to);
		buf_puts(to, "\n\n\t  ");
		put_word(m, to);
		buf_puts(to, " <b>\n\n");
		return;
	}
	buf_puts(to, fence.before);
	put_words(m, to);
	buf_puts(to, "\n\t  ");
	put_words(m, to);
	buf_puts(to, "\n");
	buf_puts(to, fence.after);
}

/* A block of raw HTML, ended by an empty line. */
static void
put_html(struct maker *m, struct buf *to)
{
	static const struct additions parts[] = {{"<div>\n", "\n</div>\n"},
	    {"<ul><li>", "</li><li>x</ul>\n"}, {"<pre>\n", "\n</pre>\n"},
	    {"<h2>", "</h2>\n"}, {"<table><tr><td>x<td>", "</table>\n"},
	    {"<p align=center>", "</p>\n"}, {"<!-- x\n\n-->\n<p>", "\n"},
	    {"<script>x\n\nx</script>\n<p>", "\n"},
	    {"<details><summary>x</summary>", "</details>\n"},
	    {"<blockquote>\n", "\n</blockquote>\n"}};
	struct additions part = PICK(m, parts);

	buf_puts(to, "\n");
	buf_puts(to, part.before);
	put_words(m, to);
	if (pick(m, 2) == 0) {
		buf_puts(to, " <a\nhref=\"");
		put_address(m, to);
		buf_puts(to, "\">");
		put_words(m, to);
		buf_puts(to, "</a> &lt;q&gt; **x** ");
	}
	if (pick(m, 3) == 0) {
		buf_puts(to, "<img src=");
		put_address(m, to);
		buf_puts(to, "\n>");
	}
	buf_puts(to, part.after);
	buf_puts(to, "\n");
}

static void
put_leaf(struct maker *m, struct buf *to)
{
	switch (pick(m, 12)) {
	case 0:
		buf_fill(to, '#', 1 + pick(m, 6));
		buf_putc(to, ' ');
		put_one_line(m, to, pick(m, DEPTH));
		buf_puts(to, pick(m, 4) == 0 ? " ##\n" : "\n");
		break;
	case 1:
		put_inlines(m, to, 1);
		buf_puts(to, pick(m, 2) == 0 ? "\n===\n" : "\n---\n");
		break;
	case 2:
		put_code_block(m, to);
		break;
	case 3:
		put_table(m, to);
		break;
	case 4:
		buf_puts(to, "* * *\n");
		break;
	case 5:
		put_html(m, to);
		break;
	default:
		put_inlines(m, to, DEPTH);
		buf_putc(to, '\n');
		break;
	}
}

/* Appends the lines of text behind marks. */
static void
put_behind(struct buf *to, struct additions marks, struct str text)
{
	const char *mark = marks.before;
	struct str line;

	while (str_next_line(&text, &line)) {
		buf_puts(to, mark);
		buf_str(to, line);
		buf_putc(to, '\n');
		mark = marks.after;
	}
}

static void
put_blocks(struct maker *m, struct buf *to, unsigned depth)
{
	static const struct additions marks[] = {{"* ", "  "}, {"- ", "  "},
	    {"3. ", "   "}, {"> ", "> "}, {"0) ", "   "}, {">", ">"}};

	for (unsigned i = 0, n = 1 + pick(m, 3); i < n; i++) {
		struct additions mark = PICK(m, marks);
		struct buf inner;

		if (i > 0 && pick(m, 6) > 0)
			buf_putc(to, '\n');
		if (depth == 0 || pick(m, 3) > 0) {
			put_leaf(m, to);
			continue;
		}
		for (unsigned j = 0, items = 1 + pick(m, 3); j < items; j++) {
			buf_init(&inner, DOC_MAX);
			put_blocks(m, &inner, depth - 1);
			put_behind(to, mark, buf_slice(&inner));
			buf_release(&inner);
		}
	}
}

/* What was mentioned. A note has two words at least: one alone is where a
 * link's reference leads. */
static void
put_definitions(struct maker *m, struct buf *to)
{
	buf_putc(to, '\n');
	for (unsigned i = 0; i < m->references; i++) {
		buf_printf(to, "[r%u]: ", i);
		put_target(m, to);
		buf_puts(to, pick(m, 2) == 0 ? " \"title\"\n" : "\n");
	}
	for (unsigned i = 0; i < m->notes; i++) {
		buf_printf(to, "\n[^n%u]: ", i);
		put_one_line(m, to, 1);
		buf_putc(to, '\n');
		if (pick(m, 4) > 0)
			continue;
		buf_puts(to, "\n    ");
		put_one_line(m, to, 1);
		buf_putc(to, '\n');
	}
}

void
make_doc(struct buf *to, uint64_t seed)
{
	struct maker m = {.seed = seed * 0x9e3779b97f4a7c15u + 1};

	for (unsigned i = 0, n = 1 + pick(&m, 3); i < n; i++) {
		put_blocks(&m, to, DEPTH);
		buf_putc(to, '\n');
	}
	put_definitions(&m, to);
}
