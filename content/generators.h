/*
 * What the generators of pages share: one page at a time is written into
 * text, then handed over. Each generator is one file and emits nothing where
 * it has nothing to say. Words from front matter go through md_escape, targets
 * through generator_target; there is no other way into a page.
 */
#ifndef CONTENT_GENERATORS_H
#define CONTENT_GENERATORS_H

#include "base/buf.h"
#include "base/err.h"
#include "content/catalog.h"
#include "content/generate.h"

#include <stdbool.h>
#include <stddef.h>

struct generator {
	struct catalog *c;
	int (*emit)(void *ctx, const struct generated *g, struct err *e);
	void *ctx;
	struct buf text; /* the page or data at hand */
	struct str *pages; /* paths of those handed over so far */
	size_t page_count;
};

/* Hands text over as the page, or the data, at a percent-encoded path, and
 * empties it. */
int generator_page(struct generator *g, struct str path, struct str title,
    struct err *e);
int generator_data(struct generator *g, struct str path, const char *mime,
    char type, struct err *e);

/* In the order in which generate_all calls them. */
int generator_history(struct generator *g, struct err *e);
int generator_talks(struct generator *g, struct err *e);
int generator_sponsors(struct generator *g, struct err *e);
int generator_news(struct generator *g, struct err *e);
int generator_categories(struct generator *g, struct err *e);
int generator_listings(struct generator *g, struct err *e);
int generator_calendars(struct generator *g, struct err *e);
int generator_wellknown(struct generator *g, struct err *e);

/* The entries for which is_wanted is true, ordered; NULL when memory runs out.
 * Lives in the catalog's arena. */
const struct entry **generator_select(struct catalog *c, size_t *count,
    bool (*is_wanted)(const struct entry *entry),
    int (*order)(const void *a, const void *b));

/* Pieces of Markdown. A paragraph ends in an empty line. */
void generator_heading(struct buf *md, int level, struct str text);
void generator_paragraph(struct buf *md, struct str text);
void generator_target(struct buf *md, struct str target);
/* "[before text](target)" */
void generator_link(struct buf *md, const char *before, struct str text,
    struct str target);
/* The same as a line of a list, "* [before text](target)". */
void generator_item(struct buf *md, const char *before, struct str text,
    struct str target);

/* When, where and by whom, and if it was called off: paragraphs. */
void generator_event(struct buf *md, const struct page_event *event);
/* Speakers, summary, links. */
void generator_talk(struct buf *md, const struct page_talk *talk);
void generator_sponsor(struct buf *md, const struct page_sponsor *sponsor);
/* "* 2025-01-05 - [title](path)": a dated link line, which clients that
 * subscribe to gemtext read. */
void generator_dated(struct buf *md, const struct entry *entry);

/* By its start, newest first; without one last. */
int generator_by_event(const void *a, const void *b);
/* Pages below news/, in entry_newer_first's order. */
const struct entry **generator_news_pages(struct catalog *c, size_t *count);
/* Where a category's page stands. Empty for a name without any letter. */
struct str generator_category_path(struct catalog *c, struct str name);
/* What the front page has below its text. */
void generator_front(struct buf *md, struct catalog *c);
/* Where an event's .ics stands; empty when it has none. */
struct str generator_calendar_path(struct catalog *c,
    const struct entry *entry);
/* "gemini://host:port", the port if it is not 1965. */
struct str generator_base(struct catalog *c);

#endif
