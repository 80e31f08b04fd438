#include "content/md_inner.h"

#include "content/inlines.h"
#include "content/link.h"
#include "content/md_tag.h"

#include <string.h>

/* Decodes into the arena; all white space becomes spaces. */
static struct str
text_of(struct md *md, struct str html, enum clean how)
{
	struct str text;

	md_entities(&md->text, md, html, how);
	text = arena_buf(md->arena, &md->text);
	buf_cut(&md->text, 0);
	return text;
}

/* An attribute's value, decoded; false when the tag has none of that name. */
static bool
get_attribute(
    struct md *md, const struct tag *tag, const char *wanted, struct str *value)
{
	bool has_it = md_tag_attribute(value, tag, wanted);

	if (has_it)
		*value = text_of(md, *value, CLEAN_LINE);
	return has_it;
}

static struct inl *
text_inline(struct md *md, struct str text)
{
	struct inl *i = md_inl(md, INLINE_TEXT);

	if (i != NULL)
		i->text = text;
	return i;
}

/* Adds a link or an image that holds nothing but a text. */
static void
add_target(struct inl_builder *b, enum inline_kind kind, struct str target,
    struct str text, int line)
{
	struct inl *i = md_inl(b->md, kind);

	if (i == NULL)
		return;
	md_resolve(b->md, &i->link, target, line);
	if (text.n > 0) {
		i->child = text_inline(b->md, text);
		if (i->child != NULL)
			i->child->up = i;
	}
	inl_builder_add(b, i);
}

static void
add_image(struct inl_builder *b, const struct tag *tag, int line)
{
	const struct md_options *options = b->md->options;
	struct str src, alt;

	get_attribute(b->md, tag, "src", &src);
	if (!get_attribute(b->md, tag, "alt", &alt) && options->no_alt != NULL)
		options->no_alt(options->ctx, line);
	add_target(b, INLINE_IMAGE, src, alt, line);
}

static void
add_media(struct inl_builder *b, const struct tag *tag, int line)
{
	struct str src, title;

	if (!get_attribute(b->md, tag, "src", &src))
		get_attribute(b->md, tag, "data", &src);
	if (!get_attribute(b->md, tag, "title", &title))
		get_attribute(b->md, tag, "alt", &title);
	if (src.n > 0 || title.n > 0)
		add_target(b, INLINE_LINK, src, title, line);
}

static void
add_area(struct inl_builder *b, const struct tag *tag, int line)
{
	struct str href, alt;

	get_attribute(b->md, tag, "href", &href);
	get_attribute(b->md, tag, "alt", &alt);
	add_target(b, INLINE_LINK, href, alt, line);
}

/* Closes the innermost element of this kind, with what is open in it; never
 * more than this list of inlines has opened. */
static void
close_element(struct inl_builder *b, enum element element)
{
	int at = b->depth;

	while (
	    at > 0 && b->open[at].tag != 0 && b->open[at].tag != (int)element)
		at--;
	if (b->deep > 0 || at == 0 || b->open[at].tag == 0)
		return;
	while (b->depth >= at)
		inl_builder_close(b);
}

static void
open_element(struct inl_builder *b, const struct tag *tag, int line)
{
	static const enum inline_kind kinds[] = {[E_LINK] = INLINE_LINK,
	    [E_EMPHASIS] = INLINE_EMPHASIS,
	    [E_STRONG] = INLINE_STRONG,
	    [E_STRIKE] = INLINE_STRIKE};
	struct inl *i = md_inl(b->md, kinds[tag->element]);
	struct str href;

	if (i == NULL)
		return;
	if (tag->element == E_LINK) {
		close_element(b, E_LINK);
		if (!get_attribute(b->md, tag, "href", &href))
			return;
		md_resolve(b->md, &i->link, href, line);
	}
	if (b->deep == 0 && b->depth < INLINE_DEPTH_MAX)
		inl_builder_open(b, i, (int)tag->element);
	else if (i->link.kind != LINK_NONE)
		inl_builder_add(b, i);
}

