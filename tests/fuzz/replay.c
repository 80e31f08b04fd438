/*
 * Runs a fuzz target over every file of a corpus folder, in the order of
 * their names: what a fuzzer once found stays found. Speaks TAP, one test a
 * file; a crash is the sanitizer's to report.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t size;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		return -1;
	size = (size_t)ftell(f);
	rewind(f);
	/* Exactly as large as the input, so that ASan sees one byte more. */
	data = malloc(size > 0 ? size : 1);
	if (data == NULL || fread(data, 1, size, f) != size) {
		free(data);
		fclose(f);
		return -1;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	struct dirent **list;
	int n, count = 0, failures = 0;

	n = argc == 2 ? scandir(argv[1], &list, NULL, alphasort) : -1;
	if (n < 0) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			int failed = replay(argv[1], list[i]->d_name) != 0;

			failures += failed;
			printf("%sok %d - %s\n", failed ? "not " : "", ++count,
			    list[i]->d_name);
			fflush(stdout);
		}
		free(list[i]);
	}
	free(list);
	printf("1..%d\n", count);
	return failures > 0;
}
