/*
 * Sockets that the service manager bound for us (sd_listen_fds(3): $LISTEN_FDS
 * from descriptor 3). What the manager is told is in base/notify.h. The keeper
 * alone calls it.
 */
#ifndef SERVER_ACTIVATION_H
#define SERVER_ACTIVATION_H

#include "base/conf.h"

/* Takes them out of the environment, so that no child takes them for its own.
 * Called once, at the very start. */
void activation_begin(void);

/*
 * The inherited listening stream socket bound to this address and port, or
 * -1. It stays ours: the same call gives it again after a reload. The caller
 * makes it non-blocking.
 */
int activation_socket(const struct conf_listen *want);
/* Those never asked for, to warn about: calls back with "[::]:1965". */
void activation_unused(void (*each)(void *ctx, const char *address), void *ctx);

#endif
