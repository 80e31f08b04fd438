/*
 * The walls around each kind of process, one function each, entered once and
 * never left. Callers carry no #ifdef: where the kernel lacks a wall the
 * others stand, and sandbox_report says once which is missing.
 *
 * Landlock (files, TCP, signals) and seccomp (system calls) refuse with an
 * error number what a library may try in good faith (opening a file, a
 * socket), and end the process for what only an intruder does (execve,
 * ptrace, process_vm_writev); its parent sees SIGSYS. Tracing from outside
 * works: USDT, uprobes and uretprobes go through.
 *
 * After sandbox_worker a process ends with _exit(2), for at-exit handlers are
 * its parent's and LeakSanitizer's wants to fork.
 */
#ifndef SERVER_SANDBOX_H
#define SERVER_SANDBOX_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* Logs which walls this kernel lacks, and when root stays who it is for want
 * of a user; nothing when all stand. The keeper, at start. */
void sandbox_report(struct str user);

/* Becomes user for good, its groups included; empty: nothing. An error when
 * there is no such user or we may not, unless we are that user already. */
int sandbox_drop_user(struct str user, struct err *e);

/* The keeper binds, opens and forks, but runs no program, traces nobody and
 * loads nothing into the kernel. */
int sandbox_keeper(struct err *e);

/*
 * A generation, after the site is built: what a worker may (below), and fork,
 * wait for and signal its workers. dirs: descriptors of the pages folders
 * (site_dir).
 */
int sandbox_generation(const int *dirs, size_t count, struct err *e);

/*
 * A worker, after its last open: reads, writes, accepts, waits; opens files
 * for reading beneath dirs and nowhere else; gets descriptors by recvmsg(2).
 * No new socket but from accept4, no connect, no writing open, no process, no
 * signal but to itself, no new executable memory.
 */
int sandbox_worker(const int *dirs, size_t count, struct err *e);

#endif
