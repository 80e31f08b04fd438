/*
 * What every program of ours does with its command line: one sorted table of
 * commands, from which help is printed; -c, -h and -V wherever they stand;
 * the nearest name for a mistyped one; exit codes by the error's kind. stdout
 * is for programs, talk goes to stderr.
 */
#ifndef BASE_CMD_H
#define BASE_CMD_H

#include "base/conf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A command looks at its arguments before it asks for the configuration
 * (cmd_conf), so that misuse is misuse wherever it is run. One whose output is
 * the configuration's faults reads it by itself.
 */
struct cmd_env {
	const char *conf_path; /* -c; NULL: where it usually is */
	struct conf conf;      /* of cmd_conf; cmd_main releases it */
	bool has_conf;
};

/* For run, argc and argv begin behind the command's name; -c and -h were taken
 * out, and a command without args is given none. Returns 0 or -1; the error's
 * kind is the exit code. */
struct cmd {
	const char *name;
	const char *args; /* as help shows them; "" for none */
	const char *help; /* one line */
	int (*run)(struct cmd_env *env, int argc, char **argv, struct err *e);
	const struct cmd *cmds; /* instead of run: a table of its own */
	const char *options; /* what `-h` adds, whole lines: options, exit
	                      * codes; NULL: args and help say it all */
};

struct cmd_program {
	const char *name;
	const char *does; /* a sentence, the first line of help */
	const char *more; /* its last line: where to read on */
	const struct cmd *cmds; /* sorted, up to one without a name */
};

/* All of main: runs what argv asks for, prints what went wrong, and returns
 * the exit code. */
int cmd_main(const struct cmd_program *program, int argc, char **argv);

/* The configuration, loaded at the first call. NULL on failure. */
struct conf *cmd_conf(struct cmd_env *env, struct err *e);

/* "--json", which sets *flag, or "--list NAME" and "--list=NAME", which set
 * *value. */
struct cmd_option {
	const char *name;
	bool *flag;
	const char **value;
};

/*
 * Takes the options, which an entry without a name ends, out of a command's
 * arguments, and holds that min to max words are left, which usage names ("an
 * ADDRESS"); they are moved to the front. Behind "--" all are words. Returns
 * how many, or -1.
 */
int cmd_words(int argc, char **argv, const struct cmd_option *options,
    int min, int max, const char *usage, struct err *e);

/* ERR_USAGE, naming an argument that the command does not know. */
int cmd_bad_arg(const char *arg, struct err *e);

#endif
