#include "mail/cmd_offer.h"
#include "base/clock.h"
#include "base/json.h"
#include "mail/cmd.h"
#include "mail/desk_claim_turn.h"
#include "mail/offer.h"
#include "mail/words.h"

#include <stdio.h>

#define DOCUMENT_MAX ((size_t)1 << 24)
#define LINE_MAX_BYTES 4096

const struct cmd cmd_offers[] = {
    {"claims", "[PAGE] [--json]", "who has or waits for what", cmd_offer_claims,
	NULL, "  --json  for programs\n"},
    {"close", "PAGE [--undo]", "take no more claims, whatever the page says",
	cmd_offer_close, NULL, "  --undo  take them again\n"},
    {"export", "[PAGE] [--shipped] [--sentences]",
	"write where to send what as CSV, for the post office",
	cmd_offer_export, NULL,
	"  --shipped    what was shipped already, too\n"
	"  --sentences  instead, as a page in Markdown, what people wrote\n"
	"               who agreed that it is published\n"},
    {"list", "[--json]", "what is offered, and how many are left",
	cmd_offer_list, NULL, "  --json  for programs\n"},
    {"ship", "CLAIM... [--note TEXT]",
	"mark claims as shipped, and mail each person", cmd_offer_ship, NULL,
	"  --note TEXT  for their message: how to track it, say\n"},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

/* What the pages say now is taken over; a page that is gone stays as it
 * was. */
static int
refresh(struct cmd_env *env, struct store *s, struct store_offer *offer,
    struct arena *a, bool *is_open, struct err *e)
{
	const struct conf *conf = &env->conf;
	int64_t now = clock_now();
	struct store_offer fresh;
	struct err why = ERR_INIT;

	*is_open = false;
	for (size_t i = 0; i < conf->site_count; i++) {
		if (!str_eq(conf->sites[i].host, offer->host))
			continue;
		if (offer_load(s, &fresh, a, conf, &conf->sites[i], offer->page,
			now, &why) == 0) {
			*offer = fresh;
			*is_open = offer_is_open(offer, now);
		} else if (why.kind != ERR_MISSING) {
			return err_set(e, why.kind, "%s", why.msg);
		}
	}
	return 0;
}

/* A file or path of the page, or HOST:PAGE where two sites have one. */
static bool
is_page(const struct store_offer *offer, struct str typed)
{
	struct str before;

	if (str_starts(typed, offer->host) &&
	    str_starts(str_sub(typed, offer->host.n, typed.n), STR(":")))
		typed = str_sub(typed, offer->host.n + 1, typed.n);
	if (str_eq(offer->page, typed))
		return true;
	if (!str_ends(typed, offer->page))
		return false;
	before = str_sub(typed, 0, typed.n - offer->page.n);
	return str_ends(before, STR("/"));
}

static int
not_one(size_t all, size_t found, const char *page, struct err *e)
{
	if (page != NULL && found > 1)
		return err_set(e, ERR_USAGE,
		    "several sites offer %s: name one as HOST:%s", page, page);
	if (page != NULL)
		return err_set(e, ERR_MISSING,
		    "%s is no offer that anybody has asked for yet; announce "
		    "offer list says which there are",
		    page);
	if (all == 0)
		return err_set(e, ERR_MISSING,
		    "there is no offer yet; a page with \"offer:\" becomes "
		    "one when it is sent or first asked for");
	return err_set(e, ERR_USAGE,
	    "there are several offers: name a PAGE; announce offer list says "
	    "which");
}

int
cmd_offer_find(struct cmd_env *env, struct store *s, struct store_offer *out,
    struct arena *a, const char *page, struct err *e)
{
	struct store_offer o = {0};
	struct err why = ERR_INIT;
	size_t found = 0, all = 0;

	(void)env;
	while (store_offer_next(s, &o, a, o.id, &why) == 0) {
		all++;
		if (page != NULL && !is_page(&o, str_of(page)))
			continue;
		found++;
		*out = o;
	}
	if (why.kind != ERR_MISSING)
		return err_set(e, why.kind, "%s", why.msg);
	return found == 1 ? 0 : not_one(all, found, page, e);
}

int
cmd_offer_claims_of(struct store *s, const struct store_offer *offer,
    enum claim_state state, const struct cmd_offer_each *each, struct err *e)
{
	struct store_claim page[OFFER_PAGE];
	int64_t after = 0;
	struct arena a;
	size_t count;
	int result;

	arena_init(&a);
	do {
		arena_clear(&a);
		result = store_claims(s, offer->id, state, after, &a, page,
		    OFFER_PAGE, &count, e);
		for (size_t i = 0; result == 0 && i < count; i++) {
			result = each->each(each->ctx, offer, &page[i], e);
			after = page[i].id;
		}
	} while (result == 0 && count == OFFER_PAGE);
	arena_release(&a);
	return result;
}

static void
put_options(struct buf *to, const struct store_offer *offer)
{
	for (size_t i = 0; i < offer->option_count; i++) {
		const struct store_option *o = &offer->option[i];

		if (o->stock == 0 && o->taken == 0 && o->waiting == 0)
			continue;
		buf_printf(to, "  %.*s: %lld of %lld left", STR_ARG(o->name),
		    (long long)store_option_left(o), (long long)o->stock);
		if (o->taken > 0)
			buf_printf(to, ", %lld taken", (long long)o->taken);
		if (o->shipped > 0)
			buf_printf(to, ", %lld of them shipped",
			    (long long)o->shipped);
		if (o->waiting > 0)
			buf_printf(to, ", %lld waiting", (long long)o->waiting);
		if (o->taken > o->stock)
			buf_printf(to,
			    "; the page says %lld, which is less than were "
			    "given",
			    (long long)o->stock);
		buf_putc(to, '\n');
	}
}

static void
put_line(struct buf *to, const struct conf *conf,
    const struct store_offer *offer, bool is_open)
{
	if (!str_eq(offer->host, conf->sites[0].host))
		buf_printf(to, "%.*s:", STR_ARG(offer->host));
	buf_printf(
	    to, "%.*s: %.*s, ", STR_ARG(offer->page), STR_ARG(offer->item));
	if (!is_open) {
		buf_puts(
		    to, clock_now() < offer->opens ? "not open yet" : "closed");
	} else if (offer->over == INT64_MAX) {
		buf_puts(to, "open");
	} else {
		buf_puts(to, "open until ");
		words_instant(to, offer->over);
	}
	buf_putc(to, '\n');
	put_options(to, offer);
}

static void
put_json(struct buf *to, const struct store_offer *offer, bool is_open)
{
	buf_puts(to, "{\"page\":");
	json_string(to, offer->page);
	buf_puts(to, ",\"host\":");
	json_string(to, offer->host);
	buf_puts(to, ",\"item\":");
	json_string(to, offer->item);
	buf_printf(
	    to, ",\"open\":%s,\"options\":[", is_open ? "true" : "false");
	for (size_t i = 0; i < offer->option_count; i++) {
		const struct store_option *o = &offer->option[i];

		buf_puts(to, i > 0 ? ",\n  {\"name\":" : "\n  {\"name\":");
		json_string(to, o->name);
		buf_printf(to,
		    ",\"stock\":%lld,\"left\":%lld,\"taken\":%lld,"
		    "\"shipped\":%lld,\"waiting\":%lld}",
		    (long long)o->stock, (long long)store_option_left(o),
		    (long long)o->taken, (long long)o->shipped,
		    (long long)o->waiting);
	}
	buf_puts(to, "]}");
}

static int
list(struct cmd_env *env, struct store *s, struct buf *to, bool is_json,
    struct err *e)
{
	struct store_offer o = {0};
	struct err why = ERR_INIT;
	struct arena a;
	bool is_open, is_first = true;
	int result = 0;

	arena_init(&a);
	buf_puts(to, is_json ? "[" : "");
	while (result == 0 && store_offer_next(s, &o, &a, o.id, &why) == 0) {
		result = refresh(env, s, &o, &a, &is_open, e);
		if (is_json) {
			buf_puts(to, is_first ? "\n" : ",\n");
			put_json(to, &o, is_open);
		} else {
			put_line(to, &env->conf, &o, is_open);
		}
		is_first = false;
	}
	buf_puts(to, is_json ? "\n]\n" : "");
	arena_release(&a);
	if (result == 0 && why.kind != ERR_MISSING)
		result = err_set(e, why.kind, "%s", why.msg);
	return result;
}

int
cmd_offer_list(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	bool is_json = false;
	const struct cmd_option options[] = {
	    {"--json", &is_json, NULL}, {NULL, NULL, NULL}};
	struct store *s;
	struct buf b;
	int result;

	if (cmd_words(argc, argv, options, 0, 0, "", e) < 0 ||
	    cmd_store(env, &s, e) != 0)
		return -1;
	buf_init(&b, DOCUMENT_MAX);
	result = list(env, s, &b, is_json, e);
	if (result == 0 && (result = buf_ok(&b, "the list", e)) == 0)
		fwrite(b.data, 1, b.len, stdout);
	buf_release(&b);
	store_close(s);
	return result;
}

static int
close_offer(struct cmd_env *env, struct store *s, const char *page, bool undo,
    struct err *e)
{
	struct store_offer offer;
	struct arena a;
	int result;

	arena_init(&a);
	result = cmd_offer_find(env, s, &offer, &a, page, e);
	if (result == 0)
		result =
		    store_offer_close(s, offer.id, undo ? 0 : clock_now(), e);
	if (result == 0)
		fprintf(stderr, "%.*s %s\n", STR_ARG(offer.page),
		    undo ? "takes claims as its page says"
			 : "takes no more claims");
	arena_release(&a);
	return result;
}

int
cmd_offer_close(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	bool undo = false;
	const struct cmd_option options[] = {
	    {"--undo", &undo, NULL}, {NULL, NULL, NULL}};
	struct store *s;
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "a PAGE", e) < 0 ||
	    cmd_store(env, &s, e) != 0)
		return -1;
	result = close_offer(env, s, argv[0], undo, e);
	store_close(s);
	return result;
}

