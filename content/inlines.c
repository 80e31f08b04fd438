#include "content/inlines.h"

#include "content/link.h"
#include "content/wrap.h"

#include <stdlib.h>
#include <string.h>

const struct block *
block_next(const struct block *b, const struct block *top)
{
	if (b->child != NULL)
		return b->child;
	while (b != NULL && b != top && b->next == NULL)
		b = b->up;
	return b == NULL || b == top ? NULL : b->next;
}

const struct inl *
inl_next(const struct inl *i, const struct inl *top)
{
	if (i->child != NULL)
		return i->child;
	while (i != NULL && i != top && i->next == NULL)
		i = i->up;
	return i == NULL || i == top ? NULL : i->next;
}

/* --- words --- */

/* A text being put together. */
struct flow {
	struct buf *to;
	const struct inl_style *style;
	size_t begin; /* of the text in the buffer */
	bool is_label; /* an image is its alternative text alone */
	size_t strike; /* behind the tilde before struck words */
	bool wants_soft; /* a soft break stands before what comes next */
};

static bool
at_line_start(const struct flow *f)
{
	return f->to->len == f->begin || f->to->data[f->to->len - 1] == '\n';
}

static void
cut_spaces(struct flow *f)
{
	size_t n = f->to->len;

	while (n > f->begin && f->to->data[n - 1] == ' ')
		n--;
	buf_cut(f->to, n);
}

static int32_t
last_char(const struct flow *f)
{
	size_t n = f->to->len;
	struct str s;

	while (n > f->begin && (f->to->data[n - 1] & 0xc0) == 0x80)
		n--;
	if (n == f->begin)
		return -1;
	s = (struct str){f->to->data + n - 1, f->to->len - n + 1};
	return str_next_utf8(&s);
}

/* CJK is written without spaces, but Hangul with them. */
static bool
is_unspaced(int32_t cp)
{
	return cp >= 0 && wrap_char_width(cp) == 2 &&
	    !(cp >= 0x1100 && cp <= 0x11ff) &&
	    !(cp >= 0xac00 && cp <= 0xd7af) &&
	    !(cp >= 0x1f000 && cp <= 0x1ffff);
}

static void
put(struct flow *f, struct str s)
{
	struct str rest = s;

	if (s.n == 0)
		return;
	if (f->wants_soft) {
		f->wants_soft = false;
		cut_spaces(f);
		if (!is_unspaced(last_char(f)) ||
		    !is_unspaced(str_next_utf8(&rest)))
			put(f, STR(" "));
	}
	if (at_line_start(f))
		while (s.n > 0 && s.p[0] == ' ')
			s = str_sub(s, 1, s.n);
	buf_str(f->to, s);
}

static void
put_break(struct flow *f)
{
	f->wants_soft = false;
	if (f->style != NULL && f->style->one_line) {
		f->wants_soft = true;
		return;
	}
	cut_spaces(f);
	if (!at_line_start(f))
		buf_putc(f->to, '\n');
}

/* One pair of backquotes, whatever is between them. */
static void
put_code(struct flow *f, struct str code)
{
	put(f, STR("`"));
	buf_str(f->to, code);
	buf_putc(f->to, '`');
}

static bool
has_words(const struct inl *i)
{
	for (const struct inl *j = inl_next(i, i); j != NULL;
	     j = inl_next(j, i))
		if (str_trim(j->text).n > 0)
			return true;
	return false;
}

static void
put_file_name(struct flow *f, struct str url)
{
	struct buf name;

	buf_init(&name, url.n);
	link_file_name(&name, url);
	put(f, buf_slice(&name));
	buf_fail(f->to, name.failed);
	buf_release(&name);
}

static void
enter_image(struct flow *f, const struct inl *i)
{
	bool has_alt = has_words(i), has_name = i->link.kind != LINK_NONE;

	if (!f->is_label)
		put(f, has_alt || has_name ? STR("[image: ") : STR("[image"));
	if (!has_alt && has_name)
		put_file_name(f, i->link.url);
}

/* Two pairs of tildes around the same words would say no more than one. */
static bool
is_struck_already(const struct inl *i)
{
	do
		i = i->up;
	while (i != NULL && i->kind != INLINE_STRIKE);
	return i != NULL;
}

static void
enter(struct flow *f, const struct inl *i)
{
	switch (i->kind) {
	case INLINE_TEXT:
		put(f, i->text);
		break;
	case INLINE_CODE:
		put_code(f, i->text);
		break;
	case INLINE_SOFT_BREAK:
		f->wants_soft = true;
		break;
	case INLINE_HARD_BREAK:
		put_break(f);
		break;
	case INLINE_STRIKE:
		if (!is_struck_already(i)) {
			put(f, STR("~"));
			f->strike = f->to->len;
		}
		break;
	case INLINE_IMAGE:
		enter_image(f, i);
		break;
	default:
		break;
	}
}

