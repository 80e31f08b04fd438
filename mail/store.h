/*
 * The store: what announce knows and must not lose. Here it is opened and
 * written to; who is subscribed to what is in store_subscriber.h, what is to
 * be sent to whom and what became of it in store_delivery.h. Together they
 * are a seam: behind them stands one SQLite file, and nothing in them has
 * anything that another database would not have.
 *
 * A handle belongs to one thread. Several handles, also of other processes of
 * this machine, work on one store side by side. What a function changed is on
 * the disk when it returns 0, and nothing of it is when it returns -1.
 *
 * Instants are seconds since 1970-01-01T00:00:00Z and given by the caller.
 * Texts are UTF-8; those handed out stand in the caller's arena. Errors name
 * the file: ERR_LATER when another program is writing to it or the disk is
 * full, ERR_INPUT when it is damaged, ERR_REFUSED when it is of a newer
 * announce, of something else, or another user's; ERR_MISSING and ERR_REFUSED
 * as each function says.
 */
#ifndef MAIL_STORE_H
#define MAIL_STORE_H

#include "base/err.h"

#include <stdint.h>

struct store;

/* Opens the store in a folder, which is made (0700) with an empty store (0600)
 * in it if need be, and brings one of an older announce up to date. */
int store_open(struct store **out, const char *folder, struct err *e);
/* Lets go of what is leased and takes back what is not committed. NULL is
 * fine. */
void store_close(struct store *s);

/* How long a function waits for another writer before ERR_LATER; 10 s unless
 * told. */
void store_patience(struct store *s, int ms);

/* Reads all of it: -1 with the first thing that is damaged. */
int store_check(struct store *s, struct err *e);

/*
 * One writer's transaction, around as many functions as the caller wants to
 * stand or fall together, or to pay for one sync. A function that fails within
 * it has changed nothing, and the rest may still be committed. There is one
 * writer at a time, so it is kept short. After a commit that failed nothing of
 * the transaction is left.
 */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/*
 * For who pays a sync for each message: from now on what this handle commits
 * is safe from the end of its program at once, and from a power cut when
 * store_sync returns, as is all that other handles committed before that.
 */
int store_defer_sync(struct store *s, struct err *e);
int store_sync(struct store *s, struct err *e);

/* Overwrites what was deleted also where it was on its way into the file. */
int store_forget(struct store *s, struct err *e);

#endif
