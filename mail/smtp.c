#include "mail/smtp.h"

#include "base/log.h"
#include "mail/mailbox.h"
#include "mail/smtp_line.h"
#include "mail/smtp_relay.h"
#include "mail/smtp_reply.h"
#include "mail/smtp_tls.h"
#include "mail/smtp_watch.h"
#include "mail/transport.h"

#include <openssl/ssl.h> /* before libesmtp.h, which looks whether it is here */

#include <auth-client.h>
#include <libesmtp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CONNECT_PATIENCE 30000 /* ms; libesmtp and RFC 5321 have none */

/* Where a message stands. libesmtp's statuses outlive a broken line, so nothing
 * good is read from them but in the event that says that they are final. */
enum item_state {
	WAITING,
	BEGUN, /* its first byte may be on the wire */
	GIVEN, /* its last byte may be */
	ENDED /* its end was called */
};

struct item {
	struct smtp *t;
	size_t i; /* in the batch */
	enum item_state state;
	struct str sender, recipient, head, body;
	smtp_message_t message; /* of this session; NULL: it is not in it */
	smtp_recipient_t to;
};

struct smtp {
	struct smtp_relay relay;
	struct smtp_tls *tls; /* NULL in clear */
	int patience; /* ms; 0: by RFC 5321 */
	struct buf said; /* what check has told */
	/* Of one run. */
	const struct transport_batch *batch;
	struct item items[TRANSPORT_BATCH_MAX];
	size_t count, ended;
	bool is_check;
	struct err why; /* it ends early */
	/* Of one session. */
	smtp_session_t session;
	struct smtp_line line;
	struct smtp_watch watch;
	int fd; /* libesmtp's; -1 when there is none */
	SSL *ssl;
	const char *tls_version;
	bool is_cut; /* nothing more leaves */
	bool is_fresh; /* it has answered no message yet */
	bool again; /* cut for our own reasons: the rest in another one */
};

static void __attribute__((format(printf, 3, 4)))
blame(struct smtp *t, enum err_kind kind, const char *fmt, ...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(&t->why, kind, "%s: %s", t->relay.name, text);
}

/* The one way to end a session early: the kernel takes no more bytes from
 * libesmtp, which gives up when it notices. */
static void
cut(struct smtp *t)
{
	t->is_cut = true;
	if (t->fd >= 0)
		shutdown(t->fd, SHUT_RDWR);
}

/* The same between two commands, where there is time to be polite. */
static void
say_goodbye(struct smtp *t)
{
	static const char quit[] = "QUIT\r\n";

	if (t->ssl != NULL)
		SSL_write(t->ssl, quit, sizeof quit - 1);
	else
		send(t->fd, quit, sizeof quit - 1, MSG_NOSIGNAL);
	cut(t);
}

/* Answers can no longer be told apart. */
static void
start_over(struct smtp *t)
{
	t->again = true;
	cut(t);
}

static void
finish(struct item *item, enum transport_outcome outcome, int code,
    const char *status, struct str text)
{
	struct transport_answer answer = {outcome, code, str_of(status), text};
	const struct transport_batch *b = item->t->batch;

	if (item->state == ENDED)
		return;
	item->state = ENDED;
	item->t->ended++;
	b->end(b->ctx, item->i, &answer);
}

/* An answer of libesmtp's as ours. */
struct answer {
	int code;
	bool is_there; /* else the line broke inside it */
	bool is_whole; /* its lines end, so the next answer is the next */
	char status[SMTP_STATUS_MAX];
	struct buf text;
};

