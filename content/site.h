/*
 * The published site: every page, generated page, feed and file with its
 * addresses, rendered for both protocols before the first visitor. Immutable
 * once loaded; a reload makes another and swaps the whole.
 *
 * It knows no socket. A lookup is a hash probe and gives borrowed bytes that
 * live as long as the site; a file is given by its name below the pages
 * folder, for the server to open beneath it (file_open_beneath).
 */
#ifndef CONTENT_SITE_H
#define CONTENT_SITE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct site;

/* All slices are copied. */
struct site_options {
	struct str pages;  /* folder of the pages, as the configuration says */
	struct str title;
	struct str host;
	struct str lang;   /* of pages that say none; "en" by default */
	int gemini_port;   /* 1965 is left out of addresses */
	int gopher_port;   /* 0: no Gopher */
	struct str favicon; /* one emoji; empty: none */
	struct str security; /* /.well-known/security.txt; empty: none */
	bool has_forms;    /* subscribing and claiming are offered */
	bool has_search;   /* false for a static build, where nothing answers */
	size_t file_max;   /* a Markdown file over this is an error */
	int64_t now;       /* pages dated later wait */
	struct str shown;  /* a file below pages that is published though it is
	                    * a draft or waits; empty: none */
};

/* As the configuration has it, whose the slices are; whoever serves, checks
 * and mails loads the same site. */
struct conf;
struct conf_site;
struct site_options site_options_of(const struct conf *conf,
    const struct conf_site *site, int64_t now);

/*
 * Reads the folder and builds the site. Faults are collected whether it
 * succeeds or not; 0 with errors among them never happens: then it is -1, and
 * e says how many there are. Files are visited in the order of their names,
 * so that the same folder gives the same bytes.
 */
int site_load(struct site **site, const struct site_options *options,
    struct faults *faults, struct err *e);
void site_free(struct site *site);

/* When a page that waits for its date, or an event that will be over, changes
 * the site next; INT64_MAX: never. */
int64_t site_next_change(const struct site *site);

enum protocol { PROTOCOL_GEMINI, PROTOCOL_GOPHER };

enum answer_kind {
	ANSWER_NONE,     /* nothing is published there */
	ANSWER_BYTES,    /* bytes, of type mime */
	ANSWER_FILE,     /* file, size at load, of type mime */
	ANSWER_REDIRECT, /* target, for good or not */
	ANSWER_SEARCH,   /* the search form and its results */
	ANSWER_FORM      /* a form that the mail desk answers */
};

struct answer {
	enum answer_kind kind;
	struct str bytes;
	struct str mime;     /* "text/gemini; charset=utf-8; lang=en", whole */
	char type;           /* Gopher item type */
	struct str file;     /* below the pages folder, NUL-terminated */
	uint64_t size;
	struct str offer;    /* BYTES of a page with an open offer: the desk's
	                      * path that says what is left; else empty */
	struct str target;   /* absolute path, percent-encoded */
	bool is_permanent;
};

/*
 * What stands at a path (GEMINI: percent-decoded, dots removed, begins with
 * "/") or selector (GOPHER: as sent, "" is the root). false: ANSWER_NONE.
 */
bool site_lookup(const struct site *site, enum protocol protocol,
    struct str path, struct answer *answer);

/*
 * What to offer where nothing was found: appends the nearest address, for
 * GEMINI a percent-encoded path, for GOPHER the selector of a page's menu, or
 * nothing when none is near. Its cost is bounded whatever is asked for.
 */
void site_suggest(const struct site *site, enum protocol protocol,
    struct str path, struct buf *best);

/*
 * Renders Markdown that is made while serving (search results, a form's page)
 * for a protocol, its links resolved as on any page of the site.
 */
int site_render(struct buf *to, const struct site *site,
    enum protocol protocol, struct str title, struct str markdown,
    struct err *e);

/* The type of what site_render gives for GEMINI. */
struct str site_mime(const struct site *site);

/* The search index built with the site, for search_open; empty without. */
struct str site_index(const struct site *site);

/* Descriptor of the pages folder, opened at load, for file_open_beneath. */
int site_dir(const struct site *site);

/* Every address with its bytes or file, in the order of the addresses: for a
 * static build and for checks. Stops when visit returns nonzero, and returns
 * that. */
int site_each(const struct site *site, enum protocol protocol,
    int (*visit)(void *ctx, struct str path, const struct answer *answer),
    void *ctx);

/* Figures for the log and the bench. */
struct site_figures {
	size_t pages;
	size_t files;
	size_t bytes; /* memory held */
};
void site_figures(const struct site *site, struct site_figures *figures);

#endif
