#include "content/md.h"

#include "base/buf.h"
#include "content/inlines.h"
#include "tests/t.h"

#include <string.h>

/* A page as one string: blocks by a letter and brackets, inlines by tags. */

static const char *const inline_tags[] = {[INLINE_EMPHASIS] = "em",
    [INLINE_STRONG] = "b",
    [INLINE_STRIKE] = "s",
    [INLINE_LINK] = "a",
    [INLINE_IMAGE] = "img"};

static void
print_open(struct buf *to, const struct inl *i)
{
	switch (i->kind) {
	case INLINE_TEXT:
		buf_str(to, i->text);
		break;
	case INLINE_CODE:
		buf_printf(to, "{%.*s}", STR_ARG(i->text));
		break;
	case INLINE_SOFT_BREAK:
		buf_puts(to, "/");
		break;
	case INLINE_HARD_BREAK:
		buf_puts(to, "//");
		break;
	default:
		buf_printf(to, "<%s", inline_tags[i->kind]);
		if (i->link.kind != LINK_NONE)
			buf_printf(to, "=%.*s", STR_ARG(i->link.url));
		buf_puts(to, i->is_bare ? "!>" : ">");
	}
}

static void
print_inlines(struct buf *to, const struct inl *i)
{
	while (i != NULL) {
		print_open(to, i);
		if (i->child != NULL) {
			i = i->child;
			continue;
		}
		for (;; i = i->up) {
			if (i->kind >= INLINE_EMPHASIS)
				buf_printf(to, "</%s>", inline_tags[i->kind]);
			if (i->next != NULL || i->up == NULL)
				break;
		}
		i = i->next;
	}
}

static void
print_block(struct buf *to, const struct block *b)
{
	static const char letters[] = "hpcrqliTRCn";

	buf_putc(to, letters[b->kind]);
	if (b->kind == BLOCK_HEADING)
		buf_printf(to, "%d", b->level);
	if (b->kind == BLOCK_LIST && b->is_ordered)
		buf_printf(to, "%ld", b->start);
	if (b->kind == BLOCK_CELL && b->align != ALIGN_NONE)
		buf_putc(to, "?<^>"[b->align]);
	buf_putc(to, '(');
	buf_str(to, b->info);
	buf_str(to, b->info.n > 0 ? STR(":") : STR(""));
	buf_str(to, b->text);
	print_inlines(to, b->inls);
}

static void
print_page(struct buf *to, const struct doc *doc)
{
	const struct block *b = doc->first;

	while (b != NULL) {
		print_block(to, b);
		if (b->child != NULL) {
			b = b->child;
			continue;
		}
		buf_putc(to, ')');
		while (b->next == NULL && b->up != NULL) {
			b = b->up;
			buf_putc(to, ')');
		}
		b = b->next;
	}
}

/* What every page must be, whatever was read (doc.h). */
static bool
is_sound(const struct doc *doc)
{
	for (const struct block *b = doc->first; b != NULL;
	     b = block_next(b, NULL)) {
		int depth = 0;

		for (const struct block *up = b->up; up != NULL; up = up->up)
			depth +=
			    up->kind == BLOCK_QUOTE || up->kind == BLOCK_LIST;
		if (depth > DOC_DEPTH_MAX || str_has_control(b->text) ||
		    str_has_control(b->info))
			return false;
		for (const struct inl *i = b->inls; i != NULL;
		     i = inl_next(i, NULL))
			if (i->kind > INLINE_IMAGE ||
			    str_has_control(i->text) ||
			    str_chr(i->text, '\n') >= 0 ||
			    str_chr(i->text, '\t') >= 0)
				return false;
	}
	return true;
}

static void
check(const char *why, struct str text, const char *want)
{
	struct err e = ERR_INIT;
	struct buf got;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	buf_init(&got, SIZE_MAX / 2);
	T_EQ_INT(md_parse(&doc, &a, text, NULL, &e), 0, "%s: %s", why, e.msg);
	print_page(&got, &doc);
	if (want != NULL)
		T_EQ_STR(buf_slice(&got), str_of(want), "%s", why);
	T_OK(is_sound(&doc), "%s: a sound page", why);
	buf_release(&got);
	arena_release(&a);
}

