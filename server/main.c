#include "server/cmd.h"

static const struct cmd cmds[] = {
    {"build", "DIR", "write the site as files that any server can serve",
	cmd_build, NULL, NULL},
    {"cert", "[show|renew] [--json]",
	"show the certificate's fingerprints, or renew it with its key",
	cmd_cert, NULL, "  --json  for programs\n"},
    {"check", "", "read everything that serve would, and list each fault",
	cmd_check, NULL, NULL},
    {"render", "[--as gemtext|gopher|gophertext|text|html] [FILE]",
	"convert one Markdown file, or standard input", cmd_render, NULL,
	"  --as FORMAT  what it becomes: gemtext unless told; gopher is a\n"
	"               menu, gophertext and text are plain text for a\n"
	"               terminal and for mail\n"},
    {"serve", "", "serve the site, in the foreground", cmd_serve, NULL, NULL},
    {"status", "[--json|--prometheus]",
	"ask the running server for its figures", cmd_status, NULL,
	"  --json        as the server says them\n"
	"  --prometheus  as Prometheus reads them\n"},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

int
main(int argc, char **argv)
{
	static const struct cmd_program capsule = {
	    .name = "capsule",
	    .does = "capsule publishes a folder of Markdown to Gemini and "
		    "Gopher.",
	    .more = "More in capsule(8).",
	    .cmds = cmds,
	};

	return cmd_main(&capsule, argc, argv);
}
