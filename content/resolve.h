/*
 * Where a link between pages leads: a target as an author wrote it, to the
 * one address of the page or file it means (rule 26). Relative targets are
 * seen from the folder of the source file, then from the published address;
 * names of sources ("../2016/index.md"), own addresses and old ones all lead
 * to the same place.
 */
#ifndef CONTENT_RESOLVE_H
#define CONTENT_RESOLVE_H

#include "content/catalog.h"
#include "content/doc.h"
#include "content/image.h"

/* Why a page that has a file is not published. */
enum withheld { WITHHELD_DRAFT, WITHHELD_FUTURE, WITHHELD_FAULTY };

struct resolver {
	const struct site *site;
	struct str folder;    /* of the source, percent-encoded */
	struct str published; /* folder of the page's own address */
	uint32_t self;        /* the page's item, or ITEM_NONE */
	struct str source;    /* for faults */
	struct faults *faults; /* NULL: nobody is told */
	const struct places *withheld; /* by key; item is an enum withheld */
	bool *linked; /* by item: a link from another page leads there */
};

/* As struct link_resolver wants it; ctx is a struct resolver. */
void resolve_link(void *ctx, struct arena *a, struct str target, int line,
    struct link *link);

/* As md_options.no_alt wants it; ctx is a struct resolver with faults. */
void resolve_no_alt(void *ctx, int line);

/* What a link to an item says. */
void resolve_item(struct link *link, const struct item *item);

#endif
