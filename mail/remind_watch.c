#include "mail/remind_watch.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "mail/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURN_S 300
#define DAY 86400
#define HEARD_MAX 65536
#define PIECE 4096
#define FAULT STR("announce: ") /* what main.c puts before it */

static bool
has_line(struct str text, struct str line)
{
	struct str each;

	while (str_next_line(&text, &each))
		if (str_eq(each, line))
			return true;
	return false;
}

void
remind_news(
    struct buf *to, struct remind_said *said, struct str heard, int64_t now)
{
	struct str rest = heard, line;

	if (now < said->since || now - said->since >= DAY) {
		buf_clear(&said->last);
		said->since = now;
	}
	while (str_next_line(&rest, &line))
		if (!has_line(buf_slice(&said->last), line)) {
			buf_str(to, line);
			buf_putc(to, '\n');
		}
	buf_clear(&said->last);
	buf_str(&said->last, heard);
}

/* Until there is no more for now. */
static void
hear(struct remind_watch *w)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = read(w->fd, piece, sizeof piece)) > 0)
		buf_append(&w->heard, piece, (size_t)n);
}

static void
say(struct remind_watch *w, int64_t now)
{
	struct str rest, line;
	struct buf news;

	buf_init(&news, HEARD_MAX);
	remind_news(&news, &w->said, buf_slice(&w->heard), now);
	rest = buf_slice(&news);
	while (str_next_line(&rest, &line))
		if (str_starts(line, FAULT))
			log_warn(
			    "%.*s", STR_ARG(str_sub(line, FAULT.n, line.n)));
		else
			log_info("%.*s", STR_ARG(line));
	buf_release(&news);
}

static void
reap(struct remind_watch *w, int flags, int64_t now)
{
	bool is_over;

	if (w->pid == 0)
		return;
	is_over = waitpid(w->pid, NULL, flags) != 0;
	hear(w);
	if (!is_over)
		return;
	say(w, now);
	close(w->fd);
	buf_clear(&w->heard);
	w->pid = 0;
}

static int
spawn(struct remind_watch *w, const struct conf *conf)
{
	char name[] = "announce", command[] = "remind", option[] = "-c";
	char *const argv[] = {
	    name, option, (char *)conf->file.p, command, NULL};
	int fd[2], result;

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	/* It waits for us where it says more than a pipe holds. */
	result = fcntl(fd[1], F_SETFL, 0);
	if (result == 0)
		result = spawn_self(&w->pid, argv, fd[1], STDERR_FILENO);
	close(fd[1]);
	w->fd = fd[0];
	if (result != 0)
		close(fd[0]);
	return result;
}

static void
start(struct remind_watch *w, const struct conf *conf)
{
	struct err e = ERR_INIT;

	if (w->heard.data == NULL) {
		buf_init(&w->heard, HEARD_MAX);
		buf_init(&w->said.last, HEARD_MAX);
	}
	if (spawn(w, conf) == 0)
		return;
	w->pid = 0;
	err_sys(&e, "announce remind cannot be started");
	log_err("nobody is reminded", &e);
}

void
remind_watch_tick(struct remind_watch *w, const struct conf *conf, int64_t now)
{
	reap(w, WNOHANG, now);
	if (w->pid != 0 || w->turn == now / TURN_S)
		return;
	w->turn = now / TURN_S;
	start(w, conf);
}

void
remind_watch_again(struct remind_watch *w)
{
	w->turn = 0;
}

void
remind_watch_end(struct remind_watch *w)
{
	if (w->pid != 0)
		kill(w->pid, SIGTERM);
	reap(w, 0, clock_now());
	if (w->heard.data == NULL)
		return;
	buf_release(&w->heard);
	buf_release(&w->said.last);
}
