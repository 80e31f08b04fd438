/*
 * How near two words are, to say "did you mean". Case of ASCII letters costs
 * nothing.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/str.h"

#define NEAR_BYTES_MAX 64

/*
 * How many bytes must be put in, taken out, replaced, or swapped with their
 * neighbour to make a of b (optimal string alignment); limit + 1 when it is
 * more than limit, or when either is longer than NEAR_BYTES_MAX. Costs some
 * limit * length steps.
 */
unsigned near_distance(struct str a, struct str b, unsigned limit);

#endif
