#include "mail/store.h"
#include "base/file.h"
#include "base/str.h"
#include "mail/store_delivery.h"
#include "mail/store_inner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_FILE "announce.db"
#define APPLICATION_ID 0x616e6e6f /* "anno", in the header of the file */
#define PATIENCE_MS 10000

/* FULL: what was answered "done" is there after a power cut. secure_delete:
 * what was erased is overwritten. 16 MB of pages are kept at hand, by which an
 * import of a million takes half the time. The log is cut back after a large
 * transaction, which would leave it large. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cache_size = -16000;"
			       "PRAGMA journal_size_limit = 67108864;";

#define X(name, sql) [name] = sql,
static const char *const questions[STORE_QUESTIONS] = {STORE_QUESTIONS_ARE(X)};
#undef X

/* A disk may be full by its size, a quota, or a limit on the file's. */
static bool
is_full(struct store *s, int code)
{
	int cause = sqlite3_system_errno(s->db);

	return (code & 0xff) == SQLITE_FULL ||
	    ((code & 0xff) == SQLITE_IOERR &&
		(cause == ENOSPC || cause == EDQUOT || cause == EFBIG));
}

static int
is_damaged(struct store *s, struct str how, struct err *e)
{
	return err_set(e, ERR_INPUT,
	    "%s: is damaged (%.*s); stop announce, keep a copy of the file, "
	    "then put back a backup, or save what can be read: sqlite3 %s "
	    ".recover | sqlite3 %s.new",
	    s->path, (int)(how.n < 100 ? how.n : 100), how.p, s->path, s->path);
}

int
store_not_ours(struct store *s, struct err *e)
{
	/* As Linux mounts a disk again that had a fault. */
	if (access(s->path, W_OK) != 0 && errno == EROFS)
		return err_set(e, ERR_LATER,
		    "%s: the disk is read-only; nothing was changed: make it "
		    "writable and try again",
		    s->path);
	return err_set(e, ERR_REFUSED,
	    "%s: may not be written by this user; run announce as the one that "
	    "owns the folder",
	    s->path);
}

int
store_fail(struct store *s, struct err *e)
{
	int code =
	    s->db != NULL ? sqlite3_extended_errcode(s->db) : SQLITE_NOMEM;

	if (is_full(s, code))
		return err_set(e, ERR_LATER,
		    "%s: the disk is full; nothing was lost and nothing was "
		    "changed: make room and try again",
		    s->path);
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_LATER,
		    "%s: another program is writing to it and does not come "
		    "to an end; try again later",
		    s->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return is_damaged(s, str_of(sqlite3_errmsg(s->db)), e);
	case SQLITE_NOMEM:
		return err_set(e, ERR_MEMORY, "%s: memory ran out", s->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return store_not_ours(s, e);
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_SHORT_READ)
			return is_damaged(s, str_of(sqlite3_errmsg(s->db)), e);
		errno = sqlite3_system_errno(s->db);
		return err_sys(e, "%s: cannot be read or written", s->path);
	default:
		return err_set(e, ERR_SYSTEM, "%s: SQLite says: %s", s->path,
		    sqlite3_errmsg(s->db));
	}
}

sqlite3_stmt *
store_ask(struct store *s, enum store_question question, struct err *e)
{
	sqlite3_stmt **q = &s->statement[question];

	if (*q == NULL &&
	    sqlite3_prepare_v3(s->db, questions[question], -1,
		SQLITE_PREPARE_PERSISTENT, q, NULL) != SQLITE_OK) {
		store_fail(s, e);
		return NULL;
	}
	sqlite3_reset(*q);
	sqlite3_clear_bindings(*q);
	return *q;
}

/* Bytes that are only borrowed cannot fail to be bound, but where we count
 * wrongly. */
void
store_bind(sqlite3_stmt *q, int at, struct str s)
{
	int code = sqlite3_bind_text64(
	    q, at, s.n > 0 ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);

	assert(code != SQLITE_RANGE && code != SQLITE_MISUSE);
	(void)code;
}

