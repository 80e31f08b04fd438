/*
 * Offers at the desk: what is left, and which step of a claim somebody means.
 */
#include "mail/desk_offer.h"
#include "base/uri.h"
#include "mail/token.h"

/* Fills in the offer of a page. 1 with it, 0 when that was said to be missing,
 * -1. */
static int
load_offer(struct claim_step *c, struct str source)
{
	struct step *s = c->s;
	struct err why = ERR_INIT;

	if (offer_load(s->store, &c->offer, &s->arena, s->conf, s->site, source,
		s->now, &why) == 0) {
		c->is_open = offer_is_open(&c->offer, s->now);
		return 1;
	}
	if (why.kind != ERR_MISSING)
		return err_set(s->e, why.kind, "%s", why.msg);
	return step_end(s, DESK_MISSING, "Nothing is offered here (any more).");
}

/* One whose page is gone is closed, and stays for who has one. */
int
claim_offer_again(struct claim_step *c)
{
	struct step *s = c->s;
	struct store_offer stored;
	struct err why = ERR_INIT;

	if (store_offer_find(
		s->store, &stored, &s->arena, c->claim.offer, s->e) != 0)
		return -1;
	s->site = step_site(s->conf, stored.host);
	if (offer_load(s->store, &c->offer, &s->arena, s->conf, s->site,
		stored.page, s->now, &why) == 0) {
		c->is_open = offer_is_open(&c->offer, s->now);
		return 0;
	}
	if (why.kind != ERR_MISSING)
		return err_set(s->e, why.kind, "%s", why.msg);
	c->offer = stored;
	return 0;
}

int
claim_reload(struct claim_step *c)
{
	struct step *s = c->s;

	if (store_claim_find(
		s->store, &c->claim, &s->arena, c->claim.id, s->e) != 0)
		return -1;
	return store_offer_find(
	    s->store, &c->offer, &s->arena, c->claim.offer, s->e);
}

void
claim_say_left(struct step *s, const struct store_offer *offer)
{
	struct str left = {NULL, 0}, gone = {NULL, 0};

	for (size_t i = 0; i < offer->option_count; i++) {
		const struct store_option *o = &offer->option[i];
		struct str *list = store_option_left(o) > 0 ? &left : &gone;
		const char *comma = list->n > 0 ? ", " : "";

		if (o->stock == 0)
			continue;
		*list = list == &left
		    ? step_printf(s, "%.*s%s%lld of %lld %.*s", STR_ARG(*list),
			  comma, (long long)store_option_left(o),
			  (long long)o->stock, STR_ARG(o->name))
		    : step_printf(s, "%.*s%s%.*s", STR_ARG(*list), comma,
			  STR_ARG(o->name));
	}
	if (left.n > 0)
		step_say(s, "Left now: %.*s.", STR_ARG(left));
	if (left.n > 0 && gone.n > 0)
		step_say(s, "All gone: %.*s.", STR_ARG(gone));
}

/* What stands behind a word of the path and its slash. */
static struct str
path_behind(const struct step *s, const struct str *word)
{
	struct str path = s->request->path;
	size_t at = (size_t)(word->p + word->n - path.p) + 1;

	return str_sub(path, at, path.n);
}

/* A page's file as it is on the disk. */
static struct str
source_of(struct step *s, struct str path)
{
	struct str result;
	struct buf b;

	if (str_ends(path, STR("/")))
		path.n--;
	buf_init(&b, DESK_PATH_MAX);
	if (uri_decode(&b, path) != 0)
		buf_str(&b, path);
	result = arena_buf(&s->arena, &b);
	buf_release(&b);
	return result;
}

int
desk_offer(struct step *s)
{
	struct claim_step c = {.s = s};
	int result;

	if (s->words < 2)
		return step_missing(s);
	result = load_offer(&c, source_of(s, path_behind(s, &s->word[0])));
	if (result <= 0)
		return result;
	step_page(s, "%.*s", STR_ARG(c.offer.item));
	if (s->now < c.offer.opens) {
		step_say(s, "It has not begun yet.");
		return 0;
	}
	if (!c.is_open) {
		step_say(s, "It is closed.");
		return 0;
	}
	if (store_offer_stock(&c.offer) == 0) {
		step_say(s, "There are none.");
		return 0;
	}
	claim_say_left(s, &c.offer);
	/* The page itself has the link to claim one. */
	if (store_offer_left(&c.offer) > 0)
		return 0;
	step_say(s,
	    "All are gone. Whoever asks now gets one when one is given back, "
	    "in order.");
	step_link(s, step_printf(s, "/claim/%.*s", STR_ARG(c.offer.page)),
	    "Wait for one: %.*s", STR_ARG(c.offer.item));
	return 0;
}

