#include "tests/t.h"

#include "base/buf.h"
#include "base/file.h"
#include "content/build.h"
#include "content/fault.h"
#include "content/site.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	const char *name, *text;
};

static const struct file pages[] = {
    {"index.md", "---\ntitle: Front\n---\n\n[Talk](2012/talk.md)\n"},
    {"2012/index.md",
	"---\ntitle: An edition\nevent: {start: 2012-04-03}\n---\n\nYes.\n"},
    {"2012/talk.md",
	"---\ntitle: Talk\naliases: [/old/talk, /t.gmi]\n---\n\nWords.\n"},
    {"2012/shirt.png", "\x89PNG\r\n"},
    {"about.md", "---\ntitle: About\npermalink: /who/we%20are\n---\n\nUs.\n"},
    {NULL, NULL}};

static char joined[8][512];

/* A path below the test's folder; eight are kept. */
static const char *
below(const char *name)
{
	static size_t next;
	char *path = joined[next++ % 8];

	snprintf(path, sizeof joined[0], "%s/%s", t_tmpdir(), name);
	return path;
}

static struct site *
load(const char *folder, const struct file *files, const char *host)
{
	struct err e = ERR_INIT;
	struct site_options options = {.pages = str_of(below(folder)),
	    .title = STR("The conference"),
	    .host = str_of(host),
	    .lang = STR("en"),
	    .gemini_port = 1965,
	    .gopher_port = 70,
	    .file_max = 1 << 20,
	    .now = 1767225600};
	struct faults faults;
	struct site *site = NULL;
	char name[256];

	for (const struct file *f = files; f->name != NULL; f++) {
		snprintf(name, sizeof name, "%s/%s", folder, f->name);
		t_file(name, str_of(f->text));
	}
	faults_init(&faults);
	if (!T_OK(site_load(&site, &options, &faults, &e) == 0, "%s: %s",
		folder, e.msg))
		exit(t_done());
	faults_release(&faults);
	return site;
}

static int
build(const char *dir, struct site *site, struct err *e)
{
	return build_write(below(dir), &site, 1, NULL, e);
}

static struct buf names;

