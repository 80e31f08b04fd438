#include "mail/progress.h"
#include "base/file.h"
#include "mail/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TERMINAL_MS 200
#define PLAIN_MS 5000
#define SAMPLE_MS 500
#define LINE_MAX_BYTES 1024
#define WIDTH_USUAL 80
#define BAR_MIN 10
#define BAR_MAX 40

/* Appends a piece, a comma before it, if the line stays within width. */
static void
put_piece(struct buf *to, const struct buf *piece, size_t width)
{
	size_t comma = to->len > 0 ? 2 : 0;

	if (piece->len == 0 || to->len + comma + piece->len > width)
		return;
	if (comma > 0)
		buf_puts(to, ", ");
	buf_str(to, buf_slice(piece));
}

static void
put_number(struct buf *to, struct buf *piece, int64_t n, const char *what,
    size_t width)
{
	buf_clear(piece);
	if (n > 0) {
		words_count(piece, n);
		buf_printf(piece, " %s", what);
	}
	put_piece(to, piece, width);
}

static void
put_rate(struct buf *piece, double rate)
{
	buf_clear(piece);
	if (rate >= 10) {
		words_count(piece, (int64_t)(rate + 0.5));
		buf_puts(piece, "/s");
	} else if (rate >= 1) {
		buf_printf(piece, "%.1f/s", rate);
	} else if (rate > 0) {
		buf_printf(piece, "%.0f/min", rate * 60);
	}
}

/* The most important first. All of it is ASCII: a byte is a column. */
static void
put_pieces(struct buf *to, const struct progress *p, size_t width)
{
	struct buf piece;

	buf_init(&piece, LINE_MAX_BYTES);
	words_count(&piece, p->sent);
	buf_puts(&piece, " of ");
	words_count(&piece, p->all);
	buf_puts(&piece, " sent");
	put_piece(to, &piece, width);
	put_number(to, &piece, p->failed, "failed", width);
	put_number(to, &piece, p->deferred, "deferred", width);
	put_number(to, &piece, p->in_doubt, "in doubt", width);
	buf_clear(&piece);
	if (p->rate > 0 && p->left > 0) {
		words_duration(&piece, (int64_t)((double)p->left / p->rate));
		buf_puts(&piece, " left");
	}
	put_piece(to, &piece, width);
	put_rate(&piece, p->rate);
	put_piece(to, &piece, width);
	buf_release(&piece);
}

void
progress_line(struct buf *to, const struct progress *p)
{
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	put_pieces(&line, p, LINE_MAX_BYTES);
	buf_str(to, buf_slice(&line));
	buf_release(&line);
}

void
progress_bar(struct buf *to, const struct progress *p, size_t width)
{
	int64_t tried = p->all - p->left;
	struct buf line;
	size_t room, filled;

	buf_init(&line, LINE_MAX_BYTES);
	put_pieces(&line, p, width);
	room = line.len + 3 < width ? width - line.len - 3 : 0;
	if (room > BAR_MAX)
		room = BAR_MAX;
	if (room >= BAR_MIN) {
		filled = p->all > 0
		    ? (size_t)((double)tried / (double)p->all * (double)room)
		    : 0;
		if (filled > room)
			filled = room;
		buf_putc(to, '[');
		buf_fill(to, '=', filled);
		buf_fill(to, ' ', room - filled);
		buf_puts(to, "] ");
	}
	buf_str(to, buf_slice(&line));
	buf_release(&line);
}

double
progress_rate(struct progress_meter *m, int64_t tried, int64_t now_ms)
{
	size_t newest = (m->next + PROGRESS_SAMPLES - 1) % PROGRESS_SAMPLES;
	size_t oldest;

	if (m->count == 0 || now_ms - m->at[newest] >= SAMPLE_MS) {
		m->at[m->next] = now_ms;
		m->tried[m->next] = tried;
		m->next = (m->next + 1) % PROGRESS_SAMPLES;
		if (m->count < PROGRESS_SAMPLES)
			m->count++;
	}
	oldest = m->count < PROGRESS_SAMPLES ? 0 : m->next;
	if (now_ms - m->at[oldest] < SAMPLE_MS)
		return 0;
	return (double)(tried - m->tried[oldest]) * 1000 /
	    (double)(now_ms - m->at[oldest]);
}

size_t
progress_columns(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_USUAL;
	return size.ws_col;
}

void
progress_open(struct progress_screen *screen)
{
	const char *term = getenv("TERM");

	*screen =
	    (struct progress_screen){.is_terminal = isatty(STDERR_FILENO) &&
		    (term == NULL || strcmp(term, "dumb") != 0)};
}

void
progress_show(struct progress_screen *screen, const struct progress *p,
    int64_t now_ms, bool must)
{
	struct buf line;

	if (!must && now_ms < screen->next_ms)
		return;
	screen->next_ms =
	    now_ms + (screen->is_terminal ? TERMINAL_MS : PLAIN_MS);
	buf_init(&line, LINE_MAX_BYTES * 2);
	if (screen->is_terminal) {
		/* The last column stays free: some terminals wrap there. */
		buf_putc(&line, '\r');
		progress_bar(&line, p, progress_columns(STDERR_FILENO) - 1);
		buf_puts(&line, "\x1b[K");
	} else {
		progress_line(&line, p);
		buf_putc(&line, '\n');
	}
	(void)file_write_all(STDERR_FILENO, buf_slice(&line));
	screen->is_drawn = screen->is_terminal;
	buf_release(&line);
}

void
progress_wipe(struct progress_screen *screen)
{
	if (screen->is_drawn)
		fputs("\r\x1b[K", stderr);
	screen->is_drawn = false;
}
