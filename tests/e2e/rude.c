/*
 * Visitors as no server wants them, many at once from one thread:
 *
 *	rude [-f FIRST] [-n ADDRESSES] MODE PORT COUNT [REQUEST]
 *
 *	silent   connects and says nothing
 *	hello    says the first bytes of a TLS handshake and no more
 *	drip     one byte of the request a second, in plain
 *	idle     a whole TLS handshake and nothing else
 *	deaf     asks over TLS for REQUEST and reads nothing
 *	half     asks over TLS, ends its side, reads to the end
 *	reset    asks over TLS and resets, again and again COUNT times
 *
 * Prints `held N` when all of them are as rude as they get (those the server
 * closed meanwhile are among them), and `closed N` when standard input ends
 * and, before that, once the server has closed all of them. From 127.0.0.1,
 * or spread over ADDRESSES from 127.0.FIRST.1 on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_FLIGHT 64

enum mode { SILENT, HELLO, DRIP, IDLE, DEAF, HALF, RESET, MODES };

static const char *const mode_names[MODES] = {
    "silent", "hello", "drip", "idle", "deaf", "half", "reset"};

struct visitor {
	int fd;
	SSL *ssl;
	bool is_settled; /* as rude as it gets */
	bool is_closed; /* by the server */
	size_t sent; /* of the request, where it drips */
};

struct crowd {
	enum mode mode;
	int port, count, first, addresses;
	char request[1100];
	size_t request_len;
	SSL_CTX *ctx;
	int epoll;
	struct visitor *all;
	int started, settled, closed;
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
set_source(const struct crowd *c, int fd)
{
	int n = c->started % c->addresses;
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(0x7f000001u +
		((uint32_t)(c->first + n / 250) << 8) + (uint32_t)(n % 250))};

	if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
		die("bind");
}

static void
settle(struct crowd *c, struct visitor *v)
{
	if (!v->is_settled)
		c->settled++;
	v->is_settled = true;
}

static void
close_visitor(struct crowd *c, struct visitor *v)
{
	settle(c, v);
	if (!v->is_closed)
		c->closed++;
	v->is_closed = true;
	SSL_free(v->ssl);
	v->ssl = NULL;
	close(v->fd);
	v->fd = -1;
}

static void
start(struct crowd *c)
{
	struct visitor *v = &c->all[c->started];
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)c->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event ev = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = v};
	int small = 4096;

	v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (v->fd < 0)
		die("socket");
	if (c->mode == DEAF)
		setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	if (c->addresses > 0)
		set_source(c, v->fd);
	if (connect(v->fd, (struct sockaddr *)&to, sizeof to) != 0 &&
	    errno != EINPROGRESS)
		die("connect");
	if (c->mode >= IDLE) {
		v->ssl = SSL_new(c->ctx);
		SSL_set_fd(v->ssl, v->fd);
		SSL_set_connect_state(v->ssl);
		SSL_set_tlsext_host_name(v->ssl, "localhost");
	}
	epoll_ctl(c->epoll, EPOLL_CTL_ADD, v->fd, &ev);
	c->started++;
}

/* Reads what there is; false when the server has ended it. */
static bool
drain(struct visitor *v)
{
	char bytes[4096];
	ssize_t n;

	do
		n = v->ssl != NULL ? SSL_read(v->ssl, bytes, sizeof bytes)
				   : recv(v->fd, bytes, sizeof bytes, 0);
	while (n > 0);
	if (v->ssl != NULL)
		return SSL_get_error(v->ssl, (int)n) == SSL_ERROR_WANT_READ;
	return n < 0 && (errno == EAGAIN || errno == ENOTCONN);
}

