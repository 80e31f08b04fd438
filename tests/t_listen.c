#include "server/listen.h"

#include "server/activation.h"
#include "tests/t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACTIVATED 3 /* sd_listen_fds(3): the first */

/* Listens on a port of the system's choice, as another program does. */
static int
occupy(int type, const char *host, int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || inet_pton(AF_INET, host, &in.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&in, len) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 1) != 0) ||
	    getsockname(fd, (struct sockaddr *)&in, &len) != 0)
		abort();
	*port = ntohs(in.sin_port);
	return fd;
}

/* A port that nobody has, of those that the system gives to nobody by itself:
 * no other test comes between. */
static int
free_port(void)
{
	static int next;
	struct sockaddr_in in = {.sin_family = AF_INET};
	bool is_free = false;

	if (next == 0)
		next = 20000 + (int)(getpid() % 8000);
	while (!is_free && next < 32768) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		in.sin_port = htons((uint16_t)++next);
		is_free = bind(fd, (struct sockaddr *)&in, sizeof in) == 0;
		close(fd);
	}
	return next;
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 && bind(fd, (void *)&in6, sizeof in6) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

/* A configuration that listens for Gemini, and unless NULL for Gopher, where
 * the text says: "%d" in it is the port. */
static struct conf
listening_on(const char *gemini, const char *gopher, int port)
{
	char text[1024];
	struct err e = ERR_INIT;
	struct conf conf;
	int n;

	n = snprintf(text, sizeof text, "host: localhost\ngemini: {listen: ");
	n += snprintf(text + n, sizeof text - (size_t)n, gemini, port, port);
	n += snprintf(text + n, sizeof text - (size_t)n, "}\n");
	if (gopher != NULL) {
		n += snprintf(
		    text + n, sizeof text - (size_t)n, "gopher: {listen: ");
		n += snprintf(
		    text + n, sizeof text - (size_t)n, gopher, port, port);
		snprintf(text + n, sizeof text - (size_t)n, "}\n");
	}
	if (conf_parse(&conf, "capsule.yaml", str_of(text), &e) != 0) {
		t_note(e.msg);
		abort();
	}
	return conf;
}

static int
open_for(struct listeners *l, struct listeners *running, const char *gemini,
    const char *gopher, int port, struct err *e)
{
	struct conf conf = listening_on(gemini, gopher, port);
	int result = listen_open(l, &conf, running, e);

	conf_release(&conf);
	return result;
}

static bool
answers(int family, const char *host, int port)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(family, SOCK_STREAM, 0);
	bool does;

	inet_pton(family, host,
	    family == AF_INET ? (void *)&in.sin_addr : (void *)&in6.sin6_addr);
	does = fd >= 0 &&
	    (family == AF_INET ? connect(fd, (void *)&in, sizeof in)
			       : connect(fd, (void *)&in6, sizeof in6)) == 0;
	if (fd >= 0)
		close(fd);
	return does;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
binds_what_is_asked(void)
{
	int on = 0, port = free_port();
	socklen_t len = sizeof on;
	struct err e = ERR_INIT;
	struct listeners l;

	T_EQ_INT(open_for(&l, NULL, "\"127.0.0.1:%d\"",
		     "[\"127.0.0.1:0\", \"127.0.0.2:0\"]", port, &e),
	    0, "%s", e.msg);
	T_EQ_INT((int64_t)l.count, 3, "one and two");
	T_OK(l.list[0].protocol == PROTOCOL_GEMINI &&
		l.list[1].protocol == PROTOCOL_GOPHER,
	    "Gemini's come first");
	T_EQ_INT(l.list[0].port, port, "the port that was named");
	T_OK(l.list[1].port > 0 && l.list[2].port > 0, "or one of the system");
	T_OK(answers(AF_INET, "127.0.0.2", l.list[2].port), "it answers");
	T_OK(getsockopt(l.list[0].fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) ==
		    0 &&
		on,
	    "a reply's last segment waits for nothing");
	T_OK(fcntl(l.list[0].fd, F_GETFL) & O_NONBLOCK, "nobody blocks on it");
	T_OK(fcntl(l.list[0].fd, F_GETFD) & FD_CLOEXEC, "nobody inherits it");
	listen_close(&l);
	T_OK(!answers(AF_INET, "127.0.0.1", port), "closed, it does not");
}

