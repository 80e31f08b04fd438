#include "base/file.h"
#include "mail/store.h"
#include "mail/store_inner.h"
#include "mail/store_subscriber.h"
#include "tests/t.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder of this name for a store, below the test's. */
static const char *
folder(const char *name)
{
	static char path[4][512];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", t_tmpdir(), name);
	return p;
}

static const char *
file_of(const char *name)
{
	static char path[600];

	snprintf(path, sizeof path, "%s/announce.db", folder(name));
	return path;
}

static struct store *
open_store(const char *name)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;

	if (store_open(&s, folder(name), &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	return s;
}

static enum member_outcome
add(struct store *s, const char *address, const char *list)
{
	struct store_member m = {
	    .subscriber = {.address = str_of(address)},
	    .list = str_of(list),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .since = 1000,
	    .consent = STR("asked at the door"),
	};
	enum member_outcome outcome = OUTCOME_SUPPRESSED;
	enum member_state was;
	struct err e = ERR_INIT;

	if (store_member_add(s, &m, &outcome, &was, &e) != 0)
		T_OK(false, "%s is added: %s", address, e.msg);
	return outcome;
}

static int64_t
members(struct store *s, const char *list, enum member_state state)
{
	int64_t count[MEMBER_STATES];
	struct err e = ERR_INIT;

	if (store_member_totals(s, str_of(list), count, &e) != 0)
		T_OK(false, "totals: %s", e.msg);
	return count[state];
}

/* What opening a store says. */
static void
refuses(const char *name, enum err_kind kind, const char *says, const char *why)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;

	T_OK(store_open(&s, folder(name), &e) != 0, "%s is refused", why);
	T_EQ_INT(e.kind, kind, "%s: its kind", why);
	T_OK(
	    strstr(e.msg, says) != NULL && strstr(e.msg, "announce.db") != NULL,
	    "%s: says so: %s", why, e.msg);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void
is_made_and_opened_again(void)
{
	struct err e = ERR_INIT;
	struct store *s;

	umask(0);
	s = open_store("new/state");
	T_EQ_INT(mode_of(folder("new/state")), 0700, "the folder's mode");
	T_EQ_INT(mode_of(file_of("new/state")), 0600, "the store's mode");
	add(s, "ada@example.org", "announce");
	T_OK(store_check(s, &e) == 0, "it is sound: %s", e.msg);
	store_close(s);
	chmod(file_of("new/state"), 0644);
	s = open_store("new/state");
	T_EQ_INT(mode_of(file_of("new/state")), 0600, "its mode is repaired");
	T_EQ_INT(members(s, "announce", MEMBER_ACTIVE), 1, "and all is there");
	store_close(s);
	umask(022);
}

/* Programs that start together all find it made, by whichever was first. */
static void
is_made_once_by_many(void)
{
	int status, failed = 0;
	struct store *s;

	fflush(stdout);
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			char address[32];

			snprintf(address, sizeof address, "p%d@example.org", i);
			s = open_store("together");
			add(s, address, "announce");
			store_close(s);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed += status != 0;
	T_EQ_INT(failed, 0, "eight programs start together");
	s = open_store("together");
	T_EQ_INT(members(s, "announce", MEMBER_ACTIVE), 8, "and all wrote");
	store_close(s);
}

/* As one does that was stopped while it opened the store. */
static void
waits_for_no_opener_for_ever(void)
{
	struct flock lock = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	struct store s = {.lock = -1};
	struct err e = ERR_INIT;
	char path[700];
	int other;

	store_close(open_store("opening"));
	s.path = strdup(file_of("opening"));
	snprintf(path, sizeof path, "%s.holders", s.path);
	other = open(path, O_RDWR);
	T_EQ_INT(fcntl(other, F_OFD_SETLK, &lock), 0, "it is being opened");
	T_EQ_INT(store_opening(&s, 0, &e), -1, "which is not waited for");
	T_EQ_INT(e.kind, ERR_LATER, "its kind");
	T_OK(strstr(e.msg, "announce.db: another announce") != NULL &&
		strstr(e.msg, "kill -CONT") != NULL,
	    "it says so, and what to do: %s", e.msg);
	close(s.lock);
	close(other);
	err_clear(&e);
	T_EQ_INT(store_opening(&s, 0, &e), 0, "then it can be: %s", e.msg);
	close(s.lock);
	free(s.path);
}

/* Bypasses the store, as a newer program or another one would. */
static void
write_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		T_OK(false, "%s: %s", sql, why);
	sqlite3_close(db);
}

