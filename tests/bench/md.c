/*
 * How fast Markdown becomes what each protocol reads: MB of Markdown a second
 * of CPU time, medians of five, beside other converters where they are
 * installed; and whether hostile input costs more than its size. Run by
 * tests/bench/md.sh.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "content/md.h"
#include "content/render.h"

#include <cmark.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS 5
#define OUT_MAX ((size_t)1 << 30)

static double
cpu_seconds(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *t, size_t n)
{
	qsort(t, n, sizeof(*t), by_size);
	return t[n / 2];
}

/* What cmark alone takes: parsing, and a walk over every node. */
static double
time_cmark(struct str text)
{
	double begin = cpu_seconds(RUSAGE_SELF);
	cmark_node *tree =
	    cmark_parse_document(text.p, text.n, CMARK_OPT_VALIDATE_UTF8);
	cmark_iter *iter = cmark_iter_new(tree);

	while (cmark_iter_next(iter) != CMARK_EVENT_DONE)
		continue;
	cmark_iter_free(iter);
	cmark_node_free(tree);
	return cpu_seconds(RUSAGE_SELF) - begin;
}

/* Ours: from bytes to a page in this format, cmark's parsing in it. */
static double
time_format(struct str text, enum format format)
{
	const struct md_options options = {.first_line = 1};
	const struct render_head head = {.title = {NULL, 0}};
	const struct render_env env = {.host = STR("example.org"),
	    .port = 70,
	    .base = STR("gemini://example.org")};
	double begin = cpu_seconds(RUSAGE_SELF);
	struct err e = ERR_INIT;
	struct arena arena;
	struct buf out;
	struct doc doc;

	arena_init(&arena);
	buf_init(&out, OUT_MAX);
	if (md_parse(&doc, &arena, text, &options, &e) != 0) {
		fprintf(stderr, "md: %s\n", e.msg);
		exit(1);
	}
	render(&out, format, &doc, &head, &env);
	buf_release(&out);
	arena_release(&arena);
	return cpu_seconds(RUSAGE_SELF) - begin;
}

/* Another converter's, from its start to its end. -1: not installed. */
static double
time_command(char *const argv[])
{
	double begin = cpu_seconds(RUSAGE_CHILDREN);
	int status, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return cpu_seconds(RUSAGE_CHILDREN) - begin;
}

static void
print_row(const char *name, double seconds, size_t bytes, double parse)
{
	printf("%-28s %7.1f MB/s %8.3f s", name, (double)bytes / 1e6 / seconds,
	    seconds);
	if (parse > 0)
		printf("   cmark's parse is %2.0f %%", 100 * parse / seconds);
	putchar('\n');
	fflush(stdout);
}

static void
compare(const char *path, struct str text, const char *capsule)
{
	static const char *const names[FORMAT_COUNT] = {
	    "gemtext", "gopher menu", "gopher text", "mail text", "html"};
	const char *const commands[][6] = {
	    {"cmark", "-t", "commonmark", path, NULL},
	    {"cmark", "-t", "html", path, NULL},
	    {"lowdown", "-Tgemini", path, NULL},
	    {"lowdown", "-Thtml", path, NULL},
	    {capsule, "render", "--as", "gemtext", path, NULL}};
	double t[RUNS], parse;
	char name[80];

	for (int i = 0; i < RUNS; i++)
		t[i] = time_cmark(text);
	parse = median(t, RUNS);
	print_row("cmark's parse and walk", parse, text.n, 0);
	for (int f = 0; f < FORMAT_COUNT; f++) {
		for (int i = 0; i < RUNS; i++)
			t[i] = time_format(text, (enum format)f);
		print_row(names[f], median(t, RUNS), text.n, parse);
	}
	for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]); c++) {
		for (int i = 0; i < RUNS; i++)
			t[i] = time_command((char *const *)commands[c]);
		snprintf(name, sizeof(name), "%s %s", commands[c][0],
		    commands[c][2] == path ? commands[c][1] : commands[c][2]);
		if (c == 4)
			snprintf(name, sizeof(name), "capsule render gemtext");
		if (median(t, RUNS) > 0)
			print_row(name, median(t, RUNS), text.n, 0);
	}
}

/*
 * Hostile input: a piece, repeated, between a beginning and an end.
 */

