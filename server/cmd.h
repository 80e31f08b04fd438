/*
 * capsule's commands: one cmd_<name>.c each, held in one sorted table (main.c)
 * that help is printed from. stdout is for programs, talk goes to stderr.
 */
#ifndef SERVER_CMD_H
#define SERVER_CMD_H

#include "base/conf.h"
#include "base/err.h"

enum cmd_needs {
	NEEDS_NOTHING,
	NEEDS_CONF /* the configuration is loaded before it runs */
};

/* argc and argv begin behind the command's name. Returns 0 or -1; the error's
 * kind is the exit code, an empty one fails with what was already said. */
struct cmd {
	const char *name;
	const char *args; /* as help shows them; "" for none */
	const char *help; /* one line */
	enum cmd_needs needs;
	int (*run)(struct conf *conf, int argc, char **argv, struct err *e);
};

int cmd_build(struct conf *conf, int argc, char **argv, struct err *e);
int cmd_cert(struct conf *conf, int argc, char **argv, struct err *e);
int cmd_check(struct conf *conf, int argc, char **argv, struct err *e);
int cmd_render(struct conf *conf, int argc, char **argv, struct err *e);
int cmd_serve(struct conf *conf, int argc, char **argv, struct err *e);
int cmd_status(struct conf *conf, int argc, char **argv, struct err *e);

/* For a command that takes none: refuses the first argument that is there. */
int cmd_no_args(const char *name, int argc, char **argv, struct err *e);

#endif
