#include "mail/rate.h"

#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define HOUR 3600
#define START (1000 * SECOND)
#define SENT_MAX 20000

static struct rate *
open_rates(const char *folder)
{
	struct err e = ERR_INIT;
	struct rate *r = NULL;

	if (rate_open(&r, folder, &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	return r;
}

/* In a file of its own. */
static struct rate *
fresh(void)
{
	char path[512];

	snprintf(path, sizeof path, "%s/rates", t_tmpdir());
	unlink(path);
	return open_rates(t_tmpdir());
}

/* The most within any window of these instants. */
static int
densest(const int64_t *at, int count, int64_t window)
{
	int most = 0;

	for (int first = 0, last = 0; last < count; last++) {
		while (at[last] - at[first] >= window)
			first++;
		if (last - first + 1 > most)
			most = last - first + 1;
	}
	return most;
}

static void
keeps_the_second(void)
{
	static const int64_t limits[] = {1, 2, 7, 10, 100, 999};
	static int64_t at[SENT_MAX];

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct rate *r = fresh();
		int64_t now = START;
		int count = 0, most;

		while (now < START + 10 * SECOND) {
			int64_t wait = rate_second(r, limits[i], now);

			if (wait == 0)
				at[count++] = now;
			else
				now += wait;
		}
		most = densest(at, count, SECOND);
		T_OK(most <= limits[i], "%d a second: no second has %d",
		    (int)limits[i], most);
		T_OK(count >= limits[i] * 9, "%d a second: %d in ten",
		    (int)limits[i], count);
		rate_close(r);
	}
}

static void
does_not_save(void)
{
	struct rate *r = fresh();
	int count = 0;

	rate_second(r, 100, START);
	while (rate_second(r, 100, START + 500 * SECOND) == 0)
		count++;
	T_EQ_INT(count, 10, "after a long pause a tenth goes at once");
	rate_close(r);
}

static void
heals(void)
{
	struct rate *r = fresh();

	rate_second(r, 1, START * 1000);
	T_EQ_INT(rate_second(r, 1, START), 0, "what another boot left");
	rate_domain(r, 1, STR("example.org"), START * 1000);
	T_EQ_INT(
	    rate_domain(r, 1, STR("example.org"), START), 0, "and of a domain");
	rate_close(r);
}

static void
without_limits(void)
{
	struct rate *r = fresh();
	int waits = 0;

	for (int i = 0; i < 1000; i++)
		waits += rate_second(r, 0, START) != 0 ||
		    rate_day(r, 0, 5) != 0 ||
		    rate_domain(r, 0, STR("a.example"), START) != 0;
	T_EQ_INT(waits, 0, "0 is no limit");
	T_OK(rate_day(r, 1000, 6) > 0, "which counts the day all the same");
	rate_close(r);
}

static void
keeps_the_day(void)
{
	static int64_t at[SENT_MAX];
	struct rate *r = fresh();
	int64_t now = 500000 * HOUR + 1234;
	int64_t end = now + 100 * HOUR, wait;
	int count = 0;

	while (now < end) {
		wait = rate_day(r, 1000, now);
		if (wait == 0)
			at[count++] = now;
		now += wait == 0 ? 37 : wait;
	}
	T_EQ_INT(densest(at, count, 24 * HOUR), 1000, "no 24 hours have more");
	T_OK(count >= 3000, "%d in four days", count);
	rate_close(r);
}

static void
takes_a_day_back(void)
{
	struct rate *r = fresh();

	T_EQ_INT(rate_day(r, 1, HOUR), 0, "one a day");
	T_EQ_INT(rate_day(r, 1, HOUR + 60), 25 * HOUR - 60, "and no second");
	rate_day_back(r, HOUR);
	T_EQ_INT(rate_day(r, 1, HOUR + 60), 0, "unless the first did not go");
	rate_day_back(r, HOUR);
	rate_day_back(r, HOUR);
	T_EQ_INT(rate_day(r, 1, HOUR), 0, "never below none");
	T_OK(rate_day(r, 1, HOUR) > 0, "which counted");
	rate_close(r);
}

static void
remembers(void)
{
	struct rate *r = fresh(), *other;

	rate_day(r, 2, HOUR);
	other = open_rates(t_tmpdir());
	rate_day(other, 2, HOUR);
	T_OK(rate_day(r, 2, HOUR) > 0, "two programs have one limit");
	rate_close(r);
	rate_close(other);
	r = open_rates(t_tmpdir());
	T_OK(rate_day(r, 2, HOUR) > 0, "which a restart does not forget");
	rate_close(r);
}

static void
keeps_a_domain(void)
{
	struct rate *r = fresh();
	int64_t wait, last = 0;
	int count = 0, in_order = 0;

	while ((wait = rate_domain(r, 60, STR("a.example"), START)) == 0)
		count++;
	T_EQ_INT(count, 6, "a tenth at once");
	T_EQ_INT(
	    rate_domain(r, 60, STR("b.example"), START), 0, "others go on");
	for (int i = 0; i < 100; i++) {
		last = wait;
		wait = rate_domain(r, 60, STR("a.example"), START);
		in_order += wait > last;
	}
	T_EQ_INT(in_order, 100, "who is turned away stands in line");
	T_OK(wait > 100 * SECOND && wait < 120 * SECOND,
	    "which is as long as it takes: %d s", (int)(wait / SECOND));
	for (int i = 0; i < 1000; i++)
		if (rate_domain(r, 60, STR("a.example"), START) > RATE_LINE_MAX)
			in_order = 0;
	T_EQ_INT(in_order, 100, "and never longer than it may be");
	rate_close(r);
}

static void
takes_a_domain_back(void)
{
	struct rate *r = fresh();

	T_EQ_INT(rate_domain(r, 1, STR("a.example"), START), 0, "one");
	T_OK(rate_domain(r, 1, STR("a.example"), START) > 0, "and no second");
	rate_domain_back(r, 1, STR("a.example"));
	T_EQ_INT(rate_domain(r, 1, STR("a.example"), START), 0,
	    "unless the first did not go");
	rate_close(r);
}

/* Several processes at once never pass the limit together. */
static void
is_shared(void)
{
	struct rate *r = fresh();
	int status, taken = 0;

	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			int count = 0;

			for (int j = 0; j < 1000; j++)
				count += rate_second(r, 1000, START) == 0;
			_exit(count);
		}
	while (wait(&status) > 0)
		taken += WEXITSTATUS(status);
	T_EQ_INT(taken, 100, "four processes take what one may");
	rate_close(r);
}

static void
refuses_a_folder_that_is_none(void)
{
	struct err e = ERR_INIT;
	struct rate *r = NULL;

	T_EQ_INT(rate_open(&r, "/dev/null/x", &e), -1, "no folder");
	T_OK(strstr(e.msg, "/dev/null/x/rates") != NULL, "says so: %s", e.msg);
	rate_close(r);
}

int
main(void)
{
	T_RUN(keeps_the_second);
	T_RUN(does_not_save);
	T_RUN(heals);
	T_RUN(without_limits);
	T_RUN(keeps_the_day);
	T_RUN(takes_a_day_back);
	T_RUN(remembers);
	T_RUN(keeps_a_domain);
	T_RUN(takes_a_domain_back);
	T_RUN(is_shared);
	T_RUN(refuses_a_folder_that_is_none);
	return t_done();
}
