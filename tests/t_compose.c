#include "mail/compose.h"
#include "mail/compose_text.h"
#include "mail/message.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#define MARK "markmarkmarkmarkmarkmarkma"

static const char conf_text[] = "host: capsule.example.org\n"
				"title: A conference\n"
				"gopher: {listen: \"127.0.0.1:7070\"}\n"
				"mail:\n"
				"  from: \"Us, all <announce@example.org>\"\n"
				"  lists:\n"
				"    news: {title: News}\n"
				"    other: {title: \"Grüße <aus> *allen* "
				"Städten, und mehr davon als in eine Zeile "
				"passt\"}\n";

static void
text_is_quoted(void)
{
	static const struct {
		const char *why, *text, *want;
	} cases[] = {
	    {"ASCII stays", "Hello, world!\n", "Hello, world!\n"},
	    {"but for =", "a=b\n", "a=3Db\n"},
	    {"other letters", "Grüße\n", "Gr=C3=BC=C3=9Fe\n"},
	    {"a space at the end", "a \n", "a=20\n"},
	    {"two of them", "a  \n", "a =20\n"},
	    {"a space alone", " \n", "=20\n"},
	    {"a tab", "a\tb\t\n", "a=09b=09\n"},
	    {"empty lines", "a\n\n\nb\n", "a\n\n\nb\n"},
	    {"a signature's beginning", "-- \n", "--=20\n"},
	    {"a dot first", ".\n..a\n", "=2E\n=2E.a\n"},
	    {"From first", "From me\nfrom me\nFrom\n",
		"=46rom me\nfrom me\nFrom\n"},
	    {"CRLF is a line's end", "a\r\nb\r\n", "a\nb\n"},
	    {"the last line gets an end", "a", "a\n"},
	    {"76 stay in one line",
		"1234567890123456789012345678901234567890123456789012345678901"
		"234567890123456\n",
		"1234567890123456789012345678901234567890123456789012345678901"
		"234567890123456\n"},
	    {"77 do not",
		"1234567890123456789012345678901234567890123456789012345678901"
		"2345678901234567\n",
		"1234567890123456789012345678901234567890123456789012345678901"
		"23456789012345=\n67\n"},
	    {"what is not UTF-8", "\xff\xfe\n", "=FF=FE\n"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text = t_guard(str_of(cases[i].text));
		struct buf b;

		buf_init(&b, 1000);
		compose_quoted(&b, text, STR(MARK));
		T_EQ_STR(
		    buf_slice(&b), str_of(cases[i].want), "%s", cases[i].why);
		buf_release(&b);
		t_guard_free(text);
	}
}

/* Quoted-printable undone, soft breaks too. */
static void
unquote(struct buf *to, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '=') {
			buf_putc(to, text.p[i]);
		} else if (text.p[i + 1] == '\n') {
			i++;
		} else {
			buf_putc(to,
			    (char)((strchr(hex, text.p[i + 1]) - hex) * 16 +
				(strchr(hex, text.p[i + 2]) - hex)));
			i += 2;
		}
	}
}

static size_t
longest_line(struct str text)
{
	struct str line = {NULL, 0};
	size_t longest = 0;

	while (str_next_line(&text, &line))
		longest = line.n > longest ? line.n : longest;
	return longest;
}

/* The mark at every column, with what is encoded before and behind it. */
static void
the_mark_is_never_broken(void)
{
	static const char *const before[] = {"x", "ü", ".", "=", " "};
	static const char *const behind[] = {"", ">", "ü", " ", "x y"};

	for (size_t k = 0; k < 5; k++)
		for (size_t n = 0; n < 160; n++) {
			struct buf line, quoted, plain;

			buf_init(&line, 10000);
			buf_init(&quoted, 10000);
			buf_init(&plain, 10000);
			for (size_t i = 0; i < n; i++)
				buf_puts(&line, before[k]);
			buf_puts(&line, MARK);
			buf_puts(&line, behind[k]);
			buf_puts(&line, MARK "\n");
			compose_quoted(&quoted, buf_slice(&line), STR(MARK));
			unquote(&plain, buf_slice(&quoted));
			if (longest_line(buf_slice(&quoted)) > 76 ||
			    str_find(buf_slice(&quoted), STR(MARK)) < 0 ||
			    !str_ends(buf_slice(&quoted), STR(MARK "\n")) ||
			    !str_eq(buf_slice(&plain), buf_slice(&line)))
				T_OK(false, "behind %zu of \"%s\"", n,
				    before[k]);
			buf_release(&line);
			buf_release(&quoted);
			buf_release(&plain);
		}
	T_OK(true, "wherever it stands");
}

