/*
 * What the commands of `announce offer` share, and nobody else needs.
 */
#ifndef MAIL_CMD_OFFER_H
#define MAIL_CMD_OFFER_H

#include "base/arena.h"
#include "base/cmd.h"
#include "base/err.h"
#include "mail/store_claim.h"
#include "mail/store_offer.h"

#define OFFER_PAGE 100 /* claims that are read at a time */

/* The offer of a page as typed, its file or its path below the pages; NULL:
 * the only one. The error says which there are. */
int cmd_offer_find(struct cmd_env *env, struct store *s,
    struct store_offer *out, struct arena *a, const char *page, struct err *e);

/* Each claim of an offer in a state, by its number. */
struct cmd_offer_each {
	int (*each)(void *ctx, const struct store_offer *offer,
	    const struct store_claim *claim, struct err *e);
	void *ctx;
};

int cmd_offer_claims_of(struct store *s, const struct store_offer *offer,
    enum claim_state state, const struct cmd_offer_each *each, struct err *e);

#endif
