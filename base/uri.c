#include "base/uri.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define PORT_MAX 65535

/* Where a character may stand, by RFC 3986, appendix A. */
enum {
	UNRESERVED = 1, /* section 2.3 */
	SUB_DELIM = 2, /* section 2.2 */
	COLON = 4,
	AT = 8,
	SLASH = 16,
	QUESTION = 32,
	HIGH = 64 /* over 0x7f, UTF-8: a liberty of Gemini */
};

#define USERINFO (UNRESERVED | SUB_DELIM | COLON)
#define REG_NAME (UNRESERVED | SUB_DELIM)
#define PCHAR (UNRESERVED | SUB_DELIM | COLON | AT)
#define PATH (PCHAR | SLASH)
#define QUERY (PCHAR | SLASH | QUESTION)

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0 for what may stand nowhere as itself. "%", "[", "]" and "#" are such. */
static int
class_of(char c)
{
	if (is_alpha(c) || is_digit(c))
		return UNRESERVED;
	switch (c) {
	case '-':
	case '.':
	case '_':
	case '~':
		return UNRESERVED;
	case '!':
	case '$':
	case '&':
	case '\'':
	case '(':
	case ')':
	case '*':
	case '+':
	case ',':
	case ';':
	case '=':
		return SUB_DELIM;
	case ':':
		return COLON;
	case '@':
		return AT;
	case '/':
		return SLASH;
	case '?':
		return QUESTION;
	default:
		return (unsigned char)c > 0x7f ? HIGH : 0;
	}
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the "%XX" at i stands for, or -1. */
static int
percent_at(struct str s, size_t i)
{
	int high, low;

	if (s.n - i < 3 || s.p[i] != '%')
		return -1;
	high = hex_digit(s.p[i + 1]);
	low = hex_digit(s.p[i + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static int
check_high(struct str s, size_t *i, const char *what, struct err *e)
{
	struct str rest = str_sub(s, *i, s.n);
	int32_t cp = str_next_utf8(&rest);

	if (cp < 0xa0)
		return err_set(e, ERR_INPUT,
		    "the %s of an address has bytes that are not text in UTF-8",
		    what);
	*i = s.n - rest.n;
	return 0;
}

static int
check(struct str s, int allowed, const char *what, struct err *e)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		int class = class_of(s.p[i]);

		if (c == '%') {
			if (percent_at(s, i) < 0)
				return err_set(e, ERR_INPUT,
				    "the %s of an address has a \"%%\" without "
				    "two hexadecimal digits behind it",
				    what);
			i += 3;
		} else if ((class & allowed) == 0) {
			return err_set(e, ERR_INPUT,
			    "the %s of an address has a character that must "
			    "be written as %%%02X",
			    what, c);
		} else if (class == HIGH) {
			if (check_high(s, &i, what, e) != 0)
				return -1;
		} else {
			i++;
		}
	}
	return 0;
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), section 3.1. */
static bool
is_scheme(struct str s)
{
	if (s.n == 0 || !is_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_alpha(s.p[i]) && !is_digit(s.p[i]) &&
		    (s.p[i] == '\0' || strchr("+-.", s.p[i]) == NULL))
			return false;
	return true;
}

static size_t
span_until(struct str s, const char *any)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == '\0' || strchr(any, s.p[n]) == NULL))
		n++;
	return n;
}

static struct str
take(struct str *rest, size_t n)
{
	struct str piece = str_sub(*rest, 0, n);

	*rest = str_sub(*rest, n, rest->n);
	return piece;
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ), section 3.2.2. */
static bool
is_future_address(struct str s)
{
	ptrdiff_t dot = str_chr(s, '.');

	if (dot < 2 || (s.p[0] | 0x20) != 'v' || (size_t)dot + 1 == s.n)
		return false;
	for (size_t i = 1; i < (size_t)dot; i++)
		if (hex_digit(s.p[i]) < 0)
			return false;
	for (size_t i = (size_t)dot + 1; i < s.n; i++)
		if ((class_of(s.p[i]) & USERINFO) == 0)
			return false;
	return true;
}

