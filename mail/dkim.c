#include "mail/dkim.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX ((size_t)64 << 10)
#define RSA_BITS 2048 /* what everybody verifies (RFC 8301, section 3.2) */
#define RSA_BITS_MIN 1024 /* below it nobody does */
#define RSA_BITS_MAX 8192
#define SIGNATURE_MAX (RSA_BITS_MAX / 8)
#define HASH_LEN 32
#define BASE64_MAX(n) (((n) + 2) / 3 * 4 + 1)
#define FIELD_MAX ((size_t)8 << 10)
#define LINE_CHARS 76
#define FIELDS_MAX 128 /* of a head */
#define RECORD_STRING_MAX 255

struct dkim_key {
	EVP_PKEY *pkey;
	enum dkim_kind kind;
	struct buf domain, selector;
};

/* What is signed, in the order of RFC 6376, section 5.4.1. */
static const char *const signed_fields[] = {"From", "To", "Subject", "Date",
    "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding", "Content-Language", "List-Id",
    "List-Unsubscribe", "List-Subscribe", "List-Post", "List-Help",
    "List-Archive", "Auto-Submitted", "Precedence"};

#define SIGNED_COUNT (sizeof signed_fields / sizeof *signed_fields)

/*
 * Keys.
 */

static int
check_mode(int fd, const char *file, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(e, "%s", file);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_REFUSED, "%s is no file", file);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_REFUSED,
		    "%s: others can read the key (mode %03o); chmod 600 %s",
		    file, (unsigned)st.st_mode & 0777, file);
	return 0;
}

static int
read_key_file(struct buf *pem, const char *file, struct err *e)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int result;

	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_MISSING,
		    "%s: there is no key; announce dkim-key makes one", file);
	if (fd < 0)
		return err_sys(e, "%s: the key cannot be read", file);
	result = check_mode(fd, file, e);
	if (result == 0)
		result = file_read_fd(pem, fd, file, e);
	close(fd);
	return result;
}

/* Nobody is there to be asked for one. */
static int
no_passphrase(char *to, int size, int is_written, void *ctx)
{
	(void)to;
	(void)size;
	(void)is_written;
	(void)ctx;
	return -1;
}

static int
read_pem(struct dkim_key *key, struct str pem, const char *file, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	int bits;

	if (bio != NULL)
		key->pkey =
		    PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (key->pkey == NULL)
		return err_set(e, ERR_INPUT,
		    "%s is no private key in PEM without a passphrase", file);
	bits = EVP_PKEY_get_bits(key->pkey);
	switch (EVP_PKEY_get_base_id(key->pkey)) {
	case EVP_PKEY_ED25519:
		key->kind = DKIM_ED25519;
		return 0;
	case EVP_PKEY_RSA:
		key->kind = DKIM_RSA;
		if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
			return 0;
		return err_set(e, ERR_REFUSED,
		    "%s: an RSA key of %d bits is not what receivers take; "
		    "announce dkim-key makes one of %d",
		    file, bits, RSA_BITS);
	default:
		return err_set(e, ERR_REFUSED,
		    "%s is neither an RSA nor an Ed25519 key", file);
	}
}

int
dkim_open(struct dkim_key **out, const char *file, struct str domain,
    struct str selector, struct err *e)
{
	struct dkim_key *key = calloc(1, sizeof *key);
	struct buf pem;
	int result;

