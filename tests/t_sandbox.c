/* Each attempt runs in a child of its own, behind the wall, and tells by its
 * exit code how it went: 0, or the error number. */
#include "server/sandbox.h"

#include "base/file.h"
#include "tests/t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLED 1000

static int pages; /* the folder that may be read */
static const char *outside; /* a file that may not */
static int listener, port;
static pid_t bystander;

static int
result(long got)
{
	return got < 0 ? errno : 0;
}

static int
read_page(void)
{
	char text[16];
	int fd = file_open_beneath(pages, "2012/a.md", NULL, NULL);

	if (fd < 0)
		return EINVAL;
	return read(fd, text, sizeof text) == 5 ? 0 : EIO;
}

static int
climb_out(void)
{
	return result(openat(pages, "../outside", O_RDONLY));
}

static int
follow_link_out(void)
{
	return result(openat(pages, "link", O_RDONLY));
}

static int
read_outside(void)
{
	return result(open(outside, O_RDONLY));
}

static int
read_outside_by_openat2(void)
{
	uint64_t how[3] = {O_RDONLY, 0, 0};

	return result(syscall(SYS_openat2, AT_FDCWD, outside, how, sizeof how));
}

static int
list_pages(void)
{
	return result(openat(pages, ".", O_RDONLY | O_DIRECTORY));
}

