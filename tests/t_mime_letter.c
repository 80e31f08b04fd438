#include "mail/mime_letter.h"
#include "tests/t.h"

#include <string.h>

static struct buf made;

static int
make(struct mime_letter letter)
{
	struct err e = ERR_INIT;

	buf_clear(&made);
	if (letter.from.n == 0)
		letter.from = STR("A Conf <announce@example.org>");
	letter.to = STR("ann@example.org");
	if (letter.message_id.n == 0)
		letter.message_id = STR("id@example.org");
	return mime_letter(&made, &letter, &e);
}

static bool
has(const char *text)
{
	return str_find(buf_slice(&made), str_of(text)) >= 0;
}

/* What a mail server may refuse. */
static void
is_a_message(const char *why)
{
	struct str whole = buf_slice(&made), line = {NULL, 0};
	struct str rest = str_sub(whole, 0, whole.n - 1);

	while (str_next(&rest, '\n', &line)) {
		T_OK(line.n > 0 && line.p[line.n - 1] == '\r' &&
			line.n <= 999 &&
			memchr(line.p, '\r', line.n - 1) == NULL,
		    "%s: a line ends in CRLF", why);
		for (size_t i = 0; i < line.n; i++)
			if ((unsigned char)line.p[i] >= 0x80 ||
			    line.p[i] == '\0')
				T_OK(false, "%s: 7-bit", why);
	}
	T_OK(str_ends(buf_slice(&made), STR("\r\n")), "%s: its end", why);
}

static void
plain_text_stays_plain(void)
{
	make((struct mime_letter){.subject = STR("Hello"),
	    .text = STR("One.\n\nFrom here\n> on\n indented\n.\n\n\n")});
	is_a_message("plain");
	T_OK(has("Content-Transfer-Encoding: 7bit\r\n"), "7bit");
	T_OK(has("\r\n\r\nOne.\r\n\r\n From here\r\n > on\r\n"),
	    "what looks like something else is stuffed");
	T_OK(has("\r\n.\r\n"), "empty lines at the end go");
	T_OK(!has("Reply-To") && !has("In-Reply-To"), "no empty fields");
	T_OK(!has("Date:"), "the Date is for who sends it");
	T_OK(has("Auto-Submitted: auto-generated\r\n"), "not an answer");
}

static void
long_paragraphs_flow(void)
{
	make((struct mime_letter){.subject = STR("Hello"),
	    .text = STR("These are enough words to fill a line of seventy-two "
			"columns and begin another one.")});
	is_a_message("long");
	T_OK(has("format=flowed"), "format=flowed");
	T_OK(has(" begin \r\nanother one.\r\n"),
	    "a line that goes on ends in a space");
}

static void
other_scripts_are_encoded(void)
{
	make((struct mime_letter){
	    .from = STR("J\xc3\xbcrgen <announce@example.org>"),
	    .subject = STR("Ank\xc3\xbcndigungen \xe2\x9c\x93"),
	    .text = STR("Gr\xc3\xbc\xc3\x9f"
			"e = gut\n"),
	    .in_reply_to = STR("other@example.org")});
	is_a_message("encoded");
	T_OK(has("From: =?"), "the name");
	T_OK(has("<announce@example.org>\r\n"), "not the address");
	T_OK(has("Subject: =?"), "the subject");
	T_OK(has("charset=utf-8"), "UTF-8");
	T_OK(has("Gr=C3=BC=C3=9Fe =3D gut\r\n"), "quoted-printable");
	T_OK(has("In-Reply-To: <other@example.org>\r\n"), "what it answers");
	T_OK(has("Auto-Submitted: auto-replied\r\n"), "an answer");
}

static void
no_line_gets_into_a_field(void)
{
	T_EQ_INT(make((struct mime_letter){
		     .subject = STR("Hello\r\nBcc: bob@example.org")}),
	    -1, "a line in the subject");
	T_EQ_INT(make((struct mime_letter){
		     .subject = STR("Hello"), .in_reply_to = STR("a\nb@c")}),
	    -1, "a line in what it answers");
	T_EQ_INT(make((struct mime_letter){
		     .subject = STR("Hello"), .message_id = STR("a\1@c")}),
	    -1, "a control character");
}

int
main(void)
{
	buf_init(&made, (size_t)1 << 20);
	T_RUN(plain_text_stays_plain);
	T_RUN(long_paragraphs_flow);
	T_RUN(other_scripts_are_encoded);
	T_RUN(no_line_gets_into_a_field);
	buf_release(&made);
	return t_done();
}
