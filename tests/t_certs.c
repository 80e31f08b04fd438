#include "base/clock.h"
#include "base/file.h"
#include "certs/certs.h"
#include "tests/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NOW 1700000000 /* 2023-11-14T22:13:20Z */
#define DAY 86400
#define HOST STR("capsule.example.org")

static const struct str aliases[] = {
    STR("www.example.org"), STR("192.0.2.7"), STR("CAPSULE.example.org")};

/* A path in the temporary folder; each test has its own names. */
static const char *
path_of(const char *name)
{
	static char paths[8][512];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", t_tmpdir(), name);
	return path;
}

/* Runs a command in the temporary folder; what it says is kept in said. */
static bool
run(const char *command)
{
	char line[2048];

	snprintf(line, sizeof line, "cd '%s' && { %s; } >said 2>&1", t_tmpdir(),
	    command);
	return system(line) == 0;
}

static void
read_into(struct buf *to, const char *path)
{
	buf_init(to, 1 << 20);
	T_OK(file_read(to, AT_FDCWD, path, NULL) == 0, "%s is there", path);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static bool
ensure(const char *certificate, const char *key, struct err *e)
{
	return certs_ensure(certificate, key, HOST, aliases, COUNT(aliases),
		   NULL, e) == 0;
}

static void
makes_once(void)
{
	const char *crt = path_of("once.crt"), *key = path_of("once.key");
	struct err e = ERR_INIT;
	struct buf first, second;
	bool made = false;

	T_OK(certs_ensure(crt, key, HOST, NULL, 0, &made, &e) == 0 && made,
	    "a pair is made: %s", e.msg);
	T_EQ_INT(mode_of(key), 0600, "the key is its owner's");
	read_into(&first, crt);
	T_OK(
	    certs_ensure(crt, key, STR("other.org"), NULL, 0, &made, &e) == 0 &&
		!made,
	    "one that is there stays, also for another host");
	read_into(&second, crt);
	T_EQ_STR(buf_slice(&second), buf_slice(&first), "not a byte changed");
	buf_release(&first);
	buf_release(&second);
}

static void
finishes_what_a_crash_left(void)
{
	const char *crt = path_of("half.crt"), *key = path_of("half.key");
	struct err e = ERR_INIT;
	struct certs_pair pair;
	struct buf before, after;

	T_OK(ensure(crt, key, &e), "a pair: %s", e.msg);
	read_into(&before, key);
	unlink(crt);
	T_OK(ensure(crt, key, &e), "a key alone gets a certificate: %s", e.msg);
	read_into(&after, key);
	T_EQ_STR(buf_slice(&after), buf_slice(&before), "of the same key");
	T_OK(certs_load(&pair, crt, key, &e) == 0, "that fits: %s", e.msg);
	certs_pair_release(&pair);

	unlink(key);
	T_OK(!ensure(crt, key, &e) && e.kind == ERR_MISSING,
	    "a certificate alone is an error: %s", e.msg);
	T_OK(strstr(e.msg, key) != NULL && access(key, F_OK) != 0,
	    "that names the key and makes none");
	buf_release(&before);
	buf_release(&after);
}

static void
says_what_it_is(void)
{
	static const char *const names[] = {
	    "capsule.example.org", "www.example.org", "192.0.2.7"};
	const char *crt = path_of("what.crt"), *key = path_of("what.key");
	struct err e = ERR_INIT;
	struct certs_pair pair;
	struct buf said, print;

	clock_set(NOW);
	T_OK(ensure(crt, key, &e), "made");
	if (!T_OK(certs_load(&pair, crt, key, &e) == 0, "loaded: %s", e.msg))
		return;
	T_EQ_STR(pair.info.subject, HOST, "subject");
	T_EQ_STR(pair.info.key_type, STR("EC P-256"), "type of key");
	T_EQ_INT(pair.info.not_before, NOW - DAY, "from a day ago");
	T_EQ_INT(
	    pair.info.not_after, NOW + (int64_t)18262 * DAY, "for 50 years");
	T_OK(pair.info.is_self_signed, "self-signed");
	T_EQ_INT((int64_t)pair.info.name_count, 3, "each name once");
	for (size_t i = 0; i < COUNT(names) && i < pair.info.name_count; i++)
		T_EQ_STR(pair.info.names[i], str_of(names[i]), "a name");
	T_OK(strstr(pair.key.data, "BEGIN PRIVATE KEY") != NULL &&
		strstr(pair.chain.data, "BEGIN CERTIFICATE") != NULL,
	    "both as PEM");

	buf_init(&print, 256);
	T_OK(run("openssl x509 -in what.crt -noout -fingerprint -sha256"),
	    "openssl reads it");
	read_into(&said, path_of("said"));
	certs_fingerprint(&print, pair.info.hash);
	T_OK(str_find(buf_slice(&said), buf_slice(&print)) >= 0,
	    "openssl sees the same certificate");
	buf_release(&said);
	T_OK(run("openssl pkey -in what.key -pubout -outform DER |"
		 " openssl dgst -sha256 -c | tr a-f A-F"),
	    "openssl reads the key");
	read_into(&said, path_of("said"));
	buf_clear(&print);
	certs_fingerprint(&print, pair.info.key_hash);
	T_OK(str_find(buf_slice(&said), buf_slice(&print)) >= 0,
	    "and the same key");
	buf_release(&said);
	buf_release(&print);
	certs_pair_release(&pair);
}

/* Clients are stricter than each other: the strictest check of the library,
 * and what RFC 5280 wants of each field. */
static void
satisfies_strict_clients(void)
{
	static const struct {
		const char *why, *text;
	} wanted[] = {
	    {"version 3", "Version: 3"},
	    {"ECDSA with SHA-256", "ecdsa-with-SHA256"},
	    {"on P-256", "NIST CURVE: P-256"},
	    {"no authority", "CA:FALSE"},
	    {"may sign a handshake", "Digital Signature"},
	    {"for servers", "TLS Web Server Authentication"},
	    {"all names",
		"DNS:capsule.example.org, DNS:www.example.org, "
		"IP Address:192.0.2.7"},
	};
	struct err e = ERR_INIT;
	struct buf said;

	clock_set(NOW);
	T_OK(ensure(path_of("strict.crt"), path_of("strict.key"), &e), "made");
	T_OK(run("openssl verify -x509_strict -check_ss_sig -purpose sslserver"
		 " -attime 1700000001 -CAfile strict.crt"
		 " -verify_hostname www.example.org strict.crt"),
	    "verifies against itself");
	T_OK(run("openssl verify -x509_strict -attime 1700000001"
		 " -CAfile strict.crt -verify_ip 192.0.2.7 strict.crt"),
	    "and for its address");
	T_OK(!run("openssl verify -attime 1700000001 -CAfile strict.crt"
		  " -verify_hostname other.example.org strict.crt"),
	    "and for no other host");
	T_OK(run("openssl x509 -in strict.crt -noout -text"), "is printed");
	read_into(&said, path_of("said"));
	for (size_t i = 0; i < COUNT(wanted); i++)
		T_OK(str_find(buf_slice(&said), str_of(wanted[i].text)) >= 0,
		    "%s", wanted[i].why);
	buf_release(&said);
	T_OK(run("openssl asn1parse -in strict.crt"), "is parsed");
	read_into(&said, path_of("said"));
	T_OK(str_find(buf_slice(&said), STR(":20731113221320Z")) >= 0 &&
		str_find(buf_slice(&said), STR("GENERALIZEDTIME")) >= 0,
	    "a year past 2049 is written with four digits");
	T_OK(run("openssl x509 -in strict.crt -noout -serial |"
		 " grep -qE '^serial=[89A-F][0-9A-F]{31}$'"),
	    "a serial number of 128 bits");
	buf_release(&said);
}

static void
knows_this_machine(void)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "::1"};
	const char *crt = path_of("local.crt"), *key = path_of("local.key");
	struct err e = ERR_INIT;
	struct certs_info info;

	T_OK(certs_ensure(crt, key, STR("localhost"), NULL, 0, NULL, &e) == 0 &&
		certs_info_load(&info, crt, &e) == 0,
	    "made out to localhost: %s", e.msg);
	T_EQ_INT((int64_t)info.name_count, 3, "a name and two addresses");
	for (size_t i = 0; i < COUNT(names) && i < info.name_count; i++)
		T_EQ_STR(info.names[i], str_of(names[i]), "%s", names[i]);
	T_OK(certs_has_name(&info, STR("0:0:0:0:0:0:0:1")),
	    "an address is known however it is written");
	certs_info_release(&info);
}

