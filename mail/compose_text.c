#include "mail/compose_text.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define LINE_CHARS 76
#define WORD_CHARS 60 /* longer ones stand in encoded words, too */
/* Bytes of an encoded word: with what is around it 64 characters, so that one
 * fits beside the name of its field (RFC 2047, section 2). */
#define ENCODED_BYTES 39

/*
 * Quoted-printable.
 */

static void
put_escape(struct buf *to, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	buf_putc(to, '=');
	buf_putc(to, hex[c >> 4]);
	buf_putc(to, hex[c & 15]);
}

/* How much of the text stays together. */
static size_t
unit_length(struct str rest, struct str whole)
{
	struct str after = rest;

	if (whole.n > 0 && str_starts(rest, whole))
		return whole.n;
	str_next_utf8(&after);
	return rest.n - after.n;
}

static bool
is_plain(unsigned char c)
{
	return c >= ' ' && c <= '~' && c != '=';
}

/* White space at a line's end would be lost (rule 3). A dot or "From " at its
 * beginning is taken for something else by mail servers and folders of old. */
static bool
is_escaped(struct str line, size_t column)
{
	return !is_plain((unsigned char)*line.p) || str_is(line, " ") ||
	    (column == 0 && (*line.p == '.' || str_starts(line, STR("From "))));
}

static size_t
unit_width(struct str line, size_t n, size_t column)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		width +=
		    is_escaped(str_sub(line, i, line.n), column + i) ? 3 : 1;
	return width;
}

static void
put_unit(struct buf *to, struct str line, size_t n, size_t column)
{
	for (size_t i = 0; i < n; i++)
		if (is_escaped(str_sub(line, i, line.n), column + i))
			put_escape(to, (unsigned char)line.p[i]);
		else
			buf_putc(to, line.p[i]);
}

static void
quote_line(struct buf *to, struct str line, struct str whole)
{
	size_t column = 0;

	while (line.n > 0) {
		size_t n = unit_length(line, whole);
		size_t room = n == line.n ? LINE_CHARS : LINE_CHARS - 1;

		if (column + unit_width(line, n, column) > room) {
			buf_puts(to, "=\n");
			column = 0;
		}
		put_unit(to, line, n, column);
		column += unit_width(line, n, column);
		line = str_sub(line, n, line.n);
	}
	buf_putc(to, '\n');
}

void
compose_quoted(struct buf *to, struct str text, struct str whole)
{
	struct str line;

	while (str_next_line(&text, &line))
		quote_line(to, line, whole);
}

/*
 * Header fields.
 */

static bool
is_space(char c)
{
	return c == ' ' || ((unsigned char)c < ' ') || c == 0x7f;
}

/* Words with one space between them. */
static void
squash(struct buf *to, struct str text)
{
	bool in_space = true;

	for (size_t i = 0; i < text.n; i++) {
		if (!is_space(text.p[i]))
			buf_putc(to, text.p[i]);
		else if (!in_space)
			buf_putc(to, ' ');
		in_space = is_space(text.p[i]);
	}
	if (to->len > 0 && to->data[to->len - 1] == ' ')
		buf_cut(to, to->len - 1);
}

/* Can it stand as it is? Not what a reader would take for encoded. */
static bool
is_plain_text(struct str text)
{
	size_t word = 0;

	for (size_t i = 0; i < text.n; i++) {
		word = text.p[i] == ' ' ? 0 : word + 1;
		if ((unsigned char)text.p[i] >= 0x80 || word > WORD_CHARS)
			return false;
	}
	return str_find(text, STR("=?")) < 0;
}

static void
put_encoded_word(struct buf *to, struct str piece)
{
	unsigned char base64[ENCODED_BYTES / 3 * 4 + 1];

	EVP_EncodeBlock(base64, (const unsigned char *)piece.p, (int)piece.n);
	buf_printf(to, "=?UTF-8?B?%s?=", (const char *)base64);
}

/* All of it, since the space between two encoded words is none. No character
 * is in two of them (section 5). */
static void
put_encoded(struct buf *to, struct str text)
{
	while (text.n > 0) {
		struct str rest = text, after = text;

		while (after.n > 0) {
			str_next_utf8(&after);
			if (text.n - after.n > ENCODED_BYTES)
				break;
			rest = after;
		}
		put_encoded_word(to, str_sub(text, 0, text.n - rest.n));
		if (rest.n > 0)
			buf_putc(to, ' ');
		text = rest;
	}
}

void
compose_words(struct buf *to, struct str text)
{
	struct buf words;

	buf_init(&words, text.n);
	squash(&words, text);
	if (is_plain_text(buf_slice(&words)))
		buf_str(to, buf_slice(&words));
	else
		put_encoded(to, buf_slice(&words));
	buf_release(&words);
}

/* Letters, digits and spaces stand as they are, and other ASCII in quotes. */
static void
put_phrase(struct buf *to, struct str words)
{
	bool is_bare = true;

	for (size_t i = 0; i < words.n; i++)
		is_bare = is_bare &&
		    (str_chr(STR("\"(),.:;<>@[\\]"), words.p[i]) < 0);
	if (is_bare) {
		buf_str(to, words);
		return;
	}
	buf_putc(to, '"');
	for (size_t i = 0; i < words.n; i++) {
		if (words.p[i] == '"' || words.p[i] == '\\')
			buf_putc(to, '\\');
		buf_putc(to, words.p[i]);
	}
	buf_putc(to, '"');
}

void
compose_phrase(struct buf *to, struct str text)
{
	struct buf words;

	buf_init(&words, text.n);
	squash(&words, text);
	if (is_plain_text(buf_slice(&words)))
		put_phrase(to, buf_slice(&words));
	else
		put_encoded(to, buf_slice(&words));
	buf_release(&words);
}

void
compose_field(struct buf *to, const char *name, struct str value)
{
	size_t column = strlen(name) + 1;
	struct str word;

	buf_printf(to, "%s:", name);
	while (str_next(&value, ' ', &word)) {
		if (column + 1 + word.n > LINE_CHARS &&
		    column > strlen(name) + 1) {
			buf_puts(to, "\r\n");
			column = 0;
		}
		buf_putc(to, ' ');
		buf_str(to, word);
		column += 1 + word.n;
	}
	buf_puts(to, "\r\n");
}
