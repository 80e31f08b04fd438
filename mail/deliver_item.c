#include "mail/deliver_item.h"

#include "base/clock.h"
#include "mail/retry.h"

#include <stdlib.h>
#include <string.h>

/* Letters are few, and each has a message of its own. */
#define LETTERS_AT_ONCE 20

void
item_template_release(struct item_template *t)
{
	if (t->announcement.id == 0)
		return;
	message_close(t->message);
	arena_release(&t->arena);
	memset(t, 0, sizeof *t);
}

int
item_template_load(
    struct item_template *t, struct store *s, int64_t id, struct err *e)
{
	if (t->announcement.id == id)
		return 0;
	item_template_release(t);
	arena_init(&t->arena);
	if (store_announcement_find(s, &t->announcement, &t->arena, id, e) !=
		0 ||
	    message_open(&t->message, t->announcement.message, e) != 0) {
		arena_release(&t->arena);
		memset(t, 0, sizeof *t);
		return -1;
	}
	return 0;
}

static int
lease_letters(struct store *s, int64_t now, int64_t until, struct arena *a,
    struct item *out, size_t max, size_t *count, struct err *e)
{
	struct store_letter *l;

	if (max > LETTERS_AT_ONCE)
		max = LETTERS_AT_ONCE;
	l = arena_array(a, max, sizeof *l);
	if (l == NULL)
		return arena_ok(a, e);
	if (store_letters_lease(s, now, until, a, l, max, count, e) != 0)
		return -1;
	for (size_t i = 0; i < *count; i++)
		out[i] = (struct item){
		    .id = l[i].id,
		    .subscriber = l[i].subscriber,
		    .address = l[i].address,
		    .token = l[i].token,
		    .attempts = l[i].attempts,
		    .doubts = l[i].doubts,
		    .letter = &l[i],
		};
	return 0;
}

/* By announcement, so that each template is loaded once. */
static int
compare(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->announcement != b->announcement)
		return a->announcement < b->announcement ? -1 : 1;
	if (a->doubts != b->doubts)
		return a->doubts < b->doubts ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int
lease_deliveries(struct store *s, int64_t announcement, int64_t now,
    int64_t until, struct arena *a, struct item *out, size_t max, size_t *count,
    struct err *e)
{
	struct store_delivery *d = arena_array(a, max, sizeof *d);

	if (d == NULL)
		return arena_ok(a, e);
	if (store_deliveries_lease(
		s, announcement, now, until, a, d, max, count, e) != 0)
		return -1;
	for (size_t i = 0; i < *count; i++)
		out[i] = (struct item){
		    .id = d[i].id,
		    .announcement = d[i].announcement,
		    .subscriber = d[i].subscriber,
		    .address = d[i].address,
		    .token = d[i].token,
		    .attempts = d[i].attempts,
		    .doubts = d[i].doubts,
		};
	qsort(out, *count, sizeof *out, compare);
	return 0;
}

int
item_lease(struct store *s, int64_t announcement, int64_t now, int64_t until,
    struct arena *a, struct item *out, size_t max, size_t *count, struct err *e)
{
	*count = 0;
	if (announcement == 0 &&
	    lease_letters(s, now, until, a, out, max, count, e) != 0)
		return -1;
	if (*count > 0)
		return 0;
	return lease_deliveries(
	    s, announcement, now, until, a, out, max, count, e);
}

int
item_enter(struct store *s, const struct item *item,
    const struct store_move *move, struct err *e)
{
	return item->letter != NULL
	    ? store_letter_enter(s, item->id, move, e)
	    : store_delivery_enter(s, item->id, move, e);
}

