#include "base/conf_check.h"

#include "base/uri.h"
#include "base/yaml.h"

#include <arpa/inet.h>
#include <string.h>

#define PORT_MAX 65535
#define HOST_MAX 253 /* RFC 1035, section 2.3.4, without the root's dot */
#define LABEL_MAX 63
#define LOCAL_MAX 64 /* RFC 5321, section 4.5.3.1.1 */
#define SHA256_DIGITS 64
#define NAME_MAX_BYTES 40
#define USER_MAX 32
#define FAVICON_MAX 32 /* a family of four, joined, has 25 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str
to_lower(struct arena *a, struct str text)
{
	struct str copy = arena_str(a, text);
	char *p = (char *)copy.p;

	for (size_t i = 0; i < copy.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
	return copy;
}

static int
keep(struct str *out, struct arena *a, struct str text, struct err *e)
{
	*out = arena_str(a, text);
	return arena_ok(a, e);
}

/* An IP literal in its one canonical form, of which family; 0 for others. */
static int
parse_ip(char canonical[INET6_ADDRSTRLEN], struct str text)
{
	static const int families[] = {AF_INET, AF_INET6};
	unsigned char bytes[16];
	char copy[INET6_ADDRSTRLEN];

	if (text.n == 0 || text.n >= sizeof copy ||
	    memchr(text.p, '\0', text.n) != NULL)
		return 0;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	for (size_t i = 0; i < 2; i++)
		if (inet_pton(families[i], copy, bytes) == 1) {
			inet_ntop(
			    families[i], bytes, canonical, INET6_ADDRSTRLEN);
			return families[i];
		}
	return 0;
}

static bool
is_label(struct str label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' ||
	    label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_letter(label.p[i]) && !is_digit(label.p[i]) &&
		    label.p[i] != '-')
			return false;
	return true;
}

/* A last label of digits would be an IPv4 address (RFC 1123, section 2.1). */
static bool
is_dns_name(struct str name)
{
	struct str label = {NULL, 0}, rest = name;

	if (name.n == 0 || name.n > HOST_MAX)
		return false;
	while (str_next(&rest, '.', &label))
		if (!is_label(label))
			return false;
	return str_number(label, INT64_MAX) < 0;
}

static bool
is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			return false;
	return true;
}

int
check_host(struct str *out, struct arena *a, struct str text, struct err *e)
{
	char canonical[INET6_ADDRSTRLEN];

	if (parse_ip(canonical, text) != 0)
		return keep(out, a, str_of(canonical), e);
	if (!is_ascii(text))
		return err_set(e, ERR_INPUT,
		    "\"%s\" must be written in its ASCII form, xn--...",
		    yaml_show(text).s);
	if (!is_dns_name(text))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no host name; write one such as "
		    "capsule.example.org, or an IP address, without a port",
		    yaml_show(text).s);
	*out = to_lower(a, text);
	return arena_ok(a, e);
}

/* Splits "[v6]:port" or "host:port" at the colon that counts. */
static bool
split_port(struct str *host, struct str *port, struct str text)
{
	ptrdiff_t colon = str_rchr(text, ':');

	if (colon < 0)
		return false;
	*host = str_sub(text, 0, (size_t)colon);
	*port = str_sub(text, (size_t)colon + 1, text.n);
	return true;
}

/* IPv6 stands in brackets, IPv4 does not. */
static bool
is_listen_host(char canonical[INET6_ADDRSTRLEN], struct str host)
{
	bool has_brackets =
	    str_starts(host, STR("[")) && str_ends(host, STR("]"));
	int family;

	if (host.n == 0) {
		strcpy(canonical, "::");
		return true;
	}
	if (has_brackets)
		host = str_sub(host, 1, host.n - 2);
	family = parse_ip(canonical, host);
	return family == (has_brackets ? AF_INET6 : AF_INET);
}

int
check_listen(
    struct conf_listen *out, struct arena *a, struct str text, struct err *e)
{
	char canonical[INET6_ADDRSTRLEN];
	struct str host, port;
	int64_t number;

