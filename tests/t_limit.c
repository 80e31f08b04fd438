#include "server/limit.h"

#include "tests/t.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 8
#define SECOND 1000000

static struct limit_table *table;
static struct conf_limits rules;

/* A table of its own for each test, with rules that nobody meets. */
static struct limit
begin(void)
{
	struct err e = ERR_INIT;

	limit_table_free(table);
	if (limit_table_new(&table, SLOTS, &e) != 0)
		abort();
	rules = (struct conf_limits){
	    .connections = 1000000,
	    .connections_per_address = 1000000,
	    .handshakes = 1000000,
	};
	return (struct limit){table, &rules, 0};
}

static struct address
addr(const char *text)
{
	struct address a;

	if (address_parse(&a, str_of(text), NULL) != 0)
		abort();
	return a;
}

static enum limit_kind
enter(struct limit *l, struct limit_hold *hold, const char *text)
{
	struct address a = addr(text);
	enum limit_kind kind;

	*hold = (struct limit_hold){0};
	kind = limit_open(l, hold);
	return kind != LIMIT_NONE ? kind : limit_address(l, hold, &a);
}

static void
counts_connections_in_all(void)
{
	struct limit one = begin(), two = one;
	struct limit_hold a, b, c;

	two.slot = 1;
	rules.connections = 2;
	T_EQ_INT(enter(&one, &a, "192.0.2.1"), LIMIT_NONE, "the first");
	T_EQ_INT(enter(&two, &b, "192.0.2.2"), LIMIT_NONE,
	    "the second, at another worker");
	T_EQ_INT(enter(&one, &c, "192.0.2.3"), LIMIT_CONNECTIONS,
	    "the third is one too many");
	limit_close(&one, &c);
	T_EQ_INT((int64_t)limit_connections(table), 2,
	    "one that was refused holds nothing");
	limit_close(&two, &b);
	limit_close(&two, &b);
	T_EQ_INT((int64_t)limit_connections(table), 1,
	    "closing twice is closing once");
	T_EQ_INT(
	    enter(&one, &c, "192.0.2.3"), LIMIT_NONE, "there is room again");
}

static const struct {
	const char *why;
	const char *held, *comes;
	enum limit_kind want;
} pairs[] = {
    {"the same IPv4 address", "192.0.2.1", "192.0.2.1", LIMIT_ADDRESS},
    {"its neighbour", "192.0.2.1", "192.0.2.2", LIMIT_NONE},
    {"the same through an IPv6 socket", "192.0.2.1", "::ffff:192.0.2.1",
	LIMIT_ADDRESS},
    {"the same /64", "2001:db8:0:1::1", "2001:db8:0:1:ffff::9", LIMIT_ADDRESS},
    {"the next /64", "2001:db8:0:1::1", "2001:db8:0:2::1", LIMIT_NONE},
    {"IPv6 whose bytes begin like the IPv4 address", "32.1.13.184",
	"2001:db8::1", LIMIT_NONE},
};

static void
counts_by_address(void)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct limit one = begin(), two = one;
		struct limit_hold a, b;

		two.slot = 1;
		rules.connections_per_address = 1;
		enter(&one, &a, pairs[i].held);
		T_EQ_INT(enter(&two, &b, pairs[i].comes), pairs[i].want, "%s",
		    pairs[i].why);
		limit_close(&two, &b);
		limit_close(&one, &a);
		T_EQ_INT(enter(&two, &b, pairs[i].held), LIMIT_NONE,
		    "%s: room again after it left", pairs[i].why);
	}
}

static void
counts_handshakes(void)
{
	struct limit l = begin();
	struct limit_hold a = {0}, b = {0};

	rules.handshakes = 1;
	T_EQ_INT(limit_handshake_begin(&l, &a), LIMIT_NONE, "the first");
	T_EQ_INT(limit_handshake_begin(&l, &b), LIMIT_HANDSHAKES,
	    "the second at once");
	limit_handshake_end(&l, &a);
	limit_handshake_end(&l, &a);
	T_EQ_INT(limit_handshake_begin(&l, &b), LIMIT_NONE,
	    "the second after the first");
	limit_close(&l, &b);
	T_EQ_INT(
	    (int64_t)limit_handshakes(table), 0, "closing ends a handshake");
}

/* Requests at moments (seconds * 10), 2 a second, a burst of 3. */
static const struct {
	const char *why;
	int tenth;
	int64_t want;
} visits[] = {
    {"burst 1", 0, 0},
    {"burst 2", 0, 0},
    {"burst 3", 0, 0},
    {"the fourth waits", 0, 1},
    {"being refused costs nothing", 0, 1},
    {"not yet", 4, 1},
    {"after half a second there is one", 5, 0},
    {"and no other", 5, 1},
    {"after a long rest", 1000, 0},
    {"the burst", 1000, 0},
    {"is full", 1000, 0},
    {"and no fuller", 1000, 1},
};

static void
fills_a_bucket(void)
{
	struct limit l = begin(), other = l;
	struct limit_hold hold, again;

	other.slot = 1;
	rules.requests_per_second = 2;
	rules.burst = 3;
	enter(&l, &hold, "192.0.2.1");
	enter(&other, &again, "192.0.2.1");
	for (size_t i = 0; i < sizeof visits / sizeof visits[0]; i++) {
		/* Every other request at another worker: one bucket. */
		int64_t now = SECOND + visits[i].tenth * (SECOND / 10);

		T_EQ_INT(i % 2 ? limit_request(&other, &again, now)
			       : limit_request(&l, &hold, now),
		    visits[i].want, "%s", visits[i].why);
	}
}

