#include "mail/incoming.h"
#include "base/buf.h"
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN "abcdefghijklmnopqrstuvwxyz"
#define NULL_SENDER ""

static const struct conf_mail mail = {
    .from = {"A Conference <announce@example.org>", 35},
    .bounces = {"bounces@mail.example.org", 24},
};

struct row {
	const char *why;
	const char *recipient; /* NULL: not known */
	const char *sender; /* NULL: not known */
	const char *message;
	enum incoming_kind kind;
	const char *extension, *token, *writer;
};

static int
parse(struct incoming *out, struct arena *a, const struct row *row,
    struct str message, struct err *e)
{
	struct incoming_envelope envelope = {
	    .recipient = str_of(row->recipient),
	    .sender = str_of(row->sender),
	};

	return incoming_parse(out, a, message, &envelope, &mail, e);
}

static void
hold(const struct row *row)
{
	struct str text = t_guard(str_of(row->message));
	struct err e = ERR_INIT;
	struct incoming in;
	struct arena a;

	arena_init(&a);
	T_OK(parse(&in, &a, row, text, &e) == 0, "%s: %s", row->why, e.msg);
	T_EQ_INT(in.kind, row->kind, "%s: kind", row->why);
	T_EQ_STR(
	    in.extension, str_of(row->extension), "%s: extension", row->why);
	T_EQ_STR(in.token, str_of(row->token), "%s: token", row->why);
	T_EQ_STR(in.writer, str_of(row->writer), "%s: writer", row->why);
	T_OK((in.kind == INCOMING_AUTOMATIC || in.kind == INCOMING_LOOP) ==
		(in.why != NULL),
	    "%s: says why nobody is answered", row->why);
	t_guard_free(text);
	arena_release(&a);
}

/* A report of postfix, as it comes. */
#define DSN(status)                                                      \
	"From: MAILER-DAEMON@example.net\n"                              \
	"To: bounces+b-" TOKEN "@mail.example.org\n"                     \
	"Subject: Undelivered Mail Returned to Sender\n"                 \
	"Auto-Submitted: auto-replied\n"                                 \
	"MIME-Version: 1.0\n"                                            \
	"Content-Type: multipart/report; report-type=delivery-status;\n" \
	" boundary=\"B\"\n"                                              \
	"\n"                                                             \
	"--B\n"                                                          \
	"Content-Type: text/plain; charset=us-ascii\n"                   \
	"\n"                                                             \
	"I'm sorry to have to inform you that your message could not\n"  \
	"--B\n"                                                          \
	"Content-Type: message/delivery-status\n"                        \
	"\n"                                                             \
	"Reporting-MTA: dns; example.net\n"                              \
	"\n"                                                             \
	"Final-Recipient: rfc822; ann@example.net\n"                     \
	"Action: failed\n"                                               \
	"Status: " status "\n"                                           \
	"Diagnostic-Code: smtp; 550 no such user\n"                      \
	"\n"                                                             \
	"--B\n"                                                          \
	"Content-Type: message/rfc822\n"                                 \
	"\n"                                                             \
	"From: announce@example.org\n"                                   \
	"List-Id: x\n"                                                   \
	"\n"                                                             \
	"the message\n"                                                  \
	"--B--\n"

