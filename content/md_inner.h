/*
 * What the md*.c files share and nobody else includes. The stages, in order:
 * md_mark.c and md_note.c mark what cmark would not tell of, md.c walks
 * cmark's tree to blocks and raw inlines, md_table.c cuts tables into cells,
 * md_html.c takes raw HTML for what it means, md_inline.c finishes the text.
 *
 * cmark does not say which characters of a text were escaped, and "\|" is no
 * border of a cell. So the source gets marks: control characters, which no
 * text of a page may hold and which md.c drops from the source first. What
 * is shown as it was written, code for one, drops them again.
 */
#ifndef CONTENT_MD_INNER_H
#define CONTENT_MD_INNER_H

#include "base/buf.h"
#include "content/md.h"

#include <stdint.h>

struct cmark_node;

/* In raw inlines, in the place of an escaped character. */
#define MARK_TILDE '\1'
#define MARK_BAR '\2'
#define MARK_BRACKET '\3'
/* MARK_NOTE, an index, MARK_NOTE_END: "[^label]:" stood here. */
#define MARK_NOTE '\4'
#define MARK_NOTE_END '\5'
#define MARK_LAST MARK_NOTE_END
/* Only between the source and md_clean. */
#define MARK_NEXT '\6'  /* the next character was escaped */
#define MARK_PREV '\7'  /* the one before was */
#define MARK_SPLIT '\b' /* what would have become a mark is cut in two */

/* A tag of raw HTML, its text the tag; only before md_html_inlines. */
#define INLINE_RAW ((enum inline_kind)(INLINE_IMAGE + 1))

/* Deeper emphasis is dropped; a deeper link or image stands before its text
 * instead of around it. */
#define INLINE_DEPTH_MAX 8

struct note {
	struct str label;
	size_t number; /* in the order of their first mention; 0: not yet */
	bool is_real;  /* cmark saw it where a definition may stand */
	struct block *block;
};

struct notes {
	struct note *list;
	size_t count;
	size_t *slots; /* by label: index + 1 */
	size_t slot_count;
	size_t numbered;
};

/* A chain of blocks being built. */
struct block_list {
	struct block *up;
	struct block *first, *last;
};

struct md {
	struct arena *arena;
	const struct md_options *options;
	struct notes notes;
	struct buf text; /* scratch, empty between uses */
	bool has_tildes; /* "~~" stands somewhere in the source */
};

/* Inlines being built: what is open, and the last child of each. */
struct inl_builder {
	struct md *md;
	struct inl *first;
	struct {
		struct inl *inl;
		struct inl *last;
		int tag; /* md_html.c: which element opened it, or 0 */
	} open[INLINE_DEPTH_MAX + 1];
	int depth;   /* open[depth] takes the next inline; open[0] is the top */
	size_t deep; /* opened beyond the limit, not yet closed */
};

/* --- md_tree.c --- */

#define MD_TREE_SIZES 80

/* What cmark makes of a text, and the memory of it and of cmark's iterators.
 * Trees are released in the reverse order of their making. Out of memory the
 * process ends. */
struct md_tree {
	struct cmark_node *root;
	struct arena arena;
	union piece *waiting[MD_TREE_SIZES]; /* by size, to be used again */
	struct md_tree *outer;
};

void md_tree_init(struct md_tree *t, struct str text);
/* cmark_node_free is not called for it. */
void md_tree_release(struct md_tree *t);

/* --- md_inline.c --- */

/* NULL when memory ran out, which arena_ok tells at the end. */
struct inl *md_inl(struct md *md, enum inline_kind kind);

void inl_builder_init(struct inl_builder *b, struct md *md);
void inl_builder_add(struct inl_builder *b, struct inl *i);
void inl_builder_open(struct inl_builder *b, struct inl *i, int tag);
void inl_builder_close(struct inl_builder *b);

/* Asks the resolver where a target leads. */
void md_resolve(struct md *md, struct link *link, struct str target,
    int line);

enum clean {
	CLEAN_TEXT, /* white space is spaces, marks of raw inlines stay */
	CLEAN_LINE, /* the same, hidden definitions come back */
	CLEAN_CODE  /* likewise, and TAB and LF stay */
};

/* Appends text without control characters. */
void md_clean(struct buf *to, struct md *md, struct str text, enum clean how);

/* Takes the spaces off both ends of a list of inlines that is not empty. */
void md_trim(struct inl *first);

/* Raw inlines to finished ones: HTML, strikethrough, footnote marks, bare
 * addresses. Returns the new first. */
struct inl *md_finish(struct md *md, struct inl *first, int line);

/* --- md_html.c --- */

/* Takes the tags among the inlines for what they mean. Returns the first. */
struct inl *md_html_inlines(struct md *md, struct inl *first, int line);

/* Appends what a block of raw HTML says, as blocks. */
void md_html_block(struct md *md, struct block_list *to, struct str html,
    int line);

/* --- md_table.c --- */

/* Appends the blocks that a paragraph of raw inlines makes: itself, or a
 * table, or both. */
void md_paragraph(struct md *md, struct block_list *to, struct inl *first,
    int line);

/* --- md_mark.c --- */

/* The source with its escaped "~", "|" and "[" marked; into the buffer, which
 * is empty, or the text itself where there are none. */
struct str md_mark_escapes(struct buf *to, struct str text);

/* --- md_note.c --- */

/* Text with every "[^label]:" that begins a line hidden behind a mark, in the
 * shape of a list item, so that cmark finds what belongs to the footnote. The
 * buffer as above; labels point into text. */
struct str md_notes_hide(struct buf *to, struct md *md, struct str text);

/* The definition that a list item's first text stands for, or NULL. */
struct note *md_note_of(struct md *md, struct str text);

/* Once it is known which definitions are real: of a label's, the first of
 * those counts. What stands in code or in HTML is none. */
void md_notes_settle(struct md *md);

/* The footnote that "[^label]" at the beginning of text names, numbered if it
 * was not; *len is what it takes. NULL: none. */
struct note *md_note_ref(struct md *md, struct str text, size_t *len);

/* text begins with MARK_NOTE: appends what was written there, unless it is a
 * definition. Returns how many bytes the mark takes. */
size_t md_note_restore(struct buf *to, struct md *md, struct str text);

/* Numbers those that nothing mentions and appends all, in order. */
void md_notes_append(struct md *md, struct block_list *to);

/* --- md.c --- */

struct block *md_block(struct md *md, enum block_kind kind, int line);

/* Code as a block holds it: LF after each line, no control but TAB. */
struct str md_code_text(struct md *md, struct str text);

/* Appends text with its entities decoded, then cleaned. */
void md_entities(struct buf *to, struct md *md, struct str text,
    enum clean how);

void block_list_add(struct block_list *list, struct block *b);

#endif
