/*
 * One owner for many small things that die together: a page build, a message.
 * Memory is zeroed and aligned for any type. An arena remembers failure: an
 * allocation that fails gives NULL, and all later ones too, so that the caller
 * checks arena_ok once where it has not looked at each.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk;
	size_t used;  /* bytes taken from the newest chunk */
	size_t total; /* bytes allocated from the system */
	bool failed;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);

/* Empty again and free of failure, keeping the newest piece of what is
 * allocated, which is nearly always the largest: for one that is used over
 * and over. */
void arena_clear(struct arena *a);

void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size);

/* An array that holds n items and needs room for one more: returns it, moved
 * and doubled when n is 0 or a power of two. NULL on failure. */
void *arena_grow(struct arena *a, void *array, size_t n, size_t size);

/* Copies, with a NUL behind them that is not counted. On failure empty. */
struct str arena_str(struct arena *a, struct str s);
/* A failure of the buffer is one of the arena. */
struct str arena_buf(struct arena *a, const struct buf *b);
struct str arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

int arena_ok(const struct arena *a, struct err *e);

#endif
