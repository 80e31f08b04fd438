#include "mail/deliver.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/probes.h"
#include "mail/deliver_session.h"
#include "mail/deliver_share.h"
#include "mail/spawn.h"
#include "mail/store_brake.h"
#include "mail/store_delivery.h"
#include "mail/store_letter.h"
#include "mail/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEND_MS 5000
/* A session has connected, and has had the answer to a message, within the
 * times of RFC 5321, section 4.5.3.2, or hangs. */
#define CONNECT_MS 330000
#define ANSWER_MS 660000
/* Asked to stop, one that has nothing on the wire has this long for it. */
#define STOP_MS 2000
/* A connection is worth it for so many messages. */
#define BATCH_MIN 10
#define RATE_SAMPLES 12
#define RATE_MS 500

struct sample {
	int64_t at_ms, done;
};

struct deliver {
	struct share *share;
	int share_fd;
	struct store *store;
	int64_t announcement;
	int64_t per_day;
	int session_max;
	pid_t pids[SHARE_SESSIONS_MAX]; /* 0: none */
	int64_t tend_ms; /* when to tend the store next */
	int64_t stopped_ms; /* 0: goes on */
	int64_t braked, braked_at; /* what was told last */
	struct sample samples[RATE_SAMPLES]; /* the oldest first */
	size_t sample_count;
};

int
deliver_open(
    struct deliver **out, const struct deliver_options *o, struct err *e)
{
	const struct conf *conf = o->conf;
	struct deliver *d = calloc(1, sizeof *d);

