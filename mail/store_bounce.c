#include "mail/store_bounce.h"
#include "mail/bounce_score.h"
#include "mail/store_inner.h"
#include "mail/store_letter.h"
#include "mail/store_subscriber.h"

/* Far more than count: the newest come first. */
#define BOUNCES_MAX 200
#define DELIVERIES_MAX 100
#define LISTS_MAX 100

int
store_bounce_add(struct store *s, int64_t subscriber,
    const struct store_bounce *bounce, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, NEW_BOUNCE, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, bounce->announcement);
	store_bind_int(q, 3, bounce->at);
	store_bind_int(q, 4, bounce->permanent);
	store_bind(q, 5, bounce->status);
	store_bind(q, 6, bounce->text);
	store_bind_int(q, 7, bounce->is_excused);
	return store_do(s, q, NULL, e);
}

/* All rows of a question, their addresses too unless that is NULL. */
static int
read_bounces(struct store *s, sqlite3_stmt *q, struct arena *a,
    struct store_bounce *out, struct str *address, size_t *count, struct err *e)
{
	int got;

	while ((got = store_next(s, q, e)) > 0) {
		if (address != NULL)
			address[*count] = store_text(q, 6, a);
		out[(*count)++] = (struct store_bounce){
		    .at = store_int(q, 0),
		    .announcement = store_int(q, 1),
		    .permanent = store_int(q, 2) != 0,
		    .status = store_text(q, 3, a),
		    .text = store_text(q, 4, a),
		    .is_excused = store_int(q, 5) != 0,
		};
	}
	return got < 0 ? -1 : arena_ok(a, e);
}

int
store_bounces(struct store *s, int64_t subscriber, struct arena *a,
    struct store_bounce *out, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, BOUNCES_OF_SUBSCRIBER, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, (int64_t)max);
	return read_bounces(s, q, a, out, NULL, count, e);
}

int
store_bounces_latest(struct store *s, struct arena *a, struct store_bounce *out,
    struct str *address, size_t max, size_t *count, struct err *e)
{
	sqlite3_stmt *q = store_ask(s, BOUNCES_LATEST, e);

	*count = 0;
	if (q == NULL)
		return -1;
	store_bind_int(q, 1, (int64_t)max);
	return read_bounces(s, q, a, out, address, count, e);
}

/* When the last message to them arrived. */
static int
last_arrival(struct store *s, int64_t subscriber, int64_t now, struct arena *a,
    const struct store_bounce *bounces, size_t count, int64_t *out,
    struct err *e)
{
	struct store_delivery *d = arena_array(a, DELIVERIES_MAX, sizeof *d);
	int64_t sent[DELIVERIES_MAX];
	size_t n = 0, all = 0;

	if (d == NULL)
		return arena_ok(a, e);
	if (store_deliveries_of(s, subscriber, a, d, DELIVERIES_MAX, &all, e) !=
	    0)
		return -1;
	for (size_t i = 0; i < all; i++)
		if (d[i].state == DELIVERY_SENT)
			sent[n++] = d[i].changed;
	*out = bounce_arrived(bounces, count, sent, n, now);
	return 0;
}

/* Their bounces, and the time up to which these do not count. */
static int
load(struct store *s, int64_t subscriber, int64_t now, struct arena *a,
    struct store_bounce **bounces, size_t *count, int64_t *since, struct err *e)
{
	*bounces = arena_array(a, BOUNCES_MAX, sizeof **bounces);
	*count = 0;
	*since = 0;
	if (*bounces == NULL)
		return arena_ok(a, e);
	if (store_bounces(s, subscriber, a, *bounces, BOUNCES_MAX, count, e) !=
	    0)
		return -1;
	return last_arrival(s, subscriber, now, a, *bounces, *count, since, e);
}

/* Most servers say the status in their text, too: once is enough. */
static struct str
words_of(struct arena *a, const struct store_bounce *b)
{
	if (b->status.n == 0 || str_find(b->text, b->status) >= 0)
		return b->text;
	return arena_printf(
	    a, "%.*s %.*s", STR_ARG(b->status), STR_ARG(b->text));
}

static int
suspend(struct store *s, const struct store_member *m,
    const struct bounce_score *score, int64_t now, struct arena *a,
    struct err *e)
{
	struct store_entry entry = {
	    .state = MEMBER_SUSPENDED, .way = WAY_BOUNCE, .at = now};
	struct str said = words_of(a, score->why);

	if (bounce_weigh(score->why) == BOUNCE_PERMANENT)
		entry.why =
		    arena_printf(a, "the address is dead: %.*s", STR_ARG(said));
	else
		entry.why =
		    arena_printf(a, "mail came back on %d days, last: %.*s",
			score->days, STR_ARG(said));
	if (arena_ok(a, e) != 0)
		return -1;
	return store_member_enter(s, m->subscriber.id, m->list, &entry, e);
}

/* What came back before somebody subscribed (again) does not count. */
static int
judge(struct store *s, int64_t subscriber, int64_t now, struct arena *a,
    bool *suspended, struct err *e)
{
	struct store_member_query query = {
	    .subscriber = subscriber, .state = MEMBER_ACTIVE};
	struct store_member *m = arena_array(a, LISTS_MAX, sizeof *m);
	struct store_member_cursor after = {0};
	struct store_bounce *bounces;
	size_t count, members = 0;
	int64_t since;

	if (m == NULL)
		return arena_ok(a, e);
	if (load(s, subscriber, now, a, &bounces, &count, &since, e) != 0 ||
	    store_members(s, &query, &after, a, m, LISTS_MAX, &members, e) != 0)
		return -1;
	for (size_t i = 0; i < members; i++) {
		int64_t from = m[i].since > since ? m[i].since : since;
		struct bounce_score score =
		    bounce_score(bounces, count, from - 1, now);

		if (score.why == NULL)
			continue;
		*suspended = true;
		if (suspend(s, &m[i], &score, now, a, e) != 0)
			return -1;
	}
	return 0;
}

