#include "server/status.h"
#include "base/file.h"
#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST_MAX 256
#define DOCUMENT_MAX ((size_t)64 << 10)

/* owner: the generation that the slot's worker is of; 0: free. */
struct slot {
	_Atomic uint32_t owner;
	struct figures_worker worker;
};

struct shared {
	_Atomic uint64_t worker_deaths;
	struct slot slot[];
};

/* Shared is what others write: a worker that was taken over can count wrong,
 * but not lead the keeper astray, whose own the rest is. */
struct figures {
	struct shared *shared;
	size_t slots;
	size_t size;
	int64_t started;
	int64_t reloaded; /* 0: never */
	uint32_t generation;
	uint64_t reloads, reload_failures;
	uint64_t log_lost;
	int64_t reload_failed; /* when; 0: the last one did not */
	char reload_error[ERR_MSG_MAX];
	char certificate_host[HOST_MAX]; /* empty: none */
	int64_t certificate_expires;
};

int
figures_new(struct figures **out, size_t slots, struct err *e)
{
	struct figures *f = calloc(1, sizeof *f);

	assert(slots > 0 && slots <= WORKER_SLOTS_MAX);
	if (f == NULL)
		return err_sys(e, "the figures");
	f->slots = slots;
	f->size = sizeof *f->shared + slots * sizeof(struct slot);
	f->shared = mmap(NULL, f->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f->shared == MAP_FAILED) {
		err_sys(e, "shared memory for the figures");
		free(f);
		return -1;
	}
	*out = f;
	return 0;
}

void
figures_free(struct figures *f)
{
	if (f == NULL)
		return;
	munmap(f->shared, f->size);
	free(f);
}

/* Two generations may look for one at the same time. */
int
figures_slot(struct figures *f, uint32_t generation)
{
	assert(generation > 0);
	for (size_t i = 0; i < f->slots; i++) {
		uint32_t nobody = 0;

		if (atomic_compare_exchange_strong(
			&f->shared->slot[i].owner, &nobody, generation))
			return (int)i;
	}
	return -1;
}

static uint64_t
count_of(const struct figures_worker *w, enum figure which)
{
	return atomic_load_explicit(&w->count[which], memory_order_relaxed);
}

void
figures_slot_release(struct figures *f, int slot)
{
	struct figures_worker *w = &f->shared->slot[slot].worker;

	atomic_store(&w->count[FIGURE_CLOSED],
	    count_of(w, FIGURE_CONNECTIONS_GEMINI) +
		count_of(w, FIGURE_CONNECTIONS_GOPHER));
	atomic_store(&f->shared->slot[slot].owner, 0);
}

int
figures_slot_of(const struct figures *f, uint32_t generation, int from)
{
	for (size_t i = (size_t)from; i < f->slots; i++) {
		if (atomic_load(&f->shared->slot[i].owner) == generation)
			return (int)i;
	}
	return -1;
}

struct figures_worker *
figures_worker(struct figures *f, int slot)
{
	return &f->shared->slot[slot].worker;
}

void
figure_reply(struct figures_worker *w, enum protocol protocol, int status,
    uint64_t bytes)
{
	_Atomic uint64_t *count;

	if (status < 10 || status >= FIGURE_STATUSES)
		status = 40;
	count = &w->replies[protocol][status];
	atomic_store_explicit(count,
	    atomic_load_explicit(count, memory_order_relaxed) + 1,
	    memory_order_relaxed);
	figure_add(w,
	    protocol == PROTOCOL_GEMINI ? FIGURE_BYTES_GEMINI
					: FIGURE_BYTES_GOPHER,
	    bytes);
}

void
figures_started(struct figures *f, int64_t now)
{
	f->started = now;
	f->generation = 1;
}

void
figures_reloaded(struct figures *f, int64_t now, uint32_t generation)
{
	f->reloaded = now;
	f->generation = generation;
	f->reloads++;
	f->reload_failed = 0;
}

void
figures_reload_failed(struct figures *f, int64_t now, const char *why)
{
	f->reload_failures++;
	f->reload_failed = now;
	snprintf(f->reload_error, sizeof f->reload_error, "%s", why);
}

void
figures_worker_died(struct figures *f)
{
	atomic_fetch_add(&f->shared->worker_deaths, 1);
}

void
figures_certificate(struct figures *f, const char *host, int64_t expires)
{
	if (host == NULL) {
		f->certificate_host[0] = '\0';
	} else if (f->certificate_host[0] == '\0' ||
	    expires < f->certificate_expires) {
		snprintf(f->certificate_host, sizeof f->certificate_host, "%s",
		    host);
		f->certificate_expires = expires;
	}
}

