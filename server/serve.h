/*
 * capsule serve: the keeper. It reads the configuration and the certificates,
 * binds the sockets, makes what is shared, and keeps a generation alive that
 * serves; it parses no page and no byte that comes from the network, so that
 * nothing a page or a stranger does can end it.
 *
 * SIGHUP (and a change of the pages, with `watch:`, and a page whose date has
 * come) builds the next generation, which takes over when it serves; until
 * then, and if it does not come to be, the running one goes on. SIGTERM and
 * SIGINT end when every visitor is served, a second one at once. SIGUSR1
 * opens the request log anew.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "base/conf.h"
#include "base/err.h"

/* Serves in the foreground until it is told to end. conf_path, or the place
 * where conf was found if NULL, is read again on SIGHUP. On failure nothing
 * serves any more. */
int serve_run(struct conf *conf, const char *conf_path, struct err *e);

#endif
