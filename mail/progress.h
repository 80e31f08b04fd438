/*
 * How far a delivery is, on standard error: on a terminal one line with a bar,
 * drawn anew at most five times a second and never wider than the terminal; a
 * plain line every few seconds where something else reads along. What is shown
 * is pure, and so is how fast it goes.
 */
#ifndef MAIL_PROGRESS_H
#define MAIL_PROGRESS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	int64_t all;
	int64_t sent, deferred, failed, in_doubt;
	int64_t left; /* to be tried yet */
	double rate;  /* tried in a second; 0: not known */
};

/* "[===   ] 1,234 of 5,000 sent, 1 failed, 17 s left, 215/s", in at most width
 * columns: what does not fit is left out from its end, the bar last of all to
 * come in. */
void progress_bar(struct buf *to, const struct progress *p, size_t width);
/* The same without a bar and a width. */
void progress_line(struct buf *to, const struct progress *p);

/* Rate over the last seconds. */
#define PROGRESS_SAMPLES 16
struct progress_meter {
	int64_t at[PROGRESS_SAMPLES];    /* ms */
	int64_t tried[PROGRESS_SAMPLES]; /* until then */
	size_t count, next;
};

/* Begins zeroed. tried is how many were until now_ms. */
double progress_rate(
    struct progress_meter *m, int64_t tried, int64_t now_ms);

/* How wide a terminal is; 0: the descriptor is none. */
size_t progress_columns(int fd);

/* Where it is shown; begins with progress_open. */
struct progress_screen {
	bool is_terminal;
	bool is_drawn;    /* a line stands there that is to be wiped out */
	int64_t next_ms;
};

void progress_open(struct progress_screen *screen);
/* Shows it if it is time to, or if it must. */
void progress_show(struct progress_screen *screen, const struct progress *p,
    int64_t now_ms, bool must);
/* Makes room for other lines. */
void progress_wipe(struct progress_screen *screen);

#endif
