/*
 * When an announcement is sent, as typed behind --at and --expires. Pure.
 *
 * Everything ends: a machine that was switched off for a week, or restored
 * from last month's backup, must not send what nobody wants any more.
 */
#ifndef MAIL_SCHEDULE_H
#define MAIL_SCHEDULE_H

#include "base/err.h"

#include <stdint.h>

/* After it begins, unless --expires says something else: what was queued by
 * hand a week, what was given a time a day. */
#define SCHEDULE_EXPIRES (7 * 86400)
#define SCHEDULE_AT_EXPIRES 86400

struct schedule {
	int64_t begins;
	int64_t expires; /* 0: never */
};

/*
 * at and expires are NULL where they are not given. Either is a time, UTC
 * unless it ends in an offset ("2026-12-01T18:00", "2026-12-01T18:00+01:00"),
 * or a while ("90m", "2h", "3d"): from now for at, from then for expires,
 * which can be "never". ERR_USAGE for what is none, a time without its hour,
 * and one that is past.
 */
int schedule_parse(struct schedule *out, const char *at, const char *expires,
    int64_t now, struct err *e);

#endif
