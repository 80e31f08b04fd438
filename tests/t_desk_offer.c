#include "mail/desk_claim_turn.h"
#include "mail/store_claim.h"
#include "mail/store_offer.h"
#include "tests/desk_talk.h"

#include <sys/stat.h>
#include <unistd.h>

/* The tests' clock begins on 2023-11-14. */
static const char page[] = "---\n"
			   "title: Shirts\n"
			   "offer:\n"
			   "  item: shirt\n"
			   "  options: {S: 1, M: 2, \"X L\": 0}\n"
			   "  ask: [size, address, sentence]\n"
			   "  opens: 2023-11-01\n"
			   "  closes: 2023-12-01\n"
			   "---\n"
			   "Some are left.\n";

static char claim[TOKEN_LEN + 1];
static char state_path[512], pages_path[520];

static void
write_page(const char *name, const char *content)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", pages_path, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(content, f) < 0 || fclose(f) != 0) {
		printf("Bail out! %s cannot be written\n", path);
		exit(1);
	}
}

/* A desk of its own, with one offer. */
static void
open_offer(const char *name)
{
	open_desk(name);
	snprintf(state_path, sizeof state_path, "%s/%s", t_tmpdir(), name);
	snprintf(pages_path, sizeof pages_path, "%s/pages", state_path);
	mkdir(pages_path, 0700);
	conf.state = str_of(state_path);
	conf.sites[0].pages = str_of(pages_path);
	write_page("shirts.md", page);
}

static struct store_offer
offer(void)
{
	static struct arena a;
	struct store_offer o = {0};

	arena_clear(&a);
	store_offer_of_page(
	    store, &o, &a, STR("capsule.example.org"), STR("shirts.md"), NULL);
	return o;
}

static int64_t
left_of(const char *option)
{
	struct store_offer o = offer();

	for (size_t i = 0; i < o.option_count; i++)
		if (str_is(o.option[i].name, option))
			return store_option_left(&o.option[i]);
	return -1;
}

static long long
id_of(const char *option)
{
	struct store_offer o = offer();

	for (size_t i = 0; i < o.option_count; i++)
		if (str_is(o.option[i].name, option))
			return (long long)o.option[i].id;
	return -1;
}

static void
find_claim(void)
{
	T_OK(cut_behind(claim, TOKEN_LEN, answer.text, "(/claim/"),
	    "a claim's token");
}

/* All but sending it. */
static void
fill_in(const char *size)
{
	find_claim();
	step(NULL, "/claim/%s/take/%lld/0", claim, id_of(size));
	step("Ann Example\nStreet 1\n12345 Town", "/claim/%s/type/address/1",
	    claim);
	step("It found *the* bug.", "/claim/%s/type/sentence/2", claim);
}

static void
says_what_is_left(void)
{
	static const char *const aliases[] = {"shirts.md%00.md", "./shirts.md",
	    "%2fshirts.md", "%2e%2fshirts.md", "pages/../shirts.md",
	    "../pages/shirts.md", "shirts.md%0a", "shirts", "shirts.gmi"};

	open_offer("left");
	T_EQ_INT(step(NULL, "/offer/shirts.md"), DESK_SHOW, "an offer (%s)",
	    failure.msg);
	T_OK(says("Left now: 1 of 1 S, 2 of 2 M."), "what is left");
	T_EQ_INT(step(NULL, "/offer/none.md"), DESK_MISSING, "no page");
	T_EQ_INT(step(NULL, "/offer/../capsule.yaml"), DESK_MISSING,
	    "nothing outside");
	T_EQ_INT(step(NULL, "/offer/"), DESK_MISSING, "nothing");
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		T_EQ_INT(step(NULL, "/offer/%s", aliases[i]), DESK_MISSING,
		    "%s is no other offer", aliases[i]);
	write_page("text.md", "# No offer\n");
	T_EQ_INT(step(NULL, "/offer/text.md"), DESK_MISSING, "no offer");
	T_EQ_INT(step("a@example.org", "/claim/text.md"), DESK_MISSING,
	    "nor a claim of it");
	write_page("draft.md",
	    "---\ndraft: true\noffer: {item: x, "
	    "options: {a: 1}}\n---\n");
	T_EQ_INT(step(NULL, "/offer/draft.md"), DESK_MISSING, "a draft");
	now = 1690000000;
	step(NULL, "/offer/shirts.md");
	T_OK(says("not begun"), "before it opens");
	step("a@example.org", "/claim/shirts.md");
	T_OK(says("not begun"), "nor is there a form");
	now = 1702000000;
	step(NULL, "/offer/shirts.md");
	T_OK(says("closed"), "after it closes");
	T_EQ_INT(step(NULL, "/claim/shirts.md"), DESK_SHOW,
	    "no address is asked for");
	T_OK(says("closed"), "for nothing");
}

