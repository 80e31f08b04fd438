#include "content/page.h"

#include "base/buf.h"
#include "base/uri.h"
#include "base/yaml.h"

#include <string.h>

/* Lines 2 and on, between the markers, and what follows them. */
struct front {
	bool present;
	struct str yaml;
	struct str body;
	int body_line;
};

/* What is being filled, and where its memory comes from. */
struct reader {
	struct page *page;
	struct arena *arena;
};

static const char *const page_keys[] = {"title", "date", "updated", "summary",
    "lang", "permalink", "categories", "aliases", "draft", "event", "talks",
    "sponsors", "offer", NULL};
static const char *const event_keys[] = {"start", "end", "timezone", "place",
    "host", "summary", "cancelled", "remind", "list", NULL};
static const char *const talk_keys[] = {
    "title", "speaker", "video", "slides", "summary", NULL};
static const char *const sponsor_keys[] = {"name", "url", "gave", NULL};
static const char *const offer_keys[] = {
    "item", "options", "ask", "opens", "closes", "many", NULL};

#define STOCK_MAX 1000000

static bool
is_word_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* "word:" with a blank or nothing behind the colon. */
static bool
is_key_line(struct str line)
{
	size_t n = 0;

	while (n < line.n && is_word_letter(line.p[n]))
		n++;
	return n > 0 && n < line.n && line.p[n] == ':' &&
	    (n + 1 == line.n || line.p[n + 1] == ' ' || line.p[n + 1] == '\t');
}

/* Blanks may follow; what is indented belongs to a text. */
static bool
is_closing(struct str line)
{
	struct str mark = str_trim(line);

	return mark.p == line.p && (str_is(mark, "---") || str_is(mark, "..."));
}

/*
 * "---" on line 1 is also Markdown's rule. It is front matter when another
 * marker closes it, and an error when it is followed by keys that none does.
 */
static int
split(struct front *front, struct str text, struct err *e)
{
	struct str rest = text, line, inner;
	bool has_keys = false, is_first = true;

	*front = (struct front){.body = text, .body_line = 1};
	if (!str_next_line(&rest, &line) || !str_is(line, "---"))
		return 0;
	inner = rest;
	for (int n = 2; str_next_line(&rest, &line); n++) {
		if (is_closing(line)) {
			front->present = true;
			front->yaml =
			    str_sub(inner, 0, (size_t)(line.p - inner.p));
			front->body = rest;
			front->body_line = n + 1;
			return 0;
		}
		if (is_first && str_trim(line).n > 0 && line.p[0] != '#') {
			has_keys = is_key_line(line);
			is_first = false;
		}
	}
	if (!has_keys)
		return 0;
	return err_set(e, ERR_INPUT,
	    "1: front matter begins on line 1 and has no closing ---");
}

static int
read_date(
    struct date *out, const struct yaml *map, const char *key, struct err *e)
{
	const struct yaml *node = yaml_get(map, key);
	struct str text = {NULL, 0};

	if (node == NULL)
		return 0;
	if (yaml_text(&text, map, key, e) != 0)
		return -1;
	if (date_parse(out, str_trim(text), NULL) != 0)
		return yaml_takes(e, node,
		    "a date (2020, 2008-03, 2012-04-03, 2012-04-03T09:00, with "
		    "Z or +02:00 behind it if need be)");
	return 0;
}

static struct date
cut_date(struct date d, enum date_precision precision)
{
	if (precision < DATE_MONTH)
		d.month = 1;
	if (precision < DATE_DAY)
		d.day = 1;
	if (precision < DATE_MINUTE)
		d.hour = d.minute = d.second = 0;
	return d;
}

/* Whether b lies before a, as far as both are known. */
static bool
is_before(const struct date *b, const struct date *a, const char *zone)
{
	enum date_precision both =
	    a->precision < b->precision ? a->precision : b->precision;
	struct date x = cut_date(*a, both), y = cut_date(*b, both);
	int64_t from, to;

	if (both == DATE_MINUTE && date_instant(&from, a, zone, NULL) == 0 &&
	    date_instant(&to, b, zone, NULL) == 0)
		return to < from;
	return date_cmp(&y, &x) < 0;
}

