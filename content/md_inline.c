#include "content/md_inner.h"

#include "content/inlines.h"
#include "content/link.h"

#include <string.h>

struct inl *
md_inl(struct md *md, enum inline_kind kind)
{
	struct inl *i = arena_alloc(md->arena, sizeof *i);

	if (i != NULL)
		i->kind = kind;
	return i;
}

void
inl_builder_init(struct inl_builder *b, struct md *md)
{
	*b = (struct inl_builder){.md = md};
}

void
inl_builder_add(struct inl_builder *b, struct inl *i)
{
	struct inl *up = b->open[b->depth].inl;
	struct inl *last = b->open[b->depth].last;

	if (i == NULL)
		return;
	i->up = up;
	i->next = NULL;
	if (last != NULL)
		last->next = i;
	else if (up != NULL)
		up->child = i;
	else
		b->first = i;
	b->open[b->depth].last = i;
}

void
inl_builder_open(struct inl_builder *b, struct inl *i, int tag)
{
	if (i == NULL || b->deep > 0 || b->depth == INLINE_DEPTH_MAX) {
		b->deep++;
		if (i != NULL && i->link.kind != LINK_NONE)
			inl_builder_add(b, i);
		return;
	}
	inl_builder_add(b, i);
	b->depth++;
	b->open[b->depth].inl = i;
	b->open[b->depth].last = NULL;
	b->open[b->depth].tag = tag;
}

void
inl_builder_close(struct inl_builder *b)
{
	if (b->deep > 0)
		b->deep--;
	else
		b->depth--;
}

void
md_resolve(struct md *md, struct link *link, struct str target, int line)
{
	const struct link_resolver *resolver = md->options->resolver;

	if (str_has_control(target)) {
		md_clean(&md->text, md, target, CLEAN_LINE);
		target = arena_buf(md->arena, &md->text);
		buf_cut(&md->text, 0);
	}
	if (resolver != NULL)
		resolver->resolve(resolver->ctx, md->arena, target, line, link);
	else
		link_resolve_plain(NULL, md->arena, target, line, link);
}

/* Most bytes are, and this is asked of each. */
static bool
is_ordinary(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x20 && u != 0x7f && u != 0xc2;
}

/* How many bytes at text are to be looked at closer: 0 for what is kept. */
static size_t
odd_bytes(struct str text, enum clean how)
{
	unsigned char c = (unsigned char)text.p[0];

	if (c == 0xc2 && text.n > 1 && (unsigned char)text.p[1] < 0xa0)
		return 2; /* C1 */
	if (c == 0x7f)
		return 1;
	if (c >= 0x20 || ((c == '\t' || c == '\n') && how == CLEAN_CODE) ||
	    (c <= MARK_LAST && how == CLEAN_TEXT))
		return 0;
	return 1;
}

static char
mark_of(char c)
{
	return c == '~' ? MARK_TILDE
	    : c == '|'  ? MARK_BAR
	    : c == '['  ? MARK_BRACKET
			: c;
}

/* Appends what stands for the odd bytes at text; returns how many. */
static size_t
clean_odd(struct buf *to, struct md *md, struct str text, enum clean how)
{
	char c = text.p[0];

	if (c == MARK_NOTE)
		return md_note_restore(to, md, text);
	if (c == '\t' || c == '\n' || c == '\r')
		buf_putc(to, ' ');
	if (c == MARK_NEXT && how == CLEAN_TEXT && text.n > 1) {
		buf_putc(to, mark_of(text.p[1]));
		return 2;
	}
	if (c == MARK_PREV && how == CLEAN_TEXT && to->len > 0)
		to->data[to->len - 1] = mark_of(to->data[to->len - 1]);
	return odd_bytes(text, how);
}

void
md_clean(struct buf *to, struct md *md, struct str text, enum clean how)
{
	size_t kept = 0, i = 0;

	while (i < text.n) {
		struct str rest;

		if (is_ordinary(text.p[i])) {
			i++;
			continue;
		}
		rest = str_sub(text, i, text.n);
		if (odd_bytes(rest, how) == 0) {
			i++;
			continue;
		}
		buf_append(to, text.p + kept, i - kept);
		i += clean_odd(to, md, rest, how);
		kept = i;
	}
	if (kept < text.n)
		buf_append(to, text.p + kept, text.n - kept);
}

