#include "content/events.h"

#include "content/reader.h"

#include <unistd.h>

static int
pick(struct event **out, size_t *count, const struct catalog *c, struct err *e)
{
	struct arena *a = c->arena;

	*out = arena_array(a, c->count, sizeof **out);
	if (*out == NULL)
		return arena_ok(a, e);
	for (size_t i = 0; i < c->count; i++) {
		const struct entry *entry = c->entries[i];

		if (entry->page.event.present)
			(*out)[(*count)++] = (struct event){
			    .title = entry->title,
			    .source = entry->source,
			    .name =
				scan_name(a, c->options->pages, entry->source),
			    .when = entry->page.event,
			};
	}
	return arena_ok(a, e);
}

int
events_read(struct event **out, size_t *count, struct arena *a,
    const struct site_options *options, struct faults *faults, struct err *e)
{
	struct catalog catalog = {.arena = a,
	    .options = options,
	    .faults = faults,
	    .next_change = INT64_MAX};
	struct scan scan = {0};
	struct reader reader = {.catalog = &catalog, .scan = &scan};
	int result;

	*count = 0;
	reader.dir = scan_open(options->pages, e);
	if (reader.dir < 0)
		return -1;
	result = scan_folder(&scan, a, reader.dir, options->pages, faults, e);
	if (result == 0)
		result = reader_read(&reader, e);
	if (result == 0)
		result = pick(out, count, &catalog, e);
	reader_release(&reader);
	close(reader.dir);
	return result;
}
