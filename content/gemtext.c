#include "content/grouping.h"
#include "content/inlines.h"
#include "content/renderers.h"
#include "content/table.h"

#include <string.h>

/* A wider table is written row by row (rule 11). */
#define TABLE_WIDTH 72
#define FENCE "```"
/* Lists around one block; what is deeper has no number of its own. */
#define LEVELS (4 * DOC_DEPTH_MAX)

struct gemtext {
	struct buf *to;
	struct links links; /* of the group at hand */
	struct links own; /* of a block that is nothing but links */
	const struct block *group; /* its links come after all of it */
	struct buf text; /* of the block at hand */
	struct buf mark; /* of the item, until its first line took it */
	bool has_mark;
	size_t quotes, lists; /* around the block at hand */
	long numbers[LEVELS]; /* of the lists' next items */
	bool gap; /* an empty line goes before the next one */
	bool in_quote; /* the last line was a quote's */
	bool is_empty; /* nothing is written yet */
};

/*
 * Lines.
 */

static void
begin_line(struct gemtext *g, bool quoted)
{
	if (g->gap && !g->is_empty)
		buf_puts(g->to, quoted && g->in_quote ? ">\n" : "\n");
	g->gap = false;
	g->is_empty = false;
	g->in_quote = quoted;
	for (size_t i = 0; quoted && i < g->quotes; i++)
		buf_puts(g->to, "> ");
}

/* Would a client take this line of text for something else (rule 15)? */
static bool
needs_guard(struct str line)
{
	static const char *const marks[] = {"#", "=>", "* ", ">", FENCE};

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (str_starts(line, str_of(marks[i])))
			return true;
	return false;
}

/* The lines of a text, the first behind the item's mark if one waits. */
static void
put_text(struct gemtext *g, struct str text)
{
	struct str line;

	while (text.n > 0 && str_next(&text, '\n', &line)) {
		begin_line(g, g->quotes > 0);
		if (g->has_mark)
			buf_join(g->to, &g->mark);
		else if (g->quotes == 0 && needs_guard(line))
			buf_putc(g->to, ' ');
		g->has_mark = false;
		buf_str(g->to, line);
		buf_putc(g->to, '\n');
	}
}

static void
put_link(struct gemtext *g, const struct inl *link, struct str label)
{
	begin_line(g, false);
	buf_puts(g->to, "=> ");
	buf_str(g->to, link->link.url);
	if (!str_eq(label, link->link.url)) {
		buf_putc(g->to, ' ');
		buf_str(g->to, label);
	}
	buf_putc(g->to, '\n');
	g->has_mark = false;
}

static void
put_links(struct gemtext *g, struct links *l)
{
	links_label(l, 0);
	for (size_t i = 0; i < l->count; i++)
		put_link(g, l->list[i].inl, l->list[i].label);
	links_clear(l);
}

/* A number is not lost when what follows it is no text; a bullet is. */
static void
put_waiting_number(struct gemtext *g)
{
	struct str mark = str_trim(buf_slice(&g->mark));

	if (g->has_mark && !str_ends(mark, STR("*")) &&
	    !str_ends(mark, STR("\xe2\x80\x93"))) {
		begin_line(g, g->quotes > 0);
		buf_str(g->to, mark);
		buf_putc(g->to, '\n');
	}
	g->has_mark = false;
}

/*
 * Blocks of text.
 */

static struct str
block_text(struct gemtext *g, const struct inl *first, const struct inl *end,
    bool one_line)
{
	const struct inl_style style = {.one_line = one_line};

	buf_cut(&g->text, 0);
	inlines_text_until(&g->text, first, end, &style);
	return str_trim(buf_slice(&g->text));
}

static void
put_heading(struct gemtext *g, const struct block *b)
{
	struct str text = block_text(g, b->inls, NULL, true);
	int level = b->level < 3 ? b->level : 3;

	if (text.n == 0)
		return;
	put_waiting_number(g);
	begin_line(g, false);
	buf_fill(g->to, '#', (size_t)level);
	buf_putc(g->to, ' ');
	buf_str(g->to, text);
	buf_putc(g->to, '\n');
}

static bool
is_break(const struct inl *i)
{
	return i == NULL || i->kind == INLINE_SOFT_BREAK ||
	    i->kind == INLINE_HARD_BREAK;
}

/* Is this an address with a line of the paragraph to itself? */
static bool
is_alone(const struct inl *before, const struct inl *i)
{
	return i->kind == INLINE_LINK && i->is_bare && is_break(before) &&
	    is_break(i->next);
}

/* An address that stands alone on a line of a paragraph is a link line there
 * (rule 21); the text goes on after it. Inside an item or a quote it stays. */
