#include "base/conf.h"

#include "tests/t.h"

#include "base/buf.h"

#include <string.h>
#include <unistd.h>

#define FILE_NAME "etc/c.yaml"

static const char whole[] =
    "host: Capsule.Example.ORG\n"
    "aliases: [www.example.org, 192.0.2.7, 2001:DB8:0::1]\n"
    "title: dtrace.conf\n"
    "lang: en-US\n"
    "pages: pages\n"
    "state: /var/lib/capsule\n"
    "certificate: cert.pem\n"
    "key: /etc/key.pem\n"
    "favicon: \xf0\x9f\x90\xa7\n"
    "security: mailto:security@example.org\n"
    "gemini: {listen: ['[::]:1965', '0.0.0.0:1965', ':0'], port: 11965}\n"
    "gopher: {listen: '[::1]:7070'}\n"
    "workers: 3\n"
    "user: _capsule\n"
    "watch: true\n"
    "proxies: [10.0.0.0/8, '2001:db8::1']\n"
    "organizers:\n"
    "  - 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\n"
    "  - 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:"
    "66:77:88:99:AA:BB:CC:DD:EE:FE\n"
    "log: {file: requests.log, format: json, addresses: none}\n"
    "limits: {connections: 500, requests_per_second: 0, reply_time: 2h,\n"
    "  page_size: 64k}\n"
    "mail:\n"
    "  from: \"dtrace.conf <announce@example.org>\"\n"
    "  relay: smtp+starttls://relay.example.org:587\n"
    "  user: announce\n"
    "  password_file: password\n"
    "  ca_file: ca.pem\n"
    "  bounces: bounces@b.example.org\n"
    "  dkim: {selector: s2028, key: dkim.pem}\n"
    "  sessions: 8\n"
    "  per_second: 20\n"
    "  per_day: 5000\n"
    "  per_domain: 60\n"
    "  give_up: 2d\n"
    "  keep_addresses: 10\n"
    "  lists:\n"
    "    announce: {title: Conference announcements}\n"
    "    stream:\n";

static void
eq(struct str got, const char *want, const char *what)
{
	T_EQ_STR(got, str_of(want), "%s", what);
	T_OK(got.p == NULL || got.p[got.n] == '\0', "%s: ends in a NUL", what);
}

static void
reads_the_site(const struct conf_site *site)
{
	eq(site->host, "capsule.example.org", "host, in lower case");
	T_EQ_INT((int64_t)site->alias_count, 3, "aliases");
	eq(site->aliases[1], "192.0.2.7", "IPv4 alias");
	eq(site->aliases[2], "2001:db8::1", "IPv6 alias, shortest form");
	eq(site->title, "dtrace.conf", "title");
	eq(site->lang, "en-US", "lang");
	eq(site->pages, "etc/pages", "pages, from the file's directory");
	eq(site->certificate, "etc/cert.pem", "certificate");
	eq(site->key, "/etc/key.pem", "an absolute path stays");
	eq(site->favicon, "\xf0\x9f\x90\xa7", "favicon");
	eq(site->security, "mailto:security@example.org", "security");
}

