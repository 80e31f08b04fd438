#include "mail/store_inner.h"
#include "mail/store_letter.h"
#include "mail/store_subscriber.h"
#include "mail/token.h"
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1000000
#define HOUR 3600
#define MANY 8

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

static int
try_queue(struct store *s, const char *address, int64_t *id, struct err *e)
{
	char token[TOKEN_LEN + 1];
	struct store_letter letter = {.kind = LETTER_CONFIRM,
	    .address = str_of(address),
	    .queued = NOW,
	    .expires = NOW + HOUR,
	    .head = STR("Subject: hello\r\nTo: you\r\n\r\n"),
	    .body = STR("Hello.\r\n\r\nThere.\r\n")};
	int result;

	if (token_new(token, e) != 0)
		return -1;
	letter.token = str_of(token);
	result = store_letter_queue(s, &letter, e);
	*id = letter.id;
	return result;
}

static int64_t
queue(struct store *s, const char *address)
{
	struct err e = ERR_INIT;
	int64_t id = 0;

	if (try_queue(s, address, &id, &e) != 0)
		T_OK(false, "queued: %s", e.msg);
	return id;
}

static struct arena arena; /* of what was leased or listed last */

static size_t
lease(struct store *s, int64_t now, struct store_letter *out)
{
	struct err e = ERR_INIT;
	size_t count = 0;

	arena_release(&arena);
	arena_init(&arena);
	if (store_letters_lease(
		s, now, now + 600, &arena, out, MANY, &count, &e) != 0)
		T_OK(false, "leased: %s", e.msg);
	return count;
}

static enum err_kind
enter(struct store *s, int64_t id, enum delivery_state to, const char *reply)
{
	struct store_move move = {
	    .to = to, .at = NOW, .due = NOW + 60, .reply = str_of(reply)};
	struct err e = ERR_INIT;

	store_letter_enter(s, id, &move, &e);
	return e.kind;
}

static int64_t
count_of(struct store *s, enum delivery_state state)
{
	struct store_totals totals;
	struct err e = ERR_INIT;

	if (store_letter_totals(s, &totals, &e) != 0)
		T_OK(false, "totals: %s", e.msg);
	return totals.count[state];
}

static int64_t
tend(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;
	int64_t in_doubt = -1;

	if (store_letters_tend(s, now, &in_doubt, &e) != 0)
		T_OK(false, "tended: %s", e.msg);
	return in_doubt;
}

static void
is_leased_claimed_and_sent(void)
{
	struct store *s = open_store("life"), *other = open_store("life");
	struct store_letter got[MANY], its[MANY];
	int64_t id = queue(s, "Ann@example.org");

	T_EQ_INT(lease(s, NOW, got), 1, "what is queued is due at once");
	T_EQ_STR(got[0].address, STR("Ann@example.org"), "its address");
	T_EQ_STR(got[0].head, STR("Subject: hello\r\nTo: you\r\n\r\n"),
	    "the head with its empty line");
	T_EQ_STR(got[0].body, STR("Hello.\r\n\r\nThere.\r\n"), "the body");
	T_EQ_INT(got[0].kind, LETTER_CONFIRM, "its kind");
	T_EQ_INT(got[0].queued, NOW, "its date");
	T_EQ_INT(got[0].token.n, TOKEN_LEN, "its token");
	T_EQ_INT(enter(other, id, DELIVERY_SENDING, ""), ERR_REFUSED,
	    "another program cannot claim it");
	T_EQ_INT(lease(other, NOW, its), 0, "nor lease it");
	lease(s, NOW, got);
	T_EQ_INT(enter(s, id, DELIVERY_SENDING, ""), ERR_NONE, "claimed");
	T_EQ_INT(enter(s, id, DELIVERY_SENDING, ""), ERR_REFUSED, "once");
	T_EQ_INT(
	    enter(s, id, DELIVERY_DEFERRED, "450 later"), ERR_NONE, "deferred");
	T_EQ_INT(lease(s, NOW + 59, got), 0, "not before it is due");
	T_EQ_INT(lease(s, NOW + 60, got), 1, "and then again");
	T_EQ_INT(got[0].attempts, 1, "one attempt");
	T_EQ_STR(got[0].reply, STR("450 later"), "and its answer");
	T_EQ_INT(enter(s, id, DELIVERY_SENDING, ""), ERR_NONE, "claimed");
	T_EQ_INT(enter(s, id, DELIVERY_SENT, "250 ok"), ERR_NONE, "sent");
	T_EQ_INT(enter(s, id, DELIVERY_QUEUED, ""), ERR_REFUSED,
	    "what is sent stays so");
	T_EQ_INT(count_of(s, DELIVERY_SENT), 1, "and counts");
	store_close(other);
	store_close(s);
}

