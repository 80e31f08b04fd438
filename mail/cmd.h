/*
 * announce's commands, one cmd_<name>.c each, held in one table (main.c); and
 * what several of them need.
 */
#ifndef MAIL_CMD_H
#define MAIL_CMD_H

#include "base/buf.h"
#include "base/cmd.h"
#include "base/err.h"
#include "base/str.h"
#include "content/posting.h"
#include "mail/mailbox.h"
#include "mail/store.h"
#include "mail/store_delivery.h"

#include <stdint.h>

int cmd_cancel(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_dkim_key(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_mail_check(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_mail_status(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_pause(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_preview(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_receive(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_remind(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_resume(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_send(struct cmd_env *env, int argc, char **argv, struct err *e);

int cmd_daemon(struct cmd_env *env, int argc, char **argv, struct err *e);
extern const struct cmd cmd_offers[];
int cmd_offer_claims(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_offer_close(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_offer_export(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_offer_list(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_offer_ship(struct cmd_env *env, int argc, char **argv, struct err *e);

extern const struct cmd cmd_subscribers[];
int cmd_subscribers_add(
    struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_subscribers_erase(
    struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_subscribers_export(
    struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_subscribers_import(
    struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_subscribers_list(
    struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_subscribers_remove(
    struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_subscribers_show(
    struct cmd_env *env, int argc, char **argv, struct err *e);

/* The configuration, which must say something of mail. NULL on failure. */
struct conf *cmd_mail_conf(struct cmd_env *env, struct err *e);

/* The store of the configuration's state; store_close is the caller's. */
int cmd_store(struct cmd_env *env, struct store **out, struct err *e);

/* Makes the state folder, its owner's alone, before a relay that is a folder in
 * it (maildir:) makes it everybody's. Nothing for any other relay. */
int cmd_state(const struct conf *conf, struct err *e);

/* A list that the configuration names; without a name its first. */
int cmd_list(struct cmd_env *env, struct str *list, struct str name,
    struct err *e);

/* An address as typed, made one of the store's; the error quotes it. */
struct cmd_address {
	char text[MAILBOX_MAX + 1];
};
int cmd_address(struct cmd_address *out, const char *typed, struct err *e);

/*
 * The page of a FILE.md as mail reads it (content/posting.h), and whose it is:
 * the first site's that has it. now is when it will be sent; a preview takes
 * what is not published yet as well. What is wrong with it is printed with its
 * lines.
 */
int cmd_posting(struct cmd_env *env, struct posting *out,
    const struct conf_site **site, struct arena *a, const char *file,
    int64_t now, bool is_preview, struct err *e);

/* The number of an announcement as typed, and the announcement; the error of
 * one that is not there says where they are listed. */
int cmd_id(int64_t *id, const char *typed, struct err *e);
int cmd_announcement(struct store *s, struct store_announcement *out,
    struct arena *a, int64_t id, struct err *e);

/* "announcement 3 is paused: 10 sent, 2 queued", to standard error. */
void cmd_say_totals(
    const char *what, int64_t id, const struct store_totals *totals);

#endif