static void
takes_long_names_and_refuses_bad_ones(void)
{
	static const struct str long_host =
	    STR("a-label-that-is-forty-characters-long-or.so."
		"another-label-of-about-the-same-length.example.org");
	static const struct str bad[] = {STR(""), STR("a\nb"), STR("a\0b")};
	struct err e = ERR_INIT;
	struct certs_info info;

	T_OK(certs_ensure(path_of("long.crt"), path_of("long.key"), long_host,
		 NULL, 0, NULL, &e) == 0 &&
		certs_info_load(&info, path_of("long.crt"), &e) == 0,
	    "a host too long for a common name: %s", e.msg);
	T_OK(certs_has_name(&info, long_host), "is in the names");
	certs_info_release(&info);
	for (size_t i = 0; i < COUNT(bad); i++) {
		err_clear(&e);
		T_OK(certs_ensure(path_of("bad.crt"), path_of("bad.key"),
			 bad[i], NULL, 0, NULL, &e) == -1 &&
			e.kind == ERR_INPUT &&
			access(path_of("bad.crt"), F_OK) != 0,
		    "refused: %s", e.msg);
	}
	err_clear(&e);
	T_OK(certs_ensure(path_of("no/where.crt"), path_of("no/where.key"),
		 HOST, NULL, 0, NULL, &e) == -1 &&
		strstr(e.msg, "where") != NULL,
	    "a folder that is not there: %s", e.msg);
}

