#include "tests/t.h"

#include "base/arena.h"
#include "base/buf.h"
#include "content/calendar.h"
#include "content/page.h"
#include "content/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                         \
	"BEGIN:VCALENDAR\r\n"        \
	"VERSION:2.0\r\n"            \
	"PRODID:-//capsule//EN\r\n"  \
	"METHOD:PUBLISH\r\n"         \
	"BEGIN:VEVENT\r\n"           \
	"UID:/2012/@example.org\r\n" \
	"URL:gemini://example.org/2012/\r\n"
#define TAIL                                                        \
	"ORGANIZER;CN=\"The conference\":gemini://example.org/\r\n" \
	"END:VEVENT\r\n"                                            \
	"END:VCALENDAR\r\n"

/* The calendar of a page whose front matter has these lines. */
static int
write_calendar(struct buf *to, const char *yaml, struct err *e)
{
	struct calendar calendar = {.title = STR("An edition"),
	    .path = STR("/2012/"),
	    .base = STR("gemini://example.org"),
	    .host = STR("example.org"),
	    .organizer = STR("The conference")};
	struct arena a;
	struct page page;
	struct str text;
	int r;

	arena_init(&a);
	text = arena_printf(&a, "---\n%s---\n", yaml);
	r = page_parse(&page, &a, text, e);
	calendar.page = &page;
	if (r == 0)
		r = calendar_write(to, &calendar, e);
	arena_release(&a);
	return r;
}

static void
writes_what_is_known(void)
{
	static const struct {
		const char *why, *yaml, *want;
	} t[] = {
	    {"a day, its end the day after", "event: {start: 2012-04-03}\n",
		HEAD "DTSTAMP:20120403T000000Z\r\n"
		     "DTSTART;VALUE=DATE:20120403\r\n"
		     "DTEND;VALUE=DATE:20120404\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"days over the end of a leap February",
		"event: {start: 2024-02-28, end: 2024-02-29}\n",
		HEAD "DTSTAMP:20240228T000000Z\r\n"
		     "DTSTART;VALUE=DATE:20240228\r\n"
		     "DTEND;VALUE=DATE:20240301\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"times in the summer of a zone, in UTC",
		"event: {start: 2012-04-03T09:00, end: 2012-04-03T17:00,\n"
		"  timezone: America/Los_Angeles}\n",
		HEAD "DTSTAMP:20120403T090000Z\r\n"
		     "DTSTART:20120403T160000Z\r\n"
		     "DTEND:20120404T000000Z\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"times in its winter",
		"event: {start: 2012-12-03T09:00,\n"
		"  timezone: America/Los_Angeles}\n",
		HEAD "DTSTAMP:20121203T090000Z\r\n"
		     "DTSTART:20121203T170000Z\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"an offset that is written wins",
		"event: {start: \"2012-04-03T09:00+05:30\"}\n",
		HEAD "DTSTAMP:20120403T033000Z\r\n"
		     "DTSTART:20120403T033000Z\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"an end without an offset has that of the start",
		"event: {start: \"2012-04-03T09:00-07:00\",\n"
		"  end: 2012-04-03T12:00}\n",
		HEAD "DTSTAMP:20120403T160000Z\r\n"
		     "DTSTART:20120403T160000Z\r\n"
		     "DTEND:20120403T190000Z\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"a time, and a day at whose end it ends",
		"event: {start: 2012-04-03T09:00, end: 2012-04-04}\n",
		HEAD "DTSTAMP:20120403T090000Z\r\n"
		     "DTSTART:20120403T090000Z\r\n"
		     "DTEND:20120405T000000Z\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"the stamp is when the page was changed",
		"date: 2012-01-01\nupdated: 2012-02-01\n"
		"event: {start: 2012-04-03}\n",
		HEAD "DTSTAMP:20120201T000000Z\r\n"
		     "DTSTART;VALUE=DATE:20120403\r\n"
		     "DTEND;VALUE=DATE:20120404\r\n"
		     "SUMMARY:An edition\r\n" TAIL},
	    {"what was called off says so, and why",
		"event: {start: 2020-04-03, place: Oakland,\n"
		"  cancelled: 'A pandemic; sorry, all'}\n",
		HEAD "DTSTAMP:20200403T000000Z\r\n"
		     "DTSTART;VALUE=DATE:20200403\r\n"
		     "DTEND;VALUE=DATE:20200404\r\n"
		     "SUMMARY:An edition\r\n"
		     "LOCATION:Oakland\r\n"
		     "DESCRIPTION:A pandemic\\; sorry\\, all\r\n"
		     "ORGANIZER;CN=\"The conference\":"
		     "gemini://example.org/\r\n"
		     "STATUS:CANCELLED\r\nSEQUENCE:1\r\n"
		     "END:VEVENT\r\nEND:VCALENDAR\r\n"},
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct err e = ERR_INIT;
		struct buf got;

		buf_init(&got, 8192);
		if (T_OK(write_calendar(&got, t[i].yaml, &e) == 0, "%s: %s",
			t[i].why, e.msg))
			T_EQ_STR(
			    buf_slice(&got), str_of(t[i].want), "%s", t[i].why);
		buf_release(&got);
	}
}

