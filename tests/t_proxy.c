#include "server/proxy.h"

#include "tests/t.h"

#include <string.h>

/* The fixed part of version 2, with a command, a family and a length. */
#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define IPV4_BLOCK "\xc0\x00\x02\x07\xc6\x33\x64\x01\xdb\xba\x07\xad"
#define IPV6_BLOCK                                   \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02" \
	"\xdb\xba\x07\xad"
#define MAPPED_BLOCK                                   \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07" \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x08" \
	"\xdb\xba\x07\xad"

static const struct {
	const char *why;
	struct str in;
	const char *source; /* NULL: the peer's own */
	int port;
} good[] = {
    {"v1 with IPv4", STR("PROXY TCP4 192.0.2.7 198.51.100.1 56250 1965\r\n"),
	"192.0.2.7", 56250},
    {"v1 with IPv6", STR("PROXY TCP6 2001:db8::1 2001:db8::2 56250 1965\r\n"),
	"2001:db8::1", 56250},
    {"v1 port 0", STR("PROXY TCP4 192.0.2.7 198.51.100.1 0 0\r\n"), "192.0.2.7",
	0},
    {"v1 UNKNOWN, short", STR("PROXY UNKNOWN\r\n"), NULL, 0},
    {"v1 UNKNOWN, what follows is ignored",
	STR("PROXY UNKNOWN ffff:f...f:ffff what ever 99999\r\n"), NULL, 0},
    {"v2 with IPv4", STR(V2 "\x21\x11\x00\x0c" IPV4_BLOCK), "192.0.2.7", 56250},
    {"v2 with IPv6", STR(V2 "\x21\x21\x00\x24" IPV6_BLOCK), "2001:db8::1",
	56250},
    {"v2 with IPv4 written as IPv6", STR(V2 "\x21\x21\x00\x24" MAPPED_BLOCK),
	"192.0.2.7", 56250},
    {"v2 with a TLV behind the addresses",
	STR(V2 "\x21\x11\x00\x12" IPV4_BLOCK "\x05\x00\x03"
	       "abc"),
	"192.0.2.7", 56250},
    {"v2 LOCAL, no addresses", STR(V2 "\x20\x00\x00\x00"), NULL, 0},
    {"v2 LOCAL, addresses are ignored", STR(V2 "\x20\x11\x00\x0c" IPV4_BLOCK),
	NULL, 0},
    {"v2 of a family we do not know",
	STR(V2 "\x21\x31\x00\x04"
	       "/run"),
	NULL, 0},
};

static const struct {
	const char *why;
	struct str in;
} bad[] = {
    {"a TLS ClientHello", STR("\x16\x03\x01\x02\x00")},
    {"a Gopher selector", STR("/2012/talk\r\n")},
    {"v1 in lower case", STR("proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n")},
    {"v1 family unknown", STR("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n")},
    {"v1 without ports", STR("PROXY TCP4 192.0.2.7 198.51.100.1\r\n")},
    {"v1 port too large",
	STR("PROXY TCP4 192.0.2.7 198.51.100.1 65536 1965\r\n")},
    {"v1 port with a leading zero",
	STR("PROXY TCP4 192.0.2.7 198.51.100.1 0562 1965\r\n")},
    {"v1 port with a sign",
	STR("PROXY TCP4 192.0.2.7 198.51.100.1 +562 1965\r\n")},
    {"v1 two spaces", STR("PROXY  TCP4 192.0.2.7 198.51.100.1 1 2\r\n")},
    {"v1 space at the end", STR("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n")},
    {"v1 one word too many",
	STR("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n")},
    {"v1 IPv6 address called IPv4",
	STR("PROXY TCP4 2001:db8::1 198.51.100.1 1 2\r\n")},
    {"v1 IPv4 address called IPv6",
	STR("PROXY TCP6 192.0.2.7 2001:db8::2 1 2\r\n")},
    {"v1 a NUL in the address",
	STR("PROXY TCP4 192.0.2.7\0 198.51.100.1 1 2\r\n")},
    {"v1 longer than any can be",
	STR("PROXY UNKNOWN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
    {"v2 of version 1", STR(V2 "\x11\x11\x00\x0c" IPV4_BLOCK)},
    {"v2 with a command we do not know", STR(V2 "\x22\x11\x00\x0c" IPV4_BLOCK)},
    {"v2 with a length over ours", STR(V2 "\x21\x11\x08\x00")},
    {"v2 with too few bytes for its addresses",
	STR(V2 "\x21\x11\x00\x0b" IPV4_BLOCK)},
    {"v2 with IPv4's length for IPv6", STR(V2 "\x21\x21\x00\x0c" IPV4_BLOCK)},
};

static void
check_source(
    const struct proxy_header *h, const char *source, int port, const char *why)
{
	struct buf b;

	buf_init(&b, 64);
	address_print(&b, &h->source, ADDRESSES_WHOLE);
	T_EQ_STR(buf_slice(&b), str_of(source != NULL ? source : "-"),
	    "%s: source", why);
	T_EQ_INT(h->source.port, port, "%s: port", why);
	buf_release(&b);
}

static void
reads_headers(void)
{
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct str in = t_guard(good[i].in);
		struct proxy_header h;

		T_EQ_INT(proxy_parse(&h, in), PROXY_DONE, "%s", good[i].why);
		T_EQ_INT((int64_t)h.length, (int64_t)in.n, "%s: length",
		    good[i].why);
		check_source(&h, good[i].source, good[i].port, good[i].why);
		t_guard_free(in);
	}
}

static void
asks_for_more_until_whole(void)
{
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		bool asked = true;

		for (size_t n = 0; n < good[i].in.n; n++) {
			struct str in = t_guard(str_sub(good[i].in, 0, n));
			struct proxy_header h;

			if (proxy_parse(&h, in) != PROXY_MORE)
				asked = false;
			t_guard_free(in);
		}
		T_OK(asked, "%s: every truncation asks for more", good[i].why);
	}
}

