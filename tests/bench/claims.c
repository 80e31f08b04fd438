/*
 * How many claims a second the desk takes, each by the link of a message, with
 * a size, an address and a sentence, and each on the disk before it is
 * answered: by one program, and by several at one store. Run by
 * tests/bench/claims.sh.
 */
#include "mail/desk.h"
#include "mail/store_subscriber.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEOPLE 1000
#define PROGRAMS_MAX 4

static const char conf_text[] =
    "host: capsule.example.org\n"
    "mail: {from: \"A conference <announce@example.org>\"}\n";
static const char page[] = "---\n"
			   "offer: {item: shirt, options: {S: 1000000}, ask: "
			   "[address, sentence]}\n"
			   "---\n";

static struct conf conf;
static struct desk desk = {.conf = &conf};
static char tokens[PEOPLE][27];
static struct buf title, text;

static void
die(const struct err *e)
{
	fprintf(stderr, "claims: %s\n", e->msg);
	exit(1);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct desk_answer
step(const char *path, const char *input)
{
	struct desk_request request = {.host = STR("capsule.example.org"),
	    .path = str_of(path),
	    .input = str_of(input),
	    .has_input = input != NULL,
	    .network = STR("192.0.2.0/24")};
	struct err e = ERR_INIT;
	struct desk_answer answer;

	if (desk_answer(
		&desk, &request, time(NULL), &title, &text, &answer, &e) != 0)
		die(&e);
	return answer;
}

static void
claim(int person)
{
	struct desk_answer answer;
	char path[200], token[27] = "";
	struct err e = ERR_INIT;
	ptrdiff_t at;

	snprintf(path, sizeof path, "/claim/shirts.md/%s", tokens[person]);
	answer = step(path, NULL);
	at = str_find(answer.text, STR("(/claim/"));
	if (at > 0)
		memcpy(token, answer.text.p + at + 8, 26);
	snprintf(path, sizeof path, "/claim/%s/take/1/0", token);
	step(path, NULL);
	snprintf(path, sizeof path, "/claim/%s/type/address/1", token);
	step(path, "Ann Example, Street 1, 12345 Town");
	snprintf(path, sizeof path, "/claim/%s/type/sentence/2", token);
	step(path, "It found the bug.");
	snprintf(path, sizeof path, "/claim/%s/send/3", token);
	answer = step(path, NULL);
	if (str_find(answer.text, STR(": yours, ")) >= 0)
		return;
	err_set(&e, ERR_SYSTEM, "no claim: %.*s", STR_ARG(answer.text));
	die(&e);
}

static void
add_people(void)
{
	struct store_member m = {.list = STR("announce"),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .consent = STR("x")};
	struct store_subscriber who;
	enum member_outcome outcome;
	struct err e = ERR_INIT;
	enum member_state was;
	struct arena a;

	arena_init(&a);
	if (store_begin(desk.store, &e) != 0)
		die(&e);
	for (int i = 0; i < PEOPLE; i++) {
		m.subscriber.address = arena_printf(&a, "p%d@example.org", i);
		if (store_member_add(desk.store, &m, &outcome, &was, &e) != 0 ||
		    store_subscriber_find(
			desk.store, &who, &a, m.subscriber.address, &e) != 0)
			die(&e);
		memcpy(tokens[i], who.token.p, 26);
	}
	if (store_commit(desk.store, &e) != 0)
		die(&e);
	arena_release(&a);
}

static void
set_up(const char *dir)
{
	static char pages[4096];
	char path[4200];
	struct err e = ERR_INIT;
	FILE *f;

	snprintf(pages, sizeof pages, "%s/pages", dir);
	snprintf(path, sizeof path, "%s/shirts.md", pages);
	mkdir(pages, 0700);
	f = fopen(path, "w");
	if (f == NULL || fputs(page, f) < 0 || fclose(f) != 0 ||
	    conf_parse(&conf, "capsule.yaml", str_of(conf_text), &e) != 0 ||
	    store_open(&desk.store, dir, &e) != 0)
		die(&e);
	conf.state = str_of(dir);
	conf.sites[0].pages = str_of(pages);
	buf_init(&title, DESK_PACKET_MAX);
	buf_init(&text, DESK_PACKET_MAX);
	add_people();
}

/* from up to to, each by one of so many programs. */
static void
run(const char *dir, int from, int to, int programs)
{
	double begin = seconds();
	int status, bad = 0;

	fflush(stdout);
	for (int i = 0; i < programs; i++) {
		if (fork() != 0)
			continue;
		if (store_open(&desk.store, dir, NULL) != 0)
			_exit(1);
		for (int person = from + i; person < to; person += programs)
			claim(person);
		store_close(desk.store);
		_exit(0);
	}
	for (int i = 0; i < programs; i++)
		bad += wait(&status) < 0 || status != 0;
	printf("claims by %d program%s %10.0f a second%s\n", programs,
	    programs > 1 ? "s" : " ", (to - from) / (seconds() - begin),
	    bad > 0 ? ", and some failed" : "");
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: claims DIR\n");
		return 2;
	}
	set_up(argv[1]);
	run(argv[1], 0, PEOPLE / 2, 1);
	run(argv[1], PEOPLE / 2, PEOPLE, PROGRAMS_MAX);
	return 0;
}