/* The signature covers the date, and stands above all. */
static int
fill_letter(struct buf *head, struct buf *body, const struct store_letter *l,
    const struct dkim_key *key, struct err *e)
{
	struct str fields = str_sub(l->head, 0, l->head.n - strlen("\r\n"));
	struct buf dated;
	int result = 0;

	buf_clear(head);
	buf_clear(body);
	buf_str(body, l->body);
	buf_init(&dated, MESSAGE_MAX);
	buf_puts(&dated, "Date: ");
	date_rfc5322(&dated, l->queued);
	buf_puts(&dated, "\r\n");
	buf_str(&dated, fields);
	if (key != NULL)
		result = dkim_sign(head, key, buf_slice(&dated),
		    buf_slice(body), l->queued, e);
	buf_str(head, buf_slice(&dated));
	buf_puts(head, "\r\n");
	if (result == 0 && buf_ok(&dated, "the letter", e) == 0)
		result = buf_ok(head, "the letter", e);
	buf_release(&dated);
	return result == 0 ? buf_ok(body, "the letter", e) : -1;
}

int
item_fill(struct buf *head, struct buf *body, const struct item *item,
    const struct item_template *t, const struct conf_mail *mail,
    const struct dkim_key *key, struct err *e)
{
	struct message_person person = {
	    .address = item->address,
	    .token = item->token,
	    .announcement = t->announcement.token,
	    .date = t->announcement.begins,
	};

	if (item->letter != NULL)
		return fill_letter(head, body, item->letter, key, e);
	return message_fill(head, body, t->message, &person, mail, key, e);
}

void
item_reply(struct buf *to, const struct transport_answer *answer)
{
	if (answer->code != 0)
		buf_printf(to, "%d ", answer->code);
	if (answer->status.n > 0)
		buf_printf(to, "%.*s ", STR_ARG(answer->status));
	buf_str(to, answer->text);
}

/* To be tried again after so many attempts, or given up. */
static struct store_move
again(enum delivery_state how, int attempts, const struct item *item,
    const struct item_times *times)
{
	int64_t wait = retry_next(attempts, times->now - times->since,
	    times->give_up, (uint64_t)item->id);

	return (struct store_move){
	    .to = wait < 0 ? DELIVERY_FAILED : how,
	    .at = times->now,
	    .due = times->now + wait,
	};
}

int
item_moves(struct store_move moves[2], const struct item *item,
    const struct transport_answer *answer, const struct item_times *times)
{
	moves[0] = (struct store_move){.at = times->now, .due = times->now};
	switch (answer->outcome) {
	case TRANSPORT_SENT:
		moves[0].to = DELIVERY_SENT;
		return 1;
	case TRANSPORT_FAILED:
		moves[0].to = DELIVERY_FAILED;
		return 1;
	case TRANSPORT_DEFERRED:
		moves[0] =
		    again(DELIVERY_DEFERRED, item->attempts + 1, item, times);
		return 1;
	case TRANSPORT_IN_DOUBT:
		moves[0].to = DELIVERY_IN_DOUBT;
		if (times->holds_doubts)
			return 1;
		moves[1] =
		    again(DELIVERY_QUEUED, item->doubts + 1, item, times);
		return 2;
	case TRANSPORT_UNTRIED:
		break;
	}
	moves[0].to = DELIVERY_QUEUED;
	return item->is_claimed ? 1 : 0;
}

/* Without a status: one of those codes that are an answer to RCPT (RFC 5321,
 * section 4.3.2), and not of those that are about us or the message. */
static bool
is_about_mailbox(const struct transport_answer *answer)
{
	static const int codes[] = {450, 451, 452, 550, 551, 552, 553};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i] == answer->code)
			return true;
	return answer->code != 0 && answer->status.n > 0;
}

bool
item_bounce(struct store_bounce *out, const struct item *item,
    const struct transport_answer *answer, const struct store_move *last,
    struct str reply)
{
	if (last->to != DELIVERY_FAILED || item->subscriber == 0 ||
	    answer->outcome == TRANSPORT_IN_DOUBT || !is_about_mailbox(answer))
		return false;
	*out = (struct store_bounce){
	    .at = last->at,
	    .announcement = item->announcement,
	    /* A bare 552 is a full mailbox, or the message's size. */
	    .permanent = answer->outcome == TRANSPORT_FAILED &&
		(answer->code != 552 || answer->status.n > 0),
	    .status = answer->status,
	    .text = answer->status.n > 0 ? answer->text : reply,
	};
	return true;
}
