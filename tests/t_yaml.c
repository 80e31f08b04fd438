#include "base/yaml.h"

#include "tests/t.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The tree on one line: k:"quoted" k:plain [items] {members}, "@line". */
static void
show(struct buf *to, const struct yaml *node)
{
	for (; node != NULL; node = node->next) {
		if (node->key.n > 0)
			buf_printf(to, "%.*s:", STR_ARG(node->key));
		if (node->kind == YAML_SCALAR)
			buf_printf(to, node->is_quoted ? "\"%.*s\"" : "%.*s",
			    STR_ARG(node->text));
		else
			buf_putc(to, node->kind == YAML_LIST ? '[' : '{');
		show(to, node->child);
		if (node->kind != YAML_SCALAR)
			buf_putc(to, node->kind == YAML_LIST ? ']' : '}');
		buf_printf(to, "@%d", node->line);
		if (node->next != NULL)
			buf_putc(to, ' ');
	}
}

static const struct {
	const char *why, *text, *want;
} trees[] = {
    {"nothing is an empty map", "", "{}@1"},
    {"comments are an empty map", "# only\n\n# this\n", "{}@1"},
    {"a lone marker is an empty map", "---\n", "{}@1"},
    {"a marker and an end are one document", "---\na: b\n...\n", "{a:b@2}@2"},
    {"a key's line is where the key stands", "a:\n  b\nc:\n\n  - d\n",
	"{a:b@1 c:[c:d@5]@3}@1"},
    {"items know their list's key and their own line", "a: [x,\n  y]\n",
	"{a:[a:x@1 a:y@2]@1}@1"},
    {"quotes are told from plain text", "a: 'x'\nb: \"~\"\nc: |\n  t\n",
	"{a:\"x\"@1 b:\"~\"@2 c:\"t\n\"@3}@1"},
    {"flow style", "a: {b: [1, {c: 2}], d: }\n",
	"{a:{b:[b:1@1 b:{c:2@1}@1]@1 d:@1}@1}@1"},
    {"CRLF ends lines", "a: b\r\nc: d\r\n", "{a:b@1 c:d@2}@1"},
    {"a byte order mark is no text",
	"\xef\xbb\xbf"
	"a: b\n",
	"{a:b@1}@1"},
    {"the same key in two maps", "a: {x: 1}\nb: {x: 2}\n",
	"{a:{x:1@1}@1 b:{x:2@2}@2}@1"},
    {"a list at the top", "- a\n- b\n", "[a@1 b@2]@1"},
    {"a quote inside a word", "a: Children's Museum\n",
	"{a:Children's Museum@1}@1"},
    {"a time is a text", "a: 2012-04-03T09:00\n", "{a:2012-04-03T09:00@1}@1"},
};

static void
builds_trees(void)
{
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
		struct str text = t_guard(str_of(trees[i].text));
		struct err e = ERR_INIT;
		struct yaml *root = NULL;
		struct arena a;
		struct buf got;

		arena_init(&a);
		buf_init(&got, 4096);
		if (T_OK(yaml_parse(&root, &a, text, 1, &e) == 0, "%s: %s",
			trees[i].why, e.msg)) {
			t_guard_free(text);
			text = t_guard(STR(""));
			show(&got, root);
			T_EQ_STR(buf_slice(&got), str_of(trees[i].want), "%s",
			    trees[i].why);
		}
		buf_release(&got);
		arena_release(&a);
		t_guard_free(text);
	}
}

