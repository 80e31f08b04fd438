#include "content/catalog.h"

#include <stdlib.h>

/* Of an edition that says no date of its own, when it began. */
static const struct date *
date_of(const struct entry *entry)
{
	return entry->page.date.precision != DATE_NONE
	    ? &entry->page.date
	    : &entry->page.event.start;
}

int
entry_newer_first(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa;
	const struct entry *b = *(const struct entry *const *)pb;
	bool has_a = date_of(a)->precision != DATE_NONE;
	bool has_b = date_of(b)->precision != DATE_NONE;
	int c = 0;

	if (has_a != has_b)
		return has_a ? -1 : 1;
	if (has_a)
		c = date_cmp(date_of(b), date_of(a));
	if (c == 0)
		c = str_cmp(a->title, b->title);
	return c != 0 ? c : str_cmp(a->path, b->path);
}

/* By series, then by date: editions first, then folder by folder. */
static int
by_series(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa;
	const struct entry *b = *(const struct entry *const *)pb;
	int c;

	if (a->page.event.present != b->page.event.present)
		return a->page.event.present ? -1 : 1;
	if (a->page.event.present)
		c = date_cmp(&a->page.event.start, &b->page.event.start);
	else if ((c = str_cmp(a->folder, b->folder)) == 0)
		c = date_cmp(&a->page.date, &b->page.date);
	return c != 0 ? c : str_cmp(a->path, b->path);
}

static bool
is_in_series(const struct entry *entry)
{
	return entry->page.event.present ||
	    (entry->page.date.precision != DATE_NONE && !entry->is_index);
}

static bool
is_same_series(const struct entry *a, const struct entry *b)
{
	if (a->page.event.present || b->page.event.present)
		return a->page.event.present && b->page.event.present;
	return str_eq(a->folder, b->folder);
}

static int
by_path(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa;
	const struct entry *b = *(const struct entry *const *)pb;

	return str_cmp(a->path, b->path);
}

int
catalog_finish(struct catalog *c, struct err *e)
{
	struct entry **series = arena_array(c->arena, c->count, sizeof *series);
	size_t n = 0;

	if (series == NULL || c->count == 0)
		return arena_ok(c->arena, e);
	for (size_t i = 0; i < c->count; i++)
		if (is_in_series(c->entries[i]))
			series[n++] = c->entries[i];
	qsort(series, n, sizeof *series, by_series);
	for (size_t i = 1; i < n; i++)
		if (is_same_series(series[i - 1], series[i])) {
			series[i - 1]->newer = series[i];
			series[i]->older = series[i - 1];
		}
	qsort(c->entries, c->count, sizeof *c->entries, by_path);
	return 0;
}
