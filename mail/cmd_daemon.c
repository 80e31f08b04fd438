#include "mail/cmd.h"
#include "mail/daemon.h"

int
cmd_daemon(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct conf *conf = cmd_mail_conf(env, e);

	(void)argc, (void)argv;
	return conf != NULL ? daemon_run(conf, env->conf_path, e) : -1;
}
