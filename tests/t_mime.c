#include "content/mime.h"
#include "tests/t.h"

static const struct {
	const char *why, *name, *type;
	char item;
} names[] = {
    {"gemtext", "a.gmi", "text/gemini; charset=utf-8", '0'},
    {"text", "2012/notes.txt", "text/plain; charset=utf-8", '0'},
    {"case does not matter", "SHIRT.JPG", "image/jpeg", 'I'},
    {"a GIF has its own item type", "dance.gif", "image/gif", 'g'},
    {"HTML too", "old.html", "text/html; charset=utf-8", 'h'},
    {"a feed that clients subscribe to", "a.atom", "application/atom+xml", '0'},
    {"a calendar", "a.ics", "text/calendar; charset=utf-8", '0'},
    {"slides", "talk.pdf", "application/pdf", '9'},
    {"a recording", "talk.webm", "video/webm", '9'},
    {"the last ending counts", "a.tar.gz", "application/gzip", '9'},
    {"unknown: octets", "core.xyzzy", "application/octet-stream", '9'},
    {"no ending", "core", "application/octet-stream", '9'},
    {"no ending, and a folder with a dot", "a.txt/core",
	"application/octet-stream", '9'},
    {"a dot at the beginning begins no ending", "x/.gmi",
	"application/octet-stream", '9'},
    {"a dot at the end", "a.", "application/octet-stream", '9'},
    {"a text known by its name", "2012/LICENSE", "text/plain; charset=utf-8",
	'0'},
    {"nothing", "", "application/octet-stream", '9'},
};

static void
knows_endings(void)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str name = t_guard(str_of(names[i].name));
		const struct mime *mime = mime_of(name);

		T_EQ_STR(str_of(mime->type), str_of(names[i].type), "%s",
		    names[i].why);
		T_EQ_INT(
		    mime->item, names[i].item, "item type: %s", names[i].why);
		t_guard_free(name);
	}
}

static void
gemtext_takes_a_language(void)
{
	T_OK(mime_is_gemtext(mime_of(STR("a.gmi"))), "gemtext is gemtext");
	T_OK(mime_is_gemtext(mime_of(STR("a.gemini"))), "by either ending");
	T_OK(!mime_is_gemtext(mime_of(STR("a.txt"))), "text is not");
}

int
main(void)
{
	T_RUN(knows_endings);
	T_RUN(gemtext_takes_a_language);
	return t_done();
}
