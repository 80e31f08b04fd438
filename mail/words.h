/*
 * Numbers, times and replies as organizers read them. Pure, but for the
 * machine's time zone.
 */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

/* "1,234,567" */
void words_count(struct buf *to, int64_t n);

/* "1 person", "1,234 people" */
void words_counted(
    struct buf *to, int64_t n, const char *one, const char *many);

/* "12 s", "3 min", "2 h 5 min", "3 days": the two largest units at most. */
void words_duration(struct buf *to, int64_t seconds);

/* "2026-11-20 20:00 UTC", seconds only where there are any. */
void words_instant(struct buf *to, int64_t at);

/* The same and, where the machine's clock is not UTC, " (21:00 CET here)",
 * with the day where that is another one. */
void words_instant_here(struct buf *to, int64_t at);

/*
 * Made harmless for a terminal's line, and cut to width columns with "..."
 * at its end. pad fills it up to width.
 */
void words_cell(struct buf *to, struct str text, size_t width, bool pad);

/*
 * What a mail server said, with what differs from person to person taken out,
 * so that the same reply to many is the same text: addresses become
 * "…@their.domain", and words that are a server's own mark ("4f2Zq83")
 * "…". UTF-8 in one line in, the same out.
 */
void words_reply(struct buf *to, struct str reply);

#endif
