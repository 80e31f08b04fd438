/*
 * Reads the folder tree of the pages: which files there are, nothing of what
 * is in them. Dot-files do not exist. What cannot be served is left out with
 * a warning each: a FIFO, device or socket, what cannot be read, a symbolic
 * link that leaves the tree or leads round in a loop, a name that no address
 * can spell.
 */
#ifndef CONTENT_SCAN_H
#define CONTENT_SCAN_H

#include "base/arena.h"
#include "base/err.h"
#include "content/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 64
#define SCAN_FILES_MAX ((size_t)1 << 22)

struct scan_file {
	struct str name; /* below the folder, "2012/talk.md", NUL behind it */
	uint64_t size;
};

struct scan {
	struct scan_file *files; /* by name, in the order of bytes */
	size_t count;
};

/* Opens the folder of the pages: its descriptor, or -1. ERR_MISSING when there
 * is none. */
int scan_open(struct str pages, struct err *e);

/*
 * dir is the folder, open; pages is how faults name it. Names live in the
 * arena. -1 when the folder itself cannot be read, when there are more than
 * SCAN_FILES_MAX files, or when memory runs out.
 */
int scan_folder(struct scan *scan, struct arena *a, int dir, struct str pages,
    struct faults *faults, struct err *e);

/* Not for lack of memory or descriptors, an error number says: those are ours,
 * and pass, and a site without some of its pages would look right. */
bool scan_may_leave_out(int code);

/* A file as the administrator would type it. */
struct str scan_name(struct arena *a, struct str pages, struct str file);

#endif