/* What the administrator is told, and that nothing is left open by it. */
static void
says_why_not(void)
{
	int port, other = occupy(SOCK_STREAM, "127.0.0.1", &port), next;
	static const struct {
		const char *gemini, *gopher, *want;
	} table[] = {
	    {"\"127.0.0.1:%d\"", NULL,
		" is in use by another program; stop that one, or name "
		"another address under `gemini: listen:`"},
	    {"\"0.0.0.0:%d\"", NULL, "is in use by another program"},
	    {"\":%d\"", NULL, "is in use by another program"},
	    {"\"127.0.0.1:0\"", "\"127.0.0.1:%d\"", "under `gopher: listen:`"},
	    {"\"192.0.2.1:%d\"", NULL,
		" is no address of this machine; name another under `gemini: "
		"listen:`"},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err e = ERR_INIT;
		struct listeners l;
		int fd = dup(other);

		close(fd);
		T_EQ_INT(open_for(&l, NULL, table[i].gemini, table[i].gopher,
			     port, &e),
		    -1, "%s", table[i].gemini);
		T_OK(strstr(e.msg, table[i].want) != NULL, "%s", e.msg);
		T_OK(l.list == NULL && l.count == 0, "nothing is left");
		next = dup(other);
		T_EQ_INT(next, fd, "nor any descriptor");
		close(next);
	}
	close(other);
}

static void
needs_rights_for_low_ports(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	struct err e = ERR_INIT;
	struct listeners l;
	int first = 0;

	if (f == NULL || fscanf(f, "%d", &first) != 1)
		first = 1024;
	if (f != NULL)
		fclose(f);
	if (first <= 79 || (geteuid() == 0 && seteuid(65534) != 0)) {
		T_OK(true, "# SKIP any user may have low ports here");
		return;
	}
	T_EQ_INT(
	    open_for(&l, NULL, "\"127.0.0.1:79\"", NULL, 0, &e), -1, "port 79");
	T_OK(
	    strstr(e.msg, "127.0.0.1:79: a port under 1024 needs root") != NULL,
	    "%s", e.msg);
	if (getuid() == 0 && seteuid(0) != 0)
		abort();
}

static void
listens_by_families(void)
{
	int port = free_port();
	struct err e = ERR_INIT;
	struct listeners l;

	if (!has_ipv6()) {
		T_OK(true, "# SKIP this machine has no IPv6");
		return;
	}
	T_EQ_INT(open_for(&l, NULL, "\":%d\"", NULL, port, &e), 0, "%s", e.msg);
	T_OK(answers(AF_INET, "127.0.0.1", port) &&
		answers(AF_INET6, "::1", port),
	    "all addresses are of both families");
	listen_close(&l);
	T_EQ_INT(
	    open_for(&l, NULL, "\"[::1]:%d\"", NULL, port, &e), 0, "%s", e.msg);
	T_OK(answers(AF_INET6, "::1", port) &&
		!answers(AF_INET, "127.0.0.1", port),
	    "IPv6 alone");
	listen_close(&l);
	T_EQ_INT(
	    open_for(&l, NULL, "[\"[::]:%d\", \"0.0.0.0:%d\"]", NULL, port, &e),
	    0, "%s", e.msg);
	T_OK(answers(AF_INET, "127.0.0.1", port) &&
		answers(AF_INET6, "::1", port),
	    "each family by a socket of its own");
	listen_close(&l);
}

static void
is_carried_over_a_reload(void)
{
	struct listeners running, next;
	struct err e = ERR_INIT;
	int port = free_port(), kept, gone;

	T_EQ_INT(open_for(&running, NULL, "\"127.0.0.1:%d\"", "\"127.0.0.1:0\"",
		     port, &e),
	    0, "%s", e.msg);
	kept = running.list[0].fd;
	gone = running.list[1].fd;
	T_EQ_INT(open_for(&next, &running, "\"127.0.0.1:%d\"", NULL, port, &e),
	    0, "%s", e.msg);
	T_EQ_INT(next.list[0].fd, kept, "what stays is the same socket");
	listen_abandon(&running, &next);
	T_OK(is_open(kept) && is_open(gone), "abandoned, all stay");

	T_EQ_INT(open_for(&next, &running, "\"127.0.0.1:%d\"",
		     "\"127.0.0.2:0\"", port, &e),
	    0, "%s", e.msg);
	T_EQ_INT(next.list[0].fd, kept, "and so it is the next time");
	listen_replace(&running, &next);
	T_OK(is_open(kept) && !is_open(gone), "what nobody wants is closed");
	running = next;

	T_EQ_INT(open_for(&next, &running, "\"0.0.0.0:%d\"", NULL, port, &e),
	    -1, "an address that overlaps one of ours");
	T_OK(strstr(e.msg, ": this server listens on 127.0.0.1:") != NULL &&
		strstr(e.msg, "stop it and start it again") != NULL,
	    "%s", e.msg);
	T_OK(answers(AF_INET, "127.0.0.1", port), "and what ran still does");
	T_OK(!running.list[0].is_shared, "for itself");
	listen_close(&running);
}

