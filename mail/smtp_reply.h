/*
 * What a relay answers: taken apart as it arrives, and made fit to keep and to
 * show, since a hostile server chooses every byte of it. Pure.
 */
#ifndef MAIL_SMTP_REPLY_H
#define MAIL_SMTP_REPLY_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

#define SMTP_STATUS_MAX 12 /* "5.123.456" and its NUL */
#define SMTP_TEXT_MAX 400  /* bytes of an answer that are kept */

/* Reads replies (RFC 5321, section 4.2.1) out of whatever pieces come. */
struct smtp_reader {
	struct buf line; /* the one that has begun */
	struct buf text; /* lines without their codes, LF behind each */
	int code;        /* of the last line; 0: it had none */
	bool is_whole;
};

void smtp_reader_init(struct smtp_reader *r);
void smtp_reader_release(struct smtp_reader *r);

/* Takes bytes out of *rest up to the end of a reply, then returns true; what
 * is behind it stays. The next call begins another reply. A line without a
 * code ends a reply too. What is too long is cut. */
bool smtp_reader_push(struct smtp_reader *r, struct str *rest);

/*
 * Appends the text in one line of UTF-8 without control characters or those
 * that turn its direction, at most SMTP_TEXT_MAX bytes. The enhanced status
 * (RFC 3463: "5.1.1") at the front of each line goes into status, or "".
 */
void smtp_reply_clean(
    struct buf *to, char status[SMTP_STATUS_MAX], struct str text);

#endif
