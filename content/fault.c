#include "content/fault.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 2048

void
faults_init(struct faults *f)
{
	*f = (struct faults){0};
	arena_init(&f->arena);
}

void
faults_release(struct faults *f)
{
	arena_release(&f->arena);
	faults_init(f);
}

void
faults_add(struct faults *f, enum fault_kind kind, struct str file, int line,
    const char *fmt, ...)
{
	char text[TEXT_MAX];
	struct fault *list;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);

	/* Counted even if there is no memory to keep it: a site with an error
	 * must never look like one without. */
	if (kind == FAULT_ERROR)
		f->errors++;
	list = arena_grow(&f->arena, f->list, f->count, sizeof *list);
	if (list == NULL)
		return;
	f->list = list;
	list[f->count] = (struct fault){
	    .kind = kind,
	    .file = arena_str(&f->arena, file),
	    .line = line,
	    .text = arena_str(&f->arena, str_of(text)),
	};
	f->count++;
}

static int
compare(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;
	int c = str_cmp(a->file, b->file);

	if (c == 0)
		c = (a->line > b->line) - (a->line < b->line);
	if (c == 0)
		c = str_cmp(a->text, b->text);
	return c != 0 ? c : (a->kind > b->kind) - (a->kind < b->kind);
}

void
faults_sort(struct faults *f)
{
	if (f->count > 1)
		qsort(f->list, f->count, sizeof *f->list, compare);
}

void
fault_print(struct buf *to, const struct fault *fault)
{
	log_escape(to, fault->file);
	if (fault->line > 0)
		buf_printf(to, ":%d", fault->line);
	buf_puts(to, ": ");
	if (fault->kind == FAULT_WARNING)
		buf_puts(to, "warning: ");
	log_escape(to, fault->text);
}

void
fault_log(const struct fault *fault)
{
	void (*say)(const char *, ...) =
	    fault->kind == FAULT_WARNING ? log_warn : log_error;

	if (fault->line > 0)
		say("%.*s:%d: %.*s", STR_ARG(fault->file), fault->line,
		    STR_ARG(fault->text));
	else
		say("%.*s: %.*s", STR_ARG(fault->file), STR_ARG(fault->text));
}
