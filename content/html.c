#include "content/inlines.h"
#include "content/link.h"
#include "content/renderers.h"

#include "base/err.h"

#include <stdio.h>

/*
 * For the HTML part of a message: only elements that every mail program knows,
 * nothing that is fetched, no style, no script. An image is a link to it, or
 * shown inside that link when the message carries it.
 */

struct html {
	struct buf *to;
	const struct render_env *env;
	const struct inl *anchor; /* the link that is open; HTML has none in
	                           * another */
};

static void
put_escaped(struct html *h, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&':
			buf_puts(h->to, "&amp;");
			break;
		case '<':
			buf_puts(h->to, "&lt;");
			break;
		case '>':
			buf_puts(h->to, "&gt;");
			break;
		case '"':
			buf_puts(h->to, "&quot;");
			break;
		default:
			buf_putc(h->to, s.p[i]);
		}
	}
}

static void
open_anchor(struct html *h, const struct link *link)
{
	buf_puts(h->to, "<a href=\"");
	if (link->kind == LINK_INSIDE && str_starts(link->url, STR("/")))
		put_escaped(h, h->env->base);
	put_escaped(h, link->url);
	buf_puts(h->to, "\">");
}

static bool
is_link(const struct inl *i)
{
	return (i->kind == INLINE_LINK || i->kind == INLINE_IMAGE) &&
	    i->link.kind != LINK_NONE;
}

static void
open_link(struct html *h, const struct inl *i)
{
	if (h->anchor != NULL || !is_link(i))
		return;
	h->anchor = i;
	open_anchor(h, &i->link);
	/* A link that nobody sees is lost. */
	if (!inlines_show(i))
		put_escaped(h, i->link.url);
}

/* Those inside it stand behind it. */
static void
close_link(struct html *h, const struct inl *link)
{
	if (h->anchor != link)
		return;
	h->anchor = NULL;
	buf_puts(h->to, "</a>");
	for (const struct inl *i = link->child; i != NULL;
	     i = inl_next(i, link)) {
		if (!is_link(i) || str_eq(i->link.url, link->link.url))
			continue;
		buf_putc(h->to, ' ');
		open_anchor(h, &i->link);
		buf_puts(h->to,
		    i->kind == INLINE_IMAGE ? "[image]</a>" : "[link]</a>");
	}
}

/*
 * Inlines.
 */

static void
put_file_name(struct html *h, struct str url)
{
	struct buf name;

	buf_init(&name, h->to->max);
	link_file_name(&name, url);
	put_escaped(h, buf_slice(&name));
	buf_fail(h->to, name.failed);
	buf_release(&name);
}

static bool
is_shown(const struct html *h, const struct inl *i)
{
	return h->env->cid.n > 0 && render_is_image(i);
}

static void
put_image(struct html *h, const struct inl *i)
{
	static const struct inl_style one_line = {.one_line = true};
	struct buf alt;

	buf_puts(h->to, "<img src=\"cid:");
	render_content_id(h->to, i->link.url, h->env->cid);
	buf_puts(h->to, "\" alt=\"");
	buf_init(&alt, h->to->max);
	inlines_text_until(&alt, i->child, NULL, &one_line);
	put_escaped(h, buf_slice(&alt));
	buf_fail(h->to, alt.failed);
	buf_release(&alt);
	buf_puts(h->to, "\">");
}

static void
open_inline(struct html *h, const struct inl *i)
{
	switch (i->kind) {
	case INLINE_TEXT:
		put_escaped(h, i->text);
		break;
	case INLINE_CODE:
		buf_puts(h->to, "<code>");
		put_escaped(h, i->text);
		buf_puts(h->to, "</code>");
		break;
	case INLINE_SOFT_BREAK:
		buf_putc(h->to, '\n');
		break;
	case INLINE_HARD_BREAK:
		buf_puts(h->to, "<br>\n");
		break;
	case INLINE_EMPHASIS:
		buf_puts(h->to, "<em>");
		break;
	case INLINE_STRONG:
		buf_puts(h->to, "<strong>");
		break;
	case INLINE_STRIKE:
		buf_puts(h->to, "<s>");
		break;
	case INLINE_LINK:
		open_link(h, i);
		break;
	case INLINE_IMAGE:
		open_link(h, i);
		if (is_shown(h, i))
			put_image(h, i);
		else
			buf_puts(h->to, "[image: ");
		break;
	}
}

static void
close_inline(struct html *h, const struct inl *i)
{
	switch (i->kind) {
	case INLINE_EMPHASIS:
		buf_puts(h->to, "</em>");
		break;
	case INLINE_STRONG:
		buf_puts(h->to, "</strong>");
		break;
	case INLINE_STRIKE:
		buf_puts(h->to, "</s>");
		break;
	case INLINE_IMAGE:
		if (!is_shown(h, i)) {
			if (i->child == NULL)
				put_file_name(h, i->link.url);
			buf_putc(h->to, ']');
		}
		close_link(h, i);
		break;
	case INLINE_LINK:
		close_link(h, i);
		break;
	default:
		break;
	}
}

