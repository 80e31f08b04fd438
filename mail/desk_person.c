/*
 * Somebody who has shown who they are, by the token of a message or by their
 * certificate: what they are subscribed to, and changing it.
 *
 * Clients keep pages, so each link that changes something ends in the time of
 * its page: it is a fresh address each time, and one that is older than what
 * was changed since shows how things are and changes nothing.
 */
#include "mail/desk_step.h"

int
step_person(struct step *s, struct step_person *p)
{
	struct store_member_query query = {.subscriber = p->who.id};
	struct store_member_cursor after = {0};

	p->changed = 0;
	if (store_members(s->store, &query, &after, &s->arena, p->member,
		STEP_LISTS_MAX, &p->count, s->e) != 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		if (p->member[i].since > p->changed)
			p->changed = p->member[i].since;
	return 0;
}

/* NULL when they are no member. */
static const struct store_member *
member_of(const struct step_person *p, struct str list)
{
	for (size_t i = 0; i < p->count; i++)
		if (str_eq(p->member[i].list, list))
			return &p->member[i];
	return NULL;
}

/* Whether a link of a page made at the time in that word of the path is older
 * than what has changed since. A path without one is never. */
static bool
is_stale(const struct step *s, const struct step_person *p, size_t word)
{
	int64_t at =
	    word < s->words ? str_number(s->word[word], INT64_MAX) : -1;

	return at >= 0 && at < p->changed;
}

static void
say_link(struct step *s, const struct step_person *p, const char *what,
    struct str list, const char *label, struct str title)
{
	struct str path = step_printf(s, "%.*s/%s/%.*s/%lld", STR_ARG(p->lists),
	    what, STR_ARG(list), (long long)s->now);

	step_link(s, path, "%s %.*s", label, STR_ARG(title));
}

static void
say_list(
    struct step *s, const struct step_person *p, const struct conf_list *list)
{
	const struct store_member *m = member_of(p, list->name);
	struct str since = m != NULL ? step_day(s, m->since) : list->name;

	if (m != NULL && m->state == MEMBER_ACTIVE) {
		step_item(s, "%.*s: subscribed since %.*s",
		    STR_ARG(list->title), STR_ARG(since));
		say_link(s, p, "off", list->name, "Stop", list->title);
	} else if (m != NULL && m->state == MEMBER_SUSPENDED) {
		step_item(s,
		    "%.*s: paused since %.*s, because mail came back: %.*s",
		    STR_ARG(list->title), STR_ARG(since), STR_ARG(m->why));
		say_link(s, p, "on", list->name, "Try again:", list->title);
	} else {
		step_item(s, "%.*s: not subscribed", STR_ARG(list->title));
		say_link(s, p, "on", list->name, "Subscribe to", list->title);
	}
}

struct str
step_titles(struct step *s, const struct step_person *p)
{
	struct str all = {NULL, 0};

	for (size_t i = 0; i < s->conf->mail.list_count; i++) {
		const struct conf_list *list = &s->conf->mail.lists[i];
		const struct store_member *m = member_of(p, list->name);

		if (m == NULL || m->state != MEMBER_ACTIVE)
			continue;
		all = step_printf(s, "%.*s%s%.*s", STR_ARG(all),
		    all.n > 0 ? ", " : "", STR_ARG(list->title));
	}
	return all;
}

/* All lists and how they stand there, with links to change it. */
static void
say_lists(struct step *s, const struct step_person *p)
{
	step_say(s, "What %.*s gets:", STR_ARG(p->who.address));
	for (size_t i = 0; i < s->conf->mail.list_count; i++)
		say_list(s, p, &s->conf->mail.lists[i]);
}

int
step_join(
    struct step *s, struct str address, struct str list, struct str consent)
{
	struct store_entry entry = {
	    MEMBER_ACTIVE, step_way(s), s->now, consent, {NULL, 0}};
	struct store_member m = {.subscriber = {.address = address},
	    .list = list,
	    .state = MEMBER_ACTIVE,
	    .way = step_way(s),
	    .since = s->now,
	    .consent = consent};
	enum member_state was = MEMBER_ACTIVE;
	enum member_outcome outcome;
	struct store_subscriber who;

	if (store_suppression_lift(s->store, address, s->e) != 0 ||
	    store_member_add(s->store, &m, &outcome, &was, s->e) != 0)
		return -1;
	if (outcome == OUTCOME_ADDED || was == MEMBER_ACTIVE)
		return 0;
	if (store_subscriber_find(s->store, &who, &s->arena, address, s->e) !=
	    0)
		return -1;
	return store_member_enter(s->store, who.id, list, &entry, s->e);
}

static int
quit(struct step *s, const struct step_person *p, struct str list)
{
	const struct store_entry entry = {.state = MEMBER_LEFT,
	    .way = step_way(s),
	    .at = s->now,
	    .why = step_printf(s, "left %.*s", STR_ARG(step_record(s)))};

	if (member_of(p, list) == NULL)
		return 0;
	return store_member_enter(s->store, p->who.id, list, &entry, s->e);
}

static int
say_choice(struct step *s, struct step_person *p)
{
	if (step_person(s, p) != 0)
		return -1;
	step_page(s, "Your subscriptions");
	say_lists(s, p);
	step_link(s, p->leave, "Stop everything");
	step_write_to(s, "leave-", p->who.token, "Stop everything");
	return 0;
}

int
step_choose(struct step *s, struct step_person *p, size_t at)
{
	bool on = at < s->words && str_is(s->word[at], "on");
	const struct conf_list *list;
	struct str consent;
	int result;

	if (at == s->words)
		return say_choice(s, p);
	if ((!on && !str_is(s->word[at], "off")) || at + 1 >= s->words ||
	    (list = step_list(s, s->word[at + 1])) == NULL)
		return step_missing(s);
	if (step_person(s, p) != 0)
		return -1;
	if (!is_stale(s, p, at + 2)) {
		consent =
		    step_printf(s, "chosen %.*s", STR_ARG(step_record(s)));
		if (store_begin(s->store, s->e) != 0)
			return -1;
		result = on ? step_join(s, p->who.address, list->name, consent)
			    : quit(s, p, list->name);
		if (step_settle(s, result) != 0)
			return -1;
	}
	return say_choice(s, p);
}

static int
leave_all(struct step *s, const struct step_person *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (quit(s, p, p->member[i].list) != 0)
			return -1;
	return 0;
}

/* Back on whatever was left in one step, so at one time; nothing when anything
 * else was changed after that. */
static int
undo(struct step *s, const struct step_person *p)
{
	struct str consent =
	    step_printf(s, "took leaving back %.*s", STR_ARG(step_record(s)));

	for (size_t i = 0; i < p->count; i++)
		if (p->member[i].state == MEMBER_LEFT &&
		    p->member[i].since == p->changed &&
		    step_join(s, p->who.address, p->member[i].list, consent) !=
			0)
			return -1;
	return 0;
}

static int
say_left(struct step *s, struct step_person *p)
{
	struct str path = step_printf(
	    s, "%.*s/undo/%lld", STR_ARG(p->leave), (long long)s->now);

	if (step_person(s, p) != 0)
		return -1;
	if (step_titles(s, p).n > 0) {
		step_page(s, "You are subscribed");
		say_lists(s, p);
		step_link(s, p->leave, "Stop everything");
		step_write_to(s, "leave-", p->who.token, "Stop everything");
		return 0;
	}
	step_page(s, "You get no more mail");
	step_say(
	    s, "Nothing is sent to %.*s any more.", STR_ARG(p->who.address));
	step_link(s, path, "Take it back");
	step_write_to(s, "undo-", p->who.token, "Take it back");
	step_link(s, p->lists, "Choose what to get");
	return 0;
}

static bool
is_suspended(const struct step_person *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->member[i].state == MEMBER_SUSPENDED)
			return true;
	return false;
}

