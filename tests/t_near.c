#include "base/near.h"
#include "tests/t.h"

#include <string.h>

static const struct {
	const char *why, *a, *b;
	unsigned limit, want;
} pairs[] = {
    {"the same", "talk", "talk", 3, 0},
    {"case costs nothing", "TALK", "talk", 3, 0},
    {"one put in", "talk", "talks", 3, 1},
    {"one taken out", "talks", "talk", 3, 1},
    {"one replaced", "talk", "tall", 3, 1},
    {"two swapped", "tlak", "talk", 3, 1},
    {"two swapped at the end", "takl", "talk", 3, 1},
    {"the first is off", "xalk", "talk", 3, 1},
    {"three off", "kitten", "sitting", 3, 3},
    {"more than the limit", "kitten", "sitting", 2, 3},
    {"nothing and something", "", "ab", 3, 2},
    {"nothing and nothing", "", "", 3, 0},
    {"too unlike in length", "a", "abcdefgh", 3, 4},
    {"no limit to be off by", "a", "b", 0, 1},
    {"no limit, and the same", "abc", "abc", 0, 0},
    {"a whole band of another", "abcdefgh", "hgfedcba", 3, 4},
    {"two at the front, two at the back", "xxabcd", "abcdyy", 4, 4},
};

static void
counts_what_is_off(void)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct str a = t_guard(str_of(pairs[i].a));
		struct str b = t_guard(str_of(pairs[i].b));

		T_EQ_INT(near_distance(a, b, pairs[i].limit), pairs[i].want,
		    "%s", pairs[i].why);
		T_EQ_INT(near_distance(b, a, pairs[i].limit), pairs[i].want,
		    "%s, the other way", pairs[i].why);
		t_guard_free(a);
		t_guard_free(b);
	}
}

static void
bounds_its_input(void)
{
	char x[NEAR_BYTES_MAX + 1];
	struct str longest = {x, NEAR_BYTES_MAX};
	struct str longer = {x, NEAR_BYTES_MAX + 1};

	memset(x, 'x', sizeof x);
	T_EQ_INT(near_distance(longest, longest, 3), 0, "the longest");
	T_EQ_INT(near_distance(longest, longest, 1000), 0,
	    "the longest without a band");
	T_EQ_INT(near_distance(longer, longer, 3), 4, "longer ones are far");
}

int
main(void)
{
	T_RUN(counts_what_is_off);
	T_RUN(bounds_its_input);
	return t_done();
}
