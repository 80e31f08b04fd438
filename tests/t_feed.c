#include "tests/t.h"

#include "base/arena.h"
#include "base/buf.h"
#include "content/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct date
date(const char *text)
{
	struct date d = {0};

	date_parse(&d, str_of(text), NULL);
	return d;
}

static struct feed
whole_site(const struct entry **entries, size_t count)
{
	return (struct feed){.base = STR("gemini://example.org"),
	    .path = STR("/atom.xml"),
	    .home = STR("/"),
	    .title = STR("The conference"),
	    .author = STR("The conference"),
	    .entries = entries,
	    .count = count};
}

static void
writes_a_feed(void)
{
	static struct str categories[] = {{"call & answer", 13}};
	struct entry first = {.title = STR("A <b>bold</b> \"claim\""),
	    .path = STR("/news/one.gmi"),
	    .lead = STR("Q&A, at last.")};
	struct entry second = {
	    .title = STR("The second"), .path = STR("/%E6%97%A5/")};
	const struct entry *entries[] = {&first, &second};
	struct feed feed = whole_site(entries, 2);
	struct buf got;

	first.page.date = date("2025-01-05");
	first.page.categories = categories;
	first.page.category_count = 1;
	second.page.date = date("2008-03");
	second.page.updated = date("2025-02-01T10:00+01:00");
	buf_init(&got, 1 << 16);
	feed_write(&got, &feed);
	T_EQ_STR(buf_slice(&got),
	    STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
		"  <title>The conference</title>\n"
		"  <id>gemini://example.org/atom.xml</id>\n"
		"  <link rel=\"self\" type=\"application/atom+xml\""
		" href=\"gemini://example.org/atom.xml\"/>\n"
		"  <link rel=\"alternate\" type=\"text/gemini\""
		" href=\"gemini://example.org/\"/>\n"
		"  <updated>2025-02-01T09:00:00Z</updated>\n"
		"  <author>\n"
		"    <name>The conference</name>\n"
		"  </author>\n"
		"  <entry>\n"
		"    <title>A &lt;b&gt;bold&lt;/b&gt;"
		" &quot;claim&quot;</title>\n"
		"    <id>gemini://example.org/news/one.gmi</id>\n"
		"    <link rel=\"alternate\" type=\"text/gemini\""
		" href=\"gemini://example.org/news/one.gmi\"/>\n"
		"    <published>2025-01-05T00:00:00Z</published>\n"
		"    <updated>2025-01-05T00:00:00Z</updated>\n"
		"    <category term=\"call &amp; answer\"/>\n"
		"    <summary>Q&amp;A, at last.</summary>\n"
		"  </entry>\n"
		"  <entry>\n"
		"    <title>The second</title>\n"
		"    <id>gemini://example.org/%E6%97%A5/</id>\n"
		"    <link rel=\"alternate\" type=\"text/gemini\""
		" href=\"gemini://example.org/%E6%97%A5/\"/>\n"
		"    <published>2008-03-01T00:00:00Z</published>\n"
		"    <updated>2025-02-01T09:00:00Z</updated>\n"
		"  </entry>\n"
		"</feed>\n"),
	    "a feed of two pages");
	buf_release(&got);
}

static bool
xmllint(const char *options, struct str xml)
{
	struct buf command;
	bool ok;

	buf_init(&command, 8192);
	buf_printf(&command, "xmllint --nonet --noout %s %s", options,
	    t_file("feed.xml", xml));
	ok = system(command.data) == 0;
	buf_release(&command);
	return ok;
}

/* Any title is text, whatever is in it. */
static void
is_read_by_another(void)
{
	static const char *const titles[] = {"<script>&\"'", "]]>", "&amp;",
	    "\x01\x1b[31m\x7f", "\xff\xc3", "\xef\xbf\xbe\xef\xbf\xbf",
	    "日本語 🐎", "<!-- ", "<?xml ?>", "\r\n\t "};

	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
		struct entry entry = {.title = str_of(titles[i]),
		    .path = STR("/a.gmi?b&c"),
		    .lead = str_of(titles[i])};
		const struct entry *entries[] = {&entry};
		struct feed feed = whole_site(entries, 1);
		struct buf got;

		entry.page.date = date("2025-01-05");
		feed.title = str_of(titles[i]);
		buf_init(&got, 1 << 16);
		feed_write(&got, &feed);
		T_OK(xmllint("--xpath 'string(//*[local-name()=\"id\"])'"
			     " >/dev/null",
			 buf_slice(&got)),
		    "xmllint reads title %zu", i);
		buf_release(&got);
	}
}

static void
keeps_to_the_newest(void)
{
	struct entry entry = {.title = STR("A"), .path = STR("/a.gmi")};
	struct entry last = {.title = STR("Last"), .path = STR("/last.gmi")};
	const struct entry *entries[FEED_MAX + 1];
	struct feed feed = whole_site(entries, FEED_MAX + 1);
	struct buf got;

	entry.page.date = date("2025-01-05");
	last.page.date = date("2024-01-05");
	for (size_t i = 0; i < FEED_MAX; i++)
		entries[i] = &entry;
	entries[FEED_MAX] = &last;
	buf_init(&got, 1 << 20);
	feed_write(&got, &feed);
	T_OK(str_find(buf_slice(&got), STR("/a.gmi")) > 0,
	    "the newest are there");
	T_OK(str_find(buf_slice(&got), STR("/last.gmi")) < 0,
	    "one too many is not");
	T_OK(xmllint("", buf_slice(&got)), "xmllint reads it");
	buf_release(&got);
}

static void
is_not_updated_before_it_is_published(void)
{
	struct entry entry = {.title = STR("A"), .path = STR("/a.gmi")};
	const struct entry *entries[] = {&entry};
	struct feed feed = whole_site(entries, 1);
	struct buf got;

	entry.page.date = date("2025-01-05");
	entry.page.updated = date("2024-12-24");
	buf_init(&got, 1 << 16);
	feed_write(&got, &feed);
	T_OK(str_find(buf_slice(&got), STR("2024-12-24")) < 0,
	    "an update before the date is that of the date");
	buf_release(&got);
}

int
main(void)
{
	T_RUN(writes_a_feed);
	T_RUN(is_read_by_another);
	T_RUN(keeps_to_the_newest);
	T_RUN(is_not_updated_before_it_is_published);
	return t_done();
}
