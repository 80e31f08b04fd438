#include "content/fault.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "tests/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
collects_sorts_and_prints(void)
{
	static const char want[] = "a.md: no page\n"
				   "a.md:2: early\n"
				   "a.md:10: warning: alike\n"
				   "a.md:10: late 7\n"
				   "b.md:1: warning: other\n"
				   "forged\\x0ab.md: text\\x1b[2J\n";
	struct faults faults;
	struct buf got;

	faults_init(&faults);
	faults_add(&faults, FAULT_WARNING, STR("b.md"), 1, "other");
	faults_add(&faults, FAULT_ERROR, STR("forged\nb.md"), 0, "text\x1b[2J");
	faults_add(&faults, FAULT_ERROR, STR("a.md"), 10, "late %d", 7);
	faults_add(&faults, FAULT_WARNING, STR("a.md"), 10, "alike");
	faults_add(&faults, FAULT_ERROR, STR("a.md"), 2, "early");
	faults_add(&faults, FAULT_ERROR, STR("a.md"), 0, "no page");
	T_EQ_INT((int64_t)faults.count, 6, "all are kept");
	T_EQ_INT((int64_t)faults.errors, 4, "warnings are no errors");
	faults_sort(&faults);
	buf_init(&got, 1000);
	for (size_t i = 0; i < faults.count; i++) {
		fault_print(&got, &faults.list[i]);
		buf_putc(&got, '\n');
	}
	T_EQ_STR(buf_slice(&got), str_of(want), "by file, line and text");
	buf_release(&got);
	faults_release(&faults);
	T_EQ_INT((int64_t)(faults.count + faults.errors), 0, "released");
}

static void
keeps_its_own_copies(void)
{
	char file[] = "page.md", long_text[5000];
	struct faults faults;
	struct buf got;

	faults_init(&faults);
	faults_sort(&faults);
	memset(long_text, 'x', sizeof long_text);
	long_text[sizeof long_text - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		faults_add(&faults, FAULT_ERROR, str_of(file), i, "%s",
		    i == 0 ? long_text : file);
	memset(file, '?', sizeof file - 1);
	T_OK(str_is(faults.list[999].file, "page.md") &&
		str_is(faults.list[999].text, "page.md"),
	    "of file and text");
	T_OK(faults.list[0].text.n > 1000 &&
		faults.list[0].text.n < sizeof long_text,
	    "a long text is cut");
	buf_init(&got, 100);
	fault_print(&got, &faults.list[7]);
	T_EQ_STR(buf_slice(&got), STR("page.md:7: page.md"), "printed");
	buf_release(&got);
	faults_release(&faults);
}

static void
logs_each_kind_once(void)
{
	struct faults faults;
	char path[300];
	struct buf got;

	snprintf(path, sizeof path, "%s/log", t_tmpdir());
	clock_set(1333468800);
	if (log_open(path, NULL) != 0)
		abort();
	faults_init(&faults);
	faults_add(&faults, FAULT_WARNING, STR("a.md"), 3, "odd\x1b[2J");
	faults_add(&faults, FAULT_ERROR, STR("b.md"), 0, "wrong");
	fault_log(&faults.list[0]);
	fault_log(&faults.list[1]);
	buf_init(&got, 1000);
	T_OK(file_read(&got, AT_FDCWD, path, NULL) == 0, "there is a log");
	T_EQ_STR(buf_slice(&got),
	    STR("2012-04-03T16:00:00Z warning: a.md:3: odd\\x1b[2J\n"
		"2012-04-03T16:00:00Z error: b.md: wrong\n"),
	    "as a line says it, escaped once");
	buf_release(&got);
	faults_release(&faults);
}

/* A site must not look right because memory ran out for what is wrong. */
static void
counts_what_it_cannot_keep(void)
{
	struct faults faults;

	faults_init(&faults);
	faults.arena.failed = true;
	faults_add(&faults, FAULT_ERROR, STR("a.md"), 1, "lost");
	T_EQ_INT((int64_t)faults.errors, 1, "an error is an error");
	T_EQ_INT((int64_t)faults.count, 0, "though its text is lost");
	faults_release(&faults);
}

int
main(void)
{
	T_RUN(collects_sorts_and_prints);
	T_RUN(keeps_its_own_copies);
	T_RUN(logs_each_kind_once);
	T_RUN(counts_what_it_cannot_keep);
	return t_done();
}
