#include "tests/t.h"

#include "base/buf.h"
#include "base/clock.h"
#include "content/fault.h"
#include "content/search.h"
#include "content/site.h"

#include <stdio.h>
#include <string.h>

/* Files below a folder of their own, up to one without a name. */
struct file {
	const char *name, *text;
};

static int64_t
instant(const char *text)
{
	struct date d;
	int64_t at = 0;

	if (date_parse(&d, str_of(text), NULL) == 0)
		date_instant(&at, &d, NULL, NULL);
	return at;
}

static struct site_options
options_at(const char *now)
{
	return (struct site_options){.title = STR("The conference"),
	    .host = STR("example.org"),
	    .lang = STR("en"),
	    .gemini_port = 1965,
	    .gopher_port = 70,
	    .has_forms = true,
	    .has_search = true,
	    .file_max = 1 << 20,
	    .now = instant(now)};
}

static struct site *
load(const char *folder, const struct file *files, struct site_options options)
{
	struct err e = ERR_INIT;
	struct faults faults;
	struct site *site = NULL;
	char path[512];

	for (const struct file *f = files; f->name != NULL; f++) {
		snprintf(path, sizeof path, "%s/%s", folder, f->name);
		t_file(path, str_of(f->text));
	}
	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), folder);
	options.pages = str_of(path);
	faults_init(&faults);
	if (!T_OK(site_load(&site, &options, &faults, &e) == 0, "%s: %s",
		folder, e.msg))
		for (size_t i = 0; i < faults.count; i++)
			printf("# %.*s\n", STR_ARG(faults.list[i].text));
	faults_release(&faults);
	return site;
}

/* What a Gemini client gets; empty when there is nothing. */
static struct str
page(const struct site *site, const char *path)
{
	struct answer answer;

	if (site == NULL ||
	    !site_lookup(site, PROTOCOL_GEMINI, str_of(path), &answer) ||
	    answer.kind != ANSWER_BYTES)
		return STR("");
	return answer.bytes;
}

static bool
has(struct str text, const char *what)
{
	return str_find(text, str_of(what)) >= 0;
}

static const struct file editions[] = {
    {"index.md", "---\ntitle: Welcome\n---\n\nHello.\n"},
    {"2012/index.md",
	"---\n"
	"title: The *second*\n"
	"event:\n"
	"  start: 2012-04-03T09:00\n"
	"  end: 2012-04-03T17:00\n"
	"  timezone: America/Los_Angeles\n"
	"  place: San Francisco\n"
	"  host: Joyent\n"
	"  summary: One day, one track.\n"
	"talks:\n"
	"  - {title: Tracing Node, speaker: [Dave, Bryan, Ann],\n"
	"     video: https://example.com/v, slides: node.pdf,\n"
	"     summary: Where the time goes.}\n"
	"  - {title: '# no heading', speaker: Ann}\n"
	"sponsors:\n"
	"  - {name: Joyent, url: 'https://joyent.com/?a&b', gave: lunch}\n"
	"  - {name: A friend, gave: donuts}\n"
	"---\n\nIt was good.\n"},
    {"2012/node.pdf", "%PDF"},
    {"2012/more.md",
	"---\ntitle: A talk of its own\n"
	"talks: [{title: Late, speaker: Zoë}]\n---\n\nWords.\n"},
    {"2020/index.md",
	"---\n"
	"title: The third\n"
	"event: {start: 2020, cancelled: A pandemic.}\n"
	"---\n\nNothing happened.\n"},
    {NULL, NULL}};

static void
tells_the_history(void)
{
	struct site *site =
	    load("editions", editions, options_at("2026-01-01"));

	T_EQ_STR(page(site, "/history"),
	    STR("# History\n"
		"\nEvery event, the latest first.\n"
		"\n"
		"## The third\n"
		"\n"
		"Cancelled: A pandemic.\n"
		"\n"
		"It was planned for 2020.\n"
		"\n"
		"Nothing happened.\n"
		"\n"
		"=> /2020/ More about The third\n"
		"\n"
		"## The *second*\n"
		"\n"
		"Tuesday, 3 April 2012, 09:00 to 17:00 (Los Angeles time,"
		" UTC-7), San Francisco; hosted by Joyent\n"
		"\n"
		"One day, one track.\n"
		"\n"
		"=> /2012/ More about The *second*\n"),
	    "every edition, newest first");
	site_free(site);
}

