/*
 * Who holds leases, and what becomes of those that ended. A holder is a number
 * and the lock on that byte of a file beside the store: the kernel ends it
 * with the program, however it ended, and no process id is mistaken for
 * another's. The lock belongs to an open file (fcntl's OFD locks), since a
 * process may have several handles.
 */
#include "base/clock.h"
#include "mail/store_delivery.h"
#include "mail/store_inner.h"
#include "mail/store_letter.h"
#include "mail/store_request.h"
#include "mail/token.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOCK_SUFFIX ".holders"
#define HOLDERS_AT_ONCE 64
#define OPENING_PAUSE_MS 20
/* Nothing that has begun waits so long for its next attempt, unless the clock
 * was wrong when that was said. */
#define PAUSE_MAX 86400
/* Longer than mail takes to come back. */
#define LETTERS_KEPT (14 * 86400)

static const char in_doubt_why[] =
    "the program ended while this was being sent";
static const char expired_why[] = "the announcement has expired";
static const char letter_expired_why[] = "it would have come too late";

/* What ends leases of what is leased. */
struct leased {
	enum store_question claims;
	enum store_question leases;
};

static const struct leased deliveries = {CLAIMS_IN_DOUBT, LEASES_ENDED};
static const struct leased letters = {
    LETTER_CLAIMS_IN_DOUBT, LETTER_LEASES_ENDED};

static int
lock_byte(struct store *s, int command, short type, int64_t holder,
    struct flock *lock)
{
	*lock = (struct flock){
	    .l_type = type,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)holder,
	    .l_len = 1,
	};
	return fcntl(s->lock, command, lock);
}

static int
open_lock(struct store *s, struct err *e)
{
	char *path = NULL;

	if (asprintf(&path, "%s" LOCK_SUFFIX, s->path) < 0)
		return err_set(e, ERR_MEMORY, "memory ran out");
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0 && (errno == EACCES || errno == EROFS))
		store_not_ours(s, e);
	else if (s->lock < 0)
		err_sys(e, "%s: cannot be opened", path);
	free(path);
	return s->lock >= 0 ? 0 : -1;
}

static int
cannot_lock(struct store *s, struct err *e)
{
	return err_sys(e, "%s" LOCK_SUFFIX ": cannot be locked", s->path);
}

/* A lock of an open file has no process id, so that who it is can only be
 * looked for. */
static int
is_being_opened(struct store *s, int patience_ms, struct err *e)
{
	return err_set(e, ERR_LATER,
	    "%s: another announce has been opening it for %d s and does not "
	    "come to an end; look for one that is stopped, a T in the list of "
	    "ps -C announce -o pid,stat,args, and let it go on by kill -CONT "
	    "and its pid, or end it",
	    s->path, patience_ms / 1000);
}

int
store_opening(struct store *s, int patience_ms, struct err *e)
{
	int64_t until = clock_ticks_ms() + patience_ms;
	struct flock lock;

	if (open_lock(s, e) != 0)
		return -1;
	while (lock_byte(s, F_OFD_SETLK, F_WRLCK, 0, &lock) != 0) {
		if (errno != EAGAIN && errno != EACCES)
			return cannot_lock(s, e);
		if (clock_ticks_ms() >= until)
			return is_being_opened(s, patience_ms, e);
		poll(NULL, 0, OPENING_PAUSE_MS);
	}
	return 0;
}

void
store_opened(struct store *s)
{
	struct flock lock;

	lock_byte(s, F_OFD_SETLK, F_UNLCK, 0, &lock);
}

int
store_holder(struct store *s, struct err *e)
{
	struct flock lock;
	uint32_t n;

	if (s->holder != 0)
		return 0;
	for (;;) {
		if (token_random(&n, sizeof n, e) != 0)
			return -1;
		if ((n >>= 1) == 0)
			continue;
		if (lock_byte(s, F_OFD_SETLK, F_WRLCK, n, &lock) == 0)
			break;
		if (errno != EAGAIN && errno != EACCES)
			return err_sys(
			    e, "%s" LOCK_SUFFIX ": cannot be locked", s->path);
	}
	s->holder = n;
	return 0;
}

bool
store_holder_lives(struct store *s, int64_t holder)
{
	struct flock lock;

	/* What cannot be asked is taken to live: its leases end by time. */
	return lock_byte(s, F_OFD_GETLK, F_WRLCK, holder, &lock) != 0 ||
	    lock.l_type != F_UNLCK;
}

