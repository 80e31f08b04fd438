/*
 * The ways to one's own subscription: a letter with the links, for whoever
 * owns the address; those links; and a client certificate.
 */
#include "mail/desk_letter.h"
#include "mail/desk_step.h"
#include "mail/token.h"

#define LETTER_LIFE (48 * 3600)
#define AGAIN_AFTER 600

static struct str
letter_text(struct step *s, const struct store_subscriber *who)
{
	struct str leave = step_printf(s, "/leave/%.*s", STR_ARG(who->token));
	struct str lists = step_printf(s, "/lists/%.*s", STR_ARG(who->token));

	return step_printf(s,
	    "Somebody, most likely you, asked how to change or end what %.*s "
	    "sends to %.*s.\n\n"
	    "To stop everything, write an empty message to:\n%.*s\n\n"
	    "Or open this in a Gemini client:\n%.*s\n\n"
	    "To choose what to get:\n%.*s\n\n"
	    "Whoever has these links can use them, so keep them to yourself. "
	    "If it was not you, do nothing: nothing was changed.\n",
	    STR_ARG(s->site->title), STR_ARG(who->address),
	    STR_ARG(step_address(s, "leave-", who->token)),
	    STR_ARG(step_uri(s, leave)), STR_ARG(step_uri(s, lists)));
}

static int
queue_letter(struct step *s, const struct store_subscriber *who)
{
	struct desk_letter letter = {.kind = LETTER_LEAVE,
	    .subscriber = who->id,
	    .address = who->address,
	    .subject = step_printf(
		s, "Your subscription to %.*s", STR_ARG(s->site->title)),
	    .text = letter_text(s, who),
	    .now = s->now,
	    .expires = s->now + LETTER_LIFE};

	if (s->request->way == DESK_MAIL &&
	    desk_letter_is_message_id(s->request->input))
		letter.in_reply_to = s->request->input;
	if (arena_ok(&s->arena, s->e) != 0)
		return -1;
	return desk_letter_queue(s->store, &s->conf->mail, &letter, s->e);
}

/* 1 when it was asked for, also just before; 0 when it was refused; -1.
 * Whether a letter is written shows in microseconds, behind one write to the
 * disk that takes thousands of them in either case. */
static int
ask_letter(struct step *s, struct str address)
{
	struct store_asking asking = {
	    ASKED_LEAVE, address, step_network(s), s->now, false};
	struct store_subscriber who;
	struct err why = ERR_INIT;
	struct store_asked asked;
	int result;

	if (store_asked(s->store, &asked, &asking, s->e) != 0)
		return -1;
	if (asked.last > 0 && asked.last + AGAIN_AFTER > s->now)
		return 1;
	result = step_limits(s, &asked, &asking.mailed);
	if (result <= 0)
		return result;
	if (store_subscriber_find(s->store, &who, &s->arena, address, &why) !=
	    0) {
		if (why.kind != ERR_MISSING)
			return err_set(s->e, why.kind, "%s", why.msg);
		asking.mailed = false;
	}
	if (asking.mailed && queue_letter(s, &who) != 0)
		return -1;
	return store_asked_add(s->store, &asking, s->e) == 0 ? 1 : -1;
}

static int
mail_links(struct step *s)
{
	struct str address;
	int result = step_typed_address(s, &address);

	if (result <= 0)
		return result;
	if (store_begin(s->store, s->e) != 0)
		return -1;
	result = ask_letter(s, address);
	if (result <= 0) {
		store_rollback(s->store);
		return result;
	}
	if (step_settle(s, 0) != 0)
		return -1;
	step_page(s, "Check your mail");
	if (s->request->way != DESK_MAIL)
		step_say(s,
		    "If %.*s is known here, a message is on its way there "
		    "with a link that changes or ends what it gets.",
		    STR_ARG(address));
	return 0;
}

/* Fills in whose token stands in the path's second word; 1, 0 or -1. */
static int
by_token(struct step *s, struct step_person *p)
{
	char token[TOKEN_LEN + 1];
	struct err why = ERR_INIT;

	if (token_parse(token, s->word[1]) != 0)
		return step_expired(s);
	if (store_subscriber_by_token(
		s->store, &p->who, &s->arena, str_of(token), &why) != 0)
		return step_unknown(s, &why);
	s->owner = p->who.address;
	p->lists = step_printf(s, "/lists/%s", token);
	p->leave = step_printf(s, "/leave/%s", token);
	return 1;
}

int
desk_leave(struct step *s)
{
	struct step_person p;
	int result;

	if (s->words == 1)
		return mail_links(s);
	if (s->words > 4)
		return step_missing(s);
	result = by_token(s, &p);
	return result <= 0 ? result : step_leave(s, &p, 2);
}

int
desk_lists(struct step *s)
{
	struct step_person p;
	int result;

	if (s->words == 1 || s->words > 5)
		return step_missing(s);
	result = by_token(s, &p);
	return result <= 0 ? result : step_choose(s, &p, 2);
}

static int
say_nobody(struct step *s)
{
	step_page(s, "This certificate is not known yet");
	step_say(s,
	    "A certificate that your client shows while you confirm a "
	    "subscription opens this page from then on. If you are subscribed "
	    "already, subscribe again with it: nothing is sent twice.");
	step_link(s, STR("/subscribe"), "Subscribe");
	step_link(s, STR("/leave"), "Have a link mailed instead");
	return 0;
}

int
desk_me(struct step *s)
{
	struct step_person p = {.lists = STR("/me"), .leave = STR("/me/leave")};
	struct err why = ERR_INIT;

	if (s->words > 4)
		return step_missing(s);
	if (s->request->way != DESK_GEMINI)
		return step_end(s, DESK_REFUSE,
		    "This takes a client certificate, so a Gemini client");
	if (s->request->certificate.n == 0)
		return step_end(s, DESK_CERTIFICATE,
		    "Choose the certificate that you subscribed with");
	if (store_subscriber_by_certificate(s->store, &p.who, &s->arena,
		s->request->certificate, &why) != 0)
		return why.kind == ERR_MISSING
		    ? say_nobody(s)
		    : err_set(s->e, why.kind, "%s", why.msg);
	if (s->words > 1 && str_is(s->word[1], "leave"))
		return step_leave(s, &p, 2);
	return step_choose(s, &p, 1);
}

int
desk_help(struct step *s)
{
	const struct conf_mail *mail = &s->conf->mail;
	struct str none = {NULL, 0};

	step_page(s, "Writing to %.*s", STR_ARG(s->site->title));
	step_say(s, "An empty message to one of these does what it says.");
	step_say(s, "Subscribe to %.*s: %.*s", STR_ARG(mail->lists[0].title),
	    STR_ARG(step_address(s, "subscribe", none)));
	for (size_t i = 1; i < mail->list_count; i++)
		step_say(s, "Subscribe to %.*s: %.*s",
		    STR_ARG(mail->lists[i].title),
		    STR_ARG(
			step_address(s, "subscribe-", mail->lists[i].name)));
	step_say(s, "Change or end a subscription: %.*s",
	    STR_ARG(step_address(s, "leave", none)));
	step_say(s, "Have this mailed: %.*s",
	    STR_ARG(step_address(s, "help", none)));
	step_link(s, STR("/"), "Our pages, for a Gemini client");
	return 0;
}
