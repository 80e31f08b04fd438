#include "mail/store_bounce.h"
#include "tests/desk_talk.h"

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
		"Your e-mail address"},
	    {"no @", DESK_GOPHER, "/subscribe", "ann", "", DESK_ASK,
		"No \"@\" in it. Your e-mail address"},
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
	T_OK(strstr(message, "Reply to this message") != NULL,
	    "which says how to confirm");
	T_OK(strstr(message, "code") == NULL,
	    "without a code, for which no form is open");
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

int
main(void)
{
	talk_open();
	T_RUN(forms_answer);
	T_RUN(prompts_are_short);
	T_RUN(a_code_confirms);
	T_RUN(a_letter_is_a_good_message);
	T_RUN(a_link_asks_before_it_confirms);
	T_RUN(all_lists_can_be_had);
	T_RUN(mail_subscribes_and_confirms);
	T_RUN(mail_addresses_are_paths);
	T_RUN(leaving_and_back);
	T_RUN(undo_brings_back_what_was_left);
	T_RUN(lists_are_chosen);
	T_RUN(a_certificate_is_remembered);
	T_RUN(consent_is_kept);
	T_RUN(the_suspended_come_back);
	talk_close();
	return t_done();
}
