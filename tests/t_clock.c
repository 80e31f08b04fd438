#include "base/clock.h"
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LA "America/Los_Angeles"

static const struct {
	const char *text;
	struct date want;
} good[] = {
    {"2020", {DATE_YEAR, 2020, 1, 1, .hour = 0}},
    {"0001", {DATE_YEAR, 1, 1, 1, .hour = 0}},
    {"2008-03", {DATE_MONTH, 2008, 3, 1, .hour = 0}},
    {"2012-04-03", {DATE_DAY, 2012, 4, 3, .hour = 0}},
    {"2024-02-29", {DATE_DAY, 2024, 2, 29, .hour = 0}},
    {"2000-02-29", {DATE_DAY, 2000, 2, 29, .hour = 0}},
    {"2012-04-03T09:00", {DATE_MINUTE, 2012, 4, 3, 9, .minute = 0}},
    {"2012-04-03 09:30", {DATE_MINUTE, 2012, 4, 3, 9, .minute = 30}},
    {"2012-04-03t09:30z", {DATE_MINUTE, 2012, 4, 3, 9, 30, .has_offset = true}},
    {"2012-04-03T09:30:15", {DATE_MINUTE, 2012, 4, 3, 9, 30, .second = 15}},
    {"2016-12-31T23:59:60Z",
	{DATE_MINUTE, 2016, 12, 31, 23, 59, 60, .has_offset = true}},
    {"2012-04-03T09:30:15.250Z",
	{DATE_MINUTE, 2012, 4, 3, 9, 30, 15, .has_offset = true}},
    {"2012-04-03T09:30+02:00", {DATE_MINUTE, 2012, 4, 3, 9, 30, 0, true, 120}},
    {"2012-04-03 09:30 -03:30",
	{DATE_MINUTE, 2012, 4, 3, 9, 30, 0, true, -210}},
};

static const char *const bad[] = {"", "20", "20120", "0000", "2012-", "2012-4",
    "2012-13", "2012-00", "2012-04-", "2012-04-31", "2012-04-00", "2023-02-29",
    "1900-02-29", "2012-04-03T", "2012-04-03T24:00", "2012-04-03T09:60",
    "2012-04-03T9:00", "2012-04-03T09:00:61", "2012-04-03T09:00:00.",
    "2012-04-03T09:00+2", "2012-04-03T09:00+0200", "2012-04-03T09:00+24:00",
    "2012-04-03T09:00x", "2012-04-03T09:00Zx", "2012-04-03x", "April 2012",
    "+2012", " 2012", "2012 ", "2012-04-03 ", "2012-04-03T09:00 ", "2O12"};

static void
parses(void)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct str text = t_guard(str_of(good[i].text));
		const struct date *want = &good[i].want;
		struct err e = ERR_INIT;
		struct date d = {0};

		T_OK(date_parse(&d, text, &e) == 0, "%s %s", good[i].text,
		    e.msg);
		T_OK(d.precision == want->precision && date_cmp(&d, want) == 0,
		    "%s: as precise as written", good[i].text);
		T_OK(d.has_offset == want->has_offset &&
			d.offset_minutes == want->offset_minutes,
		    "%s: offset", good[i].text);
		t_guard_free(text);
	}
}

static void
refuses(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct str text = t_guard(str_of(bad[i]));
		struct date d = {.year = 1234};
		struct err e = ERR_INIT;

		T_OK(date_parse(&d, text, &e) == -1 && e.kind == ERR_INPUT &&
			d.year == 1234,
		    "\"%s\": %s", bad[i], e.msg);
		t_guard_free(text);
	}
}

static void
survives_truncation(void)
{
	for (size_t i = 0; i < COUNT(good); i++)
		for (size_t n = 0; n < strlen(good[i].text); n++) {
			struct str cut =
			    t_guard(str_sub(str_of(good[i].text), 0, n));
			struct date d;

			date_parse(&d, cut, NULL);
			t_guard_free(cut);
		}
	T_OK(true, "no byte past the end is read");
}

