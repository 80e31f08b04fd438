/*
 * The beginning of an SMTP session as it is read along, up to the first MAIL:
 * libesmtp keeps the relay's answers until then to itself, goes on when a
 * login was refused, and believes what came with the answer to STARTTLS. Pure;
 * of what is written only the verb is looked at, since it has the password in
 * it.
 */
#ifndef MAIL_SMTP_WATCH_H
#define MAIL_SMTP_WATCH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/smtp_reply.h"

#include <stdbool.h>

/* What was written last. */
enum smtp_phase {
	PHASE_GREETING,
	PHASE_HELLO,
	PHASE_TLS,
	PHASE_LOGIN,
	PHASE_MAIL /* nothing is read along any more */
};

struct smtp_watch {
	enum smtp_phase phase;
	struct smtp_reader reader;
	int code; /* of the last reply; 0: none, or it had none */
	struct buf banner, offers; /* texts of the greeting and of EHLO's */
	bool in_code, at_keyword; /* of a line of EHLO's answer, to be hidden */
	bool has_tried_login, is_logged_in;
	bool is_over; /* QUIT was written: its answer tells nothing */
};

void smtp_watch_init(struct smtp_watch *w);
void smtp_watch_release(struct smtp_watch *w);
/* For another session. */
void smtp_watch_clear(struct smtp_watch *w);

/* false when more came with the answer to STARTTLS: it is not from who holds
 * the certificate (CVE-2011-0411 and its kin). */
bool smtp_watch_heard(struct smtp_watch *w, struct str bytes);

/*
 * Behind smtp_watch_heard, before libesmtp reads the same bytes: makes CHUNKING
 * unknown to it in EHLO's answer, since it would use it and cannot be told not
 * to. Chunks leave without an event between them, so that what they are
 * answered cannot be acknowledged in time (smtp_line_hurry) nor told apart.
 * DATA takes no more round trips. No other keyword that libesmtp knows begins
 * with a C, so its first letter is enough, in whatever pieces it arrives.
 */
void smtp_watch_hide(struct smtp_watch *w, char *bytes, size_t n);

/* Before the bytes leave; true when they are the first MAIL. */
bool smtp_watch_wrote(struct smtp_watch *w, struct str bytes);

/* "after EHLO" */
const char *smtp_watch_when(const struct smtp_watch *w);

/* Both return -1 and say why, as what the relay does: why there is no login
 * when MAIL is about to be written, and why a session ended by itself. */
int smtp_watch_no_login(const struct smtp_watch *w, struct err *e);
int smtp_watch_no_mail(const struct smtp_watch *w, struct err *e);

#endif
