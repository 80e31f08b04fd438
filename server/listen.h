/*
 * The listening sockets: bound by the keeper alone, shared by all workers of
 * all generations, carried from one configuration to the next so that no
 * visitor is turned away by a reload. A socket that a service manager has
 * bound for us is taken before one is bound.
 */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include "base/conf.h"
#include "base/err.h"
#include "content/site.h"

#include <stdbool.h>
#include <stddef.h>

struct listener {
	enum protocol protocol;
	char host[64];  /* as configured: an IP literal without brackets */
	char bound[64]; /* where it is: "0.0.0.0" for "::" without IPv6 */
	int wanted;     /* the port as configured; 0: any */
	int port;       /* the port it is bound to */
	int fd;         /* non-blocking, close-on-exec */
	bool is_ours;   /* bound here; else a service manager's, never closed */
	bool is_shared; /* taken from the running ones, see listen_open */
	bool is_ready;  /* its ready line was printed */
};

struct listeners {
	struct listener *list;
	size_t count;
};

/*
 * All sockets a configuration asks for: those that run already (matched by
 * protocol, address and port as configured) are shared, the rest bound. On
 * failure nothing has changed, and the error names the address and says what
 * to do. running may be NULL.
 */
int listen_open(struct listeners *l, const struct conf *conf,
    struct listeners *running, struct err *e);

/* next takes over from running: what it does not share is closed. running is
 * released. */
void listen_replace(struct listeners *running, struct listeners *next);

/* next is not to be: closes what it does not share with running. */
void listen_abandon(struct listeners *running, struct listeners *next);

/* Closes all that is not shared, and releases. */
void listen_close(struct listeners *l);

/* Prints `ready gemini 127.0.0.1:1965` on standard output for each that is
 * new, and flushes. */
void listen_announce(struct listeners *l);

const char *protocol_name(enum protocol protocol); /* "gemini", "gopher" */

#endif