static void
takes_over_what_the_page_says(void)
{
	open_offer("page");
	step(NULL, "/offer/shirts.md");
	write_page("shirts.md",
	    "---\noffer: {item: cup, options: {M: 5, L: 1}, closes: "
	    "2030}\n---\n");
	step(NULL, "/offer/shirts.md");
	T_OK(says("Left now: 5 of 5 M, 1 of 1 L."), "more of them");
	T_EQ_INT(left_of("S"), 0, "what is left out is gone");
	write_page("shirts.md", "---\noffer: {item\n");
	T_EQ_INT(step(NULL, "/offer/shirts.md"), DESK_SHOW,
	    "while it cannot be read, it is as it was");
	T_OK(says("5 of 5 M"), "with all it said");
	store_offer_close(store, offer().id, now, NULL);
	step(NULL, "/offer/shirts.md");
	T_OK(says("closed"), "an organizer can close it");
	write_page("none.md",
	    "---\noffer: {item: mug, options: {blue: 0}}\n---\n# Mugs\n");
	step(NULL, "/offer/none.md");
	T_OK(says("There are none.") && !says("Wait for one"),
	    "nobody waits for what there is none of");
}

static void
a_form_claims(void)
{
	open_offer("form");
	T_EQ_INT(step(NULL, "/claim/shirts.md"), DESK_ASK,
	    "the address is asked for");
	T_EQ_INT(step("ann@example.org", "/claim/shirts.md"), DESK_SHOW,
	    "a form (%s)", failure.msg);
	T_OK(says("Claim: shirt"), "of what it is");
	T_OK(says("Still missing: which one, address, sentence"),
	    "nothing is filled in");
	find_claim();
	T_EQ_INT(step(NULL, "/claim/%s/type/address/0", claim), DESK_ASK,
	    "a field is asked for");
	T_OK(answer.text.n <= 33, "shortly");
	T_EQ_INT(step("x", "/claim/%s/type/address/0", claim), DESK_ASK,
	    "until it can be one");
	T_EQ_INT(step("x", "/claim/%s/type/none/0", claim), DESK_MISSING,
	    "a field that is none");
	step(NULL, "/claim/%s", claim);
	fill_in("M");
	T_OK(says("Ann Example, Street 1, 12345 Town"), "it is shown");
	T_OK(says("It found \\*the\\* bug"), "as text");
	T_OK(says("/send/"), "and can be sent");
	visitor.way = DESK_MAIL;
	step(NULL, "/claim/%s", claim);
	T_OK(says("Claim: shirt") && str_find(answer.text, STR("Street")) < 0,
	    "which no letter repeats");
	visitor.way = DESK_GEMINI;
	T_EQ_INT(left_of("M"), 2, "until then none is taken");
	step(NULL, "/claim/%s/agree/yes/3", claim);
	T_OK(says("my sentence: yes"), "they agree");
	step(NULL, "/claim/%s/send/4", claim);
	T_OK(says("yours, 1 of 3"), "it is theirs (%s)", failure.msg);
	T_OK(says("a message is on its way"), "if the address is");
	T_EQ_INT(left_of("M"), 1, "one is taken");
	step(NULL, "/claim/%s/send/4", claim);
	T_OK(says("yours, 1 of 3"), "once");
	T_EQ_INT(left_of("M"), 1, "only");
	T_EQ_INT(letters(), 1, "and one letter written");
}

