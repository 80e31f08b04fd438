#include "content/site.h"
#include "tests/t.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 2026-11-20T00:00:00Z */
#define NOW 1795132800

static const struct site_options defaults = {
    .title = {"dtrace.conf", 11},
    .host = {"example.org", 11},
    .lang = {"en", 2},
    .gemini_port = 1965,
    .gopher_port = 70,
    .has_forms = true,
    .has_search = true,
    .file_max = 1 << 20,
    .now = NOW,
};

/* A page below a folder of the tmpdir. */
static void
page(const char *folder, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	t_file(path, str_of(text));
}

struct loaded {
	struct site *site; /* NULL: it did not build */
	struct err err;
	struct buf faults; /* a line each, the folder said as "pages" */
};

static void
load_with(struct loaded *l, const char *folder, struct site_options options)
{
	struct faults faults;
	char path[512];
	struct buf line;

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), folder);
	options.pages = str_of(path);
	l->err = (struct err)ERR_INIT;
	faults_init(&faults);
	site_load(&l->site, &options, &faults, &l->err);
	buf_init(&l->faults, 1 << 20);
	buf_init(&line, 1 << 20);
	for (size_t i = 0; i < faults.count; i++) {
		struct str s;
		ptrdiff_t at;

		buf_clear(&line);
		fault_print(&line, &faults.list[i]);
		s = buf_slice(&line);
		while ((at = str_find(s, str_of(path))) >= 0) {
			buf_str(&l->faults, str_sub(s, 0, (size_t)at));
			buf_puts(&l->faults, "pages");
			s = str_sub(s, (size_t)at + strlen(path), s.n);
		}
		buf_str(&l->faults, s);
		buf_putc(&l->faults, '\n');
	}
	buf_release(&line);
	faults_release(&faults);
}

static void
load(struct loaded *l, const char *folder)
{
	load_with(l, folder, defaults);
}

static void
release(struct loaded *l)
{
	site_free(l->site);
	buf_release(&l->faults);
}

/* Is there a fault that says all of this? Ends with a NULL. */
static bool
has_fault(const struct loaded *l, const char *file, const char *what)
{
	struct str rest = buf_slice(&l->faults), line;

	while (str_next_line(&rest, &line))
		if (str_starts(line, str_of(file)) &&
		    str_find(line, str_of(what)) >= 0)
			return true;
	printf("# no fault \"%s\" of %s in:\n", what, file);
	rest = buf_slice(&l->faults);
	while (str_next_line(&rest, &line))
		printf("#   %.*s\n", STR_ARG(line));
	return false;
}

static int
count_of(const struct loaded *l, const char *what)
{
	struct str rest = buf_slice(&l->faults);
	int n = 0;

	for (ptrdiff_t at; (at = str_find(rest, str_of(what))) >= 0; n++)
		rest = str_sub(rest, (size_t)at + 1, rest.n);
	return n;
}

/* An answer on one line. */
static void
print_answer(struct buf *to, const struct answer *a)
{
	switch (a->kind) {
	case ANSWER_NONE:
		buf_puts(to, "none");
		break;
	case ANSWER_BYTES:
		buf_printf(to, "bytes %c %.*s", a->type, STR_ARG(a->mime));
		break;
	case ANSWER_FILE:
		buf_printf(to, "file %c %.*s %s %d", a->type, STR_ARG(a->mime),
		    a->file.p, (int)a->size);
		break;
	case ANSWER_REDIRECT:
		buf_printf(to, "%s %.*s", a->is_permanent ? "31" : "30",
		    STR_ARG(a->target));
		break;
	case ANSWER_SEARCH:
		buf_puts(to, "search");
		break;
	case ANSWER_FORM:
		buf_printf(to, "form %c", a->type);
		break;
	}
}

static struct str
bytes_at(const struct site *site, enum protocol protocol, const char *path)
{
	struct answer a;

	if (site == NULL || !site_lookup(site, protocol, str_of(path), &a) ||
	    a.kind != ANSWER_BYTES)
		return (struct str){NULL, 0};
	return a.bytes;
}

static bool
says(const struct loaded *l, enum protocol protocol, const char *path,
    const char *what)
{
	struct str got = bytes_at(l->site, protocol, path);

	if (str_find(got, str_of(what)) >= 0)
		return true;
	printf("# no \"%s\" at %s:\n", what, path);
	for (struct str rest = got, line; str_next_line(&rest, &line);)
		printf("#   %.*s\n", STR_ARG(line));
	return false;
}

#define GMI "text/gemini; charset=utf-8; lang="

