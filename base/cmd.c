#include "base/cmd.h"
#include "base/near.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 2 /* announce subscribers list */
#define WIDTH 80 /* of help */
#define INDENT 10 /* of arguments that a line has no room for */

/* The option that an argument names, alone or with "=VALUE" behind it. */
static const struct cmd_option *
find_option(const struct cmd_option *options, const char *arg)
{
	for (; options->name != NULL; options++) {
		size_t n = strlen(options->name);

		if (strncmp(options->name, arg, n) == 0 &&
		    (arg[n] == '\0' || (arg[n] == '=' && !options->flag)))
			return options;
	}
	return NULL;
}

/* Takes the option at argv[0], and its value if it has one. Returns how many
 * arguments that were, or -1. */
static int
take_option(const struct cmd_option *o, int argc, char **argv, struct err *e)
{
	const char *value = argv[0] + strlen(o->name);

	if (o->flag != NULL) {
		*o->flag = true;
		return 1;
	}
	if (*value == '=') {
		*o->value = value + 1;
		return 1;
	}
	if (argc < 2)
		return err_set(e, ERR_USAGE, "%s takes a value", o->name);
	*o->value = argv[1];
	return 2;
}

int
cmd_words(int argc, char **argv, const struct cmd_option *options, int min,
    int max, const char *usage, struct err *e)
{
	bool only_words = false;
	int left = 0, taken = 1;

	for (int i = 0; i < argc; i += taken) {
		bool is_word =
		    only_words || argv[i][0] != '-' || argv[i][1] == '\0';
		const struct cmd_option *o =
		    is_word ? NULL : find_option(options, argv[i]);

		taken = 1;
		if (o != NULL)
			taken = take_option(o, argc - i, argv + i, e);
		else if (!is_word && strcmp(argv[i], "--") == 0)
			only_words = true;
		else if (!is_word || left == max)
			taken = cmd_bad_arg(argv[i], e);
		else
			argv[left++] = argv[i];
		if (taken < 0)
			return -1;
	}
	if (left < min)
		return err_set(e, ERR_USAGE, "%s is missing", usage);
	return left;
}

/* What was asked for in front of a command, or behind its name. */
struct asked {
	const char *conf_path;
	bool help;
	bool version;
};

/* The commands named so far: a table within a table. */
struct found {
	const struct cmd *path[DEPTH_MAX];
	size_t depth;
};

/* " subscribers list", as far as it was found. Returns its columns. */
static int
print_found(const struct found *found)
{
	int columns = 0;

	for (size_t i = 0; i < found->depth; i++)
		columns += printf(" %s", found->path[i]->name);
	return columns;
}

/* The first of arguments: a word, or an option in brackets. */
static size_t
first_argument(const char *args)
{
	size_t n = 0;

	for (int depth = 0; args[n] != '\0'; n++) {
		if (args[n] == '[')
			depth++;
		else if (args[n] == ']')
			depth--;
		else if (args[n] == ' ' && depth == 0)
			break;
	}
	return n;
}

/* Ends the line on which so many columns are taken; those that do not fit go
 * to the next ones. */
static void
print_arguments(const char *args, int column)
{
	while (*args != '\0') {
		int n = (int)first_argument(args);

		if (column + 1 + n > WIDTH) {
			printf("\n%*s", INDENT - 1, "");
			column = INDENT - 1;
		}
		printf(" %.*s", n, args);
		column += 1 + n;
		args += n;
		args += *args == ' ';
	}
	printf("\n");
}

static void
print_table(const struct cmd *cmds)
{
	for (; cmds->name != NULL; cmds++) {
		print_arguments(cmds->args, printf("  %s", cmds->name));
		printf("      %s\n", cmds->help);
	}
}

static void
print_help(const struct cmd_program *program)
{
	printf("%s\n\nusage: %s [-c FILE] COMMAND [ARGUMENT...]\n\n",
	    program->does, program->name);
	print_table(program->cmds);
	printf("\n"
	       "  -c FILE  the configuration; else ./capsule.yaml, then\n"
	       "           %s\n"
	       "  -h       this help, or a command's\n"
	       "  -V       the version\n"
	       "\n"
	       "Exit codes: 0 done, 1 failed, 2 misuse, 75 try again later.\n"
	       "%s\n",
	    conf_installed, program->more);
}

