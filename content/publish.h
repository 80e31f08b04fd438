/*
 * Gives every page and file its addresses. A page's or file's own address is
 * its alone: two at one is a fault that names both. What else leads to a page
 * (an old place, a name without its ending) is taken where it is free. A page
 * that somebody wrote wins over one that is generated.
 */
#ifndef CONTENT_PUBLISH_H
#define CONTENT_PUBLISH_H

#include "content/generate.h"
#include "content/image.h"
#include "content/scan.h"

struct publish {
	struct site *site;
	struct catalog *catalog;
	struct arena *arena;  /* for what only the building needs */
	struct entry **order; /* by item, as the catalog first had them */
	struct page_address *addresses; /* likewise */
	struct places folded; /* the pages' own keys, in lower case */
};

void publish_release(struct publish *p);

/* In this order. Entry i of the catalog becomes item i; its path, selector,
 * folder and is_index are set. */
int publish_pages(struct publish *p, struct err *e);
int publish_files(struct publish *p, const struct scan_file *const *files,
    size_t count, struct err *e);
/* Aliases, other names, and the search. */
int publish_rest(struct publish *p, struct err *e);

/* *at is the new item, or ITEM_NONE where a page of one's own stands. */
int publish_generated(struct site *site, const struct generated *g,
    uint32_t *at, struct err *e);
/* Other names of the generated pages from item `from` on, once all of them
 * are there. */
int publish_generated_rest(struct site *site, size_t from, struct err *e);

#endif
