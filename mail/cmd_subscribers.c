#include "mail/cmd_subscribers.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "mail/cmd.h"
#include "mail/store_subscriber.h"

#include <stdio.h>
#include <string.h>

#define RECORD_MAX ((size_t)1 << 20)
#define PAGE 500

#define FILTERS                                         \
	"  --list NAME     only members of this list\n" \
	"  --state STATE   only pending, active, suspended or left ones\n"

const struct cmd cmd_subscribers[] = {
    {"add", "ADDRESS [--list NAME] [--consent TEXT]",
	"subscribe somebody who asked for it, and note how they did",
	cmd_subscribers_add, NULL,
	"  --list NAME     of the configuration; else the first\n"
	"  --consent TEXT  what shows that they asked; needed to bring back\n"
	"                  somebody who has left\n"},
    {"erase", "ADDRESS [--yes]",
	"forget a person for good, so that no import brings them back",
	cmd_subscribers_erase, NULL, "  --yes  answers the question\n"},
    {"export", "[--list NAME] [--state STATE]",
	"write members as CSV, which import takes back", cmd_subscribers_export,
	NULL, FILTERS},
    {"import", "FILE.csv [--list NAME] [--dry-run] [--skip-faults]",
	"subscribe those in a CSV file with a header row",
	cmd_subscribers_import, NULL,
	"  --list NAME     for rows that name none; else the first of the\n"
	"                  configuration\n"
	"  --dry-run       say what would become of each row, change nothing\n"
	"  --skip-faults   import the other rows; else a fault stops all\n"
	"\n"
	"Columns are address, and if there are list, state, since, way,\n"
	"consent and why. FILE.csv can be \"-\", standard input.\n"},
    {"list", "[--list NAME] [--state STATE] [--json]",
	"print members: pending, active, suspended or left",
	cmd_subscribers_list, NULL, FILTERS "  --json          for programs\n"},
    {"remove", "ADDRESS [--list NAME]",
	"take somebody off a list, or off all lists", cmd_subscribers_remove,
	NULL, "  --list NAME  only off this one\n"},
    {"show", "ADDRESS", "print all that is known of one person, as JSON",
	cmd_subscribers_show, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

/* What a list or an export is asked for. */
static int
read_query(struct store_member_query *query, struct cmd_env *env,
    const char *list, const char *state, struct err *e)
{
	*query = (struct store_member_query){.state = MEMBER_ANY};
	if (state != NULL &&
	    member_state_parse(&query->state, str_of(state)) != 0)
		return err_set(e, ERR_USAGE,
		    "--state takes pending, active, suspended or left");
	return list == NULL ? 0 : cmd_list(env, &query->list, str_of(list), e);
}

/* Prints a page of members. Returns how many there were. */
static int
print_page(struct store *s, const struct store_member_query *query,
    struct store_member_cursor *after, const struct subscribers_format *format,
    size_t done, struct err *e)
{
	struct store_member page[PAGE];
	struct arena a;
	struct buf b;
	size_t count;
	int result;

	arena_init(&a);
	buf_init(&b, RECORD_MAX);
	result = store_members(s, query, after, &a, page, PAGE, &count, e);
	for (size_t i = 0; result == 0 && i < count; i++) {
		buf_clear(&b);
		if (done + i > 0)
			buf_puts(&b, format->between);
		format->put(&b, &page[i]);
		result = buf_ok(&b, "a subscriber's record", e);
		fwrite(b.data, 1, b.len, stdout);
	}
	buf_release(&b);
	arena_release(&a);
	return result == 0 ? (int)count : -1;
}

int
subscribers_print(struct cmd_env *env, int argc, char **argv,
    const struct subscribers_format *plain,
    const struct subscribers_format *json, struct err *e)
{
	const char *list = NULL, *state = NULL;
	bool is_json = false;
	struct cmd_option options[] = {
	    {"--list", NULL, &list},
	    {"--state", NULL, &state},
	    {json != NULL ? "--json" : NULL, &is_json, NULL},
	    {NULL, NULL, NULL},
	};
	struct store_member_cursor after = {0};
	struct store_member_query query;
	struct store *s;
	size_t done = 0;
	int got;

	if (cmd_words(argc, argv, options, 0, 0, "", e) < 0 ||
	    read_query(&query, env, list, state, e) != 0 ||
	    cmd_store(env, &s, e) != 0)
		return -1;
	if (is_json)
		plain = json;
	fputs(plain->begin, stdout);
	while ((got = print_page(s, &query, &after, plain, done, e)) > 0)
		done += (size_t)got;
	fputs(plain->end, stdout);
	store_close(s);
	return got;
}

static void
put_line(struct buf *to, const struct store_member *m)
{
	buf_printf(to, "%.*s\t%.*s\t%s\t", STR_ARG(m->subscriber.address),
	    STR_ARG(m->list), member_state_name(m->state));
	date_rfc3339(to, m->since);
	buf_printf(to, "\t%s\n", member_way_name(m->way));
}

void
subscribers_put_json(struct buf *to, const struct store_member *m)
{
	buf_puts(to, "{\"address\":");
	json_string(to, m->subscriber.address);
	buf_puts(to, ",\"list\":");
	json_string(to, m->list);
	buf_printf(
	    to, ",\"state\":\"%s\",\"since\":\"", member_state_name(m->state));
	date_rfc3339(to, m->since);
	buf_printf(
	    to, "\",\"way\":\"%s\",\"consent\":", member_way_name(m->way));
	json_string(to, m->consent);
	buf_puts(to, ",\"why\":");
	json_string(to, m->why);
	buf_putc(to, '}');
}

int
cmd_subscribers_list(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	static const struct subscribers_format plain = {"", "", "", put_line};
	static const struct subscribers_format json = {
	    "[", ",\n", "]\n", subscribers_put_json};

	return subscribers_print(env, argc, argv, &plain, &json, e);
}

/* Somebody who was a member in another state comes back only if there is
 * something to show for it. */
static int
bring_back(struct store *s, const struct store_member *m, enum member_state was,
    bool has_consent, struct err *e)
{
	struct store_entry entry = {.state = MEMBER_ACTIVE,
	    .way = WAY_ORGANIZER,
	    .at = m->since,
	    .consent = m->consent};
	struct store_subscriber found;
	struct arena a;
	int result;

	if (!has_consent)
		return err_set(e, ERR_REFUSED,
		    "%.*s is on the list %.*s as %s; if they asked to get it "
		    "again, say how with --consent \"...\"",
		    STR_ARG(m->subscriber.address), STR_ARG(m->list),
		    member_state_name(was));
	arena_init(&a);
	result = store_subscriber_find(s, &found, &a, m->subscriber.address, e);
	if (result == 0)
		result = store_member_enter(s, found.id, m->list, &entry, e);
	arena_release(&a);
	return result;
}

static int
add(struct store *s, const struct store_member *m, bool has_consent,
    struct err *e)
{
	enum member_state was = MEMBER_ACTIVE;
	enum member_outcome outcome;

	if (store_member_add(s, m, &outcome, &was, e) != 0)
		return -1;
	if (outcome == OUTCOME_SUPPRESSED)
		return err_set(e, ERR_REFUSED,
		    "%.*s was erased; only they themselves can come back, by "
		    "subscribing",
		    STR_ARG(m->subscriber.address));
	if (outcome == OUTCOME_MEMBER && was != MEMBER_ACTIVE &&
	    bring_back(s, m, was, has_consent, e) != 0)
		return -1;
	fprintf(stderr, "%.*s %s the list %.*s\n",
	    STR_ARG(m->subscriber.address),
	    outcome == OUTCOME_MEMBER && was == MEMBER_ACTIVE ? "was already on"
							      : "is now on",
	    STR_ARG(m->list));
	return 0;
}

void
subscribers_consent(struct buf *to, const char *how, int64_t at)
{
	buf_printf(to, "%s on ", how);
	date_rfc3339(to, at);
}

int
cmd_subscribers_add(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	const char *list = NULL, *consent = NULL;
	struct cmd_option options[] = {{"--list", NULL, &list},
	    {"--consent", NULL, &consent}, {NULL, NULL, NULL}};
	struct cmd_address address;
	struct store_member m = {
	    .state = MEMBER_ACTIVE, .way = WAY_ORGANIZER, .since = clock_now()};
	struct store *s;
	struct buf note;
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "an ADDRESS", e) < 0 ||
	    cmd_address(&address, argv[0], e) != 0 ||
	    cmd_list(env, &m.list, str_of(list), e) != 0)
		return -1;
	if (consent != NULL &&
	    (str_has_control(str_of(consent)) || strchr(consent, '\n') != NULL))
		return err_set(e, ERR_USAGE, "--consent takes a line of text");
	if (cmd_store(env, &s, e) != 0)
		return -1;
	buf_init(&note, RECORD_MAX);
	subscribers_consent(&note,
	    consent != NULL ? consent : "added by an organizer", m.since);
	m.subscriber.address = str_of(address.text);
	m.consent = buf_slice(&note);
	result = add(s, &m, consent != NULL, e);
	buf_release(&note);
	store_close(s);
	return result;
}