static int
ask_leave(struct step *s, struct step_person *p)
{
	struct str path = step_printf(
	    s, "%.*s/yes/%lld", STR_ARG(p->leave), (long long)s->now);
	struct str titles = step_titles(s, p);

	if (titles.n == 0 && !is_suspended(p))
		return say_left(s, p);
	step_page(s, "Really stop?");
	if (titles.n > 0)
		step_say(s, "%.*s is subscribed to %.*s.",
		    STR_ARG(p->who.address), STR_ARG(titles));
	else
		step_say(s, "Mail to %.*s came back, so none is sent just now.",
		    STR_ARG(p->who.address));
	step_link(s, path, "Yes, stop everything");
	step_write_to(s, "leave-", p->who.token, "Stop everything");
	step_link(s, p->lists, "No, choose what to get");
	return 0;
}

int
step_leave(struct step *s, struct step_person *p, size_t at)
{
	bool yes = at < s->words && str_is(s->word[at], "yes");
	int result;

	if (at < s->words && !yes && !str_is(s->word[at], "undo"))
		return step_missing(s);
	if (step_person(s, p) != 0)
		return -1;
	if (at == s->words)
		return ask_leave(s, p);
	if (!is_stale(s, p, at + 1)) {
		if (store_begin(s->store, s->e) != 0)
			return -1;
		result = yes ? leave_all(s, p) : undo(s, p);
		if (step_settle(s, result) != 0)
			return -1;
	}
	return say_left(s, p);
}
