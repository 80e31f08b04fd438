#include "server/limit.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

/* Some 16 bytes each, and two for each worker that ever counted there. */
#define ENTRIES 32768u
#define PROBES 16u

/*
 * One address. tat is the "theoretical arrival time" of GCRA: when its bucket
 * will be full again. One number holds the whole bucket, so that one compare
 * and exchange takes a token. It also tells how long an address is idle.
 */
struct entry {
	_Atomic uint64_t key; /* 0: never used */
	_Atomic uint64_t tat; /* microseconds */
};

/*
 * What says where the shared memory is stands outside of it: a worker that was
 * taken over can write wrong counts there, but lead no other process astray.
 *
 * counts is a row of `slots` cells for each entry: connections of that
 * address, a cell for each worker and written by it alone. A sum over a row
 * reads one or two cache lines.
 */
struct limit_table {
	size_t slots;
	size_t size;
	uint64_t secret[2];
	struct entry *entries; /* [ENTRIES], where the shared memory begins */
	_Atomic uint32_t *connections; /* [slots] */
	_Atomic uint32_t *handshakes; /* [slots] */
	_Atomic uint16_t *counts; /* [ENTRIES][slots] */
};

const char *
limit_name(enum limit_kind kind)
{
	static const char *const names[LIMIT_KINDS] = {
	    [LIMIT_NONE] = "none",
	    [LIMIT_CONNECTIONS] = "connections",
	    [LIMIT_ADDRESS] = "connections_per_address",
	    [LIMIT_HANDSHAKES] = "handshakes",
	    [LIMIT_REQUESTS] = "requests_per_second",
	};

	return names[kind];
}

static int
fill_table(struct limit_table *t, size_t slots, struct err *e)
{
	void *shared;

	t->slots = slots;
	t->size = ENTRIES * sizeof *t->entries +
	    2 * slots * sizeof *t->connections +
	    ENTRIES * slots * sizeof *t->counts;
	if (getrandom(t->secret, sizeof t->secret, 0) !=
	    (ssize_t)sizeof t->secret)
		return err_sys(e, "random bytes for the limits");
	shared = mmap(NULL, t->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_sys(e, "shared memory for the limits");
	t->entries = shared;
	t->connections = (_Atomic uint32_t *)(t->entries + ENTRIES);
	t->handshakes = t->connections + slots;
	t->counts = (_Atomic uint16_t *)(t->handshakes + slots);
	return 0;
}

int
limit_table_new(struct limit_table **table, size_t slots, struct err *e)
{
	struct limit_table *t = calloc(1, sizeof *t);

	assert(slots > 0 && slots <= WORKER_SLOTS_MAX);
	if (t == NULL)
		return err_sys(e, "the limits");
	if (fill_table(t, slots, e) != 0) {
		free(t);
		return -1;
	}
	*table = t;
	return 0;
}

void
limit_table_free(struct limit_table *t)
{
	if (t == NULL)
		return;
	munmap(t->entries, t->size);
	free(t);
}

static _Atomic uint16_t *
row_of(const struct limit_table *t, uint32_t entry)
{
	return t->counts + (size_t)entry * t->slots;
}

static uint64_t
row_sum(const struct limit_table *t, uint32_t entry)
{
	_Atomic uint16_t *row = row_of(t, entry);
	uint64_t sum = 0;

	for (size_t i = 0; i < t->slots; i++)
		sum += atomic_load(&row[i]);
	return sum;
}

static uint64_t
sum_of(const _Atomic uint32_t *cells, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += atomic_load(&cells[i]);
	return sum;
}

uint64_t
limit_connections(const struct limit_table *t)
{
	return sum_of(t->connections, t->slots);
}

uint64_t
limit_handshakes(const struct limit_table *t)
{
	return sum_of(t->handshakes, t->slots);
}

void
limit_worker_gone(struct limit_table *t, int slot)
{
	atomic_store(&t->connections[slot], 0);
	atomic_store(&t->handshakes[slot], 0);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		/* Unused rows are left alone, so that they take no memory. */
		if (atomic_load(&t->entries[i].key) != 0 &&
		    atomic_load(&row_of(t, i)[slot]) != 0)
			atomic_store(&row_of(t, i)[slot], 0);
	}
}

/* A permutation of 64 bits (the end of MurmurHash3). */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
	return x ^ x >> 33;
}

/*
 * A secret permutation for each family: two addresses of one family never
 * share a key, and nobody outside knows which share a place in the table.
 */
static uint64_t
key_of(const struct limit_table *t, const struct address *a)
{
	uint64_t prefix = 0, key;

	memcpy(&prefix, a->bytes, a->bits == 128 ? 8 : 4);
	key =
	    mix(mix(prefix ^ t->secret[0]) + t->secret[1] + (uint64_t)a->bits);
	return key != 0 ? key : 1;
}

/* When an entry was last of use, for who makes room; UINT64_MAX: it is. */
static uint64_t
entry_age(const struct limit_table *t, uint32_t entry)
{
	if (atomic_load(&t->entries[entry].key) == 0)
		return 0;
	if (row_sum(t, entry) > 0)
		return UINT64_MAX;
	return 1 + atomic_load(&t->entries[entry].tat);
}