/* Off one list, or off all of them. */
static int
take_off(struct store *s, const struct store_subscriber *who, struct str only,
    struct err *e)
{
	struct store_entry entry = {.state = MEMBER_LEFT,
	    .way = WAY_ORGANIZER,
	    .at = clock_now(),
	    .why = STR("taken off by an organizer")};
	struct store_member_query query = {.subscriber = who->id};
	struct store_member_cursor after = {0};
	struct store_member page[PAGE];
	struct arena a;
	size_t count;
	int result;

	if (only.n > 0)
		return store_member_enter(s, who->id, only, &entry, e);
	arena_init(&a);
	result = store_members(s, &query, &after, &a, page, PAGE, &count, e);
	for (size_t i = 0; result == 0 && i < count; i++)
		result =
		    store_member_enter(s, who->id, page[i].list, &entry, e);
	arena_release(&a);
	return result;
}

static int
take_off_whole(struct store *s, const struct cmd_address *address,
    struct str list, struct err *e)
{
	struct store_subscriber who;
	struct arena a;
	int result;

	if (store_begin(s, e) != 0)
		return -1;
	arena_init(&a);
	result = store_subscriber_find(s, &who, &a, str_of(address->text), e);
	if (result == 0)
		result = take_off(s, &who, list, e);
	if (result == 0)
		result = store_commit(s, e);
	else
		store_rollback(s);
	arena_release(&a);
	return result == 0 ? 0 : err_wrap(e, "%s", address->text);
}

int
cmd_subscribers_remove(
    struct cmd_env *env, int argc, char **argv, struct err *e)
{
	const char *name = NULL;
	struct cmd_option options[] = {
	    {"--list", NULL, &name}, {NULL, NULL, NULL}};
	struct str list = {NULL, 0};
	struct cmd_address address;
	struct store *s;
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "an ADDRESS", e) < 0 ||
	    cmd_address(&address, argv[0], e) != 0 ||
	    (name != NULL && cmd_list(env, &list, str_of(name), e) != 0) ||
	    cmd_store(env, &s, e) != 0)
		return -1;
	result = take_off_whole(s, &address, list, e);
	store_close(s);
	if (result == 0)
		fprintf(stderr, "%s is off %s%.*s\n", address.text,
		    name != NULL ? "the list " : "all lists", STR_ARG(list));
	return result;
}
