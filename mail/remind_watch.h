/*
 * Has `announce remind` run now and then, as a process of its own: a site of
 * many pages is not read while visitors and mail wait. At the start, and then
 * at every fifth minute of the clock, since that is when events begin.
 */
#ifndef MAIL_REMIND_WATCH_H
#define MAIL_REMIND_WATCH_H

#include "base/conf.h"

#include <stdint.h>
#include <sys/types.h>

struct remind_watch {
	pid_t pid; /* 0: none runs */
	int64_t turn; /* which five minutes were last looked at */
};

/* Zeroed at first. Called every second or so; conf is the one in use. */
void
remind_watch_tick(struct remind_watch *w, const struct conf *conf, int64_t now);
/* At the next tick, whatever the clock says. */
void remind_watch_again(struct remind_watch *w);
/* Ends the one that runs; what it has queued stays. */
void remind_watch_end(struct remind_watch *w);

#endif
