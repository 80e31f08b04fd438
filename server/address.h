/*
 * Network addresses as the server compares, counts and prints them: IPv4 and
 * IPv6, ports apart. An IPv4 address that came through an IPv6 socket
 * (::ffff:192.0.2.1) is the IPv4 address everywhere. Pure.
 */
#ifndef SERVER_ADDRESS_H
#define SERVER_ADDRESS_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	int bits;          /* 32: IPv4; 128: IPv6; 0: none (a local socket) */
	uint8_t bytes[16]; /* network order, the rest zero */
	uint16_t port;     /* host order; 0: unknown */
};

/* Of what accept4(2) or getpeername(2) gave. */
struct address address_of(const struct sockaddr *sa);
/* Of an IPv6 address's bytes; no port. */
struct address address_of_ipv6(const uint8_t bytes[16]);
/* An IP literal without brackets. */
int address_parse(struct address *a, struct str text, struct err *e);
/* The port, too. */
bool address_eq(const struct address *a, const struct address *b);

/* Appends it without its port: whole, shortened to its network ("192.0.2.0",
 * "2001:db8:1::"), or "-" for none and unknown. */
void address_print(struct buf *to, const struct address *a,
    enum conf_addresses how);

/* "10.0.0.0/8", "2001:db8::/32", or one address. */
struct network {
	struct address base;
	int prefix;
};

int network_parse(struct network *n, struct str text, struct err *e);
bool network_has(const struct network *n, const struct address *a);

#endif
