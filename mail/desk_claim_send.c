/*
 * The moment of a claim: stock is taken, confirmed, given back, in one
 * transaction each, together with the letters that say so. Sent twice is sent
 * once: what has become of a claim is shown to whoever sends it again.
 */
#include "mail/desk_offer.h"
#include "mail/token.h"

/* Ends what store_begin has begun: with 1 it is committed, with 0 something
 * was said and nothing is kept. */
static int
settle(struct claim_step *c, int result)
{
	struct step *s = c->s;

	if (result > 0)
		return store_commit(s->store, s->e) == 0 ? 1 : -1;
	store_rollback(s->store);
	return result;
}

/* The one that they have, if one is all they may have: 1 with it in c, 0, -1.
 * Asked for those only who have shown that the address is theirs. */
static int
find_other(struct claim_step *c)
{
	struct step *s = c->s;
	struct store_claim other;
	struct err why = ERR_INIT;

	if (c->offer.many)
		return 0;
	if (store_claim_of(s->store, &other, &s->arena, c->claim.address,
		c->offer.id, s->now, false, &why) != 0)
		return why.kind == ERR_MISSING
		    ? 0
		    : err_set(s->e, why.kind, "%s", why.msg);
	if (other.id == c->claim.id || other.state == CLAIM_DRAFT)
		return 0;
	c->claim = other;
	c->has_one = true;
	return 1;
}

static int
enter(struct claim_step *c, enum claim_state to, struct err *e)
{
	struct store_claim_move move = {.to = to, .at = c->s->now};

	if (c->claim.confirmed == 0)
		move.expires = c->s->now + CLAIM_CONFIRM_LIFE;
	return store_claim_enter(c->s->store, c->claim.id, &move, e);
}

/* A letter without which it could not be confirmed. */
static int
may_be_mailed(struct claim_step *c)
{
	struct step *s = c->s;
	struct store_asking asking = {
	    ASKED_CLAIM, c->claim.address, step_network(s), s->now, true};
	struct store_asked asked;
	int64_t unconfirmed;
	bool may_mail;
	int result;

	if (store_asked(s->store, &asked, &asking, s->e) != 0 ||
	    store_claims_unconfirmed(
		s->store, c->offer.id, asking.network, &unconfirmed, s->e) != 0)
		return -1;
	if (unconfirmed >= CLAIMS_UNCONFIRMED_MAX)
		return step_end(s, DESK_REFUSE,
		    "Others from your network are to confirm theirs first: "
		    "try again later");
	result = step_limits(s, &asked, &may_mail);
	if (result <= 0)
		return result;
	if (!may_mail)
		return step_end(s, DESK_REFUSE,
		    "That address has had four such letters today: send it "
		    "tomorrow");
	return store_asked_add(s->store, &asking, s->e) == 0 ? 1 : -1;
}

/* So many wait that one transaction does not do for all. */
static int
say_others_first(struct claim_step *c)
{
	return step_end(c->s, DESK_LATER,
	    "Some are being given to who waited: try again in a minute");
}

/* What anybody typed in their name gives way to their own. 1 when they have
 * one, 0, -1. */
static int
end_doubles(struct claim_step *c)
{
	struct step *s = c->s;

	if (!c->offer.many &&
	    store_claims_double(s->store, &c->claim, s->now, s->e) != 0)
		return -1;
	return find_other(c);
}

/* Those who wait come first. 1 to be committed, 0 when it was refused, -1. */
static int
send_now(struct claim_step *c, bool wait)
{
	struct step *s = c->s;
	struct err why = ERR_INIT;
	bool is_proven = c->claim.confirmed != 0;
	int result;

	if (claim_reload(c) != 0)
		return -1;
	if (c->claim.state != CLAIM_DRAFT)
		return 1;
	if (store_claims_expire(s->store, s->now, s->e) != 0)
		return -1;
	result = is_proven ? end_doubles(c) : 0;
	if (result != 0)
		return result;
	result = claim_pass_on(c);
	if (result != 0)
		return result < 0 ? -1 : say_others_first(c);
	if (!is_proven && (result = may_be_mailed(c)) <= 0)
		return result;
	if (enter(c, wait ? CLAIM_WAITING : CLAIM_TAKEN, &why) != 0) {
		c->was_gone = why.kind == ERR_LIMIT;
		return c->was_gone ? 1 : err_set(s->e, why.kind, "%s", why.msg);
	}
	if (claim_reload(c) != 0 || (!is_proven && claim_mail_confirm(c) != 0))
		return -1;
	return 1;
}

