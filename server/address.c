#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* RFC 4291, section 2.5.5.2: ::ffff:0:0/96 holds the IPv4 addresses. */
struct address
address_of_ipv6(const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct address a = {.bits = 128};

	if (memcmp(bytes, mapped, sizeof mapped) == 0) {
		a.bits = 32;
		memcpy(a.bytes, bytes + 12, 4);
	} else {
		memcpy(a.bytes, bytes, 16);
	}
	return a;
}

struct address
address_of(const struct sockaddr *sa)
{
	struct address a = {0};

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		a.bits = 32;
		memcpy(a.bytes, &in.sin_addr, 4);
		a.port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		a = address_of_ipv6(in6.sin6_addr.s6_addr);
		a.port = ntohs(in6.sin6_port);
	}
	return a;
}

int
address_parse(struct address *a, struct str text, struct err *e)
{
	char s[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	/* inet_pton wants a NUL; an inner one would cut the text short. */
	if (text.n < sizeof s && str_chr(text, '\0') < 0) {
		if (text.n > 0)
			memcpy(s, text.p, text.n);
		s[text.n] = '\0';
		if (inet_pton(AF_INET6, s, bytes) == 1) {
			*a = address_of_ipv6(bytes);
			return 0;
		}
		if (inet_pton(AF_INET, s, bytes) == 1) {
			*a = (struct address){.bits = 32};
			memcpy(a->bytes, bytes, 4);
			return 0;
		}
	}
	return err_set(e, ERR_INPUT,
	    "\"%.*s\" is no IP address: write one like 192.0.2.1 or "
	    "2001:db8::1",
	    STR_ARG(text));
}

bool
address_eq(const struct address *a, const struct address *b)
{
	return a->bits == b->bits && a->port == b->port &&
	    memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void
address_print(struct buf *to, const struct address *a, enum conf_addresses how)
{
	uint8_t bytes[16];
	char s[INET6_ADDRSTRLEN];

	if (a->bits == 0 || how == ADDRESSES_NONE) {
		buf_putc(to, '-');
		return;
	}
	memcpy(bytes, a->bytes, sizeof bytes);
	if (how == ADDRESSES_SHORT) {
		size_t keep = a->bits == 32 ? 3 : 6; /* /24, /48 */

		memset(bytes + keep, 0, sizeof bytes - keep);
	}
	if (inet_ntop(a->bits == 32 ? AF_INET : AF_INET6, bytes, s, sizeof s) !=
	    NULL)
		buf_puts(to, s);
}

/* The bits of a behind the first n. */
static bool
has_bits_after(const struct address *a, int n)
{
	for (int i = n; i < a->bits; i++) {
		if (a->bytes[i / 8] & 0x80 >> i % 8)
			return true;
	}
	return false;
}

int
network_parse(struct network *n, struct str text, struct err *e)
{
	ptrdiff_t slash = str_chr(text, '/');
	struct str base = slash < 0 ? text : str_sub(text, 0, (size_t)slash);
	int64_t prefix;

	if (address_parse(&n->base, base, e) != 0)
		return -1;
	n->prefix = n->base.bits;
	if (slash < 0)
		return 0;
	prefix =
	    str_number(str_sub(text, (size_t)slash + 1, text.n), n->base.bits);
	if (prefix < 0)
		return err_set(e, ERR_INPUT,
		    "\"%.*s\": behind the \"/\" stands a number from 0 to %d",
		    STR_ARG(text), n->base.bits);
	n->prefix = (int)prefix;
	if (has_bits_after(&n->base, n->prefix))
		return err_set(e, ERR_INPUT,
		    "\"%.*s\" has bits set behind its prefix: write the "
		    "network's own address, like 10.0.0.0/8",
		    STR_ARG(text));
	return 0;
}

bool
network_has(const struct network *n, const struct address *a)
{
	int whole = n->prefix / 8, rest = n->prefix % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (a->bits != n->base.bits ||
	    memcmp(a->bytes, n->base.bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 ||
	    (a->bytes[whole] & mask) == (n->base.bytes[whole] & mask);
}
