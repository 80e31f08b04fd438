/*
 * What a program tells its administrator: one line a message, to standard
 * error or a file, with the time unless systemd's journal adds it. Control
 * characters, those that turn the direction of text, and bytes that are not
 * UTF-8 are written as \xNN, so that nobody forges a line. A message is cut at
 * some 2000 bytes.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* In front of every line, ": " after it: "capsule[worker 2]". Copied; up to 63
 * bytes. Called first of all. */
void log_name(const char *name);

/* Lines go to this file from now on, opened for appending, made 0640. NULL is
 * standard error. log_reopen opens the same path again (after rotation); on
 * failure the old one stays in use. */
int log_open(const char *path, struct err *e);
int log_reopen(struct err *e);

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "what: message" of e as an error. */
void log_err(const char *what, const struct err *e);

/* What moves a terminal's cursor, ends a line, or turns the direction of what
 * follows, so that a line reads as another; and -1, no character at all. */
bool log_is_harmful(int32_t cp);

/* Appends s made harmless: the one place that says how. */
void log_escape(struct buf *to, struct str s);

#endif
