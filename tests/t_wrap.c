#include "content/wrap.h"
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *why;
	const char *text;
	size_t want;
} widths[] = {
    {"nothing", "", 0},
    {"letters", "hello", 5},
    {"Latin with accents", "Deirdr\u00e9", 7},
    {"an accent that combines", "e\u0301", 1},
    {"CJK", "\u65e5\u672c\u8a9e", 6},
    {"Hangul syllables", "\ud55c\uad6d\uc5b4", 6},
    {"Hangul letters that join", "\u1112\u1161\u11ab", 2},
    {"fullwidth letters", "\uff21\uff22", 4},
    {"halfwidth kana", "\uff76\uff85", 2},
    {"emoji", "\U0001f600", 2},
    {"emoji of Unicode 15", "\U0001fae8", 2},
    {"a joiner takes nothing", "\u200d", 0},
    {"Hebrew points", "\u05e9\u05b8", 1},
    {"Arabic", "\u0633\u0644\u0627\u0645", 4},
    {"a dash and a quote", "\u2014\u201d", 2},
    {"a no-break space", "a\u00a0b", 3},
    {"a soft hyphen is drawn", "\u00ad", 1},
    {"a direction mark", "\u200f", 0},
    {"the last plane of ideographs", "\U00031350", 2},
    {"control characters", "\x01\x7f", 0},
    {"bytes that are not UTF-8", "\xff\xc3", 2},
};

static void
counts_columns(void)
{
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct str in = t_guard(str_of(widths[i].text));

		T_EQ_INT((int64_t)wrap_width(in), (int64_t)widths[i].want, "%s",
		    widths[i].why);
		t_guard_free(in);
	}
	T_EQ_INT(wrap_char_width(-1), 1, "a stray byte is one column");
	T_EQ_INT(wrap_char_width(0x10ffff), 1, "the last code point");
}

static const struct {
	const char *why;
	const char *text;
	size_t width;
	const char *first, *rest;
	const char *want;
} wraps[] = {
    {"nothing", "", 10, "* ", "  ", ""},
    {"a line that fits", "ten chars!", 10, "", "", "ten chars!"},
    {"one column too many", "ten chars !!", 10, "", "", "ten chars\n!!"},
    {"first and rest count", "aa bb cc", 5, "* ", "  ", "* aa\n  bb\n  cc"},
    {"a long word stands alone", "a abcdefghij b", 4, "", "",
	"a\nabcdefghij\nb"},
    {"a long word comes first", "abcdefghij b", 4, "", "", "abcdefghij\nb"},
    {"spaces at a break go", "aaaa    bbbb", 4, "", "", "aaaa\nbbbb"},
    {"spaces inside a line stay", "a  b", 9, "", "", "a  b"},
    {"spaces around it go", "  a  ", 9, "", "", "a"},
    {"a forced break", "a\nb", 9, "> ", "> ", "> a\n> b"},
    {"an empty line", "a\n\nb", 9, "> ", "> ", "> a\n>\n> b"},
    {"a break between wide characters", "\u65e5\u672c\u8a9e", 4, "", "",
	"\u65e5\u672c\n\u8a9e"},
    {"a wide one that half fits", "\u65e5\u672c\u8a9e", 5, "", "",
	"\u65e5\u672c\n\u8a9e"},
    {"a full stop stays with its word", "\u65e5\u672c\u3002", 4, "", "",
	"\u65e5\n\u672c\u3002"},
    {"an opening bracket goes along", "\u65e5\u300c\u672c", 4, "", "",
	"\u65e5\n\u300c\u672c"},
    {"a joined emoji is one",
	"\U0001f469\u200d\U0001f680\U0001f469\u200d\U0001f680", 4, "", "",
	"\U0001f469\u200d\U0001f680\n\U0001f469\u200d\U0001f680"},
    {"no break at a no-break space", "a a\u00a0b", 3, "", "", "a\na\u00a0b"},
    {"combining marks take no room", "e\u0301e\u0301e\u0301 x", 5, "", "",
	"e\u0301e\u0301e\u0301 x"},
    {"a lead wider than the line", "a b", 2, "> > ", "> > ", "> > a\n> > b"},
    {"not UTF-8", "a\xff b", 2, "", "", "a\xff\nb"},
};

static void
breaks_lines(void)
{
	for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
		struct str in = t_guard(str_of(wraps[i].text));
		struct buf out;

		buf_init(&out, 4096);
		wrap_text(&out, in, wraps[i].width, str_of(wraps[i].first),
		    str_of(wraps[i].rest));
		T_EQ_STR(
		    buf_slice(&out), str_of(wraps[i].want), "%s", wraps[i].why);
		buf_release(&out);
		t_guard_free(in);
	}
}

static void
says_what_ended_a_line(void)
{
	struct str rest = STR("aa bb\n\u65e5\u672c\n"), line;
	enum wrap_end end;

	T_OK(wrap_next(&rest, 2, &line, &end) && end == WRAP_SPACE,
	    "a space ended it");
	T_OK(wrap_next(&rest, 2, &line, &end) && end == WRAP_FORCED,
	    "the author ended it");
	T_OK(wrap_next(&rest, 2, &line, &end) && end == WRAP_WIDE,
	    "it ended between two wide characters");
	T_OK(wrap_next(&rest, 2, &line, &end) && end == WRAP_FORCED,
	    "the final LF ends the last one");
	T_OK(!wrap_next(&rest, 2, &line, &end), "and begins no other");
}

/* Whatever the width, the words are the same and no line is too wide unless
 * it is one word. */
static void
loses_nothing(void)
{
	struct str
	    text = STR(
		"When in the course of human events, \u65e5\u672c"
		"\u8a9e it becomes\nhttps://example.org/necessary for one people"),
	    piece, out_rest, line;
	struct buf words, got, out;

	buf_init(&words, 4096);
	buf_init(&got, 4096);
	buf_init(&out, 4096);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != ' ' && text.p[i] != '\n')
			buf_putc(&words, text.p[i]);
	for (size_t width = 1; width < 70; width++) {
		bool fits = true;

		buf_clear(&got);
		buf_clear(&out);
		wrap_text(&out, text, width, STR(""), STR(""));
		out_rest = buf_slice(&out);
		while (str_next_line(&out_rest, &line)) {
			if (wrap_width(line) > width && str_chr(line, ' ') >= 0)
				fits = false;
			while (str_next(&line, ' ', &piece))
				buf_str(&got, piece);
		}
		T_OK(fits, "no line is over %zu columns", width);
		T_EQ_STR(buf_slice(&got), buf_slice(&words),
		    "all words at %zu columns", width);
	}
	buf_release(&out);
	buf_release(&got);
	buf_release(&words);
}

int
main(void)
{
	T_RUN(counts_columns);
	T_RUN(breaks_lines);
	T_RUN(says_what_ended_a_line);
	T_RUN(loses_nothing);
	return t_done();
}
