#include "mail/schedule.h"
#include "base/clock.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#define NOW 1795204800 /* 2026-11-20T20:00:00Z */

static void
says_from_when_until_when(void)
{
	static const struct {
		const char *why, *at, *expires, *want;
	} table[] = {
	    {"now, for a week", NULL, NULL,
		"2026-11-20T20:00:00Z 2026-11-27T20:00:00Z"},
	    {"a time, for a day", "2026-12-01T18:00", NULL,
		"2026-12-01T18:00:00Z 2026-12-02T18:00:00Z"},
	    {"with an offset", "2026-12-01T18:00+02:00", NULL,
		"2026-12-01T16:00:00Z 2026-12-02T16:00:00Z"},
	    {"a while", "90m", NULL,
		"2026-11-20T21:30:00Z 2026-11-21T21:30:00Z"},
	    {"now is not past", "2026-11-20T20:00Z", NULL,
		"2026-11-20T20:00:00Z 2026-11-21T20:00:00Z"},
	    {"a while from then", "1h", "2h",
		"2026-11-20T21:00:00Z 2026-11-20T23:00:00Z"},
	    {"until a time", NULL, "2026-11-21 00:00",
		"2026-11-20T20:00:00Z 2026-11-21T00:00:00Z"},
	    {"never", NULL, "never", "2026-11-20T20:00:00Z -"},
	    {"past", "2026-11-20T19:59", NULL, "!is past"},
	    {"a day without its hour", "2026-12-01", NULL, "!--at takes"},
	    {"a year", "2027", NULL, "!--at takes"},
	    {"no time", "tomorrow", NULL, "!--at takes"},
	    {"an empty one", "", NULL, "!--at takes"},
	    {"a unit alone", "d", NULL, "!--at takes"},
	    {"a while before", "-2h", NULL, "!--at takes"},
	    {"too long a while", "99999999999999999999d", NULL, "!--at takes"},
	    {"over before it begins", "3h", "2026-11-20T21:00", "!not after"},
	    {"over at once", NULL, "0s", "!not after"},
	    {"no end", NULL, "soon", "!--expires takes"},
	};
	struct buf got;

	buf_init(&got, 256);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err e = ERR_INIT;
		struct schedule s;

		buf_clear(&got);
		if (schedule_parse(
			&s, table[i].at, table[i].expires, NOW, &e) != 0) {
			T_OK(table[i].want[0] == '!' &&
				strstr(e.msg, table[i].want + 1) != NULL &&
				e.kind == ERR_USAGE,
			    "%s: %s", table[i].why, e.msg);
			continue;
		}
		date_rfc3339(&got, s.begins);
		buf_putc(&got, ' ');
		if (s.expires != 0)
			date_rfc3339(&got, s.expires);
		else
			buf_putc(&got, '-');
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
	}
	buf_release(&got);
}

int
main(void)
{
	T_RUN(says_from_when_until_when);
	return t_done();
}
