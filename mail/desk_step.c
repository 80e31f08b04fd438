#include "mail/desk_step.h"
#include "base/clock.h"
#include "base/conf_check.h"
#include "base/uri.h"
#include "content/md.h"
#include "mail/desk_letter.h"
#include "mail/mailbox.h"
#include "mail/message.h"
#include "mail/store_letter.h"
#include "mail/words.h"

#include <stdarg.h>

#define LINE_MAX_BYTES 4096
#define GEMINI_PORT 1965

static bool
is_mail(const struct step *s)
{
	return s->request->way == DESK_MAIL;
}

/* Appends what fmt says as text: Markdown's signs in it are not. */
static void
put(struct step *s, const char *fmt, va_list ap)
{
	struct buf line;

	if (is_mail(s)) {
		buf_vprintf(s->text, fmt, ap);
		return;
	}
	buf_init(&line, LINE_MAX_BYTES);
	buf_vprintf(&line, fmt, ap);
	md_escape(s->text, buf_slice(&line));
	if (line.failed)
		s->text->failed = line.failed;
	buf_release(&line);
}

int
step_end(struct step *s, enum desk_kind kind, const char *fmt, ...)
{
	va_list ap;

	s->kind = kind;
	va_start(ap, fmt);
	buf_vprintf(s->text, fmt, ap);
	va_end(ap);
	return 0;
}

int
step_missing(struct step *s)
{
	return step_end(s, DESK_MISSING,
	    "Nothing is here. /subscribe and /leave are forms.");
}

int
step_page(struct step *s, const char *fmt, ...)
{
	va_list ap;

	s->kind = DESK_SHOW;
	va_start(ap, fmt);
	buf_vprintf(s->title, fmt, ap);
	va_end(ap);
	return 0;
}

void
step_say(struct step *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(s, fmt, ap);
	va_end(ap);
	buf_puts(s->text, "\n\n");
}

void
step_heading(struct step *s, const char *text)
{
	buf_printf(s->text, is_mail(s) ? "%s\n\n" : "## %s\n\n", text);
}

void
step_item(struct step *s, const char *fmt, ...)
{
	va_list ap;

	buf_puts(s->text, "* ");
	va_start(ap, fmt);
	put(s, fmt, ap);
	va_end(ap);
	buf_puts(s->text, "\n\n");
}

void
step_link(struct step *s, struct str path, const char *fmt, ...)
{
	va_list ap;

	/* Links that follow each other are one list, and no item's. */
	buf_puts(s->text, is_mail(s) ? "" : "- [");
	va_start(ap, fmt);
	put(s, fmt, ap);
	va_end(ap);
	if (is_mail(s)) {
		buf_puts(s->text, ":\n");
		buf_str(s->text, step_uri(s, path));
	} else {
		buf_puts(s->text, "](");
		uri_encode_path(s->text, path);
		buf_putc(s->text, ')');
	}
	buf_puts(s->text, "\n\n");
}

void
step_write_to(
    struct step *s, const char *what, struct str token, const char *label)
{
	if (!is_mail(s))
		return;
	buf_printf(s->text, "%s, by an empty message to:\n", label);
	buf_str(s->text, step_address(s, what, token));
	buf_puts(s->text, "\n\n");
}

struct str
step_printf(struct step *s, const char *fmt, ...)
{
	struct str result = {NULL, 0};
	struct buf line;
	va_list ap;

	buf_init(&line, LINE_MAX_BYTES);
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	result = arena_buf(&s->arena, &line);
	buf_release(&line);
	return result;
}

/* What a buffer holds, in the arena. */
static struct str
keep(struct step *s, struct buf *b)
{
	struct str result = arena_str(&s->arena, buf_slice(b));

	buf_release(b);
	return result;
}

struct str
step_uri(struct step *s, struct str path)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	buf_printf(&b, "gemini://%.*s", STR_ARG(s->site->host));
	if (s->conf->gemini_port != GEMINI_PORT)
		buf_printf(&b, ":%d", s->conf->gemini_port);
	uri_encode_path(&b, path);
	return keep(s, &b);
}

struct str
step_address(struct step *s, const char *what, struct str token)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	message_address(&b, &s->conf->mail, what, token);
	return keep(s, &b);
}

struct str
step_date(struct step *s, int64_t at)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	words_instant(&b, at);
	return keep(s, &b);
}

struct str
step_day(struct step *s, int64_t at)
{
	return str_sub(step_date(s, at), 0, sizeof "2012-04-03" - 1);
}

const struct conf_list *
step_list(const struct step *s, struct str name)
{
	for (size_t i = 0; i < s->conf->mail.list_count; i++)
		if (str_eq(s->conf->mail.lists[i].name, name))
			return &s->conf->mail.lists[i];
	return NULL;
}