static int
read_id(int64_t *id, const char *typed, struct err *e)
{
	*id = str_number(str_of(typed), INT64_MAX);
	if (*id > 0)
		return 0;
	return err_set(e, ERR_USAGE,
	    "a CLAIM is a number, and not \"%s\"; announce offer claims lists "
	    "them",
	    typed);
}

/* One that cannot be keeps no other from it. */
static int
ship(const struct desk *desk, int64_t id, const char *note, int *faults,
    struct err *e)
{
	struct err why = ERR_INIT;

	if (desk_claim_ship(desk, id, str_of(note), clock_now(), &why) == 0) {
		fprintf(stderr,
		    "claim %lld is shipped, and a message queued that says "
		    "so\n",
		    (long long)id);
		return 0;
	}
	if (why.kind != ERR_MISSING && why.kind != ERR_REFUSED)
		return err_set(e, why.kind, "%s", why.msg);
	if (why.kind == ERR_MISSING)
		fprintf(stderr,
		    "announce: there is no claim %lld; announce offer claims "
		    "lists them\n",
		    (long long)id);
	else
		fprintf(stderr, "announce: %s\n", why.msg);
	++*faults;
	return 0;
}

int
cmd_offer_ship(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	const char *note = NULL;
	const struct cmd_option options[] = {
	    {"--note", NULL, &note}, {NULL, NULL, NULL}};
	int words = cmd_words(argc, argv, options, 1, argc, "a CLAIM", e);
	struct desk desk = {0};
	int result = 0, faults = 0;
	int64_t id;

	for (int i = 0; i < words; i++)
		if (read_id(&id, argv[i], e) != 0)
			return -1;
	if (words < 0 || cmd_store(env, &desk.store, e) != 0)
		return -1;
	desk.conf = &env->conf;
	for (int i = 0; result == 0 && i < words; i++) {
		read_id(&id, argv[i], e);
		result = ship(&desk, id, note, &faults, e);
	}
	store_close(desk.store);
	if (result != 0 || faults == 0)
		return result;
	return err_set(
	    e, ERR_REFUSED, "%d of %d could not be shipped", faults, words);
}
