/*
 * Link targets: what kind they are, how they are written, what a reader sees.
 * Rules 18, 21, 22, 24 and 25 of the conversion (capsule-page(7)).
 */
#ifndef CONTENT_LINK_H
#define CONTENT_LINK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "content/doc.h"

/*
 * Is this target absolute, a path on the site, or nothing to follow? OUT:
 * link->url is repaired and absolute ("//host" is https, "me@b.org" is
 * mailto). Returns INSIDE with link->url the repaired target (still relative)
 * for what the site has to look up; NONE for an empty target, a fragment
 * alone, javascript:, data: and the like.
 */
enum link_kind link_classify(struct link *link, struct arena *a,
    struct str target);

/* For text that belongs to no site: relative targets stay as they are. */
void link_resolve_plain(void *ctx, struct arena *a, struct str target,
    int line, struct link *link);

/*
 * The next bare address in a text (http, https, gemini, gopher), without
 * trailing punctuation and unbalanced brackets. false when there is none.
 */
bool link_find_bare(struct str text, size_t from, size_t *at, size_t *len);

/* Does the label say nothing by itself ("here", "link", "video", ...)? */
bool link_is_vague(struct str label);

/* The host of an OUT url, "www." dropped; empty where it has none. */
struct str link_host(struct str url);

/* The last segment of a target's path, decoded, for an image without text; the
 * host where there is none. */
void link_file_name(struct buf *to, struct str url);

#endif
