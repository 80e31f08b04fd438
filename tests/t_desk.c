#include "mail/desk.h"
#include "mail/desk_letter.h"
#include "mail/mailbox.h"
#include "mail/store_bounce.h"
#include "mail/store_letter.h"
#include "mail/store_request.h"
#include "mail/token.h"
#include "tests/t.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000
#define HOUR 3600
#define DAY 86400
#define HEX16 "0123456789abcdef"
#define HERS HEX16 HEX16 HEX16 HEX16
#define ORGANIZER "f" HEX16 HEX16 HEX16 "0123456789abcde"
#define HOME "192.0.2.0/24"
#define SHOWN 20000

static const char settings[] = "host: capsule.example.org\n"
			       "title: A [Conf]\n"
			       "organizers: [" ORGANIZER "]\n"
			       "mail:\n"
			       "  from: A Conf <announce@example.org>\n"
			       "  lists:\n"
			       "    announce: {title: Conference *news*}\n"
			       "    stream: {title: Before the stream}\n";

/* One desk, one visitor, one clock. */
static struct store *store;
static struct conf conf;
static int64_t now;
static struct desk_request visitor;

/* What was answered last. */
static struct buf title, text;
static struct desk_answer answer;
static struct err failure;

/* What the last letter says. */
static char code[TOKEN_CODE_LEN + 1], token[TOKEN_LEN + 1];
static char message[SHOWN];