static void
lists_talks(void)
{
	struct site *site =
	    load("editions", editions, options_at("2026-01-01"));

	T_EQ_STR(page(site, "/talks"),
	    STR("# Talks\n"
		"\n"
		"By year, the latest first, and at the end of the page by "
		"speaker.\n"
		"\n"
		"## 2012\n"
		"\n"
		"=> /2012/ The *second*\n"
		"\n"
		"### Tracing Node\n"
		"\n"
		"Dave, Bryan and Ann\n"
		"\n"
		"Where the time goes.\n"
		"\n"
		"=> https://example.com/v Video: Tracing Node\n"
		"=> /2012/node.pdf Slides: Tracing Node\n"
		"\n"
		"### # no heading\n"
		"\n"
		"Ann\n"
		"\n"
		"### Late\n"
		"\n"
		"Zoë\n"
		"\n"
		"=> /2012/more.gmi More: A talk of its own\n"
		"\n"
		"## By speaker\n"
		"\n"
		"### Ann\n"
		"\n"
		"=> https://example.com/v 2012: Tracing Node\n"
		"=> /2012/node.pdf 2012, slides: Tracing Node\n"
		"=> /2012/ 2012: # no heading\n"
		"\n"
		"### Bryan\n"
		"\n"
		"=> https://example.com/v 2012: Tracing Node\n"
		"=> /2012/node.pdf 2012, slides: Tracing Node\n"
		"\n"
		"### Dave\n"
		"\n"
		"=> https://example.com/v 2012: Tracing Node\n"
		"=> /2012/node.pdf 2012, slides: Tracing Node\n"
		"\n"
		"### Zoë\n"
		"\n"
		"=> /2012/more.gmi 2012: Late\n"),
	    "by year and by speaker");
	T_EQ_STR(page(site, "/sponsors"),
	    STR("# Sponsors\n"
		"\nWho gave what, the latest first.\n"
		"\n"
		"## The *second*\n"
		"\n"
		"* Joyent: lunch\n"
		"* A friend: donuts\n"
		"=> https://joyent.com/?a&b Joyent\n"
		"\n"
		"=> /2012/ More about The *second*\n"),
	    "sponsors and what they gave");
	site_free(site);
}

static void
stands_around_a_page(void)
{
	struct site *site =
	    load("editions", editions, options_at("2026-01-01"));

	T_EQ_STR(page(site, "/2012/"),
	    STR("# The *second*\n"
		"\n"
		"Tuesday, 3 April 2012, 09:00 to 17:00 (Los Angeles time,"
		" UTC-7), San Francisco; hosted by Joyent\n"
		"\n"
		"=> /2012/event.ics For your calendar\n"
		"\n"
		"It was good.\n"
		"\n"
		"## Talks\n"
		"\n"
		"### Tracing Node\n"
		"\n"
		"Dave, Bryan and Ann\n"
		"\n"
		"Where the time goes.\n"
		"\n"
		"=> https://example.com/v Video: Tracing Node\n"
		"=> /2012/node.pdf Slides: Tracing Node\n"
		"\n"
		"### # no heading\n"
		"\n"
		"Ann\n"
		"\n"
		"## Sponsors\n"
		"\n"
		"* Joyent: lunch\n"
		"* A friend: donuts\n"
		"=> https://joyent.com/?a&b Joyent\n"
		"\n"
		"---\n"
		"\n"
		"=> /2020/ Next: The third\n"),
	    "the event before the text, the rest after it");
	T_OK(has(page(site, "/2012/event.ics"), "UID:/2012/@example.org\r\n"),
	    "its calendar is where the link leads");
	T_EQ_STR(
	    page(site, "/2020/event.ics"), STR(""), "a year has no calendar");
	T_OK(!has(page(site, "/2020/"), "event.ics"), "and no link to one");
	site_free(site);
}

