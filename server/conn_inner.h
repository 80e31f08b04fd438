/*
 * One connection from the inside, for conn*.c alone. conn.c has its life: the
 * states, their deadlines, the event loop. conn_begin.c lets it in, up to the
 * end of the handshake; conn_request.c hears and answers; conn_reply.c sends
 * and ends; conn_desk.c asks the desk between the two. Each step does what can
 * be done now and says what it waits for.
 */
#ifndef SERVER_CONN_INNER_H
#define SERVER_CONN_INNER_H

#include "server/conn.h"
#include "server/desk_line.h"
#include "server/form.h"
#include "server/reply.h"

#include <event2/event.h>
#include <event2/event_struct.h>

/* How long a state may last. */
enum patience {
	PATIENCE_REQUEST, /* `request time` from accept, all states together */
	PATIENCE_STALL, /* `stall time` from the last byte the peer took */
	PATIENCE_DESK, /* DESK_MS from entering; then there is no answer */
	PATIENCE_LINGER /* LINGER_MS from entering */
};

/* name, what it waits for, patience, what it does */
#define CONN_STATES(X)                                                      \
	X(PROXY, "a balancer's header", PATIENCE_REQUEST, conn_step_proxy)       \
	X(GREETING, "the first byte", PATIENCE_REQUEST, conn_step_greeting)      \
	X(HANDSHAKE, "TLS", PATIENCE_REQUEST, conn_step_handshake)               \
	X(REQUEST, "the request's end", PATIENCE_REQUEST, conn_step_request)     \
	X(DESK, "the desk's answer", PATIENCE_DESK, conn_step_desk)              \
	X(REPLY, "the peer to take the reply", PATIENCE_STALL, conn_step_reply)  \
	X(GOODBYE, "it to take close_notify", PATIENCE_STALL, conn_step_goodbye) \
	X(LINGER, "its end of the stream", PATIENCE_LINGER, conn_step_linger)

enum conn_state {
#define X(name, waits_for, patience, step) CONN_##name,
	CONN_STATES(X)
#undef X
};

/* What a state says when it has done what it can. */
enum step {
	STEP_AGAIN, /* another state was entered: its turn */
	STEP_WAIT_READ,
	STEP_WAIT_WRITE,
	STEP_WAIT_DESK, /* call.fd to be readable */
	STEP_OVER
};

struct conn {
	struct conn_env *env;
	struct conn *next, *prev;
	uint64_t id;
	enum conn_state state;
	enum protocol protocol;
	int port;
	int fd;
	struct address address;
	struct limit_hold hold;
	enum limit_kind refusal; /* let in only to be told why not */
	short waits; /* EV_READ or EV_WRITE */
	struct event io;
	struct event timer;
	int64_t accepted_us;
	uint64_t taken; /* of the peer, when the deadline was last armed */
	size_t discarded;
	struct tls *tls;
	struct buf in;
	size_t seen; /* how much of `in` holds no request's end */
	struct str path; /* for the log; points into `in` */
	const struct route_site *form_site; /* whose form the desk is asked */
	bool form_is_part; /* of the reply that is there */
	struct desk_call call;
	struct reply reply;
	bool is_answered; /* there is a reply, to be logged once */
};

/* The one place that changes a connection's state; its deadline begins. */
enum step conn_enter(struct conn *c, enum conn_state state);
/* The deadline begins anew. */
void conn_rearm(struct conn *c);
/* No longer waits for anything, so that a descriptor may be closed. */
void conn_wait_no_more(struct conn *c);
/* One line and one count for each request that was answered, however it
 * ended; later calls do nothing. */
void conn_account(struct conn *c);

/* Its address is known: is it one too many? Then the protocol begins. */
enum step conn_begin(struct conn *c);
/* A visitor too many is let in to be told so; false: too many are. */
bool conn_turn_away(struct conn *c, enum limit_kind kind);
/* Counts, and tells the administrator, but no more than now and then: a flood
 * shall not become one of the log. */
void conn_met_limit(struct conn_env *env, enum limit_kind kind, uint64_t id,
    const struct address *who);
/* Reads what is there, up to room bytes, behind `in`. WANT_READ when nothing
 * is, DONE when something came. */
enum tls_result conn_receive(struct conn *c, size_t room);

enum step conn_step_proxy(struct conn *c);
enum step conn_step_greeting(struct conn *c);
enum step conn_step_handshake(struct conn *c);
enum step conn_step_request(struct conn *c);
/* A form was asked for: the desk's turn, or the reply's that it is closed. */
enum step conn_ask_desk(struct conn *c, const struct form *form);
/* It took too long. */
enum step conn_desk_is_late(struct conn *c);
enum step conn_step_desk(struct conn *c);
enum step conn_step_reply(struct conn *c);
enum step conn_step_goodbye(struct conn *c);
enum step conn_step_linger(struct conn *c);

#endif
