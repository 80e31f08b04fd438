#include "server/route.h"
#include "server/form.h"

#include "tests/served.h"

#include <string.h>
#include <unistd.h>

#define PORT 1965

static struct served served;

static void
open_sites(void)
{
	char yaml[512];

	t_file("one/index.md",
	    STR("# First\n\nA [talk](talk.md) and [more](2012/index.md).\n"));
	t_file("one/talk.md",
	    STR("---\ntitle: A talk\npermalink: /the-talk/\n---\n\n"
		"About tracing aggregations.\n"));
	t_file("one/2012/index.md", STR("---\nlang: fr\n---\n# 2012\n"));
	t_file("one/caf\xc3\xa9.md", STR("# Caf\xc3\xa9\n"));
	t_file("one/raw.gmi", STR("ready made\n"));
	t_file("one/gone.bin", STR("here while the site is loaded"));
	t_file("one/data.bin", STR("0123456789"));
	t_file("two/index.md", STR("# Second\n"));
	snprintf(yaml, sizeof yaml,
	    "sites:\n"
	    "- {host: one.test, aliases: [also.test], pages: %s/one}\n"
	    "- {host: localhost, pages: %s/two}\n"
	    "gemini: {listen: '127.0.0.1:1965'}\n"
	    "gopher: {listen: '127.0.0.1:7070'}\n",
	    t_tmpdir(), t_tmpdir());
	served_open(&served, str_of(yaml));
	/* One that goes behind the running server's back. */
	snprintf(yaml, sizeof yaml, "%s/one/gone.bin", t_tmpdir());
	unlink(yaml);
}

/* All that would be sent, header and body. */
static struct str
sent(struct reply *reply, struct buf *to)
{
	char scratch[7]; /* small, so that pieces do not fit */
	struct str piece;

	while (reply_next(reply, scratch, sizeof scratch, &piece, NULL) == 1) {
		buf_str(to, piece);
		reply_sent(reply, piece.n);
	}
	return buf_slice(to);
}

static struct str
ask_gemini(
    struct buf *to, int *status, const char *uri, const char *sni, int port)
{
	struct gemini_request request;
	struct form form = {0};
	struct reply reply;
	const char *why = "";

	buf_clear(to);
	reply_init(&reply);
	gemini_request_init(&request);
	*status = gemini_request_parse(&request, str_of(uri), &why);
	if (*status == 0)
		route_gemini(
		    &reply, &form, &served.router, &request, str_of(sni), port);
	else
		route_refuse(&reply, &served.router, PROTOCOL_GEMINI, *status,
		    str_of(why));
	*status = reply.status;
	sent(&reply, to);
	reply_release(&reply);
	gemini_request_release(&request);
	return buf_slice(to);
}

static struct str
ask_gopher(struct buf *to, int *status, const char *line, const char *sni)
{
	struct gopher_request request;
	struct form form = {0};
	struct reply reply;
	const char *why;

	buf_clear(to);
	reply_init(&reply);
	if (gopher_request_parse(&request, str_of(line), &why) == 0)
		route_gopher(
		    &reply, &form, &served.router, &request, str_of(sni));
	else
		route_refuse(&reply, &served.router, PROTOCOL_GOPHER,
		    GEMINI_BAD_REQUEST, str_of(why));
	*status = reply.status;
	sent(&reply, to);
	reply_release(&reply);
	return buf_slice(to);
}

static bool
has(struct str s, const char *part)
{
	return memmem(s.p, s.n, part, strlen(part)) != NULL;
}

