#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "content/events.h"
#include "mail/cmd.h"
#include "mail/daemon.h"
#include "mail/dkim.h"
#include "mail/mailbox.h"
#include "mail/store_subscriber.h"
#include "mail/transport.h"
#include "mail/words.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT_MAX 8192
#define LABEL_WIDTH 15

/* What was found so far, each thing printed as it was. */
struct findings {
	bool is_json;
	size_t count, faults;
};

static void
tell(struct findings *f, const char *what, bool is_fault, struct str says)
{
	struct buf b;

	buf_init(&b, TEXT_MAX * 4);
	if (f->is_json) {
		buf_printf(&b, "%s\n {\"what\":\"%s\",\"ok\":%s,\"says\":",
		    f->count > 0 ? "," : "", what, is_fault ? "false" : "true");
		json_string(&b, says);
		buf_putc(&b, '}');
	} else {
		buf_printf(&b, "%-6s %-*s", is_fault ? "fault" : "ok",
		    LABEL_WIDTH, what);
		log_escape(&b, says);
		buf_putc(&b, '\n');
	}
	fwrite(b.data, 1, b.len, stdout);
	fflush(stdout);
	f->count++;
	f->faults += is_fault;
	buf_release(&b);
}

static void
tell_err(struct findings *f, const char *what, const struct err *e)
{
	tell(f, what, true, str_of(e->msg));
}

static void
tell_buf(struct findings *f, const char *what, bool is_fault, struct buf *says)
{
	tell(f, what, is_fault, buf_slice(says));
	buf_release(says);
}

/* To be compared with what the DNS has: as a zone file has it. */
static void
tell_record(struct findings *f, struct buf *record)
{
	if (f->is_json)
		tell(f, "DNS", false, buf_slice(record));
	else
		fwrite(record->data, 1, record->len, stdout);
	buf_release(record);
}

/* Whom reminders go to is for the configuration to say, so what is wrong with
 * it no other check can tell. */
static void
check_reminders(
    struct findings *f, struct cmd_env *env, const struct conf_site *site)
{
	const struct site_options options =
	    site_options_of(&env->conf, site, clock_now());
	struct err e = ERR_INIT;
	struct event *events;
	struct faults faults;
	struct arena a;
	struct str list;
	size_t count;

	arena_init(&a);
	faults_init(&faults);
	if (events_read(&events, &count, &a, &options, &faults, &e) != 0)
		tell_err(f, "pages", &e);
	for (size_t i = 0; i < count; i++) {
		const struct page_event *when = &events[i].when;

		err_clear(&e);
		if (when->list.n == 0 ||
		    cmd_list(env, &list, when->list, &e) == 0)
			continue;
		err_wrap(
		    &e, "%.*s:%d", STR_ARG(events[i].name), when->list_line);
		tell_err(f, "pages", &e);
	}
	faults_release(&faults);
	arena_release(&a);
}

static void
check_pages(struct findings *f, struct cmd_env *env, const struct conf *conf)
{
	for (size_t i = 0; i < conf->site_count; i++) {
		struct str pages = conf->sites[i].pages;
		DIR *dir = opendir(pages.p);
		struct err e = ERR_INIT;

		if (dir != NULL) {
			closedir(dir);
			tell(f, "pages", false, pages);
			check_reminders(f, env, &conf->sites[i]);
			continue;
		}
		err_sys(&e, "%s: the folder of pages cannot be read", pages.p);
		tell_err(f, "pages", &e);
	}
}

/* A file or folder with secrets in it. true when it is there. */
static bool
check_private(
    struct findings *f, const char *what, const char *path, const char *mode)
{
	struct err e = ERR_INIT;
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno == ENOENT)
			return false;
		err_sys(&e, "%s: cannot be looked at", path);
		tell_err(f, what, &e);
		return true;
	}
	if ((st.st_mode & 077) != 0) {
		err_set(&e, ERR_REFUSED,
		    "%s: others may read it (mode %03o): chmod %s %s", path,
		    (unsigned)(st.st_mode & 0777), mode, path);
		tell_err(f, what, &e);
	}
	return true;
}

static int
count_members(
    struct buf *to, struct store *s, const struct conf *conf, struct err *e)
{
	const struct conf_mail *mail = &conf->mail;
	int64_t count[MEMBER_STATES];

	for (size_t i = 0; i < mail->list_count; i++) {
		if (store_member_totals(s, mail->lists[i].name, count, e) != 0)
			return -1;
		buf_printf(to, "%s%.*s has ", i > 0 ? ", " : "",
		    STR_ARG(mail->lists[i].name));
		words_counted(
		    to, count[MEMBER_ACTIVE], "subscriber", "subscribers");
	}
	return 0;
}

