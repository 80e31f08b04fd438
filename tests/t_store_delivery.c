#include "mail/store_bounce.h"
#include "mail/store_delivery.h"
#include "mail/store_subscriber.h"
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1000000
#define MANY 100000

static struct store *
open_store(const char *name)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	if (store_open(&s, path, &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	return s;
}

/* p0@example.org and so on, on the list. */
static void
add_members(struct store *s, int count, enum member_state state)
{
	struct store_member m = {.list = STR("announce"),
	    .state = state,
	    .way = WAY_IMPORT,
	    .since = 1};
	enum member_outcome outcome;
	struct err e = ERR_INIT;
	enum member_state was;
	int bad = store_begin(s, &e) != 0;
	char address[64];

	for (int i = 0; i < count && !bad; i++) {
		snprintf(address, sizeof address, "%c%d@example.org",
		    member_state_name(state)[0], i);
		m.subscriber.address = str_of(address);
		bad = store_member_add(s, &m, &outcome, &was, &e) != 0;
	}
	if (bad || store_commit(s, &e) != 0)
		T_OK(false, "members: %s", e.msg);
}

static int64_t
queue_as(struct store *s, bool holds_doubts, int64_t begins, int64_t expires,
    int64_t *recipients)
{
	struct store_announcement a = {.list = STR("announce"),
	    .page = STR("news/one.md"),
	    .subject = STR("One"),
	    .message = {"all\0of it", 9},
	    .queued = NOW,
	    .begins = begins,
	    .expires = expires,
	    .holds_doubts = holds_doubts};
	struct err e = ERR_INIT;

	if (store_announcement_queue(s, &a, recipients, &e) != 0)
		T_OK(false, "queued: %s", e.msg);
	return a.id;
}

static int64_t
queue(struct store *s)
{
	int64_t recipients;

	return queue_as(s, false, NOW, 0, &recipients);
}

static size_t
lease_at(struct store *s, int64_t now, struct store_delivery *out, size_t max)
{
	struct err e = ERR_INIT;
	static struct arena a;
	size_t count = 0;

	arena_release(&a);
	arena_init(&a);
	if (store_deliveries_lease(
		s, 0, now, now + 600, &a, out, max, &count, &e) != 0)
		T_OK(false, "leased: %s", e.msg);
	if (count == 0)
		arena_release(&a);
	return count;
}

static size_t
lease(struct store *s, struct store_delivery *out, size_t max)
{
	return lease_at(s, NOW, out, max);
}

static int
enter(struct store *s, int64_t id, enum delivery_state to, struct err *e)
{
	struct store_move move = {.to = to, .at = NOW, .due = NOW + 60};

	return store_delivery_enter(s, id, &move, e);
}

static void
must_enter(struct store *s, int64_t id, enum delivery_state to)
{
	struct err e = ERR_INIT;

	if (enter(s, id, to, &e) != 0)
		T_OK(false, "becomes %s: %s", delivery_state_name(to), e.msg);
}

static int64_t
total(struct store *s, int64_t id, enum delivery_state state)
{
	struct err e = ERR_INIT;
	struct store_totals t;

	if (store_announcement_totals(s, id, &t, &e) != 0)
		T_OK(false, "totals: %s", e.msg);
	return t.count[state];
}

static int64_t
tend(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;
	int64_t in_doubt = -1;

	if (store_deliveries_tend(s, now, &in_doubt, &e) != 0)
		T_OK(false, "tended: %s", e.msg);
	return in_doubt;
}

static enum announcement_state
state_of(struct store *s, int64_t id)
{
	struct store_announcement found = {.state = ANNOUNCEMENT_STATES};
	struct err e = ERR_INIT;
	struct arena a;

	arena_init(&a);
	if (store_announcement_find(s, &found, &a, id, &e) != 0)
		T_OK(false, "found: %s", e.msg);
	arena_release(&a);
	return found.state;
}

static void
queues_for_active_members_only(void)
{
	struct store_announcement found;
	struct store *s = open_store("queue");
	struct err e = ERR_INIT;
	int64_t id, recipients;
	struct arena a;

	add_members(s, 3, MEMBER_ACTIVE);
	add_members(s, 4, MEMBER_PENDING);
	add_members(s, 5, MEMBER_SUSPENDED);
	add_members(s, 6, MEMBER_LEFT);
	id = queue_as(s, true, NOW + 5, NOW + 9, &recipients);
	T_EQ_INT(recipients, 3, "those who are active");
	T_EQ_INT(total(s, id, DELIVERY_QUEUED), 3, "are queued");
	arena_init(&a);
	T_OK(store_announcement_of_page(
		 s, &found, &a, STR("announce"), STR("news/one.md"), &e) == 0,
	    "the page is known to be sent");
	T_EQ_INT(found.id, id, "its announcement");
	T_EQ_STR(found.subject, STR("One"), "its subject");
	T_EQ_STR(found.message, ((struct str){"all\0of it", 9}),
	    "its message, any bytes");
	T_EQ_INT(found.token.n, 26, "a token of its own");
	T_EQ_INT(found.begins, NOW + 5, "when it begins");
	T_EQ_INT(found.expires, NOW + 9, "when it expires");
	T_OK(found.holds_doubts, "what it does about doubts");
	T_OK(store_announcement_of_page(
		 s, &found, &a, STR("other"), STR("news/one.md"), &e) != 0,
	    "but not for another list");
	T_EQ_INT(e.kind, ERR_MISSING, "where there is none");
	arena_release(&a);
	store_close(s);
}

static void
remembers_what_was_cancelled(void)
{
	static const struct {
		const char *why, *list, *page;
		bool was;
	} table[] = {
	    {"the page", "announce", "news/one.md", true},
	    {"another page", "announce", "news/two.md", false},
	    {"another list", "other", "news/one.md", false},
	};
	struct store *s = open_store("was");
	struct err e = ERR_INIT;
	int64_t id, recipients;

	add_members(s, 1, MEMBER_ACTIVE);
	id = queue_as(s, true, NOW, NOW + 9, &recipients);
	T_OK(store_announcement_enter(s, id, ANNOUNCEMENT_CANCELLED, NOW, &e) ==
		0,
	    "an announcement is cancelled");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		bool was = !table[i].was;

		T_OK(store_announcement_was(s, str_of(table[i].list),
			 str_of(table[i].page), &was, &e) == 0,
		    "%s is asked for", table[i].why);
		T_EQ_INT(was, table[i].was, "%s: was one", table[i].why);
	}
	store_close(s);
}