	if (!split_port(&host, &port, text) ||
	    (number = str_number(port, PORT_MAX)) < 0 ||
	    !is_listen_host(canonical, host))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no address to listen on; write [::]:1965, "
		    "0.0.0.0:1965 or :1965",
		    yaml_show(text).s);
	out->text = arena_str(a, text);
	out->host = arena_str(a, str_of(canonical));
	out->port = (int)number;
	return arena_ok(a, e);
}

int
check_network(struct str *out, struct arena *a, struct str text, struct err *e)
{
	ptrdiff_t slash = str_chr(text, '/');
	struct str base = str_sub(text, 0, slash < 0 ? text.n : (size_t)slash);
	char canonical[INET6_ADDRSTRLEN];
	int family = parse_ip(canonical, base);

	if (family == 0 ||
	    (slash >= 0 &&
		str_number(str_sub(text, (size_t)slash + 1, text.n),
		    family == AF_INET ? 32 : 128) < 0))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no address or network; write 192.0.2.1 or "
		    "10.0.0.0/8",
		    yaml_show(text).s);
	return keep(out, a, text, e);
}

static int
no_fingerprint(struct str text, struct err *e)
{
	return err_set(e, ERR_INPUT,
	    "\"%s\" is no fingerprint; write the SHA-256 of the certificate, "
	    "64 hexadecimal digits",
	    yaml_show(text).s);
}

int
check_fingerprint(
    struct str *out, struct arena *a, struct str text, struct err *e)
{
	char digits[SHA256_DIGITS];
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == ':' && i % 3 == 2)
			continue;
		if (n == sizeof digits ||
		    memchr("0123456789abcdefABCDEF", c, 22) == NULL)
			return no_fingerprint(text, e);
		digits[n++] = c;
	}
	if (n != sizeof digits)
		return no_fingerprint(text, e);
	*out = to_lower(a, (struct str){digits, n});
	return arena_ok(a, e);
}

int
check_contact(struct str *out, struct arena *a, struct str text, struct err *e)
{
	struct uri u;

	if (uri_parse(&u, text, NULL) != 0 || u.scheme.n == 0 ||
	    (u.path.n == 0 && u.host.n == 0))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no address to write to; write "
		    "mailto:security@example.org or https://...",
		    yaml_show(text).s);
	return keep(out, a, text, e);
}

int
check_favicon(struct str *out, struct arena *a, struct str text, struct err *e)
{
	bool is_emoji =
	    text.n > 1 && text.n <= FAVICON_MAX && !str_has_control(text);

	/* Only a keycap begins in ASCII, and none goes on in it. */
	for (size_t i = 0; i < text.n && is_emoji; i++)
		is_emoji = (unsigned char)text.p[i] >= 0x80 ||
		    (i == 0 && text.p[i] > ' ');
	if (!is_emoji)
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no favicon; write one emoji", yaml_show(text).s);
	return keep(out, a, text, e);
}

static bool
is_word(struct str text, const char *more, size_t max)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!(c >= 'a' && c <= 'z') && !is_digit(c) &&
		    (i == 0 || c == '\0' || strchr(more, c) == NULL))
			return false;
	}
	return text.n > 0 && text.n <= max;
}

int
check_user(struct str *out, struct arena *a, struct str text, struct err *e)
{
	if (!is_word(str_sub(text, str_starts(text, STR("_")), text.n), "-_",
		USER_MAX))
		return err_set(e, ERR_INPUT, "\"%s\" is no name of a user",
		    yaml_show(text).s);
	return keep(out, a, text, e);
}

int
check_name(struct str *out, struct arena *a, struct str text, struct err *e)
{
	if (!is_word(text, "-", NAME_MAX_BYTES))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no name; write small letters, digits and "
		    "hyphens, at most %d",
		    yaml_show(text).s, NAME_MAX_BYTES);
	return keep(out, a, text, e);
}

