#include "mail/desk_listen.h"
#include "base/clock.h"
#include "base/desk.h"
#include "base/log.h"
#include "base/probes.h"
#include "mail/desk.h"
#include "mail/desk_claim_turn.h"
#include "mail/store.h"

#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Somebody waits for the answer, and delivery for us. */
#define PATIENCE_MS 2000
#define QUEUE 128
#define TEND_MS 60000
#define NOBODY ((uid_t)-1)

struct caller {
	struct desk_listen *listen;
	struct caller *next, *prev;
	struct event *event;
	int fd;
};

struct desk_listen {
	const struct conf *conf;
	struct store *store;
	struct event_base *loop;
	struct event *event;
	struct sockaddr_un address;
	int fd;
	uid_t user; /* the configuration's; NOBODY: none */
	struct caller *callers;
	size_t count;
	int64_t tended_ms; /* 0: not yet */
	char packet[DESK_PACKET_MAX];
	struct buf title, text, answer;
};

static void
let_go(struct caller *c)
{
	struct desk_listen *l = c->listen;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		l->callers = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->event != NULL)
		event_free(c->event);
	close(c->fd);
	free(c);
	if (l->count-- == DESK_CALLERS_MAX)
		event_add(l->event, NULL);
}

static void
say_later(struct desk_answer *answer)
{
	*answer = (struct desk_answer){.kind = DESK_LATER,
	    .text = STR("The desk is busy. Please try again in a minute.")};
}

/* What cannot be said in a packet is as good as not known. */
static void
put(struct desk_listen *l, const struct desk_answer *answer)
{
	struct desk_answer later;
	struct err e = ERR_INIT;

	buf_clear(&l->answer);
	if (desk_put_answer(&l->answer, answer, &e) == 0)
		return;
	log_err("the desk's answer", &e);
	say_later(&later);
	buf_clear(&l->answer);
	desk_put_answer(&l->answer, &later, NULL);
}

static void
answer(struct desk_listen *l, struct str packet)
{
	struct desk desk = {.conf = l->conf, .store = l->store};
	struct desk_request request = {.way = DESK_WAYS};
	struct desk_answer said;
	struct err e = ERR_INIT;

	if (desk_parse_request(&request, packet, &e) != 0 ||
	    desk_answer(&desk, &request, clock_now(), &l->title, &l->text,
		&said, &e) != 0) {
		log_err("the desk", &e);
		say_later(&said);
	}
	PROBE2(announce, desk, request.way, said.kind);
	put(l, &said);
}

static void
on_packet(evutil_socket_t fd, short what, void *ctx)
{
	struct caller *c = ctx;
	struct desk_listen *l = c->listen;
	ssize_t n = -1;

	if ((what & EV_READ) != 0)
		n = recv(
		    fd, l->packet, sizeof l->packet, MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (what & EV_READ) != 0 &&
	    (errno == EAGAIN || errno == EINTR))
		return;
	/* One that is longer is cut, and so no packet. */
	if (n > (ssize_t)sizeof l->packet)
		n = sizeof l->packet;
	if (n > 0) {
		answer(l, (struct str){l->packet, (size_t)n});
		send(fd, l->answer.data, l->answer.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	let_go(c);
}

static bool
may_ask(const struct desk_listen *l, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() ||
	    (l->user != NOBODY && peer.uid == l->user))
		return true;
	log_warn("a program of user %ld was turned away from the desk",
	    (long)peer.uid);
	return false;
}

static void
let_in(struct desk_listen *l, int fd)
{
	static const struct timeval patience = {DESK_CALLER_S, 0};
	struct caller *c = calloc(1, sizeof *c);

	if (c == NULL) {
		close(fd);
		return;
	}
	*c = (struct caller){.listen = l, .fd = fd, .next = l->callers};
	if (c->next != NULL)
		c->next->prev = c;
	l->callers = c;
	if (++l->count == DESK_CALLERS_MAX)
		event_del(l->event);
	c->event = event_new(l->loop, fd, EV_READ | EV_PERSIST, on_packet, c);
	if (c->event == NULL || event_add(c->event, &patience) != 0)
		let_go(c);
}

static void
on_caller(evutil_socket_t listening, short what, void *ctx)
{
	struct desk_listen *l = ctx;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	if (may_ask(l, fd))
		let_in(l, fd);
	else
		close(fd);
}

static int
name_socket(struct desk_listen *l, struct err *e)
{
	char *path = l->address.sun_path;
	size_t size = sizeof l->address.sun_path;

	l->address.sun_family = AF_UNIX;
	if ((size_t)snprintf(path, size, "%s/" DESK_SOCKET, l->conf->state.p) >=
	    size)
		return err_set(e, ERR_INPUT,
		    "the path of \"state\" is too long for a socket in it; "
		    "it may have %zu bytes",
		    size - sizeof "/" DESK_SOCKET);
	return 0;
}

/* Nobody can connect before listen(2), so the mode is set in time. */
static int
open_socket(struct desk_listen *l, struct err *e)
{
	const struct sockaddr *address = (struct sockaddr *)&l->address;
	const char *path = l->address.sun_path;

	if (name_socket(l, e) != 0)
		return -1;
	if (unlink(path) != 0 && errno != ENOENT)
		return err_sys(e, "%s: cannot be replaced", path);
	l->fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 || bind(l->fd, address, sizeof l->address) != 0 ||
	    chmod(path, 0600) != 0 || listen(l->fd, QUEUE) != 0)
		return err_sys(e, "%s: cannot listen", path);
	return 0;
}

