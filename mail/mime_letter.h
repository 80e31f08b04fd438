/*
 * A letter's message in MIME: one part of plain text (UTF-8, format=flowed,
 * RFC 3676), 7-bit, header fields encoded by RFC 2047 and folded. Put together
 * with GMime, which ends the process when memory runs out.
 */
#ifndef MAIL_MIME_LETTER_H
#define MAIL_MIME_LETTER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* What stands in one line has no control characters. */
struct mime_letter {
	struct str from; /* "Name <address>", as in the configuration */
	struct str to; /* an address */
	struct str reply_to; /* an address; empty: none */
	struct str subject;
	struct str message_id; /* without angle brackets */
	struct str in_reply_to; /* likewise; empty: none */
	/* Paragraphs of one line each; LF ends a line, an empty one stays. */
	struct str text;
};

/* Appends head, empty line and body with CRLF, but for the Date. The same
 * letter gives the same bytes. ERR_INPUT for a from that is none. */
int mime_letter(
    struct buf *to, const struct mime_letter *letter, struct err *e);

#endif
