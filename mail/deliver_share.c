#include "mail/deliver_share.h"

#include "mail/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Who has to mend something has time for it. */
#define REFUSED_PAUSES 6
/* What rate_day lets one wait for at most. */
#define DAY_FULL_MAX (25 * 3600)

static const size_t texts[] = {
    offsetof(struct conf, state),
    offsetof(struct conf, mail.from),
    offsetof(struct conf, mail.relay),
    offsetof(struct conf, mail.user),
    offsetof(struct conf, mail.password_file),
    offsetof(struct conf, mail.ca_file),
    offsetof(struct conf, mail.bounces),
    offsetof(struct conf, mail.dkim_domain),
    offsetof(struct conf, mail.dkim_selector),
    offsetof(struct conf, mail.dkim_key),
};
static const size_t numbers[] = {
    offsetof(struct conf, mail.sessions),
    offsetof(struct conf, mail.per_second),
    offsetof(struct conf, mail.per_day),
    offsetof(struct conf, mail.per_domain),
    offsetof(struct conf, mail.give_up),
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int
put(struct share *s, const void *p, size_t n, struct err *e)
{
	if (n > sizeof s->text - s->text_len)
		return err_set(e, ERR_LIMIT,
		    "the configuration of \"mail\" is longer than %zu bytes",
		    sizeof s->text);
	memcpy(s->text + s->text_len, p, n);
	s->text_len += n;
	return 0;
}

/* Each text as its length, its bytes, and a NUL; then the numbers. */
static int
put_conf(struct share *s, const struct conf *conf, struct err *e)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct str *text =
		    (const void *)((const char *)conf + texts[i]);

		if (put(s, &text->n, sizeof text->n, e) != 0 ||
		    (text->n > 0 && put(s, text->p, text->n, e) != 0) ||
		    put(s, "", 1, e) != 0)
			return -1;
	}
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (put(s, (const char *)conf + numbers[i], sizeof(int64_t),
			e) != 0)
			return -1;
	return 0;
}

void
share_conf(const struct share *s, struct conf *conf)
{
	const char *at = s->text;

	*conf = (struct conf){.mail.present = true};
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct str *text = (void *)((char *)conf + texts[i]);

		memcpy(&text->n, at, sizeof text->n);
		text->p = at + sizeof text->n;
		at = text->p + text->n + 1;
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		memcpy((char *)conf + numbers[i], at, sizeof(int64_t));
		at += sizeof(int64_t);
	}
}

int64_t
share_day_full(const struct share *s, int64_t now)
{
	int64_t until = atomic_load(&s->day_full);

	return until > now && until <= now + DAY_FULL_MAX ? until : 0;
}

static int
map(struct share **out, int fd, struct err *e)
{
	void *p = mmap(NULL, sizeof(struct share), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return err_sys(e, "memory for the sessions cannot be shared");
	*out = p;
	return 0;
}

static void
make_locks(struct share *s)
{
	pthread_mutexattr_t shared;

	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&s->writing, &shared);
	pthread_mutex_init(&s->syncing, &shared);
	pthread_mutex_init(&s->trouble_lock, &shared);
	pthread_mutexattr_destroy(&shared);
}

int
share_new(struct share **out, int *fd, const struct conf *conf, struct err *e)
{
	*out = NULL;
	*fd = memfd_create("announce-sessions", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, sizeof(struct share)) != 0)
		return err_sys(e, "memory for the sessions cannot be had");
	if (map(out, *fd, e) != 0)
		return -1;
	(*out)->owner = getpid();
	make_locks(*out);
	return put_conf(*out, conf, e);
}

int
share_inherit(struct share **out, struct err *e)
{
	int result = map(out, SHARE_FD, e);

	close(SHARE_FD);
	return result;
}

void
share_free(struct share *s)
{
	if (s != NULL)
		munmap(s, sizeof *s);
}

/* One who died with it held has at worst left a transaction that SQLite takes
 * back, or half a sentence. */
static void
lock(pthread_mutex_t *m)
{
	if (pthread_mutex_lock(m) == EOWNERDEAD)
		pthread_mutex_consistent(m);
}

int
share_begin(struct share *s, struct store *store, struct err *e)
{
	lock(&s->writing);
	if (store_begin(store, e) == 0)
		return 0;
	pthread_mutex_unlock(&s->writing);
	return -1;
}

int
share_commit(
    struct share *s, struct store *store, int64_t *ticket, struct err *e)
{
	int result = store_commit(store, e);

	if (result == 0)
		*ticket = atomic_fetch_add(&s->written, 1) + 1;
	pthread_mutex_unlock(&s->writing);
	return result;
}

void
share_rollback(struct share *s, struct store *store)
{
	store_rollback(store);
	pthread_mutex_unlock(&s->writing);
}

int
share_sync(struct share *s, struct store *store, int64_t ticket, struct err *e)
{
	int result = 0;

	if (atomic_load(&s->synced) >= ticket)
		return 0;
	lock(&s->syncing);
	if (atomic_load(&s->synced) < ticket) {
		int64_t all = atomic_load(&s->written);

		result = store_sync(store, e);
		if (result == 0)
			atomic_store(&s->synced, all);
	}
	pthread_mutex_unlock(&s->syncing);
	return result;
}

void
share_trouble(struct share *s, const struct err *why, int64_t now_ms)
{
	int times;

	lock(&s->trouble_lock);
	/* Sessions that run into the same at once count as one. */
	if (s->failures == 0 || now_ms >= s->closed_until_ms) {
		times = ++s->failures;
		if (why->kind == ERR_REFUSED)
			times += REFUSED_PAUSES;
		s->closed_until_ms =
		    now_ms + retry_pause(times, (uint64_t)now_ms);
		snprintf(s->trouble, sizeof s->trouble, "%s", why->msg);
	}
	pthread_mutex_unlock(&s->trouble_lock);
}

void
share_healed(struct share *s)
{
	if (atomic_load(&s->failures) == 0)
		return;
	lock(&s->trouble_lock);
	s->failures = 0;
	s->closed_until_ms = 0;
	s->trouble[0] = '\0';
	pthread_mutex_unlock(&s->trouble_lock);
}

void
share_say(struct share *s, char *to, size_t size)
{
	lock(&s->trouble_lock);
	snprintf(to, size, "%s", s->trouble);
	pthread_mutex_unlock(&s->trouble_lock);
}
