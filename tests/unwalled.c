/*
 * For `make coverage` only, linked into capsule in place of what it names:
 * behind the sandbox no process may write down which lines it ran, and
 * _exit(2) does not ask it to. The walls have their tests in t_sandbox.c.
 */
#include "server/sandbox.h"

#include <stdnoreturn.h>

void __gcov_dump(void); /* libgcov, documented by GCC */
int __wrap_sandbox_generation(const int *dirs, size_t count, struct err *e);
int __wrap_sandbox_worker(const int *dirs, size_t count, struct err *e);
noreturn void __wrap__exit(int code);
noreturn void __real__exit(int code);

int
__wrap_sandbox_generation(const int *dirs, size_t count, struct err *e)
{
	(void)dirs;
	(void)count;
	(void)e;
	return 0;
}

int
__wrap_sandbox_worker(const int *dirs, size_t count, struct err *e)
{
	(void)dirs;
	(void)count;
	(void)e;
	return 0;
}

void
__wrap__exit(int code)
{
	__gcov_dump();
	__real__exit(code);
}
