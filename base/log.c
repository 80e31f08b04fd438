#include "base/log.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX 2048
/* Every byte of a text may become four. */
#define LINE_MAX_BYTES (4 * TEXT_MAX + 256)

static char program[64];
static char *file_path; /* NULL: standard error */
static int log_fd = STDERR_FILENO;
static bool to_journal;

/* systemd.exec(5): JOURNAL_STREAM is the device and inode of the stream that
 * leads to the journal. It is inherited, so it is compared. Asked early, since
 * a sandboxed process may not. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream != NULL && fstat(fd, &st) == 0 &&
	    sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && dev == st.st_dev &&
	    ino == st.st_ino;
}

void
log_name(const char *name)
{
	snprintf(program, sizeof program, "%s", name);
	to_journal = is_journal(log_fd);
}

static int
open_log(const char *path, struct err *e)
{
	int fd = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);

	if (fd < 0)
		err_sys(e, "the log %s cannot be opened", path);
	return fd;
}

static void
use(int fd)
{
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
	to_journal = is_journal(fd);
}

int
log_open(const char *path, struct err *e)
{
	char *copy = NULL;
	int fd = STDERR_FILENO;

	if (path != NULL) {
		copy = strdup(path);
		if (copy == NULL)
			return err_sys(e, "the log %s cannot be opened", path);
		fd = open_log(path, e);
		if (fd < 0) {
			free(copy);
			return -1;
		}
	}
	use(fd);
	free(file_path);
	file_path = copy;
	return 0;
}

int
log_reopen(struct err *e)
{
	int fd;

	if (file_path == NULL)
		return 0;
	fd = open_log(file_path, e);
	if (fd < 0)
		return -1;
	use(fd);
	return 0;
}

bool
log_is_harmful(int32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x200e ||
	    cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}

void
log_escape(struct buf *to, struct str s)
{
	while (s.n > 0) {
		struct str whole = s;
		bool harmful = log_is_harmful(str_next_utf8(&s));
		struct str one = str_sub(whole, 0, whole.n - s.n);

		if (!harmful) {
			buf_str(to, one);
			continue;
		}
		for (size_t i = 0; i < one.n; i++)
			buf_printf(to, "\\x%02x", (unsigned char)one.p[i]);
	}
}

static void
print(const char *level, const char *fmt, va_list ap)
{
	int code = errno;
	char text[TEXT_MAX];
	int n = vsnprintf(text, sizeof text, fmt, ap);
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	if (!to_journal) {
		date_rfc3339(&line, clock_now());
		buf_putc(&line, ' ');
	}
	if (program[0] != '\0')
		buf_printf(&line, "%s: ", program);
	buf_puts(&line, level);
	log_escape(&line, str_of(n >= 0 ? text : fmt));
	if (n >= (int)sizeof text)
		buf_puts(&line, "...");
	buf_putc(&line, '\n');
	/* One write, so that lines of several processes do not mix. There is
	 * nobody left to tell when it fails. */
	if (buf_ok(&line, "a log line", NULL) == 0)
		(void)file_write_all(log_fd, buf_slice(&line));
	buf_release(&line);
	errno = code;
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("", fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("warning: ", fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("error: ", fmt, ap);
	va_end(ap);
}

void
log_err(const char *what, const struct err *e)
{
	log_error("%s: %s", what, e->msg);
}