static const struct {
	const char *why, *text, *want;
} faults[] = {
    {"alias", "a: b\nc: *a\n",
	"2: a text that begins with \"*\" must stand in quotes; aliases are "
	"not used here"},
    {"emphasis taken for an alias", "a: **bold**\n",
	"1: a text that begins with \"*\" or \"&\" must stand in quotes"},
    {"anchor", "a: &x b\n",
	"1: a text that begins with \"&\" must stand in quotes; anchors are "
	"not used here"},
    {"anchor on a map", "a: &x\n  b: c\n",
	"1: a text that begins with \"&\" must stand in quotes; anchors are "
	"not used here"},
    {"tag", "a:\n - !x b\n",
	"2: a text that begins with \"!\" must stand in quotes; tags are not "
	"used here"},
    {"tag on a list", "a: !!set [x]\n",
	"1: a text that begins with \"!\" must stand in quotes; tags are not "
	"used here"},
    {"a key twice", "a: 1\nb: 2\n\na: 3\n",
	"4: the key \"a\" stands here again; it is already on line 1"},
    {"a key twice, in a list's map", "l:\n- b: 1\n  c: 2\n  b: 2\n",
	"4: the key \"b\" stands here again; it is already on line 2"},
    {"a list for a key", "? [a]\n: b\n",
	"1: a key must be a text, not a list or map; put quotes around a "
	"text that begins with \"[\" or \"{\""},
    {"no key", "a: 1\n\"\": b\n", "2: a key is missing before \":\""},
    {"two documents", "a: b\n---\nc: d\n",
	"2: a second document begins here; there can be only one"},
    {"a colon in a title", "date: 2012\ntitle: one: two\n",
	"2: a colon cannot stand here; indent the line like its neighbours, "
	"or put quotes around a text that has a colon in it"},
    {"no colon", "a: b\njust words\nc: d\n",
	"2: this line is not \"key: value\"; is a colon missing?"},
    {"quotes never closed", "a: b\nc: \"d\ne: f\n",
	"2: the quoted text that begins here is never closed"},
    {"quotes never closed before an end", "a: 'd\n...\n",
	"1: the quoted text that begins here is never closed"},
    {"list never closed", "a: b\nc: [d, e\nf: g\nh: i\n",
	"2: the list that begins here with \"[\" lacks a comma or its \"]\""},
    {"map never closed", "a: {b: c\n",
	"1: the map that begins here with \"{\" lacks a comma or its \"}\""},
    {"a tab before a key", "a:\n\tb: c\n",
	"2: a tab stands here; indent with blanks"},
    {"a reserved character", "a: b\nc: @home\n",
	"2: a text that begins with \"@\" must stand in quotes"},
    {"a key too far to the left", "a:\n    b: c\n  d: e\n",
	"3: a key was expected here; look at the indentation and the quotes "
	"of this line and the one before"},
    {"text behind closed quotes", "a: b\nc: \"d\" e\nf: g\n",
	"2: a key was expected here; look at the indentation and the quotes "
	"of this line and the one before"},
    {"a list's item too far to the left", "a:\n - b\nc\n",
	"3: this line is not \"key: value\"; is a colon missing?"},
    {"a key among items", "- a\nb: c\n",
	"2: a \"- \" like those above was expected here; look at the "
	"indentation"},
    {"a list on its key's line", "a: - b\n",
	"1: a \"- \" cannot stand here; put the list on lines of its own"},
    {"an unknown escape", "a: \"C:\\dir\"\n",
	"1: a backslash in double quotes begins an escape; write \\\\ for "
	"one, or use single quotes"},
    {"a block's mark with text behind", "a: > b\n",
	"1: nothing may follow \"|\" or \">\" on its line; quote a text that "
	"begins so"},
    {"not UTF-8", "a: b\nc: caf\xe9\n",
	"2: this line is not UTF-8; save the file as UTF-8"},
    {"not UTF-8, first of its line", "a: b\n\xff\n",
	"2: this line is not UTF-8; save the file as UTF-8"},
    {"a control character", "a: b\n\nc: d\x1b[1m\n",
	"3: a control character (0x1b) stands in this line; take it out"},
};

static void
refuses_with_line(void)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct str text = t_guard(str_of(faults[i].text));
		struct err e = ERR_INIT;
		struct yaml *root = NULL;
		struct arena a;

		arena_init(&a);
		T_OK(yaml_parse(&root, &a, text, 1, &e) == -1, "%s: refused",
		    faults[i].why);
		T_EQ_STR(
		    str_of(e.msg), str_of(faults[i].want), "%s", faults[i].why);
		arena_release(&a);
		t_guard_free(text);
	}
}

static void
counts_from_the_first_line(void)
{
	struct err e = ERR_INIT;
	struct yaml *root;
	struct arena a;

	arena_init(&a);
	T_OK(yaml_parse(&root, &a, STR("a: b\nc: \"d\n"), 10, &e) == -1,
	    "refused");
	T_EQ_STR(str_of(e.msg),
	    STR("11: the quoted text that begins here is never closed"),
	    "the text begins on line 10");
	arena_release(&a);
}

