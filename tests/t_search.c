#include "tests/t.h"

#include "base/arena.h"
#include "base/buf.h"
#include "content/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The pages that most queries are asked of. */
static const struct {
	const char *path, *title, *people, *text;
} pages[] = {
    {"/2012/", "dtrace.conf 2012", "Adam Leventhal, Bryan Cantrill",
	"An unconference in San Francisco.\nAll talks were recorded, and "
	"everybody went for beer behind the carousel afterwards."},
    {"/2012/node.gmi", "Tracing Node.js", "Dave Pacheco",
	"A probe fires when the virtual machine enters a function, and a "
	"visualization shows where its time goes."},
    {"/2008/", "The first conference", "",
	"Brendan Gregg showed probes for Java. Café Zürich was open late."},
    {"/ja.gmi", "日本語のページ", "",
	"東京で動的トレースの会議が開かれました。"},
    {"/th.gmi", "ภาษาไทย", "", "การประชุมในกรุงเทพมหานคร"},
    {"/ru.gmi", "ДИНАМИЧЕСКАЯ ТРАССИРОВКА", "", "Встреча в Москве."},
    {"/lines.gmi", "Lines", "", "Agenda\nDoors open at nine.\nLunch:\nsoup"},
    {"/probe.gmi", "Probe", "", "What it is and what it costs."},
};

static char *bytes;
static size_t len;

static char *
build(size_t copies, size_t *n)
{
	struct err e = ERR_INIT;
	struct search_builder *b;
	char *index = NULL, path[64];

	if (search_builder_new(&b, &e) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		search_builder_add(b, str_of(pages[i].path),
		    str_of(pages[i].path), str_of(pages[i].title),
		    str_of(pages[i].people), str_of(pages[i].text), &e);
	for (size_t i = 0; i < copies; i++) {
		snprintf(path, sizeof path, "/log/%zu.gmi", i);
		search_builder_add(b, str_of(path), str_of(path), STR("A day"),
		    STR(""), STR("Everywhere a common word"), &e);
	}
	search_builder_finish(b, &index, n, &e);
	search_builder_free(b);
	return index;
}

/* The paths found, one after the other, with a space between. */
static void
ask(struct buf *found, size_t *total, struct str index, struct str query)
{
	struct err e = ERR_INIT;
	struct search_hit hits[4];
	struct search *s = NULL;
	struct arena a;
	size_t count = 0;

	buf_init(found, 4096);
	arena_init(&a);
	if (search_open(&s, index, &e) != 0 ||
	    search_query(s, &a, query, hits, 4, &count, total, &e) != 0)
		buf_puts(found, e.msg);
	for (size_t i = 0; i < count; i++)
		buf_printf(
		    found, "%s%.*s", i > 0 ? " " : "", STR_ARG(hits[i].path));
	arena_release(&a);
	search_close(s);
}

static void
finds_what_is_asked(void)
{
	static const struct {
		const char *why, *query, *want;
	} t[] = {
	    {"a word", "carousel", "/2012/"},
	    {"without regard to case", "CAROUSEL", "/2012/"},
	    {"nor to accents, asked without", "cafe zurich", "/2008/"},
	    {"nor to accents, asked with", "cârousel", "/2012/"},
	    {"accents as combining marks", "Cafe\xcc\x81", "/2008/"},
	    {"case of other scripts", "динамическая", "/ru.gmi"},
	    {"a title counts more than a text", "probe",
		"/probe.gmi /2008/ /2012/node.gmi"},
	    {"who speaks", "pacheco", "/2012/node.gmi"},
	    {"all words, in any order", "beer unconference", "/2012/"},
	    {"a prefix that is asked for", "visual* node", "/2012/node.gmi"},
	    {"two letters with a star", "vi* node", "/2012/node.gmi"},
	    {"a word in the middle is whole", "visual node", "/2012/node.gmi"},
	    {"the last word is a prefix", "node visual", "/2012/node.gmi"},
	    {"two letters are a word", "ca", ""},
	    {"one letter is a word", "j*", ""},
	    {"a phrase", "\"virtual machine\"", "/2012/node.gmi"},
	    {"a phrase that does not stand so", "\"machine virtual\"", ""},
	    {"a sign between words is none", "probe & visualization",
		"/2012/node.gmi"},
	    {"a sign at the end is none", "probe visualization ?",
		"/2012/node.gmi"},
	    {"signs are no letters of a prefix", "p++", ""},
	    {"nor of one that is asked for", "-b*", ""},
	    {"words of a phrase are whole", "\"virtual mach\"", ""},
	    {"a name with punctuation", "Node.js", "/2012/node.gmi"},
	    {"part of a Japanese sentence", "会議", "/ja.gmi"},
	    {"part of a Japanese title", "ページ", "/ja.gmi"},
	    {"words with a wide space between", "会議　東京", "/ja.gmi"},
	    {"Japanese that does not stand so", "議会", ""},
	    {"part of a Thai sentence", "กรุงเทพ", "/th.gmi"},
	    {"where no page has all, any", "carousel pacheco",
		"/2012/node.gmi /2012/"},
	    {"a word that is not there", "xyzzy", ""},
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct buf found;
		size_t total = 0;

		ask(&found, &total, (struct str){bytes, len},
		    str_of(t[i].query));
		T_EQ_STR(buf_slice(&found), str_of(t[i].want), "%s", t[i].why);
		buf_release(&found);
	}
}

static void
never_fails_on_a_query(void)
{
	static const struct {
		const char *why, *query, *want;
	} t[] = {
	    {"nothing", "", ""},
	    {"spaces", "   ", ""},
	    {"a quotation mark alone", "\"", ""},
	    {"empty quotation marks", "\"\"", ""},
	    {"one that is not closed", "\"carousel", "/2012/"},
	    {"one within a word", "caro\"usel", ""},
	    {"a bracket", "(carousel", "/2012/"},
	    {"operators are words", "carousel AND", "/2012/"},
	    {"an operator between", "carousel OR xyzzy", "/2012/"},
	    {"NOT is a word", "carousel NOT beer", "/2012/"},
	    {"NEAR is a word", "NEAR(carousel beer)", "/2012/"},
	    {"a column filter is words", "people:carousel", ""},
	    {"a caret", "^carousel", "/2012/"},
	    {"a star alone", "*", ""},
	    {"stars", "* ** carousel*", "/2012/"},
	    {"a semicolon", "carousel; DROP TABLE pages", "/2012/"},
	    {"an apostrophe", "carousel'", "/2012/"},
	    {"a minus", "-carousel", "/2012/"},
	    {"punctuation", "!?.,;:#%&/()[]{}=+~|<>\\", ""},
	    {"line ends and tabs", "beer\r\n\tcarousel", "/2012/"},
	    {"bytes that are no UTF-8", "\xff carousel \xc3", "/2012/"},
	};
	struct buf found;
	size_t total = 0;

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct str query = t_guard(str_of(t[i].query));

		ask(&found, &total, (struct str){bytes, len}, query);
		T_EQ_STR(buf_slice(&found), str_of(t[i].want), "%s", t[i].why);
		buf_release(&found);
		t_guard_free(query);
	}
	ask(&found, &total, (struct str){bytes, len}, STR("beer\0carousel"));
	T_EQ_STR(buf_slice(&found), STR("/2012/"), "a NUL is a space");
	buf_release(&found);
}

