/*
 * Has `announce remind` run now and then, as a process of its own: a site of
 * many pages is not read while visitors and mail wait. At the start, and then
 * at every fifth minute of the clock, since that is when events begin.
 *
 * What it says goes into the log; what it said the last time as well, such as
 * what is wrong with a page, once a day.
 */
#ifndef MAIL_REMIND_WATCH_H
#define MAIL_REMIND_WATCH_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

/* Lines that need not be said again. */
struct remind_said {
	struct buf last; /* what was heard the last time */
	int64_t since; /* when all of it was new */
};

struct remind_watch {
	pid_t pid; /* 0: none runs */
	int64_t turn; /* which five minutes were last looked at */
	int fd; /* of the one that runs, what it says */
	struct buf heard; /* of that, so far */
	struct remind_said said;
};

/* Zeroed at first. Called every second or so; conf is the one in use. */
void
remind_watch_tick(struct remind_watch *w, const struct conf *conf, int64_t now);
/* At the next tick, whatever the clock says. */
void remind_watch_again(struct remind_watch *w);
/* Ends the one that runs; what it has queued stays. */
void remind_watch_end(struct remind_watch *w);

/* Appends those lines of what was heard that are news, and remembers all. Pure;
 * last is initialized. */
void remind_news(
    struct buf *to, struct remind_said *said, struct str heard, int64_t now);

#endif
