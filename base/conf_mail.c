/* The part of the configuration that only announce acts on: `mail:`. */
#include "base/conf_read.h"

#include "base/conf_check.h"

#include <string.h>

#define COUNT_MAX 1000000

static const char *const mail_keys[] = {"from", "relay", "user",
    "password_file", "ca_file", "bounces", "dkim", "sessions", "per_second",
    "per_day", "per_domain", "give_up", "keep_addresses", "lists", NULL};
static const char *const dkim_keys[] = {"domain", "selector", "key", NULL};
static const char *const list_keys[] = {"title", NULL};

static int
read_relay(const struct conf_reader *r, const struct yaml *map, struct err *e)
{
	struct conf_mail *mail = &r->conf->mail;

	mail->relay = STR("smtp://127.0.0.1:25");
	if (conf_read_text(r, &mail->relay, map, "relay", check_relay, e) !=
		0 ||
	    yaml_line(&mail->user, r->arena, map, "user", e) != 0 ||
	    conf_read_path(r, &mail->password_file, map, "password_file", e) !=
		0 ||
	    conf_read_path(r, &mail->ca_file, map, "ca_file", e) != 0)
		return -1;
	if ((mail->user.n > 0) != (mail->password_file.n > 0))
		return yaml_fault(e, map,
		    "\"user\" and \"password_file\" go together; the relay "
		    "asks for both or neither");
	if (str_starts(mail->relay, STR("maildir:"))) {
		struct str dir =
		    str_sub(mail->relay, strlen("maildir:"), mail->relay.n);

		mail->relay =
		    arena_printf(r->arena, "maildir:%s", conf_join(r, dir).p);
	}
	return arena_ok(r->arena, e);
}

static struct str
domain_of(struct str address)
{
	return str_sub(
	    address, (size_t)(str_rchr(address, '@') + 1), address.n);
}

static int
read_dkim(
    const struct conf_reader *r, const struct yaml *mail_map, struct err *e)
{
	struct conf_mail *mail = &r->conf->mail;
	const struct yaml *map = NULL;

	if (yaml_map(&map, mail_map, "dkim", dkim_keys, e) != 0)
		return -1;
	if (map == NULL)
		return 0;
	mail->dkim_domain =
	    arena_str(r->arena, domain_of(from_address(mail->from)));
	if (conf_read_text(
		r, &mail->dkim_domain, map, "domain", check_host, e) != 0 ||
	    conf_read_text(
		r, &mail->dkim_selector, map, "selector", check_name, e) != 0 ||
	    conf_read_path(r, &mail->dkim_key, map, "key", e) != 0)
		return -1;
	if (mail->dkim_selector.n == 0 || mail->dkim_key.n == 0)
		return yaml_fault(e, map,
		    "\"dkim\" needs a \"selector\" and a \"key\"; `announce "
		    "dkim-key` makes one");
	return arena_ok(r->arena, e);
}

static int
read_list(const struct conf_reader *r, struct conf_list *list,
    const struct yaml *node, struct err *e)
{
	struct err why = ERR_INIT;
	bool is_bare = node->kind == YAML_SCALAR && node->text.n == 0;

	list->line = node->line;
	if (check_name(&list->name, r->arena, node->key, &why) != 0)
		return yaml_fault(e, node, "\"lists\": %s", why.msg);
	list->title = list->name;
	if (is_bare)
		return 0;
	if (yaml_check_keys(node, list_keys, e) != 0)
		return -1;
	return yaml_line(&list->title, r->arena, node, "title", e);
}

/* Without any named there is one, announce, titled as the site. */
static int
read_lists(
    const struct conf_reader *r, const struct yaml *mail_map, struct err *e)
{
	const struct yaml *map = yaml_get(mail_map, "lists");
	struct conf_mail *mail = &r->conf->mail;
	struct conf_list one = {
	    STR("announce"), r->conf->sites[0].title, mail_map->line};

	if (map != NULL && (map->kind != YAML_MAP || map->child == NULL))
		return yaml_takes(e, map,
		    "a map of lists, such as {announce: {title: News}}");
	for (const struct yaml *m = map != NULL ? map->child : NULL; m != NULL;
	     m = m->next) {
		struct conf_list list = {.line = m->line};

		if (read_list(r, &list, m, e) != 0)
			return -1;
		mail->lists = arena_grow(r->arena, mail->lists,
		    mail->list_count, sizeof *mail->lists);
		if (mail->lists == NULL)
			return arena_ok(r->arena, e);
		mail->lists[mail->list_count++] = list;
	}
	if (mail->list_count > 0)
		return 0;
	mail->lists = arena_array(r->arena, 1, sizeof *mail->lists);
	if (mail->lists == NULL)
		return arena_ok(r->arena, e);
	mail->lists[mail->list_count++] = one;
	return 0;
}

static int
read_mail_rates(
    const struct conf_reader *r, const struct yaml *map, struct err *e)
{
	struct conf_mail *mail = &r->conf->mail;

	/* RFC 5321, section 4.5.4.1: four to five days before giving up. */
	mail->give_up = 5 * 86400;
	mail->sessions = 4;
	mail->keep_addresses = 30;
	if (yaml_number(&mail->sessions, map, "sessions", 1, 100, e) != 0 ||
	    yaml_number(
		&mail->per_second, map, "per_second", 0, COUNT_MAX, e) != 0 ||
	    yaml_number(&mail->per_day, map, "per_day", 0,
		(int64_t)COUNT_MAX * 1000, e) != 0 ||
	    yaml_number(
		&mail->per_domain, map, "per_domain", 0, COUNT_MAX, e) != 0 ||
	    yaml_seconds(&mail->give_up, map, "give_up", 60, 30 * 86400, e) !=
		0)
		return -1;
	return yaml_number(
	    &mail->keep_addresses, map, "keep_addresses", 0, 3650, e);
}

int
conf_read_mail(
    const struct conf_reader *r, const struct yaml *top, struct err *e)
{
	struct conf_mail *mail = &r->conf->mail;
	const struct yaml *map = NULL;

	if (yaml_map(&map, top, "mail", mail_keys, e) != 0)
		return -1;
	if (map == NULL)
		return 0;
	mail->present = true;
	if (yaml_get(map, "from") == NULL)
		return yaml_fault(e, map,
		    "\"mail\" needs a \"from\", such as \"Name "
		    "<announce@example.org>\"");
	if (conf_read_text(r, &mail->from, map, "from", check_from, e) != 0)
		return -1;
	mail->bounces = arena_str(r->arena, from_address(mail->from));
	if (conf_read_text(
		r, &mail->bounces, map, "bounces", check_address, e) != 0 ||
	    read_relay(r, map, e) != 0 || read_dkim(r, map, e) != 0 ||
	    read_mail_rates(r, map, e) != 0)
		return -1;
	return read_lists(r, map, e);
}