/* Every way there is, and none else. A delivery is brought into a state from
 * QUEUED by the shortest way, leased where that takes it. */
static void
moves_along_its_ways_only(void)
{
	static const struct {
		enum delivery_state from;
		const char *to; /* q d s(ending) o(k) f i c */
	} table[] = {
	    {DELIVERY_QUEUED, "qdsfc"},
	    {DELIVERY_DEFERRED, "qdfc"}, /* s: once it is leased again */
	    {DELIVERY_SENDING, "qdofi"},
	    {DELIVERY_SENT, ""},
	    {DELIVERY_FAILED, "q"},
	    {DELIVERY_IN_DOUBT, "qofc"},
	    {DELIVERY_CANCELLED, ""},
	};
	static const char letters[] = "qdsofic";
	struct store *s = open_store("ways");

	add_members(s, 1, MEMBER_ACTIVE);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		for (int to = 0; to < DELIVERY_STATES; to++) {
			bool want = strchr(table[i].to, letters[to]) != NULL;
			enum delivery_state from = table[i].from;
			struct err e = ERR_INIT;
			struct store_delivery d;
			int64_t id = queue(s);

			T_EQ_INT(lease(s, &d, 1), 1, "leased");
			if (from == DELIVERY_SENT || from == DELIVERY_SENDING ||
			    from == DELIVERY_IN_DOUBT)
				must_enter(s, d.id, DELIVERY_SENDING);
			if (from != DELIVERY_SENDING && from != DELIVERY_QUEUED)
				must_enter(s, d.id, from);
			T_EQ_INT(
			    enter(s, d.id, (enum delivery_state)to, &e) == 0,
			    want, "%s to %s: %s", delivery_state_name(from),
			    delivery_state_name((enum delivery_state)to),
			    e.msg);
			T_EQ_INT(
			    total(s, id, want ? (enum delivery_state)to : from),
			    1, "and that is where it is");
			T_OK(want || e.kind == ERR_REFUSED, "refused as such");
			store_announcement_enter(
			    s, id, ANNOUNCEMENT_CANCELLED, NOW, NULL);
		}
	}
	store_close(s);
}

