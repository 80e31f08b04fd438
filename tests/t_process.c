#include "server/process.h"

#include "base/clock.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a child says, or does not, and how long it is waited for. */
static void
children_are_awaited(void)
{
	static const struct {
		const char *why, *said;
		bool closes, is_late;
		int want;
	} cases[] = {
	    {"the word", "u", false, false, 1},
	    {"the word, and no time left", "u", false, true, 1},
	    {"another word", "x", false, false, -1},
	    {"the end", "", true, false, -1},
	    {"the word and the end", "u", true, false, 1},
	    {"nothing, in no time", "", false, true, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t now = clock_ticks_ms();
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
			abort();
		if (cases[i].said[0] != '\0')
			T_EQ_INT(process_tell(pair[1], cases[i].said, 1), 0,
			    "%s: told", cases[i].why);
		if (cases[i].closes)
			close(pair[1]);
		T_EQ_INT(process_await(pair[0], 'u',
			     cases[i].is_late ? now - 1 : now + 60000),
		    cases[i].want, "%s", cases[i].why);
		if (!cases[i].closes)
			close(pair[1]);
		close(pair[0]);
	}
}

int
main(void)
{
	T_RUN(children_are_awaited);
	return t_done();
}
