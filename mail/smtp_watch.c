#include "mail/smtp_watch.h"

void
smtp_watch_init(struct smtp_watch *w)
{
	*w = (struct smtp_watch){0};
	smtp_reader_init(&w->reader);
	buf_init(&w->banner, 4096);
	buf_init(&w->offers, 16384);
}

void
smtp_watch_release(struct smtp_watch *w)
{
	smtp_reader_release(&w->reader);
	buf_release(&w->banner);
	buf_release(&w->offers);
}

void
smtp_watch_clear(struct smtp_watch *w)
{
	smtp_watch_release(w);
	smtp_watch_init(w);
}

static bool
take_reply(struct smtp_watch *w, struct str behind)
{
	struct str text = buf_slice(&w->reader.text);

	w->code = w->reader.code;
	switch (w->phase) {
	case PHASE_GREETING:
		buf_str(&w->banner, text);
		break;
	case PHASE_HELLO:
		buf_clear(&w->offers);
		buf_str(&w->offers, text);
		break;
	case PHASE_TLS:
		return behind.n == 0;
	case PHASE_LOGIN:
		w->is_logged_in = w->code == 235;
		break;
	case PHASE_MAIL:
		break;
	}
	return true;
}

bool
smtp_watch_heard(struct smtp_watch *w, struct str bytes)
{
	if (w->phase == PHASE_MAIL || w->is_over)
		return true;
	while (smtp_reader_push(&w->reader, &bytes))
		if (!take_reply(w, bytes))
			return false;
	return true;
}

void
smtp_watch_hide(struct smtp_watch *w, char *bytes, size_t n)
{
	for (size_t i = 0; i < n && w->phase == PHASE_HELLO; i++) {
		char *c = &bytes[i];

		if (*c == '\n') {
			w->in_code = true;
			w->at_keyword = false;
		} else if (w->in_code) {
			w->at_keyword = *c == '-' || *c == ' ';
			w->in_code = !w->at_keyword;
		} else if (w->at_keyword && *c != ' ' && *c != '\t') {
			if (*c == 'C' || *c == 'c')
				*c = 'X';
			w->at_keyword = false;
		}
	}
}

bool
smtp_watch_wrote(struct smtp_watch *w, struct str bytes)
{
	if (w->phase == PHASE_MAIL)
		return false;
	if (str_starts(bytes, STR("EHLO ")) ||
	    str_starts(bytes, STR("HELO "))) {
		w->phase = PHASE_HELLO;
		w->in_code = true;
		w->at_keyword = false;
	} else if (str_starts(bytes, STR("STARTTLS"))) {
		w->phase = PHASE_TLS;
	} else if (str_starts(bytes, STR("AUTH "))) {
		w->phase = PHASE_LOGIN;
		w->has_tried_login = true;
	} else if (str_starts(bytes, STR("MAIL "))) {
		w->phase = PHASE_MAIL;
		return true;
	} else if (str_starts(bytes, STR("QUIT"))) {
		w->is_over = true;
	}
	return false;
}

const char *
smtp_watch_when(const struct smtp_watch *w)
{
	static const char *const words[] = {"before its greeting", "after EHLO",
	    "after STARTTLS", "while we logged in", "while it was handed mail"};

	return words[w->phase];
}

static void
last_text(const struct smtp_watch *w, struct buf *to)
{
	char status[SMTP_STATUS_MAX];

	buf_init(to, SMTP_TEXT_MAX);
	smtp_reply_clean(to, status, buf_slice(&w->reader.text));
}

int
smtp_watch_no_login(const struct smtp_watch *w, struct err *e)
{
	struct buf text;

	if (!w->has_tried_login)
		return err_set(e, ERR_REFUSED,
		    "offers no login by PLAIN, LOGIN or CRAM-MD5; leave out "
		    "\"user\", or ask for its port that does (587)");
	last_text(w, &text);
	if (w->code / 100 == 4)
		err_set(e, ERR_LATER, "cannot log us in now: %d %s", w->code,
		    text.data);
	else
		err_set(e, ERR_REFUSED,
		    "does not log us in: %d %s; mend \"user\" and the "
		    "password file",
		    w->code, text.data);
	buf_release(&text);
	return -1;
}

int
smtp_watch_no_mail(const struct smtp_watch *w, struct err *e)
{
	const char *when = smtp_watch_when(w);
	struct buf text;

	if (w->phase == PHASE_MAIL || !w->reader.is_whole)
		return err_set(e, ERR_LATER,
		    "the line broke or stayed silent too long, %s", when);
	if (w->code < 400)
		return err_set(e, ERR_LATER,
		    w->code < 200
			? "does not answer as SMTP has it, %s"
			: "the line broke or stayed silent too long, %s",
		    when);
	last_text(w, &text);
	err_set(e, w->code < 500 ? ERR_LATER : ERR_REFUSED,
	    "turned us away %s: %d %s", when, w->code, text.data);
	buf_release(&text);
	return -1;
}
