#include "mail/smtp_reply.h"
#include "mail/smtp_watch.h"
#include "tests/t.h"

#include <string.h>

/* Every reply in bytes as "code|text/" with LF as ";", pushed in pieces. */
static void
read_all(struct buf *to, struct str bytes, size_t piece)
{
	struct smtp_reader r;

	smtp_reader_init(&r);
	while (bytes.n > 0) {
		struct str rest = str_sub(bytes, 0, piece);

		bytes = str_sub(bytes, piece, bytes.n);
		while (smtp_reader_push(&r, &rest)) {
			buf_printf(to, "%d|", r.code);
			for (size_t i = 0; i < r.text.len; i++)
				buf_putc(to,
				    r.text.data[i] == '\n' ? ';'
							   : r.text.data[i]);
			buf_putc(to, '/');
		}
	}
	smtp_reader_release(&r);
}

static void
reads_replies_in_any_pieces(void)
{
	static const struct {
		const char *why;
		struct str input;
		const char *want;
	} table[] = {
	    {"a line", STR("250 OK\r\n"), "250|OK;/"},
	    {"several", STR("250-a\r\n250-b c\r\n250 d\r\n"), "250|a;b c;d;/"},
	    {"two replies", STR("220 go\r\n250 OK\r\n"), "220|go;/250|OK;/"},
	    {"a code alone", STR("250\r\n"), "250|;/"},
	    {"LF alone", STR("250 OK\n"), "250|OK;/"},
	    {"no code ends it", STR("250-a\r\nwhat\r\n"), "0|a;what;/"},
	    {"nothing", STR("\r\n"), "0|;/"},
	    {"no end", STR("250 OK"), ""},
	    {"a code that is none", STR("25x OK\r\n"), "0|25x OK;/"},
	    {"a small number", STR("042 x\r\n"), "0|042 x;/"},
	};
	struct buf got;

	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str in = table[i].input;

		for (size_t piece = 1; piece <= in.n; piece++) {
			buf_clear(&got);
			read_all(&got, in, piece);
			if (!str_is(buf_slice(&got), table[i].want))
				break;
		}
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
		for (size_t n = 0; n <= in.n; n++) {
			struct str cut = t_guard(str_sub(in, 0, n));

			buf_clear(&got);
			read_all(&got, cut, n > 0 ? n : 1);
			t_guard_free(cut);
		}
	}
	buf_release(&got);
}

static void
keeps_what_is_fit_to_be_shown(void)
{
	static const struct {
		const char *why;
		struct str input;
		const char *want, *status;
	} table[] = {
	    {"plain", STR("OK\r\n"), "OK", ""},
	    {"a status", STR("2.1.5 OK\r\n"), "OK", "2.1.5"},
	    {"in each line", STR("5.7.1 no\r\n5.7.1 way\r\n"), "no way",
		"5.7.1"},
	    {"in the second only", STR("no\r\n5.7.1 way\r\n"), "no way", ""},
	    {"alone", STR("2.0.0\r\n"), "", "2.0.0"},
	    {"three digits", STR("4.999.123 x"), "x", "4.999.123"},
	    {"four", STR("4.1000.1 x"), "4.1000.1 x", ""},
	    {"of no class", STR("3.1.1 x"), "3.1.1 x", ""},
	    {"of class NUL", STR("\x00.1.1 x"), ".1.1 x", ""},
	    {"an address", STR("5.6.7.8 is blocked"), "5.6.7.8 is blocked", ""},
	    {"a version", STR("2.3 x"), "2.3 x", ""},
	    {"control characters", STR("a\x1b[2J\x07\x00z"), "a [2J z", ""},
	    {"not UTF-8", STR("a\xff\xc3z"), "a??z", ""},
	    {"turned around", STR("a\xe2\x80\xaez"), "a z", ""},
	    {"UTF-8", STR("caf\xc3\xa9"), "caf\xc3\xa9", ""},
	    {"spaces", STR("  \r\n  \r\n x  "), "x", ""},
	    {"nothing", STR(""), "", ""},
	};
	char status[SMTP_STATUS_MAX];
	struct buf got;

	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str in = table[i].input;

		buf_clear(&got);
		smtp_reply_clean(&got, status, in);
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
		T_EQ_STR(str_of(status), str_of(table[i].status), "%s: status",
		    table[i].why);
		for (size_t n = 0; n <= in.n; n++) {
			struct str cut = t_guard(str_sub(in, 0, n));

			buf_clear(&got);
			smtp_reply_clean(&got, status, cut);
			t_guard_free(cut);
		}
	}
	buf_release(&got);
}

