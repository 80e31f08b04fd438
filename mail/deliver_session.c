#include "mail/deliver_session.h"

#include "base/clock.h"
#include "base/probes.h"
#include "mail/deliver_item.h"
#include "mail/deliver_share.h"
#include "mail/mailbox.h"
#include "mail/rate.h"
#include "mail/store_brake.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A lease outlasts any batch; one that is nearly over claims nothing more. */
#define LEASE_TIME (2 * 3600)
#define LEASE_REST 1800
#define SLICE_MS 100 /* of waiting, between looks at whether to stop */
#define COMMITS_TRIED 5
#define COMMIT_PAUSE_MS 1000
/* What each message takes and gives back stays ours until the next one. */
#define KEPT_BYTES (8 << 20)

struct session {
	struct share *share;
	struct share_session *self;
	struct conf conf;
	struct rate *rate;
	struct store *store;
	struct transport *transport;
	struct dkim_key *key; /* NULL: messages are not signed */
	struct item_template template;
	struct arena arena; /* of a lease */
	struct item items[TRANSPORT_BATCH_MAX];
	int64_t lease_until;
	struct item *batch; /* of the run: of one announcement */
	size_t batch_count;
	struct buf head, body, reply;
	int64_t ticket; /* of the last transaction; 0: all are synced */
	int64_t answers; /* in this run */
	bool is_braked; /* the run's announcement: see store_brake.h */
	struct err failure; /* the store's or a message's; ends the run */
};

static volatile sig_atomic_t is_told;

static void
on_term(int signal)
{
	(void)signal;
	is_told = 1;
}

static bool
must_stop(const struct session *s)
{
	return is_told || s->failure.kind != ERR_NONE ||
	    atomic_load(&s->share->stop);
}

static void
show_life(struct session *s)
{
	atomic_store(&s->self->alive_ms, clock_ticks_ms());
}

/* Waits for its turn of the second; false when it is to stop instead. */
static bool
wait_for_second(struct session *s)
{
	int64_t us;

	while ((us = rate_second(
		    s->rate, s->conf.mail.per_second, clock_ticks_us())) > 0) {
		int64_t ms = us / 1000 + 1;

		poll(NULL, 0, ms < SLICE_MS ? (int)ms : SLICE_MS);
		show_life(s);
		if (must_stop(s))
			return false;
	}
	return true;
}

static bool
has_day(struct session *s)
{
	int64_t now = clock_now();
	int64_t wait = rate_day(s->rate, s->conf.mail.per_day, now);

	if (wait > 0)
		atomic_store(&s->share->day_full, now + wait);
	return wait == 0;
}

/* Counts a message against the second and the day. With patience it waits for
 * its second. */
static bool
pay(struct session *s, struct item *item, bool patience)
{
	if (item->is_paid)
		return true;
	if (patience ? !wait_for_second(s)
		     : rate_second(s->rate, s->conf.mail.per_second,
			   clock_ticks_us()) > 0)
		return false;
	item->is_paid = has_day(s);
	return item->is_paid;
}

static void
pay_back(struct session *s, struct item *item)
{
	if (item->is_paid)
		rate_day_back(s->rate, clock_now());
	item->is_paid = false;
}

/* Within a transaction. ERR_REFUSED: somebody has cancelled or paused it. */
static int
claim(struct session *s, struct item *item, struct err *e)
{
	struct store_move move = {.to = DELIVERY_SENDING, .at = clock_now()};

	if (item_enter(s->store, item, &move, e) != 0)
		return -1;
	item->is_claimed = true;
	PROBE2(announce, message__claimed, item->id, item->announcement);
	return 0;
}

/* In a transaction of its own, for the first of a run and after a wait. */
static int
claim_now(struct session *s, struct item *item, struct err *e)
{
	int result;

	if (share_begin(s->share, s->store, e) != 0)
		return -1;
	result = claim(s, item, e);
	if (result == 0)
		return share_commit(s->share, s->store, &s->ticket, e);
	share_rollback(s->share, s->store);
	return result;
}

