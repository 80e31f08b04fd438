#include "mail/smtp_reply.h"

#include "base/log.h"

#include <string.h>

#define LINE_KEPT 1024 /* RFC 5321 has 512 at most */
#define TEXT_KEPT 16384

void
smtp_reader_init(struct smtp_reader *r)
{
	*r = (struct smtp_reader){0};
	buf_init(&r->line, LINE_KEPT);
	buf_init(&r->text, TEXT_KEPT);
}

void
smtp_reader_release(struct smtp_reader *r)
{
	buf_release(&r->line);
	buf_release(&r->text);
}

/* A line is here; true when it is the last of its reply. */
static bool
end_line(struct smtp_reader *r)
{
	struct str line = str_trim(buf_slice(&r->line));
	int64_t code = str_number(str_sub(line, 0, 3), 999);
	bool is_last = line.n <= 3 || line.p[3] != '-';

	r->code = code >= 100 ? (int)code : 0;
	buf_str(&r->text, r->code != 0 ? str_sub(line, 4, line.n) : line);
	buf_putc(&r->text, '\n');
	buf_clear(&r->line);
	return is_last || r->code == 0;
}

bool
smtp_reader_push(struct smtp_reader *r, struct str *rest)
{
	if (rest->n == 0)
		return false;
	if (r->is_whole)
		buf_clear(&r->text);
	r->is_whole = false;
	while (rest->n > 0 && !r->is_whole) {
		char c = rest->p[0];

		*rest = str_sub(*rest, 1, rest->n);
		if (c == '\n')
			r->is_whole = end_line(r);
		else if (r->line.len < LINE_KEPT)
			buf_putc(&r->line, c);
	}
	return r->is_whole;
}

/* How many digits there are at the front, up to three. */
static size_t
digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && n < 3 && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* "2.1.5" and what ends it; empty if there is none. */
static struct str
status_of(struct str line)
{
	struct str rest;

	if (line.n < 5 || memchr("245", line.p[0], 3) == NULL ||
	    line.p[1] != '.')
		return (struct str){NULL, 0};
	rest = str_sub(line, 2, line.n);
	for (int i = 0; i < 2; i++) {
		size_t n = digits(rest);

		if (n == 0 || (i == 0 && (n == rest.n || rest.p[n] != '.')))
			return (struct str){NULL, 0};
		rest = str_sub(rest, n + (i == 0), rest.n);
	}
	if (rest.n > 0 && rest.p[0] != ' ')
		return (struct str){NULL, 0};
	return str_sub(line, 0, line.n - rest.n);
}

static void
clean_line(struct buf *to, struct str line, size_t max)
{
	while (line.n > 0) {
		struct str whole = line;
		int32_t cp = str_next_utf8(&line);
		struct str one = str_sub(whole, 0, whole.n - line.n);

		if (to->len + one.n > max)
			return;
		if (cp < 0)
			buf_putc(to, '?');
		else if (!log_is_harmful(cp))
			buf_str(to, one);
		else if (to->len > 0 && to->data[to->len - 1] != ' ')
			buf_putc(to, ' ');
	}
}

void
smtp_reply_clean(struct buf *to, char status[SMTP_STATUS_MAX], struct str text)
{
	size_t start = to->len, max = start + SMTP_TEXT_MAX;
	bool is_first = true;
	struct str line;

	status[0] = '\0';
	for (; str_next_line(&text, &line); is_first = false) {
		struct str code = status_of(str_trim(line));

		if (is_first && code.n > 0) {
			memcpy(status, code.p, code.n);
			status[code.n] = '\0';
		}
		line = str_trim(str_sub(str_trim(line), code.n, line.n));
		if (to->len > start && to->len + 1 < max && line.n > 0)
			buf_putc(to, ' ');
		clean_line(to, line, max);
	}
	while (to->len > start && to->data[to->len - 1] == ' ')
		buf_cut(to, to->len - 1);
}
