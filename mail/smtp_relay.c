#include "mail/smtp_relay.h"

#include "base/file.h"
#include "base/uri.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_FILE_MAX 4096

static int
read_uri(struct smtp_relay *r, struct str relay, struct err *e)
{
	bool is_v6;
	struct uri u;

	if (uri_parse(&u, relay, e) != 0)
		return -1;
	if (u.host.n == 0 || u.host.n >= sizeof r->host || u.path.n > 1 ||
	    u.has_userinfo || u.port.n >= sizeof r->port)
		return err_set(e, ERR_INPUT,
		    "\"%.*s\" is no relay; write smtp+starttls://HOST:587",
		    STR_ARG(str_sub(relay, 0, 300)));
	r->needs_tls = str_eq_nocase(u.scheme, STR("smtp+starttls"));
	if (u.port.n == 0)
		u.port = r->needs_tls ? STR("587") : STR("25");
	is_v6 = str_chr(u.host, ':') >= 0;
	snprintf(r->host, sizeof r->host, "%.*s", STR_ARG(u.host));
	snprintf(r->port, sizeof r->port, "%.*s", STR_ARG(u.port));
	snprintf(r->name, sizeof r->name, is_v6 ? "[%s]:%s" : "%s:%s", r->host,
	    r->port);
	return 0;
}

static int
open_private(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		err_sys(e, "%s: the password cannot be read", path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_REFUSED, "%s: is no file", path);
	else if ((st.st_mode & 077) != 0)
		err_set(e, ERR_REFUSED,
		    "%s: others can read the password; run chmod 600 %s", path,
		    path);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
copy_secret(char to[SMTP_LOGIN_MAX + 1], struct str from, const char *what,
    struct err *e)
{
	if (from.n == 0 || from.n > SMTP_LOGIN_MAX || str_has_control(from))
		return err_set(e, ERR_REFUSED,
		    "%s has to be a line of 1 to %d bytes", what,
		    SMTP_LOGIN_MAX);
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return 0;
}

static int
read_password(struct smtp_relay *r, const char *path, struct err *e)
{
	int fd = open_private(path, e), rc;
	char place[PASSWORD_FILE_MAX];
	struct str rest, line = {NULL, 0};
	struct buf text;

	if (fd < 0)
		return -1;
	buf_init(&text, PASSWORD_FILE_MAX);
	rc = file_read_fd(&text, fd, path, e);
	close(fd);
	rest = buf_slice(&text);
	str_next_line(&rest, &line);
	snprintf(place, sizeof place, "%s: the password", path);
	if (rc == 0)
		rc = copy_secret(r->password, line, place, e);
	explicit_bzero(text.data, text.len);
	buf_release(&text);
	return rc;
}

int
smtp_relay_open(
    struct smtp_relay *r, const struct conf_mail *mail, struct err *e)
{
	*r = (struct smtp_relay){.has_login = mail->user.n > 0};
	if (read_uri(r, mail->relay, e) != 0)
		return -1;
	if (!r->has_login)
		return 0;
	if (copy_secret(r->user, mail->user, "\"user\"", e) != 0)
		return -1;
	return read_password(r, mail->password_file.p, e);
}

void
smtp_relay_close(struct smtp_relay *r)
{
	explicit_bzero(r, sizeof *r);
}
