#include "base/near.h"

static unsigned
smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The last three rows of the table, and who is compared. */
struct rows {
	struct str a, b;
	unsigned *before, *last, *now;
};

static unsigned
cell(const struct rows *r, size_t i, size_t j)
{
	char x = lower(r->a.p[i - 1]), y = lower(r->b.p[j - 1]);
	unsigned d = smaller(r->last[j], r->now[j - 1]) + 1;

	d = smaller(d, r->last[j - 1] + (x != y));
	if (i > 1 && j > 1 && x == lower(r->b.p[j - 2]) &&
	    y == lower(r->a.p[i - 2]))
		d = smaller(d, r->before[j - 2] + 1);
	return d;
}

/*
 * A cell further than limit from the diagonal is over the limit, so only a
 * band is computed; what stands beside it counts as too far. Every row's band
 * moves one to the right, hence one cell of edge on each side is enough.
 */
unsigned
near_distance(struct str a, struct str b, unsigned limit)
{
	unsigned rows[3][NEAR_BYTES_MAX + 2];
	struct rows r = {a, b, rows[0], rows[1], rows[2]};
	size_t gap = a.n > b.n ? a.n - b.n : b.n - a.n;

	if (a.n > NEAR_BYTES_MAX || b.n > NEAR_BYTES_MAX || gap > limit)
		return limit + 1;
	for (size_t k = 0; k < NEAR_BYTES_MAX + 2; k++) {
		rows[0][k] = rows[2][k] = limit + 1;
		rows[1][k] = smaller((unsigned)k, limit + 1);
	}
	for (size_t i = 1; i <= a.n; i++) {
		size_t from = i > limit ? i - limit : 1;
		size_t to = i + limit < b.n ? i + limit : b.n;
		unsigned *spare = r.before;

		r.now[from - 1] = from == 1 ? (unsigned)i : limit + 1;
		for (size_t j = from; j <= to; j++)
			r.now[j] = cell(&r, i, j);
		r.now[to + 1] = limit + 1;
		r.before = r.last;
		r.last = r.now;
		r.now = spare;
	}
	return smaller(r.last[b.n], limit + 1);
}
