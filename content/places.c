#include "content/places.h"

#include <stdlib.h>
#include <string.h>

void
places_release(struct places *p)
{
	free(p->list);
	free(p->slots);
	*p = (struct places){0};
}

/* The slot that holds the key, or the free one where it would stand. There
 * always is a free one: the table is at most half full. */
static uint32_t *
slot_of(const struct places *p, struct str key)
{
	size_t mask = p->slot_count - 1;
	uint64_t hash = str_hash(key);

	/* FNV's high bits are its better ones. */
	for (size_t at = (size_t)(hash ^ hash >> 32) & mask;;
	     at = (at + 1) & mask) {
		uint32_t held = p->slots[at];

		if (held == 0 || str_eq(p->list[held - 1].key, key))
			return &p->slots[at];
	}
}

const struct place *
places_find(const struct places *p, struct str key)
{
	uint32_t *slot;

	if (p->slot_count == 0)
		return NULL;
	slot = slot_of(p, key);
	return *slot != 0 ? &p->list[*slot - 1] : NULL;
}

static void
fill_slots(struct places *p)
{
	memset(p->slots, 0, p->slot_count * sizeof *p->slots);
	for (size_t i = 0; i < p->count; i++)
		*slot_of(p, p->list[i].key) = (uint32_t)i + 1;
}

static int
grow(struct places *p, struct err *e)
{
	size_t cap = p->cap > 0 ? p->cap * 2 : 64;
	struct place *list;
	uint32_t *slots;

	if (cap >= UINT32_MAX / 2)
		return err_set(e, ERR_LIMIT, "the site has too many addresses");
	list = realloc(p->list, cap * sizeof *list);
	if (list == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	p->list = list;
	slots = realloc(p->slots, cap * 2 * sizeof *slots);
	if (slots == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	p->slots = slots;
	p->cap = cap;
	p->slot_count = cap * 2;
	fill_slots(p);
	return 0;
}

int
places_add(struct places *p, struct str key, uint32_t item, enum view view,
    const struct place **taken, struct err *e)
{
	uint32_t *slot;

	if (taken != NULL)
		*taken = NULL;
	if (p->count == p->cap && grow(p, e) != 0)
		return -1;
	slot = slot_of(p, key);
	if (*slot != 0) {
		if (taken != NULL)
			*taken = &p->list[*slot - 1];
		return 0;
	}
	p->list[p->count++] = (struct place){key, item, view};
	*slot = (uint32_t)p->count;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	return str_cmp(
	    ((const struct place *)a)->key, ((const struct place *)b)->key);
}

void
places_sort(struct places *p)
{
	if (p->count == 0)
		return;
	qsort(p->list, p->count, sizeof *p->list, by_key);
	fill_slots(p);
}
