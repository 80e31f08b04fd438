#include "content/md_inner.h"

#include <cmark.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What cmark allocates while it reads one text are pieces of an arena. A piece
 * that is freed waits for the next one of its size, so that the arena does not
 * grow by what cmark only borrows. The tree goes with the arena, at once: to
 * take it apart node by node was a fifth of the time that a page took.
 */

/* In front of each piece. */
union piece {
	size_t size_index;
	union piece *next; /* while it waits */
};

/* Of the text at hand: cmark's functions are given no context. */
static _Thread_local struct md_tree *current;

/* Sizes, this header and all: steps of 16 bytes, and from 512 on each is twice
 * the one before. */
#define STEP ((size_t)16)
#define STEPS ((size_t)32)

static size_t
index_of(size_t size)
{
	size_t i = STEPS;

	if (size <= STEP * STEPS)
		return (size - 1) / STEP;
	for (size_t room = 2 * STEP * STEPS; room < size; room *= 2)
		i++;
	return i;
}

static size_t
size_of(size_t i)
{
	return i < STEPS ? (i + 1) * STEP : (2 * STEP * STEPS) << (i - STEPS);
}

/* There is no way back through cmark, whose own allocator does the same. */
static void
die(void)
{
	fputs("memory ran out while Markdown was read\n", stderr);
	abort();
}

static void *
take(size_t count, size_t each)
{
	size_t i = index_of(count * each + sizeof(union piece));
	union piece *piece;

	if (i >= MD_TREE_SIZES)
		die();
	piece = current->waiting[i];
	if (piece != NULL) {
		current->waiting[i] = piece->next;
		memset(piece, 0, size_of(i));
	} else {
		piece = arena_alloc(&current->arena, size_of(i));
	}
	if (piece == NULL)
		die();
	piece->size_index = i;
	return piece + 1;
}

static void
give_back(void *p)
{
	union piece *piece = p;
	size_t i;

	if (p == NULL)
		return;
	i = (--piece)->size_index;
	piece->next = current->waiting[i];
	current->waiting[i] = piece;
}

static void *
resize(void *old, size_t size)
{
	union piece *piece = old;
	size_t room;
	void *p;

	if (old == NULL)
		return take(1, size);
	room = size_of(piece[-1].size_index) - sizeof *piece;
	if (size <= room)
		return old;
	p = take(1, size);
	memcpy(p, old, room);
	give_back(old);
	return p;
}

void
md_tree_init(struct md_tree *t, struct str text)
{
	static cmark_mem functions = {take, resize, give_back};
	cmark_parser *parser;

	*t = (struct md_tree){.outer = current};
	arena_init(&t->arena);
	current = t;
	parser = cmark_parser_new_with_mem(CMARK_OPT_VALIDATE_UTF8, &functions);
	cmark_parser_feed(parser, text.p != NULL ? text.p : "", text.n);
	t->root = cmark_parser_finish(parser);
	cmark_parser_free(parser);
}

void
md_tree_release(struct md_tree *t)
{
	current = t->outer;
	arena_release(&t->arena);
}