static const struct row rows[] = {
    {"a person subscribes", "announce+subscribe@example.org", "ann@example.net",
	"From: Ann <ann@Example.NET>\nSubject: hello\n\nplease\n",
	INCOMING_PERSON, "subscribe", "", "ann@example.net"},
    {"a person confirms, the mail server has folded the case",
	"ANNOUNCE+CONFIRM-ABCDEFGHIJKLMNOPQRSTUVWXYZ@EXAMPLE.ORG",
	"ann@example.net", "From: ann@example.net\n\nyes\n", INCOMING_PERSON,
	"CONFIRM-ABCDEFGHIJKLMNOPQRSTUVWXYZ", TOKEN, "ann@example.net"},
    {"the recipient is only in the message", NULL, NULL,
	"Delivered-To: somebody@example.org\n"
	"To: Friends <x@example.net>, <announce+leave-" TOKEN "@example.org>\n"
	"From: ann@example.net\n\n",
	INCOMING_PERSON, "leave-" TOKEN, TOKEN, "ann@example.net"},
    {"a list's name is no token", "announce+subscribe-stream@example.org", NULL,
	"From: ann@example.net\n\n", INCOMING_PERSON, "subscribe-stream", "",
	"ann@example.net"},
    {"to the address itself", "announce@example.org", NULL,
	"From: ann@example.net\n\n", INCOMING_PERSON, "", "",
	"ann@example.net"},
    {"to somebody whose name begins like ours", "announcer@example.org", NULL,
	"From: ann@example.net\n\n", INCOMING_PERSON, "", "",
	"ann@example.net"},
    {"to our name elsewhere", "announce+subscribe@example.com", NULL,
	"From: ann@example.net\n\n", INCOMING_PERSON, "", "",
	"ann@example.net"},
    {"mbox's line in front", "announce+help@example.org", NULL,
	"From ann@example.net Sat Nov 21 09:00:00 2026\n"
	"From: ann@example.net\n\n",
	INCOMING_PERSON, "help", "", "ann@example.net"},
    {"a report", NULL, NULL_SENDER, DSN("5.1.1"), INCOMING_REPORT, "b-" TOKEN,
	TOKEN, "MAILER-DAEMON@example.net"},
    {"a report in words", "bounces+b-" TOKEN "@mail.example.org", NULL_SENDER,
	"From: MAILER-DAEMON@example.net\n\nAnn: 550 no such user\n",
	INCOMING_REPORT, "b-" TOKEN, TOKEN, "MAILER-DAEMON@example.net"},
    {"a report's words to another address are nobody's report",
	"announce+leave-" TOKEN "@example.org", NULL_SENDER,
	"From: MAILER-DAEMON@example.net\n\n550 no such user\n",
	INCOMING_AUTOMATIC, "leave-" TOKEN, TOKEN, "MAILER-DAEMON@example.net"},
    {"a report in words, as postfix passes its sender on",
	"bounces+b-" TOKEN "@mail.example.org", "MAILER-DAEMON",
	"From: root@example.net\n\nAnn: 550 no such user\n", INCOMING_REPORT,
	"b-" TOKEN, TOKEN, "root@example.net"},
    {"a person cannot report", "bounces+b-" TOKEN "@mail.example.org",
	"ann@example.net", "From: ann@example.net\n\n550 no such user\n",
	INCOMING_PERSON, "b-" TOKEN, TOKEN, "ann@example.net"},
    {"a holiday", "bounces+b-" TOKEN "@mail.example.org", NULL_SENDER,
	"From: ann@example.net\nAuto-Submitted: auto-replied (vacation)\n\n"
	"I am away.\n",
	INCOMING_AUTOMATIC, "b-" TOKEN, TOKEN, "ann@example.net"},
    {"a holiday without a sender, known by the header only",
	"announce+subscribe@example.org", NULL,
	"Return-Path: <>\nFrom: ann@example.net\n\nI am away.\n",
	INCOMING_AUTOMATIC, "subscribe", "", "ann@example.net"},
    {"a mailing list", "announce+subscribe@example.org", "x@example.net",
	"From: ann@example.net\nList-Id: <x.example.net>\n\n",
	INCOMING_AUTOMATIC, "subscribe", "", "ann@example.net"},
    {"sent in bulk", "announce+subscribe@example.org", "x@example.net",
	"From: ann@example.net\nPrecedence: bulk\n\n", INCOMING_AUTOMATIC,
	"subscribe", "", "ann@example.net"},
    {"Auto-Submitted: no is a person", "announce+help@example.org",
	"ann@example.net", "From: ann@example.net\nAuto-Submitted: no\n\n",
	INCOMING_PERSON, "help", "", "ann@example.net"},
    {"in our own name", "announce+help@example.org", "Announce+x@Example.org",
	"From: Announce+x@Example.org\n\n", INCOMING_LOOP, "help", "",
	"Announce+x@example.org"},
    {"in the name of our reports", "announce+help@example.org",
	"ann@example.net", "From: bounces@mail.example.org\n\n", INCOMING_LOOP,
	"help", "", "bounces@mail.example.org"},
    {"nobody to answer", "announce+help@example.org", "ann@example.net",
	"Subject: x\n\n", INCOMING_AUTOMATIC, "help", "", ""},
    {"a writer nobody can write to", "announce+help@example.org",
	"ann@example.net", "From: ann@[192.0.2.1]\n\n", INCOMING_AUTOMATIC,
	"help", "", ""},
    {"no-reply", "announce+help@example.org", "x@example.net",
	"From: No-Reply@example.net\n\n", INCOMING_AUTOMATIC, "help", "",
	"No-Reply@example.net"},
    {"a receipt is no report of a delivery", "announce+help@example.org",
	"ann@example.net",
	"From: ann@example.net\nContent-Type: multipart/report;\n"
	" report-type=disposition-notification; boundary=B\n\n--B\n\nread\n"
	"--B--\n",
	INCOMING_AUTOMATIC, "help", "", "ann@example.net"},
};

