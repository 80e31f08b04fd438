/*
 * An event as a calendar reads it: iCalendar (RFC 5545), published (RFC 5546,
 * section 3.2.1), pure. Times are written in UTC, so that no description of a
 * time zone is needed; days are days, with an end that is not in them. The
 * same page gives the same bytes whenever it is written.
 */
#ifndef CONTENT_CALENDAR_H
#define CONTENT_CALENDAR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/page.h"

#include <stdbool.h>

#define CALENDAR_MIME "text/calendar; charset=utf-8; method=PUBLISH"

struct calendar {
	const struct page *page; /* with an event */
	struct str title;
	struct str path;  /* of the page; its uid is path@host */
	struct str base;  /* "gemini://host" before the path */
	struct str host;
	struct str organizer; /* a name: who publishes it */
};

/* Nobody can keep free what is only known to be in a month or a year. */
bool calendar_has(const struct page_event *event);

/* Ends in CRLF, as every line. ERR_INPUT for an event that calendar_has is
 * false for, or whose time zone does not exist. */
int calendar_write(struct buf *to, const struct calendar *calendar,
    struct err *e);

#endif