static void
remembers_attempts_and_answers(void)
{
	struct store *s = open_store("attempts");
	struct store_move move = {.to = DELIVERY_DEFERRED,
	    .at = NOW,
	    .due = NOW + 60,
	    .reply = STR("450 4.2.0 greylisted")};
	struct store_delivery_cursor after = {0};
	struct err e = ERR_INIT;
	struct store_delivery d;
	struct store_totals t;
	struct arena a;
	size_t count;
	int64_t id;

	add_members(s, 1, MEMBER_ACTIVE);
	id = queue(s);
	lease(s, &d, 1);
	T_EQ_STR(d.address, STR("a0@example.org"), "to whom");
	T_EQ_INT(d.token.n, 26, "with their token");
	must_enter(s, d.id, DELIVERY_SENDING);
	store_delivery_enter(s, d.id, &move, &e);
	T_EQ_INT(lease_at(s, NOW + 59, &d, 1), 0, "deferred, it is not due");
	store_announcement_totals(s, id, &t, &e);
	T_EQ_INT(t.next_due, NOW + 60, "when it is, is known");
	T_EQ_INT(lease_at(s, NOW + 60, &d, 1), 1, "then it is");
	T_EQ_INT(d.attempts, 1, "an attempt was made");
	T_EQ_STR(d.reply, move.reply, "and answered");
	must_enter(s, d.id, DELIVERY_SENDING);
	must_enter(s, d.id, DELIVERY_QUEUED);
	T_EQ_INT(lease_at(s, NOW + 60, &d, 1), 1, "put back");
	T_EQ_INT(d.attempts, 1, "is no attempt");
	must_enter(s, d.id, DELIVERY_SENDING);
	move = (struct store_move){.to = DELIVERY_SENT,
	    .at = NOW + 61,
	    .reply = STR("250 2.0.0 queued as 42")};
	T_OK(store_delivery_enter(s, d.id, &move, &e) == 0, "%s", e.msg);
	arena_init(&a);
	T_OK(store_deliveries(
		 s, id, DELIVERY_SENT, &after, &a, &d, 1, &count, &e) == 0,
	    "%s", e.msg);
	T_EQ_INT(count, 1, "it is sent");
	T_EQ_INT(d.attempts, 2, "at the second attempt");
	T_EQ_INT(d.changed, NOW + 61, "and when");
	T_EQ_STR(d.reply, move.reply, "with the answer");
	arena_release(&a);
	T_EQ_INT(tend(s, NOW + 62), 0, "nothing is in doubt");
	T_EQ_INT(state_of(s, id), ANNOUNCEMENT_DONE, "and all is done");
	store_close(s);
}