static void
a_letter_confirms(void)
{
	char proof[TOKEN_LEN + 1];

	open_offer("letter");
	step("ann@example.org", "/claim/shirts.md");
	fill_in("M");
	step(NULL, "/claim/%s/send/3", claim);
	T_EQ_STR(read_letter(), STR("ann@example.org"), "it goes to them");
	T_OK(strstr(message, "Street") == NULL,
	    "and does not say where they live");
	T_OK(cut_behind(proof, TOKEN_LEN, str_of(message), "/claim/"),
	    "it has a link");
	T_OK(strstr(message, "Reply-To: announce+yes-") != NULL,
	    "and an address to reply to");
	T_OK(strstr(message, "if you did not type it") != NULL,
	    "but that it would go where somebody typed");
	step(NULL, "/claim/%s", proof);
	T_OK(says("is this your claim?"), "the link asks");
	T_OK(says("Address: Ann Example, Street 1, 12345 Town"),
	    "and shows where it would go");
	T_OK(str_find(answer.text, str_of(claim)) < 0,
	    "without a way to change what is not theirs yet");
	visitor.way = DESK_MAIL;
	step(NULL, "/claim/%s", proof);
	T_OK(says("is this your claim?") &&
		str_find(answer.text, STR("Street")) < 0,
	    "but not by mail");
	visitor.way = DESK_GEMINI;
	T_EQ_INT(left_of("M"), 1, "and does nothing");
	step(NULL, "/claim/%s/yes", proof);
	T_OK(says("It is yours"), "yes is yes");
	T_OK(!strstr(answer.text.p, "on its way to"), "and that was all");
	now += 30 * DAY;
	desk_claims_tend(&(struct desk){&conf, store}, now, NULL);
	step(NULL, "/claim/%s/yes", proof);
	T_OK(says("It is yours"), "it stays theirs");
	step(NULL, "/claim/%s", claim);
	T_OK(says("does not work any more"),
	    "who began it with her address cannot look at it");
	step(NULL, "/claim/%s", proof);
	find_claim();
	step(NULL, "/claim/%s/withdraw", claim);
	T_OK(says("Give it back?"), "withdrawing asks");
	step(NULL, "/claim/%s/withdraw/yes", claim);
	T_OK(says("given it back"), "and does");
	T_EQ_INT(left_of("M"), 2, "so that it is there again");
	step(NULL, "/claim/%s/withdraw/yes", claim);
	T_EQ_INT(left_of("M"), 2, "once");
}

static void
one_a_person(void)
{
	char first[TOKEN_LEN + 1];
	const char *ann;

	open_offer("person");
	subscribe("ann@example.org", "announce");
	ann = token_of("ann@example.org");
	step(NULL, "/claim/shirts.md/%s", ann);
	T_OK(says("Claim: shirt"), "a message's link needs no address");
	fill_in("M");
	memcpy(first, claim, sizeof first);
	step(NULL, "/claim/shirts.md/%s", ann);
	find_claim();
	T_EQ_STR(str_of(claim), str_of(first), "it opens the same draft");
	step(NULL, "/claim/%s/send/3", claim);
	T_OK(says("yours, 1 of 3") && !strstr(answer.text.p, "on its way to"),
	    "and needs no letter");
	T_EQ_INT(letters(), 1, "but that of the subscription");
	step(NULL, "/claim/shirts.md/%s", ann);
	T_OK(says("yours, 1 of 3"), "then the link shows it");

	/* Typed by anybody; nobody is told that she has one. */
	step("Ann@example.org", "/claim/shirts.md");
	T_OK(says("Claim: shirt"), "her address gives a form");
	fill_in("M");
	step(NULL, "/claim/%s/send/3", claim);
	T_OK(says("yours, 2 of 3"), "and a claim");
	read_letter();
	cut_behind(token, TOKEN_LEN, str_of(message), "/claim/");
	step(NULL, "/claim/%s/yes", token);
	T_OK(says("You have one already"), "until she is known");
	T_EQ_INT(left_of("M"), 1, "and the second one passes on");
}

