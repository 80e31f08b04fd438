/* A Gemini request, as the network brings it. */
#include "server/gemini.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str uri, bytes = {(const char *)data, size};
	struct gemini_request r;
	const char *why;
	size_t seen = 0;

	gemini_request_init(&r);
	/* "..%2F" is one segment, of a name that no page has. */
	if (gemini_request_end(&uri, bytes, &seen, &why) == 1 &&
	    gemini_request_parse(&r, uri, &why) == 0 &&
	    (r.path.data[0] != '/' || uri.n > GEMINI_URI_MAX ||
		(str_find(buf_slice(&r.path), STR("/../")) >= 0 &&
		    str_find(uri, STR("%2F")) < 0 &&
		    str_find(uri, STR("%2f")) < 0) ||
		str_chr(buf_slice(&r.path), '\0') >= 0))
		abort();
	gemini_request_release(&r);
	return 0;
}
