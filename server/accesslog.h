/*
 * One line a request. Workers may open no file, and nobody's full disk may
 * hold up a reply: a worker formats its line into a ring in shared memory,
 * and the keeper, who may open files, writes whole lines out with O_APPEND.
 * So a line outlives its worker, SIGUSR1 concerns the keeper alone, and what
 * finds no room in the ring (the disk full, the pipe not read) is counted as
 * lost, not waited for.
 *
 * A query is never logged: it may hold what a visitor typed into a form.
 */
#ifndef SERVER_ACCESSLOG_H
#define SERVER_ACCESSLOG_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/site.h"
#include "server/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_record {
	int64_t time;        /* clock_now() */
	const struct address *address;
	enum protocol protocol;
	struct str host;     /* of the site; empty: none known */
	struct str path;     /* or selector, without query; any bytes */
	int status;          /* as figure_reply */
	uint64_t bytes;      /* of the reply, header and body, in clear */
	int64_t microseconds; /* from accept to the last byte taken */
	int tls_version;     /* SSL_version(): 0x0303, 0x0304; 0: none */
	bool resumed;
};

/* Appends the line, its LF included: plain or JSON, all that came from
 * outside escaped and cut at some 1,100 bytes. Pure. */
void access_format(struct buf *to, const struct conf_log *conf,
    const struct access_record *r);

struct accesslog;

/* The keeper, before any fork. slots as in figures_new. */
int accesslog_new(struct accesslog **log, size_t slots, struct err *e);
void accesslog_free(struct accesslog *log);

/* The keeper: where lines go from now on (at start and after a reload); on
 * failure it stays as it was. reopen: the same file again, after rotation. */
int accesslog_open(struct accesslog *log, const struct conf_log *conf,
    struct err *e);
int accesslog_reopen(struct accesslog *log, struct err *e);
/* In a child of the keeper's, which writes into the rings alone: the file is
 * not held open there, for after rotation it would stay on the disk. */
void accesslog_leave(struct accesslog *log);

/*
 * The keeper: fd is readable when lines wait. drain writes them and says
 * after how many milliseconds it wants to be called again; -1: when the fd is
 * readable. Never blocks on a pipe. Called last when all workers are gone.
 */
int accesslog_fd(const struct accesslog *log);
int accesslog_drain(struct accesslog *log);
uint64_t accesslog_lost(const struct accesslog *log);

/* A worker, into its slot's ring. */
void accesslog_write(struct accesslog *log, int slot,
    const struct conf_log *conf, const struct access_record *r);

#endif