/* Where no words came in between the tilde goes. */
static void
end_strike(struct flow *f)
{
	if (f->to->len > f->strike)
		put(f, STR("~"));
	else if (f->to->len > f->begin)
		buf_cut(f->to, f->to->len - 1);
}

static void
leave(struct flow *f, const struct inl *i)
{
	if (i->kind == INLINE_STRIKE && !is_struck_already(i))
		end_strike(f);
	if (i->kind == INLINE_IMAGE && !f->is_label)
		put(f, STR("]"));
	if (i->link.kind != LINK_NONE && f->style != NULL &&
	    f->style->after != NULL)
		f->style->after(f->style->ctx, f->to, i);
}

static void
flow_text(struct flow *f, const struct inl *first, const struct inl *end)
{
	const struct inl *i = first;

	while (i != NULL && i != end) {
		enter(f, i);
		if (i->child != NULL) {
			i = i->child;
			continue;
		}
		leave(f, i);
		while (i->next == NULL && i->up != first->up) {
			i = i->up;
			leave(f, i);
		}
		i = i->next;
	}
	while (f->to->len > f->begin && f->to->data[f->to->len - 1] == '\n')
		buf_cut(f->to, f->to->len - 1);
	cut_spaces(f);
}

void
inlines_text_until(struct buf *to, const struct inl *first,
    const struct inl *end, const struct inl_style *style)
{
	struct flow f = {.to = to, .style = style, .begin = to->len};

	flow_text(&f, first, end);
}

void
inlines_text(
    struct buf *to, const struct inl *first, const struct inl_style *style)
{
	inlines_text_until(to, first, NULL, style);
}

/* --- what a text is made of --- */

static bool
is_separator(struct str text)
{
	while (text.n > 0) {
		int32_t cp = str_next_utf8(&text);

		if (cp < 0 || (cp != 0xb7 && cp != 0x2022 && cp >= 0x80) ||
		    (cp < 0x80 && strchr(" \t|,;/", cp) == NULL))
			return false;
	}
	return true;
}

/* The next inline that is not inside this one. */
static const struct inl *
next_outside(const struct inl *i)
{
	while (i != NULL && i->next == NULL)
		i = i->up;
	return i != NULL ? i->next : NULL;
}

static bool
is_link(const struct inl *i)
{
	return i->link.kind != LINK_NONE &&
	    (i->kind == INLINE_LINK || i->kind == INLINE_IMAGE);
}

/* Two links to one place are one line, and the second one's words were lost;
 * not so with an image that leads where the link around it does. */
static bool
lead_apart(const struct inl *first)
{
	struct links l;
	bool result = true;

	links_init(&l);
	for (const struct inl *i = first; i != NULL && result;
	     i = inl_next(i, NULL)) {
		size_t count = l.count;

		if (!is_link(i))
			continue;
		links_add_one(&l, i);
		result = l.count > count ||
		    (i->up != NULL && str_eq(i->up->link.url, i->link.url));
	}
	links_release(&l);
	return result;
}

bool
inlines_only_links(const struct inl *first)
{
	const struct inl *i = first;
	size_t count = 0;

	while (i != NULL) {
		if (is_link(i)) {
			count++;
			i = next_outside(i);
			continue;
		}
		if (i->kind == INLINE_CODE || i->kind == INLINE_STRIKE ||
		    i->kind == INLINE_IMAGE || !is_separator(i->text))
			return false;
		i = inl_next(i, NULL);
	}
	return count == 1 ? true : count > 0 && lead_apart(first);
}

bool
inlines_show(const struct inl *link)
{
	for (const struct inl *i = link; i != NULL; i = inl_next(i, link))
		if (i->kind == INLINE_IMAGE || str_trim(i->text).n > 0)
			return true;
	return false;
}

/* Takes one character, white space as one space. -1: the end. */
static int
next_squeezed(struct str *s)
{
	struct str rest = str_trim(*s);

	if (s->n == 0 || rest.n == 0)
		return -1;
	if (rest.p > s->p) {
		*s = rest;
		return ' ';
	}
	s->p++;
	s->n--;
	return (unsigned char)s->p[-1];
}

bool
inlines_say(const struct inl *first, struct str text, enum err_kind *failed)
{
	static const struct inl_style style = {.one_line = true};
	struct buf words;
	struct str said;
	int a, b;

	buf_init(&words, SIZE_MAX / 2);
	inlines_text(&words, first, &style);
	said = str_trim(buf_slice(&words));
	text = str_trim(text);
	do {
		a = next_squeezed(&said);
		b = next_squeezed(&text);
	} while (a == b && a >= 0);
	if (words.failed != ERR_NONE)
		*failed = words.failed;
	buf_release(&words);
	return a == b;
}

/* --- links --- */

void
links_init(struct links *l)
{
	*l = (struct links){0};
	arena_init(&l->arena);
}

void
links_release(struct links *l)
{
	free(l->list);
	free(l->slots);
	arena_release(&l->arena);
	links_init(l);
}