static void
words_are_encoded(void)
{
	static const struct {
		const char *why, *text, *words, *phrase;
	} cases[] = {
	    {"nothing", "", "", ""},
	    {"ASCII", "Shirts are here", "Shirts are here", "Shirts are here"},
	    {"what a phrase has in quotes", "dtrace.conf, \"all\"",
		"dtrace.conf, \"all\"", "\"dtrace.conf, \\\"all\\\"\""},
	    {"other letters", "Grüße",
		"=?UTF-8?B?R3LDvMOfZQ==?=", "=?UTF-8?B?R3LDvMOfZQ==?="},
	    {"what looks encoded",
		"=?utf-8?q?x?=", "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=",
		"=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?="},
	    {"lines and tabs are spaces", " a\r\nBcc:\tb \n", "a Bcc: b",
		"\"a Bcc: b\""},
	    {"a character is in one word", "ääääääääääääääääääää",
		"=?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q="
		"?= =?UTF-8?B?w6Q=?=",
		"=?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q="
		"?= =?UTF-8?B?w6Q=?="},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text = t_guard(str_of(cases[i].text));
		struct buf b;

		buf_init(&b, 1000);
		compose_words(&b, text);
		T_EQ_STR(
		    buf_slice(&b), str_of(cases[i].words), "%s", cases[i].why);
		buf_clear(&b);
		compose_phrase(&b, text);
		T_EQ_STR(buf_slice(&b), str_of(cases[i].phrase),
		    "%s, as a phrase", cases[i].why);
		buf_release(&b);
		t_guard_free(text);
	}
}

static void
fields_are_folded(void)
{
	static const struct {
		const char *why, *value, *want;
	} cases[] = {
	    {"short", "a b", "Subject: a b\r\n"},
	    {"long",
		"one two three four five six seven eight nine ten eleven "
		"twelve 13",
		"Subject: one two three four five six seven eight nine ten "
		"eleven twelve 13\r\n"},
	    {"longer",
		"one two three four five six seven eight nine ten eleven "
		"twelve thirteen fourteen",
		"Subject: one two three four five six seven eight nine ten "
		"eleven twelve\r\n thirteen fourteen\r\n"},
	    {"one word",
		"a-word-that-is-too-long-for-any-line-stands-in-the-first-one-"
		"as-it-is-and-so-on b",
		"Subject: a-word-that-is-too-long-for-any-line-stands-in-the-"
		"first-one-as-it-is-and-so-on\r\n b\r\n"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b;

		buf_init(&b, 1000);
		compose_field(&b, "Subject", str_of(cases[i].value));
		T_EQ_STR(
		    buf_slice(&b), str_of(cases[i].want), "%s", cases[i].why);
		buf_release(&b);
	}
}

/*
 * Whole templates.
 */

static struct posting_image image = {.path = {"/a.png", 6},
    .id = {"0123456789abcdef@capsule.example.org", 36},
    .name = {"ä b.png", 8},
    .mime = {"image/png", 9},
    .bytes = {"\x89PNG\r\n\0\xff", 8}};

static struct posting
make_letter(void)
{
	return (struct posting){.title = STR("Shirts are here"),
	    .source = STR("news/shirts.md"),
	    .address = STR("gemini://capsule.example.org/news/shirts.gmi"),
	    .gopher = STR("gopher://capsule.example.org:7070/1/news/shirts"),
	    .text = STR("Text\n"),
	    .html = STR("<p>A link</p>\n"),
	    .html_shown = STR("<p>Shown</p>\n")};
}

static int
compose_with(struct buf *to, const char *conf_lines,
    const struct posting *posting, const char *list, bool attach, struct err *e)
{
	struct compose_options o = {
	    .list = str_of(list), .attach_images = attach};
	struct conf conf;
	int result;

	buf_init(to, MESSAGE_MAX);
	if (conf_parse(&conf, "capsule.yaml", str_of(conf_lines), e) != 0)
		return -1;
	o.conf = &conf;
	o.site = &conf.sites[0];
	result = compose(to, posting, &o, e);
	conf_release(&conf);
	return result;
}

/* what may begin with the end of the line before it. */
static void
has(const struct buf *b, const char *what, bool wanted)
{
	struct str shown = str_trim(str_of(what));

	T_OK((str_find(buf_slice(b), str_of(what)) >= 0) == wanted, "%s: %.*s",
	    wanted ? "has" : "has not", (int)strcspn(shown.p, "\r\n"), shown.p);
}

static size_t
times(struct str text, struct str what)
{
	size_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, what)) >= 0) {
		n++;
		text = str_sub(text, (size_t)at + what.n, text.n);
	}
	return n;
}