static void
reads_the_server(const struct conf *conf)
{
	eq(conf->file, FILE_NAME, "file");
	eq(conf->state, "/var/lib/capsule", "state");
	T_EQ_INT((int64_t)conf->gemini_count, 3, "gemini");
	eq(conf->gemini[0].text, "[::]:1965", "listen, as written");
	eq(conf->gemini[0].host, "::", "listen, IPv6 host");
	T_EQ_INT(conf->gemini[0].port, 1965, "listen, port");
	eq(conf->gemini[1].host, "0.0.0.0", "listen, IPv4 host");
	eq(conf->gemini[2].host, "::", "listen, all addresses");
	T_EQ_INT(conf->gemini[2].port, 0, "listen, a port of the system's");
	T_EQ_INT(conf->gemini_port, 11965, "gemini port, as said");
	T_EQ_INT((int64_t)conf->gopher_count, 1, "gopher");
	T_EQ_INT(conf->gopher_port, 7070, "gopher port, the first's");
	T_EQ_INT(conf->workers, 3, "workers");
	eq(conf->user, "_capsule", "user");
	T_OK(conf->watch, "watch");
	T_EQ_INT((int64_t)conf->proxy_count, 2, "proxies");
	eq(conf->proxies[0], "10.0.0.0/8", "proxy");
	T_EQ_INT((int64_t)conf->organizer_count, 2, "organizers");
	eq(conf->organizers[0],
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	    "fingerprint");
	eq(conf->organizers[1],
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefe",
	    "fingerprint with colons");
	eq(conf->log.file, "etc/requests.log", "log file");
	T_OK(conf->log.json, "log format");
	T_OK(conf->log.addresses == ADDRESSES_NONE, "log addresses");
	T_EQ_INT(conf->limits.connections, 500, "a limit");
	T_EQ_INT(conf->limits.requests_per_second, 0, "no limit");
	T_EQ_INT(conf->limits.reply_time, 7200, "a time");
	T_EQ_INT(conf->limits.page_size, 65536, "a size");
	T_EQ_INT(conf->limits.request_time, 10, "a default among them");
}

static void
reads_the_mail(const struct conf_mail *mail)
{
	T_OK(mail->present, "mail");
	eq(mail->from, "dtrace.conf <announce@example.org>", "from");
	eq(mail->relay, "smtp+starttls://relay.example.org:587", "relay");
	eq(mail->user, "announce", "mail user");
	eq(mail->password_file, "etc/password", "password file");
	eq(mail->ca_file, "etc/ca.pem", "ca file");
	eq(mail->bounces, "bounces@b.example.org", "bounces");
	eq(mail->dkim_domain, "example.org", "DKIM domain, the sender's");
	eq(mail->dkim_selector, "s2028", "DKIM selector");
	eq(mail->dkim_key, "etc/dkim.pem", "DKIM key");
	T_EQ_INT(mail->sessions, 8, "sessions");
	T_EQ_INT(mail->per_second, 20, "per second");
	T_EQ_INT(mail->per_day, 5000, "per day");
	T_EQ_INT(mail->per_domain, 60, "per domain");
	T_EQ_INT(mail->give_up, 2 * 86400, "give up");
	T_EQ_INT(mail->keep_addresses, 10, "keep addresses");
	T_EQ_INT((int64_t)mail->list_count, 2, "lists");
	eq(mail->lists[0].name, "announce", "list's name");
	eq(mail->lists[0].title, "Conference announcements", "list's title");
	eq(mail->lists[1].title, "stream", "a list without a title");
	T_EQ_INT(mail->lists[1].line, 39, "list's line");
}

static void
reads_every_key(void)
{
	struct str text = t_guard(str_of(whole));
	struct err e = ERR_INIT;
	struct conf conf;
	bool ok;

	ok = conf_parse(&conf, FILE_NAME, text, &e) == 0;
	t_guard_free(text);
	if (!T_OK(ok, "parses %s", e.msg))
		return;
	T_EQ_INT((int64_t)conf.site_count, 1, "one site");
	reads_the_site(&conf.sites[0]);
	reads_the_server(&conf);
	reads_the_mail(&conf.mail);
	conf_release(&conf);
}

static void
has_defaults(void)
{
	struct err e = ERR_INIT;
	struct conf conf;

	if (!T_OK(
		conf_parse(&conf, "c.yaml", STR("host: a.example\n"), &e) == 0,
		"a host is enough %s", e.msg))
		return;
	eq(conf.sites[0].title, "a.example", "title");
	eq(conf.sites[0].lang, "en", "lang");
	eq(conf.sites[0].pages, "content/pages", "pages");
	T_EQ_INT((int64_t)conf.sites[0].certificate.n, 0, "certificate");
	eq(conf.state, "state", "state");
	T_EQ_INT((int64_t)conf.gemini_count, 1, "gemini");
	eq(conf.gemini[0].text, "[::]:1965", "listens on all addresses");
	T_EQ_INT(conf.gemini_port, 1965, "gemini port");
	T_EQ_INT((int64_t)conf.gopher_count, 0, "no Gopher");
	T_EQ_INT(conf.gopher_port, 0, "no Gopher port");
	T_EQ_INT(conf.workers, 0, "one worker a core");
	T_OK(!conf.watch && !conf.log.json && !conf.mail.present, "the rest");
	T_OK(conf.log.addresses == ADDRESSES_SHORT, "addresses are cut");
	conf_release(&conf);
}

