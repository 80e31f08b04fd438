/*
 * `announce daemon`: delivers whatever is queued or due, and is the place
 * where the desk is served; one for each store. Runs in the foreground until
 * SIGTERM or SIGINT, and then until the messages on the wire have ended; a
 * second one ends it at once. SIGHUP reads the configuration again, and keeps
 * the one it has if the new one is wrong.
 */
#ifndef MAIL_DAEMON_H
#define MAIL_DAEMON_H

#include "base/conf.h"
#include "base/err.h"

#include <stdbool.h>

/* conf was read from path (NULL: where it usually is) and outlives the call.
 * ERR_LATER when there is one already. */
int daemon_run(const struct conf *conf, const char *path, struct err *e);

/* Does one work on this state folder's store? */
bool daemon_is_there(const char *state);

#endif
