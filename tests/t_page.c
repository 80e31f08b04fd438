#include "content/page.h"

#include "tests/t.h"

#include "base/buf.h"

#include <string.h>

static const char whole[] =
    "---\n"
    "title: \"dtrace.conf(24)\"\n"
    "date: \"2025-01-05T17:00:00\"\n"
    "updated: 2025-02\n"
    "summary: >\n"
    "  Thirteen talks,\n"
    "  one day.\n"
    "lang: en-US\n"
    "permalink: /dtrace-conf-2024/\n"
    "categories: \n"
    "  - \"dtrace\"\n"
    "  - recap\n"
    "aliases: [/old/, /caf\xc3\xa9]\n"
    "draft: no\n"
    "event:\n"
    "  start: 2012-04-03T09:00\n"
    "  end: 2012-04-03T17:00\n"
    "  timezone: America/Los_Angeles\n"
    "  place: Children's Creativity Museum\n"
    "  host: Joyent\n"
    "  summary: One day.\n"
    "  remind: [1d, 1h]\n"
    "  list: stream\n"
    "talks:\n"
    "  - title: State of the Union\n"
    "    speaker: [Bryan, Adam]\n"
    "    video: https://youtu.be/8jBu1A-ol-Q\n"
    "  - title: Another\n"
    "    speaker: Kyle\n"
    "    slides: slides/kyle.pdf\n"
    "    summary: With Rust.\n"
    "sponsors:\n"
    "  - {name: Nexenta, url: 'http://nexenta.com/', gave: beer}\n"
    "offer:\n"
    "  item: shirt\n"
    "  options: {S: 3, M: 10}\n"
    "  ask: [address, sentence]\n"
    "  opens: 2028-05-01\n"
    "  closes: 2028-06-01\n"
    "  many: true\n"
    "---\n"
    "\n"
    "Body.\n";

static void
date_is(const struct date *d, const char *want, const char *what)
{
	struct buf got;

	buf_init(&got, 64);
	if (d->precision == DATE_MINUTE)
		buf_printf(&got, "%04d-%02d-%02dT%02d:%02d", d->year, d->month,
		    d->day, d->hour, d->minute);
	else
		date_iso(&got, d);
	T_EQ_STR(buf_slice(&got), str_of(want), "%s", what);
	buf_release(&got);
}

static void
reads_the_head(const struct page *page)
{
	T_EQ_STR(page->title, STR("dtrace.conf(24)"), "title");
	date_is(&page->date, "2025-01-05T17:00", "a quoted date");
	date_is(&page->updated, "2025-02", "a date as precise as it is known");
	T_EQ_STR(page->summary, STR("Thirteen talks, one day."),
	    "a folded summary stands on one line");
	T_EQ_STR(page->lang, STR("en-US"), "lang");
	T_EQ_STR(page->permalink, STR("/dtrace-conf-2024/"), "permalink");
	T_EQ_INT(page->permalink_line, 9, "permalink's line");
	T_EQ_INT((int64_t)page->category_count, 2, "categories");
	T_EQ_STR(page->categories[0], STR("dtrace"), "first category");
	T_EQ_INT((int64_t)page->alias_count, 2, "aliases");
	T_EQ_STR(page->aliases[1].path, STR("/caf%C3%A9"), "encoded alias");
	T_OK(page->aliases[0].line > page->permalink_line &&
		page->updated_line > 0,
	    "lines of what a fault may be about");
	T_OK(!page->draft, "no draft");
	T_EQ_STR(page->body, STR("\nBody.\n"), "body");
	T_EQ_INT(page->body_line, 42, "the body's line");
}

static void
reads_the_event(const struct page_event *event)
{
	T_OK(event->present, "event");
	date_is(&event->start, "2012-04-03T09:00", "start");
	date_is(&event->end, "2012-04-03T17:00", "end");
	T_EQ_STR(event->timezone, STR("America/Los_Angeles"), "timezone");
	T_EQ_STR(event->place, STR("Children's Creativity Museum"), "place");
	T_EQ_STR(event->host, STR("Joyent"), "host");
	T_EQ_STR(event->summary, STR("One day."), "summary");
	T_EQ_INT((int64_t)event->cancelled.n, 0, "not cancelled");
	T_EQ_INT((int64_t)event->reminds, 2, "reminders");
	T_EQ_STR(event->list, STR("stream"), "for a list");
	T_EQ_INT(event->list_line, 23, "the list's line");
}

