/*
 * Atom feeds (RFC 4287), pure. An entry's id is its permanent address and
 * never changes while the page has one; published and updated are whole
 * instants (section 3.3), those of a day at its beginning in UTC. Only pages
 * with a date can be in a feed, and of more than FEED_MAX the newest are.
 */
#ifndef CONTENT_FEED_H
#define CONTENT_FEED_H

#include "base/buf.h"
#include "base/str.h"
#include "content/catalog.h"

#include <stddef.h>

#define FEED_MIME "application/atom+xml; charset=utf-8"
#define FEED_MAX ((size_t)100)

struct feed {
	struct str base;   /* "gemini://host" before every path */
	struct str path;   /* its own, "/atom.xml" */
	struct str home;   /* of the page that shows the same */
	struct str title;
	struct str author; /* of all entries */
	const struct entry **entries; /* with a date, newest first */
	size_t count;
};

void feed_write(struct buf *to, const struct feed *feed);

#endif
