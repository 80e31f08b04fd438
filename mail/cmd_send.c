#include "mail/cmd_send.h"
#include "base/arena.h"
#include "base/clock.h"
#include "mail/compose.h"
#include "mail/compose_offer.h"
#include "mail/confirm.h"
#include "mail/daemon.h"
#include "mail/foreground.h"
#include "mail/message.h"
#include "mail/offer.h"
#include "mail/store_delivery.h"
#include "mail/words.h"

#include <stdio.h>

#define TEXT_MAX 1024
#define DAY 86400

struct request {
	const char *list, *test, *at, *expires;
	bool dry_run, queue, again, yes, attach_images;
};

static int
compose_letter(struct send *s, struct arena *a, const struct request *r,
    const char *file, struct err *e)
{
	struct compose_options options = {.conf = s->conf,
	    .list = s->list,
	    .attach_images = r->attach_images};

	if (cmd_posting(s->env, &s->posting, &s->site, a, file, s->when.begins,
		false, e) != 0)
		return -1;
	options.site = s->site;
	s->page = s->posting.source;
	/* Two sites may have one of the same name. */
	if (s->site != &s->conf->sites[0])
		s->page = arena_printf(a, "%.*s:%.*s", STR_ARG(s->site->host),
		    STR_ARG(s->posting.source));
	if (arena_ok(a, e) != 0)
		return -1;
	return compose(&s->message, &s->posting, &options, e);
}

static int
refuse_empty(const struct send *s, struct err *e)
{
	if (s->members[MEMBER_ACTIVE] > 0)
		return 0;
	return err_set(e, ERR_REFUSED,
	    "the list %.*s has no subscribers%s; announce subscribers add "
	    "ADDRESS --list %.*s adds one, and import many",
	    STR_ARG(s->list),
	    s->members[MEMBER_PENDING] > 0 ? " who have confirmed" : "",
	    STR_ARG(s->list));
}

/* The same page once more to the same list. */
static int
refuse_again(const struct send *s, struct err *e)
{
	struct store_announcement before;
	struct err why = ERR_INIT;
	struct store_totals totals;
	struct arena a;
	struct buf b;
	int result;

	arena_init(&a);
	buf_init(&b, TEXT_MAX);
	result = store_announcement_of_page(
	    s->store, &before, &a, s->list, s->page, &why);
	if (result == 0)
		result = store_announcement_totals(
		    s->store, before.id, &totals, &why);
	if (result == 0) {
		buf_printf(&b, "%.*s went to the list %.*s before: at ",
		    STR_ARG(s->page), STR_ARG(s->list));
		words_instant(&b, before.begins);
		buf_puts(&b, ", to ");
		words_counted(&b, totals.all, "person", "people");
		buf_printf(&b,
		    " (announce status %lld); --again sends it once more",
		    (long long)before.id);
		err_set(e, ERR_REFUSED, "%s", b.data);
	} else if (why.kind != ERR_MISSING) {
		err_set(e, why.kind, "%s", why.msg);
	}
	buf_release(&b);
	arena_release(&a);
	return result != 0 && why.kind == ERR_MISSING ? 0 : -1;
}

/* What the day's limit does not let through before it expires. */
static int
refuse_slow(const struct send *s, struct err *e)
{
	int64_t per_day = s->conf->mail.per_day;
	int64_t length = s->when.expires - s->when.begins;
	int64_t days;

	if (per_day == 0 || s->when.expires == 0)
		return 0;
	days = (s->members[MEMBER_ACTIVE] + per_day - 1) / per_day;
	if ((days - 1) * DAY < length)
		return 0;
	return err_set(e, ERR_REFUSED,
	    "at %lld a day (per_day) it takes %lld days, and it expires "
	    "before; give it as long, with --expires %lldd",
	    (long long)per_day, (long long)days, (long long)days + 1);
}

static int
ask(const struct send *s, struct err *e)
{
	struct buf b;
	int result;

	buf_init(&b, TEXT_MAX);
	buf_puts(&b, "Send it to ");
	words_counted(&b, s->members[MEMBER_ACTIVE], "person", "people");
	buf_putc(&b, '?');
	result = confirm(b.data, "nothing was sent", e);
	buf_release(&b);
	return result;
}

/* The desk knows by then what replies to the message are about. */
static int
put_offer(const struct send *s, struct err *e)
{
	struct store_offer offer;
	struct arena a;
	int result = 0;

	arena_init(&a);
	if (compose_has_offer(&s->posting))
		result = offer_of_page(&offer, &a, s->site->host,
			     s->posting.source, &s->posting.page, e) != 0
		    ? -1
		    : store_offer_put(s->store, &offer, e);
	arena_release(&a);
	return result;
}

