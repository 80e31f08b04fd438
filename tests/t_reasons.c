#include "mail/reasons.h"
#include "tests/t.h"

#include <stdio.h>

static struct reasons r;
static struct err e = ERR_INIT;

static void
takes_the_same_together(void)
{
	static const char *const who[] = {"ada@example.org", "bob@example.org",
	    "cy@example.org", "dora@example.org"};
	char reply[100];

	reasons_init(&r);
	reasons_add(&r, STR("550 5.7.1 no"), STR("eve@example.com"), 0, &e);
	for (int64_t i = 0; i < 4; i++) {
		snprintf(
		    reply, sizeof reply, "450 4.2.0 <%s>: greylisted", who[i]);
		reasons_add(&r, str_of(reply), str_of(who[i]), 100 - i, &e);
	}
	reasons_add(&r, STR("550 5.7.1 no"), STR(""), 0, &e);
	reasons_sort(&r);
	T_EQ_INT((int64_t)r.count, 2, "two reasons");
	T_EQ_STR(r.list[0].reply,
	    STR("450 4.2.0 <\u2026@example.org>: greylisted"),
	    "the more frequent first");
	T_EQ_INT(r.list[0].count, 4, "for four");
	T_EQ_INT(r.list[0].due, 97, "of whom the first is due then");
	T_EQ_INT((int64_t)r.list[0].examples, 3, "and three are named");
	T_EQ_STR(
	    r.list[0].example[1], STR("b\u2026@example.org"), "not in full");
	T_EQ_INT((int64_t)r.list[1].examples, 1, "somebody erased is not");
	reasons_release(&r);
}

static void
has_room_for_any_number(void)
{
	char reply[32];

	reasons_init(&r);
	for (int i = 0; i < 1000; i++) {
		snprintf(reply, sizeof reply, "550 %d", i);
		reasons_add(&r, str_of(reply), STR("a@b.example"), 0, &e);
	}
	T_EQ_INT((int64_t)r.count, REASONS_MAX, "so many reasons");
	T_EQ_INT(r.others, 1000 - REASONS_MAX, "and how many others");
	T_EQ_INT(e.kind, ERR_NONE, "no error: %s", e.msg);
	reasons_release(&r);
}

int
main(void)
{
	T_RUN(takes_the_same_together);
	T_RUN(has_room_for_any_number);
	return t_done();
}
