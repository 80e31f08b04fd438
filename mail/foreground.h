/*
 * Delivery of one announcement while somebody looks on: the pool (deliver.h)
 * with a progress line, until nothing is left that could be done now, or until
 * Ctrl-C. The first one lets the message on the wire end; the second ends at
 * once, and what was on the wire is in doubt.
 *
 * A daemon may deliver the same at the same time: what is counted and when it
 * is over is asked of the store.
 */
#ifndef MAIL_FOREGROUND_H
#define MAIL_FOREGROUND_H

#include "base/conf.h"
#include "base/err.h"
#include "mail/store.h"

#include <stdint.h>

/*
 * 0 when all were sent. ERR_LATER when some wait, saying how it goes on;
 * ERR_REFUSED when some have failed for good, are in doubt and held, or the
 * announcement was paused or cancelled meanwhile; and whatever the store says.
 */
int foreground_deliver(const struct conf *conf, struct store *s, int64_t id,
    struct err *e);

#endif
