/*
 * One visitor's connection, from accept to close, for both protocols, with
 * TLS or without. It moves through the states listed in conn.c, each with a
 * deadline; whatever a peer does or leaves undone ends at one of them. It
 * reads one request, sends one reply, ends TLS in order, and waits a little
 * for the peer to have read it all.
 *
 * conn.c decides nothing about addresses (route.h) and nothing about who may
 * come (limit.h); it carries.
 */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include "base/conf.h"
#include "content/site.h"
#include "server/accesslog.h"
#include "server/address.h"
#include "server/limit.h"
#include "server/route.h"
#include "server/status.h"
#include "server/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a file that are read, encrypted and sent at a time. */
#define CONN_CHUNK ((size_t)64 << 10)

struct conn;
struct desk_line;
struct event_base;

/* What all connections of a worker share; the worker fills it. Everything
 * outlives them. */
struct conn_env {
	struct event_base *base;
	const struct conf *conf;
	const struct router *router;
	struct tls_server *tls;
	struct limit limit;
	struct figures_worker *figures;
	struct accesslog *log;
	const struct desk_line *desk;
	const struct network *proxies; /* who speaks PROXY */
	size_t proxy_count;
	char *scratch; /* CONN_CHUNK bytes, used within one call only */

	struct conn *all;  /* those that are open */
	size_t count;
	size_t turned_away; /* of those: let in to be told that it is full */
	uint64_t serial;
	int64_t warned_ms[LIMIT_KINDS];
	void (*on_closed)(struct conn_env *env); /* after each that closes */
};

/* Takes the accepted, non-blocking socket over, whatever happens. port is the
 * listening one. */
void conn_new(struct conn_env *env, int fd, enum protocol protocol, int port,
    const struct address *peer);

/*
 * Nothing new is coming and the server is to stop: those that have said
 * nothing are closed, those that are saying something get two seconds, those
 * that are being answered go on.
 */
void conn_stop_all(struct conn_env *env);

#endif