static void
print_cmd_help(const struct cmd_program *program, const struct found *found,
    const struct cmd *cmd)
{
	int columns = printf("usage: %s [-c FILE]", program->name);

	print_arguments(cmd->args, columns + print_found(found));
	printf("\n%s\n", cmd->help);
	if (cmd->options != NULL)
		printf("\n%s", cmd->options);
	if (cmd->cmds != NULL) {
		printf("\n");
		print_table(cmd->cmds);
	}
}

/* ERR_USAGE, saying where they are listed. */
static int
say_help(const struct cmd_program *program, const struct found *found,
    const char *wrong, struct err *e)
{
	bool is_nested = found->depth > 0;

	return err_set(e, ERR_USAGE, "%s; %s%s%s -h lists them", wrong,
	    program->name, is_nested ? " " : "",
	    is_nested ? found->path[0]->name : "");
}

static int
unknown_cmd(const struct cmd_program *program, const struct found *found,
    const struct cmd *cmds, const char *name, struct err *e)
{
	const struct cmd *nearest = NULL;
	unsigned least = 3;
	char wrong[128];

	if (name[0] == '-')
		return cmd_bad_arg(name, e);
	for (; cmds->name != NULL; cmds++) {
		unsigned d =
		    near_distance(str_of(name), str_of(cmds->name), least - 1);

		if (d < least) {
			least = d;
			nearest = cmds;
		}
	}
	snprintf(wrong, sizeof wrong, "there is no command \"%.80s\"", name);
	if (nearest != NULL)
		return err_set(e, ERR_USAGE, "%s; did you mean \"%s\"?", wrong,
		    nearest->name);
	return say_help(program, found, wrong, e);
}

static const struct cmd *
find_cmd(const struct cmd *cmds, const char *name)
{
	for (; cmds->name != NULL; cmds++)
		if (strcmp(cmds->name, name) == 0)
			return cmds;
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

/*
 * Takes -c, -h and -V out of the arguments, wherever they stand, up to "--",
 * which is left for cmd_words; returns how many are left.
 */
static int
take_common(struct asked *asked, int argc, char **argv, struct err *e)
{
	int left = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[left++] = argv[i++];
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

/* Follows the names of commands through the tables; returns how many there
 * were, or -1. */
static int
find_path(struct found *found, const struct cmd_program *program, int argc,
    char **argv, struct err *e)
{
	const struct cmd *cmds = program->cmds;

	while (cmds != NULL && (int)found->depth < argc &&
	    found->depth < DEPTH_MAX) {
		const char *name = argv[found->depth];
		const struct cmd *cmd = find_cmd(cmds, name);

		if (cmd == NULL)
			return unknown_cmd(program, found, cmds, name, e);
		found->path[found->depth++] = cmd;
		cmds = cmd->cmds;
	}
	return (int)found->depth;
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
run(const struct cmd_program *program, int argc, char **argv, struct err *e)
{
	const struct cmd *cmd = NULL;
	struct asked asked = {0};
	struct found found = {0};
	int names;

	argc = take_common(&asked, argc, argv, e);
	if (argc < 0)
		return -1;
	if (asked.version) {
		printf("%s " VERSION "\n", program->name);
		return 0;
	}
	names = find_path(&found, program, argc, argv, e);
	if (names < 0)
		return -1;
	if (names > 0)
		cmd = found.path[names - 1];
	if (asked.help) {
		if (cmd != NULL)
			print_cmd_help(program, &found, cmd);
		else
			print_help(program);
		return 0;
	}
	if (cmd == NULL || cmd->run == NULL)
		return say_help(program, &found, "a command is missing", e);
	return run_cmd(cmd, asked.conf_path, argc - names, argv + names, e);
}

/* Started with one of the first three closed, the next file or socket would
 * have its number, and be written what is said to people. Opened for reading,
 * so that what cannot be printed is a failure still. */
static void
hold_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int
cmd_main(const struct cmd_program *program, int argc, char **argv)
{
	struct err e = ERR_INIT;
	int result;

	hold_standard_streams();
	result = run(program, argc - 1, argv + 1, &e);
	/* A full disk behind `capsule render >FILE` is a failure. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && result == 0)
		result = err_sys(&e, "standard output cannot be written");
	if (result == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", program->name, e.msg);
	return err_exit_code(&e);
}