/* Just as deep as allowed, and one deeper, of lists in a map. */
static void
bounds_depth(void)
{
	for (int over = 0; over < 2; over++) {
		struct err e = ERR_INIT;
		struct yaml *root;
		struct arena a;
		struct buf text;

		arena_init(&a);
		buf_init(&text, 4096);
		buf_puts(&text, "a: ");
		buf_fill(&text, '[', (size_t)(YAML_DEPTH_MAX - 1 + over));
		buf_fill(&text, ']', (size_t)(YAML_DEPTH_MAX - 1 + over));
		T_EQ_INT(yaml_parse(&root, &a, buf_slice(&text), 1, &e), -over,
		    "%d levels", YAML_DEPTH_MAX + over);
		T_OK(
		    e.kind == (over ? ERR_LIMIT : ERR_NONE), "kind: %s", e.msg);
		buf_release(&text);
		arena_release(&a);
	}
}

static void
survives_truncation(void)
{
	static const char whole[] = "a: \"b\\u00e9\"\nc:\n  - {d: [e, 'f']}\n"
				    "  - |\n    caf\xc3\xa9\n  - g: h\nj: \n";

	for (size_t n = 0; n < sizeof whole; n++) {
		struct str text = t_guard((struct str){whole, n});
		struct err e = ERR_INIT;
		struct yaml *root = NULL;
		struct arena a;
		bool ok;

		arena_init(&a);
		ok = yaml_parse(&root, &a, text, 1, &e) == 0;
		T_OK(ok ? root != NULL : e.msg[0] >= '1' && e.msg[0] <= '9',
		    "cut after %zu: %s", n, e.msg);
		arena_release(&a);
		t_guard_free(text);
	}
}

/* Parses one map and keeps the arena in *a. */
static const struct yaml *
map_of(struct arena *a, const char *text)
{
	struct err e = ERR_INIT;
	struct yaml *root = NULL;

	arena_init(a);
	if (yaml_parse(&root, a, str_of(text), 1, &e) != 0)
		T_OK(false, "parses: %s", e.msg);
	return root;
}

static const struct {
	const char *key, *want;
} unknown[] = {
    {"gemni", "(did you mean \"gemini\"?)"},
    {"gemiin", "(did you mean \"gemini\"?)"},
    {"Gemini", "(did you mean \"gemini\"?)"},
    {"gopherr", "(did you mean \"gopher\"?)"},
    {"ohst", "(did you mean \"host\"?)"},
    {"hosts", "(did you mean \"host\"?)"},
    {"cert", "(did you mean \"certificate\"?)"},
    {"per_adress", "(did you mean \"per_address\"?)"},
    {"tags", "(known are host, gemini, gopher, certificate, per_address)"},
    {"x", "(known are host, gemini, gopher, certificate, per_address)"},
    {"a_key_that_is_much_longer_than_any_other_is_near_to_none",
	"(known are host, gemini, gopher, certificate, per_address)"},
};

static void
names_the_nearest_key(void)
{
	static const char *const known[] = {
	    "host", "gemini", "gopher", "certificate", "per_address", NULL};

	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		struct err e = ERR_INIT;
		struct buf text, want;
		struct arena a;

		buf_init(&text, 256);
		buf_init(&want, 256);
		buf_printf(&text, "host: x\n\n%s: y\n", unknown[i].key);
		buf_printf(&want, "3: unknown key \"%s\" %s", unknown[i].key,
		    unknown[i].want);
		T_OK(yaml_check_keys(map_of(&a, text.data), known, &e) == -1,
		    "%s is unknown", unknown[i].key);
		T_EQ_STR(str_of(e.msg), buf_slice(&want), "%s", unknown[i].key);
		arena_release(&a);
		buf_release(&text);
		buf_release(&want);
	}
}

static void
wants_a_map(void)
{
	static const char *const known[] = {"a", NULL};
	struct err e = ERR_INIT;
	struct arena a;

	T_OK(yaml_check_keys(map_of(&a, "- a\n"), known, &e) == -1,
	    "a list is no map");
	T_EQ_STR(str_of(e.msg), STR("1: \"key: value\" was expected here"),
	    "at the top");
	arena_release(&a);
	err_clear(&e);
	T_OK(yaml_check_keys(
		 yaml_get(map_of(&a, "\nb: 5\n"), "b"), known, &e) == -1,
	    "a number is no map");
	T_EQ_STR(str_of(e.msg),
	    STR("2: \"b\" takes a map of \"key: value\", not \"5\""),
	    "below a key");
	arena_release(&a);
}