/* As a service manager leaves it for us; returns whose port it is. */
static int
activate(int type)
{
	int port, fd = occupy(type, "127.0.0.1", &port);
	char pid[32];

	if (fd != ACTIVATED && dup2(fd, ACTIVATED) != ACTIVATED)
		abort();
	if (fd != ACTIVATED)
		close(fd);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	activation_begin();
	return port;
}

static void
takes_what_is_activated(void)
{
	int port = activate(SOCK_STREAM);
	struct err e = ERR_INIT;
	struct listeners l;

	T_EQ_INT(open_for(&l, NULL, "\"0.0.0.0:%d\"", NULL, port, &e), -1,
	    "another address than the manager's");
	T_OK(strstr(e.msg, ": the service manager listens on 127.0.0.1:") !=
		    NULL &&
		strstr(e.msg, "under `gemini: listen:`") != NULL,
	    "%s", e.msg);
	T_OK(is_open(ACTIVATED), "the manager's socket stays");
	err_clear(&e);
	T_EQ_INT(open_for(&l, NULL, "\"127.0.0.1:%d\"", NULL, port, &e), 0,
	    "%s", e.msg);
	T_EQ_INT(l.list[0].fd, ACTIVATED, "the same address");
	T_OK(!l.list[0].is_ours, "is not ours");
	T_OK(fcntl(ACTIVATED, F_GETFL) & O_NONBLOCK, "but as ours would be");
	listen_close(&l);
	T_OK(is_open(ACTIVATED), "and open when we have ended");
	close(ACTIVATED);
}

/* A datagram socket on the same port is nothing to listen with. */
static void
takes_no_other_kind(void)
{
	int port = activate(SOCK_DGRAM);
	struct err e = ERR_INIT;
	struct listeners l;

	T_EQ_INT(open_for(&l, NULL, "\"127.0.0.1:%d\"", NULL, port, &e), 0,
	    "%s", e.msg);
	T_OK(l.list[0].is_ours && l.list[0].fd != ACTIVATED,
	    "one of another kind is passed over");
	T_OK(answers(AF_INET, "127.0.0.1", port), "for one that answers");
	listen_close(&l);
	close(ACTIVATED);
}

/* Last, since a filter stays until the end of the process. */
static void
does_without_ipv6(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int port = free_port();
	struct err e = ERR_INIT;
	struct listeners l;

	if (filter == NULL ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT),
		SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET6)) != 0 ||
	    seccomp_load(filter) != 0) {
		T_OK(true, "# SKIP no filter here");
		seccomp_release(filter);
		return;
	}
	seccomp_release(filter);
	T_EQ_INT(open_for(&l, NULL, "\":%d\"", NULL, port, &e), 0, "%s", e.msg);
	T_OK(answers(AF_INET, "127.0.0.1", port), "all addresses are IPv4's");
	T_EQ_STR(str_of(l.list[0].bound), STR("0.0.0.0"), "and are called so");
	listen_close(&l);
	T_EQ_INT(open_for(&l, NULL, "\"[::1]:%d\"", NULL, port, &e), -1,
	    "one of IPv6 by itself");
	T_OK(strstr(e.msg, "]:") != NULL &&
		strstr(e.msg, ": this machine has no IPv6; take") != NULL,
	    "%s", e.msg);
	err_clear(&e);
	T_EQ_INT(
	    open_for(&l, NULL, "[\"[::]:%d\", \"0.0.0.0:%d\"]", NULL, port, &e),
	    -1, "one beside all of IPv4");
	T_OK(strstr(e.msg, ": this machine has no IPv6; take") != NULL, "%s",
	    e.msg);
}

int
main(void)
{
	T_RUN(binds_what_is_asked);
	T_RUN(says_why_not);
	T_RUN(needs_rights_for_low_ports);
	T_RUN(listens_by_families);
	T_RUN(is_carried_over_a_reload);
	T_RUN(takes_what_is_activated);
	T_RUN(takes_no_other_kind);
	T_RUN(does_without_ipv6);
	return t_done();
}
