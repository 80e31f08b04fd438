/* A relay's answers: what is kept of them is fit to be shown. The first byte
 * says in pieces of how many bytes the rest arrives, and how far the session
 * is. */
#include "mail/smtp_watch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	size_t piece = size > 0 ? 1 + data[0] / 8 : 1;
	char status[SMTP_STATUS_MAX];
	struct smtp_watch w;
	struct buf text;

	smtp_watch_init(&w);
	buf_init(&text, SMTP_TEXT_MAX);
	w.phase = size > 0 ? data[0] % PHASE_MAIL : PHASE_GREETING;
	for (rest = str_sub(rest, 1, rest.n); rest.n > 0;
	     rest = str_sub(rest, piece, rest.n))
		smtp_watch_heard(&w, str_sub(rest, 0, piece));
	smtp_watch_no_mail(&w, NULL);
	smtp_watch_no_login(&w, NULL);
	smtp_reply_clean(&text, status, buf_slice(&w.reader.text));
	if (!str_is_utf8(buf_slice(&text)) || str_has_control(buf_slice(&text)))
		abort();
	buf_release(&text);
	smtp_watch_release(&w);
	return 0;
}
