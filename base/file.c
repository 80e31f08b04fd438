#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 16)
#define TEMPORARY_TRIES 100

/* What errno means for a path that was to be opened. */
static int
open_failed(const char *path, struct err *e)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return err_set(
		    e, ERR_MISSING, "%s: there is no such file", path);
	case EACCES:
		return err_set(e, ERR_REFUSED,
		    "%s: may not be read by this user; check its mode and "
		    "owner, and those of the folders above it",
		    path);
	case EXDEV:
		return err_set(e, ERR_REFUSED,
		    "%s: leads out of its tree by a symbolic link", path);
	case ELOOP:
		return err_set(e, ERR_REFUSED,
		    "%s: has a symbolic link in it that cannot be followed",
		    path);
	default:
		return err_sys(e, "%s: cannot be opened", path);
	}
}

static int
not_regular(const char *path, mode_t mode, struct err *e)
{
	const char *what = S_ISDIR(mode) ? "a folder"
	    : S_ISFIFO(mode)             ? "a FIFO"
	    : S_ISSOCK(mode)             ? "a socket"
					 : "a device";

	return err_set(e, ERR_REFUSED, "%s: is %s, not a file", path, what);
}

/* Absolute, or with a ".." in it, whatever that would lead to. */
static bool
may_climb(const char *path)
{
	struct str rest = str_of(path), segment;

	if (path[0] == '/')
		return true;
	while (str_next(&rest, '/', &segment))
		if (str_is(segment, ".."))
			return true;
	return false;
}

static int
open_segment(int at, struct str segment, int flags)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int fd;

	if (segment.n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, segment.p, segment.n);
	name[segment.n] = '\0';
	fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC);
	/* A link where a folder should be is a link first. */
	if (fd < 0 && errno == ENOTDIR &&
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
	return fd;
}

/* Without openat2: every segment by itself, and no symbolic link at all,
 * since a safe one cannot be told from another. */
static int
walk_beneath(int dir, const char *path, int flags)
{
	struct str rest = str_of(path), segment;
	int at = dir;

	while (str_next(&rest, '/', &segment)) {
		int here = rest.p == NULL ? flags : O_PATH | O_DIRECTORY;
		int next, code;

		if (segment.n == 0 && path[0] != '\0')
			segment = STR(".");
		next = open_segment(at, segment, here);
		code = errno;
		if (at != dir)
			close(at);
		errno = code;
		if (next < 0)
			return -1;
		at = next;
	}
	return at;
}

static int
open_beneath(int dir, const char *path, int flags)
{
	struct open_how how = {
	    .flags = (uint64_t)flags | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: something was renamed while the kernel looked, which is
	 * not often true twice. */
	for (int i = 0; i < 8; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	/* EPERM is how some containers refuse a call they do not know. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return walk_beneath(dir, path, flags);
	return (int)fd;
}

/* The file seen first is the one opened, or nothing is. */
static int
open_same(int dir, const char *path, const struct stat *seen, off_t *size,
    struct err *e)
{
	int fd = open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return open_failed(path, e);
	if (fstat(fd, &st) != 0 || st.st_ino != seen->st_ino ||
	    st.st_dev != seen->st_dev) {
		close(fd);
		return err_set(e, ERR_REFUSED,
		    "%s: was replaced while it was opened; try again", path);
	}
	if (size != NULL)
		*size = st.st_size;
	return fd;
}

int
file_open_beneath(int dir, const char *path, off_t *size, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (may_climb(path))
		return err_set(e, ERR_REFUSED,
		    "%s: must be a path below its folder, without \"..\"",
		    path);
	/* O_PATH looks without opening: a FIFO would wait for its writer, and
	 * a device may do anything. */
	fd = open_beneath(dir, path, O_PATH);
	if (fd < 0)
		return open_failed(path, e);
	rc = fstat(fd, &st);
	close(fd);
	if (rc != 0)
		return open_failed(path, e);
	/* The walk's O_NOFOLLOW gives the link itself. */
	if (S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		return open_failed(path, e);
	}
	if (!S_ISREG(st.st_mode))
		return not_regular(path, st.st_mode, e);
	return open_same(dir, path, &st, size, e);
}

/* How much to ask for next: a file whole, plus one byte to see its end. */
static size_t
chunk_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return CHUNK;
	return (uintmax_t)st.st_size < SIZE_MAX / 4 ? (size_t)st.st_size + 1
						    : CHUNK;
}

int
file_read_fd(struct buf *to, int fd, const char *name, struct err *e)
{
	size_t chunk = chunk_of(fd);

	for (;;) {
		size_t room = to->max - to->len;
		char probe, *at = &probe;
		ssize_t got;

		if (room > chunk)
			room = chunk;
		if (room > 0 && (at = buf_room(to, room)) == NULL)
			return buf_ok(to, name, e);
		got = read(fd, at, room > 0 ? room : 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "%s: cannot be read", name);
		if (got == 0)
			return 0;
		if (room == 0)
			return err_set(e, ERR_LIMIT,
			    "%s: is larger than the %zu bytes allowed", name,
			    to->max);
		buf_grew(to, (size_t)got);
		/* What is allocated is filled first, so that a file of the
		 * size it told, a key for one, is never moved in memory. */
		chunk = to->cap > to->len + 1 ? to->cap - to->len - 1 : CHUNK;
	}
}

int
file_read(struct buf *to, int dir, const char *path, struct err *e)
{
	int fd =
	    openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0)
		return open_failed(path, e);
	if (fstat(fd, &st) != 0)
		rc = err_sys(e, "%s: cannot be looked at", path);
	else if (!S_ISREG(st.st_mode))
		rc = not_regular(path, st.st_mode, e);
	else
		rc = file_read_fd(to, fd, path, e);
	close(fd);
	return rc;
}

int
file_write_all(int fd, struct str content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		content = str_sub(content, (size_t)n, content.n);
	}
	return 0;
}

