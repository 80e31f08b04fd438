#include "content/search.h"

#include "content/wrap.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* The most words of a query that are looked for. */
#define WORDS_MAX 12
/* Scoring a page costs microseconds: of the matches, the first so many are
 * scored. A word that more pages than this have tells them apart badly. */
#define SCORED_MAX 500
/* One line around the match, in words (or CJK characters). */
#define CONTEXT_TOKENS "24"
/* Tokens are runs of letters and digits. Scripts that are written without
 * spaces get this between their characters, in the index as in the query, so
 * that any part of a sentence is found; it never reaches a reader. */
#define SEPARATOR 0x200b
#define MATCH_MARK "\x01"
#define INDEX_MAX ((sqlite3_int64)2 << 30)

struct search_builder {
	sqlite3 *db;
	sqlite3_stmt *insert;
};

struct search {
	sqlite3 *db;
	sqlite3_stmt *count;
	sqlite3_stmt *bound;
	sqlite3_stmt *hits;
};

/* The columns' order is that of bm25's weights. Prefixes of three letters have
 * an index of their own, since many words share one; it takes a third of the
 * whole, and one for two letters would take as much again. */
static const char SCHEMA[] =
    "CREATE VIRTUAL TABLE pages USING fts5(title, people, body,"
    " path UNINDEXED, selector UNINDEXED, prefix='3',"
    " tokenize=\"unicode61 remove_diacritics 2\");"
    "INSERT INTO pages(pages, rank) VALUES('rank', 'bm25(8.0, 4.0, 1.0)');"
    "INSERT INTO pages(pages, rank) VALUES('hashsize', 16777216);"
    "BEGIN;";

static const char INSERT[] =
    "INSERT INTO pages(title, people, body, path, selector)"
    " VALUES(?1, ?2, ?3, ?4, ?5)";

static const char COUNT[] = "SELECT count(*) FROM pages WHERE pages MATCH ?1";

static const char BOUND[] =
    "SELECT rowid FROM pages WHERE pages MATCH ?1 LIMIT 1 OFFSET ?2";

static const char HITS[] =
    "SELECT rowid, path, selector, title,"
    " snippet(pages, 2, '" MATCH_MARK "', '', '…', " CONTEXT_TOKENS "),"
    " snippet(pages, 1, '" MATCH_MARK "', '', '…', " CONTEXT_TOKENS ")"
    " FROM pages WHERE pages MATCH ?1 AND rowid < ?2"
    " ORDER BY rank LIMIT ?3";

static int
fail(sqlite3 *db, const char *what, struct err *e)
{
	int code = db != NULL ? sqlite3_errcode(db) : SQLITE_NOMEM;

	if (code == SQLITE_NOMEM)
		return err_set(e, ERR_MEMORY, "memory ran out for %s", what);
	return err_set(
	    e, ERR_SYSTEM, "%s: SQLite says: %s", what, sqlite3_errmsg(db));
}

