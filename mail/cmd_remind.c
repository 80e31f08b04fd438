#include "mail/cmd.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "content/events.h"
#include "mail/compose.h"
#include "mail/daemon.h"
#include "mail/foreground.h"
#include "mail/message.h"
#include "mail/remind.h"
#include "mail/store_subscriber.h"
#include "mail/words.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 4096
#define RECORD_MAX ((size_t)1 << 16) /* of JSON, each byte escaped */
#define DAY 86400

/* A reminder that is to come, for --dry-run. */
struct coming {
	int64_t at;
	struct str line;
};

struct run {
	struct cmd_env *env;
	const struct conf *conf;
	struct arena arena;
	struct store *store; /* NULL until it is asked for */
	int64_t now;
	bool is_dry;
	bool is_json;
	struct coming *coming;
	size_t coming_count;
	size_t faults;
};

/* One of an event, and all that is asked of it. */
struct notice {
	const struct conf_site *site;
	struct site_options options;
	const struct event *event;
	struct reminder reminder;
	struct str list;
	struct str subject;
	struct str key; /* what the store has as its page */
	int64_t members;
};

/* A page that cannot be sent keeps no other from it. */
static void
complain(struct run *r, const struct err *why)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	log_escape(&b, str_of(why->msg));
	fprintf(stderr, "announce: %s\n", b.data);
	buf_release(&b);
	r->faults++;
}

/* What the day's limit does not let through before the event begins, which is
 * when the message expires. */
static void
say_slow(const struct run *r, const struct notice *n)
{
	int64_t per_day = r->conf->mail.per_day, at = n->reminder.at;
	int64_t days, most;
	struct buf b;

	if (at < r->now)
		at = r->now;
	days = (n->reminder.begins - at + DAY - 1) / DAY;
	most = per_day * days;
	if (per_day == 0 || n->members <= most)
		return;
	buf_init(&b, TEXT_MAX);
	buf_puts(&b, "announce: ");
	log_escape(&b, n->event->name);
	buf_printf(&b, ": at %lld a day (per_day) at most %lld of ",
	    (long long)per_day, (long long)most);
	words_counted(&b, n->members, "person", "people");
	buf_puts(&b, " are reminded before it begins; remind them earlier");
	fprintf(stderr, "%s\n", b.data);
	buf_release(&b);
}

static int
open_store(struct run *r, struct err *e)
{
	return r->store != NULL ? 0 : cmd_store(r->env, &r->store, e);
}

/* Pages of the first site are named as `announce send` names them. */
static int
name_notice(struct run *r, struct notice *n, struct err *e)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	remind_subject(&b, &n->event->when, &n->reminder, n->event->title,
	    n->reminder.at > r->now ? n->reminder.at : r->now);
	n->subject = arena_buf(&r->arena, &b);
	buf_clear(&b);
	if (n->site != &r->conf->sites[0])
		buf_printf(&b, "%.*s:", STR_ARG(n->site->host));
	remind_key(&b, n->event->source, &n->reminder);
	n->key = arena_buf(&r->arena, &b);
	if (buf_ok(&b, "the subject", e) != 0) {
		buf_release(&b);
		return -1;
	}
	buf_release(&b);
	return arena_ok(&r->arena, e);
}

/* Is there anybody who has not been told? */
static int
is_wanted(struct run *r, struct notice *n, bool *is, struct err *e)
{
	int64_t members[MEMBER_STATES];
	bool was;

	if (name_notice(r, n, e) != 0 || open_store(r, e) != 0 ||
	    store_announcement_was(r->store, n->list, n->key, &was, e) != 0 ||
	    store_member_totals(r->store, n->list, members, e) != 0)
		return -1;
	n->members = members[MEMBER_ACTIVE];
	*is = !was && n->members > 0;
	return 0;
}

