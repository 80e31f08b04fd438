#include "content/grouping.h"

/* A list with more links than this has them after each item (rule 20). */
#define LIST_LINKS 8

static bool
is_item_of_one_link(struct links *l, const struct block *item)
{
	const struct block *only = item->child;

	if (only == NULL || only->kind != BLOCK_PARAGRAPH || only->next != NULL)
		return false;
	for (const struct inl *i = only->inls; i != NULL; i = inl_next(i, NULL))
		if (i->kind == INLINE_HARD_BREAK)
			return false;
	links_clear(l);
	links_add(l, only->inls);
	return l->count == 1;
}

bool
grouping_is_of_links(struct links *scratch, const struct block *list)
{
	bool all = true;

	for (const struct block *i = list->child; i != NULL && all; i = i->next)
		all = is_item_of_one_link(scratch, i);
	links_clear(scratch);
	return all;
}

const struct inl *
grouping_item(struct buf *label, struct links *scratch,
    const struct block *item, long number)
{
	static const struct inl_style style = {.one_line = true};
	const struct inl *text = item->child->inls, *link;
	size_t begin;

	links_clear(scratch);
	links_add(scratch, text);
	if (scratch->count == 0)
		return NULL;
	links_label(scratch, 0);
	if (item->up->is_ordered)
		buf_printf(label, "%ld. ", number);
	begin = label->len;
	if (!inlines_only_links(text))
		inlines_text(label, text, &style);
	if (label->len == begin)
		buf_str(label, scratch->list[0].label);
	link = scratch->list[0].inl;
	links_clear(scratch);
	return link;
}

bool
grouping_begins(struct links *scratch, const struct block *b)
{
	size_t count;

	if (b->kind == BLOCK_QUOTE)
		return true;
	if (b->kind != BLOCK_LIST)
		return false;
	links_clear(scratch);
	links_add_block(scratch, b);
	count = scratch->count;
	links_clear(scratch);
	return count <= LIST_LINKS;
}

bool
grouping_has_gaps(const struct block *up)
{
	if (up != NULL && up->kind == BLOCK_ITEM)
		up = up->up;
	return up == NULL || up->kind != BLOCK_LIST || !up->is_tight;
}
