/*
 * What one visitor, and all together, may take: connections in all and per
 * address, requests a second per address, handshakes in flight. Counted
 * across all workers in shared memory made before any fork; without locks, so
 * that a worker killed at any instant leaves nothing held and nothing wrong:
 * each count is written by one worker alone, and limit_worker_gone sets a
 * dead one's to zero.
 *
 * An address is an IPv4 address whole or an IPv6 /64. The table of addresses
 * has a fixed size; the longest idle makes room. When none can, an address is
 * let in uncounted rather than turned away. Time is an argument: microseconds
 * that never step (clock_ticks_us).
 */
#ifndef SERVER_LIMIT_H
#define SERVER_LIMIT_H

#include "base/conf.h"
#include "base/err.h"
#include "server/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKER_SLOTS_MAX 1024

enum limit_kind {
	LIMIT_NONE,        /* come in */
	LIMIT_CONNECTIONS, /* as many in all as are allowed */
	LIMIT_ADDRESS,     /* as many from this address as are allowed */
	LIMIT_HANDSHAKES,  /* as many handshakes in flight as are allowed */
	LIMIT_REQUESTS,    /* more requests a second than are allowed */
	LIMIT_KINDS
};

const char *limit_name(enum limit_kind kind); /* its key under `limits:` */

struct limit_table; /* the shared memory */

int limit_table_new(struct limit_table **t, size_t slots, struct err *e);
void limit_table_free(struct limit_table *t);
/* After the worker was waited for, before its slot is used again. */
void limit_worker_gone(struct limit_table *t, int slot);
/* Connections open and handshakes in flight now, of all workers. */
uint64_t limit_connections(const struct limit_table *t);
uint64_t limit_handshakes(const struct limit_table *t);

/* One worker's way in; storage is the caller's, both pointers are borrowed. */
struct limit {
	struct limit_table *table;
	const struct conf_limits *rules;
	int slot;
};

/* What one connection holds. All zero holds nothing. */
struct limit_hold {
	uint32_t entry; /* of the table, from 1; 0: address not counted */
	bool is_counted;
	bool is_handshake;
};

/*
 * A connection: first in all, then (behind a proxy only after its header) for
 * its address; close gives back whatever the hold has, and may be called at
 * any time and twice. A refusal by address keeps the count in all until then.
 */
enum limit_kind limit_open(struct limit *l, struct limit_hold *hold);
enum limit_kind limit_address(struct limit *l, struct limit_hold *hold,
    const struct address *a);
void limit_close(struct limit *l, struct limit_hold *hold);

enum limit_kind limit_handshake_begin(struct limit *l,
    struct limit_hold *hold);
void limit_handshake_end(struct limit *l, struct limit_hold *hold);

/* A request: 0 when it may go on, else the whole seconds, 1 or more, after
 * which the next one may (status 44). A refused request costs nothing. */
int64_t limit_request(struct limit *l, const struct limit_hold *hold,
    int64_t now_us);

#endif
