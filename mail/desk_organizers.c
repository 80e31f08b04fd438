/*
 * The organizers' desk: how many subscribe, what was sent, what came back. For
 * looking only, and without anybody's whole address, since whoever stands
 * behind an organizer's screen reads it, too.
 */
#include "mail/desk_step.h"
#include "mail/mailbox.h"
#include "mail/store_bounce.h"
#include "mail/store_brake.h"
#include "mail/store_delivery.h"
#include "mail/store_letter.h"
#include "mail/words.h"

#define WEEK (7 * 86400)
#define A_MONDAY (4 * 86400) /* 1970-01-05 */
#define ANNOUNCEMENTS_SHOWN 10
#define BOUNCES_SHOWN 20
#define LISTS_WITH_WEEKS 20 /* more would not fit into one answer */

static int
say_weeks(struct step *s, const struct conf_list *list)
{
	int64_t count[MEMBER_WEEKS][MEMBER_STATES];
	int64_t this_week = (s->now - A_MONDAY) / WEEK;
	int64_t from = A_MONDAY + (this_week - MEMBER_WEEKS + 1) * WEEK;

	if (store_member_weeks(s->store, list->name, from, count, s->e) != 0)
		return -1;
	buf_puts(s->text,
	    "| Week of | joined | left | suspended |\n"
	    "| --- | ---: | ---: | ---: |\n");
	for (int i = MEMBER_WEEKS - 1; i >= 0; i--) {
		struct str day = step_day(s, from + i * WEEK);

		buf_printf(s->text, "| %.*s | %lld | %lld | %lld |\n",
		    STR_ARG(day), (long long)count[i][MEMBER_ACTIVE],
		    (long long)count[i][MEMBER_LEFT],
		    (long long)count[i][MEMBER_SUSPENDED]);
	}
	buf_putc(s->text, '\n');
	return 0;
}

static int
say_lists(struct step *s)
{
	int64_t count[MEMBER_STATES], waiting;

	for (size_t i = 0; i < s->conf->mail.list_count; i++) {
		const struct conf_list *list = &s->conf->mail.lists[i];

		if (store_member_totals(s->store, list->name, count, s->e) !=
			0 ||
		    store_requests_open(
			s->store, list->name, s->now, &waiting, s->e) != 0)
			return -1;
		buf_puts(s->text, "## ");
		step_say(s, "%.*s", STR_ARG(list->title));
		step_say(s,
		    "%lld subscribed, %lld asked and not confirmed yet, %lld "
		    "suspended because mail came back, %lld left.",
		    (long long)count[MEMBER_ACTIVE],
		    (long long)count[MEMBER_PENDING] + (long long)waiting,
		    (long long)count[MEMBER_SUSPENDED],
		    (long long)count[MEMBER_LEFT]);
		if (i < LISTS_WITH_WEEKS && say_weeks(s, list) != 0)
			return -1;
	}
	return 0;
}

static void
say_totals(struct step *s, const char *before, struct str what,
    const struct store_totals *t)
{
	int64_t waits = t->count[DELIVERY_QUEUED] +
	    t->count[DELIVERY_DEFERRED] + t->count[DELIVERY_SENDING];

	step_item(s,
	    "%s%.*s: %lld of %lld sent (%d %%), %lld waiting, %lld failed, "
	    "%lld in doubt, %lld cancelled",
	    before, STR_ARG(what), (long long)t->count[DELIVERY_SENT],
	    (long long)t->all,
	    t->all > 0 ? (int)(t->count[DELIVERY_SENT] * 100 / t->all) : 100,
	    (long long)waits, (long long)t->count[DELIVERY_FAILED],
	    (long long)t->count[DELIVERY_IN_DOUBT],
	    (long long)t->count[DELIVERY_CANCELLED]);
}

/* What has stopped an announcement, as announce status says it. */
static int
say_brake(struct step *s, int64_t id)
{
	struct brake brake;
	struct buf said;

	if (store_brake(s->store, id, &brake, &s->arena, s->e) != 0)
		return -1;
	if (brake.state != BRAKE_ON)
		return 0;
	buf_init(&said, 1024);
	brake_report(&said, &brake, id);
	step_say(s, "It was paused: %.*s.", STR_ARG(buf_slice(&said)));
	buf_release(&said);
	return 0;
}

static int
say_deliveries(struct step *s)
{
	struct store_announcement a[ANNOUNCEMENTS_SHOWN];
	struct store_totals totals;
	size_t count = 0;

	if (store_announcements(s->store, 0, &s->arena, a, ANNOUNCEMENTS_SHOWN,
		&count, s->e) != 0)
		return -1;
	step_heading(s, "Deliveries");
	for (size_t i = 0; i < count; i++) {
		struct str day = step_day(s, a[i].queued);
		struct str what = step_printf(s, "%.*s %.*s (%.*s, %s)",
		    STR_ARG(day), STR_ARG(a[i].subject), STR_ARG(a[i].list),
		    announcement_state_name(a[i].state));

		if (store_announcement_totals(
			s->store, a[i].id, &totals, s->e) != 0)
			return -1;
		say_totals(s, "", what, &totals);
		if (say_brake(s, a[i].id) != 0)
			return -1;
	}
	if (count == 0)
		step_say(s, "Nothing was sent yet.");
	if (store_letter_totals(s->store, &totals, s->e) != 0)
		return -1;
	say_totals(
	    s, "Letters to single people", STR(", of two weeks"), &totals);
	return 0;
}

static int
say_bounces(struct step *s)
{
	struct store_bounce bounces[BOUNCES_SHOWN];
	struct str address[BOUNCES_SHOWN];
	size_t count = 0;

	if (store_bounces_latest(s->store, &s->arena, bounces, address,
		BOUNCES_SHOWN, &count, s->e) != 0)
		return -1;
	step_heading(s, "Mail that came back");
	for (size_t i = 0; i < count; i++) {
		const struct store_bounce *b = &bounces[i];
		struct str day = step_day(s, b->at);
		struct buf who, said;

		buf_init(&who, 1024);
		buf_init(&said, 2048);
		mailbox_mask(&who, address[i]);
		words_reply(&said, b->text);
		step_item(s, "%.*s %.*s: %s%.*s %.*s", STR_ARG(day),
		    STR_ARG(buf_slice(&who)), b->permanent ? "" : "for now, ",
		    STR_ARG(b->status), STR_ARG(buf_slice(&said)));
		buf_release(&who);
		buf_release(&said);
	}
	if (count == 0)
		step_say(s, "None.");
	return 0;
}

static bool
is_organizer(const struct step *s)
{
	for (size_t i = 0; i < s->conf->organizer_count; i++)
		if (str_eq(s->conf->organizers[i], s->request->certificate))
			return true;
	return false;
}

int
desk_organizers(struct step *s)
{
	if (s->words > 1)
		return step_missing(s);
	if (s->request->way != DESK_GEMINI)
		return step_end(s, DESK_REFUSE,
		    "This takes a client certificate, so a Gemini client");
	if (s->request->certificate.n == 0)
		return step_end(
		    s, DESK_CERTIFICATE, "Choose an organizer's certificate");
	if (!is_organizer(s))
		return step_end(s, DESK_STRANGER,
		    "Not an organizer's certificate (see capsule.yaml)");
	step_page(s, "Organizers' desk");
	if (say_lists(s) != 0 || say_deliveries(s) != 0 ||
	    step_say_offers(s) != 0)
		return -1;
	return say_bounces(s);
}
