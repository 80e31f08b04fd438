#include "content/md.h"
#include "content/inlines.h"
#include "content/md_inner.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

/* Quotes, and lists with their items, down to DOC_DEPTH_MAX; and footnotes,
 * whose definitions may stand in one another. */
#define OPEN_MAX (2 * DOC_DEPTH_MAX + 16)

/* A walk through cmark's tree. Containers beyond the limits are only counted
 * (deep), so that what they hold goes into the last one that is open. */
struct walk {
	struct md md;
	struct block_list open[OPEN_MAX];
	int depth; /* open[depth] takes the next block */
	int level; /* quotes and lists among the open */
	size_t deep;
	struct inl_builder inls;
};

struct block *
md_block(struct md *md, enum block_kind kind, int line)
{
	struct block *b = arena_alloc(md->arena, sizeof *b);

	if (b != NULL) {
		b->kind = kind;
		b->line = line;
	}
	return b;
}

void
block_list_add(struct block_list *list, struct block *b)
{
	if (b == NULL)
		return;
	b->up = list->up;
	b->next = NULL;
	if (list->last != NULL)
		list->last->next = b;
	else
		list->first = b;
	if (list->last == NULL && list->up != NULL)
		list->up->child = b;
	list->last = b;
}

static int
line_of(const struct walk *w, cmark_node *node)
{
	return cmark_node_get_start_line(node) + w->md.options->first_line - 1;
}

static void
add(struct walk *w, struct block *b)
{
	block_list_add(&w->open[w->depth], b);
}

/* Opens a container; its block is hung in when it is closed, so that one
 * that stayed empty never appears. */
static void
push(struct walk *w, struct block *b)
{
	if (b == NULL || w->depth + 1 == OPEN_MAX) {
		w->deep++;
		return;
	}
	w->open[++w->depth] = (struct block_list){.up = b};
}

static struct block *
pop(struct walk *w)
{
	return w->open[w->depth--].up;
}

static struct note *
note_of_item(struct walk *w, cmark_node *item)
{
	cmark_node *text = cmark_node_first_child(item);

	if (w->md.notes.count == 0 || text == NULL)
		return NULL;
	text = cmark_node_first_child(text);
	if (text == NULL || cmark_node_get_type(text) != CMARK_NODE_TEXT)
		return NULL;
	return md_note_of(&w->md, str_of(cmark_node_get_literal(text)));
}

static void
enter_list(struct walk *w, cmark_node *node)
{
	struct block *b;

	if (w->deep > 0 || w->level == DOC_DEPTH_MAX) {
		w->deep++;
		return;
	}
	b = md_block(&w->md, BLOCK_LIST, line_of(w, node));
	if (b != NULL) {
		b->is_ordered =
		    cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
		b->is_tight = cmark_node_get_list_tight(node);
		b->start = cmark_node_get_list_start(node);
	}
	w->level++;
	push(w, b);
}

static void
enter_quote(struct walk *w, cmark_node *node)
{
	if (w->deep > 0 || w->level == DOC_DEPTH_MAX) {
		w->deep++;
		return;
	}
	w->level++;
	push(w, md_block(&w->md, BLOCK_QUOTE, line_of(w, node)));
}

/* A footnote's definition is hung in at the end of the page, and may stand at
 * any depth. */
static void
enter_note(struct walk *w, cmark_node *node, struct note *note)
{
	if (w->depth >= OPEN_MAX - 2 * DOC_DEPTH_MAX - 1 ||
	    note->block != NULL) {
		w->deep++;
		return;
	}
	note->block = md_block(&w->md, BLOCK_FOOTNOTE, line_of(w, node));
	push(w, note->block);
}

static void
enter_item(struct walk *w, cmark_node *node)
{
	struct note *note = note_of_item(w, node);

	if (note != NULL)
		enter_note(w, node, note);
	else if (w->deep > 0)
		w->deep++;
	else
		push(w, md_block(&w->md, BLOCK_ITEM, line_of(w, node)));
}

static void
leave_item(struct walk *w, cmark_node *node)
{
	struct note *note = note_of_item(w, node);

	if (note != NULL && note->block != NULL &&
	    note->block == w->open[w->depth].up)
		pop(w);
	else if (w->deep > 0)
		w->deep--;
	else
		add(w, pop(w));
}

