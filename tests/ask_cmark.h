/*
 * What a page says, by cmark's own tree and not by ours: its words, its links,
 * its raw HTML. What the renderers made of the page is held against it.
 */
#ifndef TESTS_ASK_CMARK_H
#define TESTS_ASK_CMARK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct strs {
	struct str *list;
	size_t count;
};

void strs_add(struct strs *s, struct arena *a, struct str one);
bool strs_has(const struct strs *s, struct str one);

/* Slices point into the arena. */
struct said {
	struct arena arena;
	struct strs words; /* of texts, code and alternative texts */
	struct strs links; /* repaired, as a page has them */
	struct strs raw;   /* words and addresses of raw HTML, if made up */
	struct buf text;   /* of texts and code, one behind the other */
	struct buf html;   /* likewise of raw HTML */
	bool has_html, has_code;
	bool has_notes; /* the caller says so: labels are no words then */
	size_t headings;
};

void ask_cmark(struct said *said, struct str text, bool has_notes);
void said_release(struct said *said);

#endif
