/*
 * What the message of a page with an offer has besides: a link by which this
 * one person claims, wherever the page links to its form, and how to do the
 * same by replying. Pure.
 */
#ifndef MAIL_COMPOSE_OFFER_H
#define MAIL_COMPOSE_OFFER_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/posting.h"

#include <stdbool.h>
#include <stddef.h>

/* How often the link in compose_offer's text says the mark: as text, and in
 * HTML as target and as text. */
#define COMPOSE_OFFER_MARKS 3

bool compose_has_offer(const struct posting *posting);

/* "announce+claim-TAG-MARK@example.org" */
int compose_offer_address(struct buf *to, const struct posting *posting,
    const struct conf_site *site, const struct conf_mail *mail, struct str mark,
    struct err *e);

/* Markdown, for below the page's own text; has_link says that the link to the
 * form stands there, and is not to be said again. base is "gemini://host". */
void compose_offer(struct buf *md, const struct posting *posting,
    struct str base, struct str mark, bool has_link);

/* Appends a text of the page in which each link to the form is this person's.
 * Returns how many there were. */
size_t compose_offer_links(struct buf *to, const struct posting *posting,
    struct str text, struct str base, struct str mark);

#endif
