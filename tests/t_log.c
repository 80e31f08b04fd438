#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "tests/t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define STAMP "2012-04-03T16:00:00Z "

static void
check_file(const char *path, struct str want, const char *why)
{
	struct buf got;

	buf_init(&got, 1 << 16);
	T_OK(file_read(&got, AT_FDCWD, path, NULL) == 0, "%s: is there", why);
	T_EQ_STR(buf_slice(&got), want, "%s", why);
	buf_release(&got);
}

static void
escapes(void)
{
	static const struct {
		const char *why;
		struct str text;
		const char *want;
	} cases[] = {
	    {"text", STR("plain \u00e9\u20ac text"), "plain \u00e9\u20ac text"},
	    {"a new line", STR("a\nb\r\n"), "a\\x0ab\\x0d\\x0a"},
	    {"a tab", STR("a\tb"), "a\\x09b"},
	    {"a terminal's escape", STR("\x1b[2J"), "\\x1b[2J"},
	    {"NUL and DEL", STR("\0\x7f"), "\\x00\\x7f"},
	    {"C1, as UTF-8 and alone", STR("\xc2\x9b\x9b"), "\\xc2\\x9b\\x9b"},
	    {"a broken character", STR("\xe2\x82"), "\\xe2\\x82"},
	    {"overlong", STR("\xc0\x8a"), "\\xc0\\x8a"},
	    {"a turn of direction", STR("a\u202eb"), "a\\xe2\\x80\\xaeb"},
	    {"a line separator", STR("\u2028"), "\\xe2\\x80\\xa8"},
	    {"what is escaped stays so", STR("\\x0a"), "\\x0a"},
	};
	struct buf to;

	buf_init(&to, 1000);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str text = t_guard(cases[i].text);

		buf_clear(&to);
		log_escape(&to, text);
		T_EQ_STR(
		    buf_slice(&to), str_of(cases[i].want), "%s", cases[i].why);
		t_guard_free(text);
	}
	buf_release(&to);
}

static void
writes_lines(void)
{
	const char *path = t_file("log", STR("before\n"));
	struct err cause = ERR_INIT, e = ERR_INIT;

	unlink(path);
	umask(0);
	T_OK(log_open(path, &e) == 0, "opened: %s", e.msg);
	log_name("");
	log_info("nameless");
	log_name("capsule[worker 2]");
	errno = EAGAIN;
	log_info("%d visitors", 7);
	T_EQ_INT(errno, EAGAIN, "errno is the caller's");
	log_warn("%s", "a\nerror: forged");
	log_error("broken");
	err_set(&cause, ERR_INPUT, "line 7 is wrong");
	log_err("page.md", &cause);
	check_file(path,
	    STR(STAMP "nameless\n" STAMP "capsule[worker 2]: 7 visitors\n" STAMP
		      "capsule[worker 2]: warning: a\\x0aerror: forged\n" STAMP
		      "capsule[worker 2]: error: broken\n" STAMP
		      "capsule[worker 2]: error: page.md: line 7 is wrong\n"),
	    "one line a message");
}

static void
makes_private_files_and_appends(void)
{
	const char *path = t_file("mode/log", STR("before\n"));
	struct err e = ERR_INIT;
	struct stat st;

	log_name("x");
	T_OK(log_open(path, &e) == 0, "opened: %s", e.msg);
	log_info("after");
	check_file(path, STR("before\n" STAMP "x: after\n"), "appended");
	unlink(path);
	T_OK(log_open(path, &e) == 0 && stat(path, &st) == 0 &&
		(st.st_mode & 07777) == 0640,
	    "a new one is not for all");
}

static void
rotates(void)
{
	const char *path = t_file("rotate/log", STR(""));
	struct err e = ERR_INIT;
	char moved[600];

	snprintf(moved, sizeof moved, "%s.1", path);
	T_OK(log_open(path, &e) == 0, "opened");
	log_info("one");
	T_OK(rename(path, moved) == 0, "moved away");
	log_info("two");
	T_OK(log_reopen(&e) == 0, "opened again: %s", e.msg);
	log_info("three");
	check_file(moved, STR(STAMP "x: one\n" STAMP "x: two\n"), "the old");
	check_file(path, STR(STAMP "x: three\n"), "the new");

	unlink(path);
	T_OK(mkdir(path, 0755) == 0 && log_reopen(&e) == -1 &&
		strstr(e.msg, path) != NULL,
	    "a failure names it: %s", e.msg);
	err_clear(&e);
	T_OK(log_open("/nowhere/at/all", &e) == -1, "so does this: %s", e.msg);
	rmdir(path);
	T_OK(log_reopen(NULL) == 0, "and the path is still known");
	log_info("four");
	check_file(path, STR(STAMP "x: four\n"), "and used");
	T_OK(log_open(NULL, &e) == 0 && log_reopen(&e) == 0,
	    "back to standard error");
}

static void
cuts_long_messages(void)
{
	const char *path = t_file("long/log", STR(""));
	struct buf text, got;

	buf_init(&text, 100000);
	buf_init(&got, 100000);
	buf_fill(&text, '\x01', 50000);
	T_OK(log_open(path, NULL) == 0, "opened");
	log_info("%s", text.data);
	log_info("next");
	T_OK(file_read(&got, AT_FDCWD, path, NULL) == 0 && got.len > 2000 &&
		got.len < 10000,
	    "a line has an end");
	T_OK(str_ends(buf_slice(&got), STR("...\n" STAMP "x: next\n")),
	    "that is seen, and the next is whole");
	log_open(NULL, NULL);
	buf_release(&text);
	buf_release(&got);
}

/* What standard error gets in a child whose JOURNAL_STREAM is as given. */
static void
run_with_stream(const char *path, const char *stream)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int fd = open(path, O_WRONLY | O_TRUNC);
		struct stat st;
		char own[64];

		fstat(fd, &st);
		snprintf(own, sizeof own, "%llu:%llu",
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
		dup2(fd, STDERR_FILENO);
		setenv("JOURNAL_STREAM", stream != NULL ? stream : own, 1);
		log_name("capsule");
		log_info("ready");
		_exit(0);
	}
	T_OK(waitpid(child, &status, 0) == child && status == 0, "a child");
}

static void
leaves_the_time_to_the_journal(void)
{
	const char *path = t_file("journal", STR(""));

	run_with_stream(path, NULL);
	check_file(path, STR("capsule: ready\n"), "in the journal");
	run_with_stream(path, "1:1");
	check_file(path, STR(STAMP "capsule: ready\n"),
	    "standard error that is not the journal");
	run_with_stream(path, "nonsense");
	check_file(path, STR(STAMP "capsule: ready\n"), "nonsense");
}

int
main(void)
{
	clock_set(1333468800);
	T_RUN(escapes);
	T_RUN(writes_lines);
	T_RUN(makes_private_files_and_appends);
	T_RUN(rotates);
	T_RUN(cuts_long_messages);
	T_RUN(leaves_the_time_to_the_journal);
	return t_done();
}