static const struct {
	const char *why, *text, *want;
} pages[] = {
    {"nothing", "", ""},
    {"nothing but a comment", "<!-- x -->\n", ""},
    {"inline marks", "a *b* **c** `d`\ne  \nf",
	"p(a <em>b</em> <b>c</b> {d}/e//f)"},
    {"headings", "# a\n\nb\n=\n\n###### c ##", "h1(a)h1(b)h6(c)"},
    {"lists keep their number", "7. a\n8. b\n\n- c\n  - d",
	"l7(i(p(a))i(p(b)))l(i(p(c)l(i(p(d)))))"},
    {"a quote", "> a\n>\n> b\nc", "q(p(a)p(b/c))"},
    {"code, its info and its last line", "```c x\na\n\tb", "c(c x:a\n\tb\n)"},
    {"a rule", "* * *", "r()"},
    {"references", "[a][b] [c]\n\n[b]: /x\n[c]: <y z>",
	"p(<a=/x>a</a> <a=y%20z>c</a>)"},
    {"an image", "![a *b*](c.png)", "p(<img=c.png>a <em>b</em></img>)"},
    {"entities and escapes", "&mdash; \\$1200 snake_case_name \\*a\\*",
	"p(\xe2\x80\x94 $1200 snake_case_name *a*)"},
    {"an entity is no control character", "a&#27;[31m&#10;b&#4;0&#5;",
	"p(a[31m b&#4;0&#5;)"},
    {"white space in a line", "a\tb", "p(a b)"},
    {"a no-place is its text", "[a](javascript:x) [b](#c) [d](data:,x)",
	"p(<a>a</a> <a>b</a> <a>d</a>)"},
    {"CRLF and CR", "a\r\nb\rc\r\n\r\n```\r\nd\r\n```\r\n", "p(a/b/c)c(d\n)"},
    /* Bare addresses (rule 21). */
    {"an address in a sentence", "(see https://a.org/b_c_(d).)",
	"p((see <a=https://a.org/b_c_(d)!>https://a.org/b_c_(d)</a>.))"},
    {"an address in code is code", "`http://a.b`", "p({http://a.b})"},
    {"an address in a link is its text", "[http://a.b](c)",
	"p(<a=c>http://a.b</a>)"},
    {"two addresses", "http://a.b,gopher://c.d",
	"p(<a=http://a.b,gopher://c.d!>http://a.b,gopher://c.d</a>)"},
    {"an autolink is bare", "<http://a.b> <me@b.org>",
	"p(<a=http://a.b!>http://a.b</a> "
	"<a=mailto:me@b.org!>me@b.org</a>)"},
    /* Struck text. */
    {"struck text", "~~a *b*~~ c", "p(<s>a <em>b</em></s> c)"},
    {"three tildes strike nothing", "x ~~~a~~~", "p(x ~~~a~~~)"},
    {"tildes beside spaces strike nothing", "a ~~ b ~~ c", "p(a ~~ b ~~ c)"},
    {"escaped tildes", "\\~~a~~ &#126;~b~~", "p(~~a~~ ~~b~~)"},
    {"an escaped entity", "\\&vert; \\\\~~a~~", "p(&vert; \\<s>a</s>)"},
    {"tildes do not cross emphasis", "*a ~~b* c~~", "p(<em>a ~~b</em> c~~)"},
    {"struck over lines", "~~a\nb~~", "p(<s>a/b</s>)"},
    {"an escape beside emphasis", "_a_\\~_b_", "p(<em>a</em>~_b_)"},
    /* Footnotes. */
    {"a footnote", "a[^x]\n\n[^x]: b\nc\n\n    d\n",
	"p(a[note 1])n([note 1]p(b/c)p(d))"},
    {"footnotes in the order of mention", "[^b] [^A]\n\n[^a]: x\n[^b]: y",
	"p([note 1] [note 2])n([note 1]p(y))n([note 2]p(x))"},
    {"a note of one word is no reference", "a[^1]\n\n[^1]: http://b.c",
	"p(a[note 1])n([note 1]p(<a=http://b.c!>http://b.c</a>))"},
    {"a note that nobody mentions", "[^1]: a", "n([note 1]p(a))"},
    {"a mention of no note", "a[^1]", "p(a[^1])"},
    {"a definition in code", "```\n[^1]: a\n```\n\n    [^2]: b\n\n[^1]",
	"c([^1]: a\n)c([^2]: b\n)p([^1])"},
    {"a definition in code before the one that counts",
	"```\n[^1]: a\n```\n\n[^1]\n\n[^1]: b\n\n[^1]: c",
	"c([^1]: a\n)p([note 1])n([note 1]p(b))n([note 2]p(c))"},
    {"an escaped mention", "\\[^1]\n\n[^1]: a", "p([^1])n([note 1]p(a))"},
    {"a note in a quote", "> [^1]: a\n\n[^1]", "q()p([note 1])n([note 1]p(a))"},
    /* Tables, by GitHub's specification. */
    {"a table", "| a | b |\n|---|:-:|\n| c | *d* |\n",
	"T(R(C(a)C^(b))R(C(c)C^(<em>d</em>)))"},
    {"without bars at the ends", "a|b\n:-|-:\nc|d",
	"T(R(C<(a)C>(b))R(C<(c)C>(d)))"},
    {"an escaped bar", "|a\\|b|c|\n|-|-|\n|`d\\|e`|&#124;|",
	"T(R(C(a|b)C(c))R(C({d|e})C(|)))"},
    {"too few and too many", "|a|b|\n|-|-|\n|c|\n|d|e|f|",
	"T(R(C(a)C(b))R(C(c))R(C(d)C(e)C(f)))"},
    {"an empty cell", "|a|b|\n|-|-|\n||c|", "T(R(C(a)C(b))R(C()C(c)))"},
    {"a link in a cell", "|a|\n|-|\n|[b](c)|", "T(R(C(a))R(C(<a=c>b</a>)))"},
    {"a paragraph before", "x\n|a|\n|-|\n|b|", "p(x)T(R(C(a))R(C(b)))"},
    {"only a header", "|a|\n|-|", "T(R(C(a)))"},
    {"a header of another width", "|a|b|\n|-|", "p(|a|b|/|-|)"},
    {"no header", "|-|-|\n|a|b|", "p(|-|-|/|a|b|)"},
    {"a line end within emphasis", "|a|\n|-|\n|*b|\n|c*|",
	"T(R(C(a))R(C(<em>b</em>))R(C(<em>c</em>)))"},
    {"<br> in a cell ends no row", "|a|\n|-|\n|b<br>c|",
	"T(R(C(a))R(C(b//c)))"},
    /* Raw HTML (rule 13). */
    {"tags in a line", "a <b>c</b> <a href='d&amp;e'>f</a><br>g",
	"p(a <b>c</b> <a=d&e>f</a>//g)"},
    {"an image in a line", "<img src=a.png alt='b &lt;'>c",
	"p(<img=a.png>b <</img>c)"},
    {"a tag that is not closed", "*<a href=x>a* b", "p(<em><a=x>a</a></em> b)"},
    {"a script in a line is not shown", "a <script>b</script> c", "p(a  c)"},
    {"a script without an end is", "a <script>b", "p(a b)"},
    {"a block", "<div>a &copy;<p>b\nc</div>", "p(a \xc2\xa9)p(b c)"},
    {"headings, items", "<h2>a</h2><ol><li>b<li>c</ol>d",
	"h2(a)l1(i(p(b))i(p(c)))p(d)"},
    {"what is hidden", "<style>a</style><!-- b -->\n<div><script>c</script>d",
	"p(d)"},
    {"preformatted", "<pre>\na <b>b</b>\n  &lt;\n</pre>", "c(a b\n  <\n)"},
    {"media", "<video src='a.mp4' title=b></video>\n", "p(<a=a.mp4>b</a>)"},
    {"an iframe", "<iframe src='https://a.b/c'></iframe>\n",
	"p(<a=https://a.b/c></a>)"},
    {"Markdown is not read in a block", "<div>\n*a* ~~b~~ [^c]\n</div>",
	"p(*a* ~~b~~ [^c])"},
    {"addresses in a block", "<div>http://a.b</div>",
	"p(<a=http://a.b!>http://a.b</a>)"},
    {"a link around a block", "<div><a href=x>\n\nb\n\n</a></div>",
	"p(<a=x> </a>)p(b)"},
    {"what is no tag", "<div>1 < 2 & 3 <</div>", "p(1 < 2 & 3 <)"},
};

