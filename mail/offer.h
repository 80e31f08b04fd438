/*
 * From a page to the offer that it makes. Whoever asks for an offer reads its
 * page again, so that what organizers change there holds from then on; the
 * store remembers what it said last (store_offer.h).
 */
#ifndef MAIL_OFFER_H
#define MAIL_OFFER_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "content/page.h"
#include "mail/store_offer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFFER_TAG_LEN 8 /* letters as a token's */

/* Names it in addresses of mail, where host and page have no room. */
int offer_tag(char out[OFFER_TAG_LEN + 1], struct str host, struct str page,
    struct err *e);

/* What a page's front matter says, without an id. ERR_MISSING when that is no
 * offer that can be claimed: it must say how many there are (options). */
int offer_of_page(struct store_offer *out, struct arena *a, struct str host,
    struct str source, const struct page *page, struct err *e);

/*
 * Reads a page of a site by its file's path below the pages, brings the store
 * up to date, and gives the offer as it stands there. A page that is gone,
 * hidden or no offer any more is ERR_MISSING; one that cannot be read just now
 * gives what it said before.
 */
int offer_load(struct store *s, struct store_offer *out, struct arena *a,
    const struct conf *conf, const struct conf_site *site, struct str source,
    int64_t now, struct err *e);

bool offer_is_open(const struct store_offer *offer, int64_t now);

/* Takes the next field out of an offer's `ask` that people write into: what
 * names the choice itself ("size" where there are options) is left out. */
bool offer_next_field(struct str *ask, struct str *field);

#endif