static void
read_status(struct answer *a, const smtp_status_t *st)
{
	struct str text = str_of(st->text);

	*a = (struct answer){.code = st->code,
	    .is_there = st->text != NULL,
	    .is_whole = text.n == 0 || str_ends(text, STR("\n"))};
	buf_init(&a->text, SMTP_TEXT_MAX);
	smtp_reply_clean(&a->text, a->status, text);
	if (st->enh_class > 0 && st->enh_class == st->code / 100 &&
	    st->enh_subject >= 0 && st->enh_subject <= 999 &&
	    st->enh_detail >= 0 && st->enh_detail <= 999)
		snprintf(a->status, sizeof a->status, "%d.%d.%d",
		    st->enh_class % 10, st->enh_subject, st->enh_detail);
}

static void
finish_by(struct item *item, const struct answer *a, bool is_sent)
{
	/* 503 is about where we are, not about the message. */
	bool is_for_good = a->code / 100 == 5 && a->code != 503;

	item->t->is_fresh = false;
	finish(item,
	    is_sent           ? TRANSPORT_SENT
		: is_for_good ? TRANSPORT_FAILED
			      : TRANSPORT_DEFERRED,
	    a->code, a->status, buf_slice(&a->text));
}

/* What any answer may say beside what it answers. */
static void
look_behind(struct smtp *t, const struct answer *a)
{
	if (a->code == 421) {
		blame(t, ERR_LATER, "is closing: 421 %s", a->text.data);
		cut(t);
	} else if (a->code == 503 || !a->is_whole) {
		start_over(t);
	}
}

/* MAIL is about us and not about the recipient: what is refused here would be
 * for everybody. */
static void
on_sender(struct smtp *t, smtp_message_t message)
{
	struct answer a;

	read_status(&a, smtp_reverse_path_status(message));
	if (a.code / 100 == 2 || a.code == 421 ||
	    (a.code == 503 && !t->is_fresh)) {
		look_behind(t, &a);
	} else {
		blame(t, a.code / 100 == 4 ? ERR_LATER : ERR_REFUSED,
		    a.code / 100 == 4 ? "takes no mail now: %d %s"
				      : "takes no mail from us: %d %s",
		    a.code, a.text.data);
		say_goodbye(t);
	}
	buf_release(&a.text);
}

static void
on_recipient(struct smtp *t, smtp_recipient_t to)
{
	struct item *item = smtp_recipient_get_application_data(to);
	struct answer a;

	read_status(&a, smtp_recipient_status(to));
	smtp_line_hurry(t->fd); /* DATA's answer is still to come */
	/* With 421 it stays untried, as those behind it. */
	if (a.code / 100 != 2 && a.code != 421)
		finish_by(item, &a, false);
	look_behind(t, &a);
	buf_release(&a.text);
}

static bool
was_taken(const struct item *item, const struct answer *a)
{
	return a->code / 100 == 2 && smtp_recipient_check_complete(item->to) &&
	    smtp_recipient_status(item->to)->code / 100 == 2;
}

static void
on_message(struct smtp *t, smtp_message_t message)
{
	struct item *item = smtp_message_get_application_data(message);
	enum item_state was = item->state;
	struct answer a;

	read_status(&a, smtp_message_transfer_status(message));
	if (was_taken(item, &a))
		finish_by(item, &a, true);
	else if (a.is_there && a.code >= 400 &&
	    (a.code != 421 || was != WAITING))
		finish_by(item, &a, false);
	/* DATA left along with a recipient that was refused: out of step, as
	 * it has to be. */
	if (a.is_there && (was != ENDED || a.code != 503))
		look_behind(t, &a);
	buf_release(&a.text);
}

/* libesmtp knows no addresses in certificates; ours are verified, with the
 * name or address, before it looks. */
static void
on_other_name(int *is_fine, SSL *ssl)
{
	*is_fine = SSL_get_verify_result(ssl) == X509_V_OK &&
	    SSL_get_verify_mode(ssl) == SSL_VERIFY_PEER;
}

static void
on_connected(struct smtp *t)
{
	t->fd = smtp_line_exchange(&t->line);
	if (t->fd >= 0)
		return;
	blame(t, ERR_LATER, "the connection was lost inside this program");
	cut(t);
}

