#include "mail/message.h"
#include "mail/mailbox.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#define MARK "markmarkmarkmarkmarkmarkma"
#define TOKEN "abcdefghijklmnopqrstuvwxyz"
#define OTHER "zyxwvutsrqponmlkjihgfedcba"
#define FIRST "template 1 " MARK "\r\n"
#define GOOD                                                            \
	FIRST "Subject: s\r\nList-Unsubscribe: <gemini://h/leave/" MARK \
	      ">\r\n\r\nleave: " MARK "\r\n" MARK MARK "\r\n"

static const struct conf_mail mail = {
    .present = true,
    .from = {"Us <announce@example.org>", 25},
    .bounces = {"bounces@lists.example.org", 25},
};

static const struct message_person ann = {
    .address = {"ann@example.net", 15},
    .token = {TOKEN, 26},
    .announcement = {OTHER, 26},
    .date = 1333468800,
};

static void
templates_are_checked(void)
{
	static const struct {
		const char *why;
		struct str text;
		bool good;
	} cases[] = {
	    {"a good one", STR(GOOD), true},
	    {"without a body", STR(FIRST "Subject: s\r\n\r\n"), true},
	    {"nothing", STR(""), false},
	    {"another version", STR("template 2 " MARK "\r\nA: b\r\n\r\n"),
		false},
	    {"a short mark", STR("template 1 mark\r\nA: b\r\n\r\n"), false},
	    {"a mark with a space",
		STR("template 1 mark markmarkmarkmarkmarkma\r\nA: b\r\n\r\n"),
		false},
	    {"no end of the first line",
		STR("template 1 " MARK "\nA: b\r\n\r\n"), false},
	    {"no end of the head", STR(FIRST "Subject: s\r\n"), false},
	    {"an LF by itself", STR(FIRST "A: b\r\n\r\na\nb\r\n"), false},
	    {"a CR by itself", STR(FIRST "A: b\r\n\r\na\rb\r\n"), false},
	    {"a CR at the end", STR(FIRST "A: b\r\n\r\na\r"), false},
	    {"a last line without end", STR(FIRST "A: b\r\n\r\na"), false},
	    {"a NUL", STR(FIRST "A: b\r\n\r\na\0b\r\n"), false},
	    {"a byte that is not ASCII", STR(FIRST "A: \xc3\xa9\r\n\r\n"),
		false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text = t_guard(cases[i].text);
		struct message_template *t = NULL;
		struct err e = ERR_INIT;
		int result = message_open(&t, text, &e);

		T_OK((result == 0) == cases[i].good, "%s", cases[i].why);
		T_OK(result == 0 ? e.kind == ERR_NONE
				 : e.kind == ERR_INPUT && t == NULL,
		    "%s: says so: %s", cases[i].why, e.msg);
		message_close(t);
		t_guard_free(text);
	}
}

static void
lines_have_a_length(void)
{
	for (int n = MESSAGE_LINE_MAX - 1; n <= MESSAGE_LINE_MAX + 1; n++) {
		struct message_template *t;
		struct buf b;

		buf_init(&b, 4096);
		buf_puts(&b, FIRST "A: b\r\n\r\n");
		buf_fill(&b, 'x', (size_t)n);
		buf_puts(&b, "\r\nmore\r\n");
		T_OK((message_open(&t, buf_slice(&b), NULL) == 0) ==
			(n <= MESSAGE_LINE_MAX),
		    "a line of %d", n);
		message_close(t);
		buf_release(&b);
	}
}

static void
every_beginning_is_told(void)
{
	struct str good = STR(GOOD);

	for (size_t n = 0; n < good.n; n++) {
		struct str text = t_guard(str_sub(good, 0, n));
		struct message_template *t;
		bool ends = n > 2 && str_ends(text, STR("\r\n")) &&
		    str_find(text, STR("\r\n\r\n")) > 0;

		T_OK((message_open(&t, text, NULL) == 0) == ends,
		    "cut behind %zu bytes", n);
		message_close(t);
		t_guard_free(text);
	}
}

/* head and body are the caller's, to be released. */
static int
fill(struct buf *head, struct buf *body, const struct message_person *person,
    struct err *e)
{
	struct message_template *t;
	int result;

	buf_init(head, MESSAGE_MAX);
	buf_init(body, MESSAGE_MAX);
	buf_puts(head, "what was here before");
	buf_puts(body, "what was here before");
	if (message_open(&t, STR(GOOD), e) != 0)
		return -1;
	result = message_fill(head, body, t, person, &mail, NULL, e);
	message_close(t);
	return result;
}

static void
a_message_is_a_persons(void)
{
	struct err e = ERR_INIT;
	struct buf head, body;

	T_EQ_INT(fill(&head, &body, &ann, &e), 0, "filled %s", e.msg);
	T_OK(str_starts(buf_slice(&head),
		 STR("Date: Tue, 03 Apr 2012 16:00:00 +0000\r\n"
		     "To: ann@example.net\r\nMessage-ID: <" OTHER ".")),
	    "their own fields stand in front");
	T_OK(str_ends(buf_slice(&head),
		 STR("@example.org>\r\nSubject: s\r\nList-Unsubscribe: "
		     "<gemini://h/leave/" TOKEN ">\r\n\r\n")),
	    "then those of all, and an empty line");
	T_EQ_STR(buf_slice(&body),
	    STR("leave: " TOKEN "\r\n" TOKEN TOKEN "\r\n"),
	    "the body has the token wherever the mark was");
	buf_release(&head);
	buf_release(&body);
}

/* The field's line, in the head. */
static struct str
message_id(const struct buf *head)
{
	struct str rest = buf_slice(head), line = {NULL, 0};

	while (str_next_line(&rest, &line))
		if (str_starts(line, STR("Message-ID: ")))
			return line;
	return (struct str){NULL, 0};
}

static void
names_are_stable_and_tell_nothing(void)
{
	struct message_person later = ann, other = ann, another = ann;
	struct buf head[4], body[4];

	later.date += 86400;
	later.address = STR("ann@new.example.net");
	other.token = STR("abcdefghijklmnopqrstuvwxyy");
	another.announcement = STR(MARK);
	fill(&head[0], &body[0], &ann, NULL);
	fill(&head[1], &body[1], &later, NULL);
	fill(&head[2], &body[2], &other, NULL);
	fill(&head[3], &body[3], &another, NULL);
	T_EQ_STR(message_id(&head[1]), message_id(&head[0]),
	    "the same announcement and person");
	T_OK(!str_eq(message_id(&head[2]), message_id(&head[0])),
	    "another person");
	T_OK(!str_eq(message_id(&head[3]), message_id(&head[0])),
	    "another announcement");
	T_OK(str_find(message_id(&head[0]), STR(TOKEN)) < 0,
	    "the token is not in it");
	for (size_t i = 0; i < 4; i++) {
		buf_release(&head[i]);
		buf_release(&body[i]);
	}
}

static void
nobody_injects_a_line(void)
{
	static const struct {
		const char *why;
		struct str address, token;
	} cases[] = {
	    {"no address", STR(""), STR(TOKEN)},
	    {"no @", STR("ann"), STR(TOKEN)},
	    {"a line in the address", STR("a@b.c\r\nBcc: d@e.f"), STR(TOKEN)},
	    {"two addresses", STR("a@b.c,d@e.f"), STR(TOKEN)},
	    {"brackets", STR("<a@b.c>"), STR(TOKEN)},
	    {"not ASCII", STR("\xc3\xa4@b.c"), STR(TOKEN)},
	    {"a short token", STR("a@b.c"), STR("abc")},
	    {"a token with a line's end", STR("a@b.c"),
		STR("abcdefghijklmnopqrstuvwx\r\n")},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct message_person person = ann;
		struct err e = ERR_INIT;
		struct buf head, body;

		person.address = cases[i].address;
		person.token = cases[i].token;
		T_OK(
		    fill(&head, &body, &person, &e) != 0 && e.kind == ERR_INPUT,
		    "%s", cases[i].why);
		buf_release(&head);
		buf_release(&body);
	}
}

static void
addresses_carry_tokens(void)
{
	struct buf b;

	buf_init(&b, 1000);
	message_address(&b, &mail, "leave-", STR(TOKEN));
	T_EQ_STR(buf_slice(&b), STR("announce+leave-" TOKEN "@example.org"),
	    "to leave by mail");
	T_OK(mailbox_local(buf_slice(&b)).n <= MAILBOX_LOCAL_MAX,
	    "within what a local part may have");
	buf_clear(&b);
	message_sender(&b, &mail, STR(TOKEN));
	T_EQ_STR(buf_slice(&b), STR("bounces+b-" TOKEN "@lists.example.org"),
	    "whom bounces go to");
	buf_release(&b);
}

static void
the_signature_is_the_messages(void)
{
	struct dkim_key *key = NULL;
	struct message_template *t = NULL;
	struct buf head, again, body;
	struct str file;
	struct err e = ERR_INIT;
	char path[200];

	snprintf(path, sizeof path, "%s/key", t_tmpdir());
	T_OK(dkim_make(path, DKIM_ED25519, &e) == 0 &&
		dkim_open(&key, path, STR("example.org"), STR("s"), &e) == 0 &&
		message_open(&t, STR(GOOD), &e) == 0,
	    "a key and a template: %s", e.msg);
	buf_init(&head, MESSAGE_MAX);
	buf_init(&again, MESSAGE_MAX);
	buf_init(&body, MESSAGE_MAX);
	T_OK(message_fill(&head, &body, t, &ann, &mail, key, &e) == 0 &&
		message_fill(&again, &body, t, &ann, &mail, key, &e) == 0,
	    "filled and signed: %s", e.msg);
	T_EQ_STR(buf_slice(&again), buf_slice(&head), "the same twice");
	file = buf_slice(&head);
	T_OK(str_starts(file, STR("DKIM-Signature: v=1; a=ed25519-sha256;")) &&
		str_find(file, STR("\r\nDate: Tue, 03")) > 0 &&
		str_find(file, STR(" t=1333468800;")) > 0,
	    "its time is the message's");
	buf_release(&head);
	buf_release(&again);
	buf_release(&body);
	message_close(t);
	dkim_close(key);
}

static void
a_configuration_without_a_key_has_none(void)
{
	struct conf_mail named = mail;
	struct dkim_key *key = NULL;
	struct err e = ERR_INIT;

	T_OK(message_key_open(&key, &mail, &e) == 0 && key == NULL,
	    "no key is none");
	named.dkim_key = STR("/nowhere/key");
	T_OK(message_key_open(&key, &named, &e) != 0 && e.kind == ERR_MISSING,
	    "one that is not there is an error");
}

int
main(void)
{
	T_RUN(templates_are_checked);
	T_RUN(lines_have_a_length);
	T_RUN(every_beginning_is_told);
	T_RUN(a_message_is_a_persons);
	T_RUN(names_are_stable_and_tell_nothing);
	T_RUN(nobody_injects_a_line);
	T_RUN(addresses_carry_tokens);
	T_RUN(the_signature_is_the_messages);
	T_RUN(a_configuration_without_a_key_has_none);
	return t_done();
}
