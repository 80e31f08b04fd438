/*
 * How long a site of so many pages takes to load, what memory that takes at
 * its peak and afterwards, beside what is served of it, and how soon its
 * search answers. One size a process, since a peak is a process's. Run by
 * tests/bench/site.sh.
 */
#include "base/arena.h"
#include "base/file.h"
#include "content/md.h"
#include "content/search.h"
#include "content/site.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define FOLDER_PAGES 200
#define WORDS 20000 /* of the made-up language */
#define QUERIES 500

static void
die(const char *what, const struct err *e)
{
	fprintf(stderr, "site: %s: %s\n", what, e->msg);
	exit(1);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same sequence in every run (Knuth's MMIX). */
static uint64_t state;

static unsigned
draw(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((state >> 33) % below);
}

/* Few words are common and many are rare, as in any language: the commonest
 * are some two in a hundred each. */
static unsigned
draw_word(void)
{
	unsigned range = 16;

	while (range < WORDS && draw(4) > 0)
		range *= 4;
	return draw(range < WORDS ? range : WORDS);
}

static void
put_word(struct buf *to, unsigned word)
{
	static const char *const syllables[] = {"pro", "be", "ker", "nel",
	    "tra", "ce", "da", "ti", "mo", "lan", "sus", "ö", "fen", "gra",
	    "wo", "ri"};

	do {
		buf_puts(to, syllables[word % 16]);
		word /= 16;
	} while (word > 0);
}

static void
put_words(struct buf *to, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_puts(to, i > 0 ? " " : "");
		put_word(to, draw_word());
	}
}

/* Some 2 kB: what the pages of a conference hold. */
static void
make_page(struct buf *to, size_t i, size_t count)
{
	size_t first = i / FOLDER_PAGES * FOLDER_PAGES;

	buf_clear(to);
	buf_puts(to, "---\ntitle: ");
	put_words(to, 4);
	buf_printf(to, "\ndate: 20%02zu-%02zu-%02zu\ncategories: [c%u]\n",
	    i % 25, i / 25 % 12 + 1, i / 300 % 28 + 1, draw(20));
	if (i % 4 == 0) {
		buf_puts(to, "talks:\n  - title: ");
		put_words(to, 5);
		buf_puts(to, "\n    speaker: ");
		put_words(to, 2);
		buf_printf(to, "\n    video: https://v.example/%zu\n", i);
	}
	buf_puts(to, "---\n\n");
	for (int part = 0; part < 3; part++) {
		buf_puts(to, "## ");
		put_words(to, 3);
		buf_puts(to, "\n\n");
		put_words(to, 60);
		buf_puts(to, " *");
		put_words(to, 2);
		buf_puts(to, "* and `");
		put_words(to, 1);
		buf_printf(to, "`: [another page](p%zu.md), ",
		    first +
			draw((unsigned)(count - first < FOLDER_PAGES
				? count - first
				: FOLDER_PAGES)));
		put_words(to, 30);
		buf_puts(to, ".\n\n* ");
		put_words(to, 6);
		buf_puts(to, "\n* [");
		put_words(to, 4);
		buf_printf(to, "](https://example.org/%u)\n\n", draw(1000));
	}
}

/* Without the care for lost power that file_write takes. */
static void
write_page(const char *name, struct str page)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fwrite(page.p, 1, page.n, f) != page.n ||
	    fclose(f) != 0) {
		perror(name);
		exit(1);
	}
}

static size_t
make_pages(const char *dir, size_t count)
{
	struct err e = ERR_INIT;
	struct buf page;
	char name[512];
	size_t bytes = 0;

	buf_init(&page, MD_SIZE_MAX);
	for (size_t i = 0; i < count; i++) {
		if (i % FOLDER_PAGES == 0) {
			snprintf(name, sizeof name, "%s/f%zu", dir,
			    i / FOLDER_PAGES);
			if (file_make_dir(name, 0755, &e) != 0)
				die("making the pages", &e);
		}
		make_page(&page, i, count);
		snprintf(name, sizeof name, "%s/f%zu/p%zu.md", dir,
		    i / FOLDER_PAGES, i);
		write_page(name, buf_slice(&page));
		bytes += page.len;
	}
	buf_release(&page);
	return bytes;
}

