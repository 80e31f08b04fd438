#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/yaml.h"
#include "mail/cmd.h"
#include "mail/cmd_subscribers.h"
#include "mail/csv.h"
#include "mail/store_subscriber.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)1 << 28)
#define LINE_MAX_BYTES 4096
#define CONSENT_MAX 2000
#define NOT_UTF8 "not UTF-8: save the file as UTF-8"

static void
put_row(struct buf *to, const struct store_member *m)
{
	struct buf since;

	buf_init(&since, 64);
	date_rfc3339(&since, m->since);
	csv_put(to, m->subscriber.address);
	csv_put(to, m->list);
	csv_put(to, str_of(member_state_name(m->state)));
	csv_put(to, buf_slice(&since));
	csv_put(to, str_of(member_way_name(m->way)));
	csv_put(to, m->consent);
	csv_put(to, m->why);
	csv_end(to);
	buf_release(&since);
}

int
cmd_subscribers_export(
    struct cmd_env *env, int argc, char **argv, struct err *e)
{
	static const struct subscribers_format csv = {
	    "address,list,state,since,way,consent,why\r\n", "", "", put_row};

	return subscribers_print(env, argc, argv, &csv, NULL, e);
}

enum column { ADDRESS, LIST, STATE, SINCE, WAY, CONSENT, WHY, COLUMNS };

/* What a column may be called: what others call "address" beside an "email" is
 * where somebody lives. */
static const char *const titles[COLUMNS][4] = {
    [ADDRESS] = {"email", "e-mail", "mail", "address"},
    [LIST] = {"list"},
    [STATE] = {"state"},
    [SINCE] = {"since"},
    [WAY] = {"way"},
    [CONSENT] = {"consent"},
    [WHY] = {"why"},
};

struct import {
	struct cmd_env *env;
	struct store *store;
	const char *file;
	struct str list; /* of rows that name none */
	int64_t now;
	int at[COLUMNS]; /* -1: the file has none */
	struct str consent; /* of rows that have none */
	int64_t added, members, suppressed, faults;
};

/* Says something about a row, with what stands in its address. */
static void
say(const struct import *i, const struct csv_row *row, const char *what)
{
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	buf_printf(&line, "%s: row %ld: ", i->file, row->row);
	log_escape(&line, str_sub(csv_field(row, i->at[ADDRESS]), 0, 100));
	buf_puts(&line, csv_field(row, i->at[ADDRESS]).n > 0 ? ": " : "");
	fprintf(stderr, "%s%s\n", line.data, what);
	buf_release(&line);
}

/* A field as it was before the export kept spreadsheets from taking it for a
 * formula. */
static struct str
field_of(const struct import *i, const struct csv_row *row, enum column c)
{
	return csv_plain(csv_field(row, i->at[c]));
}

static int
read_since(int64_t *since, struct str field, int64_t now, struct err *e)
{
	struct date d;

	*since = now;
	if (field.n == 0)
		return 0;
	if (date_parse(&d, field, e) != 0 ||
	    date_instant(since, &d, NULL, e) != 0)
		return err_wrap(e, "since");
	if (*since > now)
		return err_set(e, ERR_INPUT, "since is in the future");
	return 0;
}

/* What a row says of a member; the address goes into `to`. */
static int
read_row(const struct import *i, const struct csv_row *row, struct buf *to,
    struct store_member *m, struct err *e)
{
	struct str state = field_of(i, row, STATE);
	struct str way = field_of(i, row, WAY);
	struct str list = field_of(i, row, LIST);

	*m = (struct store_member){.state = MEMBER_ACTIVE,
	    .way = WAY_IMPORT,
	    .list = i->list,
	    .consent = field_of(i, row, CONSENT),
	    .why = field_of(i, row, WHY)};
	if (m->consent.n == 0)
		m->consent = i->consent;
	if (!row->is_utf8)
		return err_set(e, ERR_INPUT, NOT_UTF8);
	if (mailbox_normalise(to, field_of(i, row, ADDRESS), e) != 0 ||
	    read_since(&m->since, field_of(i, row, SINCE), i->now, e) != 0 ||
	    (list.n > 0 && cmd_list(i->env, &m->list, list, e) != 0))
		return -1;
	m->subscriber.address = buf_slice(to);
	if (state.n > 0 && member_state_parse(&m->state, state) != 0)
		return err_set(e, ERR_INPUT,
		    "state is pending, active, suspended or left");
	if (way.n > 0 && member_way_parse(&m->way, way) != 0)
		return err_set(e, ERR_INPUT,
		    "way is organizer, import, gemini, gopher, mail or "
		    "bounce");
	if (m->consent.n > CONSENT_MAX || m->why.n > CONSENT_MAX)
		return err_set(
		    e, ERR_INPUT, "a text has more than %d bytes", CONSENT_MAX);
	return 0;
}

static int
add_row(struct import *i, const struct csv_row *row,
    const struct store_member *m, struct err *e)
{
	enum member_state was = MEMBER_ANY;
	enum member_outcome outcome;
	char what[80];

	if (store_member_add(i->store, m, &outcome, &was, e) != 0)
		return -1;
	switch (outcome) {
	case OUTCOME_ADDED:
		i->added++;
		break;
	case OUTCOME_MEMBER:
		i->members++;
		snprintf(what, sizeof what,
		    "stays as it is: on that list before, as %s",
		    member_state_name(was));
		say(i, row, what);
		break;
	case OUTCOME_SUPPRESSED:
		i->suppressed++;
		say(i, row, "was erased and is left out");
		break;
	}
	return 0;
}

