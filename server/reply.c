#include "server/reply.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

void
reply_init(struct reply *r)
{
	*r = (struct reply){.fd = -1};
	buf_init(&r->made, REPLY_MADE_MAX);
}

void
reply_release(struct reply *r)
{
	buf_release(&r->made);
	if (r->fd >= 0)
		close(r->fd);
	reply_init(r);
}

int
reply_file(struct reply *r, int dir, const char *path, struct err *e)
{
	off_t size;

	r->fd = file_open_beneath(dir, path, &size, e);
	if (r->fd < 0)
		return -1;
	r->size = (uint64_t)size;
	return 0;
}

/* Where the file begins in all that is sent. */
static uint64_t
file_start(const struct reply *r)
{
	return r->made.len + r->body.n;
}

static struct str
rest_of(struct str s, uint64_t from)
{
	return str_sub(s, (size_t)from, s.n);
}

static ssize_t
read_file(const struct reply *r, char *to, size_t size)
{
	uint64_t at = r->at > file_start(r) ? r->at - file_start(r) : 0;
	ssize_t n;

	if (size > r->size - at)
		size = (size_t)(r->size - at);
	do
		n = pread(r->fd, to, size, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n;
}

/* A header by itself would cost a TLS record of its own: it goes together
 * with what follows it. */
static int
gather(struct reply *r, char *scratch, size_t size, struct str *piece,
    struct err *e)
{
	struct str made = rest_of(buf_slice(&r->made), r->at), more = r->body;
	ssize_t n = 0;

	if (made.n > size)
		made.n = size;
	if (made.n > 0)
		memcpy(scratch, made.p, made.n);
	if (more.n > size - made.n)
		more.n = size - made.n;
	if (more.n > 0)
		memcpy(scratch + made.n, more.p, more.n);
	else if (r->fd >= 0 && size > made.n && r->body.n == 0)
		n = read_file(r, scratch + made.n, size - made.n);
	if (n < 0)
		return err_sys(e, "cannot read the file");
	*piece = (struct str){scratch, made.n + more.n + (size_t)n};
	return 1;
}

int
reply_next(struct reply *r, char *scratch, size_t size, struct str *piece,
    struct err *e)
{
	ssize_t n;

	if (r->at < r->made.len)
		return gather(r, scratch, size, piece, e);
	if (r->at < file_start(r)) {
		*piece = rest_of(r->body, r->at - r->made.len);
		if (piece->n > size)
			piece->n = size;
		return 1;
	}
	if (!reply_is_file(r))
		return 0;
	n = read_file(r, scratch, size);
	if (n < 0)
		return err_sys(e, "cannot read the file");
	r->is_cut = n == 0;
	*piece = (struct str){scratch, (size_t)n};
	return n > 0;
}

void
reply_sent(struct reply *r, size_t n)
{
	r->at += n;
}

bool
reply_is_file(const struct reply *r)
{
	return r->fd >= 0 && !r->is_cut && r->at >= file_start(r) &&
	    r->at - file_start(r) < r->size;
}

ssize_t
reply_sendfile(struct reply *r, int socket, size_t max)
{
	off_t at = (off_t)(r->at - file_start(r));
	ssize_t n;

	if (max > r->size - (uint64_t)at)
		max = (size_t)(r->size - (uint64_t)at);
	do
		n = sendfile(socket, r->fd, &at, max);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		r->is_cut = true;
	if (n > 0)
		r->at += (uint64_t)n;
	return n;
}
