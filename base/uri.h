/*
 * Uniform Resource Identifiers by RFC 3986: taking apart, percent-coding,
 * resolving. Pure; slices point into the input.
 */
#ifndef BASE_URI_H
#define BASE_URI_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* A component that is absent is empty; the flags tell an empty one (a lone
 * "?") from an absent one. host is without the brackets of an IP literal. */
struct uri {
	struct str scheme;
	struct str userinfo;
	struct str host;
	struct str port;
	struct str path;
	struct str query;
	struct str fragment;
	bool has_authority;
	bool has_userinfo;
	bool has_query;
	bool has_fragment;
};

/*
 * Takes a URI or a relative reference apart, strictly: only characters that
 * RFC 3986 allows where they stand, every "%" followed by two hexadecimal
 * digits, a port of digits up to 65535 or empty. As a liberty that Gemini
 * takes, bytes of valid UTF-8 over 0x7f may stand in path, query and fragment.
 */
int uri_parse(struct uri *u, struct str text, struct err *e);

/* Appends s with every %XX decoded. -1 on a "%" without two digits, with
 * nothing appended. */
int uri_decode(struct buf *to, struct str s);

/* Appends a path segment or a query value: all but unreserved characters is
 * encoded. */
void uri_encode(struct buf *to, struct str s);

/* Appends a path: as uri_encode, with "/" and what a segment allows kept. */
void uri_encode_path(struct buf *to, struct str s);

/* Appends a whole URI as somebody typed it: what RFC 3986 forbids is encoded,
 * a valid %XX stays, so that a URI that was right is unchanged. */
void uri_repair(struct buf *to, struct str s);

/* Appends path without "." and ".." segments (section 5.2.4); it never climbs
 * above its root. Encoded dots count as dots. */
void uri_remove_dots(struct buf *to, struct str path);

/* Appends the target of ref as seen from base (section 5.2.2). */
int uri_resolve(struct buf *to, struct str base, struct str ref,
    struct err *e);

#endif
