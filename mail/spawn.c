#include "mail/spawn.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

/* Our time may have begun elsewhere than the machine's. */
static void
pass_clock_on(void)
{
	struct buf now;

	if (getenv("CAPSULE_NOW") == NULL)
		return;
	buf_init(&now, 64);
	date_rfc3339(&now, clock_now());
	setenv("CAPSULE_NOW", now.data, 1);
	buf_release(&now);
}

int
spawn_self(pid_t *pid, char *const argv[], int fd, int at)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int code;

	pass_clock_on();
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	if (fd >= 0)
		posix_spawn_file_actions_adddup2(&files, fd, at);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	code = posix_spawn(
	    pid, "/proc/self/exe", &files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	errno = code;
	return code == 0 ? 0 : -1;
}
