#include "mail/csv.h"
#include "tests/t.h"

/* A row's fields with "|" between, rows with "/"; "!" and the message for an
 * error. */
static void
read_all(struct buf *to, struct str text)
{
	struct err e = ERR_INIT;
	struct csv_row row;
	struct arena a;
	struct csv c;
	int got;

	arena_init(&a);
	csv_init(&c, text);
	while ((got = csv_next(&c, &row, &a, &e)) > 0) {
		for (size_t i = 0; i < row.count; i++) {
			if (i > 0)
				buf_putc(to, '|');
			buf_str(to, row.is_utf8 ? row.field[i] : STR("?"));
		}
		buf_putc(to, '/');
	}
	if (got < 0)
		buf_printf(to, "!%s", e.msg);
	arena_release(&a);
}

static void
reads_what_spreadsheets_write(void)
{
	static const struct {
		const char *why;
		struct str input;
		const char *want;
	} table[] = {
	    {"nothing", {"", 0}, ""},
	    {"a header and a row", STR("a,b\n1,2\n"), "a|b/1|2/"},
	    {"no final line end", STR("a,b\n1,2"), "a|b/1|2/"},
	    {"CRLF", STR("a,b\r\n1,2\r\n"), "a|b/1|2/"},
	    {"a BOM",
		STR("\xef\xbb\xbf"
		    "a\n1\n"),
		"a/1/"},
	    {"semicolons", STR("a;b\n1,5;2\n"), "a|b/1,5|2/"},
	    {"quotes", STR("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n"),
		"a|b/x, y|say \"hi\"/"},
	    {"a line end in quotes", STR("a\n\"x\ny\"\nz\n"), "a/x\ny/z/"},
	    {"spaces around", STR(" a , \"b\" \n"), "a|b/"},
	    {"empty lines", STR("a,b\n\n1,2\n\n"), "a|b/1|2/"},
	    {"an empty field", STR("a,b\n,1\n"), "a|b/|1/"},
	    {"nothing but empty fields", STR("a,b\n,\n , \n\"\",\n1,2\n"),
		"a|b/1|2/"},
	    {"an open quote", STR("a\n\"x\n"),
		"a/!row 2: a quote is not closed"},
	    {"text behind a quote", STR("a\n\"x\" y\n"),
		"a/!row 2: text follows a closing quote: double the quotes "
		"inside a field"},
	    {"not UTF-8", STR("a,b\n\"x\ny\",\xff\n1,2\n"), "a|b/?|?/1|2/"},
	};
	struct buf got;

	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str in = table[i].input;

		buf_clear(&got);
		read_all(&got, in);
		T_EQ_STR(
		    buf_slice(&got), str_of(table[i].want), "%s", table[i].why);
		for (size_t n = 0; n <= in.n; n++) {
			struct str cut = t_guard(str_sub(in, 0, n));

			buf_clear(&got);
			read_all(&got, cut);
			t_guard_free(cut);
		}
	}
	buf_release(&got);
	T_OK(true, "every truncation is read to its end and no further");
}

static void
counts_rows_as_a_spreadsheet_does(void)
{
	struct err e = ERR_INIT;
	struct csv_row row;
	struct arena a;
	struct csv c;

	arena_init(&a);
	csv_init(&c, STR("a\n\"x\ny\"\nz\n"));
	csv_next(&c, &row, &a, &e);
	csv_next(&c, &row, &a, &e);
	T_EQ_INT(row.row, 2, "a row of two lines begins on its first");
	csv_next(&c, &row, &a, &e);
	T_EQ_INT(row.row, 4, "and the next after its last");
	arena_release(&a);
}

static void
finds_columns(void)
{
	struct err e = ERR_INIT;
	struct csv_row row;
	struct arena a;
	struct csv c;

	arena_init(&a);
	csv_init(&c, STR("Address,List\nx\n"));
	csv_next(&c, &row, &a, &e);
	T_EQ_INT(csv_column(&row, "list"), 1, "without regard to case");
	T_EQ_INT(csv_column(&row, "name"), -1, "one that is not there");
	csv_next(&c, &row, &a, &e);
	T_EQ_STR(csv_field(&row, 1), STR(""), "a short row's field is empty");
	T_EQ_STR(csv_field(&row, -1), STR(""), "so is one of no column");
	arena_release(&a);
}

static void
reads_what_it_writes(void)
{
	static const char *const fields[] = {"", "plain", "a, b", "say \"hi\"",
	    "two\nlines", "two\n+49 123-4", "x;y", "x; -5", "x'=y",
	    "+ada@example.org", "=1+1", "-x", "@y", "-5", "'=1+1", "''+z",
	    "'quoted'", "'", "'-5"};
	size_t count = sizeof fields / sizeof fields[0];
	struct err e = ERR_INIT;
	struct csv_row row;
	struct buf out;
	struct arena a;
	struct csv c;

	arena_init(&a);
	buf_init(&out, 4096);
	for (size_t i = 0; i < count; i++)
		csv_put(&out, str_of(fields[i]));
	csv_end(&out);
	csv_init(&c, buf_slice(&out));
	T_EQ_INT(csv_next(&c, &row, &a, &e), 1, "one row: %s", e.msg);
	T_EQ_INT((int64_t)row.count, (int64_t)count, "all fields");
	for (size_t i = 0; i < count && i < row.count; i++)
		T_EQ_STR(
		    csv_plain(row.field[i]), str_of(fields[i]), "field %zu", i);
	buf_clear(&out);
	csv_put(&out, STR("=HYPERLINK(1)"));
	csv_put(&out, STR("-5"));
	T_EQ_STR(buf_slice(&out), STR("'=HYPERLINK(1),-5"),
	    "a formula is disarmed, a number is not");
	buf_clear(&out);
	csv_put(&out, STR("Ann; =A1;\"\n@b\n-1+cmd|'x'!A0\n+49 (0) 1/2"));
	T_EQ_STR(buf_slice(&out),
	    STR("\"Ann; '=A1;\"\"\n'@b\n'-1+cmd|'x'!A0\n+49 (0) 1/2\""),
	    "so is one where a spreadsheet that wants semicolons sees it");
	buf_release(&out);
	arena_release(&a);
}

int
main(void)
{
	T_RUN(reads_what_spreadsheets_write);
	T_RUN(counts_rows_as_a_spreadsheet_does);
	T_RUN(finds_columns);
	T_RUN(reads_what_it_writes);
	return t_done();
}
