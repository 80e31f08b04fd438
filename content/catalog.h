/*
 * All pages of a site while it is being built: front matter and addresses
 * known, bodies not yet rendered. site.c fills it; generate.c, feed.c and
 * calendar.c read it. Drafts and pages dated in the future are not in it.
 */
#ifndef CONTENT_CATALOG_H
#define CONTENT_CATALOG_H

#include "content/page.h"
#include "content/site.h"

/* A page with its place. All slices live as long as the catalog's arena. */
struct entry {
	struct page page;
	struct str title;    /* front matter, first heading, or file name */
	struct str source;   /* below the pages folder: "2012/index.md" */
	struct str path;     /* Gemini: "/2012/", "/2012/talk.gmi" */
	struct str selector; /* Gopher: "/2012", "/2012/talk" */
	struct str folder;   /* "/" or "/2012/" : what it is listed in */
	struct str lead;     /* summary, else the body's first paragraph as
	                      * plain text, at most 200 characters */
	bool is_index;       /* the page of its folder */
	const struct entry *newer, *older; /* its neighbours in a series: pages
	                      * of one folder with a date, by date; editions
	                      * among all with an event */
};

/* A file served as it is. */
struct entry_file {
	struct str path; /* "/2012/shirt.png" */
	struct str folder;
	uint64_t size;
	char type;       /* Gopher item type */
};

struct catalog {
	struct arena *arena;
	const struct site_options *options;
	struct entry **entries; /* by path */
	size_t count;
	struct entry_file *files; /* by path */
	size_t file_count;
	struct faults *faults;
	int64_t next_change; /* as site_next_change; generators lower it */
};

/* By date, or else by that of the event, newest first, then by title; entries
 * without one last. */
int entry_newer_first(const void *a, const void *b);

/* Once all entries have their addresses: puts them in the order of their
 * paths and finds their neighbours. */
int catalog_finish(struct catalog *c, struct err *e);

#endif