static void
knows_what_came(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		hold(&rows[i]);
}

static void
takes_any_part_of_a_message(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t length = strlen(rows[i].message);

		for (size_t n = 0; n <= length; n++) {
			struct str cut =
			    t_guard((struct str){rows[i].message, n});
			struct err e = ERR_INIT;
			struct incoming in;
			struct arena a;

			arena_init(&a);
			if (parse(&in, &a, &rows[i], cut, &e) != 0 &&
			    e.kind != ERR_INPUT)
				T_OK(false, "%s, %zu bytes: %s", rows[i].why, n,
				    e.msg);
			arena_release(&a);
			t_guard_free(cut);
		}
		T_OK(true, "%s: every beginning of it", rows[i].why);
	}
}

static void
reads_reports(void)
{
	static const struct row dsn = {
	    .why = "a report", .sender = NULL_SENDER, .message = DSN("5.1.1")};
	struct err e = ERR_INIT;
	struct incoming in;
	struct arena a;

	arena_init(&a);
	T_OK(parse(&in, &a, &dsn, str_of(dsn.message), &e) == 0, "%s", e.msg);
	T_EQ_INT(in.report.outcome, REPORT_PERMANENT, "outcome");
	T_EQ_STR(in.report.status, STR("5.1.1"), "status");
	T_EQ_STR(in.report.said, STR("550 no such user"), "what was said");
	arena_release(&a);
}

#define RETURNED(type, text)                                       \
	"To: bounces+b-" TOKEN "@mail.example.org\n"               \
	"Content-Type: multipart/report; boundary=B\n\n"           \
	"--B\nContent-Type: message/delivery-status\n\n"           \
	"Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n" \
	"\n--B\nContent-Type: " type "\n\n" text "\n--B--\n"

