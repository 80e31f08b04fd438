#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "tests/t.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct str none = {NULL, 0};

static void
compares(void)
{
	T_OK(str_eq(none, STR("")), "no bytes are no bytes");
	T_OK(str_eq(STR("a\0b"), STR("a\0b")), "a NUL is a byte");
	T_OK(!str_eq(STR("a\0b"), STR("a\0c")), "and does not end it");
	T_OK(
	    str_is(str_of(NULL), NULL) && str_of(NULL).n == 0, "NULL is empty");
	T_OK(str_eq_nocase(STR("Host"), STR("hOST")), "ASCII case");
	T_OK(!str_eq_nocase(STR("Host"), STR("host.")), "but not length");
	T_OK(!str_eq_nocase(STR("[k"), STR("{k")), "letters only");
	T_OK(str_starts(STR("abc"), STR("ab")) &&
		str_starts(STR("abc"), STR("")) &&
		!str_starts(STR("ab"), STR("abc")),
	    "starts");
	T_OK(str_starts_nocase(STR("GEMINI://"), STR("gemini:")) &&
		!str_starts_nocase(STR("gem"), STR("gemini:")),
	    "starts, case aside");
	T_OK(str_ends(STR("a.md"), STR(".md")) &&
		!str_ends(STR("md"), STR(".md")) && str_ends(none, STR("")),
	    "ends");
	T_OK(str_cmp(STR("a"), STR("b")) < 0 &&
		str_cmp(STR("a"), STR("a\0")) < 0 &&
		str_cmp(STR("\xff"), STR("a")) > 0 &&
		str_cmp(none, STR("")) == 0,
	    "order is by unsigned byte, then by length");
	T_OK(str_eq_secret(STR("token"), STR("token")) &&
		!str_eq_secret(STR("token"), STR("tokem")) &&
		!str_eq_secret(STR("token"), STR("toke")) &&
		str_eq_secret(none, STR("")),
	    "secrets");
	T_OK(str_hash(STR("a")) == 0xaf63dc4c8601ec8cu &&
		str_hash(STR("")) == 0xcbf29ce484222325u,
	    "FNV-1a as published");
}

static void
finds(void)
{
	T_EQ_INT(str_find(STR("abcabc"), STR("ca")), 2, "in the middle");
	T_EQ_INT(str_find(STR("abc"), STR("abcd")), -1, "longer than all");
	T_EQ_INT(str_find(none, STR("")), 0, "nothing is everywhere");
	T_EQ_INT(str_find(none, STR("a")), -1, "nothing has nothing");
	T_EQ_INT(str_chr(STR("a/b/c"), '/'), 1, "the first");
	T_EQ_INT(str_rchr(STR("a/b/c"), '/'), 3, "the last");
	T_EQ_INT(str_chr(none, '/'), -1, "none");
	T_EQ_INT(str_rchr(none, '/'), -1, "none from behind");
	T_EQ_STR(str_sub(STR("abc"), 1, SIZE_MAX), STR("bc"), "clamped");
	T_EQ_STR(str_sub(STR("abc"), 9, 9), STR(""), "past the end");
	T_EQ_STR(str_trim(STR(" \t\r\n a b \n")), STR("a b"), "trimmed");
	T_EQ_STR(str_trim(STR(" \n")), STR(""), "all white");
	T_EQ_STR(str_trim(none), STR(""), "none trimmed");
}

/* The pieces are joined with "|", each with "|" behind it. */
static void
splits(void)
{
	static const struct {
		const char *why, *text, *want;
	} pieces[] =
	    {
		{"empty is one empty piece", "", "|"},
		{"one", "a", "a|"},
		{"empty ones count", ",a,,b,", "|a||b||"},
	    },
	  lines[] = {
	      {"no text, no line", "", ""},
	      {"without an end", "a", "a|"},
	      {"LF, CRLF, CR", "a\nb\r\nc\rd", "a|b|c|d|"},
	      {"CR LF apart", "a\r\r\n\n", "a|||"},
	      {"an end makes no new line", "a\n", "a|"},
	      {"CR at the very end", "a\r", "a|"},
	      {"LF before CR", "a\n\rb", "a||b|"},
	  };
	struct str rest, piece;
	struct buf got;

	buf_init(&got, 100);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		buf_clear(&got);
		rest = str_of(pieces[i].text);
		while (str_next(&rest, ',', &piece)) {
			buf_str(&got, piece);
			buf_putc(&got, '|');
		}
		T_EQ_STR(buf_slice(&got), str_of(pieces[i].want), "%s",
		    pieces[i].why);
	}
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct str text = t_guard(str_of(lines[i].text));

		buf_clear(&got);
		rest = text;
		while (str_next_line(&rest, &piece)) {
			buf_str(&got, piece);
			buf_putc(&got, '|');
		}
		T_EQ_STR(
		    buf_slice(&got), str_of(lines[i].want), "%s", lines[i].why);
		t_guard_free(text);
	}
	rest = none;
	T_OK(!str_next(&rest, ',', &piece), "nothing left");
	buf_release(&got);
}

