#include "certs/make.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define SERIAL_BITS 128
#define DAYS_VALID 18262 /* 50 years */
#define NAME_MAX_BYTES 253
/* ub-common-name in RFC 5280, appendix A.1. */
#define COMMON_NAME_MAX 64

static int
take_pem(struct buf *pem, BIO *bio, struct err *e)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);

	buf_append(pem, data, n > 0 ? (size_t)n : 0);
	return buf_ok(pem, "a key or certificate", e);
}

int
make_key(struct buf *pem, struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_secmem());
	int rc = -1;

	if (key == NULL || bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		err_set(e, ERR_SYSTEM, "the TLS library could not make a key");
	else
		rc = take_pem(pem, bio, e);
	ERR_clear_error();
	BIO_free(bio);
	EVP_PKEY_free(key);
	return rc;
}

/* An address by its bytes, anything else as a DNS name. */
static GENERAL_NAME *
general_name(const char *name)
{
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_STRING *value;
	unsigned char address[16];
	int n = inet_pton(AF_INET, name, address) == 1 ? 4
	    : inet_pton(AF_INET6, name, address) == 1  ? 16
						       : 0;

	value = n > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	if (general == NULL || value == NULL ||
	    ASN1_STRING_set(value, n > 0 ? (void *)address : (void *)name,
		n > 0 ? n : -1) != 1) {
		GENERAL_NAME_free(general);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(general, n > 0 ? GEN_IPADD : GEN_DNS, value);
	return general;
}

/* In lower case and with a NUL; false for what is no name or address. */
static bool
copy_name(char text[NAME_MAX_BYTES + 1], struct str name)
{
	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c <= ' ' || c > '~')
			return false;
		text[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	text[name.n] = '\0';
	return true;
}

/* Adds a name that is not in the list yet. */
static int
add_name(GENERAL_NAMES *names, struct str name, struct err *e)
{
	char text[NAME_MAX_BYTES + 1];
	GENERAL_NAME *general;

	if (!copy_name(text, name))
		return err_set(e, ERR_INPUT,
		    "a certificate cannot be made out to the host \"%.*s\"",
		    name.n < 64 ? (int)name.n : 64, name.n > 0 ? name.p : "");
	general = general_name(text);
	for (int i = 0; general != NULL && i < sk_GENERAL_NAME_num(names); i++)
		if (GENERAL_NAME_cmp(
			sk_GENERAL_NAME_value(names, i), general) == 0) {
			GENERAL_NAME_free(general);
			return 0;
		}
	if (general == NULL || sk_GENERAL_NAME_push(names, general) == 0) {
		GENERAL_NAME_free(general);
		return err_set(
		    e, ERR_MEMORY, "memory ran out for a certificate");
	}
	return 0;
}

static int
add_names(GENERAL_NAMES *names, struct str host, const struct str *aliases,
    size_t alias_count, struct err *e)
{
	bool is_local = str_eq_nocase(host, STR("localhost"));

	if (add_name(names, host, e) != 0)
		return -1;
	for (size_t i = 0; i < alias_count; i++) {
		is_local |= str_eq_nocase(aliases[i], STR("localhost"));
		if (add_name(names, aliases[i], e) != 0)
			return -1;
	}
	if (!is_local)
		return 0;
	if (add_name(names, STR("127.0.0.1"), e) != 0)
		return -1;
	return add_name(names, STR("::1"), e);
}

static bool
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

/* RFC 5280, section 4.2.1: what a server's own certificate has, so that
 * clients that are strict about more than the first visit take it. */
static bool
set_extensions(X509 *x, GENERAL_NAMES *names)
{
	return add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(x, NID_ext_key_usage, "serverAuth") &&
	    add_extension(x, NID_subject_key_identifier, "hash") &&
	    X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
}

/* RFC 5280, section 4.1.2.2: positive and of at most 20 bytes. */
static bool
set_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	bool ok = n != NULL &&
	    BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

	BN_free(n);
	return ok;
}

/* From a day ago, for visitors whose clocks are behind. The library writes a
 * year past 2049 as GeneralizedTime (RFC 5280, section 4.1.2.5). */
static bool
set_dates(X509 *x)
{
	time_t now = (time_t)clock_now();

	return ASN1_TIME_adj(X509_getm_notBefore(x), now, -1, 0) != NULL &&
	    ASN1_TIME_adj(X509_getm_notAfter(x), now, DAYS_VALID, 0) != NULL;
}

/* Clients look at subjectAltName; but an issuer may not be empty, so a host
 * too long for a common name gets a word there. */
static bool
set_subject(X509 *x, struct str host)
{
	struct str name = host.n <= COMMON_NAME_MAX ? host : STR("capsule");
	X509_NAME *subject = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_NID(subject, NID_commonName,
		   MBSTRING_UTF8, (const unsigned char *)name.p, (int)name.n,
		   -1, 0) == 1 &&
	    X509_set_issuer_name(x, subject) == 1;
}

static bool
sign(X509 *x, EVP_PKEY *key)
{
	int id = EVP_PKEY_get_base_id(key);
	/* The Edwards curves bring their own digest. */
	bool has_own = id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448;

	return X509_sign(x, key, has_own ? NULL : EVP_sha256()) > 0;
}

static EVP_PKEY *
read_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = NULL;

	/* The empty string as password: never ask at the terminal. */
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	BIO_free(bio);
	return key;
}

int
make_certificate(struct buf *pem, struct str key_pem, struct str host,
    const struct str *aliases, size_t alias_count, struct err *e)
{
	EVP_PKEY *key = read_key(key_pem);
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (key == NULL || names == NULL || x == NULL || bio == NULL)
		err_set(e, ERR_SYSTEM,
		    "the TLS library could not begin a certificate");
	else if (add_names(names, host, aliases, alias_count, e) != 0)
		rc = -1;
	else if (X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x) ||
	    !set_dates(x) || !set_subject(x, host) ||
	    X509_set_pubkey(x, key) != 1 || !set_extensions(x, names) ||
	    !sign(x, key) || PEM_write_bio_X509(bio, x) != 1)
		err_set(e, ERR_SYSTEM,
		    "the TLS library could not make a certificate");
	else
		rc = take_pem(pem, bio, e);
	ERR_clear_error();
	BIO_free(bio);
	X509_free(x);
	GENERAL_NAMES_free(names);
	EVP_PKEY_free(key);
	return rc;
}