static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	struct smtp *t = arg;
	va_list ap;

	(void)session;
	va_start(ap, arg);
	switch (event) {
	case SMTP_EV_CONNECT:
		on_connected(t);
		break;
	case SMTP_EV_DISCONNECT:
		t->fd = -1;
		t->ssl = NULL;
		break;
	case SMTP_EV_MAILSTATUS:
		va_arg(ap, const char *);
		on_sender(t, va_arg(ap, smtp_message_t));
		break;
	case SMTP_EV_RCPTSTATUS:
		va_arg(ap, const char *);
		on_recipient(t, va_arg(ap, smtp_recipient_t));
		break;
	case SMTP_EV_MESSAGESENT:
		on_message(t, va_arg(ap, smtp_message_t));
		break;
	case SMTP_EV_EXTNA_STARTTLS:
		blame(t, ERR_REFUSED,
		    "offers no STARTTLS, and mail does not leave in clear; "
		    "ask for its port that does (587)");
		break;
	case SMTP_EV_STARTTLS_OK:
		t->ssl = va_arg(ap, SSL *);
		t->tls_version = SSL_get_version(t->ssl);
		break;
	case SMTP_EV_WRONG_PEER_CERTIFICATE: {
		int *is_fine = va_arg(ap, int *);

		va_arg(ap, char *);
		on_other_name(is_fine, va_arg(ap, SSL *));
		break;
	}
	case SMTP_EV_UNUSABLE_CLIENT_CERTIFICATE:
		blame(t, ERR_REFUSED,
		    "libesmtp cannot look for a certificate of ours below "
		    "$HOME/.config; set HOME to a folder that can be read");
		break;
	}
	va_end(ap);
}

/* Right before the first MAIL is written: libesmtp goes on without a login. */
static void
before_mail(struct smtp *t)
{
	struct err why = ERR_INIT;

	if (t->tls != NULL && t->ssl == NULL) {
		blame(t, ERR_REFUSED, "would get mail in clear");
		cut(t);
	} else if (t->relay.has_login && !t->watch.is_logged_in) {
		smtp_watch_no_login(&t->watch, &why);
		blame(t, why.kind, "%s", why.msg);
		say_goodbye(t);
	} else if (t->is_check) {
		say_goodbye(t);
	}
}

static void
on_bytes(const char *bytes, int len, int writing, void *arg)
{
	struct str text = {bytes, len > 0 ? (size_t)len : 0};
	struct smtp *t = arg;

	if (writing != SMTP_CB_READING) {
		if (smtp_watch_wrote(&t->watch, text))
			before_mail(t);
	} else if (!smtp_watch_heard(&t->watch, text)) {
		blame(t, ERR_REFUSED,
		    "more came with its answer to STARTTLS: somebody is in "
		    "the line, and nothing was sent");
		cut(t);
	} else {
		/* libesmtp's own buffer, which it reads next. */
		smtp_watch_hide(&t->watch, (char *)bytes, text.n);
	}
}

/* The message is asked for and looked at. */
static void
begin(struct item *item)
{
	struct smtp *t = item->t;
	struct err why = ERR_INIT;

	if (t->is_cut || item->state != WAITING)
		return;
	if (t->batch->begin(t->batch->ctx, item->i, &item->head, &item->body) !=
	    0) {
		blame(t, ERR_LATER, "stopped before the next message");
		cut(t);
	} else if (transport_verify_message(item->head, item->body, &why) !=
	    0) {
		finish(item, TRANSPORT_FAILED, 0, "", str_of(why.msg));
		start_over(t);
	} else {
		item->state = BEGUN;
	}
}

/* libesmtp's message callback. The rewind call comes right before the first
 * byte; then come the head, the body, and nothing. */