int
step_say_offers(struct step *s)
{
	struct store_offer o = {0};
	struct err why = ERR_INIT;
	bool is_first = true;

	while (store_offer_next(s->store, &o, &s->arena, o.id, &why) == 0) {
		int64_t waiting = 0, shipped = 0;

		if (is_first)
			step_heading(s, "Offers");
		is_first = false;
		for (size_t i = 0; i < o.option_count; i++) {
			waiting += o.option[i].waiting;
			shipped += o.option[i].shipped;
		}
		step_item(s,
		    "%.*s (%.*s): %lld of %lld left, %lld shipped, %lld "
		    "waiting%s",
		    STR_ARG(o.item), STR_ARG(o.page),
		    (long long)store_offer_left(&o),
		    (long long)store_offer_stock(&o), (long long)shipped,
		    (long long)waiting,
		    offer_is_open(&o, s->now) ? "" : "; closed");
	}
	return why.kind == ERR_MISSING ? 0
				       : err_set(s->e, why.kind, "%s", why.msg);
}

static int
new_claim(struct claim_step *c, struct str address, int64_t confirmed)
{
	struct step *s = c->s;
	char token[TOKEN_LEN + 1], proof[TOKEN_LEN + 1];

	if (token_new(token, s->e) != 0 || token_new(proof, s->e) != 0)
		return -1;
	c->claim = (struct store_claim){
	    .offer = c->offer.id,
	    .token = arena_str(&s->arena, str_of(token)),
	    .proof = arena_str(&s->arena, str_of(proof)),
	    .address = address,
	    .way = step_way(s),
	    .network = step_network(s),
	    .at = s->now,
	    .changed = s->now,
	    .expires = s->now + CLAIM_DRAFT_LIFE,
	    .confirmed = confirmed,
	};
	if (arena_ok(&s->arena, s->e) != 0)
		return -1;
	return store_claim_add(s->store, &c->claim, s->e);
}

int
claim_of_person(struct claim_step *c, struct str address)
{
	struct step *s = c->s;
	struct err why = ERR_INIT;

	if (store_claim_of(s->store, &c->claim, &s->arena, address, c->offer.id,
		s->now, c->offer.many, &why) == 0) {
		if (!c->offer.many || c->claim.state == CLAIM_DRAFT)
			return 0;
	} else if (why.kind != ERR_MISSING) {
		return err_set(s->e, why.kind, "%s", why.msg);
	}
	return new_claim(c, address, s->now);
}

static int
say_closed(struct claim_step *c)
{
	struct step *s = c->s;

	step_page(s, "%.*s: closed", STR_ARG(c->offer.item));
	step_say(s, "%s",
	    s->now < c->offer.opens ? "This offer has not begun yet."
				    : "This offer is closed.");
	return 0;
}

/* What has no token yet is counted: each makes a draft. */
static int
count_draft(struct step *s, struct str address)
{
	struct store_asking asking = {
	    ASKED_CLAIM, address, step_network(s), s->now, false};
	struct store_asked asked;
	bool may_mail;
	int result;

	if (store_asked(s->store, &asked, &asking, s->e) != 0)
		return -1;
	result = step_limits(s, &asked, &may_mail);
	if (result <= 0)
		return result;
	return store_asked_add(s->store, &asking, s->e) == 0 ? 1 : -1;
}

static int
begin_typed(struct claim_step *c)
{
	struct step *s = c->s;
	struct str address;
	int result = step_typed_address(s, &address);

	if (result <= 0)
		return result;
	if (store_begin(s->store, s->e) != 0)
		return -1;
	result = count_draft(s, address);
	if (result > 0 && new_claim(c, address, 0) != 0)
		result = -1;
	if (result <= 0) {
		store_rollback(s->store);
		return result;
	}
	return step_settle(s, 0) != 0 ? -1 : claim_show(c);
}

static int
begin_known(struct claim_step *c, const struct store_subscriber *who)
{
	if (claim_of_person(c, who->address) != 0)
		return -1;
	if (c->claim.state == CLAIM_DRAFT && !c->is_open)
		return say_closed(c);
	return claim_show(c);
}

/* Nobody's address is asked for whose client says who they are. */
static int
begin(struct claim_step *c)
{
	struct step *s = c->s;
	struct store_subscriber who;

	if (s->request->certificate.n > 0 &&
	    store_subscriber_by_certificate(
		s->store, &who, &s->arena, s->request->certificate, NULL) == 0)
		return begin_known(c, &who);
	return c->is_open ? begin_typed(c) : say_closed(c);
}

