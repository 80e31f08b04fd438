#include "content/places.h"
#include "tests/t.h"

#include <stdio.h>

#define MANY 5000

static char names[MANY][16];

static void
name_all(void)
{
	/* Not in the order of their keys. */
	for (int i = 0; i < MANY; i++)
		snprintf(names[i], sizeof names[i], "/%d", (i * 7919) % MANY);
}

static void
finds_what_was_added(void)
{
	struct places p = {0};
	struct err e = ERR_INIT;
	int wrong = 0;

	T_OK(places_find(&p, STR("/")) == NULL, "nothing is in an empty table");
	for (uint32_t i = 0; i < MANY; i++)
		if (places_add(&p, str_of(names[i]), i, VIEW_PAGE, NULL, &e) !=
		    0)
			wrong++;
	T_EQ_INT(wrong, 0, "%d addresses go in", MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		const struct place *at = places_find(&p, str_of(names[i]));

		wrong += at == NULL || at->item != i;
	}
	T_EQ_INT(wrong, 0, "each leads to its own");
	T_OK(places_find(&p, STR("/5000")) == NULL, "no other is there");
	T_OK(places_find(&p, STR("")) == NULL, "nor the empty one");
	places_sort(&p);
	for (uint32_t i = 0; i < MANY; i++) {
		const struct place *at = places_find(&p, str_of(names[i]));

		wrong += at == NULL || at->item != i;
		wrong +=
		    i > 0 && str_cmp(p.list[i - 1].key, p.list[i].key) >= 0;
	}
	T_EQ_INT(wrong, 0, "sorted, each still does");
	places_release(&p);
}

static void
keeps_who_came_first(void)
{
	struct places p = {0};
	const struct place *taken;
	struct err e = ERR_INIT;

	places_add(&p, STR("/a"), 1, VIEW_PAGE, &taken, &e);
	T_OK(taken == NULL, "a free address is taken");
	T_EQ_INT(places_add(&p, STR("/a"), 2, VIEW_MOVED, &taken, &e), 0,
	    "one that is taken is no failure");
	T_OK(taken != NULL && taken->item == 1, "and says by whom");
	T_EQ_INT(places_find(&p, STR("/a"))->view, VIEW_PAGE,
	    "who came first stays");
	T_EQ_INT(p.count, 1, "once");
	places_release(&p);
}

static void
sorts_nothing(void)
{
	struct places p = {0};

	places_sort(&p);
	T_EQ_INT(p.count, 0, "an empty table is in order");
	places_release(&p);
}

int
main(void)
{
	name_all();
	T_RUN(finds_what_was_added);
	T_RUN(keeps_who_came_first);
	T_RUN(sorts_nothing);
	return t_done();
}