static const struct {
	enum protocol protocol;
	const char *path, *want;
} lookups[] = {
    {PROTOCOL_GEMINI, "/", "bytes 1 " GMI "en"},
    {PROTOCOL_GEMINI, "/index.gmi", "bytes 1 " GMI "en"},
    {PROTOCOL_GEMINI, "/index.md", "31 /"},
    {PROTOCOL_GEMINI, "/2012/", "bytes 1 " GMI "en"},
    {PROTOCOL_GEMINI, "/2012/index.gmi", "bytes 1 " GMI "en"},
    {PROTOCOL_GEMINI, "/2012", "31 /2012/"},
    {PROTOCOL_GEMINI, "/2012/README.md", "31 /2012/"},
    {PROTOCOL_GEMINI, "/2012/talk.gmi", "bytes 0 " GMI "de"},
    {PROTOCOL_GEMINI, "/2012/talk", "31 /2012/talk.gmi"},
    {PROTOCOL_GEMINI, "/2012/talk.md", "31 /2012/talk.gmi"},
    {PROTOCOL_GEMINI, "/2012/talk.txt", "none"},
    {PROTOCOL_GEMINI, "/2012/shirt.jpg", "file I image/jpeg 2012/shirt.jpg 3"},
    {PROTOCOL_GEMINI, "/2012/raw.gmi", "file 0 " GMI "en 2012/raw.gmi 6"},
    {PROTOCOL_GEMINI, "/ready/", "file 0 " GMI "en ready/index.gmi 8"},
    {PROTOCOL_GEMINI, "/ready", "31 /ready/"},
    {PROTOCOL_GEMINI, "/moved", "bytes 0 " GMI "en"},
    {PROTOCOL_GEMINI, "/2012/old.gmi", "31 /moved"},
    {PROTOCOL_GEMINI, "/2012/old", "31 /moved"},
    {PROTOCOL_GEMINI, "/older/still.html", "31 /moved"},
    {PROTOCOL_GEMINI, "/my talk.gmi", "bytes 0 " GMI "en"},
    {PROTOCOL_GEMINI, "/my talk", "31 /my%20talk.gmi"},
    {PROTOCOL_GEMINI, "/search", "search"},
    {PROTOCOL_GEMINI, "/subscribe", "form 7"},
    {PROTOCOL_GEMINI, "/c/0123", "form 1"},
    {PROTOCOL_GEMINI, "/nothing", "none"},
    {PROTOCOL_GEMINI, "", "none"},
    {PROTOCOL_GEMINI, "/.hidden", "none"},
    {PROTOCOL_GEMINI, "/../secret", "none"},
    {PROTOCOL_GOPHER, "", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/index.txt", "bytes 0 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012/", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012/index.txt", "bytes 0 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012/talk", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "2012/talk", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012/talk.txt", "bytes 0 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012/old", "bytes 1 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/moved.txt", "bytes 0 text/plain; charset=utf-8"},
    {PROTOCOL_GOPHER, "/2012/shirt.jpg", "file I image/jpeg 2012/shirt.jpg 3"},
    {PROTOCOL_GOPHER, "/ready", "file 0 " GMI "en ready/index.gmi 8"},
    {PROTOCOL_GOPHER, "/search", "search"},
    {PROTOCOL_GOPHER, "/leave", "form 7"},
    {PROTOCOL_GOPHER, "/nothing", "none"},
};

static void
answers_at_every_address(void)
{
	struct loaded l;
	struct buf got;

	page("a", "index.md", "# Front\n\n[2012](2012/) [moved](/moved)\n");
	page("a", "2012/README.md", "# The second\n\n[talk](talk.md)\n");
	page("a", "2012/talk.md",
	    "---\ntitle: Ein Vortrag\nlang: de\n---\nText.\n");
	page("a", "2012/old.md",
	    "---\ntitle: Moved\npermalink: /moved\n"
	    "aliases: [/older/still.html]\n---\nText.\n");
	page("a", "2012/shirt.jpg", "jpg");
	page("a", "2012/raw.gmi", "# Raw\n");
	page("a", "ready/index.gmi", "# Ready\n");
	page("a", "my talk.md", "Words.\n");
	page("a", ".hidden", "no");
	load(&l, "a");
	T_OK(l.site != NULL, "the site builds: %s", l.err.msg);
	buf_init(&got, 4096);
	for (size_t i = 0;
	     l.site != NULL && i < sizeof lookups / sizeof lookups[0]; i++) {
		struct str path = t_guard(str_of(lookups[i].path));
		struct answer answer;
		bool found =
		    site_lookup(l.site, lookups[i].protocol, path, &answer);

		buf_clear(&got);
		print_answer(&got, &answer);
		T_EQ_STR(buf_slice(&got), str_of(lookups[i].want), "%s \"%s\"",
		    lookups[i].protocol == PROTOCOL_GEMINI ? "Gemini"
							   : "Gopher",
		    lookups[i].path);
		T_OK(found == (answer.kind != ANSWER_NONE),
		    "and says whether something is there");
		t_guard_free(path);
	}
	buf_release(&got);
	release(&l);
}

static void
names_pages(void)
{
	struct loaded l;

	page("names", "index.md", "Just words.\n");
	page("names", "one.md", "---\ntitle: Front matter\n---\n# Heading\n");
	page("names", "two.md", "Words.\n\n# Heading\n");
	page("names", "three.md", "Words.\n");
	page("names", "four/index.md", "Words.\n");
	load(&l, "names");
	T_OK(says(&l, PROTOCOL_GEMINI, "/one.gmi", "# Front matter\n"),
	    "front matter's title comes first");
	T_OK(says(&l, PROTOCOL_GEMINI, "/two.gmi", "# Heading\n"),
	    "then the first heading");
	T_OK(says(&l, PROTOCOL_GEMINI, "/three.gmi", "# three\n"),
	    "then the file's name");
	T_OK(says(&l, PROTOCOL_GEMINI, "/four/", "# four\n"),
	    "the folder's for its page");
	T_OK(says(&l, PROTOCOL_GEMINI, "/", "# dtrace.conf\n"),
	    "the site's for the front page");
	release(&l);
}

/* Each is written in 2012/talk.md; want is how gemtext shows it, or NULL. */
static const struct {
	const char *target, *want, *fault;
} links[] = {
    {"other.md", "=> /2012/other.gmi label", NULL},
    {"other.gmi", "=> /2012/other.gmi label", NULL},
    {"other", "=> /2012/other.gmi label", NULL},
    {"./other.md#part", "=> /2012/other.gmi label", NULL},
    {"/2012/other.gmi", "=> /2012/other.gmi label", NULL},
    {"/2012/other.md", "=> /2012/other.gmi label", NULL},
    {"../2016/index.md#talks", "=> /2016/ label", NULL},
    {"../2016/", "=> /2016/ label", NULL},
    {"../2016", "=> /2016/ label", NULL},
    {"/2016/", "=> /2016/ label", NULL},
    {"..", "=> / label", NULL},
    {"../index.md", "=> / label", NULL},
    {"moved.md", "=> /elsewhere/ label", NULL},
    {"/old/place", "=> /elsewhere/ label", NULL},
    {"images/x%20y.jpg", "=> /2012/images/x%20y.jpg label", NULL},
    {"<images/x y.jpg>", "=> /2012/images/x%20y.jpg label", NULL},
    {"/search", "=> /search label", NULL},
    {"/search?probe", "=> /search?probe label", NULL},
    {"/subscribe", "=> /subscribe label", NULL},
    {"gemini://example.org/2016/", "=> /2016/ label", NULL},
    {"gemini://EXAMPLE.org:1965/2016", "=> /2016/ label", NULL},
    {"gemini://example.org", "=> / label", NULL},
    {"gemini://example.org:1966/2016",
	"=> gemini://example.org:1966/2016 label", NULL},
    {"gemini://example.net/2016", "=> gemini://example.net/2016 label", NULL},
    {"https://example.org/2016", "=> https://example.org/2016 label", NULL},
    {"othr.md", NULL, "is /2012/other.gmi meant?"},
    {"/2016/other.md", NULL, "is /2012/other.gmi meant?"},
    {"OTHER.md", NULL, "is /2012/other.gmi meant?"},
    {"xyzzyplugh.md", NULL, "leads nowhere; name a page"},
    {"gemini://example.org/xyzzyplugh", NULL, "leads nowhere"},
    {"draft.md", NULL, "leads to a page that is a draft"},
    {"future.md", NULL, "leads to a page that is dated in the future"},
    {"../../../../etc/passwd", NULL, "leads nowhere"},
};

static void
resolves_links(void)
{
	page("links", "index.md", "# Front\n\n[t](2012/talk.md)\n");
	page("links", "2016/index.md", "# 2016\n");
	page("links", "2012/other.md", "# Other\n");
	page("links", "2012/moved.md",
	    "---\npermalink: /elsewhere/\naliases: /old/place\n---\n# M\n");
	page("links", "2012/draft.md", "---\ndraft: true\n---\n# D\n");
	page("links", "2012/future.md", "---\ndate: 2030-01-01\n---\n# F\n");
	page("links", "2012/images/x y.jpg", "");
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		struct loaded l;
		char text[512];

		snprintf(text, sizeof text,
		    "---\ntitle: Talk\n---\nWords.\n\n[label](%s)\n",
		    links[i].target);
		page("links", "2012/talk.md", text);
		load(&l, "links");
		T_OK(l.site != NULL, "%s: builds %s", links[i].target,
		    l.err.msg);
		T_OK(says(&l, PROTOCOL_GEMINI, "/2012/talk.gmi",
			 links[i].want != NULL ? links[i].want : "\nlabel\n"),
		    "%s", links[i].target);
		if (links[i].fault != NULL)
			T_OK(has_fault(&l, "pages/2012/talk.md:6: warning:",
				 links[i].fault),
			    "%s: %s", links[i].target, links[i].fault);
		else
			T_OK(
			    str_find(buf_slice(&l.faults), STR("the link")) < 0,
			    "%s is no fault", links[i].target);
		release(&l);
	}
}

