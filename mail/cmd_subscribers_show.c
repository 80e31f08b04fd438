#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "mail/bounce_score.h"
#include "mail/cmd.h"
#include "mail/cmd_subscribers.h"
#include "mail/confirm.h"
#include "mail/store_bounce.h"
#include "mail/store_claim.h"
#include "mail/store_delivery.h"
#include "mail/store_letter.h"
#include "mail/store_request.h"
#include "mail/store_subscriber.h"

#include <stdio.h>

#define DOCUMENT_MAX ((size_t)1 << 26)
/* Of one person: a mail a day for 27 years. */
#define EACH_MAX 10000
#define LISTS_MAX 100

static void
put_instant(struct buf *to, const char *key, int64_t at)
{
	buf_printf(to, "\"%s\":\"", key);
	date_rfc3339(to, at);
	buf_putc(to, '"');
}

static void
put_text(struct buf *to, const char *key, struct str text)
{
	buf_printf(to, "\"%s\":", key);
	json_string(to, text);
}

static int
put_members(
    struct buf *to, struct store *s, int64_t id, struct arena *a, struct err *e)
{
	struct store_member_query query = {.subscriber = id};
	struct store_member_cursor after = {0};
	struct store_member page[LISTS_MAX];
	size_t count, done = 0;

	buf_puts(to, ",\n\"lists\":[");
	do {
		if (store_members(
			s, &query, &after, a, page, LISTS_MAX, &count, e) != 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			buf_puts(to, done++ > 0 ? ",\n " : "\n ");
			subscribers_put_json(to, &page[i]);
		}
	} while (count == LISTS_MAX);
	buf_puts(to, "]");
	return 0;
}

static int
put_deliveries(
    struct buf *to, struct store *s, int64_t id, struct arena *a, struct err *e)
{
	struct store_delivery *d = arena_array(a, EACH_MAX, sizeof *d);
	size_t count;

	if (d == NULL)
		return arena_ok(a, e);
	if (store_deliveries_of(s, id, a, d, EACH_MAX, &count, e) != 0)
		return -1;
	buf_puts(to, ",\n\"deliveries\":[");
	for (size_t i = 0; i < count; i++) {
		buf_printf(to, "%s\n {\"announcement\":%lld,\"state\":\"%s\",",
		    i > 0 ? "," : "", (long long)d[i].announcement,
		    delivery_state_name(d[i].state));
		put_instant(to, "since", d[i].changed);
		buf_printf(to, ",\"attempts\":%d,", d[i].attempts);
		put_text(to, "reply", d[i].reply);
		buf_putc(to, '}');
	}
	buf_puts(to, "]");
	return 0;
}

/* How much of a failure each counts as; why a list is suspended stands with
 * the list. */
static const char *const weights[] = {
    [BOUNCE_NOTHING] = "nothing",
    [BOUNCE_TEMPORARY] = "temporary",
    [BOUNCE_PERMANENT] = "permanent",
};

static int
put_bounces(
    struct buf *to, struct store *s, int64_t id, struct arena *a, struct err *e)
{
	struct store_bounce *b = arena_array(a, EACH_MAX, sizeof *b);
	size_t count;

	if (b == NULL)
		return arena_ok(a, e);
	if (store_bounces(s, id, a, b, EACH_MAX, &count, e) != 0)
		return -1;
	buf_puts(to, ",\n\"bounces\":[");
	for (size_t i = 0; i < count; i++) {
		buf_puts(to, i > 0 ? ",\n {" : "\n {");
		put_instant(to, "at", b[i].at);
		buf_puts(to, ",\"announcement\":");
		if (b[i].announcement != 0)
			buf_printf(to, "%lld", (long long)b[i].announcement);
		else
			buf_puts(to, "null");
		buf_printf(to, ",\"permanent\":%s,",
		    b[i].permanent ? "true" : "false");
		buf_printf(
		    to, "\"counts\":\"%s\",", weights[bounce_weigh(&b[i])]);
		put_text(to, "status", b[i].status);
		buf_putc(to, ',');
		put_text(to, "text", b[i].text);
		buf_putc(to, '}');
	}
	buf_puts(to, "]");
	return 0;
}

