#include "server/activation.h"

#include "server/address.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_DESCRIPTOR 3 /* sd_listen_fds(3), SD_LISTEN_FDS_START */
#define SOCKETS_MAX 64

struct inherited {
	int fd;
	struct address address;
	bool is_used;
};

static struct inherited sockets[SOCKETS_MAX];
static size_t socket_count;

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
activation_begin(void)
{
	socket_count = 0;
	find_sockets();
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
}

int
activation_socket(const struct conf_listen *want)
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
activation_unused(void (*each)(void *ctx, const char *address), void *ctx)
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