enum member_way
step_way(const struct step *s)
{
	static const enum member_way ways[DESK_WAYS] = {
	    [DESK_GEMINI] = WAY_GEMINI,
	    [DESK_GOPHER] = WAY_GOPHER,
	    [DESK_MAIL] = WAY_MAIL,
	};

	return ways[s->request->way];
}

struct str
step_network(const struct step *s)
{
	return is_mail(s) ? (struct str){NULL, 0} : s->request->network;
}

struct str
step_record_of(
    struct step *s, enum member_way way, struct str network, int64_t at)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	buf_printf(&b, "by %s", member_way_name(way));
	if (network.n > 0)
		buf_printf(&b, " from %.*s", STR_ARG(network));
	buf_puts(&b, " at ");
	date_rfc3339(&b, at);
	return keep(s, &b);
}

struct str
step_record(struct step *s)
{
	return step_record_of(s, step_way(s), step_network(s), s->now);
}

int
step_settle(struct step *s, int result)
{
	if (result == 0)
		return store_commit(s->store, s->e);
	store_rollback(s->store);
	return -1;
}

/* Mail to it would come to us, and be answered. */
static bool
is_ours(const struct step *s, struct str address)
{
	struct str own = from_address(s->conf->mail.from);
	struct str local = mailbox_local(address);
	ptrdiff_t plus = str_chr(local, '+');

	if (plus >= 0)
		local = str_sub(local, 0, (size_t)plus);
	return str_eq_nocase(local, mailbox_local(own)) &&
	    str_eq_nocase(mailbox_domain(address), mailbox_domain(own));
}

/* In the few words that a client's prompt shows, and without a sign at their
 * end, since clients put their own there. */
static int
ask_again(struct step *s, struct str typed, struct err *why)
{
	enum desk_kind kind = is_mail(s) ? DESK_REFUSE : DESK_ASK;

	if (typed.n == 0)
		return step_end(s, kind, "Your e-mail address");
	if (str_chr(typed, '@') < 0)
		return step_end(s, kind, "No \"@\" in it. Your e-mail address");
	if (why->msg[0] >= 'a' && why->msg[0] <= 'z')
		why->msg[0] &= ~0x20;
	return step_end(s, kind, "%s. Your e-mail address", why->msg);
}

int
step_typed_address(struct step *s, struct str *address)
{
	struct str typed =
	    is_mail(s) ? s->request->network : str_trim(s->request->input);
	struct err why = ERR_INIT;
	struct buf b;

	if (!is_mail(s) && !s->request->has_input)
		return step_end(s, DESK_ASK, "Your e-mail address");
	buf_init(&b, MAILBOX_MAX + LINE_MAX_BYTES);
	if (mailbox_normalise(&b, typed, &why) != 0) {
		buf_release(&b);
		return ask_again(s, typed, &why);
	}
	*address = keep(s, &b);
	if (arena_ok(&s->arena, s->e) != 0)
		return -1;
	if (is_ours(s, *address))
		return step_end(s, is_mail(s) ? DESK_REFUSE : DESK_ASK,
		    "That address is ours. Type yours");
	return 1;
}

int
step_limits(struct step *s, const struct store_asked *asked, bool *may_mail)
{
	*may_mail = asked->to_address < ASKED_TO_ADDRESS_MAX;
	if (!*may_mail)
		s->unsent = DESK_LETTER_HAD_MANY;
	if (asked->from_network >= ASKED_FROM_NETWORK_MAX)
		return step_end(s, DESK_REFUSE,
		    "Too much was asked from your network: try in an hour");
	if (asked->in_all >= ASKED_IN_ALL_MAX)
		return step_end(s, DESK_LATER,
		    "Very many are asking just now: try in an hour");
	/* For everybody alike, whether a letter would be written or not. */
	if (store_letters_room(s->store, s->e) != 0)
		return -1;
	return 1;
}

int
step_expired(struct step *s)
{
	step_page(s, "This link does not work any more");
	step_say(s,
	    "It is too old, or a part of it is missing. Nothing was changed.");
	step_link(s, STR("/subscribe"), "Subscribe");
	step_link(s, STR("/leave"),
	    "Have a link mailed that changes or ends "
	    "a subscription");
	step_write_to(
	    s, "help", (struct str){NULL, 0}, "Have all commands mailed");
	return 0;
}

int
step_unknown(struct step *s, const struct err *why)
{
	if (why->kind == ERR_MISSING)
		return step_expired(s);
	return err_set(s->e, why->kind, "%s", why->msg);
}