static void
has_defaults_for_mail(void)
{
	struct err e = ERR_INIT;
	struct conf conf;

	if (!T_OK(conf_parse(&conf, "c.yaml",
		      STR("host: a.example\ntitle: News\n"
			  "mail: {from: a@b.example}\n"),
		      &e) == 0,
		"a sender is enough %s", e.msg))
		return;
	eq(conf.mail.relay, "smtp://127.0.0.1:25", "relay");
	eq(conf.mail.bounces, "a@b.example", "bounces");
	T_EQ_INT((int64_t)conf.mail.dkim_domain.n, 0, "no DKIM");
	T_EQ_INT((int64_t)conf.mail.list_count, 1, "one list");
	eq(conf.mail.lists[0].name, "announce", "its name");
	eq(conf.mail.lists[0].title, "News", "its title");
	T_EQ_INT(conf.mail.give_up, 5 * 86400, "five days");
	conf_release(&conf);
}

static void
reads_several_sites(void)
{
	struct err e = ERR_INIT;
	struct conf conf;

	if (!T_OK(conf_parse(&conf, "/srv/c.yaml",
		      STR("title: Both\nlang: fr\nsites:\n"
			  "  - host: a.example\n    aliases: b.example\n"
			  "  - host: c.example\n    title: Other\n"
			  "    pages: c\n"),
		      &e) == 0,
		"two sites %s", e.msg))
		return;
	T_EQ_INT((int64_t)conf.site_count, 2, "two");
	eq(conf.sites[0].title, "Both", "the title of all");
	eq(conf.sites[1].title, "Other", "a title of its own");
	eq(conf.sites[1].lang, "fr", "the language of all");
	eq(conf.sites[0].aliases[0], "b.example", "a single alias");
	eq(conf.sites[1].pages, "/srv/c", "pages of its own");
	T_EQ_INT(conf.sites[1].line, 6, "the second's line");
	conf_release(&conf);
}

