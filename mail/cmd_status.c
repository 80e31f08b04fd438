#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "mail/cmd.h"
#include "mail/daemon.h"
#include "mail/progress.h"
#include "mail/reasons.h"
#include "mail/store_brake.h"
#include "mail/store_delivery.h"
#include "mail/store_letter.h"
#include "mail/words.h"

#include <stdio.h>
#include <unistd.h>

#define PAGE 500
#define LATEST 20 /* without --all */
#define RECORD_MAX ((size_t)1 << 22)
#define LABEL_WIDTH 14
#define REASON_WIDTH 8
#define COUNT_WIDTH 9
#define ROW_WIDTH 62 /* up to the subject, its list left out */
#define SUBJECT_MIN 10

struct request {
	struct store *store;
	bool is_json;
	bool all; /* not only the latest */
	bool addresses; /* in full, of all that are not sent */
	bool has_daemon;
	int64_t now;
	struct buf notes; /* on what is listed */
};

static int
print(struct buf *b, struct err *e)
{
	if (buf_ok(b, "the status", e) != 0)
		return -1;
	fwrite(b->data, 1, b->len, stdout);
	buf_clear(b);
	return 0;
}

static void
put_json_instant(struct buf *to, const char *key, int64_t at)
{
	buf_printf(to, ",\"%s\":", key);
	if (at == 0) {
		buf_puts(to, "null");
		return;
	}
	buf_putc(to, '"');
	date_rfc3339(to, at);
	buf_putc(to, '"');
}

static void
put_json_text(struct buf *to, const char *key, struct str text)
{
	buf_printf(to, ",\"%s\":", key);
	json_string(to, text);
}

static void
put_json_brake(struct buf *to, int64_t id, const struct brake *brake)
{
	static const char *const states[] = {[BRAKE_ON] = "on",
	    [BRAKE_OFF] = "off",
	    [BRAKE_OVERRULED] = "overruled"};
	struct buf advice;

	if (brake->state == BRAKE_NONE) {
		buf_puts(to, ",\"brake\":null");
		return;
	}
	buf_printf(to, ",\"brake\":{\"state\":\"%s\"", states[brake->state]);
	put_json_instant(to, "since", brake->changed);
	buf_printf(to, ",\"by\":\"%s\",\"refused\":%lld,\"answered\":%lld",
	    brake->by_mail ? "mail" : "relay", (long long)brake->refused,
	    (long long)brake->answered);
	put_json_text(to, "reply", brake->reply);
	if (brake->state == BRAKE_ON) {
		buf_init(&advice, RECORD_MAX);
		brake_advise(&advice, id);
		put_json_text(to, "advice", buf_slice(&advice));
		buf_release(&advice);
	}
	buf_putc(to, '}');
}

/* An announcement as an object, its closing brace left out. */
static void
put_json(struct buf *to, const struct store_announcement *a,
    const struct store_totals *t, const struct brake *brake)
{
	buf_printf(to, "{\"id\":%lld,\"state\":\"%s\"", (long long)a->id,
	    announcement_state_name(a->state));
	put_json_text(to, "list", a->list);
	put_json_text(to, "page", a->page);
	put_json_text(to, "subject", a->subject);
	put_json_instant(to, "queued", a->queued);
	put_json_instant(to, "begins", a->begins);
	put_json_instant(to, "expires", a->expires);
	put_json_instant(to, "next_due", t->next_due);
	buf_printf(
	    to, ",\"recipients\":%lld,\"deliveries\":{", (long long)t->all);
	for (int i = 0; i < DELIVERY_STATES; i++)
		buf_printf(to, "%s\"%s\":%lld", i > 0 ? "," : "",
		    delivery_state_name((enum delivery_state)i),
		    (long long)t->count[i]);
	buf_putc(to, '}');
	put_json_brake(to, a->id, brake);
}

static int64_t
waiting(const struct store_totals *t)
{
	return t->count[DELIVERY_QUEUED] + t->count[DELIVERY_DEFERRED] +
	    t->count[DELIVERY_SENDING] + t->count[DELIVERY_IN_DOUBT];
}

/* What people call its state. */
static const char *
state_of(const struct store_announcement *a, int64_t now)
{
	if (a->state == ANNOUNCEMENT_OPEN && a->begins > now)
		return "scheduled";
	return announcement_state_name(a->state);
}

