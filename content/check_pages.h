/*
 * What is doubtful about pages that parse: warnings for who writes them.
 */
#ifndef CONTENT_CHECK_PAGES_H
#define CONTENT_CHECK_PAGES_H

#include "content/catalog.h"
#include "content/resolve.h"

/* Targets in front matter that lead nowhere, with their lines. r is that of
 * the page, with faults. */
void check_targets(struct resolver *r, struct arena *a,
    const struct entry *entry);

/* Orphaned pages, talks of the past without a link, dates that disagree.
 * order and linked are by item, as load.c has them. */
void check_pages(const struct catalog *c, struct entry *const *order,
    const bool *linked);

#endif