static void
many_a_person(void)
{
	const char *ann;

	open_offer("many");
	write_page("shirts.md",
	    "---\noffer: {item: cup, options: {M: 5}, many: true}\n---\n");
	subscribe("ann@example.org", "announce");
	ann = token_of("ann@example.org");
	for (int i = 1; i <= 3; i++) {
		step(NULL, "/claim/shirts.md/%s", ann);
		find_claim();
		step(NULL, "/claim/%s/take/%lld/0", claim, id_of("M"));
		step(NULL, "/claim/%s/send/1", claim);
	}
	T_OK(says("yours, 3 of 5"), "as many as one likes");
	T_EQ_INT(left_of("M"), 2, "each takes one");
}

static void
claim_one(const char *address, const char *size)
{
	subscribe(address, "announce");
	step(NULL, "/claim/shirts.md/%s", token_of(address));
	fill_in(size);
	step(NULL, "/claim/%s/send/3", claim);
}

static void
a_line_is_kept(void)
{
	char ann[TOKEN_LEN + 1], bob[TOKEN_LEN + 1];
	struct desk desk = {&conf, store};

	open_offer("line");
	desk.store = store;
	claim_one("ann@example.org", "S");
	T_OK(says("yours, 1 of 3"), "the last of its size");
	memcpy(ann, claim, sizeof ann);
	subscribe("bob@example.org", "announce");
	step(NULL, "/claim/shirts.md/%s", token_of("bob@example.org"));
	T_OK(says("Wait for S: all gone"), "it can be waited for");
	fill_in("S");
	T_OK(says("/wait/"), "in a line");
	step(NULL, "/claim/%s/send/3", claim);
	T_OK(says("quicker"), "sending takes none");
	step(NULL, "/claim/%s/wait/3", claim);
	T_OK(says("waiting list") && says("0 before you"), "he is next");
	memcpy(bob, claim, sizeof bob);
	subscribe("cy@example.org", "announce");
	step(NULL, "/claim/shirts.md/%s", token_of("cy@example.org"));
	fill_in("S");
	step(NULL, "/claim/%s/wait/3", claim);
	T_OK(says("1 before you"), "and she behind him");
	step(NULL, "/claim/%s/withdraw/yes", ann);
	T_EQ_STR(read_letter(), STR("bob@example.org"), "he is told");
	T_OK(strstr(message, "it is your turn") != NULL, "that it is his");
	step(NULL, "/claim/%s", bob);
	T_OK(says("yours, 1 of 3"), "and it is");
	step(NULL, "/claim/%s", claim);
	T_OK(says("0 before you"), "she is next");
	write_page("shirts.md",
	    "---\noffer: {item: shirt, options: {S: 2, M: 2}, ask: [address], "
	    "closes: 2023-12-01}\n---\n");
	step(NULL, "/offer/shirts.md");
	T_EQ_INT(desk_claims_tend(&desk, now, NULL), 0, "time goes by");
	T_EQ_STR(
	    read_letter(), STR("cy@example.org"), "more of them are hers, too");
}

static void
what_is_not_confirmed_passes_on(void)
{
	struct desk desk = {&conf, NULL};

	open_offer("expires");
	desk.store = store;
	step("ann@example.org", "/claim/shirts.md");
	fill_in("S");
	step(NULL, "/claim/%s/send/3", claim);
	T_EQ_INT(left_of("S"), 0, "it is kept");
	now += 2 * DAY - 1;
	desk_claims_tend(&desk, now, NULL);
	T_EQ_INT(left_of("S"), 0, "for two days");
	now += 1;
	T_EQ_INT(desk_claims_tend(&desk, now, NULL), 0, "and then");
	T_EQ_INT(left_of("S"), 1, "is free");
	step(NULL, "/claim/%s", claim);
	T_OK(says("over"), "which is said");
	step("bob@example.org", "/claim/shirts.md");
	find_claim();
	now += 2 * DAY;
	step(NULL, "/claim/%s", claim);
	T_OK(says("closed"), "a draft that was left alone is no form");
	desk_claims_tend(&desk, now, NULL);
	step(NULL, "/claim/%s", claim);
	T_OK(says("does not work any more"), "and is forgotten");
}