/* begin is how the whole reply begins, part stands somewhere in it. */
static const struct {
	const char *why, *uri, *sni;
	const char *begin, *part;
} gemini[] = {
    {"the front page", "gemini://one.test/", "one.test",
	"20 text/gemini; charset=utf-8; lang=en\r\n", "=> /the-talk/ "},
    {"no path is the root", "gemini://one.test", "", "20 text/gemini",
	"# First"},
    {"a page's language", "gemini://one.test/2012/", "",
	"20 text/gemini; charset=utf-8; lang=fr\r\n", "# 2012"},
    {"a folder without its slash", "gemini://one.test/2012", "",
	"31 /2012/\r\n", ""},
    {"a permalink wins", "gemini://one.test/talk.gmi", "", "31 /the-talk/\r\n",
	""},
    {"an encoded address", "gemini://one.test/caf%C3%A9.gmi", "",
	"20 text/gemini", "# Caf\xc3\xa9"},
    {"a ready-made page", "gemini://one.test/raw.gmi", "", "20 text/gemini",
	"\r\nready made\n"},
    {"a file and its type", "gemini://one.test/data.bin", "",
	"20 application/octet-stream\r\n0123456789", ""},
    {"a file that was removed", "gemini://one.test/gone.bin", "", "51 ",
	"/search"},
    {"nothing, and something near", "gemini://one.test/raw.gm", "", "51 ",
	"/raw.gmi"},
    {"a port of no site", "gemini://one.test:1966/", "",
	"53 That port is not served here.\r\n", ""},
    {"a port named that is ours", "gemini://one.test:1965/", "", "20 ", ""},
    {"a host of no site", "gemini://three.test/", "",
	"53 That host is not served here.\r\n", ""},
    {"an alias", "gemini://also.test/", "also.test", "20 ", "# First"},
    {"SNI and host differ", "gemini://one.test/", "also.test",
	"53 The address and the TLS name (SNI) differ.\r\n", ""},
    {"SNI compares without case", "gemini://one.test/", "ONE.Test", "20 ", ""},
    {"the second site", "gemini://localhost/", "", "20 ", "# Second"},
    {"localhost by its address", "gemini://127.0.0.1/", "", "20 ", "# Second"},
    {"and by that of IPv6, spelled out", "gemini://[0:0::1]/", "", "20 ",
	"# Second"},
    {"one site's pages are not the other's", "gemini://localhost/talk.gmi", "",
	"51 ", ""},
    {"search asks", "gemini://one.test/search", "", "10 Search for\r\n", ""},
    {"search with nothing typed", "gemini://one.test/search?", "",
	"10 Search for\r\n", ""},
    {"blanks are nothing", "gemini://one.test/search?%20%09", "",
	"10 Search for\r\n", ""},
    {"search finds", "gemini://one.test/search?aggregations", "",
	"20 text/gemini; charset=utf-8; lang=en\r\n", "=> /the-talk/ "},
    {"a plus is a plus", "gemini://one.test/search?C+C", "", "20 ",
	"Search: C+C"},
    {"search finds nothing", "gemini://one.test/search?zebra", "", "20 ",
	"Nothing was found"},
    {"no line is forged by what was typed",
	"gemini://one.test/search?a%0A%23%20Owned", "", "20 ",
	"Search: a # Owned"},
    {"nor by a carriage return", "gemini://one.test/search?a%0D%0A=%3E%20x", "",
	"20 ", "Search: a  => x"},
    {"a bad request", "/relative", "", "59 ", ""},
};

static void
answers_gemini(void)
{
	struct buf b;
	int status;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof gemini / sizeof gemini[0]; i++) {
		struct str got =
		    ask_gemini(&b, &status, gemini[i].uri, gemini[i].sni, PORT);
		size_t n = strlen(gemini[i].begin);

		T_EQ_STR(str_sub(got, 0, n), str_of(gemini[i].begin),
		    "gemini: %s", gemini[i].why);
		T_OK(has(got, gemini[i].part), "gemini: %s: what it has",
		    gemini[i].why);
		T_EQ_INT(status,
		    10 * (gemini[i].begin[0] - '0') + got.p[1] - '0',
		    "gemini: %s: counts as what it says", gemini[i].why);
	}
	buf_release(&b);
}

/* Behind a forwarded port the address names the one that visitors use. */
static void
takes_its_own_port_or_the_public_one(void)
{
	struct buf b;
	int status;

	buf_init(&b, 1 << 20);
	ask_gemini(&b, &status, "gemini://one.test:11965/", "", 11965);
	T_EQ_INT(status, GEMINI_SUCCESS, "the port that it came to");
	ask_gemini(&b, &status, "gemini://one.test:1965/", "", 11965);
	T_EQ_INT(status, GEMINI_SUCCESS, "the public one");
	ask_gemini(&b, &status, "gemini://one.test/", "", 11965);
	T_EQ_INT(status, GEMINI_SUCCESS, "none");
	ask_gemini(&b, &status, "gemini://one.test:70/", "", 11965);
	T_EQ_INT(status, GEMINI_PROXY_REFUSED, "another");
	buf_release(&b);
}

