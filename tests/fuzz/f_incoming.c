/* A message from outside, its first line standing for the envelope. */
#include "mail/incoming.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct conf_mail mail = {
	    .from = {"announce@example.org", 20},
	    .bounces = {"announce@example.org", 20},
	};
	struct str message = {(const char *)data, n}, recipient = {NULL, 0};
	struct incoming_envelope envelope = {.sender = {NULL, 0}};
	struct incoming in;
	struct arena a;

	arena_init(&a);
	str_next_line(&message, &recipient);
	envelope.recipient = recipient;
	if (incoming_parse(&in, &a, message, &envelope, &mail, NULL) == 0)
		incoming_own_words(&a, in.text);
	arena_release(&a);
	return 0;
}
