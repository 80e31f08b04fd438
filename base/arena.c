#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGN (_Alignof(max_align_t))

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* bytes behind this header */
	_Alignas(max_align_t) char data[];
};

void
arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

void
arena_release(struct arena *a)
{
	struct arena_chunk *chunk = a->chunk;

	while (chunk != NULL) {
		struct arena_chunk *older = chunk->older;

		free(chunk);
		chunk = older;
	}
	arena_init(a);
}

void
arena_clear(struct arena *a)
{
	struct arena_chunk *kept = a->chunk;
	size_t used = a->used;

	if (kept == NULL) {
		arena_init(a);
		return;
	}
	a->chunk = kept->older;
	arena_release(a);
	kept->older = NULL;
	memset(kept->data, 0, used);
	a->chunk = kept;
	a->total = sizeof *kept + kept->size;
}

/* Chunks double up to a ceiling, so that a small arena stays small and a
 * large one costs few calls. */
static bool
add_chunk(struct arena *a, size_t n)
{
	size_t size = a->chunk != NULL ? a->chunk->size * 2 : CHUNK_MIN;
	struct arena_chunk *chunk;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < n)
		size = n;
	chunk = calloc(1, sizeof *chunk + size);
	if (chunk == NULL) {
		a->failed = true;
		return false;
	}
	chunk->older = a->chunk;
	chunk->size = size;
	a->chunk = chunk;
	a->used = 0;
	a->total += sizeof *chunk + size;
	return true;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *p;

	if (n > PTRDIFF_MAX / 2)
		a->failed = true;
	if (a->failed)
		return NULL;
	n = (n + ALIGN - 1) & ~(ALIGN - 1);
	if (a->chunk == NULL || n > a->chunk->size - a->used)
		if (!add_chunk(a, n))
			return NULL;
	p = a->chunk->data + a->used;
	a->used += n;
	return p;
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size > 0 && count > PTRDIFF_MAX / 2 / size) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, count * size);
}

void *
arena_grow(struct arena *a, void *array, size_t n, size_t size)
{
	void *grown;

	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	grown = arena_array(a, n > 0 ? n * 2 : 1, size);
	if (grown != NULL && n > 0)
		memcpy(grown, array, n * size);
	return grown;
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p == NULL)
		return (struct str){NULL, 0};
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

struct str
arena_buf(struct arena *a, const struct buf *b)
{
	if (b->failed != ERR_NONE)
		a->failed = true;
	return arena_str(a, buf_slice(b));
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	p = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL;
	if (p != NULL)
		vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, p != NULL ? (size_t)n : 0};
}

int
arena_ok(const struct arena *a, struct err *e)
{
	if (!a->failed)
		return 0;
	return err_set(e, ERR_MEMORY, "memory ran out");
}