static const char *
give(void **ctx, int *len, void *arg)
{
	struct item *item = arg;
	struct str piece;

	(void)ctx;
	if (len == NULL) {
		begin(item);
		return NULL;
	}
	*len = 0;
	if (item->t->is_cut || item->state != BEGUN)
		return NULL;
	piece = item->head.n > 0 ? item->head : item->body;
	if (item->head.n > 0)
		item->head.n = 0;
	else
		item->body.n = 0;
	if (piece.n == 0)
		item->state = GIVEN;
	*len = (int)piece.n;
	return piece.n > 0 ? piece.p : NULL;
}

/* For libesmtp's plug-ins: nothing but a user and a password is told. */
static int
on_login(auth_client_request_t request, char **result, int count, void *arg)
{
	struct smtp_relay *relay = arg;

	for (int i = 0; i < count; i++) {
		if ((request[i].flags & AUTH_USER) != 0)
			result[i] = relay->user;
		else if ((request[i].flags & AUTH_PASS) != 0)
			result[i] = relay->password;
		else
			return 0;
	}
	return 1;
}

static bool
set_patience(smtp_session_t session, int milliseconds)
{
	static const int steps[] = {Timeout_GREETING, Timeout_ENVELOPE,
	    Timeout_DATA, Timeout_TRANSFER, Timeout_DATA2};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (smtp_set_timeout(session,
			steps[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
			milliseconds) == 0)
			return false;
	return true;
}

/* A whole name if this machine has one, else the address that it has here. */
static const char *
greeting_name(const struct smtp *t, struct utsname *names)
{
	struct str name;

	if (uname(names) != 0)
		return t->line.literal;
	name = str_of(names->nodename);
	for (size_t i = 0; i < name.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			   "WXYZ0123456789-.",
			name.p[i]) == NULL)
			return t->line.literal;
	return str_chr(name, '.') > 0 ? names->nodename : t->line.literal;
}

static bool
set_up(struct smtp *t, auth_context_t login)
{
	smtp_session_t session = t->session;
	struct utsname names;
	char server[32];

	snprintf(server, sizeof server, "127.0.0.1:%d", t->line.port);
	if (!smtp_set_server(session, server) ||
	    !smtp_set_hostname(session, greeting_name(t, &names)) ||
	    !smtp_set_eventcb(session, on_event, t) ||
	    !smtp_set_monitorcb(session, on_bytes, t, 0) ||
	    (t->patience > 0 && !set_patience(session, t->patience)))
		return false;
	if (login != NULL && !smtp_auth_set_context(session, login))
		return false;
	return t->tls == NULL ||
	    (smtp_starttls_enable(session, Starttls_REQUIRED) &&
		smtp_starttls_set_ctx(session, smtp_tls_context(t->tls)));
}

static bool
add_message(struct smtp *t, struct item *item)
{
	char sender[MAILBOX_MAX + 1], recipient[MAILBOX_MAX + 1];
	smtp_message_t message = smtp_add_message(t->session);

	snprintf(sender, sizeof sender, "%.*s", STR_ARG(item->sender));
	snprintf(recipient, sizeof recipient, "%.*s", STR_ARG(item->recipient));
	if (message == NULL || !smtp_set_reverse_path(message, sender) ||
	    (item->to = smtp_add_recipient(message, recipient)) == NULL)
		return false;
	item->message = message;
	smtp_message_set_application_data_release(message, item, NULL);
	smtp_recipient_set_application_data_release(item->to, item, NULL);
	return smtp_set_messagecb(message, give, item);
}

/* Why a session that we did not end did not get to its end. */
static void
explain(struct smtp *t)
{
	struct err why = ERR_INIT;

	if (t->tls == NULL || smtp_tls_failed(t->tls, &why) == 0)
		smtp_watch_no_mail(&t->watch, &why);
	blame(t, why.kind, "%s", why.msg);
}

/* A message that the session left in the middle. A refusal of which only the
 * beginning came is one, though for how long cannot be known. */
