/*
 * Claims that pass on, and the letters about claims. A letter says what
 * somebody has, and never what they wrote.
 */
#include "mail/desk_claim_turn.h"
#include "mail/desk_letter.h"
#include "mail/desk_offer.h"

#define DAY 86400
#define LETTER_LIFE (7 * DAY)
/* In one transaction; the next tend goes on. */
#define TURNS_MAX 50

static struct str
what_of(struct claim_step *c)
{
	return step_printf(c->s, "%.*s %.*s", STR_ARG(c->offer.item),
	    STR_ARG(c->claim.option_name));
}

static struct str
link_of(struct claim_step *c, struct str token)
{
	return step_uri(c->s, step_printf(c->s, "/claim/%.*s", STR_ARG(token)));
}

static int
queue_letter(struct claim_step *c, enum letter_kind kind, struct str subject,
    struct str text, bool confirms)
{
	struct step *s = c->s;
	struct desk_letter letter = {.kind = kind,
	    .address = c->claim.address,
	    .subject = subject,
	    .text = text,
	    .now = s->now,
	    .expires = confirms ? c->claim.expires : s->now + LETTER_LIFE};

	if (confirms)
		letter.reply_to = step_address(s, "yes-", c->claim.proof);
	if (arena_ok(&s->arena, s->e) != 0)
		return -1;
	return desk_letter_queue(s->store, &s->conf->mail, &letter, s->e);
}

/* What confirms it, if that is still to be done. */
static struct str
how_to_confirm(struct claim_step *c)
{
	int64_t until = c->claim.expires - c->claim.expires % 60;

	if (c->claim.confirmed != 0)
		return step_printf(c->s,
		    "To look at it, change where it goes, or give it back, "
		    "open this in a Gemini client:\n%.*s\n\n"
		    "To give it back by mail, write an empty message to:\n"
		    "%.*s\n",
		    STR_ARG(link_of(c, c->claim.token)),
		    STR_ARG(step_address(c->s, "withdraw-", c->claim.token)));
	return step_printf(c->s,
	    "It is kept until %.*s. To say that it is yours, reply to this "
	    "message, whatever you write.%s\n\n"
	    "Or open this in a Gemini client:\n%.*s\n\n"
	    "If it was not you, do nothing: then it passes on to somebody "
	    "else.\n",
	    STR_ARG(step_date(c->s, until)),
	    claim_has_field(c, STR("address"))
		? " It goes to the postal address that was typed with the "
		  "claim, which no message repeats: if you did not type it "
		  "yourself, do not reply, but look at the page below first."
		: "",
	    STR_ARG(link_of(c, c->claim.proof)));
}

int
claim_mail_confirm(struct claim_step *c)
{
	struct step *s = c->s;
	struct str what = what_of(c);
	struct str stands = c->claim.state == CLAIM_WAITING
	    ? STR("on the waiting list")
	    : step_printf(s, "%lld of %lld", (long long)c->claim.number,
		  (long long)store_offer_stock(&c->offer));
	struct str text = step_printf(s,
	    "Somebody, most likely you, claimed this from %.*s for %.*s: "
	    "%.*s, %.*s.\n\n%.*s",
	    STR_ARG(s->site->title), STR_ARG(c->claim.address), STR_ARG(what),
	    STR_ARG(stands), STR_ARG(how_to_confirm(c)));

	return queue_letter(c, LETTER_CONFIRM,
	    step_printf(s, "Is this yours? %.*s", STR_ARG(what)), text, true);
}

static int
mail_turn(struct claim_step *c)
{
	struct step *s = c->s;
	struct str what = what_of(c);
	struct str text = step_printf(s,
	    "You were waiting for this of %.*s, and now it is your turn: "
	    "%.*s, %lld of %lld.\n\n%.*s",
	    STR_ARG(s->site->title), STR_ARG(what), (long long)c->claim.number,
	    (long long)store_offer_stock(&c->offer),
	    STR_ARG(how_to_confirm(c)));

	return queue_letter(c, LETTER_TURN,
	    step_printf(s, "It is yours: %.*s", STR_ARG(what)), text,
	    c->claim.confirmed == 0);
}

