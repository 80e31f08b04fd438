/*
 * Subscribing: an address is asked for, and a letter goes there with a link, a
 * code and an address to reply to, each of which confirms. Whatever is known
 * of the address, what is answered here is the same, and as much is written to
 * the store.
 */
#include "mail/desk_letter.h"
#include "mail/desk_step.h"
#include "mail/token.h"

#define REQUEST_LIFE (48 * 3600)
/* What is asked for again sooner is a page that was loaded again. */
#define AGAIN_AFTER 600

/* Many have one list, called as they are. */
static struct str
list_of_whom(struct step *s, const struct conf_list *list)
{
	if (str_eq(list->title, s->site->title))
		return list->title;
	return step_printf(s, "\"%.*s\" of %.*s", STR_ARG(list->title),
	    STR_ARG(s->site->title));
}

static struct str
letter_text(
    struct step *s, const struct store_request *r, const struct conf_list *list)
{
	struct str link = step_printf(s, "/c/%.*s", STR_ARG(r->token));
	struct str what = list_of_whom(s, list);
	struct str until = step_date(s, r->expires - r->expires % 60);
	struct str reply = STR("Reply");

	/* Who asked by mail has no page to type it on. */
	if (s->request->way != DESK_MAIL)
		reply = step_printf(s,
		    "Type this code on the page where you asked: %.*s\n\n"
		    "Or reply",
		    STR_ARG(r->code));
	return step_printf(s,
	    "Somebody, most likely you, asked to subscribe %.*s to %.*s.\n\n"
	    "If that was you, do one of these until %.*s:\n\n"
	    "%.*s to this message, whatever you write.\n\n"
	    "Or open this in a Gemini client:\n%.*s\n\n"
	    "If you are subscribed already, this changes nothing.\n\n"
	    "If it was not you, do nothing: then nothing more is sent, and the "
	    "address is forgotten.\n",
	    STR_ARG(r->address), STR_ARG(what), STR_ARG(until), STR_ARG(reply),
	    STR_ARG(step_uri(s, link)));
}

static int
queue_letter(
    struct step *s, const struct store_request *r, const struct conf_list *list)
{
	struct desk_letter letter = {.kind = LETTER_CONFIRM,
	    .address = r->address,
	    .subject =
		step_printf(s, "Subscribe to %.*s?", STR_ARG(list->title)),
	    .text = letter_text(s, r, list),
	    .reply_to = step_address(s, "confirm-", r->token),
	    .now = s->now,
	    .expires = r->expires};

	if (s->request->way == DESK_MAIL &&
	    desk_letter_is_message_id(s->request->input))
		letter.in_reply_to = s->request->input;
	if (arena_ok(&s->arena, s->e) != 0)
		return -1;
	return desk_letter_queue(s->store, &s->conf->mail, &letter, s->e);
}

static int
make_request(struct step *s, struct store_request *r, struct str address,
    const struct conf_list *list)
{
	char name[TOKEN_LEN + 1], token[TOKEN_LEN + 1];
	char code[TOKEN_CODE_LEN + 1];

	if (token_new(name, s->e) != 0 || token_new(token, s->e) != 0 ||
	    token_code_new(code, s->e) != 0)
		return -1;
	*r = (struct store_request){
	    .name = arena_str(&s->arena, str_of(name)),
	    .token = arena_str(&s->arena, str_of(token)),
	    .code = arena_str(&s->arena, str_of(code)),
	    .address = address,
	    .list = list->name,
	    .way = step_way(s),
	    .network = step_network(s),
	    .at = s->now,
	    .expires = s->now + REQUEST_LIFE,
	};
	if (arena_ok(&s->arena, s->e) != 0)
		return -1;
	return store_request_add(s->store, r, s->e);
}

/* The request that is open, or a new one: 1 when it is to be written about
 * now, 0 when it was a moment ago, -1. */
static int
find_request(struct step *s, struct store_request *r, struct str address,
    const struct conf_list *list)
{
	struct err why = ERR_INIT;

	if (store_request_open(s->store, r, &s->arena, address, list->name,
		s->now, &why) == 0) {
		if (r->again + AGAIN_AFTER > s->now)
			return 0;
		return store_request_again(s->store, r->id, s->now, s->e) == 0
		    ? 1
		    : -1;
	}
	if (why.kind != ERR_MISSING)
		return err_set(s->e, why.kind, "%s", why.msg);
	return make_request(s, r, address, list) == 0 ? 1 : -1;
}

