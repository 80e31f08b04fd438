#include "content/suggest.h"

#include "base/near.h"

#include <stdlib.h>

/* How many are looked at around a name and in a folder. */
#define AROUND_MAX 128
#define FOLDER_MAX 512
#define OFF_MAX 3

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The last segment of an address without its ending: "talk" of
 * "/2012/talk.gmi", "2012" of "/2012/". */
static struct str
stem_of(struct str key)
{
	ptrdiff_t at;

	while (key.n > 0 && key.p[key.n - 1] == '/')
		key.n--;
	at = str_rchr(key, '/');
	key = str_sub(key, (size_t)(at + 1), key.n);
	at = str_rchr(key, '.');
	return at > 0 ? str_sub(key, 0, (size_t)at) : key;
}

static int
cmp_nocase(struct str a, struct str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int x = (unsigned char)lower(a.p[i]);
		int y = (unsigned char)lower(b.p[i]);

		if (x != y)
			return x - y;
	}
	return (a.n > b.n) - (a.n < b.n);
}

static int
by_stem(const void *pa, const void *pb, void *ctx)
{
	const struct site *site = ctx;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int c = cmp_nocase(
	    stem_of(site->items[a].selector), stem_of(site->items[b].selector));

	return c != 0 ? c : (a > b) - (a < b);
}

int
suggest_prepare(struct site *site, struct err *e)
{
	size_t n = site->item_count;

	site->stems = malloc((n > 0 ? n : 1) * sizeof *site->stems);
	if (site->stems == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	for (size_t i = 0; i < n; i++)
		site->stems[i] = (uint32_t)i;
	site->stem_count = n;
	qsort_r(site->stems, n, sizeof *site->stems, by_stem, site);
	return 0;
}

struct candidate {
	uint32_t item;
	unsigned score; /* the less the nearer */
};

struct search_near {
	const struct site *site;
	struct str key, stem, folder;
	unsigned off_max; /* letters that may be off */
	struct candidate best[SUGGEST_MAX];
	size_t count, max;
};

/* Keeps the best in order; an equal one that came first stays first. */
static void
keep(struct search_near *s, struct candidate c)
{
	size_t at;

	for (size_t i = 0; i < s->count; i++)
		if (s->best[i].item == c.item)
			return;
	if (s->count == s->max) {
		if (c.score >= s->best[s->count - 1].score)
			return;
		s->count--;
	}
	for (at = s->count; at > 0 && s->best[at - 1].score > c.score; at--)
		s->best[at] = s->best[at - 1];
	s->best[at] = c;
	s->count++;
}

static struct str
without_slash(struct str key)
{
	while (key.n > 1 && key.p[key.n - 1] == '/')
		key.n--;
	return key;
}

/* Letters that are off weigh most; then another folder, then a file where a
 * page may be meant. An address that differs in case only comes first. */
static void
consider(struct search_near *s, uint32_t at)
{
	const struct item *item = &s->site->items[at];
	struct str key = without_slash(item->selector);
	unsigned off = near_distance(s->stem, stem_of(key), s->off_max);
	struct candidate c = {.item = at};

	if (off > s->off_max)
		return;
	if (!str_eq_nocase(key, without_slash(s->key))) {
		c.score = 1 + 4 * off + (item->kind == ITEM_FILE);
		if (!str_eq_nocase(address_folder(key), s->folder))
			c.score += 2;
	}
	keep(s, c);
}

/* Names that begin alike stand together. */
static void
look_around(struct search_near *s)
{
	const struct site *site = s->site;
	size_t lo = 0, hi = site->stem_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct str stem =
		    stem_of(site->items[site->stems[mid]].selector);

		if (cmp_nocase(stem, s->stem) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i < site->stem_count && i < lo + AROUND_MAX; i++)
		consider(s, site->stems[i]);
	for (size_t i = lo; i > 0 && i + AROUND_MAX > lo; i--)
		consider(s, site->stems[i - 1]);
}

/* What stands in the same folder, whatever its name begins with. */
static void
look_in_folder(struct search_near *s)
{
	const struct places *p = &s->site->gemini;
	size_t lo = 0, hi = p->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (str_cmp(p->list[mid].key, s->folder) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i < p->count && i < lo + FOLDER_MAX; i++) {
		if (!str_starts(p->list[i].key, s->folder))
			break;
		consider(s, p->list[i].item);
	}
}

size_t
suggest_nearest(
    const struct site *site, struct str key, uint32_t *items, size_t max)
{
	struct search_near s = {.site = site, .key = key};

	s.stem = stem_of(key);
	s.folder = address_folder(without_slash(key));
	s.max = max < SUGGEST_MAX ? max : SUGGEST_MAX;
	s.off_max = (unsigned)(s.stem.n / 3 < OFF_MAX ? s.stem.n / 3 : OFF_MAX);
	if (s.stem.n == 0 || s.max == 0)
		return 0;
	look_around(&s);
	look_in_folder(&s);
	for (size_t i = 0; i < s.count; i++)
		items[i] = s.best[i].item;
	return s.count;
}
