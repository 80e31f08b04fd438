#include "content/posting.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW 1333468800 /* 2012-04-03T16:00:00Z */

static char pages[200];

static void
put(const char *name, const char *text)
{
	char path[100];

	snprintf(path, sizeof path, "pages/%s", name);
	t_file(path, str_of(text));
}

static void
make_site(void)
{
	snprintf(pages, sizeof pages, "%s/pages", t_tmpdir());
	put("index.md", "# Home\n\n[News](news/shirts.md)\n");
	put("pic.png", "\x89PNG");
	put("big.gif", "GIF89a");
	put("news/shirts.md",
	    "---\ntitle: Shirts <b>\ndate: 2012-04-02\n"
	    "offer: {item: shirt, options: {S: 3}, ask: [address]}\n---\n\n"
	    "Look: [home](../index.md), [a talk](https://example.org/x).\n\n"
	    "![A *shirt*](../pic.png) and again ![](/pic.png)\n\n"
	    "![big](../big.gif)\n\n[Search](/search)\n\nWords[^1].\n\n"
	    "[^1]: A note.\n");
	put("news/next.md",
	    "---\ntitle: Next\ndate: 2012-04-01\n"
	    "event: {start: 2012-05-01T09:00, timezone: America/Los_Angeles,"
	    " place: Here}\ntalks: [{title: One, speaker: Ann}]\n---\n\nCome.\n");
	put("news/draft.md", "---\ndraft: true\n---\n\n# Draft\n");
	put("news/later.md", "---\ndate: 2012-04-04\n---\n\n# Later\n");
	put("news/link.md", "# Link\n\nwords\n\n[x](nowhere.md)\n");
	put("news/todraft.md", "# To a draft\n\n[x](draft.md)\n");
	put("news/image.md", "# Image\n\n![x](nowhere.png)\n");
	put("news/video.md",
	    "---\ntalks:\n  - title: T\n    video: gone.mp4\n"
	    "---\n\n# Video\n");
	put("moved.md",
	    "---\npermalink: /elsewhere\ntitle: Moved\n---\n\nHere.\n");
	put("both/README.md", "# Read me\n");
	put("both/index.md", "# Index\n");
}

static struct site_options
options(void)
{
	return (struct site_options){.pages = str_of(pages),
	    .title = STR("A site"),
	    .host = STR("example.org"),
	    .lang = STR("en"),
	    .gemini_port = 1965,
	    .gopher_port = 70,
	    .has_forms = true,
	    .now = NOW};
}

static int
load(struct posting *posting, struct arena *a, const char *file,
    struct faults *faults, struct err *e)
{
	struct site_options o = options();

	arena_init(a);
	faults_init(faults);
	return posting_load(posting, a, &o, str_of(file), faults, e);
}

static void
has(struct str text, const char *what)
{
	struct str shown = str_trim(str_of(what));

	T_OK(str_find(text, str_of(what)) >= 0, "has %.*s", STR_ARG(shown));
}

static void
a_letter_is_what_is_published(void)
{
	struct posting posting;
	struct faults faults;
	struct err e = ERR_INIT;
	struct arena a;

	T_EQ_INT(load(&posting, &a, "news/shirts.md", &faults, &e), 0,
	    "loaded %s", e.msg);
	T_EQ_STR(posting.title, STR("Shirts <b>"), "title");
	T_EQ_STR(posting.source, STR("news/shirts.md"), "source");
	T_EQ_STR(posting.address, STR("gemini://example.org/news/shirts.gmi"),
	    "address");
	T_EQ_STR(posting.gopher, STR("gopher://example.org/1/news/shirts"),
	    "Gopher");
	T_OK(posting.page.offer.present, "its front matter");
	has(posting.text, "Shirts <b>\n");
	has(posting.text, "2 April 2012");
	has(posting.text, "gemini://example.org/\n");
	has(posting.text, "https://example.org/x\n");
	has(posting.text, "gemini://example.org/search\n");
	has(posting.text, "gemini://example.org/claim/news/shirts.md\n");
	has(posting.text, "A note.");
	has(posting.html, "<a href=\"gemini://example.org/\">home</a>");
	has(posting.html, "<h1>Shirts &lt;b&gt;</h1>");
	has(posting.html, "[image: A <em>shirt</em>]</a>");
	T_OK(str_find(posting.html, STR("<img")) < 0, "no image in it");
	T_OK(str_find(posting.text, STR("Previous")) < 0,
	    "nor the way to other pages");
	T_EQ_INT((int64_t)posting.calendar.n, 0, "no calendar");
	arena_release(&a);
	faults_release(&faults);
}

