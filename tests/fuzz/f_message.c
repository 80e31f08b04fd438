/* Any bytes are a template or none; what is one gives messages of lines that
 * a mail server takes, and with the mark for a token gives itself. */
#include "mail/message.h"

#include <stdlib.h>

#define TOKEN "abcdefghijklmnopqrstuvwxyz"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_lines(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\0' || (unsigned char)text.p[i] >= 0x80 ||
		    (text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r')))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_mail mail = {.present = true,
	    .from = {"a@example.org", 13},
	    .bounces = {"a@example.org", 13}};
	struct message_person person = {.address = STR("b@example.net"),
	    .token = STR(TOKEN),
	    .announcement = STR(TOKEN)};
	struct str text = {(const char *)data, size};
	struct message_template *t;
	struct buf head, body;

	if (message_open(&t, text, NULL) != 0)
		return 0;
	buf_init(&head, MESSAGE_MAX);
	buf_init(&body, MESSAGE_MAX);
	if (message_fill(&head, &body, t, &person, &mail, NULL, NULL) != 0)
		abort();
	check_lines(buf_slice(&body));
	check_lines(buf_slice(&head));
	person.token = str_sub(text, sizeof "template 1 " - 1, 26);
	if (message_fill(&head, &body, t, &person, &mail, NULL, NULL) != 0 ||
	    !str_ends(text, buf_slice(&body)))
		abort();
	buf_release(&head);
	buf_release(&body);
	message_close(t);
	return 0;
}
