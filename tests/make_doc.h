/*
 * Markdown made up from a seed: every construct inside every other, and what
 * trips converters up. Every word ("w00001") and every address ("h00001.
 * example") that a reader has to be shown stands there once, so that none can
 * stand in for another. The same seed gives the same text.
 */
#ifndef TESTS_MAKE_DOC_H
#define TESTS_MAKE_DOC_H

#include "base/buf.h"

#include <stdint.h>

/* Appends a document of some hundred lines at most. */
void make_doc(struct buf *to, uint64_t seed);

#endif
