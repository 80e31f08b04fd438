#include "server/cmd.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/yaml.h"
#include "server/setup.h"
#include "server/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX ((size_t)1 << 20)
#define COLUMN 37 /* where the values begin */

enum show {
	SHOW_NUMBER,
	SHOW_TEXT, /* in the table only */
	SHOW_INSTANT, /* seconds since 1970 */
	SHOW_TIME, /* so many seconds */
	SHOW_EACH /* a map: a line for each member, its key behind tag */
};

/*
 * Both readings of the server's document. Lines of one metric stand together,
 * as the Prometheus text format wants them; without a metric a line is for
 * people only, without a label for Prometheus only.
 */
static const struct line {
	const char *path; /* in the document */
	const char *label;
	enum show show;
	const char *metric;
	const char *tag; /* key="value" or, for EACH, the key alone */
	const char *fixed; /* EACH: a tag before it, or NULL */
	const char *type;
	const char *help;
} lines[] = {
    {"version", "version", SHOW_TEXT, NULL, NULL, NULL, NULL, NULL},
    {"started", "started", SHOW_INSTANT, "start_time_seconds", NULL, NULL,
	"gauge", "When the server was started."},
    {"uptime", "up for", SHOW_TIME, NULL, NULL, NULL, NULL, NULL},
    {"generation", "generation", SHOW_NUMBER, "generation", NULL, NULL, "gauge",
	"Counts reloads that changed the site."},
    {"workers", "workers", SHOW_NUMBER, "workers", NULL, NULL, "gauge",
	"Worker processes, all generations."},
    {"worker_deaths", "workers that died", SHOW_NUMBER, "worker_deaths_total",
	NULL, NULL, "counter", "Workers that died and were replaced."},
    {"connections/open", "connections open", SHOW_NUMBER, "connections_open",
	NULL, NULL, "gauge", "Connections open now."},
    {"connections/gemini", "connections, Gemini", SHOW_NUMBER,
	"connections_total", "protocol=\"gemini\"", NULL, "counter",
	"Connections accepted."},
    {"connections/gopher", "connections, Gopher", SHOW_NUMBER,
	"connections_total", "protocol=\"gopher\"", NULL, "counter", ""},
    {"connections/timeouts", "ended by a deadline", SHOW_NUMBER,
	"timeouts_total", NULL, NULL, "counter",
	"Connections ended by a deadline."},
    {"connections/no_descriptors", "no descriptor left", SHOW_NUMBER,
	"no_descriptors_total", NULL, NULL, "counter",
	"Connections that found no descriptor left."},
    {"requests/gemini", "Gemini replies", SHOW_EACH, "requests_total", "status",
	"protocol=\"gemini\"", "counter", "Requests answered."},
    {"requests/gopher", "Gopher replies", SHOW_EACH, "requests_total", "status",
	"protocol=\"gopher\"", "counter", ""},
    {"bytes/gemini", "bytes sent, Gemini", SHOW_NUMBER, "sent_bytes_total",
	"protocol=\"gemini\"", NULL, "counter",
	"Bytes of replies, before encryption."},
    {"bytes/gopher", "bytes sent, Gopher", SHOW_NUMBER, "sent_bytes_total",
	"protocol=\"gopher\"", NULL, "counter", ""},
    {"handshakes/TLSv1.2", "handshakes, TLS 1.2", SHOW_NUMBER,
	"handshakes_total", "version=\"TLSv1.2\"", NULL, "counter",
	"TLS handshakes done."},
    {"handshakes/TLSv1.3", "handshakes, TLS 1.3", SHOW_NUMBER,
	"handshakes_total", "version=\"TLSv1.3\"", NULL, "counter", ""},
    {"handshakes/resumed", "of these, resumed", SHOW_NUMBER,
	"handshakes_resumed_total", NULL, NULL, "counter",
	"Handshakes that resumed a session."},
    {"handshakes/failed", "handshakes that failed", SHOW_NUMBER,
	"handshakes_failed_total", NULL, NULL, "counter",
	"TLS handshakes that failed."},
    {"limits", "turned away", SHOW_EACH, "limited_total", "limit", NULL,
	"counter", "Turned away by a limit."},
    {"log_lines_lost", "log lines lost", SHOW_NUMBER, "log_lines_lost_total",
	NULL, NULL, "counter", "Lines of the request log that were lost."},
    {"reload/done", "reloads", SHOW_NUMBER, "reloads_total", "result=\"done\"",
	NULL, "counter", "Reloads."},
    {"reload/failed", "reloads that failed", SHOW_NUMBER, "reloads_total",
	"result=\"failed\"", NULL, "counter", ""},
    {"reload/last", "last reload", SHOW_INSTANT, NULL, NULL, NULL, NULL, NULL},
    {"reload/error_at", "failing since", SHOW_INSTANT, NULL, NULL, NULL, NULL,
	NULL},
    {"reload/error", "because", SHOW_TEXT, NULL, NULL, NULL, NULL, NULL},
    {"certificate/host", "certificate of", SHOW_TEXT, NULL, NULL, NULL, NULL,
	NULL},
    {"certificate/expires", "expires", SHOW_INSTANT,
	"certificate_expiry_seconds", NULL, NULL, "gauge",
	"When the first certificate expires."},
    {"certificate/days_left", "days left", SHOW_NUMBER, NULL, NULL, NULL, NULL,
	NULL},
};

