#include "server/notify.h"

#include "base/clock.h"
#include "tests/t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager's socket; sets NOTIFY_SOCKET. */
static int
manager(bool is_abstract)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char name[100];
	size_t n;

	snprintf(name, sizeof name, "%s/notify.%d",
	    is_abstract ? "@capsule-test" : t_tmpdir(), (int)getpid());
	n = strlen(name);
	memcpy(sun.sun_path, name, n);
	if (is_abstract)
		sun.sun_path[0] = '\0';
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&sun,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0)
		abort();
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

/* The next datagram, or nothing. */
static struct str
heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof text, 0);

	return (struct str){text, n > 0 ? (size_t)n : 0};
}

static void
speaks(int fd)
{
	struct str said;
	int64_t before, at;

	notify_init();
	T_OK(getenv("NOTIFY_SOCKET") == NULL, "no child speaks for us");
	notify_ready();
	T_EQ_STR(heard(fd), STR("READY=1"), "ready");
	before = clock_ticks_us();
	notify_reloading();
	said = heard(fd);
	T_OK(
	    str_starts(said, STR("RELOADING=1\nMONOTONIC_USEC=")), "reloading");
	at = str_number(str_sub(said, 27, said.n), INT64_MAX);
	T_OK(at >= before && at <= clock_ticks_us(), "and when");
	notify_stopping();
	T_EQ_STR(heard(fd), STR("STOPPING=1"), "stopping");
	notify_status("serving %d pages\nREADY=1", 12);
	T_EQ_STR(
	    heard(fd), STR("STATUS=serving 12 pages"), "a status is one line");
	close(fd);
	notify_ready();
	T_OK(true, "a manager that is gone is no matter");
}

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
	notify_init();
	T_OK(getenv("LISTEN_FDS") == NULL, "no child takes them for its own");
	want = (struct conf_listen){.host = STR("127.0.0.1"), .port = v4};
	T_EQ_INT(notify_socket(&want), 3, "by address and port");
	T_EQ_INT(notify_socket(&want), 3, "again after a reload");
	want.port++;
	T_EQ_INT(notify_socket(&want), -1, "another port");
	want = (struct conf_listen){.host = STR("::1"), .port = v6};
	T_EQ_INT(notify_socket(&want), -1, "another address");
	snprintf(last, sizeof last, "[::]:%d", v6);
	notify_unused(note_unused, last);
	T_EQ_INT(unused, 1, "one is left over, the terminal is none");
	want.host = STR("::");
	T_EQ_INT(notify_socket(&want), 5, "the IPv6 one");
}

static void
inherits_nothing_of_others(void)
{
	struct conf_listen want = {.host = STR("127.0.0.1")};

	listening(3, AF_INET, &want.port);
	say_listen(1, getpid() + 1);
	notify_init();
	T_EQ_INT(notify_socket(&want), -1, "LISTEN_PID is somebody else");
}

static void
speaks_by_path(void)
{
	speaks(manager(false));
}

static void
speaks_by_name(void)
{
	speaks(manager(true));
}

static void
is_silent_alone(void)
{
	unsetenv("NOTIFY_SOCKET");
	notify_init();
	notify_ready();
	notify_status("nobody listens");
	T_OK(true, "without a manager nothing happens");
}

int
main(void)
{
	T_RUN(speaks_by_path);
	T_RUN(speaks_by_name);
	T_RUN(inherits);
	T_RUN(inherits_nothing_of_others);
	T_RUN(is_silent_alone);
	return t_done();
}
