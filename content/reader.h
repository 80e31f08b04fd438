/*
 * From files to a catalog: reads every Markdown file's front matter, decides
 * which pages are published now, and finds what each is called. Addresses are
 * given by load.c afterwards.
 */
#ifndef CONTENT_READER_H
#define CONTENT_READER_H

#include "content/catalog.h"
#include "content/places.h"
#include "content/resolve.h"
#include "content/scan.h"

struct reader {
	struct catalog *catalog; /* entries and next_change are filled */
	const struct scan *scan;
	int dir;
	const struct scan_file **files; /* what is no Markdown */
	size_t file_count;
	struct places withheld; /* addresses; item is an enum withheld */
	struct arena scratch;   /* one page's, reused */
};

/* Entries come in the order of their files, without addresses. Faults are for
 * the pages; -1 only when memory runs out. */
int reader_read(struct reader *r, struct err *e);
void reader_release(struct reader *r);

/* The folder of a source file as an address: "/2012/". */
struct str reader_folder(struct arena *a, struct str source);

#endif
