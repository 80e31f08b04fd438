#include "mail/desk_letter.h"
#include "base/conf_check.h"
#include "mail/mailbox.h"
#include "mail/mime_letter.h"
#include "mail/store_request.h"
#include "mail/token.h"

#define MESSAGE_ID_MAX 250
/* A letter that could not be sent for so long answers nothing any more. */
#define ANSWER_LIFE (2 * 86400)

static int
write_message(struct buf *to, struct buf *message_id,
    const struct conf_mail *mail, const struct desk_letter *letter,
    const char *token, struct err *e)
{
	struct mime_letter m = {.from = mail->from,
	    .to = letter->address,
	    .reply_to = letter->reply_to,
	    .subject = letter->subject,
	    .in_reply_to = letter->in_reply_to,
	    .text = letter->text};

	buf_puts(message_id, token);
	buf_putc(message_id, '@');
	buf_str(message_id, mailbox_domain(from_address(mail->from)));
	if (buf_ok(message_id, "the Message-ID", e) != 0)
		return -1;
	m.message_id = buf_slice(message_id);
	return mime_letter(to, &m, e);
}

int
desk_letter_queue(struct store *s, const struct conf_mail *mail,
    const struct desk_letter *letter, struct err *e)
{
	struct store_letter row = {.kind = letter->kind,
	    .subscriber = letter->subscriber,
	    .address = letter->address,
	    .queued = letter->now,
	    .expires = letter->expires};
	struct buf message, message_id;
	char token[TOKEN_LEN + 1];
	int result;

	if (token_new(token, e) != 0)
		return -1;
	buf_init(&message, LETTER_MESSAGE_MAX);
	buf_init(&message_id, 1024);
	result = write_message(&message, &message_id, mail, letter, token, e);
	if (result == 0) {
		row.token = str_of(token);
		row.body = buf_slice(&message);
		result = store_letter_queue(s, &row, e);
	}
	buf_release(&message);
	buf_release(&message_id);
	return result;
}

bool
desk_letter_is_message_id(struct str s)
{
	ptrdiff_t at = str_chr(s, '@');

	if (s.n > MESSAGE_ID_MAX || at <= 0 || (size_t)at + 1 == s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' ||
		    s.p[i] == '>')
			return false;
	return true;
}

/* What it is about when the answer has no title of its own. */
static struct str
subject_of(const struct desk_answer *answer)
{
	if (answer->title.n > 0)
		return answer->title;
	return answer->kind == DESK_LATER ? STR("Please try again later")
					  : STR("That could not be done");
}

static int
queue_answer(struct store *s, const struct conf_mail *mail,
    const struct store_asking *asking, const struct desk_letter *letter,
    bool is_owner, const char **unsent, struct err *e)
{
	struct store_asked asked;
	int64_t most = is_owner ? DESK_ANSWERS_MAX : ASKED_TO_ADDRESS_MAX;

	if (store_asked(s, &asked, asking, e) != 0)
		return -1;
	if (asked.to_address >= most)
		*unsent = DESK_LETTER_HAD_MANY;
	else if (!is_owner && asked.in_all >= ASKED_IN_ALL_MAX)
		*unsent = DESK_LETTER_MANY_WRITE;
	if (*unsent != NULL)
		return 0;
	if (store_asked_add(s, asking, e) != 0)
		return -1;
	return desk_letter_queue(s, mail, letter, e);
}

int
desk_letter_answer(struct store *s, const struct conf_mail *mail,
    struct str writer, const struct desk_answer *answer, struct str message_id,
    int64_t now, const char **unsent, struct err *e)
{
	bool is_owner = answer->owner.n > 0;
	struct str address = is_owner ? answer->owner : writer;
	struct store_asking asking = {.what = ASKED_ANSWER,
	    .address = address,
	    .at = now,
	    .mailed = true};
	struct desk_letter letter = {.kind = LETTER_ANSWER,
	    .address = address,
	    .subject = subject_of(answer),
	    .text = answer->text,
	    .reply_to = answer->reply_to,
	    .now = now,
	    .expires = now + ANSWER_LIFE};

	*unsent = answer->unsent;
	if (answer->text.n == 0)
		return 0;
	if (desk_letter_is_message_id(message_id))
		letter.in_reply_to = message_id;
	if (store_begin(s, e) != 0)
		return -1;
	if (queue_answer(s, mail, &asking, &letter, is_owner, unsent, e) == 0)
		return store_commit(s, e);
	store_rollback(s);
	return -1;
}
