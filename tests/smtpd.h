/*
 * What tests/e2e/smtpd.c was told to do; its opening comment says how.
 */
#ifndef TESTS_SMTPD_H
#define TESTS_SMTPD_H

#include <stdbool.h>
#include <stddef.h>

#define SMTPD_FAULTS_MAX 64
#define SMTPD_RULES_MAX 64

enum phase {
	CONNECT,
	BANNER,
	EHLO,
	STARTTLS,
	TLS,
	AUTH,
	MAIL,
	RCPT,
	DATA,
	BDAT,
	BODY,
	DOT,
	RSET,
	QUIT,
	PHASES
};

extern const char *const smtpd_phases[PHASES];

enum kind { CODE, TEXT, STALL, DROP, CUT, GARBAGE, LONG, INJECT, TAKEN };

struct fault {
	enum phase phase;
	enum kind kind;
	int code;
	const char *text;
	int session, message; /* 0: any */
	double probability;
};

enum offer {
	PIPELINING = 1,
	CHUNKING = 2,
	EIGHTBITMIME = 4,
	ENHANCED = 8,
	SIZE = 16,
	OFFER_AUTH = 32,
	OFFER_STARTTLS = 64
};

#define SMTPD_OFFERS 7
extern const struct smtpd_offer {
	const char *name;
	enum offer bit;
	const char *line; /* of EHLO's answer */
} smtpd_offers[SMTPD_OFFERS];

struct smtpd_options {
	unsigned offer;
	const char *address;
	int port;
	const char *login; /* "user:password" */
	const char *cert;
	int tls_version;
	unsigned short seed;
	bool greylist, ends_with_stdin;
	struct fault faults[SMTPD_FAULTS_MAX];
	size_t fault_count;
	char *rules[SMTPD_RULES_MAX]; /* GLOB NUL CODE */
	size_t rule_count;
	const char *folder;
	int log, transcript; /* descriptors; -1: none */
};

/* Slices point into argv. Prints what is wrong with it, and how it should be;
 * exits when a file cannot be opened. */
bool smtpd_parse(struct smtpd_options *o, int argc, char **argv);

#endif