static void
put_number(struct buf *to, int width, int64_t n)
{
	struct buf count;

	buf_init(&count, 64);
	words_count(&count, n);
	buf_printf(to, "%*s", width, count.data);
	buf_release(&count);
}

/* The subject comes last, and is cut only for a terminal. */
static void
put_row(struct buf *to, const struct store_announcement *a,
    const struct store_totals *t, int64_t now)
{
	size_t columns = progress_columns(STDOUT_FILENO);
	size_t used = ROW_WIDTH + a->list.n + 2;
	size_t room =
	    columns > used + SUBJECT_MIN ? columns - used : SUBJECT_MIN;
	struct buf when;

	buf_init(&when, 64);
	words_instant(&when, a->begins - a->begins % 60);
	buf_printf(to, "%4lld  %-9s  %.16s", (long long)a->id, state_of(a, now),
	    when.data);
	buf_release(&when);
	put_number(to, COUNT_WIDTH, t->count[DELIVERY_SENT]);
	put_number(to, COUNT_WIDTH, t->count[DELIVERY_FAILED]);
	put_number(to, COUNT_WIDTH, waiting(t));
	buf_printf(to, "  %.*s: ", STR_ARG(a->list));
	words_cell(
	    to, a->subject, columns == 0 ? a->subject.n * 4 : room, false);
	buf_putc(to, '\n');
}

static void
put_heading(struct buf *to)
{
	buf_printf(to, "%4s  %-9s  %-16s%*s%*s%*s  %s\n", "ID", "STATE",
	    "BEGINS (UTC)", COUNT_WIDTH, "SENT", COUNT_WIDTH, "FAILED",
	    COUNT_WIDTH, "WAITING", "LIST: SUBJECT");
}

static void
note_brake(struct buf *notes, int64_t id, const struct brake *brake)
{
	if (brake->state != BRAKE_ON)
		return;
	buf_printf(notes, "announcement %lld: ", (long long)id);
	brake_say(notes, brake);
	buf_printf(
	    notes, "; announce status %lld says what to do\n", (long long)id);
}

static int
print_announcement(struct request *r, struct buf *to,
    const struct store_announcement *a, bool is_first, int64_t *open,
    struct err *e)
{
	struct store_totals totals;
	struct brake brake;
	struct arena arena;
	int result;

	arena_init(&arena);
	result = store_announcement_totals(r->store, a->id, &totals, e);
	if (result == 0)
		result = store_brake(r->store, a->id, &brake, &arena, e);
	if (result == 0 && r->is_json) {
		buf_puts(to, is_first ? "\n  " : ",\n  ");
		put_json(to, a, &totals, &brake);
		buf_putc(to, '}');
	} else if (result == 0) {
		if (is_first)
			put_heading(to);
		put_row(to, a, &totals, r->now);
		note_brake(&r->notes, a->id, &brake);
	}
	if (result == 0 && a->state == ANNOUNCEMENT_OPEN)
		*open += waiting(&totals);
	arena_release(&arena);
	return result;
}

/* One page of announcements. Returns how many there were. */
static int
print_page(struct request *r, int64_t *before, size_t done, int64_t *open,
    struct err *e)
{
	struct store_announcement page[LATEST];
	struct arena a;
	struct buf b;
	size_t count;
	int result;

	arena_init(&a);
	buf_init(&b, RECORD_MAX);
	result =
	    store_announcements(r->store, *before, &a, page, LATEST, &count, e);
	for (size_t i = 0; result == 0 && i < count; i++) {
		*before = page[i].id;
		result =
		    print_announcement(r, &b, &page[i], done + i == 0, open, e);
	}
	if (result == 0)
		result = print(&b, e);
	buf_release(&b);
	arena_release(&a);
	return result == 0 ? (int)count : -1;
}

/* Those to single people, such as confirmations. */
static void
put_letters(struct buf *to, const struct store_totals *letters)
{
	if (waiting(letters) + letters->count[DELIVERY_FAILED] == 0)
		return;
	buf_puts(to, "\nof letters to single people ");
	words_count(to, waiting(letters));
	buf_puts(to, " wait and ");
	words_count(to, letters->count[DELIVERY_FAILED]);
	buf_puts(to, " have failed");
}

