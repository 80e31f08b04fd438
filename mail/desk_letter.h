/*
 * Letters that programs write: composed as plain text and queued in the store,
 * in the caller's transaction if there is one. What a letter says is for who
 * calls; here is how it becomes a message, and how often a program may answer
 * somebody.
 */
#ifndef MAIL_DESK_LETTER_H
#define MAIL_DESK_LETTER_H

#include "base/conf.h"
#include "base/desk.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"
#include "mail/store_letter.h"

#include <stdbool.h>
#include <stdint.h>

/* Answers to one address in a day: as long as a conversation by mail gets. Only
 * those to a token's owner get so many, and whatever others ask for: to who is
 * only said to have written they are letters as others (store_request.h). */
#define DESK_ANSWERS_MAX 10

/* Why a letter was not written, for the log. */
#define DESK_LETTER_HAD_MANY "that address has had its letters of a day"
#define DESK_LETTER_MANY_WRITE "too many wrote in this hour"

struct desk_letter {
	enum letter_kind kind;
	int64_t subscriber; /* 0: nobody known */
	struct str address; /* as mailbox_normalise writes it */
	struct str subject; /* one line of UTF-8, as is text's */
	struct str text; /* a paragraph a line, an empty one between */
	struct str reply_to; /* an address; empty: the mail's own */
	struct str in_reply_to; /* a Message-ID without "<>"; empty: none */
	int64_t now; /* its date */
	int64_t expires; /* not sent after */
};

int desk_letter_queue(struct store *s, const struct conf_mail *mail,
    const struct desk_letter *letter, struct err *e);

/*
 * Queues what the desk answered to somebody who wrote, unless it has no text,
 * which says that a letter is on its way already, or a limit of this header or
 * store_request.h is met: *unsent says which, or is NULL. It goes to the
 * answer's owner if it has one, from whichever address they wrote: who it was
 * is only said. message_id is what they wrote in, and not taken unless it is a
 * good one.
 */
int desk_letter_answer(struct store *s, const struct conf_mail *mail,
    struct str writer, const struct desk_answer *answer, struct str message_id,
    int64_t now, const char **unsent, struct err *e);

/* Whether it can stand between "<" and ">" in a field of ours: ASCII of
 * RFC 5322's msg-id without folding or comments, at most 250 bytes. */
bool desk_letter_is_message_id(struct str s);

#endif