static void
refuses_what_is_not_its_own(void)
{
	store_close(open_store("newer"));
	write_sql(file_of("newer"), "PRAGMA user_version = 999");
	refuses("newer", ERR_REFUSED, "update this program",
	    "a store of a newer program");

	mkdir(folder("other"), 0700);
	write_sql(file_of("other"), "CREATE TABLE t (x)");
	refuses("other", ERR_REFUSED, "move it away",
	    "a database of something else");

	t_file("noise/announce.db",
	    STR("This is a text that somebody has put here. It is longer than "
		"the hundred bytes of a header, and it is no database."));
	refuses("noise", ERR_INPUT, ".recover", "a file that is no database");
	T_OK(mode_of(folder("noise")) != 0, "which stays");

	mkdir(folder("locks"), 0700);
	mkdir(folder("locks/announce.db.holders"), 0700);
	refuses("locks", ERR_SYSTEM, "announce.db.holders: cannot be opened",
	    "a lock file that is none");
}

/* The pages in the middle overwritten, as a dying disk does. */
static void
says_what_to_do_about_damage(void)
{
	struct err e = ERR_INIT;
	struct store *s = open_store("damaged");
	char noise[4096];
	struct stat st;
	int fd;

	store_begin(s, &e);
	for (int i = 0; i < 3000; i++) {
		char address[64];

		snprintf(address, sizeof address, "p%d@example.org", i);
		add(s, address, "announce");
	}
	store_commit(s, &e);
	store_close(s);
	memset(noise, 0x5a, sizeof noise);
	fd = open(file_of("damaged"), O_RDWR);
	if (fd < 0 || fstat(fd, &st) != 0)
		T_OK(false, "the store is there");
	for (off_t at = 20 * 4096; at + 4096 <= st.st_size; at += 4096)
		if (pwrite(fd, noise, sizeof noise, at) < 0)
			T_OK(false, "the store is damaged");
	close(fd);
	if (store_open(&s, folder("damaged"), &e) == 0) {
		T_OK(store_check(s, &e) != 0, "a check finds it");
		store_close(s);
	}
	T_EQ_INT(e.kind, ERR_INPUT, "damage: its kind");
	T_OK(strstr(e.msg, "is damaged") != NULL, "damage: %s", e.msg);
}

/* Another process that writes, until it is let go by a byte. */
static void
waits_for_another_writer(void)
{
	struct err e = ERR_INIT;
	struct store *s = open_store("busy");
	int ready[2], go[2], status = -1;
	char c = 0;
	pid_t pid;

	if (pipe(ready) != 0 || pipe(go) != 0)
		T_OK(false, "pipes");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct store *other = NULL;
		int bad = store_open(&other, folder("busy"), &e) != 0 ||
		    store_begin(other, &e) != 0;

		close(go[1]);
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) < 0)
			bad = 1;
		if (!bad) {
			add(other, "late@example.org", "announce");
			bad = store_commit(other, &e) != 0;
		}
		store_close(other);
		_exit(bad);
	}
	close(ready[1]);
	T_OK(read(ready[0], &c, 1) == 1, "another process writes");
	T_EQ_INT(members(s, "announce", MEMBER_ANY), 0, "reading goes on");
	store_patience(s, 20);
	T_OK(store_begin(s, &e) != 0, "and a writer does not");
	T_EQ_INT(e.kind, ERR_LATER, "it is told to come later");
	T_OK(strstr(e.msg, "another program") != NULL, "%s", e.msg);
	err_clear(&e);
	if (write(go[1], &c, 1) != 1)
		T_OK(false, "the other is let go");
	store_patience(s, 60000);
	T_OK(store_begin(s, &e) == 0 && store_commit(s, &e) == 0,
	    "with patience it comes to write: %s", e.msg);
	waitpid(pid, &status, 0);
	T_EQ_INT(status, 0, "and so did the other");
	T_EQ_INT(members(s, "announce", MEMBER_ACTIVE), 1, "what it wrote");
	store_close(s);
	close(ready[0]);
	close(go[0]);
	close(go[1]);
}

