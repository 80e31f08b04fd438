/*
 * One message that came in, as far as anybody here acts on it: what it is,
 * which of our addresses it was sent to, who wrote it, and what a report says.
 * Pure: bytes to a struct, with GMime, which ends the process when memory runs
 * out. RFC 5322, 3464 (reports), 3834 (who is no person).
 *
 * Nothing in it is to be believed but the token in the address: whoever has
 * that was sent it.
 */
#ifndef MAIL_INCOMING_H
#define MAIL_INCOMING_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/report.h"

#include <stddef.h>

#define INCOMING_MAX ((size_t)4 << 20)  /* bytes of a message */
#define INCOMING_TEXT_MAX ((size_t)64 << 10)
#define INCOMING_PARTS_MAX 100 /* nested or not */
#define INCOMING_LINES_MAX 10000 /* that may be a boundary */
#define INCOMING_HEAD_MAX ((size_t)256 << 10) /* bytes, of all parts */
#define INCOMING_COLONS_MAX 2000 /* of a field */
#define INCOMING_HOPS_MAX 50   /* Received fields; more are a loop */

enum incoming_kind {
	INCOMING_PERSON,
	INCOMING_REPORT,    /* of what became of a message */
	INCOMING_AUTOMATIC, /* not by a person: nobody waits for an answer */
	INCOMING_LOOP       /* has come round too often, or is our own */
};

struct incoming {
	enum incoming_kind kind;
	const char *why;   /* it is AUTOMATIC or LOOP, in words; else NULL */
	struct str extension; /* of "announce+EXTENSION@" (RFC 5233), as
	                       * written; may be empty */
	struct str token;     /* behind the last hyphen of it; empty: none */
	struct str writer; /* normalised; empty: none who could be answered */
	struct str subject;
	struct str message_id; /* without angle brackets */
	struct str text; /* the first plain text, UTF-8, LF; what it answers to
	                  * and signatures still in it */
	struct report report; /* of a REPORT */
	struct str returned; /* the Message-ID of what came back, without
	                      * angle brackets; empty: it does not say */
};

/* The envelope's, as the mail server passed them on. A report's sender is
 * empty, which some pass on as "<>" or MAILER-DAEMON. */
struct incoming_envelope {
	struct str recipient; /* empty: unknown; the message's fields must do */
	struct str sender;    /* {NULL, 0}: not known; Return-Path must do */
};

/* mail says which addresses are ours. All slices stand in the arena.
 * ERR_INPUT for what is no message, ERR_LIMIT for what is too large or has too
 * many parts, or too long a header. */
int incoming_parse(struct incoming *out, struct arena *a, struct str message,
    const struct incoming_envelope *envelope, const struct conf_mail *mail,
    struct err *e);

/* What a person has written themselves: text without the lines that quote,
 * the line that says who is quoted, and what stands below "-- ". Points into
 * the arena. */
struct str incoming_own_words(struct arena *a, struct str text);

#endif
