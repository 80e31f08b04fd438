#include "mail/csv.h"

void
csv_init(struct csv *c, struct str text)
{
	struct str header, rest;

	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_sub(text, 3, text.n);
	*c = (struct csv){.rest = text, .separator = ',', .next_row = 1};
	rest = text;
	if (str_next_line(&rest, &header) && str_chr(header, ',') < 0 &&
	    str_chr(header, ';') >= 0)
		c->separator = ';';
}

/* Takes what stands between quotes, the opening one already gone. */
static int
take_quoted(struct csv *c, struct str *field, struct arena *a, struct err *e)
{
	struct str text = c->rest;
	size_t n = 0, doubled = 0;
	char *copy;

	for (; n < text.n; n++) {
		if (text.p[n] == '"') {
			if (n + 1 >= text.n || text.p[n + 1] != '"')
				break;
			doubled++;
			n++;
		} else if (text.p[n] == '\n') {
			c->next_row++;
		}
	}
	if (n == text.n)
		return err_set(e, ERR_INPUT, "a quote is not closed");
	*field = str_sub(text, 0, n);
	c->rest = str_sub(text, n + 1, text.n);
	if (doubled == 0)
		return 0;
	copy = arena_alloc(a, n);
	if (copy == NULL)
		return arena_ok(a, e);
	for (size_t i = 0, to = 0; i < n; i++) {
		copy[to++] = text.p[i];
		i += text.p[i] == '"';
	}
	*field = (struct str){copy, n - doubled};
	return 0;
}

static size_t
plain_length(const struct csv *c)
{
	size_t n = 0;

	while (n < c->rest.n && c->rest.p[n] != c->separator &&
	    c->rest.p[n] != '\n' && c->rest.p[n] != '\r')
		n++;
	return n;
}

static int
take_field(struct csv *c, struct str *field, struct arena *a, struct err *e)
{
	struct str rest = c->rest;
	size_t n;

	while (rest.n > 0 && rest.p[0] == ' ')
		rest = str_sub(rest, 1, rest.n);
	if (rest.n > 0 && rest.p[0] == '"') {
		c->rest = str_sub(rest, 1, rest.n);
		if (take_quoted(c, field, a, e) != 0)
			return -1;
		n = plain_length(c);
		if (str_trim(str_sub(c->rest, 0, n)).n > 0)
			return err_set(e, ERR_INPUT,
			    "text follows a closing quote: double the quotes "
			    "inside a field");
	} else {
		n = plain_length(c);
		*field = str_sub(c->rest, 0, n);
	}
	*field = str_trim(*field);
	c->rest = str_sub(c->rest, n, c->rest.n);
	return 0;
}

/* Takes a row up to and with its line end. */
static int
take_row(struct csv *c, struct csv_row *row, struct arena *a, struct err *e)
{
	row->row = c->next_row;
	row->count = 0;
	row->is_utf8 = true;
	for (;;) {
		struct str *field = &row->field[row->count];

		if (row->count == CSV_FIELDS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d fields",
			    CSV_FIELDS_MAX);
		if (take_field(c, field, a, e) != 0)
			return -1;
		row->count++;
		row->is_utf8 = row->is_utf8 && str_is_utf8(*field);
		if (c->rest.n == 0 || c->rest.p[0] != c->separator)
			break;
		c->rest = str_sub(c->rest, 1, c->rest.n);
	}
	if (str_starts(c->rest, STR("\r\n")))
		c->rest = str_sub(c->rest, 2, c->rest.n);
	else
		c->rest = str_sub(c->rest, 1, c->rest.n);
	c->next_row++;
	return 0;
}

/* What spreadsheets leave below a table. */
static bool
is_empty(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->field[i].n > 0)
			return false;
	return true;
}

int
csv_next(struct csv *c, struct csv_row *row, struct arena *a, struct err *e)
{
	while (c->rest.n > 0) {
		if (take_row(c, row, a, e) != 0)
			return err_wrap(e, "row %ld", row->row);
		if (!is_empty(row))
			return 1;
	}
	return 0;
}

int
csv_column(const struct csv_row *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++)
		if (str_eq_nocase(header->field[i], str_of(name)))
			return (int)i;
	return -1;
}

struct str
csv_field(const struct csv_row *row, int column)
{
	if (column < 0 || (size_t)column >= row->count)
		return (struct str){NULL, 0};
	return row->field[column];
}

/* Also with apostrophes in front, so that csv_plain can tell ours. */
static bool
is_formula(struct str s)
{
	while (s.n > 0 && s.p[0] == '\'')
		s = str_sub(s, 1, s.n);
	if (s.n == 0)
		return false;
	if (s.p[0] == '=' || s.p[0] == '@')
		return true;
	if (s.p[0] != '+' && s.p[0] != '-')
		return false;
	return str_number(str_sub(s, 1, s.n), INT64_MAX) < 0;
}

/* A cell's beginning where semicolons separate: a formula that does anything
 * has a letter, which a telephone number has not. */
static bool
is_formula_behind(struct str s, size_t at)
{
	char c = at < s.n ? s.p[at] : '\0';

	if (c == '=' || c == '@')
		return true;
	if (c != '+' && c != '-')
		return false;
	for (; at < s.n && s.p[at] != ';' && s.p[at] != '\n'; at++) {
		c = (char)(s.p[at] | 0x20);
		if (c >= 'a' && c <= 'z')
			return true;
	}
	return false;
}

static bool
needs_quotes(struct str s)
{
	return str_chr(s, ',') >= 0 || str_chr(s, ';') >= 0 ||
	    str_chr(s, '"') >= 0 || str_chr(s, '\n') >= 0 ||
	    str_chr(s, '\r') >= 0 || str_trim(s).n != s.n;
}

void
csv_put(struct buf *to, struct str field)
{
	bool quoted = needs_quotes(field), begins = false;

	if (to->len > 0 && to->data[to->len - 1] != '\n')
		buf_putc(to, ',');
	else if (field.n == 0)
		buf_puts(to, "\"\""); /* or the comma would not be seen */
	if (quoted)
		buf_putc(to, '"');
	if (is_formula(field))
		buf_putc(to, '\'');
	for (size_t i = 0; i < field.n; i++) {
		if (begins && is_formula_behind(field, i))
			buf_putc(to, '\'');
		if (field.p[i] == '"')
			buf_putc(to, '"');
		buf_putc(to, field.p[i]);
		begins = str_chr(STR(";\n\r\t"), field.p[i]) >= 0 ||
		    (begins && str_chr(STR(" \""), field.p[i]) >= 0);
	}
	if (quoted)
		buf_putc(to, '"');
}

struct str
csv_plain(struct str field)
{
	if (field.n > 0 && field.p[0] == '\'' && is_formula(field))
		return str_sub(field, 1, field.n);
	return field;
}

void
csv_end(struct buf *to)
{
	buf_puts(to, "\r\n");
}
