/*
 * A test program in plain C, speaking TAP. A test file is tables of
 * {why, input, want}, a loop, then the odd cases:
 *
 *	int main(void) { T_RUN(parses_requests); return t_done(); }
 *
 * T_OK(condition, "why %s", ...) counts one test; T_EQ_STR and T_EQ_INT also
 * print both sides when they differ. All are safe to call any number of times.
 */
#ifndef TESTS_T_H
#define TESTS_T_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define T_OK(cond, ...) t_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define T_EQ_STR(got, want, ...)                                               \
	t_eq_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define T_EQ_INT(got, want, ...)                                               \
	t_eq_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
/* Runs a function of no arguments, its name as a TAP comment before it. */
#define T_RUN(fn) (t_note(#fn), fn())

bool t_ok(bool ok, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool t_eq_str(struct str got, struct str want, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
bool t_eq_int(int64_t got, int64_t want, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void t_note(const char *name);

/* Prints the plan; the exit code of main. */
int t_done(void);

/*
 * A copy of s that ends right before an unreadable page, so that a parser
 * that reads one byte too far dies there. Valid until t_guard_free.
 */
struct str t_guard(struct str s);
void t_guard_free(struct str guarded);

/* A fresh temporary directory, removed by t_done. */
const char *t_tmpdir(void);
/* Writes a file below it (directories made), and returns its whole path,
 * valid until t_done. */
const char *t_file(const char *name, struct str content);

#endif