/* The pair "one", and things done to it by name. */
static void
refuses_what_is_wrong(void)
{
	static const struct {
		const char *why, *prepare, *certificate, *key;
		enum err_kind kind;
		const char *says; /* besides the name of the file */
		bool is_key; /* which of the two is named */
	} cases[] = {
	    {"no certificate", "true", "none.crt", "one.key", ERR_MISSING,
		"no such file", false},
	    {"no key", "true", "one.crt", "none.key", ERR_MISSING,
		"no such file", true},
	    {"a key of something else", "true", "one.crt", "two.key", ERR_INPUT,
		"does not fit", false},
	    {"a key that the group reads",
		"cp one.key group.key; chmod 640 group.key", "one.crt",
		"group.key", ERR_REFUSED, "chmod 600", true},
	    {"a key that all may write",
		"cp one.key all.key; chmod 602 all.key", "one.crt", "all.key",
		ERR_REFUSED, "chmod 600", true},
	    {"an encrypted key",
		"openssl pkey -in one.key -aes128 -passout pass:abcd"
		" -out secret.key; chmod 600 secret.key",
		"one.crt", "secret.key", ERR_REFUSED, "encrypted", true},
	    {"one encrypted in the old way",
		"openssl ec -in one.key -aes128 -passout pass:abcd"
		" -out old.key; chmod 600 old.key",
		"one.crt", "old.key", ERR_REFUSED, "encrypted", true},
	    {"a certificate for a key", "cp one.crt c.key; chmod 600 c.key",
		"one.crt", "c.key", ERR_INPUT, "no private key", true},
	    {"a key for a certificate", "cp one.key k.crt", "k.crt", "one.key",
		ERR_INPUT, "no certificate", false},
	    {"an empty certificate", ": >empty.crt", "empty.crt", "one.key",
		ERR_INPUT, "no certificate", false},
	    {"an empty key", ": >empty.key; chmod 600 empty.key", "one.crt",
		"empty.key", ERR_INPUT, "no private key", true},
	    {"DER", "openssl x509 -in one.crt -outform DER -out der.crt",
		"der.crt", "one.key", ERR_INPUT, "PEM", false},
	    {"half a certificate", "head -c 300 one.crt >half.crt", "half.crt",
		"one.key", ERR_INPUT, "no certificate", false},
	    {"a chain cut off",
		"{ cat one.crt; head -c 300 two.crt; }"
		" >chain.crt",
		"chain.crt", "one.key", ERR_INPUT, "chain", false},
	    {"a chain in the wrong order", "cat two.crt one.crt >order.crt",
		"order.crt", "one.key", ERR_INPUT, "first", false},
	    {"a folder", "mkdir d.crt", "d.crt", "one.key", ERR_REFUSED,
		"folder", false},
	    {"a FIFO", "mkfifo f.key; chmod 600 f.key", "one.crt", "f.key",
		ERR_REFUSED, "FIFO", true},
	};
	struct err e = ERR_INIT;

	clock_set(NOW);
	T_OK(ensure(path_of("one.crt"), path_of("one.key"), &e) &&
		ensure(path_of("two.crt"), path_of("two.key"), &e),
	    "two pairs: %s", e.msg);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct certs_pair pair;

		err_clear(&e);
		T_OK(run(cases[i].prepare), "%s: prepared", cases[i].why);
		T_OK(certs_load(&pair, path_of(cases[i].certificate),
			 path_of(cases[i].key), &e) == -1 &&
			e.kind == cases[i].kind,
		    "%s: %s", cases[i].why, e.msg);
		T_OK(strstr(e.msg, cases[i].says) != NULL &&
			strstr(e.msg,
			    cases[i].is_key ? cases[i].key
					    : cases[i].certificate) != NULL,
		    "%s: says so and names the file", cases[i].why);
	}
}