static void
open_desk(const char *name)
{
	struct err e = ERR_INIT;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	store_close(store);
	if (store_open(&store, path, &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
	now = NOW;
	visitor = (struct desk_request){.way = DESK_GEMINI,
	    .host = STR("capsule.example.org"),
	    .network = STR(HOME)};
}

/* A step at a path made of fmt; input NULL: nothing was typed. */
static enum desk_kind step(const char *input, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum desk_kind
step(const char *input, const char *fmt, ...)
{
	struct desk desk = {&conf, store};
	static char path[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	visitor.path = str_of(path);
	visitor.input = str_of(input);
	visitor.has_input = input != NULL;
	failure = (struct err)ERR_INIT;
	if (desk_answer(
		&desk, &visitor, now, &title, &text, &answer, &failure) != 0)
		return DESK_KINDS;
	return answer.kind;
}

static bool
says(const char *words)
{
	bool found = str_find(answer.text, str_of(words)) >= 0 ||
	    str_find(answer.title, str_of(words)) >= 0;

	if (!found)
		printf("# it says: %.*s: %.*s\n", STR_ARG(answer.title),
		    STR_ARG(answer.text));
	return found;
}

/* Copies n bytes behind the first `before` of a text. */
static bool
cut_behind(char *out, size_t n, struct str from, const char *before)
{
	ptrdiff_t at = str_find(from, str_of(before));
	struct str found;

	out[0] = '\0';
	if (at < 0)
		return false;
	found = str_sub(from, (size_t)at + strlen(before), n);
	memcpy(out, found.p, found.n);
	out[found.n] = '\0';
	return found.n == n;
}

static int64_t
letters(void)
{
	struct store_totals totals;

	if (store_letter_totals(store, &totals, NULL) != 0)
		T_OK(false, "letters are counted");
	return totals.all;
}

/* Reads the last letter; its address is for who asks. */
static struct str
read_letter(void)
{
	static char address[MAILBOX_MAX + 1];
	struct store_letter letter;
	struct arena a;
	size_t count = 0;

	arena_init(&a);
	address[0] = '\0';
	store_letters(store, DELIVERY_QUEUED, 0, &a, &letter, 1, &count, NULL);
	if (count > 0) {
		snprintf(
		    address, sizeof address, "%.*s", STR_ARG(letter.address));
		snprintf(message, sizeof message, "%.*s%.*s",
		    STR_ARG(letter.head), STR_ARG(letter.body));
		cut_behind(code, TOKEN_CODE_LEN, letter.body, "you asked: ");
		if (!cut_behind(token, TOKEN_LEN, letter.body, "/c/"))
			cut_behind(token, TOKEN_LEN, letter.body, "/leave/");
	}
	arena_release(&a);
	return str_of(address);
}

static const char *
state_of(const char *address, const char *list)
{
	struct store_member_query query = {0};
	struct store_member_cursor after = {0};
	struct store_subscriber who;
	static char state[300];
	struct store_member m[9];
	struct arena a;
	size_t count = 0;

	arena_init(&a);
	snprintf(state, sizeof state, "unknown");
	if (store_subscriber_find(store, &who, &a, str_of(address), NULL) ==
	    0) {
		query.subscriber = who.id;
		store_members(store, &query, &after, &a, m, 9, &count, NULL);
	}
	for (size_t i = 0; i < count; i++)
		if (str_is(m[i].list, list))
			snprintf(state, sizeof state, "%s by %s",
			    member_state_name(m[i].state),
			    member_way_name(m[i].way));
	arena_release(&a);
	return state;
}

static const char *
token_of(const char *address)
{
	static char its[TOKEN_LEN + 1];
	struct store_subscriber who;
	struct arena a;

	arena_init(&a);
	its[0] = '\0';
	if (store_subscriber_find(store, &who, &a, str_of(address), NULL) == 0)
		snprintf(its, sizeof its, "%.*s", STR_ARG(who.token));
	arena_release(&a);
	return its;
}

static void
is_state(const char *address, const char *list, const char *want)
{
	T_EQ_STR(str_of(state_of(address, list)), str_of(want), "%s on %s",
	    address, list);
}

/* The word behind "/code/" on the page. */
static const char *
request_name(void)
{
	static char name[TOKEN_LEN + 1];

	cut_behind(name, TOKEN_LEN, answer.text, "/code/");
	return name;
}

static void
subscribe(const char *address, const char *list)
{
	step(address, "/subscribe/%s", list);
	read_letter();
	step(NULL, "/c/%s/yes", token);
	is_state(address, list, "active by gemini");
}

static void
forms_answer(void)
{
	static const struct {
		const char *why;
		enum desk_way way;
		const char *path, *input, *certificate;
		enum desk_kind want;
		const char *words;
	} cases[] = {
	    {"the address is asked for", DESK_GEMINI, "/subscribe", NULL, "",
		DESK_ASK, "Your e-mail address"},
	    {"for a list", DESK_GEMINI, "/subscribe/stream", NULL, "", DESK_ASK,
		"Your e-mail address"},
	    {"a list that is none", DESK_GEMINI, "/subscribe/x", NULL, "",
		DESK_MISSING, ""},
	    {"nothing typed", DESK_GEMINI, "/subscribe", "", "", DESK_ASK,
		"Your e-mail address?"},
	    {"no @", DESK_GOPHER, "/subscribe", "ann", "", DESK_ASK,
		"There is no \"@\" in it. Address?"},
	    {"no domain", DESK_GEMINI, "/subscribe", "ann@x", "", DESK_ASK,
		"The part after"},
	    {"our own address", DESK_GEMINI, "/subscribe",
		"Announce+x@EXAMPLE.org", "", DESK_ASK, "ours"},
	    {"a line behind it", DESK_GEMINI, "/subscribe",
		"ann@example.org\nBcc: bob@example.org", "", DESK_ASK, ""},
	    {"the code is asked for", DESK_GEMINI,
		"/code/aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, "", DESK_ASK,
		"six digits"},
	    {"a code that is none", DESK_GEMINI,
		"/code/aaaaaaaaaaaaaaaaaaaaaaaaaa", "12345", "", DESK_ASK,
		"Six digits, please"},
	    {"a code for nothing", DESK_GEMINI,
		"/code/aaaaaaaaaaaaaaaaaaaaaaaaaa", "123456", "", DESK_SHOW,
		"does not work any more"},
	    {"a name cut short", DESK_GEMINI, "/code/aaaa", "123456", "",
		DESK_SHOW, "does not work any more"},
	    {"a token cut short", DESK_GEMINI, "/c/aaaa", NULL, "", DESK_SHOW,
		"does not work any more"},
	    {"a token not known", DESK_GEMINI, "/c/aaaaaaaaaaaaaaaaaaaaaaaaaa",
		NULL, "", DESK_SHOW, "does not work any more"},
	    {"something else to confirm", DESK_GEMINI,
		"/c/aaaaaaaaaaaaaaaaaaaaaaaaaa/no", NULL, "", DESK_MISSING, ""},
	    {"leaving asks", DESK_GOPHER, "/leave", NULL, "", DESK_ASK,
		"Your e-mail address"},
	    {"leaving by a token not known", DESK_GEMINI,
		"/leave/aaaaaaaaaaaaaaaaaaaaaaaaaa/yes", NULL, "", DESK_SHOW,
		"does not work any more"},
	    {"lists by a token not known", DESK_GEMINI,
		"/lists/aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, "", DESK_SHOW,
		"does not work any more"},
	    {"lists without one", DESK_GEMINI, "/lists", NULL, "", DESK_MISSING,
		""},
	    {"me without a certificate", DESK_GEMINI, "/me", NULL, "",
		DESK_CERTIFICATE, "certificate"},
	    {"me with an unknown one", DESK_GEMINI, "/me", NULL, HERS,
		DESK_SHOW, "not known yet"},
	    {"me by Gopher", DESK_GOPHER, "/me", NULL, "", DESK_REFUSE,
		"Gemini"},
	    {"organizers without a certificate", DESK_GEMINI, "/organizers/",
		NULL, "", DESK_CERTIFICATE, "certificate"},
	    {"organizers with another's", DESK_GEMINI, "/organizers/", NULL,
		HERS, DESK_STRANGER, "Not an organizer"},
	    {"organizers", DESK_GEMINI, "/organizers/", NULL, ORGANIZER,
		DESK_SHOW, "Organizers' desk"},
	    {"organizers by Gopher", DESK_GOPHER, "/organizers/", NULL, "",
		DESK_REFUSE, "Gemini"},
	    {"help", DESK_MAIL, "/help", NULL, "", DESK_SHOW,
		"announce+subscribe@example.org"},
	    {"help for a list", DESK_MAIL, "/help", NULL, "", DESK_SHOW,
		"announce+subscribe-stream@example.org"},
	    {"nothing", DESK_GEMINI, "/", NULL, "", DESK_MISSING, ""},
	    {"no form", DESK_GEMINI, "/x", NULL, "", DESK_MISSING, ""},
	    {"an empty word", DESK_GEMINI, "/leave//yes", NULL, "",
		DESK_MISSING, ""},
	    {"many words", DESK_GEMINI, "/me/a/b/c/d/e/f/g", NULL, HERS,
		DESK_MISSING, ""},
	};

	open_desk("forms");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		visitor.way = cases[i].way;
		visitor.certificate = str_of(cases[i].certificate);
		T_EQ_INT(step(cases[i].input, "%s", cases[i].path),
		    cases[i].want, "%s (%s)", cases[i].why, failure.msg);
		T_OK(says(cases[i].words), "%s: %s", cases[i].why,
		    cases[i].words);
	}
	T_EQ_INT(letters(), 0, "none of these wrote a letter");
}

static void
prompts_are_short(void)
{
	static const char *const paths[] = {
	    "/subscribe", "/leave", "/code/aaaaaaaaaaaaaaaaaaaaaaaaaa"};

	open_desk("prompts");
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		step(NULL, "%s", paths[i]);
		T_OK(answer.text.n <= 33, "%s fits amfora's prompt", paths[i]);
		step("x", "%s", paths[i]);
		T_OK(answer.text.n <= 33, "%s again, too", paths[i]);
	}
}

static void
a_code_confirms(void)
{
	char name[TOKEN_LEN + 1], typed[16];

	open_desk("code");
	T_EQ_INT(step(" Ann@Example.ORG ", "/subscribe"), DESK_SHOW,
	    "an address is taken");
	T_OK(says("Check your mail"), "and mail announced");
	T_OK(says("Ann@example.org"), "to it");
	T_OK(says("Conference \\*news\\*"), "Markdown's signs are escaped");
	snprintf(name, sizeof name, "%s", request_name());
	T_EQ_STR(read_letter(), STR("Ann@example.org"), "a letter goes there");
	T_EQ_INT(letters(), 1, "one");
	is_state("ann@example.org", "announce", "unknown");
	T_OK(str_find(answer.text, str_of(code)) < 0, "the page has no code");
	T_OK(str_find(answer.text, str_of(token)) < 0, "and no token");
	T_EQ_INT(step(NULL, "/code/%s", name), DESK_ASK, "the code's form");
	snprintf(typed, sizeof typed, "%.3s %.3s", code, code + 3);
	T_EQ_INT(step(typed, "/code/%s", name), DESK_SHOW, "the code");
	T_OK(says("You are subscribed"), "subscribes");
	is_state("ann@example.org", "announce", "active by gemini");
	is_state("ann@example.org", "stream", "unknown");
	now += HOUR;
	T_EQ_INT(step(typed, "/code/%s", name), DESK_SHOW, "loaded again");
	T_OK(says("You are subscribed"), "it says the same");
	T_EQ_INT(letters(), 1, "and writes nothing");
}

static void
a_letter_is_a_good_message(void)
{
	char want[200];

	open_desk("letter");
	step("ann@example.org", "/subscribe");
	read_letter();
	snprintf(want, sizeof want,
	    "Reply-To: announce+confirm-%s@example.org\r\n", token);
	T_OK(strstr(message, want) != NULL, "a reply confirms");
	snprintf(
	    want, sizeof want, "gemini://capsule.example.org/c/%s\r\n", token);
	T_OK(strstr(message, want) != NULL, "a link on a line of its own");
	T_OK(strstr(message, "Auto-Submitted: auto-generated\r\n") != NULL,
	    "it says that a program wrote it");
	T_OK(strstr(message, "From: A Conf <announce@example.org>\r\n") != NULL,
	    "who from");
	T_OK(strstr(message, "Subject: Subscribe to Conference *news*?\r\n") !=
		NULL,
	    "what about");
	T_OK(strstr(message, "In-Reply-To") == NULL, "it answers no message");
	for (const char *p = message; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80 ||
		    (*p == '\n') != (p > message && p[-1] == '\r'))
			T_OK(false, "7-bit, CRLF: at %d", (int)(p - message));
}

static void
a_link_asks_before_it_confirms(void)
{
	open_desk("link");
	step("ann@example.org", "/subscribe");
	read_letter();
	T_EQ_INT(step(NULL, "/c/%s", token), DESK_SHOW, "the link asks");
	T_OK(says("Yes, subscribe me"), "with a link to say yes");
	T_OK(says("Before the stream"), "and names the other lists");
	is_state("ann@example.org", "announce", "unknown");
	T_EQ_INT(step(NULL, "/c/%s/yes", token), DESK_SHOW, "yes");
	is_state("ann@example.org", "announce", "active by gemini");
	is_state("ann@example.org", "stream", "unknown");
	step(NULL, "/c/%s/yes", token);
	T_OK(says("You are subscribed"), "again it says the same");
	step(NULL, "/c/%s", token);
	T_OK(says("You are subscribed"), "the link knows");
	now += 10;
	step(NULL, "/leave/%s/yes", token_of("ann@example.org"));
	now += 10;
	step(NULL, "/c/%s/yes", token);
	T_OK(says("You are not subscribed"), "an old link brings nobody back");
	is_state("ann@example.org", "announce", "left by gemini");
}

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

static void
all_lists_can_be_had(void)
{
	open_desk("all");
	step("ann@example.org", "/subscribe/stream");
	read_letter();
	step(NULL, "/c/%s/all", token);
	is_state("ann@example.org", "announce", "active by gemini");
	is_state("ann@example.org", "stream", "active by gemini");
}

static void
mail_subscribes_and_confirms(void)
{
	struct buf path;

	open_desk("mail");
	buf_init(&path, 1024);
	visitor.way = DESK_MAIL;
	visitor.network = STR("ann@example.org");
	T_EQ_INT(step("id@client.example", "/subscribe"), DESK_SHOW,
	    "subscribing by mail");
	T_EQ_INT(answer.text.n, 0, "is answered by the letter alone");
	T_EQ_STR(read_letter(), STR("ann@example.org"), "to who wrote");
	T_OK(strstr(message, "In-Reply-To: <id@client.example>\r\n") != NULL,
	    "as an answer");
	T_OK(strstr(message, "Auto-Submitted: auto-replied\r\n") != NULL,
	    "of a program");
	buf_printf(&path, "confirm-%s", token);
	visitor.network = STR("other@example.org");
	T_EQ_INT(step(NULL, "/c/%s/yes", token), DESK_SHOW, "a reply confirms");
	T_OK(says("announce+leave-"), "and says how to leave by mail");
	T_OK(says("gemini://capsule.example.org/lists/"), "and by Gemini");
	T_OK(str_find(answer.text, STR("](")) < 0, "without Markdown");
	is_state("ann@example.org", "announce", "active by mail");
	visitor.network = STR("not an address");
	T_EQ_INT(step(NULL, "/subscribe"), DESK_REFUSE, "an odd writer");
	buf_release(&path);
}

static void
mail_addresses_are_paths(void)
{
	static const struct {
		const char *extension, *want;
	} cases[] = {
	    {"subscribe", "/subscribe"},
	    {"Subscribe", "/subscribe"},
	    {"subscribe-stream", "/subscribe/stream"},
	    {"confirm-abc", "/c/abc/yes"},
	    {"leave", "/leave"},
	    {"leave-abc", "/leave/abc/yes"},
	    {"undo-abc", "/leave/abc/undo"},
	    {"lists-abc", "/lists/abc"},
	    {"help", "/help"},
	    {"", NULL},
	    {"leave-", NULL},
	    {"confirm", NULL},
	    {"confirm-a/b", NULL},
	    {"helper", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b;
		int got;

		buf_init(&b, 1024);
		got = desk_mail_path(&b, str_of(cases[i].extension));
		T_EQ_INT(got, cases[i].want != NULL ? 0 : -1, "+%s",
		    cases[i].extension);
		T_EQ_STR(buf_slice(&b), str_of(cases[i].want), "+%s",
		    cases[i].extension);
		buf_release(&b);
	}
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
}

static void
leaving_and_back(void)
{
	const char *its;

	open_desk("leave");
	subscribe("ann@example.org", "announce");
	subscribe("ann@example.org", "stream");
	now += DAY;
	step("ann@example.org", "/leave");
	read_letter();
	its = token_of("ann@example.org");
	T_EQ_STR(str_of(token), str_of(its), "the letter has the link");
	T_EQ_INT(step(NULL, "/leave/%s", its), DESK_SHOW, "it asks first");
	T_OK(says("Really stop?"), "really");
	is_state("ann@example.org", "stream", "active by gemini");
	T_EQ_INT(step(NULL, "/leave/%s/yes/%lld", its, (long long)now),
	    DESK_SHOW, "yes");
	T_OK(says("You get no more mail"), "it is done");
	is_state("ann@example.org", "announce", "left by gemini");
	is_state("ann@example.org", "stream", "left by gemini");
	now += 10;
	step(NULL, "/leave/%s/yes/%lld", its, (long long)now - 10);
	T_OK(says("You get no more mail"), "again it says the same");
	step(NULL, "/leave/%s/undo/%lld", its, (long long)now);
	T_OK(says("You are subscribed"), "undone");
	is_state("ann@example.org", "announce", "active by gemini");
	is_state("ann@example.org", "stream", "active by gemini");
	now += 10;
	step(NULL, "/leave/%s/undo/%lld", its, (long long)now - 10);
	T_OK(says("You are subscribed"), "undone again is the same");
	step(NULL, "/leave/%s/yes/%lld", its, (long long)now - 20);
	T_OK(says("You are subscribed"), "a page from before changes nothing");
	is_state("ann@example.org", "announce", "active by gemini");
}

static void
undo_brings_back_what_was_left(void)
{
	const char *its;

	open_desk("undo");
	subscribe("ann@example.org", "announce");
	subscribe("ann@example.org", "stream");
	its = token_of("ann@example.org");
	now += 100;
	step(NULL, "/lists/%s/off/stream/%lld", its, (long long)now);
	is_state("ann@example.org", "stream", "left by gemini");
	now += 100;
	visitor.way = DESK_MAIL;
	step(NULL, "/leave/%s/yes", its);
	T_OK(says("announce+undo-"), "by mail there is an address for it");
	is_state("ann@example.org", "announce", "left by mail");
	step(NULL, "/leave/%s/undo", its);
	is_state("ann@example.org", "announce", "active by mail");
	is_state("ann@example.org", "stream", "left by gemini");
	now += 100;
	step(NULL, "/leave/%s/undo", its);
	is_state("ann@example.org", "stream", "left by gemini");
}

static void
lists_are_chosen(void)
{
	const char *its;

	open_desk("lists");
	subscribe("ann@example.org", "announce");
	its = token_of("ann@example.org");
	now += 100;
	T_EQ_INT(step(NULL, "/lists/%s", its), DESK_SHOW, "what one has");
	T_OK(says("subscribed since"), "is named");
	T_OK(says("Before the stream: not subscribed"), "and what one has not");
	step(NULL, "/lists/%s/on/stream/%lld", its, (long long)now);
	is_state("ann@example.org", "stream", "active by gemini");
	now += 100;
	step(NULL, "/lists/%s/off/announce/%lld", its, (long long)now);
	is_state("ann@example.org", "announce", "left by gemini");
	step(NULL, "/lists/%s/on/announce/%lld", its, (long long)now - 50);
	is_state("ann@example.org", "announce", "left by gemini");
	T_EQ_INT(step(NULL, "/lists/%s/on/other/1", its), DESK_MISSING,
	    "no such list");
	T_EQ_INT(step(NULL, "/lists/%s/of/announce", its), DESK_MISSING,
	    "no such word");
	T_EQ_INT(step(NULL, "/lists/%s/on", its), DESK_MISSING, "no list");
}

static void
a_certificate_is_remembered(void)
{
	open_desk("me");
	step("ann@example.org", "/subscribe");
	read_letter();
	visitor.certificate = STR(HERS);
	step(NULL, "/c/%s/yes", token);
	T_OK(says("](/me)"), "it is said");
	T_EQ_INT(step(NULL, "/me"), DESK_SHOW, "and opens the lists");
	T_OK(says("ann@example.org"), "of its owner");
	T_OK(str_find(answer.text, str_of(token_of("ann@example.org"))) < 0,
	    "without the token");
	now += 10;
	step(NULL, "/me/on/stream/%lld", (long long)now);
	is_state("ann@example.org", "stream", "active by gemini");
	now += 10;
	T_EQ_INT(step(NULL, "/me/leave"), DESK_SHOW, "leaving asks");
	step(NULL, "/me/leave/yes/%lld", (long long)now);
	is_state("ann@example.org", "announce", "left by gemini");
	now += 10;
	step(NULL, "/me/leave/undo/%lld", (long long)now);
	is_state("ann@example.org", "announce", "active by gemini");
	visitor.certificate = STR(ORGANIZER);
	step(NULL, "/me");
	T_OK(says("not known yet"), "another's does not");
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
consent_is_kept(void)
{
	struct store_member_query query = {.list = STR("announce")};
	struct store_member_cursor after = {0};
	struct store_member m[4];
	struct arena a;
	size_t count = 0;

	open_desk("consent");
	arena_init(&a);
	step("ann@example.org", "/subscribe");
	read_letter();
	now += HOUR;
	visitor.way = DESK_GOPHER;
	visitor.network = STR("2001:db8:1::/48");
	step(NULL, "/c/%s/yes", token);
	store_members(store, &query, &after, &a, m, 4, &count, NULL);
	if (T_EQ_INT(count, 1, "one member"))
		T_EQ_STR(m[0].consent,
		    STR("asked by gemini from 192.0.2.0/24 at "
			"2023-11-14T22:13:20Z, confirmed with the link by "
			"gopher from 2001:db8:1::/48 at 2023-11-14T23:13:20Z"),
		    "which way, when and from where");
	arena_release(&a);
}

static void
the_suspended_come_back(void)
{
	struct store_bounce bounce = {.at = NOW + 100,
	    .permanent = true,
	    .status = STR("5.1.1"),
	    .text = STR("no such user ann@example.org here")};
	struct err e = ERR_INIT;
	bool suspended = false;
	const char *its;

	open_desk("suspended");
	subscribe("ann@example.org", "announce");
	its = token_of("ann@example.org");
	T_EQ_INT(
	    store_bounce_of_token(store, str_of(its), &bounce, &suspended, &e),
	    0, "mail comes back: %s", e.msg);
	T_OK(suspended, "and suspends");
	is_state("ann@example.org", "announce", "suspended by bounce");
	now = NOW + 200;
	step(NULL, "/lists/%s", its);
	T_OK(says("no such user"), "the page says why");
	step(NULL, "/leave/%s", its);
	T_OK(says("Really stop?"), "they can leave, too");
	visitor.certificate = STR(ORGANIZER);
	step(NULL, "/organizers/");
	T_OK(says("1 suspended"), "organizers see it");
	T_OK(says("5.1.1"), "and why");
	T_OK(str_find(answer.text, STR("ann")) < 0, "and nobody's address");
	step(NULL, "/lists/%s/on/announce/%lld", its, (long long)now);
	is_state("ann@example.org", "announce", "active by gemini");
}

static void
answers_are_few(void)
{
	struct desk_answer got = {DESK_REFUSE, {NULL, 0}, STR("No.")};
	struct err e = ERR_INIT;
	bool queued = false;
	int count = 0;

	open_desk("answers");
	for (int i = 0; i < 10; i++) {
		T_EQ_INT(desk_letter_answer(store, &conf.mail,
			     STR("ann@example.org"), &got,
			     STR("id@client.example"), now, &queued, &e),
		    0, "answered: %s", e.msg);
		count += queued;
	}
	T_EQ_INT(count, DESK_ANSWERS_A_DAY, "a few a day");
	T_EQ_INT(letters(), DESK_ANSWERS_A_DAY, "as letters");
	read_letter();
	T_OK(strstr(message, "In-Reply-To: <id@client.example>\r\n") != NULL,
	    "to what was written");
	now += DAY;
	desk_letter_answer(store, &conf.mail, STR("ann@example.org"), &got,
	    STR("a b>\r\nBcc: x@y"), now, &queued, &e);
	read_letter();
	T_OK(queued && strstr(message, "Bcc") == NULL,
	    "what is no Message-ID is left out");
	got.text = STR("");
	desk_letter_answer(store, &conf.mail, STR("bob@example.org"), &got,
	    STR(""), now, &queued, &e);
	T_OK(!queued, "nothing to say needs no letter");
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
	struct err e = ERR_INIT;

	if (conf_parse(&conf, "capsule.yaml", str_of(settings), &e) != 0) {
		printf("Bail out! %s\n", e.msg);
		return 1;
	}
	buf_init(&title, DESK_PACKET_MAX);
	buf_init(&text, DESK_PACKET_MAX);
	T_RUN(forms_answer);
	T_RUN(prompts_are_short);
	T_RUN(a_code_confirms);
	T_RUN(a_letter_is_a_good_message);
	T_RUN(a_link_asks_before_it_confirms);
	T_RUN(tokens_are_compared_whole);
	T_RUN(all_lists_can_be_had);
	T_RUN(mail_subscribes_and_confirms);
	T_RUN(mail_addresses_are_paths);
	T_RUN(known_and_unknown_get_the_same);
	T_RUN(reloading_writes_once);
	T_RUN(wrong_codes_run_out);
	T_RUN(requests_expire);
	T_RUN(letters_to_one_address_are_few);
	T_RUN(networks_have_limits);
	T_RUN(in_all_there_are_limits);
	T_RUN(leaving_and_back);
	T_RUN(undo_brings_back_what_was_left);
	T_RUN(lists_are_chosen);
	T_RUN(a_certificate_is_remembered);
	T_RUN(the_erased_come_back_by_themselves);
	T_RUN(consent_is_kept);
	T_RUN(the_suspended_come_back);
	T_RUN(answers_are_few);
	T_RUN(a_busy_store_loses_nothing);
	T_RUN(a_step_is_whole_or_not_there);
	store_close(store);
	buf_release(&title);
	buf_release(&text);
	conf_release(&conf);
	return t_done();
}
