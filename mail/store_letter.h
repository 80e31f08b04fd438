/*
 * Letters: mail to one person, with a message of its own, that is queued in
 * the transaction of what calls for it, and then lives as a delivery does
 * (store_delivery.h): leased, claimed before its first byte, and moved by one
 * function. Letters may go to people who are no subscribers. What is in doubt
 * is always sent again, since two of the same are better than none; what has
 * expired is not sent any more.
 *
 * A message is head, empty line and body with CRLF, of 7-bit characters, as
 * desk_letter.h writes it. Whoever sends it puts Date (the letter's `queued`,
 * so that it is the same message when it is sent again) and signature in
 * front; the envelope's sender carries its token (message_sender).
 */
#ifndef MAIL_STORE_LETTER_H
#define MAIL_STORE_LETTER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"
#include "mail/store_delivery.h"

#include <stddef.h>
#include <stdint.h>

/* What the desk's limits let through in ten hours: there are more only when no
 * mail leaves for long, and then nobody is told that one is on its way. */
#define LETTERS_WAITING_MAX 10000
#define LETTER_MESSAGE_MAX ((size_t)64 << 10) /* bytes */

enum letter_kind {
	LETTER_CONFIRM, /* link and code that subscribe */
	LETTER_LEAVE, /* links to what one is subscribed to */
	LETTER_ANSWER, /* to what somebody wrote */
	LETTER_REMINDER,
	LETTER_TURN, /* something one was waiting for is there */
	LETTER_KINDS
};

const char *letter_kind_name(enum letter_kind kind);

struct store_letter {
	int64_t id;
	enum letter_kind kind;
	int64_t subscriber; /* 0: to nobody known */
	struct str address; /* empty: erased since */
	struct str token; /* its own, of token_new; public */
	enum delivery_state state;
	int64_t due; /* queued and deferred: not before */
	int64_t changed; /* when it came into its state */
	int attempts; /* that had an outcome */
	int doubts;
	struct str reply; /* the last answer, or why; may be empty */
	int64_t queued;
	int64_t expires; /* not sent after */
	struct str head; /* with its empty line */
	struct str body;
};

/* 0 while one more may wait, else ERR_LATER. */
int store_letters_room(struct store *s, struct err *e);

/* Takes kind, subscriber, address, token, queued, expires, head and body (one
 * of them may hold all); gives id. ERR_LATER when there is no room. */
int store_letter_queue(
    struct store *s, struct store_letter *out, struct err *e);

/* As store_deliveries_lease; store_leases_release gives back letters, too. */
int store_letters_lease(struct store *s, int64_t now, int64_t until,
    struct arena *a, struct store_letter *out, size_t max, size_t *count,
    struct err *e);

/* As store_delivery_enter. */
int store_letter_enter(
    struct store *s, int64_t id, const struct store_move *move, struct err *e);

/* What time and the death of programs have done, as store_deliveries_tend.
 * What was finished two weeks ago is forgotten, and so are requests that have
 * expired (store_request.h). */
int store_letters_tend(
    struct store *s, int64_t now, int64_t *in_doubt, struct err *e);

/* Of all that are still known. */
int store_letter_totals(
    struct store *s, struct store_totals *out, struct err *e);

/* Those of a state, the newest first: with an id below before, 0 for all. */
int store_letters(struct store *s, enum delivery_state state, int64_t before,
    struct arena *a, struct store_letter *out, size_t max, size_t *count,
    struct err *e);

/* Those to an address, the newest first, without their messages. */
int store_letters_to(struct store *s, struct str address, struct arena *a,
    struct store_letter *out, size_t max, size_t *count, struct err *e);

/* ERR_MISSING when there is none. */
int store_letter_by_token(struct store *s, struct store_letter *out,
    struct arena *a, struct str token, struct err *e);

#endif
