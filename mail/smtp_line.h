/*
 * The connection to a relay, made by ourselves: by name or address, IPv6
 * literals too, each address in turn, none for longer than it is given.
 *
 * libesmtp connects by itself, without a limit in time, splits "[::1]:25" at
 * the first colon and hides its descriptor. So it is sent to a stand-in, a
 * socket of ours on the loopback that only listens, and when it says that it
 * is connected, its descriptor is made to be our connection (dup3). What the
 * stand-in had queued is closed unread.
 */
#ifndef MAIL_SMTP_LINE_H
#define MAIL_SMTP_LINE_H

#include "base/err.h"

#include <stdbool.h>

struct smtp_line {
	int fd;           /* our connection; -1 once it was exchanged */
	int stand_in;     /* listens */
	int port;         /* its port on 127.0.0.1 */
	char literal[64]; /* what we are for EHLO: "[192.0.2.1]" */
};

/*
 * host is a name or an address without brackets. only_here refuses what is
 * not this machine. ERR_LATER when nobody answers there now, ERR_REFUSED for a
 * name that does not exist. milliseconds is for each of its addresses.
 */
int smtp_line_open(struct smtp_line *l, const char *host, const char *port,
    bool only_here, int milliseconds, struct err *e);
void smtp_line_close(struct smtp_line *l);

/* Finds the descriptor that is connected to the stand-in and makes it ours.
 * Returns it, which stays its owner's to close, or -1. */
int smtp_line_exchange(struct smtp_line *l);

/* Acknowledge at once what has come and comes next: answers to commands that
 * left together come one by one, and the relay's kernel keeps the next one back
 * until then, which would be 40 ms. Wears off by itself (tcp(7)). */
void smtp_line_hurry(int fd);

#endif
