/*
 * When a message that was refused for now is tried again. The first time after
 * a minute or so, which is what greylisting asks for (RFC 6647, section 4),
 * then after five minutes, and twice as long each time, up to four hours; a
 * part of it by chance, so that what was refused together does not come back
 * together. A last time when the giving up is due; but three times in any
 * case, for where the relay was away or the day's share used up, the first
 * attempt may come late, and greylisting takes none at once. Pure.
 */
#ifndef MAIL_RETRY_H
#define MAIL_RETRY_H

#include <stdint.h>

/*
 * attempts: how many there were, this one among them. age: seconds since the
 * message was first due. seed: what tells messages apart. Returns seconds from
 * now until the next attempt, or -1: age has come to give_up, and
 * it was not the first attempt or the second.
 */
int64_t retry_next(
    int attempts, int64_t age, int64_t give_up, uint64_t seed);

/* Milliseconds without a connection after so many failures in a row, from 1:
 * about a second, twice as long each time, up to five minutes. */
int64_t retry_pause(int failures, uint64_t seed);

#endif
