/*
 * Columns as a terminal counts them: wide characters are two, combining marks
 * and joiners none. Lines are broken at spaces (and between wide characters),
 * never inside a word or an address.
 */
#ifndef CONTENT_WRAP_H
#define CONTENT_WRAP_H

#include "base/buf.h"
#include "base/str.h"

#include <stddef.h>

int wrap_char_width(int32_t cp);
size_t wrap_width(struct str text);

/*
 * Appends text broken to lines of at most width columns, LF after each but
 * the last. LF in the text is a forced break. The first line begins with
 * first, later ones with rest; both count. A word longer than the line
 * stands alone on one.
 */
void wrap_text(struct buf *to, struct str text, size_t width,
    struct str first, struct str rest);

#endif