void
figures_log_lost(struct figures *f, uint64_t lines)
{
	f->log_lost = lines;
}

static uint64_t
total(const struct figures *f, enum figure which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->slots; i++)
		sum += count_of(&f->shared->slot[i].worker, which);
	return sum;
}

static uint64_t
total_replies(const struct figures *f, enum protocol protocol, int status)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->slots; i++)
		sum += atomic_load_explicit(
		    &f->shared->slot[i].worker.replies[protocol][status],
		    memory_order_relaxed);
	return sum;
}

static size_t
workers(const struct figures *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->slots; i++)
		n += atomic_load(&f->shared->slot[i].owner) != 0;
	return n;
}

/* A member, with a comma unless it is the first of its object or line. */
static void
number(struct buf *to, const char *name, uint64_t n)
{
	char last = to->data[to->len - 1];

	if (last != '{' && last != '\n')
		buf_putc(to, ',');
	buf_printf(to, "\"%s\":%llu", name, (unsigned long long)n);
}

static void
replies_json(struct buf *to, const struct figures *f, enum protocol protocol)
{
	for (int status = 10; status < FIGURE_STATUSES; status++) {
		uint64_t n = total_replies(f, protocol, status);
		char name[16];

		if (n == 0)
			continue;
		snprintf(name, sizeof name, "%d", status);
		number(to, name, n);
	}
}

static void
connections_json(struct buf *to, const struct figures *f)
{
	uint64_t gemini = total(f, FIGURE_CONNECTIONS_GEMINI);
	uint64_t gopher = total(f, FIGURE_CONNECTIONS_GOPHER);
	uint64_t closed = total(f, FIGURE_CLOSED);

	/* The counters are read one after the other while workers count. */
	buf_puts(to, "\"connections\":{");
	number(to, "open",
	    gemini + gopher > closed ? gemini + gopher - closed : 0);
	number(to, "gemini", gemini);
	number(to, "gopher", gopher);
	number(to, "timeouts", total(f, FIGURE_TIMEOUTS));
	number(to, "no_descriptors", total(f, FIGURE_NO_DESCRIPTORS));
	buf_puts(to, "},\n");
}

static void
handshakes_json(struct buf *to, const struct figures *f)
{
	buf_puts(to, "\"handshakes\":{");
	number(to, "TLSv1.2", total(f, FIGURE_TLS12));
	number(to, "TLSv1.3", total(f, FIGURE_TLS13));
	number(to, "resumed", total(f, FIGURE_RESUMED));
	number(to, "failed", total(f, FIGURE_HANDSHAKE_FAILED));
	buf_puts(to, "},\n");
}

static void
limits_json(struct buf *to, const struct figures *f)
{
	buf_puts(to, "\"limits\":{");
	for (int kind = LIMIT_NONE + 1; kind < LIMIT_KINDS; kind++)
		number(to, limit_name((enum limit_kind)kind),
		    total(f, (enum figure)(FIGURE_LIMIT + kind)));
	buf_puts(to, "},\n");
}

static void
reload_json(struct buf *to, const struct figures *f)
{
	buf_puts(to, "\"reload\":{");
	number(to, "done", f->reloads);
	number(to, "failed", f->reload_failures);
	if (f->reloads > 0)
		buf_printf(to, ",\"last\":%lld", (long long)f->reloaded);
	if (f->reload_failed != 0) {
		buf_printf(to, ",\"error_at\":%lld,\"error\":",
		    (long long)f->reload_failed);
		json_string(to, str_of(f->reload_error));
	}
	buf_puts(to, "}");
}

/* Days to come, rounded down; less than none when it is over. */
static void
certificate_json(struct buf *to, const struct figures *f, int64_t now)
{
	int64_t left = f->certificate_expires - now;

	if (f->certificate_host[0] == '\0')
		return;
	buf_puts(to, ",\n\"certificate\":{\"host\":");
	json_string(to, str_of(f->certificate_host));
	buf_printf(to, ",\"expires\":%lld,\"days_left\":%lld}",
	    (long long)f->certificate_expires,
	    (long long)(left >= 0 ? left / 86400 : -1 - -left / 86400));
}

