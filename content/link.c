#include "content/link.h"

#include "base/uri.h"

#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool
is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3986, section 3.1; the length without the colon, or 0. */
static size_t
scan_scheme(struct str s)
{
	size_t n = 0;

	if (s.n == 0 || !is_letter(s.p[0]))
		return 0;
	while (n < s.n &&
	    (is_letter(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '+' ||
		s.p[n] == '-' || s.p[n] == '.'))
		n++;
	return n < s.n && s.p[n] == ':' ? n : 0;
}

/* Schemes whose targets are code or data and no place. */
static bool
is_no_place(struct str scheme)
{
	static const char *const names[] = {
	    "about", "blob", "data", "javascript", "vbscript"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq_nocase(scheme, str_of(names[i])))
			return true;
	return false;
}

/* "me@b.org" written as a target. */
static bool
is_mail_address(struct str s)
{
	ptrdiff_t at = str_chr(s, '@');

	if (at <= 0 || str_chr(str_sub(s, (size_t)at + 1, s.n), '.') <= 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '/' || s.p[i] == '?' || s.p[i] == '#' ||
		    (unsigned char)s.p[i] <= ' ')
			return false;
	return str_chr(str_sub(s, (size_t)at + 1, s.n), '@') < 0;
}

/* Where an authority is none ("host:port" with a word for the port), its marks
 * are made part of a host's name: no client finds it, but each can read the
 * line and say so. */
static void
repair_authority(struct buf *url)
{
	struct str rest = buf_slice(url);
	ptrdiff_t at = str_find(rest, STR("//"));
	struct buf fixed;
	size_t n = 0;

	if (at < 0 || uri_parse(&(struct uri){0}, rest, NULL) == 0)
		return;
	buf_init(&fixed, SIZE_MAX / 2);
	buf_str(&fixed, str_sub(rest, 0, (size_t)at + 2));
	rest = str_sub(rest, (size_t)at + 2, rest.n);
	while (n < rest.n && strchr("/?#", rest.p[n]) == NULL)
		n++;
	uri_encode(&fixed, str_sub(rest, 0, n));
	buf_str(&fixed, str_sub(rest, n, rest.n));
	buf_clear(url);
	buf_join(url, &fixed);
	buf_release(&fixed);
}

static bool
is_right(struct str target)
{
	for (size_t i = 0; i < target.n; i++)
		if ((unsigned char)target.p[i] >= 0x80)
			return false;
	return uri_parse(&(struct uri){0}, target, NULL) == 0;
}

static struct str
repaired(struct arena *a, const char *prefix, struct str target)
{
	struct buf url;
	struct str result;

	/* Most are, and a repair would change nothing. */
	if (prefix[0] == '\0' && is_right(target))
		return arena_str(a, target);
	buf_init(&url, SIZE_MAX / 2);
	buf_puts(&url, prefix);
	uri_repair(&url, target);
	repair_authority(&url);
	result = arena_buf(a, &url);
	buf_release(&url);
	return result;
}

enum link_kind
link_classify(struct link *link, struct arena *a, struct str target)
{
	size_t scheme;

	*link = (struct link){.kind = LINK_NONE};
	target = str_trim(target);
	if (target.n == 0 || target.p[0] == '#')
		return LINK_NONE;
	scheme = scan_scheme(target);
	if (scheme > 0 && is_no_place(str_sub(target, 0, scheme)))
		return LINK_NONE;
	link->kind = LINK_OUT;
	if (str_starts(target, STR("//")))
		link->url = repaired(a, "https:", target);
	else if (scheme > 0)
		link->url = repaired(a, "", target);
	else if (is_mail_address(target))
		link->url = repaired(a, "mailto:", target);
	else {
		link->kind = LINK_INSIDE;
		link->url = repaired(a, "", target);
	}
	return link->kind;
}

/* Gopher's item type by a file's name: what is no file is a menu. */
static char
type_of(struct str path)
{
	static const struct {
		const char *suffix;
		char type;
	} types[] = {{".gif", 'g'}, {".png", 'I'}, {".jpg", 'I'},
	    {".jpeg", 'I'}, {".webp", 'I'}, {".svg", 'I'}, {".txt", '0'},
	    {".md", '0'}, {".html", 'h'}, {".htm", 'h'}};

	path = str_sub(path, (size_t)(str_rchr(path, '/') + 1), path.n);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_ends(path, str_of(types[i].suffix)))
			return types[i].type;
	return str_chr(path, '.') > 0 ? '9' : '1';
}

void
link_resolve_plain(
    void *ctx, struct arena *a, struct str target, int line, struct link *link)
{
	(void)ctx;
	(void)line;
	if (link_classify(link, a, target) != LINK_INSIDE)
		return;
	link->selector = link->url;
	link->type = type_of(link->url);
}

/* The length of the scheme that ends where text[at] is "://", or 0. */
static size_t
bare_scheme(struct str text, size_t at)
{
	static const char *const names[] = {
	    "https", "http", "gemini", "gopher"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str name = str_of(names[i]);

		if (at < name.n ||
		    !str_eq_nocase(str_sub(text, at - name.n, name.n), name))
			continue;
		if (at == name.n)
			return name.n;
		/* Not the end of a longer word. */
		if (is_letter(text.p[at - name.n - 1]) ||
		    is_digit(text.p[at - name.n - 1]))
			continue;
		return name.n;
	}
	return 0;
}