	*out = d;
	if (d == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out");
	d->announcement = o->announcement;
	d->per_day = conf->mail.per_day;
	d->session_max = conf->mail.sessions < SHARE_SESSIONS_MAX
	    ? (int)conf->mail.sessions
	    : SHARE_SESSIONS_MAX;
	if (share_new(&d->share, &d->share_fd, conf, e) != 0 ||
	    store_open(&d->store, conf->state.p, e) != 0) {
		deliver_close(d);
		*out = NULL;
		return -1;
	}
	d->share->announcement = o->announcement;
	return 0;
}

static int
running(const struct deliver *d)
{
	int count = 0;

	for (int i = 0; i < d->session_max; i++)
		count += d->pids[i] != 0;
	return count;
}

/* Nothing of ours but the share: SQLite's locks do not survive a fork, and a
 * hung session is to hold nothing. */
static int
spawn(pid_t *pid, int share_fd, int number)
{
	char name[] = SESSION_NAME, digits[16];
	char *argv[] = {name, digits, NULL};

	snprintf(digits, sizeof digits, "%d", number);
	return spawn_self(pid, argv, share_fd, SHARE_FD);
}

static int
start_session(struct deliver *d, struct err *e)
{
	struct share_session *self;
	int number = 0;

	while (d->pids[number] != 0)
		number++;
	self = &d->share->sessions[number];
	atomic_store(&self->alive_ms, clock_ticks_ms());
	atomic_store(&self->has_claim, false);
	atomic_store(&self->answers, 0);
	if (spawn(&d->pids[number], d->share_fd, number) != 0) {
		d->pids[number] = 0;
		return err_sys(e, "no session can be started");
	}
	return 0;
}

/* One that ended by itself has said what is wrong; one that keeps being ended
 * before it gets anywhere is trouble, too. */
static void
session_ended(struct deliver *d, int number, int status)
{
	struct share_session *self = &d->share->sessions[number];
	struct err e = ERR_INIT;

	d->pids[number] = 0;
	d->tend_ms = 0;
	if (!WIFSIGNALED(status) || d->stopped_ms != 0)
		return;
	if (atomic_load(&self->answers) > 0)
		return;
	err_set(&e, ERR_LATER, "a session was ended by signal %d (%s)",
	    WTERMSIG(status), strsignal(WTERMSIG(status)));
	share_trouble(d->share, &e, clock_ticks_ms());
}

static void
reap(struct deliver *d)
{
	int status;

	for (int i = 0; i < d->session_max; i++)
		if (d->pids[i] != 0 &&
		    waitpid(d->pids[i], &status, WNOHANG) == d->pids[i])
			session_ended(d, i, status);
}

/*
 * One that hangs is killed. So is one that was asked to stop and has nothing
 * on the wire: it sets has_claim before it looks whether to stop, so that from
 * now on nothing is claimed behind our back, and nothing comes to be in doubt.
 */
static void
watch_over(struct deliver *d)
{
	int64_t now = clock_ticks_ms();

	for (int i = 0; i < d->session_max; i++) {
		const struct share_session *self = &d->share->sessions[i];
		bool has_claim = atomic_load(&self->has_claim);
		int64_t quiet = now - atomic_load(&self->alive_ms);
		bool hangs = quiet > (has_claim ? ANSWER_MS : CONNECT_MS);
		bool lingers = d->stopped_ms != 0 && !has_claim &&
		    now - d->stopped_ms > STOP_MS;

		if (d->pids[i] == 0 || (!hangs && !lingers))
			continue;
		PROBE2(announce, session__killed, i, quiet);
		kill(d->pids[i], SIGKILL);
	}
}

static int
tend(struct deliver *d, struct err *e)
{
	int64_t now = clock_now(), found = 0, letters = 0;

	if (clock_ticks_ms() < d->tend_ms)
		return 0;
	if (store_deliveries_tend(d->store, now, &found, e) != 0 ||
	    store_letters_tend(d->store, now, &letters, e) != 0)
		return -1;
	atomic_fetch_add(&d->share->in_doubt, found + letters);
	d->tend_ms = clock_ticks_ms() + TEND_MS;
	return 0;
}

static bool
may_start(const struct deliver *d)
{
	const struct share *s = d->share;

	return d->stopped_ms == 0 &&
	    clock_ticks_ms() >= atomic_load(&s->closed_until_ms) &&
	    share_day_full(s, clock_now()) == 0;
}

/* As many as there is work for; a relay in trouble is tried by one. */
static int
start_sessions(struct deliver *d, int64_t due, struct err *e)
{
	int64_t share = (due + d->session_max - 1) / d->session_max, wanted;
	bool in_trouble = atomic_load(&d->share->failures) > 0;
	int is = running(d);

	if (share < BATCH_MIN)
		share = BATCH_MIN;
	/* What is left towards the end is not cut ever smaller. */
	if (is > 0 && share < atomic_load(&d->share->batch))
		share = atomic_load(&d->share->batch);
	if (share > TRANSPORT_BATCH_MAX)
		share = TRANSPORT_BATCH_MAX;
	atomic_store(&d->share->batch, (int)share);
	if (!may_start(d))
		return 0;
	wanted = is + (due + share - 1) / share;
	if (wanted > d->session_max)
		wanted = d->session_max;
	if (in_trouble && wanted > 1)
		wanted = 1;
	for (; is < wanted; is++)
		if (start_session(d, e) != 0)
			return -1;
	return 0;
}

/* Messages a second, over the last seconds. */
static double
measure(struct deliver *d, int64_t done)
{
	int64_t now = clock_ticks_ms(), passed;
	struct sample *s = d->samples;
	size_t n = d->sample_count;

	if (n == 0 || now - s[n - 1].at_ms >= RATE_MS) {
		if (n == RATE_SAMPLES)
			memmove(s, s + 1, --n * sizeof *s);
		s[n++] = (struct sample){now, done};
	}
	d->sample_count = n;
	passed = now - s[0].at_ms;
	return passed > 0 ? (double)(done - s[0].done) * 1000 / (double)passed
			  : 0;
}

static void
say_trouble(struct deliver *d, struct deliver_report *r)
{
	int64_t day_full = share_day_full(d->share, clock_now());
	struct buf when;

	share_say(d->share, r->trouble, sizeof r->trouble);
	if (r->trouble[0] != '\0' || day_full == 0)
		return;
	buf_init(&when, 64);
	date_rfc3339(&when, day_full);
	snprintf(r->trouble, sizeof r->trouble,
	    "%lld messages in 24 hours are as many as per_day allows; it goes "
	    "on at %s",
	    (long long)d->per_day, when.data);
	buf_release(&when);
}

static void
say_braked(struct deliver *d, struct deliver_report *r)
{
	int64_t id = atomic_exchange(&d->share->braked, 0);
	struct brake brake;
	struct arena a;
	struct buf b;

	if (id == 0)
		return;
	arena_init(&a);
	buf_init(&b, sizeof r->braked);
	/* Each session that runs into it tells. */
	if (store_brake(d->store, id, &brake, &a, NULL) == 0 &&
	    brake.state == BRAKE_ON &&
	    (id != d->braked || brake.changed != d->braked_at)) {
		d->braked = id;
		d->braked_at = brake.changed;
		buf_printf(&b, "announcement %lld is paused: ", (long long)id);
		brake_say(&b, &brake);
		snprintf(r->braked, sizeof r->braked, "%s", b.data);
	}
	buf_release(&b);
	arena_release(&a);
}

static void
report(struct deliver *d, struct deliver_report *r)
{
	struct share *s = d->share;

	r->sessions = running(d);
	r->sent = atomic_load(&s->sent);
	r->deferred = atomic_load(&s->deferred);
	r->failed = atomic_load(&s->failed);
	r->in_doubt = atomic_load(&s->in_doubt);
	r->rate = measure(d, r->sent + r->deferred + r->failed);
	say_trouble(d, r);
	say_braked(d, r);
}

int
deliver_tick(struct deliver *d, struct deliver_report *r, struct err *e)
{
	int64_t due = 0, max = (int64_t)d->session_max * TRANSPORT_BATCH_MAX;
	int result;

	memset(r, 0, sizeof *r);
	reap(d);
	watch_over(d);
	result = tend(d, e);
	if (result == 0)
		result = store_deliveries_due(d->store, d->announcement,
		    clock_now(), max, &due, &r->next_due, e);
	if (result == 0 && due > 0)
		result = start_sessions(d, due, e);
	report(d, r);
	r->idle = result == 0 && due == 0 && r->sessions == 0;
	return result;
}

void
deliver_stop(struct deliver *d)
{
	if (d->stopped_ms != 0)
		return;
	d->stopped_ms = clock_ticks_ms();
	atomic_store(&d->share->stop, true);
}

void
deliver_close(struct deliver *d)
{
	if (d == NULL)
		return;
	for (int i = 0; i < d->session_max; i++)
		if (d->pids[i] != 0)
			kill(d->pids[i], SIGKILL);
	for (int i = 0; i < d->session_max; i++)
		while (d->pids[i] != 0 && waitpid(d->pids[i], NULL, 0) < 0 &&
		    errno == EINTR)
			continue;
	/* What they had leased is free again, and what was on the wire in
	 * doubt. Nobody waits for it: whoever delivers next does the same. */
	d->tend_ms = 0;
	if (d->store != NULL)
		tend(d, NULL);
	store_close(d->store);
	if (d->share_fd > 0)
		close(d->share_fd);
	share_free(d->share);
	free(d);
}