/* Bytes that are answered, each once however many addresses it has. */
struct served {
	struct str *seen;
	size_t count, cap;
};

static int
collect(void *ctx, struct str path, const struct answer *answer)
{
	struct served *s = ctx;

	(void)path;
	if (answer->kind != ANSWER_BYTES)
		return 0;
	if (s->count == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 1024;
		s->seen = realloc(s->seen, s->cap * sizeof *s->seen);
		if (s->seen == NULL)
			exit(1);
	}
	s->seen[s->count++] = answer->bytes;
	return 0;
}

static int
by_place(const void *pa, const void *pb)
{
	const struct str *a = pa, *b = pb;

	return (a->p > b->p) - (a->p < b->p);
}

static size_t
served_bytes(const struct site *site)
{
	struct served s = {0};
	size_t bytes = 0;

	site_each(site, PROTOCOL_GEMINI, collect, &s);
	site_each(site, PROTOCOL_GOPHER, collect, &s);
	qsort(s.seen, s.count, sizeof *s.seen, by_place);
	for (size_t i = 0; i < s.count; i++)
		if (i == 0 || s.seen[i].p != s.seen[i - 1].p)
			bytes += s.seen[i].n;
	free(s.seen);
	return bytes;
}

/* On a machine that others use too, this says more than the clock does. */
static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double
megabytes(size_t n)
{
	return (double)n / 1e6;
}

static size_t
peak_bytes(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (size_t)u.ru_maxrss * 1024;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One, two or three words, some of them common, the last one often cut. */
static void
make_query(struct buf *to, int i)
{
	buf_clear(to);
	put_words(to, 1 + draw(3));
	if (i % 2 == 0 && to->len > 3 && to->data[to->len - 1] > 0)
		buf_cut(to, to->len - 1);
}

static void
time_search(const struct site *site)
{
	static double times[QUERIES];
	struct search_hit hits[20];
	struct err e = ERR_INIT;
	struct search *search;
	size_t count, total, found = 0;
	struct arena arena;
	struct buf query;

	if (search_open(&search, site_index(site), &e) != 0)
		die("search", &e);
	buf_init(&query, 1024);
	for (int i = 0; i < QUERIES; i++) {
		double begin;

		make_query(&query, i);
		arena_init(&arena);
		begin = seconds();
		if (search_query(search, &arena, buf_slice(&query), hits, 20,
			&count, &total, &e) != 0)
			die("search", &e);
		times[i] = seconds() - begin;
		found += total > 0;
		arena_release(&arena);
	}
	qsort(times, QUERIES, sizeof *times, by_value);
	printf("   search: median %.2f ms, 99 %% under %.2f ms, %zu of %d find"
	       " something\n",
	    1e3 * times[QUERIES / 2], 1e3 * times[QUERIES * 99 / 100], found,
	    QUERIES);
	buf_release(&query);
	search_close(search);
}

int
main(int argc, char **argv)
{
	struct site_options options = {
	    .title = STR("bench"),
	    .host = STR("localhost"),
	    .gopher_port = 70,
	    .has_search = true,
	    .has_forms = true,
	    .now = 1900000000,
	};
	struct site_figures figures;
	struct err e = ERR_INIT;
	struct faults faults;
	struct site *site;
	size_t count, bytes;
	double begin, cpu;

	if (argc != 3) {
		fprintf(stderr, "usage: site FOLDER PAGES\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	bytes = make_pages(argv[1], count);
	options.pages = str_of(argv[1]);
	faults_init(&faults);
	begin = seconds();
	cpu = cpu_seconds();
	if (site_load(&site, &options, &faults, &e) != 0)
		die("loading", &e);
	printf("%zu pages, %.1f MB of Markdown:\n", count, megabytes(bytes));
	printf("   loaded in %.2f s, %.2f s of CPU", seconds() - begin,
	    cpu_seconds() - cpu);
	site_figures(site, &figures);
	printf(", peak %.1f MB; held %.1f MB, %.1f MB of it the search's;"
	       " served %.1f MB\n",
	    megabytes(peak_bytes()), megabytes(figures.bytes),
	    megabytes(site_index(site).n), megabytes(served_bytes(site)));
	time_search(site);
	faults_release(&faults);
	site_free(site);
	return 0;
}