/* Every truncation of a query with all there is in one. */
static void
never_fails_on_a_part(void)
{
	static const char query[] = "prob* \"virtual machine\" 東京 café (x";
	bool ok = true;

	for (size_t n = 0; n < sizeof query; n++) {
		struct str part = t_guard(str_sub(str_of(query), 0, n));
		struct err e = ERR_INIT;
		struct search_hit hits[4];
		struct search *s = NULL;
		struct arena a;
		size_t count, total;

		arena_init(&a);
		ok &= search_open(&s, (struct str){bytes, len}, &e) == 0 &&
		    search_query(s, &a, part, hits, 4, &count, &total, &e) == 0;
		search_close(s);
		arena_release(&a);
		t_guard_free(part);
	}
	T_OK(ok, "every truncation of a query is answered");
}

static void
check_context(struct search *s, const char *why, const char *query,
    const char *title, const char *want)
{
	struct err e = ERR_INIT;
	struct search_hit hits[4];
	struct arena a;
	size_t count = 0, total = 0;

	arena_init(&a);
	search_query(s, &a, str_of(query), hits, 4, &count, &total, &e);
	if (T_EQ_INT((int64_t)count, 1, "%s: one hit", why)) {
		T_EQ_STR(hits[0].title, str_of(title), "%s: title", why);
		T_EQ_STR(hits[0].context, str_of(want), "%s", why);
	}
	arena_release(&a);
}