static int
note_name(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (kind == FTW_F)
		buf_printf(&names, "%s\n", path);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The files below a folder, in order, without its name. */
static void
list_files(struct buf *to, const char *dir)
{
	struct str lines[256], rest;
	size_t n = 0;

	buf_init(&names, 1 << 20);
	nftw(dir, note_name, 16, FTW_PHYS);
	rest = buf_slice(&names);
	while (n < 256 && str_next_line(&rest, &lines[n]))
		n++;
	qsort(lines, n, sizeof lines[0], by_text);
	for (size_t i = 0; i < n; i++) {
		buf_str(to, str_sub(lines[i], strlen(dir) + 1, lines[i].n));
		buf_putc(to, '\n');
	}
	buf_release(&names);
}

static void
check_file(const char *name, const char *want)
{
	struct err e = ERR_INIT;
	struct buf got;

	buf_init(&got, 1 << 20);
	file_read(&got, AT_FDCWD, below(name), &e);
	T_EQ_STR(buf_slice(&got), str_of(want), "%s %s", name, e.msg);
	buf_release(&got);
}

static void
writes_what_servers_serve(void)
{
	struct site *site = load("pages", pages, "example.org");
	struct err e = ERR_INIT;
	struct buf got;

	T_OK(build("out", site, &e) == 0, "builds %s", e.msg);
	buf_init(&got, 1 << 20);
	list_files(&got, below("out"));
	T_EQ_STR(buf_slice(&got),
	    STR(".capsule-build\n"
		"gemini/2012/event.ics\n"
		"gemini/2012/index.gmi\n"
		"gemini/2012/shirt.png\n"
		"gemini/2012/talk.gmi\n"
		"gemini/about.gmi\n"
		"gemini/about/index.gmi\n"
		"gemini/caps.txt\n"
		"gemini/history/index.gmi\n"
		"gemini/index.gmi\n"
		"gemini/old/talk/index.gmi\n"
		"gemini/robots.txt\n"
		"gemini/t.gmi\n"
		"gemini/who/we are/index.gmi\n"
		"gopher/2012/event.ics\n"
		"gopher/2012/gophermap\n"
		"gopher/2012/index.txt\n"
		"gopher/2012/shirt.png\n"
		"gopher/2012/talk.txt\n"
		"gopher/2012/talk/gophermap\n"
		"gopher/about.txt\n"
		"gopher/about/gophermap\n"
		"gopher/caps.txt\n"
		"gopher/gophermap\n"
		"gopher/history.txt\n"
		"gopher/history/gophermap\n"
		"gopher/index.txt\n"
		"gopher/old/talk/gophermap\n"
		"gopher/robots.txt\n"
		"gopher/t.gmi/gophermap\n"
		"gopher/who/we are.txt\n"
		"gopher/who/we are/gophermap\n"),
	    "every address has its file");
	buf_release(&got);
	check_file("out/gemini/2012/talk.gmi", "# Talk\n\nWords.\n");
	check_file("out/gemini/2012/shirt.png", "\x89PNG\r\n");
	check_file(
	    "out/gemini/old/talk/index.gmi", "# Moved\n\n=> /2012/talk.gmi\n");
	check_file("out/gemini/about.gmi", "# Moved\n\n=> /who/we%20are\n");
	check_file("out/gopher/gophermap",
	    "iFront\t\tnull.host\t1\n"
	    "i=====\t\tnull.host\t1\n"
	    "i\t\tnull.host\t1\n"
	    "0Talk\t/2012/talk.txt\texample.org\t70\n");
	site_free(site);
}

static bool
is_same(const char *a, const char *b)
{
	char command[1200];

	snprintf(command, sizeof command, "diff -r '%s' '%s' >&2", below(a),
	    below(b));
	return system(command) == 0;
}

static void
is_the_same_each_time(void)
{
	struct site *first = load("pages", pages, "example.org");
	struct site *second = load("pages", pages, "example.org");
	struct err e = ERR_INIT;

	T_OK(build("once", first, &e) == 0 && build("twice", second, &e) == 0,
	    "builds %s", e.msg);
	T_OK(is_same("once", "twice"), "two builds are byte-identical");
	T_OK(build("twice", first, &e) == 0 && is_same("once", "twice"),
	    "and so is one over another");
	site_free(first);
	site_free(second);
}

static void
removes_what_is_gone(void)
{
	static const struct file less[] = {
	    {"index.md", "---\ntitle: Front\n---\n\nAlone.\n"}, {NULL, NULL}};
	struct site *site, *smaller = load("less", less, "example.org");
	struct err e = ERR_INIT;

	t_file("pages/wait...md", STR("# Wait\n"));
	site = load("pages", pages, "example.org");
	unlink(below("pages/wait...md"));
	T_OK(build("shrinks", site, &e) == 0, "builds %s", e.msg);
	T_OK(access(below("shrinks/gemini/wait...gmi"), F_OK) == 0, "dots");
	t_file("shrinks/gemini/2012/mine.txt", STR("Not written by a build."));
	t_file("outside", STR("Nor this."));
	T_OK(build("shrinks", smaller, &e) == 0, "builds less %s", e.msg);
	T_OK(access(below("shrinks/gemini/2012/talk.gmi"), F_OK) != 0,
	    "a page that is gone is removed");
	T_OK(access(below("shrinks/gemini/who"), F_OK) != 0,
	    "with the folder that it was in");
	T_OK(access(below("shrinks/gemini/wait...gmi"), F_OK) != 0,
	    "also one with dots in its name");
	T_OK(access(below("shrinks/gemini/2012/mine.txt"), F_OK) == 0,
	    "but nothing that somebody else wrote");
	t_file("shrinks/.capsule-build",
	    STR("Written by capsule build, which replaces and removes these"
		" files:\n../outside\ngemini/../../outside\n"));
	T_OK(build("shrinks", smaller, &e) == 0 &&
		access(below("outside"), F_OK) == 0,
	    "a list that was changed reaches nothing outside");
	site_free(site);
	site_free(smaller);
}

static void
refuses_what_is_not_its_own(void)
{
	struct site *site = load("pages", pages, "example.org");
	struct err e = ERR_INIT;

	t_file("home/letter.txt", STR("Dear"));
	T_OK(build("home", site, &e) != 0 && e.kind == ERR_REFUSED,
	    "a folder with files: %s", e.msg);
	T_OK(access(below("home/gemini"), F_OK) != 0, "nothing is written");
	err_clear(&e);
	t_file("file", STR(""));
	T_OK(build("file", site, &e) != 0 && strstr(e.msg, "file") != NULL,
	    "a file: %s", e.msg);
	err_clear(&e);
	T_OK(build("new/and/deep", site, &e) == 0,
	    "a folder that is not there yet is made %s", e.msg);
	mkdir(below("empty"), 0755);
	T_OK(build("empty", site, &e) == 0, "an empty one is taken %s", e.msg);
	site_free(site);
}

static void
names_two_pages_in_one_file(void)
{
	static const struct file files[] = {{"index.md", "Front.\n"},
	    {"a.md", "---\ntitle: A\npermalink: /x\n---\n"},
	    {"b.md", "---\ntitle: B\npermalink: /x/\n---\n"}, {NULL, NULL}};
	struct site *site = load("twins", files, "example.org");
	struct err e = ERR_INIT;

	T_OK(build("twins-out", site, &e) != 0 && e.kind == ERR_INPUT &&
		strstr(e.msg, "gemini/x/index.gmi") != NULL,
	    "says which: %s", e.msg);
	site_free(site);
}

static void
keeps_sites_apart(void)
{
	struct site *sites[2] = {load("pages", pages, "example.org"),
	    load("pages", pages, "example.com")};
	struct err e = ERR_INIT;
	size_t files = 0;

	T_OK(build_write(below("both"), sites, 2, &files, &e) == 0, "builds %s",
	    e.msg);
	T_EQ_INT((int64_t)files, 2 * 31, "counts its files");
	check_file(
	    "both/example.org/gemini/2012/talk.gmi", "# Talk\n\nWords.\n");
	T_OK(access(below("both/example.com/gopher/gophermap"), F_OK) == 0,
	    "each site has its trees");
	site_free(sites[0]);
	site_free(sites[1]);
}

int
main(void)
{
	T_RUN(writes_what_servers_serve);
	T_RUN(is_the_same_each_time);
	T_RUN(removes_what_is_gone);
	T_RUN(refuses_what_is_not_its_own);
	T_RUN(names_two_pages_in_one_file);
	T_RUN(keeps_sites_apart);
	return t_done();
}
