/*
 * capsule's commands: one cmd_<name>.c each, held in one table (main.c).
 */
#ifndef SERVER_CMD_H
#define SERVER_CMD_H

#include "base/cmd.h"
#include "base/err.h"
#include "content/fault.h"

#include <stdio.h>

int cmd_build(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_cert(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_check(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_render(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_serve(struct cmd_env *env, int argc, char **argv, struct err *e);
int cmd_status(struct cmd_env *env, int argc, char **argv, struct err *e);

/* Sorted, one a line. */
void cmd_print_faults(FILE *to, struct faults *faults);

#endif