/* Beside its file comes first, beside its address second. */
static void
resolves_from_both_places(void)
{
	struct loaded l;

	page("both", "index.md", "# Front\n");
	page("both", "a/page.md",
	    "---\npermalink: /b/page\n---\n# P\n\n[one](x.jpg)\n\n"
	    "[two](y.jpg)\n\n[me](?q)\n");
	page("both", "a/x.jpg", "");
	page("both", "b/x.jpg", "");
	page("both", "b/y.jpg", "");
	load(&l, "both");
	T_OK(says(&l, PROTOCOL_GEMINI, "/b/page", "=> /a/x.jpg one"),
	    "beside its file");
	T_OK(says(&l, PROTOCOL_GEMINI, "/b/page", "=> /b/y.jpg two"),
	    "beside its address");
	T_OK(says(&l, PROTOCOL_GEMINI, "/b/page", "=> /b/page me"),
	    "a query alone asks the page itself");
	release(&l);
}

static void
leads_gopher_to_the_right_kind(void)
{
	struct loaded l;

	page("types", "index.md",
	    "# Front\n\n[a](plain.md)\n\n[b](linked.md)\n\n[c](x.jpg)\n\n"
	    "[d](x.gif)\n\n[e](x.pdf)\n\n[f](/search)\n\n[g](/subscribe)\n"
	    "\n[h](/me)\n");
	page("types", "plain.md", "# Plain\n\nOnly words.\n");
	page("types", "linked.md", "# Linked\n\n[front](/)\n");
	page("types", "x.jpg", "");
	page("types", "x.gif", "");
	page("types", "x.pdf", "");
	load(&l, "types");
	T_OK(says(&l, PROTOCOL_GOPHER, "",
		 "0a\t/plain.txt\texample.org\t70\r\n"),
	    "a page without links is a text");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "1b\t/linked\texample.org\t70\r\n"),
	    "one with links is a menu");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "Ic\t/x.jpg\t"), "an image");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "gd\t/x.gif\t"), "a GIF");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "9e\t/x.pdf\t"), "a binary");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "7f\t/search\t"), "the search");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "7g\t/subscribe\t"), "a form");
	T_OK(says(&l, PROTOCOL_GOPHER, "",
		 "hh (Gemini)\tURL:gemini://example.org/me\t"),
	    "one that takes a certificate is reached by Gemini");
	release(&l);
}