static const struct file news[] = {
    {"index.md", "---\ntitle: Front\n---\n\nHello.\n"},
    {"news/a.md", "---\ntitle: Oldest\ndate: 2008-03\n---\n\nA.\n"},
    {"news/b.md",
	"---\ntitle: 2012 was good\ndate: 2012-04-09\n"
	"categories: [Re/caps, talks]\n---\n\nB.\n"},
    {"news/c.md",
	"---\ntitle: Third\ndate: 2016-07-29\ncategories: [talks]\n---\n\nC.\n"},
    {"news/d.md", "---\ntitle: '[Newest] <b>'\ndate: 2025-01-05\n---\n\nD.\n"},
    {"news/later.md", "---\ntitle: Later\ndate: 2027-01-01\n---\n\nE.\n"},
    {"news/secret.md",
	"---\ntitle: Secret\ndate: 2025-01-01\ndraft: true\n---\n\nF.\n"},
    {"news/undated.md", "---\ntitle: Undated\n---\n\nG.\n"}, {NULL, NULL}};

static void
lists_news(void)
{
	struct site *site = load("news", news, options_at("2026-01-01"));
	struct answer answer;
	struct str atom;

	T_EQ_STR(page(site, "/news"),
	    STR("# The conference: news\n"
		"\nAll announcements, the latest first. Follow this page, "
		"or the feed below, to hear of the next.\n"
		"\n"
		"=> /news/d.gmi 2025-01-05 - [Newest] <b>\n"
		"=> /news/c.gmi 2016-07-29 - Third\n"
		"=> /news/b.gmi 2012-04-09 - “2012 was good”\n"
		"=> /news/a.gmi 2008-03-01 - Oldest\n"
		"=> /news/undated.gmi Undated\n"
		"\n"
		"---\n"
		"\n"
		"=> /atom.xml Atom feed\n"),
	    "dated links, newest first, none of what is not out");
	T_OK(site_lookup(site, PROTOCOL_GEMINI, STR("/news/"), &answer) &&
		answer.kind == ANSWER_REDIRECT &&
		str_is(answer.target, "/news"),
	    "its folder leads to it");
	T_EQ_STR(page(site, "/"),
	    STR("# Front\n"
		"\n"
		"Hello.\n"
		"\n"
		"## Latest news\n"
		"\n"
		"=> /news/d.gmi 2025-01-05 - [Newest] <b>\n"
		"=> /news/c.gmi 2016-07-29 - Third\n"
		"=> /news/b.gmi 2012-04-09 - “2012 was good”\n"),
	    "the front page has the latest three");
	T_EQ_STR(page(site, "/news/c.gmi"),
	    STR("# Third\n"
		"\n"
		"Friday, 29 July 2016\n"
		"\n"
		"C.\n"
		"\n"
		"---\n"
		"\n"
		"=> /news/d.gmi Next: [Newest] <b>\n"
		"=> /news/b.gmi Previous: 2012 was good\n"
		"=> /category/talks Category: talks\n"),
	    "a page leads to its neighbours and categories");
	T_EQ_STR(page(site, "/category/talks"),
	    STR("# The conference: talks\n"
		"\nAll pages of this category, the latest first.\n"
		"\n"
		"=> /news/c.gmi 2016-07-29 - Third\n"
		"=> /news/b.gmi 2012-04-09 - “2012 was good”\n"
		"\n"
		"---\n"
		"\n"
		"=> /category All categories\n"
		"=> /category/talks.xml Atom feed\n"),
	    "a category's page");
	T_EQ_STR(page(site, "/category"),
	    STR("# Categories\n"
		"\nWhat the pages are about, and how many there are of "
		"each.\n"
		"\n"
		"=> /category/Re-caps Re/caps (1 page)\n"
		"=> /category/talks talks (2 pages)\n"),
	    "all of them, and how many pages each has");
	T_OK(has(page(site, "/category/talks.xml"),
		 "<id>gemini://example.org/news/c.gmi</id>"),
	    "and its feed");
	T_OK(has(page(site, "/category/Re-caps"), "2012 was good"),
	    "a category's name is one segment of an address");
	atom = page(site, "/atom.xml");
	T_OK(has(atom, "/news/d.gmi") && has(atom, "/news/a.gmi") &&
		!has(atom, "later") && !has(atom, "secret") &&
		!has(atom, "undated"),
	    "the feed has what is dated and out");
	site_free(site);
}