static void
say_queued(const struct notice *n, int64_t id, int64_t recipients)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	buf_printf(&b, "announcement %lld is queued for ", (long long)id);
	words_counted(&b, recipients, "person", "people");
	buf_puts(&b, ": ");
	log_escape(&b, n->subject);
	fprintf(stderr, "%s\n", b.data);
	buf_release(&b);
}

/* Nobody else has queued it while we were composing. */
static int
queue(struct run *r, const struct notice *n, struct str message, int64_t *id,
    struct err *e)
{
	struct store_announcement a = {.list = n->list,
	    .page = n->key,
	    .subject = n->subject,
	    .message = message,
	    .queued = r->now,
	    .begins = r->now,
	    .expires = n->reminder.begins};
	int64_t recipients = 0;
	bool was = false;

	*id = 0;
	if (store_begin(r->store, e) != 0)
		return -1;
	if (store_announcement_was(r->store, n->list, n->key, &was, e) != 0 ||
	    (!was &&
		store_announcement_queue(r->store, &a, &recipients, e) != 0)) {
		store_rollback(r->store);
		return -1;
	}
	if (store_commit(r->store, e) != 0)
		return -1;
	if (was)
		return 0;
	*id = a.id;
	say_queued(n, a.id, recipients);
	say_slow(r, n);
	return 0;
}

static int
compose_notice(
    struct buf *message, struct run *r, const struct notice *n, struct err *e)
{
	const struct compose_options options = {
	    .conf = r->conf, .site = n->site, .list = n->list};
	struct faults faults;
	struct posting posting;
	struct arena a;
	int result;

	arena_init(&a);
	faults_init(&faults);
	result = posting_load(
	    &posting, &a, &n->options, n->event->source, &faults, e);
	if (result == 0) {
		posting.title = n->subject;
		result = compose(message, &posting, &options, e);
	}
	faults_release(&faults);
	arena_release(&a);
	return result;
}

/* Without a daemon it is ours to deliver. */
static int
send(struct run *r, const struct notice *n, struct err *e)
{
	struct buf message;
	int64_t id = 0;
	int result;

	buf_init(&message, MESSAGE_MAX);
	result = compose_notice(&message, r, n, e);
	if (result == 0)
		result = queue(r, n, buf_slice(&message), &id, e);
	buf_release(&message);
	if (result != 0 || id == 0 || daemon_is_there(r->conf->state.p))
		return result;
	return foreground_deliver(r->conf, r->store, id, e);
}

static void
put_json(struct buf *to, const struct notice *n)
{
	buf_puts(to, "{\"at\":\"");
	date_rfc3339(to, n->reminder.at);
	buf_puts(to, "\",\"begins\":\"");
	date_rfc3339(to, n->reminder.begins);
	buf_puts(to, "\",\"list\":");
	json_string(to, n->list);
	buf_printf(to, ",\"members\":%lld,\"page\":", (long long)n->members);
	json_string(to, n->event->name);
	buf_puts(to, ",\"subject\":");
	json_string(to, n->subject);
	buf_putc(to, '}');
}

static void
put_line(struct buf *to, const struct notice *n)
{
	words_instant(to, n->reminder.at);
	buf_printf(
	    to, "\t%.*s\t%lld\t", STR_ARG(n->list), (long long)n->members);
	log_escape(to, n->event->name);
	buf_putc(to, '\t');
	log_escape(to, n->subject);
	buf_putc(to, '\n');
}

static int
note(struct run *r, const struct notice *n, struct err *e)
{
	struct coming *c;
	struct buf b;

	r->coming = arena_grow(
	    &r->arena, r->coming, r->coming_count, sizeof *r->coming);
	if (r->coming == NULL)
		return arena_ok(&r->arena, e);
	c = &r->coming[r->coming_count++];
	c->at = n->reminder.at;
	buf_init(&b, RECORD_MAX);
	if (r->is_json)
		put_json(&b, n);
	else
		put_line(&b, n);
	c->line = arena_buf(&r->arena, &b);
	buf_release(&b);
	say_slow(r, n);
	return arena_ok(&r->arena, e);
}

