#include "content/md_inner.h"

#include <string.h>

/* Does text begin with what cmark takes for text and a later stage may not? */
static bool
is_ours(struct str text)
{
	return text.p[0] == '~' || text.p[0] == '|' ||
	    str_starts(text, STR("[^"));
}

/* Entities of these characters. */
static size_t
scan_entity(struct str text)
{
	static const char *const entities[] = {"&#124;", "&#x7c;", "&#x7C;",
	    "&vert;", "&verbar;", "&VerticalLine;", "&#126;", "&#x7e;",
	    "&#x7E;", "&#91;", "&#x5b;", "&#x5B;", "&lbrack;", "&lsqb;"};

	for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
		if (str_starts(text, str_of(entities[i])))
			return strlen(entities[i]);
	return 0;
}

/* Does an entity begin here that would be one of our marks when decoded? */
static bool
is_false_mark(struct str text)
{
	size_t n = 2;
	uint32_t value = 0;
	bool is_hex;

	if (!str_starts(text, STR("&#")))
		return false;
	is_hex = n < text.n && (text.p[n] | 0x20) == 'x';
	for (n += is_hex; n < text.n && text.p[n] == '0'; n++)
		;
	for (size_t end = n + 2; n < end && n < text.n; n++) {
		if (text.p[n] < '0' || text.p[n] > '9')
			break;
		value =
		    value * (is_hex ? 16 : 10) + (uint32_t)(text.p[n] - '0');
	}
	return n < text.n && text.p[n] == ';' && value > 0 &&
	    value <= MARK_SPLIT;
}

/* Appends an escape of n bytes with its mark, on the side where no emphasis
 * stands: beside a mark, "_" and "*" would not see that it is punctuation. */
static void
put_marked(struct buf *to, struct str escape, char before)
{
	bool is_after = before == '_' || before == '*';

	if (!is_after)
		buf_putc(to, MARK_NEXT);
	buf_str(to, escape);
	if (is_after)
		buf_putc(to, MARK_PREV);
}

/* What is to be done at this "\" or "&": how many bytes it takes, and whether
 * they are an escape of ours. */
static size_t
scan_escape(struct str text, bool *is_marked)
{
	size_t n;

	*is_marked = false;
	if (text.p[0] == '&') {
		n = scan_entity(text);
		*is_marked = n > 0;
		return n > 0 ? n : 1;
	}
	if (text.n < 2)
		return 1;
	*is_marked = is_ours(str_sub(text, 1, text.n));
	/* What is escaped neither escapes nor begins an entity. */
	return *is_marked || text.p[1] == '\\' || text.p[1] == '&' ? 2 : 1;
}

/* Where the next "\\" and the next "&" are; the text's end: none. */
struct seeker {
	struct str text;
	size_t backslash, ampersand;
};

static size_t
seek(struct str text, size_t from, char c)
{
	ptrdiff_t at = str_chr(str_sub(text, from, text.n), c);

	return at < 0 ? text.n : from + (size_t)at;
}

/* The first of both at or behind from. Every byte is looked at once for each,
 * by what the C library has for it. */
static size_t
seek_escape(struct seeker *s, size_t from)
{
	if (s->backslash < from)
		s->backslash = seek(s->text, from, '\\');
	if (s->ampersand < from)
		s->ampersand = seek(s->text, from, '&');
	return s->backslash < s->ampersand ? s->backslash : s->ampersand;
}

struct str
md_mark_escapes(struct buf *to, struct str text)
{
	struct seeker next = {text, seek(text, 0, '\\'), seek(text, 0, '&')};
	size_t kept = 0, n;
	bool is_marked;

	for (size_t i = seek_escape(&next, 0); i < text.n;
	     i = seek_escape(&next, i + n)) {
		struct str rest = str_sub(text, i, text.n);

		n = scan_escape(rest, &is_marked);
		if (!is_marked && !is_false_mark(rest))
			continue;
		buf_str(to, str_sub(text, kept, i - kept));
		if (is_marked)
			put_marked(to, str_sub(rest, 0, n),
			    i > 0 ? text.p[i - 1] : '\n');
		else
			buf_printf(to, "&%c", MARK_SPLIT);
		kept = i + n;
	}
	if (kept == 0)
		return text;
	buf_str(to, str_sub(text, kept, text.n));
	return buf_slice(to);
}
