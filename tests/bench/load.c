/*
 * A load generator for Gemini and Gopher on loopback: one thread, epoll,
 * non-blocking OpenSSL. Opens COUNT connections, CONCURRENCY at a time, one
 * request each, checks the length of every reply and that it ended with
 * close_notify, and prints one line of figures:
 *
 *	requests/s  server-CPU-us/request  p50-ms  p99-ms  failed  unclosed
 *
 * CPU time is that of the process PID and all below it, from /proc, so that
 * what the load itself costs is not in it. With -i it only opens COUNT TLS
 * connections, leaves them idle, and prints the server's memory before and
 * with them (proportional set size, KB) and the difference a connection.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum step { STEP_CONNECT, STEP_HANDSHAKE, STEP_SEND, STEP_RECEIVE };

struct conn {
	int fd;
	SSL *ssl;
	enum step step;
	int64_t began_us;
	size_t got;
};

struct load {
	struct sockaddr_in to;
	const char *request;
	size_t request_len;
	size_t want; /* bytes of a whole reply; 0: any */
	long count, started, done, failed, unclosed, resumed;
	int concurrency;
	int server; /* process id */
	bool plain; /* Gopher without TLS */
	bool idle;
	bool resume;
	SSL_CTX *ctx;
	SSL_SESSION *session;
	int epoll;
	int *times_us;
};

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Reads a number after a name in a /proc file; 0 when it is not there. */
static long
proc_number(int pid, const char *file, const char *name)
{
	char path[64], line[256];
	long value = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(line + strlen(name), NULL, 10);
	if (f != NULL)
		fclose(f);
	return value;
}

/* Its own and that of children it has waited for: an inetd's servers. */
static long
cpu_ticks(int pid)
{
	char path[64], text[1024], *p;
	unsigned long user = 0, sys = 0;
	long child_user = 0, child_sys = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	p = strrchr(text, ')');
	if (p != NULL)
		sscanf(p + 1,
		    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld "
		    "%ld",
		    &user, &sys, &child_user, &child_sys);
	return (long)(user + sys) + child_user + child_sys;
}

static bool
is_below(int pid, int root)
{
	while (pid > 1 && pid != root)
		pid = (int)proc_number(pid, "status", "PPid:");
	return pid == root;
}

/* Sums measure over a process and all that descend from it. */
static long
over_tree(int root, bool memory)
{
	long sum = 0;
	struct dirent *d;
	DIR *dir = opendir("/proc");

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		int pid = atoi(d->d_name);

		if (pid <= 0 || !is_below(pid, root))
			continue;
		sum += memory ? proc_number(pid, "smaps_rollup", "Pss:")
			      : cpu_ticks(pid);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct load *l = SSL_get_app_data(ssl);

	if (!l->resume || l->session != NULL)
		return 0;
	l->session = session;
	return 1;
}

static void
watch(struct load *l, struct conn *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev);
}

/* OpenSSL uses a TLS 1.3 session once and then marks it as spent: each
 * connection gets a copy. */
static void
resume_session(const struct load *l, SSL *ssl)
{
	SSL_SESSION *copy;

	if (l->session == NULL || (copy = SSL_SESSION_dup(l->session)) == NULL)
		return;
	SSL_set_session(ssl, copy);
	SSL_SESSION_free(copy);
}

static void
start(struct load *l, struct conn *c)
{
	*c = (struct conn){.began_us = now_us()};
	l->started++;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0) {
		perror("socket");
		exit(1);
	}
	if (connect(c->fd, (struct sockaddr *)&l->to, sizeof l->to) != 0 &&
	    errno != EINPROGRESS) {
		perror("connect");
		exit(1);
	}
	if (!l->plain) {
		c->ssl = SSL_new(l->ctx);
		SSL_set_app_data(c->ssl, l);
		SSL_set_fd(c->ssl, c->fd);
		SSL_set_connect_state(c->ssl);
		SSL_set_tlsext_host_name(c->ssl, "localhost");
		resume_session(l, c->ssl);
	}
	watch(l, c, EPOLLOUT);
}

static void
finish(struct load *l, struct conn *c, bool closed)
{
	l->times_us[l->done++] = (int)(now_us() - c->began_us);
	if (c->got == 0 || (l->want > 0 && c->got != l->want))
		l->failed++;
	if (!closed)
		l->unclosed++;
	if (c->ssl != NULL) {
		l->resumed += SSL_session_reused(c->ssl);
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	close(c->fd);
	c->fd = -1;
	if (l->started < l->count)
		start(l, c);
}

/* What a TLS call wants next; false when the connection is over. */
static bool
again(struct load *l, struct conn *c, int n)
{
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		watch(l, c, EPOLLIN);
		return true;
	case SSL_ERROR_WANT_WRITE:
		watch(l, c, EPOLLOUT);
		return true;
	default:
		return false;
	}
}

