/*
 * What the files of `announce send` share, and nobody else needs.
 */
#ifndef MAIL_CMD_SEND_H
#define MAIL_CMD_SEND_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "content/posting.h"
#include "mail/cmd.h"
#include "mail/schedule.h"
#include "mail/store_subscriber.h"

#include <stdbool.h>

/* What is to be sent, to whom and when. */
struct send {
	struct cmd_env *env;
	const struct conf *conf;
	const struct conf_site *site;
	struct store *store;  /* NULL with --test */
	struct posting posting;
	struct str page; /* what the store calls it */
	struct buf message;   /* the template (message.h) */
	struct str list;
	struct schedule when;
	int64_t now;
	int64_t members[MEMBER_STATES]; /* of the list */
	bool is_json;
};

/* To standard error, for people: all of it, before anything is done. */
void send_show(const struct send *s);

/* --dry-run: prints every member of the list, and why those are left out who
 * are. */
int send_dry_run(const struct send *s, struct err *e);

/* --test: one message, taken to the relay at once, of which nothing is
 * stored. */
int send_test(const struct send *s, const char *address, struct err *e);

#endif
