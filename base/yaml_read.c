/*
 * The second half of yaml.h: reading the tree's values and saying what is
 * wrong with them. Knows nothing of libyaml.
 */
#include "base/yaml.h"

#include "base/buf.h"
#include "base/near.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct yaml_shown
yaml_show(struct str text)
{
	static const char cut[] = "...";
	struct yaml_shown shown;
	size_t n = 0;

	while (text.n > 0) {
		const char *from = text.p;
		int32_t cp = str_next_utf8(&text);
		size_t len = (size_t)(text.p - from);
		struct str one = {from, len};

		if (n + len + sizeof cut > sizeof shown.s) {
			memcpy(shown.s + n, cut, sizeof cut);
			return shown;
		}
		if (cp < 0x20 || str_has_control(one)) {
			shown.s[n++] = '?';
			continue;
		}
		memcpy(shown.s + n, from, len);
		n += len;
	}
	shown.s[n] = '\0';
	return shown;
}

int
yaml_fault(struct err *e, const struct yaml *node, const char *fmt, ...)
{
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, "%d: %s", node->line, what);
}

int
yaml_takes(struct err *e, const struct yaml *node, const char *what)
{
	struct yaml_shown key = yaml_show(node->key);

	if (node->kind == YAML_LIST)
		return yaml_fault(
		    e, node, "\"%s\" takes %s, not a list", key.s, what);
	if (node->kind == YAML_MAP)
		return yaml_fault(
		    e, node, "\"%s\" takes %s, not a map", key.s, what);
	if (node->text.n == 0)
		return yaml_fault(
		    e, node, "\"%s\" takes %s, and is empty", key.s, what);
	return yaml_fault(e, node, "\"%s\" takes %s, not \"%s\"", key.s, what,
	    yaml_show(node->text).s);
}

/* A third of the letters may be off; an abbreviation is near too. */
static const char *
nearest(struct str key, const char *const *known)
{
	unsigned limit = (unsigned)(key.n + 2) / 3, best = limit + 1;
	const char *found = NULL;

	if (key.n < 2 || key.n > NEAR_BYTES_MAX)
		return NULL;
	for (; *known != NULL; known++) {
		struct str candidate = str_of(*known);
		unsigned d = near_distance(key, candidate, limit);

		if (key.n >= 3 && d > 1 && str_starts_nocase(candidate, key))
			d = 1;
		if (d < best) {
			best = d;
			found = *known;
		}
	}
	return found;
}

static int
unknown_key(const struct yaml *member, const char *const *known, struct err *e)
{
	const char *near = nearest(member->key, known);
	struct buf list;
	int result;

	if (near != NULL)
		return yaml_fault(e, member,
		    "unknown key \"%s\" (did you mean \"%s\"?)",
		    yaml_show(member->key).s, near);
	buf_init(&list, ERR_MSG_MAX);
	for (size_t i = 0; known[i] != NULL; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", known[i]);
	result = yaml_fault(e, member, "unknown key \"%s\" (known are %s)",
	    yaml_show(member->key).s, list.data);
	buf_release(&list);
	return result;
}

int
yaml_check_keys(
    const struct yaml *node, const char *const *known, struct err *e)
{
	if (node->kind != YAML_MAP && node->key.n > 0)
		return yaml_takes(e, node, "a map of \"key: value\"");
	if (node->kind != YAML_MAP)
		return yaml_fault(e, node, "\"key: value\" was expected here");
	for (const struct yaml *m = node->child; m != NULL; m = m->next) {
		size_t i = 0;

		while (known[i] != NULL && !str_is(m->key, known[i]))
			i++;
		if (known[i] == NULL)
			return unknown_key(m, known, e);
	}
	return 0;
}

static int
check_text(const struct yaml *node, const char *what, struct err *e)
{
	if (node->kind != YAML_SCALAR)
		return yaml_takes(e, node, what);
	if (str_has_control(node->text))
		return yaml_fault(e, node,
		    "a control character stands in \"%s\"; take it out",
		    yaml_show(node->key).s);
	return 0;
}

int
yaml_text(
    struct str *out, const struct yaml *map, const char *key, struct err *e)
{
	const struct yaml *node = yaml_get(map, key);

	if (node == NULL)
		return 0;
	if (check_text(node, "one text", e) != 0)
		return -1;
	*out = node->text;
	return 0;
}

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str
one_line(struct arena *a, struct str text)
{
	struct str copy = arena_str(a, str_trim(text));
	char *p = (char *)copy.p;
	size_t n = 0;

	for (size_t i = 0; i < copy.n; i++)
		if (!is_white(p[i]))
			p[n++] = p[i];
		else if (!is_white(p[i - 1]))
			p[n++] = ' ';
	if (p != NULL)
		p[n] = '\0';
	return (struct str){p, n};
}

int
yaml_line(struct str *out, struct arena *a, const struct yaml *map,
    const char *key, struct err *e)
{
	struct str text = {NULL, 0};

	if (yaml_text(&text, map, key, e) != 0)
		return -1;
	if (text.p != NULL)
		*out = one_line(a, text);
	return arena_ok(a, e);
}

int
yaml_lang(
    struct str *out, const struct yaml *map, const char *key, struct err *e)
{
	const struct yaml *node = yaml_get(map, key);
	struct str rest, tag;

	if (node == NULL)
		return 0;
	rest = node->text;
	if (node->kind != YAML_SCALAR || rest.n == 0)
		return yaml_takes(e, node, "a language, such as en or pt-BR");
	/* RFC 5646, section 2.1: subtags of one to eight characters. */
	while (str_next(&rest, '-', &tag)) {
		if (tag.n < 1 || tag.n > 8 ||
		    strspn(tag.p,
			"abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") < tag.n)
			return yaml_takes(
			    e, node, "a language, such as en or pt-BR");
	}
	*out = node->text;
	return 0;
}

int
yaml_bool(bool *out, const struct yaml *map, const char *key, struct err *e)
{
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"false", "no", "off"};
	const struct yaml *node = yaml_get(map, key);

	if (node == NULL)
		return 0;
	for (size_t i = 0; node->kind == YAML_SCALAR && i < 3; i++) {
		if (str_eq_nocase(node->text, str_of(yes[i])) ||
		    str_eq_nocase(node->text, str_of(no[i]))) {
			*out = str_eq_nocase(node->text, str_of(yes[i]));
			return 0;
		}
	}
	return yaml_takes(e, node, "true or false");
}

