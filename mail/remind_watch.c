#include "mail/remind_watch.h"

#include "base/err.h"
#include "base/log.h"
#include "mail/spawn.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#define TURN_S 300

/* What it has to say it says by itself. */
static void
reap(struct remind_watch *w, int flags)
{
	if (w->pid != 0 && waitpid(w->pid, NULL, flags) != 0)
		w->pid = 0;
}

static void
start(struct remind_watch *w, const struct conf *conf)
{
	char name[] = "announce", command[] = "remind", option[] = "-c";
	char *const argv[] = {
	    name, option, (char *)conf->file.p, command, NULL};
	struct err e = ERR_INIT;

	if (spawn_self(&w->pid, argv, -1, -1) == 0)
		return;
	w->pid = 0;
	err_sys(&e, "announce remind cannot be started");
	log_err("nobody is reminded", &e);
}

void
remind_watch_tick(struct remind_watch *w, const struct conf *conf, int64_t now)
{
	reap(w, WNOHANG);
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
	reap(w, 0);
}