static void
receive(struct load *l, struct conn *c)
{
	static char bytes[65536];
	ssize_t n;

	for (;;) {
		n = l->plain ? read(c->fd, bytes, sizeof bytes)
			     : SSL_read(c->ssl, bytes, sizeof bytes);
		if (n <= 0)
			break;
		c->got += (size_t)n;
	}
	if (l->plain) {
		if (n < 0 && errno == EAGAIN)
			watch(l, c, EPOLLIN);
		else
			finish(l, c, n == 0);
	} else if (!again(l, c, (int)n)) {
		finish(l, c,
		    SSL_get_error(c->ssl, (int)n) == SSL_ERROR_ZERO_RETURN);
	}
}

static void
advance(struct load *l, struct conn *c)
{
	int n = 1;

	if (c->step == STEP_CONNECT)
		c->step = l->plain ? STEP_SEND : STEP_HANDSHAKE;
	if (c->step == STEP_HANDSHAKE) {
		n = SSL_do_handshake(c->ssl);
		if (n != 1) {
			if (!again(l, c, n))
				finish(l, c, false);
			return;
		}
		if (l->idle) {
			l->done++;
			epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
			return;
		}
		c->step = STEP_SEND;
	}
	if (c->step == STEP_SEND) {
		n = l->plain
		    ? (int)write(c->fd, l->request, l->request_len)
		    : SSL_write(c->ssl, l->request, (int)l->request_len);
		if (n <= 0) {
			finish(l, c, false);
			return;
		}
		c->step = STEP_RECEIVE;
	}
	receive(l, c);
}

static int
compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void
wait_and_advance(struct load *l)
{
	struct epoll_event events[256];
	int n = epoll_wait(l->epoll, events, 256, 20000);

	if (n == 0) {
		fprintf(stderr, "load: nothing for 20 s, %ld of %ld done\n",
		    l->done, l->count);
		exit(1);
	}
	for (int i = 0; i < n; i++)
		advance(l, events[i].data.ptr);
}

static void
run_requests(struct load *l)
{
	long ticks = over_tree(l->server, false);
	struct conn *conns = calloc((size_t)l->concurrency, sizeof *conns);
	double seconds, cpu_us;
	int64_t began = now_us();
	int p50, p99;

	for (int i = 0; i < l->concurrency && l->started < l->count; i++)
		start(l, &conns[i]);
	while (l->done < l->count)
		wait_and_advance(l);
	seconds = (double)(now_us() - began) / 1e6;
	cpu_us = (double)(over_tree(l->server, false) - ticks) * 1e6 /
	    (double)sysconf(_SC_CLK_TCK) / (double)l->count;
	qsort(l->times_us, (size_t)l->done, sizeof *l->times_us, compare);
	p50 = l->times_us[l->done / 2];
	p99 = l->times_us[l->done * 99 / 100];
	printf("%.0f %.0f %.2f %.2f %ld %ld %ld\n", (double)l->count / seconds,
	    cpu_us, p50 / 1e3, p99 / 1e3, l->failed, l->unclosed, l->resumed);
	free(conns);
}

static void
run_idle(struct load *l)
{
	long before = over_tree(l->server, true), with;
	struct conn *conns = calloc((size_t)l->count + 1, sizeof *conns);

	while (l->done < l->count) {
		while (l->started < l->count && l->started - l->done < 64)
			start(l, &conns[l->started]);
		wait_and_advance(l);
	}
	poll(NULL, 0, 500);
	with = over_tree(l->server, true);
	printf("%ld %ld %.1f\n", before, with,
	    l->count > 0 ? (double)(with - before) / (double)l->count : 0);
	free(conns);
}

static bool
parse_options(struct load *l, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:n:b:p:gir")) != -1) {
		switch (c) {
		case 'c':
			l->concurrency = atoi(optarg);
			break;
		case 'n':
			l->count = atol(optarg);
			break;
		case 'b':
			l->want = (size_t)atol(optarg);
			break;
		case 'p':
			l->server = atoi(optarg);
			break;
		case 'g':
			l->plain = true;
			break;
		case 'i':
			l->idle = true;
			break;
		case 'r':
			l->resume = true;
			break;
		default:
			return false;
		}
	}
	return argc - optind == 2 && l->count >= 0 && l->concurrency > 0;
}

int
main(int argc, char **argv)
{
	struct load l = {.concurrency = 1, .count = 1000};
	struct rlimit files = {32768, 32768};
	char request[1100];

	if (!parse_options(&l, argc, argv)) {
		fputs("usage: load [-c CONCURRENCY] [-n COUNT] [-b BYTES] "
		      "[-p PID] [-g] [-i] [-r] PORT REQUEST\n",
		    stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	l.to = (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(argv[optind])),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	l.request_len = (size_t)snprintf(
	    request, sizeof request, "%s\r\n", argv[optind + 1]);
	l.request = request;
	l.times_us = calloc((size_t)l.count + 1, sizeof *l.times_us);
	l.epoll = epoll_create1(0);
	l.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(
	    l.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(l.ctx, keep_session);
	if (l.idle)
		run_idle(&l);
	else
		run_requests(&l);
	return l.failed > 0;
}
