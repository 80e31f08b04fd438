/*
 * Errors that travel. A function that can fail returns 0 or -1 and takes a
 * caller-owned struct err last; code branches on the kind, people read the
 * message. The first cause wins: setting an error that is already set changes
 * nothing, so clean-up code cannot hide what went wrong. A message is one
 * sentence that says what is wrong and what to do, without a final newline.
 *
 * Nothing here prints; only main, a connection's edge and the log do.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_MSG_MAX 512

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,   /* the command line is off: exit code 2 */
	ERR_INPUT,   /* a file, a page or a peer's bytes do not parse */
	ERR_MISSING, /* what was asked for is not there */
	ERR_REFUSED, /* understood, and not allowed */
	ERR_LIMIT,   /* larger, deeper or more than is set */
	ERR_LATER,   /* may work when tried again: exit code 75 */
	ERR_SYSTEM,  /* a system call or a library failed */
	ERR_MEMORY   /* memory ran out */
};

struct err {
	enum err_kind kind;
	char msg[ERR_MSG_MAX]; /* NUL-terminated, cut at the limit */
};

#define ERR_INIT {ERR_NONE, ""}

/* Always return -1, so that failing is `return err_set(...)`. e may be NULL. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of errno appended; ENOMEM is ERR_MEMORY. */
int err_sys(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "where: " in front of a set message. Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Back to ERR_NONE, for an error that was handled. */
void err_clear(struct err *e);

/* 0 done, 1 failed, 2 misuse, 75 try again later (EX_TEMPFAIL). */
int err_exit_code(const struct err *e);

#endif
