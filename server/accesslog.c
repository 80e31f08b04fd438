#include "server/accesslog.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define RING ((uint64_t)128 << 10)
#define DRAIN_MS 50
#define NAME_SHOWN 256
#define PATH_SHOWN 1024
/* A pipe takes this much at once or says that it cannot (pipe(7)). */
#define CHUNK_PIPE ((size_t)PIPE_BUF)
#define CHUNK_FILE ((size_t)RING)
/* Six bytes for each of a path in JSON, and the rest of a line. */
#define LINE_BYTES (6 * (NAME_SHOWN + PATH_SHOWN) + 512)

/*
 * head and tail count bytes since the beginning, so that head - tail is what
 * waits. The worker writes head, only behind a whole line: one that is killed
 * while it copies has written nothing. The keeper writes tail.
 */
struct ring {
	_Atomic uint64_t head;
	_Atomic uint64_t tail;
	_Atomic uint64_t lost; /* lines that found no room */
	char bytes[RING];
};

struct shared {
	_Atomic uint32_t asleep; /* the keeper waits for the descriptor */
	struct ring rings[];
};

struct accesslog {
	struct shared *shared;
	size_t size;
	size_t slots;
	int wake; /* eventfd(2) */
	/* The keeper's. */
	char *path; /* NULL: standard error */
	int fd;
	size_t chunk;
	bool is_torn; /* the last write ended inside a line */
	bool is_failing;
	uint64_t lost; /* lines that could not be written */
	/* The worker's. */
	struct buf line;
};

/* Appends at most max bytes of s in the plain form: what could end the quotes
 * or be taken for an escape is escaped too. */
static void
plain_text(struct buf *to, struct str s, size_t max)
{
	struct str rest = str_sub(s, 0, max);

	while (rest.n > 0) {
		size_t n = 0;

		while (n < rest.n && rest.p[n] != '"' && rest.p[n] != '\\')
			n++;
		log_escape(to, str_sub(rest, 0, n));
		if (n < rest.n)
			buf_printf(to, "\\x%02x", (unsigned char)rest.p[n++]);
		rest = str_sub(rest, n, rest.n);
	}
	if (s.n > max)
		buf_puts(to, "...");
}

static const char *
tls_name(int version)
{
	switch (version) {
	case 0:
		return "-";
	case 0x0303:
		return "TLSv1.2";
	case 0x0304:
		return "TLSv1.3";
	default:
		return "TLS";
	}
}

static const char *
protocol_name(enum protocol protocol)
{
	return protocol == PROTOCOL_GEMINI ? "gemini" : "gopher";
}

static void
print_ms(struct buf *to, int64_t us)
{
	if (us < 0)
		us = 0;
	buf_printf(to, "%lld.%03d", (long long)(us / 1000), (int)(us % 1000));
}

static void
format_plain(
    struct buf *to, const struct conf_log *conf, const struct access_record *r)
{
	date_rfc3339(to, r->time);
	buf_putc(to, ' ');
	address_print(to, r->address, conf->addresses);
	buf_printf(to, " %s ", protocol_name(r->protocol));
	if (r->host.n > 0)
		plain_text(to, r->host, NAME_SHOWN);
	else
		buf_putc(to, '-');
	buf_puts(to, " \"");
	plain_text(to, r->path, PATH_SHOWN);
	buf_printf(to, "\" %d %llu ", r->status, (unsigned long long)r->bytes);
	print_ms(to, r->microseconds);
	buf_printf(to, "ms %s %s\n", tls_name(r->tls_version),
	    r->tls_version == 0 ? "-"
		: r->resumed    ? "resumed"
				: "full");
}

static void
format_json(
    struct buf *to, const struct conf_log *conf, const struct access_record *r)
{
	buf_puts(to, "{\"time\":\"");
	date_rfc3339(to, r->time);
	buf_putc(to, '"');
	if (conf->addresses != ADDRESSES_NONE && r->address->bits != 0) {
		buf_puts(to, ",\"address\":\"");
		address_print(to, r->address, conf->addresses);
		buf_putc(to, '"');
	}
	buf_printf(to, ",\"protocol\":\"%s\"", protocol_name(r->protocol));
	if (r->host.n > 0) {
		buf_puts(to, ",\"host\":");
		json_string(to, str_sub(r->host, 0, NAME_SHOWN));
	}
	buf_puts(to, ",\"path\":");
	json_string(to, str_sub(r->path, 0, PATH_SHOWN));
	buf_printf(to, ",\"status\":%d,\"bytes\":%llu,\"ms\":", r->status,
	    (unsigned long long)r->bytes);
	print_ms(to, r->microseconds);
	if (r->tls_version != 0)
		buf_printf(to, ",\"tls\":\"%s\",\"resumed\":%s",
		    tls_name(r->tls_version), r->resumed ? "true" : "false");
	buf_puts(to, "}\n");
}

