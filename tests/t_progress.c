#include "mail/progress.h"
#include "tests/t.h"

static void
fits_any_width(void)
{
	static const struct {
		const char *why;
		struct progress p;
		size_t width;
		const char *want;
	} table[] = {
	    {"at its beginning", {.all = 5000, .left = 5000}, 40,
		"[                      ] 0 of 5,000 sent"},
	    {"half way", {.all = 10, .sent = 5, .left = 5, .rate = 2}, 60,
		"[==============              ] 5 of 10 sent, 2 s left, "
		"2.0/s"},
	    {"at its end", {.all = 10, .sent = 9, .failed = 1}, 40,
		"[===============] 9 of 10 sent, 1 failed"},
	    {"all there is to say",
		{.all = 2000,
		    .sent = 1000,
		    .failed = 1,
		    .deferred = 20,
		    .in_doubt = 3,
		    .left = 976,
		    .rate = 215.4},
		100,
		"[=============             ] 1,000 of 2,000 sent, 1 failed, "
		"20 deferred, 3 in doubt, 4 s left, 215/s"},
	    {"no room for a bar",
		{.all = 2000,
		    .sent = 1000,
		    .failed = 1,
		    .deferred = 20,
		    .in_doubt = 3,
		    .left = 976,
		    .rate = 215.4},
		75,
		"1,000 of 2,000 sent, 1 failed, 20 deferred, 3 in doubt, 4 s "
		"left, 215/s"},
	    {"nor for the rate",
		{.all = 2000,
		    .sent = 1000,
		    .failed = 1,
		    .deferred = 20,
		    .left = 979,
		    .rate = 215.4},
		53, "1,000 of 2,000 sent, 1 failed, 20 deferred, 4 s left"},
	    {"a narrow one", {.all = 2000, .sent = 10, .failed = 1}, 20,
		"10 of 2,000 sent"},
	    {"none", {.all = 2000}, 5, ""},
	    {"slow", {.all = 9, .sent = 1, .left = 8, .rate = 0.05}, 40,
		"1 of 9 sent, 2 min 40 s left, 3/min"},
	    {"nobody", {.all = 0}, 30, "[                ] 0 of 0 sent"},
	};
	struct buf got;

	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		buf_clear(&got);
		progress_bar(&got, &table[i].p, table[i].width);
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
		for (size_t w = 0; w < 200; w++) {
			buf_clear(&got);
			progress_bar(&got, &table[i].p, w);
			if (got.len > w)
				T_OK(false, "%zu columns in %zu", got.len, w);
		}
	}
	buf_clear(&got);
	progress_line(&got, &table[3].p);
	T_EQ_STR(buf_slice(&got), str_of(table[4].want), "a plain line");
	buf_release(&got);
}

static void
measures_the_last_seconds(void)
{
	struct progress_meter m = {0};
	double rate = 0;

	T_OK(progress_rate(&m, 0, 1000) <= 0, "nothing is known at first");
	for (int64_t ms = 1100; ms <= 11000; ms += 100)
		rate = progress_rate(&m, (ms - 1000) / 10, ms);
	T_OK(rate > 99 && rate < 101, "100 a second, not %f", rate);
	for (int64_t ms = 11100; ms <= 21000; ms += 100)
		rate = progress_rate(&m, 1000, ms);
	T_OK(rate < 0.001, "then nothing any more, not %f", rate);
}

int
main(void)
{
	T_RUN(fits_any_width);
	T_RUN(measures_the_last_seconds);
	return t_done();
}