static int
check_order(const struct yaml *map, const char *first_key,
    const struct date *first, const char *last_key, const struct date *last,
    const char *zone, struct err *e)
{
	if (first->precision == DATE_NONE || last->precision == DATE_NONE ||
	    !is_before(last, first, zone))
		return 0;
	return yaml_fault(e, yaml_get(map, last_key),
	    "\"%s\" lies before \"%s\"", last_key, first_key);
}

/* What a decoded address must not hold: a Gopher selector ends at control
 * characters, and a slash that is none would name another page. */
static bool
is_plain_path(struct str text)
{
	size_t slashes = 0;
	struct buf plain;
	bool is_plain;

	buf_init(&plain, text.n);
	is_plain = uri_decode(&plain, text) == 0 && plain.failed == ERR_NONE &&
	    !str_has_control(buf_slice(&plain)) &&
	    strcspn(plain.data, "\n\t") == plain.len;
	for (size_t i = 0; i < text.n; i++)
		slashes += text.p[i] == '/';
	for (size_t i = 0; i < plain.len; i++)
		slashes -= plain.data[i] == '/';
	buf_release(&plain);
	return is_plain && slashes == 0;
}

static bool
has_dots(struct str text)
{
	struct buf tidy;
	bool differs;

	buf_init(&tidy, text.n);
	uri_remove_dots(&tidy, text);
	differs = !str_eq(buf_slice(&tidy), text);
	buf_release(&tidy);
	return differs;
}

/* An address on this site, as permalink and aliases name one. */
static int
take_path(struct str *out, struct arena *a, const struct yaml *node,
    struct str text, struct err *e)
{
	struct yaml_shown key = yaml_show(node->key);
	struct err why = ERR_INIT;
	struct buf encoded;
	struct uri u;

	if (text.n == 0 || text.p[0] != '/')
		return yaml_takes(
		    e, node, "a path of this site, beginning with \"/\"");
	if (uri_parse(&u, text, &why) != 0)
		return yaml_fault(e, node, "\"%s\": %s", key.s, why.msg);
	if (u.has_query || u.has_fragment || str_find(text, STR("//")) >= 0)
		return yaml_takes(
		    e, node, "a path alone, without \"//\", \"?\" or \"#\"");
	if (has_dots(text))
		return yaml_takes(
		    e, node, "a path without \".\" and \"..\" segments");
	if (!is_plain_path(text))
		return yaml_takes(e, node,
		    "a path without encoded slashes, control characters or "
		    "broken UTF-8");
	buf_init(&encoded, text.n * 3);
	uri_repair(&encoded, text);
	*out = arena_buf(a, &encoded);
	if (buf_ok(&encoded, "the path", e) != 0) {
		buf_release(&encoded);
		return -1;
	}
	buf_release(&encoded);
	return arena_ok(a, e);
}

static int
read_permalink(const struct reader *r, const struct yaml *map, struct err *e)
{
	const struct yaml *node = yaml_get(map, "permalink");
	struct str text = {NULL, 0};

	if (node == NULL)
		return 0;
	r->page->permalink_line = node->line;
	if (yaml_text(&text, map, "permalink", e) != 0)
		return -1;
	return take_path(&r->page->permalink, r->arena, node, text, e);
}

static int
read_aliases(const struct reader *r, const struct yaml *map, struct err *e)
{
	const struct yaml **items = NULL;
	struct page *page = r->page;
	size_t n = 0;

	if (yaml_items(&items, &n, YAML_SCALAR, r->arena, map, "aliases", e) !=
	    0)
		return -1;
	page->aliases = arena_array(r->arena, n, sizeof *page->aliases);
	if (page->aliases == NULL)
		return arena_ok(r->arena, e);
	for (size_t i = 0; i < n; i++) {
		page->aliases[i].line = items[i]->line;
		if (take_path(&page->aliases[i].path, r->arena, items[i],
			items[i]->text, e) != 0)
			return -1;
	}
	page->alias_count = n;
	return 0;
}

