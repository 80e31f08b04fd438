#include "content/md_inner.h"

#include "content/inlines.h"

#include <string.h>

/*
 * Pipe tables as GitHub reads them, found in what CommonMark takes for a
 * paragraph: a line, under it one of dashes with as many cells, and then rows
 * to the paragraph's end. Unlike there a bar in a code span or in a link's
 * text belongs to it, and what a row has too much is kept.
 */

struct table {
	struct md *md;
	struct block_list rows; /* up is the table */
	struct block_list cells; /* up is the row */
	struct inl_builder cell;
	enum align *aligns;
	size_t columns;
	size_t column; /* of the cell at hand */
	bool had_bar; /* in this row */
	bool is_delimiter; /* this row says the columns' alignment */
	bool says_something; /* a table of empty cells is none */
	int line;
	/* Emphasis around what is at hand, begun again in each cell. */
	struct inl *path[INLINE_DEPTH_MAX + 1];
	size_t depth;
};

static bool
is_break(const struct inl *i)
{
	return i->kind == INLINE_SOFT_BREAK || i->kind == INLINE_HARD_BREAK;
}

static bool
is_emphasis(const struct inl *i)
{
	return i->kind == INLINE_EMPHASIS || i->kind == INLINE_STRONG;
}

/* One cell of dashes: "---", ":--", ":-:". */
static bool
scan_dashes(struct str cell, enum align *align)
{
	bool left, right;

	cell = str_trim(cell);
	left = cell.n > 0 && cell.p[0] == ':';
	cell = str_sub(cell, left, cell.n);
	right = cell.n > 0 && cell.p[cell.n - 1] == ':';
	cell.n -= right;
	*align = left && right ? ALIGN_CENTER
	    : left             ? ALIGN_LEFT
	    : right            ? ALIGN_RIGHT
			       : ALIGN_NONE;
	for (size_t i = 0; i < cell.n; i++)
		if (cell.p[i] != '-')
			return false;
	return cell.n > 0;
}

/* How many columns a line of dashes has, 0 when it is none. aligns, if given,
 * takes as many. */
static size_t
scan_delimiter(struct str line, enum align *aligns)
{
	enum align align;
	struct str cell;
	size_t n = 0;

	line = str_trim(line);
	if (line.n > 0 && line.p[0] == '|')
		line = str_sub(line, 1, line.n);
	if (line.n > 0 && line.p[line.n - 1] == '|')
		line.n--;
	while (line.n > 0 && str_next(&line, '|', &cell)) {
		if (!scan_dashes(cell, &align))
			return 0;
		if (aligns != NULL)
			aligns[n] = align;
		n++;
	}
	return n;
}

/* Counting the cells of a line, and then cutting it, go by the same rule: a
 * bar ends a cell, but not one at the row's beginning with nothing before. */
static size_t
count_cells(const struct inl *from, const struct inl *end, bool *has_bar)
{
	bool is_blank = true;
	size_t cells = 0;

	*has_bar = false;
	for (const struct inl *i = from; i != NULL && i != end;) {
		if (is_break(i))
			return 0;
		if (i->kind != INLINE_TEXT && !is_emphasis(i))
			is_blank = false;
		for (size_t at = 0; at < i->text.n && i->kind == INLINE_TEXT;
		     at++) {
			char c = i->text.p[at];

			if (c == '|') {
				cells += *has_bar || !is_blank;
				*has_bar = is_blank = true;
			} else if (c != ' ') {
				is_blank = false;
			}
		}
		if (i->child != NULL && is_emphasis(i)) {
			i = i->child;
			continue;
		}
		while (i->next == NULL && i->up != NULL)
			i = i->up;
		i = i->next;
	}
	return cells + (!is_blank || !*has_bar);
}

static bool
is_blank(const struct inl *i)
{
	while (i != NULL) {
		if ((i->kind != INLINE_TEXT && !is_emphasis(i)) ||
		    str_trim(i->text).n > 0)
			return false;
		if (i->child != NULL) {
			i = i->child;
			continue;
		}
		while (i->next == NULL && i->up != NULL)
			i = i->up;
		i = i->next;
	}
	return true;
}

/* Raw HTML may have left nothing but the ends of lines. */
static bool
is_empty(const struct inl *first)
{
	for (const struct inl *i = first; i != NULL; i = inl_next(i, NULL))
		if (i->text.n > 0 || i->link.kind != LINK_NONE ||
		    i->kind == INLINE_IMAGE)
			return false;
	return true;
}

static void
begin_cell(struct table *t)
{
	inl_builder_init(&t->cell, t->md);
	for (size_t i = 0; i < t->depth; i++)
		inl_builder_open(&t->cell, md_inl(t->md, t->path[i]->kind), 0);
}

static void
end_cell(struct table *t)
{
	struct block *cell = md_block(t->md, BLOCK_CELL, t->line);

	if (cell == NULL)
		return;
	if (t->cell.first != NULL) {
		md_trim(t->cell.first);
		cell->inls = md_finish(t->md, t->cell.first, t->line);
		if (!t->is_delimiter && !is_empty(cell->inls))
			t->says_something = true;
	}
	if (t->column < t->columns)
		cell->align = t->aligns[t->column];
	t->column++;
	block_list_add(&t->cells, cell);
}

