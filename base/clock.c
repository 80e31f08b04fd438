#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"
#define ZONE_MAX 64
#define DAY 86400
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define INSTANT_MIN (-62135596800)
#define INSTANT_MAX 253402300799

static const char *const months[] = {"January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December"};
static const char *const weekdays[] = {"Sunday", "Monday", "Tuesday",
    "Wednesday", "Thursday", "Friday", "Saturday"};

static int64_t set_to = INT64_MIN;
static int64_t skipped_ms;

/* How far CAPSULE_NOW is from the machine's clock; one that is no date is as
 * if it were not there. */
static int64_t
start_offset(void)
{
	const char *text = getenv("CAPSULE_NOW");
	struct date d;
	int64_t start;

	if (text == NULL || date_parse(&d, str_of(text), NULL) != 0 ||
	    date_instant(&start, &d, NULL, NULL) != 0)
		return 0;
	return start - (int64_t)time(NULL);
}

int64_t
clock_now(void)
{
	static bool is_known;
	static int64_t offset;

	if (set_to != INT64_MIN)
		return set_to;
	if (!is_known) {
		offset = start_offset();
		is_known = true;
	}
	return (int64_t)time(NULL) + offset;
}

void
clock_set(int64_t now)
{
	set_to = now;
}

void
clock_skip(int64_t ms)
{
	skipped_ms = ms;
}

int64_t
clock_ticks_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 +
	    skipped_ms * 1000;
}