/* Where key is, or else who makes room for it. UINT32_MAX: nobody can. */
static uint32_t
entry_find(const struct limit_table *t, uint64_t key)
{
	uint32_t victim = UINT32_MAX;
	uint64_t oldest = UINT64_MAX;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = (uint32_t)(key + i) % ENTRIES;

		if (atomic_load(&t->entries[at].key) == key)
			return at;
	}
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = (uint32_t)(key + i) % ENTRIES;
		uint64_t age = entry_age(t, at);

		if (age < oldest) {
			oldest = age;
			victim = at;
		}
	}
	return victim;
}

/*
 * The entry of key, taken over if need be. The loser of a race for one looks
 * again and finds the winner's. Between finding a row empty and taking it, a
 * connection of its old address may come in: it then counts for the new one
 * until it closes, which is rare, short and harmless.
 */
static uint32_t
entry_claim(struct limit_table *t, uint64_t key)
{
	for (int tries = 0; tries < 8; tries++) {
		uint32_t at = entry_find(t, key);
		uint64_t old;

		if (at == UINT32_MAX)
			break;
		old = atomic_load(&t->entries[at].key);
		if (old == key)
			return at;
		if (atomic_compare_exchange_strong(
			&t->entries[at].key, &old, key)) {
			atomic_store(&t->entries[at].tat, 0);
			return at;
		}
	}
	return UINT32_MAX;
}

/* Only this worker writes the cell, so a load and a store are enough; a kill
 * between them has counted nothing. */
static void
cell_add(_Atomic uint32_t *cell, int n)
{
	atomic_store(cell, atomic_load(cell) + (uint32_t)n);
}

static void
row_add(const struct limit *l, uint32_t entry, int n)
{
	_Atomic uint16_t *cell = &row_of(l->table, entry)[l->slot];

	atomic_store(cell, (uint16_t)(atomic_load(cell) + n));
}

/*
 * Counting oneself first and looking at the sum then lets nobody slip past
 * the limit together; two may both be refused the last place.
 */
enum limit_kind
limit_open(struct limit *l, struct limit_hold *hold)
{
	struct limit_table *t = l->table;

	assert(!hold->is_counted);
	cell_add(&t->connections[l->slot], 1);
	if (limit_connections(t) > (uint64_t)l->rules->connections) {
		cell_add(&t->connections[l->slot], -1);
		return LIMIT_CONNECTIONS;
	}
	hold->is_counted = true;
	return LIMIT_NONE;
}

enum limit_kind
limit_address(struct limit *l, struct limit_hold *hold, const struct address *a)
{
	struct limit_table *t = l->table;
	uint64_t key = key_of(t, a);

	assert(hold->entry == 0);
	if (a->bits == 0)
		return LIMIT_NONE;
	for (int tries = 0; tries < 8; tries++) {
		uint32_t entry = entry_claim(t, key);

		if (entry == UINT32_MAX)
			return LIMIT_NONE;
		if (atomic_load(&row_of(t, entry)[l->slot]) == UINT16_MAX)
			return LIMIT_ADDRESS;
		row_add(l, entry, 1);
		if (atomic_load(&t->entries[entry].key) != key) {
			row_add(l, entry, -1);
			continue;
		}
		if (row_sum(t, entry) >
		    (uint64_t)l->rules->connections_per_address) {
			row_add(l, entry, -1);
			return LIMIT_ADDRESS;
		}
		hold->entry = entry + 1;
		return LIMIT_NONE;
	}
	return LIMIT_NONE;
}

void
limit_close(struct limit *l, struct limit_hold *hold)
{
	limit_handshake_end(l, hold);
	if (hold->entry != 0)
		row_add(l, hold->entry - 1, -1);
	if (hold->is_counted)
		cell_add(&l->table->connections[l->slot], -1);
	*hold = (struct limit_hold){0};
}

enum limit_kind
limit_handshake_begin(struct limit *l, struct limit_hold *hold)
{
	struct limit_table *t = l->table;

	assert(!hold->is_handshake);
	cell_add(&t->handshakes[l->slot], 1);
	if (limit_handshakes(t) > (uint64_t)l->rules->handshakes) {
		cell_add(&t->handshakes[l->slot], -1);
		return LIMIT_HANDSHAKES;
	}
	hold->is_handshake = true;
	return LIMIT_NONE;
}

void
limit_handshake_end(struct limit *l, struct limit_hold *hold)
{
	if (hold->is_handshake)
		cell_add(&l->table->handshakes[l->slot], -1);
	hold->is_handshake = false;
}

/*
 * GCRA: each request moves the bucket's full time one interval on; it may be
 * at most burst intervals ahead of now.
 */
int64_t
limit_request(struct limit *l, const struct limit_hold *hold, int64_t now_us)
{
	int64_t rate = l->rules->requests_per_second;
	uint64_t now = (uint64_t)now_us, interval, ahead, tat;
	_Atomic uint64_t *bucket;

	if (rate <= 0 || rate > 1000000 || hold->entry == 0)
		return 0;
	interval = 1000000 / (uint64_t)rate;
	ahead =
	    interval * (uint64_t)(l->rules->burst > 0 ? l->rules->burst : 1);
	bucket = &l->table->entries[hold->entry - 1].tat;
	tat = atomic_load(bucket);
	for (;;) {
		uint64_t next = (tat > now ? tat : now) + interval;

		if (next > now + ahead)
			return (
			    int64_t)((next - now - ahead + 999999) / 1000000);
		if (atomic_compare_exchange_weak(bucket, &tat, next))
			return 0;
	}
}