static void
takes_apart(void)
{
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct str text = t_guard(str_of(pages[i].text));

		check(pages[i].why, text, pages[i].want);
		for (size_t n = 0; n < text.n; n++) {
			struct str part = t_guard(str_sub(text, 0, n));

			check(pages[i].why, part, NULL);
			t_guard_free(part);
		}
		t_guard_free(text);
	}
}

static const struct {
	const char *why;
	struct str bytes;
	const char *want;
	bool guessed;
} encodings[] = {
    {"UTF-8", {"a\xc3\xa9", 3}, "a\xc3\xa9", false},
    {"a byte order mark goes", {"\xef\xbb\xbf# a", 6}, "# a", false},
    {"UTF-16, little",
	{"\xff\xfe"
	 "a\0\xac\x20",
	    6},
	"a\xe2\x82\xac", false},
    {"UTF-16, big", {"\xfe\xff\0a\x20\xac", 6}, "a\xe2\x82\xac", false},
    {"a pair", {"\xfe\xff\xd8\x3d\xde\x00", 6}, "\xf0\x9f\x98\x80", false},
    {"half a pair", {"\xfe\xff\xd8\x3d\0a", 6},
	"\xef\xbf\xbd"
	"a",
	false},
    {"half a unit", {"\xfe\xff\0a\0", 5}, "a", false},
    {"Windows-1252",
	{"\x93"
	 "a\x94 \xe9",
	    5},
	"\xe2\x80\x9c"
	"a\xe2\x80\x9d \xc3\xa9",
	true},
    {"nothing", {"", 0}, "", false},
};