struct unit {
	char letter;
	int64_t size;
};

static const struct unit time_units[] = {
    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {0, 0}};
static const struct unit byte_units[] = {
    {'k', 1 << 10}, {'K', 1 << 10}, {'M', 1 << 20}, {'G', 1 << 30}, {0, 0}};
static const struct unit no_units[] = {{0, 0}};

/* Digits with at most one unit's letter behind them; -1 for all else. */
static int64_t
number_with(const struct unit *unit, struct str text, int64_t max)
{
	int64_t n;

	for (; text.n > 0 && unit->letter != 0; unit++) {
		if (text.p[text.n - 1] != unit->letter)
			continue;
		text = str_sub(text, 0, text.n - 1);
		n = str_number(text, max / unit->size);
		return n < 0 ? -1 : n * unit->size;
	}
	return str_number(text, max);
}

int64_t
yaml_duration(struct str text, int64_t max)
{
	return number_with(time_units, text, max);
}

static int
read_number(int64_t *out, const struct yaml *map, const char *key,
    const struct unit *units, int64_t min, int64_t max, const char *example,
    struct err *e)
{
	const struct yaml *node = yaml_get(map, key);
	int64_t n = -1;
	char what[128];

	if (node == NULL)
		return 0;
	if (node->kind == YAML_SCALAR)
		n = number_with(units, node->text, max);
	if (n >= 0 && n >= min) {
		*out = n;
		return 0;
	}
	snprintf(what, sizeof what,
	    "a number from %" PRId64 " to %" PRId64 "%s", min, max, example);
	return yaml_takes(e, node, what);
}

int
yaml_number(int64_t *out, const struct yaml *map, const char *key, int64_t min,
    int64_t max, struct err *e)
{
	return read_number(out, map, key, no_units, min, max, "", e);
}

int
yaml_seconds(int64_t *out, const struct yaml *map, const char *key, int64_t min,
    int64_t max, struct err *e)
{
	return read_number(out, map, key, time_units, min, max,
	    " seconds, written as 90s, 5m, 2h or 30d", e);
}

int
yaml_bytes(int64_t *out, const struct yaml *map, const char *key, int64_t min,
    int64_t max, struct err *e)
{
	return read_number(out, map, key, byte_units, min, max,
	    " bytes, written as 64k, 10M or 2G", e);
}

int
yaml_map(const struct yaml **out, const struct yaml *map, const char *key,
    const char *const *known, struct err *e)
{
	const struct yaml *node = yaml_get(map, key);

	if (node == NULL)
		return 0;
	*out = node;
	return yaml_check_keys(node, known, e);
}

int
yaml_items(const struct yaml ***out, size_t *count, enum yaml_kind kind,
    struct arena *a, const struct yaml *map, const char *key, struct err *e)
{
	const char *what = kind == YAML_MAP
	    ? "a list of maps (\"- key: value\")"
	    : "a text or a list of texts";
	const struct yaml *node = yaml_get(map, key);
	const struct yaml **items = NULL;
	size_t n = 0;

	if (node == NULL)
		return 0;
	if (node->kind != YAML_LIST && node->kind != kind)
		return yaml_takes(e, node, what);
	for (const struct yaml *m = node->kind == YAML_LIST ? node->child
							    : node;
	     m != NULL; m = m == node ? NULL : m->next) {
		if (m->kind != kind)
			return yaml_takes(e, m, what);
		items = arena_grow(a, items, n, sizeof *items);
		if (items == NULL)
			return arena_ok(a, e);
		items[n++] = m;
	}
	*out = items;
	*count = n;
	return 0;
}

int
yaml_texts(struct str **out, size_t *count, struct arena *a,
    const struct yaml *map, const char *key, struct err *e)
{
	const struct yaml **items = NULL;
	struct str *texts;
	size_t n = 0;

	if (yaml_get(map, key) == NULL)
		return 0;
	if (yaml_items(&items, &n, YAML_SCALAR, a, map, key, e) != 0)
		return -1;
	texts = arena_array(a, n, sizeof *texts);
	for (size_t i = 0; i < n && texts != NULL; i++) {
		if (check_text(items[i], "a text", e) != 0)
			return -1;
		texts[i] = one_line(a, items[i]->text);
		if (texts[i].n == 0)
			return arena_ok(a, e) != 0
			    ? -1
			    : yaml_takes(e, items[i], "a list of texts");
	}
	*out = texts;
	*count = n;
	return arena_ok(a, e);
}
