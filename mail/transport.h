/*
 * How messages leave: a struct of functions, behind which stands SMTP (smtp.c,
 * the one file that sees libesmtp) or a folder (maildir.c). A transport holds
 * one connection at a time and belongs to one process; who wants several
 * connections starts several processes, each of which can be killed when it
 * hangs.
 *
 * A run takes a batch to the relay over one connection. The caller is asked
 * for a message right before its first byte, so that it can be claimed then
 * and no sooner, and is told what became of each one exactly once, as soon as
 * that is known.
 */
#ifndef MAIL_TRANSPORT_H
#define MAIL_TRANSPORT_H

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

#define TRANSPORT_BATCH_MAX 100 /* libesmtp keeps each until the run's end */

enum transport_outcome {
	TRANSPORT_SENT,     /* the relay has taken it */
	TRANSPORT_DEFERRED, /* not now: 4xx to this recipient or message, or
	                     * the line broke inside it */
	TRANSPORT_FAILED,   /* never: 5xx, or not fit to be sent (code 0) */
	TRANSPORT_IN_DOUBT, /* all of it was given out, and no answer came */
	TRANSPORT_UNTRIED   /* the run ended before its first byte */
};

struct transport_answer {
	enum transport_outcome outcome;
	int code;          /* of SMTP; 0: there was no answer */
	struct str status; /* "5.1.1" (RFC 3463); empty where none was given */
	struct str text;   /* UTF-8 in one line, or why there was no answer */
};

/* An address is as mailbox_normalise writes it; a message's lines end in CRLF
 * and are at most 998 bytes. What is handed out lasts until that message's
 * end is called. */
struct transport_batch {
	void *ctx;
	size_t count; /* at most TRANSPORT_BATCH_MAX */
	/* Asked before there is a connection. The sender may be empty. */
	void (*envelope)(
	    void *ctx, size_t i, struct str *sender, struct str *recipient);
	/* The header with its empty line, and the body. -1: this one is not to
	 * be sent; it and those behind it are then UNTRIED. Not called for one
	 * whose recipient is refused. */
	int (*begin)(void *ctx, size_t i, struct str *head, struct str *body);
	void (*end)(
	    void *ctx, size_t i, const struct transport_answer *answer);
};

struct transport;

/* By the scheme of mail->relay. Nothing is connected yet; -1 for a password
 * or CA file that cannot be read. conf outlives the transport. */
int transport_open(
    struct transport **out, const struct conf_mail *mail, struct err *e);
void transport_close(struct transport *t);

/*
 * 0 when every message of the batch was answered by the relay, else -1 and why
 * the run ended early: ERR_LATER when the same may work in a while (no
 * connection, 421, a line that broke), ERR_REFUSED when somebody has to mend
 * something first (certificate, name, login, TLS not offered, our sender not
 * taken). end was called for every message in either case.
 */
int transport_run(struct transport *t, const struct transport_batch *batch,
    struct err *e);

/* For `announce check`: connects, greets, secures the connection, logs in and
 * says goodbye. *said is what there is to tell, in a line; it stands in the
 * transport until the next call. */
int transport_check(struct transport *t, struct str *said, struct err *e);

/* What smtp.c and maildir.c are to transport.c. */
struct transport_kind {
	const char *scheme; /* how the relay's URI begins: "maildir:" */
	int (*open)(
	    void **out, const struct conf_mail *mail, struct err *e);
	void (*close)(void *self);
	int (*run)(
	    void *self, const struct transport_batch *batch, struct err *e);
	int (*check)(void *self, struct str *said, struct err *e);
};

/*
 * What may leave, whoever wrote it: nothing in it can be read as a command or
 * as the end of the message, and nothing has to be added or changed on its
 * way. An address is printable ASCII without spaces and angle brackets; a
 * message is 7-bit lines of at most 998 bytes that end in CRLF, with Date,
 * From and Message-ID and no Return-Path. ERR_INPUT says what is wrong where.
 */
int transport_verify_envelope(
    struct str sender, struct str recipient, struct err *e);
int transport_verify_message(struct str head, struct str body, struct err *e);

extern const struct transport_kind transport_smtp, transport_smtp_starttls,
    transport_maildir;

#endif
