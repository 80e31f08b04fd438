/*
 * How much mail may leave: messages a second, messages in 24 hours, messages a
 * minute to one receiving domain. Counted in a file beside the store that all
 * processes map, so that the pools of several programs keep one rate together
 * and a restart forgets nothing. Without locks: a count is one number that is
 * exchanged whole, so that a process killed at any instant leaves nothing held
 * and nothing wrong, and whatever stands in the file heals with time.
 *
 * No second, minute or 24 hours, wherever they begin, has more than its limit;
 * up to a tenth of it goes out at once. A limit of 0 is none. Domains have a
 * fixed table without names: two that share a place in it share a limit.
 *
 * Pure but for open and close: time is an argument, in microseconds that never
 * step (clock_ticks_us) or in seconds of the wall's clock, as each says.
 */
#ifndef MAIL_RATE_H
#define MAIL_RATE_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define RATE_LINE_MAX ((int64_t)600 * 1000000) /* us; see rate_domain */

struct rate; /* the shared page */

/* Maps STATE/rates, made if need be. Survives fork. NULL is fine to close. */
int rate_open(struct rate **out, const char *folder, struct err *e);
void rate_close(struct rate *r);

/* 0: a message may go, and is counted; else microseconds to wait. */
int64_t rate_second(struct rate *r, int64_t per_second, int64_t now_us);

/* 0: a message may go, and is counted; else seconds to wait. now is the
 * wall's. rate_day_back takes one back that did not go after all. */
int64_t rate_day(struct rate *r, int64_t per_day, int64_t now);
void rate_day_back(struct rate *r, int64_t now);

/* 0: a message to this domain may go, and is counted; else after how many
 * microseconds it should come again: its place in a line in which everybody
 * who was turned away stands, at most RATE_LINE_MAX. */
int64_t rate_domain(
    struct rate *r, int64_t per_minute, struct str domain, int64_t now_us);
void rate_domain_back(struct rate *r, int64_t per_minute, struct str domain);

#endif