static void
knows_instants(void)
{
	static const struct {
		const char *why, *text, *zone;
		int64_t want;
	} cases[] = {
	    {"the epoch", "1970-01-01", NULL, 0},
	    {"the least", "0001-01-01", "", -62135596800},
	    {"the most", "9999-12-31T23:59:59", "UTC", 253402300799},
	    {"a leap day", "2024-02-29T12:00", NULL, 1709208000},
	    {"its own offset", "2012-04-03T09:00-07:00", NULL, 1333468800},
	    {"which wins over a zone", "2012-04-03T09:00-07:00",
		"Europe/Berlin", 1333468800},
	    {"summer in a zone", "2012-04-03T09:00", LA, 1333468800},
	    {"winter in a zone", "2012-01-03T09:00", LA, 1325610000},
	    {"a day begins in its zone", "2012-04-03", LA, 1333436400},
	    {"a year does", "2020", "Asia/Tokyo", 1577804400},
	    {"the first of a repeated hour", "2012-11-04T01:30", LA,
		1352017800},
	    {"a skipped hour goes on from before", "2012-03-11T02:30", LA,
		1331461800},
	    {"the last second before", "2012-03-11T01:59:59", LA, 1331459999},
	    {"the first after", "2012-03-11T03:00", LA, 1331460000},
	    {"half an hour's zone", "2024-01-01T00:00", "Asia/Kolkata",
		1704047400},
	    {"a zone past its table", "2100-07-01T00:00", LA, 4118108400},
	    {"the other half of the world", "2024-01-01", "Australia/Sydney",
		1704027600},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = ERR_INIT;
		int64_t got = 1;
		struct date d;

		T_OK(date_parse(&d, str_of(cases[i].text), &e) == 0 &&
			date_instant(&got, &d, cases[i].zone, &e) == 0,
		    "%s %s", cases[i].why, e.msg);
		T_EQ_INT(got, cases[i].want, "%s", cases[i].why);
	}
}

static void
takes_instants_apart(void)
{
	static const struct {
		int64_t instant;
		const char *zone;
		struct date want;
	} cases[] = {
	    {0, NULL, {DATE_MINUTE, 1970, 1, 1, .hour = 0}},
	    {-1, NULL, {DATE_MINUTE, 1969, 12, 31, 23, 59, .second = 59}},
	    {1333468800, LA, {DATE_MINUTE, 2012, 4, 3, 9, 0, 0, true, -420}},
	    {1325610000, LA, {DATE_MINUTE, 2012, 1, 3, 9, 0, 0, true, -480}},
	    {1704047400, "Asia/Kolkata",
		{DATE_MINUTE, 2024, 1, 1, 0, 0, 0, true, 330}},
	    {-62135596800, "", {DATE_MINUTE, 1, 1, 1, .hour = 0}},
	    {253402300799, "UTC",
		{DATE_MINUTE, 9999, 12, 31, 23, 59, .second = 59}},
	};
	struct err e = ERR_INIT;
	struct date d;

	for (size_t i = 0; i < COUNT(cases); i++) {
		T_OK(date_at(&d, cases[i].instant, cases[i].zone, &e) == 0,
		    "%lld %s", (long long)cases[i].instant, e.msg);
		T_EQ_INT(date_cmp(&d, &cases[i].want), 0, "%lld",
		    (long long)cases[i].instant);
		T_EQ_INT(d.offset_minutes, cases[i].want.offset_minutes,
		    "its offset");
		T_OK(d.has_offset, "is given");
	}
	T_OK(
	    date_at(&d, 253402300800, NULL, &e) == -1, "year 10000: %s", e.msg);
	T_OK(date_at(&d, INT64_MIN, NULL, NULL) == -1, "long ago");
}

/* Every day of five centuries, there and back, and against the C library. */
static void
agrees_with_the_library(void)
{
	bool ok = true;

	for (int64_t day = -150000; ok && day < 50000; day++) {
		int64_t instant = day * 86400 + 3661, back;
		time_t t = (time_t)instant;
		struct date d;
		struct tm tm;

		gmtime_r(&t, &tm);
		ok = date_at(&d, instant, NULL, NULL) == 0 &&
		    date_instant(&back, &d, NULL, NULL) == 0 &&
		    back == instant && d.year == tm.tm_year + 1900 &&
		    d.month == tm.tm_mon + 1 && d.day == tm.tm_mday &&
		    d.hour == 1 && d.minute == 1 && d.second == 1;
	}
	T_OK(ok, "the calendar is the library's");
}

static void
refuses_zones(void)
{
	static const char *const names[] = {"Mars/Olympus",
	    "../../../etc/passwd", "/etc/localtime", "America/../UTC",
	    "America", "zone.tab", "EST5EDT4", ":UTC", "America/Los_Angeles/x",
	    "A-name-that-is-longer-than-any-zone-of-the-database-has-ever-been"};
	struct date d = {
	    .precision = DATE_YEAR, .year = 2020, .month = 1, .day = 1};

	for (size_t i = 0; i < COUNT(names); i++) {
		struct err e = ERR_INIT;
		int64_t got;

		T_OK(date_instant(&got, &d, names[i], &e) == -1 &&
			e.kind == ERR_INPUT &&
			strstr(e.msg, "Europe/Berlin") != NULL,
		    "%s: %s", names[i], e.msg);
	}
}

