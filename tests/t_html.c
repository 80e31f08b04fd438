#include "content/md.h"
#include "content/render.h"

#include "tests/t.h"

#include <string.h>

static const struct {
	const char *why, *text, *want;
} pages[] = {
    {"nothing", "", ""},
    {"marks", "*a* **b** `c<` ~~d~~\ne  \nf",
	"<p><em>a</em> <strong>b</strong> <code>c&lt;</code> <s>d</s>\n"
	"e<br>\nf</p>\n"},
    {"what HTML would read", "a & \\<b> \"c\"",
	"<p>a &amp; &lt;b&gt; &quot;c&quot;</p>\n"},
    {"raw HTML is only what it says",
	"<script>a</script>\n<p onclick=b>c <a href='d:e' onclick=f>g</a></p>",
	"<p>c <a href=\"d:e\">g</a></p>\n"},
    {"headings and a rule", "# a\n\n###### b\n\n---",
	"<h1>a</h1>\n<h6>b</h6>\n<hr>\n"},
    {"a tight list", "- a\n- b\n", "<ul>\n<li>a\n</li>\n<li>b\n</li>\n</ul>\n"},
    {"numbers", "3. a\n", "<ol start=\"3\">\n<li>a\n</li>\n</ol>\n"},
    {"a loose list", "- a\n\n- b\n",
	"<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n"},
    {"a quote", "> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"},
    {"code", "```c\na < b\n```", "<pre><code>a &lt; b\n</code></pre>\n"},
    {"a table", "|a|b|\n|-|:-:|\n|c|d|",
	"<table>\n<tr><th>a</th><th align=\"center\">b</th></tr>\n"
	"<tr><td>c</td><td align=\"center\">d</td></tr>\n</table>\n"},
    {"an address out", "[a](https://b.c/?d=e&f)",
	"<p><a href=\"https://b.c/?d=e&amp;f\">a</a></p>\n"},
    {"an address of the site is absolute", "[a](/b.gmi)",
	"<p><a href=\"gemini://h.org/b.gmi\">a</a></p>\n"},
    {"no quote leaves its attribute", "[a](<b\"onclick=c>)",
	"<p><a href=\"b%22onclick=c\">a</a></p>\n"},
    {"a target that is none", "[a](javascript:b)", "<p>a</p>\n"},
    {"nothing is fetched", "![a](https://b.c/d.png)",
	"<p><a href=\"https://b.c/d.png\">[image: a]</a></p>\n"},
    {"a bare address", "see http://a.b",
	"<p>see <a href=\"http://a.b\">http://a.b</a></p>\n"},
};

static void
render_page(struct buf *to, struct str text, const struct render_head *head)
{
	static const struct render_env env = {.base = {"gemini://h.org", 14}};
	struct err e = ERR_INIT;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	T_EQ_INT(md_parse(&doc, &a, text, NULL, &e), 0, "parses");
	render(to, FORMAT_HTML, &doc, head, &env);
	T_EQ_INT(buf_ok(to, "the page", &e), 0, "fits: %s", e.msg);
	arena_release(&a);
}

static void
writes_simple_html(void)
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

/* Whatever a page holds, nothing in it is fetched or run. */
static void
fetches_nothing(void)
{
	static const char *const bad[] = {"<img", "<script", "<iframe",
	    "<video", "<link", "<style", " src=", " style=", " on", "url("};
	static const struct render_head head = {
	    {"<img>", 5}, {"<b>", 3}, {NULL, 0}};
	struct buf got;

	buf_init(&got, 1 << 20);
	render_page(&got,
	    STR("![a](b) <img src=c> <video src=d></video>\n\n"
		"<iframe src=e></iframe><style>f</style><link href=g>\n"
		"<div style='background:url(h)' onload=i>j</div>\n"),
	    &head);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		T_OK(str_find(buf_slice(&got), str_of(bad[i])) < 0,
		    "no \"%s\" in %s", bad[i], got.data);
	T_OK(str_starts(buf_slice(&got),
		 STR("<h1>&lt;img&gt;</h1>\n<p>&lt;b&gt;</p>\n")),
	    "a head is text: %s", got.data);
	T_OK(strstr(got.data, ">j<") != NULL, "no text is lost: %s", got.data);
	buf_release(&got);
}

int
main(void)
{
	T_RUN(writes_simple_html);
	T_RUN(fetches_nothing);
	return t_done();
}
