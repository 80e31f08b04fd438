#include "server/listen.h"

#include "base/log.h"
#include "server/activation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union any_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

const char *
protocol_name(enum protocol protocol)
{
	return protocol == PROTOCOL_GEMINI ? "gemini" : "gopher";
}

#define WHERE_MAX 96

/* "127.0.0.1:1965", "[::1]:1965" */
static void
print_address(char to[WHERE_MAX], const struct listener *l, int port)
{
	bool is_v6 = strchr(l->bound, ':') != NULL;

	snprintf(to, WHERE_MAX, is_v6 ? "[%s]:%d" : "%s:%d", l->bound, port);
}

static int
fill_address(union any_address *a, socklen_t *len, const struct listener *l,
    struct err *e)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, l->bound, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons((uint16_t)l->wanted);
		*len = sizeof a->in;
		return 0;
	}
	if (inet_pton(AF_INET6, l->bound, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons((uint16_t)l->wanted);
		*len = sizeof a->in6;
		return 0;
	}
	return err_set(e, ERR_INPUT,
	    "%s is no IP address; write one to listen on, as 127.0.0.1:1965 "
	    "or \"[::]:1965\"",
	    l->bound);
}

/* A socket of the service manager's for us, on this port, but not where the
 * configuration says. */
struct clash {
	char port[16]; /* ":1965" */
	char where[WHERE_MAX]; /* empty: there is none */
};

static void
note_clash(void *ctx, const char *address)
{
	struct clash *c = ctx;

	if (str_ends(str_of(address), str_of(c->port)))
		snprintf(c->where, sizeof c->where, "%s", address);
}

/* Who has the port may be this server itself. */
static int
fail_in_use(
    const struct listener *l, const struct listeners *running, struct err *e)
{
	char where[WHERE_MAX], ours[WHERE_MAX];
	struct clash clash = {.where = ""};

	print_address(where, l, l->wanted);
	for (size_t i = 0; running != NULL && i < running->count; i++) {
		if (running->list[i].port != l->wanted)
			continue;
		print_address(ours, &running->list[i], l->wanted);
		return err_set(e, ERR_SYSTEM,
		    "%s: this server listens on %s and cannot move while it "
		    "runs; stop it and start it again",
		    where, ours);
	}
	snprintf(clash.port, sizeof clash.port, ":%d", l->wanted);
	activation_unused(note_clash, &clash);
	if (clash.where[0] != '\0')
		return err_set(e, ERR_SYSTEM,
		    "%s: the service manager listens on %s for us; write the "
		    "same address into its socket unit and under `%s: "
		    "listen:`",
		    where, clash.where, protocol_name(l->protocol));
	return err_set(e, ERR_SYSTEM,
	    "%s is in use by another program; stop that one, or name another "
	    "address under `%s: listen:`",
	    where, protocol_name(l->protocol));
}

static int
fail_bind(
    const struct listener *l, const struct listeners *running, struct err *e)
{
	char where[WHERE_MAX];

	print_address(where, l, l->wanted);
	if (errno == EADDRINUSE)
		return fail_in_use(l, running, e);
	if (errno == EACCES)
		return err_set(e, ERR_SYSTEM,
		    "%s: a port under 1024 needs root (with `user:`) or "
		    "CAP_NET_BIND_SERVICE; or name another port under "
		    "`%s: listen:`",
		    where, protocol_name(l->protocol));
	if (errno == EADDRNOTAVAIL)
		return err_set(e, ERR_SYSTEM,
		    "%s is no address of this machine; name another under "
		    "`%s: listen:`",
		    where, protocol_name(l->protocol));
	if (errno == EAFNOSUPPORT)
		return err_set(e, ERR_SYSTEM,
		    "%s: this machine has no IPv6; take the address out of "
		    "`%s: listen:`",
		    where, protocol_name(l->protocol));
	return err_sys(e, "cannot listen on %s", where);
}

static int
try_bind(struct listener *l, bool is_v6_only, struct err *e)
{
	int on = 1, only = is_v6_only;
	union any_address a;
	socklen_t len = 0;

	if (fill_address(&a, &len, l, e) != 0)
		return -1;
	l->fd = socket(
	    a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Without the first a restart would wait for old connections to be
	 * forgotten. */
	if (l->fd < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    (a.sa.sa_family == AF_INET6 &&
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &only,
		    sizeof only) != 0) ||
	    bind(l->fd, &a.sa, len) != 0 || listen(l->fd, SOMAXCONN) != 0)
		return -1;
	return 0;
}

/*
 * Accepted sockets inherit TCP_NODELAY from their listener. Without it the
 * last segment of a reply waits for the acknowledgement of the one before,
 * which a client may keep back for 40 ms.
 */
