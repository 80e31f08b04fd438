#include "content/crew.h"

#include "content/image.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 16
/* So few pages are done before a thread is. */
#define PAGES_MIN 128
/* Pages taken at a time, and how many may wait for the search. */
#define BATCH 16
#define AHEAD 1024

/* What the search gets of a page. */
struct words {
	char *text; /* NULL: not there yet, or handed over */
	size_t len;
	size_t names; /* so much of it is people */
	bool is_done;
};

struct crew;

struct member {
	struct crew *crew;
	struct assemble assemble;
	struct faults faults;
	bool *linked;
	pthread_t thread;
};

struct crew {
	const struct crew_task *task;
	struct words *words; /* by page */
	struct member *members;
	size_t member_count, thread_count;
	pthread_mutex_t lock; /* over all below, and is_done */
	pthread_cond_t moved;
	size_t next; /* the first page that nobody has begun */
	size_t indexed; /* pages before this one are in the index */
	bool failed;
	struct err err; /* what failed first */
};

/* How many threads are worth it; 1 is the one that calls. */
static size_t
crew_size(size_t pages)
{
	cpu_set_t set;
	size_t n = 1;

	if (pages >= PAGES_MIN && sched_getaffinity(0, sizeof set, &set) == 0)
		n = (size_t)CPU_COUNT(&set);
	return n < THREADS_MAX ? n : THREADS_MAX;
}

static int
assemble_page(struct member *m, size_t i, struct err *e)
{
	const struct crew_task *task = m->crew->task;
	struct words *words = &m->crew->words[i];

	if (assemble_entry(&m->assemble, (uint32_t)i, task->order[i],
		&task->additions[i], e) != 0)
		return -1;
	if (!m->assemble.has_words)
		return 0;
	words->names = m->assemble.names;
	words->text = buf_take(&m->assemble.words, &words->len);
	return words->text != NULL ? 0
				   : err_set(e, ERR_MEMORY, "memory ran out");
}

static int
index_page(const struct crew *crew, size_t i, struct err *e)
{
	const struct item *item = &crew->task->site->items[i];
	struct words *w = &crew->words[i];
	struct str text = {w->text, w->len};
	int r;

	if (crew->task->search == NULL)
		return 0;
	r = search_builder_add(crew->task->search, item->path, item->selector,
	    item->title, str_sub(text, 0, w->names),
	    str_sub(text, w->names, text.n), e);
	free(w->text);
	w->text = NULL;
	return r;
}

/* With the lock held. */
static void
fail(struct crew *crew, const struct err *e)
{
	if (!crew->failed)
		crew->err = *e;
	crew->failed = true;
	pthread_cond_broadcast(&crew->moved);
}

/* The next pages that nobody has begun, once the search is near; false when
 * there is nothing left to do. With the lock held. */
static bool
take_batch(struct crew *crew, size_t *from, size_t *end)
{
	size_t count = crew->task->count;

	while (!crew->failed && crew->next < count &&
	    crew->next >= crew->indexed + AHEAD)
		pthread_cond_wait(&crew->moved, &crew->lock);
	if (crew->failed || crew->next == count)
		return false;
	*from = crew->next;
	*end = count - *from < BATCH ? count : *from + BATCH;
	crew->next = *end;
	return true;
}

