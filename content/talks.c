#include "content/generators.h"

#include "content/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A talk, with the edition it belongs to. */
struct given {
	const struct page_talk *talk;
	const struct entry *entry; /* whose front matter has it */
	const struct entry *edition; /* the entry itself if there is none */
	struct str speaker; /* in the part by speaker */
	size_t number; /* among the talks of its page */
};

struct edition {
	struct str folder; /* "2012/", of the source */
	const struct entry *entry;
};

static int
by_folder(const void *pa, const void *pb)
{
	const struct edition *a = pa, *b = pb;

	return str_cmp(a->folder, b->folder);
}

/* The pages of folders that are about an event, by folder. */
static struct edition *
list_editions(struct catalog *c, size_t *count)
{
	struct edition *list =
	    arena_array(c->arena, c->count + 1, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; list != NULL && i < c->count; i++)
		if (c->entries[i]->is_index &&
		    c->entries[i]->page.event.present)
			list[n++] = (struct edition){
			    address_folder(c->entries[i]->source),
			    c->entries[i]};
	*count = n;
	if (n > 0)
		qsort(list, n, sizeof *list, by_folder);
	return list;
}

static const struct entry *
edition_of(const struct entry *entry, const struct edition *list, size_t n)
{
	struct edition key = {address_folder(entry->source), NULL};
	const struct edition *found = NULL;

	if (!entry->page.event.present && n > 0)
		found = bsearch(&key, list, n, sizeof *list, by_folder);
	return found != NULL ? found->entry : entry;
}

static const struct date *
when_given(const struct given *g)
{
	return g->edition->page.event.present ? &g->edition->page.event.start
					      : &g->entry->page.date;
}

/* 0 where it is not known. */
static int
year_of(const struct given *g)
{
	const struct date *d = when_given(g);

	return d->precision != DATE_NONE ? d->year : 0;
}

/* The newest year first, one edition after the other, and its talks in their
 * order. */
static int
by_year(const void *pa, const void *pb)
{
	const struct given *a = pa, *b = pb;
	int c = year_of(b) - year_of(a);

	if (c == 0)
		c = date_cmp(when_given(b), when_given(a));
	if (c == 0)
		c = str_cmp(a->edition->path, b->edition->path);
	if (c == 0)
		c = str_cmp(a->entry->path, b->entry->path);
	return c != 0 ? c : (a->number > b->number) - (a->number < b->number);
}

static int
by_speaker(const void *pa, const void *pb)
{
	const struct given *a = pa, *b = pb;
	size_t n = a->speaker.n < b->speaker.n ? a->speaker.n : b->speaker.n;
	int c = n > 0 ? strncasecmp(a->speaker.p, b->speaker.p, n) : 0;

	if (c == 0)
		c = (a->speaker.n > b->speaker.n) -
		    (a->speaker.n < b->speaker.n);
	if (c == 0)
		c = str_cmp(a->speaker, b->speaker);
	return c != 0 ? c : by_year(pa, pb);
}

/* Every talk once, or once for each of its speakers. */
static struct given *
list_talks(struct catalog *c, bool per_speaker, size_t *count)
{
	struct given *list = NULL;
	size_t n = 0, edition_count;
	struct edition *editions = list_editions(c, &edition_count);

	for (size_t i = 0; i < c->count; i++) {
		const struct entry *entry = c->entries[i];
		struct given given = {.entry = entry,
		    .edition = edition_of(entry, editions, edition_count)};

		for (size_t j = 0; j < entry->page.talk_count; j++) {
			const struct page_talk *talk = &entry->page.talks[j];
			size_t copies = per_speaker ? talk->speaker_count : 1;

			given.talk = talk;
			given.number = j;
			for (size_t k = 0; k < copies; k++) {
				if (per_speaker)
					given.speaker = talk->speakers[k];
				list =
				    arena_grow(c->arena, list, n, sizeof *list);
				if (list == NULL)
					return NULL;
				list[n++] = given;
			}
		}
	}
	*count = n;
	return list;
}

/* Under each year the talks of one edition after the other, its link first. */
static void
write_by_year(struct buf *md, const struct given *list, size_t n)
{
	char year[16];

	for (size_t i = 0; i < n; i++) {
		const struct given *g = &list[i];
		bool is_new_year = i == 0 || year_of(g) != year_of(g - 1);

		if (is_new_year) {
			snprintf(year, sizeof year, "%d", year_of(g));
			generator_heading(md, 2,
			    year_of(g) != 0 ? str_of(year)
					    : STR("Without a date"));
		}
		if (is_new_year || g->edition != g[-1].edition) {
			generator_link(
			    md, "", g->edition->title, g->edition->path);
			buf_puts(md, "\n\n");
		}
		generator_heading(md, 3, g->talk->title);
		generator_talk(md, g->talk);
		if (g->entry != g->edition) {
			generator_link(
			    md, "More: ", g->entry->title, g->entry->path);
			buf_puts(md, "\n\n");
		}
	}
}

/* One line for each thing there is to follow, the page where there is
 * nothing else. */
static void
write_short(struct buf *md, const struct given *g)
{
	const struct page_talk *talk = g->talk;
	char before[32] = "";

	if (year_of(g) != 0)
		snprintf(before, sizeof before, "%d: ", year_of(g));
	if (talk->video.n == 0 && talk->slides.n == 0)
		generator_item(md, before, talk->title, g->entry->path);
	if (talk->video.n > 0)
		generator_item(md, before, talk->title, talk->video);
	if (talk->slides.n > 0) {
		if (year_of(g) != 0)
			snprintf(
			    before, sizeof before, "%d, slides: ", year_of(g));
		else
			snprintf(before, sizeof before, "Slides: ");
		generator_item(md, before, talk->title, talk->slides);
	}
}

static void
write_by_speaker(struct buf *md, const struct given *list, size_t n)
{
	if (n > 0)
		generator_heading(md, 2, STR("By speaker"));
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !str_eq(list[i].speaker, list[i - 1].speaker)) {
			if (i > 0)
				buf_putc(md, '\n');
			generator_heading(md, 3, list[i].speaker);
		}
		write_short(md, &list[i]);
	}
}

int
generator_talks(struct generator *g, struct err *e)
{
	struct given *years, *speakers;
	size_t n = 0, m = 0;

	years = list_talks(g->c, false, &n);
	speakers = list_talks(g->c, true, &m);
	if (n == 0)
		return arena_ok(g->c->arena, e);
	qsort(years, n, sizeof *years, by_year);
	if (m > 0)
		generator_paragraph(&g->text,
		    STR("By year, the latest first, and at the end of the "
			"page by speaker."));
	write_by_year(&g->text, years, n);
	if (m > 0) {
		qsort(speakers, m, sizeof *speakers, by_speaker);
		write_by_speaker(&g->text, speakers, m);
	}
	return generator_page(g, STR("/talks"), STR("Talks"), e);
}
