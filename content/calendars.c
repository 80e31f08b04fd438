#include "content/generators.h"

#include "content/calendar.h"
#include "content/scan.h"

/* Beside the page: "/2012/talk.ics" for "/2012/talk.gmi", "/2012/event.ics"
 * for "/2012/". */
struct str
generator_calendar_path(struct catalog *c, const struct entry *entry)
{
	struct str path = entry->path;

	if (!calendar_has(&entry->page.event))
		return (struct str){NULL, 0};
	if (str_ends(path, STR("/")))
		return arena_printf(c->arena, "%.*sevent.ics", STR_ARG(path));
	if (str_ends(path, STR(".gmi")))
		path.n -= 4;
	return arena_printf(c->arena, "%.*s.ics", STR_ARG(path));
}

static int
emit_calendar(struct generator *g, const struct entry *entry, struct err *e)
{
	struct calendar calendar = {.page = &entry->page,
	    .title = entry->title,
	    .path = entry->path,
	    .base = generator_base(g->c),
	    .host = g->c->options->host,
	    .organizer = g->c->options->title};
	struct err why = ERR_INIT;

	if (calendar_write(&g->text, &calendar, &why) != 0) {
		if (why.kind == ERR_MEMORY || why.kind == ERR_SYSTEM)
			return err_set(e, why.kind, "%s", why.msg);
		faults_add(g->c->faults, FAULT_WARNING,
		    scan_name(g->c->arena, g->c->options->pages, entry->source),
		    0, "its event has no calendar: %s", why.msg);
		buf_clear(&g->text);
		return 0;
	}
	return generator_data(
	    g, generator_calendar_path(g->c, entry), CALENDAR_MIME, '0', e);
}

int
generator_calendars(struct generator *g, struct err *e)
{
	for (size_t i = 0; i < g->c->count; i++)
		if (calendar_has(&g->c->entries[i]->page.event) &&
		    emit_calendar(g, g->c->entries[i], e) != 0)
			return -1;
	return 0;
}
