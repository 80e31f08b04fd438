#include "content/address.h"
#include "tests/t.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* All that an address holds, on one line: own path, selector, text, folder,
 * then the other names, "=" the page itself, ">" a redirect, "t" the text. */
static void
print_address(struct buf *to, const struct page_address *a)
{
	static const char views[] = {'=', 't', '>'};

	buf_printf(to, "%.*s %.*s %.*s %.*s%s |", STR_ARG(a->path),
	    STR_ARG(a->selector), STR_ARG(a->text), STR_ARG(a->folder),
	    a->is_index ? " index" : "");
	for (size_t i = 0; i < a->gemini_count; i++)
		buf_printf(to, " %c%.*s", views[a->gemini[i].view],
		    STR_ARG(a->gemini[i].key));
	buf_puts(to, " |");
	for (size_t i = 0; i < a->gopher_count; i++)
		buf_printf(to, " %c%.*s", views[a->gopher[i].view],
		    STR_ARG(a->gopher[i].key));
}

static const struct {
	const char *why, *file, *permalink, *want;
} files[] = {
    {"a page", "2012/talk.md", "",
	"/2012/talk.gmi /2012/talk /2012/talk.txt /2012/ |"
	" >/2012/talk >/2012/talk.md | =/2012/talk t/2012/talk.txt"},
    {"the other ending", "a.markdown", "",
	"/a.gmi /a /a.txt / | >/a >/a.markdown | =/a t/a.txt"},
    {"a folder's page", "2012/index.md", "",
	"/2012/ /2012 /2012/index.txt / index |"
	" =/2012/index.gmi >/2012 >/2012/index.md |"
	" =/2012 t/2012/index.txt"},
    {"as on a code forge", "a/b/README.md", "",
	"/a/b/ /a/b /a/b/index.txt /a/ index |"
	" =/a/b/index.gmi >/a/b >/a/b/README.md | =/a/b t/a/b/index.txt"},
    {"the front page", "index.md", "",
	"/ / /index.txt / index | =/index.gmi >/index.md |"
	" = t/index.txt"},
    {"a permalink wins, and the old place leads to it", "2012/talk.md",
	"/dtrace",
	"/dtrace /dtrace /dtrace.txt /2012/ |"
	" >/dtrace/ >/2012/talk.gmi >/2012/talk >/2012/talk.md |"
	" t/dtrace.txt =/2012/talk t/2012/talk.txt"},
    {"a permalink like a folder", "talk.md", "/t/",
	"/t/ /t /t/index.txt / |"
	" =/t/index.gmi >/t >/talk.gmi >/talk >/talk.md |"
	" =/t t/t/index.txt =/talk t/talk.txt"},
    {"a folder's page elsewhere", "2012/index.md", "/twelve.gmi",
	"/twelve.gmi /twelve /twelve.txt / index |"
	" >/twelve >/2012/ >/2012/index.gmi >/2012 >/2012/index.md |"
	" =/twelve t/twelve.txt =/2012 t/2012/index.txt"},
    {"a permalink that says the same", "talk.md", "/talk.gmi",
	"/talk.gmi /talk /talk.txt / | >/talk >/talk.md | =/talk t/talk.txt"},
    {"a permalink is said as it was meant", "a.md", "/%7Eann/caf%c3%a9",
	"/~ann/caf%C3%A9 /~ann/café /~ann/café.txt / |"
	" >/~ann/café/ >/a.gmi >/a >/a.md |"
	" t/~ann/café.txt =/a t/a.txt"},
    {"dots never climb", "a.md", "/x/../../b",
	"/b /b /b.txt / | >/b/ >/a.gmi >/a >/a.md | t/b.txt =/a t/a.txt"},
    {"a name that has to be encoded", "my talks/a b?.md", "",
	"/my%20talks/a%20b%3F.gmi /my talks/a b? /my talks/a b?.txt"
	" /my%20talks/ | >/my talks/a b? >/my talks/a b?.md |"
	" =/my talks/a b? t/my talks/a b?.txt"},
    {"a percent sign in a name is one", "100%.md", "",
	"/100%25.gmi /100% /100%.txt / | >/100% >/100%.md |"
	" =/100% t/100%.txt"},
    {"a file as it is", "2012/shirt.png", "",
	"/2012/shirt.png /2012/shirt.png  /2012/ | |"},
    {"ready-made gemtext", "2012/raw.gmi", "",
	"/2012/raw.gmi /2012/raw.gmi  /2012/ | |"},
    {"ready-made, a folder's page", "2012/index.gmi", "",
	"/2012/ /2012  / index | =/2012/index.gmi >/2012 | =/2012"},
};

