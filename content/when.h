/*
 * When an event or an offer begins and is over, as instants and in a reader's
 * words. A date that is known to the day, the month or the year lasts to the
 * end of it; an event that names no end lasts to the end of its first day.
 */
#ifndef CONTENT_WHEN_H
#define CONTENT_WHEN_H

#include "base/buf.h"
#include "base/err.h"
#include "content/page.h"

#include <stdbool.h>
#include <stdint.h>

/* over is the first second after it. ERR_INPUT when no start is known or the
 * time zone does not exist. */
int when_event(int64_t *begins, int64_t *over, const struct page_event *event,
    struct err *e);

/* INT64_MIN and INT64_MAX where opens or closes is not said. Days are those
 * of UTC. */
int when_offer(int64_t *begins, int64_t *over, const struct page_offer *offer,
    struct err *e);
bool when_offer_is_open(const struct page_offer *offer, int64_t now);

/* "Tuesday, 3 April 2012, 09:00 to 17:00 (Los Angeles time, UTC-7)", as far as
 * it is known; nothing where no start is. Abbreviations of zones are not
 * used: several zones share one. */
void when_words(struct buf *to, const struct page_event *event);

/* The first second after a date, in a zone. */
int when_ends(int64_t *over, const struct date *date, struct str zone,
    struct err *e);

#endif
