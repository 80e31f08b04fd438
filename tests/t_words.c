#include "mail/words.h"
#include "tests/t.h"

#include <stdlib.h>

static struct buf got;

static void
counts_with_commas(void)
{
	static const struct {
		int64_t input;
		const char *want;
	} table[] = {{0, "0"}, {12, "12"}, {999, "999"}, {1000, "1,000"},
	    {123456, "123,456"}, {1234567, "1,234,567"}, {-1000, "-1,000"}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		buf_clear(&got);
		words_count(&got, table[i].input);
		T_EQ_STR(buf_slice(&got), str_of(table[i].want), "%s",
		    table[i].want);
	}
	buf_clear(&got);
	words_counted(&got, 1, "person", "people");
	buf_putc(&got, ' ');
	words_counted(&got, 1234, "person", "people");
	T_EQ_STR(buf_slice(&got), STR("1 person 1,234 people"), "of what");
}

static void
says_durations(void)
{
	static const struct {
		int64_t input;
		const char *want;
	} table[] = {{-3, "0 s"}, {0, "0 s"}, {59, "59 s"}, {60, "1 min"},
	    {61, "1 min 1 s"}, {599, "9 min 59 s"}, {601, "10 min"},
	    {3599, "59 min"}, {3600, "1 h"}, {3661, "1 h 1 min"},
	    {86399, "23 h 59 min"}, {86400, "1 day"}, {90000, "1 day 1 h"},
	    {172800, "2 days"}, {867600, "10 days"}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		buf_clear(&got);
		words_duration(&got, table[i].input);
		T_EQ_STR(buf_slice(&got), str_of(table[i].want), "%lld s",
		    (long long)table[i].input);
	}
}

static void
says_instants_here(void)
{
	static const struct {
		const char *why, *zone;
		int64_t input;
		const char *want;
	} table[] = {
	    {"in UTC", "UTC0", 1795204800, "2026-11-20 20:00 UTC"},
	    {"with seconds", "UTC0", 1795204805, "2026-11-20 20:00:05 UTC"},
	    {"east of it", "CET-1", 1795204800,
		"2026-11-20 20:00 UTC (21:00 CET here)"},
	    {"on another day", "JST-9", 1795204800,
		"2026-11-20 20:00 UTC (2026-11-21 05:00 JST here)"},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		setenv("TZ", table[i].zone, 1);
		buf_clear(&got);
		words_instant_here(&got, table[i].input);
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
	}
}

static void
cuts_cells(void)
{
	static const struct {
		const char *why, *input;
		size_t width;
		bool pad;
		const char *want;
	} table[] = {
	    {"short", "abc", 5, false, "abc"},
	    {"filled up", "abc", 5, true, "abc  "},
	    {"just fits", "abcde", 5, true, "abcde"},
	    {"too long", "abcdef", 5, true, "ab..."},
	    {"wide ones", "\u65e5\u672c\u8a9e", 6, true, "\u65e5\u672c\u8a9e"},
	    {"wide ones, too long", "\u65e5\u672c\u8a9e\u65e5", 6, true,
		"\u65e5... "},
	    {"what moves a cursor", "a\x1b[2J", 20, false, "a\\x1b[2J"},
	    {"nothing", "", 3, true, "   "},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		buf_clear(&got);
		words_cell(
		    &got, str_of(table[i].input), table[i].width, table[i].pad);
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
	}
}

static void
makes_replies_the_same(void)
{
	static const struct {
		const char *why, *input, *want;
	} table[] = {
	    {"plain", "550 5.1.1 no such user", "550 5.1.1 no such user"},
	    {"an address", "550 5.1.1 <ada@example.org>: no such user",
		"550 5.1.1 <\u2026@example.org>: no such user"},
	    {"with = around", "orig_to=<ada@example.org>",
		"\u2026@example.org>"},
	    {"a queue's id", "451 4.3.0 4F2Zq83k9 queued?",
		"451 4.3.0 \u2026 queued?"},
	    {"numbers stay", "552 5.2.2 over 1048576 bytes",
		"552 5.2.2 over 1048576 bytes"},
	    {"hosts stay", "mx01.example.org 192.0.2.1 refused",
		"mx01.example.org 192.0.2.1 refused"},
	    {"two spaces stay", "a  b", "a  b"},
	    {"a lone @", "at @ home", "at \u2026@ home"},
	    {"nothing", "", ""},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str in = t_guard(str_of(table[i].input));

		buf_clear(&got);
		words_reply(&got, in);
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
		t_guard_free(in);
	}
}

int
main(void)
{
	buf_init(&got, 4096);
	T_RUN(counts_with_commas);
	T_RUN(says_durations);
	T_RUN(says_instants_here);
	T_RUN(cuts_cells);
	T_RUN(makes_replies_the_same);
	buf_release(&got);
	return t_done();
}
