/*
 * A form's step between a visitor and the desk (base/desk.h): what is asked of
 * the desk, and the reply that its answer becomes in the visitor's protocol; or
 * what it adds to a page, for an offer of which so many are left.
 * Gemini has status codes for nearly all of it; a Gopher menu asks by an item
 * of type 7 and says the rest in words. Pure.
 */
#ifndef SERVER_FORM_H
#define SERVER_FORM_H

#include "base/desk.h"
#include "base/str.h"
#include "content/site.h"
#include "server/reply.h"
#include "server/route.h"

#include <stdbool.h>

/* A request that only the desk can answer; slices are the request's. */
struct form {
	const struct route_site *site; /* NULL: it is no such request */
	struct str path;  /* or selector */
	struct str input; /* what was typed */
	bool has_input;
	bool is_part; /* the reply is there, and what the desk says belongs at
	               * its end */
};

/* What the desk says of a page, behind it; without an answer to show, the page
 * stays as it is. */
void form_append(struct reply *reply, const struct route_site *site,
    enum protocol protocol, const struct desk_answer *answer);

/* The reply, whatever the desk says; answer NULL: nobody was there to say
 * it. selector is where a Gopher menu asks again. */
void form_reply(struct reply *reply, const struct router *router,
    const struct route_site *site, enum protocol protocol,
    struct str selector, const struct desk_answer *answer);

#endif
