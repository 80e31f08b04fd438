#include "mail/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
confirm(const char *question, const char *instead, struct err *e)
{
	char answer[16];

	if (!isatty(STDIN_FILENO))
		return err_set(e, ERR_USAGE,
		    "%s: nobody is there to be asked; --yes answers it",
		    instead);
	fprintf(stderr, "%s Type yes: ", question);
	if (fgets(answer, sizeof answer, stdin) != NULL &&
	    strcmp(answer, "yes\n") == 0)
		return 0;
	return err_set(e, ERR_REFUSED, "%s", instead);
}
