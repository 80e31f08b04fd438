#include "mail/token.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define TOKEN_BYTES 16

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

int
token_random(void *out, size_t n, struct err *e)
{
	if (n > INT_MAX || RAND_bytes(out, (int)n) != 1)
		return err_set(e, ERR_SYSTEM,
		    "the system gives no random bytes; look at its entropy "
		    "and at OpenSSL's configuration");
	return 0;
}

int
token_new(char out[TOKEN_LEN + 1], struct err *e)
{
	uint8_t bytes[TOKEN_BYTES];
	unsigned bits = 0, held = 0;
	size_t at = 0;

	if (token_random(bytes, sizeof bytes, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof bytes; i++) {
		held = (held << 8 | bytes[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			out[at++] = alphabet[held >> (bits - 5) & 31];
	}
	out[at++] = alphabet[held << (5 - bits) & 31];
	out[at] = '\0';
	return 0;
}

int
token_code_new(char out[TOKEN_CODE_LEN + 1], struct err *e)
{
	static const uint32_t codes = 1000000;
	uint32_t n;

	/* What is left above the last whole million would favour low codes. */
	do {
		if (token_random(&n, sizeof n, e) != 0)
			return -1;
	} while (n >= UINT32_MAX - UINT32_MAX % codes);
	n %= codes;
	for (int i = TOKEN_CODE_LEN - 1; i >= 0; i--, n /= 10)
		out[i] = (char)('0' + n % 10);
	out[TOKEN_CODE_LEN] = '\0';
	return 0;
}

int
token_parse(char out[TOKEN_LEN + 1], struct str typed)
{
	struct str s = str_trim(typed);

	if (s.n != TOKEN_LEN)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (str_chr(str_of(alphabet), c) < 0)
			return -1;
		out[i] = c;
	}
	out[TOKEN_LEN] = '\0';
	return 0;
}

int
token_code_parse(char out[TOKEN_CODE_LEN + 1], struct str typed)
{
	struct str s = str_trim(typed);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ' || s.p[i] == '-')
			continue;
		if (n == TOKEN_CODE_LEN || s.p[i] < '0' || s.p[i] > '9')
			return -1;
		out[n++] = s.p[i];
	}
	out[n] = '\0';
	return n == TOKEN_CODE_LEN ? 0 : -1;
}

int
token_hash(uint8_t out[TOKEN_HASH_LEN], struct str salt, struct str text,
    struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
	    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, salt.p, salt.n) == 1 &&
	    EVP_DigestUpdate(ctx, text.p, text.n) == 1 &&
	    EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok ? 0 : err_set(e, ERR_SYSTEM, "OpenSSL gives no SHA-256");
}
