/*
 * A claim as its owner sees it: the form with its fields, then how it stands;
 * and what was written into it, which is sealed.
 */
#include "mail/desk_offer.h"
#include "mail/answer.h"

#include <string.h>

/*
 * What was written.
 */

static int
open_seal(struct claim_step *c)
{
	if (c->seal != NULL)
		return 0;
	return seal_open(&c->seal, c->s->conf->state.p, c->s->e);
}

bool
claim_has_field(const struct claim_step *c, struct str field)
{
	struct str ask = c->offer.ask, each;

	while (offer_next_field(&ask, &each))
		if (str_eq(each, field))
			return true;
	return false;
}

/* 1 with it, 0 without, -1. */
static int
read_value(struct claim_step *c, struct str field, struct str *value)
{
	struct step *s = c->s;
	struct buf plain;
	int result;

	if (open_seal(c) != 0)
		return -1;
	buf_init(&plain, CLAIM_FIELD_MAX + SEAL_ADDS);
	result =
	    answer_load(&plain, s->store, c->seal, c->claim.id, field, s->e);
	*value = arena_buf(&s->arena, &plain);
	buf_release(&plain);
	return result;
}

/* Lines as they were typed, each without white space around it. */
static void
put_lines(struct buf *to, struct str typed)
{
	struct str line;
	bool is_first = true;

	while (str_next_line(&typed, &line)) {
		line = str_trim(line);
		if (line.n == 0)
			continue;
		buf_puts(to, is_first ? "" : "\n");
		buf_str(to, line);
		is_first = false;
	}
}

int
claim_clean(struct buf *to, struct str field, struct str typed, struct err *why)
{
	bool is_address = str_is(field, "address");

	put_lines(to, typed);
	if (to->failed != ERR_NONE)
		return err_set(why, ERR_LIMIT, "Too long: at most %d letters",
		    CLAIM_FIELD_MAX);
	if (to->len == 0)
		return err_set(why, ERR_INPUT, "Please type something");
	if (!str_is_utf8(buf_slice(to)) || str_has_control(buf_slice(to)) ||
	    str_chr(buf_slice(to), '\0') >= 0)
		return err_set(why, ERR_INPUT, "Only text, please");
	if (is_address && to->len < 10)
		return err_set(
		    why, ERR_INPUT, "The whole postal address, please");
	return 0;
}

static int
write_now(struct claim_step *c, struct str field, struct str value)
{
	struct step *s = c->s;

	if (answer_store(s->store, c->seal, c->claim.id, field, value, s->e) !=
	    0)
		return -1;
	return store_claim_change(
	    s->store, c->claim.id, c->claim.option, c->claim.agreed, s->e);
}

int
claim_write(struct claim_step *c, struct str field, struct str value)
{
	struct step *s = c->s;
	struct str before;
	int result = read_value(c, field, &before);

	if (result < 0)
		return -1;
	if (result > 0 && str_eq(before, value))
		return 0;
	if (store_begin(s->store, s->e) != 0 ||
	    step_settle(s, write_now(c, field, value)) != 0)
		return -1;
	return claim_reload(c);
}

int
claim_missing(struct claim_step *c, struct str *missing)
{
	struct str ask = c->offer.ask, field, value;
	int has;

	*missing = c->claim.option == 0 ? STR("which one") : STR("");
	while (offer_next_field(&ask, &field)) {
		has = read_value(c, field, &value);
		if (has < 0)
			return -1;
		if (has == 0)
			*missing =
			    step_printf(c->s, "%.*s%s%.*s", STR_ARG(*missing),
				missing->n > 0 ? ", " : "", STR_ARG(field));
	}
	return 0;
}

/*
 * The form.
 */

static struct str
path_of(struct claim_step *c, const char *action)
{
	return step_printf(c->s, "/claim/%.*s/%s/%lld", STR_ARG(c->claim.token),
	    action, (long long)c->claim.revision);
}

struct str
claim_field_name(struct step *s, struct str field)
{
	struct str name = step_printf(s, "%.*s", STR_ARG(field));
	char first = name.n > 0 ? name.p[0] : '\0';

	if (first < 'a' || first > 'z')
		return name;
	return step_printf(
	    s, "%c%.*s", first & ~0x20, STR_ARG(str_sub(name, 1, name.n)));
}