void
md_trim(struct inl *first)
{
	struct inl *last = first;

	while (last->next != NULL)
		last = last->next;
	while (first->kind == INLINE_TEXT && first->text.n > 0 &&
	    first->text.p[0] == ' ')
		first->text = str_sub(first->text, 1, first->text.n);
	while (last->kind == INLINE_TEXT && last->text.n > 0 &&
	    last->text.p[last->text.n - 1] == ' ')
		last->text.n--;
}

/* --- strikethrough --- */

/* A run of exactly two tildes at or after *at. */
static bool
find_tildes(struct str text, size_t *at)
{
	size_t i = *at, n;

	while (i < text.n) {
		ptrdiff_t found = str_chr(str_sub(text, i, text.n), '~');

		if (found < 0)
			return false;
		i += (size_t)found;
		for (n = 0; i + n < text.n && text.p[i + n] == '~'; n++)
			;
		if (n == 2) {
			*at = i;
			return true;
		}
		i += n;
	}
	return false;
}

static bool
is_break(const struct inl *i)
{
	return i == NULL || i->kind == INLINE_SOFT_BREAK ||
	    i->kind == INLINE_HARD_BREAK;
}

/* What stands beside a run, where something that is no text counts as
 * punctuation: its marks did stand there. */
static char
char_before(const struct inl *prev, struct str text, size_t at)
{
	if (at > 0)
		return text.p[at - 1];
	if (is_break(prev))
		return ' ';
	return prev->kind == INLINE_TEXT && prev->text.n > 0
	    ? prev->text.p[prev->text.n - 1]
	    : '*';
}

static char
char_after(const struct inl *next, struct str text, size_t at)
{
	if (at < text.n)
		return text.p[at];
	if (is_break(next))
		return ' ';
	return next->kind == INLINE_TEXT && next->text.n > 0 ? next->text.p[0]
							     : '*';
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	    (unsigned char)c >= 0x80;
}

/* CommonMark's left-flanking, of a run with these beside it; the other way
 * round right-flanking. */
static bool
flanks(char outside, char inside)
{
	return inside != ' ' && (is_word(inside) || !is_word(outside));
}

/* Where a run was found that may open. */
struct tildes {
	struct inl *inl; /* NULL: none */
	size_t at;
};

static void
adopt(struct inl *up)
{
	for (struct inl *i = up->child; i != NULL; i = i->next)
		i->up = up;
}

/* Makes what stands between two runs a STRIKE; returns the text after it. */
static struct inl *
strike(struct md *md, struct tildes from, struct inl *to, size_t at)
{
	struct inl *s = md_inl(md, INLINE_STRIKE);
	struct inl *head = md_inl(md, INLINE_TEXT);
	struct inl *rest = md_inl(md, INLINE_TEXT);

	if (s == NULL || head == NULL || rest == NULL)
		return NULL;
	rest->text = str_sub(to->text, at + 2, to->text.n);
	rest->next = to->next;
	rest->up = s->up = from.inl->up;
	to->text = str_sub(to->text, 0, at);
	head->text = str_sub(from.inl->text, from.at + 2, from.inl->text.n);
	from.inl->text = str_sub(from.inl->text, 0, from.at);
	s->child = head;
	if (to != from.inl) {
		head->next = from.inl->next;
		to->next = NULL;
	}
	adopt(s);
	from.inl->next = s;
	s->next = rest;
	return rest;
}

static void
strike_siblings(struct md *md, struct inl *first)
{
	struct tildes opener = {0};
	struct inl *prev = NULL;
	size_t at = 0;

	for (struct inl *i = first; i != NULL; prev = i, i = i->next, at = 0) {
		while (i->kind == INLINE_TEXT && find_tildes(i->text, &at)) {
			char before = char_before(prev, i->text, at);
			char after = char_after(i->next, i->text, at + 2);

			if (opener.inl != NULL && flanks(after, before)) {
				i = strike(md, opener, i, at);
				if (i == NULL)
					return;
				prev = opener.inl->next;
				opener.inl = NULL;
				at = 0;
				continue;
			}
			if (flanks(before, after))
				opener = (struct tildes){i, at};
			at += 2;
		}
	}
}

