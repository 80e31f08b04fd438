#include "content/when.h"

#include <string.h>

#define ZONE_MAX 64

/* The zone's name as clock.h takes it. One that is too long exists nowhere
 * and stays too long. */
static const char *
zone_name(char name[ZONE_MAX + 2], struct str zone)
{
	size_t n = zone.n <= ZONE_MAX ? zone.n : ZONE_MAX + 1;

	if (n > 0)
		memcpy(name, zone.p, n);
	name[n] = '\0';
	return name;
}

static int
instant_in(int64_t *at, const struct date *date, struct str zone, struct err *e)
{
	char name[ZONE_MAX + 2];

	return date_instant(at, date, zone_name(name, zone), e);
}

/* The day after, by the calendar alone. */
static int
next_day(struct date *d, struct err *e)
{
	struct date day = *d, next;
	int64_t at;

	day.has_offset = false;
	if (date_instant(&at, &day, NULL, e) != 0 ||
	    date_at(&next, at + 86400, NULL, e) != 0)
		return -1;
	d->year = next.year;
	d->month = next.month;
	d->day = next.day;
	return 0;
}

int
when_ends(
    int64_t *over, const struct date *date, struct str zone, struct err *e)
{
	struct date d = *date;

	switch (d.precision) {
	case DATE_NONE:
		return err_set(e, ERR_INPUT, "there is no date");
	case DATE_YEAR:
		d.year++;
		break;
	case DATE_MONTH:
		d.year += d.month / 12;
		d.month = d.month % 12 + 1;
		break;
	case DATE_DAY:
		if (next_day(&d, e) != 0)
			return -1;
		break;
	case DATE_MINUTE:
		break;
	}
	return instant_in(over, &d, zone, e);
}

/* An event that names no end. */
static struct date
whole_day(struct date start)
{
	if (start.precision == DATE_MINUTE) {
		start.precision = DATE_DAY;
		start.hour = start.minute = start.second = 0;
	}
	return start;
}

int
when_event(int64_t *begins, int64_t *over, const struct page_event *event,
    struct err *e)
{
	struct date end = event->end;

	if (event->start.precision == DATE_NONE)
		return err_set(e, ERR_INPUT, "the event has no start");
	if (end.precision == DATE_NONE)
		end = whole_day(event->start);
	if (instant_in(begins, &event->start, event->timezone, e) != 0)
		return -1;
	return when_ends(over, &end, event->timezone, e);
}

int
when_offer(int64_t *begins, int64_t *over, const struct page_offer *offer,
    struct err *e)
{
	static const struct str utc = {NULL, 0};

	*begins = INT64_MIN;
	*over = INT64_MAX;
	if (offer->opens.precision != DATE_NONE &&
	    instant_in(begins, &offer->opens, utc, e) != 0)
		return -1;
	if (offer->closes.precision != DATE_NONE)
		return when_ends(over, &offer->closes, utc, e);
	return 0;
}

bool
when_offer_is_open(const struct page_offer *offer, int64_t now)
{
	int64_t begins, over;

	return offer->present && when_offer(&begins, &over, offer, NULL) == 0 &&
	    begins <= now && now < over;
}

static bool
is_same_day(const struct date *a, const struct date *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

static void
clock_words(struct buf *to, const struct date *d)
{
	buf_printf(to, "%02d:%02d", d->hour, d->minute);
}

/* "UTC", "UTC-7", "UTC+5:30". */
static void
offset_words(struct buf *to, int minutes)
{
	int size = minutes < 0 ? -minutes : minutes;

	buf_puts(to, "UTC");
	if (minutes != 0)
		buf_printf(to, "%c%d", minutes < 0 ? '-' : '+', size / 60);
	if (size % 60 != 0)
		buf_printf(to, ":%02d", size % 60);
}

/* "Los Angeles time, UTC-7": the place for those who live there, the offset
 * for all others. */
static void
zone_words(struct buf *to, const struct page_event *event)
{
	const struct date *start = &event->start;
	struct str zone = event->timezone;
	struct str place =
	    str_sub(zone, (size_t)(str_rchr(zone, '/') + 1), zone.n);
	char name[ZONE_MAX + 2];
	struct date local;
	int64_t at;

	if (start->has_offset) {
		offset_words(to, start->offset_minutes);
		return;
	}
	if (zone.n == 0 || str_is(place, "UTC") ||
	    instant_in(&at, start, zone, NULL) != 0 ||
	    date_at(&local, at, zone_name(name, zone), NULL) != 0) {
		buf_puts(to, "UTC");
		return;
	}
	for (size_t i = 0; i < place.n; i++)
		buf_putc(to, place.p[i] == '_' ? ' ' : place.p[i]);
	buf_puts(to, " time, ");
	offset_words(to, local.offset_minutes);
}

/* The end by the clock of the start, which is the one that is named. */
static struct date
end_of(const struct page_event *event)
{
	const struct date *start = &event->start;
	struct date end = event->end, other;
	char name[ZONE_MAX + 2];
	int64_t at;

	if (end.precision != DATE_MINUTE ||
	    (!start->has_offset && !end.has_offset) ||
	    instant_in(&at, &end, event->timezone, NULL) != 0)
		return end;
	if (start->has_offset)
		at += (int64_t)start->offset_minutes * 60;
	if (date_at(&other, at,
		start->has_offset ? NULL : zone_name(name, event->timezone),
		NULL) != 0)
		return end;
	return other;
}

void
when_words(struct buf *to, const struct page_event *event)
{
	const struct date last = end_of(event);
	const struct date *start = &event->start, *end = &last;
	bool has_start_time = start->precision == DATE_MINUTE;
	bool has_end_time = end->precision == DATE_MINUTE;
	bool is_one_day = is_same_day(start, end);

	if (start->precision == DATE_NONE)
		return;
	date_words(to, start);
	if (has_start_time) {
		buf_puts(to, ", ");
		clock_words(to, start);
	}
	if (end->precision != DATE_NONE && date_cmp(start, end) < 0) {
		if (!is_one_day || has_end_time)
			buf_puts(to, " to ");
		if (!is_one_day)
			date_words(to, end);
		if (!is_one_day && has_end_time)
			buf_puts(to, ", ");
		if (has_end_time)
			clock_words(to, end);
	}
	if (has_start_time) {
		buf_puts(to, " (");
		zone_words(to, event);
		buf_putc(to, ')');
	}
}