/* One text, and one that must be there: named so in the error. */
static int
read_needed(struct str *out, struct arena *a, const struct yaml *map,
    const char *key, const char *of_what, struct err *e)
{
	if (yaml_line(out, a, map, key, e) != 0)
		return -1;
	if (out->n == 0)
		return yaml_fault(e, map, "%s lacks its \"%s\"", of_what, key);
	return 0;
}

/* Why it was cancelled: a reader wants the reason, not "true". */
static int
read_cancelled(const struct reader *r, const struct yaml *map, struct err *e)
{
	const struct yaml *node = yaml_get(map, "cancelled");
	bool flag = false;

	if (node == NULL)
		return 0;
	if (node->kind == YAML_SCALAR && !node->is_quoted &&
	    yaml_bool(&flag, map, "cancelled", NULL) == 0) {
		if (flag)
			return yaml_takes(e, node, "the reason, as a text");
		return 0;
	}
	return yaml_line(
	    &r->page->event.cancelled, r->arena, map, "cancelled", e);
}

/* Mail goes to nobody by default. Which lists there are is for the
 * configuration to say. */
static int
read_list(const struct reader *r, const struct yaml *map, struct err *e)
{
	struct page_event *event = &r->page->event;
	const struct yaml *list = yaml_get(map, "list");

	if (yaml_line(&event->list, r->arena, map, "list", e) != 0)
		return -1;
	if (list != NULL)
		event->list_line = list->line;
	if (event->reminds == 0 || event->list.n > 0)
		return 0;
	return yaml_fault(e, yaml_get(map, "remind"),
	    "\"remind\" needs a \"list\": whose subscribers are reminded, a "
	    "name of capsule.yaml");
}

