/* PROXY headers: never past the bytes given, never longer than they are, and
 * what is bad or whole does not change its mind when more comes. */
#include "server/proxy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str whole = {(const char *)data, size};
	enum proxy_state last = PROXY_MORE;
	struct proxy_header h;

	for (size_t n = 0; n <= size && n <= PROXY_HEADER_MAX; n++) {
		enum proxy_state now = proxy_parse(&h, str_sub(whole, 0, n));

		if ((last != PROXY_MORE && now != last) || h.length > n ||
		    (now == PROXY_MORE && n == PROXY_HEADER_MAX))
			abort();
		last = now;
	}
	return 0;
}