static void
two_programs_never_lease_the_same(void)
{
	struct store *one = open_store("two"), *two = open_store("two");
	struct store_delivery mine[60], theirs[60];
	struct err e = ERR_INIT;
	size_t both = 0;

	add_members(one, 100, MEMBER_ACTIVE);
	queue(one);
	T_EQ_INT(lease(one, mine, 60), 60, "one has its part");
	T_EQ_INT(lease(two, theirs, 60), 40, "the other has the rest");
	for (size_t i = 0; i < 60; i++)
		for (size_t j = 0; j < 40; j++)
			both += mine[i].id == theirs[j].id;
	T_EQ_INT(both, 0, "none is both's");
	T_OK(enter(two, mine[0].id, DELIVERY_SENDING, &e) != 0,
	    "what is another's cannot be claimed");
	T_EQ_INT(e.kind, ERR_REFUSED, "but is refused");
	err_clear(&e);
	T_EQ_INT(tend(two, NOW + 1), 0, "who lives keeps its leases");
	T_OK(enter(one, mine[0].id, DELIVERY_SENDING, &e) == 0, "%s", e.msg);
	T_OK(store_leases_release(one, &e) == 0, "the rest is given back");
	T_EQ_INT(lease(two, theirs, 60), 59, "and the other's");
	T_OK(enter(one, mine[0].id, DELIVERY_SENT, &e) == 0,
	    "but not what was claimed: %s", e.msg);
	store_close(two);
	T_EQ_INT(lease(one, mine, 60), 60, "who ends gives back");
	store_close(one);
}

static void
a_lease_ends_at_its_time(void)
{
	struct store *one = open_store("late"), *two = open_store("late");
	struct store_delivery mine[2], theirs[2];
	struct err e = ERR_INIT;
	int64_t id;

	add_members(one, 2, MEMBER_ACTIVE);
	id = queue(one);
	lease(one, mine, 2);
	must_enter(one, mine[0].id, DELIVERY_SENDING);
	T_EQ_INT(tend(two, NOW + 599), 0, "before it nothing ends");
	T_EQ_INT(tend(two, NOW + 600), 1, "at it what was claimed is in doubt");
	T_EQ_INT(total(two, id, DELIVERY_QUEUED), 2, "and queued again");
	T_EQ_INT(lease_at(two, NOW + 600, theirs, 2), 2, "by another");
	T_EQ_INT(theirs[0].doubts + theirs[1].doubts, 1, "which is known");
	must_enter(two, mine[0].id, DELIVERY_SENDING);
	T_OK(enter(one, mine[0].id, DELIVERY_SENT, &e) != 0,
	    "who comes late is refused");
	T_EQ_INT(total(two, id, DELIVERY_SENDING), 1,
	    "since it is the other's to say");
	store_close(one);
	store_close(two);
}

/* Leases two and claims one, then dies; says when it is about to. */
static void
die_while_sending(const char *name)
{
	struct store_delivery d[2];
	struct store *s;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		s = open_store(name);
		if (lease(s, d, 2) == 2)
			must_enter(s, d[0].id, DELIVERY_SENDING);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	T_OK(WIFSIGNALED(status), "a program is killed");
}

static void
death_ends_leases_at_once(void)
{
	static const struct {
		const char *name;
		bool holds_doubts;
		enum delivery_state then;
	} table[] = {
	    {"dies", false, DELIVERY_QUEUED},
	    {"dies-holding", true, DELIVERY_IN_DOUBT},
	};

	for (size_t i = 0; i < 2; i++) {
		struct store *s = open_store(table[i].name);
		struct store_delivery d[3];
		struct err e = ERR_INIT;
		struct store_move move = {.to = DELIVERY_SENT, .at = NOW};
		int64_t id, n;

		add_members(s, 3, MEMBER_ACTIVE);
		id = queue_as(s, table[i].holds_doubts, NOW, 0, &n);
		store_close(s);
		die_while_sending(table[i].name);
		s = open_store(table[i].name);
		T_EQ_INT(total(s, id, DELIVERY_SENDING), 1, "it was sending");
		T_EQ_INT(tend(s, NOW), 1, "one is in doubt");
		T_EQ_INT(total(s, id, table[i].then),
		    table[i].holds_doubts ? 1 : 3, "and where it belongs");
		T_EQ_INT(lease(s, d, 3), table[i].holds_doubts ? 2 : 3,
		    "the others are there at once");
		if (table[i].holds_doubts) {
			T_OK(store_deliveries_enter(
				 s, id, DELIVERY_IN_DOUBT, &move, &n, &e) == 0,
			    "the organizer says that it was sent: %s", e.msg);
			T_EQ_INT(n, 1, "which was one");
		}
		store_close(s);
	}
}