static void
leave_level(struct walk *w)
{
	struct block *b;

	if (w->deep > 0) {
		w->deep--;
		return;
	}
	b = pop(w);
	w->level--;
	/* A list may have held nothing but footnotes. */
	if (b->kind != BLOCK_LIST || b->child != NULL)
		add(w, b);
}

/* The length of what may be an entity at the beginning of text, or 0. */
static size_t
scan_entity(struct str text)
{
	size_t n = 1;

	/* The longest is "&CounterClockwiseContourIntegral;". */
	while (n < text.n && n < 40 &&
	    (text.p[n] == '#' || (text.p[n] >= '0' && text.p[n] <= '9') ||
		((text.p[n] | 0x20) >= 'a' && (text.p[n] | 0x20) <= 'z')))
		n++;
	return n > 1 && n < text.n && text.p[n] == ';' ? n + 1 : 0;
}

/*
 * cmark knows the entities and gives them away nowhere but in the text of a
 * node; the info string of a code block has no other markup but backslashes.
 */
static void
decode(struct buf *to, struct md *md, struct str entity, enum clean how)
{
	char source[64] = "~~~";
	struct str info;
	cmark_node *root;

	memcpy(source + 3, entity.p, entity.n);
	root = cmark_parse_document(source, entity.n + 3, CMARK_OPT_DEFAULT);
	info = str_of(cmark_node_get_fence_info(cmark_node_first_child(root)));
	/* One that is white space was trimmed away. */
	md_clean(to, md, info.n > 0 ? info : STR(" "), how);
	cmark_node_free(root);
}

void
md_entities(struct buf *to, struct md *md, struct str text, enum clean how)
{
	while (text.n > 0) {
		ptrdiff_t at = str_chr(text, '&');
		struct str rest;
		size_t n;

		if (at < 0)
			break;
		md_clean(to, md, str_sub(text, 0, (size_t)at), how);
		rest = str_sub(text, (size_t)at, text.n);
		n = scan_entity(rest);
		if (n > 0)
			decode(to, md, str_sub(rest, 0, n), how);
		else
			buf_putc(to, '&');
		text = str_sub(rest, n > 0 ? n : 1, rest.n);
	}
	md_clean(to, md, text, how);
}

/* What is in the scratch buffer becomes one text. */
static void
flush_text(struct walk *w)
{
	struct inl *i;

	if (w->md.text.len == 0)
		return;
	i = md_inl(&w->md, INLINE_TEXT);
	if (i != NULL)
		i->text = arena_buf(w->md.arena, &w->md.text);
	buf_cut(&w->md.text, 0);
	inl_builder_add(&w->inls, i);
}

static void
add_leaf(struct walk *w, cmark_node *node, enum inline_kind kind)
{
	struct inl *i;

	flush_text(w);
	i = md_inl(&w->md, kind);
	if (i != NULL && (kind == INLINE_CODE || kind == INLINE_RAW)) {
		struct buf *text = &w->md.text;

		md_clean(text, &w->md, str_of(cmark_node_get_literal(node)),
		    CLEAN_LINE);
		i->text = arena_buf(w->md.arena, text);
		buf_cut(text, 0);
	}
	inl_builder_add(&w->inls, i);
}

/* An autolink: its text is where it leads. */
static bool
is_bare(cmark_node *link)
{
	cmark_node *text = cmark_node_first_child(link);
	struct str url = str_of(cmark_node_get_url(link));
	struct str words;

	if (text == NULL || cmark_node_get_type(text) != CMARK_NODE_TEXT)
		return false;
	words = str_of(cmark_node_get_literal(text));
	return str_eq(words, url) ||
	    (str_starts(url, STR("mailto:")) &&
		str_eq(words, str_sub(url, 7, url.n)));
}

static void
open_inline(struct walk *w, cmark_node *node, enum inline_kind kind)
{
	const struct md_options *options = w->md.options;
	struct inl *i;

	flush_text(w);
	i = md_inl(&w->md, kind);
	if (i != NULL && (kind == INLINE_LINK || kind == INLINE_IMAGE))
		md_resolve(&w->md, &i->link, str_of(cmark_node_get_url(node)),
		    line_of(w, node));
	if (i != NULL && kind == INLINE_LINK)
		i->is_bare = is_bare(node);
	if (kind == INLINE_IMAGE && cmark_node_first_child(node) == NULL &&
	    options->no_alt != NULL)
		options->no_alt(options->ctx, line_of(w, node));
	inl_builder_open(&w->inls, i, 0);
}

