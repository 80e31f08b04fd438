/* The desk's whole conversation, a packet at a time, on a store of its own:
 * what is not a page is one short line, whatever was typed, and every answer
 * fits into a packet. */
#include "mail/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/f_desk.XXXXXX";
static struct conf conf;
static struct desk desk;

static void
remove_store(void)
{
	static const char *const names[] = {"", "-wal", "-shm", ".holders"};
	char path[100];

	store_close(desk.store);
	conf_release(&conf);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(
		    path, sizeof path, "%s/announce.db%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void
make_store(void)
{
	struct str settings =
	    STR("host: a.example\nmail:\n  from: us@a.example\n  lists:\n"
		"    one: {title: One}\n    two: {title: Two}\n");

	if (mkdtemp(folder) == NULL ||
	    conf_parse(&conf, "conf", settings, NULL) != 0 ||
	    store_open(&desk.store, folder, NULL) != 0)
		abort();
	desk.conf = &conf;
	atexit(remove_store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str packet = {(const char *)data, size};
	struct desk_request request;
	struct buf title, text, sent;
	struct desk_answer answer;

	if (desk.conf == NULL)
		make_store();
	if (desk_parse_request(&request, packet, NULL) != 0)
		return 0;
	buf_init(&title, DESK_PACKET_MAX);
	buf_init(&text, DESK_PACKET_MAX);
	buf_init(&sent, DESK_PACKET_MAX * 2);
	if (desk_answer(&desk, &request, NOW, &title, &text, &answer, NULL) !=
		0 ||
	    desk_put_answer(&sent, &answer, NULL) != 0 ||
	    str_chr(answer.title, '\n') >= 0 || str_has_control(answer.text) ||
	    (answer.kind != DESK_SHOW &&
		(answer.text.n > 200 || str_chr(answer.text, '\n') >= 0)))
		abort();
	buf_release(&title);
	buf_release(&text);
	buf_release(&sent);
	return 0;
}
