#include "base/notify.h"

#include "base/clock.h"
#include "tests/t.h"

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

	notify_begin();
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
	notify_begin();
	notify_ready();
	notify_status("nobody listens");
	T_OK(true, "without a manager nothing happens");
}

int
main(void)
{
	T_RUN(speaks_by_path);
	T_RUN(speaks_by_name);
	T_RUN(is_silent_alone);
	return t_done();
}
