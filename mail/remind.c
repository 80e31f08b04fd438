#include "mail/remind.h"

#include "base/clock.h"
#include "base/yaml.h"
#include "content/when.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
/* One that is sent so soon is sent in time. */
#define IN_TIME (10 * MINUTE)

/* So many seconds of whole days before the start, by the calendar. */
static int
days_before(int64_t *at, const struct page_event *event, int64_t lead)
{
	struct date start = event->start, day;
	int64_t wall;

	start.has_offset = false;
	if (date_instant(&wall, &start, NULL, NULL) != 0 ||
	    date_at(&day, wall - lead, NULL, NULL) != 0)
		return -1;
	start.year = day.year;
	start.month = day.month;
	start.day = day.day;
	return date_instant(at, &start, event->timezone.p, NULL);
}

bool
remind_when(struct reminder *out, const struct page_event *event, size_t i)
{
	int64_t lead = yaml_duration(event->remind[i], PAGE_REMIND_MAX);
	int64_t over;

	*out = (struct reminder){.lead = event->remind[i]};
	if (lead <= 0 || event->cancelled.n > 0 ||
	    event->start.precision < DATE_DAY ||
	    when_event(&out->begins, &over, event, NULL) != 0)
		return false;
	out->at = out->begins - lead;
	return lead % DAY != 0 || event->start.has_offset ||
	    days_before(&out->at, event, lead) == 0;
}

bool
remind_due(struct reminder *out, const struct page_event *event, int64_t now)
{
	struct reminder r;
	bool is_found = false;

	for (size_t i = 0; i < event->reminds; i++)
		if (remind_when(&r, event, i) && r.at <= now &&
		    (!is_found || r.at > out->at)) {
			*out = r;
			is_found = true;
		}
	return is_found && now - out->at < (out->begins - out->at + 1) / 2;
}

/* Midnights between an instant and the start, where the event is. */
static int64_t
midnights(const struct page_event *event, int64_t from, int64_t begins)
{
	const struct date *start = &event->start;
	const char *zone = start->has_offset ? NULL : event->timezone.p;
	int64_t shift = start->has_offset ? start->offset_minutes * MINUTE : 0;
	int64_t day[2] = {from + shift, begins + shift};

	for (size_t i = 0; i < 2; i++) {
		struct date d;

		if (date_at(&d, day[i], zone, NULL) != 0)
			return (begins - from) / DAY;
		d.precision = DATE_DAY;
		d.has_offset = false;
		d.hour = d.minute = d.second = 0;
		date_instant(&day[i], &d, NULL, NULL);
	}
	return (day[1] - day[0]) / DAY;
}

static void
put_days(struct buf *to, int64_t days)
{
	if (days == 0)
		buf_puts(to, "Today");
	else if (days == 1)
		buf_puts(to, "Tomorrow");
	else if (days % 7 == 0)
		buf_printf(to, "In %lld week%s", (long long)days / 7,
		    days == 7 ? "" : "s");
	else
		buf_printf(to, "In %lld days", (long long)days);
}

/* In whole hours from two on; as exactly as mail that takes its time can. */
static void
put_time(struct buf *to, int64_t left)
{
	int64_t minutes = (left + MINUTE / 2) / MINUTE;
	int64_t hours = (minutes + 30) / 60;

	if (minutes > 90 || minutes % 60 == 0)
		buf_printf(to, "In %lld hour%s", (long long)hours,
		    hours == 1 ? "" : "s");
	else
		buf_printf(to, "In %lld minute%s", (long long)minutes,
		    minutes == 1 ? "" : "s");
}

void
remind_subject(struct buf *to, const struct page_event *event,
    const struct reminder *r, struct str title, int64_t now)
{
	int64_t lead = yaml_duration(r->lead, PAGE_REMIND_MAX);
	bool is_late = now - r->at > IN_TIME;
	int64_t left = r->begins - (is_late ? now : r->at);

	if (event->start.precision < DATE_MINUTE || left >= 2 * DAY ||
	    (lead % DAY == 0 && !is_late))
		put_days(to, midnights(event, r->begins - left, r->begins));
	else
		put_time(to, left);
	buf_printf(to, ": %.*s", STR_ARG(title));
}

void
remind_key(struct buf *to, struct str source, const struct reminder *r)
{
	buf_printf(to, "%.*s#%.*s@", STR_ARG(source), STR_ARG(r->lead));
	date_rfc3339(to, r->begins);
}
