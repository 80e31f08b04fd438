#include "mail/cmd.h"

static const struct cmd cmds[] = {
    {"subscribers", "COMMAND", "who is on which list", NULL, cmd_subscribers,
	NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

int
main(int argc, char **argv)
{
	static const struct cmd_program announce = {
	    .name = "announce",
	    .does = "announce mails a community's pages to its subscribers.",
	    .more = "More in announce(1).",
	    .cmds = cmds,
	};

	return cmd_main(&announce, argc, argv);
}
