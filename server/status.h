/*
 * What the server counts, and who may ask. One region of shared memory, made
 * by the keeper before any fork, lives over all generations. A worker writes
 * the counters of its slot alone, without locks; whoever reads adds the slots
 * up. A slot outlives its worker, so no total ever falls.
 *
 * The keeper answers on STATE/status.sock (mode 0600): a connection is given
 * one JSON document and closed. Nothing is read from it, so a client can make
 * the keeper wait for nothing.
 */
#ifndef SERVER_STATUS_H
#define SERVER_STATUS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/site.h"
#include "server/limit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum figure {
	FIGURE_CONNECTIONS_GEMINI, /* accepted, in all */
	FIGURE_CONNECTIONS_GOPHER,
	FIGURE_CLOSED,             /* of those, over */
	FIGURE_BYTES_GEMINI,       /* sent to clients, before encryption */
	FIGURE_BYTES_GOPHER,
	FIGURE_TLS12,              /* handshakes done */
	FIGURE_TLS13,
	FIGURE_RESUMED,            /* of those, resumed */
	FIGURE_HANDSHAKE_FAILED,
	FIGURE_TIMEOUTS,           /* ended by a deadline */
	FIGURE_NO_DESCRIPTORS,     /* accept(2) found no descriptor or memory */
	FIGURE_LIMIT,              /* + enum limit_kind: turned away by it */
	FIGURE_COUNT = FIGURE_LIMIT + LIMIT_KINDS
};

/* Replies count by status. Gopher has none on the wire: its menus say 20 for
 * what was found, 51 for what was not, 59 for what was no request. */
#define FIGURE_STATUSES 70

struct figures_worker {
	_Atomic uint64_t count[FIGURE_COUNT];
	_Atomic uint64_t replies[2][FIGURE_STATUSES]; /* [enum protocol] */
};

struct figures; /* the region */

/* slots: how many workers may live at once, all generations together (up to
 * WORKER_SLOTS_MAX); some four times as many as one generation has. */
int figures_new(struct figures **f, size_t slots, struct err *e);
void figures_free(struct figures *f);

/*
 * A slot for a worker about to be forked, by whoever forks it; generation is
 * counted from 1. -1: all taken. The number is the worker's in limit.h and
 * accesslog.h too. release: the worker was waited for; its connections count
 * as closed. slot_of: the generation's first slot at from or behind it, or -1,
 * for what a generation that itself died has left.
 */
int figures_slot(struct figures *f, uint32_t generation);
void figures_slot_release(struct figures *f, int slot);
int figures_slot_of(const struct figures *f, uint32_t generation, int from);

struct figures_worker *figures_worker(struct figures *f, int slot);

/* Only the worker itself calls these. */
static inline void
figure_add(struct figures_worker *w, enum figure which, uint64_t n)
{
	atomic_store_explicit(&w->count[which],
	    atomic_load_explicit(&w->count[which], memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* One answered request: status 10..69, anything else counts as 40. */
void figure_reply(struct figures_worker *w, enum protocol protocol, int status,
    uint64_t bytes);

/* What the keeper, and a generation about its workers, has to tell. now is
 * clock_now(). A failed reload keeps its message until one succeeds. */
void figures_started(struct figures *f, int64_t now);
void figures_reloaded(struct figures *f, int64_t now, uint32_t generation);
void figures_reload_failed(struct figures *f, int64_t now, const char *why);
void figures_worker_died(struct figures *f);
/* The certificate that expires first wins; begin again with host NULL. */
void figures_certificate(struct figures *f, const char *host,
    int64_t expires);

/* Lines of the request log lost in all (accesslog_lost). */
void figures_log_lost(struct figures *f, uint64_t lines);

/* The document: one JSON object, an LF behind it. */
void figures_json(struct buf *to, const struct figures *f, int64_t now);

/*
 * The socket. listen: a stale one is replaced; ERR_REFUSED when another
 * server answers there. Returns the descriptor (non-blocking, close-on-exec).
 * answer: call when it is readable; never blocks. close: also removes it,
 * so only the keeper calls it; a forked child just closes the descriptor.
 */
int status_listen(const char *path, struct err *e);
void status_answer(int fd, const struct figures *f, int64_t now);
void status_close(int fd, const char *path);

/* The client's side: the whole document. ERR_MISSING when no server runs. */
int status_ask(struct buf *to, const char *path, struct err *e);

#endif