/* White space and punctuation beyond ASCII, which no address ends in. */
static bool
ends_address(int32_t cp)
{
	return cp <= ' ' || cp == 0x7f || cp == '<' || cp == '>' || cp == '"' ||
	    cp == '`' || (cp >= 0x80 && cp <= 0xa0) || cp == 0xab ||
	    cp == 0xbb || (cp >= 0x2000 && cp <= 0x206f) ||
	    (cp >= 0x3000 && cp <= 0x3011) || cp == 0xfeff ||
	    (cp >= 0xff01 && cp <= 0xff0f) || (cp >= 0xff1a && cp <= 0xff20);
}

static size_t
address_length(struct str text)
{
	struct str rest = text;
	size_t n = 0;

	while (rest.n > 0 && !ends_address(str_next_utf8(&rest)))
		n = text.n - rest.n;
	return n;
}

/* How many more of open than of close. */
static ptrdiff_t
imbalance(struct str s, char open, char close)
{
	ptrdiff_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] == open) - (s.p[i] == close);
	return n;
}

/* Without what belongs to the sentence around an address. */
static size_t
without_tail(struct str s)
{
	ptrdiff_t round = imbalance(s, '(', ')');
	ptrdiff_t square = imbalance(s, '[', ']');
	ptrdiff_t curly = imbalance(s, '{', '}');

	while (s.n > 0) {
		char c = s.p[s.n - 1];

		if (c == ')' && round < 0)
			round++;
		else if (c == ']' && square < 0)
			square++;
		else if (c == '}' && curly < 0)
			curly++;
		else if (c == '(')
			round--;
		else if (c == '[')
			square--;
		else if (c == '{')
			curly--;
		else if (strchr("?!.,:;*_~'|\\", c) == NULL)
			break;
		s.n--;
	}
	return s.n;
}

bool
link_find_bare(struct str text, size_t from, size_t *at, size_t *len)
{
	while (from < text.n) {
		struct str rest = str_sub(text, from, text.n);
		ptrdiff_t found = str_find(rest, STR("://"));
		size_t colon, scheme, n;

		if (found < 0)
			return false;
		colon = from + (size_t)found;
		from = colon + 3;
		scheme = bare_scheme(str_sub(text, 0, colon), colon);
		if (scheme == 0 || scheme > (size_t)found)
			continue;
		rest = str_sub(text, from, text.n);
		n = without_tail(str_sub(rest, 0, address_length(rest)));
		if (n == 0 || rest.p[0] == '/')
			continue;
		*at = colon - scheme;
		*len = scheme + 3 + n;
		return true;
	}
	return false;
}

/* The next word in lower case, of letters, digits and bytes over 0x7f. */
static size_t
next_word(struct str *rest, char *word, size_t max)
{
	size_t n = 0, i = 0;

	while (i < rest->n && !is_letter(rest->p[i]) && !is_digit(rest->p[i]) &&
	    (unsigned char)rest->p[i] < 0x80)
		i++;
	for (; i < rest->n &&
	     (is_letter(rest->p[i]) || is_digit(rest->p[i]) ||
		 (unsigned char)rest->p[i] >= 0x80);
	     i++)
		if (n < max)
			word[n++] = lower(rest->p[i]);
	*rest = str_sub(*rest, i, rest->n);
	return n;
}

static bool
is_one_of(struct str word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (word.p[0] == (*words)[0] && str_is(word, *words))
			return true;
	return false;
}

bool
link_is_vague(struct str label)
{
	static const char *const vague[] = {"article", "blog", "click",
	    "details", "download", "here", "info", "it", "link", "links",
	    "more", "online", "page", "pdf", "post", "read", "see", "site",
	    "slides", "source", "there", "this", "video", "videos", "watch",
	    "web", "website", NULL};
	static const char *const between[] = {
	    "a", "at", "for", "in", "on", "our", "the", NULL};
	size_t n, words = 0, told = 0;
	char word[16];

	/* A label of this length is more than such words, or says so little
	 * that its host would be no help. */
	if (label.n > 40)
		return false;
	while ((n = next_word(&label, word, sizeof word)) > 0) {
		struct str w = {word, n};

		words++;
		if (is_one_of(w, vague))
			told++;
		else if (!is_one_of(w, between))
			return false;
	}
	return words == 0 || told > 0;
}

struct str
link_host(struct str url)
{
	struct uri u;
	struct err e = ERR_INIT;

	if (uri_parse(&u, url, &e) != 0 || !u.has_authority)
		return (struct str){NULL, 0};
	if (str_starts_nocase(u.host, STR("www.")))
		return str_sub(u.host, 4, u.host.n);
	return u.host;
}

void
link_file_name(struct buf *to, struct str url)
{
	struct uri u;
	struct err e = ERR_INIT;
	struct str path = url, name, text;
	struct buf decoded;

	if (uri_parse(&u, url, &e) == 0)
		path = u.path;
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	name = str_sub(path, (size_t)(str_rchr(path, '/') + 1), path.n);
	if (name.n == 0)
		name = link_host(url);
	buf_init(&decoded, name.n);
	if (uri_decode(&decoded, name) != 0)
		buf_clear(&decoded);
	text = str_trim(buf_slice(&decoded));
	if (text.n > 0 && !str_has_control(text) && str_chr(text, '\n') < 0 &&
	    str_chr(text, '\t') < 0)
		buf_str(to, text);
	else
		buf_str(to, name);
	buf_fail(to, decoded.failed);
	buf_release(&decoded);
}