static void
knows_what_came_back(void)
{
	static const struct {
		const char *why, *message, *want;
	} cases[] = {
	    {"the message",
		RETURNED("message/rfc822",
		    "Subject: x\nMessage-ID: <a.1@x>\n\ntext"),
		"a.1@x"},
	    {"its header",
		RETURNED(
		    "text/rfc822-headers", "Subject: x\nmessage-id: <a.1@x>\n"),
		"a.1@x"},
	    {"its header, folded",
		RETURNED("text/rfc822-headers",
		    "Message-ID:\n <a.1@x>\nSubject: x\n"),
		"a.1@x"},
	    {"a header in UTF-8",
		RETURNED("message/global-headers", "Message-ID: <a.1@x>\n"),
		"a.1@x"},
	    {"the first of two",
		RETURNED("text/rfc822-headers",
		    "Message-ID: <a@x>\nMessage-ID: <b@x>\n"),
		"a@x"},
	    {"no end", RETURNED("text/rfc822-headers", "Message-ID: <a\n"), ""},
	    {"turned round",
		RETURNED("text/rfc822-headers", "Message-ID: >a<\n"), ""},
	    {"nothing came back", DSN("5.1.1"), ""},
	    {"a report in words",
		"To: bounces+b-" TOKEN "@mail.example.org\n\n"
		"Ann: 550 no such user\n\nA copy of the message:\n\n"
		"Message-ID: <a.1@x>\n",
		"a.1@x"},
	    {"a person's own words",
		"From: ann@example.net\n"
		"To: announce+help@example.org\n\n"
		"Message-ID: <a.1@x>\n",
		""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct row row = {.sender = i + 1 < sizeof cases / sizeof *cases
			? NULL_SENDER
			: "ann@example.net"};
		struct str message = t_guard(str_of(cases[i].message));
		struct err e = ERR_INIT;
		struct incoming in;
		struct arena a;

		arena_init(&a);
		T_OK(parse(&in, &a, &row, message, &e) == 0, "%s: %s",
		    cases[i].why, e.msg);
		T_EQ_STR(
		    in.returned, str_of(cases[i].want), "%s", cases[i].why);
		arena_release(&a);
		t_guard_free(message);
	}
}

/* What a person has written, through encodings and character sets. */
static void
reads_texts(void)
{
	static const struct {
		const char *why, *message, *subject, *text;
	} texts[] = {
	    {"plain", "Subject: hello\n\none\r\ntwo\r\n", "hello",
		"one\ntwo\n"},
	    {"quoted-printable and RFC 2047",
		"Subject: =?utf-8?q?sch=C3=B6n?=\n"
		"Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: quoted-printable\n\n"
		"sch=C3=B6n=\n und gut\n",
		"schön", "schön und gut\n"},
	    {"base64 of Latin-1",
		"Content-Type: text/plain; charset=iso-8859-1\n"
		"Content-Transfer-Encoding: base64\n\nc2No9m4K\n",
		"", "schön\n"},
	    {"the first plain text of several",
		"Content-Type: multipart/alternative; boundary=B\n\n"
		"--B\nContent-Type: text/plain\n\nfirst\n"
		"--B\nContent-Type: text/html\n\n<p>second\n--B--\n",
		"", "first\n"},
	    {"bytes of an unknown set", "\n\xff\xfe text", "", NULL},
	    {"an unknown encoding",
		"Content-Transfer-Encoding: x-uuencode\n\nM\n", "", NULL},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct row row = {.message = texts[i].message};
		struct err e = ERR_INIT;
		struct incoming in;
		struct arena a;

		arena_init(&a);
		T_OK(parse(&in, &a, &row, str_of(row.message), &e) == 0,
		    "%s: %s", texts[i].why, e.msg);
		T_EQ_STR(in.subject, str_of(texts[i].subject), "%s: subject",
		    texts[i].why);
		if (texts[i].text != NULL)
			T_EQ_STR(in.text, str_of(texts[i].text), "%s: text",
			    texts[i].why);
		T_OK(str_is_utf8(in.text), "%s: UTF-8", texts[i].why);
		arena_release(&a);
	}
}

static void
refuses_what_is_too_much(void)
{
	static const char nest[] = "Content-Type: multipart/mixed; "
				   "boundary=B\n\n--B\n";
	static const char hop[] = "Received: from a by b\n";
	struct row row = {.why = "too much"};
	struct err e = ERR_INIT;
	struct incoming in;
	struct arena a;
	struct buf b;

	arena_init(&a);
	buf_init(&b, INCOMING_MAX * 2);
	for (size_t i = 0; i <= INCOMING_PARTS_MAX; i++)
		buf_puts(&b, nest);
	T_OK(
	    parse(&in, &a, &row, buf_slice(&b), &e) != 0 && e.kind == ERR_LIMIT,
	    "parts in parts");
	buf_clear(&b);
	buf_fill(&b, 'a', INCOMING_MAX + 1);
	err_clear(&e);
	T_OK(
	    parse(&in, &a, &row, buf_slice(&b), &e) != 0 && e.kind == ERR_LIMIT,
	    "a large message");
	buf_clear(&b);
	for (size_t i = 0; i <= INCOMING_HOPS_MAX; i++)
		buf_puts(&b, hop);
	buf_puts(&b, "From: ann@example.net\n\n");
	err_clear(&e);
	T_OK(parse(&in, &a, &row, buf_slice(&b), &e) == 0 &&
		in.kind == INCOMING_LOOP,
	    "a loop");
	err_clear(&e);
	T_OK(parse(&in, &a, &row, STR(""), &e) != 0 && e.kind == ERR_INPUT,
	    "nothing");
	buf_release(&b);
	arena_release(&a);
}

/* What costs GMime seconds, a gigabyte or its stack, in four megabytes. */
static void
refuses_bombs(void)
{
	static const struct {
		const char *why, *begin, *piece, *end;
		size_t times;
		bool is_refused;
	} cases[] = {
	    {"a hundred parts", "Content-Type: multipart/mixed; boundary=B\n\n",
		"--B\n\n", "", 100, false},
	    {"many parts", "Content-Type: multipart/mixed; boundary=B\n\n",
		"--B\n\n", "", INCOMING_LINES_MAX + 1, true},
	    {"a drawing in a text", "From: a@x.org\n\n", "-----\n", "",
		INCOMING_LINES_MAX + 1, false},
	    {"a long header", "", "X: y\n", "\nhello", 10000, false},
	    {"a longer one", "", "X: y\n", "\nhello", 60000, true},
	    {"in a part", "Content-Type: multipart/mixed; boundary=B\n\n--B\n",
		"X: y\n", "\nhello", 60000, true},
	    {"in one field", "To:", " a@b.org,\n", "\nhello", 30000, true},
	    {"a long text", "From: a@x.org\n\n", "Once upon a time\n", "",
		100000, false},
	    {"a thousand groups of addresses", "From: ", "g:", "\n\nhello",
		1000, false},
	    {"groups in groups", "From: ", "g:", "\n\nhello", 100000, true},
	    {"with a CR", "From: ", "g:\r", "\n\nhello", 50000, true},
	    {"folded", "From: ", "g:\n ", "\n\nhello", 50000, true},
	    {"behind a blank", "Subject: x\nFrom : ", "g:", "\n\nhello", 50000,
		true},
	};
	static const struct row row = {.why = "bombs"};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = ERR_INIT;
		struct incoming in;
		struct arena a;
		struct buf b;

		arena_init(&a);
		buf_init(&b, INCOMING_MAX);
		buf_puts(&b, cases[i].begin);
		for (size_t n = 0; n < cases[i].times; n++)
			buf_puts(&b, cases[i].piece);
		buf_puts(&b, cases[i].end);
		parse(&in, &a, &row, buf_slice(&b), &e);
		T_EQ_INT(e.kind, cases[i].is_refused ? ERR_LIMIT : ERR_NONE,
		    "%s: %s", cases[i].why, e.msg);
		buf_release(&b);
		arena_release(&a);
	}
}

