/*
 * Puts one page together while the site is built: what is generated before
 * its text, the text, what is generated after it, into one doc; renders that
 * for every protocol; hands its words to the search. Memory for a page is
 * taken and given back with it; what stays is an exact copy of each output.
 */
#ifndef CONTENT_ASSEMBLE_H
#define CONTENT_ASSEMBLE_H

#include "base/buf.h"
#include "content/catalog.h"
#include "content/doc.h"
#include "content/image.h"
#include "content/places.h"
#include "content/render.h"
#include "content/resolve.h"

/* What the site adds to a page, as Markdown; see generate.h. */
struct additions {
	struct str before, own, after;
};

struct assemble {
	struct site *site;
	struct faults *faults;
	const struct places *withheld; /* see resolve.h */
	bool *linked;                  /* likewise */
	struct arena *keep;            /* of the outputs */
	bool has_words;                /* the search wants them */
	struct buf gemtext, menu, text, words; /* one page's, reused */
	struct arena scratch;                  /* likewise */
	size_t names; /* so much of words is who speaks, on what, categories */
};

/* Sets up what is reused; the rest is the caller's to fill in. */
void assemble_init(struct assemble *as);
void assemble_release(struct assemble *as);

/* The page of somebody's file, which is item `at`. If has_words, words has
 * those of the page afterwards. */
int assemble_entry(struct assemble *as, uint32_t at,
    const struct entry *entry, const struct additions *additions,
    struct err *e);
/* A generated page. */
int assemble_generated(struct assemble *as, uint32_t at, struct str markdown,
    struct err *e);

/* A page of somebody's file that is wanted in other formats: its doc without
 * the way to other pages, which lives in the arena, and what stands above it. r
 * finds where its links lead, and has the faults of its own text; no_alt as in
 * md_options. */
int assemble_doc(struct doc *doc, struct arena *a, const struct entry *entry,
    const struct additions *additions, struct resolver *r,
    void (*no_alt)(void *ctx, int line), struct err *e);
void assemble_head(
    struct render_head *head, struct arena *a, const struct entry *entry);

#endif
