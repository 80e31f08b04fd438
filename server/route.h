/*
 * From a request to its reply: which site is meant, what stands at the
 * address there, and what to say when nothing does. One router a worker; it
 * holds the worker's own way into each site's search.
 *
 * It sends nothing and keeps nothing of a request. Everything a reply borrows
 * lives in the image of the generation.
 */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/site.h"
#include "server/gemini.h"
#include "server/gopher.h"
#include "server/reply.h"

#include <stddef.h>

struct form;
struct search;

/* A site as it was loaded: the image, made before the workers are. */
struct route_site {
	const struct conf_site *conf;
	struct site *site;
	struct search *search; /* NULL: not opened; see router_open */
};

struct router {
	const struct conf *conf;
	struct route_site *sites; /* the first is the default */
	size_t count;
};

/* Opens each site's search index, in the process that will ask it. */
int router_open(struct router *router, struct err *e);
void router_close(struct router *router);

/*
 * Both fill a reply that was initialized and leave one that can be sent; or
 * *form (form.h), given empty, which then has to be asked of the desk first.
 * sni is the name that the client gave in TLS, or empty; port is the one that
 * the connection came to.
 */
void route_gemini(struct reply *reply, struct form *form,
    const struct router *router, const struct gemini_request *request,
    struct str sni, int port);
void route_gopher(struct reply *reply, struct form *form,
    const struct router *router, const struct gopher_request *request,
    struct str sni);

/* A reply that says why not: a Gemini header, or a Gopher menu with a type 3
 * line that counts as status. */
void route_refuse(struct reply *reply, const struct router *router,
    enum protocol protocol, int status, struct str why);

#endif
