/*
 * Where a block's links stand when each has a line of its own, as in gemtext
 * and in Gopher's menus: right after their block, after a whole quote, after a
 * list that has few, in place of a list whose items are links (rules 8, 17
 * and 20 of the conversion, capsule-page(7)).
 */
#ifndef CONTENT_GROUPING_H
#define CONTENT_GROUPING_H

#include "content/doc.h"
#include "content/inlines.h"

#include <stdbool.h>

/* Is every item of the list one line with exactly one link? scratch is
 * emptied. */
bool grouping_is_of_links(struct links *scratch, const struct block *list);

/* An item of such a list as a link line: appends its label, the item's whole
 * text behind its number if it has one, and returns the link. NULL when memory
 * ran out. scratch is emptied. */
const struct inl *grouping_item(struct buf *label, struct links *scratch,
    const struct block *item, long number);

/* Do the links of all of this block come after it? scratch is emptied. */
bool grouping_begins(struct links *scratch, const struct block *b);

/* Does an empty line stand between blocks inside up (NULL: the page)? Not
 * between the items of a tight list, nor inside them. */
bool grouping_has_gaps(const struct block *up);

#endif
