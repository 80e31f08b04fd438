/*
 * Preloaded into a program (LD_PRELOAD), makes one of its calls fail as the
 * kernel or the C library might:
 *
 *	INJECT=KIND:N       the Nth call of that kind of each process, from 1
 *	INJECT=KIND:N+      and all that follow
 *	INJECT_MARK=FILE    is made when one failed
 *
 * KIND is memory (ENOMEM), write (ENOSPC), sync (EIO), open (EMFILE), stat
 * (EIO), rename, truncate (ENOSPC), map (ENOMEM), socket (EMFILE), process
 * (EAGAIN) or random (EIO).
 * What the C library calls for itself is not seen, stdio's writing among it;
 * nor is what comes before main: GLib hangs when its own start fails.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
int __libc_start_main(int (*run)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end);

static atomic_long calls;
static bool has_begun;

static bool
is_kind(const char *wanted, const char *kind)
{
	size_t n = strlen(kind);

	return wanted != NULL && strncmp(wanted, kind, n) == 0 &&
	    wanted[n] == ':';
}

/* No memory is asked for here, and nothing of ours is called. */
static void
leave_mark(void)
{
	const char *path = getenv("INJECT_MARK");
	long fd;

	if (path == NULL)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0600);
	if (fd >= 0)
		syscall(SYS_close, fd);
}

static bool
fails(const char *kind, int why)
{
	const char *wanted = getenv("INJECT");
	char *end;
	long n, at;

	if (!has_begun || !is_kind(wanted, kind))
		return false;
	n = strtol(wanted + strlen(kind) + 1, &end, 10);
	at = atomic_fetch_add(&calls, 1) + 1;
	if (*end == '+' ? at < n : at != n)
		return false;
	leave_mark();
	errno = why;
	return true;
}

/* The next one of that name: the C library's. */
static void *
next(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

#define REAL(name) ((__typeof__(&name))next(#name))

/* Who calls main. */
int
__libc_start_main(int (*run)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end)
{
	has_begun = true;
	return REAL(__libc_start_main)(
	    run, argc, argv, init, fini, rtld_fini, stack_end);
}

void *
malloc(size_t n)
{
	return fails("memory", ENOMEM) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails("memory", ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails("memory", ENOMEM) ? NULL : __libc_realloc(p, n);
}

ssize_t
write(int fd, const void *bytes, size_t n)
{
	return fails("write", ENOSPC) ? -1 : REAL(write)(fd, bytes, n);
}

ssize_t
writev(int fd, const struct iovec *v, int count)
{
	return fails("write", ENOSPC) ? -1 : REAL(writev)(fd, v, count);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	return fails("write", ENOSPC) ? -1 : REAL(pwrite64)(fd, bytes, n, at);
}

int
fsync(int fd)
{
	return fails("sync", EIO) ? -1 : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return fails("sync", EIO) ? -1 : REAL(fdatasync)(fd);
}

static mode_t
mode_of(int flags, va_list more)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = mode_of(flags, more);
	va_end(more);
	return fails("open", EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = mode_of(flags, more);
	va_end(more);
	return fails("open", EMFILE) ? -1 : REAL(open64)(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = mode_of(flags, more);
	va_end(more);
	return fails("open", EMFILE) ? -1
				     : REAL(openat)(dir, path, flags, mode);
}

DIR *
opendir(const char *path)
{
	return fails("open", EMFILE) ? NULL : REAL(opendir)(path);
}

DIR *
fdopendir(int fd)
{
	return fails("open", ENOMEM) ? NULL : REAL(fdopendir)(fd);
}

int
fstat(int fd, struct stat *st)
{
	return fails("stat", EIO) ? -1 : REAL(fstat)(fd, st);
}

int
fstat64(int fd, struct stat64 *st)
{
	return fails("stat", EIO) ? -1 : REAL(fstat64)(fd, st);
}

int
rename(const char *from, const char *to)
{
	return fails("rename", ENOSPC) ? -1 : REAL(rename)(from, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails("rename", ENOSPC)
	    ? -1
	    : REAL(renameat)(from_dir, from, to_dir, to);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fails("rename", ENOSPC)
	    ? -1
	    : REAL(linkat)(from_dir, from, to_dir, to, flags);
}

int
ftruncate(int fd, off_t size)
{
	return fails("truncate", ENOSPC) ? -1 : REAL(ftruncate)(fd, size);
}

int
ftruncate64(int fd, off64_t size)
{
	return fails("truncate", ENOSPC) ? -1 : REAL(ftruncate64)(fd, size);
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return fails("map", ENOMEM)
	    ? MAP_FAILED
	    : REAL(mmap)(at, n, prot, flags, fd, offset);
}

void *
mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
	return fails("map", ENOMEM)
	    ? MAP_FAILED
	    : REAL(mmap64)(at, n, prot, flags, fd, offset);
}

int
memfd_create(const char *name, unsigned flags)
{
	return fails("open", EMFILE) ? -1 : REAL(memfd_create)(name, flags);
}

int
socket(int family, int type, int protocol)
{
	return fails("socket", EMFILE) ? -1
				       : REAL(socket)(family, type, protocol);
}

pid_t
fork(void)
{
	return fails("process", EAGAIN) ? -1 : REAL(fork)();
}

int
posix_spawn(pid_t *pid, const char *path,
    const posix_spawn_file_actions_t *files, const posix_spawnattr_t *how,
    char *const argv[], char *const envp[])
{
	return fails("process", EAGAIN)
	    ? EAGAIN
	    : REAL(posix_spawn)(pid, path, files, how, argv, envp);
}

ssize_t
getrandom(void *to, size_t n, unsigned flags)
{
	return fails("random", EIO) ? -1 : REAL(getrandom)(to, n, flags);
}
