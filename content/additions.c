#include "content/generators.h"

#include "content/md.h"
#include "content/when.h"

/* So many announcements stand on the front page. */
#define LATEST_MAX 3

void
generate_before(struct buf *md, struct catalog *c, const struct entry *entry)
{
	struct str calendar = generator_calendar_path(c, entry);

	if (!entry->page.event.present)
		return;
	generator_event(md, &entry->page.event);
	if (calendar.n > 0) {
		generator_link(md, "", STR("For your calendar"), calendar);
		buf_puts(md, "\n\n");
	}
}

static void
write_talks(struct buf *md, const struct page *page)
{
	if (page->talk_count > 0)
		generator_heading(md, 2, STR("Talks"));
	for (size_t i = 0; i < page->talk_count; i++) {
		generator_heading(md, 3, page->talks[i].title);
		generator_talk(md, &page->talks[i]);
	}
}

static void
write_sponsors(struct buf *md, const struct page *page)
{
	if (page->sponsor_count == 0)
		return;
	generator_heading(md, 2, STR("Sponsors"));
	for (size_t i = 0; i < page->sponsor_count; i++)
		generator_sponsor(md, &page->sponsors[i]);
	buf_putc(md, '\n');
}

static void
write_date(struct buf *md, const char *before, const struct date *date)
{
	struct buf words;

	buf_init(&words, 128);
	date_words(&words, date);
	buf_puts(md, before);
	md_escape(md, buf_slice(&words));
	buf_fail(md, words.failed);
	if (date->precision == DATE_MINUTE)
		buf_printf(md, ", %02d:%02d", date->hour, date->minute);
	buf_puts(md, ".\n\n");
	buf_release(&words);
}

/* How many were made of each; how many are left, the desk says. Whether there
 * are any. */
static bool
write_options(struct buf *md, const struct page_offer *offer)
{
	size_t shown = 0;

	for (size_t i = 0; i < offer->option_count; i++) {
		if (offer->options[i].stock == 0)
			continue;
		buf_puts(md, shown++ > 0 ? ", " : "In all: ");
		buf_printf(md, "%ld × ", offer->options[i].stock);
		md_escape(md, offer->options[i].name);
	}
	if (offer->option_count > 0)
		buf_puts(md, shown > 0 ? ".\n\n" : "There are none.\n\n");
	return shown > 0;
}

static void
write_offer(struct buf *md, const struct catalog *c, const struct entry *entry)
{
	const struct page_offer *offer = &entry->page.offer;
	int64_t now = c->options->now, begins, over;
	bool has_any;

	if (!offer->present || when_offer(&begins, &over, offer, NULL) != 0)
		return;
	buf_puts(md, "## Offer: ");
	md_escape(md, offer->item);
	buf_puts(md, "\n\n");
	has_any = write_options(md, offer);
	if (now < begins)
		write_date(md, "Open from ", &offer->opens);
	else if (now >= over)
		write_date(md,
		    offer->closes.precision < DATE_DAY ? "It closed in "
						       : "It closed on ",
		    &offer->closes);
	else if (over != INT64_MAX)
		write_date(md, "Open until ", &offer->closes);
	/* What has no number cannot be counted down, nor claimed. */
	if (has_any && when_offer_is_open(offer, now) &&
	    c->options->has_forms) {
		struct str claim = arena_printf(
		    c->arena, "/claim/%.*s", STR_ARG(entry->source));

		generator_link(md, "Claim: ", offer->item, claim);
		buf_puts(md, "\n\n");
	}
}

static void
write_neighbours(struct buf *md, struct catalog *c, const struct entry *entry)
{
	const struct page *page = &entry->page;

	if (entry->newer == NULL && entry->older == NULL &&
	    page->category_count == 0)
		return;
	buf_puts(md, "---\n\n");
	if (entry->newer != NULL)
		generator_item(
		    md, "Next: ", entry->newer->title, entry->newer->path);
	if (entry->older != NULL)
		generator_item(
		    md, "Previous: ", entry->older->title, entry->older->path);
	for (size_t i = 0; i < page->category_count; i++) {
		struct str path =
		    generator_category_path(c, page->categories[i]);

		if (path.n > 0)
			generator_item(md,
			    "Category: ", str_trim(page->categories[i]), path);
	}
	buf_putc(md, '\n');
}

static bool
is_edition(const struct entry *entry)
{
	return entry->page.event.present;
}

/* What comes next comes first. */
static void
write_upcoming(struct buf *md, struct catalog *c)
{
	size_t n, shown = 0;
	const struct entry **list =
	    generator_select(c, &n, is_edition, generator_by_event);

	while (n > 0) {
		const struct entry *entry = list[--n];
		int64_t begins, over;

		if (when_event(&begins, &over, &entry->page.event, NULL) != 0 ||
		    over <= c->options->now)
			continue;
		if (shown++ == 0)
			generator_heading(md, 2, STR("Coming up"));
		generator_link(md, "", entry->title, entry->path);
		buf_puts(md, "\n\n");
		generator_event(md, &entry->page.event);
	}
}

static void
write_latest(struct buf *md, struct catalog *c)
{
	size_t n;
	const struct entry **list = generator_news_pages(c, &n);

	if (n == 0)
		return;
	generator_heading(md, 2, STR("Latest news"));
	for (size_t i = 0; i < n && i < LATEST_MAX; i++)
		generator_dated(md, list[i]);
	buf_putc(md, '\n');
}

void
generator_front(struct buf *md, struct catalog *c)
{
	write_upcoming(md, c);
	write_latest(md, c);
}

void
generate_own(struct buf *md, struct catalog *c, const struct entry *entry)
{
	write_talks(md, &entry->page);
	write_sponsors(md, &entry->page);
	write_offer(md, c, entry);
}

void
generate_after(struct buf *md, struct catalog *c, const struct entry *entry)
{
	if (str_is(entry->path, "/"))
		generator_front(md, c);
	write_neighbours(md, c, entry);
}
