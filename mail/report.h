/*
 * What a mail server reports of a message that it could not deliver: the
 * machine's part of a report (RFC 3464), or, of servers that do not write one,
 * a text for people, in which a code or a well-known phrase is looked for.
 * Pure.
 */
#ifndef MAIL_REPORT_H
#define MAIL_REPORT_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>

enum report_outcome { /* the worst last */
	REPORT_UNKNOWN,
	REPORT_GOOD,      /* delivered, relayed, expanded */
	REPORT_DELAYED,   /* still being tried */
	REPORT_TEMPORARY, /* given up for a reason that may pass */
	REPORT_PERMANENT
};

struct report {
	enum report_outcome outcome;
	struct str status; /* "5.1.1" (RFC 3463); empty where none was given */
	struct str said;   /* what the other server said, one harmless line */
};

#define REPORT_SAID_MAX 300 /* bytes */

/* Of a message/delivery-status part. Several recipients give the worst. */
void report_parse(struct report *out, struct arena *a, struct str text);

/* Of a text for people; UNKNOWN when it tells of no failure. */
void report_guess(struct report *out, struct arena *a, struct str text);

#endif
