#include "content/check_pages.h"

#include "content/scan.h"

static void
check_target(struct resolver *r, struct arena *a, struct str target, int line)
{
	struct link link;

	if (target.n > 0)
		resolve_link(r, a, target, line, &link);
}

void
check_targets(struct resolver *r, struct arena *a, const struct entry *entry)
{
	const struct page *page = &entry->page;

	for (size_t i = 0; i < page->talk_count; i++) {
		const struct page_talk *talk = &page->talks[i];

		check_target(r, a, talk->video, talk->line);
		check_target(r, a, talk->slides, talk->line);
	}
	for (size_t i = 0; i < page->sponsor_count; i++)
		check_target(
		    r, a, page->sponsors[i].url, page->sponsors[i].line);
}

struct check {
	struct faults *faults;
	const struct site_options *options;
	struct str file;
};

/* As far as both are known: 2012 is not before 2012-04-03. */
static bool
is_before(const struct date *a, const struct date *b)
{
	enum date_precision both =
	    a->precision < b->precision ? a->precision : b->precision;

	if (both == DATE_NONE)
		return false;
	if (both == DATE_YEAR || a->year != b->year)
		return a->year < b->year;
	if (both == DATE_MONTH || a->month != b->month)
		return a->month < b->month;
	return a->day < b->day;
}

/* The order of an event's and an offer's own dates is page.c's to hold. */
static void
check_dates(const struct check *k, const struct page *page)
{
	if (is_before(&page->updated, &page->date))
		faults_add(k->faults, FAULT_WARNING, k->file,
		    page->updated_line,
		    "\"updated\" is before \"date\"; one of them is wrong");
}

/* Nobody expects a recording before the event is over. */
static bool
is_over(const struct check *k, const struct page_event *event)
{
	const struct date *last =
	    event->end.precision != DATE_NONE ? &event->end : &event->start;
	int64_t at;

	return !event->present ||
	    (event->cancelled.n == 0 &&
		date_instant(&at, last, NULL, NULL) == 0 &&
		at < k->options->now);
}

static void
check_talks(const struct check *k, const struct page *page)
{
	if (!is_over(k, &page->event))
		return;
	for (size_t i = 0; i < page->talk_count; i++) {
		const struct page_talk *talk = &page->talks[i];

		if (talk->video.n == 0 && talk->slides.n == 0)
			faults_add(k->faults, FAULT_WARNING, k->file,
			    talk->line,
			    "the talk \"%.*s\" has neither a video nor slides",
			    STR_ARG(talk->title));
	}
}

void
check_pages(
    const struct catalog *c, struct entry *const *order, const bool *linked)
{
	struct check k = {.faults = c->faults, .options = c->options};

	for (size_t i = 0; i < c->count; i++) {
		const struct entry *entry = order[i];

		k.file = scan_name(c->arena, c->options->pages, entry->source);
		check_dates(&k, &entry->page);
		check_talks(&k, &entry->page);
		if (!linked[i] && !str_is(entry->path, "/"))
			faults_add(k.faults, FAULT_WARNING, k.file, 0,
			    "no other page links here; link to it, or make it"
			    " a draft");
	}
}
