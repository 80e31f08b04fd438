/*
 * One step of the desk's conversation while it is answered: what the steps
 * (desk_*.c) share. Whatever they say is text: it is escaped as it is written,
 * as Markdown for pages, or left plain by mail, where links are whole
 * addresses. For mail/desk*.c only.
 */
#ifndef MAIL_DESK_STEP_H
#define MAIL_DESK_STEP_H

#include "base/arena.h"
#include "mail/desk.h"
#include "mail/store_request.h"
#include "mail/store_subscriber.h"

#include <stdbool.h>
#include <stddef.h>

#define STEP_WORDS_MAX 16 /* "claim", folders and the name of a page */

struct step {
	const struct conf *conf;
	const struct conf_site *site;
	struct store *store;
	const struct desk_request *request;
	struct str word[STEP_WORDS_MAX]; /* of the path, between slashes */
	size_t words;
	int64_t now;
	struct arena arena;
	struct buf *title, *text;
	enum desk_kind kind;
	struct str reply_to; /* by mail: what is to be answered there */
	struct str owner; /* of the token: their address, once it is known */
	const char *unsent; /* why no letter is written; NULL: none is held */
	struct err *e;
};

/* The steps, by the first word of their path. 0 with what was said by one of
 * those below; -1 when the store fails. */
int desk_subscribe(struct step *s); /* subscribe[/LIST] */
int desk_claim(struct step *s); /* claim/.. (desk_offer.h) */
int desk_code(struct step *s); /* code/REQUEST */
int desk_confirm(struct step *s); /* c/TOKEN[/yes|/all] */
int desk_leave(struct step *s); /* leave[/TOKEN[/yes|/undo[/TIME]]] */
int desk_lists(struct step *s); /* lists/TOKEN[/on|/off/LIST[/TIME]] */
int desk_me(struct step *s); /* me[/on|/off/LIST|/leave..[/TIME]] */
int desk_offer(struct step *s); /* offer/SOURCE */
int desk_organizers(struct step *s); /* organizers */
int desk_help(struct step *s); /* help */

/* Whole answers; each returns 0. step_end is what a step ends with. */
int step_end(struct step *s, enum desk_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int step_missing(struct step *s);

/* Pages: a title in plain text, then what stands below. step_page gives 0. */
int step_page(struct step *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void step_say(struct step *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void step_heading(struct step *s, const char *text);
void step_item(struct step *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void step_link(struct step *s, struct str path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* By mail only: the same by an empty message to an address of ours. */
void step_write_to(
    struct step *s, const char *what, struct str token, const char *label);

/* In the arena. */
struct str step_printf(struct step *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct str step_uri(struct step *s, struct str path);
struct str step_address(struct step *s, const char *what, struct str token);
struct str step_date(struct step *s, int64_t at);
struct str step_day(struct step *s, int64_t at);

/* The site of a host; the first for one that is none. */
const struct conf_site *step_site(const struct conf *conf, struct str host);
/* NULL when the configuration has none of that name. */
const struct conf_list *step_list(const struct step *s, struct str name);
enum member_way step_way(const struct step *s);
/* Theirs, for limits and records; by mail empty. */
struct str step_network(const struct step *s);
/* "by gemini from 192.0.2.0/24 at 2026-11-20T20:00:00Z" */
struct str step_record(struct step *s);
struct str step_record_of(
    struct step *s, enum member_way way, struct str network, int64_t at);

/* Ends what store_begin has begun: commits when result is 0. */
int step_settle(struct step *s, int result);

/* The address that was typed, or that wrote. 1 with it, 0 when that was asked
 * for or refused, -1. */
int step_typed_address(struct step *s, struct str *address);

/* Counts what was asked for lately against the limits. 1 to go on, with
 * may_mail, 0 when it was refused, -1. */
int step_limits(
    struct step *s, const struct store_asked *asked, bool *may_mail);

/* Where a request or token is not known (any more). */
int step_expired(struct step *s);
/* The same when that is why it was not found; else -1. */
int step_unknown(struct step *s, const struct err *why);

/* What is given away, and how many are left; for organizers. */
int step_say_offers(struct step *s);

/* Someone who has shown who they are. */
#define STEP_LISTS_MAX 100

struct step_person {
	struct store_subscriber who;
	struct store_member member[STEP_LISTS_MAX];
	size_t count;
	int64_t changed; /* the last of them */
	struct str lists; /* where they choose: "/lists/TOKEN" or "/me" */
	struct str leave; /* where they leave */
};

/* Fills in what is known of p->who. */
int step_person(struct step *s, struct step_person *p);
/* The titles of the lists that they are on, for a sentence; empty: none. */
struct str step_titles(struct step *s, const struct step_person *p);
/* Into ACTIVE on a list, known or not, erased or not. */
int step_join(
    struct step *s, struct str address, struct str list, struct str consent);

/* Steps of a person: the words from `at` on are what they want. */
int step_choose(struct step *s, struct step_person *p, size_t at);
int step_leave(struct step *s, struct step_person *p, size_t at);

#endif
