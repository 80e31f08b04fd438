/*
 * What is sent in answer to one request, and how far: bytes made for it (a
 * header, a menu of results), bytes borrowed from the site's image, a file,
 * in that order and each perhaps absent. Knows neither TLS nor sockets, but
 * for sendfile(2). A file is never in memory whole: it costs one descriptor.
 *
 * A file is as long as it was when it was opened. One that grows meanwhile is
 * sent to that length; one that shrinks ends the reply early, is_cut, and
 * must not look whole to the client.
 */
#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The most that is made for one request: a page of search results. */
#define REPLY_MADE_MAX ((size_t)256 << 10)

struct reply {
	int status;        /* as figure_reply counts it */
	struct str host;   /* the site's, for the log; borrowed */
	struct buf made;
	struct str body;   /* borrowed, lives as long as the site */
	int fd;            /* -1: no file */
	uint64_t size;     /* of the file */
	uint64_t at;       /* how much of all that was sent */
	bool is_cut;       /* the file has become shorter than size */
};

void reply_init(struct reply *r);
void reply_release(struct reply *r);

/* Puts a file below dir behind what was made; errors as file_open_beneath. */
int reply_file(struct reply *r, int dir, const char *path, struct err *e);

/*
 * The bytes to send next: *piece points into scratch or the image and is
 * valid until the next call. 1, or 0 when all was sent, or -1 when the file
 * cannot be read. reply_sent says how many of them went out; what did not is
 * given again.
 */
int reply_next(struct reply *r, char *scratch, size_t size, struct str *piece,
    struct err *e);
void reply_sent(struct reply *r, size_t n);

/* Only the file is left, and of it something: reply_sendfile may be used. */
bool reply_is_file(const struct reply *r);
/* sendfile(2) of at most max bytes; counts them as sent. As that call, and 0
 * when the file has been cut. */
ssize_t reply_sendfile(struct reply *r, int socket, size_t max);

#endif
