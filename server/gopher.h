/*
 * A Gopher request taken apart (RFC 1436, section 2) and the few things a
 * server says by itself: items, errors, the page behind a "URL:" selector.
 * Pure: what stands at a selector is route.h's question.
 *
 * Refuses a selector over 255 bytes (RFC 1436, section 3.9), a line over
 * 1024, control bytes, and bytes that are not UTF-8.
 */
#ifndef SERVER_GOPHER_H
#define SERVER_GOPHER_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define GOPHER_SELECTOR_MAX 255
#define GOPHER_LINE_MAX 1024
#define GOPHER_REQUEST_MAX (GOPHER_LINE_MAX + 2) /* with its CRLF */

/* Slices point into the line. */
struct gopher_request {
	struct str selector; /* as sent; "" and "/" are both the root */
	struct str search;   /* what was typed, for type 7 */
	bool has_search;     /* a TAB was sent, and no Gopher+ mark behind it */
};

/*
 * Looks for the line's end, CRLF or a bare LF, as gemini_request_end does. 1:
 * *line is the request; 0: more has to come; -1: *why says what is wrong.
 */
int gopher_request_end(struct str *line, struct str bytes, size_t *seen,
    const char **why);

/* 0, or -1 and what is wrong, one sentence of at most 60 bytes. A last field
 * that is "$", "+" or "!" is Gopher+'s and ignored. */
int gopher_request_parse(struct gopher_request *r, struct str line,
    const char **why);

/* Appends one menu line with all its TABs. Control characters and bytes that
 * are not UTF-8 are left out of label and selector. */
void gopher_item(struct buf *to, char type, struct str label,
    struct str selector, struct str host, int port);

/* Is this a "URL:" (or "/URL:") selector? *url is what follows. */
bool gopher_url(struct str *url, struct str selector);

/* Appends the HTML page that leads on to url, everything escaped. -1, with
 * nothing appended, unless it is a URI of http, https, gemini, gopher, mailto
 * or ftp. */
int gopher_url_page(struct buf *to, struct str url);

#endif