static int
read_passwd(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
write_page(void)
{
	return result(openat(pages, "2012/a.md", O_WRONLY));
}

static int
truncate_page(void)
{
	return result(openat(pages, "2012/a.md", O_RDONLY | O_TRUNC));
}

static int
create_page(void)
{
	return result(openat(pages, "new", O_RDONLY | O_CREAT, 0600));
}

static int
create_page_by_openat2(void)
{
	uint64_t how[3] = {O_WRONLY | O_CREAT, 0600, 0};

	return result(syscall(SYS_openat2, pages, "new", how, sizeof how));
}

static int
create_nameless(void)
{
	return result(openat(pages, ".", O_TMPFILE | O_RDWR, 0600));
}

static int
remove_page(void)
{
	return result(unlinkat(pages, "2012/a.md", 0));
}

static int
make_folder(void)
{
	return result(mkdirat(pages, "folder", 0700));
}

static int
rename_page(void)
{
	return result(renameat(pages, "2012/a.md", pages, "b.md"));
}

static int
open_tcp(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
open_udp(void)
{
	return result(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int
open_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
connect_anyhow(void)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return result(connect(listener, (struct sockaddr *)&in, sizeof in));
}

static int
listen_elsewhere(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	return result(bind(listener, (struct sockaddr *)&in, sizeof in));
}

static int
run_program(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	return result(execve("/bin/true", argv, argv + 1));
}

static int
fork_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int
kill_another(void)
{
	return result(kill(bystander, SIGKILL));
}

static int
kill_parent(void)
{
	return result(kill(getppid(), 0));
}

static int
own_a_signal(void)
{
	return result(fcntl(listener, F_SETOWN, bystander));
}

static int
trace_another(void)
{
	return result(ptrace(PTRACE_ATTACH, bystander, NULL, NULL));
}

static int
read_memory_of_another(void)
{
	char byte;
	struct iovec v = {&byte, 1};

	return result(process_vm_readv(bystander, &v, 1, &v, 1, 0));
}

static int
limit_another(void)
{
	struct rlimit none = {0, 0};

	return result(prlimit(bystander, RLIMIT_NOFILE, &none, NULL));
}

static int
make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
turn_data_into_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
mount_something(void)
{
	return result(syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
}

static int
become_root(void)
{
	return result(setuid(0));
}

/* A whole visit: wait, accept, read, send a file, say good-bye. */
static int
serve(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ep = epoll_create1(EPOLL_CLOEXEC), client, file, on = 1;
	char request[16];
	off_t from = 0;

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event) != 0 ||
	    epoll_wait(ep, &event, 1, 5000) != 1)
		return errno;
	client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0 ||
	    setsockopt(client, IPPROTO_TCP, 1, &on, sizeof on) != 0)
		return errno;
	file = file_open_beneath(pages, "2012/a.md", NULL, NULL);
	if (recv(client, request, sizeof request, 0) != 2 || file < 0 ||
	    sendfile(client, file, &from, 100) != 5 ||
	    send(client, "!", 1, MSG_NOSIGNAL) != 1 ||
	    shutdown(client, SHUT_WR) != 0 || close(client) != 0)
		return errno != 0 ? errno : EIO;
	return 0;
}

static int
use_memory_and_time(void)
{
	struct timespec ts;
	char *p = malloc((size_t)8 << 20), *larger;

	if (p == NULL || clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		return ENOMEM;
	memset(p, 1, (size_t)8 << 20);
	larger = realloc(p, (size_t)16 << 20);
	if (larger == NULL) {
		free(p);
		return ENOMEM;
	}
	free(larger);
	return 0;
}

static int
log_to_stderr(void)
{
	return result(write(STDERR_FILENO, "# a line\n", 9));
}

/* Runs it behind wall; what it returned, or KILLED + the signal. */
static int
attempt(int (*wall)(const int *, size_t, struct err *), int (*fn)(void))
{
	struct err e = ERR_INIT;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (wall(&pages, 1, &e) != 0) {
			fprintf(stderr, "%s\n", e.msg);
			_exit(255);
		}
		errno = 0;
		_exit(fn());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return WIFSIGNALED(status) ? KILLED + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static const struct {
	const char *why;
	int (*fn)(void);
	bool needs_landlock;
	bool kills; /* rather than being told so */
} forbidden[] = {
    {"climb out of the pages", climb_out, true, false},
    {"follow a link out of the pages", follow_link_out, true, false},
    {"read a file outside", read_outside, true, false},
    {"read it by openat2", read_outside_by_openat2, false, false},
    {"read /etc/passwd", read_passwd, true, false},
    {"list the pages", list_pages, true, false},
    {"write to a page", write_page, false, false},
    {"truncate a page", truncate_page, false, false},
    {"create a page", create_page, false, false},
    {"create one by openat2", create_page_by_openat2, false, false},
    {"create a file without a name", create_nameless, false, false},
    {"remove a page", remove_page, false, false},
    {"make a folder", make_folder, false, false},
    {"rename a page", rename_page, false, false},
    {"open a TCP socket", open_tcp, false, false},
    {"open a UDP socket", open_udp, false, false},
    {"open a local socket", open_unix, false, false},
    {"connect with what socket there is", connect_anyhow, false, false},
    {"bind what socket there is", listen_elsewhere, false, false},
    {"run a program", run_program, false, true},
    {"fork", fork_child, false, false},
    {"kill another process", kill_another, false, false},
    {"signal the parent", kill_parent, false, false},
    {"have signals sent to another", own_a_signal, false, false},
    {"trace another process", trace_another, false, true},
    {"read another's memory", read_memory_of_another, false, true},
    {"change another's limits", limit_another, false, false},
    {"make memory for code", make_code, false, false},
    {"turn data into code", turn_data_into_code, false, false},
    {"mount a file system", mount_something, false, true},
    {"change its user", become_root, false, false},
};

static void
worker_is_refused(void)
{
	bool landlock = syscall(444, NULL, 0, 1) >= 1;

	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
		int got;

		if (forbidden[i].needs_landlock && !landlock) {
			t_note("skipped: this kernel has no Landlock");
			continue;
		}
		got = attempt(sandbox_worker, forbidden[i].fn);
		if (forbidden[i].kills)
			T_EQ_INT(got, KILLED + SIGSYS, "to %s ends a worker",
			    forbidden[i].why);
		else
			T_OK(got == EPERM || got == EACCES || got == ENOSYS,
			    "a worker may not %s: %s", forbidden[i].why,
			    got < KILLED ? strerror(got) : "killed");
	}
	T_OK(kill(bystander, 0) == 0, "the bystander is alive");
	T_OK(faccessat(pages, "2012/a.md", F_OK, 0) == 0 &&
		faccessat(pages, "new", F_OK, 0) != 0,
	    "and the pages are as they were");
}

/* A visitor in a process of its own. */
static pid_t
visit(void)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	pid_t pid = fork();
	char got[16];
	int fd;

	if (pid != 0)
		return pid;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&in, sizeof in) != 0 ||
	    write(fd, "\r\n", 2) != 2 || recv(fd, got, 6, MSG_WAITALL) != 6 ||
	    memcmp(got, "page\n!", 6) != 0)
		_exit(1);
	_exit(0);
}

static void
worker_can_work(void)
{
	pid_t visitor = visit();
	int status;

	T_EQ_INT(attempt(sandbox_worker, serve), 0, "a worker serves a visit");
	waitpid(visitor, &status, 0);
	T_EQ_INT(status, 0, "and the visitor has the page");
	T_EQ_INT(attempt(sandbox_worker, read_page), 0, "it reads a page");
	T_EQ_INT(attempt(sandbox_worker, use_memory_and_time), 0,
	    "it has memory and time");
	T_EQ_INT(attempt(sandbox_worker, log_to_stderr), 0, "it can log");
}

static int
has_no_core(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0 ? 0 : 1;
}

