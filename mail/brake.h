/*
 * The brake on mass suspension. A few dead addresses are the addresses' fault;
 * when of the recipients of an announcement that stand close together a large
 * share is refused for good, the relay, or something behind it, is at fault.
 * Then the announcement is paused, nobody is suspended for it, and an
 * organizer says how it goes on. What counts is any permanent answer to a
 * message, whatever it says, and any that comes back by mail as a report.
 *
 * Of a list that has a tenth of dead addresses about one announcement in a
 * thousand is braked; one with a quarter of them is to be looked at once.
 * Pure.
 */
#ifndef MAIL_BRAKE_H
#define MAIL_BRAKE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define BRAKE_NEAR 99   /* how many before and behind somebody are near */
#define BRAKE_SHARE 4   /* one of so many, ... */
#define BRAKE_MANY 25   /* ... if they are so many; */
#define BRAKE_FEW 5     /* or more than half, if they are so many */

enum brake_state {
	BRAKE_NONE,
	BRAKE_ON,
	BRAKE_OFF,      /* let go by an organizer; it may come on again */
	BRAKE_OVERRULED /* these addresses are gone: never again */
};

struct brake {
	enum brake_state state;
	bool by_mail; /* it came back; else the relay refused it */
	int64_t changed; /* when it came into its state */
	int64_t refused, answered; /* how many of how many */
	struct str reply; /* the last one's (words_reply); empty: forgotten */
};

/* Of those near: answered in the end, and refused among these. */
bool brake_is_due(int64_t refused, int64_t answered);

/* "the relay refused 61 of 100 recipients, the last with: 550 5.1.1 no" */
void brake_say(struct buf *to, const struct brake *brake);
/* The same, and that announce status id says what to do. */
void brake_report(struct buf *to, const struct brake *brake, int64_t id);
/* What an organizer may do about announcement id, in a sentence. */
void brake_advise(struct buf *to, int64_t id);

#endif