static void
put_paragraph(struct gemtext *g, const struct block *b)
{
	const struct inl *first = b->inls, *before = NULL;
	bool is_plain = g->lists == 0 && g->quotes == 0;

	for (const struct inl *i = b->inls; i != NULL;
	     before = i, i = i->next) {
		if (is_plain && is_alone(before, i)) {
			put_text(g, block_text(g, first, i, false));
			put_link(g, i, i->link.url);
			first = i->next;
			continue;
		}
		links_add_one(&g->links, i);
		for (const struct inl *j = inl_next(i, i); j != NULL;
		     j = inl_next(j, i))
			links_add_one(&g->links, j);
	}
	if (first != NULL)
		put_text(g, block_text(g, first, NULL, false));
}

static bool
is_blank(struct str text)
{
	return str_trim(text).n == 0;
}

static bool
has_fence(struct str text)
{
	struct str line;

	while (str_next(&text, '\n', &line))
		if (str_starts(line, STR(FENCE)))
			return true;
	return false;
}

/* Preformatted lines. Gemtext has no escape: where one would end the block,
 * all are indented by a space (rule 10). */
static void
put_preformatted(struct gemtext *g, struct str alt, struct str text)
{
	bool indent = has_fence(text);
	struct str line;

	begin_line(g, false);
	buf_puts(g->to, FENCE);
	buf_str(g->to, str_trim(alt));
	buf_putc(g->to, '\n');
	while (text.n > 0 && str_next(&text, '\n', &line)) {
		if (indent)
			buf_putc(g->to, ' ');
		buf_str(g->to, line);
		buf_putc(g->to, '\n');
	}
	buf_puts(g->to, FENCE "\n");
}

static void
put_code(struct gemtext *g, const struct block *b)
{
	if (is_blank(b->text))
		return;
	put_waiting_number(g);
	put_preformatted(g, b->info, b->text);
}

/* The header is a line of text, any other row an item; links follow. */
static void
put_row(struct gemtext *g, const struct block *row, struct str text)
{
	bool is_header = row->up->child == row;

	if (text.n > 0) {
		begin_line(g, false);
		if (!is_header)
			buf_puts(g->to, "* ");
		else if (needs_guard(text))
			buf_putc(g->to, ' ');
		buf_str(g->to, text);
		buf_putc(g->to, '\n');
	}
	links_add_block(&g->own, row);
	put_links(g, &g->own);
}

/* Where the table is too wide to be aligned. */
static void
put_rows(struct gemtext *g, const struct block *table)
{
	for (const struct block *row = table->child; row != NULL;
	     row = row->next) {
		buf_cut(&g->text, 0);
		table_row(&g->text, row, NULL);
		put_row(g, row, buf_slice(&g->text));
	}
}

static void
put_table(struct gemtext *g, const struct block *b)
{
	struct buf alt;

	put_waiting_number(g);
	buf_cut(&g->text, 0);
	if (!table_align(&g->text, b, TABLE_WIDTH, NULL)) {
		put_rows(g, b);
		return;
	}
	buf_init(&alt, g->to->max);
	buf_puts(&alt, "Table: ");
	table_row(&alt, b->child, NULL);
	if (str_ends(buf_slice(&alt), STR(": "))) /* no header */
		buf_cut(&alt, strlen("Table"));
	put_preformatted(g, buf_slice(&alt), buf_slice(&g->text));
	buf_fail(g->to, alt.failed);
	buf_release(&alt);
	links_add_block(&g->links, b);
}

/*
 * Blocks around others.
 */

/* "* " and "3. "; inside another list one dash a level, since Lagrange folds
 * indents away (rule 9). */
static void
open_item(struct gemtext *g, const struct block *item)
{
	size_t level = g->lists - 1;
	bool is_ordered = item->up != NULL && item->up->is_ordered;

	put_waiting_number(g);
	buf_cut(&g->mark, 0);
	if (!is_ordered || level > 0)
		buf_puts(&g->mark, "* ");
	for (size_t i = 0; i < level; i++)
		buf_puts(&g->mark, "\xe2\x80\x93 ");
	if (is_ordered && level < LEVELS)
		buf_printf(&g->mark, "%ld. ", g->numbers[level]++);
	g->has_mark = true;
}

static void
open_list(struct gemtext *g, const struct block *list)
{
	if (g->lists < LEVELS)
		g->numbers[g->lists] = list->start;
	g->lists++;
}

static void
open_footnote(struct gemtext *g, const struct block *b)
{
	buf_cut(&g->mark, 0);
	buf_str(&g->mark, b->text);
	buf_putc(&g->mark, ' ');
	g->has_mark = true;
}

/* Every item is a link line with the item's whole text for a label; a number
 * stays in front of it (rule 20). */
