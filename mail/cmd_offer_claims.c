/*
 * Claims for organizers: who has what, without where they live; and the one
 * place that says it, the CSV for the post office.
 */
#include "base/clock.h"
#include "base/json.h"
#include "content/md.h"
#include "mail/answer.h"
#include "mail/cmd.h"
#include "mail/cmd_offer.h"
#include "mail/csv.h"
#include "mail/offer.h"
#include "mail/seal.h"

#include <stdio.h>

#define RECORD_MAX ((size_t)1 << 20)

struct listing {
	struct store *store;
	struct seal *seal; /* of the export */
	struct buf line;
	bool is_json;
	size_t count;
};

static void
print(struct listing *l)
{
	fwrite(l->line.data, 1, l->line.len, stdout);
	buf_clear(&l->line);
	l->count++;
}

static void
put_json_claim(struct buf *to, const struct store_offer *offer,
    const struct store_claim *c)
{
	buf_printf(to, "{\"claim\":%lld,\"page\":", (long long)c->id);
	json_string(to, offer->page);
	buf_puts(to, ",\"option\":");
	json_string(to, c->option_name);
	buf_printf(to,
	    ",\"state\":\"%s\",\"number\":%lld,\"confirmed\":%s,\"since\":\"",
	    claim_state_name(c->state), (long long)c->number,
	    c->confirmed != 0 ? "true" : "false");
	date_rfc3339(to, c->changed);
	buf_puts(to, "\",\"address\":");
	json_string(to, c->address);
	buf_puts(to, ",\"note\":");
	json_string(to, c->note);
	buf_putc(to, '}');
}

static void
put_claim(struct buf *to, const struct store_offer *offer,
    const struct store_claim *c)
{
	buf_printf(to, "%lld\t%.*s\t%.*s\t%s%s\t%lld\t", (long long)c->id,
	    STR_ARG(offer->page), STR_ARG(c->option_name),
	    claim_state_name(c->state),
	    c->confirmed == 0 ? ", not confirmed" : "", (long long)c->number);
	date_rfc3339(to, c->changed);
	buf_printf(to, "\t%.*s\n", STR_ARG(c->address));
}

static int
list_claim(void *ctx, const struct store_offer *offer,
    const struct store_claim *c, struct err *e)
{
	struct listing *l = ctx;

	if (l->is_json) {
		buf_puts(&l->line, l->count > 0 ? ",\n" : "\n");
		put_json_claim(&l->line, offer, c);
	} else {
		put_claim(&l->line, offer, c);
	}
	if (buf_ok(&l->line, "a claim", e) != 0)
		return -1;
	print(l);
	return 0;
}

static int
list_offer(struct listing *l, const struct store_offer *offer, struct err *e)
{
	static const enum claim_state states[] = {
	    CLAIM_TAKEN, CLAIM_SHIPPED, CLAIM_WAITING};
	const struct cmd_offer_each each = {list_claim, l};

	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (cmd_offer_claims_of(l->store, offer, states[i], &each, e) !=
		    0)
			return -1;
	return 0;
}

static int
list_all(struct listing *l, struct err *e)
{
	struct store_offer o = {0};
	struct err why = ERR_INIT;
	struct arena a;
	int result = 0;

	arena_init(&a);
	while (
	    result == 0 && store_offer_next(l->store, &o, &a, o.id, &why) == 0)
		result = list_offer(l, &o, e);
	arena_release(&a);
	if (result == 0 && why.kind != ERR_MISSING)
		result = err_set(e, why.kind, "%s", why.msg);
	return result;
}

int
cmd_offer_claims(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct listing l = {0};
	const struct cmd_option options[] = {
	    {"--json", &l.is_json, NULL}, {NULL, NULL, NULL}};
	int words = cmd_words(argc, argv, options, 0, 1, "a PAGE", e);
	struct store_offer offer;
	struct arena a;
	int result;

	if (words < 0 || cmd_store(env, &l.store, e) != 0)
		return -1;
	arena_init(&a);
	buf_init(&l.line, RECORD_MAX);
	fputs(l.is_json ? "[" : "", stdout);
	if (words == 0)
		result = list_all(&l, e);
	else if ((result = cmd_offer_find(
		      env, l.store, &offer, &a, argv[0], e)) == 0)
		result = list_offer(&l, &offer, e);
	fputs(l.is_json ? "\n]\n" : "", stdout);
	buf_release(&l.line);
	arena_release(&a);
	store_close(l.store);
	return result;
}