static void
refuses_two_at_one_address(void)
{
	static const struct {
		const char *why, *name[2], *text[2], *file, *what;
	} clashes[] = {
	    {"a permalink twice", {"a.md", "b.md"},
		{"---\npermalink: /x\n---\n", "---\npermalink: /x\n---\n"},
		"pages/b.md:2: ", "pages/a.md:2"},
	    {"a permalink on a page", {"a.md", "b.md"},
		{"A\n", "---\ntitle: B\npermalink: /a.gmi\n---\n"},
		"pages/b.md:3: ", "pages/a.md"},
	    {"a permalink on a file", {"a.png", "b.md"},
		{"", "---\npermalink: /a.png\n---\n"},
		"pages/a.png: ", "pages/b.md:2"},
	    {"an alias on a page", {"a.md", "b.md"},
		{"A\n", "---\naliases:\n- /free\n- /a.gmi\n---\n"},
		"pages/b.md:4: ", "pages/a.md"},
	    {"an alias twice", {"a.md", "b.md"},
		{"---\naliases: /x\n---\n", "---\naliases: /x\n---\n"},
		"pages/b.md:2: ", "pages/a.md"},
	    {"case alone", {"About.md", "about.md"}, {"A\n", "a\n"},
		"pages/about.md: ", "pages/About.md"},
	    {"ready-made and written", {"a.gmi", "a.md"}, {"# A\n", "# A\n"},
		"pages/a.gmi: ", "pages/a.md"},
	    {"a permalink that nobody can ask for", {"a.md", "b.md"},
		{"A\n", "---\npermalink: /%ff\n---\n"},
		"pages/b.md:2: ", "permalink"},
	};

	for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
		struct loaded l;
		char folder[32];

		snprintf(folder, sizeof folder, "clash%zu", i);
		page(folder, "index.md", "# Front\n");
		for (int k = 0; k < 2; k++)
			page(folder, clashes[i].name[k], clashes[i].text[k]);
		load(&l, folder);
		T_OK(l.site == NULL && l.err.kind == ERR_INPUT,
		    "%s: is not published", clashes[i].why);
		T_OK(has_fault(&l, clashes[i].file, clashes[i].what),
		    "%s: names both", clashes[i].why);
		release(&l);
	}
}

