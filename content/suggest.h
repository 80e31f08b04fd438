/*
 * What somebody may have meant who asked for an address that is not there:
 * another case, another folder, a letter or two off. The cost of an answer is
 * bounded, whatever the site's size, since any stranger may ask.
 */
#ifndef CONTENT_SUGGEST_H
#define CONTENT_SUGGEST_H

#include "base/err.h"
#include "content/image.h"

#define SUGGEST_MAX 8

/* Once a site's items and addresses are all there, and sorted. */
int suggest_prepare(struct site *site, struct err *e);

/* The nearest items first, at most max, up to SUGGEST_MAX; how many. */
size_t suggest_nearest(const struct site *site, struct str key,
    uint32_t *items, size_t max);

#endif
