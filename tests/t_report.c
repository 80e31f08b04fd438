#include "mail/report.h"
#include "tests/t.h"

#include <string.h>

struct row {
	const char *why, *text;
	enum report_outcome want;
	const char *status, *said;
};

static void
hold(const struct row *row,
    void (*read)(struct report *out, struct arena *a, struct str text))
{
	struct str text = t_guard(str_of(row->text));
	struct report got;
	struct arena a;

	arena_init(&a);
	read(&got, &a, text);
	T_EQ_INT(got.outcome, row->want, "%s: outcome", row->why);
	T_EQ_STR(got.status, str_of(row->status), "%s: status", row->why);
	T_EQ_STR(got.said, str_of(row->said), "%s: what was said", row->why);
	t_guard_free(text);
	for (size_t n = 0; n < strlen(row->text); n++) {
		struct str cut = t_guard((struct str){row->text, n});

		arena_clear(&a);
		read(&got, &a, cut);
		t_guard_free(cut);
	}
	arena_release(&a);
}

static void
reads_the_part_for_machines(void)
{
	static const struct row rows[] = {
	    {"postfix, an unknown user",
		"Reporting-MTA: dns; mail.example.org\r\n"
		"Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0000\r\n"
		"\r\n"
		"Final-Recipient: rfc822; ann@example.net\r\n"
		"Action: failed\r\n"
		"Status: 5.1.1\r\n"
		"Diagnostic-Code: smtp; 550 5.1.1 <ann@example.net>:\r\n"
		"    no such user\r\n",
		REPORT_PERMANENT, "5.1.1",
		"550 5.1.1 <ann@example.net>:\\x0d\\x0a    no such user"},
	    {"mail that waits", "\nAction: delayed\nStatus: 4.4.1\n",
		REPORT_DELAYED, "4.4.1", ""},
	    {"given up for what may pass",
		"\nAction: Failed (expired)\nStatus: 4.4.7 (expired)\n"
		"Diagnostic-Code: X-Postfix; connect to mx: timed out\n",
		REPORT_TEMPORARY, "4.4.7", "connect to mx: timed out"},
	    {"no status, but one in the answer",
		"\naction: failed\ndiagnostic-code: smtp; 552 5.2.2 full\n",
		REPORT_PERMANENT, "5.2.2", "552 5.2.2 full"},
	    {"delivered", "\nAction: delivered\nStatus: 2.0.0\n", REPORT_GOOD,
		"2.0.0", ""},
	    {"the worst of several",
		"\nAction: delivered\nStatus: 2.0.0\n\n"
		"Action: failed\nStatus: 5.1.2\n\n"
		"Action: delayed\nStatus: 4.0.0\n",
		REPORT_PERMANENT, "5.1.2", ""},
	    {"an action that nobody knows", "\nAction: eaten\nStatus: 5.0.0\n",
		REPORT_UNKNOWN, "", ""},
	    {"nothing", "", REPORT_UNKNOWN, "", ""},
	    {"a fold without a field", "  5.1.1\n\n: x\n", REPORT_UNKNOWN, "",
		""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		hold(&rows[i], report_parse);
}

static void
reads_what_people_are_told(void)
{
	static const struct row rows[] = {
	    {"qmail",
		"Hi. This is the qmail-send program at example.net.\n"
		"I'm afraid I wasn't able to deliver your message.\n\n"
		"<ann@example.net>:\n"
		"Sorry, no mailbox here by that name. (#5.1.1)\n\n"
		"--- Below this line is a copy of the message.\n\n"
		"Status 4.2.2\n",
		REPORT_PERMANENT, "5.1.1",
		"Sorry, no mailbox here by that name. (#5.1.1)"},
	    {"exim",
		"A message that you sent could not be delivered.\n\n"
		"  ann@example.net\n"
		"    host mx.example.net [192.0.2.1]\n"
		"    SMTP error from remote mail server after RCPT TO:\n"
		"    550 No Such User Here\n",
		REPORT_PERMANENT, "", "550 No Such User Here"},
	    {"exim, a delay",
		"Warning: message 1abc delayed 24 hours\n"
		"    retry timeout exceeded so far: 451 4.7.1 Greylisted\n"
		"No action is required. Delivery attempts will continue,\n"
		"and your message has been delayed.\n",
		REPORT_DELAYED, "4.7.1",
		"retry timeout exceeded so far: 451 4.7.1 Greylisted"},
	    {"a full mailbox, in words", "The mailbox is full.\n",
		REPORT_TEMPORARY, "", "The mailbox is full."},
	    {"a version is no status", "Exim 4.96.1 of 5.10.2023, 4.96-15\n",
		REPORT_UNKNOWN, "", ""},
	    {"an address is no status", "from [5.1.1.7] and 10.5.1.1\n",
		REPORT_UNKNOWN, "", ""},
	    {"a number is no reply code", "Invoice 5501 of 550 pages.\n",
		REPORT_UNKNOWN, "", ""},
	    {"sendmail",
		"   ----- The following addresses failed -----\n"
		"... while talking to mx.example.net.:\n"
		"<<< 554 nobody here\n",
		REPORT_PERMANENT, "", "<<< 554 nobody here"},
	    {"a holiday", "I am out of the office until Monday.\n",
		REPORT_UNKNOWN, "", ""},
	    {"a later line with a status tells more",
		"The user does not exist:\n550 5.1.1 gone\n", REPORT_PERMANENT,
		"5.1.1", "550 5.1.1 gone"},
	    {"what would move a terminal's cursor", "550 \033[2Jgone\n",
		REPORT_PERMANENT, "", "550 \\x1b[2Jgone"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		hold(&rows[i], report_guess);
}

int
main(void)
{
	T_RUN(reads_the_part_for_machines);
	T_RUN(reads_what_people_are_told);
	return t_done();
}