/* A limit on files' sizes does what a full disk does. */
static void
loses_nothing_on_a_full_disk(void)
{
	struct err e = ERR_INIT;
	struct store *s = open_store("full");
	struct rlimit was, little = {200000, RLIM_INFINITY};
	char address[64];
	int added = 0;

	add(s, "first@example.org", "announce");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	little.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &little);
	if (store_begin(s, &e) == 0) {
		struct store_member m = {.list = STR("announce"),
		    .state = MEMBER_ACTIVE,
		    .since = 1};
		enum member_outcome outcome;
		enum member_state state;

		for (; added < 200000; added++) {
			snprintf(
			    address, sizeof address, "f%d@example.org", added);
			m.subscriber.address = str_of(address);
			if (store_member_add(s, &m, &outcome, &state, &e) != 0)
				break;
		}
		if (e.kind == ERR_NONE)
			store_commit(s, &e);
		else
			store_rollback(s);
	}
	setrlimit(RLIMIT_FSIZE, &was);
	T_EQ_INT(e.kind, ERR_LATER, "a full disk is for later");
	T_OK(strstr(e.msg, "disk is full") != NULL, "%s", e.msg);
	T_EQ_INT(members(s, "announce", MEMBER_ANY), 1,
	    "what was there is there, and nothing of the rest");
	T_EQ_INT(add(s, "second@example.org", "announce"), OUTCOME_ADDED,
	    "with room again it is written to");
	err_clear(&e);
	T_OK(store_check(s, &e) == 0, "and is sound: %s", e.msg);
	store_close(s);
}

static void
a_transaction_stands_or_falls(void)
{
	struct err e = ERR_INIT;
	struct store *s = open_store("whole"), *other = open_store("whole");
	struct store_entry left = {.state = MEMBER_LEFT, .at = 5};

	T_OK(store_begin(s, &e) == 0, "begins");
	add(s, "ada@example.org", "announce");
	T_EQ_INT(
	    members(other, "announce", MEMBER_ANY), 0, "nobody else sees it");
	store_rollback(s);
	T_EQ_INT(members(s, "announce", MEMBER_ANY), 0, "it is taken back");
	T_OK(store_begin(s, &e) == 0, "begins again");
	add(s, "ada@example.org", "announce");
	T_OK(store_member_enter(s, 12345, STR("announce"), &left, &e) != 0,
	    "a step that fails");
	T_EQ_INT(e.kind, ERR_MISSING, "for its own reason");
	err_clear(&e);
	T_OK(store_commit(s, &e) == 0, "leaves the rest to be committed");
	T_EQ_INT(members(other, "announce", MEMBER_ACTIVE), 1, "which it is");
	T_OK(store_begin(s, &e) == 0, "begins once more");
	add(s, "bob@example.org", "announce");
	store_close(s);
	T_EQ_INT(members(other, "announce", MEMBER_ANY), 1,
	    "closing takes back what is open");
	store_close(other);
}

int
main(void)
{
	T_RUN(is_made_and_opened_again);
	T_RUN(is_made_once_by_many);
	T_RUN(waits_for_no_opener_for_ever);
	T_RUN(refuses_what_is_not_its_own);
	T_RUN(says_what_to_do_about_damage);
	T_RUN(waits_for_another_writer);
	T_RUN(loses_nothing_on_a_full_disk);
	T_RUN(a_transaction_stands_or_falls);
	return t_done();
}
