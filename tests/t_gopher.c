#include "server/gopher.h"
#include "tests/t.h"

static const struct {
	const char *why;
	struct str input;
	int code; /* 0 parsed, 1 wants more, -1 refused */
	const char *selector, *search; /* search NULL: none */
} requests[] = {
    {"the root", STR("\r\n"), 0, "", NULL},
    {"a selector", STR("/2012/talk\r\n"), 0, "/2012/talk", NULL},
    {"a bare LF", STR("/2012\n"), 0, "/2012", NULL},
    {"a search", STR("/search\ttwo words\r\n"), 0, "/search", "two words"},
    {"an empty search", STR("/search\t\r\n"), 0, "/search", ""},
    {"UTF-8 typed", STR("/search\tcaf\xc3\xa9\r\n"), 0, "/search",
	"caf\xc3\xa9"},
    {"Gopher+ $", STR("/x\t$\r\n"), 0, "/x", NULL},
    {"Gopher+ +", STR("/x\t+\r\n"), 0, "/x", NULL},
    {"Gopher+ !", STR("/x\t!\r\n"), 0, "/x", NULL},
    {"Gopher+ after a search", STR("/s\tword\t+\r\n"), 0, "/s", "word"},
    {"an address", STR("URL:https://a.org/\r\n"), 0, "URL:https://a.org/",
	NULL},
    {"what follows is ignored", STR("/x\r\n/y\r\n"), 0, "/x", NULL},
    {"nothing yet", STR(""), 1, NULL, NULL},
    {"half a line", STR("/2012"), 1, NULL, NULL},
    {"ESC", STR("/\x1b[0m\r\n"), -1, NULL, NULL},
    {"a NUL", STR("/\0x\r\n"), -1, NULL, NULL},
    {"not UTF-8", STR("/\xff\r\n"), -1, NULL, NULL},
};

static int
judge(struct gopher_request *r, struct str bytes)
{
	const char *why = NULL;
	struct str line;
	size_t seen = 0;
	int end = gopher_request_end(&line, bytes, &seen, &why);

	if (end == 0)
		return 1;
	if (end > 0 && gopher_request_parse(r, line, &why) == 0)
		return 0;
	T_OK(why != NULL && why[0] != '\0' && str_of(why).n <= 60,
	    "says in 60 bytes what is wrong");
	return -1;
}

static void
judges_requests(void)
{
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		struct str in = t_guard(requests[i].input);
		const char *search = requests[i].search;
		struct gopher_request r;

		if (T_EQ_INT(judge(&r, in), requests[i].code, "%s",
			requests[i].why) &&
		    requests[i].code == 0) {
			T_EQ_STR(r.selector, str_of(requests[i].selector),
			    "its selector");
			T_EQ_INT(r.has_search, search != NULL, "is a search?");
			if (search != NULL)
				T_EQ_STR(r.search, str_of(search), "what for");
		}
		t_guard_free(in);
	}
}

static void
holds_the_lengths(void)
{
	struct gopher_request r;
	struct buf b;

	buf_init(&b, 4096);
	buf_fill(&b, 'x', GOPHER_SELECTOR_MAX);
	buf_puts(&b, "\r\n");
	T_EQ_INT(judge(&r, buf_slice(&b)), 0, "a selector of 255 bytes");
	buf_clear(&b);
	buf_fill(&b, 'x', GOPHER_SELECTOR_MAX + 1);
	buf_puts(&b, "\r\n");
	T_EQ_INT(judge(&r, buf_slice(&b)), -1, "256 are refused");
	buf_clear(&b);
	buf_fill(&b, 'x', GOPHER_REQUEST_MAX + 1);
	T_EQ_INT(judge(&r, buf_slice(&b)), -1, "so is a line without end");
	buf_release(&b);
}

static void
writes_items(void)
{
	struct buf b;

	buf_init(&b, 4096);
	gopher_item(&b, '1', STR("a\tb\r\nc\x1b"), STR("/x\ty"), STR("h"), 70);
	T_OK(str_ends(buf_slice(&b), STR("\th\t70\r\n")), "host and port");
	T_EQ_INT(str_find(buf_slice(&b), STR("\r\n")), (int64_t)b.len - 2,
	    "one line, whatever the label has");
	T_EQ_INT(str_find(buf_slice(&b), STR("\x1b")), -1, "no ESC");
	buf_release(&b);
}

static void
leads_on(void)
{
	static const struct {
		const char *url;
		int code;
	} table[] = {
	    {"https://a.org/", 0},
	    {"http://a.org/?a=1&b=2", 0},
	    {"gemini://a.org/", 0},
	    {"mailto:me@a.org", 0},
	    {"javascript:alert(1)", -1},
	    {"data:text/html,x", -1},
	    {"file:///etc/passwd", -1},
	    {"https://a.org/\"><script>", -1},
	    {"/relative", -1},
	    {"", -1},
	};
	struct str url;
	struct buf b;

	T_OK(gopher_url(&url, STR("URL:https://a.org/")) &&
		str_is(url, "https://a.org/"),
	    "a URL: selector");
	T_OK(!gopher_url(&url, STR("/2012")), "and one that is not");
	buf_init(&b, 8192);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		buf_clear(&b);
		T_EQ_INT(gopher_url_page(&b, str_of(table[i].url)),
		    table[i].code, "%s", table[i].url);
		T_OK(str_find(buf_slice(&b), STR("<script")) < 0 &&
			str_find(buf_slice(&b), STR("&b=")) < 0,
		    "all of it escaped");
	}
	buf_release(&b);
}

int
main(void)
{
	T_RUN(judges_requests);
	T_RUN(holds_the_lengths);
	T_RUN(writes_items);
	T_RUN(leads_on);
	return t_done();
}
