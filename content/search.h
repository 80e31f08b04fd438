/*
 * Full-text search over a site: SQLite's FTS5, built once with the site into
 * bytes, opened read-only over the same bytes by whoever answers. Only
 * search.c sees SQLite in this folder.
 */
#ifndef CONTENT_SEARCH_H
#define CONTENT_SEARCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

struct search_builder;

int search_builder_new(struct search_builder **b, struct err *e);
void search_builder_free(struct search_builder *b);

/* One page: its address, its title, who speaks and on what and what else it is
 * filed under, and its text. */
int search_builder_add(struct search_builder *b, struct str path,
    struct str selector, struct str title, struct str people, struct str text,
    struct err *e);

/* The finished index, to be given back to search_index_free. The builder has
 * done its work and can only be freed. */
int search_builder_finish(struct search_builder *b, char **bytes, size_t *len,
    struct err *e);
void search_index_free(char *bytes);

struct search;

/* bytes outlive the search and are never written to. Opens no file and starts
 * no thread: it may be called in a process that may do neither. A search
 * belongs to one process and one thread. */
int search_open(struct search **s, struct str bytes, struct err *e);
void search_close(struct search *s);

struct search_hit {
	struct str path;
	struct str selector;
	struct str title;
	struct str context; /* one line around the match, plain text */
};

/*
 * The best hits first, at most max. The query is words, prefixes ("prob*"; the
 * last word is one anyway from three letters on) and "quoted phrases", without
 * regard to case and accents; one that does not parse is searched as plain
 * words, and an empty one finds nothing. A hit has all of them; where no page
 * has, any of them. Words after the twelfth are not looked for. *total counts
 * all hits. Hits live in the arena.
 */
int search_query(struct search *s, struct arena *a, struct str query,
    struct search_hit *hits, size_t max, size_t *count, size_t *total,
    struct err *e);

#endif