	*out = NULL;
	if (key == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	buf_init(&key->domain, FIELD_MAX);
	buf_init(&key->selector, FIELD_MAX);
	buf_str(&key->domain, domain);
	buf_str(&key->selector, selector);
	buf_init(&pem, PEM_MAX);
	result = read_key_file(&pem, file, e);
	if (result == 0)
		result = read_pem(key, buf_slice(&pem), file, e);
	if (result == 0 &&
	    (buf_ok(&key->domain, "the domain", e) != 0 ||
		buf_ok(&key->selector, "the selector", e) != 0))
		result = -1;
	OPENSSL_cleanse(pem.cap > 0 ? pem.data : NULL, pem.cap);
	buf_release(&pem);
	if (result == 0)
		*out = key;
	else
		dkim_close(key);
	return result;
}

void
dkim_close(struct dkim_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	buf_release(&key->domain);
	buf_release(&key->selector);
	free(key);
}

static int
write_key(int fd, const char *file, EVP_PKEY *pkey, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long n = 0;
	int result;

	if (bio != NULL &&
	    PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1)
		n = BIO_get_mem_data(bio, &pem);
	if (n <= 0)
		result = err_set(e, ERR_SYSTEM, "OpenSSL cannot write a key");
	else if (file_write_all(fd, (struct str){pem, (size_t)n}) != 0 ||
	    fsync(fd) != 0)
		result = err_sys(e, "%s: the key cannot be written", file);
	else
		result = 0;
	if (n > 0)
		OPENSSL_cleanse(pem, (size_t)n);
	BIO_free(bio);
	return result;
}

/* A key that is there may be in the DNS: it is never replaced. */
int
dkim_make(const char *file, enum dkim_kind kind, struct err *e)
{
	EVP_PKEY *pkey;
	int fd, result;

	/* It takes a while, in which the file does not stand there empty. */
	pkey = kind == DKIM_RSA
	    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)
	    : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey == NULL)
		return err_set(
		    e, ERR_SYSTEM, "OpenSSL makes no key of this kind");
	fd = open(
	    file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == EEXIST)
		result = err_set(e, ERR_REFUSED,
		    "%s: there is a key already; it stays as it is", file);
	else if (fd < 0)
		result = err_sys(e, "%s: the key cannot be written", file);
	else
		result = write_key(fd, file, pkey, e);
	EVP_PKEY_free(pkey);
	if (fd < 0)
		return result;
	if (close(fd) != 0 && result == 0)
		result = err_sys(e, "%s: the key cannot be written", file);
	if (result != 0)
		unlink(file);
	return result;
}

static void
put_base64(struct buf *to, const uint8_t *p, size_t n)
{
	char *room = buf_room(to, BASE64_MAX(n));

	if (room != NULL)
		buf_grew(
		    to, (size_t)EVP_EncodeBlock((uint8_t *)room, p, (int)n));
}

/* RSA: a SubjectPublicKeyInfo (RFC 6376, section 3.6.1); Ed25519: its 32
 * bytes alone (RFC 8463, section 4). */
static int
put_public(struct buf *to, const struct dkim_key *key, struct err *e)
{
	uint8_t raw[HASH_LEN], *der = NULL;
	size_t size = sizeof raw;
	int n;

	if (key->kind == DKIM_ED25519) {
		if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &size) != 1)
			return err_set(
			    e, ERR_SYSTEM, "the key has no public half");
		put_base64(to, raw, size);
		return 0;
	}
	n = i2d_PUBKEY(key->pkey, &der);
	if (n <= 0)
		return err_set(e, ERR_SYSTEM, "the key has no public half");
	put_base64(to, der, (size_t)n);
	OPENSSL_free(der);
	return 0;
}

int
dkim_record(struct buf *to, const struct dkim_key *key, struct err *e)
{
	struct buf text;
	struct str rest;
	int result;

	buf_init(&text, FIELD_MAX);
	buf_printf(&text,
	    "v=DKIM1; k=%s; p=", key->kind == DKIM_RSA ? "rsa" : "ed25519");
	result = put_public(&text, key, e);
	buf_printf(to, "%s._domainkey.%s. IN TXT (", key->selector.data,
	    key->domain.data);
	rest = buf_slice(&text);
	while (rest.n > 0) {
		struct str piece = str_sub(rest, 0, RECORD_STRING_MAX);

		buf_printf(to, "\n\t\"%.*s\"", STR_ARG(piece));
		rest = str_sub(rest, piece.n, rest.n);
	}
	buf_puts(to, " )\n");
	if (result == 0)
		result = buf_ok(&text, "the record", e);
	buf_release(&text);
	return result == 0 ? buf_ok(to, "the record", e) : -1;
}

