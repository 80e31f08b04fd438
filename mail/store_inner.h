/*
 * How the store's own files ask SQLite; for mail/store*.c only. Every
 * statement stands in store_questions.h, is prepared at its first use and
 * kept; one that has given its last row, or failed, is reset, so that nobody
 * holds back the file's log by forgetting.
 */
#ifndef MAIL_STORE_INNER_H
#define MAIL_STORE_INNER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/mailbox.h"
#include "mail/store.h"
#include "mail/store_delivery.h"
#include "mail/store_questions.h"
#include "mail/store_subscriber.h"
#include "mail/token.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_SALT_LEN 32

struct store {
	sqlite3 *db;
	char *path;
	uint8_t salt[STORE_SALT_LEN];
	int depth;       /* of transactions around what is being done */
	int lock;        /* the file of leases' holders; -1: not open */
	int64_t holder;  /* whom our leases are by; 0: not yet any */
	sqlite3_stmt *statement[STORE_QUESTIONS];
};

/* mail/schema.sql, made a string when the program is built. */
extern const char store_schema[];

/* Says what SQLite's last error means for people. Returns -1. */
int store_fail(struct store *s, struct err *e);

/* Says that the folder is another user's. Returns -1. */
int store_not_ours(struct store *s, struct err *e);

/* The statement, ready to be bound; NULL on failure. */
sqlite3_stmt *store_ask(
    struct store *s, enum store_question question, struct err *e);

/* The text or blob outlives the statement's run. */
void store_bind(sqlite3_stmt *q, int at, struct str s);
void store_bind_blob(sqlite3_stmt *q, int at, struct str s);
void store_bind_int(sqlite3_stmt *q, int at, int64_t n);

/* 1: a row to be read, 0: there are no more, -1. */
int store_next(struct store *s, sqlite3_stmt *q, struct err *e);
/* To its end; *changed, unless NULL, is how many rows it has changed. */
int store_do(struct store *s, sqlite3_stmt *q, int64_t *changed,
    struct err *e);
/* The first row's number: 1, without a row 0, -1. */
int store_number(
    struct store *s, sqlite3_stmt *q, int64_t *out, struct err *e);

int64_t store_int(sqlite3_stmt *q, int column);
struct str store_text(sqlite3_stmt *q, int column, struct arena *a);
/* Which of the names a column says, that the schema holds to them. */
int store_choice(
    sqlite3_stmt *q, int column, const char *const *names, int count);

/*
 * Around what must be done whole, in a transaction of its own or within the
 * caller's: store_step, then return store_settle with how it went.
 */
int store_step(struct store *s, struct err *e);
int store_settle(struct store *s, int result, struct err *e);

/* A list's id, made if need be; 0 for one that is not there and not made. */
int store_list(struct store *s, struct str name, bool make, int64_t *id,
    struct err *e);

/*
 * Tokens are found by their beginning, which an index may compare as it likes,
 * and then compared whole in constant time. Binds the beginning and where it
 * ends as ?1 and ?2; both stand in what is given.
 */
#define STORE_TOKEN_BEGINS 8 /* letters of 26: 90 bits stay secret */
struct store_beginning {
	char from[STORE_TOKEN_BEGINS];
	char to[STORE_TOKEN_BEGINS];
};
void store_bind_token(
    sqlite3_stmt *q, struct store_beginning *begins, struct str token);

/* The key of an address (mailbox_key), which a statement may stand on. */
struct store_key {
	char bytes[MAILBOX_MAX];
	size_t n;
};
int store_key_of(struct store_key *key, struct str address, struct err *e);
struct str store_key_slice(const struct store_key *key);

/* An address as it is known that must not be kept: ?1 of a question, in
 * storage that stays the caller's. NULL on failure. */
sqlite3_stmt *store_ask_hash(struct store *s, enum store_question question,
    struct str address, uint8_t hash[TOKEN_HASH_LEN], struct err *e);

/* Around opening the file: SQLite's change of a new one to its log does not
 * wait for another program that does the same. ERR_LATER when one has been at
 * it for so long. */
int store_opening(struct store *s, int patience_ms, struct err *e);
void store_opened(struct store *s);

/* The lock file of leases: gives the handle a holder's number, if it has none
 * yet, and tells whether another's program is still there. */
int store_holder(struct store *s, struct err *e);
bool store_holder_lives(struct store *s, int64_t holder);

/* Cancels what is open for a subscriber, on one list or on all (0). */
int store_deliveries_drop(struct store *s, int64_t subscriber, int64_t list,
    int64_t at, const char *why, struct err *e);

/* Suspends somebody if what came back of theirs says so. */
int store_judge(struct store *s, int64_t subscriber, int64_t now,
    bool *suspended, struct err *e);

/* The brake (store_brake.h), of a delivery that a report came back of: puts it
 * on if that is due. And whether what is refused, or came back, is excused.
 * Both within a transaction; a delivery 0 is none. */
int store_brake_returned(struct store *s, int64_t delivery, int64_t at,
    struct str text, bool *is_on, struct err *e);
int store_brake_excuses(struct store *s, int64_t delivery, bool by_mail,
    bool *excuses, struct err *e);

/* The first row, of id, since, address and token; ERR_MISSING. */
int store_find_subscriber(struct store *s, enum store_question question,
    struct str value, struct store_subscriber *out, struct arena *a,
    struct err *e);

/* What moves from state to state as deliveries do, each under a lease, and the
 * questions by which it does; letters, too. */
struct store_movable {
	const char *noun;
	enum store_question standing;
	enum store_question moved;
};

int store_move(struct store *s, const struct store_movable *what, int64_t id,
    const struct store_move *move, struct err *e);
enum delivery_state store_delivery_state(sqlite3_stmt *q, int column);
/* Of rows of state, number and earliest due; q NULL has failed already. */
int store_totals_of(struct store *s, sqlite3_stmt *q,
    struct store_totals *out, struct err *e);

#endif