#define LINE_COUNT (sizeof lines / sizeof lines[0])

static const struct yaml *
find(const struct yaml *node, const char *path)
{
	struct str rest = str_of(path), piece;

	while (node != NULL && str_next(&rest, '/', &piece)) {
		char key[64];

		snprintf(key, sizeof key, "%.*s", STR_ARG(piece));
		node = yaml_get(node, key);
	}
	return node;
}

static void
print_seconds(struct buf *to, long long s)
{
	if (s >= 86400)
		buf_printf(to, "%lld d ", s / 86400);
	buf_printf(
	    to, "%02lld:%02lld:%02lld", s / 3600 % 24, s / 60 % 60, s % 60);
}

static void
print_row(struct buf *to, const struct line *line, const struct yaml *node)
{
	buf_printf(to, "%-*s", COLUMN, line->label);
	if (line->show == SHOW_INSTANT)
		date_rfc3339(to, atoll(node->text.p));
	else if (line->show == SHOW_TIME)
		print_seconds(to, atoll(node->text.p));
	else
		buf_str(to, node->text);
	buf_putc(to, '\n');
}

static void
print_table(struct buf *to, const struct yaml *root)
{
	for (size_t i = 0; i < LINE_COUNT; i++) {
		const struct yaml *node = find(root, lines[i].path);

		if (node == NULL)
			continue;
		if (lines[i].show != SHOW_EACH) {
			print_row(to, &lines[i], node);
			continue;
		}
		for (node = node->child; node != NULL; node = node->next)
			buf_printf(to, "%s %-*.*s%.*s\n", lines[i].label,
			    COLUMN - 1 - (int)strlen(lines[i].label),
			    STR_ARG(node->key), STR_ARG(node->text));
	}
}

/* One sample of the text exposition format 0.0.4. */
static void
print_sample(struct buf *to, const struct line *line, const struct yaml *node)
{
	buf_printf(to, "capsule_%s", line->metric);
	if (line->show == SHOW_EACH)
		buf_printf(to, "{%s%s%s=\"%.*s\"}",
		    line->fixed != NULL ? line->fixed : "",
		    line->fixed != NULL ? "," : "", line->tag,
		    STR_ARG(node->key));
	else if (line->tag != NULL)
		buf_printf(to, "{%s}", line->tag);
	buf_printf(to, " %.*s\n", STR_ARG(node->text));
}

static void
print_prometheus(struct buf *to, const struct yaml *root)
{
	for (size_t i = 0; i < LINE_COUNT; i++) {
		const struct line *line = &lines[i];
		const struct yaml *node = find(root, line->path);

		if (line->metric == NULL || node == NULL)
			continue;
		if (line->help[0] != '\0')
			buf_printf(to,
			    "# HELP capsule_%s %s\n# TYPE capsule_%s %s\n",
			    line->metric, line->help, line->metric, line->type);
		if (line->show != SHOW_EACH) {
			print_sample(to, line, node);
			continue;
		}
		for (node = node->child; node != NULL; node = node->next)
			print_sample(to, line, node);
	}
}

/* JSON is YAML, and this JSON is our own. */
static int
print_as(struct buf *to, struct str document,
    void (*print)(struct buf *to, const struct yaml *root), struct err *e)
{
	struct yaml *root;
	struct arena a;
	int failed;

	arena_init(&a);
	failed = yaml_parse(&root, &a, document, 1, e);
	if (failed)
		err_wrap(e, "the server's answer");
	else
		print(to, root);
	arena_release(&a);
	return failed;
}

static int
parse_args(void (**print)(struct buf *to, const struct yaml *root), int argc,
    char **argv, struct err *e)
{
	*print = print_table;
	for (int i = 0; i < argc; i++) {
		if (i > 0)
			return cmd_bad_arg(argv[i], e);
		if (strcmp(argv[i], "--json") == 0)
			*print = NULL;
		else if (strcmp(argv[i], "--prometheus") == 0)
			*print = print_prometheus;
		else
			return cmd_bad_arg(argv[i], e);
	}
	return 0;
}

int
cmd_status(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	void (*print)(struct buf * to, const struct yaml *root);
	struct buf document, printed;
	struct conf *conf;
	struct str path;
	int result;

	if (parse_args(&print, argc, argv, e) != 0 ||
	    (conf = cmd_conf(env, e)) == NULL ||
	    setup_state_path(&path, conf, SETUP_STATUS_SOCKET, e) != 0)
		return -1;
	buf_init(&document, DOCUMENT_MAX);
	buf_init(&printed, DOCUMENT_MAX);
	result = status_ask(&document, path.p, e);
	if (result == 0 && print == NULL)
		buf_str(&printed, buf_slice(&document));
	else if (result == 0)
		result = print_as(&printed, buf_slice(&document), print, e);
	if (result == 0)
		result = buf_ok(&printed, "the status", e);
	if (result == 0)
		fwrite(printed.data, 1, printed.len, stdout);
	buf_release(&printed);
	buf_release(&document);
	return result;
}
