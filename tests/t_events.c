#include "content/events.h"
#include "tests/t.h"

#include <stdio.h>

/* Those of a folder of the test's: "NAME TITLE @LIST, ". */
static void
events_are(const char *folder, const char *want, int faults_want)
{
	char path[512];
	struct site_options options = {
	    .title = STR("Site"), .now = 1825000000 /* in October 2027 */};
	struct err e = ERR_INIT;
	struct faults faults;
	struct event *events;
	struct arena a;
	struct buf got;
	size_t count;

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), folder);
	options.pages = str_of(path);
	arena_init(&a);
	faults_init(&faults);
	buf_init(&got, 4096);
	T_OK(events_read(&events, &count, &a, &options, &faults, &e) == 0,
	    "%s is read: %s", folder, e.msg);
	for (size_t i = 0; i < count; i++)
		buf_printf(&got, "%.*s %.*s @%.*s, ", STR_ARG(events[i].source),
		    STR_ARG(events[i].title), STR_ARG(events[i].when.list));
	T_EQ_STR(buf_slice(&got), str_of(want), "%s: events", folder);
	T_EQ_INT((int64_t)faults.errors, faults_want, "%s: faults", folder);
	buf_release(&got);
	faults_release(&faults);
	arena_release(&a);
}

static void
reads_events(void)
{
	t_file("some/index.md", STR("# Front\n"));
	t_file("some/2028/index.md",
	    STR("---\nevent:\n  start: 2028-03-04\n  remind: 1d\n"
		"  list: stream\n---\n# The *fourth*\n"));
	t_file("some/a.md",
	    STR("---\ntitle: First\nevent: {start: 2012}\n---\nWords.\n"));
	t_file("some/draft.md",
	    STR("---\ndraft: true\nevent: {start: 2028}\n---\n"));
	t_file("some/waits.md",
	    STR("---\ndate: 2028-01-01\nevent: {start: 2028}\n---\n"));
	t_file("some/waited.md",
	    STR("---\ndate: 2027-01-01\nevent: {start: 2028}\n---\n"));
	t_file("some/faulty.md", STR("---\nevent: {strat: 2028}\n---\n"));
	t_file("some/notes.txt", STR("---\nevent: {start: 2028}\n---\n"));
	events_are("some",
	    "2028/index.md The fourth @stream, a.md First @, "
	    "waited.md waited @, ",
	    1);
	t_file("none/index.md", STR("# Front\n"));
	events_are("none", "", 0);
}

static void
needs_a_folder(void)
{
	struct site_options options = {.pages = STR("/nonexistent/pages")};
	struct err e = ERR_INIT;
	struct event *events;
	struct faults faults;
	struct arena a;
	size_t count;

	arena_init(&a);
	faults_init(&faults);
	T_EQ_INT(events_read(&events, &count, &a, &options, &faults, &e), -1,
	    "no folder");
	T_EQ_INT(e.kind, ERR_MISSING, "is told: %s", e.msg);
	faults_release(&faults);
	arena_release(&a);
}

int
main(void)
{
	T_RUN(reads_events);
	T_RUN(needs_a_folder);
	return t_done();
}
