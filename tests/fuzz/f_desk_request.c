/* The desk's packets, one end: never past the bytes given, and what is taken
 * is the same when it is put into a packet again. */
#include "base/desk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str packet = {(const char *)data, size};
	struct desk_request first, again;
	struct buf one, two;

	if (desk_parse_request(&first, packet, NULL) != 0)
		return 0;
	buf_init(&one, DESK_PACKET_MAX);
	buf_init(&two, DESK_PACKET_MAX);
	if (desk_put_request(&one, &first, NULL) != 0 ||
	    desk_parse_request(&again, buf_slice(&one), NULL) != 0 ||
	    desk_put_request(&two, &again, NULL) != 0 ||
	    !str_eq(buf_slice(&one), buf_slice(&two)))
		abort();
	buf_release(&one);
	buf_release(&two);
	return 0;
}
