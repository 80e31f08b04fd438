#include "mail/remind.h"
#include "mail/remind_watch.h"

#include "base/clock.h"
#include "tests/t.h"

/* A page's event. remind takes up to four, with a blank between. */
struct told {
	struct page_event event;
	struct str remind[4];
};

static int64_t
instant(const char *text)
{
	struct date d;
	int64_t at = 0;

	T_OK(date_parse(&d, str_of(text), NULL) == 0 &&
		date_instant(&at, &d, NULL, NULL) == 0,
	    "%s is an instant", text);
	return at;
}

static void
tell(struct told *t, const char *start, const char *zone, const char *remind)
{
	struct str rest = str_of(remind);

	*t = (struct told){.event = {.present = true, .remind = t->remind}};
	T_OK(date_parse(&t->event.start, str_of(start), NULL) == 0,
	    "%s is a start", start);
	if (zone[0] != '\0')
		t->event.timezone = str_of(zone);
	while (t->event.reminds < 4 &&
	    str_next(&rest, ' ', &t->remind[t->event.reminds]))
		t->event.reminds++;
}

static void
before_the_start(void)
{
	static const struct {
		const char *why, *start, *zone, *remind;
		const char *at; /* NULL: never */
	} cases[] = {
	    {"a day, in UTC", "2028-03-04T09:00", "", "1d", "2028-03-03T09:00"},
	    {"an hour, in a zone", "2028-03-04T09:00", "Europe/Berlin", "1h",
		"2028-03-04T07:00"},
	    {"minutes", "2028-03-04T09:00Z", "", "30m", "2028-03-04T08:30"},
	    {"seconds", "2028-03-04T09:00Z", "", "90", "2028-03-04T08:58:30"},
	    {"an offset wins", "2028-03-04T09:00-08:00", "Europe/Berlin", "1d",
		"2028-03-03T17:00"},
	    {"a day of 23 hours", "2028-03-26T09:00", "Europe/Berlin", "1d",
		"2028-03-25T08:00"},
	    {"a day of 25 hours", "2028-10-29T09:00", "Europe/Berlin", "1d",
		"2028-10-28T07:00"},
	    {"24 hours are a day", "2028-10-29T09:00", "Europe/Berlin", "24h",
		"2028-10-28T07:00"},
	    {"hours are hours", "2028-10-29T09:00", "Europe/Berlin", "12h",
		"2028-10-28T20:00"},
	    {"a day, with an offset", "2028-10-29T09:00+01:00", "Europe/Berlin",
		"1d", "2028-10-28T08:00"},
	    {"a time that is skipped", "2028-03-27T02:30", "Europe/Berlin",
		"1d", "2028-03-26T01:30"},
	    {"over a leap day", "2028-03-01T09:00", "", "1d",
		"2028-02-29T09:00"},
	    {"over a year", "2028-01-01T00:00", "", "7d", "2027-12-25T00:00"},
	    {"a day begins at midnight", "2028-03-04", "America/Los_Angeles",
		"1h", "2028-03-04T07:00"},
	    {"a day, before a day", "2028-03-04", "America/Los_Angeles", "1d",
		"2028-03-03T08:00"},
	    {"a month", "2028-03", "", "1d", NULL},
	    {"a year", "2028", "", "1d", NULL},
	    {"a zone that is none", "2028-03-04T09:00", "Mars/Base", "1d",
		NULL},
	    {"a lead that is none", "2028-03-04T09:00", "", "soon", NULL},
	    {"no lead", "2028-03-04T09:00", "", "0", NULL},
	    {"too long a lead", "2028-03-04T09:00", "", "366d", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reminder r;
		struct told t;

		tell(&t, cases[i].start, cases[i].zone, cases[i].remind);
		T_EQ_INT(remind_when(&r, &t.event, 0), cases[i].at != NULL,
		    "%s: is sent", cases[i].why);
		if (cases[i].at != NULL)
			T_EQ_INT(r.at, instant(cases[i].at), "%s: when",
			    cases[i].why);
	}
}

static void
when_it_is_due(void)
{
	static const struct {
		const char *why, *start, *remind, *now;
		const char *want; /* its lead */
	} cases[] = {
	    {"too early", "2028-03-04T09:00", "1d 1h", "2028-03-03T08:59:59",
		""},
	    {"in time", "2028-03-04T09:00", "1d 1h", "2028-03-03T09:00", "1d"},
	    {"late", "2028-03-04T09:00", "1d 1h", "2028-03-03T20:59:59", "1d"},
	    {"too late", "2028-03-04T09:00", "1d 1h", "2028-03-03T21:00", ""},
	    {"the next one", "2028-03-04T09:00", "1d 1h", "2028-03-04T08:00",
		"1h"},
	    {"in whatever order", "2028-03-04T09:00", "1h 1d",
		"2028-03-04T08:00", "1h"},
	    {"not that of a day any more", "2028-03-04T09:00", "1d 20h",
		"2028-03-03T13:00", "20h"},
	    {"nor when the next one is too late", "2028-03-04T09:00", "1d 20h",
		"2028-03-03T23:00", ""},
	    {"an hour's, late", "2028-03-04T09:00", "1h", "2028-03-04T08:29",
		"1h"},
	    {"an hour's, too late", "2028-03-04T09:00", "1h",
		"2028-03-04T08:30", ""},
	    {"it begins", "2028-03-04T09:00", "1d 1h", "2028-03-04T09:00", ""},
	    {"it is over", "2028-03-04T09:00", "1d 1h", "2028-04-04T09:00", ""},
	    {"a second before", "2028-03-04T09:00", "1", "2028-03-04T08:59:59",
		"1"},
	    {"nothing to remind of", "2028-03-04T09:00", "", "2028-03-03T09:00",
		""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reminder r = {.at = 0};
		struct told t;
		bool is_due;

		tell(&t, cases[i].start, "", cases[i].remind);
		is_due = remind_due(&r, &t.event, instant(cases[i].now));
		T_EQ_STR(is_due ? r.lead : STR(""), str_of(cases[i].want), "%s",
		    cases[i].why);
	}
}

static void
what_happens_to_events(void)
{
	int64_t now = instant("2028-03-03T09:00");
	struct reminder r;
	struct told t;

	tell(&t, "2028-03-04T09:00", "", "1d");
	T_OK(remind_due(&r, &t.event, now), "one that is going to be");
	t.event.cancelled = STR("the hall has burnt down");
	T_OK(!remind_due(&r, &t.event, now), "one that is cancelled");
	tell(&t, "2028-03-06T09:00", "", "1d");
	T_OK(!remind_due(&r, &t.event, now), "one that was moved back");
	tell(&t, "2028-03-03T12:00", "", "1d");
	T_OK(!remind_due(&r, &t.event, now), "one that was moved forth");
}

static void
subjects(void)
{
	static const struct {
		const char *why, *start, *zone, *remind, *now, *want;
	} cases[] = {
	    {"a day", "2028-03-04T09:00", "", "1d", "2028-03-03T09:00",
		"Tomorrow: The Talk"},
	    {"a day in hours", "2028-03-04T09:00", "", "24h",
		"2028-03-03T09:00", "Tomorrow: The Talk"},
	    {"a few minutes later", "2028-03-04T09:00", "", "1d",
		"2028-03-03T09:05", "Tomorrow: The Talk"},
	    {"a day of 23 hours", "2028-03-26T09:00", "Europe/Berlin", "1d",
		"2028-03-25T08:00", "Tomorrow: The Talk"},
	    {"late in the evening", "2028-03-04T23:30", "Europe/Berlin", "1d",
		"2028-03-03T22:30", "Tomorrow: The Talk"},
	    {"with an offset", "2028-03-04T00:30+10:00", "", "1d",
		"2028-03-02T14:30", "Tomorrow: The Talk"},
	    {"days", "2028-03-04T09:00", "", "3d", "2028-03-01T09:00",
		"In 3 days: The Talk"},
	    {"a week", "2028-03-14T09:00", "", "7d", "2028-03-07T09:00",
		"In 1 week: The Talk"},
	    {"weeks", "2028-03-14T09:00", "", "14d", "2028-02-29T09:00",
		"In 2 weeks: The Talk"},
	    {"an hour", "2028-03-04T09:00", "", "1h", "2028-03-04T08:00",
		"In 1 hour: The Talk"},
	    {"an hour in minutes, in time", "2028-03-04T09:00", "", "60m",
		"2028-03-04T08:09", "In 1 hour: The Talk"},
	    {"an hour, late", "2028-03-04T09:00", "", "1h", "2028-03-04T08:20",
		"In 40 minutes: The Talk"},
	    {"an hour and a half", "2028-03-04T09:00", "", "90m",
		"2028-03-04T07:30", "In 90 minutes: The Talk"},
	    {"hours", "2028-03-04T09:00", "", "36h", "2028-03-02T21:00",
		"In 36 hours: The Talk"},
	    {"a minute", "2028-03-04T09:00", "", "1m", "2028-03-04T08:59",
		"In 1 minute: The Talk"},
	    {"a day, late", "2028-03-04T09:00", "", "1d", "2028-03-03T13:12",
		"In 20 hours: The Talk"},
	    {"a week, late", "2028-03-14T09:00", "", "7d", "2028-03-09T23:00",
		"In 5 days: The Talk"},
	    {"an event of a day", "2028-03-04", "Europe/Berlin", "1d",
		"2028-03-02T23:00", "Tomorrow: The Talk"},
	    {"an event of a day, by hours", "2028-03-04", "Europe/Berlin", "2h",
		"2028-03-03T21:00", "Tomorrow: The Talk"},
	    {"an event of a day, late", "2028-03-04", "Europe/Berlin", "2d",
		"2028-03-02T20:00", "In 2 days: The Talk"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reminder r;
		struct told t;
		struct buf b;

		buf_init(&b, 200);
		tell(&t, cases[i].start, cases[i].zone, cases[i].remind);
		if (T_OK(remind_when(&r, &t.event, 0), "%s", cases[i].why))
			remind_subject(&b, &t.event, &r, STR("The Talk"),
			    instant(cases[i].now));
		T_EQ_STR(
		    buf_slice(&b), str_of(cases[i].want), "%s", cases[i].why);
		buf_release(&b);
	}
}

static void
names(void)
{
	struct reminder r;
	struct told t;
	struct buf b;

	buf_init(&b, 200);
	tell(&t, "2028-03-04T09:00", "Europe/Berlin", "1d");
	T_OK(remind_when(&r, &t.event, 0), "a reminder");
	remind_key(&b, STR("2028/index.md"), &r);
	T_EQ_STR(buf_slice(&b), STR("2028/index.md#1d@2028-03-04T08:00:00Z"),
	    "has a name of its own");
	buf_release(&b);
}

/* The daemon hears the same every five minutes. */
static void
news_is_said_once(void)
{
	static const struct {
		const char *why;
		int64_t at;
		const char *heard, *want;
	} t[] = {
	    {"a fault", 9001000, "a\n", "a\n"},
	    {"the same again", 9001300, "a\n", ""},
	    {"another besides", 9001600, "a\nb\n", "b\n"},
	    {"a part of a line is another line", 9001900, "a\nb\naa\n", "aa\n"},
	    {"one is mended", 9002200, "b\n", ""},
	    {"and is back", 9002500, "b\na\n", "a\n"},
	    {"almost a day", 9001000 + 86399, "b\na\n", ""},
	    {"a day", 9001000 + 86400, "b\na\n", "b\na\n"},
	    {"once", 9001000 + 86700, "b\na\n", ""},
	    {"all is well", 9001000 + 87000, "", ""},
	    {"a clock that was set back", 9000500, "a", "a\n"},
	    {"and goes on", 9000800, "a", ""},
	};
	struct remind_said said = {0};
	struct buf to;

	buf_init(&said.last, 1000);
	buf_init(&to, 1000);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		buf_clear(&to);
		remind_news(&to, &said, str_of(t[i].heard), t[i].at);
		T_EQ_STR(buf_slice(&to), str_of(t[i].want), "%s", t[i].why);
	}
	buf_release(&to);
	buf_release(&said.last);
}

int
main(void)
{
	T_RUN(before_the_start);
	T_RUN(when_it_is_due);
	T_RUN(what_happens_to_events);
	T_RUN(subjects);
	T_RUN(names);
	T_RUN(news_is_said_once);
	return t_done();
}
