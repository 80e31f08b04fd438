#include "mail/cmd.h"
#include "mail/deliver_session.h"

static const struct cmd cmds[] = {
    {"cancel", "ID", "send nothing more of an announcement, for good",
	cmd_cancel, NULL, NULL},
    {"daemon", "", "deliver what is queued or due, in the foreground",
	cmd_daemon, NULL, NULL},
    {"dkim-key", "[FILE] [--ed25519]",
	"make the key that signs messages, and print its DNS record",
	cmd_dkim_key, NULL,
	"  FILE       where it goes, instead of where the configuration or,\n"
	"             without a word of it, the state folder has it\n"
	"  --ed25519  short and quick, but not verified everywhere; else RSA\n"},
    {"pause", "ID", "send nothing more of an announcement until it is resumed",
	cmd_pause, NULL, NULL},
    {"preview", "FILE.md [--to ADDRESS] [--list NAME]",
	"print the message that a page becomes, headers and all", cmd_preview,
	NULL,
	"  --to ADDRESS  as this subscriber gets it, or as anybody would\n"
	"  --list NAME   as it goes to this list, not the first\n"},
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

	if (session_is(argc, argv))
		return session_main(argc, argv);
	return cmd_main(&announce, argc, argv);
}
