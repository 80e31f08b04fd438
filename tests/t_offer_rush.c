/*
 * An offer that everybody wants at once: several programs at one store, each
 * with people of its own who all try to get one; then the same while programs
 * are killed. Nobody has two, nobody who was told "yours" has none, and just
 * as many are given as there are.
 */
#include "mail/store_claim.h"
#include "mail/store_offer.h"
#include "tests/desk_talk.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS 4
#define PEOPLE 200
#define STOCK 50 /* 30 and 20 */
#define KILLS 60

static const char page[] = "---\n"
			   "offer:\n"
			   "  item: shirt\n"
			   "  options: {S: 30, M: 20}\n"
			   "  ask: [address]\n"
			   "---\n";

static char state_path[512], told_path[540];
static char tokens[PEOPLE][TOKEN_LEN + 1];

static void
address_of(char *out, size_t n, int person)
{
	snprintf(out, n, "p%d@example.org", person);
}

/* In one transaction: a sync each would take long. */
static void
add_people(void)
{
	struct store_member m = {.list = STR("announce"),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .since = NOW,
	    .consent = STR("x")};
	enum member_outcome outcome;
	enum member_state was;
	char address[40];

	store_begin(store, NULL);
	for (int i = 0; i < PEOPLE; i++) {
		address_of(address, sizeof address, i);
		m.subscriber.address = str_of(address);
		store_member_add(store, &m, &outcome, &was, NULL);
		memcpy(tokens[i], token_of(address), TOKEN_LEN + 1);
	}
	T_EQ_INT(store_commit(store, NULL), 0, "%d people", PEOPLE);
}

static void
open_rush(const char *name)
{
	static char pages[540];
	char path[600];
	FILE *f;

	open_desk(name);
	snprintf(state_path, sizeof state_path, "%s/%s", t_tmpdir(), name);
	snprintf(pages, sizeof pages, "%s/pages", state_path);
	snprintf(told_path, sizeof told_path, "%s/told", state_path);
	snprintf(path, sizeof path, "%s/shirts.md", pages);
	mkdir(pages, 0700);
	f = fopen(path, "w");
	if (f == NULL || fputs(page, f) < 0 || fclose(f) != 0)
		exit(1);
	conf.state = str_of(state_path);
	conf.sites[0].pages = str_of(pages);
	add_people();
	step(NULL, "/offer/shirts.md");
}

/* Written down at once, before anybody can be killed for the next. */
static void
tell(int person)
{
	char line[16];
	int fd = open(told_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int n = snprintf(line, sizeof line, "%d\n", person);

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		_exit(3);
	close(fd);
}

/* Takes whichever is left, else a place in the line. */
static void
claim_one(int person)
{
	char claim[TOKEN_LEN + 1], option[2] = "1";
	int first = person % 2;

	if (step(NULL, "/claim/shirts.md/%s", tokens[person]) != DESK_SHOW)
		_exit(4);
	if (cut_behind(claim, TOKEN_LEN, answer.text, "(/claim/"))
		for (int i = 0; i < 2; i++) {
			option[0] = (char)('1' + (first + i) % 2);
			step(NULL, "/claim/%s/take/%s/0", claim, option);
			step("Somebody, Street 1, Town",
			    "/claim/%s/type/address/1", claim);
			if (step(NULL, "/claim/%s/send/2", claim) == DESK_KINDS)
				_exit(5);
			if (str_find(answer.text, STR(": yours, ")) >= 0)
				break;
		}
	if (str_find(answer.text, STR(": yours, ")) >= 0)
		tell(person);
	else if (step(NULL, "/claim/%s/wait/3", claim) == DESK_KINDS)
		_exit(6);
}

static void
be_program(const char *name, int number)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	/* The parent's handle is not this process's to close. */
	store = NULL;
	if (store_open(&store, path, NULL) != 0)
		_exit(2);
	for (int i = number; i < PEOPLE; i += PROGRAMS)
		claim_one(i);
	store_close(store);
	_exit(0);
}

static pid_t
start(const char *name, int number)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		be_program(name, number);
	return pid;
}