void
access_format(
    struct buf *to, const struct conf_log *conf, const struct access_record *r)
{
	if (conf->json)
		format_json(to, conf, r);
	else
		format_plain(to, conf, r);
}

int
accesslog_new(struct accesslog **out, size_t slots, struct err *e)
{
	struct accesslog *log = calloc(1, sizeof *log);

	if (log == NULL)
		return err_sys(e, "the request log");
	log->slots = slots;
	log->size = sizeof(struct shared) + slots * sizeof(struct ring);
	log->fd = STDERR_FILENO;
	log->chunk = CHUNK_PIPE;
	buf_init(&log->line, LINE_BYTES);
	log->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	log->shared = mmap(NULL, log->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (log->shared == MAP_FAILED || log->wake < 0) {
		err_sys(e, "shared memory for the request log");
		if (log->shared != MAP_FAILED)
			munmap(log->shared, log->size);
		if (log->wake >= 0)
			close(log->wake);
		free(log);
		return -1;
	}
	atomic_store(&log->shared->asleep, 1);
	*out = log;
	return 0;
}

void
accesslog_free(struct accesslog *log)
{
	if (log == NULL)
		return;
	if (log->fd != STDERR_FILENO)
		close(log->fd);
	close(log->wake);
	munmap(log->shared, log->size);
	buf_release(&log->line);
	free(log->path);
	free(log);
}

/* O_NONBLOCK matters for a FIFO only: one that nobody reads is an error here
 * rather than a server that never starts. */
static int
open_file(const char *path, struct err *e)
{
	int fd = open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0640);

	if (fd < 0)
		return err_sys(e, "the request log %s cannot be opened", path);
	return fd;
}

static void
use(struct accesslog *log, int fd)
{
	struct stat st;

	if (log->fd != STDERR_FILENO)
		close(log->fd);
	log->fd = fd;
	log->chunk = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? CHUNK_FILE
								: CHUNK_PIPE;
	log->is_torn = false;
	log->is_failing = false;
}

int
accesslog_open(
    struct accesslog *log, const struct conf_log *conf, struct err *e)
{
	char *path = NULL;
	int fd = STDERR_FILENO;

	if (conf->file.n > 0) {
		path = strndup(conf->file.p, conf->file.n);
		if (path == NULL)
			return err_sys(e, "the request log");
		fd = open_file(path, e);
		if (fd < 0) {
			free(path);
			return -1;
		}
	}
	use(log, fd);
	free(log->path);
	log->path = path;
	return 0;
}

int
accesslog_reopen(struct accesslog *log, struct err *e)
{
	int fd;

	if (log->path == NULL)
		return 0;
	fd = open_file(log->path, e);
	if (fd < 0)
		return -1;
	use(log, fd);
	return 0;
}

void
accesslog_leave(struct accesslog *log)
{
	use(log, STDERR_FILENO);
}

int
accesslog_fd(const struct accesslog *log)
{
	return log->wake;
}

uint64_t
accesslog_lost(const struct accesslog *log)
{
	uint64_t lost = log->lost;

	for (size_t i = 0; i < log->slots; i++)
		lost += atomic_load(&log->shared->rings[i].lost);
	return lost;
}

/* Bytes of the ring from where on, at most n, as one or two pieces. */
static int
ring_pieces(struct iovec v[2], struct ring *ring, uint64_t from, size_t n)
{
	size_t at = from % RING;
	size_t first = n < RING - at ? n : RING - at;

	v[0] = (struct iovec){ring->bytes + at, first};
	v[1] = (struct iovec){ring->bytes, n - first};
	return n > first ? 2 : 1;
}

/* How much of the n bytes from there ends with a line; all, if no line does. */
static size_t
whole_lines(const struct ring *ring, uint64_t from, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		if (ring->bytes[(from + i - 1) % RING] == '\n')
			return i;
	}
	return n;
}

static uint64_t
count_lines(const struct ring *ring, uint64_t from, size_t n)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += ring->bytes[(from + i) % RING] == '\n';
	return lines;
}

/* May it be written to now? A file always; a pipe when there is room. */
static bool
is_ready(const struct accesslog *log)
{
	struct pollfd p = {.fd = log->fd, .events = POLLOUT};

	return log->chunk == CHUNK_FILE || poll(&p, 1, 0) == 1;
}

