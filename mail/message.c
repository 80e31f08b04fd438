#include "mail/message.h"

#include "base/clock.h"
#include "mail/mailbox.h"
#include "mail/token.h"

#include <stdlib.h>
#include <string.h>

#define FIRST "template 1 "
/* All of a person's lines and a signature are far shorter. */
#define HEAD_ROOM ((size_t)8 << 10)
#define PERSON_HASH 16 /* bytes of 32: enough to differ in */

/* Text that says the mark here and there. */
struct marked {
	struct str text;
	size_t *at;
	size_t count;
};

struct message_template {
	struct marked head; /* without its empty line */
	struct marked body;
};

static bool
is_token(struct str s)
{
	if (s.n != TOKEN_LEN)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return true;
}

static int
find_marks(struct marked *m, struct str mark, struct err *e)
{
	size_t from = 0, room = 0;
	ptrdiff_t at;

	while ((at = str_find(str_sub(m->text, from, m->text.n), mark)) >= 0) {
		if (m->count == room) {
			size_t *more;

			room = room > 0 ? 2 * room : 16;
			more = realloc(m->at, room * sizeof *more);
			if (more == NULL)
				return err_set(e, ERR_MEMORY, "memory ran out");
			m->at = more;
		}
		m->at[m->count++] = from + (size_t)at;
		from += (size_t)at + mark.n;
	}
	return 0;
}

/* What a mail server may not see: it would be taken for a command's or a
 * message's end by one server and not by another. */
static int
check_lines(struct str text, struct err *e)
{
	size_t begin = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\0' || c >= 0x80)
			return err_set(e, ERR_INPUT,
			    "byte %zu of the message is not ASCII", i);
		if (c == '\n')
			return err_set(e, ERR_INPUT,
			    "byte %zu of the message is an LF without CR", i);
		if (c != '\r')
			continue;
		if (i + 1 == text.n || text.p[i + 1] != '\n')
			return err_set(e, ERR_INPUT,
			    "byte %zu of the message is a CR without LF", i);
		if (i - begin > MESSAGE_LINE_MAX)
			break;
		begin = i += 2;
		i--;
	}
	if (text.n - begin > 0)
		return err_set(e, ERR_INPUT,
		    "the message has a line that does not end, or of more "
		    "than %d bytes",
		    MESSAGE_LINE_MAX);
	return 0;
}

static int
take_apart(struct message_template *t, struct str text, struct err *e)
{
	struct str rest = str_sub(text, strlen(FIRST), text.n), mark;
	ptrdiff_t end;

	mark = str_sub(rest, 0, TOKEN_LEN);
	rest = str_sub(rest, TOKEN_LEN, rest.n);
	if (text.n > MESSAGE_MAX || !str_starts(text, STR(FIRST)) ||
	    !is_token(mark) || !str_starts(rest, STR("\r\n")))
		return err_set(e, ERR_INPUT,
		    "this is no template of a message; compose it anew");
	rest = str_sub(rest, 2, rest.n);
	end = str_find(rest, STR("\r\n\r\n"));
	if (end < 0)
		return err_set(e, ERR_INPUT, "the message's head has no end");
	t->head.text = str_sub(rest, 0, (size_t)end + 2);
	t->body.text = str_sub(rest, (size_t)end + 4, rest.n);
	if (check_lines(rest, e) != 0 || find_marks(&t->head, mark, e) != 0 ||
	    find_marks(&t->body, mark, e) != 0)
		return -1;
	return 0;
}

