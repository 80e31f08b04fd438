/*
 * A slice borrows: bytes that somebody else owns, of known length, without a
 * final NUL. The zero slice {NULL, 0} is empty. Whoever keeps a slice says
 * what it points into.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p
/* A slice of a string literal. */
#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})

struct str str_of(const char *cstr); /* NULL gives the empty slice */
struct str str_sub(struct str s, size_t from, size_t n); /* clamped */

bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int str_cmp(struct str a, struct str b); /* by byte, as memcmp */

/* Index of the first, or -1. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_chr(struct str s, char c);
ptrdiff_t str_rchr(struct str s, char c);

/* Without ASCII white space (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* Takes the next piece up to sep out of *rest, sep itself dropped. false when
 * nothing was left. An empty piece counts. */
bool str_next(struct str *rest, char sep, struct str *piece);

/* The same by lines: LF, CRLF or CR end one; the end is not in the piece. */
bool str_next_line(struct str *rest, struct str *line);

/* Decimal digits only, at most max; -1 for anything else. */
int64_t str_number(struct str s, int64_t max);

/* FNV-1a, for tables; not for secrets. */
uint64_t str_hash(struct str s);

/*
 * UTF-8 by RFC 3629: no overlong form, no surrogate, nothing over U+10FFFF.
 * str_next_utf8 takes one code point out of *rest; a byte that begins none is
 * taken by itself and given as -1.
 */
bool str_is_utf8(struct str s);
int32_t str_next_utf8(struct str *rest);

/* Control characters (C0, DEL and C1, but not LF and TAB) and bytes that are
 * not UTF-8 have no place in a line that people read. */
bool str_has_control(struct str s);

/* Constant time, for tokens; unequal lengths are unequal. */
bool str_eq_secret(struct str a, struct str b);

#endif
