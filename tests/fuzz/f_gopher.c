/* A Gopher request, and where its selector would lead on to. */
#include "server/gopher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str line, url, bytes = {(const char *)data, size};
	struct gopher_request r;
	const char *why;
	struct buf page;
	size_t seen = 0;

	buf_init(&page, 1 << 16);
	if (gopher_request_end(&line, bytes, &seen, &why) == 1 &&
	    gopher_request_parse(&r, line, &why) == 0) {
		gopher_item(&page, '1', r.search, r.selector, STR("h"), 70);
		if (gopher_url(&url, r.selector))
			gopher_url_page(&page, url);
	}
	buf_release(&page);
	return 0;
}
