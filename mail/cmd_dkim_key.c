#include "mail/cmd.h"
#include "base/clock.h"
#include "base/file.h"
#include "mail/dkim.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RECORD_MAX 8192

/* Where the key goes, and by which name receivers find it. */
struct place {
	const char *file;
	struct str domain, selector;
	bool is_configured;
};

/* A new key gets a new name, so that mail on its way is still verified by the
 * old one: the year is as good as any, and then a letter. */
static int
name_key(struct place *to, struct conf *conf, struct err *e)
{
	struct str used = conf->mail.dkim_selector, year;
	struct date now;
	char letter = 'b';

	if (date_at(&now, clock_now(), "", e) != 0)
		return -1;
	year = arena_printf(&conf->arena, "s%d", now.year);
	to->selector = year;
	if (arena_ok(&conf->arena, e) != 0 || !str_starts(used, year))
		return arena_ok(&conf->arena, e);
	used = str_sub(used, year.n, used.n);
	if (used.n == 1 && *used.p >= letter && *used.p < 'z')
		letter = (char)(*used.p + 1);
	to->selector =
	    arena_printf(&conf->arena, "%.*s%c", STR_ARG(year), letter);
	return arena_ok(&conf->arena, e);
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

static int
choose(struct place *to, struct conf *conf, const char *typed, struct err *e)
{
	const struct conf_mail *mail = &conf->mail;
	struct str name, address;

	to->is_configured = mail->dkim_key.n > 0 &&
	    (typed == NULL || is_same_file(typed, mail->dkim_key.p));
	to->file = typed;
	to->domain = mail->dkim_domain;
	to->selector = mail->dkim_selector;
	if (to->is_configured)
		to->file = mail->dkim_key.p;
	else if (typed == NULL)
		to->file = arena_printf(
		    &conf->arena, "%.*s/dkim.key", STR_ARG(conf->state))
			       .p;
	if (to->domain.n == 0) {
		if (mailbox_parse(&name, &address, mail->from, e) != 0)
			return -1;
		to->domain = mailbox_domain(address);
	}
	if (!to->is_configured && name_key(to, conf, e) != 0)
		return -1;
	return arena_ok(&conf->arena, e);
}

/* One that is there may be in the DNS; its record is wanted then. */
static int
make(const struct place *place, const struct conf *conf, enum dkim_kind kind,
    bool *made, struct err *e)
{
	struct err why = ERR_INIT;

	if (file_make_dir(conf->state.p, 0700, e) != 0)
		return -1;
	*made = dkim_make(place->file, kind, &why) == 0;
	if (*made || why.kind == ERR_REFUSED)
		return 0;
	return err_set(e, why.kind, "%s", why.msg);
}

static void
say_before(const struct place *place, bool made)
{
	fprintf(stderr, "%s: %s\nPut this record into the DNS:\n\n",
	    place->file,
	    made ? "a new key"
		 : "there is a key already, which stays as it is");
}

static void
say_after(const struct place *place)
{
	char whole[PATH_MAX];

	fflush(stdout);
	if (!place->is_configured && realpath(place->file, whole) != NULL)
		fprintf(stderr,
		    "\nOnce it is there, put this below \"mail:\" in "
		    "capsule.yaml:\n\n"
		    "  dkim: {selector: %.*s, key: \"%s\"}\n",
		    STR_ARG(place->selector), whole);
}

static int
run(struct conf *conf, const char *typed, enum dkim_kind kind, struct err *e)
{
	struct dkim_key *key = NULL;
	struct place place;
	struct buf record;
	bool made;
	int result;

	if (choose(&place, conf, typed, e) != 0 ||
	    make(&place, conf, kind, &made, e) != 0 ||
	    dkim_open(&key, place.file, place.domain, place.selector, e) != 0)
		return -1;
	buf_init(&record, RECORD_MAX);
	result = dkim_record(&record, key, e);
	if (result == 0) {
		say_before(&place, made);
		fwrite(record.data, 1, record.len, stdout);
		say_after(&place);
	}
	buf_release(&record);
	dkim_close(key);
	return result;
}

int
cmd_dkim_key(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	bool is_ed25519 = false;
	struct cmd_option options[] = {
	    {"--ed25519", &is_ed25519, NULL}, {NULL, NULL, NULL}};
	struct conf *conf;
	int count = cmd_words(argc, argv, options, 0, 1, "", e);

	if (count < 0 || (conf = cmd_mail_conf(env, e)) == NULL)
		return -1;
	return run(conf, count > 0 ? argv[0] : NULL,
	    is_ed25519 ? DKIM_ED25519 : DKIM_RSA, e);
}