static void
takes_null_for_nothing(void)
{
	static const char *const nulls[] = {
	    "k:\n", "k: ~\n", "k: null\n", "k: NULL\n", "j: x\n", ""};
	static const char *const texts[] = {"k: ''\n", "k: '~'\n",
	    "k: \"null\"\n", "k: nul\n", "k: |\n  null\n"};
	struct arena a;

	for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++) {
		T_OK(yaml_get(map_of(&a, nulls[i]), "k") == NULL, "%.*s",
		    (int)strcspn(nulls[i], "\n"), nulls[i]);
		arena_release(&a);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		T_OK(yaml_get(map_of(&a, texts[i]), "k") != NULL, "%.*s",
		    (int)strcspn(texts[i], "\n"), texts[i]);
		arena_release(&a);
	}
	T_OK(yaml_get(NULL, "k") == NULL, "no map has no members");
}

enum reader { BOOL, NUMBER, SECONDS, BYTES };

static int
read_as(enum reader reader, int64_t *out, const struct yaml *map, struct err *e)
{
	bool flag = *out != 0;
	int result;

	switch (reader) {
	case BOOL:
		result = yaml_bool(&flag, map, "k", e);
		*out = flag;
		return result;
	case NUMBER:
		return yaml_number(out, map, "k", 2, 1000, e);
	case SECONDS:
		return yaml_seconds(out, map, "k", 1, 86400 * 30, e);
	default:
		return yaml_bytes(out, map, "k", 0, INT64_MAX, e);
	}
}

static const struct {
	enum reader reader;
	const char *text;
	int64_t want; /* -1: an error */
} values[] = {
    {BOOL, "k: true", 1},
    {BOOL, "k: Yes", 1},
    {BOOL, "k: off", 0},
    {BOOL, "k: FALSE", 0},
    {BOOL, "k: 1", -1},
    {BOOL, "k: [true]", -1},
    {NUMBER, "k: 2", 2},
    {NUMBER, "k: '1000'", 1000},
    {NUMBER, "k: 1", -1},
    {NUMBER, "k: 1001", -1},
    {NUMBER, "k: -5", -1},
    {NUMBER, "k: 5s", -1},
    {NUMBER, "k: 99999999999999999999", -1},
    {NUMBER, "k: ''", -1},
    {SECONDS, "k: 90", 90},
    {SECONDS, "k: 90s", 90},
    {SECONDS, "k: 5m", 300},
    {SECONDS, "k: 2h", 7200},
    {SECONDS, "k: 30d", 86400 * 30},
    {SECONDS, "k: 31d", -1},
    {SECONDS, "k: 0", -1},
    {SECONDS, "k: s", -1},
    {SECONDS, "k: 5 m", -1},
    {BYTES, "k: 64k", 65536},
    {BYTES, "k: 10M", 10485760},
    {BYTES, "k: 2G", (int64_t)2 << 30},
    {BYTES, "k: 0", 0},
    {BYTES, "k: 9223372036854775807k", -1},
    {BYTES, "k: 9223372036854775807", INT64_MAX},
    {BYTES, "k: {}", -1},
};

static void
reads_values(void)
{
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		int64_t got = 1;
		struct err e = ERR_INIT;
		struct arena a;

		if (read_as(values[i].reader, &got, map_of(&a, values[i].text),
			&e) != 0)
			got = -1;
		T_EQ_INT(got, values[i].want, "%s", values[i].text);
		T_OK((got == -1) == (strncmp(e.msg, "1: \"k\" ", 7) == 0),
		    "the error names line and key: %s", e.msg);
		arena_release(&a);
	}
}

static void
says_what_is_right(void)
{
	int64_t n = 7;
	struct err e = ERR_INIT;
	struct arena a;
	const struct yaml *map = map_of(&a, "k: many\nother: 1");

	T_OK(yaml_number(&n, map, "absent", 0, 9, &e) == 0 && n == 7,
	    "what is absent keeps its default");
	T_OK(yaml_number(&n, map, "k", 0, 9, &e) == -1 && n == 7,
	    "so does what is wrong");
	T_EQ_STR(str_of(e.msg),
	    STR("1: \"k\" takes a number from 0 to 9, not \"many\""), "number");
	err_clear(&e);
	yaml_seconds(&n, map, "k", 1, 60, &e);
	T_EQ_STR(str_of(e.msg),
	    STR("1: \"k\" takes a number from 1 to 60 seconds, written as "
		"90s, 5m, 2h or 30d, not \"many\""),
	    "seconds");
	arena_release(&a);
}

