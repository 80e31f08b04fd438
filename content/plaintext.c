#include "content/plaintext.h"

#include "content/grouping.h"
#include "content/link.h"
#include "content/renderers.h"
#include "content/table.h"

#include <stdio.h>
#include <string.h>

static struct str
without_spaces_behind(struct str s)
{
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

void
plaintext_gap(struct plaintext *p)
{
	struct str lead = str_sub(buf_slice(&p->rest), 0, p->gap_lead);

	if (p->gap && p->lines > 0)
		p->style->line(
		    p, without_spaces_behind(lead), STR(""), WRAP_FORCED);
	p->gap = false;
}

void
plaintext_wrote(struct plaintext *p)
{
	p->has_mark = false;
	p->lines++;
}

/* A line inside the blocks around it. */
static void
put_line(struct plaintext *p, struct str text, enum wrap_end end)
{
	struct str lead = buf_slice(p->has_mark ? &p->first : &p->rest);

	plaintext_gap(p);
	text = without_spaces_behind(text);
	p->style->line(
	    p, text.n > 0 ? lead : without_spaces_behind(lead), text, end);
	p->has_mark = false;
	p->lines++;
}

/* Columns that are left beside the lead; even a deep nest leaves some. */
static size_t
room(const struct plaintext *p)
{
	size_t lead = wrap_width(buf_slice(p->has_mark ? &p->first : &p->rest));

	return p->style->width > lead + 8 ? p->style->width - lead : 8;
}

static void
put_wrapped(struct plaintext *p, struct str text)
{
	struct str line;
	enum wrap_end end;

	while (wrap_next(&text, room(p), &line, &end))
		put_line(p, line, end);
}

static struct str
block_text(struct plaintext *p, const struct inl *first)
{
	buf_cut(&p->text, 0);
	inlines_text(&p->text, first, &p->inlines);
	return str_trim(buf_slice(&p->text));
}

/*
 * Headings.
 */

static void
put_heading(struct plaintext *p, const struct block *b)
{
	struct str text = block_text(p, b->inls), line;
	size_t width = 0;
	enum wrap_end end;

	while (wrap_next(&text, room(p), &line, &end)) {
		put_line(p, line, WRAP_FORCED);
		if (wrap_width(line) > width)
			width = wrap_width(line);
	}
	if (width > room(p))
		width = room(p);
	buf_cut(&p->text, 0);
	buf_fill(&p->text,
	    b->level == 1       ? '='
		: b->level == 2 ? '-'
				: '~',
	    width);
	if (width > 0)
		put_line(p, buf_slice(&p->text), WRAP_FORCED);
}

/*
 * Code and tables: lines that stay as they are.
 */

static void
put_lines(struct plaintext *p, struct str rest)
{
	struct str line;

	while (rest.n > 0 && str_next(&rest, '\n', &line))
		put_line(p, line, WRAP_FORCED);
}

/* Without the empty lines at both ends; those around it are ours. */
static struct str
code_text(struct str code)
{
	struct str rest = code, line;

	while (
	    rest.n > 0 && str_next(&rest, '\n', &line) && str_trim(line).n == 0)
		code = rest;
	while (code.n > 0 && strchr(" \t\n", code.p[code.n - 1]) != NULL)
		code.n--;
	return code;
}

static void
put_code(struct plaintext *p, const struct block *b)
{
	struct str rest = code_text(b->text), line;

	buf_cut(&p->text, 0);
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		buf_puts(&p->text, "    ");
		buf_str(&p->text, line);
		buf_putc(&p->text, '\n');
	}
	put_lines(p, buf_slice(&p->text));
}

static void open_level(struct plaintext *p, struct str mark, struct str rest);
static void close_level(struct plaintext *p);

static void
put_table(struct plaintext *p, const struct block *b)
{
	buf_cut(&p->text, 0);
	if (table_align(&p->text, b, room(p), &p->inlines)) {
		put_lines(p, buf_slice(&p->text));
		return;
	}
	for (const struct block *row = b->child; row != NULL; row = row->next) {
		bool is_header = row == b->child;

		buf_cut(&p->text, 0);
		table_row(&p->text, row, &p->inlines);
		if (!is_header)
			open_level(p, STR("* "), STR("  "));
		put_wrapped(p, buf_slice(&p->text));
		if (!is_header)
			close_level(p);
	}
}