/* Takes what a tag within a line means. */
static void
take_inline(struct inl_builder *b, const struct tag *tag, int line)
{
	switch (tag->element) {
	case E_LINK:
	case E_EMPHASIS:
	case E_STRONG:
	case E_STRIKE:
		if (tag->is_end)
			close_element(b, tag->element);
		else
			open_element(b, tag, line);
		break;
	case E_IMAGE:
		add_image(b, tag, line);
		break;
	case E_AREA:
		add_area(b, tag, line);
		break;
	case E_MEDIA:
		if (!tag->is_end)
			add_media(b, tag, line);
		break;
	case E_NONE:
	case E_HIDDEN:
		break;
	default:
		inl_builder_add(b, md_inl(b->md, INLINE_HARD_BREAK));
		break;
	}
}

/* --- tags among inlines --- */

/* The raw inline that ends a hidden element, or NULL. */
static struct inl *
find_end(struct inl *from, const struct tag *tag)
{
	for (struct inl *i = from; i != NULL; i = i->next) {
		struct tag end;

		if (i->kind == INLINE_RAW && md_tag_scan(&end, i->text) > 0 &&
		    end.is_end && str_eq_nocase(end.name, tag->name))
			return i;
	}
	return NULL;
}

/* Returns the inline to go on with. */
static struct inl *
take_raw(struct inl_builder *b, struct inl *raw, int line, bool *is_open)
{
	struct inl *end, *next = raw->next;
	struct tag tag;

	if (md_tag_scan(&tag, raw->text) == 0)
		return next;
	if (tag.element == E_HIDDEN && !tag.is_end && !*is_open) {
		end = find_end(next, &tag);
		/* Looked for in vain once, so that it is not again. */
		*is_open = end == NULL;
		return end != NULL ? end->next : next;
	}
	take_inline(b, &tag, line);
	return next;
}

/* Leaves a container of Markdown's, and what HTML opened in it. */
static void
close_container(struct inl_builder *b)
{
	while (b->deep == 0 && b->open[b->depth].tag != 0)
		inl_builder_close(b);
	inl_builder_close(b);
}

static bool
has_raw(const struct inl *first)
{
	for (const struct inl *i = first; i != NULL; i = inl_next(i, NULL))
		if (i->kind == INLINE_RAW)
			return true;
	return false;
}

struct inl *
md_html_inlines(struct md *md, struct inl *first, int line)
{
	struct inl *resume[INLINE_DEPTH_MAX + 1];
	struct inl_builder b;
	bool is_open = false;
	size_t depth = 0;

	if (!has_raw(first))
		return first;
	inl_builder_init(&b, md);
	for (struct inl *i = first; i != NULL || depth > 0;) {
		struct inl *next;

		if (i == NULL) {
			close_container(&b);
			i = resume[--depth];
			continue;
		}
		next = i->next;
		if (i->kind == INLINE_RAW) {
			next = take_raw(&b, i, line, &is_open);
		} else if (i->child != NULL) {
			resume[depth++] = next;
			next = i->child;
			i->child = NULL;
			inl_builder_open(&b, i, 0);
		} else {
			line += i->kind == INLINE_SOFT_BREAK;
			inl_builder_add(&b, i);
		}
		i = next;
	}
	return b.first;
}

/* --- blocks --- */

/* A walk through a block of raw HTML, line by line as it is shown. */
struct html {
	struct md *md;
	struct block_list *to;
	struct block_list items; /* of the list that is open; up NULL: none */
	struct inl_builder inls; /* of this line */
	int line;
	int level; /* of the heading that is open, or 0 */
	bool is_item;
	bool is_ordered;
};

static bool
says_nothing(const struct inl *first)
{
	for (const struct inl *i = first; i != NULL; i = inl_next(i, NULL)) {
		if (i->link.kind != LINK_NONE)
			return false;
		if (i->kind == INLINE_TEXT && str_trim(i->text).n > 0)
			return false;
	}
	return true;
}

static void
open_list(struct html *h)
{
	struct block *list = md_block(h->md, BLOCK_LIST, h->line);

	if (list == NULL)
		return;
	list->is_ordered = h->is_ordered;
	list->is_tight = true;
	list->start = 1;
	block_list_add(h->to, list);
	h->items = (struct block_list){.up = list};
}