static void
reads_the_lists(const struct page *page)
{
	T_EQ_INT((int64_t)page->talk_count, 2, "talks");
	T_EQ_INT((int64_t)page->talks[0].speaker_count, 2, "two speakers");
	T_EQ_STR(page->talks[0].speakers[1], STR("Adam"), "the second");
	T_EQ_STR(
	    page->talks[0].video, STR("https://youtu.be/8jBu1A-ol-Q"), "video");
	T_EQ_INT((int64_t)page->talks[1].speaker_count, 1, "one speaker");
	T_EQ_STR(page->talks[1].slides, STR("slides/kyle.pdf"), "slides");
	T_EQ_STR(page->talks[1].summary, STR("With Rust."), "talk's summary");
	T_EQ_INT(page->talks[1].line, 28, "talk's line");
	T_EQ_INT((int64_t)page->sponsor_count, 1, "sponsors");
	T_EQ_STR(page->sponsors[0].gave, STR("beer"), "what they gave");
	T_EQ_STR(page->offer.item, STR("shirt"), "offer");
	T_EQ_INT((int64_t)page->offer.option_count, 2, "options");
	T_EQ_STR(page->offer.options[1].name, STR("M"), "option's name");
	T_EQ_INT(page->offer.options[1].stock, 10, "option's stock");
	T_EQ_INT((int64_t)page->offer.ask_count, 2, "asks");
	date_is(&page->offer.closes, "2028-06-01", "closes");
	T_OK(page->offer.many, "many");
	T_EQ_INT(page->offer.line, 34, "offer's line");
}

static void
reads_every_key(void)
{
	struct err e = ERR_INIT;
	struct page page;
	struct arena a;

	arena_init(&a);
	if (T_OK(page_parse(&page, &a, str_of(whole), &e) == 0, "parses: %s",
		e.msg)) {
		reads_the_head(&page);
		reads_the_event(&page.event);
		reads_the_lists(&page);
	}
	arena_release(&a);
}

static const struct {
	const char *why, *text, *body;
	int line;
} bodies[] = {
    {"no front matter", "# Title\n", "# Title\n", 1},
    {"nothing at all", "", "", 1},
    {"empty front matter", "---\n---\nx", "x", 3},
    {"closed by dots", "---\ntitle: a\n...\nx", "x", 4},
    {"closed with blanks behind", "---\ntitle: a\n---  \nx", "x", 4},
    {"CRLF", "---\r\ntitle: a\r\n---\r\nx\r\n", "x\r\n", 4},
    {"ends with the front matter", "---\ntitle: a\n---", "", 4},
    {"a marker inside a text", "---\nsummary: |\n  a\n  ---\n  b\n---\nx", "x",
	7},
    {"a rule in the body", "---\ntitle: a\n---\nx\n\n---\ny", "x\n\n---\ny", 4},
    {"a page that begins with a rule", "---\n\nProse, and: a colon.\n",
	"---\n\nProse, and: a colon.\n", 1},
    {"a rule and nothing else", "---", "---", 1},
    {"four dashes are a rule", "----\na: b\n---\n", "----\na: b\n---\n", 1},
    {"a blank before is no front matter", " ---\na: b\n---\n",
	" ---\na: b\n---\n", 1},
    {"a blank behind is no front matter", "--- \na: b\n---\n",
	"--- \na: b\n---\n", 1},
    {"an address is no key", "---\nhttps://example.org\n",
	"---\nhttps://example.org\n", 1},
};

static void
finds_the_body(void)
{
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct str text = t_guard(str_of(bodies[i].text));
		struct err e = ERR_INIT;
		struct page page;
		struct arena a;

		arena_init(&a);
		T_OK(page_parse(&page, &a, text, &e) == 0, "%s: %s",
		    bodies[i].why, e.msg);
		T_EQ_STR(
		    page.body, str_of(bodies[i].body), "%s", bodies[i].why);
		T_EQ_INT(
		    page.body_line, bodies[i].line, "%s: line", bodies[i].why);
		arena_release(&a);
		t_guard_free(text);
	}
}