static void
by_gopher_it_is_said_to_be_clear(void)
{
	open_offer("gopher");
	visitor.way = DESK_GOPHER;
	step("ann@example.org", "/claim/shirts.md");
	T_OK(says("in clear text"), "it is said");
	T_OK(says("\n\n    gemini://capsule.example.org/claim/"),
	    "and where it is not, which is no link to here");
}

/* What a message of that person says. */
static void
mail(const char *address, const char *words)
{
	struct store_offer o = offer();

	visitor.way = DESK_MAIL;
	visitor.network = str_of(address);
	step(words, "/claim/%.*s-%s", STR_ARG(o.tag), token_of(address));
	visitor.way = DESK_GEMINI;
	visitor.network = STR(HOME);
}

static void
a_message_claims(void)
{
	static const struct {
		const char *why, *words, *says;
	} cases[] = {
	    {"labels", "size: m\nAddress: Ann\nStreet 1\nTown\nSentence: Good.",
		"yours, 1 of 3"},
	    {"labels with empty lines",
		"Hello,\n\nSize: M\n\nAddress: Ann, Street 1\n\n"
		"Sentence: Good.\nPublish: yes\n\nBye",
		"yours, 2 of 3"},
	    {"plain", "S\nAnn\nStreet 1\nTown\n\nIt is good.\n",
		"yours, 3 of 3"},
	    {"gone", "Size: S\nAddress: Ann, Street 1\nSentence: Good.",
		"S is gone"},
	    {"waiting",
		"Size: S\nAddress: Ann, Street 1\nSentence: x\nWait: yes",
		"0 before you"},
	    {"quoted", "> Size: M\n> Address: Ann, Street 1\n> Sentence: Good",
		"M is gone"},
	    {"nothing", "Thank you!",
		"Still missing: which one, address, sentence"},
	    {"a size that is none", "Size: XXL\nAddress: Ann, Street 1",
		"There is no \"XXL\". Nothing is yours yet. Still missing: "
		"which one, sentence"},
	    {"bytes that are none", "Size: \xee\nAddress: Ann, Street 1",
		"There is no \"\u2026\". Nothing"},
	    {"no message", "", "Still missing"},
	};
	char address[40];

	open_offer("mail");
	step(NULL, "/offer/shirts.md");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(address, sizeof address, "p%zu@example.org", i);
		subscribe(address, "announce");
		mail(address, cases[i].words);
		T_OK(says(cases[i].says), "%s (%s)", cases[i].why, failure.msg);
		T_OK(str_find(answer.text, STR("Street")) < 0,
		    "%s: no answer says where they live", cases[i].why);
		mail(address, cases[i].words);
		T_OK(says(cases[i].says), "%s: the same again", cases[i].why);
		T_OK(str_starts(answer.reply_to, STR("announce+claim-")) ==
			(str_find(answer.text, STR("Reply with")) >= 0),
		    "%s: a reply with more goes to the claim", cases[i].why);
	}
}

/* Whatever comes to a token's address, whoever sends it, is answered to whom
 * the token was sent; an answer has links that are secret. */