static void
lets_own_pages_win(void)
{
	static const struct file files[] = {{"index.md", "Front.\n"},
	    {"news/index.md", "---\ntitle: Our news\n---\n\nBy hand.\n"},
	    {"news/a.md", "---\ntitle: A\ndate: 2012-01-01\n---\n"},
	    {"robots.txt", "User-agent: *\nDisallow: /\n"},
	    {"h.md",
		"---\ntitle: Ours\npermalink: /history\n"
		"event: {start: 2012}\n---\n\nBy hand.\n"},
	    {NULL, NULL}};
	struct site *site = load("own", files, options_at("2026-01-01"));
	struct answer answer;

	T_OK(has(page(site, "/news/"), "By hand."), "/news/");
	T_OK(has(page(site, "/history"), "By hand."), "/history");
	T_OK(site_lookup(site, PROTOCOL_GEMINI, STR("/robots.txt"), &answer) &&
		answer.kind == ANSWER_FILE,
	    "/robots.txt");
	site_free(site);
}

static void
lists_folders(void)
{
	static const struct file files[] = {
	    {"about.md", "---\ntitle: About\nsummary: Who we are.\n---\n"},
	    {"deep/er/x.md",
		"---\ntitle: X\ndate: 2012-04\n---\n\nFirst. Second.\n"},
	    {"deep/er/y.md", "---\ntitle: Y\ndate: 2013\n---\n\nOf *y*.\n"},
	    {"deep/er/a & b.png", "12345"},
	    {"with/index.md",
		"---\ntitle: With a page\nsummary: Its own.\n---\n"},
	    {"with/other.md", "---\ntitle: Other\n---\n"},
	    {"news/n.md", "---\ntitle: N\ndate: 2012-01-01\n---\n"},
	    {NULL, NULL}};
	struct site *site = load("folders", files, options_at("2026-01-01"));

	T_EQ_STR(page(site, "/"),
	    STR("# The conference\n"
		"\n"
		"=> /deep/ deep\n"
		"\n"
		"=> /news news\n"
		"\n"
		"=> /with/ With a page\n"
		"\n"
		"Its own.\n"
		"\n"
		"=> /about.gmi About\n"
		"\n"
		"Who we are.\n"
		"\n"
		"## Latest news\n"
		"\n"
		"=> /news/n.gmi 2012-01-01 - N\n"),
	    "a front page that nobody wrote");
	T_EQ_STR(page(site, "/deep/"),
	    STR("# deep\n"
		"\n"
		"=> /deep/er/ er\n"),
	    "a folder of folders");
	T_EQ_STR(page(site, "/deep/er/"),
	    STR("# er\n"
		"\n"
		"=> /deep/er/y.gmi 2013 - Y\n"
		"\n"
		"Of y.\n"
		"\n"
		"=> /deep/er/x.gmi 2012-04 - X\n"
		"\n"
		"First. Second.\n"
		"\n"
		"=> /deep/er/a%20&%20b.png a & b.png (5 bytes)\n"),
	    "pages newest first, then files");
	T_OK(has(page(site, "/with/"), "# With a page"),
	    "a folder's own page stays");
	site_free(site);
}

static const struct file coming[] = {
    {"index.md", "---\ntitle: Front\n---\n\nHello.\n"},
    {"2028.md",
	"---\ntitle: The next\n"
	"event: {start: 2028-06-13, place: Oakland,"
	" timezone: America/Los_Angeles}\n---\n"},
    {"2024.md", "---\ntitle: The last\nevent: {start: 2024}\n---\n"},
    {"shirt.md",
	"---\ntitle: Shirts\n"
	"offer: {item: shirt, options: {S: 3, M: 10}, ask: [address],\n"
	"  opens: 2028-05-01, closes: 2028-05-31}\n---\n\nFree.\n"},
    {NULL, NULL}};

