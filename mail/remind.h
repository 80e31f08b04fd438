/*
 * Reminders: which of an event's is to be sent now, and under what subject.
 * Pure, but for the time zone database.
 *
 * A day before is the same time of day in the event's time zone, whatever the
 * clocks do between. An event that is known to the day begins at 00:00 there;
 * one that is known to the month or the year, is cancelled, or has begun,
 * reminds nobody.
 *
 * Of several that are due only the last is sent. One whose time has passed
 * while nothing looked is sent as long as more than half of the time that it
 * was to leave is left: a day's notice up to twelve hours later, an hour's up
 * to thirty minutes.
 */
#ifndef MAIL_REMIND_H
#define MAIL_REMIND_H

#include "base/buf.h"
#include "base/str.h"
#include "content/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reminder {
	struct str lead; /* as the page has it: "1d"; points into the event */
	int64_t at; /* when it is to be sent */
	int64_t begins; /* the event */
};

/* The i-th of event->remind. false: it is never sent. */
bool
remind_when(struct reminder *out, const struct page_event *event, size_t i);

/* The one to be sent now, if it was not. */
bool
remind_due(struct reminder *out, const struct page_event *event, int64_t now);

/* "Tomorrow: TITLE", "In 2 hours: TITLE", by what is left when it is sent. */
void remind_subject(struct buf *to, const struct page_event *event,
    const struct reminder *r, struct str title, int64_t now);

/* Names it for ever: "2028/index.md#1d@2028-03-04T08:00:00Z". One of an event
 * that was moved is another one. */
void remind_key(struct buf *to, struct str source, const struct reminder *r);

#endif