static bool
is_ipv6(struct str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (s.n == 0 || s.n >= sizeof text || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* host [ ":" port ] where the host is in brackets. */
static int
parse_literal(struct uri *u, struct str s, struct err *e)
{
	ptrdiff_t end = str_chr(s, ']');

	if (end >= 0)
		u->host = str_sub(s, 1, (size_t)end - 1);
	if (end < 0 || (!is_ipv6(u->host) && !is_future_address(u->host)))
		return err_set(e, ERR_INPUT,
		    "what stands in \"[...]\" in an address must be an IPv6 "
		    "address");
	s = str_sub(s, (size_t)end + 1, s.n);
	if (s.n > 0 && s.p[0] != ':')
		return err_set(e, ERR_INPUT,
		    "only a port may follow \"[...]\" in an address");
	u->port = str_sub(s, 1, s.n);
	return 0;
}

static int
parse_authority(struct uri *u, struct str s, struct err *e)
{
	ptrdiff_t at = str_chr(s, '@');
	ptrdiff_t colon;

	u->has_authority = true;
	if (at >= 0) {
		u->has_userinfo = true;
		u->userinfo = str_sub(s, 0, (size_t)at);
		s = str_sub(s, (size_t)at + 1, s.n);
		if (check(u->userinfo, USERINFO, "user", e) != 0)
			return -1;
	}
	if (s.n > 0 && s.p[0] == '[') {
		if (parse_literal(u, s, e) != 0)
			return -1;
	} else {
		colon = str_chr(s, ':');
		u->host = colon < 0 ? s : str_sub(s, 0, (size_t)colon);
		if (colon >= 0)
			u->port = str_sub(s, (size_t)colon + 1, s.n);
		if (check(u->host, REG_NAME, "host", e) != 0)
			return -1;
	}
	if (u->port.n > 0 && str_number(u->port, PORT_MAX) < 0)
		return err_set(e, ERR_INPUT,
		    "the port of an address must be a number up to %d",
		    PORT_MAX);
	return 0;
}

/* path [ "?" query ] [ "#" fragment ] */
static int
parse_rest(struct uri *u, struct str s, struct err *e)
{
	u->path = take(&s, span_until(s, "?#"));
	if (s.n > 0 && s.p[0] == '?') {
		u->has_query = true;
		take(&s, 1);
		u->query = take(&s, span_until(s, "#"));
	}
	if (s.n > 0) {
		u->has_fragment = true;
		u->fragment = str_sub(s, 1, s.n);
	}
	if (check(u->path, PATH | HIGH, "path", e) != 0 ||
	    check(u->query, QUERY | HIGH, "query", e) != 0)
		return -1;
	return check(u->fragment, QUERY | HIGH, "fragment", e);
}

int
uri_parse(struct uri *u, struct str text, struct err *e)
{
	struct str s = text;
	size_t n = span_until(s, ":/?#");

	*u = (struct uri){0};
	/* A colon in the first segment ends a scheme and nothing else:
	 * path-noscheme in section 4.2. */
	if (n < s.n && s.p[n] == ':') {
		u->scheme = take(&s, n);
		take(&s, 1);
		if (!is_scheme(u->scheme))
			return err_set(e, ERR_INPUT,
			    "what stands before the \":\" of an address must "
			    "be a scheme such as gemini");
	}
	if (str_starts(s, STR("//"))) {
		take(&s, 2);
		if (parse_authority(u, take(&s, span_until(s, "/?#")), e) != 0)
			return -1;
	}
	return parse_rest(u, s, e);
}

int
uri_decode(struct buf *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' && percent_at(s, i) < 0)
			return -1;
	while (s.n > 0) {
		int byte = percent_at(s, 0);

		buf_putc(to, byte >= 0 ? (char)byte : s.p[0]);
		take(&s, byte >= 0 ? 3 : 1);
	}
	return 0;
}

static void
put_encoded(struct buf *to, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)c;
	char text[3] = {'%', digits[u >> 4], digits[u & 15]};

	buf_append(to, text, sizeof text);
}

/* All of s, encoded but for the allowed classes. */
static void
encode(struct buf *to, struct str s, int allowed)
{
	while (s.n > 0) {
		size_t n = 0;

		while (n < s.n && (class_of(s.p[n]) & allowed) != 0)
			n++;
		buf_str(to, take(&s, n));
		if (s.n > 0)
			put_encoded(to, *take(&s, 1).p);
	}
}

void
uri_encode(struct buf *to, struct str s)
{
	encode(to, s, UNRESERVED);
}

void
uri_encode_path(struct buf *to, struct str s)
{
	encode(to, s, PATH);
}

/* As encode, but a "%XX" is left as it is. */
static void
repair(struct buf *to, struct str s, int allowed)
{
	while (s.n > 0) {
		size_t n = span_until(s, "%");

		encode(to, take(&s, n), allowed);
		if (s.n == 0)
			return;
		if (percent_at(s, 0) >= 0)
			buf_str(to, take(&s, 3));
		else
			put_encoded(to, *take(&s, 1).p);
	}
}

static void
repair_authority(struct buf *to, struct str s)
{
	ptrdiff_t at = str_rchr(s, '@');
	ptrdiff_t end;

	if (at >= 0) {
		repair(to, take(&s, (size_t)at), USERINFO);
		buf_str(to, take(&s, 1));
	}
	end = str_rchr(s, ']');
	if (s.n > 0 && s.p[0] == '[' && end > 0) {
		buf_putc(to, '[');
		repair(to, str_sub(s, 1, (size_t)end - 1), USERINFO);
		buf_putc(to, ']');
		take(&s, (size_t)end + 1);
	}
	repair(to, s, REG_NAME | COLON);
}

void
uri_repair(struct buf *to, struct str s)
{
	size_t n = span_until(s, ":/?#");
	bool has_colon = n < s.n && s.p[n] == ':';

	if (has_colon && is_scheme(str_sub(s, 0, n))) {
		buf_str(to, take(&s, n + 1));
		has_colon = false;
	}
	if (str_starts(s, STR("//"))) {
		buf_str(to, take(&s, 2));
		repair_authority(to, take(&s, span_until(s, "/?#")));
	} else if (has_colon) {
		/* No scheme, so its first segment may have no colon. */
		repair(to, take(&s, span_until(s, "/?#")), PCHAR & ~COLON);
	}
	repair(to, take(&s, span_until(s, "?#")), PATH);
	if (s.n > 0 && s.p[0] == '?') {
		buf_str(to, take(&s, 1));
		repair(to, take(&s, span_until(s, "#")), QUERY);
	}
	if (s.n > 0) {
		buf_str(to, take(&s, 1));
		repair(to, s, QUERY);
	}
}

/* 1 for ".", 2 for "..", 0 for any other segment. */
static int
count_dots(struct str segment)
{
	int dots = 0;

	while (segment.n > 0) {
		if (segment.p[0] == '.')
			take(&segment, 1);
		else if (percent_at(segment, 0) == '.')
			take(&segment, 3);
		else
			return 0;
		if (++dots > 2)
			return 0;
	}
	return dots;
}

/* Without its last segment and the slash before that. */
static void
cut_segment(struct buf *to, size_t start)
{
	struct str made = str_sub(buf_slice(to), start, to->len);
	ptrdiff_t slash = str_rchr(made, '/');

	buf_cut(to, start + (slash > 0 ? (size_t)slash : 0));
}

void
uri_remove_dots(struct buf *to, struct str path)
{
	size_t start = to->len;

	/* Each turn takes one segment with the slash before it, as 2E does. */
	while (path.n > 0) {
		bool has_slash = path.p[0] == '/';
		struct str name = str_sub(path, has_slash, path.n);
		struct str whole;
		int dots;

		name = str_sub(name, 0, span_until(name, "/"));
		whole = take(&path, has_slash + name.n);
		dots = count_dots(name);
		if (dots == 0) {
			buf_str(to, whole);
			continue;
		}
		if (!has_slash) {
			/* 2A and 2D: dots at the start of a relative path. */
			take(&path, 1);
			continue;
		}
		if (dots == 2)
			cut_segment(to, start);
		if (path.n == 0)
			buf_putc(to, '/');
	}
}

/* The path of a reference that does not begin with a slash, with what the
 * base has up to its last one (section 5.2.3) before it. */
static int
merge(struct buf *to, const struct uri *base, struct str path, struct err *e)
{
	ptrdiff_t slash = str_rchr(base->path, '/');
	struct buf joined;
	int rc;

	buf_init(&joined, base->path.n + path.n + 1);
	if (base->has_authority && base->path.n == 0)
		buf_putc(&joined, '/');
	buf_str(&joined, str_sub(base->path, 0, (size_t)(slash + 1)));
	buf_str(&joined, path);
	rc = buf_ok(&joined, "an address", e);
	uri_remove_dots(to, buf_slice(&joined));
	buf_release(&joined);
	return rc;
}

static void
put_authority(struct buf *to, const struct uri *u)
{
	/* An address in brackets, which parsing left just outside. */
	bool is_literal = u->host.n > 0 && u->host.p[-1] == '[';

	if (!u->has_authority)
		return;
	buf_puts(to, "//");
	if (u->has_userinfo) {
		buf_str(to, u->userinfo);
		buf_putc(to, '@');
	}
	if (is_literal)
		buf_putc(to, '[');
	buf_str(to, u->host);
	if (is_literal)
		buf_putc(to, ']');
	if (u->port.n > 0) {
		buf_putc(to, ':');
		buf_str(to, u->port);
	}
}

static int
resolve_path(struct buf *to, const struct uri *base, const struct uri *ref,
    struct err *e)
{
	if (ref->scheme.n > 0 || ref->has_authority ||
	    str_starts(ref->path, STR("/")))
		uri_remove_dots(to, ref->path);
	else if (ref->path.n == 0)
		buf_str(to, base->path);
	else
		return merge(to, base, ref->path, e);
	return 0;
}

/* A path that would be read as something else where it stands gets a "." in
 * front: "//x" where there is no authority, "a:b" where there is no scheme. */
static void
put_path(struct buf *to, struct str path, bool has_scheme, bool has_authority)
{
	size_t n = span_until(path, ":/");

	if (!has_authority && str_starts(path, STR("//")))
		buf_puts(to, "/.");
	else if (!has_scheme && !has_authority && n < path.n &&
	    path.p[n] == ':')
		buf_puts(to, "./");
	buf_str(to, path);
}

static int
resolve(struct buf *to, const struct uri *base, const struct uri *ref,
    struct err *e)
{
	const struct uri *scheme = ref->scheme.n > 0 ? ref : base;
	const struct uri *authority =
	    ref->scheme.n > 0 || ref->has_authority ? ref : base;
	bool is_same_path = authority == base && ref->path.n == 0;
	const struct uri *query = is_same_path && !ref->has_query ? base : ref;
	struct buf path;
	int rc;

	buf_init(&path, base->path.n + ref->path.n + 1);
	rc = resolve_path(&path, base, ref, e);
	if (rc == 0)
		rc = buf_ok(&path, "an address", e);
	if (scheme->scheme.n > 0) {
		buf_str(to, scheme->scheme);
		buf_putc(to, ':');
	}
	put_authority(to, authority);
	put_path(to, buf_slice(&path), scheme->scheme.n > 0,
	    authority->has_authority);
	buf_release(&path);
	if (query->has_query) {
		buf_putc(to, '?');
		buf_str(to, query->query);
	}
	if (ref->has_fragment) {
		buf_putc(to, '#');
		buf_str(to, ref->fragment);
	}
	return rc;
}

int
uri_resolve(struct buf *to, struct str base, struct str ref, struct err *e)
{
	struct uri b, r;

	if (uri_parse(&b, base, e) != 0 || uri_parse(&r, ref, e) != 0)
		return -1;
	return resolve(to, &b, &r, e);
}
