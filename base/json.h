/*
 * What the programs write as JSON (RFC 8259). Objects and lists are printed by
 * whoever has them; what is easily got wrong is a string.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/str.h"

/*
 * Appends s as a string, its quotes included. Any bytes make valid JSON: what
 * log_escape finds harmful is written as \uNNNN, and a byte that is not UTF-8
 * as the four characters \xNN, so that it can still be read.
 */
void json_string(struct buf *to, struct str s);

#endif
