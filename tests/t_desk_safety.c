/* What the desk must hold against ill will, and a store that fails. */
#include "mail/desk_letter.h"
#include "mail/store_request.h"
#include "tests/desk_talk.h"

#include <sqlite3.h>

/* A token that ends differently. */
static const char *
spoil(const char *good)
{
	static char bad[TOKEN_LEN + 1];

	snprintf(bad, sizeof bad, "%s", good);
	bad[TOKEN_LEN - 1] = bad[TOKEN_LEN - 1] == 'a' ? 'b' : 'a';
	return bad;
}

static void
tokens_are_compared_whole(void)
{
	char name[TOKEN_LEN + 1];

	open_desk("spoilt");
	step("ann@example.org", "/subscribe");
	snprintf(name, sizeof name, "%s", request_name());
	read_letter();
	step(NULL, "/c/%s/yes", spoil(token));
	T_OK(says("does not work any more"), "a link");
	step(code, "/code/%s", spoil(name));
	T_OK(says("does not work any more"), "a name");
	is_state("ann@example.org", "announce", "unknown");
	step(code, "/code/%s", name);
	step(NULL, "/lists/%s", spoil(token_of("ann@example.org")));
	T_OK(says("does not work any more"), "a subscriber's token");
}

/* The page without what is random in it. */
static struct str
page_for(const char *address, const char *path)
{
	static char page[2][SHOWN];
	static int turn;
	char *at;

	step(address, "%s", path);
	turn = !turn;
	snprintf(page[turn], SHOWN, "%d %.*s|%.*s", (int)answer.kind,
	    STR_ARG(answer.title), STR_ARG(answer.text));
	if ((at = strstr(page[turn], "/code/")) != NULL)
		memset(at, 'x', 6 + TOKEN_LEN);
	if ((at = strstr(page[turn], address)) != NULL)
		memset(at, 'a', 3);
	return str_of(page[turn]);
}

static void
known_and_unknown_get_the_same(void)
{
	struct str known;

	open_desk("same");
	subscribe("ann@example.org", "announce");
	subscribe("bob@example.org", "announce");
	now += DAY;
	step(NULL, "/leave/%s/yes", token_of("bob@example.org"));
	now += DAY;
	known = page_for("ann@example.org", "/subscribe");
	T_EQ_STR(known, page_for("eve@example.org", "/subscribe"),
	    "subscribing an address that is known");
	T_EQ_STR(
	    known, page_for("bob@example.org", "/subscribe"), "one that left");
	known = page_for("ann@example.org", "/leave");
	T_EQ_STR(read_letter(), STR("ann@example.org"), "links are mailed");
	T_EQ_STR(known, page_for("kim@example.org", "/leave"),
	    "leaving with an address that is not known");
	T_EQ_STR(read_letter(), STR("ann@example.org"), "nothing is mailed");
	for (int i = 0; i < 6; i++) {
		now += HOUR;
		known = page_for("ann@example.org", "/leave");
		T_EQ_STR(known, page_for("kim@example.org", "/leave"),
		    "the same the %dth time", i + 2);
	}
}

static void
reloading_writes_once(void)
{
	char name[TOKEN_LEN + 1];

	open_desk("again");
	step("ann@example.org", "/subscribe");
	snprintf(name, sizeof name, "%s", request_name());
	step("ANN@example.org", "/subscribe");
	T_EQ_STR(str_of(request_name()), str_of(name), "the same request");
	T_EQ_INT(letters(), 1, "one letter");
	now += 601;
	step("ann@example.org", "/subscribe");
	T_EQ_STR(str_of(request_name()), str_of(name), "still the same");
	T_EQ_INT(letters(), 2, "written again, as the page says");
	step("ann@example.org", "/subscribe/stream");
	T_EQ_INT(letters(), 3, "another list is another request");
	subscribe("bob@example.org", "announce");
	step("bob@example.org", "/leave");
	step("bob@example.org", "/leave");
	T_EQ_INT(letters(), 5, "one letter about leaving");
}