static void
say_health(const struct request *r, size_t announcements, int64_t open,
    const struct store_totals *letters)
{
	struct buf b;

	buf_init(&b, RECORD_MAX);
	if (announcements == 0)
		buf_puts(&b, "nothing was announced yet\n");
	buf_printf(
	    &b, "announce daemon %s", r->has_daemon ? "runs" : "does not run");
	if (open > 0) {
		buf_puts(&b,
		    r->has_daemon ? "; it delivers the "
				  : "; it would deliver the ");
		words_count(&b, open);
		buf_puts(&b, " that wait");
		if (!r->has_daemon)
			buf_puts(&b, ", and so does announce resume ID");
	}
	put_letters(&b, letters);
	fprintf(stderr, "%s%s\n", r->notes.data, b.data);
	buf_release(&b);
}

static int
print_all(struct request *r, struct err *e)
{
	int64_t before = 0, open = 0;
	struct store_totals letters;
	size_t done = 0;
	int got;

	if (store_letter_totals(r->store, &letters, e) != 0)
		return -1;
	if (r->is_json)
		printf("{\"daemon\":%s,"
		       "\"letters\":{\"waiting\":%lld,\"failed\":%lld},"
		       "\"announcements\":[",
		    r->has_daemon ? "true" : "false",
		    (long long)waiting(&letters),
		    (long long)letters.count[DELIVERY_FAILED]);
	do {
		got = print_page(r, &before, done, &open, e);
		if (got > 0)
			done += (size_t)got;
	} while (got == LATEST && r->all);
	if (r->is_json)
		printf("]}\n");
	else if (got >= 0)
		say_health(r, done, open, &letters);
	return got < 0 ? -1 : 0;
}

/* Calls visit for each delivery of a state. */
static int
each_delivery(struct store *s, int64_t id, enum delivery_state state,
    int (*visit)(void *ctx, const struct store_delivery *d, struct err *e),
    void *ctx, struct err *e)
{
	struct store_delivery_cursor after = {0};
	struct store_delivery page[PAGE];
	size_t count = PAGE;
	int result = 0;

	while (result == 0 && count == PAGE) {
		struct arena a;

		arena_init(&a);
		result = store_deliveries(
		    s, id, state, &after, &a, page, PAGE, &count, e);
		for (size_t i = 0; result == 0 && i < count; i++)
			result = visit(ctx, &page[i], e);
		arena_release(&a);
	}
	return result;
}

static int
take_reason(void *ctx, const struct store_delivery *d, struct err *e)
{
	return reasons_add(ctx, d->reply, d->address, d->due, e);
}

/* From the first to the last that was sent. */
struct span {
	int64_t first, last, count;
};

static int
take_time(void *ctx, const struct store_delivery *d, struct err *e)
{
	struct span *span = ctx;

	(void)e;
	if (span->count++ == 0 || d->changed < span->first)
		span->first = d->changed;
	if (d->changed > span->last)
		span->last = d->changed;
	return 0;
}

/* The states of which it is said why, and under which heading. */
static const struct {
	enum delivery_state state;
	const char *heading;
} told[] = {
    {DELIVERY_FAILED, "failed"},
    {DELIVERY_DEFERRED, "deferred"},
    {DELIVERY_IN_DOUBT, "in doubt: sent or not, nobody knows"},
    {DELIVERY_CANCELLED, "cancelled"},
};
#define TOLD (sizeof told / sizeof told[0])

static void
put_reason(struct buf *to, const struct reason *r)
{
	size_t more;

	put_number(to, REASON_WIDTH, r->count);
	buf_puts(to, "  ");
	if (r->reply.n > 0)
		words_cell(to, r->reply, r->reply.n * 4, false);
	else
		buf_puts(to, "(no reply)");
	if (r->due != 0) {
		buf_puts(to, "; the next at ");
		words_instant(to, r->due);
	}
	buf_putc(to, '\n');
	if (r->examples == 0)
		return;
	buf_fill(to, ' ', REASON_WIDTH + 2);
	for (size_t i = 0; i < r->examples; i++) {
		buf_puts(to, i > 0 ? ", " : "");
		buf_str(to, r->example[i]);
	}
	more = (size_t)r->count - r->examples;
	if (more > 0) {
		buf_puts(to, ", ");
		words_counted(to, (int64_t)more, "other", "others");
	}
	buf_putc(to, '\n');
}

