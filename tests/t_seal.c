#include "mail/seal.h"
#include "mail/token.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX 4096

static const char *
folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", t_tmpdir(), name);
	mkdir(path, 0700);
	return path;
}

static struct seal *
key(const char *name)
{
	struct err e = ERR_INIT;
	struct seal *s = NULL;

	T_EQ_INT(
	    seal_open(&s, folder(name), &e), 0, "%s: a key (%s)", name, e.msg);
	return s;
}

static void
gives_back_what_was_sealed(void)
{
	static const char *const texts[] = {"", "x", "Ann\nStreet 1\nTown",
	    "a street that is longer than two blocks of the cipher"};
	struct seal *s = key("whole");
	struct buf sealed, again, plain;

	buf_init(&sealed, TEXT_MAX);
	buf_init(&again, TEXT_MAX);
	buf_init(&plain, TEXT_MAX);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str text = str_of(texts[i]);

		buf_clear(&sealed);
		buf_clear(&again);
		buf_clear(&plain);
		T_EQ_INT(seal_put(&sealed, s, text, STR("7 address"), NULL), 0,
		    "it is sealed");
		T_EQ_INT(sealed.len, text.n + SEAL_ADDS, "and as long");
		T_OK(text.n < 4 || str_find(buf_slice(&sealed), text) < 0,
		    "it cannot be read");
		seal_put(&again, s, text, STR("7 address"), NULL);
		T_OK(!str_eq(buf_slice(&sealed), buf_slice(&again)),
		    "nor is the same text the same twice");
		T_EQ_INT(seal_take(&plain, s, buf_slice(&sealed),
			     STR("7 address"), NULL),
		    0, "it opens");
		T_EQ_STR(buf_slice(&plain), text, "and is what it was");
	}
	buf_release(&sealed);
	buf_release(&again);
	buf_release(&plain);
	seal_close(s);
}

static void
refuse(
    const struct seal *s, struct str sealed, const char *bound, const char *why)
{
	struct err e = ERR_INIT;
	struct buf plain;

	buf_init(&plain, TEXT_MAX);
	T_OK(seal_take(&plain, s, sealed, str_of(bound), &e) != 0 &&
		e.kind == ERR_INPUT && plain.len == 0,
	    "%s is refused", why);
	buf_release(&plain);
}

static void
opens_nothing_else(void)
{
	struct seal *s = key("mine"), *other = key("theirs");
	struct str whole;
	struct buf sealed;

	buf_init(&sealed, TEXT_MAX);
	seal_put(&sealed, s, STR("Street 1"), STR("7 address"), NULL);
	whole = buf_slice(&sealed);
	refuse(other, whole, "7 address", "another key's");
	refuse(s, whole, "8 address", "another claim's");
	refuse(s, whole, "7 sentence", "another field's");
	for (size_t n = 0; n < whole.n; n++) {
		struct str cut = t_guard(str_sub(whole, 0, n));

		refuse(s, cut, "7 address", "one cut short");
		t_guard_free(cut);
	}
	for (size_t i = 0; i < whole.n; i++) {
		sealed.data[i] ^= 1;
		refuse(s, whole, "7 address", "one with a bit turned");
		sealed.data[i] ^= 1;
	}
	buf_release(&sealed);
	seal_close(s);
	seal_close(other);
}

static void
keeps_its_key(void)
{
	struct err e = ERR_INIT;
	struct seal *s = key("kept");
	char path[600];
	struct stat st;
	struct buf sealed, plain;

	buf_init(&sealed, TEXT_MAX);
	seal_put(&sealed, s, STR("x"), STR("y"), NULL);
	seal_close(s);
	snprintf(path, sizeof path, "%s/" SEAL_FILE, folder("kept"));
	T_OK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "it is its owner's alone");
	s = key("kept");
	buf_init(&plain, TEXT_MAX);
	T_EQ_INT(seal_take(&plain, s, buf_slice(&sealed), STR("y"), NULL), 0,
	    "and the same the next time");
	buf_release(&plain);
	seal_close(s);
	chmod(path, 0640);
	T_OK(seal_open(&s, folder("kept"), &e) != 0 && e.kind == ERR_REFUSED,
	    "one that others can read is refused: %s", e.msg);
	chmod(path, 0600);
	T_OK(truncate(path, 31) == 0, "a byte is cut");
	err_clear(&e);
	T_OK(seal_open(&s, folder("kept"), &e) != 0 && e.kind == ERR_INPUT,
	    "one cut short is refused: %s", e.msg);
	buf_release(&sealed);
}

/* Several programs at first use. */
static void
is_made_once(void)
{
	enum { PROGRAMS = 8 };
	char start[2], name[40];
	int gate[2], bad = 0;
	struct buf sealed, plain;
	struct seal *s;

	folder("once");
	T_OK(pipe(gate) == 0, "a pipe");
	for (int i = 0; i < PROGRAMS; i++) {
		if (fork() != 0)
			continue;
		close(gate[1]);
		if (read(gate[0], start, 1) != 0 ||
		    seal_open(&s, folder("once"), NULL) != 0)
			_exit(1);
		buf_init(&sealed, TEXT_MAX);
		snprintf(name, sizeof name, "once/%d", i);
		seal_put(&sealed, s, STR("x"), STR("y"), NULL);
		t_file(name, buf_slice(&sealed));
		_exit(0);
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0, status; i < PROGRAMS; i++)
		if (wait(&status) < 0 || status != 0)
			bad++;
	T_EQ_INT(bad, 0, "all of them have a key");
	s = key("once");
	buf_init(&plain, TEXT_MAX);
	for (int i = 0; i < PROGRAMS; i++) {
		char bytes[TEXT_MAX];
		FILE *f;
		size_t n = 0;

		snprintf(bytes, sizeof bytes, "%s/%d", folder("once"), i);
		f = fopen(bytes, "rb");
		if (f != NULL) {
			n = fread(bytes, 1, sizeof bytes, f);
			fclose(f);
		}
		T_EQ_INT(seal_take(
			     &plain, s, (struct str){bytes, n}, STR("y"), NULL),
		    0, "the same one");
	}
	buf_release(&plain);
	seal_close(s);
}

int
main(void)
{
	T_RUN(gives_back_what_was_sealed);
	T_RUN(opens_nothing_else);
	T_RUN(keeps_its_key);
	T_RUN(is_made_once);
	return t_done();
}
