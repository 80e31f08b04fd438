#include "base/uri.h"
#include "tests/t.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define BASE "http://a/b/c/d;p?q"

static const struct {
	const char *why;
	const char *text;
	struct uri want;
} good[] = {
    {"an empty reference", "", {.path = STR("")}},
    {"scheme and host", "gemini://example.org",
	{.scheme = STR("gemini"),
	    .has_authority = true,
	    .host = STR("example.org")}},
    {"all components", "gemini://me@h.org:1965/a/b?q=1#top",
	{.scheme = STR("gemini"),
	    .has_authority = true,
	    .has_userinfo = true,
	    .userinfo = STR("me"),
	    .host = STR("h.org"),
	    .port = STR("1965"),
	    .path = STR("/a/b"),
	    .has_query = true,
	    .query = STR("q=1"),
	    .has_fragment = true,
	    .fragment = STR("top")}},
    {"empty query and fragment are there", "/a?#",
	{.path = STR("/a"), .has_query = true, .has_fragment = true}},
    {"an empty userinfo is there", "gemini://@h/",
	{.scheme = STR("gemini"),
	    .has_authority = true,
	    .has_userinfo = true,
	    .host = STR("h"),
	    .path = STR("/")}},
    {"an IPv6 address loses its brackets", "gemini://[2001:db8::1]:70/x",
	{.scheme = STR("gemini"),
	    .has_authority = true,
	    .host = STR("2001:db8::1"),
	    .port = STR("70"),
	    .path = STR("/x")}},
    {"an address of the future", "x://[v1.a:b]",
	{.scheme = STR("x"), .has_authority = true, .host = STR("v1.a:b")}},
    {"an empty port", "gemini://h:/",
	{.scheme = STR("gemini"),
	    .has_authority = true,
	    .host = STR("h"),
	    .path = STR("/")}},
    {"the largest port", "gemini://h:65535",
	{.scheme = STR("gemini"),
	    .has_authority = true,
	    .host = STR("h"),
	    .port = STR("65535")}},
    {"an empty host", "file:///etc",
	{.scheme = STR("file"), .has_authority = true, .path = STR("/etc")}},
    {"no authority", "mailto:me@example.org",
	{.scheme = STR("mailto"), .path = STR("me@example.org")}},
    {"a relative path", "a/b", {.path = STR("a/b")}},
    {"a colon in a later segment", "a/b:c", {.path = STR("a/b:c")}},
    {"a network path", "//h/p",
	{.has_authority = true, .host = STR("h"), .path = STR("/p")}},
    {"a question mark in a query", "?a?b/c",
	{.has_query = true, .query = STR("a?b/c")}},
    {"UTF-8 in path, query and fragment", "/\u00e9?\u00e9#\u00e9",
	{.path = STR("/\u00e9"),
	    .has_query = true,
	    .query = STR("\u00e9"),
	    .has_fragment = true,
	    .fragment = STR("\u00e9")}},
    {"an encoded NUL is two digits like others", "/%00", {.path = STR("/%00")}},
    {"every delimiter a path takes", "/!$&'()*+,;=:@-._~",
	{.path = STR("/!$&'()*+,;=:@-._~")}},
};

static const struct {
	const char *why;
	struct str text;
} bad[] = {
    {"a space", STR("/a b")},
    {"a NUL", STR("/a\0b")},
    {"a NUL in a scheme", STR("g\0:a")},
    {"a newline", STR("/a\nb")},
    {"DEL", STR("/a\x7f")},
    {"a percent sign alone", STR("/%")},
    {"one digit after it", STR("/%4")},
    {"no hexadecimal digits after it", STR("/%zz")},
    {"a percent sign cut off in a query", STR("/?%2")},
    {"brackets in a path", STR("/[a]")},
    {"a second number sign", STR("#a#b")},
    {"a backslash", STR("/a\\b")},
    {"a quotation mark", STR("/\"")},
    {"a port too large", STR("gemini://h:65536/")},
    {"a port that is a word", STR("gemini://h:x/")},
    {"a signed port", STR("gemini://h:+1/")},
    {"a scheme that begins with a digit", STR("1a:b")},
    {"an empty scheme", STR(":a")},
    {"a colon in the first segment", STR("a_b:c")},
    {"UTF-8 in a host", STR("gemini://\u00e9/")},
    {"a second @", STR("gemini://a@b@c/")},
    {"an open bracket", STR("gemini://[::1/")},
    {"no address in brackets", STR("gemini://[abc]/")},
    {"an address with a zone", STR("gemini://[fe80::1%25eth0]/")},
    {"an overlong address",
	STR("gemini://[1111:2222:3333:4444:5555:6666:7777:"
	    "8888:9999:aaaa:bbbb]/")},
    {"something after the bracket", STR("gemini://[::1]x/")},
    {"a future address without text", STR("x://[v1.]")},
    {"a future address without version", STR("x://[v.a]")},
    {"bytes that are not UTF-8", STR("/\xff")},
    {"an overlong form", STR("/\xc0\xaf")},
    {"a surrogate", STR("/\xed\xa0\x80")},
    {"a C1 control", STR("/\xc2\x85")},
};

