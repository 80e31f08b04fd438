#include "content/scan.h"
#include "tests/t.h"

#include "base/buf.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *
below(const char *name)
{
	static char path[1024];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	return path;
}

static void
make_link(const char *target, const char *name)
{
	if (symlink(target, below(name)) != 0)
		perror(name);
}

/* Scans a folder of the tmpdir: names of files, then the faults, a line each,
 * the folder itself said as "pages". */
static void
scan(struct buf *to, const char *folder)
{
	int dir = scan_open(str_of(below(folder)), NULL);
	struct faults faults;
	struct err e = ERR_INIT;
	struct scan got;
	struct arena a;

	arena_init(&a);
	faults_init(&faults);
	if (scan_folder(&got, &a, dir, STR("pages"), &faults, &e) != 0)
		buf_printf(to, "failed: %s\n", e.msg);
	for (size_t i = 0; i < got.count; i++)
		buf_printf(to, "%.*s %d\n", STR_ARG(got.files[i].name),
		    (int)got.files[i].size);
	faults_sort(&faults);
	for (size_t i = 0; i < faults.count; i++) {
		fault_print(to, &faults.list[i]);
		buf_putc(to, '\n');
	}
	faults_release(&faults);
	arena_release(&a);
	close(dir);
}

static void
expect(const char *folder, const char *want, const char *why)
{
	struct buf got;

	buf_init(&got, 65536);
	scan(&got, folder);
	T_EQ_STR(buf_slice(&got), str_of(want), "%s", why);
	buf_release(&got);
}

static void
finds_files_in_order(void)
{
	t_file("plain/b.md", STR("four"));
	t_file("plain/a/z.png", STR(""));
	t_file("plain/a/deep/er/x.md", STR("x"));
	t_file("plain/a.md", STR("ab"));
	t_file("plain/.hidden", STR("no"));
	t_file("plain/.git/config", STR("no"));
	t_file("plain/a/.draft.md.swp", STR("no"));
	expect("plain", "a.md 2\na/deep/er/x.md 1\na/z.png 0\nb.md 4\n",
	    "every file by its name, without dot-files");
	mkdir(below("empty"), 0755);
	expect("empty", "", "an empty folder is no fault");
}

static void
names_a_folder_that_is_missing(void)
{
	char want[512];
	struct err e = ERR_INIT;

	T_EQ_INT(scan_open(str_of(below("none")), &e), -1, "no folder");
	T_EQ_INT(e.kind, ERR_MISSING, "missing");
	snprintf(want, sizeof want,
	    "%s: there is no such folder; `pages:` in the configuration says "
	    "where the pages are",
	    below("none"));
	T_EQ_STR(str_of(e.msg), str_of(want), "and what says so");
}

static void
leaves_out_what_is_no_file(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	t_file("odd/a.md", STR("a"));
	mkfifo(below("odd/fifo.md"), 0644);
	snprintf(address.sun_path, sizeof address.sun_path, "%s",
	    below("odd/socket"));
	if (bind(s, (struct sockaddr *)&address, sizeof address) != 0)
		perror("bind");
	close(s);
	t_file("odd/b\tc.md", STR(""));
	t_file("odd/d\xff.md", STR(""));
	expect("odd",
	    "a.md 1\n"
	    "pages/b\\x09c.md: warning: left out: its name is not UTF-8 or has"
	    " control characters; rename it\n"
	    "pages/d\\xff.md: warning: left out: its name is not UTF-8 or has"
	    " control characters; rename it\n"
	    "pages/fifo.md: warning: left out: it is a FIFO, and no file\n"
	    "pages/socket: warning: left out: it is a socket, and no file\n",
	    "a FIFO hangs nobody");
}

#define OUTSIDE                                                                \
	": warning: left out: the link leads out of the folder of pages; make" \
	" it relative, to a file below that folder\n"

static void
follows_links_inside_only(void)
{
	t_file("secret/key", STR("key"));
	t_file("links/2012/talk.md", STR("talk"));
	make_link("2012/talk.md", "links/inside.md");
	make_link("2012", "links/latest");
	make_link("../links/2012/talk.md", "links/climbs.md");
	make_link("../secret/key", "links/key.txt");
	make_link("../secret", "links/secret");
	make_link("/etc/passwd", "links/passwd");
	make_link("nothing", "links/dangling");
	make_link("round", "links/round");
	expect("links",
	    "2012/talk.md 4\ninside.md 4\nlatest/talk.md 4\n"
	    "pages/climbs.md" OUTSIDE
	    "pages/dangling: warning: left out: the link leads to nothing\n"
	    "pages/key.txt" OUTSIDE "pages/passwd" OUTSIDE
	    "pages/round: warning: left out: the link leads round in a loop\n"
	    "pages/secret: warning: left out: the link leads out of the folder"
	    " of pages\n",
	    "links to folders");
}

static void
ends_in_loops(void)
{
	t_file("loop/a/b/x.md", STR(""));
	make_link("..", "loop/a/b/up");
	make_link("../..", "loop/a/b/top");
	expect("loop",
	    "a/b/x.md 0\n"
	    "pages/a/b/top: warning: left out: the link leads back to a folder"
	    " that it stands in\n"
	    "pages/a/b/up: warning: left out: the link leads back to a folder"
	    " that it stands in\n",
	    "a link to a folder above is followed by nobody");
}

/* Root may read everything, so the test is somebody else for a moment. */
static void
leaves_out_what_cannot_be_read(void)
{
	bool is_root = geteuid() == 0;

	t_file("closed/a.md", STR("a"));
	t_file("closed/b.md", STR("b"));
	t_file("closed/c/d.md", STR("d"));
	chmod(below("closed/a.md"), 0000);
	chmod(below("closed/c"), 0000);
	chmod(t_tmpdir(), 0755);
	if (is_root && seteuid(65534) != 0)
		perror("seteuid");
	expect("closed",
	    "b.md 1\n"
	    "pages/a.md: warning: left out, since it cannot be read:"
	    " Permission denied\n"
	    "pages/c/: warning: left out, since it cannot be read:"
	    " Permission denied\n",
	    "what cannot be read is named");
	if (is_root && seteuid(0) != 0)
		perror("seteuid");
	chmod(below("closed/c"), 0755);
}

static void
survives_nesting(void)
{
	char path[512] = "nested";
	struct buf got;

	for (int i = 0; i < 80; i++)
		strcat(path, "/d");
	strcat(path, "/x.md");
	t_file(path, STR("x"));
	buf_init(&got, 65536);
	scan(&got, "nested");
	T_OK(str_find(buf_slice(&got), STR("nested too deeply")) > 0,
	    "80 folders in each other end in a warning");
	T_OK(str_find(buf_slice(&got), STR("x.md")) < 0,
	    "and what is further down is left out");
	buf_release(&got);
}

int
main(void)
{
	T_RUN(finds_files_in_order);
	T_RUN(names_a_folder_that_is_missing);
	T_RUN(leaves_out_what_is_no_file);
	T_RUN(follows_links_inside_only);
	T_RUN(ends_in_loops);
	T_RUN(leaves_out_what_cannot_be_read);
	T_RUN(survives_nesting);
	return t_done();
}