static void
shows_what_is_coming_until_it_is_over(void)
{
	struct site *site = load("coming", coming, options_at("2028-06-14"));

	T_EQ_STR(page(site, "/"),
	    STR("# Front\n"
		"\n"
		"Hello.\n"
		"\n"
		"## Coming up\n"
		"\n"
		"=> /2028.gmi The next\n"
		"\n"
		"Tuesday, 13 June 2028, Oakland\n"),
	    "at midnight UTC it is still the day before in Oakland");
	T_EQ_INT(site_next_change(site), instant("2028-06-14T07:00"),
	    "the site changes when the day ends there");
	site_free(site);
	site = load("coming", coming, options_at("2028-06-14T07:00"));
	T_OK(!has(page(site, "/"), "Coming up"), "then it is over");
	T_EQ_INT(
	    site_next_change(site), INT64_MAX, "and nothing changes any more");
	site_free(site);
}

static void
offers_what_is_open(void)
{
	static const struct {
		const char *why, *now, *want, *next;
		bool can_claim;
	} t[] = {
	    {"before", "2028-04-30", "Open from Monday, 1 May 2028.",
		"2028-05-01", false},
	    {"open", "2028-05-31T23:59", "Open until Wednesday, 31 May 2028.",
		"2028-06-01", true},
	    {"after", "2028-06-01", "It closed on Wednesday, 31 May 2028.",
		"2028-06-14T07:00", false},
	};
	static const struct file uncounted[] = {
	    {"shirt.md", "---\noffer: {item: shirt}\n---\n# Shirts\n"},
	    {NULL, NULL}};
	struct site_options options = options_at("2028-05-02");
	struct site *site;

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct str text;

		site = load("coming", coming, options_at(t[i].now));
		text = page(site, "/shirt.gmi");
		T_OK(has(text,
			 "\n## Offer: shirt\n\n"
			 "In all: 3 × S, 10 × M.\n"),
		    "%s: what there is", t[i].why);
		T_OK(has(text, t[i].want), "%s: says so", t[i].why);
		T_OK(has(text, "=> /claim/shirt.md Claim: shirt\n") ==
			t[i].can_claim,
		    "%s: the way to a claim", t[i].why);
		T_EQ_INT(site_next_change(site), instant(t[i].next),
		    "%s: when it changes", t[i].why);
		site_free(site);
	}
	options.has_forms = false;
	site = load("coming", coming, options);
	T_OK(!has(page(site, "/shirt.gmi"), "/claim"),
	    "no claim where nobody answers");
	site_free(site);
	site = load("uncounted", uncounted, options_at("2028-05-02"));
	T_OK(has(page(site, "/shirt.gmi"), "## Offer: shirt") &&
		!has(page(site, "/shirt.gmi"), "/claim"),
	    "nor of what is not counted");
	site_free(site);
}

static void
says_how_many_are_offered(void)
{
	static const struct {
		const char *why, *options, *want;
	} t[] = {
	    {"one size", "{poster: 50}", "In all: 50 × poster.\n"},
	    {"one of it", "{S: 1}", "In all: 1 × S.\n"},
	    {"several", "{S: 1, M: 10, XL: 2}",
		"In all: 1 × S, 10 × M, 2 × XL.\n"},
	    {"what there is none of is not named", "{S: 0, M: 2, L: 0}",
		"In all: 2 × M.\n"},
	    {"none of any", "{S: 0, M: 0}", "There are none.\n"},
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char text[200];
		const struct file files[] = {{"shirt.md", text}, {NULL, NULL}};
		struct site *site;

		snprintf(text, sizeof text,
		    "---\noffer: {item: shirt, options: %s}\n---\n# Shirts\n",
		    t[i].options);
		site = load("offered", files, options_at("2028-05-02"));
		T_OK(has(page(site, "/shirt.gmi"), t[i].want), "%s", t[i].why);
		T_OK(has(page(site, "/shirt.gmi"), "=> /claim/") ==
			!has(page(site, "/shirt.gmi"), "There are none"),
		    "%s: claimed if there is any", t[i].why);
		site_free(site);
	}
}

