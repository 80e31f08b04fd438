/*
 * One page: front matter and where its Markdown begins. Pure: bytes in, a
 * struct out; which file it came from and where it is published is site.h's.
 * Keys and their meaning: capsule-page(7).
 */
#ifndef CONTENT_PAGE_H
#define CONTENT_PAGE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define PAGE_REMIND_MAX ((int64_t)365 * 86400) /* s before an event */

/* One edition of the conference, or any other event. */
struct page_event {
	bool present;
	struct date start;   /* as precise as it is known */
	struct date end;     /* DATE_NONE: not known */
	struct str timezone; /* of the time zone database; empty: UTC */
	struct str place;
	struct str host;     /* who hosted it */
	struct str summary;  /* what happened, one or two sentences */
	struct str cancelled; /* why; empty: it was not */
	struct str *remind;  /* durations before the start: "1d", "1h" */
	size_t reminds;
	struct str list;     /* who is reminded; never empty with reminds */
	int list_line;
};

struct page_talk {
	struct str title;
	struct str *speakers; /* `speaker:` takes one or a list */
	size_t speaker_count;
	struct str video;
	struct str slides;
	struct str summary;
	int line;
};

struct page_sponsor {
	struct str name;
	struct str url;
	struct str gave;
	int line;
};

struct page_option {
	struct str name; /* "S" */
	long stock;
};

struct page_offer {
	bool present;
	struct str item; /* "shirt" */
	struct page_option *options;
	size_t option_count;
	struct str *ask; /* which fields a claim has */
	size_t ask_count;
	struct date opens;
	struct date closes;
	bool many;       /* more than one claim a person */
	int line;
};

/* An old address of the page. */
struct page_alias {
	struct str path; /* absolute, percent-encoded */
	int line;
};

struct page {
	struct str title;
	struct str summary;
	struct str lang;      /* BCP 47; empty: the site's */
	struct str permalink; /* absolute path, percent-encoded; empty: none */
	struct date date;
	struct date updated;
	struct str *categories;
	size_t category_count;
	struct page_alias *aliases;
	size_t alias_count;
	bool draft;
	struct page_event event;
	struct page_talk *talks;
	size_t talk_count;
	struct page_sponsor *sponsors;
	size_t sponsor_count;
	struct page_offer offer;
	int permalink_line, updated_line; /* 0 where there is none */
	struct str body; /* Markdown, points into the text given */
	int body_line;   /* the line of the file that it begins on */
};

/*
 * Reads front matter when line 1 is exactly "---", up to "---" or "..."; else
 * all is body. text is UTF-8 (md_decode) and outlives the page. The error
 * begins with the line ("3: what"); unknown keys name the nearest known one.
 */
int page_parse(struct page *page, struct arena *a, struct str text,
    struct err *e);

#endif