/* On how many days mail came back since a message last arrived, and how many
 * suspend. */
static int
put_score(
    struct buf *to, struct store *s, int64_t id, struct arena *a, struct err *e)
{
	struct bounce_score score;

	if (store_bounce_score(s, id, clock_now(), a, &score, e) != 0)
		return -1;
	buf_printf(to, ",\n\"bounce_days\":%d,\"bounce_days_max\":%d",
	    score.days, BOUNCE_DAYS_MAX);
	return 0;
}

/* What was asked for and not confirmed. */
static int
put_requests(struct buf *to, struct store *s, struct str address,
    struct arena *a, size_t *count, struct err *e)
{
	struct store_request *r = arena_array(a, LISTS_MAX, sizeof *r);

	if (r == NULL)
		return arena_ok(a, e);
	if (store_requests_of(
		s, address, clock_now(), a, r, LISTS_MAX, count, e) != 0)
		return -1;
	buf_puts(to, ",\n\"unconfirmed\":[");
	for (size_t i = 0; i < *count; i++) {
		buf_puts(to, i > 0 ? ",\n {" : "\n {");
		put_text(to, "list", r[i].list);
		buf_putc(to, ',');
		put_text(to, "way", str_of(member_way_name(r[i].way)));
		buf_putc(to, ',');
		put_instant(to, "at", r[i].at);
		buf_putc(to, ',');
		put_instant(to, "expires", r[i].expires);
		buf_putc(to, '}');
	}
	buf_puts(to, "]");
	return 0;
}

/* Whether a confirmation has left, and if not, why. */
static int
put_letters(struct buf *to, struct store *s, struct str address,
    struct arena *a, size_t *count, struct err *e)
{
	struct store_letter *l = arena_array(a, EACH_MAX, sizeof *l);

	if (l == NULL)
		return arena_ok(a, e);
	if (store_letters_to(s, address, a, l, EACH_MAX, count, e) != 0)
		return -1;
	buf_puts(to, ",\n\"letters\":[");
	for (size_t i = 0; i < *count; i++) {
		buf_printf(to, "%s\n {\"kind\":\"%s\",\"state\":\"%s\",",
		    i > 0 ? "," : "", letter_kind_name(l[i].kind),
		    delivery_state_name(l[i].state));
		put_instant(to, "since", l[i].changed);
		buf_printf(to, ",\"attempts\":%d,", l[i].attempts);
		put_text(to, "reply", l[i].reply);
		buf_putc(to, '}');
	}
	buf_puts(to, "]");
	return 0;
}

/* Without where they live: only the export for the post office says that. */
static int
put_claims(struct buf *to, struct store *s, struct str address, struct arena *a,
    size_t *count, struct err *e)
{
	struct store_claim *c = arena_array(a, LISTS_MAX, sizeof *c);

	if (c == NULL)
		return arena_ok(a, e);
	if (store_claims_by(s, address, a, c, LISTS_MAX, count, e) != 0)
		return -1;
	buf_puts(to, ",\n\"claims\":[");
	for (size_t i = 0; i < *count; i++) {
		buf_printf(to, "%s\n {\"claim\":%lld,\"state\":\"%s\",",
		    i > 0 ? "," : "", (long long)c[i].id,
		    claim_state_name(c[i].state));
		put_text(to, "option", c[i].option_name);
		buf_putc(to, ',');
		put_instant(to, "since", c[i].changed);
		buf_printf(to, ",\"confirmed\":%s}",
		    c[i].confirmed != 0 ? "true" : "false");
	}
	buf_puts(to, "]");
	return 0;
}

/* Of somebody who has confirmed nothing yet. */
static int
put_stranger(struct buf *to, struct store *s, struct str address,
    struct arena *a, struct err *e)
{
	size_t requests = 0, letters = 0, claims = 0;