static void
answers_go_to_the_owner(void)
{
	char tag[64], bob[TOKEN_LEN + 1], typed[TOKEN_LEN + 1];
	char asked[TOKEN_LEN + 1];
	const struct {
		const char *why, *path, *behind, *owner;
	} cases[] = {
	    {"leaving", "/leave/", bob, "bob@example.org"},
	    {"lists", "/lists/", bob, "bob@example.org"},
	    {"a claim by mail", tag, bob, "bob@example.org"},
	    {"confirming", "/c/", asked, "cy@example.org"},
	    {"a claim that is theirs", "/claim/", claim, "bob@example.org"},
	    {"a claim that anybody typed", "/claim/", typed, ""},
	    {"a form", "/help", "", ""},
	    {"no token", "/leave/", "aaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
	};

	open_offer("owner");
	step(NULL, "/offer/shirts.md");
	snprintf(tag, sizeof tag, "/claim/%.*s-", STR_ARG(offer().tag));
	step("eve@example.org", "/claim/shirts.md");
	find_claim();
	memcpy(typed, claim, sizeof typed);
	subscribe("bob@example.org", "announce");
	snprintf(bob, sizeof bob, "%s", token_of("bob@example.org"));
	step(NULL, "/claim/shirts.md/%s", bob);
	find_claim();
	step("cy@example.org", "/subscribe");
	read_letter();
	memcpy(asked, token, sizeof asked);
	visitor.way = DESK_MAIL;
	visitor.network = STR("eve@example.org");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		step("Size: M", "%s%s", cases[i].path, cases[i].behind);
		T_EQ_STR(
		    answer.owner, str_of(cases[i].owner), "%s", cases[i].why);
	}
}

/* Whoever changes their mind is not given what they named before. */
static void
a_size_that_is_none_sends_nothing(void)
{
	open_offer("none");
	step(NULL, "/offer/shirts.md");
	subscribe("ann@example.org", "announce");
	mail("ann@example.org", "Size: M");
	T_OK(says("Still missing: address, sentence"), "a size");
	mail("ann@example.org",
	    "Size: XXL\nAddress: Ann, Street 1\nSentence: Good.");
	T_OK(says("There is no \"XXL\". Nothing is yours yet. Still missing: "
		  "which one."),
	    "then one that is none");
	mail("ann@example.org", "Size: S");
	T_OK(says("S: yours"), "then one that is");
}

static bool
file_has(const char *name, const char *words)
{
	static char bytes[4 << 20];
	char path[600];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", state_path, name);
	f = fopen(path, "rb");
	if (f != NULL) {
		n = fread(bytes, 1, sizeof bytes, f);
		fclose(f);
	}
	return memmem(bytes, n, words, strlen(words)) != NULL;
}

static bool
is_written(int64_t id, const char *field)
{
	struct str sealed;
	struct arena a;
	bool is;

	arena_init(&a);
	is = store_answer(store, &sealed, &a, id, str_of(field), NULL) == 0;
	arena_release(&a);
	return is;
}

static void
addresses_do_not_leak(void)
{
	struct desk desk = {&conf, NULL};
	struct store_claim c;
	struct arena a;

	arena_init(&a);
	open_offer("leak");
	conf.mail.keep_addresses = 30;
	desk.store = store;
	claim_one("ann@example.org", "M");
	step(NULL, "/claim/%s/agree/yes/9", claim);
	store_claim_by_token(store, &c, &a, str_of(claim), NULL);
	T_OK(!file_has("announce.db", "Street 1") &&
		!file_has("announce.db-wal", "Street 1"),
	    "the store does not say where they live");
	T_OK(file_has("announce.db-wal", "ann@example.org"),
	    "which would have been found");
	visitor.certificate = STR(ORGANIZER);
	step(NULL, "/organizers/");
	T_OK(says("shirt (shirts.md): 2 of 3 left, 0 shipped, 0 waiting"),
	    "organizers see how many are left");
	T_OK(str_find(answer.text, STR("Street")) < 0, "and no addresses");
	visitor.certificate = STR("");
	T_EQ_INT(desk_claim_ship(&desk, c.id, STR("Track 1"), now, NULL), 0,
	    "it is shipped");
	T_EQ_STR(read_letter(), STR("ann@example.org"), "they are told");
	T_OK(strstr(message, "Track 1") && !strstr(message, "Street"),
	    "by which way, and not where to");
	T_OK(desk_claim_ship(&desk, c.id, STR(""), now, NULL) != 0, "once");
	now += 30 * DAY - 1;
	desk_claims_tend(&desk, now, NULL);
	T_OK(is_written(c.id, "address"), "for thirty days it is kept");
	now += 1;
	desk_claims_tend(&desk, now, NULL);
	T_OK(!is_written(c.id, "address"), "and not longer");
	T_OK(is_written(c.id, "sentence"), "a sentence is, if they agreed");
	store_subscriber_erase(
	    store, STR("ann@example.org"), now, &(bool){false}, NULL);
	T_OK(!is_written(c.id, "sentence"), "until they are erased");
	T_EQ_INT(left_of("M"), 1, "the shirt stays given");
	arena_release(&a);
}

