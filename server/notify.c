#include "server/notify.h"
#include "base/clock.h"
#include "server/address.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_DESCRIPTOR 3 /* sd_listen_fds(3), SD_LISTEN_FDS_START */
#define SOCKETS_MAX 64

struct inherited {
	int fd;
	struct address address;
	bool is_used;
};

static struct sockaddr_un manager;
static socklen_t manager_len; /* 0: there is none */
static struct inherited sockets[SOCKETS_MAX];
static size_t socket_count;

/* A path, or behind "@" a name in the abstract namespace, which is written
 * with a NUL for it and ends where its length says. */
static void
find_manager(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;

	if (n < 2 || n >= sizeof manager.sun_path ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	manager.sun_family = AF_UNIX;
	memcpy(manager.sun_path, path, n);
	if (path[0] == '@')
		manager.sun_path[0] = '\0';
	manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static int64_t
number_in(const char *name, int64_t max)
{
	const char *text = getenv(name);

	return text != NULL ? str_number(str_of(text), max) : -1;
}

/* Only what listens and is a stream over IP; the rest is not for us. */
static bool
inherit(struct inherited *s, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss, size = sizeof(int);
	int listens = 0, type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
	    !listens || type != SOCK_STREAM ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return false;
	*s = (struct inherited){fd, address_of((struct sockaddr *)&ss), false};
	return s->address.bits != 0;
}

/* LISTEN_PID says whose they are: not ours when a shell stands between. */
static void
find_sockets(void)
{
	int64_t count = number_in("LISTEN_FDS", SOCKETS_MAX);

	if (count < 0 || number_in("LISTEN_PID", INT32_MAX) != getpid())
		return;
	for (int fd = FIRST_DESCRIPTOR; fd < FIRST_DESCRIPTOR + count; fd++) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
		    inherit(&sockets[socket_count], fd))
			socket_count++;
	}
}

void
notify_init(void)
{
	manager_len = 0;
	socket_count = 0;
	find_manager();
	find_sockets();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
}

/* Nothing depends on its being heard. */
static void
tell(const char *what)
{
	int fd;

	if (manager_len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, what, strlen(what), MSG_NOSIGNAL,
	    (struct sockaddr *)&manager, manager_len);
	close(fd);
}

void
notify_ready(void)
{
	tell("READY=1");
}

/* Type=notify-reload wants the moment, to tell this reload from another. */
void
notify_reloading(void)
{
	char text[64];

	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_ticks_us());
	tell(text);
}

void
notify_stopping(void)
{
	tell("STOPPING=1");
}

void
notify_status(const char *fmt, ...)
{
	char text[512] = "STATUS=";
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - n, fmt, ap);
	va_end(ap);
	/* A line of its own would be another assignment. */
	text[strcspn(text, "\n")] = '\0';
	tell(text);
}

int
notify_socket(const struct conf_listen *want)
{
	struct address a;

	if (address_parse(&a, want->host, NULL) != 0)
		return -1;
	a.port = (uint16_t)want->port;
	for (size_t i = 0; i < socket_count; i++) {
		if (address_eq(&sockets[i].address, &a)) {
			sockets[i].is_used = true;
			return sockets[i].fd;
		}
	}
	return -1;
}

void
notify_unused(void (*each)(void *ctx, const char *address), void *ctx)
{
	for (size_t i = 0; i < socket_count; i++) {
		const struct address *a = &sockets[i].address;
		struct buf b;

		if (sockets[i].is_used)
			continue;
		buf_init(&b, 128);
		buf_puts(&b, a->bits == 128 ? "[" : "");
		address_print(&b, a, ADDRESSES_WHOLE);
		buf_printf(&b, "%s:%d", a->bits == 128 ? "]" : "", a->port);
		each(ctx, b.data);
		buf_release(&b);
	}
}
