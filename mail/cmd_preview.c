#include "mail/cmd.h"
#include "base/arena.h"
#include "base/clock.h"
#include "mail/compose.h"
#include "mail/message.h"
#include "mail/store_subscriber.h"
#include "mail/token.h"

#include <stdio.h>
#include <string.h>

/* Tokens that nobody and nothing has. */
#define SPECIMEN "specimenspecimenspecimensp"
#define ANNOUNCEMENT "previewpreviewpreviewprevi"
#define SOMEBODY "somebody@example.org"

struct preview {
	struct cmd_env *env;
	struct arena arena;
	struct str list;
	bool attach_images;
	struct cmd_address address;
	char token[TOKEN_LEN + 1];
	struct buf template, head, body;
};

/* A subscriber's own, so that it is the very message. */
static int
find_token(struct preview *p, const char *typed, struct err *e)
{
	struct store_subscriber who;
	struct err why = ERR_INIT;
	struct store *s;
	int result;

	memcpy(p->token, SPECIMEN, sizeof p->token);
	if (cmd_address(&p->address, typed != NULL ? typed : SOMEBODY, e) != 0)
		return -1;
	if (typed == NULL)
		return 0;
	if (cmd_store(p->env, &s, e) != 0)
		return -1;
	result = store_subscriber_find(
	    s, &who, &p->arena, str_of(p->address.text), &why);
	store_close(s);
	if (result != 0 && why.kind != ERR_MISSING)
		return err_set(e, why.kind, "%s", why.msg);
	if (result == 0 && who.token.n == TOKEN_LEN)
		memcpy(p->token, who.token.p, TOKEN_LEN);
	else
		fprintf(stderr,
		    "%s is no subscriber: the links to leave are nobody's\n",
		    p->address.text);
	return 0;
}

/* What keeps send from sending it. */
static void
say_unpublished(const struct posting *posting)
{
	const struct date *date = &posting->page.date;
	int64_t at;

	if (posting->page.draft)
		fprintf(stderr,
		    "%.*s is a draft: it is neither published nor sent until "
		    "\"draft: true\" is taken out of it\n",
		    STR_ARG(posting->source));
	else if (date->precision != DATE_NONE &&
	    date_instant(&at, date, NULL, NULL) == 0 && at > clock_now())
		fprintf(stderr,
		    "%.*s is not published yet: its date is to come\n",
		    STR_ARG(posting->source));
}

static int
compose_page(struct preview *p, const char *file, struct err *e)
{
	struct compose_options o = {
	    .list = p->list, .attach_images = p->attach_images};
	struct posting posting;

	if (cmd_posting(p->env, &posting, &o.site, &p->arena, file, clock_now(),
		true, e) != 0)
		return -1;
	say_unpublished(&posting);
	o.conf = &p->env->conf;
	return compose(&p->template, &posting, &o, e);
}

static int
fill(struct preview *p, struct err *e)
{
	const struct message_person person = {
	    .address = str_of(p->address.text),
	    .token = str_of(p->token),
	    .announcement = STR(ANNOUNCEMENT),
	    .date = clock_now(),
	};
	const struct conf_mail *mail = &p->env->conf.mail;
	struct message_template *t;
	struct dkim_key *key;
	int result;

	if (message_open(&t, buf_slice(&p->template), e) != 0)
		return -1;
	result = message_key_open(&key, mail, e);
	if (result == 0)
		result =
		    message_fill(&p->head, &p->body, t, &person, mail, key, e);
	dkim_close(key);
	message_close(t);
	return result;
}

static int
run(struct preview *p, const char *file, const char *to, struct err *e)
{
	if (compose_page(p, file, e) != 0 || find_token(p, to, e) != 0 ||
	    fill(p, e) != 0)
		return -1;
	fwrite(p->head.data, 1, p->head.len, stdout);
	fwrite(p->body.data, 1, p->body.len, stdout);
	return 0;
}

int
cmd_preview(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct preview p = {.env = env};
	const char *list = NULL, *to = NULL;
	struct cmd_option options[] = {{"--list", NULL, &list},
	    {"--to", NULL, &to}, {"--attach-images", &p.attach_images, NULL},
	    {NULL, NULL, NULL}};
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "a FILE.md", e) < 0 ||
	    cmd_list(env, &p.list, str_of(list), e) != 0)
		return -1;
	arena_init(&p.arena);
	buf_init(&p.template, MESSAGE_MAX);
	buf_init(&p.head, MESSAGE_MAX);
	buf_init(&p.body, MESSAGE_MAX);
	result = run(&p, argv[0], to, e);
	buf_release(&p.body);
	buf_release(&p.head);
	buf_release(&p.template);
	arena_release(&p.arena);
	return result;
}