/*
 * Canonical forms, relaxed (RFC 6376, section 3.4).
 */

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * The body goes into the hash in pieces as long as they stand as they are to
 * be: runs of white space become one space, and at a line's end nothing. The
 * empty lines at the end go, and one end of a line stays.
 */
static void
hash_body(EVP_MD_CTX *ctx, struct str body)
{
	size_t begin = 0, end;

	while (body.n > 0 &&
	    (is_wsp(body.p[body.n - 1]) || body.p[body.n - 1] == '\r' ||
		body.p[body.n - 1] == '\n'))
		body.n--;
	for (size_t i = 0; i < body.n; i = end) {
		end = i + 1;
		if (!is_wsp(body.p[i]))
			continue;
		while (is_wsp(body.p[end]))
			end++;
		if (body.p[end] != '\r' && end == i + 1 && body.p[i] == ' ')
			continue;
		EVP_DigestUpdate(ctx, body.p + begin, i - begin);
		if (body.p[end] != '\r')
			EVP_DigestUpdate(ctx, " ", 1);
		begin = end;
	}
	EVP_DigestUpdate(ctx, body.p + begin, body.n - begin);
	if (body.n > 0)
		EVP_DigestUpdate(ctx, "\r\n", 2);
}

/* A field of the head, folded as it stands, with its last CRLF. */
struct field {
	struct str name;
	struct str value;
};

struct fields {
	struct field list[FIELDS_MAX];
	size_t count;
};

static void
put_field(struct buf *to, const struct field *f)
{
	struct str value = str_trim(f->value);
	bool in_space = false;

	for (size_t i = 0; i < f->name.n; i++) {
		char c = f->name.p[i];

		buf_putc(to, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
	buf_putc(to, ':');
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		bool is_space = is_wsp(c) || c == '\r' || c == '\n';

		if (!is_space)
			buf_putc(to, c);
		else if (!in_space)
			buf_putc(to, ' ');
		in_space = is_space;
	}
}

/* The length of the first field, with the lines that it goes on in. */
static size_t
field_length(struct str head)
{
	size_t from = 0;
	ptrdiff_t end;

	do {
		end = str_find(str_sub(head, from, head.n), STR("\r\n"));
		if (end < 0)
			return head.n;
		from += (size_t)end + 2;
	} while (from < head.n && is_wsp(head.p[from]));
	return from;
}

static int
split_head(struct fields *to, struct str head, struct err *e)
{
	to->count = 0;
	while (head.n > 0) {
		struct str field = str_sub(head, 0, field_length(head));
		ptrdiff_t colon = str_chr(field, ':');

		if (colon <= 0)
			return err_set(e, ERR_INPUT,
			    "a line of the message's head is no field");
		if (to->count == FIELDS_MAX)
			return err_set(e, ERR_LIMIT,
			    "the message's head has more than %d fields",
			    FIELDS_MAX);
		to->list[to->count++] =
		    (struct field){str_trim(str_sub(field, 0, (size_t)colon)),
			str_sub(field, (size_t)colon + 1, field.n)};
		head = str_sub(head, field.n, head.n);
	}
	return 0;
}

/*
 * The signature.
 */

/* A piece of a list, on a line of its own where it would be too long. */
static void
put_folded(struct buf *to, size_t *column, const char *piece, const char *end)
{
	size_t n = strlen(piece) + strlen(end);

	if (*column + n > LINE_CHARS) {
		buf_puts(to, "\r\n\t ");
		*column = 2;
	}
	buf_printf(to, "%s%s", piece, end);
	*column += n;
}

/* Names each field as often as it is there, the last one first (section
 * 5.4.2), and From once more; puts those into canon. */
static void
put_names(struct buf *to, struct buf *canon, const struct fields *fields)
{
	size_t column = strlen("\th=");

	buf_puts(to, "\r\n\th=");
	for (size_t k = 0; k < SIGNED_COUNT; k++) {
		struct str name = str_of(signed_fields[k]);

		for (size_t i = fields->count; i-- > 0;) {
			if (!str_eq_nocase(fields->list[i].name, name))
				continue;
			put_folded(to, &column, name.p, ":");
			put_field(canon, &fields->list[i]);
			buf_puts(canon, "\r\n");
		}
	}
	put_folded(to, &column, "From", ";");
}

static int
put_body_hash(struct buf *to, struct str body, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t hash[HASH_LEN];
	bool ok =
	    ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	if (ok) {
		hash_body(ctx, body);
		ok = EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
	}
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return err_set(e, ERR_SYSTEM, "OpenSSL gives no SHA-256");
	buf_puts(to, "\r\n\tbh=");
	put_base64(to, hash, sizeof hash);
	buf_putc(to, ';');
	return 0;
}

static bool
sign_rsa(uint8_t *to, size_t *n, EVP_PKEY *pkey, const uint8_t *hash)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_sign(ctx, to, n, hash, HASH_LEN) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* What is signed is the hash itself (RFC 8463, section 3). */
static bool
sign_ed25519(uint8_t *to, size_t *n, EVP_PKEY *pkey, const uint8_t *hash)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, to, n, hash, HASH_LEN) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static int
put_signature(
    struct buf *to, const struct dkim_key *key, struct str canon, struct err *e)
{
	uint8_t hash[HASH_LEN], signature[SIGNATURE_MAX];
	size_t n = sizeof signature;
	struct buf text;
	struct str rest;