/*
 * Blocks around others. What begins their lines grows and shrinks with them.
 */

static void
open_level(struct plaintext *p, struct str mark, struct str rest)
{
	size_t i = p->level_count++;

	if (i >= PLAINTEXT_LEVELS)
		return;
	p->levels[i] = (struct plaintext_level){.first = p->first.len,
	    .rest = p->rest.len,
	    .lines = p->lines,
	    .had_mark = p->has_mark};
	if (!p->has_mark && !str_eq(mark, rest)) {
		buf_cut(&p->first, 0);
		buf_join(&p->first, &p->rest);
		p->has_mark = true;
	}
	if (p->has_mark)
		buf_str(&p->first, mark);
	buf_str(&p->rest, rest);
}

/* A mark that no line took goes, and the one outside it waits on. */
static void
close_level(struct plaintext *p)
{
	size_t i = --p->level_count;

	if (i >= PLAINTEXT_LEVELS)
		return;
	buf_cut(&p->rest, p->levels[i].rest);
	if (p->lines > p->levels[i].lines)
		return;
	p->has_mark = p->levels[i].had_mark;
	buf_cut(&p->first, p->levels[i].first);
}

static bool
is_left_edge(const struct plaintext *p)
{
	for (size_t i = 0; i < p->rest.len; i++)
		if (p->rest.data[i] != '>')
			return false;
	return !p->has_mark;
}

static void
open_quote(struct plaintext *p)
{
	struct str mark = str_of(is_left_edge(p) ? p->style->quote : "> ");

	open_level(p, mark, mark);
}

static void
open_hanging(struct plaintext *p, struct str mark)
{
	buf_cut(&p->text, 0);
	buf_fill(&p->text, ' ', wrap_width(mark));
	open_level(p, mark, buf_slice(&p->text));
}

static void
open_item(struct plaintext *p, const struct block *item)
{
	char mark[32];
	size_t list = p->level_count - 1;

	if (item->up == NULL || !item->up->is_ordered ||
	    list >= PLAINTEXT_LEVELS) {
		open_hanging(p, STR("* "));
		return;
	}
	snprintf(mark, sizeof(mark), "%ld. ", p->levels[list].number++);
	open_hanging(p, str_of(mark));
}

static void
open_footnote(struct plaintext *p, const struct block *b)
{
	buf_cut(&p->text, 0);
	buf_str(&p->text, b->text);
	buf_putc(&p->text, ' ');
	open_level(p, buf_slice(&p->text), STR("    "));
}

static void
open_list(struct plaintext *p, const struct block *b)
{
	open_level(p, STR(""), STR(""));
	if (p->level_count <= PLAINTEXT_LEVELS)
		p->levels[p->level_count - 1].number = b->start;
}

/*
 * The walk.
 */

/* Returns whether the blocks inside come next. */
static bool
enter(struct plaintext *p, const struct block *b)
{
	switch (b->kind) {
	case BLOCK_HEADING:
		put_heading(p, b);
		return false;
	case BLOCK_PARAGRAPH:
		put_wrapped(p, block_text(p, b->inls));
		return false;
	case BLOCK_CODE:
		put_code(p, b);
		return false;
	case BLOCK_RULE:
		put_line(p, STR("* * *"), WRAP_FORCED);
		return false;
	case BLOCK_TABLE:
		put_table(p, b);
		return false;
	case BLOCK_QUOTE:
		open_quote(p);
		return true;
	case BLOCK_LIST:
		open_list(p, b);
		return true;
	case BLOCK_ITEM:
		open_item(p, b);
		return true;
	case BLOCK_FOOTNOTE:
		open_footnote(p, b);
		return true;
	case BLOCK_ROW: /* inside their table */
	case BLOCK_CELL:
		break;
	}
	return false;
}

static void
leave(struct plaintext *p, const struct block *b)
{
	if (b->kind == BLOCK_QUOTE || b->kind == BLOCK_LIST ||
	    b->kind == BLOCK_ITEM || b->kind == BLOCK_FOOTNOTE)
		close_level(p);
	if (p->style->leave != NULL)
		p->style->leave(p, b);
}

/* An empty line goes between this block and the next, but not in a tight
 * list. One that is still due stays, with the lead it had further out. */
