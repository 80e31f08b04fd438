#include "base/notify.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un manager;
static socklen_t manager_len; /* 0: there is none */

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

void
notify_begin(void)
{
	manager_len = 0;
	find_manager();
	unsetenv("NOTIFY_SOCKET");
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