/* Below "host: a.example" on line 1, unless the entry has its own host. */
static const struct {
	const char *why, *text, *want;
} faults[] = {
    {"the misspelling of the manual", "gemni: {}\n",
	"c.yaml:2: unknown key \"gemni\" (did you mean \"gemini\"?)"},
    {"an unknown limit", "limits:\n  conections: 5\n",
	"c.yaml:3: unknown key \"conections\" (did you mean "
	"\"connections\"?)"},
    {"broken YAML", "title: a: b\n",
	"c.yaml:2: a colon cannot stand here; indent the line like its "
	"neighbours, or put quotes around a text that has a colon in it"},
    {"an address with a blank", "security: mailto:a b\n",
	"c.yaml:2: \"security\": \"mailto:a b\" is no address to write to; "
	"write mailto:security@example.org or https://..."},
    {"an address without a scheme", "security: a@example.org\n",
	"c.yaml:2: \"security\": \"a@example.org\" is no address to write "
	"to; write mailto:security@example.org or https://..."},
    {"a favicon of letters", "favicon: ab\n",
	"c.yaml:2: \"favicon\": \"ab\" is no favicon; write one emoji"},
    {"a host twice", "aliases:\n- b.example\n- A.example\n",
	"c.yaml:4: the host \"a.example\" stands here again; it is already "
	"on line 1"},
    {"a certificate without its key", "certificate: a.pem\n",
	"c.yaml:2: \"certificate\" and \"key\" go together; name both, or "
	"neither and one is made"},
    {"a name to listen on", "gemini: {listen: 'localhost:1965'}\n",
	"c.yaml:2: \"listen\": \"localhost:1965\" is no address to listen "
	"on; write [::]:1965, 0.0.0.0:1965 or :1965"},
    {"the second of two to listen on",
	"gemini:\n  listen:\n  - :1965\n  - ':x'\n",
	"c.yaml:5: \"listen\": \":x\" is no address to listen on; write "
	"[::]:1965, 0.0.0.0:1965 or :1965"},
    {"one address for two",
	"gemini: {listen: ':70'}\ngopher: {listen: '[::]:70'}\n",
	"c.yaml:3: \"listen\": [::]:70 is listened on already"},
    {"nothing to listen on", "gemini: {listen: []}\n",
	"c.yaml:2: \"listen\" takes 1 to 64 addresses"},
    {"a port that is none", "gemini: {port: 0}\n",
	"c.yaml:2: \"port\" takes a number from 1 to 65535, not \"0\""},
    {"a number that is none", "workers: many\n",
	"c.yaml:2: \"workers\" takes a number from 0 to 1024, not \"many\""},
    {"a network too wide", "proxies: [10.0.0.0/8, 10.0.0.0/33]\n",
	"c.yaml:2: \"proxies\": \"10.0.0.0/33\" is no address or network; "
	"write 192.0.2.1 or 10.0.0.0/8"},
    {"a fingerprint too short", "organizers: [00aa]\n",
	"c.yaml:2: \"organizers\": \"00aa\" is no fingerprint; write the "
	"SHA-256 of the certificate, 64 hexadecimal digits"},
    {"a format that is none", "log: {format: xml}\n",
	"c.yaml:2: \"format\" takes text or json, not \"xml\""},
    {"an empty path", "pages: ''\n",
	"c.yaml:2: \"pages\" takes a path, and is empty"},
    {"mail without a sender", "mail:\n  relay: maildir:out\n",
	"c.yaml:2: \"mail\" needs a \"from\", such as \"Name "
	"<announce@example.org>\""},
    {"a sender without a domain", "mail: {from: announce}\n",
	"c.yaml:2: \"from\": \"announce\" is no sender; write Name "
	"<name@example.org>, a domain of other letters as xn--..."},
    {"a user without a password", "mail: {from: a@b.c, user: x}\n",
	"c.yaml:2: \"user\" and \"password_file\" go together; the relay "
	"asks for both or neither"},
    {"mail in clear to another machine",
	"mail:\n  from: a@b.c\n  relay: smtp://mx.example.org\n",
	"c.yaml:4: \"relay\": mail goes in clear to this machine only; write "
	"smtp+starttls://HOST:587 for another"},
    {"half a DKIM key", "mail: {from: a@b.c, dkim: {selector: x}}\n",
	"c.yaml:2: \"dkim\" needs a \"selector\" and a \"key\"; `announce "
	"dkim-key` makes one"},
    {"a list with a blank", "mail:\n  from: a@b.c\n  lists: {a b: {}}\n",
	"c.yaml:4: \"lists\": \"a b\" is no name; write small letters, "
	"digits and hyphens, at most 40"},
    {"no lists", "mail: {from: a@b.c, lists: {}}\n",
	"c.yaml:2: \"lists\" takes a map of lists, such as {announce: "
	"{title: News}}, not a map"},
};

static void
refuse(const char *why, struct str text, const char *want)
{
	struct err e = ERR_INIT;
	struct conf conf;

	if (!T_OK(conf_parse(&conf, "c.yaml", text, &e) == -1, "%s: refused",
		why))
		conf_release(&conf);
	T_EQ_STR(str_of(e.msg), str_of(want), "%s", why);
}

