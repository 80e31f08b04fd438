#include "certs/certs.h"
#include "base/clock.h"
#include "base/file.h"
#include "certs/make.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

static void
wipe(struct buf *secret)
{
	if (secret->cap > 0)
		OPENSSL_cleanse(secret->data, secret->cap);
	buf_release(secret);
}

/* 1, 0, or -1 where that cannot be known. A link that leads nowhere is there:
 * somebody meant something by it. */
static int
is_there(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return err_sys(e, "%s: cannot be looked at", path);
}

static int
read_key(struct buf *pem, const char *path, struct err *e)
{
	struct stat st;

	if (file_read(pem, AT_FDCWD, path, e) != 0)
		return -1;
	if (stat(path, &st) != 0)
		return err_sys(e, "%s: cannot be looked at", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_REFUSED,
		    "%s: this key can be read or changed by others than its "
		    "owner (mode %04o); say chmod 600 %s",
		    path, (unsigned)st.st_mode & 07777, path);
	return 0;
}

static int
refuse_password(char *text, int size, int is_writing, void *asked)
{
	(void)text;
	(void)size;
	(void)is_writing;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *
parse_key(struct str pem, const char *path, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = NULL;
	bool is_encrypted = false;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(
		    bio, NULL, refuse_password, &is_encrypted);
	if (key == NULL && is_encrypted)
		err_set(e, ERR_REFUSED,
		    "%s: this key is encrypted, and nobody is there to type "
		    "its password; decrypt it with openssl pkey -in %s -out "
		    "NEW",
		    path, path);
	else if (key == NULL)
		err_set(e, ERR_INPUT,
		    "%s: holds no private key in PEM, which begins with "
		    "-----BEGIN PRIVATE KEY-----",
		    path);
	ERR_clear_error();
	BIO_free(bio);
	return key;
}

/* The first certificate of the chain is of this key. */
static int
check_fit(struct str chain, EVP_PKEY *key, const char *certificate,
    const char *key_path, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(chain.p, (int)chain.n);
	X509 *x = NULL;
	bool fits;

	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, NULL, (void *)"");
	fits = x != NULL && X509_check_private_key(x, key) == 1;
	ERR_clear_error();
	X509_free(x);
	BIO_free(bio);
	if (fits)
		return 0;
	return err_set(e, ERR_INPUT,
	    "%s: does not fit the key in %s; name the key it was made with, "
	    "and put the server's own certificate first",
	    certificate, key_path);
}

/* What follows the first must be certificates too: a chain cut off by a
 * copying error is found here and not by a visitor. */
static int
check_chain(struct str chain, const char *path, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(chain.p, (int)chain.n);
	bool is_end = false;
	X509 *x;

	while (bio != NULL &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, (void *)"")) != NULL)
		X509_free(x);
	if (bio != NULL)
		is_end = ERR_GET_REASON(ERR_peek_last_error()) ==
		    PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(bio);
	if (is_end)
		return 0;
	return err_set(e, ERR_INPUT,
	    "%s: a certificate of its chain cannot be read", path);
}

static int
check_dates(const struct certs_info *info, const char *path, struct err *e)
{
	int64_t now = clock_now();
	struct buf when;
	int rc = 0;

	buf_init(&when, 64);
	if (now > info->not_after) {
		date_rfc3339(&when, info->not_after);
		rc = err_set(e, ERR_REFUSED,
		    "%s: this certificate expired on %s; %s", path, when.data,
		    info->is_self_signed
			? "say capsule cert renew, which keeps the key"
			: "get a new one where it was issued");
	} else if (now < info->not_before) {
		date_rfc3339(&when, info->not_before);
		rc = err_set(e, ERR_REFUSED,
		    "%s: this certificate is not valid before %s; look at "
		    "this machine's clock, or wait until then",
		    path, when.data);
	}
	buf_release(&when);
	return rc;
}

static int
load_key(struct certs_pair *pair, const char *certificate, const char *path,
    struct err *e)
{
	EVP_PKEY *key;
	int rc;

	if (read_key(&pair->key, path, e) != 0)
		return -1;
	key = parse_key(buf_slice(&pair->key), path, e);
	if (key == NULL)
		return -1;
	rc = check_fit(buf_slice(&pair->chain), key, certificate, path, e);
	EVP_PKEY_free(key);
	return rc;
}

