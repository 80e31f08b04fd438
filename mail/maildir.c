/*
 * A relay that is a folder: `maildir:DIR` keeps each message in DIR/new as a
 * mail program reads it (https://cr.yp.to/proto/maildir.html), for trying
 * things out and for tests. Lines end in LF, as they do in any mailbox; the
 * envelope stands in front, as Return-Path and Delivered-To.
 */
#include "mail/transport.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)64 << 20)
#define NAME_LEN 128
#define NAME_TRIES 100

struct maildir {
	struct str dir; /* of the configuration, NUL-terminated */
	char host[65];
	unsigned count; /* messages of this process */
	struct buf message, said;
};

/* A name has no "/", no ":" and no leading dot. */
static void
read_host(struct maildir *m)
{
	if (gethostname(m->host, sizeof m->host - 1) != 0 ||
	    m->host[0] == '\0' || m->host[0] == '.')
		strcpy(m->host, "localhost");
	for (char *p = m->host; *p != '\0'; p++)
		if (*p == '/' || *p == ':')
			*p = '_';
}

static int
open_maildir(void **out, const struct conf_mail *mail, struct err *e)
{
	struct maildir *m = calloc(1, sizeof *m);

	if (m == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the folder");
	m->dir =
	    str_sub(mail->relay, strlen(transport_maildir.scheme), SIZE_MAX);
	buf_init(&m->message, MESSAGE_MAX);
	buf_init(&m->said, 8192);
	read_host(m);
	*out = m;
	return 0;
}

static void
close_maildir(void *self)
{
	struct maildir *m = self;

	buf_release(&m->message);
	buf_release(&m->said);
	free(m);
}

/* Makes what is not there, and opens the folder. */
static int
open_folder(struct maildir *m, struct err *e)
{
	static const char *const parts[] = {"", "/tmp", "/new", "/cur"};
	char path[4096];
	int fd;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if ((size_t)snprintf(path, sizeof path, "%.*s%s",
			STR_ARG(m->dir), parts[i]) >= sizeof path)
			return err_set(
			    e, ERR_INPUT, "the folder's path is too long");
		if (file_make_dir(path, 0700, e) != 0)
			return -1;
	}
	fd = open(m->dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : err_sys(e, "%s: cannot be opened", m->dir.p);
}

static void
write_lines(struct buf *to, struct str text)
{
	struct str line;

	while (str_next_line(&text, &line)) {
		buf_str(to, line);
		buf_putc(to, '\n');
	}
}

/* time.MmicrosecondsPprocessQcount.host */
static void
write_name(struct maildir *m, const char *folder, char *to)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(to, NAME_LEN, "%s/%lld.M%06ldP%ldQ%u.%s", folder,
	    (long long)clock_now(), now.tv_nsec / 1000, (long)getpid(),
	    m->count, m->host);
}

/* Under a name of its own in tmp/, on the disk. */
static int
write_message(struct maildir *m, int dir, char *name)
{
	int fd = -1, rc;

	for (int i = 0; fd < 0 && i < NAME_TRIES; i++) {
		m->count++;
		write_name(m, "tmp", name);
		fd = openat(
		    dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	if (fd < 0)
		return -1;
	rc = file_write_all(fd, buf_slice(&m->message));
	if (rc == 0)
		rc = fsync(fd);
	if (close(fd) != 0)
		rc = -1;
	return rc;
}

/* link(2) puts it there whole, and never over another one. */
static int
move_to_new(struct maildir *m, int dir, const char *name)
{
	char target[NAME_LEN];
	int new, rc;

	write_name(m, "new", target);
	rc = linkat(dir, name, dir, target, 0);
	if (rc != 0)
		return -1;
	new = openat(dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (new < 0)
		return -1;
	/* Some file systems have no fsync for folders. */
	rc = fsync(new) == 0 || errno == EINVAL ? 0 : -1;
	close(new);
	return rc;
}

static int
deliver(struct maildir *m, int dir, struct err *e)
{
	char name[NAME_LEN] = "";
	int rc;

	if (buf_ok(&m->message, "the message", e) != 0)
		return -1;
	rc = write_message(m, dir, name);
	if (rc == 0)
		rc = move_to_new(m, dir, name);
	if (rc != 0) {
		err_sys(e, "%s: the message cannot be kept", m->dir.p);
		e->kind = ERR_LATER;
	}
	unlinkat(dir, name, 0);
	return rc;
}

static void
tell(const struct transport_batch *b, size_t i, enum transport_outcome outcome,
    struct str text)
{
	struct transport_answer answer = {.outcome = outcome, .text = text};

	b->end(b->ctx, i, &answer);
}

/* 0 when the next one can be tried. */
static int
run_one(struct maildir *m, int dir, const struct transport_batch *b, size_t i,
    struct err *e)
{
	struct str sender, recipient, head, body;
	struct err why = ERR_INIT;

	b->envelope(b->ctx, i, &sender, &recipient);
	if (transport_verify_envelope(sender, recipient, &why) != 0) {
		tell(b, i, TRANSPORT_FAILED, str_of(why.msg));
		return 0;
	}
	if (b->begin(b->ctx, i, &head, &body) != 0) {
		err_set(e, ERR_LATER, "stopped before the next message");
		tell(b, i, TRANSPORT_UNTRIED, str_of(e->msg));
		return -1;
	}
	if (transport_verify_message(head, body, &why) != 0) {
		tell(b, i, TRANSPORT_FAILED, str_of(why.msg));
		return 0;
	}
	buf_clear(&m->message);
	buf_printf(&m->message, "Return-Path: <%.*s>\nDelivered-To: %.*s\n",
	    STR_ARG(sender), STR_ARG(recipient));
	write_lines(&m->message, head);
	write_lines(&m->message, body);
	if (deliver(m, dir, e) != 0) {
		tell(b, i, TRANSPORT_DEFERRED, str_of(e->msg));
		return -1;
	}
	tell(b, i, TRANSPORT_SENT, STR("kept in the folder"));
	return 0;
}

static int
run_maildir(void *self, const struct transport_batch *batch, struct err *e)
{
	struct err why = ERR_INIT;
	struct maildir *m = self;
	int dir = open_folder(m, &why);
	int rc = dir >= 0 ? 0 : -1;
	size_t i;

	if (rc != 0)
		why.kind = ERR_REFUSED;
	for (i = 0; i < batch->count && rc == 0; i++)
		rc = run_one(m, dir, batch, i, &why);
	for (; i < batch->count; i++)
		tell(batch, i, TRANSPORT_UNTRIED, str_of(why.msg));
	if (dir >= 0)
		close(dir);
	return rc == 0 ? 0 : err_set(e, why.kind, "%s", why.msg);
}

static int
check_maildir(void *self, struct str *said, struct err *e)
{
	struct maildir *m = self;
	int dir = open_folder(m, e);

	if (dir < 0)
		return -1;
	close(dir);
	buf_clear(&m->said);
	buf_printf(&m->said,
	    "messages are kept in the folder %.*s and sent to nobody",
	    STR_ARG(m->dir));
	*said = buf_slice(&m->said);
	return 0;
}

const struct transport_kind transport_maildir = {
    "maildir:", open_maildir, close_maildir, run_maildir, check_maildir};