static void
wrong_codes_run_out(void)
{
	char name[TOKEN_LEN + 1], wrong[TOKEN_CODE_LEN + 1];

	open_desk("wrong");
	step("ann@example.org", "/subscribe");
	snprintf(name, sizeof name, "%s", request_name());
	read_letter();
	snprintf(wrong, sizeof wrong, "%s", code);
	for (int i = 0; i < REQUEST_TRIES; i++) {
		wrong[0] = (char)('0' + (code[0] - '0' + 1 + i) % 10);
		step(wrong, "/code/%s", name);
		T_EQ_INT(answer.kind,
		    i < REQUEST_TRIES - 1 ? DESK_ASK : DESK_SHOW,
		    "the wrong code %d", i + 1);
		step(wrong, "/code/%s", name);
	}
	T_OK(says("Too many wrong codes"), "then there are too many");
	step(code, "/code/%s", name);
	T_OK(says("Too many wrong codes"), "the right one is too late");
	is_state("ann@example.org", "announce", "unknown");
	step(NULL, "/c/%s/yes", token);
	is_state("ann@example.org", "announce", "active by gemini");
	step("bob@example.org", "/subscribe");
	snprintf(name, sizeof name, "%s", request_name());
	for (int i = 0; i < REQUEST_TRIES + 1; i++) {
		snprintf(wrong, sizeof wrong, "%06d", i);
		step(wrong, "/code/%s", name);
	}
	step("bob@example.org", "/subscribe");
	T_OK(!str_is(str_of(name), request_name()), "one may ask anew");
}

/* How many the file holds. */
static int
requests(void)
{
	sqlite3_stmt *q = NULL;
	sqlite3 *other = NULL;
	char path[600];
	int count = -1;

	snprintf(path, sizeof path, "%s/expired/announce.db", t_tmpdir());
	sqlite3_open(path, &other);
	sqlite3_prepare_v2(
	    other, "SELECT count(*) FROM requests", -1, &q, NULL);
	if (sqlite3_step(q) == SQLITE_ROW)
		count = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(other);
	return count;
}

static void
requests_expire(void)
{
	char name[TOKEN_LEN + 1];
	int64_t in_doubt;

	open_desk("expired");
	step("ann@example.org", "/subscribe");
	snprintf(name, sizeof name, "%s", request_name());
	read_letter();
	now += 48 * HOUR - 1;
	step(NULL, "/c/%s", token);
	T_OK(says("Subscribe to"), "two days it works");
	now += 1;
	step(NULL, "/c/%s/yes", token);
	T_OK(says("does not work any more"), "the link then not");
	step(code, "/code/%s", name);
	T_OK(says("does not work any more"), "nor the code");
	is_state("ann@example.org", "announce", "unknown");
	step("bob@example.org", "/subscribe");
	T_EQ_INT(requests(), 2, "both are kept");
	store_letters_tend(store, now, &in_doubt, NULL);
	T_EQ_INT(requests(), 1, "until what expired is forgotten");
}

static void
letters_to_one_address_are_few(void)
{
	open_desk("few");
	for (int i = 0; i < 8; i++) {
		T_EQ_INT(step("ann@example.org", "/subscribe"), DESK_SHOW,
		    "asked for the %dth time", i + 1);
		now += 700;
	}
	T_EQ_INT(letters(), 4, "four letters a day");
	step("bob@example.org", "/subscribe");
	T_EQ_INT(letters(), 5, "another's are counted apart");
	now += DAY;
	step("ann@example.org", "/subscribe");
	T_EQ_INT(letters(), 6, "and the next day there are more");
}

static void
networks_have_limits(void)
{
	char address[64];
	int taken = 0;

	open_desk("network");
	for (int i = 0; i < 70; i++) {
		snprintf(address, sizeof address, "p%d@example.org", i);
		taken += step(address, "/subscribe") == DESK_SHOW;
	}
	T_EQ_INT(taken, 60, "sixty an hour from one network");
	T_EQ_INT(answer.kind, DESK_REFUSE, "then it is refused");
	T_EQ_INT(letters(), 60, "with nothing left behind");
	step("p1@example.org", "/subscribe");
	T_EQ_INT(answer.kind, DESK_SHOW, "a page loaded again is as it was");
	open_desk("network");
	visitor.network = STR("198.51.100.0/24");
	T_EQ_INT(step("q@example.org", "/subscribe"), DESK_SHOW,
	    "another network may");
	visitor.network = STR(HOME);
	T_EQ_INT(step("r@example.org", "/leave"), DESK_REFUSE,
	    "a restart forgets nothing");
	now += HOUR;
	T_EQ_INT(step("r@example.org", "/leave"), DESK_SHOW, "an hour does");
}

