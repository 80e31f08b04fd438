#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.data = empty, .max = max};
}

void
buf_release(struct buf *b)
{
	if (b->cap > 0)
		free(b->data);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = ERR_NONE;
	if (b->cap > 0)
		b->data[0] = '\0';
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap;
	char *grown;

	if (b->failed != ERR_NONE)
		return NULL;
	if (n > b->max - b->len) {
		b->failed = ERR_LIMIT;
		return NULL;
	}
	if (n > PTRDIFF_MAX / 2 - b->len) {
		b->failed = ERR_MEMORY;
		return NULL;
	}
	if (b->len + n < cap)
		return b->data + b->len;
	if (cap < 64)
		cap = 64;
	while (cap <= b->len + n)
		cap += cap / 2;
	grown = realloc(b->cap > 0 ? b->data : NULL, cap);
	if (grown == NULL) {
		b->failed = ERR_MEMORY;
		return NULL;
	}
	b->data = grown;
	b->cap = cap;
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void
buf_grew(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_append(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (n == 0 || (to = buf_room(b, n)) == NULL)
		return;
	memcpy(to, p, n);
	buf_grew(b, n);
}

void
buf_str(struct buf *b, struct str s)
{
	buf_append(b, s.p, s.n);
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void
buf_fill(struct buf *b, char c, size_t n)
{
	char *to;

	if (n == 0 || (to = buf_room(b, n)) == NULL)
		return;
	memset(to, c, n);
	buf_grew(b, n);
}

void
buf_utf8(struct buf *b, uint32_t cp)
{
	char u[4];

	if (cp < 0x80) {
		u[0] = (char)cp;
		buf_append(b, u, 1);
	} else if (cp < 0x800) {
		u[0] = (char)(0xc0 | cp >> 6);
		u[1] = (char)(0x80 | (cp & 0x3f));
		buf_append(b, u, 2);
	} else if (cp < 0x10000) {
		u[0] = (char)(0xe0 | cp >> 12);
		u[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		u[2] = (char)(0x80 | (cp & 0x3f));
		buf_append(b, u, 3);
	} else {
		u[0] = (char)(0xf0 | cp >> 18);
		u[1] = (char)(0x80 | (cp >> 12 & 0x3f));
		u[2] = (char)(0x80 | (cp >> 6 & 0x3f));
		u[3] = (char)(0x80 | (cp & 0x3f));
		buf_append(b, u, 4);
	}
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n <= 0 || (to = buf_room(b, (size_t)n)) == NULL)
		return;
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	buf_grew(b, (size_t)n);
}

void
buf_cut(struct buf *b, size_t n)
{
	if (n >= b->len)
		return;
	b->len = n;
	b->data[n] = '\0';
}

void
buf_join(struct buf *b, const struct buf *other)
{
	buf_str(b, buf_slice(other));
	buf_fail(b, other->failed);
}

void
buf_fail(struct buf *b, enum err_kind why)
{
	if (b->failed == ERR_NONE)
		b->failed = why;
}

struct str
buf_slice(const struct buf *b)
{
	return (struct str){b->data, b->len};
}

int
buf_ok(const struct buf *b, const char *what, struct err *e)
{
	if (b->failed == ERR_NONE)
		return 0;
	if (b->failed == ERR_LIMIT)
		return err_set(e, ERR_LIMIT,
		    "%s is larger than the %zu bytes allowed", what, b->max);
	return err_set(e, ERR_MEMORY, "memory ran out for %s", what);
}

char *
buf_take(struct buf *b, size_t *len)
{
	char *data = NULL;

	if (b->failed == ERR_NONE)
		data = b->cap > 0 ? b->data : calloc(1, 1);
	if (len != NULL)
		*len = data != NULL ? b->len : 0;
	if (data == b->data)
		buf_init(b, b->max);
	else
		buf_release(b);
	return data;
}