static void
tells_the_end_in_time(void)
{
	static const struct {
		const char *why;
		int64_t left;
		bool is_self_signed;
		const char *says;
	} cases[] = {
	    {"30 days", 30 * DAY, true, ""},
	    {"a second less", 30 * DAY - 1, true,
		"expires in 29 days; capsule cert renew keeps its key"},
	    {"from an authority", 2 * DAY - 1, false,
		"expires in 1 day; have it renewed"},
	    {"the last second", 0, false, "expires in 0 days; have it renewed"},
	    {"over", -1, true, "has expired; capsule cert renew keeps its key"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct certs_info info = {.not_after = NOW + cases[i].left,
		    .is_self_signed = cases[i].is_self_signed};
		struct buf said;

		buf_init(&said, 200);
		T_OK(certs_expires_soon(&said, &info, NOW) ==
			(cases[i].says[0] != '\0'),
		    "%s: soon?", cases[i].why);
		T_EQ_STR(buf_slice(&said), str_of(cases[i].says), "%s",
		    cases[i].why);
		buf_release(&said);
	}
}

static void
minds_the_dates(void)
{
	static const struct {
		const char *why;
		int64_t now;
		const char *says; /* NULL: it is good */
	} cases[] = {
	    {"two days before", NOW - 2 * DAY, "not valid before 2023-11-13T"},
	    {"a second too early", NOW - DAY - 1, "not valid before"},
	    {"the first second", NOW - DAY, NULL},
	    {"now", NOW, NULL},
	    {"in 2050", 2524608000, NULL},
	    {"the last second", NOW + (int64_t)18262 * DAY, NULL},
	    {"a second too late", NOW + (int64_t)18262 * DAY + 1,
		"expired on 2073-11-13T22:13:20Z"},
	};
	const char *crt = path_of("date.crt"), *key = path_of("date.key");
	struct err e = ERR_INIT;
	struct certs_info info;

	clock_set(NOW);
	T_OK(ensure(crt, key, &e), "made");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct certs_pair pair;
		int rc;

		err_clear(&e);
		clock_set(cases[i].now);
		rc = certs_load(&pair, crt, key, &e);
		if (rc == 0)
			certs_pair_release(&pair);
		if (cases[i].says == NULL)
			T_OK(rc == 0, "%s: good: %s", cases[i].why, e.msg);
		else
			T_OK(rc == -1 && e.kind == ERR_REFUSED &&
				strstr(e.msg, cases[i].says) != NULL &&
				strstr(e.msg, crt) != NULL,
			    "%s: %s", cases[i].why, e.msg);
	}
	T_OK(certs_info_load(&info, crt, &e) == 0,
	    "its facts can be read whatever the date");
	certs_info_release(&info);
	clock_set(NOW);
}

