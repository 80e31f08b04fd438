/*
 * One reading of the configuration, provided with what the keeper gets from
 * the system for it: certificates and listening sockets. A generation is made
 * of one. A reload makes the next beside the running one, and one of the two
 * is then let go.
 */
#ifndef SERVER_PROVISION_H
#define SERVER_PROVISION_H

#include "base/conf.h"
#include "base/err.h"
#include "certs/certs.h"
#include "server/listen.h"

struct provision {
	struct conf *conf;
	struct conf own; /* what conf points to, unless it was given */
	struct certs_pair *pairs; /* one a site */
	size_t pair_count;
	struct listeners listeners;
};

/* Takes a configuration that was read (given) or reads path; makes the state
 * folder and missing certificates. running, or NULL, has the sockets that
 * stay, and the state folder, which has to be the same. On failure nothing
 * has changed. */
int provision_new(struct provision **s, struct conf *given, const char *path,
    struct provision *running, struct err *e);

/* next is served now: running is released, and *running is next. */
void provision_replace(struct provision **running, struct provision *next);

/* next will not be served. */
void provision_abandon(struct provision *running, struct provision *next);

void provision_free(struct provision *s);

#endif
