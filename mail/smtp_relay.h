/*
 * Which relay, and as whom: what the configuration says, checked and read
 * once. The password is wiped when it is closed, and is never in a message.
 */
#ifndef MAIL_SMTP_RELAY_H
#define MAIL_SMTP_RELAY_H

#include "base/conf.h"
#include "base/err.h"

#include <stdbool.h>

/* What libesmtp's PLAIN copies without looking at its length. */
#define SMTP_LOGIN_MAX 255

struct smtp_relay {
	char host[256]; /* without brackets */
	char port[8];
	char name[272]; /* "[::1]:25", for people */
	bool needs_tls;
	bool has_login;
	char user[SMTP_LOGIN_MAX + 1];
	char password[SMTP_LOGIN_MAX + 1];
};

/* Ports are 25, or 587 with STARTTLS, unless the relay names one. -1 for a
 * relay that is none, and for a password file that cannot be read, that others
 * can read, or whose first line is no password. */
int smtp_relay_open(
    struct smtp_relay *r, const struct conf_mail *mail, struct err *e);
void smtp_relay_close(struct smtp_relay *r);

#endif