int
store_judge(struct store *s, int64_t subscriber, int64_t now, bool *suspended,
    struct err *e)
{
	struct arena a;
	int result;

	arena_init(&a);
	result = judge(s, subscriber, now, &a, suspended, e);
	arena_release(&a);
	return result;
}

/* Somebody's delivery of an announcement; 0: there is none. */
static int
delivery_of(struct store *s, int64_t subscriber, int64_t announcement,
    int64_t *delivery, struct err *e)
{
	sqlite3_stmt *q;

	*delivery = 0;
	if (announcement == 0)
		return 0;
	if ((q = store_ask(s, DELIVERY_OF_MEMBER, e)) == NULL)
		return -1;
	store_bind_int(q, 1, subscriber);
	store_bind_int(q, 2, announcement);
	return store_number(s, q, delivery, e) < 0 ? -1 : 0;
}

/* What comes of a brake's bounce that came by mail: its message has not
 * arrived. */
static int
came_back(struct store *s, int64_t delivery, const struct store_bounce *bounce,
    struct err *e)
{
	sqlite3_stmt *q = store_ask(s, DELIVERY_CAME_BACK, e);

	if (q == NULL)
		return -1;
	store_bind_int(q, 1, delivery);
	store_bind_int(q, 2, bounce->at);
	store_bind(q, 3, bounce->text);
	return store_do(s, q, NULL, e);
}

static int
take(struct store *s, int64_t subscriber, const struct store_bounce *bounce,
    bool by_mail, bool *suspended, struct err *e)
{
	struct store_bounce b = *bounce;
	bool is_braked = false;
	int64_t delivery;

	if (delivery_of(s, subscriber, b.announcement, &delivery, e) != 0 ||
	    (b.permanent &&
		store_brake_excuses(s, delivery, by_mail, &b.is_excused, e) !=
		    0) ||
	    store_bounce_add(s, subscriber, &b, e) != 0)
		return -1;
	if (b.is_excused)
		return by_mail ? came_back(s, delivery, &b, e) : 0;
	if (b.permanent && by_mail &&
	    store_brake_returned(s, delivery, b.at, b.text, &is_braked, e) != 0)
		return -1;
	return is_braked ? 0 : store_judge(s, subscriber, b.at, suspended, e);
}

static int
take_whole(struct store *s, int64_t subscriber,
    const struct store_bounce *bounce, bool by_mail, bool *suspended,
    struct err *e)
{
	*suspended = false;
	if (store_step(s, e) != 0)
		return -1;
	return store_settle(
	    s, take(s, subscriber, bounce, by_mail, suspended, e), e);
}

int
store_bounce_take(struct store *s, int64_t subscriber,
    const struct store_bounce *bounce, bool *suspended, struct err *e)
{
	return take_whole(s, subscriber, bounce, false, suspended, e);
}

/* Whose it is; 0: a letter's to nobody known. */
static int
owner_of(struct store *s, struct str token, int64_t *subscriber,
    struct arena *a, struct err *e)
{
	struct store_subscriber who;
	struct store_letter letter;
	struct err why = ERR_INIT;

	if (store_subscriber_by_token(s, &who, a, token, &why) == 0) {
		*subscriber = who.id;
		return 0;
	}
	if (why.kind != ERR_MISSING)
		return err_set(e, why.kind, "%s", why.msg);
	if (store_letter_by_token(s, &letter, a, token, e) != 0)
		return -1;
	*subscriber = letter.subscriber;
	return 0;
}

/* Of which announcement to them a message was, by its Message-ID; 0: none. */
static int
announcement_of(struct store *s, int64_t subscriber, struct str message_id,
    int64_t *announcement, struct err *e)
{
	struct str token = str_sub(message_id, 0, TOKEN_LEN);
	sqlite3_stmt *q;

	if (message_id.n <= TOKEN_LEN || message_id.p[TOKEN_LEN] != '.')
		return 0;
	if ((q = store_ask(s, ANNOUNCEMENT_OF_MESSAGE, e)) == NULL)
		return -1;
	store_bind(q, 1, token);
	store_bind_int(q, 2, subscriber);
	return store_number(s, q, announcement, e) < 0 ? -1 : 0;
}

int
store_bounce_of_token(struct store *s, struct str token,
    struct store_bounce *bounce, bool *suspended, struct err *e)
{
	int64_t subscriber;
	struct arena a;
	int result;

	*suspended = false;
	arena_init(&a);
	result = owner_of(s, token, &subscriber, &a, e);
	arena_release(&a);
	if (result != 0 || subscriber == 0)
		return result;
	if (bounce->announcement == 0 &&
	    announcement_of(s, subscriber, bounce->message_id,
		&bounce->announcement, e) != 0)
		return -1;
	return take_whole(s, subscriber, bounce, true, suspended, e);
}

int
store_bounce_score(struct store *s, int64_t subscriber, int64_t now,
    struct arena *a, struct bounce_score *out, struct err *e)
{
	struct store_bounce *bounces;
	int64_t since;
	size_t count;

	if (load(s, subscriber, now, a, &bounces, &count, &since, e) != 0)
		return -1;
	*out = bounce_score(bounces, count, since, now);
	return 0;
}