static void
shows_context(void)
{
	struct err e = ERR_INIT;
	struct search *s = NULL;

	if (!T_OK(search_open(&s, (struct str){bytes, len}, &e) == 0, "%s",
		e.msg))
		return;
	check_context(s, "the text around a match, on one line", "carousel",
	    "dtrace.conf 2012",
	    "An unconference in San Francisco. All talks were recorded, and "
	    "everybody went for beer behind the carousel afterwards.");
	check_context(s, "the people, where the match is there", "cantrill",
	    "dtrace.conf 2012", "Adam Leventhal, Bryan Cantrill");
	check_context(s, "the text's beginning for a match in the title",
	    "first", "The first conference",
	    "Brendan Gregg showed probes for Java. Café Zürich was open late.");
	check_context(s, "lines that end without saying so are kept apart",
	    "soup", "Lines", "Agenda · Doors open at nine. Lunch: soup");
	check_context(s, "Japanese as it was written", "会議", "日本語のページ",
	    "東京で動的トレースの会議が開かれました。");
	search_close(s);
}

static void
counts_and_ranks_many(void)
{
	struct buf found;
	size_t n = 0, total = 0;
	char *index = build(3000, &n);

	ask(&found, &total, (struct str){index, n}, STR("common"));
	T_EQ_INT((int64_t)total, 3000, "all hits are counted");
	buf_release(&found);
	ask(&found, &total, (struct str){index, n}, STR("everywhere"));
	T_EQ_STR(buf_slice(&found),
	    STR("/log/0.gmi /log/1.gmi /log/2.gmi /log/3.gmi"),
	    "as many hits as there is room for");
	buf_release(&found);
	search_index_free(index);
}

/* More pages have the word than are scored, and the one that has it in its
 * title comes last in the index. */
static void
prefers_titles_among_many(void)
{
	struct err e = ERR_INIT;
	struct search_builder *b;
	struct buf found;
	size_t n = 0, total = 0;
	char *index = NULL, path[64];

	search_builder_new(&b, &e);
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof path, "/%d", i);
		search_builder_add(b, str_of(path), str_of(path), STR("A day"),
		    STR(""), STR("zebra"), &e);
	}
	search_builder_add(b, STR("/zebra"), STR("/zebra"), STR("Zebra"),
	    STR(""), STR("An animal."), &e);
	search_builder_finish(b, &index, &n, &e);
	search_builder_free(b);
	ask(&found, &total, (struct str){index, n}, STR("zebra"));
	T_EQ_STR(buf_slice(&found), STR("/zebra /0 /1 /2"),
	    "a title is found among thousands of texts");
	T_EQ_INT((int64_t)total, 3001, "and nothing is counted twice");
	buf_release(&found);
	search_index_free(index);
}

static void
is_reproducible_and_read_only(void)
{
	struct err e = ERR_INIT;
	struct search *s = NULL;
	size_t n = 0, total = 0;
	char *again = build(0, &n);
	struct buf found;
	struct str guarded;

	T_OK(n == len && memcmp(bytes, again, n) == 0,
	    "the same pages give the same bytes");
	guarded = t_guard((struct str){bytes, len});
	ask(&found, &total, guarded, STR("carousel"));
	T_EQ_STR(buf_slice(&found), STR("/2012/"), "reads no byte too far");
	T_OK(memcmp(guarded.p, bytes, len) == 0, "and writes none");
	buf_release(&found);
	t_guard_free(guarded);
	search_index_free(again);
	T_OK(search_open(&s, (struct str){NULL, 0}, &e) != 0 &&
		e.kind == ERR_MISSING,
	    "no index is an error of its own");
	err_clear(&e);
	T_OK(search_open(&s, STR("this is no index at all"), &e) != 0,
	    "nor is anything else one");
}

static void
works_without_pages(void)
{
	struct err e = ERR_INIT;
	struct search_builder *b;
	struct buf found;
	char *index = NULL;
	size_t n = 0, total = 0;

	search_builder_new(&b, &e);
	T_OK(search_builder_finish(b, &index, &n, &e) == 0,
	    "a site without pages has an index");
	search_builder_free(b);
	ask(&found, &total, (struct str){index, n}, STR("carousel"));
	T_EQ_STR(buf_slice(&found), STR(""), "in which nothing is found");
	buf_release(&found);
	search_index_free(index);
}

int
main(void)
{
	bytes = build(0, &len);
	T_OK(bytes != NULL, "an index is built");
	T_RUN(finds_what_is_asked);
	T_RUN(never_fails_on_a_query);
	T_RUN(never_fails_on_a_part);
	T_RUN(shows_context);
	T_RUN(counts_and_ranks_many);
	T_RUN(prefers_titles_among_many);
	T_RUN(is_reproducible_and_read_only);
	T_RUN(works_without_pages);
	search_index_free(bytes);
	return t_done();
}
