/*
 * What the commands of `announce subscribers` share, and nobody else needs.
 */
#ifndef MAIL_CMD_SUBSCRIBERS_H
#define MAIL_CMD_SUBSCRIBERS_H

#include "base/buf.h"
#include "base/cmd.h"
#include "base/err.h"
#include "mail/store_subscriber.h"

#include <stdint.h>

/* How members are printed one after the other. */
struct subscribers_format {
	const char *begin;
	const char *between;
	const char *end;
	void (*put)(struct buf *to, const struct store_member *m);
};

/* Prints the members that the arguments ask for; json is NULL for a command
 * that has no --json. */
int subscribers_print(struct cmd_env *env, int argc, char **argv,
    const struct subscribers_format *plain,
    const struct subscribers_format *json, struct err *e);

/* A member as an object. */
void subscribers_put_json(struct buf *to, const struct store_member *m);

/* Appends the consent record "HOW on 2026-11-20T20:45:03Z". */
void subscribers_consent(struct buf *to, const char *how, int64_t at);

#endif
