#include "server/gemini.h"
#include "tests/t.h"

/* Bytes as they come from the wire to a status: 0 parsed, 1 wants more. */
static int
judge(struct gemini_request *r, struct str bytes)
{
	const char *why = NULL;
	struct str uri;
	size_t seen = 0;
	int end = gemini_request_end(&uri, bytes, &seen, &why);
	int status;

	gemini_request_release(r);
	gemini_request_init(r);
	if (end == 0)
		return 1;
	status =
	    end < 0 ? GEMINI_BAD_REQUEST : gemini_request_parse(r, uri, &why);
	if (status != 0)
		T_OK(why != NULL && why[0] != '\0' && str_of(why).n <= 60,
		    "%d says in 60 bytes what to do", status);
	return status;
}

static const struct {
	const char *why;
	struct str input;
	int status;
	const char *host, *path, *query; /* query NULL: none */
	int port;
} requests[] = {
    {"a whole URI", STR("gemini://a.org/x\r\n"), 0, "a.org", "/x", NULL, -1},
    {"an empty path is the root", STR("gemini://a.org\r\n"), 0, "a.org", "/",
	NULL, -1},
    {"a port", STR("gemini://a.org:1966/\r\n"), 0, "a.org", "/", NULL, 1966},
    {"scheme and host without case", STR("GEMINI://A.Org/X\r\n"), 0, "a.org",
	"/X", NULL, -1},
    {"an IP literal", STR("gemini://[::1]:1965/\r\n"), 0, "::1", "/", NULL,
	1965},
    {"encoded unreserved characters", STR("gemini://a.org/%7Eme/%61\r\n"), 0,
	"a.org", "/~me/a", NULL, -1},
    {"UTF-8 in the path", STR("gemini://a.org/caf\xc3\xa9\r\n"), 0, "a.org",
	"/caf\xc3\xa9", NULL, -1},
    {"dots never climb", STR("gemini://a.org/../../etc/./x\r\n"), 0, "a.org",
	"/etc/x", NULL, -1},
    {"nor encoded ones", STR("gemini://a.org/%2e%2e/%2E%2e/x\r\n"), 0, "a.org",
	"/x", NULL, -1},
    {"a query", STR("gemini://a.org/s?two%20words+\r\n"), 0, "a.org", "/s",
	"two words+", -1},
    {"line breaks typed into a query", STR("gemini://a.org/s?a%0D%0Ab\r\n"), 0,
	"a.org", "/s", "a\r\nb", -1},
    {"an empty query", STR("gemini://a.org/s?\r\n"), 0, "a.org", "/s", "", -1},
    {"what follows is ignored", STR("gemini://a.org/\r\ngemini://b.org/\r\n"),
	0, "a.org", "/", NULL, -1},
    {"another scheme", STR("https://a.org/\r\n"), 53, 0, 0, 0, 0},
    {"Titan", STR("titan://a.org/;size=1\r\n"), 53, 0, 0, 0, 0},
    {"nothing", STR("\r\n"), 59, 0, 0, 0, 0},
    {"a relative reference", STR("/x\r\n"), 59, 0, 0, 0, 0},
    {"no scheme", STR("//a.org/\r\n"), 59, 0, 0, 0, 0},
    {"no host", STR("gemini:///x\r\n"), 59, 0, 0, 0, 0},
    {"no authority", STR("gemini:x\r\n"), 59, 0, 0, 0, 0},
    {"a userinfo", STR("gemini://me@a.org/\r\n"), 59, 0, 0, 0, 0},
    {"an empty userinfo", STR("gemini://@a.org/\r\n"), 59, 0, 0, 0, 0},
    {"a fragment", STR("gemini://a.org/#x\r\n"), 59, 0, 0, 0, 0},
    {"an empty fragment", STR("gemini://a.org/#\r\n"), 59, 0, 0, 0, 0},
    {"a space", STR("gemini://a.org/a b\r\n"), 59, 0, 0, 0, 0},
    {"a TAB", STR("gemini://a.org/a\tb\r\n"), 59, 0, 0, 0, 0},
    {"ESC", STR("gemini://a.org/\x1b[0m\r\n"), 59, 0, 0, 0, 0},
    {"a NUL", STR("gemini://a.org/\0x\r\n"), 59, 0, 0, 0, 0},
    {"an encoded NUL", STR("gemini://a.org/%00\r\n"), 59, 0, 0, 0, 0},
    {"a bad escape", STR("gemini://a.org/%zz\r\n"), 59, 0, 0, 0, 0},
    {"half an escape", STR("gemini://a.org/%4\r\n"), 59, 0, 0, 0, 0},
    {"a BOM", STR("\xef\xbb\xbfgemini://a.org/\r\n"), 59, 0, 0, 0, 0},
    {"not UTF-8", STR("gemini://a.org/\xff\r\n"), 59, 0, 0, 0, 0},
    {"a query that is not", STR("gemini://a.org/?%ff\r\n"), 59, 0, 0, 0, 0},
    {"a port of letters", STR("gemini://a.org:x/\r\n"), 59, 0, 0, 0, 0},
    {"a port too large", STR("gemini://a.org:65536/\r\n"), 59, 0, 0, 0, 0},
    {"a bare LF", STR("gemini://a.org/\n\r\n"), 59, 0, 0, 0, 0},
};