static void
reset(struct visitor *v)
{
	struct linger now = {1, 0};

	setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void
be_rude_in_tls(struct crowd *c, struct visitor *v)
{
	int r;

	if (!v->is_settled) {
		r = SSL_do_handshake(v->ssl);
		if (r != 1) {
			if (SSL_get_error(v->ssl, r) != SSL_ERROR_WANT_READ)
				close_visitor(c, v);
			return;
		}
		if (c->mode != IDLE)
			SSL_write(v->ssl, c->request, (int)c->request_len);
		if (c->mode == HALF) {
			SSL_shutdown(v->ssl);
			shutdown(v->fd, SHUT_WR);
		}
		settle(c, v);
		if (c->mode == RESET) {
			reset(v);
			close_visitor(c, v);
			return;
		}
	}
	if (c->mode != DEAF && !drain(v))
		close_visitor(c, v);
}

static void
be_rude(struct crowd *c, struct visitor *v, uint32_t events)
{
	static const char hello[] = "\x16\x03\x01\x02";

	if (v->fd < 0)
		return;
	if ((events & EPOLLERR) != 0) {
		close_visitor(c, v);
	} else if (v->ssl != NULL) {
		be_rude_in_tls(c, v);
	} else {
		if (c->mode == HELLO && !v->is_settled &&
		    (events & EPOLLOUT) != 0)
			send(v->fd, hello, sizeof hello - 1, MSG_NOSIGNAL);
		if ((events & EPOLLOUT) != 0)
			settle(c, v);
		if (!drain(v))
			close_visitor(c, v);
	}
}

/* A second has gone by: one more byte each. */
static void
drip(struct crowd *c)
{
	for (int i = 0; i < c->started; i++) {
		struct visitor *v = &c->all[i];

		if (v->fd >= 0 && v->sent < c->request_len)
			send(v->fd, c->request + v->sent++, 1, MSG_NOSIGNAL);
	}
}

static void
say(const char *what, int n)
{
	printf("%s %d\n", what, n);
	fflush(stdout);
}

static void
run(struct crowd *c)
{
	struct epoll_event events[256];
	struct pollfd p[2] = {{0, POLLIN, 0}, {c->epoll, POLLIN, 0}};
	bool is_held = false, is_over = false;
	char byte;

	for (;;) {
		int n;

		while (c->started < c->count &&
		    c->started - c->settled < IN_FLIGHT)
			start(c);
		n = poll(p, 2, 1000);
		if (n == 0 && c->mode == DRIP)
			drip(c);
		if (p[0].revents != 0 && read(0, &byte, 1) <= 0)
			break;
		n = epoll_wait(c->epoll, events, 256, 0);
		for (int i = 0; i < n; i++)
			be_rude(c, events[i].data.ptr, events[i].events);
		if (!is_held && c->settled == c->count)
			say("held", c->count);
		is_held = c->settled == c->count;
		if (!is_over && c->closed == c->count)
			say("closed", c->closed);
		is_over = c->closed == c->count;
	}
	if (!is_over)
		say("closed", c->closed);
}

static bool
parse(struct crowd *c, int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "f:n:")) != -1)
		if (o == 'f')
			c->first = atoi(optarg);
		else if (o == 'n')
			c->addresses = atoi(optarg);
		else
			return false;
	if (argc - optind < 3 || argc - optind > 4)
		return false;
	while (
	    c->mode < MODES && strcmp(mode_names[c->mode], argv[optind]) != 0)
		c->mode++;
	c->port = atoi(argv[optind + 1]);
	c->count = atoi(argv[optind + 2]);
	c->request_len = (size_t)snprintf(c->request, sizeof c->request,
	    "%s\r\n", argc - optind == 4 ? argv[optind + 3] : "/");
	return c->mode < MODES && c->count > 0;
}

int
main(int argc, char **argv)
{
	struct crowd c = {.first = 1};
	struct rlimit files;

	if (!parse(&c, argc, argv)) {
		fputs("usage: rude [-f FIRST] [-n ADDRESSES] MODE PORT COUNT "
		      "[REQUEST]\n",
		    stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	c.epoll = epoll_create1(0);
	c.all = calloc((size_t)c.count, sizeof *c.all);
	c.ctx = SSL_CTX_new(TLS_client_method());
	if (c.epoll < 0 || c.all == NULL || c.ctx == NULL)
		die("rude");
	run(&c);
	for (int i = 0; i < c.started; i++)
		if (c.all[i].fd >= 0)
			close_visitor(&c, &c.all[i]);
	free(c.all);
	SSL_CTX_free(c.ctx);
	return 0;
}
