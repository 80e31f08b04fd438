/*
 * The desk: subscribing, confirming, choosing and leaving, as steps of one
 * conversation that people have by Gemini, Gopher or mail (base/desk.h).
 * Every step is idempotent: a page that is loaded again says the same and
 * does nothing twice. What it answers never tells whether an address is known,
 * but to somebody who holds that address's token or code.
 *
 *	/subscribe           asks for the address, then mails a letter with a
 *	                     link, a six-digit code and an address to reply to
 *	/subscribe/LIST      the same for one list
 *	/code/REQUEST        asks for the code
 *	/c/TOKEN             "yes, subscribe me": asks, then does
 *	/leave               asks for the address, then mails the link
 *	/leave/TOKEN         "really?", .../yes does, .../undo takes it back
 *	/lists/TOKEN         what one is subscribed to, each with a link
 *	/me                  the same by client certificate
 *	/offer/SOURCE        what is left of what a page offers
 *	/claim/...           claiming one (desk_offer.h)
 *	/help                by mail: what can be written where
 *	/organizers/         figures, for certificates that the configuration
 *	                     names
 *
 * Nothing here opens a socket or sends mail: letters are queued in the store
 * (store_letter.h) in the transaction that calls for them.
 */
#ifndef MAIL_DESK_H
#define MAIL_DESK_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/desk.h"
#include "base/err.h"
#include "mail/store.h"

#include <stdbool.h>
#include <stdint.h>

struct desk {
	const struct conf *conf;
	struct store *store;
};

/* title and text are cleared before; out's slices point into them. 0 with any
 * kind of answer; -1 when the store fails, and then nothing was done. Not
 * within a transaction of the caller's.
 *
 * By mail, request->network is who wrote (mailbox_normalise), input the
 * Message-ID of what they wrote without "<>", or for a claim what they wrote
 * (desk_takes_words), and the text of the answer is
 * plain: a paragraph a line, ready for desk_letter_answer; an empty one says
 * that a letter is on its way already. */
int desk_answer(const struct desk *desk, const struct desk_request *request,
    int64_t now, struct buf *title, struct buf *text, struct desk_answer *out,
    struct err *e);

/* Appends the path of the step that a message to our address with this
 * extension (RFC 5233: what stands behind its "+") is: subscribe,
 * subscribe-LIST, confirm-TOKEN, leave, leave-TOKEN, undo-TOKEN, lists-TOKEN,
 * help; claim-TAG-TOKEN, yes-TOKEN, withdraw-TOKEN. -1 for any other. */
int desk_mail_path(struct buf *to, struct str extension);

/* Whether a step by mail is about what somebody wrote. */
bool desk_takes_words(struct str path);

#endif