static void
settle(struct item *item)
{
	int code;

	if (item->state == ENDED || item->message == NULL)
		return;
	code = item->state == WAITING
	    ? smtp_recipient_status(item->to)->code
	    : smtp_message_transfer_status(item->message)->code;
	if (code >= 400 && code <= 599 && code != 421)
		finish(item, TRANSPORT_DEFERRED, code, "",
		    STR("the relay's answer was cut off"));
	else if (item->state == GIVEN)
		finish(item, TRANSPORT_IN_DOUBT, 0, "",
		    STR("the line broke before the relay's answer"));
	else if (item->state == BEGUN)
		finish(item, TRANSPORT_DEFERRED, 0, "",
		    STR("the line broke inside the message"));
}

static void
no_memory(struct smtp *t)
{
	err_set(&t->why, ERR_MEMORY, "no memory for the mail");
}

/* All that have not ended, over the line that is open. */
static void
talk(struct smtp *t, auth_context_t login)
{
	bool is_ready = set_up(t, login);

	for (size_t i = 0; i < t->count && is_ready; i++)
		if (t->items[i].state != ENDED)
			is_ready = add_message(t, &t->items[i]);
	if (!is_ready) {
		no_memory(t);
		return;
	}
	smtp_start_session(t->session);
	for (size_t i = 0; i < t->count; i++)
		settle(&t->items[i]);
	if (!t->is_cut && t->ended < t->count)
		explain(t);
}

static auth_context_t
make_login(struct smtp_relay *relay)
{
	auth_context_t login = auth_create_context();

	if (login == NULL)
		return NULL;
	auth_set_mechanism_flags(login, AUTH_PLUGIN_PLAIN, 0);
	auth_set_interact_cb(login, on_login, relay);
	return login;
}

static void
converse(struct smtp *t)
{
	auth_context_t login = NULL;

	t->session = smtp_create_session();
	if (t->relay.has_login)
		login = make_login(&t->relay);
	if (t->session == NULL || (login == NULL && t->relay.has_login))
		no_memory(t);
	else
		talk(t, login);
	if (t->session != NULL)
		smtp_destroy_session(t->session);
	if (login != NULL)
		auth_destroy_context(login);
	for (size_t i = 0; i < t->count; i++)
		t->items[i].message = NULL;
}

static void
run_session(struct smtp *t)
{
	int patience = t->patience > 0 ? t->patience : CONNECT_PATIENCE;

	t->fd = -1;
	t->ssl = NULL;
	t->is_cut = t->again = false;
	t->is_fresh = true;
	smtp_watch_clear(&t->watch);
	if (t->tls != NULL)
		smtp_tls_begin(t->tls);
	if (smtp_line_open(&t->line, t->relay.host, t->relay.port,
		!t->relay.needs_tls, patience, &t->why) != 0) {
		err_wrap(&t->why, "%s", t->relay.name);
		return;
	}
	converse(t);
	smtp_line_close(&t->line);
}

static void
take_envelope(struct smtp *t, size_t i)
{
	const struct transport_batch *b = t->batch;
	struct item *item = &t->items[i];
	struct err why = ERR_INIT;

	*item = (struct item){.t = t, .i = i};
	b->envelope(b->ctx, i, &item->sender, &item->recipient);
	if (transport_verify_envelope(item->sender, item->recipient, &why) != 0)
		finish(item, TRANSPORT_FAILED, 0, "", str_of(why.msg));
}

static int
run_smtp(void *self, const struct transport_batch *batch, struct err *e)
{
	struct smtp *t = self;
	size_t ended;

	t->batch = batch;
	t->count = batch->count;
	t->ended = 0;
	err_clear(&t->why);
	for (size_t i = 0; i < t->count; i++)
		take_envelope(t, i);
	t->again = true;
	while (t->ended < t->count && t->again && t->why.kind == ERR_NONE) {
		ended = t->ended;
		run_session(t);
		if (t->ended == ended)
			blame(t, ERR_LATER,
			    "does not answer as SMTP has it, %s",
			    smtp_watch_when(&t->watch));
	}
	for (size_t i = 0; i < t->count; i++)
		finish(
		    &t->items[i], TRANSPORT_UNTRIED, 0, "", str_of(t->why.msg));
	if (t->why.kind == ERR_NONE)
		return 0;
	return err_set(e, t->why.kind, "%s", t->why.msg);
}

