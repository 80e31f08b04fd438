#include "mail/retry.h"

#define FIRST 60
#define SECOND_TRY 300
#define LONGEST (4 * 3600)
#define ATTEMPTS_MIN 3
#define PAUSE_FIRST 1000
#define PAUSE_LONGEST 300000

/* One of splitmix64's steps: neighbours among seeds give unlike numbers. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* From n to a quarter more. */
static int64_t
by_chance(int64_t n, uint64_t seed)
{
	return n + (int64_t)(mix(seed) % (uint64_t)(n / 4 + 1));
}

/* first, doubled so many times, at most longest. */
static int64_t
doubled(int64_t first, int times, int64_t longest)
{
	while (times-- > 0 && first < longest)
		first *= 2;
	return first < longest ? first : longest;
}

int64_t
retry_next(int attempts, int64_t age, int64_t give_up, uint64_t seed)
{
	int64_t wait =
	    attempts <= 1 ? FIRST : doubled(SECOND_TRY, attempts - 2, LONGEST);

	wait = by_chance(wait, seed + (uint64_t)attempts);
	if (attempts < ATTEMPTS_MIN)
		return wait;
	if (age >= give_up)
		return -1;
	return wait < give_up - age ? wait : give_up - age;
}

int64_t
retry_pause(int failures, uint64_t seed)
{
	return by_chance(
	    doubled(PAUSE_FIRST, failures - 1, PAUSE_LONGEST), seed);
}