static struct item_times
times_of(const struct session *s, const struct item *item)
{
	const struct store_announcement *a = &s->template.announcement;
	struct item_times times = {
	    .now = clock_now(), .give_up = s->conf.mail.give_up};

	if (item->letter != NULL) {
		times.since = item->letter->queued;
		return times;
	}
	times.since = a->begins > a->queued ? a->begins : a->queued;
	times.holds_doubts = a->holds_doubts;
	return times;
}

static void
count(struct share *share, enum delivery_state state)
{
	if (state == DELIVERY_SENT)
		atomic_fetch_add(&share->sent, 1);
	else if (state == DELIVERY_DEFERRED)
		atomic_fetch_add(&share->deferred, 1);
	else if (state == DELIVERY_FAILED)
		atomic_fetch_add(&share->failed, 1);
	else if (state == DELIVERY_IN_DOUBT)
		atomic_fetch_add(&share->in_doubt, 1);
}

/* Where an answer leads, and what it says of the address. */
struct outcome {
	struct store_move moves[2];
	int move_count;
	struct store_bounce bounce;
	bool is_bounce;
	bool is_refused; /* for good, by the relay */
};

static int
enter(struct session *s, const struct item *item, const struct outcome *o,
    struct err *e)
{
	bool suspended;

	for (int i = 0; i < o->move_count; i++)
		if (item_enter(s->store, item, &o->moves[i], e) != 0)
			return -1;
	if (o->is_refused && item->letter == NULL &&
	    store_brake_refused(s->store, item->id, o->moves[0].at,
		o->moves[0].reply, &s->is_braked, e) != 0)
		return -1;
	if (!o->is_bounce)
		return 0;
	return store_bounce_take(
	    s->store, item->subscriber, &o->bounce, &suspended, e);
}

/* One transaction: all of the outcome, and the claim of the next. One that was
 * cancelled meanwhile stays unclaimed, and is found so when it begins. */
static int
record(struct session *s, const struct item *item, const struct outcome *o,
    struct item *next, struct err *e)
{
	if (share_begin(s->share, s->store, e) != 0)
		return -1;
	if (enter(s, item, o, e) != 0) {
		share_rollback(s->share, s->store);
		return -1;
	}
	if (next != NULL)
		claim(s, next, NULL);
	if (share_commit(s->share, s->store, &s->ticket, e) == 0)
		return 0;
	if (next != NULL)
		next->is_claimed = false;
	return -1;
}

/* A full disk or a busy store may be better in a moment, and what is known of
 * a message that is sent is not given up lightly. */
static void
record_surely(struct session *s, struct item *item, const struct outcome *o,
    struct item *next)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < COMMITS_TRIED; i++) {
		if (i > 0)
			poll(NULL, 0, COMMIT_PAUSE_MS);
		err_clear(&e);
		if (record(s, item, o, next, &e) == 0) {
			item->is_claimed = false;
			for (int m = 0; m < o->move_count; m++)
				count(s->share, o->moves[m].to);
			if (s->is_braked)
				atomic_store(
				    &s->share->braked, item->announcement);
			return;
		}
		if (e.kind == ERR_REFUSED)
			break;
	}
	/* Refused by the relay before it was claimed, and cancelled by
	 * somebody meanwhile: there is nothing left to be said of it. */
	if (e.kind == ERR_REFUSED && !item->is_claimed)
		return;
	s->failure = e;
}

static void
envelope(void *ctx, size_t i, struct str *sender, struct str *recipient)
{
	struct session *s = ctx;

	*sender = s->batch[i].sender;
	*recipient = s->batch[i].address;
}

/* A message that cannot be made is nobody else's trouble. */
static void
fail_message(struct session *s, struct item *item, const struct err *why)
{
	struct outcome o = {.move_count = 1,
	    .moves = {{.to = DELIVERY_FAILED,
		.at = clock_now(),
		.reply = str_of(why->msg)}}};

	record_surely(s, item, &o, NULL);
}