static void
leaves_the_environment_alone(void)
{
	struct date d = {
	    .precision = DATE_YEAR, .year = 2020, .month = 1, .day = 1};
	time_t noon = 1333468800;
	struct tm tm;
	int64_t got;

	unsetenv("TZ");
	tzset();
	date_instant(&got, &d, LA, NULL);
	T_OK(getenv("TZ") == NULL, "TZ was not set and is not");
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	date_instant(&got, &d, LA, NULL);
	T_EQ_STR(str_of(getenv("TZ")), STR("Asia/Tokyo"), "TZ was set and is");
	localtime_r(&noon, &tm);
	T_EQ_INT(tm.tm_hour, 1, "and is what the library uses");
	date_instant(&got, &d, NULL, NULL);
	T_EQ_INT(got, 1577836800, "no zone is UTC wherever the machine is");
	unsetenv("TZ");
	tzset();
}

static void
prints(void)
{
	static const struct {
		const char *text, *iso, *words;
	} cases[] = {
	    {"2020", "2020", "2020"},
	    {"2008-03", "2008-03", "March 2008"},
	    {"2012-04-03", "2012-04-03", "Tuesday, 3 April 2012"},
	    {"2012-04-03T09:00", "2012-04-03", "Tuesday, 3 April 2012"},
	    {"2024-12-31", "2024-12-31", "Tuesday, 31 December 2024"},
	    {"1969-12-31", "1969-12-31", "Wednesday, 31 December 1969"},
	    {"0001-01-01", "0001-01-01", "Monday, 1 January 1"},
	};
	static const struct {
		int64_t instant;
		const char *rfc3339, *rfc5322;
	} instants[] = {
	    {1333468800, "2012-04-03T16:00:00Z",
		"Tue, 03 Apr 2012 16:00:00 +0000"},
	    {-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"},
	    {INT64_MAX, "9999-12-31T23:59:59Z",
		"Fri, 31 Dec 9999 23:59:59 +0000"},
	    {INT64_MIN, "0001-01-01T00:00:00Z",
		"Mon, 01 Jan 0001 00:00:00 +0000"},
	};
	static const struct date unknown = {.precision = DATE_NONE};
	struct buf to;

	buf_init(&to, 100);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct date d;

		date_parse(&d, str_of(cases[i].text), NULL);
		buf_clear(&to);
		date_iso(&to, &d);
		T_EQ_STR(buf_slice(&to), str_of(cases[i].iso), "ISO");
		buf_clear(&to);
		date_words(&to, &d);
		T_EQ_STR(buf_slice(&to), str_of(cases[i].words), "words");
	}
	for (size_t i = 0; i < COUNT(instants); i++) {
		buf_clear(&to);
		date_rfc3339(&to, instants[i].instant);
		T_EQ_STR(buf_slice(&to), str_of(instants[i].rfc3339), "3339");
		buf_clear(&to);
		date_rfc5322(&to, instants[i].instant);
		T_EQ_STR(buf_slice(&to), str_of(instants[i].rfc5322), "5322");
	}
	buf_clear(&to);
	date_iso(&to, &unknown);
	date_words(&to, &unknown);
	T_EQ_STR(buf_slice(&to), STR(""), "no date is no text");
	buf_release(&to);
}

static void
compares(void)
{
	static const char *const order[] = {"2011-12-31T23:59", "2012",
	    "2012-01-01T00:00:01", "2012-01-01T00:01", "2012-01-01T01:00",
	    "2012-01-02", "2012-02", "2013"};

	for (size_t i = 0; i + 1 < COUNT(order); i++) {
		struct date a, b;

		date_parse(&a, str_of(order[i]), NULL);
		date_parse(&b, str_of(order[i + 1]), NULL);
		T_OK(date_cmp(&a, &b) < 0 && date_cmp(&b, &a) > 0 &&
			date_cmp(&a, &a) == 0,
		    "%s before %s", order[i], order[i + 1]);
	}
}

/* The environment is read at the first question, so this comes first. */
static void
starts_where_it_is_told(void)
{
	int64_t ticks = clock_ticks_us(), now;

	setenv("CAPSULE_NOW", "2012-04-03T16:00:00Z", 1);
	now = clock_now();
	T_OK(now >= 1333468800 && now < 1333468800 + 600,
	    "CAPSULE_NOW is where it starts");
	clock_set(42);
	T_EQ_INT(clock_now(), 42, "a test sets it");
	clock_set(INT64_MIN);
	T_OK(clock_now() >= now, "and gives it back");
	T_OK(clock_ticks_us() >= ticks && clock_ticks_ms() >= ticks / 1000,
	    "ticks go forward");
}

int
main(void)
{
	T_RUN(starts_where_it_is_told);
	T_RUN(parses);
	T_RUN(refuses);
	T_RUN(survives_truncation);
	T_RUN(knows_instants);
	T_RUN(takes_instants_apart);
	T_RUN(agrees_with_the_library);
	T_RUN(refuses_zones);
	T_RUN(leaves_the_environment_alone);
	T_RUN(prints);
	T_RUN(compares);
	return t_done();
}
