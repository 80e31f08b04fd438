/*
 * A buffer owns its bytes. Its text is never NULL and always ends in a NUL
 * that is not counted; it has a ceiling given at birth and remembers failure,
 * so that a renderer is a list of appends and one buf_ok at the end. After a
 * failure (memory, or the ceiling) appends do nothing.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t cap; /* bytes allocated, 0 while data is static */
	size_t max; /* ceiling of len */
	enum err_kind failed; /* ERR_NONE, ERR_MEMORY or ERR_LIMIT */
};

/* Storage is the caller's; nothing is allocated before the first append. */
void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);

/* Empty again and free of failure, keeping what is allocated. What is made
 * piece by piece in one that is looked at in the end only is cut to 0. */
void buf_clear(struct buf *b);

void buf_append(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
/* All of another, and its failure. */
void buf_join(struct buf *b, const struct buf *other);
/* A failure of what it is made from; ERR_NONE is none. */
void buf_fail(struct buf *b, enum err_kind why);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t n);
void buf_utf8(struct buf *b, uint32_t cp);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Shortens to n bytes; n is at most len. */
void buf_cut(struct buf *b, size_t n);

/* Room for n more bytes at data + len, for a read; NULL on failure. The
 * caller then adds what arrived to len with buf_grew. */
char *buf_room(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

/* The whole as a slice, valid until the next change. */
struct str buf_slice(const struct buf *b);

/* 0, or -1 and which limit was met by what ("the page", "the message"). */
int buf_ok(const struct buf *b, const char *what, struct err *e);

/* Hands the bytes over (free them) and leaves the buffer empty. NULL after a
 * failure. len may be NULL. */
char *buf_take(struct buf *b, size_t *len);

#endif