static void
note_failure(struct accesslog *log, bool failed)
{
	if (failed && !log->is_failing)
		log_warn("the request log %s cannot be written: %s; its lines "
			 "are lost until it can",
		    log->path != NULL ? log->path : "on standard error",
		    strerror(errno));
	if (!failed && log->is_failing)
		log_info("the request log is written again; %llu lines were "
			 "lost so far",
		    (unsigned long long)accesslog_lost(log));
	log->is_failing = failed;
}

/* One write(2) of whole lines. What it did not take is lost, not tried again:
 * a full disk would hold up all that follows. */
static void
write_out(struct accesslog *log, struct ring *ring, uint64_t from, size_t n)
{
	static char newline[] = "\n";
	struct iovec v[3] = {{newline, 1}};
	int skip = log->is_torn ? 0 : 1;
	int pieces = ring_pieces(v + 1, ring, from, n);
	ssize_t wrote = writev(log->fd, v + skip, pieces + 1 - skip);
	size_t taken;

	note_failure(log, wrote < 0);
	if (wrote <= 0) {
		log->lost += count_lines(ring, from, n);
		return;
	}
	taken = (size_t)wrote - (log->is_torn ? 1 : 0);
	log->is_torn = taken < n &&
	    (taken == 0 ? log->is_torn
			: ring->bytes[(from + taken - 1) % RING] != '\n');
	if (taken < n)
		log->lost += count_lines(ring, from + taken, n - taken);
}

/* Returns whether there was anything. */
static bool
ring_drain(struct accesslog *log, struct ring *ring)
{
	uint64_t head = atomic_load(&ring->head);
	uint64_t tail = atomic_load(&ring->tail);
	bool any = head != tail;

	/* Only a worker that was taken over writes such a head. */
	if (head - tail > RING)
		tail = head;
	while (tail != head && is_ready(log)) {
		size_t n = head - tail;

		if (n > log->chunk)
			n = whole_lines(ring, tail, log->chunk);
		write_out(log, ring, tail, n);
		tail += n;
	}
	atomic_store(&ring->tail, tail);
	return any;
}

static bool
drain_all(struct accesslog *log)
{
	bool any = false;

	for (size_t i = 0; i < log->slots; i++)
		any |= ring_drain(log, &log->shared->rings[i]);
	return any;
}

/*
 * While lines come, they are fetched every few milliseconds and no worker
 * wakes anybody. Going to sleep is said first and looked at once more after,
 * so that no line falls between.
 */
int
accesslog_drain(struct accesslog *log)
{
	uint64_t count;

	atomic_store(&log->shared->asleep, 0);
	if (read(log->wake, &count, sizeof count) < 0)
		assert(errno == EAGAIN || errno == EINTR);
	if (drain_all(log))
		return DRAIN_MS;
	atomic_store(&log->shared->asleep, 1);
	if (!drain_all(log))
		return -1;
	atomic_store(&log->shared->asleep, 0);
	return DRAIN_MS;
}

static void
wake_keeper(const struct accesslog *log)
{
	uint64_t one = 1;

	/* It fails only when the count is full: the keeper is awake then. */
	if (write(log->wake, &one, sizeof one) < 0)
		return;
}

static void
ring_put(struct accesslog *log, struct ring *ring, struct str line)
{
	uint64_t head = atomic_load(&ring->head);
	uint64_t used = head - atomic_load(&ring->tail);
	struct iovec v[2];

	if (used > RING || RING - used < line.n) {
		atomic_fetch_add(&ring->lost, 1);
		return;
	}
	ring_pieces(v, ring, head, line.n);
	memcpy(v[0].iov_base, line.p, v[0].iov_len);
	memcpy(v[1].iov_base, line.p + v[0].iov_len, v[1].iov_len);
	atomic_store(&ring->head, head + line.n);
	if (atomic_load(&log->shared->asleep) ||
	    (used < RING / 2 && used + line.n >= RING / 2))
		wake_keeper(log);
}

void
accesslog_write(struct accesslog *log, int slot, const struct conf_log *conf,
    const struct access_record *r)
{
	struct ring *ring = &log->shared->rings[slot];

	buf_clear(&log->line);
	access_format(&log->line, conf, r);
	if (buf_ok(&log->line, "a line", NULL) != 0)
		atomic_fetch_add(&ring->lost, 1);
	else
		ring_put(log, ring, buf_slice(&log->line));
}
