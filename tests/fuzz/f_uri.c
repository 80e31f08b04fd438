/* Any bytes are an address or an error; a repair is done once, what was right
 * is left alone, no path climbs, and what is resolved can be read again. */
#include "base/uri.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_repair(struct str text)
{
	struct buf once, twice;

	buf_init(&once, 4 * text.n + 1);
	buf_init(&twice, 4 * text.n + 1);
	uri_repair(&once, text);
	uri_repair(&twice, buf_slice(&once));
	if (!str_eq(buf_slice(&once), buf_slice(&twice)))
		abort();
	buf_release(&once);
	buf_release(&twice);
}

static void
check_resolve(struct str base, struct str ref)
{
	struct buf to, path;
	struct uri u;

	buf_init(&to, 2 * (base.n + ref.n) + 16);
	buf_init(&path, to.max);
	if (uri_resolve(&to, base, ref, NULL) == 0) {
		if (uri_parse(&u, buf_slice(&to), NULL) != 0)
			abort();
		uri_remove_dots(&path, u.path);
		if (str_starts(buf_slice(&path), STR("../")) ||
		    str_find(buf_slice(&path), STR("/../")) >= 0 ||
		    str_ends(buf_slice(&path), STR("/..")))
			abort();
	}
	buf_release(&to);
	buf_release(&path);
}

/* A base, a line's end, a reference to resolve against it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, base = {0};

	check_repair(rest);
	if (str_next_line(&rest, &base))
		check_resolve(base, rest);
	check_resolve(STR("gemini://h/a/b?c"), base);
	return 0;
}
