/*
 * A page laid out for a screen of fixed width, a line at a time: what Gopher's
 * menus and texts and the plain part of a message have in common (rules 28 to
 * 30 of the conversion, capsule-page(7)). Headings are underlined, quotes have
 * their mark, lists hang; code lines are neither wrapped nor cut.
 *
 * A style says what a line looks like on the wire and what becomes of links.
 * No recursion; linear in the page.
 */
#ifndef CONTENT_PLAINTEXT_H
#define CONTENT_PLAINTEXT_H

#include "base/buf.h"
#include "base/str.h"
#include "content/doc.h"
#include "content/inlines.h"
#include "content/render.h"
#include "content/wrap.h"

#include <stdbool.h>
#include <stddef.h>

struct plaintext;

struct plaintext_style {
	size_t width;
	/* A quote's mark at the left edge; "> " further in. */
	const char *quote;
	/* Appends one line. lead is marks and indent, text has no space at its
	 * end; WRAP_SPACE: the same paragraph goes on in the next line. */
	void (*line)(struct plaintext *p, struct str lead, struct str text,
	    enum wrap_end end);
	/* Behind each link in the text; see inlines.h. NULL: nothing. */
	void (*after)(void *p, struct buf *to, const struct inl *link);
	/* Before a block's text; true: this says all of it. NULL: never. */
	bool (*enter)(struct plaintext *p, const struct block *b);
	/* After the text of a block and all in it. NULL: nothing. */
	void (*leave)(struct plaintext *p, const struct block *b);
};

/* Quotes, lists, items and footnotes around one block. doc.h allows
 * DOC_DEPTH_MAX; what is deeper would not be indented further. */
#define PLAINTEXT_LEVELS (4 * DOC_DEPTH_MAX)

struct plaintext_level {
	size_t first, rest; /* lengths of the leads outside it */
	size_t lines;       /* as plaintext.lines when it began */
	bool had_mark;
	long number;        /* LIST: of the next item */
};

struct plaintext {
	struct buf *to;
	const struct plaintext_style *style;
	const struct render_env *env;
	struct inl_style inlines;
	struct links links;
	struct buf text;  /* of the block at hand */
	struct buf first; /* what its first line begins with, if has_mark */
	struct buf rest;  /* what all others begin with */
	bool has_mark;    /* an item's mark waits for its first line */
	size_t lines;     /* written so far */
	bool gap;         /* an empty line goes before the next one, */
	size_t gap_lead;  /* with so much of rest */
	size_t level_count;
	struct plaintext_level levels[PLAINTEXT_LEVELS];
};

/* Lays out head and page; after it, plaintext_end gives everything back and
 * hands a failure on to the buffer. */
void plaintext_render(struct plaintext *p, struct buf *to,
    const struct plaintext_style *style, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);
void plaintext_end(struct plaintext *p);

/* For what a style writes itself: before it the empty line that is due, if one
 * is; after it, that it stands there. */
void plaintext_gap(struct plaintext *p);
void plaintext_wrote(struct plaintext *p);

/*
 * The numbers of gophertext and mailtext: "word [1]" behind a link whose text
 * is not its address, the same address the same number, and at the end the
 * list of them, an address a line. address appends where a link leads:
 * plaintext_address as env's base says, or one's own.
 */
void plaintext_number(void *p, struct buf *to, const struct inl *link);
void plaintext_address(struct buf *to, const struct link *link,
    const struct render_env *env);
void plaintext_addresses(struct plaintext *p,
    void (*address)(struct buf *to, const struct link *link,
	const struct render_env *env));

#endif
