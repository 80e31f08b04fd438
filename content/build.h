/*
 * Sites as plain files, for any Gemini or Gopher server: DIR/gemini and
 * DIR/gopher, or DIR/HOST/gemini and so on where there are several sites.
 *
 * Gemini: a page at an address with "/" at its end is index.gmi in that
 * folder, and so is one whose address does not end in ".gmi", since servers
 * tell gemtext by that ending: "/history" is history/index.gmi, and such a
 * server redirects from one to the other, so what is to be subscribed to is
 * "/news/". An old address is a page with a link to the new one.
 * Gopher: a menu is the file gophermap in a folder of its selector's name, its
 * lines whole, without the final "."; a page's text is its ".txt".
 * All else is a file of its address. What only a running server answers (the
 * search, forms) is left out; load the sites without both.
 *
 * The same sites give the same bytes. A folder that has anything in it which
 * was not written here is refused; a second build replaces the first, file by
 * file, and removes what it had and this one has not. The file .capsule-build
 * says which those are.
 */
#ifndef CONTENT_BUILD_H
#define CONTENT_BUILD_H

#include "base/err.h"
#include "content/site.h"

#include <stddef.h>

/* dir is made if need be. *files, if given, is how many were written. */
int build_write(const char *dir, struct site *const *sites, size_t count,
    size_t *files, struct err *e);

#endif
