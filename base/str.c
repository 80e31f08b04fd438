#include "base/str.h"

#include <string.h>
#include <strings.h>

struct str
str_of(const char *cstr)
{
	return (struct str){cstr, cstr != NULL ? strlen(cstr) : 0};
}

struct str
str_sub(struct str s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct str){s.p != NULL ? s.p + from : NULL, n};
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str a, const char *b)
{
	return str_eq(a, str_of(b));
}

bool
str_eq_nocase(struct str a, struct str b)
{
	return a.n == b.n && str_starts_nocase(a, b);
}

bool
str_starts(struct str s, struct str prefix)
{
	return str_eq(str_sub(s, 0, prefix.n), prefix);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool
str_starts_nocase(struct str s, struct str prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (lower(s.p[i]) != lower(prefix.p[i]))
			return false;
	return true;
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	    str_eq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static ptrdiff_t
find_short(struct str s, struct str needle)
{
	const char *at = s.p, *end = s.p + (s.n - needle.n + 1);

	while (at < end &&
	    (at = memchr(at, needle.p[0], (size_t)(end - at))) != NULL) {
		if (memcmp(at, needle.p, needle.n) == 0)
			return at - s.p;
		at++;
	}
	return -1;
}

ptrdiff_t
str_find(struct str s, struct str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return -1;
	/* Marks of a few bytes are what is mostly looked for, and mostly not
	 * there: their first byte is found sooner. */
	if (needle.n <= 4)
		return find_short(s, needle);
	at = memmem(s.p, s.n, needle.p, needle.n);
	return at != NULL ? at - s.p : -1;
}

ptrdiff_t
str_chr(struct str s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? at - s.p : -1;
}

ptrdiff_t
str_rchr(struct str s, char c)
{
	const char *at = s.n > 0 ? memrchr(s.p, c, s.n) : NULL;

	return at != NULL ? at - s.p : -1;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_next(struct str *rest, char sep, struct str *piece)
{
	ptrdiff_t at;

	if (rest->p == NULL)
		return false;
	at = str_chr(*rest, sep);
	if (at < 0) {
		*piece = *rest;
		*rest = (struct str){NULL, 0};
		return true;
	}
	*piece = str_sub(*rest, 0, (size_t)at);
	*rest = str_sub(*rest, (size_t)at + 1, rest->n);
	return true;
}

bool
str_next_line(struct str *rest, struct str *line)
{
	size_t n = 0, end;

	if (rest->n == 0)
		return false;
	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*line = str_sub(*rest, 0, n);
	end = n;
	if (end < rest->n && rest->p[end] == '\r')
		end++;
	if (end < rest->n && rest->p[end] == '\n' &&
	    (end == n || rest->p[end - 1] == '\r'))
		end++;
	*rest = str_sub(*rest, end, rest->n);
	return true;
}

int64_t
str_number(struct str s, int64_t max)
{
	int64_t v = 0;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9 || digit > max ||
		    v > (max - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	return v;
}

uint64_t
str_hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h;
}

/* The length that a lead byte announces, with the least and the largest
 * second byte that RFC 3629, section 4, allows after it. */
static size_t
utf8_lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
	*lo = 0x80;
	*hi = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		if (c == 0xe0)
			*lo = 0xa0;
		if (c == 0xed)
			*hi = 0x9f;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (c == 0xf0)
			*lo = 0x90;
		if (c == 0xf4)
			*hi = 0x8f;
		return 4;
	}
	return 0;
}

int32_t
str_next_utf8(struct str *rest)
{
	const unsigned char *u = (const unsigned char *)rest->p;
	unsigned char lo, hi;
	int32_t cp;
	size_t n;

	if (rest->n == 0)
		return -1;
	if (u[0] < 0x80) {
		*rest = str_sub(*rest, 1, rest->n);
		return u[0];
	}
	n = utf8_lead(u[0], &lo, &hi);
	if (n == 0 || rest->n < n || u[1] < lo || u[1] > hi)
		goto broken;
	cp = u[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			goto broken;
		cp = cp << 6 | (u[i] & 0x3f);
	}
	*rest = str_sub(*rest, n, rest->n);
	return cp;
broken:
	*rest = str_sub(*rest, 1, rest->n);
	return -1;
}

bool
str_is_utf8(struct str s)
{
	while (s.n > 0) {
		/* Eight ASCII bytes at a time: most text is. */
		uint64_t word;

		while (s.n >= 8) {
			memcpy(&word, s.p, 8);
			if ((word & 0x8080808080808080u) != 0)
				break;
			s.p += 8;
			s.n -= 8;
		}
		if (s.n > 0 && str_next_utf8(&s) < 0)
			return false;
	}
	return true;
}

bool
str_has_control(struct str s)
{
	while (s.n > 0) {
		int32_t cp = str_next_utf8(&s);

		if (cp < 0 || cp == 0x7f || (cp >= 0x80 && cp < 0xa0) ||
		    (cp < 0x20 && cp != '\n' && cp != '\t'))
			return true;
	}
	return false;
}

bool
str_eq_secret(struct str a, struct str b)
{
	volatile unsigned char diff = a.n != b.n;

	if (diff)
		return false;
	for (size_t i = 0; i < a.n; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}