static void
templates_are_whole(void)
{
	struct posting posting = make_letter();
	struct message_template *t;
	struct err e = ERR_INIT;
	struct buf first, second;
	struct str mark;

	T_EQ_INT(compose_with(&first, conf_text, &posting, "news", false, &e),
	    0, "composed %s", e.msg);
	compose_with(&second, conf_text, &posting, "news", false, &e);
	T_EQ_STR(buf_slice(&second), buf_slice(&first), "the same twice");
	mark = str_sub(buf_slice(&first), strlen("template 1 "), 26);
	T_EQ_INT((int64_t)times(buf_slice(&first), mark), 9,
	    "the mark in the first line and eight times");
	T_OK(message_open(&t, buf_slice(&first), &e) == 0, "can be opened");
	message_close(t);
	has(&first, "\r\nFrom: \"Us, all\" <announce@example.org>\r\n", true);
	has(&first, "\r\nSubject: Shirts are here\r\n", true);
	has(&first, "\r\nList-Id: News <news.capsule.example.org>\r\n", true);
	has(&first, "\r\nList-Unsubscribe: <mailto:announce+leave-", true);
	has(&first, "\r\n <gemini://capsule.example.org/leave/", true);
	has(&first,
	    "\r\nList-Subscribe: "
	    "<mailto:announce+subscribe@example.org?subject=subscribe>,\r\n"
	    " <gemini://capsule.example.org/subscribe>\r\n",
	    true);
	has(&first, "\r\nList-Post: NO\r\n", true);
	has(&first,
	    "\r\nList-Help: <mailto:announce+help@example.org?subject=help>"
	    "\r\n",
	    true);
	has(&first, "\r\nAuto-Submitted: auto-generated\r\n", true);
	has(&first, "\r\nPrecedence: list\r\n", true);
	has(&first, "\r\nMIME-Version: 1.0\r\n", true);
	has(&first, "\r\nContent-Type: multipart/alternative;", true);
	has(&first, "gopher://capsule.example.org:7070/1/news/shirts", true);
	has(&first, "\r\nDate:", false);
	has(&first, "\r\nMessage-I", false);
	has(&first, "multipart/mixed", false);
	has(&first, "multipart/related", false);
	buf_release(&first);
	buf_release(&second);
}

/* The same for one who replies, and who follows whichever link. */
static void
an_offer_is_claimed_by_its_message(void)
{
	static struct page_option options[] = {
	    {STR("S"), 3}, {STR("M"), 1}, {STR("L"), 0}};
	static struct str ask[] = {
	    STR("size"), STR("address"), STR("sentence")};
	struct posting posting = make_letter();
	struct err e = ERR_INIT;
	struct str mark;
	char path[100];
	struct buf b;

	posting.page.offer =
	    (struct page_offer){.present = true, .item = STR("shirt")};
	posting.page.offer.options = options;
	posting.page.offer.option_count = 3;
	posting.page.offer.ask = ask;
	posting.page.offer.ask_count = 3;
	posting.text = STR("Claim [1]\n\n"
			   "[1] gemini://capsule.example.org/claim/news/"
			   "shirts.md\n"
			   "[2] gemini://capsule.example.org/claim/news/"
			   "shirts.md.gz\n");
	posting.html_shown = STR("<p><a href=\"gemini://capsule.example.org/"
				 "claim/news/shirts.md\">Claim</a></p>\n");
	T_EQ_INT(compose_with(&b, conf_text, &posting, "news", false, &e), 0,
	    "an offer %s", e.msg);
	mark = str_sub(buf_slice(&b), strlen("template 1 "), 26);
	T_EQ_INT(times(buf_slice(&b), mark), 1 + 8 + 3,
	    "it says the mark three times more");
	has(&b, "The link to claim one is yours alone.", true);
	snprintf(path, sizeof path, "news/shirts.md/=\r\n%.*s", STR_ARG(mark));
	has(&b, path, true);
	has(&b, "shirts.md.gz\r\n", true);
	has(&b, "\r\nReply-To: announce+claim-", true);
	has(&b, "Sizes are S, M.", true);
	has(&b, "Address:\r\n", true);
	has(&b, "Publish: yes or no\r\n", true);
	buf_release(&b);
	posting.text = posting.html_shown = STR("Not open yet.\n");
	T_EQ_INT(compose_with(&b, conf_text, &posting, "news", false, &e), 0,
	    "one without the link %s", e.msg);
	mark = str_sub(buf_slice(&b), strlen("template 1 "), 26);
	T_EQ_INT(times(buf_slice(&b), mark), 1 + 8 + 4, "says it once");
	has(&b, "This link is yours alone, and claims one for you:", true);
	buf_release(&b);
}