static void
reads_numbers(void)
{
	static const struct {
		const char *text;
		int64_t max, want;
	} cases[] = {
	    {"0", 9, 0},
	    {"65535", 65535, 65535},
	    {"65536", 65535, -1},
	    {"00042", 99, 42},
	    {"", 9, -1},
	    {"-1", 9, -1},
	    {"+1", 9, -1},
	    {" 1", 9, -1},
	    {"1x", 9, -1},
	    {"9", 5, -1},
	    {"6", 5, -1},
	    {"0", 0, 0},
	    {"1", 0, -1},
	    {"9223372036854775807", INT64_MAX, INT64_MAX},
	    {"9223372036854775808", INT64_MAX, -1},
	    {"99999999999999999999999999", INT64_MAX, -1},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		T_EQ_INT(str_number(str_of(cases[i].text), cases[i].max),
		    cases[i].want, "\"%s\" up to %lld", cases[i].text,
		    (long long)cases[i].max);
}

static void
knows_utf8(void)
{
	static const struct {
		const char *why;
		struct str text;
		int32_t first; /* -1: not UTF-8 */
	} cases[] = {
	    {"ASCII", STR("a"), 'a'},
	    {"NUL", STR("\0"), 0},
	    {"the least of two", STR("\xc2\x80"), 0x80},
	    {"the most of two", STR("\xdf\xbf"), 0x7ff},
	    {"the least of three", STR("\xe0\xa0\x80"), 0x800},
	    {"before the surrogates", STR("\xed\x9f\xbf"), 0xd7ff},
	    {"after the surrogates", STR("\xee\x80\x80"), 0xe000},
	    {"the most of three", STR("\xef\xbf\xbf"), 0xffff},
	    {"the least of four", STR("\xf0\x90\x80\x80"), 0x10000},
	    {"the most", STR("\xf4\x8f\xbf\xbf"), 0x10ffff},
	    {"overlong two", STR("\xc0\xaf"), -1},
	    {"overlong three", STR("\xe0\x9f\xbf"), -1},
	    {"overlong four", STR("\xf0\x8f\xbf\xbf"), -1},
	    {"a surrogate", STR("\xed\xa0\x80"), -1},
	    {"past the most", STR("\xf4\x90\x80\x80"), -1},
	    {"a lead that is none", STR("\xf5\x80\x80\x80"), -1},
	    {"a continuation alone", STR("\x80"), -1},
	    {"a broken continuation", STR("\xe2\x82x"), -1},
	};
	struct buf again;

	buf_init(&again, 16);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str text = t_guard(cases[i].text), rest = text;
		int32_t cp = str_next_utf8(&rest);

		T_EQ_INT(cp, cases[i].first, "%s", cases[i].why);
		T_EQ_INT(str_is_utf8(text), cp >= 0, "%s: all", cases[i].why);
		if (cp < 0) {
			T_EQ_INT((int64_t)(text.n - rest.n), 1,
			    "%s: taken by itself", cases[i].why);
		} else {
			buf_clear(&again);
			buf_utf8(&again, (uint32_t)cp);
			T_EQ_STR(buf_slice(&again), text, "%s: written",
			    cases[i].why);
		}
		t_guard_free(text);
		for (size_t n = 1; n < cases[i].text.n; n++) {
			text = t_guard(str_sub(cases[i].text, 0, n));
			T_OK(!str_is_utf8(text), "%s: cut at %zu", cases[i].why,
			    n);
			t_guard_free(text);
		}
	}
	buf_release(&again);
}