static int
do_due(struct run *r, struct notice *n, struct err *e)
{
	bool is;

	if (!remind_due(&n->reminder, &n->event->when, r->now))
		return 0;
	if (is_wanted(r, n, &is, e) != 0)
		return -1;
	if (!is)
		return 0;
	return r->is_dry ? note(r, n, e) : send(r, n, e);
}

static int
note_coming(struct run *r, struct notice *n, struct err *e)
{
	bool is;

	for (size_t i = 0; i < n->event->when.reminds; i++) {
		if (!remind_when(&n->reminder, &n->event->when, i) ||
		    n->reminder.at <= r->now)
			continue;
		if (is_wanted(r, n, &is, e) != 0 || note(r, n, e) != 0)
			return -1;
	}
	return 0;
}

static void
do_event(struct run *r, struct notice *n)
{
	const struct page_event *when = &n->event->when;
	struct err e = ERR_INIT;

	if (when->reminds == 0)
		return;
	if (cmd_list(r->env, &n->list, when->list, &e) != 0)
		err_wrap(
		    &e, "%.*s:%d", STR_ARG(n->event->name), when->list_line);
	else if (do_due(r, n, &e) == 0 && r->is_dry)
		note_coming(r, n, &e);
	if (e.kind != ERR_NONE)
		complain(r, &e);
}

/* A machine that only mails has no pages, and nothing to remind of. */
static int
do_site(struct run *r, const struct conf_site *site, struct err *e)
{
	struct notice n = {
	    .site = site, .options = site_options_of(r->conf, site, r->now)};
	struct event *events;
	struct err why = ERR_INIT;
	struct faults faults;
	size_t count;
	int result;

	faults_init(&faults);
	result =
	    events_read(&events, &count, &r->arena, &n.options, &faults, &why);
	faults_release(&faults);
	if (result != 0 && why.kind != ERR_MISSING)
		return err_set(e, why.kind, "%s", why.msg);
	for (size_t i = 0; result == 0 && i < count; i++) {
		n.event = &events[i];
		do_event(r, &n);
	}
	return 0;
}

static int
by_time(const void *left, const void *right)
{
	const struct coming *a = left, *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return str_cmp(a->line, b->line);
}

static void
print_coming(struct run *r)
{
	if (r->coming_count > 0)
		qsort(r->coming, r->coming_count, sizeof *r->coming, by_time);
	fputs(r->is_json ? "[" : "", stdout);
	for (size_t i = 0; i < r->coming_count; i++) {
		if (r->is_json)
			fputs(i > 0 ? ",\n" : "\n", stdout);
		fwrite(r->coming[i].line.p, 1, r->coming[i].line.n, stdout);
	}
	fputs(r->is_json ? "\n]\n" : "", stdout);
	fputs("dry run: nothing was queued or sent\n", stderr);
}

int
cmd_remind(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct run r = {.env = env, .now = clock_now()};
	struct cmd_option options[] = {{"--dry-run", &r.is_dry, NULL},
	    {"--json", &r.is_json, NULL}, {NULL, NULL, NULL}};
	int result = 0;

	if (cmd_words(argc, argv, options, 0, 0, "", e) < 0)
		return -1;
	if (r.is_json && !r.is_dry)
		return err_set(
		    e, ERR_USAGE, "--json goes with --dry-run, which lists");
	if ((r.conf = cmd_mail_conf(env, e)) == NULL)
		return -1;
	arena_init(&r.arena);
	for (size_t i = 0; i < r.conf->site_count && result == 0; i++)
		result = do_site(&r, &r.conf->sites[i], e);
	if (result == 0 && r.is_dry)
		print_coming(&r);
	store_close(r.store);
	arena_release(&r.arena);
	if (result != 0 || r.faults == 0)
		return result;
	return err_set(e, ERR_INPUT, "%zu reminder%s went wrong", r.faults,
	    r.faults == 1 ? "" : "s");
}
