/*
 * A page's text as every renderer reads it: blocks that hold inlines, made
 * from Markdown by md.c and from nothing else. All links are resolved, all
 * entities decoded, raw HTML already turned into text, links and images.
 *
 * Invariants: all text is UTF-8 without control characters except LF and TAB
 * in CODE; nesting is at most DOC_DEPTH_MAX (deeper blocks are hung into the
 * last level); no recursion is needed: `next` and `up` lead through. The
 * arena given to md_parse owns everything.
 */
#ifndef CONTENT_DOC_H
#define CONTENT_DOC_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define DOC_DEPTH_MAX 6

enum link_kind {
	LINK_NONE,   /* leads nowhere (no target, javascript:): only its text */
	LINK_OUT,    /* another place: url is an absolute URI */
	LINK_INSIDE  /* this site: url is an absolute path on it */
};

/* Where a link leads, as every protocol needs it. */
struct link {
	enum link_kind kind;
	struct str url;      /* percent-encoded; what a Gemini page says */
	struct str selector; /* INSIDE: the Gopher selector; empty: by Gemini
	                      * only */
	char type;           /* INSIDE: Gopher item type, 0 1 7 9 I g h */
};

enum inline_kind {
	INLINE_TEXT,       /* text */
	INLINE_CODE,       /* text, one line */
	INLINE_SOFT_BREAK, /* the source went on in a new line */
	INLINE_HARD_BREAK, /* the author wants a new line */
	INLINE_EMPHASIS,   /* child.. */
	INLINE_STRONG,     /* child.. */
	INLINE_STRIKE,     /* child.. */
	INLINE_LINK,       /* child.., link */
	INLINE_IMAGE       /* child.. (the alternative text), link; a video or
	                    * a frame of raw HTML is a LINK */
};

struct inl {
	enum inline_kind kind;
	bool is_bare;    /* LINK: an address that stood in the text as it is */
	struct str text;
	struct link link;
	struct inl *child; /* first */
	struct inl *next;
	struct inl *up;    /* NULL at the top of the block */
};

enum block_kind {
	BLOCK_HEADING,   /* level, inls */
	BLOCK_PARAGRAPH, /* inls */
	BLOCK_CODE,      /* text (lines, LF after each), info */
	BLOCK_RULE,
	BLOCK_QUOTE,     /* child.. */
	BLOCK_LIST,      /* child.. (ITEM only), is_ordered, start, is_tight */
	BLOCK_ITEM,      /* child.. */
	BLOCK_TABLE,     /* child.. (ROW only; the first is the header) */
	BLOCK_ROW,       /* child.. (CELL only) */
	BLOCK_CELL,      /* inls, align */
	BLOCK_FOOTNOTE   /* child.., text is its mark as it stands in the text
	                  * ("[note 1]"); all stand at the end */
};

enum align { ALIGN_NONE, ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT };

struct block {
	enum block_kind kind;
	int line;  /* in the source file, from 1 */
	int level; /* HEADING: 1..6 */
	bool is_ordered, is_tight;
	long start; /* LIST: first number */
	enum align align;
	struct str text;
	struct str info;
	struct inl *inls;  /* first */
	struct block *child; /* first */
	struct block *next;
	struct block *up;  /* NULL at the top */
};

struct doc {
	struct block *first;
	struct str title; /* text of the first level-1 heading, else empty */
};

#endif