/* Words of eight are looked at together: a bad byte at each place of one. */
static void
knows_utf8_in_long_text(void)
{
	for (size_t at = 0; at < 20; at++) {
		char text[21];
		struct str whole;

		memset(text, 'a', sizeof text);
		text[at] = (char)0xff;
		whole = t_guard((struct str){text, sizeof text});
		T_OK(!str_is_utf8(whole), "a bad byte at %zu", at);
		t_guard_free(whole);
		memcpy(text + at, "\xc3", 1);
		memcpy(text + at + 1, "\xa9", 1);
		whole = t_guard((struct str){text, sizeof text});
		T_OK(str_is_utf8(whole), "a letter across %zu", at);
		t_guard_free(whole);
	}
}

static void
sees_controls(void)
{
	T_OK(!str_has_control(STR("a\tb\n\u00e9\u20ac")), "text has none");
	T_OK(str_has_control(STR("\r")) && str_has_control(STR("\x1b")) &&
		str_has_control(STR("\0")) && str_has_control(STR("\x7f")),
	    "C0 and DEL");
	T_OK(str_has_control(STR("\xc2\x9b")), "C1");
	T_OK(str_has_control(STR("\x9b")), "a stray byte");
	T_OK(!str_has_control(none), "nothing");
}

static void
buffers_own_and_remember(void)
{
	struct err e = ERR_INIT;
	struct buf b;
	char *taken;
	size_t n;

	buf_init(&b, 10);
	T_EQ_STR(buf_slice(&b), STR(""), "empty");
	T_OK(b.data != NULL && b.data[0] == '\0', "and a string before all");
	buf_puts(&b, "12345");
	buf_append(&b, NULL, 0);
	buf_printf(&b, "%d", 67890);
	T_EQ_STR(buf_slice(&b), STR("1234567890"), "filled to its ceiling");
	T_OK(buf_ok(&b, "it", &e) == 0, "is fine");
	T_OK(b.data[10] == '\0', "with a NUL behind it");
	buf_putc(&b, 'x');
	buf_cut(&b, 2);
	buf_putc(&b, 'y');
	T_EQ_STR(buf_slice(&b), STR("12"), "after a failure nothing is added");
	T_OK(buf_ok(&b, "the page", &e) == -1 && e.kind == ERR_LIMIT &&
		strstr(e.msg, "the page") != NULL &&
		strstr(e.msg, "10") != NULL,
	    "and it says so: %s", e.msg);
	T_OK(buf_take(&b, &n) == NULL && n == 0, "a failed one gives nothing");
	T_OK(buf_ok(&b, "it", NULL) == 0 && b.len == 0, "and is new again");

	buf_fill(&b, '-', 3);
	buf_fill(&b, '-', 0);
	taken = buf_take(&b, &n);
	T_EQ_STR(((struct str){taken, n}), STR("---"), "bytes handed over");
	free(taken);
	taken = buf_take(&b, NULL);
	T_OK(taken != NULL && taken[0] == '\0', "an empty one too");
	free(taken);
	buf_release(&b);
}

static void
buffers_take_reads(void)
{
	struct buf b;
	char *room;

	buf_init(&b, 8);
	T_OK(buf_room(&b, 9) == NULL && b.failed == ERR_LIMIT, "no room");
	buf_clear(&b);
	room = buf_room(&b, 8);
	T_OK(room != NULL, "room to the ceiling");
	memcpy(room, "abcdefgh", 8);
	buf_grew(&b, 3);
	T_EQ_STR(buf_slice(&b), STR("abc"), "as much as came");
	T_OK(b.data[3] == '\0', "a string again");
	buf_grew(&b, 0);
	T_EQ_INT((int64_t)b.len, 3, "nothing came");
	buf_cut(&b, 99);
	T_EQ_INT((int64_t)b.len, 3, "cut longer than it is");
	buf_release(&b);

	buf_init(&b, SIZE_MAX);
	T_OK(buf_room(&b, SIZE_MAX / 2) == NULL && b.failed == ERR_MEMORY,
	    "more than there is");
	buf_clear(&b);
	T_OK(buf_room(&b, SIZE_MAX) == NULL, "more than can be counted");
	buf_release(&b);
}

