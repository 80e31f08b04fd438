#include "base/file.h"
#include "tests/t.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *
path_of(const char *name)
{
	static char paths[4][512];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", t_tmpdir(), name);
	return path;
}

static void
make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	T_OK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0,
	    "a socket");
	close(fd);
}

/* A folder "tree" with one of everything, and a file beside it. */
static int
make_tree(void)
{
	t_file("tree/a.txt", STR("hello"));
	t_file("tree/sub/b.txt", STR("beneath"));
	t_file("tree/empty", STR(""));
	t_file("tree/..hidden", STR("dots"));
	t_file("outside.txt", STR("secret"));
	T_OK(symlink("a.txt", path_of("tree/inside")) == 0 &&
		symlink("sub", path_of("tree/folder")) == 0 &&
		symlink("../outside.txt", path_of("tree/escape")) == 0 &&
		symlink("..", path_of("tree/up")) == 0 &&
		symlink("/etc/passwd", path_of("tree/absolute")) == 0 &&
		symlink("loop", path_of("tree/loop")) == 0 &&
		symlink("nowhere", path_of("tree/dangling")) == 0 &&
		symlink("/proc/self/root/etc/passwd", path_of("tree/magic")) ==
		    0 &&
		symlink("fifo", path_of("tree/to-fifo")) == 0 &&
		mkfifo(path_of("tree/fifo"), 0644) == 0,
	    "a tree with one of everything");
	make_socket(path_of("tree/socket"));
	return open(path_of("tree"), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static const struct {
	const char *why, *path;
	enum err_kind kind; /* ERR_NONE: opened */
	bool is_link; /* the walk refuses it */
	off_t size;
} opens[] = {
    {"a file", "a.txt", ERR_NONE, false, 5},
    {"a file below", "sub/b.txt", ERR_NONE, false, 7},
    {"an empty file", "empty", ERR_NONE, false, 0},
    {"two slashes", "sub//b.txt", ERR_NONE, false, 7},
    {"a dot", "./sub/./b.txt", ERR_NONE, false, 7},
    {"a name that begins with dots", "..hidden", ERR_NONE, false, 4},
    {"a link inside", "inside", ERR_NONE, true, 5},
    {"a linked folder", "folder/b.txt", ERR_NONE, true, 7},
    {"nothing", "none.txt", ERR_MISSING, false, 0},
    {"nothing in a folder", "none/a.txt", ERR_MISSING, false, 0},
    {"a file as folder", "a.txt/x", ERR_MISSING, false, 0},
    {"a file with a slash behind it", "a.txt/", ERR_MISSING, false, 0},
    {"an empty path", "", ERR_MISSING, false, 0},
    {"a link to nothing", "dangling", ERR_MISSING, true, 0},
    {"the folder itself", ".", ERR_REFUSED, false, 0},
    {"a folder", "sub", ERR_REFUSED, false, 0},
    {"a folder with a slash", "sub/", ERR_REFUSED, false, 0},
    {"a link that leaves the tree", "escape", ERR_REFUSED, false, 0},
    {"a link up", "up/outside.txt", ERR_REFUSED, false, 0},
    {"an absolute link", "absolute", ERR_REFUSED, false, 0},
    {"a magic link", "magic", ERR_REFUSED, false, 0},
    {"a link to itself", "loop", ERR_REFUSED, false, 0},
    {"an absolute path", "/etc/passwd", ERR_REFUSED, false, 0},
    {"dots that leave the tree", "../outside.txt", ERR_REFUSED, false, 0},
    {"dots that stay", "sub/../a.txt", ERR_REFUSED, false, 0},
    {"dots at the end", "sub/..", ERR_REFUSED, false, 0},
    {"a FIFO", "fifo", ERR_REFUSED, false, 0},
    {"a link to a FIFO", "to-fifo", ERR_REFUSED, false, 0},
    {"a socket", "socket", ERR_REFUSED, false, 0},
};

static void
opens_beneath(int tree, bool has_openat2)
{
	for (size_t i = 0; i < COUNT(opens); i++) {
		enum err_kind want = opens[i].is_link && !has_openat2
		    ? ERR_REFUSED
		    : opens[i].kind;
		struct err e = ERR_INIT;
		off_t size = 0;
		int fd = file_open_beneath(tree, opens[i].path, &size, &e);

		T_OK(fd >= 0 ? want == ERR_NONE : e.kind == want, "%s: %s",
		    opens[i].why, e.msg);
		if (fd < 0)
			continue;
		T_EQ_INT(size, opens[i].size, "%s: its length", opens[i].why);
		T_OK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
		    "%s: is not inherited", opens[i].why);
		close(fd);
	}
}

static int
count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
stays_beneath(void)
{
	int tree = make_tree();
	int before = count_descriptors();
	char long_name[400];
	struct err e = ERR_INIT;
	int dev;

	opens_beneath(tree, true);
	memset(long_name, 'x', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	T_OK(file_open_beneath(tree, long_name, NULL, &e) == -1 &&
		e.kind == ERR_MISSING,
	    "a name too long");
	err_clear(&e);
	dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	T_OK(file_open_beneath(dev, "null", NULL, &e) == -1 &&
		e.kind == ERR_REFUSED && strstr(e.msg, "device") != NULL,
	    "a device: %s", e.msg);
	close(dev);
	T_EQ_INT(count_descriptors(), before, "all is closed again");
	close(tree);
}

/* Last, since a filter stays until the end of the process; of two that give an
 * error the newer one's is given. */
static void
stays_beneath_on_old_kernels(void)
{
	static const int answers[] = {ENOSYS, EPERM};

	for (size_t i = 0; i < COUNT(answers); i++) {
		int tree =
		    open(path_of("tree"), O_PATH | O_DIRECTORY | O_CLOEXEC);
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
		int before = count_descriptors();

		if (filter == NULL ||
		    seccomp_rule_add(filter,
			SCMP_ACT_ERRNO((unsigned)answers[i]), SYS_openat2,
			0) != 0 ||
		    seccomp_load(filter) != 0) {
			T_OK(true, "no filter here # SKIP");
		} else {
			opens_beneath(tree, false);
			T_EQ_INT(
			    count_descriptors(), before, "all is closed again");
		}
		seccomp_release(filter);
		close(tree);
	}
}

static void
reads_whole_files(void)
{
	static const struct {
		const char *why;
		size_t size, max;
		bool ok;
	} cases[] = {
	    {"empty", 0, 10, true},
	    {"empty where nothing fits", 0, 0, true},
	    {"below the limit", 9, 10, true},
	    {"at the limit", 10, 10, true},
	    {"above the limit", 11, 10, false},
	    {"a byte where nothing fits", 1, 0, false},
	    {"more than a chunk", 300000, 1 << 20, true},
	    {"far above the limit", 300000, 70000, false},
	};
	struct buf content, got;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = ERR_INIT;
		const char *path;

		buf_init(&content, 1 << 20);
		for (size_t k = 0; k < cases[i].size; k++)
			buf_putc(&content, (char)(k * 7));
		path = t_file("whole", buf_slice(&content));
		buf_init(&got, cases[i].max);
		T_OK((file_read(&got, AT_FDCWD, path, &e) == 0) == cases[i].ok,
		    "%s: %s", cases[i].why, e.msg);
		if (cases[i].ok)
			T_OK(str_eq(buf_slice(&got), buf_slice(&content)),
			    "%s: as it is", cases[i].why);
		else
			T_OK(e.kind == ERR_LIMIT && strstr(e.msg, path) != NULL,
			    "%s: says which", cases[i].why);
		buf_release(&content);
		buf_release(&got);
	}
}

static void
names_what_it_cannot_read(void)
{
	static const struct {
		const char *name;
		enum err_kind kind;
	} cases[] = {
	    {"none", ERR_MISSING},
	    {"tree/a.txt/none", ERR_MISSING},
	    {"tree", ERR_REFUSED},
	    {"tree/fifo", ERR_REFUSED},
	};
	struct buf got;

	buf_init(&got, 100);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = ERR_INIT;

		T_OK(file_read(&got, AT_FDCWD, path_of(cases[i].name), &e) ==
			    -1 &&
			e.kind == cases[i].kind &&
			strstr(e.msg, cases[i].name) != NULL,
		    "%s", e.msg);
	}
	buf_release(&got);
}