/* Dot-string: atoms between single dots (RFC 5321, section 4.1.2). */
static bool
is_local_part(struct str local)
{
	struct str atom = {NULL, 0}, rest = local;

	if (local.n == 0 || local.n > LOCAL_MAX)
		return false;
	while (str_next(&rest, '.', &atom)) {
		if (atom.n == 0)
			return false;
		for (size_t i = 0; i < atom.n; i++)
			if (!is_letter(atom.p[i]) && !is_digit(atom.p[i]) &&
			    !memchr("!#$%&'*+-/=?^_`{|}~", atom.p[i], 19))
				return false;
	}
	return true;
}

static bool
is_mail_address(struct str text)
{
	ptrdiff_t at = str_rchr(text, '@');

	return at > 0 && is_local_part(str_sub(text, 0, (size_t)at)) &&
	    is_dns_name(str_sub(text, (size_t)at + 1, text.n));
}

int
check_address(struct str *out, struct arena *a, struct str text, struct err *e)
{
	if (!is_mail_address(text))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no mail address; write name@example.org, a "
		    "domain of other letters as xn--...",
		    yaml_show(text).s);
	return keep(out, a, text, e);
}

struct str
from_address(struct str from)
{
	ptrdiff_t open = str_rchr(from, '<');

	if (open < 0 || !str_ends(from, STR(">")))
		return from;
	return str_sub(from, (size_t)open + 1, from.n - (size_t)open - 2);
}

int
check_from(struct str *out, struct arena *a, struct str text, struct err *e)
{
	ptrdiff_t open = str_chr(text, '<');
	struct str name = str_sub(text, 0, open < 0 ? 0 : (size_t)open);

	if (!is_mail_address(from_address(text)) || str_has_control(name) ||
	    str_chr(name, '\n') >= 0 ||
	    (open >= 0 && str_rchr(text, '<') != open))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no sender; write Name <name@example.org>, a "
		    "domain of other letters as xn--...",
		    yaml_show(text).s);
	return keep(out, a, text, e);
}

static bool
is_loopback(struct str host)
{
	char canonical[INET6_ADDRSTRLEN];
	int family = parse_ip(canonical, host);

	if (family == AF_INET)
		return str_starts(str_of(canonical), STR("127."));
	if (family == AF_INET6)
		return strcmp(canonical, "::1") == 0;
	return str_eq_nocase(host, STR("localhost"));
}

/* What a server's address has besides host and port leads astray here. */
static int
check_server(const struct uri *u, struct arena *a, struct err *e)
{
	struct str host;

	if (u->has_userinfo)
		return err_set(e, ERR_INPUT,
		    "a relay's address has no user in it; write user: and "
		    "password_file: on lines of their own");
	if (u->path.n > 0 || u->has_query || u->has_fragment)
		return err_set(
		    e, ERR_INPUT, "a relay's address ends after host and port");
	if (str_is(u->port, "0"))
		return err_set(e, ERR_INPUT, "a relay has no port 0");
	return check_host(&host, a, u->host, e);
}

int
check_relay(struct str *out, struct arena *a, struct str text, struct err *e)
{
	bool is_clear = str_starts_nocase(text, STR("smtp://"));
	struct uri u;

	if (str_starts(text, STR("maildir:")) && text.n > strlen("maildir:"))
		return keep(out, a, text, e);
	if (str_starts_nocase(text, STR("smtps:")) ||
	    str_ends(text, STR(":465")))
		return err_set(e, ERR_INPUT,
		    "TLS from the first byte (smtps, port 465) is not spoken; "
		    "write smtp+starttls://HOST:587");
	if (!is_clear && !str_starts_nocase(text, STR("smtp+starttls://")))
		return err_set(e, ERR_INPUT,
		    "\"%s\" is no relay; write smtp+starttls://HOST:587, "
		    "smtp://127.0.0.1:25 or maildir:DIR",
		    yaml_show(text).s);
	if (uri_parse(&u, text, e) != 0 || check_server(&u, a, e) != 0)
		return -1;
	if (is_clear && !is_loopback(u.host))
		return err_set(e, ERR_REFUSED,
		    "mail goes in clear to this machine only; write "
		    "smtp+starttls://HOST:587 for another");
	return keep(out, a, text, e);
}
