/*
 * What is said on the desk's local socket, STATE/desk.sock, between those who
 * hear people (capsule's workers, `announce receive`) and the one who answers
 * them (`announce daemon`): one packet each way a connection (AF_UNIX,
 * SOCK_SEQPACKET), so that a step is whole or not there. Pure: packets to
 * structs and back.
 *
 * A packet is "desk 1 LF" and fields, each "NAME LENGTH LF", that many bytes,
 * LF. A field it does not know, a field twice, a length that does not fit: the
 * packet is refused whole. What a side cannot understand it answers with
 * LATER, since the other is likely of another version.
 */
#ifndef BASE_DESK_H
#define BASE_DESK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define DESK_SOCKET "desk.sock"
#define DESK_PACKET_MAX ((size_t)64 << 10) /* bytes */
#define DESK_INPUT_MAX 4096 /* bytes of what somebody typed */
#define DESK_PATH_MAX 1024

enum desk_way { DESK_GEMINI, DESK_GOPHER, DESK_MAIL, DESK_WAYS };

/* Somebody's step. Slices are borrowed. */
struct desk_request {
	enum desk_way way;
	struct str host;    /* of the site they are on */
	struct str path;    /* of the form: "/subscribe", "/leave/TOKEN/yes" */
	struct str input;   /* what they typed; UTF-8 */
	bool has_input;     /* an empty line is something, too */
	struct str network; /* theirs, for limits: "192.0.2.0/24"; by mail the
	                     * address that wrote, of which it then is about */
	struct str certificate; /* SHA-256 of a client's, hex; empty: none */
};

enum desk_kind {
	DESK_ASK,        /* text is a prompt; to be answered at the same path */
	DESK_ASK_SECRET, /* likewise, and what is typed is not shown */
	DESK_SHOW,       /* title, plain, and text as Markdown */
	DESK_REFUSE,     /* text says why and what to do, in one line */
	DESK_CERTIFICATE, /* it takes a client certificate: text says why */
	DESK_STRANGER,   /* not with this certificate: text says why */
	DESK_MISSING,    /* no form is there */
	DESK_LATER,      /* nothing was done; text says so */
	DESK_KINDS
};

struct desk_answer {
	enum desk_kind kind;
	struct str title;
	struct str text;
	struct str reply_to; /* by mail, where a reply to it goes; empty: to us.
	                      * In no packet */
	struct str owner; /* by mail, whose token this is about: an answer goes
	                   * there; empty: to who wrote. In no packet */
	const char *unsent; /* by mail, why its letter is not written, for the
	                     * log; NULL: it is. In no packet */
};

/* Appends the packet. ERR_LIMIT when it is longer than one may be. */
int desk_put_request(
    struct buf *to, const struct desk_request *request, struct err *e);
int desk_put_answer(
    struct buf *to, const struct desk_answer *answer, struct err *e);

/* Slices point into the packet. ERR_INPUT says what is wrong with it. What is
 * parsed is UTF-8 without NUL, within the limits above; a path begins with a
 * "/", and a certificate is 64 small hexadecimal digits or empty. */
int desk_parse_request(
    struct desk_request *out, struct str packet, struct err *e);
int desk_parse_answer(
    struct desk_answer *out, struct str packet, struct err *e);

/* Whether what is at this path begins by asking for something to be typed:
 * for a Gopher menu, where such links are of type 7. */
bool desk_path_asks(struct str path);

#endif