/* A daemon may have a hundred sessions, and a machine that is killed all of
 * them at once. */
static void
many_die_at_once(void)
{
	enum { DEAD = 70 };
	struct store_delivery d[DEAD];
	struct store *s = open_store("many-die");
	int64_t id;
	pid_t pid;

	add_members(s, DEAD, MEMBER_ACTIVE);
	id = queue(s);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < DEAD; i++) {
			struct store *one = open_store("many-die");

			if (lease(one, d, 1) == 1)
				must_enter(one, d[0].id, DELIVERY_SENDING);
		}
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	T_EQ_INT(total(s, id, DELIVERY_SENDING), DEAD, "all were sending");
	T_EQ_INT(tend(s, NOW), DEAD, "all are found");
	T_EQ_INT(lease(s, d, DEAD), DEAD, "and free again");
	store_close(s);
}

/* A machine without a battery wakes up years away, and is told the time when
 * it has already said when to come again. */
static void
a_wrong_clock_heals(void)
{
	enum { DAY = 86400 };
	static const struct {
		const char *why;
		enum delivery_state state;
		int64_t due;
		int want;
	} cases[] = {
	    {"an hour", DELIVERY_DEFERRED, NOW + 3600, 0},
	    {"a day", DELIVERY_DEFERRED, NOW + DAY, 0},
	    {"more", DELIVERY_DEFERRED, NOW + DAY + 1, 1},
	    {"years", DELIVERY_DEFERRED, NOW + 4000LL * DAY, 1},
	    {"years for a turn", DELIVERY_QUEUED, NOW + 4000LL * DAY, 1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store_move move = {
		    .to = cases[i].state, .at = NOW, .due = cases[i].due};
		struct store_delivery d[1];
		struct err e = ERR_INIT;
		struct store *s;
		char name[32];

		snprintf(name, sizeof name, "clock-%zu", i);
		s = open_store(name);
		add_members(s, 1, MEMBER_ACTIVE);
		queue(s);
		lease(s, d, 1);
		T_EQ_INT(store_delivery_enter(s, d[0].id, &move, &e), 0,
		    "%s: it waits", cases[i].why);
		tend(s, NOW);
		T_EQ_INT(lease(s, d, 1), cases[i].want, "%s", cases[i].why);
		store_close(s);
	}
}

static void
what_is_scheduled_waits(void)
{
	struct store *s = open_store("scheduled");
	struct store_delivery d[1];
	int64_t n;

	add_members(s, 1, MEMBER_ACTIVE);
	queue_as(s, false, NOW + 86400 * 30, 0, &n);
	tend(s, NOW);
	T_EQ_INT(lease_at(s, NOW + 86400, d, 1), 0, "not before it begins");
	tend(s, NOW + 86400 * 30);
	T_EQ_INT(lease_at(s, NOW + 86400 * 30, d, 1), 1, "then at once");
	store_close(s);
}

/* What has failed is tried again, but not against anybody's will. */
static void
failures_again(void)
{
	struct store *s = open_store("again");
	struct store_move fail = {.to = DELIVERY_FAILED, .at = NOW},
			  again = {.to = DELIVERY_QUEUED, .at = NOW};
	static const enum member_state gone[] = {MEMBER_LEFT, MEMBER_SUSPENDED};
	struct err e = ERR_INIT;
	struct store_subscriber who;
	struct arena a;
	int64_t id, n;

	add_members(s, 3, MEMBER_ACTIVE);
	id = queue(s);
	T_OK(store_deliveries_enter(s, id, DELIVERY_QUEUED, &fail, &n, &e) == 0,
	    "all fail: %s", e.msg);
	arena_init(&a);
	for (int i = 0; i < 2; i++) {
		const struct store_entry entry = {
		    .state = gone[i], .way = WAY_MAIL, .at = NOW};
		char address[] = "a0@example.org";

		address[1] = (char)('0' + i);
		T_OK(store_subscriber_find(s, &who, &a, str_of(address), &e) ==
			    0 &&
			store_member_enter(
			    s, who.id, STR("announce"), &entry, &e) == 0,
		    "%s is %s", address, member_state_name(gone[i]));
	}
	arena_release(&a);
	T_OK(
	    store_deliveries_enter(s, id, DELIVERY_FAILED, &again, &n, &e) == 0,
	    "they are tried again: %s", e.msg);
	T_EQ_INT(n, 1, "who is still there");
	T_EQ_INT(total(s, id, DELIVERY_FAILED), 2, "and nobody else");
	store_close(s);
}

static void
is_paused_and_cancelled(void)
{
	struct store *s = open_store("stop"), *other = open_store("stop");
	struct store_delivery d[5], more[5];
	struct err e = ERR_INIT;
	int64_t id, n;

	add_members(s, 5, MEMBER_ACTIVE);
	id = queue_as(s, false, NOW + 10, 0, &n);
	T_EQ_INT(lease_at(s, NOW + 9, d, 5), 0, "it has not begun");
	T_EQ_INT(lease_at(s, NOW + 10, d, 3), 3, "it has");
	must_enter(s, d[0].id, DELIVERY_SENDING);
	T_OK(store_announcement_enter(
		 other, id, ANNOUNCEMENT_PAUSED, NOW, &e) == 0,
	    "paused: %s", e.msg);
	T_EQ_INT(lease_at(other, NOW + 10, more, 5), 0, "nothing is leased");
	T_OK(enter(s, d[1].id, DELIVERY_SENDING, &e) != 0,
	    "and nothing claimed");
	err_clear(&e);
	must_enter(s, d[0].id, DELIVERY_SENT);
	T_OK(store_announcement_enter(other, id, ANNOUNCEMENT_OPEN, NOW, &e) ==
		0,
	    "resumed: %s", e.msg);
	must_enter(s, d[1].id, DELIVERY_SENDING);
	T_OK(store_announcement_enter(
		 other, id, ANNOUNCEMENT_CANCELLED, NOW, &e) == 0,
	    "cancelled: %s", e.msg);
	T_EQ_INT(total(s, id, DELIVERY_CANCELLED), 3, "what waited is");
	T_OK(enter(s, d[2].id, DELIVERY_SENDING, &e) != 0,
	    "also what was leased");
	err_clear(&e);
	must_enter(s, d[1].id, DELIVERY_SENT);
	T_OK(store_announcement_enter(s, id, ANNOUNCEMENT_OPEN, NOW, &e) != 0,
	    "which is for good");
	T_EQ_INT(e.kind, ERR_REFUSED, "and said");
	err_clear(&e);
	id = queue_as(s, false, NOW, NOW + 100, &n);
	T_EQ_INT(lease_at(s, NOW + 100, d, 5), 0, "too late is not sent");
	tend(s, NOW + 100);
	T_EQ_INT(total(s, id, DELIVERY_FAILED), 5, "but has failed");
	T_EQ_INT(state_of(s, id), ANNOUNCEMENT_DONE, "and is done");
	store_close(s);
	store_close(other);
}

/* Who leaves, or is erased, while it is queued gets nothing; what was counted
 * stays so. */
static void
who_leaves_gets_nothing(void)
{
	struct store *s = open_store("leave");
	struct store_entry left = {.state = MEMBER_LEFT, .at = NOW};
	struct store_bounce bounce = {.at = NOW, .status = STR("5.1.1")};
	struct store_delivery_cursor after = {0};
	struct store_subscriber who;
	struct store_delivery d[4];
	struct err e = ERR_INIT;
	bool was_known = false;
	struct arena a;
	size_t count;
	int64_t id;

	add_members(s, 4, MEMBER_ACTIVE);
	id = queue(s);
	arena_init(&a);
	T_OK(store_subscriber_find(s, &who, &a, STR("A0@example.org"), &e) == 0,
	    "found whatever the case: %s", e.msg);
	T_OK(store_member_enter(s, who.id, STR("announce"), &left, &e) == 0,
	    "one leaves: %s", e.msg);
	T_EQ_INT(total(s, id, DELIVERY_CANCELLED), 1, "theirs is cancelled");
	T_EQ_INT(lease(s, d, 4), 3, "the others get theirs");
	must_enter(s, d[0].id, DELIVERY_SENDING);
	must_enter(s, d[1].id, DELIVERY_SENDING);
	must_enter(s, d[1].id, DELIVERY_SENT);
	T_OK(store_bounce_add(s, d[1].subscriber, &bounce, &e) == 0, "%s",
	    e.msg);
	for (int i = 1; i < 4; i++) {
		char address[32];

		snprintf(address, sizeof address, "a%d@example.org", i);
		T_OK(store_subscriber_erase(
			 s, str_of(address), NOW, &was_known, &e) == 0 &&
			was_known,
		    "%s is erased: %s", address, e.msg);
	}
	T_OK(enter(s, d[2].id, DELIVERY_SENDING, &e) != 0,
	    "what waited for them is not sent");
	must_enter(s, d[0].id, DELIVERY_SENT);
	T_EQ_INT(total(s, id, DELIVERY_SENT), 2, "what was sent still counts");
	T_OK(store_deliveries(
		 s, id, DELIVERY_SENT, &after, &a, d, 4, &count, &e) == 0,
	    "%s", e.msg);
	T_EQ_INT(d[0].subscriber, 0, "but is nobody's");
	T_EQ_INT(d[0].address.n, 0, "and has no address");
	arena_release(&a);
	store_close(s);
}

static void
pages_through_many(void)
{
	struct store *s = open_store("many");
	struct store_delivery *page = calloc(1000, sizeof *page);
	struct store_member *members = calloc(1000, sizeof *members);
	struct store_delivery_cursor after = {0};
	struct store_member_cursor behind = {0};
	struct store_member_query query = {.state = MEMBER_ACTIVE};
	int64_t id, recipients, seen = 0, ordered = 0, last = 0;
	struct err e = ERR_INIT;
	struct arena a;
	size_t count;

	add_members(s, MANY, MEMBER_ACTIVE);
	id = queue_as(s, false, NOW, 0, &recipients);
	T_EQ_INT(recipients, MANY, "all of them are queued");
	do {
		arena_init(&a);
		if (store_deliveries(s, id, DELIVERY_QUEUED, &after, &a, page,
			1000, &count, &e) != 0)
			T_OK(false, "%s", e.msg);
		for (size_t i = 0; i < count; i++) {
			ordered += page[i].id > last;
			last = page[i].id;
		}
		seen += (int64_t)count;
		arena_release(&a);
	} while (count > 0);
	T_EQ_INT(seen, MANY, "deliveries: every one is seen");
	T_EQ_INT(ordered, MANY, "each once");
	for (int with_list = 0; with_list < 2; with_list++) {
		query.list = with_list ? STR("announce") : (struct str){0};
		behind = (struct store_member_cursor){0};
		seen = ordered = last = 0;
		do {
			arena_init(&a);
			if (store_members(s, &query, &behind, &a, members, 1000,
				&count, &e) != 0)
				T_OK(false, "%s", e.msg);
			for (size_t i = 0; i < count; i++) {
				ordered += members[i].subscriber.id > last;
				last = members[i].subscriber.id;
			}
			seen += (int64_t)count;
			arena_release(&a);
		} while (count > 0);
		T_EQ_INT(seen, MANY, "members: every one is seen");
		T_EQ_INT(ordered, MANY, "each once");
	}
	free(members);
	free(page);
	store_close(s);
}

/* What the caller groups is one commit. */
static void
moves_within_a_transaction(void)
{
	struct store *s = open_store("group");
	struct store_delivery d[3];
	struct err e = ERR_INIT;
	int64_t id;

	add_members(s, 3, MEMBER_ACTIVE);
	id = queue(s);
	lease(s, d, 3);
	T_OK(store_begin(s, &e) == 0, "begins");
	for (int i = 0; i < 3; i++)
		must_enter(s, d[i].id, DELIVERY_SENDING);
	T_OK(enter(s, d[0].id, DELIVERY_CANCELLED, &e) != 0,
	    "one that is refused");
	err_clear(&e);
	T_OK(store_commit(s, &e) == 0, "leaves the rest: %s", e.msg);
	T_EQ_INT(total(s, id, DELIVERY_SENDING), 3, "which are claimed");
	store_close(s);
}

static void
knows_what_is_due(void)
{
	struct store *s = open_store("due");
	struct store_delivery d[10];
	struct store_move move = {
	    .to = DELIVERY_DEFERRED, .at = NOW, .due = NOW + 60};
	struct err e = ERR_INIT;
	int64_t count, next, id, recipients;

	T_EQ_INT(store_deliveries_due(s, 0, NOW, 100, &count, &next, &e), 0,
	    "an empty store");
	T_EQ_INT(count + next, 0, "has nothing to do, ever");
	add_members(s, 10, MEMBER_ACTIVE);
	id = queue_as(s, false, NOW + 5, 0, &recipients);
	store_deliveries_due(s, 0, NOW, 100, &count, &next, &e);
	T_EQ_INT(count, 0, "one that has not begun");
	T_EQ_INT(next, NOW + 5, "does then");
	store_deliveries_due(s, id, NOW + 5, 100, &count, &next, &e);
	T_EQ_INT(count, 10, "all ten");
	store_deliveries_due(s, id, NOW + 5, 4, &count, &next, &e);
	T_EQ_INT(count, 4, "counted up to a limit");
	store_deliveries_due(s, id + 1, NOW + 5, 4, &count, &next, &e);
	T_EQ_INT(count + next, 0, "of another announcement there are none");
	T_EQ_INT(lease_at(s, NOW + 5, d, 10), 10, "once all are leased");
	store_deliveries_due(s, 0, NOW + 5, 100, &count, &next, &e);
	T_EQ_INT(count + next, 0, "nothing is left for others");
	store_delivery_enter(s, d[0].id, &move, &e);
	store_deliveries_due(s, 0, NOW + 5, 100, &count, &next, &e);
	T_EQ_INT(count, 0, "what is deferred");
	T_EQ_INT(next, NOW + 60, "is due in its time");
	T_EQ_INT(e.kind, ERR_NONE, "and nothing failed: %s", e.msg);
	store_close(s);
}

static void
syncs_later(void)
{
	struct store *s = open_store("sync"), *other = open_store("sync");
	struct err e = ERR_INIT;

	T_EQ_INT(store_sync(s, &e), 0, "with nothing written: %s", e.msg);
	T_EQ_INT(store_defer_sync(s, &e), 0, "from now on: %s", e.msg);
	add_members(s, 10, MEMBER_ACTIVE);
	queue(s);
	T_EQ_INT(store_sync(other, &e), 0, "for what another wrote: %s", e.msg);
	store_close(s);
	T_EQ_INT(total(other, 1, DELIVERY_QUEUED), 10, "which is there");
	store_close(other);
}

int
main(void)
{
	T_RUN(queues_for_active_members_only);
	T_RUN(remembers_what_was_cancelled);
	T_RUN(moves_along_its_ways_only);
	T_RUN(remembers_attempts_and_answers);
	T_RUN(two_programs_never_lease_the_same);
	T_RUN(a_lease_ends_at_its_time);
	T_RUN(death_ends_leases_at_once);
	T_RUN(many_die_at_once);
	T_RUN(a_wrong_clock_heals);
	T_RUN(what_is_scheduled_waits);
	T_RUN(failures_again);
	T_RUN(is_paused_and_cancelled);
	T_RUN(who_leaves_gets_nothing);
	T_RUN(pages_through_many);
	T_RUN(moves_within_a_transaction);
	T_RUN(knows_what_is_due);
	T_RUN(syncs_later);
	return t_done();
}