static void
lets_short_names_yield(void)
{
	struct loaded l;
	struct answer a;

	page("yield", "index.md", "# Front\n\n[t](talk.md) [f](talk/) \n");
	page("yield", "talk.md", "# A page\n");
	page("yield", "talk/index.md", "# A folder\n\n[front](/)\n");
	page("yield", "talk.txt", "A file\n");
	page("yield", "README.md", "# About the repository\n");
	load(&l, "yield");
	T_OK(l.site != NULL, "a page and a folder of one name: %s", l.err.msg);
	T_OK(says(&l, PROTOCOL_GOPHER, "/talk", "A page"),
	    "the page has the short selector");
	T_OK(says(&l, PROTOCOL_GOPHER, "/talk/", "A folder"),
	    "the folder the longer one");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "\t/talk/\t"), "and links say so");
	T_OK(site_lookup(l.site, PROTOCOL_GOPHER, STR("/talk.txt"), &a) &&
		a.kind == ANSWER_FILE,
	    "a file stays where it is");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "1t\t/talk\t"),
	    "so the page is a menu");
	T_OK(has_fault(&l, "pages/README.md: warning:", "index.md"),
	    "a second page of a folder is left out");
	release(&l);
}

/* Pages of one's own win over generated ones, by any of their names. */
static void
yields_to_what_somebody_wrote(void)
{
	static const char event[] =
	    "---\nevent: {start: 2012-04-03, place: Here}\n---\n# Event\n";
	struct site_figures before, after;
	struct loaded l;
	struct answer a;

	page("gen", "index.md", "# Front\n");
	page("gen", "2012/index.md", event);
	page("gen", "slides/a.pdf", "");
	load(&l, "gen");
	T_OK(says(&l, PROTOCOL_GEMINI, "/history", "/2012/"),
	    "a history is generated");
	T_OK(says(&l, PROTOCOL_GEMINI, "/slides/", "/slides/a.pdf"),
	    "and a listing of a folder");
	T_OK(site_lookup(l.site, PROTOCOL_GEMINI, STR("/slides"), &a) &&
		a.kind == ANSWER_REDIRECT && str_is(a.target, "/slides/"),
	    "which is found without its slash");
	site_figures(l.site, &before);
	release(&l);
	page("gen", "history.md", "# Mine\n");
	load(&l, "gen");
	site_figures(l.site, &after);
	T_EQ_INT(after.pages, before.pages, "one page takes another's place");
	T_OK(site_lookup(l.site, PROTOCOL_GEMINI, STR("/history"), &a) &&
		a.kind == ANSWER_REDIRECT && str_is(a.target, "/history.gmi"),
	    "until somebody writes one");
	T_OK(
	    says(&l, PROTOCOL_GOPHER, "/history", "Mine"), "in Gopher as well");
	release(&l);
}

static void
keeps_to_what_requests_hold(void)
{
	static const char front[] =
	    "# Front\n\n[a](short/%s)\n\n[b](long/%s)\n";
	char leaf[240], folder[240], name[600], text[1200];
	struct loaded l;

	memset(leaf, 'x', sizeof leaf - 1);
	strcpy(leaf + sizeof leaf - 4, ".md");
	memset(folder, 'y', sizeof folder - 1);
	folder[sizeof folder - 1] = '\0';
	snprintf(text, sizeof text, "long/short/%s", leaf);
	t_file(text, STR("# Short\n\n[front](/)\n"));
	snprintf(name, sizeof name, "%s/%s", folder, leaf);
	snprintf(text, sizeof text, "long/long/%s", name);
	t_file(text, STR("# Long\n\n[front](/)\n"));
	snprintf(text, sizeof text, front, leaf, name);
	page("long", "index.md", text);
	load(&l, "long");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "1a\t/short/xxx"),
	    "a selector that Gopher has room for");
	T_OK(says(&l, PROTOCOL_GOPHER, "", "URL:gemini://example.org/long/yyy"),
	    "one that it has not is reached by Gemini");
	release(&l);
}