/* Between the markers, so that line 1 of an entry is line 2 of its file. */
static const struct {
	const char *why, *front, *want;
} faults[] = {
    {"unknown key", "title: a\ntilte: b\n",
	"3: unknown key \"tilte\" (did you mean \"title\"?)"},
    {"unknown key of an event", "event:\n  start: 2012\n  strat: 2013\n",
	"4: unknown key \"strat\" (did you mean \"start\"?)"},
    {"unknown key of a talk", "talks:\n- title: a\n  speakers: b\n",
	"4: unknown key \"speakers\" (did you mean \"speaker\"?)"},
    {"not keys", "just words\n",
	"2: front matter is lines of \"key: value\"; a page that begins with "
	"a rule writes it as ***"},
    {"broken YAML", "title: a\nsummary: one: two\n",
	"3: a colon cannot stand here; indent the line like its neighbours, "
	"or put quotes around a text that has a colon in it"},
    {"a title that is a list", "title: [a]\n",
	"2: \"title\" takes one text, not a list"},
    {"a title with an escape sequence", "title: \"\\e[1m\"\n",
	"2: a control character stands in \"title\"; take it out"},
    {"no date", "\ndate: soon\n",
	"3: \"date\" takes a date (2020, 2008-03, 2012-04-03, "
	"2012-04-03T09:00, with Z or +02:00 behind it if need be), not "
	"\"soon\""},
    {"a language that could add a parameter", "lang: en; charset=x\n",
	"2: \"lang\" takes a language, such as en or pt-BR, not \"en; "
	"charset=x\""},
    {"draft: maybe", "draft: maybe\n",
	"2: \"draft\" takes true or false, not \"maybe\""},
    {"a relative permalink", "permalink: talk/\n",
	"2: \"permalink\" takes a path of this site, beginning with \"/\", "
	"not \"talk/\""},
    {"an empty permalink", "permalink: ''\n",
	"2: \"permalink\" takes a path of this site, beginning with \"/\", "
	"and is empty"},
    {"a permalink that climbs", "permalink: /a/../b\n",
	"2: \"permalink\" takes a path without \".\" and \"..\" segments, "
	"not \"/a/../b\""},
    {"a permalink that climbs in disguise", "permalink: /a/%2e%2E/b\n",
	"2: \"permalink\" takes a path without \".\" and \"..\" segments, "
	"not \"/a/%2e%2E/b\""},
    {"another host's permalink", "permalink: //example.org/\n",
	"2: \"permalink\" takes a path alone, without \"//\", \"?\" or "
	"\"#\", not \"//example.org/\""},
    {"a permalink with a query", "permalink: /a?b\n",
	"2: \"permalink\" takes a path alone, without \"//\", \"?\" or "
	"\"#\", not \"/a?b\""},
    {"a permalink that splits a selector", "permalink: /a%0D%0Ab\n",
	"2: \"permalink\" takes a path without encoded slashes, control "
	"characters or broken UTF-8, not \"/a%0D%0Ab\""},
    {"a permalink of two names", "permalink: /a%2fb\n",
	"2: \"permalink\" takes a path without encoded slashes, control "
	"characters or broken UTF-8, not \"/a%2fb\""},
    {"a permalink with a blank", "permalink: /a b\n",
	"2: \"permalink\": the path of an address has a character that must "
	"be written as %20"},
    {"an alias names its own line", "aliases:\n- /a\n- b\n",
	"4: \"aliases\" takes a path of this site, beginning with \"/\", not "
	"\"b\""},
    {"an event without a start", "title: a\nevent:\n  place: b\n",
	"3: an event needs a \"start\"; the year alone will do"},
    {"an event that is a text", "event: 2012\n",
	"2: \"event\" takes a map of \"key: value\", not \"2012\""},
    {"an event that ends before it starts",
	"event:\n  start: 2012-04-03\n  end: 2012-04-02\n",
	"4: \"end\" lies before \"start\""},
    {"by the hour, offsets counted",
	"event:\n  start: 2012-04-03T09:00+02:00\n  end: "
	"2012-04-03T06:00Z\n",
	"4: \"end\" lies before \"start\""},
    {"no such zone", "event:\n  start: 2012\n  timezone: Mars/Olympus\n",
	"4: \"timezone\" takes a name of the time zone database, such as "
	"Europe/Berlin or UTC, not \"Mars/Olympus\""},
    {"cancelled without a reason", "event: {start: 2020, cancelled: yes}\n",
	"2: \"cancelled\" takes the reason, as a text, not \"yes\""},
    {"a reminder at the start itself",
	"event:\n  start: 2020\n  remind: 0\n  list: stream\n",
	"4: \"remind\" takes times before the start, such as 1d, 2h or 30m, "
	"not \"0\""},
    {"reminders to nobody", "event:\n  start: 2020\n  remind: [1d]\n",
	"4: \"remind\" needs a \"list\": whose subscribers are reminded, a "
	"name of capsule.yaml"},
    {"reminders to a list without a name",
	"event:\n  start: 2020\n  list: ''\n  remind: 1d\n",
	"5: \"remind\" needs a \"list\": whose subscribers are reminded, a "
	"name of capsule.yaml"},
    {"a reminder that is none",
	"event:\n  start: 2020\n  remind: [1d, later]\n",
	"4: \"remind\" takes times before the start, such as 1d, 2h or 30m, "
	"not \"later\""},
    {"a talk without a title", "talks:\n  - title: a\n  - speaker: b\n",
	"4: a talk lacks its \"title\""},
    {"talks that are texts", "talks: [a]\n",
	"2: \"talks\" takes a list of maps (\"- key: value\"), not \"a\""},
    {"a sponsor without a name", "sponsors:\n- gave: beer\n",
	"3: a sponsor lacks its \"name\""},
    {"an offer of nothing", "offer: {options: {S: 1}}\n",
	"2: an offer lacks its \"item\""},
    {"options without numbers", "offer:\n  item: a\n  options: [S, M]\n",
	"4: \"options\" takes a map of names and how many there are, such as "
	"{M: 10, L: 5}, not a list"},
    {"a negative stock", "offer:\n  item: a\n  options:\n    S: -1\n",
	"5: \"S\" takes how many there are, up to a million, not \"-1\""},
    {"a question that is no word", "offer: {item: a, ask: [your size]}\n",
	"2: \"ask\" takes single words such as address, not \"your size\""},
    {"an offer that closes first",
	"offer:\n  item: a\n  closes: 2028-01\n  opens: 2028-02-01\n",
	"4: \"closes\" lies before \"opens\""},
};