static const struct {
	const char *text, *want;
} lists[] = {
    {"k: one", "one|"},
    {"k: [a, b c]", "a|b c|"},
    {"k:\n  - \"d\"\n", "d|"},
    {"k: []", ""},
    {"k:", ""},
    {"k: >\n  folded\n  \n  text\n", "folded text|"},
    {"k: [a, [b]]", "1: \"k\" takes a text or a list of texts, not a list"},
    {"k:\n- a\n- b: c", "3: \"k\" takes a text or a list of texts, not a map"},
    {"k:\n- a\n-\n", "3: \"k\" takes a list of texts, and is empty"},
    {"k: ['a\tb', \"a\\u0000b\"]",
	"1: a control character stands in \"k\"; take it out"},
};

static void
reads_lists(void)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct str *texts = NULL;
		struct err e = ERR_INIT;
		size_t count = 0;
		struct arena a;
		struct buf got;

		buf_init(&got, 4096);
		if (yaml_texts(&texts, &count, &a, map_of(&a, lists[i].text),
			"k", &e) != 0)
			buf_puts(&got, e.msg);
		for (size_t j = 0; j < count; j++)
			buf_printf(&got, "%.*s|", STR_ARG(texts[j]));
		T_EQ_STR(buf_slice(&got), str_of(lists[i].want), "%s",
		    lists[i].text);
		buf_release(&got);
		arena_release(&a);
	}
}

static void
reads_languages(void)
{
	static const char *const good[] = {"en", "pt-BR", "zh-Hant-TW"};
	static const char *const bad[] = {"en_US", "e n", "''", "en-",
	    "abcdefghi", "\"en; charset=x\"", "[en]"};
	struct str lang;
	struct arena a;
	struct buf text;

	buf_init(&text, 256);
	for (size_t i = 0; i < 10; i++) {
		struct err e = ERR_INIT;
		bool is_good = i < 3;

		buf_clear(&text);
		buf_printf(&text, "k: %s\n", is_good ? good[i] : bad[i - 3]);
		T_EQ_INT(yaml_lang(&lang, map_of(&a, text.data), "k", &e),
		    is_good ? 0 : -1, "%s", text.data + 3);
		arena_release(&a);
	}
	buf_release(&text);
}

/* A message must not carry an escape sequence to the terminal. */
static void
shows_texts_harmlessly(void)
{
	struct buf text;

	T_EQ_STR(str_of(yaml_show(STR("a\x1b[1m\nb\xff\xc2\x9b")).s),
	    STR("a?[1m?b??"), "control characters and broken bytes");
	T_EQ_STR(str_of(yaml_show(STR("caf\xc3\xa9")).s), STR("caf\xc3\xa9"),
	    "letters stay");
	buf_init(&text, 1000);
	for (int i = 0; i < 100; i++)
		buf_puts(&text, "\xc3\xa9");
	T_OK(str_is_utf8(str_of(yaml_show(buf_slice(&text)).s)),
	    "no letter is cut in two");
	T_OK(strstr(yaml_show(buf_slice(&text)).s, "...") != NULL,
	    "a long text is seen to be cut");
	buf_release(&text);
}

/* 40,000 keys, and the last one a second time. */
static void
finds_a_second_among_many(void)
{
	struct err e = ERR_INIT;
	struct yaml *root;
	struct arena a;
	struct buf text;

	arena_init(&a);
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 40000; i++)
		buf_printf(&text, "key%d: %d\n", i, i);
	T_OK(yaml_parse(&root, &a, buf_slice(&text), 1, &e) == 0,
	    "many keys: %s", e.msg);
	buf_puts(&text, "key39999: again\n");
	T_OK(yaml_parse(&root, &a, buf_slice(&text), 1, &e) == -1,
	    "one of them twice");
	T_EQ_STR(str_of(e.msg),
	    STR("40001: the key \"key39999\" stands here again; it is "
		"already on line 40000"),
	    "which and where");
	buf_release(&text);
	arena_release(&a);
}

int
main(void)
{
	T_RUN(builds_trees);
	T_RUN(refuses_with_line);
	T_RUN(counts_from_the_first_line);
	T_RUN(bounds_depth);
	T_RUN(survives_truncation);
	T_RUN(names_the_nearest_key);
	T_RUN(wants_a_map);
	T_RUN(takes_null_for_nothing);
	T_RUN(reads_values);
	T_RUN(says_what_is_right);
	T_RUN(reads_lists);
	T_RUN(reads_languages);
	T_RUN(shows_texts_harmlessly);
	T_RUN(finds_a_second_among_many);
	return t_done();
}
