#include "mail/reasons.h"
#include "base/buf.h"
#include "mail/mailbox.h"
#include "mail/words.h"

#include <stdlib.h>

#define REPLY_MAX ((size_t)1 << 16)

void
reasons_init(struct reasons *r)
{
	*r = (struct reasons){0};
	arena_init(&r->arena);
}

void
reasons_release(struct reasons *r)
{
	arena_release(&r->arena);
}

/* NULL when there are too many to take another one in. */
static struct reason *
find(struct reasons *r, struct str reply)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_eq(r->list[i].reply, reply))
			return &r->list[i];
	if (r->count == REASONS_MAX)
		return NULL;
	r->list[r->count].reply = arena_str(&r->arena, reply);
	return &r->list[r->count++];
}

static void
add_example(struct reasons *r, struct reason *to, struct str address)
{
	struct buf masked;

	if (address.n == 0 || to->examples == REASONS_EXAMPLES)
		return;
	buf_init(&masked, MAILBOX_MAX + 16);
	mailbox_mask(&masked, address);
	to->example[to->examples++] = arena_str(&r->arena, buf_slice(&masked));
	buf_release(&masked);
}

int
reasons_add(struct reasons *r, struct str reply, struct str address,
    int64_t due, struct err *e)
{
	struct reason *to;
	struct buf same;

	buf_init(&same, REPLY_MAX);
	words_reply(&same, reply);
	to = find(r, buf_slice(&same));
	buf_release(&same);
	if (to == NULL) {
		r->others++;
		return 0;
	}
	to->count++;
	if (due != 0 && (to->due == 0 || due < to->due))
		to->due = due;
	add_example(r, to, address);
	return arena_ok(&r->arena, e);
}

static int
more(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return str_cmp(x->reply, y->reply);
}

void
reasons_sort(struct reasons *r)
{
	qsort(r->list, r->count, sizeof r->list[0], more);
}
