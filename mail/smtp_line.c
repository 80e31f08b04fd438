#include "mail/smtp_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

static bool
is_here(const union address *a)
{
	const struct in6_addr *v6 = &a->v6.sin6_addr;

	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(v6) ||
	    (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
}

/* 0, or -1 with errno. */
static int
wait_connected(int fd, int milliseconds)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int got, code = 0;

	do
		got = poll(&wait, 1, milliseconds);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		errno = ETIMEDOUT;
	if (got <= 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
		return -1;
	errno = code;
	return code == 0 ? 0 : -1;
}

/* The descriptor, or -1 with errno. */
static int
connect_to(const struct addrinfo *to, int milliseconds)
{
	int fd = socket(to->ai_family,
	    to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
	int on = 1, code;

	if (fd < 0)
		return -1;
	/* Messages leave in writes of 2 KB, and without this each but the
	 * first would wait for the answer to the one before. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 ||
	    (errno == EINPROGRESS && wait_connected(fd, milliseconds) == 0))
		return fd;
	code = errno;
	close(fd);
	errno = code;
	return -1;
}

static int
resolve(
    struct addrinfo **out, const char *host, const char *port, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int code = getaddrinfo(host, port, &hints, out);

	if (code == 0)
		return 0;
	if (code == EAI_NONAME)
		return err_set(e, ERR_REFUSED,
		    "there is no host \"%s\"; mend \"relay\"", host);
	return err_set(e, code == EAI_MEMORY ? ERR_MEMORY : ERR_LATER,
	    "the address of \"%s\" cannot be found: %s", host,
	    code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

static int
open_connection(struct smtp_line *l, const char *host, const char *port,
    bool only_here, int milliseconds, struct err *e)
{
	struct addrinfo *all, *one;
	int code = 0;

	if (resolve(&all, host, port, e) != 0)
		return -1;
	for (one = all; one != NULL && l->fd < 0; one = one->ai_next) {
		if (only_here &&
		    !is_here((const union address *)one->ai_addr)) {
			err_set(e, ERR_REFUSED,
			    "\"%s\" is not this machine, and mail goes in "
			    "clear to this machine only; write "
			    "smtp+starttls://",
			    host);
			break;
		}
		l->fd = connect_to(one, milliseconds);
		code = errno;
	}
	freeaddrinfo(all);
	if (l->fd >= 0)
		return 0;
	errno = code;
	return code != 0 ? err_set(e, ERR_LATER,
			       "no connection to the relay: %s", strerror(code))
			 : -1;
}

/* RFC 5321, section 4.1.3. */
static void
write_literal(struct smtp_line *l)
{
	union address a = {.storage = {0}};
	socklen_t size = sizeof a;
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	bool is_v6;

	getsockname(l->fd, &a.any, &size);
	is_v6 = a.any.sa_family == AF_INET6;
	if (is_v6)
		inet_ntop(AF_INET6, &a.v6.sin6_addr, text, sizeof text);
	else
		inet_ntop(AF_INET, &a.v4.sin_addr, text, sizeof text);
	snprintf(l->literal, sizeof l->literal, "[%s%s]", is_v6 ? "IPv6:" : "",
	    text);
}

static int
open_stand_in(struct smtp_line *l)
{
	union address a = {.v4 = {.sin_family = AF_INET}};
	socklen_t size = sizeof a.v4;

	a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l->stand_in = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->stand_in < 0 || bind(l->stand_in, &a.any, size) != 0 ||
	    listen(l->stand_in, 1) != 0 ||
	    getsockname(l->stand_in, &a.any, &size) != 0)
		return -1;
	l->port = ntohs(a.v4.sin_port);
	return 0;
}

int
smtp_line_open(struct smtp_line *l, const char *host, const char *port,
    bool only_here, int milliseconds, struct err *e)
{
	*l = (struct smtp_line){.fd = -1, .stand_in = -1};
	if (open_connection(l, host, port, only_here, milliseconds, e) != 0)
		return -1;
	write_literal(l);
	if (open_stand_in(l) != 0) {
		err_sys(e, "no socket can be had on 127.0.0.1");
		smtp_line_close(l);
		return -1;
	}
	return 0;
}

void
smtp_line_close(struct smtp_line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->stand_in >= 0)
		close(l->stand_in);
	l->fd = l->stand_in = -1;
}

/* Descriptors are given from the lowest that is free, so it is found soon. */
static int
find_connected(int port)
{
	long max = sysconf(_SC_OPEN_MAX);

	for (int fd = 0; fd < max; fd++) {
		union address a = {.storage = {0}};
		socklen_t size = sizeof a;

		if (getpeername(fd, &a.any, &size) == 0 &&
		    a.any.sa_family == AF_INET &&
		    ntohl(a.v4.sin_addr.s_addr) == INADDR_LOOPBACK &&
		    ntohs(a.v4.sin_port) == port)
			return fd;
	}
	return -1;
}

int
smtp_line_exchange(struct smtp_line *l)
{
	int fd = find_connected(l->port);

	if (fd >= 0 && dup3(l->fd, fd, O_CLOEXEC) < 0)
		fd = -1;
	smtp_line_close(l);
	return fd;
}

void
smtp_line_hurry(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}