/* 1 when somebody's turn was found, 0 when it is nobody's, -1. */
static int
pass_on_one(struct claim_step *c)
{
	struct step *s = c->s;
	struct store_claim_move move = {.to = CLAIM_TAKEN, .at = s->now};
	struct err why = ERR_INIT;

	if (store_claim_turn(
		s->store, &c->claim, &s->arena, c->offer.id, &why) != 0)
		return why.kind == ERR_MISSING
		    ? 0
		    : err_set(s->e, why.kind, "%s", why.msg);
	if (c->claim.confirmed == 0)
		move.expires = s->now + CLAIM_CONFIRM_LIFE;
	if (store_claim_enter(s->store, c->claim.id, &move, s->e) != 0 ||
	    claim_reload(c) != 0)
		return -1;
	return mail_turn(c) == 0 ? 1 : -1;
}

int
claim_pass_on(struct claim_step *c)
{
	struct claim_step next = {.s = c->s, .offer = c->offer};
	int result = 1;

	/* What an organizer has closed goes to nobody any more. */
	if (c->offer.closed != 0)
		return 0;
	for (int i = 0; i < TURNS_MAX && result > 0; i++)
		result = pass_on_one(&next);
	return result;
}

/* A step that nobody took. */
static void
init_step(struct step *s, const struct desk *desk, int64_t now,
    const struct desk_request *request, struct err *e)
{
	*s = (struct step){.conf = desk->conf,
	    .site = &desk->conf->sites[0],
	    .store = desk->store,
	    .request = request,
	    .now = now,
	    .e = e};
	arena_init(&s->arena);
}

static int
tend_offer(struct claim_step *c)
{
	struct step *s = c->s;

	s->site = step_site(s->conf, c->offer.host);
	if (store_begin(s->store, s->e) != 0)
		return -1;
	return step_settle(s, claim_pass_on(c) < 0 ? -1 : 0);
}

static int
tend_offers(struct step *s)
{
	struct claim_step c = {.s = s};
	struct err why = ERR_INIT;
	int64_t after = 0;

	while (
	    store_offer_next(s->store, &c.offer, &s->arena, after, &why) == 0) {
		after = c.offer.id;
		if (tend_offer(&c) != 0)
			return -1;
		arena_clear(&s->arena);
	}
	return why.kind == ERR_MISSING ? 0
				       : err_set(s->e, why.kind, "%s", why.msg);
}

int
desk_claims_tend(const struct desk *desk, int64_t now, struct err *e)
{
	static const struct desk_request nobody = {.way = DESK_MAIL};
	int64_t kept = desk->conf->mail.keep_addresses * DAY;
	struct step s;
	int result = -1;

	init_step(&s, desk, now, &nobody, e);
	if (store_claims_expire(s.store, now, e) == 0 &&
	    store_claims_forget(s.store, now - kept, e) == 0)
		result = tend_offers(&s);
	arena_release(&s.arena);
	return result;
}

static int
mail_shipped(struct claim_step *c)
{
	struct step *s = c->s;
	struct str what = what_of(c);
	struct str text =
	    step_printf(s, "Your %.*s is on its way.\n\n%.*s%s", STR_ARG(what),
		STR_ARG(c->claim.note), c->claim.note.n > 0 ? "\n\n" : "");

	if (c->claim.address.n == 0)
		return 0;
	return queue_letter(c, LETTER_TURN,
	    step_printf(s, "On its way: %.*s", STR_ARG(what)), text, false);
}

static int
ship(struct claim_step *c, struct str note)
{
	struct step *s = c->s;
	struct store_claim_move move = {
	    .to = CLAIM_SHIPPED, .at = s->now, .note = note};

	if (store_claim_find(
		s->store, &c->claim, &s->arena, c->claim.id, s->e) != 0)
		return -1;
	if (c->claim.state == CLAIM_TAKEN && c->claim.confirmed == 0)
		return err_set(s->e, ERR_REFUSED,
		    "claim %lld was not confirmed yet by the letter to its "
		    "address",
		    (long long)c->claim.id);
	if (store_claim_enter(s->store, c->claim.id, &move, s->e) != 0 ||
	    claim_reload(c) != 0)
		return -1;
	s->site = step_site(s->conf, c->offer.host);
	return mail_shipped(c);
}

int
desk_claim_ship(const struct desk *desk, int64_t claim, struct str note,
    int64_t now, struct err *e)
{
	static const struct desk_request nobody = {.way = DESK_MAIL};
	struct claim_step c = {.claim = {.id = claim}};
	struct step s;
	int result = -1;

	init_step(&s, desk, now, &nobody, e);
	c.s = &s;
	if (store_begin(s.store, e) == 0)
		result = step_settle(&s, ship(&c, note));
	arena_release(&s.arena);
	return result;
}
