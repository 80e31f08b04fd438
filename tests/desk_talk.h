/*
 * A visitor of the desk, for tests of what is said there: one store, one
 * clock, steps at paths, and the letters that come of them.
 */
#ifndef TESTS_DESK_TALK_H
#define TESTS_DESK_TALK_H

#include "base/conf.h"
#include "mail/desk.h"
#include "mail/mailbox.h"
#include "mail/store_letter.h"
#include "mail/store_subscriber.h"
#include "mail/token.h"
#include "tests/t.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000
#define HOUR 3600
#define DAY 86400
#define HEX16 "0123456789abcdef"
#define HERS HEX16 HEX16 HEX16 HEX16
#define ORGANIZER "f" HEX16 HEX16 HEX16 "0123456789abcde"
#define HOME "192.0.2.0/24"
#define SHOWN 20000

static const char settings[] = "host: capsule.example.org\n"
			       "title: A [Conf]\n"
			       "organizers: [" ORGANIZER "]\n"
			       "mail:\n"
			       "  from: A Conf <announce@example.org>\n"
			       "  lists:\n"
			       "    announce: {title: Conference *news*}\n"
			       "    stream: {title: Before the stream}\n";

/* One desk, one visitor, one clock. */
static struct store *store;
static struct conf conf;
static int64_t now;
static struct desk_request visitor;

/* What was answered last. */
static struct buf title, text;
static struct desk_answer answer;
static struct err failure;

/* What the last letter says. */
static char code[TOKEN_CODE_LEN + 1], token[TOKEN_LEN + 1];
static char message[SHOWN];

static inline void
open_desk(const char *name)
{
	struct err e = ERR_INIT;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	store_close(store);
	if (store_open(&store, path, &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	now = NOW;
	visitor = (struct desk_request){.way = DESK_GEMINI,
	    .host = STR("capsule.example.org"),
	    .network = STR(HOME)};
}

/* A step at a path made of fmt; input NULL: nothing was typed. */
static inline enum desk_kind step(const char *input, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static inline enum desk_kind
step(const char *input, const char *fmt, ...)
{
	struct desk desk = {&conf, store};
	static char path[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	visitor.path = str_of(path);
	visitor.input = str_of(input);
	visitor.has_input = input != NULL;
	failure = (struct err)ERR_INIT;
	if (desk_answer(
		&desk, &visitor, now, &title, &text, &answer, &failure) != 0)
		return DESK_KINDS;
	/* Clients put a sign of their own behind a prompt. */
	if (answer.kind == DESK_ASK &&
	    (answer.text.n == 0 ||
		strchr("?:.,! ", answer.text.p[answer.text.n - 1]) != NULL))
		T_OK(false, "%s: the prompt ends in a sign: %.*s", path,
		    STR_ARG(answer.text));
	return answer.kind;
}

static inline bool
says(const char *words)
{
	bool found = str_find(answer.text, str_of(words)) >= 0 ||
	    str_find(answer.title, str_of(words)) >= 0;

	if (!found)
		printf("# it says: %.*s: %.*s\n", STR_ARG(answer.title),
		    STR_ARG(answer.text));
	return found;
}

/* Copies n bytes behind the first `before` of a text. */
static inline bool
cut_behind(char *out, size_t n, struct str from, const char *before)
{
	ptrdiff_t at = str_find(from, str_of(before));
	struct str found;

	out[0] = '\0';
	if (at < 0)
		return false;
	found = str_sub(from, (size_t)at + strlen(before), n);
	memcpy(out, found.p, found.n);
	out[found.n] = '\0';
	return found.n == n;
}

static inline int64_t
letters(void)
{
	struct store_totals totals;

	if (store_letter_totals(store, &totals, NULL) != 0)
		T_OK(false, "letters are counted");
	return totals.all;
}

/* Reads the last letter; its address is for who asks. */
static inline struct str
read_letter(void)
{
	static char address[MAILBOX_MAX + 1];
	struct store_letter letter;
	struct arena a;
	size_t count = 0;

	arena_init(&a);
	address[0] = '\0';
	store_letters(store, DELIVERY_QUEUED, 0, &a, &letter, 1, &count, NULL);
	if (count > 0) {
		snprintf(
		    address, sizeof address, "%.*s", STR_ARG(letter.address));
		snprintf(message, sizeof message, "%.*s%.*s",
		    STR_ARG(letter.head), STR_ARG(letter.body));
		cut_behind(code, TOKEN_CODE_LEN, letter.body, "you asked: ");
		if (!cut_behind(token, TOKEN_LEN, letter.body, "/c/"))
			cut_behind(token, TOKEN_LEN, letter.body, "/leave/");
	}
	arena_release(&a);
	return str_of(address);
}

static inline const char *
state_of(const char *address, const char *list)
{
	struct store_member_query query = {0};
	struct store_member_cursor after = {0};
	struct store_subscriber who;
	static char state[300];
	struct store_member m[9];
	struct arena a;
	size_t count = 0;

	arena_init(&a);
	snprintf(state, sizeof state, "unknown");
	if (store_subscriber_find(store, &who, &a, str_of(address), NULL) ==
	    0) {
		query.subscriber = who.id;
		store_members(store, &query, &after, &a, m, 9, &count, NULL);
	}
	for (size_t i = 0; i < count; i++)
		if (str_is(m[i].list, list))
			snprintf(state, sizeof state, "%s by %s",
			    member_state_name(m[i].state),
			    member_way_name(m[i].way));
	arena_release(&a);
	return state;
}

static inline const char *
token_of(const char *address)
{
	static char its[TOKEN_LEN + 1];
	struct store_subscriber who;
	struct arena a;

	arena_init(&a);
	its[0] = '\0';
	if (store_subscriber_find(store, &who, &a, str_of(address), NULL) == 0)
		snprintf(its, sizeof its, "%.*s", STR_ARG(who.token));
	arena_release(&a);
	return its;
}

static inline void
is_state(const char *address, const char *list, const char *want)
{
	T_EQ_STR(str_of(state_of(address, list)), str_of(want), "%s on %s",
	    address, list);
}

/* The word behind "/code/" on the page. */
static inline const char *
request_name(void)
{
	static char name[TOKEN_LEN + 1];

	cut_behind(name, TOKEN_LEN, answer.text, "/code/");
	return name;
}

static inline void
subscribe(const char *address, const char *list)
{
	step(address, "/subscribe/%s", list);
	read_letter();
	step(NULL, "/c/%s/yes", token);
	is_state(address, list, "active by gemini");
}

static inline void
talk_open(void)
{
	struct err e = ERR_INIT;

	if (conf_parse(&conf, "capsule.yaml", str_of(settings), &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	buf_init(&title, DESK_PACKET_MAX);
	buf_init(&text, DESK_PACKET_MAX);
}

static inline void
talk_close(void)
{
	store_close(store);
	buf_release(&title);
	buf_release(&text);
	conf_release(&conf);
}

#endif