/* What is made in one buffer for another fails with it. */
static void
failures_are_passed_on(void)
{
	struct buf whole, part;
	struct arena a;

	arena_init(&a);
	buf_init(&whole, 100);
	buf_init(&part, 3);
	buf_puts(&part, "abc");
	buf_join(&whole, &part);
	T_EQ_STR(buf_slice(&whole), STR("abc"), "joined");
	T_EQ_STR(arena_buf(&a, &part), STR("abc"), "kept");
	buf_fail(&whole, ERR_NONE);
	T_OK(whole.failed == ERR_NONE && !a.failed, "no failure is none");
	buf_putc(&part, 'd');
	buf_cut(&part, 0);
	T_EQ_INT(part.failed, ERR_LIMIT, "cut to nothing, it still has failed");
	buf_join(&whole, &part);
	T_EQ_INT(whole.failed, ERR_LIMIT, "and what it is joined to");
	arena_buf(&a, &part);
	T_OK(a.failed, "and the arena that keeps it");
	buf_fail(&whole, ERR_MEMORY);
	T_EQ_INT(whole.failed, ERR_LIMIT, "the first cause stays");
	buf_release(&whole);
	buf_release(&part);
	arena_release(&a);
}

static void
finds_what_is_within(void)
{
	static const struct {
		const char *why, *in, *what;
		ptrdiff_t want;
	} t[] = {
	    {"nothing, in nothing", "", "", 0},
	    {"nothing, anywhere", "a", "", 0},
	    {"in nothing", "", "a", -1},
	    {"longer than the whole", "a", "ab", -1},
	    {"the whole", "://", "://", 0},
	    {"at the end", "http://", "://", 4},
	    {"after a false start", ":/://", "://", 2},
	    {"cut at the end", "http:/", "://", -1},
	    {"only its first byte", ":::", "://", -1},
	    {"a long one", "words and words", "and words", 6},
	    {"a long one that is not there", "words and word", "and words", -1},
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct str in = t_guard(str_of(t[i].in));

		T_EQ_INT(
		    str_find(in, str_of(t[i].what)), t[i].want, "%s", t[i].why);
		t_guard_free(in);
	}
}

/* What was used is zero again, what failed may be tried again. */
static void
arenas_are_cleared(void)
{
	struct err e = ERR_INIT;
	struct arena a;
	bool ok = true;

	arena_init(&a);
	arena_clear(&a);
	T_OK(a.total == 0, "nothing is cleared to nothing");
	for (size_t round = 0; round < 4; round++) {
		size_t total = a.total;

		for (size_t i = 0; i < 2000; i++) {
			char *p = arena_alloc(&a, 50);

			for (size_t k = 0; p != NULL && k < 50; k++)
				ok &= p[k] == 0;
			ok &= p != NULL;
			if (ok)
				memset(p, 0xff, 50);
		}
		T_OK(ok, "round %zu is zeroed", round);
		T_OK(round < 2 || a.total == total,
		    "round %zu needs nothing from the system", round);
		arena_clear(&a);
	}
	T_OK(arena_array(&a, SIZE_MAX / 2, 4) == NULL, "too many");
	arena_clear(&a);
	T_OK(arena_ok(&a, &e) == 0, "and forgotten: %s", e.msg);
	arena_release(&a);
	T_OK(a.total == 0, "released as any other");
}

