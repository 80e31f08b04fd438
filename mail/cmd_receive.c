#include "mail/cmd.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "mail/receive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Enough of a message that is too large to see that it is. */
#define READ_MAX (INCOMING_MAX + 1)

/* What mail servers call the envelope in a program's environment: postfix
 * and sendmail for aliases and .forward, exim for pipes. */
static struct str
from_environment(const char *const *names)
{
	for (; *names != NULL; names++)
		if (getenv(*names) != NULL)
			return str_of(getenv(*names));
	return (struct str){NULL, 0};
}

static void
complete(struct incoming_envelope *envelope, const char *to, const char *from)
{
	static const char *const recipients[] = {
	    "ORIGINAL_RECIPIENT", "RECIPIENT", NULL};
	static const char *const senders[] = {"SENDER", NULL};

	envelope->recipient =
	    to != NULL ? str_of(to) : from_environment(recipients);
	envelope->sender =
	    from != NULL ? str_of(from) : from_environment(senders);
}

/* The rest is read and forgotten: a mail server whose pipe breaks would think
 * that all of it was lost. */
static int
read_message(struct buf *to, int fd, const char *name, struct err *e)
{
	char block[65536];
	ssize_t n;

	while ((n = read(fd, block, sizeof block)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "%s: cannot be read", name);
		buf_append(to, block,
		    (size_t)n < READ_MAX - to->len ? (size_t)n
						   : READ_MAX - to->len);
	}
	return buf_ok(to, name, e);
}

static int
take(const struct receive *r, struct buf *message, int fd, const char *name,
    const struct incoming_envelope *envelope, struct err *e)
{
	struct buf said;
	int result;

	buf_init(&said, 8192);
	buf_clear(message);
	result = read_message(message, fd, name, e);
	if (result == 0)
		result = receive(
		    r, buf_slice(message), envelope, clock_now(), &said, e);
	if (result == 0)
		log_info("%s: %s", name, said.data);
	buf_release(&said);
	return result;
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* One file of DIR/new; when it is done it stands in DIR/cur, seen. */
static int
take_file(const struct receive *r, struct buf *message, int dir,
    const char *name, struct err *e)
{
	struct incoming_envelope envelope = {.sender = {NULL, 0}};
	char from[512], to[512];
	int fd, result;

	snprintf(from, sizeof from, "new/%s", name);
	snprintf(to, sizeof to, "cur/%s%s", name,
	    strstr(name, ":2,") == NULL ? ":2,S" : "");
	fd = openat(dir, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s: cannot be opened", from);
	result = take(r, message, fd, from, &envelope, e);
	close(fd);
	if (result == 0 && renameat(dir, from, dir, to) != 0)
		result = err_sys(e, "%s: cannot be moved to cur", from);
	return result;
}

/* In the order they came in. One that has to wait keeps no other waiting. */
static int
take_all(const struct receive *r, struct buf *message, int dir,
    struct dirent **names, int count, struct err *e)
{
	int later = 0;

	for (int i = 0; i < count; i++) {
		struct err why = ERR_INIT;

		if (take_file(r, message, dir, names[i]->d_name, &why) == 0)
			continue;
		later++;
		log_err(names[i]->d_name, &why);
	}
	if (later > 0)
		return err_set(e, ERR_LATER,
		    "%d of %d messages stay in new; run this again later",
		    later, count);
	return 0;
}

static int
take_maildir(const struct receive *r, struct buf *message, const char *path,
    struct err *e)
{
	struct dirent **names;
	int result, count, dir;

	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "%s: cannot be opened", path);
	count = scandirat(dir, "new", &names, is_file, alphasort);
	if (count < 0) {
		close(dir);
		return err_sys(e,
		    "%s/new: cannot be read; a maildir has new, "
		    "cur and tmp",
		    path);
	}
	result = take_all(r, message, dir, names, count, e);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	close(dir);
	return result;
}

/*
 * Whatever keeps a message from being handled is for somebody here to mend,
 * and the message is to come again: a mail server takes any other code for
 * the message's own fault, and sends it back.
 */
static int
for_later(struct err *e)
{
	if (e->kind != ERR_USAGE)
		e->kind = ERR_LATER;
	return -1;
}

int
cmd_receive(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	const char *maildir = NULL, *to = NULL, *from = NULL;
	const struct cmd_option options[] = {{"--from", NULL, &from},
	    {"--maildir", NULL, &maildir}, {"--to", NULL, &to}, {0}};
	struct incoming_envelope envelope;
	struct receive r = {0};
	struct buf message;
	int result;

	if (cmd_words(argc, argv, options, 0, 0, "", e) < 0)
		return -1;
	if (cmd_store(env, &r.store, e) != 0)
		return for_later(e);
	r.conf = cmd_conf(env, e);
	complete(&envelope, to, from);
	buf_init(&message, READ_MAX);
	result = maildir != NULL
	    ? take_maildir(&r, &message, maildir, e)
	    : take(&r, &message, STDIN_FILENO, "message", &envelope, e);
	buf_release(&message);
	store_close(r.store);
	return result == 0 ? 0 : for_later(e);
}
