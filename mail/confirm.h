/*
 * Asking the organizer, on the terminal, before what cannot be taken back.
 */
#ifndef MAIL_CONFIRM_H
#define MAIL_CONFIRM_H

#include "base/err.h"

/*
 * Asks; only a whole "yes" is one. ERR_REFUSED with what became of it instead
 * ("nothing was sent") for any other answer; ERR_USAGE, naming --yes, where
 * standard input is no terminal and nobody can answer.
 */
int confirm(const char *question, const char *instead, struct err *e);

#endif
