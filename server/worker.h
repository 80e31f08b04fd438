/*
 * The process that visitors meet: an event loop over the shared listening
 * sockets and its connections, walled in before the first of them. It reads
 * the site's image and published files; it holds nothing that another worker
 * needs, so that one that dies costs only those it was serving.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include "base/conf.h"
#include "server/accesslog.h"
#include "server/address.h"
#include "server/desk_line.h"
#include "server/limit.h"
#include "server/listen.h"
#include "server/route.h"
#include "server/status.h"
#include "server/tls.h"

#include <stddef.h>
#include <stdnoreturn.h>

/* What all processes share, made by the keeper before any fork: memory, and
 * the line by which workers reach the desk. */
struct shared {
	struct figures *figures;
	struct limit_table *limits;
	struct accesslog *log;
	struct tls_keys *keys;
	struct desk_line desk;
};

/* What all workers of a generation have in common. */
struct worker_plan {
	const struct conf *conf;
	const struct listeners *listeners;
	const struct shared *shared;
	struct router *router; /* each worker opens its own searches in it */
	struct tls_server *tls;
	const struct network *proxies;
	size_t proxy_count;
	const int *dirs; /* of the pages folders, one a site */
};

/*
 * Packets of one byte between a generation and its worker. The worker says UP
 * when it stands behind its walls, or ends with an exit code that is not 0.
 */
enum worker_word {
	WORKER_UP = 'u',    /* ready to accept */
	WORKER_GO = 'g',    /* accept */
	WORKER_DRAIN = 'd', /* accept no more, serve those there are, end */
	WORKER_STOP = 's'   /* the same, without waiting for silent ones */
};

/* Called in a fresh process of process_fork. */
noreturn void worker_run(const struct worker_plan *plan, int slot,
    int control);

#endif
