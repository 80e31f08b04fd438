#include "tests/smtpd.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: smtpd [-23ge] [-o LIST] [-c PEM] [-u USER:PW] [-r GLOB:CODE]\n"
    "             [-f PHASE:KIND[@SESSION][#MESSAGE][%P]] [-s SEED]\n"
    "             [-l LOG] [-d DIR] [-t TRANSCRIPT] [-a ADDR] [-p PORT]\n";

const char *const smtpd_phases[PHASES] = {"connect", "banner", "ehlo",
    "starttls", "tls", "auth", "mail", "rcpt", "data", "bdat", "body", "dot",
    "rset", "quit"};

static const struct {
	const char *name;
	enum kind kind;
} kind_names[] = {{"stall", STALL}, {"drop", DROP}, {"cut", CUT},
    {"garbage", GARBAGE}, {"long", LONG}, {"inject", INJECT}, {"taken", TAKEN}};

const struct smtpd_offer smtpd_offers[SMTPD_OFFERS] = {
    {"pipelining", PIPELINING, "PIPELINING"},
    {"chunking", CHUNKING, "CHUNKING"}, {"8bitmime", EIGHTBITMIME, "8BITMIME"},
    {"enhanced", ENHANCED, "ENHANCEDSTATUSCODES"}, {"size", SIZE, "SIZE 0"},
    {"auth", OFFER_AUTH, "AUTH PLAIN LOGIN"},
    {"starttls", OFFER_STARTTLS, "STARTTLS"}};

static bool
parse_fault(struct fault *f, char *text)
{
	char *kind = strchr(text, ':'), *more;

	*f = (struct fault){.probability = 1};
	if (kind == NULL)
		return false;
	*kind++ = '\0';
	while (f->phase < PHASES && strcmp(smtpd_phases[f->phase], text) != 0)
		f->phase++;
	if (*kind == '=') {
		f->kind = TEXT;
		f->text = kind + 1;
		return f->phase < PHASES;
	}
	for (more = kind + strcspn(kind, "@#%"); *more != '\0';) {
		char mark = *more, *end;
		double number = strtod(more + 1, &end);

		*more = '\0';
		if (mark == '@')
			f->session = (int)number;
		else if (mark == '#')
			f->message = (int)number;
		else
			f->probability = number;
		if (end == more + 1 || (*end && !strchr("@#%", *end)))
			return false;
		more = end;
	}
	f->code = atoi(kind);
	if (f->code >= 100 && f->code <= 999)
		return f->phase < PHASES;
	for (size_t i = 0; i < sizeof kind_names / sizeof kind_names[0]; i++) {
		f->kind = kind_names[i].kind;
		if (strcmp(kind, kind_names[i].name) == 0)
			return f->phase < PHASES;
	}
	return false;
}

static bool
parse_offers(struct smtpd_options *o, char *list)
{
	bool known = true;

	o->offer = 0;
	if (strcmp(list, "none") == 0)
		return true;
	for (char *name = strtok(list, ","); name != NULL && known;
	     name = strtok(NULL, ",")) {
		known = false;
		for (size_t i = 0; i < SMTPD_OFFERS; i++)
			if (strcmp(smtpd_offers[i].name, name) == 0) {
				o->offer |= smtpd_offers[i].bit;
				known = true;
			}
	}
	return known;
}

static bool
parse_rule(struct smtpd_options *o, char *text)
{
	char *code = strrchr(text, ':');

	if (code == NULL || atoi(code + 1) < 400 ||
	    o->rule_count == SMTPD_RULES_MAX)
		return false;
	*code = '\0';
	o->rules[o->rule_count++] = text;
	return true;
}

static int
open_appending(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

static bool
parse_option(struct smtpd_options *o, int c, char *arg)
{
	switch (c) {
	case 'o':
		return parse_offers(o, arg);
	case 'c':
		o->cert = arg;
		return true;
	case '2':
		o->tls_version = TLS1_2_VERSION;
		return true;
	case '3':
		o->tls_version = TLS1_3_VERSION;
		return true;
	case 'u':
		o->login = arg;
		return strchr(arg, ':') != NULL;
	case 'g':
		return o->greylist = true;
	case 'r':
		return parse_rule(o, arg);
	case 'f':
		return o->fault_count < SMTPD_FAULTS_MAX &&
		    parse_fault(&o->faults[o->fault_count++], arg);
	case 's':
		o->seed = (unsigned short)atoi(arg);
		return true;
	case 'l':
		return (o->log = open_appending(arg)) >= 0;
	case 'd':
		o->folder = arg;
		return true;
	case 't':
		return (o->transcript = open_appending(arg)) >= 0;
	case 'a':
		o->address = arg;
		return true;
	case 'p':
		o->port = atoi(arg);
		return true;
	case 'e':
		return o->ends_with_stdin = true;
	default:
		return false;
	}
}

bool
smtpd_parse(struct smtpd_options *o, int argc, char **argv)
{
	int c;

	*o = (struct smtpd_options){
	    .offer = PIPELINING | EIGHTBITMIME | ENHANCED,
	    .address = "127.0.0.1",
	    .log = -1,
	    .transcript = -1};
	while ((c = getopt(argc, argv, "o:c:23u:gr:f:s:l:d:t:a:p:e")) != -1)
		if (!parse_option(o, c, optarg)) {
			fprintf(stderr, "smtpd: -%c %s?\n%s", c,
			    optarg != NULL ? optarg : "", usage);
			return false;
		}
	if (optind != argc)
		fputs(usage, stderr);
	if (o->cert != NULL)
		o->offer |= OFFER_STARTTLS;
	if (o->login != NULL)
		o->offer |= OFFER_AUTH;
	return optind == argc;
}