static void
withholds_drafts_and_the_future(void)
{
	struct site_options options = defaults;
	struct loaded l;
	struct answer a;

	page("wait", "index.md", "# Front\n");
	page("wait", "draft.md", "---\ndraft: true\npermalink: /d\n---\n");
	page("wait", "later.md", "---\ndate: 2027-01-01\n---\n# Later\n");
	page("wait", "sooner.md",
	    "---\ndate: 2026-12-01T09:00Z\n---\n# Sooner\n");
	page("wait", "past.md", "---\ndate: 2012-04-03\n---\n# Past\n");
	load(&l, "wait");
	T_OK(l.site != NULL, "builds: %s", l.err.msg);
	T_OK(!site_lookup(l.site, PROTOCOL_GEMINI, STR("/draft.gmi"), &a) &&
		!site_lookup(l.site, PROTOCOL_GEMINI, STR("/d"), &a),
	    "a draft is nowhere");
	T_OK(!site_lookup(l.site, PROTOCOL_GEMINI, STR("/later.gmi"), &a),
	    "a page waits for its date");
	T_OK(says(&l, PROTOCOL_GEMINI, "/past.gmi", "# Past"),
	    "and is there when it came");
	T_EQ_INT(site_next_change(l.site), 1796115600,
	    "the next one's date is when the site changes");
	release(&l);
	options.now = 1796115600;
	load_with(&l, "wait", options);
	T_OK(says(&l, PROTOCOL_GEMINI, "/sooner.gmi", "# Sooner"),
	    "at that instant it appears");
	release(&l);
}

static void
reports_what_is_doubtful(void)
{
	struct site_options options = defaults;
	struct loaded l;

	page("doubt", "index.md",
	    "# Front\n\n![](x.jpg)\n\n[a](a.md) [b](b.md) [c](c.md)"
	    " [d](d.md)\n");
	page("doubt", "x.jpg", "");
	page("doubt", "a.md",
	    "---\ndate: 2012-04-03\nupdated: 2012-04-02\n"
	    "event: {start: 9999-12-31}\n---\n# A\n");
	page("doubt", "b.md",
	    "---\nevent: {start: 2012-04-03}\ntalks:\n"
	    "  - title: Seen\n    video: https://example.net/v\n"
	    "  - title: Unseen\n"
	    "  - title: Lost\n    slides: nowhere.pdf\n---\n# B\n");
	page("doubt", "c.md", "# Caf\xe9\n");
	page("doubt", "d.md", "---\ntitle: [\n---\n# D\n");
	page("doubt", "lonely.md", "# Only itself\n\n[me](lonely.md)\n");
	page("doubt", "form.md", "---\npermalink: /leave\n---\n# Form\n");
	load(&l, "doubt");
	T_OK(l.site == NULL, "front matter that does not parse ends it");
	T_OK(has_fault(&l, "pages/d.md:", ""), "and is named");
	T_OK(has_fault(&l, "pages/index.md:3: warning:", "alternative text"),
	    "an image without a text");
	T_OK(has_fault(&l, "pages/a.md:3: warning:", "\"updated\" is before"),
	    "dates that disagree");
	T_OK(has_fault(&l, "pages/a.md: warning:", "no calendar"),
	    "an event at the end of time");
	T_OK(has_fault(&l, "pages/form.md:2: warning:", "form"),
	    "a page in the place of a form");
	T_OK(has_fault(&l, "pages/b.md:6: warning:", "\"Unseen\" has neither"),
	    "a talk without a link");
	T_OK(str_find(buf_slice(&l.faults), STR("\"Seen\"")) < 0,
	    "but not one with");
	T_EQ_INT(count_of(&l, "nowhere.pdf"), 1, "which are named once");
	T_OK(has_fault(&l, "pages/b.md:7: warning:", "leads nowhere"),
	    "slides that are not there");
	T_OK(has_fault(&l, "pages/c.md: warning:", "Windows-1252"),
	    "a file that is not UTF-8");
	T_OK(has_fault(&l, "pages/lonely.md: warning:", "no other page"),
	    "a page that nobody links to");
	T_OK(str_find(buf_slice(&l.faults), STR("to \"d.md\"")) < 0,
	    "a link to a page with a fault is not another one");
	release(&l);
	options.file_max = 20;
	load_with(&l, "doubt", options);
	T_OK(has_fault(&l, "pages/index.md: ", "larger than"),
	    "a file that is too large");
	release(&l);
}