static void
places_files(void)
{
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct err e = ERR_INIT;
		struct page_address address;
		struct arena a;
		struct buf got;

		arena_init(&a);
		buf_init(&got, 4096);
		T_EQ_INT(address_of_file(&address, &a, str_of(files[i].file),
			     str_of(files[i].permalink), &e),
		    0, "%s: taken %s", files[i].why, e.msg);
		print_address(&got, &address);
		T_EQ_STR(
		    buf_slice(&got), str_of(files[i].want), "%s", files[i].why);
		buf_release(&got);
		arena_release(&a);
	}
}

static void
refuses_what_nobody_can_ask_for(void)
{
	static const char *const permalinks[] = {
	    "/a%0ab", "/%00", "/a%09b", "/%zz", "/a%", "/%ff", "/%1b[2J"};

	for (size_t i = 0; i < sizeof permalinks / sizeof permalinks[0]; i++) {
		struct err e = ERR_INIT;
		struct page_address address;
		struct arena a;

		arena_init(&a);
		T_EQ_INT(address_of_file(&address, &a, STR("a.md"),
			     str_of(permalinks[i]), &e),
		    -1, "%s is refused", permalinks[i]);
		T_EQ_INT(e.kind, ERR_INPUT, "%s is the author's fault",
		    permalinks[i]);
		arena_release(&a);
	}
}

static void
joins_as_seen_from_a_folder(void)
{
	static const struct {
		const char *folder, *target, *want;
	} joins[] = {
	    {"/2012/", "talk.md", "/2012/talk.md"},
	    {"/2012/", "../2016/index.md", "/2016/index.md"},
	    {"/2012/", "./a/./b", "/2012/a/b"},
	    {"/2012/", "/a", "/a"},
	    {"/2012/", "", "/2012/"},
	    {"/2012/", "..", "/"},
	    {"/2012/", "../../../../etc/passwd", "/etc/passwd"},
	    {"/2012/", "%2e%2e/a", "/a"},
	    {"/", ".", "/"},
	};

	for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) {
		struct arena a;

		arena_init(&a);
		T_EQ_STR(address_join(&a, str_of(joins[i].folder),
			     str_of(joins[i].target)),
		    str_of(joins[i].want), "%s from %s", joins[i].target,
		    joins[i].folder);
		arena_release(&a);
	}
}

static void
knows_the_forms(void)
{
	static const struct {
		const char *key;
		char item;
	} forms[] = {
	    {"/subscribe", '7'},
	    {"/subscribe/stream", '7'},
	    {"/subscribers", 0},
	    {"/leave", '7'},
	    {"/leave/TOKEN", '1'},
	    {"/code/NAME", '7'},
	    {"/me", '1'},
	    {"/organizers/", '1'},
	    {"/c/TOKEN", '1'},
	    {"/claim/TOKEN/send", '1'},
	    {"/cc", 0},
	    {"/", 0},
	    {"", 0},
	};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		T_EQ_INT(address_form(str_of(forms[i].key)), forms[i].item,
		    "\"%s\"", forms[i].key);
}

/* What is looked up and what is said are one address, whatever the name. */
static void
goes_there_and_back(void)
{
	static const char *const keys[] = {"/", "/a b", "/%41", "/a?b#c",
	    "/日本/語.gmi", "/a;b=c&d", "/\"<>\\^`{|}", "/a:b@c"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct err e = ERR_INIT;
		struct str key = {NULL, 0};
		struct arena a;

		arena_init(&a);
		T_EQ_INT(address_key(
			     &key, &a, address_path(&a, str_of(keys[i])), &e),
		    0, "%s can be asked for", keys[i]);
		T_EQ_STR(key, str_of(keys[i]), "%s is the same", keys[i]);
		arena_release(&a);
	}
}

int
main(void)
{
	T_RUN(places_files);
	T_RUN(refuses_what_nobody_can_ask_for);
	T_RUN(joins_as_seen_from_a_folder);
	T_RUN(knows_the_forms);
	T_RUN(goes_there_and_back);
	return t_done();
}
