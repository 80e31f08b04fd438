/*
 * Which address leads to what: an open-addressing table over borrowed keys,
 * filled while a site is built and only read afterwards. Nothing is ever
 * taken out. A probe costs one hash of the key and, nearly always, one
 * comparison.
 */
#ifndef CONTENT_PLACES_H
#define CONTENT_PLACES_H

#include "base/err.h"
#include "base/str.h"
#include "content/address.h"

#include <stddef.h>
#include <stdint.h>

struct place {
	struct str key; /* outlives the table */
	uint32_t item;  /* what stands there, as its owner counts */
	enum view view;
};

struct places {
	struct place *list;
	size_t count, cap;
	uint32_t *slots; /* 0: free, else 1 + index into list */
	size_t slot_count; /* a power of two, or 0 */
};

/* A zeroed struct is an empty table. */
void places_release(struct places *p);

const struct place *places_find(const struct places *p, struct str key);

/*
 * Takes an address that is still free. Returns 0, or -1 when memory runs out.
 * taken, if given, is NULL afterwards or who stood there before; then nothing
 * is changed.
 */
int places_add(struct places *p, struct str key, uint32_t item,
    enum view view, const struct place **taken, struct err *e);

/* Puts list in the order of its keys. No more is added afterwards. */
void places_sort(struct places *p);

#endif