static void
refuses_with_file_and_line(void)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct buf text;

		buf_init(&text, 4096);
		buf_printf(&text, "host: a.example\n%s", faults[i].text);
		refuse(faults[i].why, buf_slice(&text), faults[i].want);
		buf_release(&text);
	}
	refuse("no host", STR("\ntitle: a\n"),
	    "c.yaml:2: \"host\" is missing; write the name that visitors "
	    "type, such as \"host: capsule.example.org\"");
	refuse("nothing", STR(""),
	    "c.yaml:1: \"host\" is missing; write the name that visitors "
	    "type, such as \"host: capsule.example.org\"");
	refuse("a site without a host",
	    STR("sites:\n- host: a.b\n- title: c\n"),
	    "c.yaml:3: \"host\" is missing; write the name that visitors "
	    "type, such as \"host: capsule.example.org\"");
	refuse("a host above the sites",
	    STR("host: a.b\nsites:\n- host: c.d\n"),
	    "c.yaml:1: \"host\" belongs to one of \"sites\"; move it there");
	refuse("two sites of one host",
	    STR("sites:\n- host: a.b\n- host: c.d\n  aliases: [A.B]\n"),
	    "c.yaml:4: the host \"a.b\" stands here again; it is already on "
	    "line 2");
	refuse("no sites", STR("sites: []\n"),
	    "c.yaml:1: \"sites\" has none; write at least one \"- host: "
	    "...\"");
}

/* A key and its values, each tried below a host. */
static const struct {
	const char *format; /* with one %s */
	const char *good[12], *bad[20];
} values[] = {
    {"aliases: ['%s']\n",
	{"localhost", "a-b.example", "1.example", "xn--caf-dma.example",
	    "127.0.0.1", "::1"},
	{"-a.example", "a-.example", "a..b", "a.example.", ".a", "a b",
	    "a_b.example", "caf\xc3\xa9.example", "a.example:1965", "[::1]",
	    "256.1.1.1", "a/b", "*.example", "1.2.3",
	    "x123456789012345678901234567890123456789012345678901234567890123"
	    ".example"}},
    {"gemini: {listen: '%s'}\n",
	{"[::]:1965", "0.0.0.0:1965", "127.0.0.1:0", "[::1]:7070", ":1965"},
	{"1965", "::1:1965", "[::1]", "[127.0.0.1]:1", "127.0.0.1",
	    "127.0.0.1:", "127.0.0.1:65536", "a:1", "[::1]1965", "[:1", "]:1",
	    "[:1965", "127.0.0.1:-1", "*:1965"}},
    {"mail: {from: a@b.c, relay: '%s'}\n",
	{"smtp://127.0.0.1", "smtp://127.0.0.1:25", "smtp://[::1]:2525",
	    "smtp://localhost:25", "smtp+starttls://mx.example.org",
	    "smtp+starttls://mx.example.org:587", "maildir:/tmp/x",
	    "maildir:x"},
	{"smtp://mx.example.org:25", "smtp://192.0.2.1", "smtps://a.b",
	    "smtp+starttls://a.b:465", "mx.example.org", "maildir:", "smtp://",
	    "smtp://user:x@localhost", "smtp://localhost/",
	    "smtp://localhost:0", "smtp://localhost:x", "smtp+starttls://a_b",
	    "http://a.b", "smtp://127.evil.example"}},
    {"mail: {from: '%s'}\n",
	{"a@b.example", "dtrace.conf <a@b.example>", "<a@b.example>",
	    "Caf\xc3\xa9 <a.b+c@localhost>", "\"A, B\" <a@b.example>"},
	{"", "a", "a@", "@b", "A <a@b", "a b@c.d", "A <a@b.c> B",
	    "A <x> <a@b.c>", "a..b@c.d", ".a@c.d", "\xc3\xa9@c.d", "a@c d",
	    "a@\xc3\xa9.example", "A <>", "a@b@c.d"}},
    {"organizers: ['%s']\n", {NULL},
	{"", "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0",
	    ":"}},
    {"favicon: '%s'\n",
	{"\xf0\x9f\x90\xa7", "\xe2\x9d\xa4\xef\xb8\x8f",
	    "1\xef\xb8\x8f\xe2\x83\xa3"},
	{"", "a", "\xf0\x9f\x90\xa7x"}},
    {"user: '%s'\n", {"capsule", "_capsule", "www-data", "1000"},
	{"", "Root", "a b", "-a", "a/b"}},
};

