#include "content/link.h"

#include "tests/t.h"

#include <string.h>

static const struct {
	const char *target;
	enum link_kind kind;
	const char *url;
} targets[] = {
    {"https://a.org/b?c=d#e", LINK_OUT, "https://a.org/b?c=d#e"},
    {"  https://a.org  ", LINK_OUT, "https://a.org"},
    {"gemini://a.org/\xc3\xa9", LINK_OUT, "gemini://a.org/%C3%A9"},
    {"http://a.org/b c", LINK_OUT, "http://a.org/b%20c"},
    {"http://a.org/%20%zz", LINK_OUT, "http://a.org/%20%25zz"},
    {"//a.org/b", LINK_OUT, "https://a.org/b"},
    {"http://a:b(1)/c:d", LINK_OUT, "http://a%3Ab%281%29/c:d"},
    {"http://a:99999", LINK_OUT, "http://a%3A99999"},
    {"http://[a]/", LINK_OUT, "http://%5Ba%5D/"},
    {"me@b.org", LINK_OUT, "mailto:me@b.org"},
    {"mailto:me@b.org?subject=a b", LINK_OUT, "mailto:me@b.org?subject=a%20b"},
    {"tel:+1234", LINK_OUT, "tel:+1234"},
    {"a\nb", LINK_INSIDE, "a%0Ab"},
    {"a.md#b", LINK_INSIDE, "a.md#b"},
    {"../2016/", LINK_INSIDE, "../2016/"},
    {"/a/b", LINK_INSIDE, "/a/b"},
    {"?q", LINK_INSIDE, "?q"},
    {"a@b/c.d", LINK_INSIDE, "a@b/c.d"},
    {"1:2", LINK_INSIDE, "1%3A2"},
    {"", LINK_NONE, ""},
    {"  ", LINK_NONE, ""},
    {"#talks", LINK_NONE, ""},
    {"javascript:alert(1)", LINK_NONE, ""},
    {"JavaScript:alert(1)", LINK_NONE, ""},
    {" vbscript:x", LINK_NONE, ""},
    {"data:text/html,x", LINK_NONE, ""},
    {"about:blank", LINK_NONE, ""},
    {"blob:x", LINK_NONE, ""},
};

static void
classifies_targets(void)
{
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		struct str target = t_guard(str_of(targets[i].target));
		struct arena a;
		struct link link;

		arena_init(&a);
		T_EQ_INT(link_classify(&link, &a, target), targets[i].kind,
		    "kind of \"%s\"", targets[i].target);
		T_EQ_INT(link.kind, targets[i].kind, "and in the link");
		T_EQ_STR(link.url, str_of(targets[i].url), "url of \"%s\"",
		    targets[i].target);
		arena_release(&a);
		t_guard_free(target);
	}
}

static const struct {
	const char *target;
	char type;
} types[] = {{"a.md", '0'}, {"a/b.txt", '0'}, {"a.gif", 'g'}, {"a.png", 'I'},
    {"a.html", 'h'}, {"a.b/", '1'}, {"a", '1'}, {"a.pdf", '9'}};

static void
resolves_plainly(void)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct arena a;
		struct link link;

		arena_init(&a);
		link_resolve_plain(NULL, &a, str_of(types[i].target), 1, &link);
		T_EQ_STR(link.url, str_of(types[i].target), "it stays");
		T_EQ_STR(link.selector, link.url, "in Gopher too");
		T_EQ_INT(link.type, types[i].type, "type of \"%s\"",
		    types[i].target);
		arena_release(&a);
	}
}