	if (EVP_Digest(canon.p, canon.n, hash, NULL, EVP_sha256(), NULL) != 1 ||
	    !(key->kind == DKIM_RSA
		    ? sign_rsa(signature, &n, key->pkey, hash)
		    : sign_ed25519(signature, &n, key->pkey, hash)))
		return err_set(e, ERR_SYSTEM, "OpenSSL could not sign");
	buf_init(&text, BASE64_MAX(SIGNATURE_MAX));
	put_base64(&text, signature, n);
	rest = buf_slice(&text);
	while (rest.n > 0) {
		struct str piece = str_sub(rest, 0, LINE_CHARS - 4);

		rest = str_sub(rest, piece.n, rest.n);
		buf_str(to, piece);
		buf_puts(to, rest.n > 0 ? "\r\n\t " : "\r\n");
	}
	buf_release(&text);
	return 0;
}

/* The field up to its "b=", and what is signed: that field is the last of it,
 * without an end of its line (section 3.7). */
static int
put_unsigned(struct buf *field, struct buf *canon, const struct dkim_key *key,
    const struct fields *fields, struct str body, int64_t at, struct err *e)
{
	static const struct str name = {"DKIM-Signature", 14};
	struct field own;

	buf_printf(field,
	    " v=1; a=%s; c=relaxed/relaxed;\r\n\td=%s;\r\n\ts=%s; t=%lld;",
	    key->kind == DKIM_RSA ? "rsa-sha256" : "ed25519-sha256",
	    key->domain.data, key->selector.data, (long long)at);
	put_names(field, canon, fields);
	if (put_body_hash(field, body, e) != 0)
		return -1;
	buf_puts(field, "\r\n\tb=");
	own = (struct field){name, buf_slice(field)};
	put_field(canon, &own);
	if (buf_ok(field, "the signature", e) != 0)
		return -1;
	return buf_ok(canon, "the message's head", e);
}

int
dkim_sign(struct buf *to, struct dkim_key const *key, struct str head,
    struct str body, int64_t at, struct err *e)
{
	struct fields fields;
	struct buf field, canon;
	int result;

	buf_init(&field, FIELD_MAX);
	buf_init(&canon, head.n + FIELD_MAX);
	result = split_head(&fields, head, e);
	if (result == 0)
		result =
		    put_unsigned(&field, &canon, key, &fields, body, at, e);
	if (result == 0)
		result = put_signature(&field, key, buf_slice(&canon), e);
	if (result == 0)
		result = buf_ok(&field, "the signature", e);
	buf_puts(to, "DKIM-Signature:");
	buf_str(to, buf_slice(&field));
	buf_release(&canon);
	buf_release(&field);
	return result == 0 ? buf_ok(to, "the signature", e) : -1;
}