static void
renews_with_the_same_key(void)
{
	const char *crt = path_of("renew.crt"), *key = path_of("renew.key");
	struct certs_info before, after, now;
	struct err e = ERR_INIT;
	struct buf old_key, new_key;

	clock_set(NOW);
	T_OK(ensure(crt, key, &e), "made");
	read_into(&old_key, key);
	/* Renewing is what one does after it expired. */
	clock_set(NOW + (int64_t)60 * 366 * DAY);
	T_OK(certs_renew(&before, &after, crt, key, STR("new.example.org"),
		 NULL, 0, &e) == 0,
	    "renewed: %s", e.msg);
	read_into(&new_key, key);
	T_EQ_STR(buf_slice(&new_key), buf_slice(&old_key), "the same key");
	T_OK(memcmp(before.key_hash, after.key_hash, CERTS_HASH_LEN) == 0 &&
		memcmp(before.hash, after.hash, CERTS_HASH_LEN) != 0,
	    "another certificate of it");
	T_OK(after.not_after > before.not_after, "good for longer");
	T_OK(certs_has_name(&before, HOST) && !certs_has_name(&after, HOST) &&
		certs_has_name(&after, STR("new.example.org")),
	    "made out to the names it has now");
	T_OK(certs_info_load(&now, crt, &e) == 0 &&
		memcmp(now.hash, after.hash, CERTS_HASH_LEN) == 0,
	    "and it is what stands there");
	T_EQ_INT(mode_of(key), 0600, "the key's mode is as it was");
	certs_info_release(&before);
	certs_info_release(&after);
	certs_info_release(&now);
	buf_release(&old_key);
	buf_release(&new_key);
	clock_set(NOW);
}

