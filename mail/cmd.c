#include "mail/cmd.h"
#include "base/near.h"
#include "base/yaml.h"

#include <string.h>

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