static int
find_user(struct desk_listen *l, struct err *e)
{
	const struct passwd *user;

	l->user = NOBODY;
	if (l->conf->user.n == 0)
		return 0;
	errno = 0;
	user = getpwnam(l->conf->user.p);
	if (user == NULL)
		return errno != 0
		    ? err_sys(e, "%s", l->conf->user.p)
		    : err_set(e, ERR_MISSING, "there is no user \"%s\"",
			  l->conf->user.p);
	l->user = user->pw_uid;
	/* The one who serves connects to it as this user. */
	if (geteuid() == 0 && chown(l->address.sun_path, l->user, -1) != 0)
		return err_sys(e, "%s: cannot be given to user \"%s\"",
		    l->address.sun_path, l->conf->user.p);
	return 0;
}

static int
begin(struct desk_listen *l, struct err *e)
{
	if (store_open(&l->store, l->conf->state.p, e) != 0 ||
	    open_socket(l, e) != 0 || find_user(l, e) != 0)
		return -1;
	store_patience(l->store, PATIENCE_MS);
	l->event =
	    event_new(l->loop, l->fd, EV_READ | EV_PERSIST, on_caller, l);
	if (l->event == NULL || event_add(l->event, NULL) != 0)
		return err_set(e, ERR_MEMORY, "no memory for the desk");
	return 0;
}

int
desk_listen_open(struct desk_listen **out, struct event_base *loop,
    const struct conf *conf, struct err *e)
{
	struct desk_listen *l = calloc(1, sizeof *l);

	if (l == NULL)
		return err_sys(e, "no memory for the desk");
	l->conf = conf;
	l->loop = loop;
	l->fd = -1;
	buf_init(&l->title, DESK_PACKET_MAX);
	buf_init(&l->text, DESK_PACKET_MAX);
	buf_init(&l->answer, DESK_PACKET_MAX);
	if (begin(l, e) != 0) {
		desk_listen_close(l);
		return -1;
	}
	*out = l;
	return 0;
}

void
desk_listen_tend(struct desk_listen *l)
{
	int64_t now = clock_ticks_ms();
	struct err e = ERR_INIT;
	struct desk desk;

	if (l == NULL || (l->tended_ms != 0 && now - l->tended_ms < TEND_MS))
		return;
	l->tended_ms = now;
	desk = (struct desk){.conf = l->conf, .store = l->store};
	if (desk_claims_tend(&desk, clock_now(), &e) != 0)
		log_err("claims wait", &e);
}

void
desk_listen_close(struct desk_listen *l)
{
	if (l == NULL)
		return;
	for (struct caller *c = l->callers, *next; c != NULL; c = next) {
		next = c->next;
		let_go(c);
	}
	if (l->event != NULL)
		event_free(l->event);
	if (l->fd >= 0) {
		close(l->fd);
		unlink(l->address.sun_path);
	}
	store_close(l->store);
	buf_release(&l->title);
	buf_release(&l->text);
	buf_release(&l->answer);
	free(l);
}
