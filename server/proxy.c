#include "server/proxy.h"

#include <string.h>

static const char signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* Section 2.2: byte 13 is version and command, 14 family and transport, then
 * the length of all that follows, the addresses first. */
enum {
	V2_FIXED = 16,
	V2_LOCAL = 0x20,
	V2_PROXY = 0x21,
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21,
	V1_MAX = 107
};

static uint16_t
be16(const char *p)
{
	return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]);
}

/* An address block is source, destination, source port, destination port. */
static enum proxy_state
v2_addresses(struct proxy_header *h, struct str block, size_t address)
{
	struct address *a = &h->source;

	if (block.n < 2 * address + 4)
		return PROXY_BAD;
	a->bits = (int)address * 8;
	memcpy(a->bytes, block.p, address);
	a->port = be16(block.p + 2 * address);
	if (address == 16) {
		uint16_t port = a->port;

		*a = address_of_ipv6(a->bytes);
		a->port = port;
	}
	return PROXY_DONE;
}

static enum proxy_state
v2(struct proxy_header *h, struct str bytes)
{
	uint8_t command, family;
	size_t length;
	struct str block;

	if (bytes.n < V2_FIXED)
		return PROXY_MORE;
	command = (uint8_t)bytes.p[12];
	family = (uint8_t)bytes.p[13];
	length = be16(bytes.p + 14);
	if ((command != V2_LOCAL && command != V2_PROXY) ||
	    V2_FIXED + length > PROXY_HEADER_MAX)
		return PROXY_BAD;
	if (bytes.n < V2_FIXED + length)
		return PROXY_MORE;
	h->length = V2_FIXED + length;
	block = str_sub(bytes, V2_FIXED, length);
	if (command == V2_PROXY && family == V2_TCP4)
		return v2_addresses(h, block, 4);
	if (command == V2_PROXY && family == V2_TCP6)
		return v2_addresses(h, block, 16);
	/* LOCAL is the balancer's own health check; an unknown family is to be
	 * taken as one without addresses. */
	return PROXY_DONE;
}

/* Takes the next word of a line whose words one space parts. */
static struct str
word(struct str *rest)
{
	struct str w = {0};

	str_next(rest, ' ', &w);
	return w;
}

/* Section 2.1: no leading zero, so that there is one way to write a port. */
static int
v1_port(struct str s)
{
	if (s.n > 1 && s.p[0] == '0')
		return -1;
	return (int)str_number(s, 65535);
}

static enum proxy_state
v1_line(struct proxy_header *h, struct str line)
{
	struct str family, source, target, source_port, target_port;
	struct address other;
	bool is_v4;

	word(&line); /* PROXY */
	family = word(&line);
	if (str_is(family, "UNKNOWN")) /* whatever follows is to be ignored */
		return PROXY_DONE;
	is_v4 = str_is(family, "TCP4");
	source = word(&line);
	target = word(&line);
	source_port = word(&line);
	target_port = word(&line);
	if ((!is_v4 && !str_is(family, "TCP6")) || line.p != NULL ||
	    address_parse(&h->source, source, NULL) != 0 ||
	    address_parse(&other, target, NULL) != 0 ||
	    (str_chr(source, ':') < 0) != is_v4 ||
	    (str_chr(target, ':') < 0) != is_v4 || v1_port(source_port) < 0 ||
	    v1_port(target_port) < 0)
		return PROXY_BAD;
	h->source.port = (uint16_t)v1_port(source_port);
	return PROXY_DONE;
}

static enum proxy_state
v1(struct proxy_header *h, struct str bytes)
{
	struct str seen = str_sub(bytes, 0, V1_MAX);
	ptrdiff_t end = str_find(seen, STR("\r\n"));

	if (end < 0)
		return bytes.n < V1_MAX ? PROXY_MORE : PROXY_BAD;
	h->length = (size_t)end + 2;
	return v1_line(h, str_sub(seen, 0, (size_t)end));
}

/* Does it begin like head, as far as both go? */
static bool
begins(struct str bytes, struct str head)
{
	size_t n = bytes.n < head.n ? bytes.n : head.n;

	return n == 0 || memcmp(bytes.p, head.p, n) == 0;
}

enum proxy_state
proxy_parse(struct proxy_header *h, struct str bytes)
{
	struct str v2_head = {signature, sizeof signature};
	struct str v1_head = STR("PROXY ");
	enum proxy_state state;

	*h = (struct proxy_header){0};
	if (begins(bytes, v2_head))
		state = bytes.n < v2_head.n ? PROXY_MORE : v2(h, bytes);
	else if (begins(bytes, v1_head))
		state = bytes.n < v1_head.n ? PROXY_MORE : v1(h, bytes);
	else
		state = PROXY_BAD;
	if (state != PROXY_DONE)
		*h = (struct proxy_header){0};
	return state;
}
