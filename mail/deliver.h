/*
 * Delivery: a pool of session processes, each with a store handle and a
 * connection of its own, that take what is due from the store to the relay.
 * The process that owns the pool starts them as there is work, kills one that
 * hangs, tends the store, and keeps the rates, which all share through a page
 * of memory. Whoever owns it has other things to do between ticks: the pool
 * blocks nowhere.
 *
 * A session leases a batch, claims each message right before its first byte
 * and enters what became of it before the next one (store_delivery.h), so that
 * kill -9 at any instant leaves at most one message a connection in doubt.
 * 4xx and broken lines are tried again with growing pauses until
 * conf_mail.give_up has passed since the announcement began; 5xx have failed.
 */
#ifndef MAIL_DELIVER_H
#define MAIL_DELIVER_H

#include "base/conf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct deliver;

struct deliver_options {
	const struct conf *conf; /* outlives the pool */
	int64_t announcement;    /* 0: all that are open */
};

struct deliver_report {
	bool idle;         /* nothing is due, and no session is at work */
	int sessions;      /* at work */
	int64_t next_due;  /* when something will be; 0: nothing waits */
	int64_t sent, deferred, failed, in_doubt; /* since deliver_open */
	double rate;       /* messages a second, of the last seconds */
	char braked[512];  /* which announcement was paused since the last
	                    * tick, for its being refused; or empty */
	char trouble[512]; /* why the relay takes nothing; empty: it does */
};

int deliver_open(
    struct deliver **out, const struct deliver_options *o, struct err *e);

/* To be called at least every second, and when a child process has ended
 * (SIGCHLD). -1 when the store fails; the pool can still be ticked again. */
int deliver_tick(
    struct deliver *d, struct deliver_report *report, struct err *e);

/* Sessions stop after the message that is on the wire. Returns at once; tick
 * until report.sessions is 0. */
void deliver_stop(struct deliver *d);

/* Kills what still runs, and gives back what was leased. NULL is fine. */
void deliver_close(struct deliver *d);

#endif
