#include "server/watch.h"

#include "base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGES                                                   \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
	    IN_MOVED_TO | IN_ATTRIB)
/* What happens to the folder itself, or to a link that leads to it. */
#define REPLACED (IN_DELETE_SELF | IN_MOVE_SELF)

/* A folder still to be looked through. */
struct pending {
	struct str path;
	struct pending *next;
};

int
watch_open(struct err *e)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot watch the pages folders");
	return fd;
}

static struct pending *
put_below(struct arena *a, struct pending *rest, struct str folder)
{
	DIR *dir = opendir(folder.p);
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		struct pending *p;

		if (d->d_name[0] == '.' ||
		    (d->d_type != DT_DIR && d->d_type != DT_UNKNOWN))
			continue;
		if ((p = arena_alloc(a, sizeof *p)) == NULL)
			break;
		p->path =
		    arena_printf(a, "%.*s/%s", STR_ARG(folder), d->d_name);
		p->next = rest;
		rest = p;
	}
	if (dir != NULL)
		closedir(dir);
	return rest;
}

/* The folder itself may be a link, which one day leads to the next state of
 * the site: both are watched. Below it only what is really there is. */
static int
add_one(int watch, const char *path, bool is_top)
{
	if (!is_top)
		return inotify_add_watch(
		    watch, path, CHANGES | IN_ONLYDIR | IN_DONT_FOLLOW);
	if (inotify_add_watch(watch, path, REPLACED | IN_DONT_FOLLOW) < 0)
		return -1;
	return inotify_add_watch(watch, path, CHANGES | REPLACED | IN_ONLYDIR);
}

int
watch_add(int watch, const char *folder, struct err *e)
{
	struct pending *rest, *p;
	bool is_top = true;
	struct arena a;
	int r = 0;

	arena_init(&a);
	if ((rest = arena_alloc(&a, sizeof *rest)) != NULL)
		rest->path = arena_str(&a, str_of(folder));
	while ((p = rest) != NULL && arena_ok(&a, e) == 0) {
		rest = p->next;
		if (add_one(watch, p->path.p, is_top) >= 0)
			rest = put_below(&a, rest, p->path);
		else if (errno != ENOTDIR && errno != ENOENT)
			r = err_sys(e, "cannot watch %s", p->path.p);
		is_top = false;
	}
	if (arena_ok(&a, e) != 0)
		r = -1;
	arena_release(&a);
	return r;
}

bool
watch_changed(int watch)
{
	char events[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t n;

	while ((n = read(watch, events, sizeof events)) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev =
			    (const void *)(events + at);

			/* After an overflow nobody knows what changed. */
			changed = changed ||
			    (ev->mask & (IN_Q_OVERFLOW | REPLACED)) != 0 ||
			    (ev->len > 0 && ev->name[0] != '.');
			at += (ssize_t)(sizeof *ev + ev->len);
		}
	return changed;
}