static void
reads_pipes_to_their_end(void)
{
	struct err e = ERR_INIT;
	int status, pipes[2];
	struct buf got;
	pid_t child;

	T_OK(pipe(pipes) == 0, "a pipe");
	child = fork();
	if (child == 0) {
		char block[1000];

		memset(block, 'x', sizeof block);
		for (int i = 0; i < 200; i++)
			if (file_write_all(pipes[1],
				(struct str){block, sizeof block}) != 0)
				_exit(1);
		_exit(0);
	}
	close(pipes[1]);
	buf_init(&got, 1 << 20);
	buf_puts(&got, "kept ");
	T_OK(file_read_fd(&got, pipes[0], "input", &e) == 0, "read: %s", e.msg);
	T_EQ_INT((int64_t)got.len, 200005, "all of it, after what was there");
	T_OK(waitpid(child, &status, 0) == child && status == 0,
	    "all was written");
	close(pipes[0]);
	T_OK(file_read_fd(&got, pipes[0], "input", &e) == -1 &&
		strstr(e.msg, "input") != NULL,
	    "a closed one: %s", e.msg);
	buf_release(&got);
}

static int
count_in(const char *folder)
{
	char command[600];
	int n = -1;
	FILE *out;

	snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
	out = popen(command, "r");
	if (out != NULL) {
		if (fscanf(out, "%d", &n) != 1)
			n = -1;
		pclose(out);
	}
	return n;
}