static void
decodes(void)
{
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
		struct str bytes = t_guard(encodings[i].bytes), got;
		struct err e = ERR_INIT;
		struct arena a;
		bool guessed;

		arena_init(&a);
		T_EQ_INT(md_decode(&got, &guessed, &a, bytes, &e), 0, "%s",
		    encodings[i].why);
		T_EQ_STR(
		    got, str_of(encodings[i].want), "%s", encodings[i].why);
		T_OK(guessed == encodings[i].guessed, "%s: whether guessed",
		    encodings[i].why);
		t_guard_free(bytes);
		arena_release(&a);
	}
}

/* Is the page one paragraph of exactly this text? */
static bool
is_paragraph(const struct doc *doc, struct str text)
{
	struct buf got;
	bool same;

	if (doc->first == NULL || doc->first->kind != BLOCK_PARAGRAPH ||
	    doc->first->next != NULL)
		return false;
	buf_init(&got, SIZE_MAX / 2);
	for (const struct inl *i = doc->first->inls; i != NULL;
	     i = inl_next(i, NULL)) {
		if (i->kind != INLINE_TEXT && !i->is_bare)
			buf_puts(&got, "?");
		buf_str(&got, i->text);
	}
	same = str_eq(buf_slice(&got), text);
	buf_release(&got);
	return same;
}

static void
check_escape(struct str text)
{
	struct err e = ERR_INIT;
	struct buf markdown;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	buf_init(&markdown, SIZE_MAX / 2);
	md_escape(&markdown, text);
	T_OK(md_parse(&doc, &a, buf_slice(&markdown), NULL, &e) == 0 &&
		is_paragraph(&doc, text),
	    "\"%.*s\" as \"%s\"", STR_ARG(text), markdown.data);
	buf_release(&markdown);
	arena_release(&a);
}

static void
escapes_exactly(void)
{
	static const char *const texts[] = {"a", " ", "  a  b  ", "# a", "#a",
	    "a #", "- a", "+ a", "* a", "-", "---", "===", "1. a", "1) a",
	    "12345678901. a", "> a", "=> /a b", "```", "~~~", "~~a~~", "`a`",
	    "_a_", "**a**", "[a](b)", "[a]: b", "[^1]: a", "![a](b)", "<b>",
	    "<http://a.b>", "<!-- a -->", "&amp;", "&vert;", "&#27;", "&",
	    "a\\", "\\", "\\\\", "a|b", "| a | b |", "http://a.b/c_d_e",
	    "http://a.b/~me", "me@b.org", "    a", "a: b", "...", "--- ",
	    "\"a\" 'b'",
	    "\xef\xbb\xbf"
	    "a",
	    "a\xef\xbb\xbf", "\xc2\xa0", "\xe2\x80\xa8",
	    "{a} $b %c ^d /e ;f ,g ?h !i", ":-", "|-|", "1.", "0)", "(a)"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		check_escape(str_of(texts[i]));
	/* Every pair of what may be markup, at both ends and in between. */
	for (char a = ' '; a < 0x7f; a++) {
		for (char b = ' '; b < 0x7f; b++) {
			char text[] = {a, b, 'x', b, a, ' ', 'y', a, b};

			check_escape((struct str){text, sizeof text});
			check_escape((struct str){text, 2});
		}
	}
}

static void
escapes_line_ends(void)
{
	struct buf got;

	buf_init(&got, 100);
	md_escape(&got, STR("a\nb\r\nc\rd\te"));
	T_EQ_STR(buf_slice(&got), STR("a b c d e"), "line ends are spaces");
	buf_release(&got);
}

/* Nesting is cut, words are not. */
static void
caps_depth(void)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	for (int i = 0; i < 5000; i++)
		buf_puts(&text, "> ");
	buf_puts(&text, "a");
	check("deep quotes", buf_slice(&text), "q(q(q(q(q(q(p(a)))))))");
	buf_clear(&text);
	for (int i = 0; i < 9; i++) {
		buf_fill(&text, ' ', (size_t)i * 2);
		buf_printf(&text, "- %d\n", i);
	}
	check("deep lists", buf_slice(&text),
	    "l(i(p(0)l(i(p(1)l(i(p(2)l(i(p(3)l(i(p(4)l(i(p(5)"
	    "p(6)p(7)p(8)))))))))))))");
	buf_clear(&text);
	for (int i = 0; i < 12; i++)
		buf_puts(&text, "![");
	buf_puts(&text, "x");
	for (int i = 0; i < 12; i++)
		buf_puts(&text, "](u)");
	check("deep images keep their targets", buf_slice(&text),
	    "p(<img=u><img=u><img=u><img=u><img=u><img=u><img=u><img=u>"
	    "<img=u></img><img=u></img><img=u></img><img=u></img>x"
	    "</img></img></img></img></img></img></img></img>)");
	buf_release(&text);
}

