#include "mail/transport.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#define FIELDS "Date: x\r\nFrom: x\r\nMessage-ID: <x>\r\n"

static void
lets_no_command_into_an_envelope(void)
{
	static const struct {
		const char *why;
		struct str sender, recipient;
		const char *want;
	} table[] = {
	    {"both", STR("a+b=c@x.example"), STR("d@y.example"), ""},
	    {"the empty sender", STR(""), STR("d@y.example"), ""},
	    {"no recipient", STR("a@x"), STR(""),
		"the recipient has no whole address"},
	    {"no local part", STR("a@x"), STR("@x"),
		"the recipient has no whole address"},
	    {"a line end", STR("a@x"), STR("d@y>\r\nDATA\r\n"),
		"the recipient's address has a character that cannot be "
		"there"},
	    {"a parameter", STR("a@x> SIZE=1"), STR("d@y"),
		"the sender's address has a character that cannot be there"},
	    {"a space", STR("a@x"), STR("d @y"),
		"the recipient's address has a character that cannot be "
		"there"},
	    {"a NUL", STR("a@x"), STR("d@y\0z"),
		"the recipient's address has a character that cannot be "
		"there"},
	    {"UTF-8", STR("a@x"), STR("d\xc3\xa9@y"),
		"the recipient's address has a character that cannot be "
		"there"},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err e = ERR_INIT;

		transport_verify_envelope(
		    table[i].sender, table[i].recipient, &e);
		T_EQ_STR(
		    str_of(e.msg), str_of(table[i].want), "%s", table[i].why);
	}
}

static void
knows_how_long_an_address_is(void)
{
	struct err e = ERR_INIT;
	char text[256];

	memset(text, 'a', sizeof text);
	text[100] = '@';
	T_EQ_INT(
	    transport_verify_envelope(STR(""), (struct str){text, 254}, &e), 0,
	    "254 bytes: %s", e.msg);
	T_EQ_INT(
	    transport_verify_envelope(STR(""), (struct str){text, 255}, &e), -1,
	    "255 bytes");
}

static const struct {
	const char *why;
	struct str head, body;
	const char *want;
} messages[] = {
    {"a message", STR(FIELDS "\r\n"), STR("one\r\n.\r\n..two\r\n"), ""},
    {"no body", STR(FIELDS "\r\n"), STR(""), ""},
    {"a folded field", STR(FIELDS "To: a,\r\n\tb\r\n\r\n"), STR(""), ""},
    {"fields in any case", STR("dATE:\r\nFROM:\r\nmessage-id:\r\n\r\n"),
	STR(""), ""},
    {"a bare LF in the header", STR("Date: x\nFrom: x\r\n\r\n"), STR(""),
	"line 1 of its header: does not end in CRLF"},
    {"a bare LF in the body", STR(FIELDS "\r\n"), STR("a\r\nb\n.\r\n"),
	"line 2 of its body: does not end in CRLF"},
    {"a bare CR", STR(FIELDS "\r\n"), STR("a\r.\r\n"),
	"line 1 of its body: has a CR inside"},
    {"no last line end", STR(FIELDS "\r\n"), STR("a\r\nb"),
	"line 2 of its body: does not end in CRLF"},
    {"a CR for a line end", STR(FIELDS "\r\n"), STR("a\r"),
	"line 1 of its body: does not end in CRLF"},
    {"a LF alone", STR(FIELDS "\r\n"), STR("\n"),
	"line 1 of its body: does not end in CRLF"},
    {"a NUL", STR(FIELDS "\r\n"), STR("a\0b\r\n"),
	"line 1 of its body: has the byte 0x00, which cannot be there"},
    {"8 bits", STR(FIELDS "\r\n"), STR("caf\xc3\xa9\r\n"),
	"line 1 of its body: has the byte 0xc3, which cannot be there"},
    {"a control character in the header",
	STR("Date: \x1b[2J\r\n" FIELDS "\r\n"), STR(""),
	"line 1 of its header: has the byte 0x1b, which cannot be there"},
    {"one in the body is the reader's", STR(FIELDS "\r\n"), STR("\f\x1b\r\n"),
	""},
    {"no empty line", STR(FIELDS), STR("x\r\n"),
	"line 4 of its header: does not end in CRLF"},
    {"more behind the empty line", STR(FIELDS "\r\nx\r\n"), STR(""),
	"its header goes on after the empty line"},
    {"nothing", STR(""), STR(""), "line 1 of its header: does not end in CRLF"},
    {"a field without a name", STR(": x\r\n" FIELDS "\r\n"), STR(""),
	"line 1 of its header: is no header field"},
    {"a line that is none", STR(FIELDS "hello\r\n\r\n"), STR(""),
	"line 4 of its header: is no header field"},
    {"a name with a space", STR(FIELDS "To me: x\r\n\r\n"), STR(""),
	"line 4 of its header: is no header field"},
    {"a continuation of nothing", STR(" x\r\n" FIELDS "\r\n"), STR(""),
	"line 1 of its header: continues no field"},
    {"no date", STR("From: x\r\nMessage-ID: x\r\n\r\n"), STR(""),
	"its header has no field Date:"},
    {"no Message-ID", STR("From: x\r\nDate: x\r\n\r\n"), STR(""),
	"its header has no field Message-ID:"},
    {"a field twice", STR(FIELDS "from: y\r\n\r\n"), STR(""),
	"line 4 of its header: From: cannot be there twice"},
    {"Return-Path", STR(FIELDS "Return-Path: <>\r\n\r\n"), STR(""),
	"line 4 of its header: Return-Path: cannot be there"},
};