static void
in_all_there_are_limits(void)
{
	struct store_asking asking = {.what = ASKED_SUBSCRIBE, .at = NOW};
	char address[64];
	const char *unsent;

	open_desk("crowd");
	store_begin(store, NULL);
	for (int i = 0; i < 1000; i++) {
		snprintf(address, sizeof address, "p%d@example.org", i);
		asking.address = asking.network = str_of(address);
		store_asked_add(store, &asking, NULL);
	}
	store_commit(store, NULL);
	T_EQ_INT(step("ann@example.org", "/subscribe"), DESK_LATER,
	    "a thousand an hour in all");
	T_EQ_INT(letters(), 0, "nothing was done");
	answer = (struct desk_answer){
	    .kind = DESK_SHOW, .title = STR("Hello"), .text = STR("Hello")};
	desk_letter_answer(store, &conf.mail, STR("ann@example.org"), &answer,
	    STR(""), now, &unsent, NULL);
	T_OK(unsent == NULL, "those who write are answered all the same");
}

/* What strangers write closes no form, and silences nobody who has a token. */
static void
mail_has_a_limit_of_its_own(void)
{
	struct store_asking asking = {.what = ASKED_ANSWER, .at = NOW};
	char address[64];
	const char *unsent;

	open_desk("flood");
	store_begin(store, NULL);
	for (int i = 0; i < 1000; i++) {
		snprintf(address, sizeof address, "p%d@example.org", i);
		asking.address = str_of(address);
		store_asked_add(store, &asking, NULL);
	}
	store_commit(store, NULL);
	T_EQ_INT(
	    step("ann@example.org", "/subscribe"), DESK_SHOW, "forms are open");
	answer = (struct desk_answer){
	    .kind = DESK_SHOW, .title = STR("Hello"), .text = STR("Hello")};
	desk_letter_answer(store, &conf.mail, STR("bob@example.org"), &answer,
	    STR(""), now, &unsent, NULL);
	T_OK(unsent != NULL, "who only wrote is not answered");
	answer.owner = STR("bob@example.org");
	desk_letter_answer(store, &conf.mail, STR("bob@example.org"), &answer,
	    STR(""), now, &unsent, NULL);
	T_OK(unsent == NULL, "who has a token is");
	visitor.way = DESK_MAIL;
	visitor.network = STR("cy@example.org");
	T_EQ_INT(step("1@x", "/subscribe"), DESK_LATER,
	    "mail that subscribes waits");
}

static void
the_erased_come_back_by_themselves(void)
{
	struct err e = ERR_INIT;
	bool was_known;
	int64_t since;

	open_desk("erased");
	subscribe("ann@example.org", "announce");
	step("ann@example.org", "/subscribe/stream");
	read_letter();
	store_subscriber_erase(
	    store, STR("ann@example.org"), now, &was_known, &e);
	step(NULL, "/c/%s/yes", token);
	T_OK(says("does not work any more"), "open requests are gone, too");
	is_state("ann@example.org", "stream", "unknown");
	now += HOUR;
	step("ann@example.org", "/subscribe");
	read_letter();
	is_state("ann@example.org", "announce", "unknown");
	step(NULL, "/c/%s/yes", token);
	is_state("ann@example.org", "announce", "active by gemini");
	T_EQ_INT(store_suppressed(store, STR("ann@example.org"), &since, &e), 0,
	    "asked");
	T_EQ_INT(since, 0, "the suppression is lifted");
}

static void
answers_are_few(void)
{
	struct desk_answer got = {.kind = DESK_REFUSE, .text = STR("No.")};
	struct err e = ERR_INIT;
	const char *unsent = NULL;
	int count = 0;

	open_desk("answers");
	for (int i = 0; i < DESK_ANSWERS_MAX + 5; i++) {
		T_EQ_INT(desk_letter_answer(store, &conf.mail,
			     STR("ann@example.org"), &got,
			     STR("id@client.example"), now, &unsent, &e),
		    0, "answered: %s", e.msg);
		count += unsent == NULL;
	}
	T_EQ_INT(count, ASKED_TO_ADDRESS_MAX, "a few a day");
	T_EQ_INT(letters(), ASKED_TO_ADDRESS_MAX, "as letters");
	got.owner = STR("ann@example.org");
	for (int i = 0; i < DESK_ANSWERS_MAX + 5; i++) {
		desk_letter_answer(store, &conf.mail, STR("eve@example.org"),
		    &got, STR("id@client.example"), now, &unsent, &e);
		count += unsent == NULL;
	}
	T_EQ_INT(count, DESK_ANSWERS_MAX, "more to who has a token");
	T_EQ_INT(letters(), DESK_ANSWERS_MAX, "and not without end");
	read_letter();
	T_OK(strstr(message, "In-Reply-To: <id@client.example>\r\n") != NULL,
	    "to what was written");
	T_OK(strstr(message, "Reply-To: a") == NULL, "a reply is to us");
	now += DAY;
	got.reply_to = STR("announce+claim-x@example.org");
	desk_letter_answer(store, &conf.mail, STR("ann@example.org"), &got,
	    STR("a b>\r\nBcc: x@y"), now, &unsent, &e);
	read_letter();
	T_OK(unsent == NULL && strstr(message, "Bcc") == NULL,
	    "what is no Message-ID is left out");
	T_OK(strstr(message,
		 "\r\nReply-To: announce+claim-x@example.org\r\n") != NULL,
	    "a reply goes where the answer says");
	got.text = STR("");
	desk_letter_answer(store, &conf.mail, STR("bob@example.org"), &got,
	    STR(""), now, &unsent, &e);
	T_EQ_INT(
	    letters(), DESK_ANSWERS_MAX + 1, "nothing to say needs no letter");
	T_OK(unsent == NULL, "and none is missing");
}

