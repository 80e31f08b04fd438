#include "server/gopher.h"

#include "base/uri.h"

int
gopher_request_end(
    struct str *line, struct str bytes, size_t *seen, const char **why)
{
	size_t i;

	for (i = *seen; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c == '\n') {
			*line = str_sub(bytes, 0, i);
			if (i > 0 && bytes.p[i - 1] == '\r')
				line->n--;
			return 1;
		}
		if (i > 0 && bytes.p[i - 1] == '\r') {
			*why = "A control character was sent. Leave it out.";
			return -1;
		}
		if (i >= GOPHER_LINE_MAX && c != '\r') {
			*why = "The request is over 1024 bytes. Shorten it.";
			return -1;
		}
	}
	*seen = i;
	return 0;
}

static bool
is_gopher_plus(struct str field)
{
	return field.n == 1 &&
	    (*field.p == '$' || *field.p == '+' || *field.p == '!');
}

int
gopher_request_parse(
    struct gopher_request *r, struct str line, const char **why)
{
	struct str rest = line, field;

	*r = (struct gopher_request){.selector = {line.p, 0}};
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f) {
			*why = "A control character was sent. Leave it out.";
			return -1;
		}
	}
	if (!str_is_utf8(line)) {
		*why = "The request is not UTF-8. Set your client to UTF-8.";
		return -1;
	}
	str_next(&rest, '\t', &r->selector);
	if (r->selector.n > GOPHER_SELECTOR_MAX) {
		*why = "The selector is over 255 bytes. Shorten it.";
		return -1;
	}
	if (!str_next(&rest, '\t', &field))
		return 0;
	if (rest.p == NULL || rest.n == 0)
		if (is_gopher_plus(field))
			return 0;
	r->search = field;
	r->has_search = true;
	return 0;
}

/* Text that may stand in a menu line: RFC 1436 ends fields with TAB and lines
 * with CRLF, so that neither may come out of a title. */
static void
put_field(struct buf *to, struct str s)
{
	while (s.n > 0) {
		int32_t cp = str_next_utf8(&s);

		if (cp >= ' ' && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0))
			buf_utf8(to, (uint32_t)cp);
	}
}

void
gopher_item(struct buf *to, char type, struct str label, struct str selector,
    struct str host, int port)
{
	buf_putc(to, type);
	put_field(to, label);
	buf_putc(to, '\t');
	put_field(to, selector);
	buf_putc(to, '\t');
	put_field(to, host);
	buf_printf(to, "\t%d\r\n", port);
}

bool
gopher_url(struct str *url, struct str selector)
{
	if (str_starts(selector, STR("/")))
		selector = str_sub(selector, 1, selector.n - 1);
	if (!str_starts(selector, STR("URL:")))
		return false;
	*url = str_sub(selector, 4, selector.n - 4);
	return true;
}

static bool
may_lead_to(struct str scheme)
{
	static const char *const schemes[] = {
	    "http", "https", "gemini", "gopher", "mailto", "ftp"};

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (str_eq_nocase(scheme, str_of(schemes[i])))
			return true;
	return false;
}

static void
put_html(struct buf *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			buf_puts(to, "&amp;");
			break;
		case '<':
			buf_puts(to, "&lt;");
			break;
		case '>':
			buf_puts(to, "&gt;");
			break;
		case '"':
			buf_puts(to, "&quot;");
			break;
		case '\'':
			buf_puts(to, "&#39;");
			break;
		default:
			buf_putc(to, s.p[i]);
		}
}

int
gopher_url_page(struct buf *to, struct str url)
{
	struct uri u;

	if (uri_parse(&u, url, NULL) != 0 || !may_lead_to(u.scheme))
		return -1;
	buf_puts(to,
	    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"refresh\" content=\"1;URL=");
	put_html(to, url);
	buf_puts(to,
	    "\">\n<title>A link that leaves Gopher</title></head>\n"
	    "<body><p>This link leaves Gopher. It leads to <a href=\"");
	put_html(to, url);
	buf_puts(to, "\">");
	put_html(to, url);
	buf_puts(to, "</a>.</p></body></html>\n");
	return 0;
}
