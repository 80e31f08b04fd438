#include "mail/transport.h"

#include "base/file.h"
#include "tests/t.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "Date: x\r\nFrom: x\r\nMessage-ID: <x>\r\n\r\n"

/* Three messages; what was called, "b" and "e" with the number, and outcomes:
 * Sent, Deferred, Failed, in doubt ("?"), Untried. */
struct sender {
	const char *recipient[3];
	struct str body;
	int refuses; /* begin of this one; -1: none */
	char calls[64];
};

static void
envelope(void *ctx, size_t i, struct str *sender, struct str *recipient)
{
	struct sender *s = ctx;

	*sender = STR("announce+1@x.example");
	*recipient = str_of(s->recipient[i]);
}

static int
begin(void *ctx, size_t i, struct str *head, struct str *body)
{
	struct sender *s = ctx;

	snprintf(strchr(s->calls, '\0'), 8, "b%zu ", i);
	*head = STR(HEAD);
	*body = s->body;
	return (int)i == s->refuses ? -1 : 0;
}

static void
end(void *ctx, size_t i, const struct transport_answer *answer)
{
	struct sender *s = ctx;

	snprintf(
	    strchr(s->calls, '\0'), 8, "e%zu%c ", i, "SDF?U"[answer->outcome]);
}

static int
send_three(struct sender *s, const char *dir, struct err *e)
{
	struct transport_batch batch = {s, 3, envelope, begin, end};
	struct conf_mail mail = {0};
	struct transport *t;
	char relay[512];
	int rc;

	snprintf(relay, sizeof relay, "maildir:%s", dir);
	mail.relay = str_of(relay);
	s->calls[0] = '\0';
	if (transport_open(&t, &mail, e) != 0)
		return -1;
	rc = transport_run(t, &batch, e);
	transport_close(t);
	return rc;
}

/* How many files there are in a folder; the last one's content in *to. */
static int
read_folder(const char *dir, const char *part, struct buf *to)
{
	struct err e = ERR_INIT;
	struct dirent *entry;
	char path[1024];
	int count = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", dir, part);
	d = opendir(path);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		snprintf(
		    path, sizeof path, "%s/%s/%s", dir, part, entry->d_name);
		buf_clear(to);
		file_read(to, AT_FDCWD, path, &e);
	}
	if (d != NULL)
		closedir(d);
	return count;
}

static void
keeps_messages_as_mail_programs_read_them(void)
{
	struct sender s = {
	    {"a@y", "b@y", "c@y"}, STR("one\r\n.two\r\n"), -1, ""};
	struct err e = ERR_INIT;
	struct stat st;
	struct buf got;
	char dir[512];

	buf_init(&got, 4096);
	snprintf(dir, sizeof dir, "%s/mail", t_tmpdir());
	T_EQ_INT(send_three(&s, dir, &e), 0, "sent: %s", e.msg);
	T_EQ_STR(str_of(s.calls), STR("b0 e0S b1 e1S b2 e2S "),
	    "each is asked for and ended in turn");
	s.recipient[0] = s.recipient[1] = "c@y";
	T_EQ_INT(send_three(&s, dir, &e), 0, "and again: %s", e.msg);
	T_EQ_INT(read_folder(dir, "tmp", &got), 0, "nothing is left in tmp");
	T_EQ_INT(read_folder(dir, "cur", &got), 0, "nothing was read yet");
	T_EQ_INT(read_folder(dir, "new", &got), 6, "six are new");
	snprintf(dir, sizeof dir, "%s/one", t_tmpdir());
	s.refuses = 1;
	s.recipient[0] = "c@y";
	send_three(&s, dir, &e);
	read_folder(dir, "new", &got);
	T_EQ_STR(buf_slice(&got),
	    STR("Return-Path: <announce+1@x.example>\nDelivered-To: c@y\n"
		"Date: x\nFrom: x\nMessage-ID: <x>\n\none\n.two\n"),
	    "with the envelope in front");
	T_OK(stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700,
	    "for nobody else to read");
	buf_release(&got);
}

static void
ends_every_message_once(void)
{
	struct sender s = {{"a@y", "b c@y", "c@y"}, STR("one\r\n"), -1, ""};
	struct err e = ERR_INIT;
	char dir[512];

	snprintf(dir, sizeof dir, "%s/some", t_tmpdir());
	T_EQ_INT(send_three(&s, dir, &e), 0, "an address that cannot be");
	T_EQ_STR(str_of(s.calls), STR("b0 e0S e1F b2 e2S "),
	    "is not asked for, and stops no other");
	s.recipient[1] = "b@y";
	s.refuses = 1;
	T_EQ_INT(send_three(&s, dir, &e), -1, "one that is not to be sent");
	T_EQ_STR(str_of(s.calls), STR("b0 e0S b1 e1U e2U "),
	    "ends the run before it");
	T_EQ_INT(e.kind, ERR_LATER, "for now");
	s.refuses = -1;
	s.body = STR("bare\n");
	err_clear(&e);
	T_EQ_INT(send_three(&s, dir, &e), 0, "messages that cannot be");
	T_EQ_STR(str_of(s.calls), STR("b0 e0F b1 e1F b2 e2F "), "have failed");
}

static void
says_when_the_folder_cannot_be(void)
{
	struct sender s = {{"a@y", "b@y", "c@y"}, STR("one\r\n"), -1, ""};
	const char *file = t_file("file", STR(""));
	struct err e = ERR_INIT;

	T_EQ_INT(send_three(&s, file, &e), -1, "a file is in its place");
	T_EQ_INT(e.kind, ERR_REFUSED, "somebody has to mend it: %s", e.msg);
	T_EQ_STR(str_of(s.calls), STR("e0U e1U e2U "), "nothing was tried");
}

static void
checks_itself(void)
{
	struct conf_mail mail = {0};
	struct err e = ERR_INIT;
	struct transport *t;
	char relay[512];
	struct str said;

	snprintf(relay, sizeof relay, "maildir:%s/check", t_tmpdir());
	mail.relay = str_of(relay);
	T_EQ_INT(transport_open(&t, &mail, &e), 0, "opened");
	T_EQ_INT(transport_check(t, &said, &e), 0, "checked: %s", e.msg);
	T_OK(str_starts(said, STR("messages are kept in the folder /")) &&
		str_ends(said, STR("/check and sent to nobody")),
	    "says so: %.*s", STR_ARG(said));
	transport_close(t);
}

int
main(void)
{
	T_RUN(keeps_messages_as_mail_programs_read_them);
	T_RUN(ends_every_message_once);
	T_RUN(says_when_the_folder_cannot_be);
	T_RUN(checks_itself);
	return t_done();
}
