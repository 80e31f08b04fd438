#include "content/md.h"
#include "content/render.h"
#include "tests/t.h"

#include <string.h>

static const struct {
	const char *name;
	int want;
} names[] = {
    {"gemtext", FORMAT_GEMTEXT},
    {"gopher", FORMAT_MENU},
    {"gophertext", FORMAT_GOPHERTEXT},
    {"text", FORMAT_MAILTEXT},
    {"html", FORMAT_HTML},
    {"", -1},
    {"HTML", -1},
    {"gemtex", -1},
    {"gemtextt", -1},
};

static void
knows_formats_by_name(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		enum format format = FORMAT_COUNT;
		int got = render_format_parse(&format, str_of(names[i].name));

		T_EQ_INT(got == 0 ? (int)format : -1, names[i].want,
		    "the format \"%s\"", names[i].name);
	}
}

/* A paragraph of one link, for what is written about links. */
struct one_link {
	struct inl before, text, link;
	struct block paragraph;
	struct doc doc;
};

static void
make_one_link(struct one_link *o, struct link link)
{
	*o = (struct one_link){
	    .before = {.kind = INLINE_TEXT,
		.text = STR("Read "),
		.next = &o->link},
	    .text = {.kind = INLINE_TEXT, .text = STR("that"), .up = &o->link},
	    .link = {.kind = INLINE_LINK, .link = link, .child = &o->text},
	    .paragraph = {.kind = BLOCK_PARAGRAPH, .inls = &o->before},
	    .doc = {.first = &o->paragraph},
	};
}

static const struct link page = {
    LINK_INSIDE, {"/2012/talk.gmi", 14}, {"/2012/a talk", 12}, '0'};
static const struct link gemini_only = {LINK_INSIDE, {"/form", 5}, {"", 0}, 0};
static const struct link relative = {
    LINK_INSIDE, {"a/b.md", 6}, {"a/b.md", 6}, '0'};
static const struct link hole = {
    LINK_OUT, {"gopher://[2001:db8::1]:7070/0/%C3%BC", 36}, {"", 0}, 0};
static const struct link forged = {
    LINK_OUT, {"gopher://evil.example/1/a%0D%0A.%0D%0A", 38}, {"", 0}, 0};

static const struct {
	const char *why;
	const struct link *link;
	enum format format;
	const char *host;
	int port;
	const char *base;
	const char *want; /* stands in what is rendered */
} links[] = {
    {"a page in a menu", &page, FORMAT_MENU, "h.org", 7070, "gemini://h.org",
	"\n0that\t/2012/a talk\th.org\t7070\r\n"},
    {"a page in a text", &page, FORMAT_GOPHERTEXT, "h.org", 70,
	"gemini://h.org", "\n[1] gopher://h.org/0/2012/a%20talk\n"},
    {"a page in a text, another port", &page, FORMAT_GOPHERTEXT, "h.org", 7070,
	"", "\n[1] gopher://h.org:7070/0/2012/a%20talk\n"},
    {"a page in a text, by no host", &page, FORMAT_GOPHERTEXT, "", 70,
	"gemini://h.org", "\n[1] gemini://h.org/2012/talk.gmi\n"},
    {"a page in a message", &page, FORMAT_MAILTEXT, "h.org", 70,
	"gemini://h.org", "\n[1] gemini://h.org/2012/talk.gmi\n"},
    {"a page in a message without a base", &page, FORMAT_MAILTEXT, "", 0, "",
	"\n[1] /2012/talk.gmi\n"},
    {"Gemini only, in a menu", &gemini_only, FORMAT_MENU, "h.org", 70,
	"gemini://h.org",
	"\nhthat (Gemini)\tURL:gemini://h.org/form\th.org\t70\r\n"},
    {"Gemini only, in a text", &gemini_only, FORMAT_GOPHERTEXT, "h.org", 70,
	"gemini://h.org", "\n[1] gemini://h.org/form\n"},
    {"a relative target stays", &relative, FORMAT_MAILTEXT, "h.org", 70,
	"gemini://h.org", "\n[1] a/b.md\n"},
    {"a relative target stays in a text", &relative, FORMAT_GOPHERTEXT, "h.org",
	70, "gemini://h.org", "\n[1] a/b.md\n"},
    {"another hole, by number", &hole, FORMAT_MENU, "h.org", 70, "",
	"\n0that\t/\u00fc\t2001:db8::1\t7070\r\n"},
    {"a selector that would end the line", &forged, FORMAT_MENU, "h.org", 70,
	"",
	"\nhthat\tURL:gopher://evil.example/1/a%0D%0A.%0D%0A\th.org\t70\r\n"},
};

