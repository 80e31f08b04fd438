#include "server/activation.h"

#include "tests/t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int
listening(int fd_wanted, int family, int *port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr *sa = family == AF_INET ? (struct sockaddr *)&in
						: (struct sockaddr *)&in6;
	socklen_t len = family == AF_INET ? sizeof in : sizeof in6;
	int fd = socket(family, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_any;
	if (fd < 0 || bind(fd, sa, len) != 0 || listen(fd, 1) != 0 ||
	    getsockname(fd, sa, &len) != 0 || dup2(fd, fd_wanted) < 0)
		abort();
	*port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	if (fd != fd_wanted)
		close(fd);
	return fd_wanted;
}

static void
say_listen(int count, int pid)
{
	char text[32];

	snprintf(text, sizeof text, "%d", count);
	setenv("LISTEN_FDS", text, 1);
	snprintf(text, sizeof text, "%d", pid);
	setenv("LISTEN_PID", text, 1);
}

static int unused;

static void
note_unused(void *ctx, const char *address)
{
	T_EQ_STR(str_of(address), str_of(ctx), "the one nobody asked for");
	unused++;
}

static void
inherits(void)
{
	struct conf_listen want = {0};
	char last[64];
	int v4, v6;

	listening(3, AF_INET, &v4);
	if (dup2(STDOUT_FILENO, 4) < 0)
		abort();
	listening(5, AF_INET6, &v6);
	say_listen(3, getpid());
	activation_begin();
	T_OK(getenv("LISTEN_FDS") == NULL, "no child takes them for its own");
	want = (struct conf_listen){.host = STR("127.0.0.1"), .port = v4};
	T_EQ_INT(activation_socket(&want), 3, "by address and port");
	T_EQ_INT(activation_socket(&want), 3, "again after a reload");
	want.port++;
	T_EQ_INT(activation_socket(&want), -1, "another port");
	want = (struct conf_listen){.host = STR("::1"), .port = v6};
	T_EQ_INT(activation_socket(&want), -1, "another address");
	snprintf(last, sizeof last, "[::]:%d", v6);
	activation_unused(note_unused, last);
	T_EQ_INT(unused, 1, "one is left over, the terminal is none");
	want.host = STR("::");
	T_EQ_INT(activation_socket(&want), 5, "the IPv6 one");
}

static void
inherits_nothing_of_others(void)
{
	struct conf_listen want = {.host = STR("127.0.0.1")};

	listening(3, AF_INET, &want.port);
	say_listen(1, getpid() + 1);
	activation_begin();
	T_EQ_INT(activation_socket(&want), -1, "LISTEN_PID is somebody else");
}

int
main(void)
{
	T_RUN(inherits);
	T_RUN(inherits_nothing_of_others);
	return t_done();
}
