#include "content/table.h"

#include "base/arena.h"
#include "content/wrap.h"

struct cell {
	size_t at, n; /* in the text of all cells */
	size_t width;
	enum align align;
	bool is_last; /* of its row */
};

struct layout {
	struct arena arena;
	struct buf text; /* of all cells, one behind the other */
	struct cell *cells;
	size_t count;
	size_t *columns; /* their widths */
	size_t column_count;
};

static void
cell_text(
    struct buf *to, const struct block *cell, const struct inl_style *style)
{
	struct inl_style one_line = {.one_line = true};

	if (style != NULL)
		one_line = *style;
	one_line.one_line = true;
	inlines_text(to, cell->inls, &one_line);
}

static bool
add_cell(struct layout *l, const struct block *cell, size_t column,
    const struct inl_style *style)
{
	struct cell *c;

	l->cells = arena_grow(&l->arena, l->cells, l->count, sizeof(*c));
	if (l->cells == NULL)
		return false;
	if (column == l->column_count) {
		l->columns = arena_grow(&l->arena, l->columns, l->column_count,
		    sizeof(*l->columns));
		if (l->columns == NULL)
			return false;
		l->columns[l->column_count++] = 1;
	}
	c = &l->cells[l->count++];
	*c = (struct cell){.at = l->text.len,
	    .align = cell->align,
	    .is_last = cell->next == NULL};
	cell_text(&l->text, cell, style);
	c->n = l->text.len - c->at;
	c->width = wrap_width((struct str){l->text.data + c->at, c->n});
	if (c->width > l->columns[column])
		l->columns[column] = c->width;
	return true;
}

/* false as soon as the columns do not fit: a table that is far too wide is
 * not laid out to its end. */
static bool
measure(struct layout *l, const struct block *table, size_t width,
    const struct inl_style *style)
{
	const struct block *row, *cell;

	for (row = table->child; row != NULL; row = row->next) {
		size_t total = 0, column = 0;

		for (cell = row->child; cell != NULL; cell = cell->next)
			if (!add_cell(l, cell, column++, style))
				return false;
		for (size_t i = 0; i < l->column_count; i++)
			total += l->columns[i] + (i > 0 ? 2 : 0);
		if (total > width)
			return false;
	}
	return l->count > 0;
}

static void
put_cell(
    struct buf *to, const struct layout *l, const struct cell *c, size_t column)
{
	size_t room = l->columns[column] - c->width, before = 0;

	if (c->align == ALIGN_RIGHT)
		before = room;
	if (c->align == ALIGN_CENTER)
		before = room / 2;
	buf_fill(to, ' ', before);
	buf_append(to, l->text.data + c->at, c->n);
	buf_fill(to, ' ', room - before + 2);
}

/* A row that says nothing is no line. */
static bool
end_line(struct buf *to, size_t begin)
{
	size_t end = to->len;

	while (end > begin && to->data[end - 1] == ' ')
		end--;
	buf_cut(to, end);
	if (end > begin)
		buf_putc(to, '\n');
	return end > begin;
}

static void
put_dashes(struct buf *to, const struct layout *l)
{
	for (size_t i = 0; i < l->column_count; i++) {
		if (i > 0)
			buf_puts(to, "  ");
		buf_fill(to, '-', l->columns[i]);
	}
	buf_putc(to, '\n');
}

static void
put_lines(struct buf *to, const struct layout *l)
{
	size_t column = 0, begin = to->len;
	bool is_header = true;

	for (size_t i = 0; i < l->count; i++) {
		put_cell(to, l, &l->cells[i], column++);
		if (!l->cells[i].is_last)
			continue;
		if (end_line(to, begin) && is_header)
			put_dashes(to, l);
		is_header = false;
		column = 0;
		begin = to->len;
	}
}

bool
table_align(struct buf *to, const struct block *table, size_t width,
    const struct inl_style *style)
{
	struct layout l = {.cells = NULL};
	bool fits;

	arena_init(&l.arena);
	buf_init(&l.text, to->max);
	fits = measure(&l, table, width, style);
	if (l.arena.failed || l.text.failed != ERR_NONE)
		to->failed = l.arena.failed ? ERR_MEMORY : l.text.failed;
	if (fits)
		put_lines(to, &l);
	buf_release(&l.text);
	arena_release(&l.arena);
	return fits;
}

void
table_row(
    struct buf *to, const struct block *row, const struct inl_style *style)
{
	size_t end = to->len;

	for (const struct block *c = row->child; c != NULL; c = c->next) {
		size_t begin;

		if (c != row->child)
			buf_puts(to, " | ");
		begin = to->len;
		cell_text(to, c, style);
		if (to->len > begin)
			end = to->len;
	}
	buf_cut(to, end);
}