static int
count_told(bool told[PEOPLE])
{
	FILE *f = fopen(told_path, "r");
	int person, n = 0;

	memset(told, 0, PEOPLE * sizeof *told);
	while (f != NULL && fscanf(f, "%d", &person) == 1)
		if (person >= 0 && person < PEOPLE && !told[person]) {
			told[person] = true;
			n++;
		}
	if (f != NULL)
		fclose(f);
	return n;
}

static int
count_state(struct store_offer *o, enum claim_state state, int has[PEOPLE])
{
	static struct store_claim claims[PEOPLE * 2];
	struct arena a;
	size_t count = 0;
	int person;

	arena_init(&a);
	store_claims(
	    store, o->id, state, 0, &a, claims, PEOPLE * 2, &count, NULL);
	for (size_t i = 0; i < count; i++)
		if (sscanf(claims[i].address.p, "p%d@", &person) == 1)
			has[person]++;
	arena_release(&a);
	return (int)count;
}

/* Who has what, against what they were told. */
static void
holds(void)
{
	int taken[PEOPLE] = {0}, waiting[PEOPLE] = {0};
	int twice = 0, lost = 0, nothing = 0;
	struct store_offer o;
	bool told[PEOPLE];
	struct arena a;
	int n;

	arena_init(&a);
	store_offer_of_page(
	    store, &o, &a, STR("capsule.example.org"), STR("shirts.md"), NULL);
	T_EQ_INT(count_state(&o, CLAIM_TAKEN, taken), STOCK,
	    "as many are taken as there were");
	n = count_state(&o, CLAIM_WAITING, waiting);
	T_EQ_INT(n, PEOPLE - STOCK, "and everybody else waits");
	T_EQ_INT(store_offer_left(&o), 0, "none is left");
	for (size_t i = 0; i < o.option_count; i++)
		T_EQ_INT(o.option[i].taken, o.option[i].stock, "none of %.*s",
		    STR_ARG(o.option[i].name));
	n = count_told(told);
	for (int i = 0; i < PEOPLE; i++) {
		twice += taken[i] + waiting[i] > 1;
		lost += told[i] && taken[i] == 0;
		nothing += taken[i] + waiting[i] == 0;
	}
	T_EQ_INT(twice, 0, "nobody has two");
	T_EQ_INT(lost, 0, "of %d who were told, all have theirs", n);
	T_EQ_INT(nothing, 0, "nobody was lost");
	arena_release(&a);
}

static void
the_last_goes_to_one(void)
{
	bool told[PEOPLE];
	int status, bad = 0;

	open_rush("rush");
	for (int i = 0; i < PROGRAMS; i++)
		start("rush", i);
	for (int i = 0; i < PROGRAMS; i++)
		if (wait(&status) < 0 || status != 0)
			bad++;
	T_EQ_INT(bad, 0, "all programs end well");
	T_EQ_INT(count_told(told), STOCK, "as many were told as there are");
	holds();
}

/* One after the other is killed and started again, and then all may end. */
static void
nothing_is_lost_by_a_kill(void)
{
	int kills = 0, bad = 0, status;
	pid_t pids[PROGRAMS];
	unsigned seed = 42;

	open_rush("kill");
	for (int i = 0; i < PROGRAMS; i++)
		pids[i] = start("kill", i);
	for (int i = 0; i < KILLS; i++) {
		int which = rand_r(&seed) % PROGRAMS;

		usleep(10000 + (unsigned)rand_r(&seed) % 60000);
		kill(pids[which], SIGKILL);
		if (waitpid(pids[which], &status, 0) > 0 && WIFSIGNALED(status))
			kills++;
		pids[which] = start("kill", which);
	}
	for (int i = 0; i < PROGRAMS; i++)
		if (waitpid(pids[i], &status, 0) < 0 || status != 0)
			bad++;
	T_EQ_INT(bad, 0, "all programs end well");
	T_OK(kills > 0, "after %d kills", kills);
	T_EQ_INT(store_check(store, NULL), 0, "the store is well");
	holds();
}

int
main(void)
{
	talk_open();
	T_RUN(the_last_goes_to_one);
	T_RUN(nothing_is_lost_by_a_kill);
	talk_close();
	return t_done();
}