static void
check_uri(const struct uri *got, const struct uri *want, const char *why)
{
	T_EQ_STR(got->scheme, want->scheme, "%s: scheme", why);
	T_EQ_STR(got->userinfo, want->userinfo, "%s: userinfo", why);
	T_EQ_STR(got->host, want->host, "%s: host", why);
	T_EQ_STR(got->port, want->port, "%s: port", why);
	T_EQ_STR(got->path, want->path, "%s: path", why);
	T_EQ_STR(got->query, want->query, "%s: query", why);
	T_EQ_STR(got->fragment, want->fragment, "%s: fragment", why);
	T_OK(got->has_authority == want->has_authority &&
		got->has_userinfo == want->has_userinfo &&
		got->has_query == want->has_query &&
		got->has_fragment == want->has_fragment,
	    "%s: what is there", why);
}

static void
takes_apart(void)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct str text = t_guard(str_of(good[i].text));
		struct err e = ERR_INIT;
		struct uri u;

		T_OK(
		    uri_parse(&u, text, &e) == 0, "%s: %s", good[i].why, e.msg);
		check_uri(&u, &good[i].want, good[i].why);
		t_guard_free(text);
	}
}

static void
refuses(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct str text = t_guard(bad[i].text);
		struct err e = ERR_INIT;
		struct uri u;

		T_OK(uri_parse(&u, text, &e) == -1 && e.kind == ERR_INPUT &&
			e.msg[0] != '\0',
		    "refuses %s: %s", bad[i].why, e.msg);
		t_guard_free(text);
	}
}

/* Whatever is cut off: nothing is read past the end, and what parses is what
 * a repair leaves alone. */
static void
survives_truncation(void)
{
	bool all_fixed = true;

	for (size_t i = 0; i < COUNT(good); i++) {
		struct str whole = str_of(good[i].text);

		for (size_t n = 0; n <= whole.n; n++) {
			struct str cut = t_guard(str_sub(whole, 0, n));
			struct buf to;
			struct uri u;
			bool is_ascii = true;

			for (size_t k = 0; k < n; k++)
				is_ascii &= (unsigned char)cut.p[k] < 0x80;
			buf_init(&to, 4096);
			uri_repair(&to, cut);
			if (uri_parse(&u, cut, NULL) == 0 && is_ascii)
				all_fixed &= str_eq(buf_slice(&to), cut);
			buf_clear(&to);
			uri_resolve(&to, STR(BASE), cut, NULL);
			uri_remove_dots(&to, cut);
			uri_decode(&to, cut);
			buf_release(&to);
			t_guard_free(cut);
		}
	}
	T_OK(all_fixed, "what is right is not repaired");
}

static void
decodes(void)
{
	static const struct {
		const char *why, *text;
		struct str want;
	} cases[] = {
	    {"nothing", "", STR("")},
	    {"text", "abc", STR("abc")},
	    {"both cases of digits", "%4a%4A", STR("JJ")},
	    {"a NUL", "a%00b", STR("a\0b")},
	    {"a percent sign once only", "%2541", STR("%41")},
	    {"plus stays plus", "a+b", STR("a+b")},
	};
	struct buf to;

	buf_init(&to, 100);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&to);
		T_OK(uri_decode(&to, str_of(cases[i].text)) == 0, "%s",
		    cases[i].why);
		T_EQ_STR(buf_slice(&to), cases[i].want, "%s", cases[i].why);
	}
	buf_clear(&to);
	buf_puts(&to, "kept");
	T_OK(uri_decode(&to, STR("ab%4")) == -1, "half a code is refused");
	T_OK(uri_decode(&to, STR("ab%")) == -1, "a lone sign is refused");
	T_EQ_STR(buf_slice(&to), STR("kept"), "and nothing was appended");
	buf_release(&to);
}