/* Another program writes and does not end: each step says so, and later does
 * what it would have done. */
static void
a_busy_store_loses_nothing(void)
{
	char path[600];
	sqlite3 *other = NULL;

	open_desk("busy");
	store_patience(store, 10);
	subscribe("bob@example.org", "announce");
	step("ann@example.org", "/subscribe");
	read_letter();
	snprintf(path, sizeof path, "%s/busy/announce.db", t_tmpdir());
	sqlite3_open(path, &other);
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	T_EQ_INT(
	    step("kim@example.org", "/subscribe"), DESK_KINDS, "subscribe");
	T_EQ_INT(failure.kind, ERR_LATER, "later");
	T_EQ_INT(step("bob@example.org", "/leave"), DESK_KINDS, "leave");
	T_EQ_INT(failure.kind, ERR_LATER, "later");
	T_EQ_INT(step(NULL, "/c/%s/yes", token), DESK_KINDS, "confirm");
	T_EQ_INT(failure.kind, ERR_LATER, "later");
	T_EQ_INT(step(NULL, "/leave/%s/yes", token_of("bob@example.org")),
	    DESK_KINDS, "yes");
	T_EQ_INT(failure.kind, ERR_LATER, "later");
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	T_EQ_INT(letters(), 2, "no letter was written");
	is_state("ann@example.org", "announce", "unknown");
	is_state("bob@example.org", "announce", "active by gemini");
	T_EQ_INT(step(NULL, "/c/%s/yes", token), DESK_SHOW, "then it works");
	is_state("ann@example.org", "announce", "active by gemini");
}

/* A trigger fails in the middle of a step, as a disk would. */
static void
a_step_is_whole_or_not_there(void)
{
	char path[600];
	sqlite3 *other = NULL;

	open_desk("half");
	step("ann@example.org", "/subscribe");
	read_letter();
	snprintf(path, sizeof path, "%s/half/announce.db", t_tmpdir());
	sqlite3_open(path, &other);
	sqlite3_exec(other,
	    "CREATE TRIGGER a BEFORE UPDATE OF confirmed ON requests "
	    "BEGIN SELECT raise(ABORT, 'no'); END;"
	    "CREATE TRIGGER b BEFORE INSERT ON letters "
	    "BEGIN SELECT raise(ABORT, 'no'); END;",
	    NULL, NULL, NULL);
	T_EQ_INT(step(NULL, "/c/%s/yes", token), DESK_KINDS,
	    "confirming fails at its end");
	is_state("ann@example.org", "announce", "unknown");
	T_EQ_INT(step("bob@example.org", "/subscribe"), DESK_KINDS,
	    "subscribing fails at its end");
	sqlite3_exec(other, "DROP TRIGGER a; DROP TRIGGER b", NULL, NULL, NULL);
	sqlite3_close(other);
	T_EQ_INT(step("bob@example.org", "/subscribe"), DESK_SHOW,
	    "then it is as if it never was");
	T_EQ_STR(read_letter(), STR("bob@example.org"), "and is written to");
}

int
main(void)
{
	talk_open();
	T_RUN(tokens_are_compared_whole);
	T_RUN(known_and_unknown_get_the_same);
	T_RUN(reloading_writes_once);
	T_RUN(wrong_codes_run_out);
	T_RUN(requests_expire);
	T_RUN(letters_to_one_address_are_few);
	T_RUN(networks_have_limits);
	T_RUN(in_all_there_are_limits);
	T_RUN(mail_has_a_limit_of_its_own);
	T_RUN(the_erased_come_back_by_themselves);
	T_RUN(answers_are_few);
	T_RUN(a_busy_store_loses_nothing);
	T_RUN(a_step_is_whole_or_not_there);
	talk_close();
	return t_done();
}
