/* A claim in one message, whatever it says: the desk answers, what it answers
 * is text, and at most one is taken of an offer of one. */
#include "mail/desk.h"
#include "mail/offer.h"
#include "mail/store_subscriber.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf conf;
static struct desk desk = {.conf = &conf};
static char folder[] = "/tmp/fuzz-claim-XXXXXX", path[200];
static struct buf title, text;

static void
clean_up(void)
{
	static const char *const names[] = {"announce.db", "announce.db-wal",
	    "announce.db-shm", "announce.db.holders", "claims.key", "shirts.md",
	    ""};
	char name[80];

	store_close(desk.store);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "%s/%s", folder, names[i]);
		remove(name);
	}
}

static void
set_up(void)
{
	static const char lines[] = "host: h.example\n"
				    "mail: {from: a@h.example}\n";
	struct store_member m = {.list = STR("announce"),
	    .state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .subscriber.address = STR("ann@example.org")};
	char tag[OFFER_TAG_LEN + 1], page[80];
	struct store_subscriber who;
	enum member_outcome outcome;
	enum member_state was;
	struct arena a;
	FILE *f;

	if (mkdtemp(folder) == NULL ||
	    conf_parse(&conf, "c", str_of(lines), NULL) != 0 ||
	    store_open(&desk.store, folder, NULL) != 0)
		abort();
	atexit(clean_up);
	conf.state = conf.sites[0].pages = str_of(folder);
	snprintf(page, sizeof page, "%s/shirts.md", folder);
	f = fopen(page, "w");
	if (f == NULL ||
	    fputs("---\noffer: {item: shirt, many: true, options: {S: 1, "
		  "M: 0}, ask: [address, sentence]}\n---\n",
		f) < 0 ||
	    fclose(f) != 0)
		abort();
	arena_init(&a);
	store_member_add(desk.store, &m, &outcome, &was, NULL);
	if (store_subscriber_find(
		desk.store, &who, &a, m.subscriber.address, NULL) != 0 ||
	    offer_tag(tag, STR("h.example"), STR("shirts.md"), NULL) != 0)
		abort();
	snprintf(path, sizeof path, "/claim/%s-%.*s", tag, STR_ARG(who.token));
	arena_release(&a);
	buf_init(&title, DESK_PACKET_MAX);
	buf_init(&text, DESK_PACKET_MAX);
}

static struct desk_answer
ask(const char *at, struct str input, enum desk_way way)
{
	struct desk_request request = {.way = way,
	    .host = STR("h.example"),
	    .path = str_of(at),
	    .input = input,
	    .has_input = true,
	    .network = STR("ann@example.org")};
	struct desk_answer answer;

	if (desk_answer(
		&desk, &request, 1700000000, &title, &text, &answer, NULL) != 0)
		abort();
	return answer;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct desk_answer answer;

	if (desk.store == NULL)
		set_up();
	ask("/offer/shirts.md", STR(""), DESK_GEMINI);
	answer = ask(path, (struct str){(const char *)data, size}, DESK_MAIL);
	if (!str_is_utf8(answer.text) || answer.kind != DESK_SHOW)
		abort();
	answer = ask("/offer/shirts.md", STR(""), DESK_GEMINI);
	if (str_find(answer.text, STR("1 of 1 S")) < 0 &&
	    str_find(answer.text, STR("All are gone")) < 0)
		abort();
	return 0;
}
