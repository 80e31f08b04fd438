/*
 * Pages made up from a seed: every construct inside every other, and what
 * trips converters up. Every word and every address is unique, so that none
 * can stand in for another. The same seed gives the same page.
 */
#ifndef TESTS_MAKE_PAGE_H
#define TESTS_MAKE_PAGE_H

#include "base/buf.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define MAKE_PAGE_MAX ((size_t)8 << 20)

struct maker {
	uint64_t seed;
	unsigned words;
};

static unsigned
pick(struct maker *m, unsigned n)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (unsigned)(m->seed >> 11) % n;
}

static void
put_word(struct maker *m, struct buf *to)
{
	buf_printf(to, "w%05u", m->words++);
}

static void
put_words(struct maker *m, struct buf *to)
{
	for (unsigned i = 0, n = 1 + pick(m, 9); i < n; i++) {
		if (i > 0)
			buf_putc(to, pick(m, 7) == 0 ? '\n' : ' ');
		put_word(m, to);
	}
}

static void
put_inline(struct maker *m, struct buf *to)
{
	static const char *const around[] = {"*", "**", "_", "`", "~~", "***"};
	static const char *const odd[] = {"\\# ", "\\=> ", "=> ", "\\* ",
	    "\\> ", "\\`\\`\\` ", "&#35; ", "&gt; ", "&mdash;", "\\$1200 ",
	    "snake_case_name ", "a < b ", "<!-- x --> ", "5 * 3 ", "[ ", "] ",
	    "![ ", "\u65e5\u672c\u8a9e", "\u05e9\u05dc\u05d5\u05dd ", "  \n",
	    "\\\n", "<br>", "From ", "-- ", ": ", "| ", "<b>", "</b>"};
	const char *mark;

	switch (pick(m, 12)) {
	case 0:
	case 1:
		mark = around[pick(m, sizeof(around) / sizeof(around[0]))];
		buf_puts(to, mark);
		put_words(m, to);
		buf_puts(to, mark);
		break;
	case 2:
		buf_putc(to, '[');
		put_words(m, to);
		buf_printf(to, "](https://h%05u.example/p)", m->words++);
		break;
	case 3:
		buf_puts(to, "![");
		if (pick(m, 3) > 0)
			put_words(m, to);
		buf_printf(to, "](pictures/h%05u.png)", m->words++);
		break;
	case 4:
		buf_printf(to, "https://h%05u.example/a_b", m->words++);
		break;
	case 5:
		buf_printf(to, "<gopher://h%05u.example/1/x>", m->words++);
		break;
	case 6:
		buf_puts(to, odd[pick(m, sizeof(odd) / sizeof(odd[0]))]);
		put_word(m, to);
		break;
	default:
		put_words(m, to);
		break;
	}
}

static void
put_inlines(struct maker *m, struct buf *to)
{
	for (unsigned i = 0, n = 1 + pick(m, 6); i < n; i++) {
		if (i > 0)
			buf_putc(to, pick(m, 5) == 0 ? '\n' : ' ');
		put_inline(m, to);
	}
	buf_putc(to, '\n');
}

/* Everything on one line, for headings and cells. */
static void
put_one_line(struct maker *m, struct buf *to)
{
	size_t from = to->len;

	put_word(m, to);
	buf_putc(to, ' ');
	put_words(m, to);
	for (size_t i = from; i < to->len; i++)
		if (to->data[i] == '\n')
			to->data[i] = ' ';
}

static void
put_table(struct maker *m, struct buf *to)
{
	unsigned columns = 2 + pick(m, 3), rows = 1 + pick(m, 4);

	for (unsigned r = 0; r < rows + 2; r++) {
		for (unsigned c = 0; c < columns; c++) {
			buf_puts(to, "| ");
			if (r == 1)
				buf_puts(to, pick(m, 2) == 0 ? "--" : ":-:");
			else if (pick(m, 4) == 0)
				put_one_line(m, to);
			else
				put_word(m, to);
			buf_putc(to, ' ');
		}
		buf_puts(to, "|\n");
	}
}

static void
put_leaf(struct maker *m, struct buf *to)
{
	switch (pick(m, 9)) {
	case 0:
		buf_fill(to, '#', 1 + pick(m, 6));
		buf_putc(to, ' ');
		put_one_line(m, to);
		buf_putc(to, '\n');
		break;
	case 1:
		buf_puts(to, "```x\n");
		put_words(m, to);
		buf_puts(to, "\n\t  ");
		put_words(m, to);
		buf_puts(to, "\n```\n");
		break;
	case 2:
		put_table(m, to);
		break;
	case 3:
		buf_puts(to, "* * *\n");
		break;
	default:
		put_inlines(m, to);
		break;
	}
}

/* Appends the lines of text behind marks. */
static void
put_behind(
    struct buf *to, const char *first, const char *others, struct str text)
{
	struct str line;

	for (const char *mark = first; str_next_line(&text, &line);
	     mark = others) {
		buf_puts(to, mark);
		buf_str(to, line);
		buf_putc(to, '\n');
	}
}

static void
put_blocks(struct maker *m, struct buf *to, unsigned depth)
{
	static const char *const marks[][2] = {
	    {"* ", "  "}, {"- ", "  "}, {"3. ", "   "}, {"> ", "> "}};
	unsigned kind = 0;

	for (unsigned i = 0, n = 1 + pick(m, 4); i < n; i++) {
		struct buf inner;

		if (i > 0 && pick(m, 6) > 0)
			buf_putc(to, '\n');
		if (depth == 0 || pick(m, 3) > 0) {
			put_leaf(m, to);
			continue;
		}
		kind = pick(m, 4);
		for (unsigned j = 0, items = 1 + pick(m, 3); j < items; j++) {
			buf_init(&inner, MAKE_PAGE_MAX);
			put_blocks(m, &inner, depth - 1);
			put_behind(to, marks[kind][0], marks[kind][1],
			    buf_slice(&inner));
			buf_release(&inner);
		}
	}
}

static void
make_page(struct buf *to, uint64_t seed)
{
	struct maker m = {seed * 0x9e3779b97f4a7c15u + 1, 0};

	pick(&m, 2);
	for (int i = 0; i < 3; i++) {
		put_blocks(&m, to, 3);
		buf_putc(to, '\n');
	}
}

#endif
