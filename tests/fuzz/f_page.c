/* Any bytes are a page or a fault with its line; what a page promises of its
 * paths and its one-line texts holds for all. */
#include "content/page.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_path(struct str path)
{
	if (path.n > 0 &&
	    (path.p[0] != '/' || str_has_control(path) ||
		str_find(path, STR("/../")) >= 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct err e = ERR_INIT;
	struct page page;
	struct arena a;

	arena_init(&a);
	if (page_parse(&page, &a, text, &e) != 0) {
		if (e.msg[0] < '1' || e.msg[0] > '9' ||
		    str_has_control(str_of(e.msg)))
			abort();
	} else {
		if (page.body.n > size || str_chr(page.title, '\n') >= 0 ||
		    str_has_control(page.title))
			abort();
		check_path(page.permalink);
		for (size_t i = 0; i < page.alias_count; i++)
			check_path(page.aliases[i].path);
	}
	arena_release(&a);
	return 0;
}
