#include "mail/cmd.h"

static const struct cmd cmds[] = {
    {"cancel", "ID", "send nothing more of an announcement, for good",
	cmd_cancel, NULL, NULL},
    {"pause", "ID", "send nothing more of an announcement until it is resumed",
	cmd_pause, NULL, NULL},
    {"status", "[ID] [--json] [--all] [--addresses]",
	"what was sent, what waits, what failed and why", cmd_mail_status, NULL,
	"  --json       for programs\n"
	"  --all        without ID: all announcements, not the latest 20\n"
	"  --addresses  with ID: all those it was not sent to, in full;\n"
	"               else replies are told with a few masked ones\n"},
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