static void
writes_whole_files(void)
{
	const char *path = t_file("write/file", STR("old"));
	struct err e = ERR_INIT;
	struct stat st, old;
	struct buf got;
	int dir;

	stat(path, &old);
	T_OK(file_write(AT_FDCWD, path, 0600, STR("new\0text"), &e) == 0,
	    "replaced: %s", e.msg);
	buf_init(&got, 100);
	file_read(&got, AT_FDCWD, path, NULL);
	T_EQ_STR(buf_slice(&got), STR("new\0text"), "what stands there");
	T_OK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "with its mode");
	T_OK(st.st_ino != old.st_ino, "who had the old one open has it still");
	T_OK(file_write(AT_FDCWD, path, 0644, STR(""), &e) == 0, "emptied");
	T_EQ_INT(count_in(path_of("write")), 1, "nothing is left beside it");

	dir = open(path_of("write"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	T_OK(file_write(dir, "other", 0644, STR("x"), &e) == 0,
	    "in a folder that is open: %s", e.msg);
	buf_clear(&got);
	T_OK(file_read(&got, dir, "other", &e) == 0 && got.len == 1,
	    "and read there");
	close(dir);
	buf_release(&got);
}

static void
leaves_the_old_file_on_failure(void)
{
	static const char *const names[] = {
	    "write/none/file", "write/", "", "write/folder"};
	struct err e = ERR_INIT;
	int before;

	T_OK(mkdir(path_of("write/folder"), 0755) == 0, "a folder");
	t_file("write/folder/x", STR("x"));
	before = count_in(path_of("write"));
	for (size_t i = 0; i < COUNT(names); i++) {
		err_clear(&e);
		T_OK(file_write(AT_FDCWD,
			 names[i][0] != '\0' ? path_of(names[i]) : "", 0644,
			 STR("new"), &e) == -1 &&
			e.msg[0] != '\0',
		    "\"%s\": %s", names[i], e.msg);
	}
	T_EQ_INT(count_in(path_of("write")), before,
	    "and nothing is left beside it");
}

/* A left-over of a process that had this number and died. */
static void
steps_over_a_left_over(void)
{
	struct err e = ERR_INIT;
	char name[64];

	snprintf(name, sizeof name, "left/.%ld-0.tmp", (long)getpid());
	t_file(name, STR("left over"));
	T_OK(
	    file_write(AT_FDCWD, path_of("left/file"), 0644, STR("x"), &e) == 0,
	    "written all the same: %s", e.msg);
}

static void
makes_folders(void)
{
	struct err e = ERR_INIT;
	struct stat st;

	umask(022);
	T_OK(file_make_dir(path_of("m/a//b/c/"), 0700, &e) == 0, "made: %s",
	    e.msg);
	T_OK(stat(path_of("m/a/b/c"), &st) == 0 && (st.st_mode & 07777) == 0700,
	    "with its mode");
	T_OK(stat(path_of("m/a/b"), &st) == 0 && (st.st_mode & 07777) == 0755,
	    "and those above");
	T_OK(file_make_dir(path_of("m/a"), 0700, &e) == 0 &&
		stat(path_of("m/a"), &st) == 0 && (st.st_mode & 07777) == 0755,
	    "one that is there is left as it is");
	T_OK(file_make_dir("/", 0700, &e) == 0, "the root is there");
	t_file("m/file", STR(""));
	T_OK(file_make_dir(path_of("m/file"), 0700, &e) == -1 &&
		strstr(e.msg, "m/file") != NULL,
	    "a file in its place: %s", e.msg);
	err_clear(&e);
	T_OK(file_make_dir(path_of("m/file/x"), 0700, &e) == -1,
	    "a file above: %s", e.msg);
	T_OK(file_make_dir("", 0700, NULL) == -1, "no name");
}

/* As root only: others can make nothing for somebody else. */
static void
leaves_nothing_of_root(void)
{
	enum { SOMEBODY = 12345 };
	char dir[256], file[512], below[512];
	struct err e = ERR_INIT;
	struct stat st;

	if (geteuid() != 0) {
		T_OK(true, "# SKIP needs root");
		return;
	}
	snprintf(dir, sizeof dir, "%s/theirs", t_tmpdir());
	snprintf(file, sizeof file, "%s/file", dir);
	snprintf(below, sizeof below, "%s/a/b", dir);
	T_OK(mkdir(dir, 0700) == 0 && chown(dir, SOMEBODY, SOMEBODY) == 0,
	    "a folder of somebody's");
	T_OK(file_write(AT_FDCWD, file, 0600, STR("x"), &e) == 0 &&
		stat(file, &st) == 0,
	    "a file in it: %s", e.msg);
	T_EQ_INT(st.st_uid, SOMEBODY, "is theirs");
	T_OK(file_make_dir(below, 0700, &e) == 0 && stat(below, &st) == 0,
	    "folders in it: %s", e.msg);
	T_EQ_INT(st.st_uid, SOMEBODY, "are theirs");
}

int
main(void)
{
	T_RUN(stays_beneath);
	T_RUN(reads_whole_files);
	T_RUN(names_what_it_cannot_read);
	T_RUN(reads_pipes_to_their_end);
	T_RUN(writes_whole_files);
	T_RUN(leaves_the_old_file_on_failure);
	T_RUN(steps_over_a_left_over);
	T_RUN(makes_folders);
	T_RUN(stays_beneath_on_old_kernels);
	T_RUN(leaves_nothing_of_root);
	return t_done();
}