/*
 * The export.
 */

static void
put_header(struct listing *l, const struct store_offer *offer)
{
	struct str ask = offer->ask, field;

	csv_put(&l->line, STR("claim"));
	csv_put(&l->line, STR("option"));
	while (offer_next_field(&ask, &field))
		if (!str_is(field, "sentence"))
			csv_put(&l->line, field);
	csv_put(&l->line, STR("email"));
	csv_end(&l->line);
	print(l);
}

/* Only what the address is known to be the owner's of. */
static int
export_claim(void *ctx, const struct store_offer *offer,
    const struct store_claim *c, struct err *e)
{
	struct listing *l = ctx;
	struct str ask = offer->ask, field;
	char id[24];
	int result = 0;

	if (c->confirmed == 0)
		return 0;
	snprintf(id, sizeof id, "%lld", (long long)c->id);
	csv_put(&l->line, str_of(id));
	csv_put(&l->line, c->option_name);
	while (result >= 0 && offer_next_field(&ask, &field)) {
		struct buf value;

		if (str_is(field, "sentence"))
			continue;
		buf_init(&value, RECORD_MAX);
		result =
		    answer_load(&value, l->store, l->seal, c->id, field, e);
		csv_put(&l->line, buf_slice(&value));
		buf_release(&value);
	}
	csv_put(&l->line, c->address);
	csv_end(&l->line);
	if (result < 0 || buf_ok(&l->line, "a claim", e) != 0)
		return -1;
	print(l);
	return 0;
}

/* A quotation each, in the words that they wrote. */
static int
export_sentence(void *ctx, const struct store_offer *offer,
    const struct store_claim *c, struct err *e)
{
	struct listing *l = ctx;
	struct str rest, line;
	struct buf value;
	int result;

	(void)offer;
	if (!c->agreed || c->confirmed == 0)
		return 0;
	buf_init(&value, RECORD_MAX);
	result =
	    answer_load(&value, l->store, l->seal, c->id, STR("sentence"), e);
	rest = buf_slice(&value);
	while (str_next_line(&rest, &line)) {
		buf_puts(&l->line, "> ");
		md_escape(&l->line, line);
		buf_putc(&l->line, '\n');
	}
	buf_release(&value);
	if (result < 0 || buf_ok(&l->line, "a sentence", e) != 0)
		return -1;
	if (result > 0) {
		buf_putc(&l->line, '\n');
		print(l);
	}
	return 0;
}

struct export
{
	bool shipped, sentences;
};

static int export(struct listing *l, const struct store_offer *offer,
    const struct export *x, struct err *e)
{
	const struct cmd_offer_each each = {
	    x->sentences ? export_sentence : export_claim, l};

	if (!x->sentences)
		put_header(l, offer);
	if ((x->shipped || x->sentences) &&
	    cmd_offer_claims_of(l->store, offer, CLAIM_SHIPPED, &each, e) != 0)
		return -1;
	return cmd_offer_claims_of(l->store, offer, CLAIM_TAKEN, &each, e);
}

int
cmd_offer_export(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct listing l = {0};
	struct export x = {0};
	const struct cmd_option options[] = {{"--shipped", &x.shipped, NULL},
	    {"--sentences", &x.sentences, NULL}, {NULL, NULL, NULL}};
	int words = cmd_words(argc, argv, options, 0, 1, "a PAGE", e);
	struct store_offer offer;
	struct arena a;
	int result;

	if (words < 0 || cmd_store(env, &l.store, e) != 0)
		return -1;
	arena_init(&a);
	buf_init(&l.line, RECORD_MAX);
	result = cmd_offer_find(
	    env, l.store, &offer, &a, words > 0 ? argv[0] : NULL, e);
	if (result == 0)
		result = seal_open(&l.seal, env->conf.state.p, e);
	if (result == 0)
		result = export(&l, &offer, &x, e);
	seal_close(l.seal);
	buf_release(&l.line);
	arena_release(&a);
	store_close(l.store);
	return result;
}
