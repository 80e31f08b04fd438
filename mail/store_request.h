/*
 * What the desk must know between two steps of a conversation: subscriptions
 * that wait to be confirmed, what was asked for lately, for limits, and by
 * which client certificate somebody is known.
 *
 * A request is kept until it expires, also when it was confirmed, so that a
 * link that is opened twice finds it. Whoever knows its name may try codes,
 * whoever knows its token is the owner of the address. Tokens are compared in
 * constant time (str_eq_secret), and no address stands in what is counted.
 */
#ifndef MAIL_STORE_REQUEST_H
#define MAIL_STORE_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/store.h"
#include "mail/store_subscriber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wrong codes before a request takes none: one in 200,000 guesses it. */
#define REQUEST_TRIES 5

struct store_request {
	int64_t id;
	struct str name; /* of token_new; in the address of the code's form */
	struct str token; /* of token_new; in the letter only */
	struct str code; /* of token_code_new; in the letter only */
	struct str address;
	struct str list;
	enum member_way way;
	struct str network; /* empty by mail */
	int64_t at;
	int64_t again; /* when it was asked for last */
	int64_t expires;
	int tries;
	struct str wrong; /* the last wrong code; empty: none */
	int64_t confirmed; /* 0: not yet */
};

/* Takes all from name to expires but again; gives id. */
int store_request_add(
    struct store *s, struct store_request *request, struct err *e);

/* The newest of an address for a list that is neither confirmed nor expired
 * and takes codes; ERR_MISSING when there is none. */
int store_request_open(struct store *s, struct store_request *out,
    struct arena *a, struct str address, struct str list, int64_t now,
    struct err *e);
/* ERR_MISSING when there is none, or it has expired. */
int store_request_by_name(struct store *s, struct store_request *out,
    struct arena *a, struct str name, int64_t now, struct err *e);
int store_request_by_token(struct store *s, struct store_request *out,
    struct arena *a, struct str token, int64_t now, struct err *e);

/* All of an address that are neither confirmed nor expired, the newest first,
 * at most max. */
int store_requests_of(struct store *s, struct str address, int64_t now,
    struct arena *a, struct store_request *out, size_t max, size_t *count,
    struct err *e);

int store_request_again(struct store *s, int64_t id, int64_t at, struct err *e);
/* Counts a wrong code, unless it is the same as the one before. */
int store_request_wrong(
    struct store *s, int64_t id, struct str code, struct err *e);
int store_request_confirmed(
    struct store *s, int64_t id, int64_t at, struct err *e);

/* How many of a list wait to be confirmed. */
int store_requests_open(struct store *s, struct str list, int64_t now,
    int64_t *count, struct err *e);

/* Letters of a kind to one address in a day: enough for somebody whose mail is
 * slow, and all that a stranger can have sent there. */
#define ASKED_TO_ADDRESS_MAX 4
/* In an hour: a hall full of people behind one address can subscribe. */
#define ASKED_FROM_NETWORK_MAX 60
/* In an hour, by forms, and as many by mail: what a relay takes without calling
 * us a spammer. Counted apart, since mail comes from whomever it likes to. */
#define ASKED_IN_ALL_MAX 1000

/* Something that causes mail was asked for. */
enum asked_what {
	ASKED_SUBSCRIBE,
	ASKED_LEAVE,
	ASKED_ANSWER,
	ASKED_CLAIM,
	ASKED_WHATS
};

struct store_asking {
	enum asked_what what;
	struct str address; /* that the mail is for */
	struct str network; /* of who asked; empty by mail */
	int64_t at;
	bool mailed; /* a letter was queued for it */
};

int store_asked_add(
    struct store *s, const struct store_asking *asking, struct err *e);

struct store_asked {
	int64_t to_address; /* letters of this kind to the address in a day */
	int64_t last; /* asked for the same in that day; 0: not */
	int64_t from_network; /* within an hour; 0 by mail */
	int64_t in_all; /* within an hour, by mail or not, as is asked now */
};

/* Before what is asked now, which is not looked at but for what, address,
 * network and at. */
int store_asked(struct store *s, struct store_asked *out,
    const struct store_asking *asking, struct err *e);

/* Forgets what expired, and what no limit looks back on any more; a part of
 * store_letters_tend. */
int store_requests_tend(struct store *s, int64_t now, struct err *e);

/* A certificate is one subscriber's, the last it was bound to. */
int store_certificate_bind(struct store *s, struct str fingerprint,
    int64_t subscriber, int64_t at, struct err *e);
/* ERR_MISSING when it is nobody's. */
int store_subscriber_by_certificate(struct store *s,
    struct store_subscriber *out, struct arena *a, struct str fingerprint,
    struct err *e);

#endif