static void
says_when_an_offer_closed(void)
{
	static const struct {
		const char *closes, *want;
	} t[] = {
	    {"2016-03-01", "It closed on Tuesday, 1 March 2016.\n"},
	    {"2016-03", "It closed in March 2016.\n"},
	    {"2016", "It closed in 2016.\n"},
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char text[200];
		const struct file files[] = {{"shirt.md", text}, {NULL, NULL}};
		struct site *site;

		snprintf(text, sizeof text,
		    "---\noffer: {item: shirt, closes: %s}\n---\n# Shirts\n",
		    t[i].closes);
		site = load("closed", files, options_at("2028-05-02"));
		T_OK(has(page(site, "/shirt.gmi"), t[i].want), "%s",
		    t[i].closes);
		site_free(site);
	}
}

static void
answers_what_machines_ask(void)
{
	static const struct file files[] = {
	    {"index.md", "Front.\n"}, {NULL, NULL}};
	struct site_options options = options_at("2026-11-20");
	struct answer answer;
	struct site *site;

	options.favicon = STR("🐎");
	options.security = STR("mailto:security@example.org");
	site = load("machines", files, options);
	T_EQ_STR(page(site, "/robots.txt"),
	    STR("User-agent: *\n"
		"Disallow: /search\n"
		"Disallow: /c/\n"
		"Disallow: /claim\n"
		"Disallow: /code/\n"
		"Disallow: /leave\n"
		"Disallow: /lists/\n"
		"Disallow: /me\n"
		"Disallow: /organizers\n"
		"Disallow: /subscribe\n"),
	    "robots.txt");
	T_EQ_STR(page(site, "/favicon.txt"), STR("🐎\n"), "favicon.txt");
	T_EQ_STR(page(site, "/.well-known/security.txt"),
	    STR("Contact: mailto:security@example.org\n"
		"Expires: 2027-07-01T00:00:00Z\n"
		"Canonical: gemini://example.org/.well-known/security.txt\n"),
	    "security.txt, for less than a year");
	T_EQ_INT(site_next_change(site), instant("2027-01-01"),
	    "a new one is due before it expires");
	T_OK(site_lookup(site, PROTOCOL_GOPHER, STR("caps.txt"), &answer) &&
		answer.type == '0' && str_starts(answer.bytes, STR("CAPS\n")),
	    "caps.txt");
	site_free(site);
	options = options_at("2026-03-01");
	options.has_forms = options.has_search = false;
	options.gopher_port = 0;
	site = load("machines", files, options);
	T_EQ_STR(page(site, "/robots.txt"), STR("User-agent: *\nDisallow:\n"),
	    "nothing to keep robots from");
	T_EQ_STR(page(site, "/favicon.txt"), STR(""), "no favicon");
	T_EQ_STR(
	    page(site, "/.well-known/security.txt"), STR(""), "no contact");
	T_EQ_STR(page(site, "/caps.txt"), STR(""), "no Gopher");
	T_EQ_STR(page(site, "/news"), STR(""), "no news");
	T_EQ_STR(page(site, "/atom.xml"), STR(""), "no feed");
	site_free(site);
}

