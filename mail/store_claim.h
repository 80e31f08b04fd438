/*
 * Claims: somebody's wish for one of an offer's options, from a draft that
 * holds nothing to what was shipped. One function moves a claim; it takes
 * stock and counts in the same transaction, so that the last one goes to one
 * person, however many ask for it at once.
 *
 *	draft ----> taken ----> shipped
 *	  |        ^    |
 *	  v        |    v
 *	waiting ---+   withdrawn, expired
 *
 * A claim whose address is not known to be its owner's expires unless it is
 * confirmed by the letter (proof). What people wrote is kept sealed (seal.h):
 * here are only the sealed bytes.
 */
#ifndef MAIL_STORE_CLAIM_H
#define MAIL_STORE_CLAIM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"
#include "mail/store_subscriber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Held at once for one network by claims that nobody has confirmed: whoever
 * types addresses that are not theirs is not to empty an offer. */
#define CLAIMS_UNCONFIRMED_MAX 5

enum claim_state {
	CLAIM_DRAFT,
	CLAIM_WAITING,
	CLAIM_TAKEN,
	CLAIM_SHIPPED,
	CLAIM_WITHDRAWN, /* given back by its owner */
	CLAIM_EXPIRED, /* not confirmed in time */
	CLAIM_STATES
};

const char *claim_state_name(enum claim_state state);

struct store_claim {
	int64_t id;
	int64_t offer;
	struct str token; /* of token_new; in the form's address */
	struct str proof; /* of token_new; in the letter only */
	struct str address; /* empty: erased since */
	enum claim_state state;
	int64_t option; /* 0: not chosen yet */
	struct str option_name;
	int64_t number; /* TAKEN, SHIPPED: the how manieth; WAITING: in line */
	enum member_way way; /* by which it was begun */
	struct str network;
	int64_t at;
	int64_t changed; /* when it came into its state */
	int64_t expires; /* 0: never */
	int64_t confirmed; /* when the address was shown to be theirs; 0 */
	bool agreed; /* their sentence may be published */
	int64_t revision; /* how often it was changed */
	struct str note; /* the organizer's, when it was shipped */
};

/* A draft. Takes offer, token, proof, address, way, network, at, expires and
 * confirmed; gives id. */
int store_claim_add(struct store *s, struct store_claim *claim, struct err *e);

/* ERR_MISSING when there is none. */
int store_claim_by_token(struct store *s, struct store_claim *out,
    struct arena *a, struct str token, struct err *e);
int store_claim_by_proof(struct store *s, struct store_claim *out,
    struct arena *a, struct str proof, struct err *e);
int store_claim_find(struct store *s, struct store_claim *out, struct arena *a,
    int64_t id, struct err *e);
/* A confirmed one of a person that is a draft, waiting, taken or shipped: of
 * several a draft if that is preferred, and the newest. */
int store_claim_of(struct store *s, struct store_claim *out, struct arena *a,
    struct str address, int64_t offer, int64_t now, bool draft, struct err *e);

/* All of a person, the newest first, at most max. */
int store_claims_by(struct store *s, struct str address, struct arena *a,
    struct store_claim *out, size_t max, size_t *count, struct err *e);

/* Option (0: none) and whether they agree. */
int store_claim_change(
    struct store *s, int64_t id, int64_t option, bool agreed, struct err *e);

struct store_claim_move {
	enum claim_state to;
	int64_t at;
	int64_t expires;
	struct str note;
};

/*
 * The one function that moves a claim. Into TAKEN it has the next number and
 * one of its option's stock; ERR_LIMIT when there is none left. Into WAITING
 * it is the last in line. ERR_REFUSED when there is no such way.
 */
int store_claim_enter(struct store *s, int64_t id,
    const struct store_claim_move *move, struct err *e);

/* It has another token from then on: whoever began it with somebody else's
 * address is not to read what they write into it. */
int store_claim_confirm(struct store *s, int64_t id, struct str token,
    int64_t at, struct err *e);

/* How many of an offer somebody there has begun, and nobody confirmed. */
int store_claims_unconfirmed(struct store *s, int64_t offer, struct str network,
    int64_t *count, struct err *e);

/* Ends others of the same person and offer that are not confirmed. */
int store_claims_double(struct store *s, const struct store_claim *claim,
    int64_t at, struct err *e);

/* How many wait before it. */
int store_claim_before(struct store *s, const struct store_claim *claim,
    int64_t *count, struct err *e);

/* Whose turn it is, of those who wait for an option of which there is one
 * left; ERR_MISSING: nobody's. */
int store_claim_turn(struct store *s, struct store_claim *out, struct arena *a,
    int64_t offer, struct err *e);

/* Ends what was not confirmed in time, and forgets drafts. */
int store_claims_expire(struct store *s, int64_t now, struct err *e);
/* Forgets what people wrote into claims that came to an end, in those that
 * were shipped only up to that instant; sentences that may be published
 * stay. */
int store_claims_forget(struct store *s, int64_t shipped, struct err *e);

/* Those of an offer in a state, by id: above after, 0 for all. */
int store_claims(struct store *s, int64_t offer, enum claim_state state,
    int64_t after, struct arena *a, struct store_claim *out, size_t max,
    size_t *count, struct err *e);

/* Sealed. ERR_MISSING for what was not written or is forgotten. */
int store_answer_put(struct store *s, int64_t claim, struct str field,
    struct str sealed, struct err *e);
int store_answer(struct store *s, struct str *out, struct arena *a,
    int64_t claim, struct str field, struct err *e);

#endif
