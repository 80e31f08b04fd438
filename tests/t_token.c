#include "mail/token.h"
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#define MANY 20000

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_LEN + 1);
}

/* Every letter of the alphabet at every place but the last, which holds three
 * bits; and none twice. */
static void
tokens_use_all_their_bits(void)
{
	static char tokens[MANY][TOKEN_LEN + 1];
	static bool seen[TOKEN_LEN][256];
	struct err e = ERR_INIT;
	int made = 0, twice = 0, sound = 0;

	for (int i = 0; i < MANY; i++) {
		char again[TOKEN_LEN + 1];

		made += token_new(tokens[i], &e) == 0;
		sound += strlen(tokens[i]) == TOKEN_LEN &&
		    token_parse(again, str_of(tokens[i])) == 0 &&
		    strcmp(again, tokens[i]) == 0;
		for (int at = 0; at < TOKEN_LEN; at++)
			seen[at][(unsigned char)tokens[i][at]] = true;
	}
	T_EQ_INT(made, MANY, "tokens are made");
	T_EQ_INT(sound, MANY, "and are taken back as they are");
	for (int at = 0; at < TOKEN_LEN; at++) {
		int letters = 0;

		for (int c = 0; c < 256; c++)
			letters += seen[at][c];
		T_EQ_INT(letters, at < TOKEN_LEN - 1 ? 32 : 8,
		    "letters at place %d", at);
	}
	qsort(tokens, MANY, sizeof tokens[0], by_bytes);
	for (int i = 1; i < MANY; i++)
		twice += strcmp(tokens[i - 1], tokens[i]) == 0;
	T_EQ_INT(twice, 0, "none is made twice");
}

static void
codes_have_six_digits(void)
{
	static bool seen[TOKEN_CODE_LEN][10];
	struct err e = ERR_INIT;
	int sound = 0, digits = 0;

	for (int i = 0; i < 5000; i++) {
		char code[TOKEN_CODE_LEN + 1];

		if (token_code_new(code, &e) != 0 ||
		    str_number(str_of(code), 999999) < 0 ||
		    strlen(code) != TOKEN_CODE_LEN)
			continue;
		sound++;
		for (int at = 0; at < TOKEN_CODE_LEN; at++)
			seen[at][code[at] - '0'] = true;
	}
	T_EQ_INT(sound, 5000, "codes are six digits");
	for (int at = 0; at < TOKEN_CODE_LEN; at++)
		for (int d = 0; d < 10; d++)
			digits += seen[at][d];
	T_EQ_INT(digits, 60, "every digit at every place");
}

static void
reads_what_people_type(void)
{
	static const struct {
		const char *why;
		struct str typed;
		const char *token, *code;
	} table[] = {
	    {"a token", STR("abcdefghijklmnopqrstuvwxyz"),
		"abcdefghijklmnopqrstuvwxyz", NULL},
	    {"a token that a server has shouted",
		STR("ABCDEFGHIJKLMNOPQRSTUVW234"), "abcdefghijklmnopqrstuvw234",
		NULL},
	    {"white space around it", STR(" abcdefghijklmnopqrstuvwxyz\r\n"),
		"abcdefghijklmnopqrstuvwxyz", NULL},
	    {"a digit that is none of base32's",
		STR("abcdefghijklmnopqrstuvwxy1"), NULL, NULL},
	    {"too short", STR("abcdefghijklmnopqrstuvwxy"), NULL, NULL},
	    {"too long", STR("abcdefghijklmnopqrstuvwxyzz"), NULL, NULL},
	    {"a NUL in it", {"abcdefghijklmnopqrstuvwxy", 26}, NULL, NULL},
	    {"nothing", {"", 0}, NULL, NULL},
	    {"a code", STR("012345"), NULL, "012345"},
	    {"a code in two halves", STR(" 012 345\n"), NULL, "012345"},
	    {"a code with a hyphen", STR("012-345"), NULL, "012345"},
	    {"five digits", STR("01234"), NULL, NULL},
	    {"seven digits", STR("0123456"), NULL, NULL},
	    {"a letter", STR("01234o"), NULL, NULL},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str input = t_guard(table[i].typed);
		char token[TOKEN_LEN + 1] = "", code[TOKEN_CODE_LEN + 1] = "";
		bool is_token = token_parse(token, input) == 0;
		bool is_code = token_code_parse(code, input) == 0;

		T_EQ_STR(is_token ? str_of(token) : STR("-"),
		    table[i].token ? str_of(table[i].token) : STR("-"),
		    "%s, as a token", table[i].why);
		T_EQ_STR(is_code ? str_of(code) : STR("-"),
		    table[i].code ? str_of(table[i].code) : STR("-"),
		    "%s, as a code", table[i].why);
		t_guard_free(input);
	}
}

/* FIPS 180-4's example "abc". */
static void
hashes_salt_and_text(void)
{
	static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
	    0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03,
	    0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2,
	    0x00, 0x15, 0xad};
	uint8_t hash[TOKEN_HASH_LEN];
	struct err e = ERR_INIT;

	T_OK(token_hash(hash, STR("a"), STR("bc"), &e) == 0 &&
		memcmp(hash, abc, sizeof abc) == 0,
	    "salt and text, one behind the other");
}

int
main(void)
{
	T_RUN(tokens_use_all_their_bits);
	T_RUN(codes_have_six_digits);
	T_RUN(reads_what_people_type);
	T_RUN(hashes_salt_and_text);
	return t_done();
}
