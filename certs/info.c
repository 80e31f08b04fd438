#include "certs/certs.h"
#include "base/file.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 4096
#define DAY ((int64_t)86400)
#define SOON (30 * DAY)

/* Text of a certificate, as it may be printed: whoever made it wrote what
 * they liked. */
static struct str
keep_text(struct arena *a, const ASN1_STRING *s)
{
	struct str raw = {(const char *)ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s)};
	struct str kept;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	log_escape(&text, raw);
	kept = arena_str(a, buf_slice(&text));
	buf_release(&text);
	return kept;
}

static struct str
common_name(struct arena *a, const X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at < 0)
		return STR("");
	return keep_text(
	    a, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

static struct str
general_text(struct arena *a, const GENERAL_NAME *general)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(general, &kind);
	char text[INET6_ADDRSTRLEN];
	int n;

	if (kind == GEN_DNS)
		return keep_text(a, value);
	if (kind != GEN_IPADD)
		return STR("");
	n = ASN1_STRING_length(value);
	if ((n != 4 && n != 16) ||
	    inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value),
		text, sizeof text) == NULL)
		return STR("");
	return arena_str(a, str_of(text));
}

static void
read_names(struct certs_info *info, const X509 *x)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = sk_GENERAL_NAME_num(all);

	if (n > 0)
		info->names =
		    arena_array(&info->arena, (size_t)n, sizeof *info->names);
	for (int i = 0; i < n && info->names != NULL; i++) {
		struct str name =
		    general_text(&info->arena, sk_GENERAL_NAME_value(all, i));

		if (name.n > 0)
			info->names[info->name_count++] = name;
	}
	GENERAL_NAMES_free(all);
}

static struct str
key_type(struct arena *a, const X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	const char *name = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
	const char *curve = NULL;
	char group[64];

	if (name == NULL)
		return STR("unknown");
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
		if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL))
			curve = EC_curve_nid2nist(OBJ_txt2nid(group));
		return arena_printf(a, "EC %s",
		    curve != NULL ? curve : "of a curve without a name");
	}
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return arena_printf(a, "RSA %d", EVP_PKEY_get_bits(key));
	return arena_str(a, str_of(name));
}

static int
instant_of(int64_t *out, const ASN1_TIME *time)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return -1;
	*out = (int64_t)timegm(&tm);
	return 0;
}

static int
hash_key(unsigned char *hash, const X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	int ok = n > 0 &&
	    EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok ? 0 : -1;
}

static int
read_facts(struct certs_info *info, X509 *x, const char *name, struct err *e)
{
	info->subject = common_name(&info->arena, x);
	info->key_type = key_type(&info->arena, x);
	info->is_self_signed = X509_self_signed(x, 1) == 1;
	read_names(info, x);
	if (instant_of(&info->not_before, X509_get0_notBefore(x)) != 0 ||
	    instant_of(&info->not_after, X509_get0_notAfter(x)) != 0)
		return err_set(e, ERR_INPUT,
		    "%s: has a certificate whose dates cannot be read", name);
	if (X509_digest(x, EVP_sha256(), info->hash, NULL) != 1 ||
	    hash_key(info->key_hash, x) != 0)
		return err_set(e, ERR_SYSTEM,
		    "%s: the TLS library could not take its fingerprint", name);
	return arena_ok(&info->arena, e);
}

int
certs_info_parse(
    struct certs_info *info, struct str pem, const char *name, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.n > 0 ? pem.p : "", (int)pem.n);
	X509 *x = NULL;
	int rc;

	*info = (struct certs_info){0};
	arena_init(&info->arena);
	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, NULL, (void *)"");
	if (x != NULL)
		rc = read_facts(info, x, name, e);
	else
		rc = err_set(e, ERR_INPUT,
		    "%s: holds no certificate in PEM, which begins with "
		    "-----BEGIN CERTIFICATE-----",
		    name);
	ERR_clear_error();
	X509_free(x);
	BIO_free(bio);
	if (rc != 0)
		certs_info_release(info);
	return rc;
}

int
certs_info_load(struct certs_info *info, const char *certificate, struct err *e)
{
	struct buf pem;
	int rc;

	*info = (struct certs_info){0};
	buf_init(&pem, CERTS_FILE_MAX);
	rc = file_read(&pem, AT_FDCWD, certificate, e);
	if (rc == 0)
		rc = certs_info_parse(info, buf_slice(&pem), certificate, e);
	buf_release(&pem);
	return rc;
}

void
certs_info_release(struct certs_info *info)
{
	arena_release(&info->arena);
	*info = (struct certs_info){0};
}

/* An address in the one way that inet_ntop writes it; false for a name. */
static bool
plain_address(char text[INET6_ADDRSTRLEN], struct str host)
{
	unsigned char bytes[16];
	int family = str_chr(host, ':') >= 0 ? AF_INET6 : AF_INET;

	if (host.n >= INET6_ADDRSTRLEN || host.n == 0)
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	return inet_pton(family, text, bytes) == 1 &&
	    inet_ntop(family, bytes, text, INET6_ADDRSTRLEN) != NULL;
}

static bool
name_fits(struct str name, struct str host)
{
	ptrdiff_t dot = str_chr(host, '.');

	if (str_eq_nocase(name, host))
		return true;
	return str_starts(name, STR("*.")) && dot > 0 &&
	    str_eq_nocase(
		str_sub(name, 1, name.n), str_sub(host, (size_t)dot, host.n));
}

bool
certs_has_name(const struct certs_info *info, struct str host)
{
	char text[INET6_ADDRSTRLEN];
	bool is_address = plain_address(text, host);

	for (size_t i = 0; i < info->name_count; i++)
		if (is_address ? str_is(info->names[i], text)
			       : name_fits(info->names[i], host))
			return true;
	return false;
}

bool
certs_expires_soon(struct buf *to, const struct certs_info *info, int64_t now)
{
	int64_t left = info->not_after - now, days = left / DAY;

	if (left >= SOON)
		return false;
	if (left < 0)
		buf_puts(to, "has expired; ");
	else
		buf_printf(to, "expires in %lld day%s; ", (long long)days,
		    days == 1 ? "" : "s");
	buf_puts(to,
	    info->is_self_signed ? "capsule cert renew keeps its key"
				 : "have it renewed");
	return true;
}

void
certs_fingerprint(struct buf *to, const unsigned char *hash)
{
	for (int i = 0; i < CERTS_HASH_LEN; i++)
		buf_printf(to, i > 0 ? ":%02X" : "%02X", hash[i]);
}
