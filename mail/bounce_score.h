/*
 * When mail that came back means that an address is dead. One failure of the
 * address for good is enough; others count by the day, so that five messages
 * to a full mailbox in an evening are one, and only until a message arrived
 * again. What says something of the message or of us says nothing of the
 * address. Pure.
 *
 * A message that left and did not come back for BOUNCE_COMES_WITHIN has
 * arrived: the relay's "250" alone says nothing, since it answers before it
 * has tried.
 */
#ifndef MAIL_BOUNCE_SCORE_H
#define MAIL_BOUNCE_SCORE_H

#include "mail/store_bounce.h"

#include <stddef.h>
#include <stdint.h>

#define BOUNCE_COMES_WITHIN (5 * 86400) /* RFC 5321, section 4.5.4.1 */
#define BOUNCE_DAYS_MAX 5 /* with temporary failures */
#define BOUNCE_COUNTS_FOR (180 * 86400)

enum bounce_weight {
	BOUNCE_NOTHING, /* content, policy, size, our own address */
	BOUNCE_TEMPORARY, /* full, too many, not reached */
	BOUNCE_PERMANENT /* no such person, no such domain */
};

/* By its status (RFC 3463, and the IANA's registry), else by its words. */
enum bounce_weight bounce_weigh(const struct store_bounce *bounce);

/* When the last message arrived of those sent at these times, as far as is
 * known now; 0: none. */
int64_t bounce_arrived(const struct store_bounce *bounces, size_t count,
    const int64_t *sent, size_t sent_count, int64_t now);

struct bounce_score {
	int days; /* on which there were temporary failures */
	/* What is to be told: the last permanent failure, or else the last
	 * temporary one when there were too many. NULL: keep writing. */
	const struct store_bounce *why;
};

/* Of those after `since` and not longer ago than counts; why points into
 * bounces. */
struct bounce_score bounce_score(const struct store_bounce *bounces,
    size_t count, int64_t since, int64_t now);

#endif