/* A line for what is there would keep it from everybody. */
static bool
must_wait(const struct claim_step *c)
{
	const struct store_option *o =
	    store_offer_option(&c->offer, c->claim.option);

	return o != NULL && store_option_left(o) == 0;
}

int
claim_send(struct claim_step *c, bool wait)
{
	struct step *s = c->s;
	struct str missing;
	int result;

	if (c->claim.state != CLAIM_DRAFT || !c->is_open ||
	    c->claim.expires <= s->now)
		return claim_show(c);
	if (claim_missing(c, &missing) != 0)
		return -1;
	if (missing.n > 0)
		return claim_show(c);
	if (store_begin(s->store, s->e) != 0)
		return -1;
	result = settle(c, send_now(c, wait && must_wait(c)));
	if (result <= 0)
		return result;
	return claim_reload(c) != 0 ? -1 : claim_show(c);
}

static int
confirm_now(struct claim_step *c)
{
	struct step *s = c->s;
	char token[TOKEN_LEN + 1];
	struct store_claim mine;
	int other;

	if (claim_reload(c) != 0)
		return -1;
	if (c->claim.confirmed != 0 ||
	    (c->claim.state != CLAIM_TAKEN && c->claim.state != CLAIM_WAITING))
		return 1;
	mine = c->claim;
	other = find_other(c);
	if (other < 0)
		return -1;
	if (other == 0 &&
	    (token_new(token, s->e) != 0 ||
		store_claim_confirm(
		    s->store, mine.id, str_of(token), s->now, s->e) != 0))
		return -1;
	/* The others, or this one, are nobody's then. */
	if (!c->offer.many &&
	    store_claims_double(s->store, &c->claim, s->now, s->e) != 0)
		return -1;
	return claim_pass_on(c) >= 0 ? 1 : -1;
}

static int
ask_confirm(struct claim_step *c)
{
	struct step *s = c->s;

	step_page(s, "%.*s: is this your claim?", STR_ARG(c->offer.item));
	step_say(s, "%.*s %.*s, for %.*s.", STR_ARG(c->offer.item),
	    STR_ARG(c->claim.option_name), STR_ARG(c->claim.address));
	if (claim_say_written(c) != 0)
		return -1;
	step_link(s, step_printf(s, "/claim/%.*s/yes", STR_ARG(c->claim.proof)),
	    "Yes, it is mine");
	step_say(s, "If it is not, close this page: then it passes on.");
	return 0;
}

int
claim_confirm(struct claim_step *c)
{
	struct step *s = c->s;
	bool yes = s->words == 3 && str_is(s->word[2], "yes");

	if (s->words > 2 && !yes)
		return step_missing(s);
	if (c->claim.confirmed == 0 && !yes &&
	    (c->claim.state == CLAIM_TAKEN || c->claim.state == CLAIM_WAITING))
		return ask_confirm(c);
	if (!yes)
		return claim_show(c);
	if (store_begin(s->store, s->e) != 0 || settle(c, confirm_now(c)) < 0 ||
	    claim_reload(c) != 0)
		return -1;
	return claim_show(c);
}

static int
withdraw_now(struct claim_step *c)
{
	struct step *s = c->s;
	struct store_claim_move move = {.to = CLAIM_WITHDRAWN, .at = s->now};

	if (claim_reload(c) != 0)
		return -1;
	if (c->claim.state != CLAIM_TAKEN && c->claim.state != CLAIM_WAITING)
		return 1;
	if (store_claim_enter(s->store, c->claim.id, &move, s->e) != 0)
		return -1;
	return claim_pass_on(c) >= 0 ? 1 : -1;
}

int
claim_withdraw(struct claim_step *c)
{
	struct step *s = c->s;
	bool yes = s->words == 4 && str_is(s->word[3], "yes");

	if (s->words > 3 && !yes)
		return step_missing(s);
	if (c->claim.state != CLAIM_TAKEN && c->claim.state != CLAIM_WAITING)
		return claim_show(c);
	if (yes) {
		if (store_begin(s->store, s->e) != 0 ||
		    settle(c, withdraw_now(c)) < 0 || claim_reload(c) != 0)
			return -1;
		return claim_show(c);
	}
	step_page(s, "Give it back?");
	step_say(s, "%.*s %.*s then passes on to somebody else.",
	    STR_ARG(c->offer.item), STR_ARG(c->claim.option_name));
	step_link(s,
	    step_printf(s, "/claim/%.*s/withdraw/yes", STR_ARG(c->claim.token)),
	    "Yes, I do not want it");
	step_link(s, step_printf(s, "/claim/%.*s", STR_ARG(c->claim.token)),
	    "No, keep it");
	return 0;
}
