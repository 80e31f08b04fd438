#include "content/scan.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder that waits to be read, and the way that led to it. */
struct folder {
	struct folder *next; /* in the queue */
	const struct folder *above;
	struct str name; /* "" or "2012/" */
	dev_t dev;
	ino_t ino;
	int depth;
	bool by_link; /* a symbolic link stands somewhere on the way */
};

struct walk {
	struct scan *scan;
	struct arena *arena;
	struct faults *faults;
	struct str pages;
	int root;
	struct folder *queue, **last;
};

struct str
scan_name(struct arena *a, struct str pages, struct str file)
{
	const char *slash = str_ends(pages, STR("/")) ? "" : "/";

	return arena_printf(
	    a, "%.*s%s%.*s", STR_ARG(pages), slash, STR_ARG(file));
}

static void
leave_out(struct walk *w, struct str name, const char *why)
{
	faults_add(w->faults, FAULT_WARNING,
	    scan_name(w->arena, w->pages, name), 0, "left out: %s", why);
}

bool
scan_may_leave_out(int code)
{
	return code != EMFILE && code != ENFILE && code != ENOMEM;
}

static void
leave_out_errno(struct walk *w, struct str name)
{
	bool may = scan_may_leave_out(errno);
	char why[128];

	faults_add(w->faults, may ? FAULT_WARNING : FAULT_ERROR,
	    scan_name(w->arena, w->pages, name), 0, "%s: %s",
	    may ? "left out, since it cannot be read" : "cannot be read now",
	    strerror_r(errno, why, sizeof why));
}

static void
leave_out_kind(struct walk *w, struct str name, mode_t mode)
{
	if (S_ISFIFO(mode))
		leave_out(w, name, "it is a FIFO, and no file");
	else if (S_ISSOCK(mode))
		leave_out(w, name, "it is a socket, and no file");
	else
		leave_out(w, name, "it is a device, and no file");
}

static int
add_file(struct walk *w, struct str name, off_t size, struct err *e)
{
	struct scan *s = w->scan;
	struct scan_file *files;

	if (s->count == SCAN_FILES_MAX)
		return err_set(e, ERR_LIMIT,
		    "%.*s: more than %zu files; serve fewer", STR_ARG(w->pages),
		    SCAN_FILES_MAX);
	files = arena_grow(w->arena, s->files, s->count, sizeof *files);
	if (files == NULL)
		return arena_ok(w->arena, e);
	s->files = files;
	files[s->count++] = (struct scan_file){name, (uint64_t)size};
	return 0;
}

static bool
is_loop(const struct folder *above, const struct stat *st)
{
	for (; above != NULL; above = above->above)
		if (above->dev == st->st_dev && above->ino == st->st_ino)
			return true;
	return false;
}

static int
add_folder(struct walk *w, struct folder *above, struct str name,
    const struct stat *st, bool by_link, struct err *e)
{
	struct folder *folder;

	if (is_loop(above, st)) {
		leave_out(w, name,
		    "the link leads back to a folder that it stands in");
		return 0;
	}
	if (above != NULL && above->depth == SCAN_DEPTH_MAX) {
		leave_out(w, name, "folders are nested too deeply here");
		return 0;
	}
	folder = arena_alloc(w->arena, sizeof *folder);
	if (folder == NULL)
		return arena_ok(w->arena, e);
	folder->above = above;
	folder->name = above == NULL
	    ? name
	    : arena_printf(w->arena, "%.*s/", STR_ARG(name));
	folder->dev = st->st_dev;
	folder->ino = st->st_ino;
	folder->depth = above != NULL ? above->depth + 1 : 0;
	folder->by_link = by_link;
	*w->last = folder;
	w->last = &folder->next;
	return arena_ok(w->arena, e);
}

/* Is the open folder the root or below it? Climbs until it meets either the
 * root or the top of the file system, which is its own parent. */
static bool
is_beneath(int root, int fd)
{
	struct stat top, st, up;
	bool beneath = false;
	int parent;

	fd = dup(fd);
	if (fd < 0 || fstat(root, &top) != 0 || fstat(fd, &st) != 0)
		goto done;
	for (;;) {
		beneath = st.st_dev == top.st_dev && st.st_ino == top.st_ino;
		parent = beneath
		    ? -1
		    : openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (parent < 0)
			break;
		close(fd);
		fd = parent;
		if (fstat(fd, &up) != 0 ||
		    (up.st_dev == st.st_dev && up.st_ino == st.st_ino))
			break;
		st = up;
	}
done:
	if (fd >= 0)
		close(fd);
	return beneath;
}

