/*
 * A table as plain text: columns aligned by display width where there is room,
 * else a row as one line (rule 11 of the conversion, capsule-page(7)).
 */
#ifndef CONTENT_TABLE_H
#define CONTENT_TABLE_H

#include "base/buf.h"
#include "content/doc.h"
#include "content/inlines.h"

#include <stdbool.h>

/*
 * Appends the header, a line of dashes and the rows, LF after each, columns
 * two spaces apart, no space at a line's end, no row of empty cells. When that
 * would be wider than width columns: false, and nothing appended. style as for
 * inlines_text.
 */
bool table_align(struct buf *to, const struct block *table, size_t width,
    const struct inl_style *style);

/* Appends one row as "c1 | c2 | c3", without LF; empty cells at its end are
 * left out. */
void table_row(struct buf *to, const struct block *row,
    const struct inl_style *style);

#endif