/* By a page, and somebody's token if that stands behind it. */
static int
claim_of_page(struct claim_step *c)
{
	struct step *s = c->s;
	struct str path = path_behind(s, &s->word[0]);
	struct str last = s->word[s->words - 1];
	char token[TOKEN_LEN + 1];
	struct err why = ERR_INIT;
	struct store_subscriber who;
	bool is_known = s->words > 2 && token_parse(token, last) == 0;
	int result;

	if (is_known)
		path = str_sub(path, 0, (size_t)(last.p - path.p) - 1);
	result = load_offer(c, source_of(s, path));
	if (result <= 0)
		return result;
	if (!is_known)
		return begin(c);
	if (store_subscriber_by_token(
		s->store, &who, &s->arena, str_of(token), &why) != 0)
		return step_unknown(s, &why);
	return begin_known(c, &who);
}

static int
choose(struct claim_step *c, struct str option)
{
	int64_t id = str_number(option, INT64_MAX);

	if (id > 0 && store_offer_option(&c->offer, id) != NULL &&
	    c->claim.state == CLAIM_DRAFT && id != c->claim.option) {
		if (store_claim_change(c->s->store, c->claim.id, id,
			c->claim.agreed, c->s->e) != 0)
			return -1;
		return claim_reload(c) != 0 ? -1 : claim_show(c);
	}
	return claim_show(c);
}

static int
agree(struct claim_step *c, struct str word)
{
	bool agreed = str_is(word, "yes");

	if (agreed != c->claim.agreed && claim_has_field(c, STR("sentence"))) {
		if (store_claim_change(c->s->store, c->claim.id,
			c->claim.option, agreed, c->s->e) != 0)
			return -1;
		return claim_reload(c) != 0 ? -1 : claim_show(c);
	}
	return claim_show(c);
}

/* In some 33 columns, which is what clients have room for. */
static int
ask_field(struct claim_step *c, struct str field)
{
	if (str_is(field, "address"))
		return step_end(c->s, DESK_ASK, "Name, street, town, country");
	if (str_is(field, "sentence"))
		return step_end(c->s, DESK_ASK, "A sentence or two");
	return step_end(
	    c->s, DESK_ASK, "%.*s", STR_ARG(claim_field_name(c->s, field)));
}

static int
type(struct claim_step *c, struct str field)
{
	struct err why = ERR_INIT;
	struct buf value;
	int result;

	if (!claim_has_field(c, field))
		return step_missing(c->s);
	if (c->claim.state == CLAIM_SHIPPED ||
	    c->claim.state >= CLAIM_WITHDRAWN)
		return claim_show(c);
	if (!c->s->request->has_input)
		return ask_field(c, field);
	buf_init(&value, CLAIM_FIELD_MAX);
	if (claim_clean(&value, field, c->s->request->input, &why) != 0)
		result = step_end(c->s, DESK_ASK, "%s", why.msg);
	else if (claim_write(c, field, buf_slice(&value)) != 0)
		result = -1;
	else
		result = claim_show(c);
	buf_release(&value);
	return result;
}

/* What the words behind a claim's token want. */
static int
act(struct claim_step *c)
{
	const struct step *s = c->s;
	struct str word = s->words > 2 ? s->word[2] : STR("");
	struct str what = s->words > 3 ? s->word[3] : STR("");

	if (s->words > 5)
		return step_missing(c->s);
	if (word.n == 0)
		return claim_show(c);
	if (str_is(word, "take"))
		return choose(c, what);
	if (str_is(word, "type"))
		return type(c, what);
	if (str_is(word, "agree"))
		return agree(c, what);
	if (str_is(word, "send") || str_is(word, "wait"))
		return claim_send(c, str_is(word, "wait"));
	if (str_is(word, "withdraw"))
		return claim_withdraw(c);
	return step_missing(c->s);
}

/* By a claim's own token, or by the one in its letter. */
static int
claim_of_token(struct claim_step *c, const char *token)
{
	struct step *s = c->s;
	struct err why = ERR_INIT;
	bool is_proof = false;

	if (store_claim_by_token(
		s->store, &c->claim, &s->arena, str_of(token), &why) != 0) {
		if (why.kind != ERR_MISSING)
			return err_set(s->e, why.kind, "%s", why.msg);
		err_clear(&why);
		is_proof = true;
		if (store_claim_by_proof(s->store, &c->claim, &s->arena,
			str_of(token), &why) != 0)
			return step_unknown(s, &why);
	}
	/* Until then its token is known to whoever typed the address. */
	if (is_proof || c->claim.confirmed != 0)
		s->owner = c->claim.address;
	if (claim_offer_again(c) != 0)
		return -1;
	return is_proof ? claim_confirm(c) : act(c);
}

int
desk_claim(struct step *s)
{
	struct claim_step c = {.s = s};
	char token[TOKEN_LEN + 1];
	int result;

	if (s->words < 2)
		return step_missing(s);
	if (token_parse(token, s->word[1]) == 0)
		result = claim_of_token(&c, token);
	else if (s->request->way == DESK_MAIL)
		result = claim_by_mail(&c, s->word[1]);
	else
		result = claim_of_page(&c);
	seal_close(c.seal);
	return result;
}