static void
put_json_reason(struct buf *to, const struct reason *r)
{
	buf_printf(to, "{\"count\":%lld", (long long)r->count);
	put_json_text(to, "reply", r->reply);
	put_json_instant(to, "next_due", r->due);
	buf_puts(to, ",\"examples\":[");
	for (size_t i = 0; i < r->examples; i++) {
		buf_puts(to, i > 0 ? "," : "");
		json_string(to, r->example[i]);
	}
	buf_puts(to, "]}");
}

static void
put_reasons(const struct request *r, struct buf *to, size_t which,
    const struct reasons *reasons)
{
	if (r->is_json)
		buf_printf(
		    to, ",\n \"%s\":[", delivery_state_name(told[which].state));
	else if (reasons->count > 0)
		buf_printf(to, "\n%s\n", told[which].heading);
	for (size_t i = 0; i < reasons->count; i++) {
		if (!r->is_json) {
			put_reason(to, &reasons->list[i]);
			continue;
		}
		buf_puts(to, i > 0 ? ",\n  " : "\n  ");
		put_json_reason(to, &reasons->list[i]);
	}
	if (r->is_json)
		buf_putc(to, ']');
	if (!r->is_json && reasons->others > 0) {
		put_number(to, REASON_WIDTH, reasons->others);
		buf_puts(to, "  for other reasons (--addresses lists all)\n");
	}
}

static int
print_reasons(const struct request *r, int64_t id, size_t which, struct err *e)
{
	struct reasons reasons;
	struct buf b;
	int result;

	reasons_init(&reasons);
	buf_init(&b, RECORD_MAX);
	result = each_delivery(
	    r->store, id, told[which].state, take_reason, &reasons, e);
	reasons_sort(&reasons);
	if (result == 0) {
		put_reasons(r, &b, which, &reasons);
		result = print(&b, e);
	}
	buf_release(&b);
	reasons_release(&reasons);
	return result;
}

/* With --addresses: each delivery that is not sent, a line. */
struct listing {
	const struct request *request;
	size_t done;
};

static int
print_delivery(void *ctx, const struct store_delivery *d, struct err *e)
{
	struct listing *l = ctx;
	struct buf b;
	int result;

	buf_init(&b, RECORD_MAX);
	if (l->request->is_json) {
		buf_printf(&b, "%s\n  {\"state\":\"%s\"",
		    l->done > 0 ? "," : "", delivery_state_name(d->state));
		put_json_text(&b, "address", d->address);
		put_json_text(&b, "reply", d->reply);
		put_json_instant(&b, "since", d->changed);
		put_json_instant(&b, "due", d->due);
		buf_printf(&b, ",\"attempts\":%d}", d->attempts);
	} else {
		buf_printf(&b, "%s\t", delivery_state_name(d->state));
		if (d->address.n > 0)
			buf_str(&b, d->address);
		else
			buf_puts(&b, "(erased)");
		buf_putc(&b, '\t');
		words_cell(&b, d->reply, d->reply.n * 4, false);
		buf_putc(&b, '\n');
	}
	l->done++;
	result = print(&b, e);
	buf_release(&b);
	return result;
}

static int
print_addresses(const struct request *r, int64_t id, struct err *e)
{
	struct listing l = {.request = r};

	fputs(r->is_json ? ",\n \"not_sent\":[" : "\n", stdout);
	for (size_t i = 0; i < TOLD; i++)
		if (each_delivery(r->store, id, told[i].state, print_delivery,
			&l, e) != 0)
			return -1;
	fputs(r->is_json ? "]" : "", stdout);
	return 0;
}

static void
put_label(struct buf *to, const char *label)
{
	buf_printf(to, "%-*s", LABEL_WIDTH, label);
}

static void
put_when(struct buf *to, const char *label, int64_t at)
{
	put_label(to, label);
	if (at != 0)
		words_instant_here(to, at);
	else
		buf_puts(to, "never");
	buf_putc(to, '\n');
}

static void
put_total(struct buf *to, const char *label, int64_t n, bool always)
{
	if (n == 0 && !always)
		return;
	put_label(to, label);
	words_count(to, n);
	buf_putc(to, '\n');
}

static void
put_sent(struct buf *to, const struct span *span)
{
	int64_t length = span->last - span->first;

	put_label(to, "sent");
	words_count(to, span->count);
	if (length > 0) {
		buf_puts(to, " in ");
		words_duration(to, length);
		buf_printf(to, ", %.1f a second",
		    (double)span->count / (double)length);
	}
	buf_putc(to, '\n');
}

