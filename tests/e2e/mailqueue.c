/*
 * Subscribes people and queues an announcement for them, as fast as a test or
 * a measurement of delivery wants it and without a page:
 *
 *	$ mailqueue STATE PREFIX COUNT BYTES
 *	1
 *
 * PREFIX0@d0.example, PREFIX1@d1.example and so on, over ten domains, are
 * added to the list "announce" of the store in STATE; the message has about so
 * many bytes and goes to all of the list. Prints the announcement's number.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "mail/store_delivery.h"
#include "mail/store_subscriber.h"
#include "mail/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
subscribe(struct store *s, const char *prefix, int count, struct err *e)
{
	struct store_member m = {.list = STR("announce"),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .since = 1};
	enum member_outcome outcome;
	enum member_state was;
	char address[128];

	if (store_begin(s, e) != 0)
		return -1;
	for (int i = 0; i < count; i++) {
		snprintf(address, sizeof address, "%s%d@d%d.example", prefix, i,
		    i % 10);
		m.subscriber.address = str_of(address);
		if (store_member_add(s, &m, &outcome, &was, e) != 0) {
			store_rollback(s);
			return -1;
		}
	}
	return store_commit(s, e);
}

/* A template (mail/message.h). */
static void
put_message(struct buf *to, size_t bytes, const char *mark)
{
	buf_printf(to,
	    "template 1 %s\r\n"
	    "From: Announcements <announce@example.org>\r\n"
	    "Subject: Measured\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "\r\n"
	    "To leave: gemini://example.org/leave/%s\r\n",
	    mark, mark);
	while (to->len < bytes && to->failed == ERR_NONE)
		buf_puts(to,
		    "A line of an announcement, about as long as they are.\r\n");
}

static int
queue(struct store *s, struct str message, struct err *e)
{
	struct store_announcement a = {.list = STR("announce"),
	    .page = STR("news/measured.md"),
	    .subject = STR("Measured"),
	    .message = message,
	    .queued = clock_now(),
	    .begins = clock_now()};
	int64_t recipients;

	if (store_announcement_queue(s, &a, &recipients, e) != 0)
		return -1;
	printf("%lld\n", (long long)a.id);
	return 0;
}

int
main(int argc, char **argv)
{
	char mark[TOKEN_LEN + 1];
	struct store *s = NULL;
	struct err e = ERR_INIT;
	struct buf message;
	int result;

	if (argc != 5) {
		fputs("usage: mailqueue STATE PREFIX COUNT BYTES\n", stderr);
		return 2;
	}
	buf_init(&message, (size_t)32 << 20);
	result = token_new(mark, &e);
	if (result == 0)
		result = store_open(&s, argv[1], &e);
	if (result == 0)
		result = subscribe(s, argv[2], atoi(argv[3]), &e);
	if (result == 0) {
		put_message(&message, strtoul(argv[4], NULL, 10), mark);
		result = queue(s, buf_slice(&message), &e);
	}
	if (result != 0)
		fprintf(stderr, "mailqueue: %s\n", e.msg);
	store_close(s);
	buf_release(&message);
	return result == 0 ? 0 : 1;
}
