#include "mail/transport.h"

#include "mail/mailbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LEN_MAX 998 /* RFC 5322, section 2.1.1 */

struct transport {
	const struct transport_kind *kind;
	void *self;
};

static const struct transport_kind *const kinds[] = {
    &transport_smtp, &transport_smtp_starttls, &transport_maildir};

int
transport_open(
    struct transport **out, const struct conf_mail *mail, struct err *e)
{
	const struct transport_kind *kind = NULL;
	struct transport *t;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_starts_nocase(mail->relay, str_of(kinds[i]->scheme)))
			kind = kinds[i];
	if (kind == NULL)
		return err_set(e, ERR_INPUT, "\"%.*s\" is no relay",
		    STR_ARG(str_sub(mail->relay, 0, 100)));
	t = malloc(sizeof *t);
	if (t == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the relay");
	t->kind = kind;
	if (kind->open(&t->self, mail, e) != 0) {
		free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
transport_close(struct transport *t)
{
	if (t == NULL)
		return;
	t->kind->close(t->self);
	free(t);
}

int
transport_run(
    struct transport *t, const struct transport_batch *batch, struct err *e)
{
	assert(batch->count <= TRANSPORT_BATCH_MAX);
	return t->kind->run(t->self, batch, e);
}

int
transport_check(struct transport *t, struct str *said, struct err *e)
{
	return t->kind->check(t->self, said, e);
}

static int
verify_address(const char *whose, struct str address, struct err *e)
{
	if (address.n > MAILBOX_MAX)
		return err_set(e, ERR_INPUT,
		    "the %s's address is longer than %d bytes", whose,
		    MAILBOX_MAX);
	for (size_t i = 0; i < address.n; i++)
		if (address.p[i] <= ' ' || address.p[i] > '~' ||
		    address.p[i] == '<' || address.p[i] == '>')
			return err_set(e, ERR_INPUT,
			    "the %s's address has a character that cannot be "
			    "there",
			    whose);
	return 0;
}

int
transport_verify_envelope(
    struct str sender, struct str recipient, struct err *e)
{
	if (str_chr(recipient, '@') < 1)
		return err_set(
		    e, ERR_INPUT, "the recipient has no whole address");
	if (verify_address("sender", sender, e) != 0)
		return -1;
	return verify_address("recipient", recipient, e);
}

static int
verify_line(struct str line, bool is_head, struct err *e)
{
	if (line.n > LINE_LEN_MAX)
		return err_set(
		    e, ERR_INPUT, "is longer than %d bytes", LINE_LEN_MAX);
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c == '\r')
			return err_set(e, ERR_INPUT, "has a CR inside");
		if (c == '\0' || c >= 0x80 || (is_head && c < ' ' && c != '\t'))
			return err_set(e, ERR_INPUT,
			    "has the byte 0x%02x, which cannot be there", c);
	}
	return 0;
}

/* Takes a line, which must end in CRLF. */
static int
next_line(struct str *rest, struct str *line, struct err *e)
{
	ptrdiff_t end = str_chr(*rest, '\n');

	if (end < 1 || rest->p[end - 1] != '\r')
		return err_set(e, ERR_INPUT, "does not end in CRLF");
	*line = str_sub(*rest, 0, (size_t)end - 1);
	*rest = str_sub(*rest, (size_t)end + 1, rest->n);
	return 0;
}

/* What libesmtp would add by itself when it is missing, or take out. */
enum field { FIELD_DATE, FIELD_FROM, FIELD_ID, FIELD_RETURN_PATH, FIELDS };
static const char *const fields[FIELDS] = {
    "Date:", "From:", "Message-ID:", "Return-Path:"};

static int
verify_field(struct str line, bool is_first, bool *seen, struct err *e)
{
	ptrdiff_t colon = str_chr(line, ':');

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return is_first ? err_set(e, ERR_INPUT, "continues no field")
				: 0;
	if (colon < 1 || str_chr(str_sub(line, 0, (size_t)colon), ' ') >= 0)
		return err_set(e, ERR_INPUT, "is no header field");
	for (size_t i = 0; i < FIELDS; i++) {
		if (!str_starts_nocase(line, str_of(fields[i])))
			continue;
		if (seen[i] || i == FIELD_RETURN_PATH)
			return err_set(e, ERR_INPUT, "%s cannot be there%s",
			    fields[i], seen[i] ? " twice" : "");
		seen[i] = true;
	}
	return 0;
}

static int
verify_head(struct str head, struct err *e)
{
	bool seen[FIELDS] = {false};
	struct str line;
	long number = 0;

	do {
		number++;
		if (next_line(&head, &line, e) != 0 ||
		    verify_line(line, true, e) != 0 ||
		    (line.n > 0 &&
			verify_field(line, number == 1, seen, e) != 0))
			return err_wrap(e, "line %ld of its header", number);
	} while (line.n > 0);
	if (head.n > 0)
		return err_set(
		    e, ERR_INPUT, "its header goes on after the empty line");
	for (size_t i = 0; i < FIELD_RETURN_PATH; i++)
		if (!seen[i])
			return err_set(e, ERR_INPUT,
			    "its header has no field %s", fields[i]);
	return 0;
}

int
transport_verify_message(struct str head, struct str body, struct err *e)
{
	struct str line;

	if (verify_head(head, e) != 0)
		return -1;
	for (long number = 1; body.n > 0; number++)
		if (next_line(&body, &line, e) != 0 ||
		    verify_line(line, false, e) != 0)
			return err_wrap(e, "line %ld of its body", number);
	return 0;
}