static void
survives_no_folder(void)
{
	struct loaded l;

	load(&l, "absent");
	T_OK(l.site == NULL, "a folder that is not there");
	T_OK(str_find(str_of(l.err.msg), STR("absent")) >= 0, "is named: %s",
	    l.err.msg);
	release(&l);
	unlink(t_file("void/x", STR("")));
	load(&l, "void");
	T_OK(l.site != NULL, "an empty folder is a site: %s", l.err.msg);
	release(&l);
}

/* Everything is in the order of its address, and is what a lookup gives. */
struct walk {
	const struct site *site;
	enum protocol protocol;
	struct buf last;
	int count, wrong;
};

static int
visit(void *ctx, struct str path, const struct answer *answer)
{
	struct walk *w = ctx;
	struct answer again;

	if (w->count++ > 0 && str_cmp(buf_slice(&w->last), path) >= 0)
		w->wrong++;
	buf_clear(&w->last);
	buf_str(&w->last, path);
	if (!site_lookup(w->site, w->protocol, path, &again) ||
	    again.kind != answer->kind || again.bytes.p != answer->bytes.p)
		w->wrong++;
	return 0;
}

static int
stop(void *ctx, struct str path, const struct answer *answer)
{
	(void)path, (void)answer;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void
walks_every_address(void)
{
	struct loaded l;
	int count = 0;

	load(&l, "a");
	for (int p = PROTOCOL_GEMINI; p <= PROTOCOL_GOPHER; p++) {
		struct walk w = {l.site, (enum protocol)p, {0}, 0, 0};

		buf_init(&w.last, 4096);
		T_EQ_INT(site_each(l.site, w.protocol, visit, &w), 0,
		    "the walk ends");
		T_OK(w.count > 20, "all are visited");
		T_EQ_INT(w.wrong, 0, "in order, and as they are looked up");
		buf_release(&w.last);
	}
	T_EQ_INT(site_each(l.site, PROTOCOL_GEMINI, stop, &count), 7,
	    "a visitor that has enough ends it");
	T_EQ_INT(count, 2, "at once");
	release(&l);
}

static void
suggests_what_is_near(void)
{
	static const struct {
		enum protocol protocol;
		const char *path, *want;
	} wants[] = {
	    {PROTOCOL_GEMINI, "/2012/TALK.gmi", "/2012/talk.gmi"},
	    {PROTOCOL_GEMINI, "/2012/SHIRT.JPG", "/2012/shirt.jpg"},
	    {PROTOCOL_GEMINI, "/near/two/tlak.gmi", "/near/two/talk.gmi"},
	    {PROTOCOL_GEMINI, "/near/one/tlak.gmi", "/near/one/talk.gmi"},
	    {PROTOCOL_GEMINI, "/near/two/tal", "/near/two/talk.gmi"},
	    {PROTOCOL_GEMINI, "/2012/tlak.gmi", "/2012/talk.gmi"},
	    {PROTOCOL_GEMINI, "/2012/xalk.gmi", "/2012/talk.gmi"},
	    {PROTOCOL_GEMINI, "/2013/talk.gmi", "/2012/talk.gmi"},
	    {PROTOCOL_GEMINI, "/talk.html", "/2012/talk.gmi"},
	    {PROTOCOL_GEMINI, "/mytalk", "/my%20talk.gmi"},
	    {PROTOCOL_GOPHER, "/2012/TALK", "/2012/talk"},
	    {PROTOCOL_GOPHER, "/2012/tlak.txt", "/2012/talk"},
	    {PROTOCOL_GEMINI, "/xyzzyplugh", ""},
	    {PROTOCOL_GEMINI, "/", ""},
	    {PROTOCOL_GEMINI, "", ""},
	    {PROTOCOL_GEMINI, "////", ""},
	};
	struct loaded l;
	struct buf got;

	page("a", "near/one/talk.md", "# One\n");
	page("a", "near/two/talk.md", "# Two\n");
	page("a", "near/two/tala.jpg", "");
	load(&l, "a");
	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
		struct str path = t_guard(str_of(wants[i].path));

		buf_clear(&got);
		site_suggest(l.site, wants[i].protocol, path, &got);
		T_EQ_STR(buf_slice(&got), str_of(wants[i].want), "%s",
		    wants[i].path);
		t_guard_free(path);
	}
	buf_release(&got);
	release(&l);
}

