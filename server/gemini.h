/*
 * The Gemini protocol's two lines (specification 0.24.1): a request taken
 * apart, a response header written. Pure: it knows no socket, no site and no
 * certificate; whether host and port are served here is route.h's question.
 *
 * Refuses with 59 whatever is not one absolute URI as the specification has
 * it: over 1024 bytes, a userinfo or fragment (even an empty one), a control
 * byte, a space, a byte order mark, bytes that are not UTF-8, a query that
 * decodes to such, %00, a bad %XX, a relative reference, no host. With 53 what
 * is one but of another scheme.
 *
 * Invariant: a parsed path begins with "/", is percent-decoded, holds no NUL
 * and no "." or ".." segment.
 */
#ifndef SERVER_GEMINI_H
#define SERVER_GEMINI_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define GEMINI_URI_MAX 1024
#define GEMINI_REQUEST_MAX (GEMINI_URI_MAX + 2) /* with its CRLF */
#define GEMINI_META_MAX 1024
#define GEMINI_PORT 1965

/* The status codes of the specification; no other is ever sent. */
enum gemini_status {
	GEMINI_INPUT = 10,
	GEMINI_SENSITIVE_INPUT = 11,
	GEMINI_SUCCESS = 20,
	GEMINI_REDIRECT = 30,
	GEMINI_REDIRECT_PERMANENT = 31,
	GEMINI_TEMPORARY_FAILURE = 40,
	GEMINI_UNAVAILABLE = 41,
	GEMINI_CGI_ERROR = 42,
	GEMINI_PROXY_ERROR = 43,
	GEMINI_SLOW_DOWN = 44,
	GEMINI_PERMANENT_FAILURE = 50,
	GEMINI_NOT_FOUND = 51,
	GEMINI_GONE = 52,
	GEMINI_PROXY_REFUSED = 53,
	GEMINI_BAD_REQUEST = 59,
	GEMINI_CERTIFICATE_REQUIRED = 60,
	GEMINI_CERTIFICATE_NOT_AUTHORIZED = 61,
	GEMINI_CERTIFICATE_NOT_VALID = 62
};

struct gemini_request {
	struct buf host;  /* lower case, decoded, no brackets or last dot */
	int port;         /* -1: none was given */
	struct buf path;
	struct buf query; /* decoded, valid UTF-8 */
	bool has_query;   /* a lone "?" counts */
	struct str raw_path; /* as sent, for the log; points into the URI */
};

/*
 * Looks for the request's end in what has arrived so far. *seen is how far
 * earlier calls looked (0 at first), so that a request that comes a byte at a
 * time costs no more than one that comes at once. 1: *uri is the request
 * without its CRLF; 0: more has to come; -1: no request can come of it (59),
 * and *why says what to do. What follows the CRLF is not looked at.
 */
int gemini_request_end(struct str *uri, struct str bytes, size_t *seen,
    const char **why);

void gemini_request_init(struct gemini_request *r);
void gemini_request_release(struct gemini_request *r);

/* 0, or the status to refuse with, and *why, a META of at most 60 bytes. */
int gemini_request_parse(struct gemini_request *r, struct str uri,
    const char **why);

/*
 * Appends "DD SP META CRLF". META never carries a control character, a byte
 * order mark or bytes that are not UTF-8 (they are left out), is cut at
 * GEMINI_META_MAX, and is never empty: then it is what the code means.
 */
void gemini_header(struct buf *to, enum gemini_status status, struct str meta);

#endif