/* The folder that path is in, opened; *name is the last segment. */
static int
open_parent(int dir, const char *path, const char **name, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	int fd;

	*name = slash != NULL ? slash + 1 : path;
	if (slash != NULL &&
	    (size_t)snprintf(folder, sizeof folder, "%.*s",
		slash == path ? 1 : (int)(slash - path), path) >= sizeof folder)
		return err_set(e, ERR_INPUT, "%s: is too long a path", path);
	if (**name == '\0')
		return err_set(
		    e, ERR_INPUT, "\"%s\" does not name a file", path);
	fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e,
		    "%s: cannot be written, its folder cannot be opened", path);
	return fd;
}

/* A dot in front keeps a left-over from being published. */
static int
open_temporary(int folder, char *name, size_t size, mode_t mode)
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		int fd;

		snprintf(name, size, ".%ld-%d.tmp", (long)getpid(), i);
		fd = openat(folder, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Gives what root has just made in a folder to that folder's owner. */
static int
give_to_owner(int made, int folder)
{
	struct stat st;

	if (fstat(folder, &st) != 0)
		return -1;
	return st.st_uid == 0 ? 0 : fchown(made, st.st_uid, st.st_gid);
}

/* Bytes on the disk before any name leads to them. */
static int
fill_and_sync(int fd, int folder, struct str content)
{
	int rc = geteuid() == 0 ? give_to_owner(fd, folder) : 0;

	if (rc == 0)
		rc = file_write_all(fd, content);
	if (rc == 0)
		rc = fsync(fd);
	/* A late error of a network file system shows here. */
	if (rc != 0) {
		int code = errno;

		close(fd);
		errno = code;
		return -1;
	}
	return close(fd);
}

static int
replace(int folder, const char *name, mode_t mode, struct str content)
{
	char temporary[64];
	int fd = open_temporary(folder, temporary, sizeof temporary, mode);

	if (fd < 0)
		return -1;
	if (fill_and_sync(fd, folder, content) != 0 ||
	    renameat(folder, temporary, folder, name) != 0) {
		int code = errno;

		unlinkat(folder, temporary, 0);
		errno = code;
		return -1;
	}
	/* Some file systems have no fsync for folders, and say EINVAL. */
	return fsync(folder) == 0 || errno == EINVAL ? 0 : -1;
}

int
file_write(
    int dir, const char *path, mode_t mode, struct str content, struct err *e)
{
	const char *name;
	int folder = open_parent(dir, path, &name, e);
	int rc;

	if (folder < 0)
		return -1;
	rc = replace(folder, name, mode, content);
	if (rc != 0)
		err_sys(e, "%s: cannot be written", path);
	close(folder);
	return rc;
}

static int
give_folder_to_owner(const char *path, struct err *e)
{
	int made = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int above = made < 0
	    ? -1
	    : openat(made, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = above < 0 ? -1 : give_to_owner(made, above);

	if (result != 0)
		err_sys(e,
		    "%s: cannot be given to whom the folder above it "
		    "belongs to",
		    path);
	if (made >= 0)
		close(made);
	if (above >= 0)
		close(above);
	return result;
}

static int
make_one(const char *path, mode_t mode, struct err *e)
{
	struct stat st;
	int code;

	if (mkdir(path, mode) == 0)
		return geteuid() == 0 ? give_folder_to_owner(path, e) : 0;
	/* A folder that is there is fine whatever mkdir said: of a read-only
	 * file system it may be EROFS. */
	code = errno;
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		code = ENOTDIR;
	}
	errno = code;
	return err_sys(e, "%s: cannot be made as a folder", path);
}

int
file_make_dir(const char *path, mode_t mode, struct err *e)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof part)
		return err_set(
		    e, ERR_INPUT, "\"%.60s\" does not name a folder", path);
	for (size_t i = 1; i < n; i++) {
		if (path[i] != '/' || path[i - 1] == '/' ||
		    path[i + strspn(path + i, "/")] == '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (make_one(part, 0755, e) != 0)
			return -1;
	}
	return make_one(path, mode, e);
}