static void
close_inline(struct walk *w)
{
	flush_text(w);
	inl_builder_close(&w->inls);
}

static void
visit_inline(struct walk *w, cmark_node *node, bool enters)
{
	static const enum inline_kind kinds[] = {
	    [CMARK_NODE_SOFTBREAK] = INLINE_SOFT_BREAK,
	    [CMARK_NODE_LINEBREAK] = INLINE_HARD_BREAK,
	    [CMARK_NODE_CODE] = INLINE_CODE,
	    [CMARK_NODE_HTML_INLINE] = INLINE_RAW,
	    [CMARK_NODE_EMPH] = INLINE_EMPHASIS,
	    [CMARK_NODE_STRONG] = INLINE_STRONG,
	    [CMARK_NODE_LINK] = INLINE_LINK,
	    [CMARK_NODE_IMAGE] = INLINE_IMAGE,
	};
	cmark_node_type type = cmark_node_get_type(node);

	switch (type) {
	case CMARK_NODE_TEXT:
		md_clean(&w->md.text, &w->md,
		    str_of(cmark_node_get_literal(node)), CLEAN_TEXT);
		break;
	case CMARK_NODE_SOFTBREAK:
	case CMARK_NODE_LINEBREAK:
	case CMARK_NODE_CODE:
	case CMARK_NODE_HTML_INLINE:
		add_leaf(w, node, kinds[type]);
		break;
	case CMARK_NODE_EMPH:
	case CMARK_NODE_STRONG:
	case CMARK_NODE_LINK:
	case CMARK_NODE_IMAGE:
		if (enters)
			open_inline(w, node, kinds[type]);
		else
			close_inline(w);
		break;
	default:
		break;
	}
}

/* Lines end in LF, the last one too; of control characters TAB stays. */
struct str
md_code_text(struct md *md, struct str s)
{
	struct buf *text = &md->text;
	struct str line, result;

	while (str_next_line(&s, &line)) {
		md_clean(text, md, line, CLEAN_CODE);
		buf_putc(text, '\n');
	}
	result = arena_buf(md->arena, text);
	buf_cut(text, 0);
	return result;
}

static void
add_code(struct walk *w, cmark_node *node)
{
	struct block *b = md_block(&w->md, BLOCK_CODE, line_of(w, node));
	struct buf *text = &w->md.text;

	if (b == NULL)
		return;
	b->text = md_code_text(&w->md, str_of(cmark_node_get_literal(node)));
	md_clean(
	    text, &w->md, str_of(cmark_node_get_fence_info(node)), CLEAN_LINE);
	b->info = arena_str(w->md.arena, str_trim(buf_slice(text)));
	buf_cut(text, 0);
	add(w, b);
}

static void
leave_text(struct walk *w, cmark_node *node)
{
	struct block *b;
	int line = line_of(w, node);

	flush_text(w);
	if (cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH) {
		md_paragraph(&w->md, &w->open[w->depth], w->inls.first, line);
		return;
	}
	b = md_block(&w->md, BLOCK_HEADING, line);
	if (b == NULL)
		return;
	b->level = cmark_node_get_heading_level(node);
	b->inls = md_finish(&w->md, w->inls.first, line);
	add(w, b);
}

static void
visit(struct walk *w, cmark_node *node, bool enters)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_BLOCK_QUOTE:
		enters ? enter_quote(w, node) : leave_level(w);
		break;
	case CMARK_NODE_LIST:
		enters ? enter_list(w, node) : leave_level(w);
		break;
	case CMARK_NODE_ITEM:
		enters ? enter_item(w, node) : leave_item(w, node);
		break;
	case CMARK_NODE_CODE_BLOCK:
		add_code(w, node);
		break;
	case CMARK_NODE_HTML_BLOCK:
		md_html_block(&w->md, &w->open[w->depth],
		    str_of(cmark_node_get_literal(node)), line_of(w, node));
		break;
	case CMARK_NODE_THEMATIC_BREAK:
		add(w, md_block(&w->md, BLOCK_RULE, line_of(w, node)));
		break;
	case CMARK_NODE_PARAGRAPH:
	case CMARK_NODE_HEADING:
		if (enters)
			inl_builder_init(&w->inls, &w->md);
		else
			leave_text(w, node);
		break;
	default:
		visit_inline(w, node, enters);
		break;
	}
}