static void
lets_nothing_out_that_would_be_read_as_more(void)
{
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		struct str head = messages[i].head, body = messages[i].body;
		struct err e = ERR_INIT;

		transport_verify_message(head, body, &e);
		T_EQ_STR(str_of(e.msg), str_of(messages[i].want), "%s",
		    messages[i].why);
		for (size_t n = 0; n < head.n; n++) {
			struct str cut = t_guard(str_sub(head, 0, n));

			transport_verify_message(cut, body, NULL);
			t_guard_free(cut);
		}
		for (size_t n = 0; n < body.n; n++) {
			struct str cut = t_guard(str_sub(body, 0, n));

			transport_verify_message(head, cut, NULL);
			t_guard_free(cut);
		}
	}
	T_OK(true, "every truncation is read to its end and no further");
}

static void
knows_how_long_a_line_is(void)
{
	struct str head = STR(FIELDS "\r\n");
	struct err e = ERR_INIT;
	char line[1002];

	memset(line, 'x', sizeof line);
	memcpy(line + 998, "\r\n", 2);
	T_EQ_INT(transport_verify_message(head, (struct str){line, 1000}, &e),
	    0, "998 bytes: %s", e.msg);
	line[998] = 'x';
	memcpy(line + 999, "\r\n", 2);
	transport_verify_message(head, (struct str){line, 1001}, &e);
	T_EQ_STR(str_of(e.msg),
	    STR("line 1 of its body: is longer than 998 bytes"), "999 bytes");
}

static void
opens_what_the_scheme_says(void)
{
	static const struct {
		struct str relay;
		const char *want;
	} table[] = {
	    {STR("smtp://127.0.0.1"), ""},
	    {STR("SMTP://[::1]:2525/"), ""},
	    {STR("smtp+starttls://mail.example.org"), ""},
	    {STR("maildir:/nowhere"), ""},
	    {STR("smtps://mail.example.org"),
		"\"smtps://mail.example.org\" is no relay"},
	    {STR(""), "\"\" is no relay"},
	    {STR("smtp:///"),
		"\"smtp:///\" is no relay; write "
		"smtp+starttls://HOST:587"},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conf_mail mail = {.relay = table[i].relay};
		struct transport *t = NULL;
		struct err e = ERR_INIT;

		transport_open(&t, &mail, &e);
		T_EQ_STR(str_of(e.msg), str_of(table[i].want), "%s",
		    table[i].relay.p);
		transport_close(t);
	}
}

int
main(void)
{
	T_RUN(lets_no_command_into_an_envelope);
	T_RUN(knows_how_long_an_address_is);
	T_RUN(lets_nothing_out_that_would_be_read_as_more);
	T_RUN(knows_how_long_a_line_is);
	T_RUN(opens_what_the_scheme_says);
	return t_done();
}
