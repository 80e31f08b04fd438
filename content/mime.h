/*
 * What a file is, by the ending of its name: its MIME type for Gemini and its
 * item type for Gopher (RFC 1436, section 3.8, and what clients made of it).
 * Pure; nobody looks into the file.
 */
#ifndef CONTENT_MIME_H
#define CONTENT_MIME_H

#include "base/str.h"

struct mime {
	const char *ending; /* lower case, with its dot; "" for the unknown */
	const char *type;   /* whole, with a charset where it is text */
	char item;          /* 0 9 I g h */
};

/* Texts are said to be UTF-8. Never NULL: the unknown are octets. */
const struct mime *mime_of(struct str name);

/* Is it gemtext? Its type gets the site's language behind it. */
bool mime_is_gemtext(const struct mime *mime);

#endif