static const struct {
	const char *name;
	const char *first, *piece, *last;
	size_t count;
} hostile[] = {
    {"nested quotes", "", ">", "a", 50000},
    {"nested items", "", "- ", "a", 2000},
    {"open brackets", "", "[", "a", 100000},
    {"open links", "", "[a](", "", 50000},
    {"open images", "", "![a](", "", 50000},
    {"open comments", "", "<!--a", "", 50000},
    {"open tags", "", "<a ", "", 50000},
    {"nested tags", "", "<b>", "a", 50000},
    {"block tags", "", "<div>", "a", 50000},
    {"raw links", "", "<a href=x>a", "", 50000},
    {"emphasis", "", "*a **a ", "", 50000},
    {"closed emphasis", "", "*a* **b** ", "", 50000},
    {"strikes", "", "~~a ", "", 50000},
    {"backquotes", "", "`a``", "", 50000},
    {"bars", "", "|", "", 100000},
    {"a table of one column", "a|\n-|\n", "b|\n", "", 50000},
    {"a table's header", "", "a|", "\n", 50000},
    {"links in a paragraph", "", "[a](b) ", "", 50000},
    {"links to many places", "", "", "", 0},
    {"a list of links", "", "* [a](b)\n", "", 50000},
    {"images", "", "![](b)\n", "", 50000},
    {"addresses", "", "http://a ", "", 50000},
    {"one long address", "http://", "(a", "", 100000},
    {"broken addresses", "", "http://", "", 50000},
    {"footnotes", "[^a]: b\n\n", "[^a] ", "", 50000},
    {"many footnotes", "", "[^a]: b\n\n", "", 20000},
    {"one long line", "", "words and ", "", 500000},
    {"one long word", "", "words", "", 500000},
    {"wide characters", "", "\u65e5\u672c", "", 200000},
    {"combining marks", "a", "\u0301", "", 200000},
    {"entities", "", "&amp;", "", 100000},
    {"escapes", "", "\\*", "", 100000},
    {"hard breaks", "", "a\\\n", "", 100000},
    {"headings", "", "# a\n", "", 50000},
    {"fences", "", "```\n", "", 50000},
    {"loose items", "", "* a\n\n", "", 50000},
    {"empty items", "", "*\n", "", 50000},
};

static void
make_hostile(struct buf *to, size_t i, size_t times)
{
	buf_clear(to);
	buf_puts(to, hostile[i].first);
	for (size_t n = 0; n < hostile[i].count * times; n++)
		buf_puts(to, hostile[i].piece);
	buf_puts(to, hostile[i].last);
}

/* Links to as many places, each named once. */
static void
make_places(struct buf *to, size_t times)
{
	buf_clear(to);
	for (size_t n = 0; n < 30000 * times; n++)
		buf_printf(to, "[a](b%zu) ", n);
}

static double
time_all(struct str text)
{
	double best = 0;

	for (int f = 0; f < FORMAT_COUNT; f++)
		best += time_format(text, (enum format)f);
	return best;
}

static void
try_hostile(void)
{
	struct buf text;

	buf_init(&text, OUT_MAX);
	puts("\nHostile input, all five formats, seconds at n and at 2n:");
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		double cmark[2], ours[2];
		size_t n = 0;

		for (size_t times = 1; times <= 2; times++) {
			if (hostile[i].count > 0)
				make_hostile(&text, i, times);
			else
				make_places(&text, times);
			n = times == 1 ? text.len : n;
			cmark[times - 1] = time_cmark(buf_slice(&text));
			ours[times - 1] = time_all(buf_slice(&text));
		}
		printf("%-24s %8zu bytes  cmark %6.3f %6.3f  all five %6.3f "
		       "%6.3f  x%.1f\n",
		    hostile[i].name, n, cmark[0], cmark[1], ours[0], ours[1],
		    ours[1] / (ours[0] > 0 ? ours[0] : 1e-6));
		fflush(stdout);
	}
	buf_release(&text);
}

int
main(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct buf text;

	if (argc != 3) {
		fprintf(stderr, "usage: md FILE.md CAPSULE\n");
		return 2;
	}
	buf_init(&text, OUT_MAX);
	if (file_read(&text, AT_FDCWD, argv[1], &e) != 0) {
		fprintf(stderr, "md: %s\n", e.msg);
		return 1;
	}
	compare(argv[1], buf_slice(&text), argv[2]);
	buf_release(&text);
	try_hostile();
	return 0;
}