static void
keeps_no_more_than_that(void)
{
	char status[SMTP_STATUS_MAX], many[3 * SMTP_TEXT_MAX];
	struct buf got;

	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = "\xe2\x82\xac"[i % 3];
	smtp_reply_clean(&got, status, (struct str){many, sizeof many});
	T_EQ_INT((int64_t)got.len, SMTP_TEXT_MAX - SMTP_TEXT_MAX % 3,
	    "whole characters only");
	buf_clear(&got);
	memset(many, '\n', sizeof many);
	smtp_reply_clean(&got, status, (struct str){many, sizeof many});
	T_EQ_INT((int64_t)got.len, 0, "of empty lines nothing");
	buf_release(&got);
}

static void
sees_answers_that_come_too_early(void)
{
	static const struct {
		const char *why;
		struct str first, second;
		bool want;
	} table[] = {
	    {"one", STR("220 go\r\n"), STR(""), true},
	    {"in two pieces", STR("220-go\r\n22"), STR("0 on\r\n"), true},
	    {"one more", STR("220 go\r\n250 OK\r\n"), STR(""), false},
	    {"the beginning of one", STR("220 go\r\n2"), STR(""), false},
	    {"with the second piece", STR("220 g"), STR("o\r\n250 x"), false},
	    {"a byte", STR("220 go\r\n\n"), STR(""), false},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct smtp_watch w;
		bool fine;

		smtp_watch_init(&w);
		smtp_watch_heard(&w, STR("220 x\r\n"));
		smtp_watch_wrote(&w, STR("EHLO x\r\n"));
		smtp_watch_heard(&w, STR("250-x\r\n250 STARTTLS\r\n"));
		smtp_watch_wrote(&w, STR("STARTTLS\r\n"));
		fine = smtp_watch_heard(&w, table[i].first) &&
		    smtp_watch_heard(&w, table[i].second);
		T_OK(fine == table[i].want, "%s", table[i].why);
		smtp_watch_release(&w);
	}
}

/* Whatever pieces the answers come in, and what is known of them is true. */
static void
hides_chunking_and_nothing_else(void)
{
	static const char said[] =
	    "250-CHUNKING greets Carol\r\n250-CHUNKING\r\n250- chunking\r\n"
	    "250-AUTH CRAM-MD5 PLAIN\r\n250 CHUNKING";
	static const char want[] =
	    "250-XHUNKING greets Carol\r\n250-XHUNKING\r\n250- Xhunking\r\n"
	    "250-AUTH CRAM-MD5 PLAIN\r\n250 XHUNKING";

	for (size_t piece = 1; piece < sizeof said; piece++) {
		struct smtp_watch w;
		char bytes[sizeof said];

		memcpy(bytes, said, sizeof said);
		smtp_watch_init(&w);
		smtp_watch_hide(&w, bytes, sizeof bytes - 1);
		T_OK(memcmp(bytes, said, sizeof said) == 0,
		    "nothing before EHLO");
		smtp_watch_wrote(&w, STR("EHLO x\r\n"));
		for (struct str rest = str_of(bytes); rest.n > 0;
		     rest = str_sub(rest, piece, rest.n)) {
			struct str s = str_sub(rest, 0, piece);

			smtp_watch_heard(&w, s);
			smtp_watch_hide(&w, (char *)s.p, s.n);
		}
		T_EQ_STR(str_of(bytes), str_of(want), "%zu at once", piece);
		T_OK(smtp_watch_heard(&w, STR("\r\n")) &&
			str_find(buf_slice(&w.offers), STR("\nCHUNKING\n")) >=
			    0,
		    "it is still known to have been offered");
		smtp_watch_wrote(&w, STR("MAIL FROM:<>\r\n"));
		memcpy(bytes, said, sizeof said);
		smtp_watch_hide(&w, bytes, sizeof bytes - 1);
		T_OK(memcmp(bytes, said, sizeof said) == 0, "nothing after it");
		smtp_watch_release(&w);
	}
}

int
main(void)
{
	T_RUN(reads_replies_in_any_pieces);
	T_RUN(keeps_what_is_fit_to_be_shown);
	T_RUN(keeps_no_more_than_that);
	T_RUN(sees_answers_that_come_too_early);
	T_RUN(hides_chunking_and_nothing_else);
	return t_done();
}
