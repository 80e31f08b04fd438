/*
 * The way from a worker to the desk. A worker may open no connection, so it
 * asks the keeper for one: over the line, which all workers of all generations
 * share, it sends one end of a socket pair of its own; the keeper sends back
 * through that a connection to STATE/desk.sock, or lets it go when nobody
 * answers there. What is then said (base/desk.h), the keeper does not see.
 * Nothing here blocks.
 */
#ifndef SERVER_DESK_LINE_H
#define SERVER_DESK_LINE_H

#include "base/buf.h"
#include "base/desk.h"
#include "base/err.h"

#include <stdbool.h>

/* Both ends; datagrams. The keeper makes it before any fork, and whoever does
 * not need an end closes it. */
struct desk_line {
	int keeper;
	int workers;
};

int desk_line_open(struct desk_line *line, struct err *e);
/* An end of -1 is none. */
void desk_line_close(struct desk_line *line);

/* The keeper, when its end is readable. */
void desk_line_serve(const struct desk_line *line, const char *socket_path);

/* One step at the desk, in a worker. */
struct desk_call {
	int fd; /* to wait for, until it is readable; -1: none */
	bool is_connected; /* fd leads to the desk, else to the keeper */
	struct buf request;
	struct buf answer; /* what the parsed answer points into */
};

void desk_call_init(struct desk_call *c);
void desk_call_release(struct desk_call *c);

/* -1: it cannot be said, or nobody hears it now. */
int desk_call_begin(struct desk_call *c, const struct desk_line *line,
    const struct desk_request *request, struct err *e);

/* When fd is readable: 1 with the answer, 0 to wait for (another) fd, -1 when
 * there will be none. */
int desk_call_step(
    struct desk_call *c, struct desk_answer *answer, struct err *e);

#endif
