/*
 * The two things a service manager is spoken to about, by hand: readiness
 * (sd_notify(3): datagrams to $NOTIFY_SOCKET) and sockets that it bound for us
 * (sd_listen_fds(3): $LISTEN_FDS from descriptor 3). Without one, everything
 * here does nothing. The keeper alone calls it.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include "base/conf.h"
#include "base/str.h"

#include <stddef.h>

/* Takes both out of the environment, so that no child speaks for us. Called
 * once, at the very start. */
void notify_init(void);

void notify_ready(void);
void notify_reloading(void); /* followed by notify_ready when it is over */
void notify_stopping(void);
/* One line for `systemctl status`. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The inherited listening stream socket bound to this address and port, or
 * -1. It stays ours: the same call gives it again after a reload. The caller
 * makes it non-blocking.
 */
int notify_socket(const struct conf_listen *want);
/* Those never asked for, to warn about: calls back with "[::]:1965". */
void notify_unused(void (*each)(void *ctx, const char *address), void *ctx);

#endif
