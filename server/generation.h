/*
 * One generation of the site: a process that builds the image, forks the
 * workers that serve from it, and then only watches over them. It may fail,
 * or be ended by a library that runs out of memory, and the keeper and the
 * running generation go on as before.
 *
 * Here is the keeper's side. Nothing that a generation says is large, and
 * reading it never blocks.
 */
#ifndef SERVER_GENERATION_H
#define SERVER_GENERATION_H

#include "base/conf.h"
#include "base/err.h"
#include "certs/certs.h"
#include "server/listen.h"
#include "server/process.h"
#include "server/worker.h"

#include <stddef.h>
#include <stdint.h>

/* All that a generation is made of; borrowed, and copied by the fork. */
struct generation_plan {
	uint32_t number; /* from 1 */
	const struct conf *conf;
	const struct certs_pair *pairs; /* one a site */
	const struct listeners *listeners;
	const struct shared *shared;
};

struct generation {
	struct process process;
	uint32_t number;
};

enum generation_event {
	GENERATION_QUIET,
	GENERATION_READY,   /* it serves */
	GENERATION_FAILED,  /* it does not, error says why, and it ends */
	GENERATION_CHANGED, /* something was written below the pages folders */
	GENERATION_GONE     /* it has ended, or is about to */
};

struct generation_news {
	enum generation_event event;
	struct err error;
	int64_t next_change; /* site_next_change, the soonest of all sites */
	size_t pages, files, bytes, workers;
};

/* Forks it. In the child, which never returns, all descriptors of the keeper
 * that it must not hold are closed by leave. */
int generation_start(struct generation *g, const struct generation_plan *plan,
    void (*leave)(void *ctx), void *ctx, struct err *e);

/* What it has said since: call until it is quiet. */
void generation_next(struct generation *g, struct generation_news *news);

/* Its workers accept no more and end when their visitors are served; stop
 * does not wait for those who have not said what they want. */
void generation_drain(struct generation *g);
void generation_stop(struct generation *g);

#endif
