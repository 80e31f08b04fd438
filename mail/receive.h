/*
 * What is done with a message that came in (incoming.h): a person's command is
 * a step at the desk and answered by a letter, a report is held against the
 * address it is about, everything else is left alone. Nobody but a person is
 * ever answered, and each address only a few times a day (desk_letter.h). What
 * is about somebody's token is answered to them, whoever wrote it: people write
 * from other addresses of theirs, and strangers with a copy of their mail.
 *
 * What cannot be read is kept in STATE/aside, the newest RECEIVE_ASIDE_MAX of
 * it, for the administrator to look at, and is not refused: whoever sends such
 * things has put somebody else's name on them.
 */
#ifndef MAIL_RECEIVE_H
#define MAIL_RECEIVE_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "mail/incoming.h"
#include "mail/store.h"

#include <stdint.h>

#define RECEIVE_ASIDE_MAX 20

struct receive {
	const struct conf *conf;
	struct store *store;
};

/*
 * Appends to *said what was done, in a line for the log, without an address in
 * full. -1 when it could not be done now: nothing was, and the same message
 * may come again.
 */
int receive(const struct receive *r, struct str message,
    const struct incoming_envelope *envelope, int64_t now, struct buf *said,
    struct err *e);

#endif