static void
says_how_long_to_wait(void)
{
	struct limit l = begin();
	struct limit_hold hold;
	int64_t now = SECOND, wait;

	rules.requests_per_second = 1;
	rules.burst = 1;
	enter(&l, &hold, "2001:db8::1");
	T_EQ_INT(limit_request(&l, &hold, now), 0, "the first goes on");
	wait = limit_request(&l, &hold, now + 1);
	T_EQ_INT(wait, 1, "the second waits whole seconds, rounded up");
	T_EQ_INT(limit_request(&l, &hold, now + 1 + wait * SECOND), 0,
	    "and goes on after exactly that");
	rules.requests_per_second = 0;
	T_EQ_INT(limit_request(&l, &hold, now), 0, "0 is no limit");
	rules.requests_per_second = 1;
	limit_close(&l, &hold);
	enter(&l, &hold, "2001:db8::2");
	T_EQ_INT(limit_request(&l, &hold, now + SECOND + 2), 1,
	    "a new connection of the /64 is no way around it");
	T_EQ_INT(limit_request(&l, &(struct limit_hold){0}, now), 0,
	    "an address that is not counted is not held up");
}

static void
has_room_for_all_the_world(void)
{
	struct limit l = begin();
	struct limit_hold first, hold;
	struct address a = addr("10.0.0.0");
	int refused = 0;

	rules.connections_per_address = 1;
	enter(&l, &first, "192.0.2.1");
	for (uint32_t i = 0; i < 200000; i++) {
		memcpy(a.bytes + 1, &i, 3);
		hold = (struct limit_hold){0};
		refused += limit_address(&l, &hold, &a) != LIMIT_NONE;
		limit_close(&l, &hold);
	}
	T_EQ_INT(refused, 0, "200,000 addresses come and go");
	T_EQ_INT(enter(&l, &hold, "192.0.2.1"), LIMIT_ADDRESS,
	    "an address with a connection is not forgotten for them");
	limit_close(&l, &hold);

	refused = 0;
	for (uint32_t i = 0; i < 200000; i++) {
		memcpy(a.bytes + 1, &i, 3);
		hold = (struct limit_hold){0};
		refused += limit_address(&l, &hold, &a) != LIMIT_NONE;
	}
	T_EQ_INT(refused, 0, "200,000 stay: nobody is refused by mistake");
}

/* Comes and goes from two addresses until it is killed. */
static void
busy_worker(int slot, volatile uint64_t *over)
{
	struct limit l = {table, &rules, slot};
	struct limit_hold holds[4] = {{0}};

	for (unsigned i = 0;; i++) {
		struct limit_hold *h = &holds[i % 4];

		limit_close(&l, h);
		enter(&l, h, i & 4 ? "192.0.2.1" : "2001:db8::1");
		if (h->is_counted && limit_handshake_begin(&l, h) == 0 && i & 1)
			limit_handshake_end(&l, h);
		if (limit_connections(table) > 6 + SLOTS)
			*over = *over + 1;
	}
}

static void
survives_kills(void)
{
	volatile uint64_t *over = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct limit l = begin();
	struct limit_hold holds[6] = {{0}};
	int entered = 0;

	rules.connections = 6;
	rules.connections_per_address = 3;
	for (int round = 0; round < 20; round++) {
		pid_t pids[SLOTS];

		for (int i = 0; i < SLOTS; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				busy_worker(i, over);
		}
		usleep(2000);
		for (int i = 0; i < SLOTS; i++) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
			limit_worker_gone(table, i);
		}
	}
	T_EQ_INT((int64_t)limit_connections(table), 0,
	    "killed workers hold no connection");
	T_EQ_INT((int64_t)limit_handshakes(table), 0, "and no handshake");
	T_EQ_INT((int64_t)*over, 0, "there were never too many");
	for (int i = 0; i < 6; i++)
		entered += enter(&l, &holds[i], "192.0.2.1") == LIMIT_NONE;
	T_EQ_INT(entered, 3, "nor does any count for its address");
	munmap((void *)over, 4096);
}

/* Workers that take all they get: together exactly what is allowed. */
static void
is_exact_across_workers(void)
{
	uint64_t *taken = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t in = 0, through = 0;

	begin();
	rules.connections_per_address = 100;
	rules.requests_per_second = 1;
	rules.burst = 500;
	for (int i = 0; i < SLOTS; i++) {
		if (fork() == 0) {
			struct limit l = {table, &rules, i};
			struct limit_hold hold, one = {0};

			for (int n = 0; n < 1000; n++) {
				if (enter(&l, &hold, "192.0.2.1") != 0)
					continue;
				taken[i]++;
				one = hold;
			}
			for (int n = 0; n < 1000 && one.entry != 0; n++)
				taken[SLOTS + i] +=
				    limit_request(&l, &one, SECOND) == 0;
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		continue;
	for (int i = 0; i < SLOTS; i++) {
		in += taken[i];
		through += taken[SLOTS + i];
	}
	T_OK(in <= 100, "no more connections than allowed: %d", (int)in);
	T_OK(in > 100 - SLOTS, "and hardly fewer: %d", (int)in);
	T_EQ_INT((int64_t)through, 500, "every token is taken once");
	munmap(taken, 4096);
}

int
main(void)
{
	T_RUN(counts_connections_in_all);
	T_RUN(counts_by_address);
	T_RUN(counts_handshakes);
	T_RUN(fills_a_bucket);
	T_RUN(says_how_long_to_wait);
	T_RUN(has_room_for_all_the_world);
	T_RUN(survives_kills);
	T_RUN(is_exact_across_workers);
	limit_table_free(table);
	return t_done();
}