static void
put_inlines(struct html *h, const struct inl *i)
{
	while (i != NULL) {
		open_inline(h, i);
		if (i->child != NULL && !is_shown(h, i)) {
			i = i->child;
			continue;
		}
		close_inline(h, i);
		while (i->next == NULL && i->up != NULL) {
			i = i->up;
			close_inline(h, i);
		}
		i = i->next;
	}
}

/*
 * Blocks.
 */

/* A tight list's items hold their text without a paragraph. */
static bool
is_in_tight_item(const struct block *b)
{
	return b->up != NULL && b->up->kind == BLOCK_ITEM &&
	    b->up->up != NULL && b->up->up->is_tight;
}

static bool
is_header(const struct block *cell)
{
	return cell->up != NULL && cell->up->up != NULL &&
	    cell->up->up->child == cell->up;
}

static void
put_cell(struct html *h, const struct block *b)
{
	static const char *const align[] = {
	    [ALIGN_NONE] = "",
	    [ALIGN_LEFT] = " align=\"left\"",
	    [ALIGN_CENTER] = " align=\"center\"",
	    [ALIGN_RIGHT] = " align=\"right\"",
	};
	const char *tag = is_header(b) ? "th" : "td";

	buf_printf(h->to, "<%s%s>", tag, align[b->align]);
	put_inlines(h, b->inls);
	buf_printf(h->to, "</%s>", tag);
}

static void
open_block(struct html *h, const struct block *b)
{
	switch (b->kind) {
	case BLOCK_HEADING:
		if (b->inls == NULL)
			break;
		buf_printf(h->to, "<h%d>", b->level);
		put_inlines(h, b->inls);
		buf_printf(h->to, "</h%d>\n", b->level);
		break;
	case BLOCK_PARAGRAPH:
		buf_puts(h->to, is_in_tight_item(b) ? "" : "<p>");
		put_inlines(h, b->inls);
		buf_puts(h->to, is_in_tight_item(b) ? "\n" : "</p>\n");
		break;
	case BLOCK_CODE:
		if (str_trim(b->text).n == 0)
			break;
		buf_puts(h->to, "<pre><code>");
		put_escaped(h, b->text);
		buf_puts(h->to, "</code></pre>\n");
		break;
	case BLOCK_RULE:
		buf_puts(h->to, "<hr>\n");
		break;
	case BLOCK_QUOTE:
		buf_puts(h->to, "<blockquote>\n");
		break;
	case BLOCK_LIST:
		if (!b->is_ordered)
			buf_puts(h->to, "<ul>\n");
		else if (b->start == 1)
			buf_puts(h->to, "<ol>\n");
		else
			buf_printf(h->to, "<ol start=\"%ld\">\n", b->start);
		break;
	case BLOCK_ITEM:
		buf_puts(h->to, "<li>");
		break;
	case BLOCK_TABLE:
		buf_puts(h->to, "<table>\n");
		break;
	case BLOCK_ROW:
		buf_puts(h->to, "<tr>");
		break;
	case BLOCK_CELL:
		put_cell(h, b);
		break;
	case BLOCK_FOOTNOTE:
		buf_puts(h->to, "<div>");
		put_escaped(h, b->text);
		buf_putc(h->to, '\n');
		break;
	}
}

static void
close_block(struct html *h, const struct block *b)
{
	switch (b->kind) {
	case BLOCK_QUOTE:
		buf_puts(h->to, "</blockquote>\n");
		break;
	case BLOCK_LIST:
		buf_puts(h->to, b->is_ordered ? "</ol>\n" : "</ul>\n");
		break;
	case BLOCK_ITEM:
		buf_puts(h->to, "</li>\n");
		break;
	case BLOCK_TABLE:
		buf_puts(h->to, "</table>\n");
		break;
	case BLOCK_ROW:
		buf_puts(h->to, "</tr>\n");
		break;
	case BLOCK_FOOTNOTE:
		buf_puts(h->to, "</div>\n");
		break;
	default:
		break;
	}
}

static void
put_head(struct html *h, const struct render_head *head,
    const struct block *repeated)
{
	if (repeated != NULL) {
		open_block(h, repeated);
	} else if (head->title.n > 0) {
		buf_puts(h->to, "<h1>");
		put_escaped(h, head->title);
		buf_puts(h->to, "</h1>\n");
	}
	if (head->date.n > 0 || head->updated.n > 0) {
		struct buf dates;

		buf_init(&dates, h->to->max);
		render_dates(&dates, head);
		buf_puts(h->to, "<p>");
		put_escaped(h, buf_slice(&dates));
		buf_fail(h->to, dates.failed);
		buf_puts(h->to, "</p>\n");
		buf_release(&dates);
	}
}

void
html_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	const struct block *repeated = render_repeated(to, doc, head);
	struct html h = {.to = to, .env = env};
	const struct block *b = doc->first;

	put_head(&h, head, repeated);
	while (b != NULL) {
		if (b != repeated)
			open_block(&h, b);
		if (b->child != NULL) {
			b = b->child;
			continue;
		}
		close_block(&h, b);
		while (b->next == NULL && b->up != NULL) {
			b = b->up;
			close_block(&h, b);
		}
		b = b->next;
	}
}