static void
encodes(void)
{
	char every[256], back[256];
	struct buf to, again;

	buf_init(&to, 4096);
	buf_init(&again, 4096);
	for (int i = 0; i < 256; i++)
		every[i] = (char)i;
	uri_encode(&to, (struct str){every, sizeof every});
	T_OK(uri_decode(&again, buf_slice(&to)) == 0 && again.len == 256,
	    "every byte comes back");
	memcpy(back, again.data, sizeof back);
	T_OK(memcmp(back, every, sizeof back) == 0, "as it was");
	buf_clear(&to);
	uri_encode(&to, STR("a b/c?d%e\u00e9~"));
	T_EQ_STR(buf_slice(&to), STR("a%20b%2Fc%3Fd%25e%C3%A9~"), "a value");
	buf_clear(&to);
	uri_encode_path(&to, STR("/a b/c?d%e:@#[]"));
	T_EQ_STR(buf_slice(&to), STR("/a%20b/c%3Fd%25e:@%23%5B%5D"), "a path");
	buf_release(&to);
	buf_release(&again);
}

static void
repairs(void)
{
	static const struct {
		const char *why;
		struct str text;
		const char *want;
	} cases[] = {
	    {"a right one is left", STR("http://a.b/c?d#e"),
		"http://a.b/c?d#e"},
	    {"a space", STR("http://a/b c"), "http://a/b%20c"},
	    {"a valid code stays, a lone sign does not", STR("/%41%4"),
		"/%41%254"},
	    {"a second fragment", STR("#a#b"), "#a%23b"},
	    {"brackets in a path", STR("/a[1]"), "/a%5B1%5D"},
	    {"brackets of an address", STR("x://[::1]:7/[]"),
		"x://[::1]:7/%5B%5D"},
	    {"brackets of no address", STR("x://a[b]"), "x://a%5Bb%5D"},
	    {"UTF-8", STR("/\u00e9"), "/%C3%A9"},
	    {"a stray byte and a NUL", STR("/\xff\0"), "/%FF%00"},
	    {"a colon after no scheme", STR("a b:c/d:e"), "a%20b%3Ac/d:e"},
	    {"no authority after it", STR("a b://[x]"), "a%20b%3A//%5Bx%5D"},
	    {"a newline", STR("http://a/\r\nb"), "http://a/%0D%0Ab"},
	    {"two users", STR("x://a@b@c/"), "x://a%40b@c/"},
	    {"a query of a query", STR("?a?b c"), "?a?b%20c"},
	};
	struct buf to, again;

	buf_init(&to, 4096);
	buf_init(&again, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct uri u;

		buf_clear(&to);
		buf_clear(&again);
		uri_repair(&to, cases[i].text);
		T_EQ_STR(
		    buf_slice(&to), str_of(cases[i].want), "%s", cases[i].why);
		uri_repair(&again, buf_slice(&to));
		T_EQ_STR(buf_slice(&again), buf_slice(&to),
		    "%s: once is enough", cases[i].why);
		T_OK(uri_parse(&u, buf_slice(&to), NULL) == 0, "%s: parses",
		    cases[i].why);
	}
	buf_release(&to);
	buf_release(&again);
}

static void
removes_dots(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""},
	    {"/", "/"},
	    {"/a/b/c/./../../g", "/a/g"}, /* section 5.2.4 */
	    {"mid/content=5/../6", "mid/6"}, /* section 5.2.4 */
	    {"/..", "/"},
	    {"/../../../etc/passwd", "/etc/passwd"},
	    {"/a/..", "/"},
	    {"/a/.", "/a/"},
	    {"/a/b/..", "/a/"},
	    {"../../a", "a"},
	    {"./a", "a"},
	    {".", ""},
	    {"..", ""},
	    {"/a//../b", "/a/b"},
	    {"/a/%2e%2E/b", "/b"},
	    {"/a/%2e./b", "/b"},
	    {"/a/%2e/b", "/a/b"},
	    {"/a/.../b", "/a/.../b"},
	    {"/a/..b/.c", "/a/..b/.c"},
	    {"/a/%2f../b", "/a/%2f../b"},
	};
	struct buf to;

	buf_init(&to, 100);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str text = t_guard(str_of(cases[i].text));

		buf_clear(&to);
		buf_puts(&to, "/x");
		uri_remove_dots(&to, text);
		T_EQ_STR(str_sub(buf_slice(&to), 2, 100), str_of(cases[i].want),
		    "\"%s\"", cases[i].text);
		t_guard_free(text);
	}
	buf_release(&to);
}