static void
parts_are_nested_as_needed(void)
{
	struct posting posting = make_letter();
	struct err e = ERR_INIT;
	struct buf b;

	posting.images = &image;
	posting.image_count = 1;
	T_EQ_INT(compose_with(&b, conf_text, &posting, "news", false, &e), 0,
	    "images inline %s", e.msg);
	has(&b, "multipart/related", true);
	has(&b, "multipart/mixed", false);
	has(&b, "\r\nContent-Id: <0123456789abcdef@capsule.example.org>\r\n",
	    true);
	has(&b, "Content-Disposition: inline", true);
	has(&b, "<p>Shown</p>", true);
	buf_release(&b);
	T_EQ_INT(compose_with(&b, conf_text, &posting, "news", true, &e), 0,
	    "images attached %s", e.msg);
	has(&b, "multipart/related", false);
	has(&b, "multipart/mixed", true);
	has(&b, "Content-Disposition: attachment", true);
	has(&b, "<p>A link</p>", true);
	buf_release(&b);
	posting.image_count = 0;
	posting.calendar = STR("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n");
	T_EQ_INT(compose_with(&b, conf_text, &posting, "news", false, &e), 0,
	    "a calendar %s", e.msg);
	has(&b, "multipart/mixed", true);
	has(&b,
	    "\r\nContent-Type: text/calendar; charset=utf-8; "
	    "method=PUBLISH",
	    true);
	has(&b, "\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", true);
	buf_release(&b);
}

static void
odd_names_pass(void)
{
	static const char long_host[] =
	    "host: a-host-with-a-very-long-name-of-its-own.and-of-another-"
	    "part.and-one-more-that-is-long.example.org\n"
	    "mail: {from: \"announce@example.org\"}\n";
	struct posting posting = make_letter();
	struct err e = ERR_INIT;
	struct buf b;

	posting.title = STR("Grüße aus Köln, wo es Hemden gibt, und zwar sehr "
			    "viele davon in allen Größen");
	T_EQ_INT(compose_with(&b, conf_text, &posting, "other", false, &e), 0,
	    "other letters %s", e.msg);
	has(&b, "\r\nSubject: =?UTF-8?B?", true);
	has(&b, "\r\nList-Id: =?UTF-8?B?", true);
	has(&b,
	    " <mailto:announce+subscribe-other@example.org"
	    "?subject=subscribe-other>,\r\n"
	    " <gemini://capsule.example.org/subscribe/other>\r\n",
	    true);
	T_OK(longest_line(buf_slice(&b)) <= 110, "lines are short");
	buf_release(&b);
	T_EQ_INT(compose_with(&b, long_host, &posting, "announce", false, &e),
	    0, "addresses longer than a line %s", e.msg);
	has(&b, "\r\nFrom: announce@example.org\r\n", true);
	buf_release(&b);
}

static void
refuses_what_cannot_be_sent(void)
{
	static const char long_from[] =
	    "host: a.org\n"
	    "mail: {from: \"announcements-of-our-conference-x@example.org\"}\n";
	struct posting posting = make_letter();
	struct err e = ERR_INIT;
	struct buf b;

	T_OK(compose_with(&b, conf_text, &posting, "none", false, &e) != 0 &&
		e.kind == ERR_INPUT,
	    "a list that is none: %s", e.msg);
	buf_release(&b);
	err_clear(&e);
	T_OK(
	    compose_with(&b, long_from, &posting, "announce", false, &e) != 0 &&
		e.kind == ERR_INPUT,
	    "no room for a token: %s", e.msg);
	buf_release(&b);
}

/* Whatever the page says, its own mark is not in it: a page that was made to
 * say the mark that it had gets another. */
static void
the_mark_is_nowhere_else(void)
{
	struct posting posting = make_letter();
	struct err e = ERR_INIT;
	struct buf first, second, text;

	compose_with(&first, conf_text, &posting, "news", false, &e);
	buf_init(&text, 1000);
	buf_str(&text, str_sub(buf_slice(&first), strlen("template 1 "), 26));
	buf_putc(&text, '\n');
	/* Not part of what the mark is made of. */
	posting.text = buf_slice(&text);
	T_EQ_INT(compose_with(&second, conf_text, &posting, "news", false, &e),
	    0, "composed %s", e.msg);
	T_OK(!str_starts(buf_slice(&second),
		 str_sub(buf_slice(&first), 0, strlen("template 1 ") + 26)),
	    "another mark");
	has(&second, text.data, false);
	buf_cut(&text, text.len - 1);
	has(&second, text.data, true);
	buf_release(&first);
	buf_release(&second);
	buf_release(&text);
}

int
main(void)
{
	T_RUN(text_is_quoted);
	T_RUN(the_mark_is_never_broken);
	T_RUN(words_are_encoded);
	T_RUN(fields_are_folded);
	T_RUN(templates_are_whole);
	T_RUN(an_offer_is_claimed_by_its_message);
	T_RUN(parts_are_nested_as_needed);
	T_RUN(odd_names_pass);
	T_RUN(refuses_what_cannot_be_sent);
	T_RUN(the_mark_is_nowhere_else);
	return t_done();
}