static int
read_reminders(const struct reader *r, const struct yaml *map, struct err *e)
{
	struct page_event *event = &r->page->event;
	const struct yaml **items = NULL;
	size_t n = 0;

	if (yaml_texts(&event->remind, &event->reminds, r->arena, map, "remind",
		e) != 0 ||
	    yaml_items(&items, &n, YAML_SCALAR, r->arena, map, "remind", e) !=
		0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (yaml_duration(event->remind[i], PAGE_REMIND_MAX) <= 0)
			return yaml_takes(e, items[i],
			    "times before the start, such as 1d, 2h or 30m");
	return read_list(r, map, e);
}

/* The zone must exist: the calendar's times depend on it. */
static int
read_timezone(const struct reader *r, const struct yaml *map, struct err *e)
{
	struct str *zone = &r->page->event.timezone;
	struct date unused;

	if (yaml_line(zone, r->arena, map, "timezone", e) != 0)
		return -1;
	if (zone->n > 0 && date_at(&unused, 0, zone->p, NULL) != 0)
		return yaml_takes(e, yaml_get(map, "timezone"),
		    "a name of the time zone database, such as Europe/Berlin "
		    "or UTC");
	return 0;
}

/* Whoever writes an offset once means it for both, unless there is a zone. */
static void
share_offset(struct page_event *event)
{
	if (!event->start.has_offset || event->end.has_offset ||
	    event->timezone.n > 0)
		return;
	event->end.has_offset = true;
	event->end.offset_minutes = event->start.offset_minutes;
}

static int
read_event(const struct reader *r, const struct yaml *page, struct err *e)
{
	struct page_event *event = &r->page->event;
	const struct yaml *map = NULL;

	if (yaml_map(&map, page, "event", event_keys, e) != 0)
		return -1;
	if (map == NULL)
		return 0;
	event->present = true;
	if (read_date(&event->start, map, "start", e) != 0 ||
	    read_date(&event->end, map, "end", e) != 0 ||
	    read_timezone(r, map, e) != 0 ||
	    yaml_line(&event->place, r->arena, map, "place", e) != 0 ||
	    yaml_line(&event->host, r->arena, map, "host", e) != 0 ||
	    yaml_line(&event->summary, r->arena, map, "summary", e) != 0 ||
	    read_cancelled(r, map, e) != 0 || read_reminders(r, map, e) != 0)
		return -1;
	if (event->start.precision == DATE_NONE)
		return yaml_fault(e, map,
		    "an event needs a \"start\"; the year alone will do");
	share_offset(event);
	return check_order(map, "start", &event->start, "end", &event->end,
	    event->timezone.p, e);
}

static int
read_talk(struct page_talk *talk, struct arena *a, const struct yaml *map,
    struct err *e)
{
	talk->line = map->line;
	if (yaml_check_keys(map, talk_keys, e) != 0 ||
	    read_needed(&talk->title, a, map, "title", "a talk", e) != 0 ||
	    yaml_texts(&talk->speakers, &talk->speaker_count, a, map, "speaker",
		e) != 0 ||
	    yaml_line(&talk->video, a, map, "video", e) != 0 ||
	    yaml_line(&talk->slides, a, map, "slides", e) != 0)
		return -1;
	return yaml_line(&talk->summary, a, map, "summary", e);
}

static int
read_talks(const struct reader *r, const struct yaml *map, struct err *e)
{
	const struct yaml **items = NULL;
	struct page *page = r->page;
	size_t n = 0;

	if (yaml_items(&items, &n, YAML_MAP, r->arena, map, "talks", e) != 0)
		return -1;
	page->talks = arena_array(r->arena, n, sizeof *page->talks);
	if (page->talks == NULL)
		return arena_ok(r->arena, e);
	for (size_t i = 0; i < n; i++)
		if (read_talk(&page->talks[i], r->arena, items[i], e) != 0)
			return -1;
	page->talk_count = n;
	return 0;
}

static int
read_sponsor(struct page_sponsor *sponsor, struct arena *a,
    const struct yaml *map, struct err *e)
{
	sponsor->line = map->line;
	if (yaml_check_keys(map, sponsor_keys, e) != 0 ||
	    read_needed(&sponsor->name, a, map, "name", "a sponsor", e) != 0 ||
	    yaml_line(&sponsor->url, a, map, "url", e) != 0)
		return -1;
	return yaml_line(&sponsor->gave, a, map, "gave", e);
}

static int
read_sponsors(const struct reader *r, const struct yaml *map, struct err *e)
{
	const struct yaml **items = NULL;
	struct page *page = r->page;
	size_t n = 0;

	if (yaml_items(&items, &n, YAML_MAP, r->arena, map, "sponsors", e) != 0)
		return -1;
	page->sponsors = arena_array(r->arena, n, sizeof *page->sponsors);
	if (page->sponsors == NULL)
		return arena_ok(r->arena, e);
	for (size_t i = 0; i < n; i++)
		if (read_sponsor(&page->sponsors[i], r->arena, items[i], e) !=
		    0)
			return -1;
	page->sponsor_count = n;
	return 0;
}

static int
read_options(const struct reader *r, const struct yaml *offer, struct err *e)
{
	struct page_offer *to = &r->page->offer;
	const struct yaml *map = yaml_get(offer, "options");

	if (map == NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return yaml_takes(e, map,
		    "a map of names and how many there "
		    "are, such as {M: 10, L: 5}");
	for (const struct yaml *m = map->child; m != NULL; m = m->next) {
		int64_t stock = m->kind == YAML_SCALAR
		    ? str_number(m->text, STOCK_MAX)
		    : -1;
		struct page_option *option;

		if (stock < 0)
			return yaml_takes(
			    e, m, "how many there are, up to a million");
		if (str_has_control(m->key) || str_chr(m->key, '\n') >= 0)
			return yaml_fault(
			    e, m, "the name of an option is one line of text");
		to->options = arena_grow(r->arena, to->options,
		    to->option_count, sizeof *to->options);
		if (to->options == NULL)
			return arena_ok(r->arena, e);
		option = &to->options[to->option_count++];
		option->name = m->key;
		option->stock = (long)stock;
	}
	return 0;
}

/* Names of a form's fields: single words, so that CSV and forms agree. */
static int
read_ask(const struct reader *r, const struct yaml *map, struct err *e)
{
	struct page_offer *offer = &r->page->offer;

	if (yaml_texts(
		&offer->ask, &offer->ask_count, r->arena, map, "ask", e) != 0)
		return -1;
	for (size_t i = 0; i < offer->ask_count; i++)
		for (size_t j = 0; j < offer->ask[i].n; j++)
			if (!is_word_letter(offer->ask[i].p[j]))
				return yaml_fault(e, yaml_get(map, "ask"),
				    "\"ask\" takes single words such as "
				    "address, not \"%s\"",
				    yaml_show(offer->ask[i]).s);
	return 0;
}

static int
read_offer(const struct reader *r, const struct yaml *page, struct err *e)
{
	struct page_offer *offer = &r->page->offer;
	const struct yaml *map = NULL;

	if (yaml_map(&map, page, "offer", offer_keys, e) != 0)
		return -1;
	if (map == NULL)
		return 0;
	offer->present = true;
	offer->line = map->line;
	if (read_needed(&offer->item, r->arena, map, "item", "an offer", e) !=
		0 ||
	    read_options(r, map, e) != 0 || read_ask(r, map, e) != 0 ||
	    read_date(&offer->opens, map, "opens", e) != 0 ||
	    read_date(&offer->closes, map, "closes", e) != 0 ||
	    yaml_bool(&offer->many, map, "many", e) != 0)
		return -1;
	return check_order(
	    map, "opens", &offer->opens, "closes", &offer->closes, NULL, e);
}

static int
read_updated(struct page *page, const struct yaml *map, struct err *e)
{
	const struct yaml *node = yaml_get(map, "updated");

	if (node != NULL)
		page->updated_line = node->line;
	return read_date(&page->updated, map, "updated", e);
}

static int
read_front(const struct reader *r, const struct yaml *map, struct err *e)
{
	struct page *page = r->page;

	if (yaml_check_keys(map, page_keys, e) != 0 ||
	    yaml_line(&page->title, r->arena, map, "title", e) != 0 ||
	    read_date(&page->date, map, "date", e) != 0 ||
	    read_updated(page, map, e) != 0 ||
	    yaml_line(&page->summary, r->arena, map, "summary", e) != 0 ||
	    yaml_lang(&page->lang, map, "lang", e) != 0 ||
	    read_permalink(r, map, e) != 0 ||
	    yaml_texts(&page->categories, &page->category_count, r->arena, map,
		"categories", e) != 0 ||
	    read_aliases(r, map, e) != 0 ||
	    yaml_bool(&page->draft, map, "draft", e) != 0 ||
	    read_event(r, map, e) != 0 || read_talks(r, map, e) != 0 ||
	    read_sponsors(r, map, e) != 0)
		return -1;
	return read_offer(r, map, e);
}

int
page_parse(struct page *page, struct arena *a, struct str text, struct err *e)
{
	struct reader r = {page, a};
	struct yaml *root = NULL;
	struct front front;

	*page = (struct page){0};
	if (split(&front, text, e) != 0)
		return -1;
	page->body = front.body;
	page->body_line = front.body_line;
	if (!front.present)
		return 0;
	if (yaml_parse(&root, a, front.yaml, 2, e) != 0)
		return -1;
	if (root->kind != YAML_MAP)
		return yaml_fault(e, root,
		    "front matter is lines of \"key: value\"; a page that "
		    "begins with a rule writes it as ***");
	return read_front(&r, root, e);
}
