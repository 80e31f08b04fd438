#include "server/watch.h"

#include "tests/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root;

static const char *
path(const char *name)
{
	static char all[4][512];
	static int at;

	at = (at + 1) % 4;
	snprintf(all[at], sizeof all[at], "%s/%s", root, name);
	return all[at];
}

static void
put(const char *name)
{
	int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1)
		abort();
	close(fd);
}

static void
folder(const char *name)
{
	if (mkdir(path(name), 0755) != 0)
		abort();
}

static void
link_to(const char *target, const char *name)
{
	if (symlink(target, path("new link")) != 0 ||
	    rename(path("new link"), path(name)) != 0)
		abort();
}

/* A pages folder as it stands, and a link to it. */
static int
begin(const char *name, const char *watched)
{
	struct err e = ERR_INIT;
	char below[256];
	int watch;

	folder(name);
	snprintf(below, sizeof below, "%s/2012", name);
	folder(below);
	snprintf(below, sizeof below, "%s/2012/page.md", name);
	put(below);
	if (watched != name)
		link_to(name, watched);
	watch = watch_open(&e);
	T_EQ_INT(watch_add(watch, path(watched), &e), 0, "%s", watched);
	T_OK(!watch_changed(watch), "nothing has changed yet");
	return watch;
}

static void
sees_what_is_published(void)
{
	int watch = begin("plain", "plain");

	put("plain/2012/page.md");
	T_OK(watch_changed(watch), "a page that is written");
	T_OK(!watch_changed(watch), "is told once");
	put("plain/2012/.page.md.swp");
	T_OK(!watch_changed(watch), "an editor's own file is none of it");
	if (rename(path("plain/2012/page.md"), path("plain/2012/p.md")) != 0)
		abort();
	T_OK(watch_changed(watch), "one that gets another name");
	if (unlink(path("plain/2012/p.md")) != 0)
		abort();
	T_OK(watch_changed(watch), "one that goes");
	folder("plain/2013");
	T_OK(watch_changed(watch), "a folder that comes");
	close(watch);
}

static void
sees_a_folder_that_is_replaced(void)
{
	int watch = begin("old", "old");

	if (rename(path("old"), path("older")) != 0)
		abort();
	T_OK(watch_changed(watch), "the folder itself is moved away");
	close(watch);
}

/* As some publish: a folder for each state, and a link to the one that is
 * meant. */
static void
follows_a_link(void)
{
	int watch = begin("first", "current");

	put("first/2012/page.md");
	T_OK(watch_changed(watch), "a page below a link that is written");
	put("first/new.md");
	T_OK(watch_changed(watch), "and one that comes");
	folder("second");
	T_OK(!watch_changed(watch), "a folder beside it is nothing to it");
	link_to("second", "current");
	T_OK(watch_changed(watch), "the link leads elsewhere");
	close(watch);
}

static void
says_what_it_cannot(void)
{
	struct err e = ERR_INIT;
	int watch = watch_open(&e);

	put("a file");
	T_EQ_INT(watch_add(watch, path("a file"), &e), 0,
	    "no folder is what loading the site complains about");
	T_EQ_INT(watch_add(watch, path("nothing"), &e), 0, "and none at all");
	close(watch);
	T_EQ_INT(watch_add(-1, root, &e), -1, "what fails");
	T_OK(e.kind == ERR_SYSTEM, "is said");
}

int
main(void)
{
	root = t_tmpdir();
	sees_what_is_published();
	sees_a_folder_that_is_replaced();
	follows_a_link();
	says_what_it_cannot();
	return t_done();
}