/* One that is not there yet is no fault, and looking makes none. */
static void
check_store(struct findings *f, const struct conf *conf)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	if (!check_private(f, "state", conf->state.p, "700")) {
		tell(f, "store", false,
		    STR("none yet; the first subscriber makes it"));
		return;
	}
	if (store_open(&s, conf->state.p, &e) != 0 || store_check(s, &e) != 0 ||
	    count_members(&b, s, conf, &e) != 0) {
		tell_err(f, "store", &e);
		buf_release(&b);
	} else {
		tell_buf(f, "store", false, &b);
	}
	store_close(s);
}

static void
check_relay(struct findings *f, const struct conf *conf)
{
	const struct conf_mail *mail = &conf->mail;
	struct transport *t = NULL;
	struct err e = ERR_INIT;
	struct str said;
	struct buf b;

	if (mail->password_file.n > 0)
		check_private(f, "password", mail->password_file.p, "600");
	if (cmd_state(conf, &e) != 0 || transport_open(&t, mail, &e) != 0 ||
	    transport_check(t, &said, &e) != 0) {
		err_wrap(&e, "%.*s", STR_ARG(mail->relay));
		tell_err(f, "relay", &e);
	} else {
		buf_init(&b, TEXT_MAX);
		buf_printf(
		    &b, "%.*s: %.*s", STR_ARG(mail->relay), STR_ARG(said));
		tell_buf(f, "relay", false, &b);
	}
	transport_close(t);
}

/* DMARC (RFC 7489, section 3.1.1) wants the signature of From's domain, or of
 * one above it. */
static bool
is_aligned(const struct conf_mail *mail)
{
	struct str name, address, domain, signing = mail->dkim_domain;

	if (mailbox_parse(&name, &address, mail->from, NULL) != 0)
		return false;
	domain = mailbox_domain(address);
	return str_eq_nocase(domain, signing) ||
	    (domain.n > signing.n &&
		str_eq_nocase(str_sub(domain, domain.n - signing.n, signing.n),
		    signing) &&
		domain.p[domain.n - signing.n - 1] == '.');
}

static void
check_dkim(struct findings *f, const struct conf_mail *mail)
{
	struct dkim_key *key = NULL;
	struct err e = ERR_INIT;
	struct buf b;

	if (mail->dkim_key.n == 0) {
		tell(f, "DKIM", false,
		    STR("no key here: see to it that the relay signs"));
		return;
	}
	buf_init(&b, TEXT_MAX);
	if (dkim_open(&key, mail->dkim_key.p, mail->dkim_domain,
		mail->dkim_selector, &e) != 0 ||
	    dkim_record(&b, key, &e) != 0) {
		tell_err(f, "DKIM", &e);
		buf_release(&b);
	} else if (!is_aligned(mail)) {
		buf_clear(&b);
		buf_printf(&b,
		    "dkim's domain %.*s is not that of from, or above it; "
		    "receivers will not count the signature",
		    STR_ARG(mail->dkim_domain));
		tell_buf(f, "DKIM", true, &b);
	} else {
		tell(f, "DKIM", false,
		    STR("the key can be used; its record in the DNS is to be"));
		tell_record(f, &b);
	}
	dkim_close(key);
}

static void
check_all(struct findings *f, struct cmd_env *env)
{
	struct err e = ERR_INIT;
	const struct conf *conf = cmd_mail_conf(env, &e);

	if (conf == NULL) {
		tell_err(f, "configuration", &e);
		return;
	}
	tell(f, "configuration", false, conf->file);
	check_pages(f, env, conf);
	check_store(f, conf);
	check_relay(f, conf);
	check_dkim(f, &conf->mail);
	tell(f, "daemon", false,
	    daemon_is_there(conf->state.p)
		? STR("runs")
		: STR("does not run; forms are not answered, and what is "
		      "queued waits"));
}

int
cmd_mail_check(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct findings found = {0};
	struct cmd_option options[] = {
	    {"--json", &found.is_json, NULL}, {NULL, NULL, NULL}};

	if (cmd_words(argc, argv, options, 0, 0, "", e) < 0)
		return -1;
	if (found.is_json)
		putchar('[');
	check_all(&found, env);
	if (found.is_json)
		printf("\n]\n");
	if (found.faults == 0)
		return 0;
	return err_set(e, ERR_INPUT, "%zu fault%s", found.faults,
	    found.faults == 1 ? "" : "s");
}
