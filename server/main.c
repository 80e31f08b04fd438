#include "server/cmd.h"
#include "base/near.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of their names. */
static const struct cmd cmds[] = {
    {"build", "DIR", "write the site as files that any server can serve",
	cmd_build},
    {"cert", "[show|renew] [--json]",
	"show the certificate's fingerprints, or renew it with its key",
	cmd_cert},
    {"check", "", "read everything that serve would, and list each fault",
	cmd_check},
    {"render", "[--as gemtext|gopher|gophertext|text|html] [FILE]",
	"convert one Markdown file, or standard input", cmd_render},
    {"serve", "", "serve the site, in the foreground", cmd_serve},
    {"status", "[--json|--prometheus]",
	"ask the running server for its figures", cmd_status},
};

#define CMD_COUNT (sizeof cmds / sizeof cmds[0])

static void
print_help(void)
{
	printf("capsule publishes a folder of Markdown to Gemini and Gopher.\n"
	       "\n"
	       "usage: capsule [-c FILE] COMMAND [ARGUMENT...]\n"
	       "\n");
	for (size_t i = 0; i < CMD_COUNT; i++)
		printf("  %s%s%s\n      %s\n", cmds[i].name,
		    cmds[i].args[0] != '\0' ? " " : "", cmds[i].args,
		    cmds[i].help);
	printf("\n"
	       "  -c FILE  the configuration; else ./capsule.yaml, then\n"
	       "           /etc/capsule/capsule.yaml\n"
	       "  -h       this help, or a command's\n"
	       "  -V       the version\n"
	       "\n"
	       "Exit codes: 0 done, 1 failed, 2 misuse, 75 try again later.\n"
	       "More in capsule(1), capsule.yaml(5) and capsule-page(7).\n");
}

static void
print_cmd_help(const struct cmd *cmd)
{
	printf("usage: capsule [-c FILE] %s%s%s\n\n%s\n", cmd->name,
	    cmd->args[0] != '\0' ? " " : "", cmd->args, cmd->help);
}

static int
unknown_cmd(const char *name, struct err *e)
{
	const struct cmd *nearest = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < CMD_COUNT; i++) {
		unsigned d = near_distance(
		    str_of(name), str_of(cmds[i].name), least - 1);

		if (d < least) {
			least = d;
			nearest = &cmds[i];
		}
	}
	if (nearest != NULL)
		return err_set(e, ERR_USAGE,
		    "there is no command \"%s\"; did you mean \"%s\"?", name,
		    nearest->name);
	return err_set(e, ERR_USAGE,
	    "there is no command \"%s\"; capsule -h lists them", name);
}

static const struct cmd *
find_cmd(const char *name)
{
	for (size_t i = 0; i < CMD_COUNT; i++) {
		if (strcmp(cmds[i].name, name) == 0)
			return &cmds[i];
	}
	return NULL;
}

int
cmd_bad_arg(const char *arg, struct err *e)
{
	return err_set(e, ERR_USAGE, "\"%s\" is not understood here", arg);
}

struct conf *
cmd_conf(struct cmd_env *env, struct err *e)
{
	if (!env->has_conf && conf_load(&env->conf, env->conf_path, e) != 0)
		return NULL;
	env->has_conf = true;
	return &env->conf;
}

/* What was asked for in front of a command, or behind its name. */
struct asked {
	const char *conf_path;
	bool help;
	bool version;
};

/*
 * Takes -c, -h and -V out of the arguments, wherever they stand, up to "--";
 * returns how many are left.
 */
static int
take_common(struct asked *asked, int argc, char **argv, struct err *e)
{
	int left = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				argv[left++] = argv[i];
		} else if (strcmp(argv[i], "-h") == 0 ||
		    strcmp(argv[i], "--help") == 0) {
			asked->help = true;
		} else if (strcmp(argv[i], "-V") == 0 ||
		    strcmp(argv[i], "--version") == 0) {
			asked->version = true;
		} else if (strcmp(argv[i], "-c") == 0) {
			if (++i == argc)
				return err_set(e, ERR_USAGE,
				    "-c takes the configuration's file");
			asked->conf_path = argv[i];
		} else {
			argv[left++] = argv[i];
		}
	}
	return left;
}

static int
run_cmd(const struct cmd *cmd, const char *conf_path, int argc, char **argv,
    struct err *e)
{
	struct cmd_env env = {.conf_path = conf_path};
	int result;

	if (cmd->args[0] == '\0' && argc > 0)
		return cmd_bad_arg(argv[0], e);
	result = cmd->run(&env, argc, argv, e);
	if (env.has_conf)
		conf_release(&env.conf);
	return result;
}

static int
run(int argc, char **argv, struct err *e)
{
	struct asked asked = {0};
	const struct cmd *cmd = NULL;

	argc = take_common(&asked, argc, argv, e);
	if (argc < 0)
		return -1;
	if (asked.version) {
		printf("capsule " VERSION "\n");
		return 0;
	}
	if (argc > 0 && argv[0][0] == '-')
		return cmd_bad_arg(argv[0], e);
	if (argc > 0 && (cmd = find_cmd(argv[0])) == NULL)
		return unknown_cmd(argv[0], e);
	if (asked.help) {
		if (cmd != NULL)
			print_cmd_help(cmd);
		else
			print_help();
		return 0;
	}
	if (cmd == NULL)
		return err_set(e, ERR_USAGE,
		    "a command is missing; capsule -h lists them");
	return run_cmd(cmd, asked.conf_path, argc - 1, argv + 1, e);
}

int
main(int argc, char **argv)
{
	struct err e = ERR_INIT;
	int result = run(argc - 1, argv + 1, &e);

	/* A full disk behind `capsule render >FILE` is a failure. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && result == 0)
		result = err_sys(&e, "standard output cannot be written");
	if (result == 0)
		return 0;
	fprintf(stderr, "capsule: %s\n", e.msg);
	return err_exit_code(&e);
}