void
links_clear(struct links *l)
{
	for (size_t i = 0; i < l->count; i++)
		l->slots[l->list[i].slot] = 0;
	l->count = 0;
}

/* Where a target is or belongs. */
static size_t
find_slot(const struct links *l, struct str url)
{
	size_t at = (size_t)str_hash(url) & (l->slot_count - 1);

	while (l->slots[at] != 0 &&
	    !str_eq(l->list[l->slots[at] - 1].inl->link.url, url))
		at = (at + 1) & (l->slot_count - 1);
	return at;
}

/* Room for one more, with at least half of the slots free. */
static bool
make_room(struct links *l)
{
	size_t room = l->room > 0 ? l->room * 2 : 8;
	struct link_line *list;
	size_t *slots;

	if (l->count < l->room)
		return true;
	list = realloc(l->list, room * sizeof *list);
	if (list != NULL)
		l->list = list;
	slots = calloc(room * 2, sizeof *slots);
	if (list == NULL || slots == NULL) {
		free(slots);
		l->arena.failed = true;
		return false;
	}
	free(l->slots);
	l->slots = slots;
	l->slot_count = room * 2;
	l->room = room;
	for (size_t i = 0; i < l->count; i++) {
		list[i].slot = find_slot(l, list[i].inl->link.url);
		slots[list[i].slot] = i + 1;
	}
	return true;
}

void
links_add_one(struct links *l, const struct inl *link)
{
	size_t slot;

	if (!is_link(link) || !make_room(l))
		return;
	slot = find_slot(l, link->link.url);
	if (l->slots[slot] != 0)
		return;
	l->list[l->count] = (struct link_line){.inl = link, .slot = slot};
	l->slots[slot] = ++l->count;
}

void
links_add(struct links *l, const struct inl *first)
{
	if (first == NULL)
		return;
	for (const struct inl *i = first; i != NULL; i = inl_next(i, first->up))
		links_add_one(l, i);
}

void
links_add_block(struct links *l, const struct block *top)
{
	for (const struct block *b = top; b != NULL; b = block_next(b, top))
		links_add(l, b->inls);
}

size_t
links_number(const struct links *l, struct str url)
{
	return l->count > 0 ? l->slots[find_slot(l, url)] : 0;
}

/* --- labels --- */

static void
put_label(struct buf *to, const struct inl *link)
{
	static const struct inl_style style = {.one_line = true};
	struct flow f = {.to = to, .style = &style, .is_label = true};

	if (link->kind == INLINE_IMAGE && !has_words(link))
		link_file_name(to, link->link.url);
	else if (link->child != NULL)
		flow_text(&f, link->child, NULL);
	if (to->len == 0)
		buf_str(to, link->link.url);
}

/* Marks each label of the group that stands there twice. */
static void
find_shared(struct links *l, size_t from, bool *shared)
{
	size_t count = l->count - from, size = 2, *slots;

	while (size < count * 2)
		size *= 2;
	slots = arena_array(&l->arena, size, sizeof *slots);
	if (slots == NULL)
		return;
	for (size_t i = from; i < l->count; i++) {
		struct str label = l->list[i].label;
		size_t at = (size_t)str_hash(label) & (size - 1);

		while (slots[at] != 0 &&
		    !str_eq(l->list[slots[at] - 1].label, label))
			at = (at + 1) & (size - 1);
		if (slots[at] == 0)
			slots[at] = i + 1;
		else
			shared[i - from] = shared[slots[at] - 1 - from] = true;
	}
}

static void
finish_label(struct links *l, struct link_line *line, bool is_shared)
{
	bool is_image = line->inl->kind == INLINE_IMAGE;
	struct str host = {NULL, 0};

	if (is_shared || link_is_vague(line->label))
		host = link_host(line->inl->link.url);
	if (host.n > 0 && str_find(line->label, host) >= 0)
		host.n = 0;
	if (!is_image && host.n == 0)
		return;
	line->label = arena_printf(&l->arena, "%s%.*s%s%.*s%s",
	    is_image ? "Image: " : "", STR_ARG(line->label),
	    host.n > 0 ? " (" : "", STR_ARG(host), host.n > 0 ? ")" : "");
}

void
links_label(struct links *l, size_t from)
{
	bool one = false, *shared = &one;
	struct buf label;

	if (l->count <= from)
		return;
	buf_init(&label, SIZE_MAX / 2);
	for (size_t i = from; i < l->count; i++) {
		put_label(&label, l->list[i].inl);
		l->list[i].label = arena_buf(&l->arena, &label);
		buf_clear(&label);
	}
	buf_release(&label);
	if (l->count - from > 1) {
		shared =
		    arena_array(&l->arena, l->count - from, sizeof *shared);
		if (shared == NULL)
			return;
		find_shared(l, from, shared);
	}
	for (size_t i = from; i < l->count; i++)
		finish_label(l, &l->list[i], shared[i - from]);
}