static void *
work(void *member)
{
	struct member *m = member;
	struct crew *crew = m->crew;
	struct err e = ERR_INIT;
	size_t from, end;
	int r = 0;

	pthread_mutex_lock(&crew->lock);
	while (take_batch(crew, &from, &end)) {
		pthread_mutex_unlock(&crew->lock);
		for (size_t i = from; r == 0 && i < end; i++)
			r = assemble_page(m, i, &e);
		pthread_mutex_lock(&crew->lock);
		if (r != 0)
			fail(crew, &e);
		for (size_t i = from; r == 0 && i < end; i++)
			crew->words[i].is_done = true;
		pthread_cond_broadcast(&crew->moved);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Page after page into the index, as the threads get done with them. */
static void
index_all(struct crew *crew)
{
	struct err e = ERR_INIT;

	pthread_mutex_lock(&crew->lock);
	for (size_t i = 0; i < crew->task->count; i++) {
		while (!crew->failed && !crew->words[i].is_done)
			pthread_cond_wait(&crew->moved, &crew->lock);
		if (crew->failed)
			break;
		pthread_mutex_unlock(&crew->lock);
		if (index_page(crew, i, &e) != 0) {
			pthread_mutex_lock(&crew->lock);
			fail(crew, &e);
			break;
		}
		pthread_mutex_lock(&crew->lock);
		crew->indexed = i + 1;
		if (crew->indexed % BATCH == 0)
			pthread_cond_broadcast(&crew->moved);
	}
	pthread_mutex_unlock(&crew->lock);
}

/* Where no thread can be had, all is done by the one that calls. */
static int
assemble_alone(struct crew *crew, struct err *e)
{
	for (size_t i = 0; i < crew->task->count; i++)
		if (assemble_page(&crew->members[0], i, e) != 0 ||
		    index_page(crew, i, e) != 0)
			return -1;
	return 0;
}

static int
assemble_together(struct crew *crew, struct err *e)
{
	while (crew->thread_count < crew->member_count) {
		struct member *m = &crew->members[crew->thread_count];

		if (pthread_create(&m->thread, NULL, work, m) != 0)
			break;
		crew->thread_count++;
	}
	if (crew->thread_count == 0)
		return assemble_alone(crew, e);
	index_all(crew);
	for (size_t i = 0; i < crew->thread_count; i++)
		pthread_join(crew->members[i].thread, NULL);
	if (crew->failed)
		*e = crew->err;
	return crew->failed ? -1 : 0;
}

static int
begin(struct crew *crew, struct err *e)
{
	const struct crew_task *task = crew->task;
	struct site *site = task->site;
	size_t n = crew_size(task->count);

	crew->words = calloc(task->count + 1, sizeof *crew->words);
	crew->members = calloc(n, sizeof *crew->members);
	site->kept = arena_array(&site->arena, n, sizeof *site->kept);
	if (crew->words == NULL || crew->members == NULL || site->kept == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	site->kept_count = n;
	for (; crew->member_count < n; crew->member_count++) {
		struct member *m = &crew->members[crew->member_count];

		m->crew = crew;
		faults_init(&m->faults);
		assemble_init(&m->assemble);
		m->linked = calloc(site->item_count + 1, sizeof *m->linked);
		m->assemble.site = site;
		m->assemble.keep = &site->kept[crew->member_count];
		m->assemble.faults = &m->faults;
		m->assemble.withheld = task->withheld;
		m->assemble.linked = m->linked;
		m->assemble.has_words = task->search != NULL;
		if (m->linked == NULL)
			return err_set(e, ERR_MEMORY, "memory ran out");
	}
	return 0;
}

/* What one thread found, to what all of them found. */
static void
end_member(const struct crew_task *task, struct member *m)
{
	for (size_t i = 0; i < m->faults.count; i++) {
		const struct fault *f = &m->faults.list[i];

		faults_add(task->faults, f->kind, f->file, f->line, "%.*s",
		    STR_ARG(f->text));
	}
	for (size_t i = 0; m->linked != NULL && i < task->site->item_count; i++)
		task->linked[i] |= m->linked[i];
	faults_release(&m->faults);
	assemble_release(&m->assemble);
	free(m->linked);
}

static void
end(struct crew *crew)
{
	for (size_t i = 0; i < crew->member_count; i++)
		end_member(crew->task, &crew->members[i]);
	for (size_t i = 0; crew->words != NULL && i < crew->task->count; i++)
		free(crew->words[i].text);
	free(crew->words);
	free(crew->members);
	pthread_mutex_destroy(&crew->lock);
	pthread_cond_destroy(&crew->moved);
}

int
crew_assemble(const struct crew_task *task, struct err *e)
{
	struct crew crew = {.task = task};
	int r;

	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.moved, NULL);
	r = begin(&crew, e);
	if (r == 0)
		r = crew.member_count > 1 ? assemble_together(&crew, e)
					  : assemble_alone(&crew, e);
	end(&crew);
	return r;
}
