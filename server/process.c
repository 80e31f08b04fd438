#include "server/process.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int
process_fork(struct process *p, int *control, struct err *e)
{
	int pair[2];
	pid_t parent = getpid();

	*p = (struct process){0, -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, pair) != 0)
		return err_sys(e, "cannot talk to a new process");
	/* What stands in the buffer would be written by both. */
	fflush(NULL);
	p->pid = fork();
	if (p->pid < 0) {
		err_sys(e, "cannot start a process");
		close(pair[0]);
		close(pair[1]);
		p->pid = 0;
		return -1;
	}
	if (p->pid == 0) {
		close(pair[0]);
		*control = pair[1];
		/* Between fork and prctl the parent may have ended. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		return 0;
	}
	close(pair[1]);
	p->control = pair[0];
	return 1;
}

void
process_born(const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_name(name);
}

int
process_signals(const int *signals, struct err *e)
{
	static const int ignored[] = {
	    SIGHUP, SIGINT, SIGPIPE, SIGUSR1, SIGUSR2};
	sigset_t set;
	int fd;

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&set);
	/* Whoever started us may ignore some, and children of one that ignores
	 * SIGCHLD end without its hearing of it. */
	for (; *signals != 0; signals++) {
		sigaddset(&set, *signals);
		signal(*signals, SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot receive signals");
	return fd;
}

int
process_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
		return 0;
	return (int)info.ssi_signo;
}

int
process_tell(int control, const void *packet, size_t n)
{
	return send(control, packet, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -1;
}

int
process_await(int control, char word, int64_t until_ms)
{
	struct pollfd p = {.fd = control, .events = POLLIN};
	int64_t left;
	char said = 0;
	int ready;

	do {
		left = until_ms - clock_ticks_ms();
		left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
		ready = poll(&p, 1, (int)left);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready;
	return recv(control, &said, 1, 0) == 1 && said == word ? 1 : -1;
}

void
process_kill(struct process *p)
{
	if (p->pid <= 0)
		return;
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(p->control);
	*p = (struct process){0, -1};
}

void
process_fate(char *to, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(to, size, "signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		snprintf(to, size, "exit code %d", WEXITSTATUS(status));
}
