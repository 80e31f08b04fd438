/*
 * Columns as a terminal counts them: wide characters are two, combining marks
 * and joiners none. Lines are broken at spaces (and between wide characters),
 * never inside a word or an address.
 */
#ifndef CONTENT_WRAP_H
#define CONTENT_WRAP_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

int wrap_char_width(int32_t cp);
size_t wrap_width(struct str text);

enum wrap_end {
	WRAP_FORCED, /* LF, or the text is over */
	WRAP_SPACE,  /* where spaces stood, which are dropped */
	WRAP_WIDE    /* between two wide characters, where nothing stood */
};

/*
 * Takes the next line of at most width columns out of *rest, without spaces at
 * its ends, and says what ended it. A longer word stands alone on a line.
 * false when nothing was left; a final LF does not begin another line.
 */
bool wrap_next(struct str *rest, size_t width, struct str *line,
    enum wrap_end *end);

/*
 * Appends text broken to lines of at most width columns, LF after each but
 * the last. LF in the text is a forced break. The first line begins with
 * first, later ones with rest; both count. A word longer than the line
 * stands alone on one.
 */
void wrap_text(struct buf *to, struct str text, size_t width,
    struct str first, struct str rest);

#endif
