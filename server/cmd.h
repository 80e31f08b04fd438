/*
 * capsule's commands: one cmd_<name>.c each, held in one sorted table (main.c)
 * that help is printed from. stdout is for programs, talk goes to stderr.
 */
#ifndef SERVER_CMD_H
#define SERVER_CMD_H

#include "base/conf.h"
#include "base/err.h"
#include "content/fault.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * A command looks at its arguments before it asks for the configuration
 * (cmd_conf), so that misuse is misuse wherever it is run. check reads it by
 * itself, since its faults are what it is to print.
 */
struct cmd_env {
	const char *conf_path; /* -c; NULL: where it usually is */
	struct conf conf;      /* of cmd_conf; main releases it */
	bool has_conf;
};

/* argc and argv begin behind the command's name; -c and -h were taken out, and
 * a command without args is given none. Returns 0 or -1; the error's kind is
 * the exit code. */
struct cmd {
	const char *name;
	const char *args; /* as help shows them; "" for none */
	const char *help; /* one line */
	int (*run)(struct cmd_env *env, int argc, char **argv, struct err *e);
};

int cmd_build(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_cert(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_check(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_render(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_serve(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_status(struct cmd_env *env, int argc, char **argv, struct err *e);

/* The configuration, loaded at the first call. NULL on failure. */
struct conf *cmd_conf(struct cmd_env *env, struct err *e);

/* ERR_USAGE, naming an argument that the command does not know. */
int cmd_bad_arg(const char *arg, struct err *e);

/* Sorted, one a line. */
void cmd_print_faults(FILE *to, struct faults *faults);

#endif