static void
refuses(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct str in = t_guard(bad[i].in);
		struct proxy_header h;

		T_EQ_INT(proxy_parse(&h, in), PROXY_BAD, "%s", bad[i].why);
		t_guard_free(in);
	}
}

static void
leaves_the_visitors_bytes(void)
{
	struct str in = STR("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n"
			    "gemini://h/\r\n");
	struct proxy_header h;

	T_EQ_INT(proxy_parse(&h, in), PROXY_DONE, "v1 and a request");
	T_EQ_STR(str_sub(in, h.length, in.n), STR("gemini://h/\r\n"),
	    "the request is behind the header");
}

static const struct {
	const char *network;
	const char *address;
	bool has; /* meaningless when the network does not parse */
	bool parses;
} networks[] = {
    {"10.0.0.0/8", "10.255.0.1", true, true},
    {"10.0.0.0/8", "11.0.0.0", false, true},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true, true},
    {"::ffff:10.0.0.1", "10.0.0.1", true, true},
    {"192.0.2.128/25", "192.0.2.127", false, true},
    {"192.0.2.128/25", "192.0.2.128", true, true},
    {"192.0.2.7", "192.0.2.7", true, true},
    {"192.0.2.7", "192.0.2.6", false, true},
    {"0.0.0.0/0", "203.0.113.9", true, true},
    {"0.0.0.0/0", "2001:db8::1", false, true},
    {"::/0", "2001:db8::1", true, true},
    {"::/0", "192.0.2.1", false, true},
    {"2001:db8::/33", "2001:db8:7fff::1", true, true},
    {"2001:db8::/33", "2001:db8:8000::1", false, true},
    {"10.0.0.1/8", "", false, false},
    {"10.0.0.0/33", "", false, false},
    {"10.0.0.0/", "", false, false},
    {"10.0.0.0/-1", "", false, false},
    {"10.0.0/8", "", false, false},
    {"example.org", "", false, false},
    {"[::1]", "", false, false},
    {"", "", false, false},
};

static void
matches_networks(void)
{
	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
		struct err e = ERR_INIT;
		struct network n;
		struct address a;
		int got = network_parse(&n, str_of(networks[i].network), &e);

		T_EQ_INT(got, networks[i].parses ? 0 : -1, "\"%s\" %s",
		    networks[i].network,
		    networks[i].parses ? "parses" : "is refused");
		if (got != 0)
			continue;
		T_OK(address_parse(&a, str_of(networks[i].address), &e) == 0 &&
			network_has(&n, &a) == networks[i].has,
		    "%s is %sin %s", networks[i].address,
		    networks[i].has ? "" : "not ", networks[i].network);
	}
}

int
main(void)
{
	T_RUN(reads_headers);
	T_RUN(asks_for_more_until_whole);
	T_RUN(refuses);
	T_RUN(leaves_the_visitors_bytes);
	T_RUN(matches_networks);
	return t_done();
}
