/*
 * A tag of raw HTML: its name, its attributes, and what its element means for
 * a page. Pure; slices point into the input. It decodes no entities and knows
 * nothing of nesting.
 */
#ifndef CONTENT_MD_TAG_H
#define CONTENT_MD_TAG_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* What an element means for a page; those that are not named mean nothing,
 * and what they hold is taken as it is. */
enum element {
	E_NONE,
	E_LINK, /* a */
	E_AREA,
	E_IMAGE,
	E_MEDIA, /* another place's content: a link without words of its own */
	E_EMPHASIS,
	E_STRONG,
	E_STRIKE,
	E_BREAK,
	E_BLOCK, /* begins and ends a line */
	E_CELL,
	E_HEADING,
	E_ITEM,
	E_LIST,
	E_RULE,
	E_PRE,
	E_HIDDEN /* nobody is shown what it holds */
};

struct tag {
	struct str name;
	struct str attributes;
	enum element element;
	bool is_end;
};

/* The length of a tag at the beginning of s, or 0. */
size_t md_tag_scan(struct tag *tag, struct str s);

/* The length of what begins with "<" and is no element: a comment, a
 * declaration, an instruction. One that is not closed takes all. 0: none. */
size_t md_tag_scan_other(struct str s);

/* An attribute's value as it is written, white space at its ends dropped;
 * false when the tag has none of that name. */
bool md_tag_attribute(struct str *value, const struct tag *tag,
    const char *name);

#endif
