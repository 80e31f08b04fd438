/*
 * Markdown (CommonMark, pipe tables, strikethrough, footnotes) to a doc. The
 * only place that sees cmark. Never fails on any text; memory and size are
 * the only limits. Linear in the size of the input whatever it is, but where
 * cmark is not: 0.30.2 goes through all open "![" again whenever a link ends.
 *
 * cmark ends the process when memory runs out: call this where that can be
 * borne (building a site, a command), not in what must go on.
 */
#ifndef CONTENT_MD_H
#define CONTENT_MD_H

#include "base/arena.h"
#include "base/err.h"
#include "content/doc.h"

#define MD_SIZE_MAX ((size_t)64 << 20)

/*
 * Says where a target as it is written leads. Fills link, whose slices live
 * as long as the arena; may report a fault about line. Never fails: a target
 * that leads nowhere is LINK_NONE.
 */
struct link_resolver {
	void (*resolve)(void *ctx, struct arena *a, struct str target,
	    int line, struct link *link);
	void *ctx;
};

struct md_options {
	int first_line; /* the line of its file that the text begins on */
	/* NULL: targets stay as written (link_resolve_plain in link.h). */
	const struct link_resolver *resolver;
	/* Called for each image without alternative text; may be NULL. */
	void (*no_alt)(void *ctx, int line);
	void *ctx;
};

/*
 * Brings a file's bytes to UTF-8 first: a BOM goes, UTF-16 with a BOM is read
 * as such, bytes that are not UTF-8 are read as Windows-1252 (*guessed).
 * The result points into text or the arena.
 */
int md_decode(struct str *utf8, bool *guessed, struct arena *a,
    struct str text, struct err *e);

/* utf8 must live as long as the doc. ERR_LIMIT over MD_SIZE_MAX. */
int md_parse(struct doc *doc, struct arena *a, struct str utf8,
    const struct md_options *options, struct err *e);

/* Appends text so that Markdown reads it as these words and nothing else:
 * for pages that the program writes. Line ends become spaces. */
struct buf;
void md_escape(struct buf *to, struct str text);

#endif
