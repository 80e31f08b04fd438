#include "base/clock.h"
#include "mail/cmd.h"
#include "mail/foreground.h"
#include "mail/store_brake.h"
#include "mail/store_delivery.h"
#include "mail/words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 512

struct resume {
	struct cmd_env *env;
	struct store *store;
	struct store_announcement announcement;
	struct store_totals totals;
	const char *doubts; /* "again", "sent"; NULL: as they are */
	bool failed; /* send to those who failed once more */
	bool gone; /* the brake was put on for addresses that are gone */
	bool is_over; /* --gone, of one of which nothing is to be sent */
	bool queue; /* and leave it to the daemon */
};

/* On a terminal, where nothing was said of them. */
static void
ask_doubts(struct resume *r)
{
	int64_t n = r->totals.count[DELIVERY_IN_DOUBT];
	char answer[16];
	struct buf b;

	if (r->doubts != NULL || n == 0 || !isatty(STDIN_FILENO))
		return;
	buf_init(&b, TEXT_MAX);
	words_counted(&b, n, "message is", "messages are");
	fprintf(stderr,
	    "%s in doubt: sent or not, nobody knows.\n"
	    "Type again to send, sent to count as sent, anything else to "
	    "leave: ",
	    b.data);
	buf_release(&b);
	if (fgets(answer, sizeof answer, stdin) == NULL)
		return;
	answer[strcspn(answer, "\n")] = '\0';
	if (strcmp(answer, "again") == 0)
		r->doubts = "again";
	else if (strcmp(answer, "sent") == 0)
		r->doubts = "sent";
}

static int
move_deliveries(const struct resume *r, enum delivery_state from,
    enum delivery_state to, const char *why, struct err *e)
{
	int64_t now = clock_now(), moved;
	struct store_move move = {
	    .to = to, .at = now, .due = now, .reply = str_of(why)};

	return store_deliveries_enter(
	    r->store, r->announcement.id, from, &move, &moved, e);
}

static int
suspend_gone(const struct resume *r, struct err *e)
{
	int64_t suspended;
	struct buf b;

	if (store_brake_overrule(
		r->store, r->announcement.id, clock_now(), &suspended, e) != 0)
		return -1;
	buf_init(&b, TEXT_MAX);
	words_counted(&b, suspended, "person is", "people are");
	fprintf(stderr, "%s suspended\n", b.data);
	buf_release(&b);
	return 0;
}

/* In a transaction that is open. What is done is opened again only if that
 * gives it something to do. */
static int
reopen(const struct resume *r, struct err *e)
{
	const int64_t *n = r->totals.count;
	bool again = r->doubts != NULL && strcmp(r->doubts, "again") == 0;
	bool is_done = r->announcement.state == ANNOUNCEMENT_DONE;

	if (r->gone && suspend_gone(r, e) != 0)
		return -1;
	if (r->is_over)
		return 0;
	if (is_done && !(r->failed && n[DELIVERY_FAILED] > 0))
		return err_set(e, ERR_REFUSED, "announcement %lld is done%s",
		    (long long)r->announcement.id,
		    n[DELIVERY_FAILED] > 0
			? "; --failed sends to those who failed once more"
			: "");
	if (store_announcement_enter(r->store, r->announcement.id,
		ANNOUNCEMENT_OPEN, clock_now(), e) != 0)
		return -1;
	if (r->failed &&
	    move_deliveries(r, DELIVERY_FAILED, DELIVERY_QUEUED, "", e) != 0)
		return -1;
	if (r->doubts == NULL)
		return 0;
	return move_deliveries(r, DELIVERY_IN_DOUBT,
	    again ? DELIVERY_QUEUED : DELIVERY_SENT,
	    again ? "" : "in doubt, and counted as sent by an organizer", e);
}

static int
has_expired(const struct store_announcement *a, struct err *e)
{
	struct buf b;

	if (a->expires == 0 || a->expires > clock_now())
		return 0;
	buf_init(&b, TEXT_MAX);
	buf_printf(&b, "announcement %lld has expired at ", (long long)a->id);
	words_instant(&b, a->expires);
	buf_puts(&b, "; announce send --again sends its page anew");
	err_set(e, ERR_REFUSED, "%s", b.data);
	buf_release(&b);
	return -1;
}

static int
open_again(struct resume *r, int64_t id, struct err *e)
{
	enum announcement_state state;
	struct arena arena;
	int result;

	arena_init(&arena);
	result = cmd_announcement(r->store, &r->announcement, &arena, id, e);
	arena_release(&arena);
	if (result != 0)
		return -1;
	state = r->announcement.state;
	r->is_over = r->gone &&
	    (state == ANNOUNCEMENT_DONE || state == ANNOUNCEMENT_CANCELLED ||
		has_expired(&r->announcement, NULL) != 0);
	if ((!r->is_over && has_expired(&r->announcement, e) != 0) ||
	    store_announcement_totals(r->store, id, &r->totals, e) != 0)
		return -1;
	ask_doubts(r);
	if (store_begin(r->store, e) != 0)
		return -1;
	if (reopen(r, e) != 0) {
		store_rollback(r->store);
		return -1;
	}
	return store_commit(r->store, e);
}

static int
go_on(struct resume *r, struct err *e)
{
	int64_t id = r->announcement.id;
	struct buf b;

	if (r->is_over)
		return 0;
	if (r->announcement.begins > clock_now()) {
		buf_init(&b, TEXT_MAX);
		words_instant_here(&b, r->announcement.begins);
		fprintf(stderr, "announcement %lld is open and begins %s\n",
		    (long long)id, b.data);
		buf_release(&b);
		return 0;
	}
	if (!r->queue)
		return foreground_deliver(&r->env->conf, r->store, id, e);
	if (store_announcement_totals(r->store, id, &r->totals, e) != 0)
		return -1;
	cmd_say_totals("is open", id, &r->totals);
	return 0;
}

int
cmd_resume(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct resume r = {.env = env};
	struct cmd_option options[] = {
	    {"--doubts", NULL, &r.doubts},
	    {"--failed", &r.failed, NULL},
	    {"--gone", &r.gone, NULL},
	    {"--queue", &r.queue, NULL},
	    {NULL, NULL, NULL},
	};
	int64_t id;
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "an announcement's ID", e) <
		0 ||
	    cmd_id(&id, argv[0], e) != 0)
		return -1;
	if (r.doubts != NULL && strcmp(r.doubts, "again") != 0 &&
	    strcmp(r.doubts, "sent") != 0)
		return err_set(e, ERR_USAGE, "--doubts takes again or sent");
	if (r.gone && r.failed)
		return err_set(e, ERR_USAGE,
		    "--gone is for addresses that are gone, and --failed sends "
		    "to them again: give one of them");
	if (cmd_store(env, &r.store, e) != 0)
		return -1;
	result = open_again(&r, id, e);
	if (result == 0)
		result = go_on(&r, e);
	store_close(r.store);
	return result;
}
