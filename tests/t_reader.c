#include "content/reader.h"
#include "tests/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEN "aaaa bbbb " /* ten characters */
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define CJK "日本語日本語日本語日" /* ten without a space */
#define CJK100 CJK CJK CJK CJK CJK CJK CJK CJK CJK CJK

struct catalogue {
	struct arena arena;
	struct faults faults;
	struct site_options options;
	struct catalog catalog;
	struct scan scan;
	struct reader reader;
	char pages[512];
};

static void
read_folder(struct catalogue *c, const char *folder)
{
	struct err e = ERR_INIT;

	memset(c, 0, sizeof *c);
	snprintf(c->pages, sizeof c->pages, "%s/%s", t_tmpdir(), folder);
	arena_init(&c->arena);
	faults_init(&c->faults);
	c->options = (struct site_options){
	    .pages = str_of(c->pages), .title = STR("Site")};
	c->catalog = (struct catalog){.arena = &c->arena,
	    .options = &c->options,
	    .faults = &c->faults,
	    .next_change = INT64_MAX};
	c->reader = (struct reader){.catalog = &c->catalog,
	    .scan = &c->scan,
	    .dir = open(c->pages, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	T_EQ_INT(scan_folder(&c->scan, &c->arena, c->reader.dir,
		     c->options.pages, &c->faults, &e),
	    0, "%s is scanned: %s", folder, e.msg);
	T_EQ_INT(
	    reader_read(&c->reader, &e), 0, "%s is read: %s", folder, e.msg);
}

static void
release(struct catalogue *c)
{
	close(c->reader.dir);
	reader_release(&c->reader);
	faults_release(&c->faults);
	arena_release(&c->arena);
}

static const struct {
	const char *why, *text, *title, *lead;
} pages[] = {
    {"both from the body", "# Title\n\nWords *here*.\n\nMore.\n", "Title",
	"Words here."},
    {"both from front matter",
	"---\ntitle: T\nsummary: S\n---\n# No\n\nNor this.\n", "T", "S"},
    {"a paragraph of several lines", "One\ntwo\nthree.\n", "page",
	"One two three."},
    {"links are their words", "See [the talks](/talks) now.\n", "page",
	"See the talks now."},
    {"links alone say nothing", "[one](/one) [two](/two)\n\nBut this does.\n",
	"page", "But this does."},
    {"no paragraph", "# Only a title\n", "Only a title", ""},
    {"nothing at all", "", "page", ""},
    {"a link defined far below",
	"# T\n\nSee [the talks][1].\n\n" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED "\n\n[1]: /talks\n",
	"T", "See the talks."},
    {"a title far below",
	HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED "\n\n# Late\n",
	"Late", HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "aaaa bbbb…"},
    {"exactly as long as may be", CJK100 CJK100, "page", CJK100 CJK100},
    {"no space to cut at", CJK100 CJK100 "日", "page",
	CJK100 CJK CJK CJK CJK CJK CJK CJK CJK CJK "日本語日本語日本語…"},
};

static void
finds_title_and_lead(void)
{
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct catalogue c;

		t_file("one/page.md", str_of(pages[i].text));
		read_folder(&c, "one");
		T_EQ_INT(c.catalog.count, 1, "%s: is one page", pages[i].why);
		if (c.catalog.count == 1) {
			T_EQ_STR(c.catalog.entries[0]->title,
			    str_of(pages[i].title), "%s: title", pages[i].why);
			T_EQ_STR(c.catalog.entries[0]->lead,
			    str_of(pages[i].lead), "%s: lead", pages[i].why);
		}
		release(&c);
	}
}

/* Other pages show them too. */
static void
makes_front_matters_targets_absolute(void)
{
	struct catalogue c;
	const struct page *page;

	t_file("targets/2012/index.md",
	    STR("---\ntalks:\n  - {title: A, video: https://example.net/a,"
		" slides: a.pdf}\n  - {title: B, video: ../b.webm?t=1,"
		" slides: /b.pdf}\nsponsors:\n  - {name: N, url: ./n.md}\n"
		"---\n"));
	read_folder(&c, "targets");
	page = &c.catalog.entries[0]->page;
	T_EQ_STR(page->talks[0].video, STR("https://example.net/a"),
	    "an address elsewhere stays");
	T_EQ_STR(page->talks[0].slides, STR("/2012/a.pdf"),
	    "a file in the page's folder");
	T_EQ_STR(page->talks[1].video, STR("/b.webm?t=1"),
	    "one above it, with what follows the path");
	T_EQ_STR(page->talks[1].slides, STR("/b.pdf"), "an absolute one stays");
	T_EQ_STR(page->sponsors[0].url, STR("/2012/n.md"), "a sponsor's");
	release(&c);
}

static struct entry
entry(const char *path, const char *folder, int year, bool is_event)
{
	struct date date = {
	    .precision = DATE_YEAR, .year = year, .month = 1, .day = 1};
	struct entry e = {.path = str_of(path),
	    .title = str_of(path),
	    .folder = str_of(folder)};

	if (is_event) {
		e.page.event.present = true;
		e.page.event.start = date;
		e.is_index = true;
	} else if (year > 0) {
		e.page.date = date;
	}
	return e;
}

static struct str
path_of(const struct entry *e)
{
	return e != NULL ? e->path : STR("none");
}

static void
finds_neighbours(void)
{
	struct entry all[] = {
	    entry("/news/b.gmi", "/news/", 2016, false),
	    entry("/2016/", "/", 2016, true),
	    entry("/2008/", "/", 2008, true),
	    entry("/news/a.gmi", "/news/", 2012, false),
	    entry("/about.gmi", "/", 0, false),
	    entry("/blog/a.gmi", "/blog/", 2014, false),
	    entry("/2012/", "/", 2012, true),
	};
	static const struct {
		const char *newer, *older;
	} want[] = {{"none", "/news/a.gmi"}, {"none", "/2012/"},
	    {"/2012/", "none"}, {"/news/b.gmi", "none"}, {"none", "none"},
	    {"none", "none"}, {"/2016/", "/2008/"}};
	struct entry *list[7];
	struct arena a;
	struct catalog c = {.arena = &a, .entries = list, .count = 7};
	struct err e = ERR_INIT;

	arena_init(&a);
	for (size_t i = 0; i < 7; i++)
		list[i] = &all[i];
	T_EQ_INT(catalog_finish(&c, &e), 0, "finishes");
	for (size_t i = 0; i < 7; i++) {
		T_EQ_STR(path_of(all[i].newer), str_of(want[i].newer),
		    "newer than %.*s", STR_ARG(all[i].path));
		T_EQ_STR(path_of(all[i].older), str_of(want[i].older),
		    "older than %.*s", STR_ARG(all[i].path));
		T_OK(i == 0 || str_cmp(list[i - 1]->path, list[i]->path) < 0,
		    "entries are in the order of their paths");
	}
	T_OK(entry_newer_first(&(const struct entry *){&all[0]},
		 &(const struct entry *){&all[3]}) < 0,
	    "the newer comes first");
	T_OK(entry_newer_first(&(const struct entry *){&all[4]},
		 &(const struct entry *){&all[3]}) > 0,
	    "what has no date comes last");
	arena_release(&a);
}

int
main(void)
{
	T_RUN(finds_title_and_lead);
	T_RUN(makes_front_matters_targets_absolute);
	T_RUN(finds_neighbours);
	return t_done();
}