static void
says_what_to_mend(void)
{
	static const struct {
		struct str input;
		const char *why;
	} rows[] = {
	    {STR("hello"), "Send one whole address: gemini://host/path"},
	    {STR("/x"), "Send one whole address: gemini://host/path"},
	    {STR("gemini://a.org/%zz"),
		"The address is misspelt. Write odd characters as %XX."},
	    {STR("gemini://a.org/a b"),
		"The address is misspelt. Write odd characters as %XX."},
	    {STR("gemini://a.org/%00"),
		"The address holds %00 or a bad %XX. Correct it."},
	    {STR("gemini://a.org/#x"),
		"No #fragment may be sent. Leave it out."},
	};
	struct gemini_request r;

	gemini_request_init(&r);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *why = NULL;

		gemini_request_parse(&r, rows[i].input, &why);
		T_EQ_STR(str_of(why), str_of(rows[i].why), "%.*s",
		    STR_ARG(rows[i].input));
	}
	gemini_request_release(&r);
}

#define REQUESTS (sizeof requests / sizeof requests[0])

static void
judges_requests(void)
{
	struct gemini_request r;

	gemini_request_init(&r);
	for (size_t i = 0; i < REQUESTS; i++) {
		struct str in = t_guard(requests[i].input);

		if (T_EQ_INT(judge(&r, in), requests[i].status, "%s",
			requests[i].why) &&
		    requests[i].status == 0) {
			const char *query = requests[i].query;

			T_EQ_STR(buf_slice(&r.host), str_of(requests[i].host),
			    "its host");
			T_EQ_STR(buf_slice(&r.path), str_of(requests[i].path),
			    "its path");
			T_EQ_INT(r.port, requests[i].port, "its port");
			T_EQ_INT(r.has_query, query != NULL, "has a query?");
			if (query != NULL)
				T_EQ_STR(buf_slice(&r.query), str_of(query),
				    "its query");
		}
		t_guard_free(in);
	}
	gemini_request_release(&r);
}

/* Whatever the network has brought so far, nothing is answered too early. */
static void
waits_for_the_end(void)
{
	struct gemini_request r;
	int early = 0;

	gemini_request_init(&r);
	for (size_t i = 0; i < REQUESTS; i++) {
		struct str whole = requests[i].input;
		size_t end = (size_t)str_find(whole, STR("\r\n")) + 2;

		for (size_t n = 0; requests[i].status == 0 && n < end; n++) {
			struct str in = t_guard(str_sub(whole, 0, n));

			early += judge(&r, in) != 1;
			t_guard_free(in);
		}
	}
	T_EQ_INT(early, 0, "every truncation of a good request waits");
	gemini_request_release(&r);
}

static void
holds_the_length(void)
{
	struct gemini_request r;
	struct buf b;

	gemini_request_init(&r);
	buf_init(&b, 4096);
	buf_puts(&b, "gemini://a.org/");
	buf_fill(&b, 'x', GEMINI_URI_MAX - b.len);
	buf_puts(&b, "\r\n");
	T_EQ_INT(judge(&r, buf_slice(&b)), 0, "1024 bytes are heard");
	buf_cut(&b, GEMINI_URI_MAX);
	buf_puts(&b, "x\r\n");
	T_EQ_INT(judge(&r, buf_slice(&b)), 59, "1025 are refused");
	buf_clear(&b);
	buf_fill(&b, 'x', 1026);
	T_EQ_INT(judge(&r, buf_slice(&b)), 59, "also before their end comes");
	buf_release(&b);
	gemini_request_release(&r);
}

static void
writes_headers(void)
{
	static const struct {
		const char *why;
		enum gemini_status status;
		struct str meta;
		const char *want;
	} table[] = {
	    {"a type", GEMINI_SUCCESS, STR("text/plain"), "20 text/plain\r\n"},
	    {"no line is forged", GEMINI_INPUT, STR("a\r\n20 b\x1b[m"),
		"10 a20 b[m\r\n"},
	    {"no BOM", GEMINI_INPUT,
		STR("\xef\xbb\xbf"
		    "a"),
		"10 a\r\n"},
	    {"only UTF-8", GEMINI_INPUT, STR("a\xff"), "10 a\r\n"},
	};
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		buf_clear(&b);
		gemini_header(&b, table[i].status, table[i].meta);
		T_EQ_STR(
		    buf_slice(&b), str_of(table[i].want), "%s", table[i].why);
	}
	buf_clear(&b);
	gemini_header(&b, GEMINI_NOT_FOUND, STR(""));
	T_OK(b.len > 5 && str_ends(buf_slice(&b), STR("\r\n")),
	    "META is never empty");
	buf_release(&b);
}

int
main(void)
{
	T_RUN(judges_requests);
	T_RUN(says_what_to_mend);
	T_RUN(waits_for_the_end);
	T_RUN(holds_the_length);
	T_RUN(writes_headers);
	return t_done();
}