static void
put_list_of_links(struct gemtext *g, const struct block *list)
{
	long number = list->start;

	for (const struct block *i = list->child; i != NULL; i = i->next) {
		const struct inl *link;

		buf_cut(&g->mark, 0);
		link = grouping_item(&g->mark, &g->own, i, number++);
		if (link != NULL)
			put_link(g, link, buf_slice(&g->mark));
	}
}

/* What is written whole, without a look inside; true when it was. */
static bool
put_whole(struct gemtext *g, const struct block *b)
{
	bool in_quote = g->group != NULL && g->group->kind == BLOCK_QUOTE;

	if (in_quote || g->quotes > 0)
		return false;
	if (b->kind == BLOCK_LIST && g->lists == 0 && b->child != NULL &&
	    grouping_is_of_links(&g->own, b)) {
		put_list_of_links(g, b);
		return true;
	}
	if (b->kind == BLOCK_PARAGRAPH && inlines_only_links(b->inls)) {
		put_waiting_number(g);
		links_add(&g->own, b->inls);
		put_links(g, &g->own);
		return true;
	}
	return false;
}

/*
 * The walk.
 */

/* Returns whether the blocks inside come next. */
static bool
enter(struct gemtext *g, const struct block *b)
{
	if (g->group == NULL && grouping_begins(&g->own, b))
		g->group = b;
	switch (b->kind) {
	case BLOCK_HEADING:
		put_heading(g, b);
		links_add(&g->links, b->inls);
		return false;
	case BLOCK_PARAGRAPH:
		put_paragraph(g, b);
		return false;
	case BLOCK_CODE:
		put_code(g, b);
		return false;
	case BLOCK_RULE:
		put_text(g, STR("---"));
		return false;
	case BLOCK_TABLE:
		put_table(g, b);
		return false;
	case BLOCK_QUOTE:
		put_waiting_number(g);
		g->quotes++;
		return true;
	case BLOCK_LIST:
		open_list(g, b);
		return true;
	case BLOCK_ITEM:
		open_item(g, b);
		return true;
	case BLOCK_FOOTNOTE:
		open_footnote(g, b);
		return true;
	case BLOCK_ROW: /* inside their table */
	case BLOCK_CELL:
		break;
	}
	return false;
}

static void
leave(struct gemtext *g, const struct block *b)
{
	if (b->kind == BLOCK_QUOTE && --g->quotes == 0)
		g->in_quote = false;
	/* An empty item is dropped, a footnote's mark is not. */
	if (b->kind == BLOCK_FOOTNOTE)
		put_waiting_number(g);
	else if (b->kind == BLOCK_ITEM)
		g->has_mark = false;
	if (b->kind == BLOCK_LIST)
		g->lists--;
	if (g->group == b)
		g->group = NULL;
	if (g->group == NULL && g->links.count > 0) {
		g->gap = false;
		put_links(g, &g->links);
	}
}

static void
walk(struct gemtext *g, const struct doc *doc, const struct block *skip)
{
	const struct block *b = doc->first;

	while (b != NULL) {
		bool is_done = b == skip || put_whole(g, b);

		if (!is_done && enter(g, b) && b->child != NULL) {
			b = b->child;
			continue;
		}
		if (!is_done)
			leave(g, b);
		while (b->next == NULL && b->up != NULL) {
			b = b->up;
			leave(g, b);
		}
		g->gap = g->gap || grouping_has_gaps(b->up);
		b = b->next;
	}
}

static void
put_head(struct gemtext *g, const struct render_head *head,
    const struct block *repeated)
{
	if (repeated != NULL) {
		enter(g, repeated);
		leave(g, repeated);
	} else if (head->title.n > 0) {
		begin_line(g, false);
		buf_puts(g->to, "# ");
		buf_str(g->to, head->title);
		buf_putc(g->to, '\n');
	}
	g->gap = true;
	buf_cut(&g->text, 0);
	render_dates(&g->text, head);
	put_text(g, buf_slice(&g->text));
	g->gap = true;
}

void
gemtext_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	const struct block *repeated = render_repeated(to, doc, head);
	struct gemtext g = {.to = to, .is_empty = true};

	(void)env; /* paths are all that a Gemini page needs */
	links_init(&g.links);
	links_init(&g.own);
	buf_init(&g.text, to->max);
	buf_init(&g.mark, to->max);
	put_head(&g, head, repeated);
	walk(&g, doc, repeated);
	if (g.links.arena.failed || g.own.arena.failed)
		to->failed = ERR_MEMORY;
	buf_fail(to, g.text.failed);
	buf_fail(to, g.mark.failed);
	buf_release(&g.text);
	buf_release(&g.mark);
	links_release(&g.links);
	links_release(&g.own);
}