static void
make_gap(struct plaintext *p, const struct block *up)
{
	if (!grouping_has_gaps(up))
		return;
	if (!p->gap || p->gap_lead > p->rest.len)
		p->gap_lead = p->rest.len;
	p->gap = true;
}

static void
walk(struct plaintext *p, const struct doc *doc, const struct block *skip)
{
	const struct block *b = doc->first;

	while (b != NULL) {
		bool is_done = b == skip ||
		    (p->style->enter != NULL && p->style->enter(p, b));

		if (!is_done && enter(p, b) && b->child != NULL) {
			b = b->child;
			continue;
		}
		if (!is_done)
			leave(p, b);
		while (b->next == NULL && b->up != NULL) {
			b = b->up;
			leave(p, b);
		}
		make_gap(p, b->up);
		b = b->next;
	}
}

static void
put_head(struct plaintext *p, const struct render_head *head,
    const struct block *repeated)
{
	struct inl text = {.kind = INLINE_TEXT, .text = head->title};
	struct block title = {.kind = BLOCK_HEADING, .level = 1, .inls = &text};
	const struct block *heading = repeated != NULL ? repeated : &title;

	if (head->title.n > 0) {
		put_heading(p, heading);
		leave(p, heading);
	}
	make_gap(p, NULL);
	buf_cut(&p->text, 0);
	render_dates(&p->text, head);
	put_wrapped(p, buf_slice(&p->text));
	make_gap(p, NULL);
}

void
plaintext_render(struct plaintext *p, struct buf *to,
    const struct plaintext_style *style, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	const struct block *repeated = render_repeated(to, doc, head);

	*p = (struct plaintext){.to = to,
	    .style = style,
	    .env = env,
	    .inlines = {.after = style->after, .ctx = p}};
	links_init(&p->links);
	buf_init(&p->text, to->max);
	buf_init(&p->first, to->max);
	buf_init(&p->rest, to->max);
	put_head(p, head, repeated);
	walk(p, doc, repeated);
}

void
plaintext_end(struct plaintext *p)
{
	const struct buf *scratch[] = {&p->text, &p->first, &p->rest};

	for (size_t i = 0; i < 3; i++)
		if (scratch[i]->failed != ERR_NONE)
			p->to->failed = scratch[i]->failed;
	if (p->links.arena.failed)
		p->to->failed = ERR_MEMORY;
	links_release(&p->links);
	buf_release(&p->text);
	buf_release(&p->first);
	buf_release(&p->rest);
}

/*
 * Numbered links.
 */

/* Does the text say where it leads already? */
static bool
shows_address(struct str text, const struct link *link)
{
	struct str url = link->url;

	if (link->kind != LINK_OUT)
		return false;
	if (str_starts_nocase(url, STR("mailto:")))
		url = str_sub(url, 7, url.n);
	return str_ends(text, url);
}

void
plaintext_number(void *ctx, struct buf *to, const struct inl *link)
{
	struct plaintext *p = ctx;

	if (shows_address(buf_slice(to), &link->link))
		return;
	/* A number alone would say nothing. */
	if (!inlines_show(link) && link->link.kind == LINK_OUT) {
		buf_putc(to, '<');
		buf_str(to, link->link.url);
		buf_putc(to, '>');
		return;
	}
	if (!inlines_show(link))
		link_file_name(to, link->link.url);
	links_add_one(&p->links, link);
	if (to->len > 0 && to->data[to->len - 1] != ' ' &&
	    to->data[to->len - 1] != '\n')
		buf_putc(to, ' ');
	buf_printf(to, "[%zu]", links_number(&p->links, link->link.url));
}

void
plaintext_address(
    struct buf *to, const struct link *link, const struct render_env *env)
{
	if (link->kind == LINK_INSIDE && str_starts(link->url, STR("/")))
		buf_str(to, env->base);
	buf_str(to, link->url);
}

void
plaintext_addresses(struct plaintext *p,
    void (*address)(
	struct buf *to, const struct link *link, const struct render_env *env))
{
	if (p->links.count == 0)
		return;
	plaintext_gap(p);
	for (size_t i = 0; i < p->links.count; i++) {
		buf_cut(&p->text, 0);
		buf_printf(&p->text, "[%zu] ", i + 1);
		address(&p->text, &p->links.list[i].inl->link, p->env);
		p->style->line(p, STR(""), buf_slice(&p->text), WRAP_FORCED);
	}
}