int64_t
clock_ticks_ms(void)
{
	return clock_ticks_us() / 1000;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
	static const char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 in the Gregorian calendar, carried on backwards as
 * ISO 8601 does. Years are counted from 1 March, so that the leap day is the
 * last and a month's start needs no table. */
static int64_t
days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t from_march = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 +
	    (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static void
set_civil(struct date *d, int64_t days)
{
	/* 400 years have 146097 days; the year is guessed from their mean and
	 * is at most one too late. */
	int year = (int)((days + 719468) * 400 / 146097) + 1;
	int64_t left;

	while (days_of(year, 1, 1) > days)
		year--;
	left = days - days_of(year, 1, 1);
	d->year = year;
	for (d->month = 1; left >= month_days(year, d->month); d->month++)
		left -= month_days(year, d->month);
	d->day = (int)left + 1;
}

/* An instant as a clock shows it that is offset seconds ahead of UTC. */
static struct date
date_of(int64_t instant, int64_t offset)
{
	struct date d = {.precision = DATE_MINUTE, .has_offset = true};
	int64_t local, days, rest;

	if (instant < INSTANT_MIN)
		instant = INSTANT_MIN;
	if (instant > INSTANT_MAX)
		instant = INSTANT_MAX;
	local = instant + offset;
	if (local < INSTANT_MIN || local > INSTANT_MAX) {
		local = instant;
		offset = 0;
	}
	days = local / DAY - (local % DAY < 0);
	rest = local - days * DAY;
	set_civil(&d, days);
	d.hour = (int)(rest / 3600);
	d.minute = (int)(rest / 60 % 60);
	d.second = (int)(rest % 60);
	d.offset_minutes = (int)(offset / 60);
	return d;
}

/* Takes exactly n digits; false if they are not there or out of range. */
static bool
take_number(struct str *s, size_t n, int min, int max, int *out)
{
	int64_t v = s->n >= n ? str_number(str_sub(*s, 0, n), max) : -1;

	if (v < min)
		return false;
	*out = (int)v;
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool
take_char(struct str *s, const char *any)
{
	if (s->n == 0 || s->p[0] == '\0' || strchr(any, s->p[0]) == NULL)
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

/* "Z", "+02:00" or nothing. */
static bool
take_offset(struct date *d, struct str *s)
{
	int hours, minutes;
	bool has_space = take_char(s, " ");
	bool is_west;

	d->has_offset = s->n > 0;
	if (s->n == 0)
		return !has_space;
	if (take_char(s, "Zz"))
		return true;
	is_west = s->p[0] == '-';
	if (!take_char(s, "+-") || !take_number(s, 2, 0, 23, &hours) ||
	    !take_char(s, ":") || !take_number(s, 2, 0, 59, &minutes))
		return false;
	d->offset_minutes = hours * 60 + minutes;
	if (is_west)
		d->offset_minutes = -d->offset_minutes;
	return true;
}

/* "09:00", "09:00:59" or "09:00:59.5"; 60 is a leap second. */
static bool
take_time(struct date *d, struct str *s)
{
	int fraction;

	d->precision = DATE_MINUTE;
	if (!take_number(s, 2, 0, 23, &d->hour) || !take_char(s, ":") ||
	    !take_number(s, 2, 0, 59, &d->minute))
		return false;
	if (take_char(s, ":")) {
		if (!take_number(s, 2, 0, 60, &d->second))
			return false;
		if (take_char(s, ".") && !take_number(s, 1, 0, 9, &fraction))
			return false;
		while (take_number(s, 1, 0, 9, &fraction))
			;
	}
	return take_offset(d, s);
}

static bool
take_date(struct date *d, struct str *s)
{
	d->precision = DATE_YEAR;
	d->month = d->day = 1;
	if (!take_number(s, 4, 1, 9999, &d->year))
		return false;
	if (!take_char(s, "-"))
		return true;
	d->precision = DATE_MONTH;
	if (!take_number(s, 2, 1, 12, &d->month))
		return false;
	if (!take_char(s, "-"))
		return true;
	d->precision = DATE_DAY;
	if (!take_number(s, 2, 1, month_days(d->year, d->month), &d->day))
		return false;
	return !take_char(s, "Tt ") || take_time(d, s);
}

int
date_parse(struct date *d, struct str text, struct err *e)
{
	struct date got = {0};
	struct str s = text;

	if (!take_date(&got, &s) || s.n > 0)
		return err_set(e, ERR_INPUT,
		    "\"%.*s\" is not a date; write 2020, 2008-03, 2012-04-03 "
		    "or 2012-04-03T09:00, with Z or +02:00 behind it if need "
		    "be",
		    text.n < 40 ? (int)text.n : 40, text.n > 0 ? text.p : "");
	*d = got;
	return 0;
}

static bool
is_utc(const char *zone)
{
	return zone == NULL || zone[0] == '\0' || strcmp(zone, "UTC") == 0;
}

/* The name as TZ takes it, ":" and the file's path. Compiled zone files begin
 * with "TZif" (RFC 8536, section 3.1); others lie there too. */
static int
zone_path(char *path, size_t size, const char *zone, struct err *e)
{
	char magic[4] = "";
	bool is_there = false;
	int fd = -1;

	errno = 0;
	if (strlen(zone) < ZONE_MAX && strstr(zone, "..") == NULL &&
	    zone[0] != '/') {
		snprintf(path, size, ":%s/%s", ZONES, zone);
		fd = open(path + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd >= 0) {
		is_there = read(fd, magic, sizeof magic) == sizeof magic &&
		    memcmp(magic, "TZif", sizeof magic) == 0;
		close(fd);
	}
	if (is_there)
		return 0;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return err_sys(e, "the time zone %s cannot be read", zone);
	return err_set(e, ERR_INPUT,
	    "there is no time zone \"%.*s\" in %s; write one as "
	    "Europe/Berlin, or UTC",
	    ZONE_MAX, zone, ZONES);
}

static void
set_tz(const char *value)
{
	if (value != NULL)
		setenv("TZ", value, 1);
	else
		unsetenv("TZ");
	tzset();
}

/*
 * Seconds that zone is ahead of UTC at each of the n instants. The C library
 * knows one zone at a time, in the environment: it is lent and given back.
 */
static int
zone_offsets(int64_t *offsets, const int64_t *instants, size_t n,
    const char *zone, struct err *e)
{
	char path[sizeof ZONES + ZONE_MAX + 2];
	const char *tz = getenv("TZ");
	char *old = NULL;

	if (is_utc(zone)) {
		memset(offsets, 0, n * sizeof *offsets);
		return 0;
	}
	if (zone_path(path, sizeof path, zone, e) != 0)
		return -1;
	if (tz != NULL && (old = strdup(tz)) == NULL)
		return err_sys(e, "a time zone cannot be read");
	set_tz(path);
	for (size_t i = 0; i < n; i++) {
		time_t t = (time_t)instants[i];
		struct tm tm = {0};

		offsets[i] = localtime_r(&t, &tm) != NULL ? tm.tm_gmtoff : 0;
	}
	set_tz(old);
	free(old);
	return 0;
}

int
date_instant(
    int64_t *out, const struct date *d, const char *zone, struct err *e)
{
	int64_t local = days_of(d->year, d->month, d->day) * DAY +
	    d->hour * 3600 + d->minute * 60 + d->second;
	/* A day away on either side is safely before and after a change. */
	int64_t around[2] = {local - DAY, local + DAY};
	int64_t tries[2], offsets[2], at[2];

	if (d->has_offset) {
		*out = local - (int64_t)d->offset_minutes * 60;
		return 0;
	}
	if (zone_offsets(offsets, around, 2, zone, e) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		tries[i] = local - offsets[i];
	if (zone_offsets(at, tries, 2, zone, e) != 0)
		return -1;
	/* The offset before the change unless only the one after is true. */
	*out = at[0] != offsets[0] && at[1] == offsets[1] ? tries[1] : tries[0];
	return 0;
}

int
date_at(struct date *d, int64_t instant, const char *zone, struct err *e)
{
	int64_t offset;

	if (instant < INSTANT_MIN || instant > INSTANT_MAX)
		return err_set(e, ERR_INPUT,
		    "a date must lie between the years 1 and 9999");
	if (zone_offsets(&offset, &instant, 1, zone, e) != 0)
		return -1;
	*d = date_of(instant, offset);
	return 0;
}

int
date_cmp(const struct date *a, const struct date *b)
{
	const int left[] = {
	    a->year, a->month, a->day, a->hour, a->minute, a->second};
	const int right[] = {
	    b->year, b->month, b->day, b->hour, b->minute, b->second};

	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

void
date_iso(struct buf *to, const struct date *d)
{
	if (d->precision >= DATE_YEAR)
		buf_printf(to, "%04d", d->year);
	if (d->precision >= DATE_MONTH)
		buf_printf(to, "-%02d", d->month);
	if (d->precision >= DATE_DAY)
		buf_printf(to, "-%02d", d->day);
}

static const char *
weekday(const struct date *d)
{
	/* 1970-01-01 was a Thursday; the year 1 is 719162 days before. */
	int64_t days = days_of(d->year, d->month, d->day) + 719162;

	return weekdays[(days + 1) % 7];
}

void
date_words(struct buf *to, const struct date *d)
{
	if (d->precision >= DATE_DAY)
		buf_printf(to, "%s, %d ", weekday(d), d->day);
	if (d->precision >= DATE_MONTH)
		buf_printf(to, "%s ", months[d->month - 1]);
	if (d->precision >= DATE_YEAR)
		buf_printf(to, "%d", d->year);
}

void
date_rfc3339(struct buf *to, int64_t instant)
{
	struct date d = date_of(instant, 0);

	buf_printf(to, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day,
	    d.hour, d.minute, d.second);
}

void
date_rfc5322(struct buf *to, int64_t instant)
{
	struct date d = date_of(instant, 0);

	buf_printf(to, "%.3s, %02d %.3s %04d %02d:%02d:%02d +0000", weekday(&d),
	    d.day, months[d.month - 1], d.year, d.hour, d.minute, d.second);
}