static void
leaves_out_what_has_no_day(void)
{
	static const char *const yaml[] = {"event: {start: 2012-04}\n",
	    "event: {start: 2012}\n", "title: No event\n"};

	for (size_t i = 0; i < sizeof yaml / sizeof yaml[0]; i++) {
		struct err e = ERR_INIT;
		struct buf got;

		buf_init(&got, 8192);
		T_OK(write_calendar(&got, yaml[i], &e) != 0 &&
			e.kind == ERR_INPUT,
		    "no calendar for %s", yaml[i]);
		buf_release(&got);
	}
}

/* Longest line, whether all of it is UTF-8, and the text unfolded. */
static bool
check_lines(struct str text, struct buf *unfolded)
{
	bool ok = true;

	while (text.n > 0) {
		ptrdiff_t end = str_find(text, STR("\r\n"));
		struct str line = str_sub(text, 0, (size_t)end);

		ok &= end >= 0 && line.n <= 75 && str_is_utf8(line) &&
		    str_chr(line, '\r') < 0 && str_chr(line, '\n') < 0;
		if (end < 0)
			break;
		text = str_sub(text, (size_t)end + 2, text.n);
		buf_str(unfolded, line);
		if (str_starts(text, STR(" ")))
			text = str_sub(text, 1, text.n);
		else
			buf_putc(unfolded, '\n');
	}
	return ok;
}

/* A place of a growing number of letters, each of n bytes, so that the end of
 * a line comes at every byte of one. */
static void
folds_between_letters(void)
{
	static const char *const letters[] = {
	    "a", "é", "日", "🐎", ",", "e\u0301"};

	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
		bool ok = true;

		for (int n = 1; n < 170; n++) {
			struct buf yaml, got, unfolded, want;
			struct err e = ERR_INIT;

			buf_init(&yaml, 4096);
			buf_init(&got, 8192);
			buf_init(&unfolded, 8192);
			buf_init(&want, 8192);
			buf_puts(&yaml,
			    "event:\n  start: 2012-04-03\n"
			    "  place: \"");
			buf_puts(&want, "\nLOCATION:");
			for (int k = 0; k < n; k++) {
				buf_puts(&yaml, letters[i]);
				buf_puts(
				    &want, letters[i][0] == ',' ? "\\" : "");
				buf_puts(&want, letters[i]);
			}
			buf_puts(&yaml, "\"\n");
			buf_putc(&want, '\n');
			ok &= write_calendar(&got, yaml.data, &e) == 0 &&
			    check_lines(buf_slice(&got), &unfolded) &&
			    str_find(buf_slice(&unfolded), buf_slice(&want)) >
				0;
			buf_release(&yaml);
			buf_release(&got);
			buf_release(&unfolded);
			buf_release(&want);
		}
		T_OK(ok, "lines of \"%s\" are folded right", letters[i]);
	}
}

/* A reader of somebody else's understands it. */
static void
is_read_by_another(void)
{
	static const char yaml[] =
	    "event:\n"
	    "  start: 2028-06-13T09:00\n"
	    "  end: 2028-06-13T17:30\n"
	    "  timezone: America/Los_Angeles\n"
	    "  place: \"Children's Creativity Museum, 4th & Howard; behind"
	    " the carousel, San Francisco\"\n"
	    "  summary: \"One day \\\\ one track; Zürich, 東京\"\n";
	static const char script[] =
	    "/usr/bin/python3 -c 'import icalendar, sys\n"
	    "c = icalendar.Calendar.from_ical(open(sys.argv[1], \"rb\").read())\n"
	    "e = c.walk(\"VEVENT\")[0]\n"
	    "assert c[\"METHOD\"] == \"PUBLISH\"\n"
	    "assert e[\"UID\"] == \"/2012/@example.org\", e[\"UID\"]\n"
	    "assert e[\"DTSTART\"].dt.isoformat() =="
	    " \"2028-06-13T16:00:00+00:00\"\n"
	    "assert e[\"DTEND\"].dt.isoformat() =="
	    " \"2028-06-14T00:30:00+00:00\"\n"
	    "assert e[\"LOCATION\"].endswith("
	    "\"4th & Howard; behind the carousel, San Francisco\")\n"
	    "assert e[\"DESCRIPTION\"] =="
	    " \"One day \\\\ one track; Zürich, 東京\", e[\"DESCRIPTION\"]\n"
	    "assert e[\"ORGANIZER\"].params[\"CN\"] == \"The conference\"\n"
	    "assert not e.errors' ";
	struct err e = ERR_INIT;
	struct buf got, command;

	buf_init(&got, 8192);
	buf_init(&command, 8192);
	write_calendar(&got, yaml, &e);
	buf_puts(&command, script);
	buf_puts(&command, t_file("event.ics", buf_slice(&got)));
	T_OK(system(command.data) == 0, "python3-icalendar reads it");
	buf_release(&got);
	buf_release(&command);
}

