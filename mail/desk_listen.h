/*
 * The desk's socket, STATE/desk.sock, in the daemon's event loop: one packet
 * each way a connection (base/desk.h), from programs of root, of who runs the
 * daemon, and of the configuration's `user` alone. Whoever connects and says
 * nothing is let go after some seconds; one who says what cannot be understood
 * is told LATER, as is everybody while the store cannot be asked.
 */
#ifndef MAIL_DESK_LISTEN_H
#define MAIL_DESK_LISTEN_H

#include "base/conf.h"
#include "base/err.h"

#define DESK_CALLERS_MAX 256 /* at once; more wait in the kernel's queue */
#define DESK_CALLER_S 10     /* to say what they want */

struct desk_listen;
struct event_base;

/* For the one daemon of a state folder: what another one left is replaced.
 * Opens a store handle of its own; conf outlives it. */
int desk_listen_open(struct desk_listen **out, struct event_base *loop,
    const struct conf *conf, struct err *e);

/* Called every second or so: once a minute it lets claims expire and pass on
 * (desk_claim_turn.h). NULL is fine. */
void desk_listen_tend(struct desk_listen *l);

/* Ends what is being said, and removes the socket. NULL is fine. */
void desk_listen_close(struct desk_listen *l);

#endif