static int
make_message(struct session *s, struct item *item)
{
	struct err e = ERR_INIT;

	if (item_fill(&s->head, &s->body, item, &s->template, &s->conf.mail,
		s->key, &e) == 0)
		return 0;
	if (e.kind == ERR_INPUT || e.kind == ERR_LIMIT)
		fail_message(s, item, &e);
	else
		s->failure = e;
	return -1;
}

/* On the disk before the message's first byte. */
static int
hold(struct session *s, struct item *item)
{
	struct err e = ERR_INIT;

	if ((!item->is_claimed && claim_now(s, item, &e) != 0) ||
	    share_sync(s->share, s->store, s->ticket, &e) != 0) {
		if (e.kind != ERR_REFUSED)
			s->failure = e;
		return -1;
	}
	return 0;
}

static int
begin(void *ctx, size_t i, struct str *head, struct str *body)
{
	struct session *s = ctx;
	struct item *item = &s->batch[i];

	show_life(s);
	/* Set before it looks whether to stop: see deliver.c. */
	atomic_store(&s->self->has_claim, true);
	if (must_stop(s) || clock_now() > s->lease_until - LEASE_REST ||
	    !pay(s, item, true) || make_message(s, item) != 0 ||
	    hold(s, item) != 0) {
		atomic_store(&s->self->has_claim, item->is_claimed);
		return -1;
	}
	PROBE3(announce, message__start, item->id, item->announcement,
	    item->attempts);
	*head = buf_slice(&s->head);
	*body = buf_slice(&s->body);
	return 0;
}

/* Whom to claim along with an answer: the next one, if it may go at once and
 * the line still stands. */
static struct item *
next_of(struct session *s, size_t i, const struct transport_answer *answer)
{
	struct item *next = &s->batch[i + 1];

	if (answer->outcome == TRANSPORT_IN_DOUBT ||
	    answer->outcome == TRANSPORT_UNTRIED || answer->code == 421 ||
	    i + 1 >= s->batch_count || must_stop(s) || !pay(s, next, false))
		return NULL;
	return next;
}

/* Does the relay work? One that closes (RFC 5321, section 3.8) does not. */
static bool
is_answer(const struct transport_answer *answer)
{
	return answer->outcome == TRANSPORT_SENT ||
	    answer->outcome == TRANSPORT_FAILED ||
	    (answer->outcome == TRANSPORT_DEFERRED && answer->code != 421);
}

static bool
is_refusal(const struct transport_answer *answer)
{
	return answer->outcome == TRANSPORT_FAILED && answer->code >= 500;
}

static void
end(void *ctx, size_t i, const struct transport_answer *answer)
{
	static const struct transport_answer untried = {
	    .outcome = TRANSPORT_UNTRIED};
	struct session *s = ctx;
	struct item *item = &s->batch[i], *next = next_of(s, i, answer);
	struct item_times times = times_of(s, item);
	struct outcome o = {.is_refused = is_refusal(answer)};
	bool has_answered = is_answer(answer);

	/* Who is refused after the brake was put on stays queued. */
	if (s->is_braked && o.is_refused) {
		o.is_refused = false;
		answer = &untried;
	}
	o.move_count = item_moves(o.moves, item, answer, &times);
	PROBE4(announce, message__done, item->id, item->announcement,
	    (int)answer->outcome, answer->code);
	buf_clear(&s->reply);
	if (answer->outcome == TRANSPORT_UNTRIED)
		pay_back(s, item);
	else
		item_reply(&s->reply, answer);
	if (has_answered) {
		s->answers++;
		atomic_fetch_add(&s->self->answers, 1);
		share_healed(s->share);
	}
	if (o.move_count > 0) {
		o.moves[0].reply = buf_slice(&s->reply);
		o.is_bounce = item_bounce(&o.bounce, item, answer,
		    &o.moves[o.move_count - 1], buf_slice(&s->reply));
	}
	if (o.move_count > 0 || next != NULL)
		record_surely(s, item, &o, next);
	atomic_store(&s->self->has_claim, next != NULL && next->is_claimed);
	show_life(s);
}

