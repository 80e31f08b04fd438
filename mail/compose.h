/*
 * From a page to the template of its messages (message.h), put together with
 * GMime: multipart/alternative of text (format=flowed) and HTML, images
 * inline, the event's calendar attached, quoted-printable, 7-bit, and every
 * header field that is the same for all. RFC 5322, 2045-2047, 2369, 2919, 3676,
 * 3834, 8058.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/posting.h"

#include <stdbool.h>

struct compose_options {
	const struct conf *conf;
	const struct conf_site *site; /* whose page it is */
	struct str list; /* its name */
	bool attach_images; /* instead of inline */
};

/* Appends the template. The same posting and options give the same bytes. */
int compose(struct buf *to, const struct posting *posting,
    const struct compose_options *o, struct err *e);

#endif
