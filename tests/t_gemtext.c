#include "content/md.h"
#include "content/render.h"

#include "tests/t.h"

/* By the rules of the conversion, capsule-page(7). */
static const struct {
	const char *why, *text, *want;
} pages[] = {
    /* Rule 5 */
    {"nothing", "", ""},
    {"one empty line between blocks, none last", "\n\na\n\n\n\nb\n\n",
	"a\n\nb\n"},
    {"no control character",
	"a\033[31m\x7f\xc2\x85"
	"b\tc",
	"a[31mb c\n"},
    /* Rule 6 */
    {"a paragraph is a line", "a\nb\nc", "a b c\n"},
    {"nothing between wide characters", "\xe6\x97\xa5\n\xe6\x9c\xac",
	"\xe6\x97\xa5\xe6\x9c\xac\n"},
    {"a space between Hangul", "\xea\xb0\x80\n\xeb\x82\x98",
	"\xea\xb0\x80 \xeb\x82\x98\n"},
    {"hard breaks", "a  \nb\\\nc<br>d", "a\nb\nc\nd\n"},
    /* Rule 7 */
    {"headings", "# a\n\n## b *c* #\n\n#### d\n\n##",
	"# a\n\n## b c\n\n### d\n"},
    {"a heading that is a link", "# [a](b)\n\nc", "# a\n=> b a\n\nc\n"},
    /* Rule 8 */
    {"quotes", "> a\n> b\n>\n> c\n> > d", "> a b\n>\n> c\n>\n> > d\n"},
    {"items and links of a quote", "> - a [b](c)\n> - d\n",
	"> * a b\n> * d\n=> c b\n"},
    {"code in a quote", "> a\n> ```\n> b\n> ```\n", "> a\n\n```\nb\n```\n"},
    /* Rule 9 */
    {"lists", "- a\n- b\n  - c\n    - d\n",
	"* a\n* b\n* \xe2\x80\x93 c\n* \xe2\x80\x93 \xe2\x80\x93 d\n"},
    {"numbers", "3. a\n4. b\n\n- c\n  1. d\n",
	"3. a\n4. b\n\n* c\n* \xe2\x80\x93 1. d\n"},
    {"more in an item", "- a\n\n  b\n\n      c\n", "* a\n\nb\n\n```\nc\n```\n"},
    {"an empty item", "- a\n-\n- b\n\n1.\n2. c\n", "* a\n* b\n\n2. c\n"},
    /* Rule 10 */
    {"code", "```c x\n# a\n=> b\n```\n", "```c x\n# a\n=> b\n```\n"},
    {"fences in code", "````\n```\na\n```\n````\n",
	"```\n ```\n a\n ```\n```\n"},
    {"empty code", "```\n\n```\na", "a\n"},
    /* Rule 11 */
    {"a table", "|a|b|\n|-|-:|\n|c|100|\n",
	"```Table: a | b\na    b\n-  ---\nc  100\n```\n"},
    {"a table by display width", "|a|b|\n|-|-|\n|\xe6\x97\xa5|c|\n|d|e|",
	"```Table: a | b\na   b\n--  -\n\xe6\x97\xa5  c\nd   e\n```\n"},
    {"a table without a header", "| | |\n|-|-|\n|c|100|\n| | |\n",
	"```Table\nc  100\n```\n"},
    {"a table of nothing", "a\n\n| | |\n|-|-|\n| | |\n\nb", "a\n\nb\n"},
    {"a wide table",
	"|a|b|\n|-|-|\n|[c](d)|"
	"0123456789012345678901234567890123456789012345678901234567890123456789"
	"|\n|||\n",
	"a | b\n* c | "
	"0123456789012345678901234567890123456789012345678901234567890123456789"
	"\n=> d c\n"},
    /* Rule 12 */
    {"a rule", "a\n\n***", "a\n\n---\n"},
    /* Rule 13 */
    {"an address in angle brackets", "<div>\n<http://a.b/c> <mailto:d@e.f>",
	"=> http://a.b/c\n=> mailto:d@e.f d@e.f\n"},
    {"struck words in others", "<del>a <s>b</s></del> <s><a href=c></a></s>",
	"~a b~\n=> c\n"},
    {"an image without a name", "a <img src=http://b.c/>",
	"a [image: b.c]\n=> http://b.c/ Image: b.c\n"},
    {"raw HTML", "<p>a &amp; <a href=b>c</a><br>d<ul><li>e</ul><!-- f -->",
	"a & c\nd\n=> b c\n\n* e\n"},
    /* Rule 14, 16 */
    {"marks go", "*a* __b__ `` c`d `` ~~e~~ \\*f\\* g_h_i \\$1",
	"a b `c`d` ~e~ *f* g_h_i $1\n"},
    /* Rule 15 */
    {"the guard",
	"\\# a\n\n=> b\n\n\\* c\n\n\\> d\n\n\\`\\`\\`e\n\nf<br>\\# g\n",
	" # a\n\n => b\n\n * c\n\n > d\n\n ```e\n\nf\n # g\n"},
    {"the guard sees the line as it is written",
	"*\\#* a\n\n&#35; b\n\n<b>=&gt;</b> c\n\n``` ``d`` ```\n",
	" # a\n\n # b\n\n => c\n\n ```d```\n"},
    {"no guard where none is needed", "*a\n\n=a\n\n``b``\n",
	"*a\n\n=a\n\n`b`\n"},
    /* Rule 17 */
    {"links after their block, one a target", "a [b](c) [d](e)\n[b](c)\n\nf",
	"a b d b\n=> c b\n=> e d\n\nf\n"},
    {"a label in two lines", "a [b\nc](d)", "a b c\n=> d b c\n"},
    /* Rule 18 */
    {"a label that says nothing", "[Here](https://www.a.org/b) is it",
	"Here is it\n=> https://www.a.org/b Here (a.org)\n"},
    {"a label that two share", "x [a](http://b) [a](http://c)",
	"x a a\n=> http://b a (b)\n=> http://c a (c)\n"},
    /* Rule 19 */
    {"only links", "[a](b)\n\n[c](d) | [e](f), **[g](h)**",
	"=> b a\n\n=> d c\n=> f e\n=> h g\n"},
    {"the words of a second link to one place", "[a](b) [c](b)",
	"a c\n=> b a\n"},
    /* Rule 20 */
    {"a list of links", "- [a](b), c\n- d [e](f)", "=> b a, c\n=> f d e\n"},
    {"numbers in a list of links", "2. [a](b)\n3. [c](d)",
	"=> b 2. a\n=> d 3. c\n"},
    {"few links after the list", "- [a](b) c [d](e)\n- f",
	"* a c d\n* f\n=> b a\n=> e d\n"},
    /* Rule 21 */
    {"a bare address", "http://a.b/c\n\nsee http://d.e.",
	"=> http://a.b/c\n\nsee http://d.e.\n=> http://d.e\n"},
    {"a bare address with a line to itself", "a\nhttp://b.c\nd [e](f)",
	"a\n=> http://b.c\nd e\n=> f e\n"},
    {"no address in code", "`http://a.b`", "`http://a.b`\n"},
    /* Rule 22 */
    {"a mail address", "<me@b.org>", "=> mailto:me@b.org me@b.org\n"},
    /* Rule 23 */
    {"images", "![a](b.png)\n\n![](c/d%20e.png)",
	"=> b.png Image: a\n\n=> c/d%20e.png Image: d e.png\n"},
    {"an image in a sentence", "a ![b](c) d",
	"a [image: b] d\n=> c Image: b\n"},
    {"a linked image", "[![a](b)](c)", "=> c a\n=> b Image: a\n"},
    /* Rule 24 */
    {"targets that are none", "[a](#b) [c](javascript:d) [e]() x", "a c e x\n"},
    {"an image that is nowhere", "![a](data:x)", "[image: a]\n"},
    /* Rule 25 */
    {"what an address may not hold", "[a](<b c|d%20%>) x",
	"a x\n=> b%20c%7Cd%20%25 a\n"},
    {"an address without scheme", "[a](//b.c) x", "a x\n=> https://b.c a\n"},
    /* Footnotes */
    {"footnotes", "a[^x].\n\n[^x]: b\n\n    c",
	"a[note 1].\n\n[note 1] b\n\nc\n"},
    {"an empty footnote", "a[^x]\n\n[^x]:", "a[note 1]\n\n[note 1]\n"},
};

