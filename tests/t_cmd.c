#include "base/cmd.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#define ARGS_MAX 8

/* The words with "|" between, then what the options were set to; "!" and the
 * message for misuse. Arguments are given with spaces between. */
static void
take(char *out, size_t size, const char *line)
{
	char text[128], *argv[ARGS_MAX], *rest = text;
	const char *list = NULL;
	bool is_json = false;
	const struct cmd_option options[] = {
	    {"--json", &is_json, NULL},
	    {"--list", NULL, &list},
	    {NULL, NULL, NULL},
	};
	struct err e = ERR_INIT;
	int argc = 0, count;
	size_t n = 0;

	snprintf(text, sizeof text, "%s", line);
	while (argc < ARGS_MAX &&
	    (argv[argc] = strtok_r(rest, " ", &rest)) != NULL)
		argc++;
	count = cmd_words(argc, argv, options, 1, 2, "a FILE", &e);
	if (count < 0) {
		snprintf(out, size, "!%s", e.msg);
		return;
	}
	for (int i = 0; i < count; i++)
		n += (size_t)snprintf(
		    out + n, size - n, "%s%s", i > 0 ? "|" : "", argv[i]);
	snprintf(out + n, size - n, "%s%s%s", is_json ? " json" : "",
	    list != NULL ? " list=" : "", list != NULL ? list : "");
}

static void
takes_options_wherever_they_stand(void)
{
	static const struct {
		const char *why, *input, *want;
	} table[] = {
	    {"a word", "a", "a"},
	    {"two", "a b", "a|b"},
	    {"a flag behind", "a --json", "a json"},
	    {"a flag in front", "--json a", "a json"},
	    {"a value", "--list x a", "a list=x"},
	    {"a value behind =", "a --list=x", "a list=x"},
	    {"an empty value", "a --list=", "a list="},
	    {"a value that looks like an option", "a --list --json",
		"a list=--json"},
	    {"a lone hyphen is a word", "-", "-"},
	    {"-- ends the options", "-- --json -x", "--json|-x"},
	    {"-- behind others", "--json -- -x", "-x json"},
	    {"a second -- is a word", "-- a --", "a|--"},
	    {"none", "", "!a FILE is missing"},
	    {"none behind --", "--", "!a FILE is missing"},
	    {"too many", "a b c", "!\"c\" is not understood here"},
	    {"too many behind --", "a -- b c", "!\"c\" is not understood here"},
	    {"an unknown option", "a --frob",
		"!\"--frob\" is not understood here"},
	    {"one that only begins like ours", "a --lister x",
		"!\"--lister\" is not understood here"},
	    {"a value for a flag", "a --json=yes",
		"!\"--json=yes\" is not understood here"},
	    {"no value", "a --list", "!--list takes a value"},
	};
	char got[256];

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		take(got, sizeof got, table[i].input);
		T_EQ_STR(
		    str_of(got), str_of(table[i].want), "%s", table[i].why);
	}
}

int
main(void)
{
	T_RUN(takes_options_wherever_they_stand);
	return t_done();
}
