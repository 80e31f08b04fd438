#include "mail/words.h"
#include "base/clock.h"
#include "base/log.h"
#include "content/wrap.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
#define CELL_MAX ((size_t)1 << 16)
/* A word of at least so many letters and digits, of these at least so many,
 * and of both kinds, is a mark of the server's. */
#define MARK_LENGTH 6
#define MARK_DIGITS 2

void
words_count(struct buf *to, int64_t n)
{
	char digits[24];
	int len;

	if (n < 0) {
		buf_putc(to, '-');
		n = -n;
	}
	len = snprintf(digits, sizeof digits, "%lld", (long long)n);
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_putc(to, ',');
		buf_putc(to, digits[i]);
	}
}

void
words_counted(struct buf *to, int64_t n, const char *one, const char *many)
{
	words_count(to, n);
	buf_printf(to, " %s", n == 1 ? one : many);
}

void
words_duration(struct buf *to, int64_t seconds)
{
	long long s = seconds > 0 ? seconds : 0;

	if (s < MINUTE)
		buf_printf(to, "%lld s", s);
	else if (s < 10 * MINUTE && s % MINUTE != 0)
		buf_printf(to, "%lld min %lld s", s / MINUTE, s % MINUTE);
	else if (s < HOUR)
		buf_printf(to, "%lld min", s / MINUTE);
	else if (s < DAY && s % HOUR >= MINUTE)
		buf_printf(to, "%lld h %lld min", s / HOUR, s % HOUR / MINUTE);
	else if (s < DAY)
		buf_printf(to, "%lld h", s / HOUR);
	else if (s < 10 * DAY && s % DAY >= HOUR)
		buf_printf(to, "%lld day%s %lld h", s / DAY,
		    s < 2 * DAY ? "" : "s", s % DAY / HOUR);
	else
		buf_printf(to, "%lld day%s", s / DAY, s < 2 * DAY ? "" : "s");
}

static void
put_time(struct buf *to, const struct tm *tm, bool with_day)
{
	if (with_day)
		buf_printf(to, "%04d-%02d-%02d ", tm->tm_year + 1900,
		    tm->tm_mon + 1, tm->tm_mday);
	buf_printf(to, "%02d:%02d", tm->tm_hour, tm->tm_min);
	if (tm->tm_sec != 0)
		buf_printf(to, ":%02d", tm->tm_sec);
}

void
words_instant(struct buf *to, int64_t at)
{
	time_t t = (time_t)at;
	struct tm utc = {0};

	gmtime_r(&t, &utc);
	put_time(to, &utc, true);
	buf_puts(to, " UTC");
}

void
words_instant_here(struct buf *to, int64_t at)
{
	time_t t = (time_t)at;
	struct tm utc = {0}, here = {0};

	words_instant(to, at);
	tzset();
	if (gmtime_r(&t, &utc) == NULL || localtime_r(&t, &here) == NULL ||
	    here.tm_gmtoff == 0)
		return;
	buf_puts(to, " (");
	put_time(to, &here, here.tm_yday != utc.tm_yday);
	buf_printf(to, " %s here)", here.tm_zone);
}

void
words_cell(struct buf *to, struct str text, size_t width, bool pad)
{
	struct buf safe;
	struct str rest;
	size_t used = 0, kept = 0, at = 0;

	buf_init(&safe, CELL_MAX);
	log_escape(&safe, str_sub(text, 0, CELL_MAX / 8));
	rest = buf_slice(&safe);
	while (rest.n > 0 && used <= width) {
		int32_t cp = str_next_utf8(&rest);
		int columns = wrap_char_width(cp);

		used += (size_t)(columns > 0 ? columns : 0);
		at = safe.len - rest.n;
		if (used + 3 <= width)
			kept = at;
	}
	if (used > width) {
		buf_append(to, safe.data, kept);
		buf_puts(to, "...");
		used = wrap_width(str_sub(buf_slice(&safe), 0, kept)) + 3;
	} else {
		buf_append(to, safe.data, at);
	}
	if (pad && used < width)
		buf_fill(to, ' ', width - used);
	buf_release(&safe);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Such as a queue's id, which no two replies share. */
static bool
is_mark(struct str word)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < word.n; i++) {
		digits += word.p[i] >= '0' && word.p[i] <= '9';
		letters += is_letter(word.p[i]);
		if (word.p[i] == '.' || word.p[i] == '/' || word.p[i] == ':')
			return false;
	}
	return digits >= MARK_DIGITS && letters > 0 &&
	    digits + letters >= MARK_LENGTH;
}

/* A word without what stands around it: "<a@b>:" is a@b. */
static struct str
core_of(struct str word)
{
	static const char around[] = "<>()[]{}\"',;:.!?=";

	while (word.n > 0 && strchr(around, word.p[0]) != NULL)
		word = str_sub(word, 1, word.n);
	while (word.n > 0 && strchr(around, word.p[word.n - 1]) != NULL)
		word.n--;
	return word;
}

void
words_reply(struct buf *to, struct str reply)
{
	struct str word;

	for (bool first = true; str_next(&reply, ' ', &word); first = false) {
		struct str core = core_of(word);
		ptrdiff_t at = str_rchr(core, '@');
		size_t before = (size_t)(core.p - word.p);

		if (!first)
			buf_putc(to, ' ');
		if (at < 0 && !is_mark(core)) {
			buf_str(to, word);
			continue;
		}
		buf_append(to, word.p, before);
		buf_puts(to, "\u2026");
		if (at >= 0)
			buf_str(to, str_sub(core, (size_t)at, core.n));
		buf_str(to, str_sub(word, before + core.n, word.n));
	}
}