/* A file that a link is involved in is tried as the server will open it. */
static int
add_linked_file(struct walk *w, struct str name, struct err *e)
{
	struct err why = ERR_INIT;
	off_t size;
	int fd = file_open_beneath(w->root, name.p, &size, &why);

	if (fd < 0) {
		leave_out(w, name,
		    why.kind == ERR_REFUSED
			? "the link leads out of the folder of pages; make it"
			  " relative, to a file below that folder"
			: why.msg);
		return 0;
	}
	close(fd);
	return add_file(w, name, size, e);
}

static int
add_link(struct walk *w, struct folder *above, struct str name, struct err *e)
{
	struct stat st;
	int fd, rc = 0;

	if (fstatat(w->root, name.p, &st, 0) != 0) {
		leave_out(w, name,
		    errno == ENOENT      ? "the link leads to nothing"
			: errno == ELOOP ? "the link leads round in a loop"
					 : strerror(errno));
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return add_linked_file(w, name, e);
	if (!S_ISDIR(st.st_mode)) {
		leave_out_kind(w, name, st.st_mode);
		return 0;
	}
	fd = openat(w->root, name.p, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !is_beneath(w->root, fd))
		leave_out(w, name, "the link leads out of the folder of pages");
	else
		rc = add_folder(w, above, name, &st, true, e);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int
add_regular(struct walk *w, const struct folder *in, struct str name,
    const struct stat *st, struct err *e)
{
	if (in->by_link)
		return add_linked_file(w, name, e);
	if (faccessat(w->root, name.p, R_OK, AT_EACCESS) != 0) {
		leave_out_errno(w, name);
		return 0;
	}
	return add_file(w, name, st->st_size, e);
}

static int
add_name(struct walk *w, struct folder *in, const char *base, struct err *e)
{
	struct str name =
	    arena_printf(w->arena, "%.*s%s", STR_ARG(in->name), base);
	struct stat st;

	if (name.p == NULL)
		return arena_ok(w->arena, e);
	if (str_has_control(name) || strpbrk(base, "\t\n") != NULL) {
		leave_out(w, name,
		    "its name is not UTF-8 or has control characters;"
		    " rename it");
		return 0;
	}
	if (fstatat(w->root, name.p, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		leave_out_errno(w, name);
		return 0;
	}
	if (S_ISLNK(st.st_mode))
		return add_link(w, in, name, e);
	if (S_ISDIR(st.st_mode))
		return add_folder(w, in, name, &st, in->by_link, e);
	if (S_ISREG(st.st_mode))
		return add_regular(w, in, name, &st, e);
	leave_out_kind(w, name, st.st_mode);
	return 0;
}

static int
read_folder(struct walk *w, struct folder *folder, struct err *e)
{
	const char *path = folder->name.n > 0 ? folder->name.p : ".";
	int fd = openat(w->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *found;
	int rc = 0;

	if (stream == NULL) {
		if (folder->above == NULL)
			rc = err_sys(e, "%.*s", STR_ARG(w->pages));
		else
			leave_out_errno(w, folder->name);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == 0 && (found = readdir(stream)) != NULL)
		if (found->d_name[0] != '.')
			rc = add_name(w, folder, found->d_name, e);
	closedir(stream);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return str_cmp(((const struct scan_file *)a)->name,
	    ((const struct scan_file *)b)->name);
}

int
scan_open(struct str pages, struct err *e)
{
	int dir = open(pages.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno == ENOENT)
		return err_set(e, ERR_MISSING,
		    "%s: there is no such folder; `pages:` in the "
		    "configuration says where the pages are",
		    pages.p);
	if (dir < 0)
		return err_sys(
		    e, "%s: the folder of pages cannot be opened", pages.p);
	return dir;
}

int
scan_folder(struct scan *scan, struct arena *a, int dir, struct str pages,
    struct faults *faults, struct err *e)
{
	struct walk w = {scan, a, faults, pages, dir, NULL, NULL};
	struct stat st;

	*scan = (struct scan){0};
	w.last = &w.queue;
	if (fstat(dir, &st) != 0)
		return err_sys(e, "%.*s", STR_ARG(pages));
	if (add_folder(&w, NULL, STR(""), &st, false, e) != 0)
		return -1;
	for (struct folder *f = w.queue; f != NULL; f = f->next)
		if (read_folder(&w, f, e) != 0)
			return -1;
	if (scan->count > 0)
		qsort(scan->files, scan->count, sizeof *scan->files, by_name);
	return 0;
}