static void
images_come_along(void)
{
	struct posting posting;
	struct faults faults;
	struct err e = ERR_INIT;
	struct arena a;
	char img[200];

	T_EQ_INT(load(&posting, &a, "news/shirts.md", &faults, &e), 0,
	    "loaded %s", e.msg);
	T_EQ_INT((int64_t)posting.image_count, 2, "each once");
	T_EQ_STR(posting.images[0].path, STR("/pic.png"), "in their order");
	T_EQ_STR(posting.images[0].name, STR("pic.png"), "name");
	T_EQ_STR(posting.images[0].mime, STR("image/png"), "type");
	T_EQ_STR(posting.images[0].bytes, STR("\x89PNG"), "bytes");
	T_EQ_STR(posting.images[1].mime, STR("image/gif"), "the other");
	T_OK(!str_eq(posting.images[0].id, posting.images[1].id), "names");
	snprintf(img, sizeof img,
	    "<a href=\"gemini://example.org/pic.png\">"
	    "<img src=\"cid:%.*s\" alt=\"A shirt\"></a>",
	    STR_ARG(posting.images[0].id));
	has(posting.html_shown, img);
	arena_release(&a);
	faults_release(&faults);
}

static void
an_event_has_a_calendar(void)
{
	struct posting posting;
	struct faults faults;
	struct err e = ERR_INIT;
	struct arena a;

	T_EQ_INT(load(&posting, &a, "news/next.md", &faults, &e), 0,
	    "loaded %s", e.msg);
	has(posting.calendar, "\r\nMETHOD:PUBLISH\r\n");
	has(posting.calendar, "\r\nDTSTART:20120501T160000Z\r\n");
	has(posting.text, "Tuesday, 1 May 2012, 09:00");
	has(posting.text, "gemini://example.org/news/next.ics\n");
	has(posting.text, "Ann");
	arena_release(&a);
	faults_release(&faults);
}

static void
pages_are_found_as_typed(void)
{
	static const char *const names[] = {"news/shirts.md",
	    "pages/news/shirts.md", "./pages/news/../news/shirts.md"};
	char whole[300], old[200];
	struct err e = ERR_INIT;

	snprintf(whole, sizeof whole, "%s/news/shirts.md", pages);
	T_OK(getcwd(old, sizeof old) != NULL && chdir(t_tmpdir()) == 0,
	    "beside the pages");
	for (size_t i = 0; i <= sizeof names / sizeof *names; i++) {
		const char *name =
		    i < sizeof names / sizeof *names ? names[i] : whole;
		struct posting posting;
		struct faults faults;
		struct arena a;

		err_clear(&e);
		T_EQ_INT(load(&posting, &a, name, &faults, &e), 0, "%zu: %s", i,
		    e.msg);
		T_EQ_STR(posting.source, STR("news/shirts.md"), "source");
		arena_release(&a);
		faults_release(&faults);
	}
	T_OK(chdir(old) == 0, "and back");
}

/* With what it leads to, and at the address that it will have. */
static void
previews_what_is_not_ready(void)
{
	static const struct {
		const char *file, *address, *text;
	} t[] = {
	    {"news/draft.md", "gemini://example.org/news/draft.gmi", "Draft"},
	    {"news/later.md", "gemini://example.org/news/later.gmi", "Later"},
	    {"news/shirts.md", "gemini://example.org/news/shirts.gmi", "Look"},
	};
	struct site_options o = options();

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct posting posting;
		struct faults faults;
		struct err e = ERR_INIT;
		struct arena a;

		arena_init(&a);
		faults_init(&faults);
		T_EQ_INT(posting_preview(
			     &posting, &a, &o, str_of(t[i].file), &faults, &e),
		    0, "%s: %s", t[i].file, e.msg);
		T_EQ_STR(posting.address, str_of(t[i].address), "its address");
		has(posting.text, t[i].text);
		arena_release(&a);
		faults_release(&faults);
	}
}

