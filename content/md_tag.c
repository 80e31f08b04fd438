#include "content/md_tag.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum element element;
} elements[] = {
    {"a", E_LINK},
    {"address", E_BLOCK},
    {"area", E_AREA},
    {"article", E_BLOCK},
    {"aside", E_BLOCK},
    {"audio", E_MEDIA},
    {"b", E_STRONG},
    {"blockquote", E_BLOCK},
    {"body", E_BLOCK},
    {"br", E_BREAK},
    {"caption", E_BLOCK},
    {"center", E_BLOCK},
    {"dd", E_BLOCK},
    {"del", E_STRIKE},
    {"details", E_BLOCK},
    {"dir", E_LIST},
    {"div", E_BLOCK},
    {"dl", E_BLOCK},
    {"dt", E_BLOCK},
    {"em", E_EMPHASIS},
    {"embed", E_MEDIA},
    {"fieldset", E_BLOCK},
    {"figcaption", E_BLOCK},
    {"figure", E_BLOCK},
    {"footer", E_BLOCK},
    {"form", E_BLOCK},
    {"frame", E_MEDIA},
    {"h1", E_HEADING},
    {"h2", E_HEADING},
    {"h3", E_HEADING},
    {"h4", E_HEADING},
    {"h5", E_HEADING},
    {"h6", E_HEADING},
    {"head", E_HIDDEN},
    {"header", E_BLOCK},
    {"hr", E_RULE},
    {"html", E_BLOCK},
    {"i", E_EMPHASIS},
    {"iframe", E_MEDIA},
    {"img", E_IMAGE},
    {"legend", E_BLOCK},
    {"li", E_ITEM},
    {"main", E_BLOCK},
    {"menu", E_LIST},
    {"nav", E_BLOCK},
    {"object", E_MEDIA},
    {"ol", E_LIST},
    {"option", E_BLOCK},
    {"p", E_BLOCK},
    {"pre", E_PRE},
    {"s", E_STRIKE},
    {"script", E_HIDDEN},
    {"section", E_BLOCK},
    {"source", E_MEDIA},
    {"strike", E_STRIKE},
    {"strong", E_STRONG},
    {"style", E_HIDDEN},
    {"summary", E_BLOCK},
    {"table", E_BLOCK},
    {"tbody", E_BLOCK},
    {"td", E_CELL},
    {"template", E_HIDDEN},
    {"tfoot", E_BLOCK},
    {"th", E_CELL},
    {"thead", E_BLOCK},
    {"title", E_HIDDEN},
    {"tr", E_BLOCK},
    {"ul", E_LIST},
    {"video", E_MEDIA},
};

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static int
name_cmp(const void *key, const void *entry)
{
	const struct str *name = key;
	struct str other = str_of(*(const char *const *)entry);
	size_t n = name->n < other.n ? name->n : other.n;
	int c = n > 0 ? strncasecmp(name->p, other.p, n) : 0;

	return c != 0 ? c : (name->n > other.n) - (name->n < other.n);
}

static enum element
element_of(struct str name)
{
	size_t count = sizeof elements / sizeof elements[0],
	       size = sizeof elements[0];
	const void *at = bsearch(&name, elements, count, size, name_cmp);

	if (at == NULL)
		return E_NONE;
	return elements[((const char *)at - (const char *)elements) /
	    (ptrdiff_t)size]
	    .element;
}

size_t
md_tag_scan_other(struct str s)
{
	static const struct {
		const char *first, *last;
	} kinds[] = {
	    {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct str first = str_of(kinds[i].first);
		ptrdiff_t end;

		if (!str_starts(s, first))
			continue;
		end = str_find(str_sub(s, 2, s.n), str_of(kinds[i].last));
		return end < 0 ? s.n : 2 + (size_t)end + strlen(kinds[i].last);
	}
	return 0;
}

size_t
md_tag_scan(struct tag *tag, struct str s)
{
	size_t n = 1, name;

	*tag = (struct tag){0};
	if (s.n > 1 && s.p[1] == '/') {
		tag->is_end = true;
		n = 2;
	}
	for (name = n; n < s.n &&
	     (is_letter(s.p[n]) ||
		 (n > name && s.p[n] >= '0' && s.p[n] <= '9'));
	     n++)
		;
	if (n == name || n == s.n)
		return 0;
	tag->name = str_sub(s, name, n - name);
	tag->element = element_of(tag->name);
	name = n;
	while (n < s.n && s.p[n] != '>' && s.p[n] != '<') {
		if (s.p[n] == '"' || s.p[n] == '\'') {
			ptrdiff_t end = str_chr(str_sub(s, n + 1, s.n), s.p[n]);

			if (end < 0)
				return 0;
			n += (size_t)end + 1;
		}
		n++;
	}
	if (n == s.n || s.p[n] != '>')
		return 0;
	tag->attributes = str_sub(s, name, n - name);
	return n + 1;
}

/* One attribute's name and value out of *rest. */
static bool
next_attribute(struct str *rest, struct str *name, struct str *value)
{
	struct str s = *rest;
	size_t n = 0;

	while (s.n > 0 && (is_white(s.p[0]) || s.p[0] == '/'))
		s = str_sub(s, 1, s.n);
	while (n < s.n && s.p[n] != '=' && !is_white(s.p[n]) && s.p[n] != '/')
		n++;
	*name = str_sub(s, 0, n);
	*value = str_sub(s, 0, 0);
	*rest = str_sub(s, n, s.n);
	s = str_trim(*rest);
	if (s.n == 0 || s.p[0] != '=')
		return name->n > 0;
	s = str_trim(str_sub(s, 1, s.n));
	if (s.n > 0 && (s.p[0] == '"' || s.p[0] == '\'')) {
		ptrdiff_t end = str_chr(str_sub(s, 1, s.n), s.p[0]);

		n = end < 0 ? s.n - 1 : (size_t)end;
		*value = str_sub(s, 1, n);
		*rest = str_sub(s, n + 2, s.n);
		return true;
	}
	for (n = 0; n < s.n && !is_white(s.p[n]); n++)
		;
	*value = str_sub(s, 0, n);
	*rest = str_sub(s, n, s.n);
	return true;
}

bool
md_tag_attribute(struct str *value, const struct tag *tag, const char *name)
{
	struct str rest = tag->attributes, found;

	while (next_attribute(&rest, &found, value)) {
		if (!str_eq_nocase(found, str_of(name)))
			continue;
		*value = str_trim(*value);
		return true;
	}
	*value = (struct str){NULL, 0};
	return false;
}