void
store_bind_blob(sqlite3_stmt *q, int at, struct str s)
{
	int code =
	    sqlite3_bind_blob64(q, at, s.n > 0 ? s.p : "", s.n, SQLITE_STATIC);

	assert(code != SQLITE_RANGE && code != SQLITE_MISUSE);
	(void)code;
}

void
store_bind_int(sqlite3_stmt *q, int at, int64_t n)
{
	int code = sqlite3_bind_int64(q, at, n);

	assert(code == SQLITE_OK);
	(void)code;
}

int
store_next(struct store *s, sqlite3_stmt *q, struct err *e)
{
	int code = sqlite3_step(q);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		store_fail(s, e);
	sqlite3_reset(q);
	return code == SQLITE_DONE ? 0 : -1;
}

int
store_do(struct store *s, sqlite3_stmt *q, int64_t *changed, struct err *e)
{
	int got;

	while ((got = store_next(s, q, e)) > 0)
		continue;
	if (got == 0 && changed != NULL)
		*changed = sqlite3_changes64(s->db);
	return got;
}

int
store_number(struct store *s, sqlite3_stmt *q, int64_t *out, struct err *e)
{
	int got = store_next(s, q, e);

	if (got > 0) {
		*out = store_int(q, 0);
		sqlite3_reset(q);
	}
	return got;
}

int64_t
store_int(sqlite3_stmt *q, int column)
{
	return sqlite3_column_int64(q, column);
}

struct str
store_text(sqlite3_stmt *q, int column, struct arena *a)
{
	const void *p = sqlite3_column_blob(q, column);
	int n = sqlite3_column_bytes(q, column);

	return arena_str(a, (struct str){p, p != NULL ? (size_t)n : 0});
}

int
store_choice(sqlite3_stmt *q, int column, const char *const *names, int count)
{
	const char *name = (const char *)sqlite3_column_text(q, column);
	int i = 0;

	while (i < count - 1 && strcmp(name, names[i]) != 0)
		i++;
	return i;
}

static int
run(struct store *s, const char *sql, struct err *e)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(s, e);
	return 0;
}

/* Prepared once, for what each message of a delivery does. */
static int
ask_and_do(struct store *s, enum store_question question, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, question, e);

	return q != NULL ? store_do(s, q, NULL, e) : -1;
}

/* SQLite undoes a whole transaction by itself when a disk is full or memory
 * ran out; what follows must not be taken for a part of it. */
static int
is_undone(struct store *s, struct err *e)
{
	return err_set(e, ERR_LATER,
	    "%s: what was begun was undone, since it could not be written; "
	    "try all of it again",
	    s->path);
}

int
store_step(struct store *s, struct err *e)
{
	if (s->depth > 0 && sqlite3_get_autocommit(s->db))
		return is_undone(s, e);
	if ((s->depth == 0 ? ask_and_do(s, TRANSACTION, e)
			   : run(s, "SAVEPOINT step", e)) != 0)
		return -1;
	s->depth++;
	return 0;
}

int
store_settle(struct store *s, int result, struct err *e)
{
	bool is_whole = --s->depth == 0;

	if (result == 0 && sqlite3_get_autocommit(s->db))
		result = is_undone(s, e);
	if (result == 0)
		result = is_whole ? ask_and_do(s, COMMITTED, e)
				  : run(s, "RELEASE step", e);
	/* It may be undone already; then this says so to nobody. */
	if (result != 0)
		sqlite3_exec(s->db,
		    is_whole ? "ROLLBACK" : "ROLLBACK TO step; RELEASE step",
		    NULL, NULL, NULL);
	return result;
}

int
store_begin(struct store *s, struct err *e)
{
	assert(s->depth == 0);
	return store_step(s, e);
}

