#include "mail/cmd_send.h"
#include "mail/dkim.h"
#include "mail/message.h"
#include "mail/token.h"
#include "mail/transport.h"
#include "mail/words.h"

#include <stdio.h>

#define SENDER_MAX 320
#define TEXT_MAX 4096

/* One message's way through a transport. */
struct test {
	struct buf sender, head, body;
	struct str recipient;
	enum transport_outcome outcome;
	struct buf said;
};

static void
envelope(void *ctx, size_t i, struct str *sender, struct str *recipient)
{
	struct test *t = ctx;

	(void)i;
	*sender = buf_slice(&t->sender);
	*recipient = t->recipient;
}

static int
begin(void *ctx, size_t i, struct str *head, struct str *body)
{
	struct test *t = ctx;

	(void)i;
	*head = buf_slice(&t->head);
	*body = buf_slice(&t->body);
	return 0;
}

static void
end(void *ctx, size_t i, const struct transport_answer *answer)
{
	struct test *t = ctx;

	(void)i;
	t->outcome = answer->outcome;
	words_cell(&t->said, answer->text, TEXT_MAX / 8, false);
}

/* Filled in as for a subscriber, of whom nobody has the token: its links to
 * leave are nobody's. */
static int
fill(struct test *t, const struct send *s, struct dkim_key *key, struct err *e)
{
	const struct conf_mail *mail = &s->conf->mail;
	struct message_template *template = NULL;
	char token[TOKEN_LEN + 1], announcement[TOKEN_LEN + 1];
	struct message_person person = {.address = t->recipient,
	    .token = {token, TOKEN_LEN},
	    .announcement = {announcement, TOKEN_LEN},
	    .date = s->now};
	int result;

	if (token_new(token, e) != 0 || token_new(announcement, e) != 0 ||
	    message_open(&template, buf_slice(&s->message), e) != 0)
		return -1;
	message_sender(&t->sender, mail, person.token);
	result =
	    message_fill(&t->head, &t->body, template, &person, mail, key, e);
	message_close(template);
	return result;
}

static int
take(struct test *t, const struct conf_mail *mail, struct err *e)
{
	struct transport_batch batch = {.ctx = t,
	    .count = 1,
	    .envelope = envelope,
	    .begin = begin,
	    .end = end};
	struct transport *transport;
	int result;

	if (transport_open(&transport, mail, e) != 0)
		return -1;
	result = transport_run(transport, &batch, e);
	transport_close(transport);
	/* What broke after the message was taken does not matter. */
	if (t->outcome == TRANSPORT_SENT) {
		err_clear(e);
		return 0;
	}
	if (result != 0)
		return err_wrap(e, "%.*s", STR_ARG(mail->relay));
	return err_set(e,
	    t->outcome == TRANSPORT_FAILED ? ERR_REFUSED : ERR_LATER,
	    "%.*s: the relay did not take the message: %s",
	    STR_ARG(t->recipient), t->said.data);
}

int
send_test(const struct send *s, const char *typed, struct err *e)
{
	const struct conf_mail *mail = &s->conf->mail;
	struct test t = {.outcome = TRANSPORT_UNTRIED};
	struct cmd_address address;
	struct dkim_key *key;
	int result;

	if (cmd_address(&address, typed, e) != 0 ||
	    cmd_state(s->conf, e) != 0 || message_key_open(&key, mail, e) != 0)
		return -1;
	t.recipient = str_of(address.text);
	buf_init(&t.sender, SENDER_MAX);
	buf_init(&t.head, MESSAGE_MAX);
	buf_init(&t.body, MESSAGE_MAX);
	buf_init(&t.said, TEXT_MAX);
	result = fill(&t, s, key, e);
	if (result == 0)
		result = take(&t, mail, e);
	if (result == 0)
		fprintf(stderr,
		    "%s: the relay has taken the message; the links in it to "
		    "leave are nobody's\n",
		    address.text);
	buf_release(&t.said);
	buf_release(&t.body);
	buf_release(&t.head);
	buf_release(&t.sender);
	dkim_close(key);
	return result;
}