int
message_open(struct message_template **out, struct str text, struct err *e)
{
	struct message_template *t = calloc(1, sizeof *t);

	*out = NULL;
	if (t == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	if (take_apart(t, text, e) != 0) {
		message_close(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
message_close(struct message_template *t)
{
	if (t == NULL)
		return;
	free(t->head.at);
	free(t->body.at);
	free(t);
}

static void
put_marked(struct buf *to, const struct marked *m, struct str token)
{
	size_t begin = to->len;

	buf_str(to, m->text);
	if (to->failed != ERR_NONE)
		return;
	for (size_t i = 0; i < m->count; i++)
		memcpy(to->data + begin + m->at[i], token.p, token.n);
}

static struct str
from_address_of(const struct conf_mail *mail)
{
	struct str name, address = mail->from;

	mailbox_parse(&name, &address, mail->from, NULL);
	return address;
}

static void
put_address(
    struct buf *to, struct str address, const char *what, struct str token)
{
	buf_printf(to, "%.*s+%s%.*s@%.*s", STR_ARG(mailbox_local(address)),
	    what, STR_ARG(token), STR_ARG(mailbox_domain(address)));
}

void
message_address(struct buf *to, const struct conf_mail *mail, const char *what,
    struct str token)
{
	put_address(to, from_address_of(mail), what, token);
}

void
message_sender(struct buf *to, const struct conf_mail *mail, struct str token)
{
	put_address(to, mail->bounces, "b-", token);
}

/* The same for the same announcement and person, and nobody can read from it
 * the token by which a person leaves. */
static int
put_message_id(struct buf *to, const struct message_person *person,
    const struct conf_mail *mail, struct err *e)
{
	uint8_t hash[TOKEN_HASH_LEN];

	if (token_hash(hash, person->announcement, person->token, e) != 0)
		return -1;
	buf_puts(to, "Message-ID: <");
	buf_str(to, person->announcement);
	buf_putc(to, '.');
	for (size_t i = 0; i < PERSON_HASH; i++) {
		buf_putc(to, "0123456789abcdef"[hash[i] >> 4]);
		buf_putc(to, "0123456789abcdef"[hash[i] & 15]);
	}
	buf_putc(to, '@');
	buf_str(to, mailbox_domain(from_address_of(mail)));
	buf_puts(to, ">\r\n");
	return 0;
}

int
message_key_open(
    struct dkim_key **out, const struct conf_mail *mail, struct err *e)
{
	*out = NULL;
	if (mail->dkim_key.n == 0)
		return 0;
	return dkim_open(
	    out, mail->dkim_key.p, mail->dkim_domain, mail->dkim_selector, e);
}

static bool
is_address(struct str s)
{
	if (s.n == 0 || s.n > MAILBOX_MAX || str_chr(s, '@') < 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' ||
		    s.p[i] == '>' || s.p[i] == ',')
			return false;
	return true;
}

static int
put_fields(struct buf *to, const struct message_template *t,
    const struct message_person *person, const struct conf_mail *mail,
    struct err *e)
{
	buf_puts(to, "Date: ");
	date_rfc5322(to, person->date);
	buf_puts(to, "\r\nTo: ");
	buf_str(to, person->address);
	buf_puts(to, "\r\n");
	if (put_message_id(to, person, mail, e) != 0)
		return -1;
	put_marked(to, &t->head, person->token);
	return 0;
}

/* The signature is made of all the fields, and stands above them. */
static int
put_signed(struct buf *head, struct str body, const struct message_template *t,
    const struct message_person *person, const struct conf_mail *mail,
    const struct dkim_key *key, struct err *e)
{
	struct buf fields;
	int result;

	buf_init(&fields, MESSAGE_MAX + HEAD_ROOM);
	result = put_fields(&fields, t, person, mail, e);
	if (result == 0)
		result = dkim_sign(
		    head, key, buf_slice(&fields), body, person->date, e);
	buf_str(head, buf_slice(&fields));
	if (result == 0)
		result = buf_ok(&fields, "the message", e);
	buf_release(&fields);
	return result;
}

int
message_fill(struct buf *head, struct buf *body,
    const struct message_template *t, const struct message_person *person,
    const struct conf_mail *mail, const struct dkim_key *key, struct err *e)
{
	int result;

	buf_clear(head);
	buf_clear(body);
	if (!is_address(person->address))
		return err_set(e, ERR_INPUT, "the recipient's address is none");
	if (!is_token(person->token) || !is_token(person->announcement))
		return err_set(e, ERR_INPUT,
		    "a token of the message has not %d letters", TOKEN_LEN);
	put_marked(body, &t->body, person->token);
	if (key == NULL)
		result = put_fields(head, t, person, mail, e);
	else
		result =
		    put_signed(head, buf_slice(body), t, person, mail, key, e);
	buf_puts(head, "\r\n");
	if (result != 0 || buf_ok(head, "the message", e) != 0)
		return -1;
	return buf_ok(body, "the message", e);
}