/* In one line. */
static struct str
one_line(struct step *s, struct str value)
{
	struct str line, all = {NULL, 0};

	while (str_next_line(&value, &line))
		all = step_printf(s, "%.*s%s%.*s", STR_ARG(all),
		    all.n > 0 ? ", " : "", STR_ARG(line));
	return all;
}

int
claim_say_written(struct claim_step *c)
{
	struct str ask = c->offer.ask, field, value;

	if (c->s->request->way == DESK_MAIL)
		return 0;
	while (offer_next_field(&ask, &field)) {
		int has = read_value(c, field, &value);

		if (has < 0)
			return -1;
		if (has > 0)
			step_item(c->s, "%.*s: %.*s",
			    STR_ARG(claim_field_name(c->s, field)),
			    STR_ARG(one_line(c->s, value)));
	}
	return 0;
}

/* By mail nothing that was written is repeated. */
static int
say_fields(struct claim_step *c)
{
	struct str ask = c->offer.ask, field, value;

	if (c->s->request->way == DESK_MAIL)
		return 0;
	while (offer_next_field(&ask, &field)) {
		struct str name = claim_field_name(c->s, field);
		struct str action =
		    step_printf(c->s, "type/%.*s", STR_ARG(field));
		int has = read_value(c, field, &value);

		if (has < 0)
			return -1;
		step_link(c->s, path_of(c, action.p), "%.*s: %.*s",
		    STR_ARG(name),
		    STR_ARG(has > 0 ? one_line(c->s, value)
				    : STR("not written yet")));
	}
	if (claim_has_field(c, STR("sentence")))
		step_link(c->s,
		    path_of(c, c->claim.agreed ? "agree/no" : "agree/yes"),
		    c->claim.agreed
			? "You may publish my sentence: yes (change to no)"
			: "You may publish my sentence: no (change to yes)");
	return 0;
}

static void
say_option(struct claim_step *c, const struct store_option *o)
{
	struct str action = step_printf(c->s, "take/%lld", (long long)o->id);
	int64_t left = store_option_left(o);

	if (o->id == c->claim.option)
		step_item(c->s, "%.*s: this one", STR_ARG(o->name));
	else if (left > 0)
		step_link(c->s, path_of(c, action.p), "Take %.*s: %lld left",
		    STR_ARG(o->name), (long long)left);
	else if (o->stock > 0)
		step_link(c->s, path_of(c, action.p),
		    "Wait for %.*s: all gone, %lld waiting", STR_ARG(o->name),
		    (long long)o->waiting);
}

/* What goes in clear is said before anything is typed. */
static void
say_clear(struct claim_step *c)
{
	struct step *s = c->s;
	struct str path =
	    step_printf(s, "/claim/%.*s", STR_ARG(c->claim.token));

	if (s->request->way != DESK_GOPHER)
		return;
	step_say(s,
	    "By Gopher, what you type goes over the net in clear text, and "
	    "can be read on its way. The same form, encrypted, for a Gemini "
	    "client:");
	/* As code: a link would be made one to here, in Gopher. */
	buf_puts(s->text, "    ");
	buf_str(s->text, step_uri(s, path));
	buf_puts(s->text, "\n\n");
}

static int
say_end(struct claim_step *c)
{
	struct step *s = c->s;
	const struct store_option *o =
	    store_offer_option(&c->offer, c->claim.option);
	struct str missing;

	if (claim_missing(c, &missing) != 0)
		return -1;
	if (missing.n > 0)
		step_say(s, "Still missing: %.*s.", STR_ARG(missing));
	else if (o != NULL && store_option_left(o) == 0)
		step_link(s, path_of(c, "wait"),
		    "Put me on the waiting list for %.*s", STR_ARG(o->name));
	else
		step_link(s, path_of(c, "send"), "Send my claim");
	return 0;
}

static int
show_form(struct claim_step *c)
{
	struct step *s = c->s;

	step_page(s, "Claim: %.*s", STR_ARG(c->offer.item));
	say_clear(c);
	if (c->was_gone)
		step_say(s,
		    "Somebody else was quicker: %.*s is gone. Take another, or "
		    "wait in line for it.",
		    STR_ARG(c->claim.option_name));
	step_say(s, "For %.*s. It is yours when it is sent, and not before.",
	    STR_ARG(c->claim.address));
	for (size_t i = 0; i < c->offer.option_count; i++)
		say_option(c, &c->offer.option[i]);
	if (say_fields(c) != 0)
		return -1;
	return say_end(c);
}

