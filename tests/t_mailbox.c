#include "mail/mailbox.h"
#include "tests/t.h"

static void
brings_addresses_to_one_form(void)
{
	static const struct {
		const char *why, *typed, *want; /* NULL: refused */
	} table[] = {
	    {"as it is", "me@example.org", "me@example.org"},
	    {"the domain's case", "Me@Example.ORG", "Me@example.org"},
	    {"white space around", "  me@example.org\r\n", "me@example.org"},
	    {"angle brackets", "<me@example.org>", "me@example.org"},
	    {"a mailto link", "mailto:me@example.org", "me@example.org"},
	    {"a tag", "me+tag@example.org", "me+tag@example.org"},
	    {"IDN to A-labels", "me@bücher.example",
		"me@xn--bcher-kva.example"},
	    {"IDN in capitals", "me@BÜCHER.example",
		"me@xn--bcher-kva.example"},
	    {"nothing", "", NULL},
	    {"no @", "example.org", NULL},
	    {"no local part", "@example.org", NULL},
	    {"no domain", "me@", NULL},
	    {"no dot in the domain", "me@localhost", NULL},
	    {"an empty label", "me@example..org", NULL},
	    {"a final dot", "me@example.org.", NULL},
	    {"a leading hyphen", "me@-example.org", NULL},
	    {"an IP address", "me@192.0.2.1", NULL},
	    {"an IP literal", "me@[192.0.2.1]", NULL},
	    {"two dots", "a..b@example.org", NULL},
	    {"a dot at the end", "a.@example.org", NULL},
	    {"a space", "a b@example.org", NULL},
	    {"two addresses", "a@example.org,b@example.org", NULL},
	    {"CRLF injected", "a@example.org\r\nRCPT TO:<b@x.org>", NULL},
	    {"a quoted local part", "\"a b\"@example.org", NULL},
	    {"letters outside ASCII before the @", "bücher@example.org", NULL},
	    {"not UTF-8", "me@ex\xff.org", NULL},
	};
	struct buf got;

	buf_init(&got, 1024);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err e = ERR_INIT;
		struct str in = t_guard(str_of(table[i].typed));
		int code;

		buf_clear(&got);
		code = mailbox_normalise(&got, in, &e);
		if (table[i].want == NULL)
			T_OK(code == -1 && e.msg[0] != '\0' && got.len == 0,
			    "refused: %s", table[i].why);
		else
			T_EQ_STR(buf_slice(&got), str_of(table[i].want), "%s",
			    table[i].why);
		t_guard_free(in);
	}
	buf_release(&got);
}

static void
says_what_is_wrong(void)
{
	static const struct {
		const char *typed, *says;
	} table[] = {
	    {"Ann <ann@example.org>", "only the address, without a name"},
	    {"a b@example.org", "no space can be in an address"},
	    {"\"a\"@example.org", "no \" can be in an address"},
	    {"a,b@example.org", "no , can be in an address"},
	    {"a@example.org, b@example.org", "only one address, please"},
	};
	struct buf got;

	buf_init(&got, 1024);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err e = ERR_INIT;

		mailbox_normalise(&got, str_of(table[i].typed), &e);
		T_EQ_STR(
		    str_of(e.msg), str_of(table[i].says), "%s", table[i].typed);
	}
	buf_release(&got);
}

static void
knows_its_limits(void)
{
	struct err e = ERR_INIT;
	struct buf typed, got;

	buf_init(&typed, 2048);
	buf_init(&got, 2048);
	buf_fill(&typed, 'a', 64);
	buf_puts(&typed, "@example.org");
	T_EQ_INT(mailbox_normalise(&got, buf_slice(&typed), &e), 0,
	    "64 characters before the @");
	buf_clear(&typed);
	buf_fill(&typed, 'a', 65);
	buf_puts(&typed, "@example.org");
	T_EQ_INT(mailbox_normalise(&got, buf_slice(&typed), &e), -1,
	    "65 are too many");
	buf_clear(&typed);
	buf_puts(&typed, "me@");
	for (int i = 0; i < 5; i++) {
		buf_fill(&typed, 'b', 50);
		buf_putc(&typed, '.');
	}
	buf_puts(&typed, "org");
	err_clear(&e);
	T_EQ_INT(mailbox_normalise(&got, buf_slice(&typed), &e), -1,
	    "over 254 in all: %s", e.msg);
	buf_release(&typed);
	buf_release(&got);
}

static void
takes_mailboxes_apart(void)
{
	static const struct {
		const char *text, *name, *address; /* NULL: refused */
	} table[] = {
	    {"a@example.org", "", "a@example.org"},
	    {"The Conf <a@example.org>", "The Conf", "a@example.org"},
	    {"\"Conf, the\" <a@example.org>", "Conf, the", "a@example.org"},
	    {"<a@example.org>", "", "a@example.org"},
	    {"The Conf", NULL, NULL},
	    {"The Conf <a@example.org", NULL, NULL},
	    {"a@example.org b@example.org", NULL, NULL},
	    {"A\nBcc: x@example.org <a@example.org>", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err e = ERR_INIT;
		struct str name, address;
		int code =
		    mailbox_parse(&name, &address, str_of(table[i].text), &e);

		T_EQ_INT(
		    code, table[i].name != NULL ? 0 : -1, "%s", table[i].text);
		if (code != 0 || table[i].name == NULL)
			continue;
		T_EQ_STR(name, str_of(table[i].name), "its name");
		T_EQ_STR(address, str_of(table[i].address), "its address");
	}
}

static void
hides_and_keys(void)
{
	struct buf b;

	buf_init(&b, 256);
	mailbox_mask(&b, STR("someone@example.org"));
	T_EQ_STR(buf_slice(&b), STR("s\xe2\x80\xa6@example.org"), "masked");
	buf_clear(&b);
	mailbox_key(&b, STR("Some.One@example.org"));
	T_EQ_STR(buf_slice(&b), STR("some.one@example.org"), "its key");
	buf_release(&b);
}

int
main(void)
{
	T_RUN(brings_addresses_to_one_form);
	T_RUN(says_what_is_wrong);
	T_RUN(knows_its_limits);
	T_RUN(takes_mailboxes_apart);
	T_RUN(hides_and_keys);
	return t_done();
}
