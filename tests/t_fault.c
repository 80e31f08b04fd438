#include "content/fault.h"
#include "tests/t.h"

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
	T_RUN(counts_what_it_cannot_keep);
	return t_done();
}