/* Which hidden definitions cmark found where a definition may stand has to be
 * known before the first mention of one is met. */
static void
find_notes(struct walk *w, cmark_node *root)
{
	cmark_iter *iter = cmark_iter_new(root);

	while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);
		struct note *note = NULL;

		if (cmark_node_get_type(node) == CMARK_NODE_ITEM)
			note = note_of_item(w, node);
		if (note != NULL)
			note->is_real = true;
	}
	cmark_iter_free(iter);
	md_notes_settle(&w->md);
}

static void
walk_tree(struct walk *w, cmark_node *root)
{
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
		visit(w, cmark_iter_get_node(iter), event == CMARK_EVENT_ENTER);
	cmark_iter_free(iter);
}

/* Control characters that no source needs: C0 without TAB, LF and CR; DEL.
 * Without branches, since it is asked of every byte. */
static unsigned
is_control(char c)
{
	unsigned char u = (unsigned char)c;

	return ((u < 0x20) & (u != '\t') & (u != '\n') & (u != '\r')) |
	    (u == 0x7f);
}

/* How much of the text is before its first control character. Compilers make
 * a few instructions of a block. */
static size_t
before_controls(struct str text)
{
	enum { BLOCK = 64 };
	size_t n = 0;

	for (; text.n - n >= BLOCK; n += BLOCK) {
		unsigned char any = 0;

		for (size_t i = 0; i < BLOCK; i++)
			any |= (unsigned char)is_control(text.p[n + i]);
		if (any)
			break;
	}
	while (n < text.n && !is_control(text.p[n]))
		n++;
	return n;
}

/* The source without control characters, NUL among them. */
static struct str
drop_controls(struct md *md, struct str text)
{
	size_t n = before_controls(text), kept = n;
	char *p;

	if (n == text.n || (p = arena_alloc(md->arena, text.n)) == NULL)
		return text;
	memcpy(p, text.p, n);
	while (text.n > n) {
		text = str_sub(text, n + 1, text.n);
		n = before_controls(text);
		memcpy(p + kept, text.p, n);
		kept += n;
	}
	return (struct str){p, kept};
}

static void
find_title(struct md *md, struct doc *doc)
{
	static const struct inl_style style = {.one_line = true};
	const struct block *b = doc->first;

	while (b != NULL && (b->kind != BLOCK_HEADING || b->level != 1))
		b = block_next(b, NULL);
	if (b == NULL)
		return;
	inlines_text(&md->text, b->inls, &style);
	doc->title = arena_buf(md->arena, &md->text);
	buf_cut(&md->text, 0);
}

static void
parse(struct walk *w, struct str text)
{
	struct buf marked, hidden;
	struct md_tree tree;

	buf_init(&marked, SIZE_MAX / 2);
	buf_init(&hidden, SIZE_MAX / 2);
	text = drop_controls(&w->md, text);
	text = md_mark_escapes(&marked, text);
	text = md_notes_hide(&hidden, &w->md, text);
	if (marked.failed != ERR_NONE || hidden.failed != ERR_NONE)
		w->md.arena->failed = true;
	md_tree_init(&tree, text);
	if (w->md.notes.count > 0)
		find_notes(w, tree.root);
	walk_tree(w, tree.root);
	md_notes_append(&w->md, &w->open[0]);
	md_tree_release(&tree);
	buf_release(&hidden);
	buf_release(&marked);
}

int
md_parse(struct doc *doc, struct arena *a, struct str utf8,
    const struct md_options *options, struct err *e)
{
	static const struct md_options plain = {.first_line = 1};
	struct walk *w;
	int failed;

	*doc = (struct doc){0};
	if (utf8.n > MD_SIZE_MAX)
		return err_set(e, ERR_LIMIT,
		    "the text has %zu bytes, and %zu are allowed; split it",
		    utf8.n, MD_SIZE_MAX);
	w = arena_alloc(a, sizeof *w);
	if (w == NULL)
		return arena_ok(a, e);
	w->md.arena = a;
	w->md.options = options != NULL ? options : &plain;
	w->md.has_tildes = str_find(utf8, STR("~~")) >= 0;
	buf_init(&w->md.text, SIZE_MAX / 2);
	parse(w, utf8);
	doc->first = w->open[0].first;
	find_title(&w->md, doc);
	failed = buf_ok(&w->md.text, "the text", e);
	buf_release(&w->md.text);
	return failed != 0 ? failed : arena_ok(a, e);
}