static void
add_item(struct html *h, struct block *text)
{
	struct block *item = md_block(h->md, BLOCK_ITEM, h->line);
	struct block_list list = {.up = item};

	if (h->items.up == NULL)
		open_list(h);
	if (item == NULL || h->items.up == NULL)
		return;
	block_list_add(&h->items, item);
	block_list_add(&list, text);
}

static void
close_list(struct html *h)
{
	h->items = (struct block_list){0};
}

/* Ends the line: what is gathered becomes a block. */
static void
end_line(struct html *h)
{
	struct inl *first = h->inls.first;
	struct block *b;

	inl_builder_init(&h->inls, h->md);
	if (says_nothing(first))
		return;
	b = md_block(
	    h->md, h->level > 0 ? BLOCK_HEADING : BLOCK_PARAGRAPH, h->line);
	if (b == NULL)
		return;
	b->level = h->level;
	md_trim(first);
	b->inls = md_finish(h->md, first, h->line);
	if (h->is_item) {
		add_item(h, b);
		return;
	}
	close_list(h);
	block_list_add(h->to, b);
}

static void
take_block(struct html *h, const struct tag *tag)
{
	if (tag->element == E_CELL) {
		if (!tag->is_end && !says_nothing(h->inls.first))
			inl_builder_add(
			    &h->inls, text_inline(h->md, STR(" | ")));
		return;
	}
	end_line(h);
	h->level = 0;
	switch (tag->element) {
	case E_HEADING:
		h->level = tag->is_end ? 0 : tag->name.p[1] - '0';
		break;
	case E_ITEM:
		h->is_item = !tag->is_end;
		break;
	case E_LIST:
		close_list(h);
		h->is_item = false;
		h->is_ordered = str_eq_nocase(tag->name, STR("ol"));
		break;
	case E_RULE:
		close_list(h);
		block_list_add(h->to, md_block(h->md, BLOCK_RULE, h->line));
		break;
	default:
		break;
	}
}

/* Text between tags, its white space made single spaces. */
static void
take_text(struct html *h, struct str html)
{
	struct buf *to = &h->md->text;
	struct str text = text_of(h->md, html, CLEAN_LINE);

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == ' ' && (to->len == 0 || to->data[to->len - 1] != ' '))
			buf_putc(to, ' ');
		else if (c != ' ')
			/* No Markdown is read in here. */
			buf_putc(to,
			    c == '~'       ? MARK_TILDE
				: c == '[' ? MARK_BRACKET
					   : c);
	}
	if (to->len > 0)
		inl_builder_add(
		    &h->inls, text_inline(h->md, arena_buf(h->md->arena, to)));
	buf_cut(to, 0);
}

/* The length of html up to an element's end, which is behind it; all of it
 * where there is none. */
static size_t
find_end_tag(struct str html, struct str name, size_t *end_length)
{
	size_t at = 0;
	struct tag tag;

	for (;;) {
		ptrdiff_t found =
		    str_find(str_sub(html, at, html.n), STR("</"));

		*end_length = 0;
		if (found < 0)
			return html.n;
		at += (size_t)found;
		*end_length = md_tag_scan(&tag, str_sub(html, at, html.n));
		if (*end_length > 0 && str_eq_nocase(tag.name, name))
			return at;
		at += 2;
	}
}

/* Of a tag in preformatted text only a target counts. */
static void
take_pre_tag(struct html *h, const struct tag *tag, struct buf *code)
{
	struct str href;

	if (tag->element == E_BREAK)
		buf_putc(code, '\n');
	if (tag->is_end)
		return;
	if (tag->element == E_LINK) {
		if (get_attribute(h->md, tag, "href", &href))
			add_target(&h->inls, INLINE_LINK, href,
			    (struct str){NULL, 0}, h->line);
	} else if (tag->element == E_IMAGE || tag->element == E_MEDIA) {
		take_inline(&h->inls, tag, h->line);
	}
}

