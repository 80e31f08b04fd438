/*
 * Assembles all pages of a site by as many threads as there are processors to
 * run on. Each has memory and faults of its own, which are put together at the
 * end, and the search gets the words of the pages in their order from the
 * thread that calls: the same pages give the same site, however many threads
 * there were. None of them is left when this returns.
 */
#ifndef CONTENT_CREW_H
#define CONTENT_CREW_H

#include "content/assemble.h"
#include "content/search.h"

struct crew_task {
	struct site *site;
	struct entry *const *order; /* the entry of each item */
	const struct additions *additions;
	size_t count;
	const struct places *withheld; /* see resolve.h */
	bool *linked;                  /* likewise; site->item_count of them */
	struct faults *faults;
	struct search_builder *search; /* NULL: none */
};

int crew_assemble(const struct crew_task *task, struct err *e);

#endif
