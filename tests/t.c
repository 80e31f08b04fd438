#include "tests/t.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 1024

static int count, failures;
static char tmpdir[256];
static char *files[FILES_MAX];
static size_t file_count;

static bool
result(bool ok, const char *file, int line, const char *fmt, va_list ap)
{
	printf("%sok %d - ", ok ? "" : "not ", ++count);
	vprintf(fmt, ap);
	printf("\n");
	if (!ok) {
		failures++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return ok;
}

bool
t_ok(bool ok, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(ok, file, line, fmt, ap);
	va_end(ap);
	return ok;
}

static void
print_side(const char *which, struct str s)
{
	printf("#  %s: \"", which);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\n')
			printf("\\n");
		else if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	printf("\"\n");
}

bool
t_eq_str(struct str got, struct str want, const char *file, int line,
    const char *fmt, ...)
{
	bool ok = str_eq(got, want);
	va_list ap;

	va_start(ap, fmt);
	result(ok, file, line, fmt, ap);
	va_end(ap);
	if (!ok) {
		print_side(" got", got);
		print_side("want", want);
	}
	return ok;
}

bool
t_eq_int(
    int64_t got, int64_t want, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		printf("#  got: %lld\n# want: %lld\n", (long long)got,
		    (long long)want);
	return got == want;
}

void
t_note(const char *name)
{
	printf("# %s\n", name);
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

int
t_done(void)
{
	printf("1..%d\n", count);
	for (size_t i = 0; i < file_count; i++)
		free(files[i]);
	if (tmpdir[0] != '\0')
		nftw(tmpdir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return failures > 0;
}

/* One page before the guard would do for most; the text's length decides. */
struct str
t_guard(struct str s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (s.n + page - 1) / page * page;
	char *p;

	p = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p + room, page, PROT_NONE) != 0) {
		perror("t_guard");
		exit(1);
	}
	if (s.n > 0)
		memcpy(p + room - s.n, s.p, s.n);
	return (struct str){p + room - s.n, s.n};
}

void
t_guard_free(struct str guarded)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (guarded.n + page - 1) / page * page;

	munmap((char *)guarded.p + guarded.n - room, room + page);
}

const char *
t_tmpdir(void)
{
	if (tmpdir[0] == '\0') {
		snprintf(tmpdir, sizeof tmpdir, "%s/capsule-test-XXXXXX",
		    getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
		if (mkdtemp(tmpdir) == NULL) {
			perror(tmpdir);
			exit(1);
		}
	}
	return tmpdir;
}

static void
make_parents(char *path)
{
	for (char *p = strchr(path + 1, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST) {
			perror(path);
			exit(1);
		}
		*p = '/';
	}
}

const char *
t_file(const char *name, struct str content)
{
	char *path = NULL;
	FILE *f;

	if (file_count == FILES_MAX ||
	    asprintf(&path, "%s/%s", t_tmpdir(), name) < 0) {
		fprintf(stderr, "t_file: too many files\n");
		exit(1);
	}
	files[file_count++] = path;
	make_parents(path);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(content.p, 1, content.n, f) != content.n ||
	    fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	return path;
}