static void
renders_while_serving(void)
{
	struct err e = ERR_INIT;
	struct loaded l;
	struct buf got;

	load(&l, "a");
	buf_init(&got, 4096);
	T_EQ_INT(site_render(&got, l.site, PROTOCOL_GEMINI, STR("Hits"),
		     STR("[one](/2012/talk.gmi)\n\n[two](/gone)\n"), &e),
	    0, "renders %s", e.msg);
	T_EQ_STR(buf_slice(&got),
	    STR("# Hits\n\n=> /2012/talk.gmi one\n\ntwo\n"),
	    "links lead where they do on a page");
	buf_clear(&got);
	T_EQ_INT(site_render(&got, l.site, PROTOCOL_GOPHER, STR("Hits"),
		     STR("[one](/2012/talk.gmi)\n"), &e),
	    0, "renders %s", e.msg);
	T_OK(str_find(buf_slice(&got), STR("0one\t/2012/talk.txt\t")) >= 0,
	    "in Gopher too: %s", got.data);
	buf_release(&got);
	release(&l);
}

static void
gives_the_same_twice(void)
{
	struct loaded one, two;
	struct site_figures figures;

	load(&one, "a");
	load(&two, "a");
	T_EQ_STR(bytes_at(one.site, PROTOCOL_GEMINI, "/"),
	    bytes_at(two.site, PROTOCOL_GEMINI, "/"), "the front page");
	T_EQ_STR(buf_slice(&one.faults), buf_slice(&two.faults), "the faults");
	T_OK(site_index(one.site).n > 0, "there is something to search");
	site_figures(one.site, &figures);
	T_OK(figures.pages >= 5 && figures.files == 4 && figures.bytes > 1000,
	    "figures are of this site");
	release(&one);
	release(&two);
}

static int
put_answer(void *ctx, struct str path, const struct answer *answer)
{
	struct buf *to = ctx;

	buf_str(to, path);
	buf_putc(to, '\n');
	buf_str(to, answer->bytes);
	return 0;
}

/* All that a site answers. */
static void
put_all(struct buf *to, const struct site *site)
{
	buf_init(to, (size_t)1 << 30);
	if (site == NULL)
		return;
	site_each(site, PROTOCOL_GEMINI, put_answer, to);
	site_each(site, PROTOCOL_GOPHER, put_answer, to);
	buf_str(to, site_index(site));
}

/* Enough pages for several threads, and then all on one processor. */
static void
gives_the_same_by_any_number(void)
{
	struct loaded many, one;
	struct buf by_many, by_one;
	cpu_set_t all, first;
	char name[32], text[256];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "p%d.md", i);
		snprintf(text, sizeof text,
		    "# Page %d\n\nWords of %d, [next](p%d.md),"
		    " [nowhere](x%d.md).\n\n%s\n",
		    i, i, (i + 1) % 290, i, i % 7 == 0 ? "![](p1.md)" : "");
		page("many", name, text);
	}
	page("many", "index.md", "# Many\n\n[the first](p0.md)\n");
	load(&many, "many");
	CPU_ZERO(&first);
	T_OK(sched_getaffinity(0, sizeof all, &all) == 0, "processors");
	for (int i = 0; CPU_COUNT(&first) == 0 && i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &first);
	T_OK(sched_setaffinity(0, sizeof first, &first) == 0, "only one");
	load(&one, "many");
	sched_setaffinity(0, sizeof all, &all);
	put_all(&by_many, many.site);
	put_all(&by_one, one.site);
	T_OK(by_one.len > 100000 &&
		str_eq(buf_slice(&by_many), buf_slice(&by_one)),
	    "pages, menus, texts and index");
	T_OK(str_eq(buf_slice(&many.faults), buf_slice(&one.faults)), "faults");
	T_OK(has_fault(&many, "pages/p299.md:3: warning:", "x299.md"),
	    "also those of the last page");
	T_OK(has_fault(&many, "pages/p295.md: warning:", "no other page"),
	    "a page nobody leads to");
	T_OK(!has_fault(&many, "pages/p2.md: warning:", "no other page"),
	    "but not one that is");
	buf_release(&by_many);
	buf_release(&by_one);
	release(&many);
	release(&one);
}

int
main(void)
{
	T_RUN(answers_at_every_address);
	T_RUN(names_pages);
	T_RUN(resolves_links);
	T_RUN(resolves_from_both_places);
	T_RUN(leads_gopher_to_the_right_kind);
	T_RUN(refuses_two_at_one_address);
	T_RUN(lets_short_names_yield);
	T_RUN(yields_to_what_somebody_wrote);
	T_RUN(keeps_to_what_requests_hold);
	T_RUN(withholds_drafts_and_the_future);
	T_RUN(reports_what_is_doubtful);
	T_RUN(survives_no_folder);
	T_RUN(walks_every_address);
	T_RUN(suggests_what_is_near);
	T_RUN(renders_while_serving);
	T_RUN(gives_the_same_twice);
	T_RUN(gives_the_same_by_any_number);
	return t_done();
}