int
store_commit(struct store *s, struct err *e)
{
	assert(s->depth == 1);
	return store_settle(s, 0, e);
}

void
store_rollback(struct store *s)
{
	assert(s->depth == 1);
	store_settle(s, -1, NULL);
}

/* The script of a migration, or an empty one where there are no more. */
static struct str
migration(int number)
{
	char from[40], to[40];
	const char *begin, *end;

	snprintf(from, sizeof from, "\n-- migration %d\n", number);
	snprintf(to, sizeof to, "\n-- migration %d\n", number + 1);
	begin = strstr(store_schema, from);
	if (begin == NULL)
		return (struct str){NULL, 0};
	end = strstr(begin, to);
	return (struct str){
	    begin, end != NULL ? (size_t)(end - begin) : strlen(begin)};
}

static int
migrate(struct store *s, int number, struct str script, struct err *e)
{
	char mark[80], *sql = strndup(script.p, script.n);
	int result;

	if (sql == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	snprintf(mark, sizeof mark,
	    "PRAGMA user_version = %d; PRAGMA application_id = %d;", number,
	    APPLICATION_ID);
	result = run(s, sql, e);
	if (result == 0)
		result = run(s, mark, e);
	free(sql);
	return result;
}

/* What a pragma, or a count, says. */
static int
ask_number(struct store *s, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int got;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return store_fail(s, e);
	got = store_number(s, q, out, e);
	sqlite3_finalize(q);
	return got < 0 ? -1 : 0;
}

/* Which migration it is at; refused if it is not one of ours. */
static int
read_version(struct store *s, int64_t *version, struct err *e)
{
	int64_t application, things;

	if (ask_number(s, "PRAGMA application_id", &application, e) != 0 ||
	    ask_number(s, "SELECT count(*) FROM sqlite_schema", &things, e) !=
		0 ||
	    ask_number(s, "PRAGMA user_version", version, e) != 0)
		return -1;
	if (things > 0 && application != APPLICATION_ID)
		return err_set(e, ERR_REFUSED,
		    "%s: is a database, and not announce's; move it away",
		    s->path);
	if (*version > INT_MAX - 1 ||
	    (*version > 0 && migration((int)*version).n == 0))
		return err_set(e, ERR_REFUSED,
		    "%s: was written by a newer announce (its version is "
		    "%lld); update this program",
		    s->path, (long long)*version);
	return 0;
}

/* Another program may be bringing it up to date at the same time. */
static int
bring_up_to_date(struct store *s, struct err *e)
{
	struct str script;
	int64_t version;
	int result;

	if (read_version(s, &version, e) != 0)
		return -1;
	if (migration((int)version + 1).n == 0)
		return 0;
	if (store_step(s, e) != 0)
		return -1;
	result = read_version(s, &version, e);
	for (int n = (int)version + 1;
	     result == 0 && (script = migration(n)).n > 0; n++)
		result = migrate(s, n, script, e);
	return store_settle(s, result, e);
}

static int
read_salt(struct store *s, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, SALT_OF_STORE, e);
	int got;

	if (q == NULL || (got = store_next(s, q, e)) < 0)
		return -1;
	if (got == 0 || sqlite3_column_bytes(q, 0) != STORE_SALT_LEN) {
		sqlite3_reset(q);
		return err_set(e, ERR_INPUT,
		    "%s: has no salt, so that it cannot know who was erased; "
		    "put back a backup",
		    s->path);
	}
	memcpy(s->salt, sqlite3_column_blob(q, 0), STORE_SALT_LEN);
	sqlite3_reset(q);
	return 0;
}

/*
 * Makes the file ours alone before SQLite sees it, which gives its log the
 * same mode. Never by a descriptor: closing one would end the locks that
 * another handle of this process has on the file.
 */