/* A shirt that is not shipped yet is somebody else's. */
static void
the_erased_give_back(void)
{
	open_offer("erased");
	claim_one("ann@example.org", "M");
	T_EQ_INT(left_of("M"), 1, "she has one");
	store_subscriber_erase(
	    store, STR("ann@example.org"), now, &(bool){false}, NULL);
	T_EQ_INT(left_of("M"), 2, "and nobody has it");
}

static void
typed_claim(int i)
{
	char address[40];

	snprintf(address, sizeof address, "p%d@example.org", i);
	step(address, "/claim/shirts.md");
	find_claim();
	step(NULL, "/claim/%s/take/%lld/0", claim, id_of("M"));
	step(NULL, "/claim/%s/send/1", claim);
}

/* By addresses that are not theirs. */
static void
nobody_empties_an_offer(void)
{
	open_offer("empty");
	write_page(
	    "shirts.md", "---\noffer: {item: cup, options: {M: 50}}\n---\n");
	for (int i = 0; i < 10; i++)
		typed_claim(i);
	T_EQ_INT(answer.kind, DESK_REFUSE, "one network holds no more");
	T_EQ_INT(left_of("M"), 45, "than five");
	visitor.network = STR("198.51.100.0/24");
	typed_claim(11);
	T_OK(says("yours, 6 of 50"), "others can claim");
}

static void
letters_are_limited(void)
{
	open_offer("limit");
	for (int i = 0; i < 3; i++) {
		step("ann@example.org", "/claim/shirts.md");
		fill_in(i == 0 ? "S" : "M");
		step(NULL, "/claim/%s/send/3", claim);
	}
	write_page(
	    "shirts.md", "---\noffer: {item: cup, options: {M: 500}}\n---\n");
	for (int i = 0; i < 3; i++) {
		step("ann@example.org", "/claim/shirts.md");
		find_claim();
		step(NULL, "/claim/%s/take/%lld/0", claim, id_of("M"));
		step(NULL, "/claim/%s/send/1", claim);
	}
	T_EQ_INT(answer.kind, DESK_REFUSE, "the fifth letter of a day");
	T_EQ_INT(letters(), 4, "is not written");
	T_EQ_INT(left_of("M"), 497, "and nothing kept for it");
	for (int i = 0; i < 100; i++)
		step("bob@example.org", "/claim/shirts.md");
	T_EQ_INT(answer.kind, DESK_REFUSE, "drafts are counted, too");
}

int
main(void)
{
	talk_open();
	T_RUN(says_what_is_left);
	T_RUN(takes_over_what_the_page_says);
	T_RUN(a_form_claims);
	T_RUN(a_letter_confirms);
	T_RUN(one_a_person);
	T_RUN(many_a_person);
	T_RUN(a_line_is_kept);
	T_RUN(what_is_not_confirmed_passes_on);
	T_RUN(by_gopher_it_is_said_to_be_clear);
	T_RUN(a_message_claims);
	T_RUN(answers_go_to_the_owner);
	T_RUN(a_size_that_is_none_sends_nothing);
	T_RUN(addresses_do_not_leak);
	T_RUN(the_erased_give_back);
	T_RUN(nobody_empties_an_offer);
	T_RUN(letters_are_limited);
	talk_close();
	return t_done();
}
