/*
 * The bare minimum that a Gemini server can do, to be measured against:
 * epoll, accept, SSL_accept, one SSL_read, one SSL_write of a fixed reply,
 * shutdown. Nothing is parsed, nothing is limited. With -t it is tuned: read-
 * ahead, the handshake's writes in one flight, one ticket, AES-128-GCM. With
 * -g it answers in plain, as a Gopher server would.
 *
 *	bare [-t] [-g] CERTIFICATE KEY BYTES   (prints the port it chose)
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
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

struct peer {
	int fd;
	SSL *ssl;
	bool is_open; /* the handshake is done */
};

static char *reply;
static int reply_len;
static bool tuned, plain;

static void
drop(struct peer *p)
{
	if (p->ssl != NULL) {
		SSL_shutdown(p->ssl);
		SSL_free(p->ssl);
	}
	shutdown(p->fd, SHUT_WR);
	close(p->fd);
	free(p);
}

/* false: wait for more. */
static bool
serve_tls(struct peer *p)
{
	char request[1026];
	int n;

	if (!p->is_open) {
		n = SSL_accept(p->ssl);
		if (n != 1)
			return SSL_get_error(p->ssl, n) != SSL_ERROR_WANT_READ;
		p->is_open = true;
	}
	n = SSL_read(p->ssl, request, sizeof request);
	if (n <= 0)
		return SSL_get_error(p->ssl, n) != SSL_ERROR_WANT_READ;
	SSL_write(p->ssl, reply, reply_len);
	return true;
}

static bool
serve_plain(struct peer *p)
{
	char request[1026];

	return read(p->fd, request, sizeof request) <= 0 ||
	    write(p->fd, reply, (size_t)reply_len) != 0;
}

static SSL_CTX *
make_context(char **files)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (SSL_CTX_use_certificate_chain_file(ctx, files[0]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, files[1], SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "bare: cannot use %s\n", files[0]);
		exit(1);
	}
	if (tuned) {
		SSL_CTX_set_read_ahead(ctx, 1);
		SSL_CTX_set_num_tickets(ctx, 1);
		SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
	}
	return ctx;
}

static void
accept_all(int listener, int epoll, SSL_CTX *ctx)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct peer *p = calloc(1, sizeof *p);
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};

		p->fd = fd;
		if (!plain) {
			p->ssl = SSL_new(ctx);
			SSL_set_fd(p->ssl, fd);
		}
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): epoll has p */
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
			perror("bare");
			exit(1);
		}
	}
}

static int
listen_anywhere(void)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		perror("bare");
		exit(1);
	}
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static void
make_reply(int bytes)
{
	static const char header[] = "20 text/gemini\r\n";

	reply_len = bytes + (int)sizeof header - 1;
	reply = malloc((size_t)reply_len);
	memset(reply, 'x', (size_t)reply_len);
	memcpy(reply, header, sizeof header - 1);
}

int
main(int argc, char **argv)
{
	struct rlimit files = {32768, 32768};
	int listener, epoll, c, n;
	struct epoll_event events[256];
	SSL_CTX *ctx;

	while ((c = getopt(argc, argv, "tg")) != -1) {
		tuned = tuned || c == 't';
		plain = plain || c == 'g';
	}
	if (argc - optind != 3) {
		fputs("usage: bare [-t] [-g] CERTIFICATE KEY BYTES\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	ctx = make_context(argv + optind);
	make_reply(atoi(argv[optind + 2]));
	listener = listen_anywhere();
	epoll = epoll_create1(0);
	events[0] = (struct epoll_event){.events = EPOLLIN, .data.ptr = NULL};
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]);
	while ((n = epoll_wait(epoll, events, 256, -1)) >= 0)
		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;

			if (p == NULL)
				accept_all(listener, epoll, ctx);
			else if (plain ? serve_plain(p) : serve_tls(p))
				drop(p);
		}
	return 1;
}