static void
refuses_size(void)
{
	struct err e = ERR_INIT;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	T_EQ_INT(
	    md_parse(&doc, &a, (struct str){"", MD_SIZE_MAX + 1}, NULL, &e), -1,
	    "over the limit");
	T_EQ_INT(e.kind, ERR_LIMIT, "and says so: %s", e.msg);
	arena_release(&a);
}

/* What cost some converter the square of it: here it ends. */
static void
ends_on_anything(void)
{
	static const struct {
		const char *why, *piece, *tail;
		int times;
	} cases[] = {{"brackets", "[", "", 100000},
	    {"open links", "[a](", "", 50000}, {"comments", "<!--a", "", 50000},
	    {"comments in text", "a <!--a", "", 50000},
	    {"links", "[a](http://b/c) ", "", 100000},
	    {"columns", "|a", "\n|-|", 10000},
	    {"mentions", "[^1]", "\n\n[^1]: a", 100000},
	    {"definitions", "[^a]: b\n", "", 50000},
	    {"tildes", "~~a ", "", 100000}, {"struck", "~~a~~ ", "", 50000},
	    {"tags", "a <b><a href=b>", "", 50000},
	    {"items", "<li>a", "", 50000},
	    {"scripts", "<div><script></a>", "", 50000},
	    {"hidden in text", "a <script>", "", 50000},
	    {"addresses", "http://a.b/((( ", "", 50000},
	    {"images", "![", "](a)", 20000}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf text;

		buf_init(&text, SIZE_MAX / 2);
		for (int n = 0; n < cases[i].times; n++)
			buf_puts(&text, cases[i].piece);
		buf_puts(&text, cases[i].tail);
		check(cases[i].why, buf_slice(&text), NULL);
		buf_release(&text);
	}
}

static void
note_line(void *ctx, int line)
{
	*(int *)ctx = *(int *)ctx * 100 + line;
}

static void
resolve_line(
    void *ctx, struct arena *a, struct str target, int line, struct link *link)
{
	(void)a;
	note_line(ctx, line);
	*link = (struct link){LINK_OUT, target, {NULL, 0}, 'h'};
}

/* Faults name the line of the file, not of the text. */
static void
names_lines(void)
{
	int asked = 0, bare = 0;
	struct link_resolver resolver = {resolve_line, &asked};
	struct md_options options = {10, &resolver, note_line, &bare};
	struct err e = ERR_INIT;
	struct arena a;
	struct doc doc;

	arena_init(&a);
	T_EQ_INT(md_parse(&doc, &a,
		     STR("# A *b*\n\n[x](y) ![](z)\n\n<img src=w>\n\n"
			 "a\nhttp://c.d\n"),
		     &options, &e),
	    0, "parses");
	T_EQ_INT(asked, 12121417, "links at lines 12, 12, 14 and 17");
	T_EQ_INT(bare, 1214, "no alternative text at lines 12 and 14");
	T_EQ_STR(doc.title, STR("A b"), "the first heading is the title");
	T_EQ_INT(doc.first->line, 10, "the first block's line");
	arena_release(&a);
}

int
main(void)
{
	T_RUN(takes_apart);
	T_RUN(decodes);
	T_RUN(escapes_exactly);
	T_RUN(escapes_line_ends);
	T_RUN(caps_depth);
	T_RUN(refuses_size);
	T_RUN(ends_on_anything);
	T_RUN(names_lines);
	return t_done();
}