/* 1 with a request, 0 when there are too many, -1. */
static int
request_for(struct step *s, struct store_request *r, struct str address,
    const struct conf_list *list)
{
	struct store_asking asking = {
	    ASKED_SUBSCRIBE, address, step_network(s), s->now, false};
	struct store_asked asked;
	int result;

	if (store_asked(s->store, &asked, &asking, s->e) != 0)
		return -1;
	result = find_request(s, r, address, list);
	if (result <= 0)
		return result == 0 ? 1 : -1;
	result = step_limits(s, &asked, &asking.mailed);
	if (result <= 0)
		return result;
	if (store_asked_add(s->store, &asking, s->e) != 0 ||
	    (asking.mailed && queue_letter(s, r, list) != 0))
		return -1;
	return 1;
}

static int
say_written(struct step *s, const struct store_request *r, struct str address,
    const struct conf_list *list)
{
	if (s->request->way == DESK_MAIL)
		return step_page(s, "Subscribe to %.*s?", STR_ARG(list->title));
	step_page(s, "Check your mail");
	step_say(s,
	    "A message is on its way to %.*s. The code in it, its link or a "
	    "reply to it subscribes you to %.*s.",
	    STR_ARG(address), STR_ARG(list->title));
	step_link(
	    s, step_printf(s, "/code/%.*s", STR_ARG(r->name)), "Type the code");
	step_say(s,
	    "Nothing there after ten minutes? Look where your mail program "
	    "puts spam, then ask again. One address gets at most four such "
	    "messages a day.");
	return 0;
}

int
desk_subscribe(struct step *s)
{
	const struct conf_list *list = &s->conf->mail.lists[0];
	struct store_request r = {0};
	struct str address;
	int result;

	if (s->words > 2 ||
	    (s->words == 2 && (list = step_list(s, s->word[1])) == NULL))
		return step_missing(s);
	result = step_typed_address(s, &address);
	if (result <= 0)
		return result;
	if (store_begin(s->store, s->e) != 0)
		return -1;
	result = request_for(s, &r, address, list);
	/* What was refused for its number leaves nothing behind. */
	if (result <= 0) {
		store_rollback(s->store);
		return result;
	}
	if (step_settle(s, 0) != 0)
		return -1;
	return say_written(s, &r, address, list);
}

static int
say_subscribed(struct step *s, struct step_person *p)
{
	struct str titles;

	if (step_person(s, p) != 0)
		return -1;
	titles = step_titles(s, p);
	if (titles.n == 0) {
		step_page(s, "You are not subscribed");
		step_say(s, "That was confirmed once, and has changed since.");
		step_link(s, p->lists, "Choose what to get");
		return 0;
	}
	step_page(s, "You are subscribed");
	step_say(s, "%.*s is subscribed to %.*s.", STR_ARG(p->who.address),
	    STR_ARG(titles));
	step_link(s, p->lists, "Choose what to get, or stop");
	step_write_to(s, "leave-", p->who.token, "Stop everything");
	if (s->request->certificate.n > 0)
		step_link(
		    s, STR("/me"), "The same by your certificate, any time");
	return 0;
}

static int
join(struct step *s, const struct store_request *r, struct str list,
    const char *how)
{
	struct str asked = step_record_of(s, r->way, r->network, r->at);
	struct str consent =
	    step_printf(s, "asked %.*s, confirmed with %s %.*s", STR_ARG(asked),
		how, STR_ARG(step_record(s)));

	return step_join(s, r->address, list, consent);
}

static int
bind_certificate(struct step *s, const struct step_person *p)
{
	if (s->request->certificate.n == 0)
		return 0;
	return store_certificate_bind(
	    s->store, s->request->certificate, p->who.id, s->now, s->e);
}

static int
confirm(struct step *s, const struct store_request *r, const char *how,
    bool all, struct step_person *p)
{
	const struct conf_mail *mail = &s->conf->mail;

	for (size_t i = 0; i < mail->list_count; i++)
		if ((all || str_eq(mail->lists[i].name, r->list)) &&
		    join(s, r, mail->lists[i].name, how) != 0)
			return -1;
	if (store_subscriber_find(
		s->store, &p->who, &s->arena, r->address, s->e) != 0 ||
	    bind_certificate(s, p) != 0)
		return -1;
	return store_request_confirmed(s->store, r->id, s->now, s->e);
}

