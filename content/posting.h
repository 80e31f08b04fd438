/*
 * A page as mail reads it: its front matter, its address, and its text as
 * plain text and as HTML, links resolved as on the site. The whole site is
 * loaded for it, so that what is mailed is what is published, and a link that
 * leads nowhere is seen before it is in everybody's inbox.
 */
#ifndef CONTENT_POSTING_H
#define CONTENT_POSTING_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "content/fault.h"
#include "content/page.h"
#include "content/site.h"

#include <stddef.h>

/* Images of one page in all, which with the text of their encoding stay below
 * what most mail servers take. */
#define POSTING_IMAGES_MAX ((size_t)10 << 20) /* bytes */

/* A file of the site that the page shows. */
struct posting_image {
	struct str path; /* absolute on the site, percent-encoded */
	struct str id;   /* render_content_id, as html_shown names it */
	struct str name; /* its file's name */
	struct str mime;
	struct str bytes;
};

/* Everything stands in the arena that was given. */
struct posting {
	struct page page;
	struct str title;    /* front matter, first heading, or file name */
	struct str source;   /* below the pages folder */
	struct str address;  /* "gemini://host/news/shirts.gmi" */
	struct str gopher;   /* "gopher://host/1/news/shirts"; empty: none */
	struct str text;     /* FORMAT_MAILTEXT */
	struct str html;     /* FORMAT_HTML, without head */
	struct str html_shown; /* the same with its images in it */
	struct str calendar; /* .ics of its event; empty: none */
	struct posting_image *images; /* in the order they are shown in */
	size_t image_count;
};

/*
 * file is a path as typed (it must be below options->pages) or one below the
 * pages folder. ERR_MISSING when there is no such page, ERR_REFUSED when it is
 * not published (a draft, a date that is to come) or has a link or an image
 * that leads nowhere. faults has those with their lines, and what else is said
 * of this page; when the site does not load, its errors. A page dated in the
 * future can be composed when options->now is then. ERR_LIMIT over
 * POSTING_IMAGES_MAX.
 */
int posting_load(struct posting *out, struct arena *a,
    const struct site_options *options, struct str file,
    struct faults *faults, struct err *e);

/* The same, and of a page that is not published yet as well. */
int posting_preview(struct posting *out, struct arena *a,
    const struct site_options *options, struct str file,
    struct faults *faults, struct err *e);

#endif