static void
arenas_hold(void)
{
	struct err e = ERR_INIT;
	struct arena a;
	int *list = NULL;
	struct str s;
	bool ok = true;

	arena_init(&a);
	for (size_t i = 0; i < 3000; i++) {
		char *p = arena_alloc(&a, i % 97);

		ok &= p != NULL && (uintptr_t)p % _Alignof(max_align_t) == 0;
		for (size_t k = 0; ok && k < i % 97; k++)
			ok &= p[k] == 0;
		if (ok)
			memset(p, 0xff, i % 97);
	}
	T_OK(ok, "zeroed, aligned, apart");
	for (int i = 0; i < 1000; i++) {
		list = arena_grow(&a, list, (size_t)i, sizeof *list);
		list[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		ok &= list[i] == i;
	T_OK(ok, "an array grows and keeps what it has");
	s = arena_str(&a, STR("a\0b"));
	T_OK(str_eq(s, STR("a\0b")) && s.p[3] == '\0', "a copy, NUL behind");
	s = arena_str(&a, none);
	T_OK(s.n == 0 && s.p != NULL && s.p[0] == '\0', "of nothing too");
	s = arena_printf(&a, "%s-%d", "x", 7);
	T_OK(str_is(s, "x-7") && s.p[3] == '\0', "printed");
	T_OK(arena_ok(&a, &e) == 0, "all went well");
	T_OK(arena_alloc(&a, (size_t)1 << 22) != NULL, "more than a chunk");
	T_OK(arena_array(&a, SIZE_MAX / 2, 4) == NULL, "too many");
	T_OK(arena_alloc(&a, 1) == NULL, "and then nothing more");
	T_OK(arena_ok(&a, &e) == -1 && e.kind == ERR_MEMORY, "said: %s", e.msg);
	s = arena_str(&a, STR("x"));
	T_EQ_STR(s, none, "a failed copy is empty");
	arena_release(&a);
	T_OK(arena_alloc(&a, SIZE_MAX) == NULL, "all there is");
	arena_release(&a);
}

static void
errors_travel(void)
{
	static const struct {
		enum err_kind kind;
		int code;
	} codes[] = {{ERR_NONE, 0}, {ERR_USAGE, 2}, {ERR_INPUT, 1},
	    {ERR_MISSING, 1}, {ERR_REFUSED, 1}, {ERR_LIMIT, 1}, {ERR_LATER, 75},
	    {ERR_SYSTEM, 1}, {ERR_MEMORY, 1}};
	struct err e = ERR_INIT;
	char text[2 * ERR_MSG_MAX];

	T_OK(err_set(NULL, ERR_INPUT, "x") == -1, "nobody asks");
	T_OK(err_wrap(&e, "where") == -1 && e.msg[0] == '\0',
	    "no error has no place");
	T_OK(err_set(&e, ERR_INPUT, "line %d", 7) == -1, "set");
	err_set(&e, ERR_LATER, "another");
	errno = ENOENT;
	err_sys(&e, "a third");
	T_OK(e.kind == ERR_INPUT, "the first cause wins");
	err_wrap(&e, "%s", "page.md");
	T_EQ_STR(str_of(e.msg), STR("page.md: line 7"), "with its place");
	err_clear(&e);
	T_OK(e.kind == ERR_NONE && e.msg[0] == '\0', "handled");
	errno = ENOENT;
	err_sys(&e, "open");
	T_OK(e.kind == ERR_SYSTEM && errno == ENOENT, "of the system");
	T_EQ_STR(str_of(e.msg), STR("open: No such file or directory"), "why");
	err_clear(&e);
	errno = ENOMEM;
	err_sys(&e, "open");
	T_OK(e.kind == ERR_MEMORY, "memory is its own kind");

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	err_clear(&e);
	err_set(&e, ERR_INPUT, "%s", text);
	T_EQ_INT((int64_t)strlen(e.msg), ERR_MSG_MAX - 1, "cut");
	err_wrap(&e, "here");
	T_OK(strncmp(e.msg, "here: xxx", 9) == 0 &&
		strlen(e.msg) == ERR_MSG_MAX - 1,
	    "the place is kept");
	err_wrap(&e, "%s", text);
	T_EQ_INT((int64_t)strlen(e.msg), ERR_MSG_MAX - 1, "a place too long");
	for (size_t i = 0; i < COUNT(codes); i++) {
		e.kind = codes[i].kind;
		T_EQ_INT(err_exit_code(&e), codes[i].code, "exit code of %d",
		    (int)codes[i].kind);
	}
}

int
main(void)
{
	T_RUN(compares);
	T_RUN(finds);
	T_RUN(splits);
	T_RUN(reads_numbers);
	T_RUN(knows_utf8);
	T_RUN(knows_utf8_in_long_text);
	T_RUN(sees_controls);
	T_RUN(buffers_own_and_remember);
	T_RUN(buffers_take_reads);
	T_RUN(failures_are_passed_on);
	T_RUN(finds_what_is_within);
	T_RUN(arenas_hold);
	T_RUN(arenas_are_cleared);
	T_RUN(errors_travel);
	return t_done();
}