static void
render_page(struct buf *to, struct str text, const struct render_head *head)
{
	static const struct render_env env = {.port = 0};
	struct err e = ERR_INIT;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	T_EQ_INT(md_parse(&doc, &a, text, NULL, &e), 0, "parses");
	render(to, FORMAT_GEMTEXT, &doc, head, &env);
	T_EQ_INT(buf_ok(to, "the page", &e), 0, "fits: %s", e.msg);
	arena_release(&a);
}

static void
follows_the_rules(void)
{
	static const struct render_head none = {.title = {NULL, 0}};

	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct buf got;

		buf_init(&got, 1 << 20);
		render_page(&got, str_of(pages[i].text), &none);
		T_EQ_STR(
		    buf_slice(&got), str_of(pages[i].want), "%s", pages[i].why);
		buf_release(&got);
	}
}

/* Rule 20: more than eight, and they stand with their items. */
static void
puts_many_links_after_items(void)
{
	static const struct render_head none = {.title = {NULL, 0}};
	struct buf text, want, got;

	buf_init(&text, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	for (int i = 0; i < 9; i++) {
		buf_printf(&text, "- a [%d](b%d) c `d`\n", i, i);
		buf_printf(&want, "* a %d c `d`\n=> b%d %d\n", i, i, i);
	}
	buf_puts(&text, "- e\n");
	buf_puts(&want, "* e\n");
	render_page(&got, buf_slice(&text), &none);
	T_EQ_STR(buf_slice(&got), buf_slice(&want), "nine links");
	buf_release(&text);
	buf_release(&want);
	buf_release(&got);
}

/* Rule 4. */
static void
puts_a_head(void)
{
	static const struct {
		const char *why, *text;
		struct render_head head;
		const char *want;
	} heads[] = {
	    {"title and dates", "a", {{"T", 1}, {"D", 1}, {"U", 1}},
		"# T\n\nD (updated U)\n\na\n"},
	    {"a title that the page repeats", "# *T*\n\na", {.title = {"T", 1}},
		"# T\n\na\n"},
	    {"one that differs", "# S\n\na", {.title = {"T", 1}},
		"# T\n\n# S\n\na\n"},
	    {"no text", "", {.title = {"T", 1}}, "# T\n"},
	};

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct buf got;

		buf_init(&got, 1 << 20);
		render_page(&got, str_of(heads[i].text), &heads[i].head);
		T_EQ_STR(
		    buf_slice(&got), str_of(heads[i].want), "%s", heads[i].why);
		buf_release(&got);
	}
}

/* The buffer's limit is all that can fail. */
static void
stops_at_the_limit(void)
{
	static const struct render_head none = {.title = {NULL, 0}};
	static const struct render_env env = {.port = 0};
	struct err e = ERR_INIT;
	struct buf got;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	buf_init(&got, 10);
	md_parse(&doc, &a, STR("0123456789 [a](b)\n\n- c\n"), NULL, &e);
	render(&got, FORMAT_GEMTEXT, &doc, &none, &env);
	T_EQ_INT(buf_ok(&got, "the page", &e), -1, "too long");
	T_EQ_INT(e.kind, ERR_LIMIT, "is a limit: %s", e.msg);
	buf_release(&got);
	arena_release(&a);
}

int
main(void)
{
	T_RUN(follows_the_rules);
	T_RUN(puts_many_links_after_items);
	T_RUN(puts_a_head);
	T_RUN(stops_at_the_limit);
	return t_done();
}
