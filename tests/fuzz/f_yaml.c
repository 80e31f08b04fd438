/* Any bytes parse or are refused with a line; the readers hold on any tree. */
#include "base/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const known[] = {"title", "list", NULL};
	struct err e = ERR_INIT, ignored = ERR_INIT;
	struct yaml *root = NULL;
	struct str *texts;
	struct arena a;
	size_t count;
	int64_t n;

	arena_init(&a);
	if (yaml_parse(&root, &a, (struct str){(const char *)data, size}, 1,
		&e) != 0) {
		if (e.msg[0] < '1' || e.msg[0] > '9' ||
		    str_has_control(str_of(e.msg)))
			abort();
	} else {
		if (yaml_check_keys(root, known, &e) != 0 &&
		    str_has_control(str_of(e.msg)))
			abort();
		yaml_texts(&texts, &count, &a, root, "list", &ignored);
		yaml_seconds(&n, root, "title", 0, INT64_MAX, &ignored);
	}
	arena_release(&a);
	return 0;
}
