#include "content/feed.h"

#include "base/clock.h"

/* Text and attribute values alike. What XML 1.0 (section 2.2) has no place
 * for becomes U+FFFD. */
static void
put_escaped(struct buf *to, struct str text)
{
	while (text.n > 0) {
		const char *at = text.p;
		int32_t cp = str_next_utf8(&text);

		if (cp == '&')
			buf_puts(to, "&amp;");
		else if (cp == '<')
			buf_puts(to, "&lt;");
		else if (cp == '>')
			buf_puts(to, "&gt;");
		else if (cp == '"')
			buf_puts(to, "&quot;");
		else if ((cp < 0x20 && cp != '\t' && cp != '\n') ||
		    cp == 0xfffe || cp == 0xffff)
			buf_utf8(to, 0xfffd);
		else
			buf_append(to, at, (size_t)(text.p - at));
	}
}

static void
put_element(
    struct buf *to, const char *indent, const char *name, struct str text)
{
	buf_printf(to, "%s<%s>", indent, name);
	put_escaped(to, text);
	buf_printf(to, "</%s>\n", name);
}

static void
put_address(struct buf *to, const struct feed *feed, struct str path)
{
	put_escaped(to, feed->base);
	put_escaped(to, path);
}

static void
put_id(struct buf *to, const char *indent, const struct feed *feed,
    struct str path)
{
	buf_printf(to, "%s<id>", indent);
	put_address(to, feed, path);
	buf_puts(to, "</id>\n");
}

static void
put_link(struct buf *to, const char *indent, const char *rel, const char *type,
    const struct feed *feed, struct str path)
{
	buf_printf(
	    to, "%s<link rel=\"%s\" type=\"%s\" href=\"", indent, rel, type);
	put_address(to, feed, path);
	buf_puts(to, "\"/>\n");
}

static int64_t
instant(const struct date *date)
{
	int64_t at = 0;

	/* Never fails in UTC. */
	date_instant(&at, date, NULL, NULL);
	return at;
}

static void
put_time(struct buf *to, const char *indent, const char *name, int64_t at)
{
	buf_printf(to, "%s<%s>", indent, name);
	date_rfc3339(to, at);
	buf_printf(to, "</%s>\n", name);
}

/* An update that was never noted, or noted before the page was published. */
static int64_t
updated(const struct entry *entry)
{
	const struct page *page = &entry->page;
	int64_t published = instant(&page->date);
	int64_t at = page->updated.precision != DATE_NONE
	    ? instant(&page->updated)
	    : published;

	return at > published ? at : published;
}

static void
put_entry(struct buf *to, const struct feed *feed, const struct entry *entry)
{
	const struct page *page = &entry->page;

	buf_puts(to, "  <entry>\n");
	put_element(to, "    ", "title", entry->title);
	put_id(to, "    ", feed, entry->path);
	put_link(to, "    ", "alternate", "text/gemini", feed, entry->path);
	put_time(to, "    ", "published", instant(&page->date));
	put_time(to, "    ", "updated", updated(entry));
	for (size_t i = 0; i < page->category_count; i++) {
		buf_puts(to, "    <category term=\"");
		put_escaped(to, page->categories[i]);
		buf_puts(to, "\"/>\n");
	}
	if (entry->lead.n > 0)
		put_element(to, "    ", "summary", entry->lead);
	buf_puts(to, "  </entry>\n");
}

void
feed_write(struct buf *to, const struct feed *feed)
{
	size_t count = feed->count < FEED_MAX ? feed->count : FEED_MAX;
	int64_t newest = 0;

	for (size_t i = 0; i < count; i++)
		if (i == 0 || updated(feed->entries[i]) > newest)
			newest = updated(feed->entries[i]);
	buf_puts(to,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
	put_element(to, "  ", "title", feed->title);
	put_id(to, "  ", feed, feed->path);
	put_link(to, "  ", "self", "application/atom+xml", feed, feed->path);
	put_link(to, "  ", "alternate", "text/gemini", feed, feed->home);
	put_time(to, "  ", "updated", newest);
	buf_puts(to, "  <author>\n");
	put_element(to, "    ", "name", feed->author);
	buf_puts(to, "  </author>\n");
	for (size_t i = 0; i < count; i++)
		put_entry(to, feed, feed->entries[i]);
	buf_puts(to, "</feed>\n");
}