static void
is_given_back(void)
{
	struct store *s = open_store("back"), *other = open_store("back");
	struct store_letter got[MANY];
	struct err e = ERR_INIT;

	queue(s, "ann@example.org");
	T_EQ_INT(lease(s, NOW, got), 1, "leased");
	T_EQ_INT(store_leases_release(s, &e), 0, "released");
	T_EQ_INT(lease(other, NOW, got), 1, "another has it");
	store_close(other);
	T_EQ_INT(lease(s, NOW, got), 1, "until it closes");
	store_close(s);
}

/* A program that leases two letters, claims one, and dies. */
static void
die_sending(const char *name)
{
	struct store_letter got[MANY];
	struct store *s;
	pid_t pid = fork();

	if (pid == 0) {
		s = open_store(name);
		lease(s, NOW, got);
		enter(s, got[0].id, DELIVERY_SENDING, "");
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

static void
in_doubt_is_sent_again(void)
{
	struct store *s = open_store("doubt");
	struct store_letter got[MANY];
	struct str first;

	queue(s, "ann@example.org");
	queue(s, "bob@example.org");
	die_sending("doubt");
	T_EQ_INT(count_of(s, DELIVERY_SENDING), 1, "one was on the wire");
	T_EQ_INT(tend(s, NOW), 1, "one is in doubt");
	T_EQ_INT(tend(s, NOW), 0, "once");
	T_EQ_INT(lease(s, NOW, got), 2, "both can be sent");
	first = got[0].address;
	T_EQ_INT(got[0].doubts + got[1].doubts, 1, "%.*s was in doubt",
	    STR_ARG(first));
	store_close(s);
}

static void
expires(void)
{
	struct store *s = open_store("late");
	struct store_letter got[MANY];
	struct err e = ERR_INIT;
	size_t count;

	queue(s, "ann@example.org");
	T_EQ_INT(lease(s, NOW + HOUR, got), 0, "not leased when it expired");
	T_EQ_INT(tend(s, NOW + HOUR - 1), 0, "tended before");
	T_EQ_INT(count_of(s, DELIVERY_QUEUED), 1, "it waits");
	T_EQ_INT(tend(s, NOW + HOUR), 0, "tended");
	T_EQ_INT(count_of(s, DELIVERY_FAILED), 1, "it failed");
	if (store_letters(
		s, DELIVERY_FAILED, 0, &arena, got, MANY, &count, &e) == 0 &&
	    T_EQ_INT(count, 1, "listed"))
		T_EQ_STR(got[0].reply, STR("it would have come too late"),
		    "and says why");
	tend(s, NOW + HOUR + 14 * 86400 - 1);
	T_EQ_INT(count_of(s, DELIVERY_FAILED), 1, "it is kept");
	tend(s, NOW + HOUR + 14 * 86400);
	T_EQ_INT(count_of(s, DELIVERY_FAILED), 0, "for two weeks");
	store_close(s);
}

static void
erased_people_get_none(void)
{
	struct store *s = open_store("erased");
	int64_t id = queue(s, "Ann@example.org");
	struct store_letter got[MANY];
	struct err e = ERR_INIT;
	bool was_known;
	size_t count;

	queue(s, "bob@example.org");
	lease(s, NOW, got);
	T_EQ_INT(store_subscriber_erase(
		     s, STR("ann@EXAMPLE.org"), NOW, &was_known, &e),
	    0, "erased");
	T_EQ_INT(enter(s, id, DELIVERY_SENDING, ""), ERR_REFUSED,
	    "it cannot be claimed any more");
	if (store_letters(
		s, DELIVERY_CANCELLED, 0, &arena, got, MANY, &count, &e) == 0 &&
	    T_EQ_INT(count, 1, "it is cancelled")) {
		T_EQ_INT(got[0].address.n, 0, "its address is gone");
		T_EQ_INT(got[0].head.n, 0, "its message, too");
	}
	T_EQ_INT(count_of(s, DELIVERY_QUEUED), 1, "the other waits");
	store_close(s);
}

static void
stands_or_falls_with_its_cause(void)
{
	struct store *s = open_store("whole");
	struct err e = ERR_INIT;

	T_EQ_INT(store_begin(s, &e), 0, "begun");
	queue(s, "ann@example.org");
	store_rollback(s);
	T_EQ_INT(count_of(s, DELIVERY_QUEUED), 0, "taken back");
	store_close(s);
}

static void
is_found_by_its_token(void)
{
	struct store *s = open_store("token");
	struct store_letter got[MANY], found;
	struct err e = ERR_INIT;

	queue(s, "ann@example.org");
	queue(s, "bob@example.org");
	T_EQ_INT(lease(s, NOW, got), 2, "leased");
	if (T_EQ_INT(store_letter_by_token(s, &found, &arena, got[1].token, &e),
		0, "found"))
		T_EQ_STR(found.address, got[1].address, "the right one");
	T_EQ_INT(store_letter_by_token(s, &found, &arena, STR("none"), &e), -1,
	    "no other");
	T_EQ_INT(e.kind, ERR_MISSING, "which is missing");
	store_close(s);
}

static void
a_full_queue_takes_no_more(void)
{
	struct store *s = open_store("full");
	struct err e = ERR_INIT;
	int64_t id;
	int i = 0;

	T_EQ_INT(store_begin(s, &e), 0, "begun");
	while (i < LETTERS_WAITING_MAX + 1 &&
	    try_queue(s, "ann@example.org", &id, &e) == 0)
		i++;
	T_EQ_INT(i, LETTERS_WAITING_MAX, "as many as may wait");
	T_EQ_INT(e.kind, ERR_LATER, "then later");
	T_EQ_INT(store_commit(s, &e), 0, "committed");
	store_close(s);
}

/* A store of the announce before letters, with somebody in it. */
static void
make_old_store(const char *name)
{
	const char *end = strstr(store_schema, "\n-- migration 2\n");
	char path[600], *first;
	sqlite3 *db = NULL;

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	mkdir(path, 0700);
	strcat(path, "/announce.db");
	first = strndup(store_schema, (size_t)(end - store_schema));
	T_EQ_INT(sqlite3_open(path, &db), SQLITE_OK, "made");
	T_EQ_INT(sqlite3_exec(db, first, NULL, NULL, NULL), SQLITE_OK,
	    "its first migration");
	sqlite3_exec(db,
	    "PRAGMA application_id = 0x616e6e6f; PRAGMA user_version = 1;"
	    "INSERT INTO subscribers VALUES (7, 'a@x.org', 'a@x.org', 't', 1)",
	    NULL, NULL, NULL);
	sqlite3_close(db);
	free(first);
}

static void
an_older_store_is_brought_up_to_date(void)
{
	struct store_subscriber who;
	struct err e = ERR_INIT;
	struct store *s;

	make_old_store("old");
	s = open_store("old");
	if (T_EQ_INT(store_subscriber_find(s, &who, &arena, STR("a@x.org"), &e),
		0, "who was there is there"))
		T_EQ_INT(who.id, 7, "as they were");
	queue(s, "ann@example.org");
	T_EQ_INT(count_of(s, DELIVERY_QUEUED), 1, "and letters can be queued");
	store_close(s);
}

int
main(void)
{
	arena_init(&arena);
	T_RUN(is_leased_claimed_and_sent);
	T_RUN(is_given_back);
	T_RUN(in_doubt_is_sent_again);
	T_RUN(expires);
	T_RUN(erased_people_get_none);
	T_RUN(stands_or_falls_with_its_cause);
	T_RUN(is_found_by_its_token);
	T_RUN(a_full_queue_takes_no_more);
	T_RUN(an_older_store_is_brought_up_to_date);
	arena_release(&arena);
	return t_done();
}
