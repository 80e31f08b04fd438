/*
 * Secrets that people carry in links, addresses and their heads: tokens of
 * 128 bits, codes of six digits; and the hash under which an address is known
 * that must not be kept. Compare secrets with str_eq_secret only.
 */
#ifndef MAIL_TOKEN_H
#define MAIL_TOKEN_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define TOKEN_LEN 26 /* 128 bits in base32, five a letter */
#define TOKEN_CODE_LEN 6
#define TOKEN_HASH_LEN 32

/* The alphabet of RFC 4648, section 6, in lower case and without padding:
 * what stands in the local part of an address and is read aloud. Both end in
 * a NUL. -1 when the system has no random bytes. */
int token_new(char out[TOKEN_LEN + 1], struct err *e);
int token_code_new(char out[TOKEN_CODE_LEN + 1], struct err *e);

/* A token or code as typed or as a mail server passed it on, white space
 * around it and its case undone; spaces and hyphens within a code too. -1 for
 * what cannot be one, before anything is looked up. */
int token_parse(char out[TOKEN_LEN + 1], struct str typed);
int token_code_parse(char out[TOKEN_CODE_LEN + 1], struct str typed);

int token_random(void *out, size_t n, struct err *e);

/* SHA-256 of salt and text, one behind the other. */
int token_hash(uint8_t out[TOKEN_HASH_LEN], struct str salt, struct str text,
    struct err *e);

#endif
