/* No query makes a search fail, whatever the visitor typed. */
#include "base/arena.h"
#include "content/search.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct search *
open_once(void)
{
	static struct search *s;
	struct err e = ERR_INIT;
	struct search_builder *b;
	char *bytes;
	size_t len;

	if (s != NULL)
		return s;
	search_builder_new(&b, &e);
	search_builder_add(b, STR("/a"), STR("/a"), STR("Tracing a café"),
	    STR("Somebody"), STR("Words (and) more words, 東京の会議."), &e);
	search_builder_finish(b, &bytes, &len, &e);
	search_builder_free(b);
	search_open(&s, (struct str){bytes, len}, &e);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct search *s = open_once();
	struct err e = ERR_INIT;
	struct search_hit hits[2];
	struct arena a;
	size_t count, total;

	if (size > 1024)
		return 0;
	arena_init(&a);
	assert(search_query(s, &a, (struct str){(const char *)data, size}, hits,
		   2, &count, &total, &e) == 0);
	arena_release(&a);
	return 0;
}
