/*
 * The parts of an announcement as one MIME object (RFC 2045, 2046, 2387), put
 * together with GMime, which ends the process when memory runs out.
 */
#ifndef MAIL_COMPOSE_MIME_H
#define MAIL_COMPOSE_MIME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/posting.h"

#include <stdbool.h>

struct compose_parts {
	struct str text; /* UTF-8, format=flowed */
	struct str html; /* which shows the images, or not */
	const struct posting *posting; /* images and calendar */
	bool attach_images;
	struct str mark; /* never broken over two lines */
};

/* Appends the fields that say what it is, an empty line and the body, with
 * CRLF. No part is wrapped in more than it needs. The same parts give the same
 * bytes; what separates them cannot stand in any. */
int compose_mime(
    struct buf *to, const struct compose_parts *parts, struct err *e);

#endif
