/*
 * What a session takes to the relay, deliveries and letters alike: leased,
 * made into messages, and moved by what the relay said; for mail/deliver*.c
 * only.
 */
#ifndef MAIL_DELIVER_ITEM_H
#define MAIL_DELIVER_ITEM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "mail/dkim.h"
#include "mail/message.h"
#include "mail/store_bounce.h"
#include "mail/store_delivery.h"
#include "mail/store_letter.h"
#include "mail/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct item {
	int64_t id;
	int64_t announcement; /* 0: a letter */
	int64_t subscriber; /* 0: nobody known */
	struct str address;
	struct str token; /* the recipient's, or the letter's own */
	struct str sender; /* of the envelope */
	int attempts, doubts;
	const struct store_letter *letter;
	bool is_claimed;
	bool is_paid; /* counted as one of its second and day */
};

/* The announcement that a session is at; its message is the template. */
struct item_template {
	struct store_announcement announcement; /* id 0: none yet */
	struct arena arena;
	struct message_template *message;
};

/* Zeroed at first. Loads the announcement unless it is there already. */
int item_template_load(
    struct item_template *t, struct store *s, int64_t id, struct err *e);
void item_template_release(struct item_template *t);

/* Letters that are due, and if there are none deliveries, those that were in
 * doubt last: one that makes a relay break the line would else be in front of
 * all others for ever. At most max, in *count; all stand in the arena. */
int item_lease(struct store *s, int64_t announcement, int64_t now,
    int64_t until, struct arena *a, struct item *out, size_t max, size_t *count,
    struct err *e);

int item_enter(struct store *s, const struct item *item,
    const struct store_move *move, struct err *e);

/* The message, into both buffers. t is its announcement, or of no matter. */
int item_fill(struct buf *head, struct buf *body, const struct item *item,
    const struct item_template *t, const struct conf_mail *mail,
    const struct dkim_key *key, struct err *e);

/* Appends "550 5.1.1 no such user". */
void item_reply(struct buf *to, const struct transport_answer *answer);

/*
 * Where an answer leads, as one move or two: what is in doubt is first said to
 * be so, and then sent again unless that is for the organizer to say. Pure;
 * moves have no reply. Returns how many; 0: it stays as it is, and is released.
 */
struct item_times {
	int64_t now;
	int64_t since; /* when the message could first be sent */
	int64_t give_up;
	bool holds_doubts;
};
int item_moves(struct store_move moves[2], const struct item *item,
    const struct transport_answer *answer, const struct item_times *times);

/*
 * What an answer says of the address, once its message has failed by it. Pure;
 * reply is the answer as item_reply has it, and out points into both. false:
 * nothing that could be held against it. What was put off until it was given
 * up counts as temporary.
 */
bool item_bounce(struct store_bounce *out, const struct item *item,
    const struct transport_answer *answer, const struct store_move *last,
    struct str reply);

#endif