static void
finds_own_words(void)
{
	static const struct {
		const char *why, *text, *want;
	} texts[] = {
	    {"all of it", "M\nI trace disks.\n", "M\nI trace disks."},
	    {"an answer above",
		"yes\n\nOn Saturday, announce@example.org wrote:\n\n> sure?\n"
		"> really?\n",
		"yes"},
	    {"an answer between", "> size?\nM\n> where?\nhere\n", "M\nhere"},
	    {"a signature", "yes\n-- \nAnn\n", "yes"},
	    {"a line that ends in a colon", "Address:\nA Street 1\n",
		"Address:\nA Street 1"},
	    {"nothing", "> all\n", ""},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str text = t_guard(str_of(texts[i].text));
		struct arena a;

		arena_init(&a);
		T_EQ_STR(incoming_own_words(&a, text), str_of(texts[i].want),
		    "%s", texts[i].why);
		arena_release(&a);
		t_guard_free(text);
	}
}

int
main(void)
{
	T_RUN(knows_what_came);
	T_RUN(takes_any_part_of_a_message);
	T_RUN(reads_reports);
	T_RUN(knows_what_came_back);
	T_RUN(reads_texts);
	T_RUN(refuses_what_is_too_much);
	T_RUN(refuses_bombs);
	T_RUN(finds_own_words);
	return t_done();
}
