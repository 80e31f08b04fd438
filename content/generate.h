/*
 * The pages that nobody writes: made from the front matter of all the others,
 * as Markdown (or as bytes of another type), before anything is rendered.
 * Every word that comes from front matter goes through md_escape.
 */
#ifndef CONTENT_GENERATE_H
#define CONTENT_GENERATE_H

#include "base/buf.h"
#include "base/err.h"
#include "content/catalog.h"

struct generated {
	struct str path;     /* "/history", "/atom.xml" */
	struct str title;
	struct str lang;
	struct str markdown; /* a page; or else */
	struct str bytes;    /* data of this type */
	struct str mime;
	char type;           /* Gopher item type of the data */
};

/*
 * Emits every generated page and feed: /history, /talks, /sponsors, /news,
 * /category, /category/NAME with its feed, listings of folders without a
 * page, /atom.xml, an .ics for each event, /robots.txt, /favicon.txt,
 * /.well-known/security.txt, caps.txt. Those that would be empty are left
 * out. emit copies what it keeps; the caller drops what a page of one's own
 * already stands at.
 */
int generate_all(struct catalog *c,
    int (*emit)(void *ctx, const struct generated *g, struct err *e),
    void *ctx, struct err *e);

/*
 * What the site adds to a page's own text: before it, the event in words; below
 * it what is the page's own, too: talks, sponsors, the offer; after that the
 * way to other pages: on the front page what is coming up and the latest news,
 * on all the neighbours and categories.
 */
void generate_before(struct buf *md, struct catalog *c,
    const struct entry *entry);
void generate_own(struct buf *md, struct catalog *c,
    const struct entry *entry);
void generate_after(struct buf *md, struct catalog *c,
    const struct entry *entry);

#endif