/* Nobody else has sent the page while we were asking. */
static int
queue(const struct send *s, bool again, int64_t *id, int64_t *recipients,
    struct err *e)
{
	struct store_announcement a = {.list = s->list,
	    .page = s->page,
	    .subject = s->posting.title,
	    .message = buf_slice(&s->message),
	    .queued = s->now,
	    .begins = s->when.begins,
	    .expires = s->when.expires,
	    .holds_doubts = s->posting.page.offer.present};

	if (store_begin(s->store, e) != 0)
		return -1;
	if ((!again && refuse_again(s, e) != 0) || put_offer(s, e) != 0 ||
	    store_announcement_queue(s->store, &a, recipients, e) != 0) {
		store_rollback(s->store);
		return -1;
	}
	*id = a.id;
	return store_commit(s->store, e);
}

static void
say_queued(const struct send *s, int64_t id, int64_t recipients, bool later)
{
	bool runs = daemon_is_there(s->conf->state.p);
	struct buf b;

	buf_init(&b, TEXT_MAX);
	buf_printf(&b, "announcement %lld is queued for ", (long long)id);
	words_counted(&b, recipients, "person", "people");
	if (s->when.begins > s->now) {
		buf_puts(&b, ", to begin ");
		words_instant_here(&b, s->when.begins);
	}
	if (later)
		buf_puts(&b,
		    runs ? "; announce daemon delivers it"
			 : "; announce daemon is to deliver it, and "
			   "does not run");
	fprintf(stderr, "%s\n", b.data);
	buf_release(&b);
}

static int
send_all(const struct send *s, const struct request *r, struct err *e)
{
	bool later = r->queue || s->when.begins > s->now;
	int64_t id, recipients;

	if (!r->yes && ask(s, e) != 0)
		return -1;
	if (queue(s, r->again, &id, &recipients, e) != 0)
		return -1;
	say_queued(s, id, recipients, later);
	return later ? 0 : foreground_deliver(s->conf, s->store, id, e);
}

static int
refuse(const struct send *s, const struct request *r, struct err *e)
{
	if (!r->again && refuse_again(s, e) != 0)
		return -1;
	return refuse_empty(s, e) != 0 ? -1 : refuse_slow(s, e);
}

/* A dry run refuses what sending would, after it has listed everybody. */
static int
run_listed(struct send *s, const struct request *r, struct err *e)
{
	if (store_member_totals(s->store, s->list, s->members, e) != 0)
		return -1;
	send_show(s);
	if (r->dry_run)
		return send_dry_run(s, e) != 0 ? -1 : refuse(s, r, e);
	return refuse(s, r, e) != 0 ? -1 : send_all(s, r, e);
}

static int
run(struct send *s, const struct request *r, const char *file, struct err *e)
{
	struct arena a;
	int result;

	arena_init(&a);
	buf_init(&s->message, MESSAGE_MAX);
	result = compose_letter(s, &a, r, file, e);
	if (result == 0 && r->test != NULL)
		result = send_test(s, r->test, e);
	else if (result == 0 && (result = cmd_store(s->env, &s->store, e)) == 0)
		result = run_listed(s, r, e);
	store_close(s->store);
	buf_release(&s->message);
	arena_release(&a);
	return result;
}

int
cmd_send(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct send s = {.env = env, .now = clock_now()};
	struct request r = {0};
	struct cmd_option options[] = {
	    {"--list", NULL, &r.list},
	    {"--test", NULL, &r.test},
	    {"--dry-run", &r.dry_run, NULL},
	    {"--at", NULL, &r.at},
	    {"--expires", NULL, &r.expires},
	    {"--queue", &r.queue, NULL},
	    {"--again", &r.again, NULL},
	    {"--attach-images", &r.attach_images, NULL},
	    {"--yes", &r.yes, NULL},
	    {"--json", &s.is_json, NULL},
	    {NULL, NULL, NULL},
	};

	if (cmd_words(argc, argv, options, 1, 1, "a FILE.md", e) < 0 ||
	    schedule_parse(&s.when, r.at, r.expires, s.now, e) != 0)
		return -1;
	if (r.test != NULL && (r.dry_run || r.at != NULL || r.queue))
		return err_set(e, ERR_USAGE,
		    "--test sends one message at once, and goes with neither "
		    "--dry-run nor --at nor --queue");
	if (s.is_json && !r.dry_run)
		return err_set(
		    e, ERR_USAGE, "--json goes with --dry-run, which lists");
	if (cmd_list(env, &s.list, str_of(r.list), e) != 0)
		return -1;
	s.conf = &env->conf;
	return run(&s, &r, argv[0], e);
}
