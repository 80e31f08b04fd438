/*
 * The PROXY protocol (haproxy's proxy-protocol.txt), versions 1 and 2: what a
 * balancer says in front of a connection about who is behind it. Pure. Only
 * for peers that the configuration names (network_has); from anybody else the
 * bytes are the visitor's own and must not be looked at.
 */
#ifndef SERVER_PROXY_H
#define SERVER_PROXY_H

#include "base/str.h"
#include "server/address.h"

#include <stddef.h>

/* A longer header is refused: 107 bytes is version 1's maximum (section 2.1),
 * and in version 2 nobody needs more for addresses and a few TLVs. */
#define PROXY_HEADER_MAX 2048

enum proxy_state { PROXY_MORE, PROXY_DONE, PROXY_BAD };

struct proxy_header {
	size_t length; /* bytes it takes; the visitor's begin behind it */
	/* bits 0 for UNKNOWN and LOCAL: the peer speaks for itself */
	struct address source;
};

/* bytes: all that has come so far. MORE: call again with more of them. */
enum proxy_state proxy_parse(struct proxy_header *h, struct str bytes);

#endif
