/*
 * What the renderers ask of a page's text: its plain words, its links without
 * doubles, and what each link is called in a list (rules 6, 14, 17 to 19 and
 * 23 of the conversion, capsule-page(7)).
 *
 * Nothing here recurses, and everything is linear in what it looks at.
 */
#ifndef CONTENT_INLINES_H
#define CONTENT_INLINES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "content/doc.h"

#include <stdbool.h>
#include <stddef.h>

/* The next one in reading order, children first, inside top (NULL: to the
 * end of the page or of the block's text); NULL after the last. */
const struct block *block_next(const struct block *b, const struct block *top);
const struct inl *inl_next(const struct inl *i, const struct inl *top);

struct inl_style {
	bool one_line; /* a hard break is a space */
	/* Called behind each link and image that leads somewhere: a number, for
	 * instance. NULL: nothing. */
	void (*after)(void *ctx, struct buf *to, const struct inl *link);
	void *ctx;
};

/*
 * Appends the words of first and what follows it: emphasis marks gone, code in
 * one pair of backquotes, struck text between tildes, "[image: alt]" for an
 * image (without alt the file's name), a space (between wide characters
 * nothing) for a soft break, LF for a hard one. No space stands at either end
 * of a line. style may be NULL.
 */
void inlines_text(struct buf *to, const struct inl *first,
    const struct inl_style *style);

/* The same up to, but without, the inline end. */
void inlines_text_until(struct buf *to, const struct inl *first,
    const struct inl *end, const struct inl_style *style);

/* Is there nothing but links and images that lead somewhere, each elsewhere,
 * and what stands between them: spaces, breaks, commas, bars, dots? Then the
 * link lines say all (rule 19). */
bool inlines_only_links(const struct inl *first);

/* Does a link or an image show anything where it stands: words, or an image?
 * Without, it has to show where it leads. */
bool inlines_show(const struct inl *link);

/* Whether a heading says the same as text, white space aside. Sets *failed
 * when memory ran out. */
bool inlines_say(
    const struct inl *first, struct str text, enum err_kind *failed);

/* A link as a list of links shows it. */
struct link_line {
	const struct inl *inl; /* a LINK or IMAGE that leads somewhere */
	struct str label;      /* one line, never empty; see links_label */
	size_t slot;           /* where links.slots has it */
};

/* A group of links, one a target, in reading order. */
struct links {
	struct arena arena; /* when it failed, the renderer's buffer has to */
	struct link_line *list;
	size_t count;
	size_t room;
	size_t *slots; /* by target: index + 1 */
	size_t slot_count;
};

void links_init(struct links *l);
void links_release(struct links *l);
/* Empties the group; its memory is kept for the next one. */
void links_clear(struct links *l);

/* Adds every link and image below first and after it (an image after the link
 * around it). A target that is in the group already is not added again. */
void links_add(struct links *l, const struct inl *first);
/* The same for this link or image alone. */
void links_add_one(struct links *l, const struct inl *link);
/* The same for all the text of a block, those inside it included. */
void links_add_block(struct links *l, const struct block *top);

/* A target's place in the group, from 1; 0 when it is not there. */
size_t links_number(const struct links *l, struct str url);

/* Names those from index from on, as one group: by their text; an image
 * "Image: alt"; and with the host behind it where the text says nothing or
 * another of the group has the same. Without text it is the address. */
void links_label(struct links *l, size_t from);

#endif
