/*
 * What every process of the server does at its birth: a socket to its parent,
 * signals as a descriptor, an end when the parent ends. All talk between our
 * processes goes through these sockets; signals are for the administrator.
 */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

/* A child of ours, as its parent knows it. */
struct process {
	pid_t pid;   /* 0: none */
	int control; /* the parent's end; packets; non-blocking */
};

/* fork(2). Returns 1 in the parent, 0 in the child, where *control is its end
 * of the socket; its first call is then process_born. -1: there is none. */
int process_fork(struct process *p, int *control, struct err *e);

/* In the child: it ends with its parent, and the log names it. Again after
 * a change of user, which makes the kernel forget. */
void process_born(const char *name);

/*
 * Blocks these signals (0 ends the list), and ignores the others that would
 * end a server or belong to its keeper alone. The descriptor gives those
 * blocked: process_signal takes the next, 0 when there is none.
 */
int process_signals(const int *signals, struct err *e);
int process_signal(int fd);

/* One packet; false when the other side is gone or does not read. */
int process_tell(int control, const void *packet, size_t n);

/* Waits for a packet of one byte until that tick (clock_ticks_ms). 1: it is the
 * word; 0: nothing came in time; -1: the other side is gone, or says something
 * else. */
int process_await(int control, char word, int64_t until_ms);

/* Ends the child at once, and waits for it. */
void process_kill(struct process *p);

/* "exit code 1", "signal 9 (Killed)": of waitpid(2)'s status. */
void process_fate(char *to, size_t size, int status);

#endif
