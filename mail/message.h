/*
 * One person's message made of an announcement's template: the template is
 * composed once, when the announcement is queued, and kept with it; each
 * message is the template with this person's own header lines in front and
 * this person's token wherever the template says so, signed. Pure: the same
 * announcement and person give the same bytes whenever a message is sent
 * again, its signature's included.
 *
 * A template is "template 1 MARK CRLF" and a message of CRLF lines. MARK is as
 * long as a token, letters and digits only, and in no other place of it; it
 * stands where the token goes and is never broken over two lines, so that
 * filling in moves no line's end.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/dkim.h"

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX ((size_t)32 << 20) /* bytes of a template */

struct message_template;

#define MESSAGE_LINE_MAX 998 /* RFC 5322, section 2.1.1 */

/* Takes a template apart. text outlives it. ERR_INPUT for what is none: no
 * mark, a byte that is not ASCII, a CR or LF by itself, a line too long. */
int message_open(
    struct message_template **out, struct str text, struct err *e);
void message_close(struct message_template *t);

struct message_person {
	struct str address;      /* as mailbox_normalise writes it */
	struct str token;        /* the subscriber's (token.h) */
	struct str announcement; /* the announcement's token */
	int64_t date;            /* of the Date field: when it began */
};

/*
 * The message as it goes on the wire: head with its empty line, and body, both
 * buffers cleared before. key NULL leaves it unsigned.
 */
int message_fill(struct buf *head, struct buf *body,
    const struct message_template *t, const struct message_person *person,
    const struct conf_mail *mail, const struct dkim_key *key, struct err *e);

/* The key that the configuration names; NULL, and 0, where it names none. */
int message_key_open(
    struct dkim_key **out, const struct conf_mail *mail, struct err *e);

/*
 * Addresses with something to the mail's own address before its "@":
 * "announce+leave-TOKEN@example.org" (what "leave-", token TOKEN). The local
 * part stays within 64 bytes for the longest token. message_sender is the
 * envelope's sender, by which a bounce says whose it is (VERP).
 */
void message_address(struct buf *to, const struct conf_mail *mail,
    const char *what, struct str token);
void message_sender(
    struct buf *to, const struct conf_mail *mail, struct str token);

#endif
