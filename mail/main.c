#include "mail/cmd.h"
#include "mail/deliver_session.h"

/* Of what delivers while one looks on. */
#define SEND_CODES                                                    \
	"Exit codes: 0 when all have it, 75 when some wait and are\n" \
	"tried again, 1 when some have failed for good.\n"

static const struct cmd cmds[] = {
    {"cancel", "ID", "send nothing more of an announcement, for good",
	cmd_cancel, NULL, NULL},
    {"check", "[--json]",
	"look at configuration, store, relay and key, and say what to mend",
	cmd_mail_check, NULL, "  --json  for programs\n"},
    {"daemon", "", "deliver what is queued or due, in the foreground",
	cmd_daemon, NULL, NULL},
    {"dkim-key", "[FILE] [--ed25519]",
	"make the key that signs messages, and print its DNS record",
	cmd_dkim_key, NULL,
	"  FILE       where it goes, instead of where the configuration or,\n"
	"             without a word of it, the state folder has it\n"
	"  --ed25519  short and quick, but not verified everywhere; else RSA\n"},
    {"offer", "COMMAND", "what is given away, and who has claimed it", NULL,
	cmd_offers, NULL},
    {"pause", "ID", "send nothing more of an announcement until it is resumed",
	cmd_pause, NULL, NULL},
    {"preview", "FILE.md [--to ADDRESS] [--list NAME] [--attach-images]",
	"print the message that a page becomes, headers and all", cmd_preview,
	NULL,
	"  --to ADDRESS     as this subscriber gets it, or as anybody would\n"
	"  --list NAME      as it goes to this list, not the first\n"
	"  --attach-images  instead of showing them in the text\n"},
    {"receive", "[--to ADDRESS] [--from ADDRESS] [--maildir DIR]",
	"take in a message: a subscriber's word, or mail that came back",
	cmd_receive, NULL,
	"  --to ADDRESS    the envelope's recipient\n"
	"  --from ADDRESS  the envelope's sender; without these two, the mail\n"
	"                  server's environment, then the message says them\n"
	"  --maildir DIR   all messages of DIR/new instead of standard input\n"},
    {"remind", "[--dry-run] [--json]",
	"mail the reminders of events that are due", cmd_remind, NULL,
	"  --dry-run  print which are to come: when, to which list and how\n"
	"             many of it, of which page, under which subject\n"
	"  --json     the same for programs\n"
	"\n"
	"announce daemon does it by itself; without one it delivers, too.\n"},
    {"resume", "ID [--doubts again|sent] [--failed | --gone] [--queue]",
	"go on with an announcement that was paused or stopped", cmd_resume,
	NULL,
	"  --doubts again  send what is in doubt once more: nobody knows\n"
	"                  whether the relay has taken it\n"
	"  --doubts sent   count it as sent\n"
	"  --failed        try those once more who failed\n"
	"  --gone          where so many were refused that it was paused: these\n"
	"                  addresses are gone, suspend them\n"
	"  --queue         leave the delivery to announce daemon\n"
	"\n"
	"Only an offer's doubts wait to be decided; an announcement's are\n"
	"sent again by themselves.\n" SEND_CODES},
    {"send",
	"FILE.md [--list NAME] [--test ADDRESS] [--dry-run] [--json]"
	" [--at TIME] [--expires TIME] [--queue] [--again] [--attach-images]"
	" [--yes]",
	"mail a page to a list: show, ask, queue, deliver", cmd_send, NULL,
	"  --list NAME     of the configuration; else its first\n"
	"  --test ADDRESS  take one message there, at once, store nothing\n"
	"  --dry-run       print everybody of the list, and why not\n"
	"  --json          the same for programs\n"
	"  --at TIME       begin then: 2026-12-01T18:00 (UTC), the same with\n"
	"                  an offset (+01:00), or in a while (90m, 2h, 3d);\n"
	"                  announce daemon delivers it\n"
	"  --expires TIME  send nothing of it after then, or that long after\n"
	"                  it begins, or never; else a day after --at, or a\n"
	"                  week\n"
	"  --queue         leave the delivery to announce daemon\n"
	"  --again         although the list has had the page before\n"
	"  --attach-images\n"
	"                  instead of showing them in the text\n"
	"  --yes           answers the question\n"
	"\n"
	"Ctrl-C stops after the message on the wire; announce resume goes\n"
	"on. " SEND_CODES},
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
