#include "content/md_inner.h"

#include <string.h>

/* A definition becomes a list item whose text begins four columns on, which
 * is how far the footnote's further paragraphs are indented. */
#define BULLET "+   "
#define LABEL_MAX 200

/* "[^label]" at the beginning of text; its length, or 0. */
static size_t
scan_label(struct str text, struct str *label)
{
	size_t n = 2;

	if (!str_starts(text, STR("[^")))
		return 0;
	while (n < text.n && n < LABEL_MAX && text.p[n] != ']' &&
	    text.p[n] != '[' && (unsigned char)text.p[n] > ' ')
		n++;
	if (n == 2 || n == text.n || text.p[n] != ']')
		return 0;
	*label = str_sub(text, 2, n - 2);
	return n + 1;
}

static uint64_t
hash_label(struct str label)
{
	char lower[LABEL_MAX];

	for (size_t i = 0; i < label.n; i++)
		lower[i] = label.p[i] >= 'A' && label.p[i] <= 'Z'
		    ? (char)(label.p[i] | 0x20)
		    : label.p[i];
	return str_hash((struct str){lower, label.n});
}

/* Where a label is or belongs. */
static size_t *
find_slot(struct notes *notes, struct str label)
{
	size_t mask = notes->slot_count - 1;
	size_t at = (size_t)hash_label(label) & mask;

	while (notes->slots[at] != 0 &&
	    !str_eq_nocase(notes->list[notes->slots[at] - 1].label, label))
		at = (at + 1) & mask;
	return &notes->slots[at];
}

/* Twice the slots, filled again. */
static bool
grow_slots(struct md *md)
{
	struct notes *notes = &md->notes;
	size_t count = notes->slot_count > 0 ? notes->slot_count * 2 : 16;
	size_t *slots = arena_array(md->arena, count, sizeof *slots);

	if (slots == NULL)
		return false;
	notes->slots = slots;
	notes->slot_count = count;
	for (size_t i = 0; i < notes->count; i++) {
		size_t *slot = find_slot(notes, notes->list[i].label);

		if (*slot == 0)
			*slot = i + 1;
	}
	return true;
}

/* The first definition of a label counts for those who mention it, but see
 * md_notes_settle. */
static bool
add_note(struct md *md, struct str label)
{
	struct notes *notes = &md->notes;
	struct note *list;
	size_t *slot;

	if (notes->count * 2 >= notes->slot_count && !grow_slots(md))
		return false;
	list = arena_grow(md->arena, notes->list, notes->count, sizeof *list);
	if (list == NULL)
		return false;
	notes->list = list;
	list[notes->count++] = (struct note){.label = label};
	slot = find_slot(notes, label);
	if (*slot == 0)
		*slot = notes->count;
	return true;
}

/* Where "[^" stands at or behind from; the text's end: nowhere. "^" is rare,
 * and found fast. */
static size_t
find_label(struct str text, size_t from)
{
	ptrdiff_t at;

	while ((at = str_chr(str_sub(text, from, text.n), '^')) >= 0) {
		from += (size_t)at + 1;
		if (from >= 2 && text.p[from - 2] == '[')
			return from - 2;
	}
	return text.n;
}

/* Is there nothing before it in its line but indentation and quotes' marks? */
static bool
begins_line(struct str text, size_t at)
{
	while (at > 0 && strchr(" \t>", text.p[at - 1]) != NULL)
		at--;
	return at == 0 || text.p[at - 1] == '\n' || text.p[at - 1] == '\r';
}

struct str
md_notes_hide(struct buf *to, struct md *md, struct str text)
{
	size_t kept = 0;

	for (size_t at = find_label(text, 0); at < text.n;
	     at = find_label(text, at + 2)) {
		struct str rest = str_sub(text, at, text.n), label;
		size_t n = scan_label(rest, &label);

		if (n == 0 || n == rest.n || rest.p[n] != ':' ||
		    !begins_line(text, at) || !add_note(md, label))
			continue;
		buf_str(to, str_sub(text, kept, at - kept));
		buf_printf(to, BULLET "%c%zu%c", MARK_NOTE, md->notes.count - 1,
		    MARK_NOTE_END);
		kept = at + n + 1;
	}
	if (kept == 0)
		return text;
	buf_str(to, str_sub(text, kept, text.n));
	return buf_slice(to);
}

/* The length of a whole mark at the beginning of text, or 0. */
static size_t
scan_mark(struct md *md, struct str text, struct note **note)
{
	ptrdiff_t end = str_chr(str_sub(text, 0, 24), MARK_NOTE_END);
	int64_t index;

	if (text.n == 0 || text.p[0] != MARK_NOTE || end < 0)
		return 0;
	index = str_number(
	    str_sub(text, 1, (size_t)end - 1), (int64_t)md->notes.count - 1);
	if (index < 0)
		return 0;
	*note = &md->notes.list[index];
	return (size_t)end + 1;
}

struct note *
md_note_of(struct md *md, struct str text)
{
	struct note *note;

	return scan_mark(md, text, &note) > 0 ? note : NULL;
}

size_t
md_note_restore(struct buf *to, struct md *md, struct str text)
{
	struct note *note;
	size_t n = scan_mark(md, text, &note);

	if (n == 0)
		return 1;
	if (note->is_real)
		return n + (n < text.n && text.p[n] == ' ');
	if (str_ends(buf_slice(to), STR(BULLET)))
		buf_cut(to, to->len - strlen(BULLET));
	buf_puts(to, "[^");
	buf_str(to, note->label);
	buf_puts(to, "]:");
	return n;
}

void
md_notes_settle(struct md *md)
{
	struct notes *notes = &md->notes;

	for (size_t i = 0; i < notes->count; i++) {
		size_t *slot = find_slot(notes, notes->list[i].label);

		if (notes->list[i].is_real && !notes->list[*slot - 1].is_real)
			*slot = i + 1;
	}
}

struct note *
md_note_ref(struct md *md, struct str text, size_t *len)
{
	struct str label;
	struct note *note;
	size_t n = scan_label(text, &label), slot;

	if (n == 0 || md->notes.count == 0)
		return NULL;
	slot = *find_slot(&md->notes, label);
	if (slot == 0 || !md->notes.list[slot - 1].is_real)
		return NULL;
	note = &md->notes.list[slot - 1];
	if (note->number == 0)
		note->number = ++md->notes.numbered;
	*len = n;
	return note;
}

void
md_notes_append(struct md *md, struct block_list *to)
{
	struct notes *notes = &md->notes;
	struct block **order;

	for (size_t i = 0; i < notes->count; i++)
		if (notes->list[i].block != NULL && notes->list[i].number == 0)
			notes->list[i].number = ++notes->numbered;
	order = arena_array(md->arena, notes->numbered + 1, sizeof *order);
	if (order == NULL)
		return;
	for (size_t i = 0; i < notes->count; i++)
		if (notes->list[i].block != NULL)
			order[notes->list[i].number] = notes->list[i].block;
	for (size_t i = 0; i <= notes->numbered; i++) {
		if (i == 0 || order[i] == NULL)
			continue;
		order[i]->text = arena_printf(md->arena, "[note %zu]", i);
		block_list_add(to, order[i]);
	}
}