void
figures_json(struct buf *to, const struct figures *f, int64_t now)
{
	buf_puts(to, "{\"version\":\"" VERSION "\",\n");
	buf_printf(to, "\"started\":%lld,\n\"uptime\":%lld,\n",
	    (long long)f->started, (long long)(now - f->started));
	buf_printf(to, "\"generation\":%u,\n", (unsigned)f->generation);
	number(to, "workers", workers(f));
	buf_puts(to, ",\n");
	number(to, "worker_deaths", atomic_load(&f->shared->worker_deaths));
	buf_puts(to, ",\n");
	connections_json(to, f);
	buf_puts(to, "\"requests\":{\"gemini\":{");
	replies_json(to, f, PROTOCOL_GEMINI);
	buf_puts(to, "},\"gopher\":{");
	replies_json(to, f, PROTOCOL_GOPHER);
	buf_puts(to, "}},\n\"bytes\":{");
	number(to, "gemini", total(f, FIGURE_BYTES_GEMINI));
	number(to, "gopher", total(f, FIGURE_BYTES_GOPHER));
	buf_puts(to, "},\n");
	handshakes_json(to, f);
	limits_json(to, f);
	number(to, "log_lines_lost", f->log_lost);
	buf_puts(to, ",\n");
	reload_json(to, f);
	certificate_json(to, f, now);
	buf_puts(to, "}\n");
}

static int
socket_address(struct sockaddr_un *sun, const char *path, struct err *e)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof sun->sun_path)
		return err_set(e, ERR_INPUT,
		    "%s: longer than the %zu bytes that a socket's path may "
		    "have; choose a shorter `state`",
		    path, sizeof sun->sun_path - 1);
	strcpy(sun->sun_path, path);
	return 0;
}

/* A descriptor connected to it, or -1 and errno. */
static int
connect_to(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)sun, sizeof *sun) != 0) {
		int code = errno;

		close(fd);
		errno = code;
		fd = -1;
	}
	return fd;
}

/* What a server that was killed left behind; never what is no socket. */
static int
remove_stale(const struct sockaddr_un *sun, struct err *e)
{
	struct stat st;
	int fd;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", sun->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_REFUSED,
		    "%s: is there and is no socket; remove it, or choose "
		    "another `state`",
		    sun->sun_path);
	fd = connect_to(sun);
	if (fd >= 0) {
		close(fd);
		return err_set(e, ERR_REFUSED,
		    "%s: another server answers here; stop it first, or give "
		    "this one another `state`",
		    sun->sun_path);
	}
	if (unlink(sun->sun_path) != 0 && errno != ENOENT)
		return err_sys(e, "%s: a stale socket that cannot be removed",
		    sun->sun_path);
	return 0;
}

int
status_listen(const char *path, struct err *e)
{
	struct sockaddr_un sun;
	mode_t mask;
	int fd, bound;

	if (socket_address(&sun, path, e) != 0 || remove_stale(&sun, e) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "%s: no socket for it", path);
	/* From the first instant nobody else may connect. */
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&sun, sizeof sun);
	umask(mask);
	if (bound != 0 || listen(fd, 16) != 0) {
		err_sys(e, "%s: cannot be listened on", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* The document fits the socket's buffer, so one write takes all of it. */
void
status_answer(int fd, const struct figures *f, int64_t now)
{
	struct buf b;
	int client;

	buf_init(&b, DOCUMENT_MAX);
	figures_json(&b, f, now);
	while ((client = accept4(
		    fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (buf_ok(&b, "the figures", NULL) == 0)
			(void)!send(client, b.data, b.len, MSG_NOSIGNAL);
		close(client);
	}
	buf_release(&b);
}

void
status_close(int fd, const char *path)
{
	unlink(path);
	close(fd);
}

int
status_ask(struct buf *to, const char *path, struct err *e)
{
	struct sockaddr_un sun;
	int fd, failed;

	if (socket_address(&sun, path, e) != 0)
		return -1;
	fd = connect_to(&sun);
	if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED))
		return err_set(e, ERR_MISSING,
		    "no server runs here: nothing answers at %s", path);
	if (fd < 0 && errno == EACCES)
		return err_set(e, ERR_REFUSED,
		    "%s: answers nobody but the user that the server was "
		    "started as, and root; ask as one of them",
		    path);
	if (fd < 0)
		return err_sys(e, "%s: cannot be asked", path);
	failed = file_read_fd(to, fd, path, e);
	close(fd);
	if (failed == 0 && to->len == 0)
		return err_set(e, ERR_LATER,
		    "%s: the server said nothing; try again", path);
	return failed;
}
