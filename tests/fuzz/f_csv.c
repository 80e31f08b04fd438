/* Any bytes are rows or an error; what is written of a row is one row of as
 * many fields, and none of them begins a formula. */
#include "mail/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(const struct csv_row *row, struct str text)
{
	struct err e = ERR_INIT;
	struct csv_row again;
	struct arena a;
	struct csv c;

	arena_init(&a);
	csv_init(&c, text);
	if (csv_next(&c, &again, &a, &e) != 1 ||
	    csv_next(&c, &again, &a, &e) != 1 || again.count != row->count ||
	    csv_next(&c, &again, &a, &e) != 0)
		abort();
	for (size_t i = 0; i < again.count; i++)
		if (str_starts(again.field[i], STR("=")) ||
		    str_starts(again.field[i], STR("@")))
			abort();
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct csv_row row;
	struct buf out;
	struct arena a;
	struct csv c;

	arena_init(&a);
	csv_init(&c, (struct str){(const char *)data, size});
	while (csv_next(&c, &row, &a, &e) > 0) {
		buf_init(&out, 1 << 20);
		buf_puts(&out, "a,b\r\n");
		for (size_t i = 0; i < row.count; i++)
			csv_put(&out, row.field[i]);
		csv_end(&out);
		if (out.failed == ERR_NONE)
			check_again(&row, buf_slice(&out));
		buf_release(&out);
	}
	arena_release(&a);
	return 0;
}
