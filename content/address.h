/*
 * Where things are published: from the name of a file below the pages folder,
 * or a permalink, to Gemini paths and Gopher selectors. Pure; whether two
 * things want one address is for whoever collects them.
 *
 * Two spellings: an address as a page says it is percent-encoded; what is
 * looked up (a key) is decoded, as the Gemini server decodes it and as Gopher
 * sends it.
 */
#ifndef CONTENT_ADDRESS_H
#define CONTENT_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* What a request has room for: Gemini's URI with its scheme and host (0.24.1),
 * and what Gopher's clients and servers agree on. */
#define ADDRESS_URI_MAX 1024
#define ADDRESS_SELECTOR_MAX 255

/* What a page or file is under one of its addresses. */
enum view {
	VIEW_PAGE, /* itself; in Gopher its menu */
	VIEW_TEXT, /* Gopher: the page as type 0 text */
	VIEW_MOVED /* Gemini: a redirect to its own address */
};

struct address_key {
	struct str key;
	enum view view;
};

/*
 * own is unique on a site and works in both protocols; what stands in gemini
 * and gopher is taken only where nobody else's own address is, the first
 * entries before the later ones.
 */
struct page_address {
	struct str path;     /* percent-encoded */
	struct str own;      /* its key: "/2012/", "/2012/talk.gmi" */
	struct str selector; /* the short one for Gopher: "/2012" */
	struct str text;     /* "/2012/talk.txt"; empty for a file */
	struct str folder;   /* percent-encoded: what it is listed in */
	bool is_index;       /* it is the page of its folder */
	struct address_key gemini[6];
	size_t gemini_count;
	struct address_key gopher[4];
	size_t gopher_count;
};

bool address_is_markdown(struct str file);
/* "index.md" and "README.md" in any folder, and "index.gmi". */
bool address_is_index(struct str file);

/*
 * file: "2012/talk.md". permalink: percent-encoded, empty for none; then the
 * addresses from the file's name lead to it. Slices live in the arena.
 * ERR_INPUT for a permalink that nobody could ask for.
 */
int address_of_file(struct page_address *to, struct arena *a, struct str file,
    struct str permalink, struct err *e);

/* For a page that no file stands behind: "/talks", "/2012/". */
int address_of_path(struct page_address *to, struct arena *a, struct str path,
    struct err *e);

/* A percent-encoded absolute path to its key, dots removed. ERR_INPUT when it
 * does not decode, or to control characters or bytes that are not UTF-8. */
int address_key(struct str *key, struct arena *a, struct str path,
    struct err *e);
/* And back. */
struct str address_path(struct arena *a, struct str key);

/* A target as seen from a folder, both percent-encoded: "../a.jpg" from
 * "/2012/" is "/a.jpg". Never climbs above the root. */
struct str address_join(struct arena *a, struct str folder,
    struct str target);

/* Up to and with its last "/". */
struct str address_folder(struct str path);

/* The forms that the mail desk answers stand at these addresses and below
 * them. Returns the Gopher item type that leads to it: 7 where the one answer
 * can be typed at once, else 1; 0 for an address that is no form's. */
char address_form(struct str key);

#endif