/* The addresses found, a space behind each. */
static const struct {
	const char *text, *want;
} bare[] = {
    {"https://a.org", "https://a.org "},
    {"see HTTP://a.org/b, or", "HTTP://a.org/b "},
    {"gemini://a gopher://b:70/1/c", "gemini://a gopher://b:70/1/c "},
    {"ftp://a.org file:///b", ""},
    {"xhttp://a.org 1http://b", ""},
    {"http:// a, http:///a, http://.", ""},
    {"://", ""},
    {"(https://a.org/b_(c))", "https://a.org/b_(c) "},
    {"[http://a.b/c] {http://d.e}", "http://a.b/c http://d.e "},
    {"http://[2001:db8::1]:70/a", "http://[2001:db8::1]:70/a "},
    {"http://a.b/c...", "http://a.b/c "},
    {"http://a.b/?!;:'", "http://a.b/ "},
    {"\"http://a.b\" <http://c.d> `http://e.f`",
	"http://a.b http://c.d http://e.f "},
    {"http://a.b/(((", "http://a.b/ "},
    {"http://a.b/c\xc2\xa0"
     "d",
	"http://a.b/c "},
    {"http://a.b/\xc3\xa9", "http://a.b/\xc3\xa9 "},
    {"http://a.b/c\xe3\x80\x82", "http://a.b/c "},
    {"\xe2\x80\x9chttp://a.b/c\xe2\x80\x9d", "http://a.b/c "},
    {"http://a.b/~me/c~", "http://a.b/~me/c "},
    {"http://a.b/c\xff", "http://a.b/c "},
};

static void
find_all(struct buf *to, struct str text)
{
	size_t from = 0, at, len;

	while (link_find_bare(text, from, &at, &len)) {
		if (!T_OK(at >= from && len > 0 && at + len <= text.n,
			"an address stands in its text"))
			return;
		buf_str(to, str_sub(text, at, len));
		buf_putc(to, ' ');
		from = at + len;
	}
}

static void
finds_bare_addresses(void)
{
	struct buf got;

	buf_init(&got, 1000);
	for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
		struct str text = str_of(bare[i].text), part;

		buf_clear(&got);
		find_all(&got, text);
		T_EQ_STR(buf_slice(&got), str_of(bare[i].want), "in \"%s\"",
		    bare[i].text);
		for (size_t n = 0; n <= text.n; n++) {
			part = t_guard(str_sub(text, 0, n));
			buf_clear(&got);
			find_all(&got, part);
			t_guard_free(part);
		}
	}
	buf_release(&got);
}

static void
knows_vague_labels(void)
{
	static const struct {
		const char *label;
		bool is_vague;
	} labels[] = {{"here", true}, {"Here.", true}, {"this link", true},
	    {"Read more\xe2\x80\xa6", false}, {"read more...", true},
	    {"video", true}, {"a", false}, {"the", false}, {"more", true},
	    {"->", true}, {"", true}, {"hereafter", false},
	    {"video of the talk", false}, {"the UStream channel", false},
	    {"[1]", false}, {"2012", false}, {"watch the video here", true}};

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		T_OK(link_is_vague(str_of(labels[i].label)) ==
			labels[i].is_vague,
		    "\"%s\" says %s", labels[i].label,
		    labels[i].is_vague ? "nothing" : "something");
}

static void
names_hosts(void)
{
	static const struct {
		const char *url, *host;
	} hosts[] = {{"https://www.a.org/b", "a.org"},
	    {"http://me@a.org:80", "a.org"}, {"gemini://WWW.a", "a"},
	    {"mailto:me@b.org", ""}, {"/a/b", ""}, {"", ""},
	    {"http://[::1]/", "::1"}, {"http://a b/", ""}};

	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		T_EQ_STR(link_host(str_of(hosts[i].url)), str_of(hosts[i].host),
		    "host of \"%s\"", hosts[i].url);
}

static void
names_files(void)
{
	static const struct {
		const char *url, *name;
	} files[] = {{"https://a.org/b/c%20d.png?e#f", "c d.png"},
	    {"a/b/", "b"}, {"a%1Bb.png", "a%1Bb.png"}, {"%ff", "%ff"},
	    {"a%0Ab", "a%0Ab"}, {"a%20", "a"}, {"%20", "%20"},
	    {"https://a.org", "a.org"}, {"", ""}};
	struct buf got;

	buf_init(&got, 100);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		buf_clear(&got);
		link_file_name(&got, str_of(files[i].url));
		T_EQ_STR(buf_slice(&got), str_of(files[i].name),
		    "file of \"%s\"", files[i].url);
	}
	buf_release(&got);
}

int
main(void)
{
	T_RUN(classifies_targets);
	T_RUN(resolves_plainly);
	T_RUN(finds_bare_addresses);
	T_RUN(knows_vague_labels);
	T_RUN(names_hosts);
	T_RUN(names_files);
	return t_done();
}
