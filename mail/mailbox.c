#include "mail/mailbox.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* atext of RFC 5322, section 3.2.3. */
static bool
is_atext(char c)
{
	return is_alnum(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static int
refuse_char(struct str local, char c, struct err *e)
{
	if (str_chr(local, '<') >= 0)
		return err_set(
		    e, ERR_INPUT, "only the address, without a name");
	if (str_chr(local, '@') >= 0)
		return err_set(e, ERR_INPUT, "only one address, please");
	if (c == ' ')
		return err_set(e, ERR_INPUT, "no space can be in an address");
	if (c > ' ' && c <= '~')
		return err_set(e, ERR_INPUT, "no %c can be in an address", c);
	return err_set(
	    e, ERR_INPUT, "a character that cannot be in an address");
}

static int
check_local(struct str local, struct err *e)
{
	if (local.n == 0)
		return err_set(
		    e, ERR_INPUT, "there is nothing before the \"@\"");
	if (local.n > MAILBOX_LOCAL_MAX)
		return err_set(e, ERR_INPUT,
		    "more than %d characters before the \"@\"",
		    MAILBOX_LOCAL_MAX);
	if (local.p[0] == '.' || local.p[local.n - 1] == '.' ||
	    str_find(local, STR("..")) >= 0)
		return err_set(e, ERR_INPUT, "a dot is in the wrong place");
	for (size_t i = 0; i < local.n; i++) {
		if ((unsigned char)local.p[i] >= 0x80)
			return err_set(e, ERR_INPUT,
			    "only ASCII letters can stand before the \"@\": "
			    "the mail servers on the way take no others");
		if (local.p[i] != '.' && !is_atext(local.p[i]))
			return refuse_char(local, local.p[i], e);
	}
	return 0;
}

/* A-labels are letters, digits and hyphens (RFC 5890, section 2.3.1); the
 * last label is no number, so that no IP address passes. */
static int
check_domain(struct str domain, struct err *e)
{
	struct str rest = domain, label = {NULL, 0};
	size_t labels = 0;

	while (str_next(&rest, '.', &label)) {
		labels++;
		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return err_set(e, ERR_INPUT,
			    "the part after the \"@\" is no domain");
		for (size_t i = 0; i < label.n; i++)
			if (!is_alnum(label.p[i]) && label.p[i] != '-')
				return err_set(e, ERR_INPUT,
				    "the part after the \"@\" is no domain");
	}
	if (labels < 2 || str_number(label, INT64_MAX) >= 0)
		return err_set(e, ERR_INPUT,
		    "the part after the \"@\" is no domain on the Internet");
	return 0;
}

static int
put_domain(struct buf *to, struct str typed, struct err *e)
{
	char name[1024], *ascii = NULL;
	int code;

	if (typed.n == 0 || typed.n >= sizeof name ||
	    memchr(typed.p, '\0', typed.n) != NULL)
		return err_set(
		    e, ERR_INPUT, "the part after the \"@\" is no domain");
	memcpy(name, typed.p, typed.n);
	name[typed.n] = '\0';
	code = idn2_to_ascii_8z(
	    name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (code != IDN2_OK)
		return err_set(e, ERR_INPUT,
		    "the part after the \"@\" is no domain (%s)",
		    idn2_strerror(code));
	for (char *p = ascii; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	buf_puts(to, ascii);
	code = check_domain(str_of(ascii), e);
	idn2_free(ascii);
	return code;
}

static struct str
unwrap(struct str s)
{
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = str_trim(str_sub(s, 1, s.n - 2));
	if (str_starts_nocase(s, STR("mailto:")))
		s = str_sub(s, 7, s.n);
	return s;
}

int
mailbox_normalise(struct buf *to, struct str typed, struct err *e)
{
	struct str s = unwrap(typed);
	ptrdiff_t at = str_rchr(s, '@');
	size_t began = to->len;

	if (s.n == 0)
		return err_set(e, ERR_INPUT, "no address was given");
	if (at < 0)
		return err_set(
		    e, ERR_INPUT, "an address has an \"@\" in the middle");
	if (check_local(str_sub(s, 0, (size_t)at), e) != 0)
		return -1;
	buf_str(to, str_sub(s, 0, (size_t)at + 1));
	if (put_domain(to, str_sub(s, (size_t)at + 1, s.n), e) != 0 ||
	    buf_ok(to, "the address", e) != 0) {
		buf_cut(to, began);
		return -1;
	}
	if (to->len - began > MAILBOX_MAX) {
		buf_cut(to, began);
		return err_set(e, ERR_INPUT,
		    "an address has at most %d characters", MAILBOX_MAX);
	}
	return 0;
}

struct str
mailbox_local(struct str address)
{
	ptrdiff_t at = str_rchr(address, '@');

	return str_sub(address, 0, at < 0 ? address.n : (size_t)at);
}

struct str
mailbox_domain(struct str address)
{
	ptrdiff_t at = str_rchr(address, '@');

	return str_sub(address, at < 0 ? address.n : (size_t)at + 1, address.n);
}

void
mailbox_key(struct buf *to, struct str address)
{
	for (size_t i = 0; i < address.n; i++) {
		char c = address.p[i];

		buf_putc(to, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
}

void
mailbox_mask(struct buf *to, struct str address)
{
	buf_str(to, str_sub(address, 0, 1));
	buf_puts(to, "\xe2\x80\xa6@");
	buf_str(to, mailbox_domain(address));
}

int
mailbox_parse(
    struct str *name, struct str *address, struct str text, struct err *e)
{
	struct str s = str_trim(text), label;
	ptrdiff_t open = str_rchr(s, '<');

	*name = (struct str){NULL, 0};
	*address = s;
	if (open >= 0) {
		if (s.p[s.n - 1] != '>')
			return err_set(e, ERR_INPUT,
			    "write it as: Name <address@example.org>");
		label = str_trim(str_sub(s, 0, (size_t)open));
		if (label.n >= 2 && label.p[0] == '"' &&
		    label.p[label.n - 1] == '"')
			label = str_sub(label, 1, label.n - 2);
		*name = label;
		*address = str_trim(
		    str_sub(s, (size_t)open + 1, s.n - (size_t)open - 2));
	}
	if (str_chr(*address, '@') < 0 || str_chr(*address, ' ') >= 0 ||
	    str_has_control(text) || str_chr(text, '\n') >= 0)
		return err_set(
		    e, ERR_INPUT, "write it as: Name <address@example.org>");
	return 0;
}
