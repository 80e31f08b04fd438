#include "content/calendar.h"

#include "base/clock.h"
#include "content/when.h"

/* Section 3.1: octets of a line without its CRLF. */
#define LINE_MAX_OCTETS 75

bool
calendar_has(const struct page_event *event)
{
	return event->present && event->start.precision >= DATE_DAY;
}

/* One line, folded between characters: what goes on in the next one has a
 * space before it. */
static void
put_line(struct buf *to, struct str line)
{
	size_t used = 0;

	while (line.n > 0) {
		const char *at = line.p;
		size_t n;

		str_next_utf8(&line);
		n = (size_t)(line.p - at);
		if (used + n > LINE_MAX_OCTETS) {
			buf_puts(to, "\r\n ");
			used = 1;
		}
		buf_append(to, at, n);
		used += n;
	}
	buf_puts(to, "\r\n");
}

/* Section 3.3.11. Control characters have no place in a TEXT. */
static void
put_text(struct buf *to, struct str text)
{
	while (text.n > 0) {
		const char *at = text.p;
		int32_t cp = str_next_utf8(&text);

		if (cp == '\\' || cp == ';' || cp == ',')
			buf_printf(to, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_puts(to, "\\n");
		else if (cp == '\t')
			buf_putc(to, ' ');
		else if (cp < 0)
			buf_utf8(to, 0xfffd);
		else if (cp >= 0x20 && cp != 0x7f)
			buf_append(to, at, (size_t)(text.p - at));
	}
}

static void
put_property(struct buf *to, const char *name, struct str text)
{
	struct buf line;

	if (text.n == 0)
		return;
	buf_init(&line, to->max);
	buf_printf(&line, "%s:", name);
	put_text(&line, text);
	put_line(to, buf_slice(&line));
	buf_fail(to, line.failed);
	buf_release(&line);
}

/* "20120403T160000Z" */
static void
put_instant(struct buf *to, const char *name, int64_t at)
{
	struct date d;

	if (date_at(&d, at, NULL, NULL) != 0)
		return;
	buf_printf(to, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, d.year,
	    d.month, d.day, d.hour, d.minute, d.second);
}

/* Section 3.6.1: both ends are of one kind, and DTEND is later. */
static int
put_days(struct buf *to, const struct page_event *event, struct err *e)
{
	struct date last = event->start, after;
	int64_t over;

	if (event->end.precision >= DATE_DAY &&
	    date_cmp(&event->end, &last) > 0)
		last = event->end;
	last.precision = DATE_DAY;
	last.hour = last.minute = last.second = 0;
	last.has_offset = false;
	if (when_ends(&over, &last, STR(""), e) != 0 ||
	    date_at(&after, over, NULL, e) != 0)
		return -1;
	buf_printf(to, "DTSTART;VALUE=DATE:%04d%02d%02d\r\n", event->start.year,
	    event->start.month, event->start.day);
	buf_printf(to, "DTEND;VALUE=DATE:%04d%02d%02d\r\n", after.year,
	    after.month, after.day);
	return 0;
}

static int
put_times(struct buf *to, const struct page_event *event, struct err *e)
{
	int64_t begins, over;

	if (when_event(&begins, &over, event, e) != 0)
		return -1;
	put_instant(to, "DTSTART", begins);
	if (event->end.precision >= DATE_DAY && over > begins)
		put_instant(to, "DTEND", over);
	return 0;
}

/* When this was last said: what is known of it in the page, and not now, or
 * it would be another file each time. */
static void
put_stamp(struct buf *to, const struct page *page)
{
	const struct date *d = &page->event.start;
	int64_t at = 0;

	if (page->updated.precision != DATE_NONE)
		d = &page->updated;
	else if (page->date.precision != DATE_NONE)
		d = &page->date;
	date_instant(&at, d, NULL, NULL);
	put_instant(to, "DTSTAMP", at);
}

/* A parameter's value in quotation marks takes all but those and control
 * characters (section 3.2). */
static void
put_organizer(struct buf *to, const struct calendar *calendar)
{
	struct buf line;

	buf_init(&line, to->max);
	buf_puts(&line, "ORGANIZER;CN=\"");
	for (size_t i = 0; i < calendar->organizer.n; i++) {
		char c = calendar->organizer.p[i];

		buf_putc(&line,
		    c == '"'                                   ? '\''
			: (unsigned char)c < 0x20 || c == 0x7f ? ' '
							       : c);
	}
	buf_puts(&line, "\":");
	buf_str(&line, calendar->base);
	buf_putc(&line, '/');
	put_line(to, buf_slice(&line));
	buf_fail(to, line.failed);
	buf_release(&line);
}

static void
put_addresses(struct buf *to, const struct calendar *calendar)
{
	struct buf line;

	buf_init(&line, to->max);
	buf_str(&line, calendar->path);
	buf_putc(&line, '@');
	buf_str(&line, calendar->host);
	put_property(to, "UID", buf_slice(&line));
	buf_cut(&line, 0);
	buf_puts(&line, "URL:");
	buf_str(&line, calendar->base);
	buf_str(&line, calendar->path);
	put_line(to, buf_slice(&line));
	buf_fail(to, line.failed);
	buf_release(&line);
}

int
calendar_write(struct buf *to, const struct calendar *calendar, struct err *e)
{
	const struct page_event *event = &calendar->page->event;
	bool has_time = event->start.precision == DATE_MINUTE;

	if (!calendar_has(event))
		return err_set(e, ERR_INPUT,
		    "a calendar needs to know the day of the event");
	buf_puts(to,
	    "BEGIN:VCALENDAR\r\n"
	    "VERSION:2.0\r\n"
	    "PRODID:-//capsule//EN\r\n"
	    "METHOD:PUBLISH\r\n"
	    "BEGIN:VEVENT\r\n");
	put_addresses(to, calendar);
	put_stamp(to, calendar->page);
	if ((has_time ? put_times : put_days)(to, event, e) != 0)
		return -1;
	put_property(to, "SUMMARY", calendar->title);
	put_property(to, "LOCATION", event->place);
	put_property(to, "DESCRIPTION",
	    event->cancelled.n > 0 ? event->cancelled : event->summary);
	put_organizer(to, calendar);
	if (event->cancelled.n > 0)
		buf_puts(to, "STATUS:CANCELLED\r\nSEQUENCE:1\r\n");
	buf_puts(to,
	    "END:VEVENT\r\n"
	    "END:VCALENDAR\r\n");
	return buf_ok(to, "the calendar", e);
}