static int
end_claims(struct store *s, const struct leased *what, int64_t holder,
    int64_t until, int64_t now, int64_t *in_doubt, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, what->claims, e);
	int64_t found;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, holder);
	store_bind_int(q, 2, until);
	store_bind_int(q, 3, now);
	store_bind(q, 4, str_of(in_doubt_why));
	if (store_do(s, q, &found, e) != 0)
		return -1;
	*in_doubt += found;
	return 0;
}

static int
end_leases(struct store *s, const struct leased *what, int64_t holder,
    int64_t until, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, what->leases, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, holder);
	store_bind_int(q, 2, until);
	return store_do(s, q, NULL, e);
}

int
store_leases_release(struct store *s, struct err *e)
{
	int result;

	if (s->holder == 0)
		return 0;
	if (store_step(s, e) != 0)
		return -1;
	result = end_leases(s, &deliveries, s->holder, INT64_MAX, e);
	if (result == 0)
		result = end_leases(s, &letters, s->holder, INT64_MAX, e);
	return store_settle(s, result, e);
}

/* Those who lease anything, but for ourselves: the next ones after one. */
static int
read_holders(struct store *s, int64_t after, int64_t *holders, size_t *count,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, HOLDERS, e);
	int got;

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, s->holder);
	store_bind_int(q, 2, after);
	store_bind_int(q, 3, HOLDERS_AT_ONCE);
	while ((got = store_next(s, q, e)) > 0)
		holders[(*count)++] = store_int(q, 0);
	return got;
}

static int
tend_holder(struct store *s, const struct leased *what, int64_t holder,
    int64_t now, int64_t *in_doubt, struct err *e)
{
	int64_t until = store_holder_lives(s, holder) ? now : INT64_MAX;

	if (end_claims(s, what, holder, until, now, in_doubt, e) != 0)
		return -1;
	return end_leases(s, what, holder, until, e);
}

static int
tend_leases(struct store *s, const struct leased *what, int64_t now,
    int64_t *in_doubt, struct err *e)
{
	int64_t holders[HOLDERS_AT_ONCE], after = 0;
	size_t count;

	do {
		if (read_holders(s, after, holders, &count, e) != 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (tend_holder(s, what, after = holders[i], now,
				in_doubt, e) != 0)
				return -1;
	} while (count == HOLDERS_AT_ONCE);
	return 0;
}

static int
tend(struct store *s, int64_t now, int64_t *in_doubt, struct err *e)
{
	sqlite3_stmt *q;

	if (tend_leases(s, &deliveries, now, in_doubt, e) != 0 ||
	    (q = store_ask(s, DOUBTS_QUEUED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, now);
	if (store_do(s, q, NULL, e) != 0 ||
	    (q = store_ask(s, PAUSES_CUT, e)) == NULL)
		return -1;
	store_bind_int(q, 1, now);
	store_bind_int(q, 2, now + PAUSE_MAX);
	if (store_do(s, q, NULL, e) != 0 ||
	    (q = store_ask(s, DELIVERIES_EXPIRED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, now);
	store_bind(q, 2, str_of(expired_why));
	if (store_do(s, q, NULL, e) != 0 ||
	    (q = store_ask(s, ANNOUNCEMENTS_DONE, e)) == NULL)
		return -1;
	return store_do(s, q, NULL, e);
}

int
store_deliveries_tend(
    struct store *s, int64_t now, int64_t *in_doubt, struct err *e)
{
	*in_doubt = 0;
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, tend(s, now, in_doubt, e), e);
}

static int
tend_letters(struct store *s, int64_t now, int64_t *in_doubt, struct err *e)
{
	sqlite3_stmt *q;

	if (tend_leases(s, &letters, now, in_doubt, e) != 0 ||
	    (q = store_ask(s, LETTER_DOUBTS_QUEUED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, now);
	if (store_do(s, q, NULL, e) != 0 ||
	    (q = store_ask(s, LETTERS_EXPIRED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, now);
	store_bind(q, 2, str_of(letter_expired_why));
	if (store_do(s, q, NULL, e) != 0 ||
	    (q = store_ask(s, LETTERS_CLEARED, e)) == NULL)
		return -1;
	store_bind_int(q, 1, now - LETTERS_KEPT);
	if (store_do(s, q, NULL, e) != 0)
		return -1;
	return store_requests_tend(s, now, e);
}

int
store_letters_tend(
    struct store *s, int64_t now, int64_t *in_doubt, struct err *e)
{
	*in_doubt = 0;
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s, tend_letters(s, now, in_doubt, e), e);
}