/* Turns away those whose domain has had enough for now: to each its place in
 * the line. What is left moves together. */
static int
turn_away(struct session *s, struct item *items, size_t *count_, struct err *e)
{
	struct store_move move = {.to = DELIVERY_QUEUED, .at = clock_now()};
	int64_t limit = s->conf.mail.per_domain, us;
	size_t left = 0, n = *count_;

	if (limit == 0)
		return 0;
	if (share_begin(s->share, s->store, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		us = rate_domain(s->rate, limit,
		    mailbox_domain(items[i].address), clock_ticks_us());
		if (us == 0) {
			items[left++] = items[i];
			continue;
		}
		move.due = move.at + us / 1000000 + 1;
		if (item_enter(s->store, &items[i], &move, e) != 0 &&
		    e->kind != ERR_REFUSED) {
			share_rollback(s->share, s->store);
			return -1;
		}
		err_clear(e);
	}
	*count_ = left;
	return share_commit(s->share, s->store, &s->ticket, e);
}

static void
put_senders(struct session *s)
{
	for (size_t i = 0; i < s->batch_count; i++) {
		struct item *item = &s->batch[i];

		buf_clear(&s->reply);
		message_sender(&s->reply, &s->conf.mail, item->token);
		item->sender = arena_str(&s->arena, buf_slice(&s->reply));
	}
}

/* What the run left untried has not used its domain's minute. */
static void
give_back_minutes(struct session *s)
{
	for (size_t i = 0; i < s->batch_count; i++)
		if (!s->batch[i].is_paid)
			rate_domain_back(s->rate, s->conf.mail.per_domain,
			    mailbox_domain(s->batch[i].address));
}

/* An announcement whose template is damaged is nothing to try every second. */
static int
load_template(struct session *s, int64_t id, struct err *e)
{
	struct err why = ERR_INIT;

	if (item_template_load(&s->template, s->store, id, &why) == 0)
		return 0;
	if (why.kind == ERR_INPUT)
		store_announcement_enter(
		    s->store, id, ANNOUNCEMENT_PAUSED, clock_now(), NULL);
	return err_set(e, why.kind, "announcement %lld %s: %s", (long long)id,
	    why.kind == ERR_INPUT ? "is paused" : "cannot be read", why.msg);
}

/* One connection's worth of one announcement, or of letters. */
static int
run(struct session *s, struct item *items, size_t n, struct err *e)
{
	struct transport_batch batch = {
	    .ctx = s,
	    .count = n,
	    .envelope = envelope,
	    .begin = begin,
	    .end = end,
	};
	int result;

	if (items[0].letter == NULL &&
	    load_template(s, items[0].announcement, e) != 0)
		return -1;
	s->batch = items;
	s->batch_count = n;
	s->answers = 0;
	s->is_braked = false;
	put_senders(s);
	if (arena_ok(&s->arena, e) != 0)
		return -1;
	PROBE2(announce, run__start, items[0].announcement, (int)n);
	result = transport_run(s->transport, &batch, e);
	PROBE2(announce, run__done, items[0].announcement, (int)s->answers);
	give_back_minutes(s);
	if (s->failure.kind != ERR_NONE) {
		*e = s->failure;
		return -1;
	}
	/* A relay that takes some and then hangs up is only asked again. */
	return result != 0 && s->answers > 0 && e->kind != ERR_REFUSED ? 0
								       : result;
}

static int
run_all(struct session *s, size_t n, struct err *e)
{
	struct err why = ERR_INIT;

	for (size_t i = 0, behind; i < n && !must_stop(s); i = behind) {
		behind = i + 1;
		while (behind < n &&
		    s->items[behind].announcement == s->items[i].announcement)
			behind++;
		err_clear(&why);
		if (run(s, &s->items[i], behind - i, &why) != 0)
			return err_set(e, why.kind, "%s", why.msg);
	}
	return 0;
}

static int
lease(struct session *s, size_t *n, struct err *e)
{
	size_t max = (size_t)atomic_load(&s->share->batch);
	int64_t now = clock_now();

	arena_release(&s->arena);
	arena_init(&s->arena);
	show_life(s);
	s->lease_until = now + LEASE_TIME;
	if (share_begin(s->share, s->store, e) != 0)
		return -1;
	if (item_lease(s->store, s->share->announcement, now, s->lease_until,
		&s->arena, s->items, max, n, e) != 0) {
		share_rollback(s->share, s->store);
		return -1;
	}
	PROBE1(announce, batch__leased, (int)*n);
	return share_commit(s->share, s->store, &s->ticket, e);
}

static int
release(struct session *s, struct err *e)
{
	if (share_begin(s->share, s->store, e) != 0)
		return -1;
	if (store_leases_release(s->store, e) == 0)
		return share_commit(s->share, s->store, &s->ticket, e);
	share_rollback(s->share, s->store);
	return -1;
}

/* Until nothing is due. */
static int
work(struct session *s, struct err *e)
{
	size_t n, willing;
	int result;

	while (!must_stop(s)) {
		if (lease(s, &n, e) != 0)
			return -1;
		if (n == 0)
			return 0;
		willing = n;
		result = turn_away(s, s->items, &willing, e);
		if (result == 0)
			result = run_all(s, willing, e);
		if (release(s, e) != 0 || result != 0)
			return -1;
		if (share_day_full(s->share, clock_now()) != 0)
			return 0;
	}
	return 0;
}

static int
open_all(struct session *s, struct err *e)
{
	share_conf(s->share, &s->conf);
	buf_init(&s->head, MESSAGE_MAX);
	buf_init(&s->body, MESSAGE_MAX);
	buf_init(&s->reply, 4096);
	arena_init(&s->arena);
	if (message_key_open(&s->key, &s->conf.mail, e) != 0 ||
	    transport_open(&s->transport, &s->conf.mail, e) != 0 ||
	    rate_open(&s->rate, s->conf.state.p, e) != 0 ||
	    store_open(&s->store, s->conf.state.p, e) != 0)
		return -1;
	return store_defer_sync(s->store, e);
}

static void
close_all(struct session *s)
{
	if (s->store != NULL && s->ticket != 0)
		share_sync(s->share, s->store, s->ticket, NULL);
	item_template_release(&s->template);
	store_close(s->store);
	transport_close(s->transport);
	dkim_close(s->key);
	rate_close(s->rate);
	buf_release(&s->head);
	buf_release(&s->body);
	buf_release(&s->reply);
	arena_release(&s->arena);
}

/* A terminal's Ctrl-C is for the owner, who says what becomes of us. */
static void
heed_signals(void)
{
	struct sigaction term = {.sa_handler = on_term};

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &term, NULL);
}

bool
session_is(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[0], SESSION_NAME) == 0;
}

int
session_main(int argc, char **argv)
{
	static struct session s;
	struct err e = ERR_INIT;
	int number = atoi(argv[argc - 1]), result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	heed_signals();
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	if (share_inherit(&s.share, &e) != 0)
		return 1;
	/* It may have ended before we asked to end with it. */
	if (s.share->owner != getppid())
		return 1;
	s.self = &s.share->sessions[number];
	PROBE1(announce, session__start, number);
	result = open_all(&s, &e);
	if (result == 0)
		result = work(&s, &e);
	if (result != 0)
		share_trouble(s.share, &e, clock_ticks_ms());
	PROBE2(announce, session__done, number, atomic_load(&s.self->answers));
	close_all(&s);
	share_free(s.share);
	return result == 0 ? 0 : 1;
}
