#include "server/gemini.h"

#include "base/uri.h"

#include <string.h>

#define TOO_LONG "The address is longer than 1024 bytes. Shorten it."
#define NO_ADDRESS "Send one whole address: gemini://host/path"
#define MISSPELT "The address is misspelt. Write odd characters as %XX."

int
gemini_request_end(
    struct str *uri, struct str bytes, size_t *seen, const char **why)
{
	size_t i;

	for (i = *seen; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c == '\r' && i + 1 == bytes.n)
			break;
		if (c == '\r' && bytes.p[i + 1] == '\n') {
			*uri = str_sub(bytes, 0, i);
			return 1;
		}
		if (c <= ' ' || c == 0x7f) {
			*why = "No space or control byte may stand in an "
			       "address.";
			return -1;
		}
		if (i == GEMINI_URI_MAX) {
			*why = TOO_LONG;
			return -1;
		}
	}
	*seen = i;
	return 0;
}

void
gemini_request_init(struct gemini_request *r)
{
	*r = (struct gemini_request){.port = -1};
	buf_init(&r->host, GEMINI_URI_MAX);
	buf_init(&r->path, GEMINI_URI_MAX);
	buf_init(&r->query, GEMINI_URI_MAX);
}

void
gemini_request_release(struct gemini_request *r)
{
	buf_release(&r->host);
	buf_release(&r->path);
	buf_release(&r->query);
}

/* RFC 3986, section 3.2.2: a host compares without case; and "host." is the
 * same name as "host", written to its root. */
static void
take_host(struct buf *to, struct str host)
{
	if (uri_decode(to, host) != 0)
		return;
	for (size_t i = 0; i < to->len; i++)
		if (to->data[i] >= 'A' && to->data[i] <= 'Z')
			to->data[i] += 'a' - 'A';
	if (to->len > 1 && to->data[to->len - 1] == '.')
		buf_cut(to, to->len - 1);
}

/* Decoded after the dots are gone, so that "%2F.." is no way up either: it
 * stays one segment, and no page is called so. */
static bool
take_path(struct buf *to, struct str path)
{
	struct buf plain;
	bool ok;

	buf_init(&plain, GEMINI_URI_MAX);
	uri_remove_dots(&plain, path);
	if (plain.len == 0)
		buf_putc(&plain, '/');
	ok = uri_decode(to, buf_slice(&plain)) == 0 &&
	    str_chr(buf_slice(to), '\0') < 0;
	buf_release(&plain);
	return ok;
}

static bool
take_query(struct buf *to, struct str query)
{
	struct str decoded;

	if (uri_decode(to, query) != 0)
		return false;
	decoded = buf_slice(to);
	return str_chr(decoded, '\0') < 0 && str_is_utf8(decoded);
}

/* What is wrong with it as a URI of any scheme; NULL when nothing is. */
static const char *
uri_fault(const struct uri *u)
{
	if (u->scheme.n == 0)
		return NO_ADDRESS;
	if (u->has_userinfo)
		return "No user name may stand in an address. Leave it out.";
	if (u->has_fragment)
		return "No #fragment may be sent. Leave it out.";
	return NULL;
}

int
gemini_request_parse(struct gemini_request *r, struct str uri, const char **why)
{
	struct uri u;

	*why = NO_ADDRESS;
	if (uri.n > GEMINI_URI_MAX) {
		*why = TOO_LONG;
		return GEMINI_BAD_REQUEST;
	}
	if (!str_is_utf8(uri)) {
		*why = "The address is not UTF-8. Percent-encode it.";
		return GEMINI_BAD_REQUEST;
	}
	if (uri_parse(&u, uri, NULL) != 0) {
		if (str_find(uri, STR("://")) > 0)
			*why = MISSPELT;
		return GEMINI_BAD_REQUEST;
	}
	if ((*why = uri_fault(&u)) != NULL)
		return GEMINI_BAD_REQUEST;
	if (!str_eq_nocase(u.scheme, STR("gemini"))) {
		*why = "Only gemini:// addresses are served here.";
		return GEMINI_PROXY_REFUSED;
	}
	*why = NO_ADDRESS;
	if (!u.has_authority || u.host.n == 0)
		return GEMINI_BAD_REQUEST;
	take_host(&r->host, u.host);
	if (u.port.n > 0)
		r->port = (int)str_number(u.port, 65535);
	r->has_query = u.has_query;
	r->raw_path = u.path;
	if (!take_path(&r->path, u.path) || !take_query(&r->query, u.query)) {
		*why = "The address holds %00 or a bad %XX. Correct it.";
		return GEMINI_BAD_REQUEST;
	}
	if (r->host.failed || r->path.failed || r->query.failed) {
		*why = "Out of memory right now. Try again later.";
		return GEMINI_TEMPORARY_FAILURE;
	}
	return 0;
}

static const struct {
	enum gemini_status status;
	const char *meaning;
} meanings[] = {
    {GEMINI_INPUT, "Type your answer"},
    {GEMINI_SENSITIVE_INPUT, "Type your answer (hidden)"},
    {GEMINI_SUCCESS, "application/octet-stream"},
    {GEMINI_REDIRECT, "/"},
    {GEMINI_REDIRECT_PERMANENT, "/"},
    {GEMINI_TEMPORARY_FAILURE, "Failed for now. Try again later."},
    {GEMINI_UNAVAILABLE, "Closed for now. Try again later."},
    {GEMINI_CGI_ERROR, "Failed for now. Try again later."},
    {GEMINI_PROXY_ERROR, "Failed for now. Try again later."},
    {GEMINI_SLOW_DOWN, "1"},
    {GEMINI_PERMANENT_FAILURE, "This cannot be served."},
    {GEMINI_NOT_FOUND, "Not here. Begin at /"},
    {GEMINI_GONE, "Gone for good. Begin at /"},
    {GEMINI_PROXY_REFUSED, "Not served here."},
    {GEMINI_BAD_REQUEST, NO_ADDRESS},
    {GEMINI_CERTIFICATE_REQUIRED, "Choose a client certificate."},
    {GEMINI_CERTIFICATE_NOT_AUTHORIZED, "Not with this certificate."},
    {GEMINI_CERTIFICATE_NOT_VALID, "Your certificate is not valid now."},
};

static const char *
meaning(enum gemini_status status)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].status == status)
			return meanings[i].meaning;
	return "Failed.";
}

/* One character of a META, or nothing where it has no place in one. */
static void
put_meta(struct buf *to, int32_t cp)
{
	if (cp >= ' ' && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) &&
	    cp != 0xfeff)
		buf_utf8(to, (uint32_t)cp);
}

void
gemini_header(struct buf *to, enum gemini_status status, struct str meta)
{
	size_t start, len;

	buf_printf(to, "%02d ", (int)status);
	start = to->len;
	while (meta.n > 0) {
		len = to->len;
		put_meta(to, str_next_utf8(&meta));
		if (to->len - start > GEMINI_META_MAX) {
			buf_cut(to, len);
			break;
		}
	}
	if (to->len == start)
		buf_puts(to, meaning(status));
	buf_puts(to, "\r\n");
}