static void
says_when_in_words(void)
{
	static const struct {
		const char *event, *want;
	} t[] = {
	    {"{start: 2024}", "2024"},
	    {"{start: 2024-12}", "December 2024"},
	    {"{start: 2012-04-03}", "Tuesday, 3 April 2012"},
	    {"{start: 2012-04-03, end: 2012-04-04}",
		"Tuesday, 3 April 2012 to Wednesday, 4 April 2012"},
	    {"{start: 2012-04-03T09:00, end: 2012-04-03T17:00,"
	     " timezone: America/Los_Angeles}",
		"Tuesday, 3 April 2012, 09:00 to 17:00"
		" (Los Angeles time, UTC-7)"},
	    {"{start: 2012-04-03T09:00, end: 2012-04-04T17:00}",
		"Tuesday, 3 April 2012, 09:00 to Wednesday, 4 April 2012,"
		" 17:00 (UTC)"},
	    {"{start: 2012-04-03T09:00, timezone: Asia/Kolkata}",
		"Tuesday, 3 April 2012, 09:00 (Kolkata time, UTC+5:30)"},
	    {"{start: \"2012-04-03T09:00-03:30\"}",
		"Tuesday, 3 April 2012, 09:00 (UTC-3:30)"},
	    {"{start: \"2012-04-03T09:00+02:00\", end: 2012-04-03T17:00}",
		"Tuesday, 3 April 2012, 09:00 to 17:00 (UTC+2)"},
	    {"{start: \"2012-04-03T20:00-07:00\","
	     " end: \"2012-04-04T07:30Z\"}",
		"Tuesday, 3 April 2012, 20:00 to Wednesday, 4 April 2012,"
		" 00:30 (UTC-7)"},
	    {"{start: 2012-04-03T09:00, end: \"2012-04-03T17:00Z\","
	     " timezone: Europe/Berlin}",
		"Tuesday, 3 April 2012, 09:00 to 19:00 (Berlin time, UTC+2)"},
	    {"{start: 2012-04-03T09:00, end: \"2012-04-03T17:00+01:00\"}",
		"Tuesday, 3 April 2012, 09:00 to 16:00 (UTC)"},
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct err e = ERR_INIT;
		struct arena a;
		struct page page;
		struct buf got;

		arena_init(&a);
		buf_init(&got, 1024);
		T_OK(page_parse(&page, &a,
			 arena_printf(&a, "---\nevent: %s\n---\n", t[i].event),
			 &e) == 0,
		    "%s %s", t[i].event, e.msg);
		when_words(&got, &page.event);
		T_EQ_STR(buf_slice(&got), str_of(t[i].want), "%s", t[i].event);
		buf_release(&got);
		arena_release(&a);
	}
}

static void
knows_when_it_is_over(void)
{
	static const struct {
		const char *why, *yaml, *over;
	} t[] = {
	    {"a day ends with it", "event: {start: 2012-04-03}",
		"2012-04-04T00:00:00Z"},
	    {"a day of a zone ends there",
		"event: {start: 2012-04-03, timezone: America/Los_Angeles}",
		"2012-04-04T07:00:00Z"},
	    {"a month", "event: {start: 2012-12}", "2013-01-01T00:00:00Z"},
	    {"a year", "event: {start: 2012}", "2013-01-01T00:00:00Z"},
	    {"an end to the minute",
		"event: {start: 2012-04-03T09:00, end: 2012-04-03T17:00}",
		"2012-04-03T17:00:00Z"},
	    {"a start to the minute, no end",
		"event: {start: 2012-04-03T09:00}", "2012-04-04T00:00:00Z"},
	    {"an offer, at the end of its last day",
		"offer: {item: shirt, options: {S: 1}, closes: 2028-06-01}",
		"2028-06-02T00:00:00Z"},
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct err e = ERR_INIT;
		struct arena a;
		struct page page;
		struct buf got;
		int64_t begins, over = 0;

		arena_init(&a);
		buf_init(&got, 1024);
		T_OK(page_parse(&page, &a,
			 arena_printf(&a, "---\n%s\n---\n", t[i].yaml),
			 &e) == 0 &&
			(page.offer.present
				? when_offer(&begins, &over, &page.offer, &e)
				: when_event(
				      &begins, &over, &page.event, &e)) == 0,
		    "%s %s", t[i].why, e.msg);
		date_rfc3339(&got, over);
		T_EQ_STR(buf_slice(&got), str_of(t[i].over), "%s", t[i].why);
		buf_release(&got);
		arena_release(&a);
	}
}

int
main(void)
{
	T_RUN(writes_what_is_known);
	T_RUN(leaves_out_what_has_no_day);
	T_RUN(folds_between_letters);
	T_RUN(is_read_by_another);
	T_RUN(says_when_in_words);
	T_RUN(knows_when_it_is_over);
	return t_done();
}