static void
refuses_what_is_not_ready(void)
{
	static const struct {
		const char *why, *file;
		enum err_kind kind;
		const char *says; /* in the error */
		const char *fault; /* of the faults; NULL: none */
		int line;
	} cases[] = {
	    {"a draft", "news/draft.md", ERR_REFUSED, "is a draft", NULL, 0},
	    {"a date to come", "news/later.md", ERR_REFUSED, "to come", NULL,
		0},
	    {"a link", "news/link.md", ERR_REFUSED,
		"link.md:5: ", "leads nowhere", 5},
	    {"a link to a draft", "news/todraft.md", ERR_REFUSED,
		"todraft.md:3: ", "a draft", 3},
	    {"an image", "news/image.md", ERR_REFUSED,
		"image.md:3: ", "leads nowhere", 3},
	    {"front matter's link", "news/video.md", ERR_REFUSED,
		"video.md:3: ", "leads nowhere", 3},
	    {"no page", "news/none.md", ERR_MISSING, "no such page", NULL, 0},
	    {"no Markdown", "pic.png", ERR_MISSING, "no page", NULL, 0},
	    {"outside", "/etc/hostname", ERR_MISSING, "no such page", NULL, 0},
	    {"outside by dots", "../../etc/hostname", ERR_MISSING,
		"no such page", NULL, 0},
	    {"a folder", "news", ERR_MISSING, "no such page", NULL, 0},
	    {"nothing", "", ERR_MISSING, "no such page", NULL, 0},
	    {"one that another stands for", "both/README.md", ERR_REFUSED,
		"not published", "index.md", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = ERR_INIT;
		struct posting posting;
		struct faults faults;
		bool found = cases[i].fault == NULL;
		struct arena a;

		T_OK(load(&posting, &a, cases[i].file, &faults, &e) != 0, "%s",
		    cases[i].why);
		T_EQ_INT(e.kind, cases[i].kind, "its kind: %s", e.msg);
		T_OK(strstr(e.msg, cases[i].says) != NULL, "says %s: %s",
		    cases[i].says, e.msg);
		for (size_t k = 0; k < faults.count && !found; k++)
			found = faults.list[k].line == cases[i].line &&
			    str_find(faults.list[k].text,
				str_of(cases[i].fault)) >= 0;
		T_OK(found, "the fault has its line");
		arena_release(&a);
		faults_release(&faults);
	}
}

static void
other_addresses_and_times_work(void)
{
	struct site_options o = options();
	struct posting posting;
	struct faults faults;
	struct err e = ERR_INIT;
	struct arena a;

	arena_init(&a);
	faults_init(&faults);
	o.now = NOW + 86400;
	o.gemini_port = 1966;
	o.gopher_port = 7070;
	T_EQ_INT(
	    posting_load(&posting, &a, &o, STR("news/later.md"), &faults, &e),
	    0, "when it has come %s", e.msg);
	T_EQ_STR(posting.address,
	    STR("gemini://example.org:1966/news/later.gmi"), "with its port");
	T_OK(str_starts(posting.gopher, STR("gopher://example.org:7070/")),
	    "and Gopher's");
	o.gopher_port = 0;
	T_EQ_INT(posting_load(&posting, &a, &o, STR("moved.md"), &faults, &e),
	    0, "a permalink %s", e.msg);
	T_EQ_STR(posting.address, STR("gemini://example.org:1966/elsewhere"),
	    "is where it stands");
	T_EQ_INT((int64_t)posting.gopher.n, 0, "no Gopher");
	arena_release(&a);
	faults_release(&faults);
}

/* What keeps the site from being published keeps its pages from being mailed;
 * and images have an end. */
static void
refuses_what_is_too_much(void)
{
	struct posting posting;
	struct faults faults;
	struct err e = ERR_INIT;
	struct arena a;

	T_OK(truncate(t_file("pages/big.gif", STR("")),
		 (off_t)POSTING_IMAGES_MAX + 1) == 0,
	    "a large image");
	T_OK(load(&posting, &a, "news/shirts.md", &faults, &e) != 0 &&
		e.kind == ERR_LIMIT && strstr(e.msg, "big.gif") != NULL,
	    "is too large: %s", e.msg);
	arena_release(&a);
	faults_release(&faults);
	put("bad.md", "---\nnosuchkey: x\n---\n");
	err_clear(&e);
	T_OK(load(&posting, &a, "news/next.md", &faults, &e) != 0 &&
		e.kind == ERR_REFUSED,
	    "another page's error: %s", e.msg);
	T_OK(faults.errors == 1 && faults.list[0].line == 2 &&
		str_ends(faults.list[0].file, STR("bad.md")),
	    "is named with its line");
	arena_release(&a);
	faults_release(&faults);
}

int
main(void)
{
	make_site();
	T_RUN(a_letter_is_what_is_published);
	T_RUN(images_come_along);
	T_RUN(an_event_has_a_calendar);
	T_RUN(pages_are_found_as_typed);
	T_RUN(previews_what_is_not_ready);
	T_RUN(refuses_what_is_not_ready);
	T_RUN(other_addresses_and_times_work);
	T_RUN(refuses_what_is_too_much);
	return t_done();
}