static void
try_value(const char *format, const char *value, bool is_good)
{
	struct str rest = str_of(format), before;
	struct err e = ERR_INIT;
	struct conf conf;
	struct buf text;
	bool ok;

	buf_init(&text, 4096);
	str_next(&rest, '%', &before);
	buf_printf(&text, "host: a.example\n%.*s%s%s", STR_ARG(before), value,
	    rest.p + 1);
	ok = conf_parse(&conf, "c.yaml", buf_slice(&text), &e) == 0;
	if (ok)
		conf_release(&conf);
	T_OK(ok == is_good, "%s \"%s\" %s", is_good ? "takes" : "refuses",
	    value, e.msg);
	T_OK(ok || str_starts(str_of(e.msg), STR("c.yaml:2: \"")),
	    "with file, line and key");
	buf_release(&text);
}

static void
checks_values(void)
{
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		for (size_t j = 0; j < 12 && values[i].good[j]; j++)
			try_value(values[i].format, values[i].good[j], true);
		for (size_t j = 0; j < 20 && values[i].bad[j]; j++)
			try_value(values[i].format, values[i].bad[j], false);
	}
}

static void
survives_truncation(void)
{
	for (size_t n = 0; n < sizeof whole; n++) {
		struct str text = t_guard((struct str){whole, n});
		struct err e = ERR_INIT;
		struct conf conf;
		bool ok;

		ok = conf_parse(&conf, "c.yaml", text, &e) == 0;
		T_OK(ok || str_starts(str_of(e.msg), STR("c.yaml:")),
		    "cut after %zu: %s", n, e.msg);
		if (ok)
			conf_release(&conf);
		t_guard_free(text);
	}
}

static void
loads_files(void)
{
	const char *path = t_file("conf/c.yaml", STR("host: a.example\n"));
	struct err e = ERR_INIT;
	struct conf conf;
	struct buf want;

	buf_init(&want, 4096);
	buf_printf(&want, "%s/conf/content/pages", t_tmpdir());
	if (T_OK(conf_load(&conf, path, &e) == 0, "loads %s", e.msg)) {
		T_EQ_STR(conf.sites[0].pages, buf_slice(&want),
		    "paths are meant from the file's directory");
		conf_release(&conf);
	}
	T_OK(conf_load(&conf, "/nonexistent/c.yaml", &e) == -1 &&
		strstr(e.msg, "/nonexistent/c.yaml") != NULL,
	    "one that is not there: %s", e.msg);
	buf_release(&want);
}

static void
refuses_a_large_file(void)
{
	struct err e = ERR_INIT;
	struct conf conf;
	struct buf text;

	buf_init(&text, 2 << 20);
	buf_puts(&text, "host: a.example\n#");
	buf_fill(&text, '-', 1 << 20);
	T_OK(conf_load(&conf, t_file("large.yaml", buf_slice(&text)), &e) ==
		    -1 &&
		e.kind == ERR_LIMIT,
	    "over 1 MiB: %s", e.msg);
	buf_release(&text);
}

/* Where nothing is named, the file in the working directory is taken. */
static void
finds_the_file_here(void)
{
	struct err e = ERR_INIT;
	struct conf conf;

	t_file("here/capsule.yaml", STR("host: here.example\n"));
	if (!T_OK(chdir(t_tmpdir()) == 0 && chdir("here") == 0, "goes there"))
		return;
	if (T_OK(conf_load(&conf, NULL, &e) == 0, "finds it %s", e.msg)) {
		eq(conf.sites[0].host, "here.example", "and reads it");
		eq(conf.state, "state", "paths stay as they are");
		conf_release(&conf);
	}
	T_OK(chdir("/") == 0, "leaves");
}

int
main(void)
{
	T_RUN(reads_every_key);
	T_RUN(has_defaults);
	T_RUN(has_defaults_for_mail);
	T_RUN(reads_several_sites);
	T_RUN(refuses_with_file_and_line);
	T_RUN(checks_values);
	T_RUN(survives_truncation);
	T_RUN(loads_files);
	T_RUN(refuses_a_large_file);
	T_RUN(finds_the_file_here);
	return t_done();
}