static void
refuses_with_line(void)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct err e = ERR_INIT;
		struct page page;
		struct arena a;
		struct buf text;

		arena_init(&a);
		buf_init(&text, 4096);
		buf_printf(&text, "---\n%s---\nBody\n", faults[i].front);
		T_OK(page_parse(&page, &a, buf_slice(&text), &e) == -1,
		    "%s: refused", faults[i].why);
		T_EQ_STR(
		    str_of(e.msg), str_of(faults[i].want), "%s", faults[i].why);
		buf_release(&text);
		arena_release(&a);
	}
}

static const char *const good[] = {
    "categories: one\n",
    "date: 2024-12-11 09:30:00-08:00\n",
    "event: {start: 2012-04-03T09:00, end: 2012-04-03}\n",
    "event: {start: 2012-04, end: 2012-04-01}\n",
    "event: {start: 2020, cancelled: Covid}\n",
    "event: {start: 2020, cancelled: no}\n",
    "permalink: /\n",
    "permalink: /a/%7Eb/\n",
    "talks: {title: the only one}\n",
    "talks:\n",
    "offer: {item: shirt, closes: 2016-12-31}\n",
    "# a comment alone\n",
};

static void
takes_what_people_write(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct err e = ERR_INIT;
		struct page page;
		struct arena a;
		struct buf text;

		arena_init(&a);
		buf_init(&text, 4096);
		buf_printf(&text, "---\n%s---\n", good[i]);
		T_OK(page_parse(&page, &a, buf_slice(&text), &e) == 0,
		    "%.*s %s", (int)strcspn(good[i], "\n"), good[i], e.msg);
		buf_release(&text);
		arena_release(&a);
	}
}

/* Cut anywhere it parses, or says on which line it does not; cut inside the
 * front matter it says that this has no end. */
static void
survives_truncation(void)
{
	size_t front = (size_t)str_find(str_of(whole), STR("\n---\n\n"));

	for (size_t n = 0; n < sizeof whole; n++) {
		struct str text = t_guard((struct str){whole, n});
		struct err e = ERR_INIT;
		struct page page;
		struct arena a;
		bool ok;

		arena_init(&a);
		ok = page_parse(&page, &a, text, &e) == 0;
		if (n >= 10 && n < front + 4)
			T_EQ_STR(str_of(e.msg),
			    STR("1: front matter begins on line 1 and has no "
				"closing ---"),
			    "cut after %zu", n);
		else
			T_OK(ok, "cut after %zu: %s", n, e.msg);
		arena_release(&a);
		t_guard_free(text);
	}
}

/* Each half of the front matter parses by itself or names one of its lines. */
static void
survives_truncated_front_matter(void)
{
	struct str front = str_sub(
	    str_of(whole), 0, (size_t)str_find(str_of(whole), STR("---\n\n")));

	for (size_t n = 4; n <= front.n; n++) {
		struct err e = ERR_INIT;
		struct page page;
		struct arena a;
		struct buf text;
		struct str guarded;

		buf_init(&text, 4096);
		buf_str(&text, str_sub(front, 0, n));
		buf_puts(&text, "\n---");
		guarded = t_guard(buf_slice(&text));
		arena_init(&a);
		T_OK(page_parse(&page, &a, guarded, &e) == 0 ||
			(e.msg[0] >= '1' && e.msg[0] <= '9'),
		    "closed after %zu: %s", n, e.msg);
		arena_release(&a);
		t_guard_free(guarded);
		buf_release(&text);
	}
}

int
main(void)
{
	T_RUN(reads_every_key);
	T_RUN(finds_the_body);
	T_RUN(refuses_with_line);
	T_RUN(takes_what_people_write);
	T_RUN(survives_truncation);
	T_RUN(survives_truncated_front_matter);
	return t_done();
}