/* Section 5.4, whole. */
static void
resolves(void)
{
	static const struct {
		const char *ref, *want;
	} cases[] = {
	    {"g:h", "g:h"},
	    {"g", "http://a/b/c/g"},
	    {"./g", "http://a/b/c/g"},
	    {"g/", "http://a/b/c/g/"},
	    {"/g", "http://a/g"},
	    {"//g", "http://g"},
	    {"?y", "http://a/b/c/d;p?y"},
	    {"g?y", "http://a/b/c/g?y"},
	    {"#s", "http://a/b/c/d;p?q#s"},
	    {"g#s", "http://a/b/c/g#s"},
	    {"g?y#s", "http://a/b/c/g?y#s"},
	    {";x", "http://a/b/c/;x"},
	    {"g;x", "http://a/b/c/g;x"},
	    {"g;x?y#s", "http://a/b/c/g;x?y#s"},
	    {"", "http://a/b/c/d;p?q"},
	    {".", "http://a/b/c/"},
	    {"./", "http://a/b/c/"},
	    {"..", "http://a/b/"},
	    {"../", "http://a/b/"},
	    {"../g", "http://a/b/g"},
	    {"../..", "http://a/"},
	    {"../../", "http://a/"},
	    {"../../g", "http://a/g"},
	    {"../../../g", "http://a/g"},
	    {"../../../../g", "http://a/g"},
	    {"/./g", "http://a/g"},
	    {"/../g", "http://a/g"},
	    {"g.", "http://a/b/c/g."},
	    {".g", "http://a/b/c/.g"},
	    {"g..", "http://a/b/c/g.."},
	    {"..g", "http://a/b/c/..g"},
	    {"./../g", "http://a/b/g"},
	    {"./g/.", "http://a/b/c/g/"},
	    {"g/./h", "http://a/b/c/g/h"},
	    {"g/../h", "http://a/b/c/h"},
	    {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
	    {"g;x=1/../y", "http://a/b/c/y"},
	    {"g?y/./x", "http://a/b/c/g?y/./x"},
	    {"g?y/../x", "http://a/b/c/g?y/../x"},
	    {"g#s/./x", "http://a/b/c/g#s/./x"},
	    {"g#s/../x", "http://a/b/c/g#s/../x"},
	    {"http:g", "http:g"},
	};
	static const struct {
		const char *why, *base, *ref, *want;
	} odd[] = {
	    {"a base without a path", "http://a", "g", "http://a/g"},
	    {"a base without a scheme", "/b/c", "g", "/b/g"},
	    {"an address keeps its brackets", "x://u@[::1]:7/a", "b",
		"x://u@[::1]:7/b"},
	    {"a host that looks like an address of the future", "x://v1.a/",
		"b", "x://v1.a/b"},
	    {"no authority comes of a path", "x:/a", "/.//b", "x:/.//b"},
	    {"no scheme comes of a segment", "a", "./b:c", "./b:c"},
	};
	struct buf to;

	buf_init(&to, 1000);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&to);
		T_OK(uri_resolve(&to, STR(BASE), str_of(cases[i].ref), NULL) ==
			0,
		    "\"%s\"", cases[i].ref);
		T_EQ_STR(buf_slice(&to), str_of(cases[i].want), "\"%s\"",
		    cases[i].ref);
	}
	for (size_t i = 0; i < COUNT(odd); i++) {
		buf_clear(&to);
		T_OK(uri_resolve(&to, str_of(odd[i].base), str_of(odd[i].ref),
			 NULL) == 0,
		    "%s", odd[i].why);
		T_EQ_STR(buf_slice(&to), str_of(odd[i].want), "%s", odd[i].why);
	}
	buf_clear(&to);
	T_OK(uri_resolve(&to, STR(BASE), STR("a b"), NULL) == -1,
	    "a reference that does not parse");
	T_EQ_INT((int64_t)to.len, 0, "appends nothing");
	buf_release(&to);
}

/* Forty thousand dots and slashes: quadratic work would be felt. */
static void
stays_linear(void)
{
	struct buf path, to;

	buf_init(&path, 1 << 20);
	buf_init(&to, 1 << 20);
	for (int i = 0; i < 20000; i++)
		buf_puts(&path, "/a");
	for (int i = 0; i < 20000; i++)
		buf_puts(&path, "/..");
	uri_remove_dots(&to, buf_slice(&path));
	T_EQ_STR(buf_slice(&to), STR("/"), "up as often as down");
	buf_release(&path);
	buf_release(&to);
}

int
main(void)
{
	T_RUN(takes_apart);
	T_RUN(refuses);
	T_RUN(survives_truncation);
	T_RUN(decodes);
	T_RUN(encodes);
	T_RUN(repairs);
	T_RUN(removes_dots);
	T_RUN(resolves);
	T_RUN(stays_linear);
	return t_done();
}
