/*
 * Text as a message carries it: quoted-printable (RFC 2045, section 6.7), and
 * header fields with what is not ASCII in encoded words (RFC 2047), folded
 * (RFC 5322, section 2.2.3). Pure; what comes out is ASCII in lines of at most
 * 76 bytes, wherever a space or the encoding lets it be broken.
 */
#ifndef MAIL_COMPOSE_TEXT_H
#define MAIL_COMPOSE_TEXT_H

#include "base/buf.h"
#include "base/str.h"

/*
 * UTF-8 in lines of LF or CRLF; out go lines of LF. whole is never broken over
 * two lines, nor is a character: what is filled in for it later (message.h)
 * stands whole in every line that has it.
 */
void compose_quoted(struct buf *to, struct str text, struct str whole);

/* The value of a field of free text, and the name before an address. Control
 * characters become spaces. */
void compose_words(struct buf *to, struct str text);
void compose_phrase(struct buf *to, struct str text);

/* "Name: value", broken where the value has spaces, and CRLF. */
void compose_field(struct buf *to, const char *name, struct str value);

#endif
