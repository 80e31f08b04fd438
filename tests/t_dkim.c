#include "mail/dkim.h"
#include "base/buf.h"
#include "base/file.h"
#include "tests/t.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEAD "From: a@example.org\r\nTo: b@example.net\r\nSubject: s\r\n"
#define AT 1333468800

static char path[200];

static const char *
fresh(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	return path;
}

static struct dkim_key *
make_key(const char *name, enum dkim_kind kind)
{
	struct dkim_key *key = NULL;
	struct err e = ERR_INIT;
	const char *file = fresh(name);

	T_OK(dkim_make(file, kind, &e) == 0 &&
		dkim_open(&key, file, STR("example.org"), STR("s1"), &e) == 0,
	    "a key is made and read: %s", e.msg);
	return key;
}

/* The field, in a buffer of the caller's. */
static struct str
sign(struct buf *to, const struct dkim_key *key, const char *head,
    const char *body)
{
	struct err e = ERR_INIT;

	buf_init(to, 1 << 20);
	T_OK(dkim_sign(to, key, str_of(head), str_of(body), AT, &e) == 0,
	    "signed %s", e.msg);
	return buf_slice(to);
}

static void
keys_are_for_their_owner_alone(void)
{
	struct dkim_key *key = make_key("owner.key", DKIM_ED25519);
	struct err e = ERR_INIT;
	struct stat st;

	dkim_close(key);
	T_OK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "a key is made 0600");
	T_OK(dkim_make(path, DKIM_RSA, &e) != 0 && e.kind == ERR_REFUSED,
	    "one that is there stays");
	for (int mode = 0604; mode <= 0640; mode += 034) {
		err_clear(&e);
		chmod(path, (mode_t)mode);
		T_OK(dkim_open(&key, path, STR("d"), STR("s"), &e) != 0 &&
			e.kind == ERR_REFUSED && key == NULL,
		    "mode %03o is refused", (unsigned)mode);
		T_OK(strstr(e.msg, "chmod 600") != NULL, "and what to do");
	}
	err_clear(&e);
	T_OK(dkim_open(&key, fresh("none"), STR("d"), STR("s"), &e) != 0 &&
		e.kind == ERR_MISSING,
	    "no key is said to be none");
	err_clear(&e);
	T_OK(dkim_open(&key, t_tmpdir(), STR("d"), STR("s"), &e) != 0,
	    "a folder is none");
}

static const char *
write_pem(const char *name, EVP_PKEY *pkey)
{
	FILE *f = fopen(fresh(name), "w");

	if (f != NULL) {
		PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL);
		fclose(f);
	}
	EVP_PKEY_free(pkey);
	chmod(path, 0600);
	return path;
}

static void
refuses_keys_nobody_verifies(void)
{
	struct dkim_key *key;
	struct err e = ERR_INIT;
	const char *file = t_file("text.key", STR("-----BEGIN nothing"));

	chmod(file, 0600);
	T_OK(dkim_open(&key, file, STR("d"), STR("s"), &e) != 0 &&
		e.kind == ERR_INPUT,
	    "text is no key");
	err_clear(&e);
	file =
	    write_pem("ec.key", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
	T_OK(dkim_open(&key, file, STR("d"), STR("s"), &e) != 0 &&
		e.kind == ERR_REFUSED,
	    "nor is one of another kind");
	err_clear(&e);
	file = write_pem(
	    "short.key", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)768));
	T_OK(dkim_open(&key, file, STR("d"), STR("s"), &e) != 0 &&
		e.kind == ERR_REFUSED,
	    "nor one of 768 bits");
}

static void
records_fit_the_dns(void)
{
	static const enum dkim_kind kinds[] = {DKIM_RSA, DKIM_ED25519};

	for (size_t i = 0; i < 2; i++) {
		struct dkim_key *key =
		    make_key(i == 0 ? "r.key" : "e.key", kinds[i]);
		struct str rest, line;
		struct err e = ERR_INIT;
		struct buf b;
		size_t longest = 0;

		buf_init(&b, 10000);
		T_OK(dkim_record(&b, key, &e) == 0, "a record");
		rest = buf_slice(&b);
		T_OK(str_starts(rest,
			 STR("s1._domainkey.example.org. IN TXT "
			     "(\n\t\"v=DKIM1; k=")),
		    "its name and version");
		while (str_next_line(&rest, &line))
			longest = line.n > longest ? line.n : longest;
		T_OK(longest <= 255 + 5, "strings of at most 255");
		T_OK((str_find(buf_slice(&b), STR("k=ed25519; p=")) > 0) ==
			(kinds[i] == DKIM_ED25519),
		    "says its kind");
		buf_release(&b);
		dkim_close(key);
	}
}

static void
fields_are_well_formed(void)
{
	struct dkim_key *key = make_key("form.key", DKIM_RSA);
	struct buf first, second;
	struct str field = sign(&first, key,
	    HEAD "List-Id: <l>\r\nX-Other: not signed\r\nDate: d\r\n", "x\r\n");
	struct str rest = field, line;

	T_OK(str_starts(field,
		 STR("DKIM-Signature: v=1; a=rsa-sha256; "
		     "c=relaxed/relaxed;\r\n\td=example.org;\r\n"
		     "\ts=s1; t=1333468800;\r\n\th=From:To:"
		     "Subject:Date:List-Id:From;\r\n\tbh=")),
	    "the field begins as it is to");
	T_OK(str_ends(field, STR("\r\n")) &&
		str_find(field, STR("\r\n\r\n")) < 0,
	    "and ends as one");
	while (str_next_line(&rest, &line))
		T_OK(line.n <= 78, "a line of %zu", line.n);
	T_EQ_STR(
	    sign(&second, key,
		HEAD "List-Id: <l>\r\nX-Other: other\r\nDate: d\r\n", "x\r\n"),
	    field, "the same twice, whatever else is in the head");
	buf_release(&first);
	buf_release(&second);
	dkim_close(key);
}