static void
take_bar(struct table *t)
{
	if (t->had_bar || !is_blank(t->cell.first))
		end_cell(t);
	t->had_bar = true;
	begin_cell(t);
}

static void
begin_row(struct table *t)
{
	t->cells =
	    (struct block_list){.up = md_block(t->md, BLOCK_ROW, t->line)};
	t->column = 0;
	t->had_bar = false;
	begin_cell(t);
}

static void
end_row(struct table *t)
{
	if (!t->had_bar || !is_blank(t->cell.first))
		end_cell(t);
	if (!t->is_delimiter)
		block_list_add(&t->rows, t->cells.up);
	/* The second line is the one of dashes. */
	t->is_delimiter = !t->is_delimiter && t->rows.first == t->rows.last;
	t->line++;
	begin_row(t);
}

static void
take_text(struct table *t, struct str text)
{
	struct str piece;
	bool is_first = true;

	while (str_next(&text, '|', &piece)) {
		struct inl *i = md_inl(t->md, INLINE_TEXT);

		if (!is_first)
			take_bar(t);
		is_first = false;
		if (i == NULL || piece.n == 0)
			continue;
		i->text = piece;
		inl_builder_add(&t->cell, i);
	}
}

/* In a cell "\|" is a bar even in code. */
static void
take_code(struct table *t, struct inl *code)
{
	struct buf *to = &t->md->text;
	struct str piece, rest = code->text;

	if (str_find(rest, STR("\\|")) >= 0) {
		while (str_next(&rest, '|', &piece)) {
			if (piece.n > 0 && piece.p[piece.n - 1] == '\\' &&
			    rest.p != NULL)
				piece.n--;
			buf_str(to, piece);
			if (rest.p != NULL)
				buf_putc(to, '|');
		}
		code->text = arena_buf(t->md->arena, to);
		buf_cut(to, 0);
	}
	inl_builder_add(&t->cell, code);
}

static void
take(struct table *t, struct inl *i)
{
	if (is_break(i))
		end_row(t);
	else if (i->kind == INLINE_TEXT)
		take_text(t, i->text);
	else if (i->kind == INLINE_CODE)
		take_code(t, i);
	else
		inl_builder_add(&t->cell, i);
}

static void
cut_rows(struct table *t, struct inl *from)
{
	struct inl *i = from;

	begin_row(t);
	while (i != NULL || t->depth > 0) {
		struct inl *next;

		if (i == NULL) {
			inl_builder_close(&t->cell);
			i = t->path[--t->depth]->next;
			continue;
		}
		next = i->next;
		if (is_emphasis(i) && i->child != NULL) {
			t->path[t->depth++] = i;
			inl_builder_open(&t->cell, md_inl(t->md, i->kind), 0);
			next = i->child;
		} else {
			take(t, i);
		}
		i = next;
	}
	end_row(t);
}

/* Where in a paragraph a table begins. */
struct found {
	struct inl *header; /* the first inline of its header */
	struct inl *before; /* the last one before it; NULL: none */
	struct str dashes;
	size_t columns;
	int line; /* from the paragraph's */
};

static bool
find_table(struct inl *first, struct found *found)
{
	struct inl *header = first, *before = NULL, *prev = NULL;
	int line = 0;

	for (struct inl *i = first; i != NULL; prev = i, i = i->next) {
		struct inl *next = i->next;
		bool has_bar;
		size_t n;

		if (!is_break(i))
			continue;
		if (next != NULL && next->kind == INLINE_TEXT &&
		    (next->next == NULL || is_break(next->next)) &&
		    (n = scan_delimiter(next->text, NULL)) > 0 &&
		    count_cells(header, i, &has_bar) == n &&
		    (has_bar || str_chr(next->text, '|') >= 0)) {
			*found =
			    (struct found){header, before, next->text, n, line};
			return true;
		}
		header = next;
		before = prev;
		line++;
	}
	return false;
}

static void
add_table(
    struct md *md, struct block_list *to, const struct found *found, int line)
{
	struct block *b = md_block(md, BLOCK_TABLE, line);
	struct table t = {.md = md, .rows = {.up = b}, .line = line};

	t.columns = found->columns;
	t.aligns = arena_array(md->arena, t.columns, sizeof *t.aligns);
	if (b == NULL || t.aligns == NULL)
		return;
	scan_delimiter(found->dashes, t.aligns);
	cut_rows(&t, found->header);
	if (t.says_something)
		block_list_add(to, b);
}

void
md_paragraph(struct md *md, struct block_list *to, struct inl *first, int line)
{
	struct found found = {.header = NULL};
	bool has_table = find_table(first, &found);
	struct block *b;

	if (has_table && found.before != NULL)
		found.before->next = NULL;
	if (!has_table || found.before != NULL) {
		b = md_block(md, BLOCK_PARAGRAPH, line);
		if (b == NULL)
			return;
		b->inls = md_finish(md, first, line);
		if (!is_empty(b->inls))
			block_list_add(to, b);
	}
	if (has_table)
		add_table(md, to, &found, line + found.line);
}