static int
prepare(struct listener *l, struct err *e)
{
	union any_address a;
	socklen_t len = sizeof a;
	int on = 1;

	if (setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		return err_sys(e, "cannot set up the socket of %s", l->host);
	if (getsockname(l->fd, &a.sa, &len) != 0)
		return err_sys(e, "cannot tell the port of %s", l->host);
	l->port =
	    ntohs(a.sa.sa_family == AF_INET6 ? a.in6.sin6_port : a.in.sin_port);
	return 0;
}

/* [::] is meant for both families, unless the same port is also asked for on
 * an IPv4 address by itself. */
static bool
has_own_v4(const struct conf *conf, int port)
{
	for (int k = 0; k < 2; k++) {
		const struct conf_listen *list =
		    k ? conf->gopher : conf->gemini;
		size_t n = k ? conf->gopher_count : conf->gemini_count;

		for (size_t i = 0; i < n; i++)
			if (list[i].port == port &&
			    str_chr(list[i].host, ':') < 0)
				return true;
	}
	return false;
}

static int
bind_new(struct listener *l, const struct conf *conf,
    const struct listeners *running, struct err *e)
{
	bool is_v6_only = l->wanted > 0 && has_own_v4(conf, l->wanted);

	l->is_ours = true;
	if (try_bind(l, is_v6_only, e) == 0)
		return 0;
	if (l->fd < 0 && errno == EAFNOSUPPORT && !is_v6_only &&
	    strcmp(l->host, "::") == 0) {
		log_warn("this machine has no IPv6; listening on 0.0.0.0:%d",
		    l->wanted);
		strcpy(l->bound, "0.0.0.0");
		if (try_bind(l, false, e) == 0)
			return 0;
	}
	fail_bind(l, running, e);
	if (l->fd >= 0)
		close(l->fd);
	return -1;
}

static struct listener *
find_running(const struct listeners *running, const struct listener *l)
{
	for (size_t i = 0; running != NULL && i < running->count; i++) {
		struct listener *r = &running->list[i];

		if (r->protocol == l->protocol && r->wanted == l->wanted &&
		    strcmp(r->host, l->host) == 0 && !r->is_shared)
			return r;
	}
	return NULL;
}

static int
open_one(struct listener *l, const struct conf *conf,
    const struct conf_listen *want, const struct listeners *running,
    struct err *e)
{
	struct listener *same;

	snprintf(l->host, sizeof l->host, "%.*s", STR_ARG(want->host));
	memcpy(l->bound, l->host, sizeof l->bound);
	l->wanted = want->port;
	l->fd = -1;
	same = find_running(running, l);
	if (same != NULL) {
		same->is_shared = true;
		*l = *same;
		return 0;
	}
	l->fd = activation_socket(want);
	if (l->fd < 0 && bind_new(l, conf, running, e) != 0)
		return -1;
	fcntl(l->fd, F_SETFL, fcntl(l->fd, F_GETFL) | O_NONBLOCK);
	if (prepare(l, e) == 0)
		return 0;
	if (l->is_ours)
		close(l->fd);
	return -1;
}

static void
unshare(struct listeners *running)
{
	for (size_t i = 0; running != NULL && i < running->count; i++)
		running->list[i].is_shared = false;
}

int
listen_open(struct listeners *l, const struct conf *conf,
    struct listeners *running, struct err *e)
{
	size_t n = conf->gemini_count + conf->gopher_count;

	*l = (struct listeners){calloc(n + 1, sizeof *l->list), 0};
	if (l->list == NULL)
		return err_sys(e, "cannot listen");
	for (size_t i = 0; i < n; i++) {
		bool is_gopher = i >= conf->gemini_count;
		struct listener *one = &l->list[i];

		one->protocol = is_gopher ? PROTOCOL_GOPHER : PROTOCOL_GEMINI;
		if (open_one(one, conf,
			is_gopher ? &conf->gopher[i - conf->gemini_count]
				  : &conf->gemini[i],
			running, e) != 0) {
			listen_abandon(running, l);
			return -1;
		}
		l->count++;
	}
	return 0;
}

void
listen_abandon(struct listeners *running, struct listeners *next)
{
	listen_close(next);
	unshare(running);
}

void
listen_close(struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->list[i].is_shared && l->list[i].is_ours)
			close(l->list[i].fd);
	free(l->list);
	*l = (struct listeners){NULL, 0};
}

void
listen_replace(struct listeners *running, struct listeners *next)
{
	listen_close(running);
	unshare(next);
}

void
listen_announce(struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++) {
		char where[WHERE_MAX];

		if (l->list[i].is_ready)
			continue;
		print_address(where, &l->list[i], l->list[i].port);
		printf(
		    "ready %s %s\n", protocol_name(l->list[i].protocol), where);
		l->list[i].is_ready = true;
	}
	/* Whoever read it may be gone; the server does not end by that. */
	if (fflush(stdout) != 0)
		clearerr(stdout);
}
