#include "server/cmd.h"
#include "server/serve.h"

int
cmd_serve(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct conf *conf = cmd_conf(env, e);

	(void)argc, (void)argv;
	return conf != NULL ? serve_run(conf, env->conf_path, e) : -1;
}