/* Text as it stands, tags off; where they lead follows in a line. */
static void
take_pre(struct html *h, struct str html)
{
	struct block *b = md_block(h->md, BLOCK_CODE, h->line);
	struct buf code;
	struct tag tag;
	size_t n;

	buf_init(&code, SIZE_MAX / 2);
	for (; html.n > 0; html = str_sub(html, n, html.n)) {
		ptrdiff_t at = str_chr(html, '<');

		n = at < 0 ? html.n : (size_t)at;
		if (n == 0 && (n = md_tag_scan(&tag, html)) > 0) {
			take_pre_tag(h, &tag, &code);
			continue;
		}
		if (n == 0 && (n = md_tag_scan_other(html)) > 0)
			continue;
		n += n == 0;
		md_entities(&code, h->md, str_sub(html, 0, n), CLEAN_CODE);
	}
	if (b != NULL && str_trim(buf_slice(&code)).n > 0) {
		struct str text = buf_slice(&code);

		if (text.p[0] == '\n')
			text = str_sub(text, 1, text.n);
		b->text = md_code_text(h->md, text);
		block_list_add(h->to, b);
	}
	if (code.failed != ERR_NONE)
		h->md->arena->failed = true;
	buf_release(&code);
	end_line(h);
}

/* Takes a tag and, where the element is taken whole, what it holds; returns
 * how much of html, which begins with the tag's length n. */
static size_t
take_tag(struct html *h, struct str html, const struct tag *tag, size_t n)
{
	struct str inside = str_sub(html, n, html.n);
	size_t end = 0;

	if (tag->element == E_HIDDEN || tag->element == E_PRE) {
		if (tag->is_end)
			return n;
		inside =
		    str_sub(inside, 0, find_end_tag(inside, tag->name, &end));
		if (tag->element == E_PRE) {
			end_line(h);
			h->level = 0;
			close_list(h);
			take_pre(h, inside);
		}
		return n + inside.n + end;
	}
	if (tag->element >= E_BLOCK)
		take_block(h, tag);
	else
		take_inline(&h->inls, tag, h->line);
	return n;
}

/* An address in angle brackets, which its author takes for a link in here too
 * and a browser for a tag that it does not know. Its length with them, or 0. */
static size_t
scan_autolink(struct str html, struct str *address)
{
	size_t n = 1, at, len;

	while (n < html.n && strchr(" \t\r\n<>", html.p[n]) == NULL)
		n++;
	*address = str_sub(html, 1, n - 1);
	if (n == html.n || html.p[n] != '>' ||
	    (!str_starts_nocase(*address, STR("mailto:")) &&
		(!link_find_bare(*address, 0, &at, &len) || len < n - 1)))
		return 0;
	return n + 1;
}

static void
take_autolink(struct html *h, struct str address)
{
	struct str words;

	address = words = text_of(h->md, address, CLEAN_LINE);
	if (str_starts_nocase(words, STR("mailto:")))
		words = str_sub(words, strlen("mailto:"), words.n);
	add_target(&h->inls, INLINE_LINK, address, words, h->line);
}

static int
count_lines(struct str s)
{
	struct str line;
	int n = 0;

	while (s.p != NULL && str_next(&s, '\n', &line))
		n++;
	return n - 1;
}

void
md_html_block(struct md *md, struct block_list *to, struct str html, int line)
{
	struct html h = {.md = md, .to = to, .line = line};
	struct str address;
	struct tag tag;
	size_t n;

	inl_builder_init(&h.inls, md);
	while (html.n > 0) {
		ptrdiff_t at = str_chr(html, '<');

		n = at < 0 ? html.n : (size_t)at;
		if (n == 0 && (n = scan_autolink(html, &address)) > 0)
			take_autolink(&h, address);
		else if (n == 0 && (n = md_tag_scan(&tag, html)) > 0)
			n = take_tag(&h, html, &tag, n);
		else if (n == 0 && (n = md_tag_scan_other(html)) > 0)
			;
		else
			take_text(&h, str_sub(html, 0, n += n == 0));
		h.line += count_lines(str_sub(html, 0, n));
		html = str_sub(html, n, html.n);
	}
	end_line(&h);
}
