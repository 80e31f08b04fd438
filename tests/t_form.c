#include "server/form.h"
#include "tests/served.h"
#include "tests/t.h"

#include <string.h>

static struct served served;

static const struct route_site *
site(void)
{
	return &served.router.sites[0];
}

/* All that is to be sent. */
static struct str
whole(struct buf *to, const struct reply *reply)
{
	buf_clear(to);
	buf_str(to, buf_slice(&reply->made));
	buf_str(to, reply->body);
	return buf_slice(to);
}

static void
says_it_in_each_protocol(void)
{
	static const struct {
		const char *why;
		enum protocol protocol;
		struct desk_answer answer;
		int status;
		const char *begins;
	} rows[] = {
	    {"a question", PROTOCOL_GEMINI,
		{.kind = DESK_ASK, .text = STR("Your e-mail address")}, 10,
		"10 Your e-mail address\r\n"},
	    {"a secret", PROTOCOL_GEMINI,
		{.kind = DESK_ASK_SECRET, .text = STR("The code")}, 11,
		"11 The code\r\n"},
	    {"a page", PROTOCOL_GEMINI,
		{.kind = DESK_SHOW,
		    .title = STR("Done"),
		    .text = STR("[Undo](/leave/x/undo)\n")},
		20,
		"20 text/gemini; charset=utf-8; lang=en\r\n# Done\n\n"
		"=> /leave/x/undo Undo\n"},
	    {"a refusal", PROTOCOL_GEMINI,
		{.kind = DESK_REFUSE, .text = STR("Too often today.")}, 50,
		"50 Too often today.\r\n"},
	    {"a certificate is needed", PROTOCOL_GEMINI,
		{.kind = DESK_CERTIFICATE, .text = STR("Choose one")}, 60,
		"60 Choose one\r\n"},
	    {"another certificate is needed", PROTOCOL_GEMINI,
		{.kind = DESK_STRANGER, .text = STR("Not this one")}, 61,
		"61 Not this one\r\n"},
	    {"nothing there", PROTOCOL_GEMINI, {.kind = DESK_MISSING}, 51,
		"51 No form is here."},
	    {"later", PROTOCOL_GEMINI,
		{.kind = DESK_LATER, .text = STR("Busy.")}, 41, "41 Busy.\r\n"},
	    {"a question by menu", PROTOCOL_GOPHER,
		{.kind = DESK_ASK, .text = STR("Your e-mail address")}, 10,
		"7Your e-mail address\t/subscribe\tone.test\t70\r\n"
		"iWhat you type goes over the network in clear.\t"},
	    {"a page by menu", PROTOCOL_GOPHER,
		{.kind = DESK_SHOW,
		    .title = STR("Done"),
		    .text = STR("[Code](/code/x)\n")},
		20, "iDone\t"},
	    {"a refusal by menu", PROTOCOL_GOPHER,
		{.kind = DESK_REFUSE, .text = STR("Too often today.")}, 50,
		"3Too often today.\t"},
	    {"a certificate by menu", PROTOCOL_GOPHER,
		{.kind = DESK_CERTIFICATE, .text = STR("By Gemini only.")}, 60,
		"3By Gemini only.\t"},
	};
	struct buf b;

	buf_init(&b, 65536);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct reply reply;
		struct str got;

		reply_init(&reply);
		form_reply(&reply, &served.router, site(), rows[i].protocol,
		    STR("/subscribe"), &rows[i].answer);
		got = whole(&b, &reply);
		T_EQ_INT(reply.status, rows[i].status, "%s", rows[i].why);
		T_EQ_STR(str_sub(got, 0, strlen(rows[i].begins)),
		    str_of(rows[i].begins), "%s: reply", rows[i].why);
		T_OK(rows[i].protocol == PROTOCOL_GEMINI ||
			str_ends(got, STR("\r\n.\r\n")),
		    "%s: ends as a menu", rows[i].why);
		reply_release(&reply);
	}
	buf_release(&b);
}

static void
is_closed_without_a_desk(void)
{
	for (int p = PROTOCOL_GEMINI; p <= PROTOCOL_GOPHER; p++) {
		struct reply reply;

		reply_init(&reply);
		form_reply(&reply, &served.router, site(), (enum protocol)p,
		    STR("/subscribe"), NULL);
		T_EQ_INT(reply.status, 41, "closed");
		T_OK(str_find(buf_slice(&reply.made), STR("Try again later")) >=
			0,
		    "and says what to do");
		reply_release(&reply);
	}
}

/* A page with an offer, and what the desk adds to it. */
static void
appends_to_a_page(void)
{
	static const struct desk_answer left = {
	    .kind = DESK_SHOW, .text = STR("3 are left.\n")};
	static const struct desk_answer later = {
	    .kind = DESK_LATER, .text = STR("Busy.")};
	static const struct {
		const char *why;
		enum protocol protocol;
		const char *header, *page;
		const struct desk_answer *answer;
		const char *want;
	} rows[] = {
	    {"Gemini", PROTOCOL_GEMINI, "20 x\r\n", "# Shirts\n", &left,
		"20 x\r\n# Shirts\n\n3 are left.\n"},
	    {"Gemini, no answer", PROTOCOL_GEMINI, "20 x\r\n", "# Shirts\n",
		NULL, "20 x\r\n# Shirts\n"},
	    {"Gemini, later", PROTOCOL_GEMINI, "20 x\r\n", "# Shirts\n", &later,
		"20 x\r\n# Shirts\n"},
	    {"Gopher", PROTOCOL_GOPHER, "", "iShirts\t\tnull.host\t1\r\n.\r\n",
		&left,
		"iShirts\t\tnull.host\t1\r\n"
		"i3 are left.\t\tnull.host\t1\r\n.\r\n"},
	    {"Gopher, no answer", PROTOCOL_GOPHER, "",
		"iShirts\t\tnull.host\t1\r\n.\r\n", NULL,
		"iShirts\t\tnull.host\t1\r\n.\r\n"},
	};
	struct buf b;

	buf_init(&b, 65536);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct reply reply;

		reply_init(&reply);
		buf_puts(&reply.made, rows[i].header);
		reply.body = str_of(rows[i].page);
		form_append(&reply, site(), rows[i].protocol, rows[i].answer);
		T_EQ_STR(
		    whole(&b, &reply), str_of(rows[i].want), "%s", rows[i].why);
		reply_release(&reply);
	}
	buf_release(&b);
}

int
main(void)
{
	t_file("pages/index.md", STR("# One\n"));
	served_open(&served,
	    STR("host: one.test\ngopher: {}\nmail: {from: a@one.test}\n"
		"pages: pages\n"));
	T_RUN(says_it_in_each_protocol);
	T_RUN(is_closed_without_a_desk);
	T_RUN(appends_to_a_page);
	served_close(&served);
	return t_done();
}
