/*
 * The events of a site, of which mail reminds: front matter alone is read, and
 * nothing is rendered. Drafts and pages that wait for their date are left out,
 * as they are from the site.
 */
#ifndef CONTENT_EVENTS_H
#define CONTENT_EVENTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "content/fault.h"
#include "content/page.h"
#include "content/site.h"

#include <stddef.h>

struct event {
	struct str title; /* front matter, first heading, or file name */
	struct str source; /* below the pages folder: "2028/index.md" */
	struct str name; /* the same as faults name it */
	struct page_event when;
};

/* In the order of their files; all stands in the arena. A page with a fault is
 * left out, and the fault told. ERR_MISSING when there is no such folder. */
int events_read(struct event **out, size_t *count, struct arena *a,
    const struct site_options *options, struct faults *faults, struct err *e);

#endif