/* Pairs that are one message to relaxed/relaxed, or two. */
static void
canonical_forms_are_relaxed(void)
{
	static const struct {
		const char *why, *head, *body, *head2, *body2;
		bool same;
	} cases[] = {
	    {"no body is an empty one", HEAD, "", HEAD, "\r\n", true},
	    {"empty lines at the end", HEAD, "a\r\n", HEAD,
		"a\r\n\r\n \r\n\t\r\n\r\n", true},
	    {"an end that is missing", HEAD, "a\r\n", HEAD, "a", true},
	    {"white space at a line's end", HEAD, "a\r\nb\r\n", HEAD,
		"a \t\r\nb \r\n", true},
	    {"runs of white space", HEAD, "a b c\r\n", HEAD, "a  b\t\t c\r\n",
		true},
	    {"a tab is a space", HEAD, "a b\r\n", HEAD, "a\tb\r\n", true},
	    {"a line of spaces is empty", HEAD, "a\r\n\r\nb\r\n", HEAD,
		"a\r\n  \r\nb\r\n", true},
	    {"white space at the beginning stays some", HEAD, " a\r\n", HEAD,
		"\t  a\r\n", true},
	    {"names in any case, values trimmed", HEAD, "a\r\n",
		"FROM :\ta@example.org \r\nto:b@example.net\r\nSubject: s\r\n",
		"a\r\n", true},
	    {"folded", "From: a@example.org\r\nSubject: one two three\r\n", "",
		"From: a@example.org\r\nSubject: one\r\n two\r\n\t three\r\n",
		"", true},
	    {"an empty line in the middle counts", HEAD, "a\r\nb\r\n", HEAD,
		"a\r\n\r\nb\r\n", false},
	    {"white space at the beginning counts", HEAD, "a\r\n", HEAD,
		" a\r\n", false},
	    {"other words", HEAD, "a\r\n", HEAD, "b\r\n", false},
	    {"another subject", HEAD, "",
		"From: a@example.org\r\nTo: b@example.net\r\nSubject: t\r\n",
		"", false},
	    {"a second To", HEAD, "", HEAD "To: c@example.net\r\n", "", false},
	};
	struct dkim_key *key = make_key("canon.key", DKIM_ED25519);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf a, b;
		struct str first = sign(&a, key, cases[i].head, cases[i].body);
		struct str second =
		    sign(&b, key, cases[i].head2, cases[i].body2);

		T_OK(
		    str_eq(first, second) == cases[i].same, "%s", cases[i].why);
		buf_release(&a);
		buf_release(&b);
	}
	dkim_close(key);
}

static void
an_empty_body_has_the_hash_of_nothing(void)
{
	struct dkim_key *key = make_key("empty.key", DKIM_ED25519);
	struct buf b;
	struct str field = sign(&b, key, HEAD, " \r\n\r\n");

	T_OK(str_find(field,
		 STR("bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;")) > 0,
	    "as RFC 6376, section 3.4.4, says");
	buf_release(&b);
	dkim_close(key);
}

static void
refuses_heads_that_are_none(void)
{
	static const char *const heads[] = {
	    "no colon\r\n", ": no name\r\n", "From: a\r\nb\r\n"};
	struct dkim_key *key = make_key("head.key", DKIM_ED25519);
	struct err e = ERR_INIT;
	struct buf many, to;

	buf_init(&to, 1 << 20);
	buf_init(&many, 1 << 20);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		err_clear(&e);
		T_OK(dkim_sign(&to, key, str_of(heads[i]), STR(""), AT, &e) !=
			    0 &&
			e.kind == ERR_INPUT,
		    "head %zu", i);
	}
	for (int i = 0; i < 1000; i++)
		buf_puts(&many, "To: a@example.org\r\n");
	err_clear(&e);
	T_OK(dkim_sign(&to, key, buf_slice(&many), STR(""), AT, &e) != 0 &&
		e.kind == ERR_LIMIT,
	    "more fields than any message has");
	buf_release(&many);
	buf_release(&to);
	dkim_close(key);
}

/* No byte is read behind the end of either part. */
static void
stays_within_its_input(void)
{
	static const char head[] = "From: a \r\n b\r\nTo:\t c \r\nDate: \r\n";
	static const char body[] = "a  b \r\n \r\n\tc\r\n \t\r\n";
	struct dkim_key *key = make_key("guard.key", DKIM_ED25519);
	struct buf to;
	size_t signed_count = 0;

	buf_init(&to, 1 << 20);
	for (size_t n = 0; n < sizeof body; n++) {
		struct str guarded = t_guard((struct str){body, n});

		signed_count +=
		    dkim_sign(&to, key, STR(HEAD), guarded, AT, NULL) == 0;
		t_guard_free(guarded);
	}
	T_EQ_INT((int64_t)signed_count, sizeof body, "every beginning");
	for (size_t n = 0; n < sizeof head; n++) {
		struct str guarded = t_guard((struct str){head, n});

		dkim_sign(&to, key, guarded, STR(""), AT, NULL);
		t_guard_free(guarded);
	}
	buf_release(&to);
	dkim_close(key);
}

int
main(void)
{
	T_RUN(keys_are_for_their_owner_alone);
	T_RUN(refuses_keys_nobody_verifies);
	T_RUN(records_fit_the_dns);
	T_RUN(fields_are_well_formed);
	T_RUN(canonical_forms_are_relaxed);
	T_RUN(an_empty_body_has_the_hash_of_nothing);
	T_RUN(refuses_heads_that_are_none);
	T_RUN(stays_within_its_input);
	return t_done();
}
