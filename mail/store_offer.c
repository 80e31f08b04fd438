#include "mail/store_offer.h"
#include "mail/store_inner.h"

static void
read_offer(struct store_offer *out, sqlite3_stmt *q, struct arena *a)
{
	*out = (struct store_offer){
	    .id = store_int(q, 0),
	    .host = store_text(q, 1, a),
	    .page = store_text(q, 2, a),
	    .tag = store_text(q, 3, a),
	    .item = store_text(q, 4, a),
	    .ask = store_text(q, 5, a),
	    .opens = store_int(q, 6),
	    .over = store_int(q, 7),
	    .many = store_int(q, 8) != 0,
	    .closed = store_int(q, 9),
	};
}

static int
read_options(
    struct store *s, struct store_offer *out, struct arena *a, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OPTIONS_OF_OFFER, e);
	int got;

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, out->id);
	store_bind_int(q, 2, OFFER_OPTIONS_MAX);
	while ((got = store_next(s, q, e)) > 0)
		out->option[out->option_count++] = (struct store_option){
		    .id = store_int(q, 0),
		    .name = store_text(q, 1, a),
		    .stock = store_int(q, 2),
		    .taken = store_int(q, 3),
		    .waiting = store_int(q, 4),
		    .shipped = store_int(q, 5),
		};
	return got < 0 ? -1 : arena_ok(a, e);
}

/* The first row of a question that was bound. */
static int
read_whole(struct store *s, sqlite3_stmt *q, struct store_offer *out,
    struct arena *a, struct err *e)
{
	int got = store_next(s, q, e);

	if (got <= 0)
		return got < 0 ? -1
			       : err_set(e, ERR_MISSING,
				     "there is no such "
				     "offer");
	read_offer(out, q, a);
	sqlite3_reset(q);
	return read_options(s, out, a, e);
}

int
store_offer_of_page(struct store *s, struct store_offer *out, struct arena *a,
    struct str host, struct str page, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OFFER_OF_PAGE, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, host);
	store_bind(q, 2, page);
	return read_whole(s, q, out, a, e);
}

int
store_offer_of_tag(struct store *s, struct store_offer *out, struct arena *a,
    struct str tag, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OFFER_OF_TAG, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, tag);
	return read_whole(s, q, out, a, e);
}

int
store_offer_find(struct store *s, struct store_offer *out, struct arena *a,
    int64_t id, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OFFER_OF_ID, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	return read_whole(s, q, out, a, e);
}

int
store_offer_next(struct store *s, struct store_offer *out, struct arena *a,
    int64_t after, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OFFERS, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, after);
	store_bind_int(q, 2, 1);
	return read_whole(s, q, out, a, e);
}

static int
put_offer(struct store *s, struct store_offer *offer, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, NEW_OFFER, e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, offer->host);
	store_bind(q, 2, offer->page);
	store_bind(q, 3, offer->tag);
	store_bind(q, 4, offer->item);
	store_bind(q, 5, offer->ask);
	store_bind_int(q, 6, offer->opens);
	store_bind_int(q, 7, offer->over);
	store_bind_int(q, 8, offer->many);
	return store_number(s, q, &offer->id, e) < 0 ? -1 : 0;
}

static int
put_options(struct store *s, const struct store_offer *offer, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OPTIONS_EMPTIED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, offer->id);
	if (store_do(s, q, NULL, e) != 0)
		return -1;
	for (size_t i = 0; i < offer->option_count; i++) {
		if ((q = store_ask(s, NEW_OPTION, e)) == NULL)
			return -1;
		store_bind_int(q, 1, offer->id);
		store_bind(q, 2, offer->option[i].name);
		store_bind_int(q, 3, (int64_t)i);
		store_bind_int(q, 4, offer->option[i].stock);
		if (store_do(s, q, NULL, e) != 0)
			return -1;
	}
	return 0;
}

/* Those that a page has left out have no stock and stand last. */
static bool
has_same_options(const struct store_offer *a, const struct store_offer *b)
{
	if (a->option_count < b->option_count)
		return false;
	for (size_t i = 0; i < b->option_count; i++)
		if (!str_eq(a->option[i].name, b->option[i].name) ||
		    a->option[i].stock != b->option[i].stock)
			return false;
	for (size_t i = b->option_count; i < a->option_count; i++)
		if (a->option[i].stock > 0)
			return false;
	return true;
}

static bool
is_same(const struct store_offer *a, const struct store_offer *b)
{
	return str_eq(a->item, b->item) && str_eq(a->ask, b->ask) &&
	    a->opens == b->opens && a->over == b->over && a->many == b->many &&
	    has_same_options(a, b);
}

/* 1: it is there as it is meant, 0: it is not, -1. */
static int
is_there(struct store *s, struct store_offer *offer, struct err *e)
{
	struct store_offer before;
	struct err why = ERR_INIT;
	struct arena a;
	int result = 0;

	arena_init(&a);
	if (store_offer_of_page(
		s, &before, &a, offer->host, offer->page, &why) == 0) {
		offer->id = before.id;
		result = is_same(&before, offer);
	} else if (why.kind != ERR_MISSING) {
		result = err_set(e, why.kind, "%s", why.msg);
	}
	arena_release(&a);
	return result;
}

int
store_offer_put(struct store *s, struct store_offer *offer, struct err *e)
{
	int there = is_there(s, offer, e);

	if (there != 0)
		return there < 0 ? -1 : 0;
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(s,
	    put_offer(s, offer, e) != 0 || put_options(s, offer, e) != 0 ? -1
									 : 0,
	    e);
}

int
store_offer_close(struct store *s, int64_t id, int64_t at, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, OFFER_CLOSED, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, id);
	store_bind_int(q, 2, at);
	return store_do(s, q, NULL, e);
}

int64_t
store_option_left(const struct store_option *option)
{
	return option->stock > option->taken ? option->stock - option->taken
					     : 0;
}

int64_t
store_offer_left(const struct store_offer *offer)
{
	int64_t left = 0;

	for (size_t i = 0; i < offer->option_count; i++)
		left += store_option_left(&offer->option[i]);
	return left;
}

int64_t
store_offer_stock(const struct store_offer *offer)
{
	int64_t stock = 0;

	for (size_t i = 0; i < offer->option_count; i++)
		stock += offer->option[i].stock;
	return stock;
}

const struct store_option *
store_offer_option(const struct store_offer *offer, int64_t id)
{
	for (size_t i = 0; i < offer->option_count; i++)
		if (offer->option[i].id == id)
			return &offer->option[i];
	return NULL;
}