static int
abort_itself(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void
worker_dies_alone(void)
{
	T_EQ_INT(attempt(sandbox_worker, has_no_core), 0,
	    "a worker leaves no core file");
	T_EQ_INT(attempt(sandbox_worker, abort_itself), KILLED + SIGABRT,
	    "it can still abort, and is seen to");
}

/* Forks a worker that walls itself in further, as serve does. */
static int
raise_worker(void)
{
	struct err e = ERR_INIT;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_worker(&pages, 1, &e) != 0)
			_exit(1);
		_exit(read_page() == 0 && open_tcp() == EPERM &&
			    fork_child() == EPERM
			? 0
			: 2);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int
stop_worker(void)
{
	struct err e = ERR_INIT;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_worker(&pages, 1, &e) == 0)
			poll(NULL, 0, 10000);
		_exit(1);
	}
	if (kill(pid, SIGTERM) != 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFSIGNALED(status) ? 0 : 1;
}

static void
generation_has_walls(void)
{
	T_EQ_INT(attempt(sandbox_generation, raise_worker), 0,
	    "a generation forks workers that wall themselves in");
	T_EQ_INT(attempt(sandbox_generation, stop_worker), 0, "and stops them");
	T_EQ_INT(attempt(sandbox_generation, run_program), KILLED + SIGSYS,
	    "it runs no program");
	T_EQ_INT(
	    attempt(sandbox_generation, open_tcp), EPERM, "it opens no socket");
	T_EQ_INT(attempt(sandbox_generation, create_page), EPERM,
	    "it creates no file");
}

static int
exit_in_order(void)
{
	alarm(10);
	exit(0);
}

static int
keeper_wall(const int *dirs, size_t count, struct err *e)
{
	(void)dirs, (void)count;
	return sandbox_keeper(e);
}

static int
raise_generation(void)
{
	return attempt(sandbox_generation, raise_worker);
}

static void
keeper_has_walls(void)
{
	T_EQ_INT(attempt(keeper_wall, read_outside), 0, "a keeper reads");
	T_EQ_INT(attempt(keeper_wall, open_tcp), 0, "it opens sockets");
	T_EQ_INT(attempt(keeper_wall, raise_generation), 0,
	    "it forks generations and they workers");
	T_EQ_INT(attempt(keeper_wall, run_program), KILLED + SIGSYS,
	    "it runs no program");
	T_EQ_INT(attempt(keeper_wall, read_memory_of_another), KILLED + SIGSYS,
	    "it reads nobody's memory");
	T_EQ_INT(attempt(keeper_wall, exit_in_order), 0,
	    "it ends in order, with a sanitizer's help, too");
}

static int
drop_to_nobody(void)
{
	if (sandbox_drop_user(STR("nobody"), NULL) != 0)
		return 1;
	/* As that user, asking again is asking for nothing. */
	if (sandbox_drop_user(STR("nobody"), NULL) != 0)
		return 2;
	return getuid() != 0 && getgid() != 0 && setuid(0) != 0 &&
		getgroups(0, NULL) <= 1
	    ? 0
	    : 3;
}

static int
no_wall(const int *dirs, size_t count, struct err *e)
{
	(void)dirs, (void)count, (void)e;
	return 0;
}

static void
drops_its_user(void)
{
	struct err e = ERR_INIT;

	T_EQ_INT(sandbox_drop_user((struct str){0}, &e), 0, "none named");
	T_OK(sandbox_drop_user(STR("no-such-user"), &e) == -1 &&
		e.kind == ERR_MISSING,
	    "one that is not there: %s", e.msg);
	if (geteuid() == 0) {
		T_EQ_INT(attempt(no_wall, drop_to_nobody), 0,
		    "root becomes another for good");
	} else {
		err_clear(&e);
		T_OK(sandbox_drop_user(STR("root"), &e) == -1,
		    "only root may: %s", e.msg);
	}
}

static void
prepare(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof in;
	char path[4096];

	outside = t_file("outside", STR("secret\n"));
	t_file("pages/2012/a.md", STR("page\n"));
	snprintf(path, sizeof path, "%s/pages", t_tmpdir());
	pages = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (pages < 0 || symlinkat("../outside", pages, "link") != 0)
		abort();
	listener = socket(AF_INET, SOCK_STREAM, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&in, sizeof in) != 0 ||
	    listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&in, &len) != 0)
		abort();
	port = ntohs(in.sin_port);
	bystander = fork();
	if (bystander == 0) {
		pause();
		_exit(0);
	}
}

int
main(void)
{
	prepare();
	T_RUN(worker_can_work);
	T_RUN(worker_is_refused);
	T_RUN(worker_dies_alone);
	T_RUN(generation_has_walls);
	T_RUN(keeper_has_walls);
	T_RUN(drops_its_user);
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
	return t_done();
}
