/*
 * What is wrong with a site, collected so that one run names all of it. An
 * error would make the site wrong and keeps it from being published; a
 * warning is something left out or doubtful.
 */
#ifndef CONTENT_FAULT_H
#define CONTENT_FAULT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#include <stddef.h>

enum fault_kind { FAULT_ERROR, FAULT_WARNING };

struct fault {
	enum fault_kind kind;
	struct str file; /* as the administrator would type it */
	int line;        /* from 1; 0 where there is none */
	struct str text; /* what is wrong and what to do, no final newline */
};

struct faults {
	struct arena arena; /* owns all texts */
	struct fault *list;
	size_t count;
	size_t errors; /* how many of them are FAULT_ERROR */
};

void faults_init(struct faults *f);
void faults_release(struct faults *f);

void faults_add(struct faults *f, enum fault_kind kind, struct str file,
    int line, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* By file, then line, then text: the same site gives the same list. */
void faults_sort(struct faults *f);

/* "file:line: what" or "file: what"; a warning has "warning: " before what. */
void fault_print(struct buf *to, const struct fault *fault);
/* To the log, which says itself whether it is an error or a warning. */
void fault_log(const struct fault *fault);

#endif
