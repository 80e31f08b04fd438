/*
 * What the desk's files about offers share (desk_offer*.c, desk_claim*.c).
 *
 *	/offer/SOURCE            what is left, as a part of the page
 *	/claim/SOURCE            asks for an address, makes a draft of a claim
 *	/claim/SOURCE/PERSON     the same by the token of a message
 *	/claim/TOKEN             the form, then how the claim stands
 *	  .../take/OPTION/N      chooses
 *	  .../type/FIELD/N       asks for a field
 *	  .../agree/yes|no/N     whether the sentence may be published
 *	  .../send/N, .../wait/N takes one, or goes to the end of the line
 *	  .../withdraw[/yes]     gives it back
 *	/claim/PROOF[/yes]       the letter's link: the address is theirs
 *	/claim/TAG-PERSON        by mail: all in one message
 *
 * SOURCE is a page's file below the pages, "news/shirts.md": no token has a
 * dot in it. N is how often the claim was changed, so that each page is a
 * fresh one for clients that keep pages. What people wrote into a claim is
 * shown to whoever has its token or proof, and never in a letter.
 */
#ifndef MAIL_DESK_OFFER_H
#define MAIL_DESK_OFFER_H

#include "mail/desk_step.h"
#include "mail/offer.h"
#include "mail/seal.h"
#include "mail/store_claim.h"
#include "mail/store_offer.h"

#define CLAIM_DRAFT_LIFE (2 * 86400)
#define CLAIM_CONFIRM_LIFE (2 * 86400)
#define CLAIM_FIELD_MAX 1000 /* bytes */

/* A step about one claim. */
struct claim_step {
	struct step *s;
	struct store_offer offer;
	struct store_claim claim;
	bool is_open;
	bool has_one; /* the claim is one that they had before */
	bool was_gone; /* what they wanted was taken just before */
	struct seal *seal; /* opened at its first use; NULL before */
};

/* Fills in the offer of the claim. 1 with it, 0 when that was said to be
 * missing, -1. */
int claim_offer_again(struct claim_step *c);
/* The claim and the counts as they are now. */
int claim_reload(struct claim_step *c);

/* A person who has shown that the address is theirs: their claim, or a draft,
 * which is made if need be. */
int claim_of_person(struct claim_step *c, struct str address);

/* What people write, tidied: 0, or -1 with what is wrong in why, for people;
 * then sealed and kept. */
int claim_clean(
    struct buf *to, struct str field, struct str typed, struct err *why);
int claim_write(struct claim_step *c, struct str field, struct str value);
/* What is missing before it can be sent; empty: nothing. -1 fails. */
int claim_missing(struct claim_step *c, struct str *missing);
bool claim_has_field(const struct claim_step *c, struct str field);
/* Says what was written, for looking only; not by mail. */
int claim_say_written(struct claim_step *c);

/* Pages. */
int claim_show(struct claim_step *c);
void claim_say_left(struct step *s, const struct store_offer *offer);
struct str claim_field_name(struct step *s, struct str field);

/* What a step does, and then shows. */
int claim_send(struct claim_step *c, bool wait);
int claim_confirm(struct claim_step *c);
int claim_withdraw(struct claim_step *c);
int claim_by_mail(struct claim_step *c, struct str word);

/* In the caller's transaction: gives what is free to who waits. 0 when all of
 * it is done, 1 when there may be more, -1. */
int claim_pass_on(struct claim_step *c);
int claim_mail_confirm(struct claim_step *c);

#endif
