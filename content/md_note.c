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

/* The first definition of a label counts for those who mention it. */
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

/* How many bytes before a line's text: indentation and marks of quotes. */
static size_t
prefix_of(struct str line)
{
	size_t n = 0;

	while (n < line.n &&
	    (line.p[n] == ' ' || line.p[n] == '\t' || line.p[n] == '>'))
		n++;
	return n;
}

static void
hide_line(struct md *md, struct str line)
{
	size_t prefix = prefix_of(line), n;
	struct str rest = str_sub(line, prefix, line.n), label;

	n = scan_label(rest, &label);
	if (n == 0 || n == rest.n || rest.p[n] != ':' || !add_note(md, label)) {
		buf_str(&md->text, line);
		return;
	}
	buf_str(&md->text, str_sub(line, 0, prefix));
	buf_printf(&md->text, BULLET "%c%zu%c", MARK_NOTE, md->notes.count - 1,
	    MARK_NOTE_END);
	buf_str(&md->text, str_sub(rest, n + 1, rest.n));
}

struct str
md_notes_hide(struct md *md, struct str text)
{
	struct str rest = text, line, result = text;

	if (str_find(text, STR("[^")) < 0 || str_find(text, STR("]:")) < 0)
		return text;
	while (str_next_line(&rest, &line)) {
		hide_line(md, line);
		buf_putc(&md->text, '\n');
	}
	if (md->notes.count > 0)
		result = arena_str(md->arena, buf_slice(&md->text));
	buf_clear(&md->text);
	return result;
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