/*
 * How it stands.
 */

static int
say_waiting(struct claim_step *c)
{
	struct step *s = c->s;
	int64_t before;

	if (store_claim_before(s->store, &c->claim, &before, s->e) != 0)
		return -1;
	step_page(s, "You are on the waiting list");
	step_say(s,
	    "%.*s %.*s: %lld before you. When it is your turn, one is yours, "
	    "and a message to %.*s says so.",
	    STR_ARG(c->offer.item), STR_ARG(c->claim.option_name),
	    (long long)before, STR_ARG(c->claim.address));
	return 0;
}

static void
say_taken(struct claim_step *c)
{
	struct step *s = c->s;

	step_page(s, c->has_one ? "You have one already" : "It is yours");
	step_say(s, "%.*s %.*s: yours, %lld of %lld.", STR_ARG(c->offer.item),
	    STR_ARG(c->claim.option_name), (long long)c->claim.number,
	    (long long)store_offer_stock(&c->offer));
}

static void
say_unconfirmed(struct claim_step *c)
{
	struct step *s = c->s;
	int64_t until = c->claim.expires - c->claim.expires % 60;

	step_say(s,
	    "One thing is left: a message is on its way to %.*s. Its link or "
	    "a reply to it, until %.*s, says that the address is yours; else "
	    "this passes on to somebody else. From then on its link leads "
	    "here, and no other.",
	    STR_ARG(c->claim.address), STR_ARG(step_date(s, until)));
}

/* What can still be changed. By mail nothing that was written is repeated. */
static int
say_rest(struct claim_step *c)
{
	struct step *s = c->s;
	bool is_mail = s->request->way == DESK_MAIL;

	if (c->claim.confirmed == 0)
		say_unconfirmed(c);
	if (is_mail) {
		step_link(s,
		    step_printf(s, "/claim/%.*s", STR_ARG(c->claim.token)),
		    "To look at it or change it");
		step_write_to(
		    s, "withdraw-", c->claim.token, "To give it back");
		return 0;
	}
	say_clear(c);
	if (say_fields(c) != 0)
		return -1;
	step_link(s,
	    step_printf(s, "/claim/%.*s/withdraw", STR_ARG(c->claim.token)),
	    "I do not want it any more");
	return 0;
}

static void
say_over(struct claim_step *c, const char *title, const char *how)
{
	struct step *s = c->s;

	step_page(s, "%s", title);
	step_say(s, "%.*s %.*s: %s", STR_ARG(c->offer.item),
	    STR_ARG(c->claim.option_name), how);
	if (c->is_open)
		step_link(s,
		    step_printf(s, "/claim/%.*s", STR_ARG(c->offer.page)),
		    "Claim: %.*s", STR_ARG(c->offer.item));
}

static void
say_shipped(struct claim_step *c)
{
	struct step *s = c->s;

	step_page(s, "It is on its way");
	step_say(s, "%.*s %.*s was sent on %.*s.", STR_ARG(c->offer.item),
	    STR_ARG(c->claim.option_name),
	    STR_ARG(step_day(s, c->claim.changed)));
	if (c->claim.note.n > 0)
		step_say(s, "%.*s", STR_ARG(c->claim.note));
}

int
claim_show(struct claim_step *c)
{
	switch (c->claim.state) {
	case CLAIM_WAITING:
		return say_waiting(c) != 0 ? -1 : say_rest(c);
	case CLAIM_TAKEN:
		say_taken(c);
		return say_rest(c);
	case CLAIM_SHIPPED:
		say_shipped(c);
		return 0;
	case CLAIM_WITHDRAWN:
		say_over(c, "You have given it back",
		    "it passes on to somebody else. Thank you.");
		return 0;
	case CLAIM_EXPIRED:
		say_over(c, "This claim is over",
		    "it was not confirmed in time, or another one was, and "
		    "has passed on.");
		return 0;
	case CLAIM_DRAFT:
	case CLAIM_STATES:
		break;
	}
	if (c->is_open && c->claim.expires > c->s->now)
		return show_form(c);
	say_over(c, "This form is closed",
	    c->is_open ? "it was left alone too long."
		       : "this offer is closed.");
	return 0;
}