static int
make_private(const char *path, struct err *e)
{
	struct stat st;

	if (mknod(path, S_IFREG | 0600, 0) != 0 && errno != EEXIST)
		return err_sys(e, "%s: cannot be made", path);
	if (stat(path, &st) != 0)
		return err_sys(e, "%s: cannot be looked at", path);
	if ((st.st_mode & 077) != 0 && chmod(path, 0600) != 0)
		return err_sys(e,
		    "%s: can be read by others, and its mode not changed",
		    path);
	return 0;
}

static int
open_file(struct store *s, struct err *e)
{
	static const int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int64_t version;

	if (make_private(s->path, e) != 0)
		return -1;
	if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
		return store_fail(s, e);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	store_patience(s, PATIENCE_MS);
	/* Nothing is changed about a file before it is known to be ours. */
	if (read_version(s, &version, e) != 0 || run(s, settings, e) != 0 ||
	    bring_up_to_date(s, e) != 0)
		return -1;
	return read_salt(s, e);
}

int
store_open(struct store **out, const char *folder, struct err *e)
{
	struct store *s;

	if (file_make_dir(folder, 0700, e) != 0)
		return -1;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	s->lock = -1;
	if (asprintf(&s->path, "%s/" STORE_FILE, folder) < 0) {
		s->path = NULL;
		err_set(e, ERR_MEMORY, "memory ran out");
	} else if (store_opening(s, PATIENCE_MS, e) == 0 &&
	    open_file(s, e) == 0) {
		store_opened(s);
		*out = s;
		return 0;
	}
	store_close(s);
	return -1;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->depth > 0)
		store_rollback(s);
	/* Nobody waits for it: without it they end with the lock. */
	if (s->holder != 0)
		store_leases_release(s, NULL);
	for (size_t i = 0; i < STORE_QUESTIONS; i++)
		sqlite3_finalize(s->statement[i]);
	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	free(s);
}

void
store_patience(struct store *s, int ms)
{
	sqlite3_busy_timeout(s->db, ms);
}

int
store_check(struct store *s, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, FIRST_DAMAGE, e);
	struct str said, line = {NULL, 0};
	int got;

	if (q == NULL || (got = store_next(s, q, e)) < 0)
		return -1;
	if (got == 0)
		return 0;
	/* "*** in database main ***" may stand above it. */
	said = str_of((const char *)sqlite3_column_text(q, 0));
	while (str_next_line(&said, &line) && str_starts(line, STR("***")))
		continue;
	got = str_is(line, "ok") ? 0 : is_damaged(s, line, e);
	sqlite3_reset(q);
	return got;
}

int
store_forget(struct store *s, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LOG_EMPTIED, e);
	int64_t is_busy = 0;

	if (q == NULL || store_number(s, q, &is_busy, e) < 0)
		return -1;
	if (is_busy)
		return err_set(e, ERR_LATER,
		    "%s: another program is reading it, so that what was "
		    "erased is overwritten only when that ends",
		    s->path);
	return 0;
}

int
store_defer_sync(struct store *s, struct err *e)
{
	return run(s, "PRAGMA synchronous = NORMAL", e);
}

int
store_sync(struct store *s, struct err *e)
{
	sqlite3_file *log = NULL;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
		&log) != SQLITE_OK ||
	    log == NULL || log->pMethods == NULL)
		return err_set(
		    e, ERR_SYSTEM, "%s: has no log to be synced", s->path);
	if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK)
		return err_set(e, ERR_SYSTEM,
		    "%s: cannot be brought to the disk; is the disk well?",
		    s->path);
	return 0;
}

int
store_list(
    struct store *s, struct str name, bool make, int64_t *id, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, LIST_OF_NAME, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind(q, 1, name);
	*id = 0;
	got = store_number(s, q, id, e);
	if (got != 0 || !make)
		return got < 0 ? -1 : 0;
	if ((q = store_ask(s, NEW_LIST, e)) == NULL)
		return -1;
	store_bind(q, 1, name);
	return store_number(s, q, id, e) < 0 ? -1 : 0;
}