/* What a file is called beside its address: "/subscribe" for subscribe.md. */
static void
leaves_forms_their_addresses(void)
{
	static const struct file files[] = {{"index.md", "# Front\n"},
	    {"subscribe.md", "# How to\n\n[a form](/subscribe)\n"},
	    {"search.md", "# How to search\n"}, {"lists/a.md", "# A list\n"},
	    {"code/index.md", "# Code\n"},
	    {"moved.md", "---\npermalink: /help\n---\n# Help\n"},
	    {"me.md", "---\npermalink: /us\n---\n# Us\n"},
	    {"bye.md", "---\npermalink: /leave\n---\n# By hand\n"},
	    {NULL, NULL}};
	static const struct {
		const char *path;
		enum answer_kind gemini, gopher;
	} rows[] = {
	    {"/subscribe", ANSWER_FORM, ANSWER_FORM},
	    {"/subscribe.gmi", ANSWER_BYTES, ANSWER_BYTES},
	    {"/subscribe.txt", ANSWER_NONE, ANSWER_BYTES},
	    {"/search", ANSWER_SEARCH, ANSWER_SEARCH},
	    {"/search.gmi", ANSWER_BYTES, ANSWER_BYTES},
	    {"/lists/a", ANSWER_FORM, ANSWER_FORM},
	    {"/lists/a.gmi", ANSWER_BYTES, ANSWER_BYTES},
	    {"/code", ANSWER_FORM, ANSWER_FORM},
	    {"/code/", ANSWER_BYTES, ANSWER_BYTES},
	    {"/moved", ANSWER_REDIRECT, ANSWER_BYTES},
	    {"/me", ANSWER_FORM, ANSWER_FORM},
	    {"/leave", ANSWER_BYTES, ANSWER_BYTES},
	};
	struct site *site = load("forms", files, options_at("2026-01-01"));
	struct answer answer;

	if (!T_OK(site != NULL, "forms"))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str path = str_of(rows[i].path);

		site_lookup(site, PROTOCOL_GEMINI, path, &answer);
		T_EQ_INT(answer.kind, rows[i].gemini, "%s", rows[i].path);
		site_lookup(site, PROTOCOL_GOPHER, path, &answer);
		T_EQ_INT(
		    answer.kind, rows[i].gopher, "%s by Gopher", rows[i].path);
	}
	T_OK(has(page(site, "/subscribe.gmi"), "=> /subscribe a form\n"),
	    "a link to the form leads there");
	site_free(site);
}

static const struct file searched[] = {
    {"index.md", "# Welcome\n\nHello.[^1]\n\n[^1]: Aardvark.\n"},
    {"news/a.md",
	"---\ntitle: Alpha\ndate: 2024-01-01\ncategories: [gamma]\n"
	"talks: [{title: T, summary: Delta}]\n---\n\nWords.\n"},
    {"news/b.md", "---\ntitle: Beta\ndate: 2024-01-02\n---\n\nWords.\n"},
    {NULL, NULL},
};

/* The way to other pages says what those are called. */
static void
is_found_by_its_own_words(void)
{
	static const struct {
		const char *why, *query, *path;
	} rows[] = {
	    {"a title, not where it is the next or the latest", "beta",
		"/news/b.gmi"},
	    {"what a talk was about", "delta", "/news/a.gmi"},
	    {"a category", "gamma", "/news/a.gmi"},
	    {"a note below all else", "aardvark", "/"},
	};
	struct site *site =
	    load("searched", searched, options_at("2026-01-01"));
	struct search_hit hits[4];
	struct err e = ERR_INIT;
	struct search *s;
	struct arena a;
	size_t count, total;

	arena_init(&a);
	if (!T_OK(site != NULL && search_open(&s, site_index(site), &e) == 0,
		"an index %s", e.msg))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		search_query(
		    s, &a, str_of(rows[i].query), hits, 4, &count, &total, &e);
		T_EQ_INT((long long)total, 1, "%s: one page", rows[i].why);
		T_EQ_STR(total > 0 ? hits[0].path : STR(""),
		    str_of(rows[i].path), "%s", rows[i].why);
	}
	search_close(s);
	arena_release(&a);
	site_free(site);
}

int
main(void)
{
	T_RUN(tells_the_history);
	T_RUN(lists_talks);
	T_RUN(stands_around_a_page);
	T_RUN(lists_news);
	T_RUN(lets_own_pages_win);
	T_RUN(lists_folders);
	T_RUN(shows_what_is_coming_until_it_is_over);
	T_RUN(offers_what_is_open);
	T_RUN(says_how_many_are_offered);
	T_RUN(says_when_an_offer_closed);
	T_RUN(answers_what_machines_ask);
	T_RUN(leaves_forms_their_addresses);
	T_RUN(is_found_by_its_own_words);
	return t_done();
}