/* All but the dates, which a renewal does not mind. */
static int
load_pair(struct certs_pair *pair, const char *certificate, const char *key,
    struct err *e)
{
	*pair = (struct certs_pair){0};
	buf_init(&pair->chain, CERTS_FILE_MAX);
	buf_init(&pair->key, CERTS_FILE_MAX);
	if (file_read(&pair->chain, AT_FDCWD, certificate, e) != 0 ||
	    certs_info_parse(
		&pair->info, buf_slice(&pair->chain), certificate, e) != 0 ||
	    check_chain(buf_slice(&pair->chain), certificate, e) != 0)
		return -1;
	return load_key(pair, certificate, key, e);
}

int
certs_load(struct certs_pair *pair, const char *certificate, const char *key,
    struct err *e)
{
	if (load_pair(pair, certificate, key, e) == 0 &&
	    check_dates(&pair->info, certificate, e) == 0)
		return 0;
	certs_pair_release(pair);
	return -1;
}

void
certs_pair_release(struct certs_pair *pair)
{
	certs_info_release(&pair->info);
	/* Some keep both in one file. */
	wipe(&pair->chain);
	wipe(&pair->key);
}

/* The key goes to the disk first: without its certificate it is worth a new
 * one, a certificate without its key is worth nothing. */
static int
get_key(struct buf *pem, const char *path, bool has_key, struct err *e)
{
	EVP_PKEY *key;

	if (!has_key) {
		if (make_key(pem, e) != 0)
			return -1;
		return file_write(AT_FDCWD, path, 0600, buf_slice(pem), e);
	}
	if (read_key(pem, path, e) != 0)
		return -1;
	key = parse_key(buf_slice(pem), path, e);
	EVP_PKEY_free(key);
	return key != NULL ? 0 : -1;
}

int
certs_ensure(const char *certificate, const char *key, struct str host,
    const struct str *aliases, size_t alias_count, bool *made, struct err *e)
{
	int has_certificate = is_there(certificate, e);
	int has_key = is_there(key, e);
	struct buf key_pem, pem;
	int rc;

	if (made != NULL)
		*made = false;
	if (has_certificate < 0 || has_key < 0)
		return -1;
	if (has_certificate && has_key)
		return 0;
	if (has_certificate)
		return err_set(e, ERR_MISSING,
		    "%s: the key of the certificate %s is not there; bring it "
		    "back, or remove the certificate to have both made anew, "
		    "of which clients will warn their visitors",
		    key, certificate);
	buf_init(&key_pem, CERTS_FILE_MAX);
	buf_init(&pem, CERTS_FILE_MAX);
	rc = get_key(&key_pem, key, has_key, e);
	if (rc == 0)
		rc = make_certificate(
		    &pem, buf_slice(&key_pem), host, aliases, alias_count, e);
	if (rc == 0)
		rc =
		    file_write(AT_FDCWD, certificate, 0644, buf_slice(&pem), e);
	if (made != NULL)
		*made = rc == 0;
	buf_release(&pem);
	wipe(&key_pem);
	return rc;
}

/* Makes the new one, looks at it as a visitor will, and puts it in place. */
static int
replace(const struct certs_pair *old, struct certs_info *after,
    const char *certificate, struct str host, const struct str *aliases,
    size_t alias_count, struct err *e)
{
	struct buf pem;
	int rc;

	if (!old->info.is_self_signed)
		return err_set(e, ERR_REFUSED,
		    "%s: was not made here but issued by somebody else; renew "
		    "it there",
		    certificate);
	buf_init(&pem, CERTS_FILE_MAX);
	rc = make_certificate(
	    &pem, buf_slice(&old->key), host, aliases, alias_count, e);
	if (rc == 0)
		rc = certs_info_parse(after, buf_slice(&pem), certificate, e);
	if (rc == 0)
		rc =
		    file_write(AT_FDCWD, certificate, 0644, buf_slice(&pem), e);
	buf_release(&pem);
	return rc;
}

int
certs_renew(struct certs_info *before, struct certs_info *after,
    const char *certificate, const char *key, struct str host,
    const struct str *aliases, size_t alias_count, struct err *e)
{
	struct certs_pair old;
	int rc;

	*before = *after = (struct certs_info){0};
	rc = load_pair(&old, certificate, key, e);
	if (rc == 0)
		rc = replace(
		    &old, after, certificate, host, aliases, alias_count, e);
	if (rc == 0) {
		*before = old.info;
		old.info = (struct certs_info){0};
	} else {
		certs_info_release(after);
	}
	certs_pair_release(&old);
	return rc;
}