static int
bind_str(sqlite3_stmt *stmt, int at, struct str s)
{
	return sqlite3_bind_text64(
	    stmt, at, s.n > 0 ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

/* A private database in memory, with nothing that reaches a file. */
static int
open_memory(sqlite3 **db, struct err *e)
{
	static const int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(":memory:", db, flags, NULL) != SQLITE_OK)
		return fail(*db, "the search index", e);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(*db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(*db, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
	sqlite3_limit(*db, SQLITE_LIMIT_WORKER_THREADS, 0);
	if (sqlite3_exec(*db, "PRAGMA temp_store=memory", NULL, NULL, NULL))
		return fail(*db, "the search index", e);
	return 0;
}

static bool
is_unspaced(int32_t cp)
{
	return (cp >= 0x0e00 && cp <= 0x0eff) || /* Thai, Lao */
	    (cp >= 0x1000 && cp <= 0x109f) || /* Burmese */
	    (cp >= 0x1780 && cp <= 0x17ff) || /* Khmer */
	    (cp >= 0x2e80 && wrap_char_width(cp) == 2);
}

/* Appends text as it is indexed and looked for: UTF-8 without NUL, with
 * separators where the script has no spaces. What needs neither goes in whole
 * runs, and that is nearly all there is. */
static void
spread(struct buf *to, struct str text)
{
	const char *from = text.p;
	bool was = false;

	while (text.n > 0) {
		const char *at = text.p;
		int32_t cp;

		if (*at != '\0' && (unsigned char)*at < 0x80) {
			text = str_sub(text, 1, text.n);
			was = false;
			continue;
		}
		cp = str_next_utf8(&text);
		if (cp <= 0) {
			buf_append(to, from, (size_t)(at - from));
			buf_putc(to, ' ');
			from = text.p;
		} else if (was && is_unspaced(cp)) {
			buf_append(to, from, (size_t)(at - from));
			buf_utf8(to, SEPARATOR);
			from = at;
		}
		was = cp > 0 && is_unspaced(cp);
	}
	buf_append(to, from, (size_t)(text.p - from));
}

int
search_builder_new(struct search_builder **builder, struct err *e)
{
	struct search_builder *b = calloc(1, sizeof *b);
	sqlite3_int64 max = INDEX_MAX;

	if (b == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out for the index");
	/* An empty database of one piece of memory, that grows and stays when
	 * the database is closed: it is handed out without a copy. */
	if (open_memory(&b->db, e) != 0 ||
	    (sqlite3_deserialize(b->db, "main", NULL, 0, 0,
		 SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK &&
		fail(b->db, "the search index", e)) ||
	    ((sqlite3_file_control(
		  b->db, "main", SQLITE_FCNTL_SIZE_LIMIT, &max) != SQLITE_OK ||
		 sqlite3_exec(b->db, SCHEMA, NULL, NULL, NULL) ||
		 sqlite3_prepare_v2(b->db, INSERT, -1, &b->insert, NULL)) &&
		fail(b->db, "the search index", e))) {
		search_builder_free(b);
		return -1;
	}
	*builder = b;
	return 0;
}

/* The database's memory, wherever it has grown to; NULL when it is empty. */
static unsigned char *
memory_of(sqlite3 *db, sqlite3_int64 *size)
{
	*size = 0;
	return sqlite3_serialize(db, "main", size, SQLITE_SERIALIZE_NOCOPY);
}

/* Ends the database; its memory, if there is any, is the caller's. */
static unsigned char *
close_builder(struct search_builder *b, sqlite3_int64 *size)
{
	unsigned char *memory;

	sqlite3_finalize(b->insert);
	b->insert = NULL;
	memory = b->db != NULL ? memory_of(b->db, size) : NULL;
	sqlite3_close(b->db);
	b->db = NULL;
	return memory;
}

void
search_builder_free(struct search_builder *b)
{
	sqlite3_int64 size;

	if (b == NULL)
		return;
	sqlite3_free(close_builder(b, &size));
	free(b);
}

void
search_index_free(char *bytes)
{
	sqlite3_free(bytes);
}

int
search_builder_add(struct search_builder *b, struct str path,
    struct str selector, struct str title, struct str people, struct str text,
    struct err *e)
{
	struct str from[3] = {title, people, text};
	struct buf words[3];
	int r = 0;

	for (int i = 0; i < 3; i++) {
		buf_init(&words[i], INT_MAX);
		spread(&words[i], from[i]);
		if (r == 0)
			r = buf_ok(&words[i], "a page's text", e);
		bind_str(b->insert, i + 1, buf_slice(&words[i]));
	}
	bind_str(b->insert, 4, path);
	bind_str(b->insert, 5, selector);
	if (r == 0 && sqlite3_step(b->insert) != SQLITE_DONE)
		r = fail(b->db, "indexing a page", e);
	sqlite3_reset(b->insert);
	sqlite3_clear_bindings(b->insert);
	for (int i = 0; i < 3; i++)
		buf_release(&words[i]);
	return r;
}

int
search_builder_finish(
    struct search_builder *b, char **bytes, size_t *len, struct err *e)
{
	static const char finish[] =
	    "INSERT INTO pages(pages) VALUES('optimize'); COMMIT;";
	sqlite3_int64 size;
	unsigned char *memory, *exact;

	if (sqlite3_exec(b->db, finish, NULL, NULL, NULL) != SQLITE_OK)
		return fail(b->db, "finishing the search index", e);
	memory = close_builder(b, &size);
	if (memory == NULL || size <= 0) {
		sqlite3_free(memory);
		return err_set(
		    e, ERR_MEMORY, "memory ran out for the search index");
	}
	/* It grew by doubling; what is too much goes back. */
	exact = sqlite3_realloc64(memory, (sqlite3_uint64)size);
	*bytes = (char *)(exact != NULL ? exact : memory);
	*len = (size_t)size;
	return 0;
}

static int
open_index(struct search *s, struct str bytes, struct err *e)
{
	/* SQLite's type is not const, and it does not write when told so. */
	unsigned char *data = (unsigned char *)(uintptr_t)bytes.p;

	if (open_memory(&s->db, e) != 0)
		return -1;
	sqlite3_limit(s->db, SQLITE_LIMIT_SQL_LENGTH, 4096);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* mmap_size lets pages be read in place: the bytes are not copied. */
	if (sqlite3_deserialize(s->db, "main", data, (sqlite3_int64)bytes.n,
		(sqlite3_int64)bytes.n,
		SQLITE_DESERIALIZE_READONLY) != SQLITE_OK ||
	    sqlite3_exec(s->db,
		"PRAGMA mmap_size=2147483648;"
		"PRAGMA query_only=1",
		NULL, NULL, NULL) ||
	    sqlite3_prepare_v3(
		s->db, COUNT, -1, SQLITE_PREPARE_PERSISTENT, &s->count, NULL) ||
	    sqlite3_prepare_v3(
		s->db, BOUND, -1, SQLITE_PREPARE_PERSISTENT, &s->bound, NULL) ||
	    sqlite3_prepare_v3(
		s->db, HITS, -1, SQLITE_PREPARE_PERSISTENT, &s->hits, NULL))
		return fail(s->db, "opening the search index", e);
	return 0;
}

int
search_open(struct search **search, struct str bytes, struct err *e)
{
	struct search *s;

	if (bytes.n == 0)
		return err_set(e, ERR_MISSING, "there is no search index");
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out for the search");
	if (open_index(s, bytes, e) != 0) {
		search_close(s);
		return -1;
	}
	*search = s;
	return 0;
}

void
search_close(struct search *s)
{
	if (s == NULL)
		return;
	sqlite3_finalize(s->count);
	sqlite3_finalize(s->bound);
	sqlite3_finalize(s->hits);
	sqlite3_close(s->db);
	free(s);
}

struct word {
	struct str text;
	bool is_prefix;
};

/* Signs, the star among them, are in no token; those beyond ASCII are rare. */
static bool
is_letter(int32_t cp)
{
	return cp >= 0x80 || (cp >= '0' && cp <= '9') ||
	    ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z');
}

/* A single letter begins too many words to be a prefix; with two of them the
 * visitor has to ask for it. */
static bool
is_prefix(struct str text, bool is_last)
{
	bool asked = str_ends(text, STR("*"));
	int n = 0;

	while (text.n > 0 && n < 3)
		n += is_letter(str_next_utf8(&text));
	return n == 3 ? asked || is_last : n == 2 && asked;
}

/* The length of white space at the beginning of text, or 0. Who types Japanese
 * types a wide one. */
static size_t
scan_space(struct str text)
{
	if (text.n > 0 && (unsigned char)text.p[0] <= ' ')
		return 1;
	return str_starts(text, STR("\xe3\x80\x80")) ? 3 : 0;
}

/* Takes the next word or phrase out of *rest. A quotation mark that is never
 * closed opens nothing. */
static bool
next_word(struct str *rest, struct word *word)
{
	ptrdiff_t end;
	size_t n;

	while ((n = scan_space(*rest)) > 0 || str_starts(*rest, STR("\""))) {
		bool is_quote = n == 0;

		*rest = str_sub(*rest, is_quote ? 1 : n, rest->n);
		end = is_quote ? str_chr(*rest, '"') : -1;
		if (end > 0) {
			*word = (struct word){
			    str_sub(*rest, 0, (size_t)end), false};
			*rest = str_sub(*rest, (size_t)end + 1, rest->n);
			return true;
		}
	}
	while (n < rest->n && rest->p[n] != '"' &&
	    scan_space(str_sub(*rest, n, rest->n)) == 0)
		n++;
	*word = (struct word){str_sub(*rest, 0, n), false};
	*rest = str_sub(*rest, n, rest->n);
	word->is_prefix = is_prefix(word->text, rest->n == 0);
	return n > 0;
}

/* Each word becomes a string of FTS5's query syntax, in which nothing but the
 * quotation mark is special; there is none inside a word. So whatever is
 * typed is a query that parses. */
static void
write_match(struct buf *to, struct str query, const char *between)
{
	struct word word;

	for (int n = 0; n < WORDS_MAX && next_word(&query, &word); n++) {
		if (n > 0)
			buf_puts(to, between);
		buf_putc(to, '"');
		spread(to, word.text);
		buf_putc(to, '"');
		if (word.is_prefix)
			buf_puts(to, " *");
	}
}

/* One whole number for a match expression: how many, or the rowid at an
 * offset. -1 on failure, *found false when there is no row. */
static int
ask(struct search *s, sqlite3_stmt *stmt, struct str match,
    sqlite3_int64 *number, bool *found, struct err *e)
{
	int code, r = 0;

	bind_str(stmt, 1, match);
	code = sqlite3_step(stmt);
	*found = code == SQLITE_ROW;
	if (*found)
		*number = sqlite3_column_int64(stmt, 0);
	else if (code != SQLITE_DONE)
		r = fail(s->db, "searching", e);
	sqlite3_reset(stmt);
	return r;
}

#define LINE_END " · "

/* The white space before what comes next: nothing at the beginning; where a
 * line ended that says no end of its own, a dot in the middle. */
static size_t
put_gap(char *to, size_t n, bool is_line_end)
{
	if (n == 0)
		return 0;
	if (is_line_end && strchr(".:,;!?", to[n - 1]) == NULL) {
		memcpy(to + n, LINE_END, sizeof LINE_END - 1);
		return sizeof LINE_END - 1;
	}
	to[n] = ' ';
	return 1;
}

/* A column's text without what spread and snippet put in, on one line. */
static struct str
plain(struct arena *a, struct str s)
{
	char *to = arena_array(a, s.n + 1, sizeof LINE_END);
	bool is_gap = false, is_line_end = false;
	size_t n = 0;
	int32_t cp;

	if (to == NULL)
		return (struct str){NULL, 0};
	while (s.n > 0) {
		const char *at = s.p;

		cp = str_next_utf8(&s);
		if (cp == MATCH_MARK[0] || cp == SEPARATOR || cp < 0 ||
		    (cp >= 0x7f && cp <= 0x9f))
			continue;
		if (cp <= ' ') {
			is_gap = true;
			is_line_end |= cp == '\n';
			continue;
		}
		if (is_gap)
			n += put_gap(to, n, is_line_end);
		is_gap = is_line_end = false;
		memcpy(to + n, at, (size_t)(s.p - at));
		n += (size_t)(s.p - at);
	}
	return (struct str){to, n};
}

static struct str
column(sqlite3_stmt *stmt, int at)
{
	const char *p = (const char *)sqlite3_column_text(stmt, at);

	return (struct str){p, (size_t)sqlite3_column_bytes(stmt, at)};
}

/* Where the match is: in the text, in the people, or in the title only, which
 * is shown anyway; then the text's beginning. */
static struct str
context(sqlite3_stmt *stmt)
{
	struct str text = column(stmt, 4), people = column(stmt, 5);

	if (str_chr(text, MATCH_MARK[0]) < 0 &&
	    str_chr(people, MATCH_MARK[0]) >= 0)
		return people;
	return text;
}

static bool
has_hit(const struct search_hit *hits, size_t count, struct str path)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(hits[i].path, path))
			return true;
	return false;
}

/* Adds the best hits of a match expression that are not there yet. */
static int
collect(struct search *s, struct arena *a, struct str match,
    struct search_hit *hits, size_t max, size_t *count, struct err *e)
{
	sqlite3_int64 bound = 0;
	int code = SQLITE_DONE;
	bool found;

	sqlite3_bind_int64(s->bound, 2, SCORED_MAX);
	if (ask(s, s->bound, match, &bound, &found, e) != 0)
		return -1;
	bind_str(s->hits, 1, match);
	sqlite3_bind_int64(s->hits, 2, found ? bound : INT64_MAX);
	sqlite3_bind_int64(s->hits, 3, (sqlite3_int64)max);
	while (*count < max && (code = sqlite3_step(s->hits)) == SQLITE_ROW) {
		struct str path = column(s->hits, 1);
		struct search_hit *hit = &hits[*count];

		if (has_hit(hits, *count, path))
			continue;
		hit->path = arena_str(a, path);
		hit->selector = arena_str(a, column(s->hits, 2));
		hit->title = plain(a, column(s->hits, 3));
		hit->context = plain(a, context(s->hits));
		(*count)++;
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		fail(s->db, "searching", e);
	sqlite3_reset(s->hits);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return -1;
	return arena_ok(a, e);
}

/* Where more pages match than are scored, those whose title or people match
 * come first. */
static int
collect_all(struct search *s, struct arena *a, struct buf *match, size_t total,
    struct search_hit *hits, size_t max, size_t *count, struct err *e)
{
	struct buf titles;
	int r = 0;

	if (total > SCORED_MAX) {
		buf_init(&titles, match->max + 64);
		buf_printf(&titles, "{title people} : (%s)", match->data);
		r = buf_ok(&titles, "the query", e);
		if (r == 0)
			r = collect(
			    s, a, buf_slice(&titles), hits, max, count, e);
		buf_release(&titles);
	}
	if (r == 0)
		r = collect(s, a, buf_slice(match), hits, max, count, e);
	return r;
}

int
search_query(struct search *s, struct arena *a, struct str query,
    struct search_hit *hits, size_t max, size_t *count, size_t *total,
    struct err *e)
{
	/* All words; where no page has them all, any of them. A space is FTS5's
	 * AND that leaves out what holds no token, such as a dash alone. */
	static const char *const between[] = {" ", " OR "};
	struct buf match;
	int r = 0;

	*count = *total = 0;
	buf_init(&match, 64 << 10);
	for (int i = 0; r == 0 && *total == 0 && i < 2; i++) {
		sqlite3_int64 n = 0;
		bool found;

		buf_clear(&match);
		write_match(&match, query, between[i]);
		if (match.len == 0)
			break;
		r = buf_ok(&match, "the query", e);
		if (r == 0)
			r = ask(s, s->count, buf_slice(&match), &n, &found, e);
		*total = (size_t)n;
	}
	if (r == 0 && *total > 0)
		r = collect_all(s, a, &match, *total, hits, max, count, e);
	buf_release(&match);
	return r;
}