static void
put_head(struct buf *to, const struct store_announcement *a, int64_t now)
{
	put_label(to, "announcement");
	buf_printf(to, "%lld, %s\n", (long long)a->id, state_of(a, now));
	put_label(to, "subject");
	words_cell(to, a->subject, a->subject.n * 4, false);
	buf_putc(to, '\n');
	put_label(to, "page");
	words_cell(to, a->page, a->page.n * 4, false);
	buf_putc(to, '\n');
	put_label(to, "list");
	buf_printf(to, "%.*s\n", STR_ARG(a->list));
	put_when(to, "queued", a->queued);
	if (a->begins != a->queued)
		put_when(to, "begins", a->begins);
	put_when(to, "expires", a->expires);
}

static void
put_totals(struct buf *to, const struct store_announcement *a,
    const struct store_totals *t, const struct span *span)
{
	put_total(to, "recipients", t->all, true);
	put_sent(to, span);
	put_total(to, "failed", t->count[DELIVERY_FAILED], true);
	put_total(to, "queued", t->count[DELIVERY_QUEUED], false);
	put_total(to, "on the wire", t->count[DELIVERY_SENDING], false);
	put_total(to, "deferred", t->count[DELIVERY_DEFERRED], false);
	put_total(to, "in doubt", t->count[DELIVERY_IN_DOUBT], false);
	put_total(to, "cancelled", t->count[DELIVERY_CANCELLED], false);
	if (t->count[DELIVERY_IN_DOUBT] > 0 && a->holds_doubts)
		buf_printf(to,
		    "\nannounce resume %lld --doubts again, or sent, decides "
		    "what is in doubt\n",
		    (long long)a->id);
}

/* What stopped it, and what to do. */
static void
put_brake(struct buf *to, int64_t id, const struct brake *brake)
{
	if (brake->state != BRAKE_ON)
		return;
	buf_putc(to, '\n');
	brake_say(to, brake);
	buf_puts(to, ";\n");
	brake_advise(to, id);
	buf_putc(to, '\n');
}

static int
print_one(struct request *r, int64_t id, struct err *e)
{
	struct store_announcement a;
	struct store_totals totals;
	struct span span = {0};
	struct brake brake;
	struct arena arena;
	struct buf b;
	int result;

	arena_init(&arena);
	buf_init(&b, RECORD_MAX);
	result = cmd_announcement(r->store, &a, &arena, id, e);
	if (result == 0)
		result = store_announcement_totals(r->store, id, &totals, e);
	if (result == 0)
		result = each_delivery(
		    r->store, id, DELIVERY_SENT, take_time, &span, e);
	if (result == 0)
		result = store_brake(r->store, id, &brake, &arena, e);
	if (result == 0 && r->is_json) {
		put_json(&b, &a, &totals, &brake);
		put_json_instant(&b, "first_sent", span.first);
		put_json_instant(&b, "last_sent", span.last);
	} else if (result == 0) {
		put_head(&b, &a, r->now);
		put_totals(&b, &a, &totals, &span);
		put_brake(&b, id, &brake);
	}
	if (result == 0)
		result = print(&b, e);
	buf_release(&b);
	arena_release(&arena);
	for (size_t i = 0; result == 0 && i < TOLD; i++)
		result = print_reasons(r, id, i, e);
	if (result == 0 && r->addresses)
		result = print_addresses(r, id, e);
	if (result == 0 && r->is_json)
		printf("}\n");
	return result;
}

int
cmd_mail_status(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct request r = {.now = clock_now()};
	struct cmd_option options[] = {
	    {"--json", &r.is_json, NULL},
	    {"--all", &r.all, NULL},
	    {"--addresses", &r.addresses, NULL},
	    {NULL, NULL, NULL},
	};
	int count = cmd_words(argc, argv, options, 0, 1, "", e);
	int64_t id = 0;
	int result;

	if (count < 0 || (count == 1 && cmd_id(&id, argv[0], e) != 0) ||
	    cmd_store(env, &r.store, e) != 0)
		return -1;
	buf_init(&r.notes, RECORD_MAX);
	r.has_daemon = daemon_is_there(env->conf.state.p);
	result = count == 1 ? print_one(&r, id, e) : print_all(&r, e);
	buf_release(&r.notes);
	store_close(r.store);
	return result;
}
