#include "mail/seal.h"
#include "base/file.h"
#include "mail/token.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_LEN 32
#define NONCE_LEN 12
#define TAG_LEN 16
#define FORMAT 1

_Static_assert(SEAL_ADDS == 1 + NONCE_LEN + TAG_LEN, "as the header says");

struct seal {
	uint8_t key[KEY_LEN];
};

static int
check_key(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(e, "%s: cannot be looked at", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_REFUSED,
		    "%s: can be read by others; chmod 600 it", path);
	return 0;
}

/* 1 with the key, 0 when there is none yet, -1. */
static int
read_key(struct seal *s, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t more;
	int result = -1;

	if (fd < 0)
		return errno == ENOENT
		    ? 0
		    : err_sys(e, "%s: cannot be opened", path);
	if (check_key(fd, path, e) != 0)
		;
	else if (read(fd, s->key, KEY_LEN) != KEY_LEN || read(fd, &more, 1) > 0)
		err_set(e, ERR_INPUT,
		    "%s: is no key of %d bytes; put back a backup", path,
		    KEY_LEN);
	else
		result = 1;
	close(fd);
	return result;
}

/* A whole key under the name, or none: whoever is second reads the first's. */
static int
make_key(const char *path, struct err *e)
{
	char draft[PATH_MAX];
	uint8_t key[KEY_LEN];
	int result;

	if ((size_t)snprintf(draft, sizeof draft, "%s.%ld", path,
		(long)getpid()) >= sizeof draft)
		return err_set(e, ERR_LIMIT, "%s: is too long a name", path);
	if (token_random(key, sizeof key, e) != 0)
		return -1;
	result = file_write(AT_FDCWD, draft, 0600,
	    (struct str){(const char *)key, sizeof key}, e);
	OPENSSL_cleanse(key, sizeof key);
	if (result != 0)
		return -1;
	if (link(draft, path) != 0 && errno != EEXIST)
		result = err_sys(e, "%s: cannot be made", path);
	unlink(draft);
	return result;
}

int
seal_open(struct seal **out, const char *folder, struct err *e)
{
	struct seal *s = calloc(1, sizeof *s);
	char path[PATH_MAX];
	int got = -1;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	if ((size_t)snprintf(path, sizeof path, "%s/" SEAL_FILE, folder) >=
	    sizeof path)
		err_set(e, ERR_LIMIT, "%s: is too long a name", folder);
	else if ((got = read_key(s, path, e)) == 0)
		got = make_key(path, e) == 0 ? read_key(s, path, e) : -1;
	if (got > 0) {
		*out = s;
		return 0;
	}
	seal_close(s);
	return got < 0
	    ? -1
	    : err_set(e, ERR_SYSTEM, "%s: went away; try again", path);
}

void
seal_close(struct seal *s)
{
	if (s == NULL)
		return;
	OPENSSL_cleanse(s->key, sizeof s->key);
	free(s);
}

/* Format, nonce, what is encrypted, tag. */
static bool
encrypt(EVP_CIPHER_CTX *c, const struct seal *s, uint8_t *out, struct str text,
    struct str bound)
{
	uint8_t *nonce = out + 1, *body = nonce + NONCE_LEN;
	int n;

	return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, nonce) ==
	    1 &&
	    EVP_EncryptUpdate(
		c, NULL, &n, (const uint8_t *)bound.p, (int)bound.n) == 1 &&
	    EVP_EncryptUpdate(
		c, body, &n, (const uint8_t *)text.p, (int)text.n) == 1 &&
	    EVP_EncryptFinal_ex(c, body + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(
		c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, body + text.n) == 1;
}

int
seal_put(struct buf *to, const struct seal *s, struct str text,
    struct str bound, struct err *e)
{
	EVP_CIPHER_CTX *c;
	uint8_t *out;
	bool done;

	if (text.n > INT_MAX - SEAL_ADDS || bound.n > INT_MAX)
		return err_set(e, ERR_LIMIT, "too long to be sealed");
	out = (uint8_t *)buf_room(to, text.n + SEAL_ADDS);
	if (out == NULL)
		return buf_ok(to, "what is sealed", e);
	out[0] = FORMAT;
	c = EVP_CIPHER_CTX_new();
	done = c != NULL && token_random(out + 1, NONCE_LEN, e) == 0 &&
	    encrypt(c, s, out, text, bound);
	EVP_CIPHER_CTX_free(c);
	if (done)
		buf_grew(to, text.n + SEAL_ADDS);
	else
		*out = '\0';
	return done ? 0 : err_set(e, ERR_SYSTEM, "OpenSSL cannot encrypt");
}

/* Nothing of it is to be looked at unless it is true. */
static bool
decrypt(EVP_CIPHER_CTX *c, const struct seal *s, uint8_t *out,
    const uint8_t *sealed, int n, struct str bound)
{
	const uint8_t *nonce = sealed + 1, *body = nonce + NONCE_LEN;
	uint8_t tag[TAG_LEN];
	int done;

	memcpy(tag, body + n, TAG_LEN);
	return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, nonce) ==
	    1 &&
	    EVP_DecryptUpdate(
		c, NULL, &done, (const uint8_t *)bound.p, (int)bound.n) == 1 &&
	    EVP_DecryptUpdate(c, out, &done, body, n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(c, out + done, &done) == 1;
}

int
seal_take(struct buf *to, const struct seal *s, struct str sealed,
    struct str bound, struct err *e)
{
	EVP_CIPHER_CTX *c;
	uint8_t *out;
	bool done;

	if (sealed.n < SEAL_ADDS || sealed.p[0] != FORMAT ||
	    sealed.n > INT_MAX || bound.n > INT_MAX)
		return err_set(e, ERR_INPUT, "this is nothing that was sealed");
	out = (uint8_t *)buf_room(to, sealed.n - SEAL_ADDS + 1);
	if (out == NULL)
		return buf_ok(to, "what is sealed", e);
	c = EVP_CIPHER_CTX_new();
	done = c != NULL &&
	    decrypt(c, s, out, (const uint8_t *)sealed.p,
		(int)(sealed.n - SEAL_ADDS), bound);
	EVP_CIPHER_CTX_free(c);
	if (done) {
		buf_grew(to, sealed.n - SEAL_ADDS);
		return 0;
	}
	*out = '\0';
	return err_set(e, ERR_INPUT,
	    "what was sealed was altered, or " SEAL_FILE
	    " is not the key that it was sealed with");
}