static void
renews_only_its_own(void)
{
	static const struct {
		const char *why, *certificate, *key, *says;
	} cases[] = {
	    {"issued by somebody else", "leaf.crt", "leaf.key", "issued"},
	    {"of another key", "leaf.crt", "ca.key", "does not fit"},
	    {"not there", "none.crt", "leaf.key", "no such file"},
	};
	struct err e = ERR_INIT;
	struct buf before, after;
	struct certs_pair pair;

	T_OK(run("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=CA -days"
		 " 30000 -keyout ca.key -out ca.crt && openssl req -newkey"
		 " ed25519 -nodes -subj /CN=leaf.org -keyout leaf.key"
		 " -out leaf.csr && openssl x509 -req -in leaf.csr -CA ca.crt"
		 " -CAkey ca.key -days 30000 -out own.crt &&"
		 " cat own.crt ca.crt >leaf.crt && chmod 600 *.key"),
	    "an authority and what it issued");
	read_into(&before, path_of("leaf.crt"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct certs_info a, b;

		err_clear(&e);
		T_OK(certs_renew(&a, &b, path_of(cases[i].certificate),
			 path_of(cases[i].key), HOST, NULL, 0, &e) == -1 &&
			strstr(e.msg, cases[i].says) != NULL,
		    "%s: %s", cases[i].why, e.msg);
	}
	read_into(&after, path_of("leaf.crt"));
	T_EQ_STR(buf_slice(&after), buf_slice(&before), "nothing changed");
	buf_release(&before);
	buf_release(&after);

	err_clear(&e);
	clock_set(INT64_MIN);
	if (T_OK(certs_load(
		     &pair, path_of("leaf.crt"), path_of("leaf.key"), &e) == 0,
		"a chain from elsewhere is used: %s", e.msg)) {
		T_EQ_STR(pair.info.subject, STR("leaf.org"), "its own first");
		T_EQ_STR(pair.info.key_type, STR("ED25519"), "Ed25519");
		T_OK(!pair.info.is_self_signed, "not self-signed");
		certs_pair_release(&pair);
	}
	T_OK(certs_ensure(path_of("ed.crt"), path_of("leaf.key"), HOST, NULL, 0,
		 NULL, &e) == 0 &&
		certs_load(&pair, path_of("ed.crt"), path_of("leaf.key"), &e) ==
		    0,
	    "a certificate of an Ed25519 key: %s", e.msg);
	certs_pair_release(&pair);
	T_OK(certs_load(&pair, path_of("ca.crt"), path_of("ca.key"), &e) == 0,
	    "an RSA key: %s", e.msg);
	T_EQ_STR(pair.info.key_type, STR("RSA 2048"), "RSA");
	certs_pair_release(&pair);
	clock_set(NOW);
}

static void
matches_names(void)
{
	static struct str names[] = {STR("example.org"), STR("*.example.net"),
	    STR("192.0.2.7"), STR("2001:db8::1"), STR("*.7")};
	static const struct certs_info info = {
	    .names = names, .name_count = COUNT(names)};
	static const struct {
		struct str host;
		bool want;
	} cases[] = {
	    {STR("example.org"), true},
	    {STR("EXAMPLE.org"), true},
	    {STR("www.example.org"), false},
	    {STR("xexample.org"), false},
	    {STR("a.example.net"), true},
	    {STR("A.Example.NET"), true},
	    {STR("a.b.example.net"), false},
	    {STR("example.net"), false},
	    {STR(".example.net"), false},
	    {STR("192.0.2.7"), true},
	    {STR("192.0.2.8"), false},
	    {STR("1.2.3.7"), false},
	    {STR("2001:DB8:0::1"), true},
	    {STR(""), false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		T_EQ_INT(certs_has_name(&info, cases[i].host), cases[i].want,
		    "\"%s\"", cases[i].host.p);
}

/* Names that somebody else wrote are printed in one line. */
static void
prints_nothing_harmful(void)
{
	struct certs_info info;
	struct err e = ERR_INIT;

	T_OK(run("openssl req -x509 -newkey rsa:2048 -nodes -utf8 -keyout evil"
		 " -days 1 -out evil.crt -subj \"$(printf"
		 " '/CN=a\\033[2Jb\\ncapsule: ready')\""),
	    "a name with an escape");
	if (!T_OK(certs_info_load(&info, path_of("evil.crt"), &e) == 0, "%s",
		e.msg))
		return;
	T_EQ_STR(info.subject, STR("a\\x1b[2Jb\\x0acapsule: ready"), "subject");
	certs_info_release(&info);
}

static void
survives_truncation(void)
{
	const char *crt = path_of("cut.crt");
	struct err e = ERR_INIT;
	size_t good = 0;
	struct buf pem;

	T_OK(ensure(crt, path_of("cut.key"), &e), "made");
	read_into(&pem, crt);
	for (size_t n = 0; n + 1 < pem.len; n++) {
		struct str cut = t_guard(str_sub(buf_slice(&pem), 0, n));
		struct certs_info info;

		if (certs_info_parse(&info, cut, "cut", NULL) == 0) {
			good++;
			certs_info_release(&info);
		}
		t_guard_free(cut);
	}
	T_OK(good <= 1, "none but one without its last newline is taken");
	buf_release(&pem);
}

int
main(void)
{
	umask(022);
	T_RUN(makes_once);
	T_RUN(finishes_what_a_crash_left);
	T_RUN(says_what_it_is);
	T_RUN(satisfies_strict_clients);
	T_RUN(knows_this_machine);
	T_RUN(takes_long_names_and_refuses_bad_ones);
	T_RUN(refuses_what_is_wrong);
	T_RUN(tells_the_end_in_time);
	T_RUN(minds_the_dates);
	T_RUN(renews_with_the_same_key);
	T_RUN(renews_only_its_own);
	T_RUN(matches_names);
	T_RUN(prints_nothing_harmful);
	T_RUN(survives_truncation);
	return t_done();
}