static void
leads_where_it_says(void)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		const struct render_head head = {.title = {NULL, 0}};
		const struct render_env env = {.host = str_of(links[i].host),
		    .port = links[i].port,
		    .base = str_of(links[i].base)};
		struct one_link one;
		struct buf out;

		make_one_link(&one, *links[i].link);
		buf_init(&out, 4096);
		render(&out, links[i].format, &one.doc, &head, &env);
		if (!T_OK(str_find(buf_slice(&out), str_of(links[i].want)) >= 0,
			"%s", links[i].why))
			T_EQ_STR(buf_slice(&out), str_of(links[i].want), "%s",
			    links[i].why);
		buf_release(&out);
	}
}

/* Whatever the buffer's ceiling, it is kept, and said. */
static void
stops_at_the_limit(void)
{
	const struct render_head head = {
	    .title = STR("A title"), .date = STR("2012")};
	const struct render_env env = {.host = STR("h.org"), .port = 70};
	struct one_link one;
	struct buf out;

	make_one_link(&one, page);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		size_t whole;

		buf_init(&out, 4096);
		render(&out, (enum format)f, &one.doc, &head, &env);
		whole = out.len;
		buf_release(&out);
		for (size_t max = 0; max < whole; max++) {
			buf_init(&out, max);
			render(&out, (enum format)f, &one.doc, &head, &env);
			if (out.failed != ERR_LIMIT || out.len > max)
				break;
			buf_release(&out);
		}
		T_OK(out.cap == 0 && out.len == 0,
		    "format %d says that it met its ceiling", f);
		buf_release(&out);
	}
}

/* Deeper than md_parse makes a page: still all words, and nothing breaks. */
static void
bears_any_depth(void)
{
	const struct render_head head = {.title = {NULL, 0}};
	const struct render_env env = {.host = STR("h.org"), .port = 70};
	struct block blocks[200];
	struct inl text = {.kind = INLINE_TEXT, .text = STR("bottom")};
	struct doc doc = {.first = &blocks[0]};
	struct buf out;

	memset(blocks, 0, sizeof(blocks));
	for (int i = 0; i < 200; i++) {
		blocks[i].kind = i % 3 == 0 ? BLOCK_QUOTE
		    : i % 3 == 1            ? BLOCK_LIST
					    : BLOCK_ITEM;
		blocks[i].is_ordered = true;
		blocks[i].up = i > 0 ? &blocks[i - 1] : NULL;
		blocks[i].child = i < 199 ? &blocks[i + 1] : NULL;
	}
	blocks[199].kind = BLOCK_PARAGRAPH;
	blocks[199].inls = &text;
	for (int f = 0; f < FORMAT_COUNT; f++) {
		buf_init(&out, 1 << 20);
		render(&out, (enum format)f, &doc, &head, &env);
		T_OK(str_find(buf_slice(&out), STR("bottom")) >= 0,
		    "format %d reaches the bottom", f);
		buf_release(&out);
	}
}

/* The heading that says the title's words is shown once, with its link. */
static void
keeps_the_links_of_the_title(void)
{
	static const char text[] = "Before.\n\n# *The* [title](http://a.b/)\n";
	const struct render_head head = {.title = STR("The title")};
	const struct render_env env = {.host = STR("h.org"), .port = 70};
	struct err e = ERR_INIT;
	struct arena arena;
	struct doc doc;
	struct buf out;

	arena_init(&arena);
	T_OK(md_parse(&doc, &arena, str_of(text), NULL, &e) == 0, "%s", e.msg);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		struct str rest;
		ptrdiff_t at;

		buf_init(&out, 4096);
		render(&out, (enum format)f, &doc, &head, &env);
		T_OK(str_find(buf_slice(&out), STR("http://a.b/")) >= 0,
		    "format %d keeps the title's link", f);
		at = str_find(buf_slice(&out), STR("Before"));
		rest = str_sub(buf_slice(&out), (size_t)at, out.len);
		T_OK(at > 0 && str_find(rest, STR("The")) < 0,
		    "format %d says the title once, above the text", f);
		buf_release(&out);
	}
	arena_release(&arena);
}

int
main(void)
{
	T_RUN(keeps_the_links_of_the_title);
	T_RUN(knows_formats_by_name);
	T_RUN(leads_where_it_says);
	T_RUN(stops_at_the_limit);
	T_RUN(bears_any_depth);
	return t_done();
}
