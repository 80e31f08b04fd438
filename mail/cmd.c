#include "mail/cmd.h"
#include "base/file.h"
#include "base/near.h"
#include "base/yaml.h"
#include "mail/words.h"

#include <stdio.h>
#include <string.h>

#define TOTALS_TEXT_MAX 512

struct conf *
cmd_mail_conf(struct cmd_env *env, struct err *e)
{
	struct conf *conf = cmd_conf(env, e);

	if (conf != NULL && !conf->mail.present) {
		err_set(e, ERR_INPUT,
		    "%.*s: has no \"mail:\"; announce needs it to know who "
		    "mails (capsule.yaml(5))",
		    STR_ARG(conf->file));
		return NULL;
	}
	return conf;
}

int
cmd_store(struct cmd_env *env, struct store **out, struct err *e)
{
	struct conf *conf = cmd_mail_conf(env, e);

	return conf == NULL ? -1 : store_open(out, conf->state.p, e);
}

int
cmd_state(const struct conf *conf, struct err *e)
{
	if (!str_starts(conf->mail.relay, STR("maildir:")))
		return 0;
	return file_make_dir(conf->state.p, 0700, e);
}

static int
unknown_list(const struct conf *conf, struct str name, struct err *e)
{
	const struct conf_mail *mail = &conf->mail;
	struct str nearest = mail->lists[0].name;
	unsigned least = NEAR_BYTES_MAX;

	for (size_t i = 0; i < mail->list_count; i++) {
		unsigned d = near_distance(name, mail->lists[i].name, least);

		if (d < least) {
			least = d;
			nearest = mail->lists[i].name;
		}
	}
	return err_set(e, ERR_INPUT,
	    "there is no list \"%s\" in %.*s; there is \"%.*s\"",
	    yaml_show(name).s, STR_ARG(conf->file), STR_ARG(nearest));
}

int
cmd_list(struct cmd_env *env, struct str *list, struct str name, struct err *e)
{
	const struct conf *conf = cmd_mail_conf(env, e);

	if (conf == NULL)
		return -1;
	*list = conf->mail.lists[0].name;
	if (name.n == 0)
		return 0;
	for (size_t i = 0; i < conf->mail.list_count; i++) {
		*list = conf->mail.lists[i].name;
		if (str_eq(*list, name))
			return 0;
	}
	return unknown_list(conf, name, e);
}

int
cmd_address(struct cmd_address *out, const char *typed, struct err *e)
{
	struct buf b;
	int result;

	buf_init(&b, MAILBOX_MAX * 2);
	result = mailbox_normalise(&b, str_of(typed), e);
	if (result == 0)
		memcpy(out->text, b.data, b.len + 1);
	else
		err_wrap(e, "%s", yaml_show(str_of(typed)).s);
	buf_release(&b);
	return result;
}

int
cmd_id(int64_t *id, const char *typed, struct err *e)
{
	*id = str_number(str_of(typed), INT64_MAX);
	if (*id > 0)
		return 0;
	return err_set(e, ERR_USAGE,
	    "an announcement's ID is a number, not \"%s\"; announce status "
	    "lists them",
	    yaml_show(str_of(typed)).s);
}

int
cmd_announcement(struct store *s, struct store_announcement *out,
    struct arena *a, int64_t id, struct err *e)
{
	struct err why = ERR_INIT;

	if (store_announcement_find(s, out, a, id, &why) == 0)
		return 0;
	if (why.kind != ERR_MISSING)
		return err_set(e, why.kind, "%s", why.msg);
	return err_set(e, ERR_MISSING,
	    "there is no announcement %lld; announce status lists them",
	    (long long)id);
}

void
cmd_say_totals(const char *what, int64_t id, const struct store_totals *t)
{
	struct buf b;

	buf_init(&b, TOTALS_TEXT_MAX);
	buf_printf(&b, "announcement %lld %s: ", (long long)id, what);
	words_count(&b, t->count[DELIVERY_SENT]);
	buf_puts(&b, " sent");
	for (int i = 0; i < DELIVERY_STATES; i++) {
		if (i == DELIVERY_SENT || t->count[i] == 0)
			continue;
		buf_puts(&b, ", ");
		words_count(&b, t->count[i]);
		buf_printf(&b, " %s",
		    i == DELIVERY_IN_DOUBT
			? "in doubt"
			: delivery_state_name((enum delivery_state)i));
	}
	fprintf(stderr, "%s\n", b.data);
	buf_release(&b);
}