/* --- text --- */

static bool
is_inside_link(const struct inl *i)
{
	for (i = i->up; i != NULL; i = i->up)
		if (i->kind == INLINE_LINK || i->kind == INLINE_IMAGE)
			return true;
	return false;
}

static void
put_escaped(struct buf *to, char mark)
{
	buf_putc(to, mark == MARK_TILDE ? '~' : mark == MARK_BAR ? '|' : '[');
}

/* Is there a mark, or what may mention a footnote? */
static bool
is_plain(const struct md *md, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= MARK_LAST && text.p[i] >= 0)
			return false;
	return md->notes.count == 0 || str_find(text, STR("[^")) < 0;
}

/* Puts characters in the place of marks, and names footnotes. */
static void
unmark(struct md *md, struct inl *i)
{
	struct buf *to = &md->text;
	struct note *note;
	size_t n;

	for (size_t at = 0; at < i->text.n; at += n) {
		struct str rest = str_sub(i->text, at, i->text.n);

		n = 1;
		if (rest.p[0] == MARK_NOTE)
			n = md_note_restore(to, md, rest);
		else if (rest.p[0] >= 0 && rest.p[0] <= MARK_LAST)
			put_escaped(to, rest.p[0]);
		else if (rest.p[0] == '[' &&
		    (note = md_note_ref(md, rest, &n)) != NULL)
			buf_printf(to, "[note %zu]", note->number);
		else
			buf_putc(to, rest.p[0]);
	}
	i->text = arena_buf(md->arena, to);
	buf_cut(to, 0);
}

/* Turns a text that is an address into a link around it. */
static void
make_bare(struct md *md, struct inl *i, int line)
{
	struct inl *text = md_inl(md, INLINE_TEXT);

	if (text == NULL)
		return;
	text->text = i->text;
	text->up = i;
	i->kind = INLINE_LINK;
	i->is_bare = true;
	i->child = text;
	md_resolve(md, &i->link, text->text, line);
	i->text = (struct str){NULL, 0};
}

/* Cuts a text in two, and returns the second part. */
static struct inl *
cut(struct md *md, struct inl *i, size_t at)
{
	struct inl *rest;

	if (at == 0)
		return i;
	if ((rest = md_inl(md, INLINE_TEXT)) == NULL)
		return NULL;
	rest->text = str_sub(i->text, at, i->text.n);
	rest->up = i->up;
	rest->next = i->next;
	i->next = rest;
	i->text = str_sub(i->text, 0, at);
	return rest;
}

/* Returns the last of what the text became. */
static struct inl *
find_addresses(struct md *md, struct inl *i, int line)
{
	size_t at, len;

	while (link_find_bare(i->text, 0, &at, &len)) {
		struct inl *address = cut(md, i, at), *rest = NULL;

		if (address == NULL)
			return i;
		if (len < address->text.n)
			rest = cut(md, address, len);
		make_bare(md, address, line);
		i = address;
		if (rest == NULL)
			return i;
		i = rest;
	}
	return i;
}

/* The next inline, but not into a link that was just made. */
static struct inl *
finish_text(struct md *md, struct inl *i, int line)
{
	if (!is_plain(md, i->text))
		unmark(md, i);
	if (i->kind == INLINE_TEXT && !is_inside_link(i))
		i = find_addresses(md, i, line);
	while (i->next == NULL && i->up != NULL)
		i = i->up;
	return i->next;
}

struct inl *
md_finish(struct md *md, struct inl *first, int line)
{
	struct inl *i;

	first = md_html_inlines(md, first, line);
	if (md->has_tildes) {
		strike_siblings(md, first);
		for (i = first; i != NULL; i = (struct inl *)inl_next(i, NULL))
			strike_siblings(md, i->child);
	}
	i = first;
	while (i != NULL) {
		line += i->kind == INLINE_SOFT_BREAK;
		if (i->kind == INLINE_TEXT)
			i = finish_text(md, i, line);
		else
			i = (struct inl *)inl_next(i, NULL);
	}
	return first;
}
