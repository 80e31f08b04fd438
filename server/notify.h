/*
 * Sockets that the service manager bound for us (sd_listen_fds(3): $LISTEN_FDS
 * from descriptor 3). What it is told is in base/notify.h. The keeper alone
 * calls it.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include "base/conf.h"
#include "base/notify.h"

/* notify_begin, and takes the sockets out of the environment, too. */
void notify_init(void);

/*
 * The inherited listening stream socket bound to this address and port, or
 * -1. It stays ours: the same call gives it again after a reload. The caller
 * makes it non-blocking.
 */
int notify_socket(const struct conf_listen *want);
/* Those never asked for, to warn about: calls back with "[::]:1965". */
void notify_unused(void (*each)(void *ctx, const char *address), void *ctx);

#endif
