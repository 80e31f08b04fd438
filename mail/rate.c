#include "mail/rate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define DOMAINS 4096
/* This hour and 24 before it, so that no 24 hours are without one. */
#define HOURS 25
#define COUNT_BITS 32

/* When the next message is expected, were all evenly spaced (the generic cell
 * rate algorithm, ITU-T I.371: a token bucket in one number). */
struct place {
	_Atomic int64_t next;
	_Atomic int64_t line; /* where the line of those turned away ends */
};

struct rate {
	_Atomic int64_t second;
	_Atomic uint64_t hours[HOURS]; /* the hour above, its count below */
	struct place domains[DOMAINS];
};

struct pace {
	int64_t interval; /* us */
	int64_t burst; /* messages */
};

/* So that burst and what follows it within the window are limit together. */
static struct pace
pace_of(int64_t limit, int64_t window)
{
	struct pace p = {.burst = limit / 10 > 0 ? limit / 10 : 1};
	int64_t spaced = limit - p.burst + 1;

	p.interval = (window + spaced - 1) / spaced;
	return p;
}

static int64_t
take(_Atomic int64_t *at, struct pace p, int64_t now)
{
	int64_t slack = p.interval * (p.burst - 1);
	int64_t was = atomic_load(at), next;

	do {
		next = was;
		/* Long ago, or of another boot or configuration. */
		if (next < now || next > now + slack + p.interval)
			next = now;
		if (next > now + slack)
			return next - now - slack;
	} while (!atomic_compare_exchange_weak(at, &was, next + p.interval));
	return 0;
}

int64_t
rate_second(struct rate *r, int64_t per_second, int64_t now_us)
{
	if (per_second == 0)
		return 0;
	return take(&r->second, pace_of(per_second, SECOND), now_us);
}

static int64_t
hour_of(uint64_t entry)
{
	return (int64_t)(entry >> COUNT_BITS);
}

static int64_t
count_of(uint64_t entry)
{
	return (int64_t)(entry & (((uint64_t)1 << COUNT_BITS) - 1));
}

/* An entry of another hour that falls on the same place is over. */
static void
count_hour(struct rate *r, int64_t hour, int by)
{
	_Atomic uint64_t *at = &r->hours[hour % HOURS];
	uint64_t was = atomic_load(at), next;
	int64_t count;

	do {
		count = (hour_of(was) == hour ? count_of(was) : 0) + by;
		if (count < 0)
			return;
		next = (uint64_t)hour << COUNT_BITS | (uint64_t)count;
	} while (!atomic_compare_exchange_weak(at, &was, next));
}

/* Of 24 hours and this one; *oldest is the first that has any. */
static int64_t
count_day(const struct rate *r, int64_t hour, int64_t *oldest)
{
	int64_t sum = 0;

	*oldest = hour;
	for (size_t i = 0; i < HOURS; i++) {
		uint64_t entry = atomic_load(&r->hours[i]);
		int64_t at = hour_of(entry);

		if (at > hour || at <= hour - HOURS || count_of(entry) == 0)
			continue;
		sum += count_of(entry);
		if (at < *oldest)
			*oldest = at;
	}
	return sum;
}

int64_t
rate_day(struct rate *r, int64_t per_day, int64_t now)
{
	int64_t hour = now / 3600, oldest;

	/* Counted first, so that two at once never pass one limit; counted
	 * without a limit too, since one may be set tomorrow. */
	count_hour(r, hour, 1);
	if (per_day == 0 || count_day(r, hour, &oldest) <= per_day)
		return 0;
	count_hour(r, hour, -1);
	return (oldest + HOURS) * 3600 - now;
}

void
rate_day_back(struct rate *r, int64_t now)
{
	count_hour(r, now / 3600, -1);
}

static struct place *
place_of(struct rate *r, struct str domain)
{
	return &r->domains[str_hash(domain) % DOMAINS];
}

static int64_t
stand_in_line(_Atomic int64_t *end, int64_t interval, int64_t wait, int64_t now)
{
	int64_t was = atomic_load(end), at;

	do {
		at = was;
		if (at < now + wait || at > now + RATE_LINE_MAX)
			at = now + wait;
	} while (!atomic_compare_exchange_weak(end, &was, at + interval));
	return at - now;
}

int64_t
rate_domain(
    struct rate *r, int64_t per_minute, struct str domain, int64_t now_us)
{
	struct place *place = place_of(r, domain);
	struct pace p;
	int64_t wait;

	if (per_minute == 0)
		return 0;
	p = pace_of(per_minute, MINUTE);
	wait = take(&place->next, p, now_us);
	return wait == 0
	    ? 0
	    : stand_in_line(&place->line, p.interval, wait, now_us);
}

void
rate_domain_back(struct rate *r, int64_t per_minute, struct str domain)
{
	if (per_minute != 0)
		atomic_fetch_sub(&place_of(r, domain)->next,
		    pace_of(per_minute, MINUTE).interval);
}

/* Whole on the disk, so that writing to it cannot fail later. */
static int
map(struct rate **out, int fd, const char *path, struct err *e)
{
	void *p;

	errno = posix_fallocate(fd, 0, sizeof(struct rate));
	if (errno != 0)
		return err_sys(e, "%s: cannot be made", path);
	p = mmap(NULL, sizeof(struct rate), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "%s: cannot be mapped", path);
	*out = p;
	return 0;
}

int
rate_open(struct rate **out, const char *folder, struct err *e)
{
	char path[4096];
	int fd, result;

	snprintf(path, sizeof path, "%s/rates", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "%s: cannot be opened", path);
	result = map(out, fd, path, e);
	close(fd);
	return result;
}

void
rate_close(struct rate *r)
{
	if (r != NULL)
		munmap(r, sizeof *r);
}
