#include "content/md.h"

#include "base/buf.h"

#include <string.h>

/* Bytes 0x80 to 0x9f of Windows-1252; the rest is as in Unicode. */
static const uint16_t windows[] = {0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e,
    0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
    0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
    0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

static void
from_windows(struct buf *to, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		buf_utf8(to, c >= 0x80 && c < 0xa0 ? windows[c - 0x80] : c);
	}
}

/* One unit of UTF-16, or -1 at the end; half a unit is none. */
static int32_t
next_unit(struct str *text, bool is_big)
{
	unsigned char a, b;

	if (text->n < 2)
		return -1;
	a = (unsigned char)text->p[0];
	b = (unsigned char)text->p[1];
	*text = str_sub(*text, 2, text->n);
	return is_big ? a << 8 | b : b << 8 | a;
}

static void
from_utf16(struct buf *to, struct str text, bool is_big)
{
	int32_t unit;

	while ((unit = next_unit(&text, is_big)) >= 0) {
		struct str rest = text;
		int32_t low = -1;

		if (unit >= 0xd800 && unit < 0xdc00)
			low = next_unit(&rest, is_big);
		if (low >= 0xdc00 && low < 0xe000) {
			unit =
			    0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
			text = rest;
		} else if (unit >= 0xd800 && unit < 0xe000) {
			unit = 0xfffd; /* half a pair */
		}
		buf_utf8(to, (uint32_t)unit);
	}
}

int
md_decode(struct str *utf8, bool *guessed, struct arena *a, struct str text,
    struct err *e)
{
	bool is_big = str_starts(text, STR("\xfe\xff"));
	bool is_utf16 = is_big || str_starts(text, STR("\xff\xfe"));
	struct buf b;
	int failed;

	*guessed = false;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_sub(text, 3, text.n);
	*utf8 = text;
	if (!is_utf16 && str_is_utf8(text))
		return 0;
	buf_init(&b, SIZE_MAX / 2);
	*guessed = !is_utf16;
	if (is_utf16)
		from_utf16(&b, str_sub(text, 2, text.n), is_big);
	else
		from_windows(&b, text);
	*utf8 = arena_buf(a, &b);
	failed = buf_ok(&b, "the text", e);
	buf_release(&b);
	return failed != 0 ? failed : arena_ok(a, e);
}

/* What Markdown reads as more than itself wherever it stands. */
static bool
is_markup(char c)
{
	return c != '\0' && strchr("\\`*_[]<>&~|#", c) != NULL;
}

/* What it reads so at the beginning of a line, or behind digits there. */
static bool
is_line_markup(char c)
{
	return c != '\0' && strchr("+-=.):", c) != NULL;
}

void
md_escape(struct buf *to, struct str text)
{
	bool at_start = true; /* nothing but digits so far */

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool is_edge = i == 0 || i + 1 == text.n;

		if (c == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
			continue;
		if (c == '\t' || c == '\n' || c == '\r' || c == ' ') {
			buf_puts(to, is_edge ? "&#32;" : " ");
			continue;
		}
		/* cmark drops a byte order mark at the very beginning. */
		if (str_starts(str_sub(text, i, 3), STR("\xef\xbb\xbf"))) {
			buf_puts(to, "&#xfeff;");
			i += 2;
			continue;
		}
		if (is_markup(c) || (at_start && is_line_markup(c)))
			buf_putc(to, '\\');
		at_start = at_start && c >= '0' && c <= '9';
		buf_putc(to, c);
	}
}
