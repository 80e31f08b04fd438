/*
 * Why deliveries are not sent: the replies of mail servers, those that differ
 * in nothing but whom they are about taken together, with some of these people
 * as an example.
 */
#ifndef MAIL_REASONS_H
#define MAIL_REASONS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define REASONS_MAX 50
#define REASONS_EXAMPLES 3

struct reason {
	struct str reply; /* as words_reply makes it; may be empty */
	int64_t count;
	int64_t due; /* the first; 0: none of them is */
	struct str example[REASONS_EXAMPLES]; /* addresses, masked */
	size_t examples;
};

struct reasons {
	struct arena arena; /* owns the texts */
	struct reason list[REASONS_MAX];
	size_t count;
	int64_t others; /* deliveries of reasons beyond these */
};

void reasons_init(struct reasons *r);
void reasons_release(struct reasons *r);

/* A delivery more. address is empty for somebody erased. */
int reasons_add(struct reasons *r, struct str reply, struct str address,
    int64_t due, struct err *e);

/* The most frequent first. */
void reasons_sort(struct reasons *r);

#endif
