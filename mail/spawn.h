/*
 * Starts this program once more, with other arguments and nothing of ours but
 * one descriptor: what must not stand in the way of who starts it, or must not
 * share its locks, is a process of its own.
 */
#ifndef MAIL_SPAWN_H
#define MAIL_SPAWN_H

#include <sys/types.h>

/* fd is what the new one finds as at; fd -1: nothing. Signals are to it as to
 * any program, and its clock goes on from ours (base/clock.h). -1: errno says
 * why. */
int spawn_self(pid_t *pid, char *const argv[], int fd, int at);

#endif
