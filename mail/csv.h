/*
 * Comma-separated values by RFC 4180, UTF-8, with a header row. Reads what
 * spreadsheets write: a BOM, CRLF or LF, quoted fields with line ends in them,
 * and semicolons where the header row has those and no comma. Pure.
 */
#ifndef MAIL_CSV_H
#define MAIL_CSV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS_MAX 64

struct csv {
	struct str rest;
	char separator;
	long next_row; /* of the file, from 1; a quoted line end starts none */
};

struct csv_row {
	long row; /* where it begins, from 1: what a spreadsheet shows */
	struct str field[CSV_FIELDS_MAX]; /* white space around it gone */
	size_t count;
	bool is_utf8; /* all of them; a row that is not can be left out */
};

/* text outlives the reader. */
void csv_init(struct csv *c, struct str text);

/*
 * The next row in which any field is not empty, into row: 1, at the end 0. -1
 * with the row in the error, behind which nobody knows where rows begin: a
 * quote never closed, text behind a closing quote, more than CSV_FIELDS_MAX
 * fields. Fields with doubled quotes live in the arena, the others point into
 * the text.
 */
int csv_next(struct csv *c, struct csv_row *row, struct arena *a,
    struct err *e);

/* The column that the header row calls name, without regard to case; -1. */
int csv_column(const struct csv_row *header, const char *name);

/* A field by its column; empty where the row is shorter or column is -1. */
struct str csv_field(const struct csv_row *row, int column);

/*
 * Appends one field, quoted where it must be, a comma before it unless it is
 * the first of its row. A field that a spreadsheet would take for a formula
 * ("=", "+", "-", "@" first) is given an apostrophe, unless it is a number;
 * csv_plain takes that from a field that was read. So is what one that takes
 * semicolons for commas, and no quote behind our commas, would take for one, in
 * the middle of a field; there it stays.
 */
void csv_put(struct buf *to, struct str field);
struct str csv_plain(struct str field);
void csv_end(struct buf *to);

#endif