static void
set_paths(struct step *s, struct step_person *p)
{
	p->lists = step_printf(s, "/lists/%.*s", STR_ARG(p->who.token));
	p->leave = step_printf(s, "/leave/%.*s", STR_ARG(p->who.token));
}

/* Does what a request asks for, once. */
static int
do_confirm(
    struct step *s, const struct store_request *r, const char *how, bool all)
{
	struct step_person p;
	struct err why = ERR_INIT;

	if (r->confirmed == 0) {
		if (step_list(s, r->list) == NULL)
			return step_expired(s);
		if (store_begin(s->store, s->e) != 0 ||
		    step_settle(s, confirm(s, r, how, all, &p)) != 0)
			return -1;
	} else if (store_subscriber_find(
		       s->store, &p.who, &s->arena, r->address, &why) != 0) {
		return step_unknown(s, &why);
	}
	set_paths(s, &p);
	return say_subscribed(s, &p);
}

static int
wrong_code(struct step *s, const struct store_request *r, struct str code)
{
	int left = REQUEST_TRIES - r->tries;

	if (!str_eq(code, r->wrong)) {
		if (store_request_wrong(s->store, r->id, code, s->e) != 0)
			return -1;
		left--;
	}
	if (left > 0)
		return step_end(s, DESK_ASK, "Not that one. %d %s left", left,
		    left > 1 ? "tries" : "try");
	step_page(s, "Too many wrong codes");
	step_say(s,
	    "This code takes no more tries. The link in the message still "
	    "works, and so does a reply to it; or ask for a new message.");
	step_link(s, STR("/subscribe"), "Subscribe");
	return 0;
}

int
desk_code(struct step *s)
{
	char name[TOKEN_LEN + 1], code[TOKEN_CODE_LEN + 1];
	struct err why = ERR_INIT;
	struct store_request r;

	if (s->words != 2)
		return step_missing(s);
	if (token_parse(name, s->word[1]) != 0)
		return step_expired(s);
	if (!s->request->has_input)
		return step_end(s, DESK_ASK, "The six digits in the message");
	if (token_code_parse(code, s->request->input) != 0)
		return step_end(s, DESK_ASK, "Six digits, please");
	if (store_request_by_name(
		s->store, &r, &s->arena, str_of(name), s->now, &why) != 0)
		return step_unknown(s, &why);
	if (r.tries < REQUEST_TRIES && str_eq_secret(str_of(code), r.code))
		return do_confirm(s, &r, "the code", false);
	return wrong_code(s, &r, str_of(code));
}

static int
ask_confirm(struct step *s, const struct store_request *r)
{
	const struct conf_list *list = step_list(s, r->list);
	const struct conf_mail *mail = &s->conf->mail;

	if (list == NULL)
		return step_expired(s);
	step_page(s, "Subscribe to %.*s?", STR_ARG(list->title));
	step_say(s, "Messages will go to %.*s.", STR_ARG(r->address));
	step_link(s, step_printf(s, "/c/%.*s/yes", STR_ARG(r->token)),
	    "Yes, subscribe me");
	if (mail->list_count > 1)
		step_link(s, step_printf(s, "/c/%.*s/all", STR_ARG(r->token)),
		    "Yes, and to these as well:");
	for (size_t i = 0; mail->list_count > 1 && i < mail->list_count; i++)
		if (&mail->lists[i] != list)
			step_item(s, "%.*s", STR_ARG(mail->lists[i].title));
	step_say(s, "If you did not ask for this, close this page.");
	return 0;
}

int
desk_confirm(struct step *s)
{
	bool all = s->words == 3 && str_is(s->word[2], "all");
	bool yes = s->words == 3 && str_is(s->word[2], "yes");
	char token[TOKEN_LEN + 1];
	struct err why = ERR_INIT;
	struct store_request r;

	if (s->words < 2 || s->words > 3 || (s->words == 3 && !all && !yes))
		return step_missing(s);
	if (token_parse(token, s->word[1]) != 0)
		return step_expired(s);
	if (store_request_by_token(
		s->store, &r, &s->arena, str_of(token), s->now, &why) != 0)
		return step_unknown(s, &why);
	s->owner = r.address;
	if (r.confirmed == 0 && !all && !yes)
		return ask_confirm(s, &r);
	return do_confirm(
	    s, &r, s->request->way == DESK_MAIL ? "a reply" : "the link", all);
}