static void
no_one(void *ctx, size_t i, struct str *sender, struct str *recipient)
{
	(void)ctx, (void)i;
	*sender = STR("");
	*recipient = STR("postmaster@localhost");
}

static int
no_message(void *ctx, size_t i, struct str *head, struct str *body)
{
	(void)ctx, (void)i, (void)head, (void)body;
	return -1;
}

static void
no_end(void *ctx, size_t i, const struct transport_answer *answer)
{
	(void)ctx, (void)i, (void)answer;
}

/* The keywords of EHLO's answer, whose first line is a greeting. */
static void
list_offers(struct buf *to, struct str answer)
{
	const char *before = "offers ";
	struct str line, word;
	bool is_first = true;

	while (str_next_line(&answer, &line)) {
		if (!is_first && str_next(&line, ' ', &word) && word.n > 0) {
			buf_puts(to, before);
			log_escape(to, word);
			before = ", ";
		}
		is_first = false;
	}
	if (before[0] == 'o')
		buf_puts(to, "offers no extension");
}

static void
tell_checked(struct smtp *t)
{
	char status[SMTP_STATUS_MAX];

	buf_clear(&t->said);
	smtp_reply_clean(&t->said, status, buf_slice(&t->watch.banner));
	buf_printf(&t->said, " at %s ", t->relay.name);
	list_offers(&t->said, buf_slice(&t->watch.offers));
	if (t->tls != NULL)
		buf_printf(&t->said, "; secured by %s", t->tls_version);
	if (t->watch.is_logged_in)
		buf_printf(&t->said, "; logged in as %s", t->relay.user);
}

/* libesmtp begins a session for a message only, so there is one that is never
 * sent. */
static int
check_smtp(void *self, struct str *said, struct err *e)
{
	static const struct transport_batch none = {
	    .count = 1, .envelope = no_one, .begin = no_message, .end = no_end};
	struct smtp *t = self;

	t->batch = &none;
	t->count = 1;
	t->ended = 0;
	t->is_check = true;
	err_clear(&t->why);
	take_envelope(t, 0);
	run_session(t);
	t->is_check = false;
	if (t->why.kind != ERR_NONE)
		return err_set(e, t->why.kind, "%s", t->why.msg);
	tell_checked(t);
	*said = buf_slice(&t->said);
	return 0;
}

static void
close_smtp(void *self)
{
	struct smtp *t = self;

	smtp_tls_close(t->tls);
	smtp_relay_close(&t->relay);
	smtp_watch_release(&t->watch);
	buf_release(&t->said);
	auth_client_exit();
	free(t);
}

static int
open_smtp(void **out, const struct conf_mail *mail, struct err *e)
{
	struct smtp *t = calloc(1, sizeof *t);

	if (t == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the relay");
	signal(SIGPIPE, SIG_IGN);
	auth_client_init();
	smtp_watch_init(&t->watch);
	buf_init(&t->said, 8192);
	if (smtp_relay_open(&t->relay, mail, e) != 0 ||
	    (t->relay.needs_tls &&
		smtp_tls_open(&t->tls, t->relay.host, mail->ca_file.p, e) !=
		    0)) {
		close_smtp(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
smtp_set_patience(void *self, int milliseconds)
{
	struct smtp *t = self;

	t->patience = milliseconds;
}

const struct transport_kind transport_smtp = {
    "smtp:", open_smtp, close_smtp, run_smtp, check_smtp};
const struct transport_kind transport_smtp_starttls = {
    "smtp+starttls:", open_smtp, close_smtp, run_smtp, check_smtp};
