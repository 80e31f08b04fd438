/*
 * What a pool's owner and its sessions share; for mail/deliver*.c only. One
 * piece of memory, which a session finds at a descriptor when it begins: it is
 * a program started afresh, since SQLite's locks, and whatever else its owner
 * has open, do not survive a fork. A session that is killed at any instant
 * leaves nothing in it that holds up the others.
 */
#ifndef MAIL_DELIVER_SHARE_H
#define MAIL_DELIVER_SHARE_H

#include "base/conf.h"
#include "base/err.h"
#include "mail/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SHARE_FD 3 /* in a session */
#define SHARE_SESSIONS_MAX 100

/* A session's sign of life. */
struct share_session {
	_Atomic int64_t alive_ms;
	_Atomic bool has_claim; /* set before it claims, unset after the answer
	                         * is in the store */
	_Atomic int64_t answers; /* how many messages it had one for */
};

struct share {
	pid_t owner;
	int64_t announcement; /* 0: all that are open */
	_Atomic bool stop;
	_Atomic int batch; /* how many messages to lease at once */
	_Atomic int64_t sent, deferred, failed, in_doubt;
	_Atomic int64_t braked; /* an announcement; 0: none was of late */
	_Atomic int64_t day_full; /* see share_day_full */

	/* The store's writers in line, instead of each trying again and again;
	 * and one sync for all that was committed before it. */
	pthread_mutex_t writing, syncing;
	_Atomic int64_t written, synced; /* transactions */

	/* No connection is tried before closed_until; under the lock. */
	pthread_mutex_t trouble_lock;
	_Atomic int failures; /* in a row */
	_Atomic int64_t closed_until_ms;
	char trouble[ERR_MSG_MAX];

	struct share_session sessions[SHARE_SESSIONS_MAX];
	size_t text_len;
	char text[32768]; /* of the configuration, one behind the other */
};

/* *fd is what sessions are given; it is closed on exec. */
int share_new(struct share **out, int *fd, const struct conf *conf,
    struct err *e);
/* In a session: takes it over from SHARE_FD. */
int share_inherit(struct share **out, struct err *e);
void share_free(struct share *s);

/* What sessions need of the configuration; the rest is zero. It points into
 * the share. */
void share_conf(const struct share *s, struct conf *conf);

/* No more mail until then, in the wall's seconds; 0: mail may leave. What is
 * further away than a day was said by a clock that was wrong. */
int64_t share_day_full(const struct share *s, int64_t now);

/* A transaction of the store. The ticket is for share_sync, which returns when
 * what was committed by then is safe from a power cut. */
int share_begin(struct share *s, struct store *store, struct err *e);
int share_commit(struct share *s, struct store *store, int64_t *ticket,
    struct err *e);
void share_rollback(struct share *s, struct store *store);
int share_sync(
    struct share *s, struct store *store, int64_t ticket, struct err *e);

/* The relay, or what we need to speak to it, does not work: nobody tries again
 * for a while that grows. By a session that had no answer in all its run. */
void share_trouble(struct share *s, const struct err *why, int64_t now_ms);
/* The relay has answered. */
void share_healed(struct share *s);
/* Copies what the trouble is; empty for none. */
void share_say(struct share *s, char *to, size_t size);

#endif
