/*
 * Offers: what pages give away until there is none left, and how many there
 * are of each option. A page says what an offer is, and is asked again each
 * time (offer.h); here is what it said last, and what has been taken since,
 * which is counted from the claims (store_claim.h) and stands nowhere else.
 *
 * An option keeps its id for ever. One that its page leaves out has no stock
 * from then on, and stays for those who have one.
 */
#ifndef MAIL_STORE_OFFER_H
#define MAIL_STORE_OFFER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFFER_OPTIONS_MAX 64 /* those that a page has left out included */

struct store_option {
	int64_t id;
	struct str name;
	int64_t stock; /* how many there were before any was taken */
	int64_t taken; /* shipped ones included; may be more than stock */
	int64_t waiting;
	int64_t shipped;
};

struct store_offer {
	int64_t id;
	struct str host; /* of the site */
	struct str page; /* its file's path below the pages */
	struct str tag; /* of both: how addresses of mail name it */
	struct str item;
	struct str ask; /* fields of a claim, with a space between them */
	int64_t opens, over; /* open from the one up to the other */
	bool many; /* more than one claim a person */
	int64_t closed; /* by an organizer, whatever the page says; 0: not */
	struct store_option option[OFFER_OPTIONS_MAX];
	size_t option_count;
};

/* Takes over what a page says: all but id, closed, and what is counted of
 * options; gives id. Never changes an offer that says the same already.
 * ERR_LIMIT over OFFER_OPTIONS_MAX. */
int store_offer_put(struct store *s, struct store_offer *offer, struct err *e);

/* ERR_MISSING when there is none. */
int store_offer_of_page(struct store *s, struct store_offer *out,
    struct arena *a, struct str host, struct str page, struct err *e);
int store_offer_of_tag(struct store *s, struct store_offer *out,
    struct arena *a, struct str tag, struct err *e);
int store_offer_find(struct store *s, struct store_offer *out, struct arena *a,
    int64_t id, struct err *e);
/* The next one with an id above after; ERR_MISSING behind the last. */
int store_offer_next(struct store *s, struct store_offer *out, struct arena *a,
    int64_t after, struct err *e);

/* at 0 opens it again. */
int store_offer_close(struct store *s, int64_t id, int64_t at, struct err *e);

/* How many are left of an option, and of all. */
int64_t store_option_left(const struct store_option *option);
int64_t store_offer_left(const struct store_offer *offer);
int64_t store_offer_stock(const struct store_offer *offer);
/* NULL when there is none of that id. */
const struct store_option *
store_offer_option(const struct store_offer *offer, int64_t id);

#endif
