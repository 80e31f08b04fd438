/*
 * Time, as a seam: tests set the clock, programs read it here only. Instants
 * are seconds since 1970-01-01T00:00:00Z. Nothing here depends on the locale.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What the wall says, in seconds. CAPSULE_NOW in the environment (RFC 3339)
 * sets where it starts, for tests and for reproducible output. */
int64_t clock_now(void);
/* For deadlines and durations: never steps. */
int64_t clock_ticks_ms(void);
int64_t clock_ticks_us(void);
/* For tests: from now on the wall says this; INT64_MIN gives it back. */
void clock_set(int64_t now);
/* For tests: from now on ticks are so much further; 0 gives them back. */
void clock_skip(int64_t ms);

/* A date as people write it, as precise as they wrote it. */
enum date_precision {
	DATE_NONE,
	DATE_YEAR,   /* 2020 */
	DATE_MONTH,  /* 2008-03 */
	DATE_DAY,    /* 2012-04-03 */
	DATE_MINUTE  /* 2012-04-03T09:00, seconds and an offset if given */
};

struct date {
	enum date_precision precision;
	int year;    /* 1..9999 */
	int month;   /* 1..12, 1 where it is not known */
	int day;     /* 1..31, 1 where it is not known */
	int hour, minute, second;
	bool has_offset;    /* "Z" or "+02:00" was written */
	int offset_minutes;
};

/* The forms above; a space may stand for the T. The error says which are. */
int date_parse(struct date *d, struct str text, struct err *e);

/* The instant it begins, its own offset applied; without one in zone, a name
 * of the time zone database ("America/Los_Angeles"), or NULL or "" for UTC.
 * ERR_INPUT for a zone that does not exist. A time that a change of clocks
 * repeats is its first; one that it skips is read with the offset before it
 * (RFC 5545, section 3.3.5). For programs of one thread: TZ is changed and
 * restored. */
int date_instant(int64_t *out, const struct date *d, const char *zone,
    struct err *e);

/* An instant taken apart in a zone, with that moment's offset. */
int date_at(struct date *d, int64_t instant, const char *zone,
    struct err *e);

/* By year, month, day, hour, minute, second; offsets are not looked at. */
int date_cmp(const struct date *a, const struct date *b);

/* "2012-04-03" as far as it is known: "2020", "2008-03". */
void date_iso(struct buf *to, const struct date *d);
/* In the reader's words: "2020", "March 2008", "Tuesday, 3 April 2012". */
void date_words(struct buf *to, const struct date *d);
/* "2012-04-03T16:00:00Z" (RFC 3339). */
void date_rfc3339(struct buf *to, int64_t instant);
/* "Tue, 03 Apr 2012 16:00:00 +0000" (RFC 5322). */
void date_rfc5322(struct buf *to, int64_t instant);

#endif