static const struct {
	const char *why, *line, *sni;
	int status;
	const char *begin, *part;
} gopher[] = {
    {"the front page", "", "", 20, "",
	"/the-talk/index.txt\tone.test\t7070\r\n"},
    {"and by a slash", "/", "", 20, "",
	"/the-talk/index.txt\tone.test\t7070\r\n"},
    {"the site that TLS names", "", "localhost", 20, "", "Second"},
    {"a name of no site: the first", "", "three.test", 20, "", "First"},
    {"a page as text", "/2012/index.txt", "", 20, "", "2012"},
    {"what Gemini redirects is given at once", "/talk", "", 20, "",
	"tracing aggregations"},
    {"a file as it is", "/data.bin", "", 20, "0123456789", ""},
    {"a file that was removed", "/gone.bin", "", 51, "3", "\r\n.\r\n"},
    {"nothing, and something near", "/the-tal", "", 51, "3Nothing is here",
	"1Nearest: /the-talk\t/the-talk\tone.test\t7070\r\n"},
    {"an error's host is the site's", "/no", "localhost", 51, "3",
	"\tlocalhost\t7070\r\n.\r\n"},
    {"search asks", "/search", "", 20, "7Search", "\t/search\tone.test\t"},
    {"search finds", "/search\taggregations", "", 20, "", "\t/the-talk/"},
    {"Gopher+ is ignored", "/data.bin\t+", "", 20, "0123456789", ""},
    {"a link out", "URL:https://example.org/", "", 20, "<", "https://example"},
    {"a script is no link", "URL:javascript:alert(1)", "", 51, "3", ""},
    {"a bad request", "a\x01", "", 59, "3", "\r\n.\r\n"},
};

static void
answers_gopher(void)
{
	struct buf b;
	int status;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof gopher / sizeof gopher[0]; i++) {
		struct str got =
		    ask_gopher(&b, &status, gopher[i].line, gopher[i].sni);
		size_t n = strlen(gopher[i].begin);

		T_EQ_INT(status, gopher[i].status, "gopher: %s", gopher[i].why);
		T_EQ_STR(str_sub(got, 0, n), str_of(gopher[i].begin),
		    "gopher: %s: begins", gopher[i].why);
		T_OK(has(got, gopher[i].part), "gopher: %s: what it has",
		    gopher[i].why);
	}
	buf_release(&b);
}

/* META ends at the first CRLF, whatever an address tries to put in. */
static void
says_one_line(void)
{
	static const char *const tricks[] = {"gemini://one.test/%0d%0a20%20x",
	    "gemini://one.test/%1b%5b31m", "gemini://one.test/%e2%80%ae"};
	struct buf b;
	int status;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
		struct str got = ask_gemini(&b, &status, tricks[i], "", PORT);
		const char *end = memmem(got.p, got.n, "\r\n", 2);

		T_EQ_INT(status / 10, 5, "%s is refused", tricks[i]);
		T_OK(end != NULL && end + 2 == got.p + got.n,
		    "%s: one line and nothing behind it", tricks[i]);
	}
	buf_release(&b);
}

/* The first byte's header and a file's first bytes leave together. */
static void
sends_header_and_body_together(void)
{
	struct gemini_request request;
	struct form form = {0};
	struct reply reply;
	struct str piece;
	char scratch[256];
	const char *why;

	reply_init(&reply);
	gemini_request_init(&request);
	gemini_request_parse(&request, STR("gemini://one.test/data.bin"), &why);
	route_gemini(&reply, &form, &served.router, &request, STR(""), PORT);
	T_EQ_INT(reply_next(&reply, scratch, sizeof scratch, &piece, NULL), 1,
	    "a piece");
	T_EQ_STR(piece, STR("20 application/octet-stream\r\n0123456789"),
	    "one piece");
	reply_sent(&reply, piece.n - 3);
	T_EQ_INT(reply_next(&reply, scratch, sizeof scratch, &piece, NULL), 1,
	    "a piece");
	T_EQ_STR(piece, STR("789"), "what was not sent is given again");
	reply_release(&reply);
	gemini_request_release(&request);
}

int
main(void)
{
	open_sites();
	T_RUN(answers_gemini);
	T_RUN(takes_its_own_port_or_the_public_one);
	T_RUN(answers_gopher);
	T_RUN(says_one_line);
	T_RUN(sends_header_and_body_together);
	served_close(&served);
	return t_done();
}
