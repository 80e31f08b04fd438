#include "mail/retry.h"

#include "tests/t.h"

#define DAY 86400
#define GIVE_UP (5 * DAY)

static void
grows_up_to_four_hours(void)
{
	static const struct {
		int attempts;
		int64_t least;
	} table[] = {{0, 60}, {1, 60}, {2, 300}, {3, 600}, {4, 1200}, {5, 2400},
	    {6, 4800}, {7, 9600}, {8, 14400}, {9, 14400}, {1000000, 14400}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		for (uint64_t seed = 0; seed < 100; seed++) {
			int64_t wait =
			    retry_next(table[i].attempts, 0, GIVE_UP, seed);

			if (wait < table[i].least ||
			    wait > table[i].least * 5 / 4) {
				T_OK(false, "%d attempts, seed %d: %d s",
				    table[i].attempts, (int)seed, (int)wait);
				return;
			}
		}
	T_OK(true, "each pause is as long as it should be, and a quarter");
}

static void
spreads(void)
{
	int64_t least = INT64_MAX, most = 0;

	for (uint64_t seed = 0; seed < 1000; seed++) {
		int64_t wait = retry_next(2, 0, GIVE_UP, seed);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	T_OK(least < 310 && most > 365, "chance uses its quarter: %d to %d",
	    (int)least, (int)most);
	T_EQ_INT(retry_next(2, 0, GIVE_UP, 7), retry_next(2, 0, GIVE_UP, 7),
	    "the same for the same message");
}

static void
gives_up(void)
{
	T_EQ_INT(retry_next(9, GIVE_UP - 100, GIVE_UP, 1), 100,
	    "a last attempt when it is due");
	T_EQ_INT(retry_next(9, GIVE_UP, GIVE_UP, 1), -1, "and no other");
	T_EQ_INT(retry_next(3, 2 * GIVE_UP, GIVE_UP, 1), -1, "long after");
	T_OK(retry_next(1, -500, 60, 1) >= 60, "a clock that went back");
}

/* The relay was away, or the day's share used up: what is refused for now at
 * its first attempt was not refused for days. */
static void
gives_the_late_a_chance(void)
{
	int64_t wait = retry_next(1, 2 * GIVE_UP, GIVE_UP, 1);

	T_OK(wait >= 60 && wait <= 75, "a second attempt: %d s", (int)wait);
	wait = retry_next(2, GIVE_UP, GIVE_UP, 1);
	T_OK(wait >= 300 && wait <= 375, "a third one: %d s", (int)wait);
	wait = retry_next(2, GIVE_UP - 1, GIVE_UP, 1);
	T_OK(wait >= 300, "not in a second: %d s", (int)wait);
}

/* As a message lives that is refused each time. */
static void
tries_often_enough(void)
{
	int64_t age = 0, wait;
	int attempts = 1;

	while ((wait = retry_next(attempts, age, GIVE_UP, 3)) >= 0) {
		age += wait;
		attempts++;
	}
	T_EQ_INT(age, GIVE_UP, "the last one is when it is given up");
	T_OK(attempts > 30 && attempts < 45, "%d attempts in five days",
	    attempts);
}

static void
pauses(void)
{
	T_OK(retry_pause(1, 5) >= 1000 && retry_pause(1, 5) <= 1250,
	    "a second at first");
	T_OK(retry_pause(3, 5) >= 4000 && retry_pause(3, 5) <= 5000,
	    "then twice as long");
	T_OK(retry_pause(100, 5) >= 300000 && retry_pause(100, 5) <= 375000,
	    "up to five minutes");
}

int
main(void)
{
	T_RUN(grows_up_to_four_hours);
	T_RUN(spreads);
	T_RUN(gives_up);
	T_RUN(gives_the_late_a_chance);
	T_RUN(tries_often_enough);
	T_RUN(pauses);
	return t_done();
}