/* A fault of the row is said and counted; only the store's is an error. */
static int
take_row(struct import *i, const struct csv_row *row, struct err *e)
{
	struct err why = ERR_INIT;
	struct store_member m;
	struct buf address;
	int result = 0;

	buf_init(&address, MAILBOX_MAX * 2);
	if (read_row(i, row, &address, &m, &why) == 0) {
		result = add_row(i, row, &m, e);
	} else {
		i->faults++;
		say(i, row, why.msg);
	}
	buf_release(&address);
	return result;
}

/* Where each column is. Those that we do not keep are named, so that nobody
 * thinks that they are. */
static int
read_header(struct import *i, const struct csv_row *header, struct err *e)
{
	bool is_known[CSV_FIELDS_MAX] = {false};

	for (int c = 0; c < COLUMNS; c++) {
		i->at[c] = -1;
		for (int t = 0; t < 4 && i->at[c] < 0; t++)
			if (titles[c][t] != NULL)
				i->at[c] = csv_column(header, titles[c][t]);
		if (i->at[c] >= 0)
			is_known[i->at[c]] = true;
	}
	if (i->at[ADDRESS] < 0 && !header->is_utf8)
		return err_set(e, ERR_INPUT, "row 1: " NOT_UTF8);
	if (i->at[ADDRESS] < 0)
		return err_set(e, ERR_INPUT,
		    "row 1: the first row names the columns, and none of them "
		    "is \"address\"");
	for (size_t f = 0; f < header->count; f++)
		if (!is_known[f] && header->field[f].n > 0)
			fprintf(stderr, "%s: the column \"%s\" is not kept\n",
			    i->file, yaml_show(header->field[f]).s);
	return 0;
}

/* In a transaction that is open. */
static int
take_rows(struct import *i, struct str text, struct err *e)
{
	struct csv_row row;
	struct csv csv;
	bool is_header = true;
	int got = 0, result = 0;

	csv_init(&csv, text);
	while (result == 0) {
		struct arena a;

		arena_init(&a);
		got = csv_next(&csv, &row, &a, e);
		if (got > 0)
			result = is_header ? read_header(i, &row, e)
					   : take_row(i, &row, e);
		arena_release(&a);
		if (got <= 0)
			break;
		is_header = false;
	}
	if (got == 0 && is_header)
		return err_set(e, ERR_INPUT, "there is nothing in it");
	return got < 0 ? -1 : result;
}

static int
conclude(const struct import *i, bool dry_run, bool skip, struct err *e)
{
	bool would = dry_run || (i->faults > 0 && !skip);

	fprintf(stderr,
	    "%s%lld %s, %lld on the list before, %lld erased ones left out, "
	    "%lld fault%s\n",
	    dry_run ? "dry run: " : "", (long long)i->added,
	    would ? "to be added" : "added", (long long)i->members,
	    (long long)i->suppressed, (long long)i->faults,
	    i->faults == 1 ? "" : "s");
	if (i->faults == 0 || (skip && !dry_run))
		return 0;
	return err_set(e, ERR_INPUT,
	    "%s: nothing was imported: mend the rows with faults, or leave "
	    "them out with --skip-faults",
	    i->file);
}

/* All or nothing. A dry run does everything but the last step, so that it
 * cannot say anything else than the import itself. */
static int
import(
    struct import *i, struct str text, bool dry_run, bool skip, struct err *e)
{
	bool is_kept;

	if (store_begin(i->store, e) != 0)
		return -1;
	if (take_rows(i, text, e) != 0) {
		store_rollback(i->store);
		return err_wrap(e, "%s: nothing was imported", i->file);
	}
	is_kept = !dry_run && (i->faults == 0 || skip);
	if (!is_kept)
		store_rollback(i->store);
	else if (store_commit(i->store, e) != 0)
		return -1;
	return conclude(i, dry_run, skip, e);
}

static int
read_file(struct buf *text, const char *file, struct err *e)
{
	if (strcmp(file, "-") == 0)
		return file_read_fd(text, STDIN_FILENO, "standard input", e);
	return file_read(text, AT_FDCWD, file, e);
}

int
cmd_subscribers_import(
    struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct import i = {.env = env, .now = clock_now()};
	bool dry_run = false, skip = false;
	const char *list = NULL;
	struct cmd_option options[] = {{"--list", NULL, &list},
	    {"--dry-run", &dry_run, NULL}, {"--skip-faults", &skip, NULL},
	    {NULL, NULL, NULL}};
	struct buf text, consent;
	int result;

	if (cmd_words(argc, argv, options, 1, 1, "a FILE.csv", e) < 0 ||
	    cmd_list(env, &i.list, str_of(list), e) != 0)
		return -1;
	i.file = argv[0];
	buf_init(&text, FILE_MAX_BYTES);
	buf_init(&consent, LINE_MAX_BYTES);
	subscribers_consent(&consent, "imported by an organizer", i.now);
	i.consent = buf_slice(&consent);
	result = read_file(&text, i.file, e);
	if (result == 0)
		result = cmd_store(env, &i.store, e);
	if (result == 0) {
		result = import(&i, buf_slice(&text), dry_run, skip, e);
		store_close(i.store);
	}
	buf_release(&consent);
	buf_release(&text);
	return result;
}