	buf_putc(to, '{');
	put_text(to, "address", address);
	if (put_requests(to, s, address, a, &requests, e) != 0 ||
	    put_letters(to, s, address, a, &letters, e) != 0 ||
	    put_claims(to, s, address, a, &claims, e) != 0)
		return -1;
	buf_puts(to, "}\n");
	if (requests == 0 && letters == 0 && claims == 0)
		return err_set(e, ERR_MISSING, "there is no such subscriber");
	return 0;
}

/* All but the token, which is a key to act for them and says nothing of
 * them. */
static int
put_subscriber(struct buf *to, struct store *s, struct str address,
    struct arena *a, struct err *e)
{
	struct store_subscriber who;
	struct err why = ERR_INIT;
	size_t count = 0;

	if (store_subscriber_find(s, &who, a, address, &why) != 0)
		return why.kind == ERR_MISSING
		    ? put_stranger(to, s, address, a, e)
		    : err_set(e, why.kind, "%s", why.msg);
	buf_putc(to, '{');
	put_text(to, "address", who.address);
	buf_putc(to, ',');
	put_instant(to, "since", who.since);
	if (put_members(to, s, who.id, a, e) != 0 ||
	    put_deliveries(to, s, who.id, a, e) != 0 ||
	    put_requests(to, s, address, a, &count, e) != 0 ||
	    put_letters(to, s, address, a, &count, e) != 0 ||
	    put_claims(to, s, address, a, &count, e) != 0 ||
	    put_bounces(to, s, who.id, a, e) != 0 ||
	    put_score(to, s, who.id, a, e) != 0)
		return -1;
	buf_puts(to, "}\n");
	return 0;
}

/* Of somebody erased there is nothing but that they were. */
static int
put_person(struct buf *to, struct store *s, struct str address, struct arena *a,
    struct err *e)
{
	int64_t since;

	if (store_suppressed(s, address, &since, e) != 0)
		return -1;
	if (since == 0)
		return put_subscriber(to, s, address, a, e);
	buf_putc(to, '{');
	put_text(to, "address", address);
	buf_putc(to, ',');
	put_instant(to, "erased", since);
	buf_puts(to, "}\n");
	return 0;
}

int
cmd_subscribers_show(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	static const struct cmd_option none[] = {{NULL, NULL, NULL}};
	struct cmd_address address;
	struct store *s;
	struct arena a;
	struct buf b;
	int result;

	if (cmd_words(argc, argv, none, 1, 1, "an ADDRESS", e) < 0 ||
	    cmd_address(&address, argv[0], e) != 0 ||
	    cmd_store(env, &s, e) != 0)
		return -1;
	arena_init(&a);
	buf_init(&b, DOCUMENT_MAX);
	result = put_person(&b, s, str_of(address.text), &a, e);
	if (result == 0)
		result = buf_ok(&b, "what is known", e);
	if (result == 0)
		fwrite(b.data, 1, b.len, stdout);
	else
		err_wrap(e, "%s", address.text);
	buf_release(&b);
	arena_release(&a);
	store_close(s);
	return result;
}

static int
ask_erase(const char *address, struct err *e)
{
	char question[MAILBOX_MAX + 64];

	snprintf(question, sizeof question,
	    "Forget all that is known of %s? This cannot be undone.", address);
	return confirm(question, "nothing was erased", e);
}

int
cmd_subscribers_erase(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct err overwriting = ERR_INIT;
	bool is_sure = false, was_known;
	struct cmd_option options[] = {
	    {"--yes", &is_sure, NULL}, {NULL, NULL, NULL}};
	struct cmd_address address;
	struct store *s;
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "an ADDRESS", e) < 0 ||
	    cmd_address(&address, argv[0], e) != 0 ||
	    (!is_sure && ask_erase(address.text, e) != 0) ||
	    cmd_store(env, &s, e) != 0)
		return -1;
	result = store_subscriber_erase(
	    s, str_of(address.text), clock_now(), &was_known, e);
	if (result == 0 && store_forget(s, &overwriting) != 0)
		fprintf(stderr, "announce: %s\n", overwriting.msg);
	store_close(s);
	if (result == 0)
		fprintf(stderr, "%s %s; no import will bring it back\n",
		    address.text, was_known ? "is erased" : "was not known");
	return result;
}
