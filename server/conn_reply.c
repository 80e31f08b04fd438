#include "server/conn_inner.h"

#include <errno.h>
#include <sys/socket.h>

/* For how many bytes a peer is listened to after its reply. */
#define LINGER_BYTES ((size_t)256 << 10)
/* Encrypted bytes that may wait while more is added, so that a small reply
 * leaves together with close_notify. */
#define PENDING_ENOUGH ((size_t)16 << 10)
/* Chunks sent before the others' turn. */
#define CHUNKS_AT_ONCE 8

/* The peer has taken something since the deadline was armed: it gets as long
 * again. */
static void
note_progress(struct conn *c)
{
	uint64_t taken = c->tls != NULL ? tls_taken(c->tls) : c->reply.at;

	if (taken == c->taken)
		return;
	c->taken = taken;
	conn_rearm(c);
}

/* DONE: something went out, or the reply is over (*is_over). */
static enum tls_result
send_plain(struct conn *c, bool *is_over)
{
	struct str piece;
	ssize_t n;

	if (reply_is_file(&c->reply)) {
		n = reply_sendfile(&c->reply, c->fd, 4 * CONN_CHUNK);
	} else {
		n = reply_next(
		    &c->reply, c->env->scratch, CONN_CHUNK, &piece, NULL);
		*is_over = n == 0;
		if (n > 0) {
			n = send(c->fd, piece.p, piece.n, MSG_NOSIGNAL);
			if (n > 0)
				reply_sent(&c->reply, (size_t)n);
		}
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? TLS_WANT_WRITE
							 : TLS_FAILED;
	return TLS_DONE;
}

static enum tls_result
send_encrypted(struct conn *c, bool *is_over)
{
	enum tls_result result = TLS_DONE;
	struct str piece;
	int r;

	if (tls_pending(c->tls) >= PENDING_ENOUGH)
		result = tls_flush(c->tls);
	if (result != TLS_DONE)
		return result;
	r = reply_next(&c->reply, c->env->scratch, CONN_CHUNK, &piece, NULL);
	*is_over = r == 0;
	if (r <= 0)
		return r == 0 ? TLS_DONE : TLS_FAILED;
	result = tls_write(c->tls, piece.p, piece.n);
	reply_sent(&c->reply, piece.n);
	return result;
}

enum step
conn_step_reply(struct conn *c)
{
	bool is_over = false;

	for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
		enum tls_result r = c->tls != NULL ? send_encrypted(c, &is_over)
						   : send_plain(c, &is_over);

		/* close_notify would call what is missing the file's end (RFC
		 * 8446, section 6.1). */
		if (is_over && c->reply.is_cut)
			return STEP_OVER;
		if (is_over)
			return conn_enter(c, CONN_GOODBYE);
		if (r == TLS_WANT_WRITE)
			break;
		if (r != TLS_DONE)
			return STEP_OVER;
	}
	note_progress(c);
	return STEP_WAIT_WRITE;
}

/* Closing at once with bytes of the peer unread would answer them with a RST,
 * which takes the reply's end away from a peer that has not read it yet. So
 * only our side is closed, and the peer is listened to until it closes its. */
enum step
conn_step_goodbye(struct conn *c)
{
	enum tls_result r = TLS_DONE;

	if (c->tls != NULL) {
		tls_close(c->tls);
		r = tls_flush(c->tls);
	}
	if (r == TLS_WANT_WRITE) {
		note_progress(c);
		return STEP_WAIT_WRITE;
	}
	conn_account(c);
	if (r != TLS_DONE || shutdown(c->fd, SHUT_WR) != 0)
		return STEP_OVER;
	/* Its buffers are large, and a peer may stay for seconds. */
	tls_free(c->tls);
	c->tls = NULL;
	conn_enter(c, CONN_LINGER);
	return STEP_WAIT_READ;
}

enum step
conn_step_linger(struct conn *c)
{
	ssize_t n;

	while (c->discarded < LINGER_BYTES) {
		n = recv(c->fd, c->env->scratch, CONN_CHUNK, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return STEP_WAIT_READ;
		if (n <= 0)
			return STEP_OVER;
		c->discarded += (size_t)n;
	}
	return STEP_OVER;
}
