#include "mail/brake.h"
#include "mail/words.h"

#define REPLY_WIDTH 160 /* all of it stands with who got it */

bool
brake_is_due(int64_t refused, int64_t answered)
{
	if (refused >= BRAKE_MANY && refused * BRAKE_SHARE >= answered)
		return true;
	return refused >= BRAKE_FEW && refused * 2 > answered;
}

void
brake_say(struct buf *to, const struct brake *brake)
{
	if (brake->by_mail)
		buf_puts(to, "mail to ");
	else
		buf_puts(to, "the relay refused ");
	words_count(to, brake->refused);
	buf_puts(to, " of ");
	words_counted(to, brake->answered, "recipient", "recipients");
	if (brake->by_mail)
		buf_puts(to, " came back");
	if (brake->reply.n == 0)
		return;
	buf_puts(to, ", the last with: ");
	words_cell(to, brake->reply, REPLY_WIDTH, false);
}

void
brake_report(struct buf *to, const struct brake *brake, int64_t id)
{
	brake_say(to, brake);
	buf_printf(to,
	    "; nobody is suspended for that, and announce status %lld says "
	    "what to do",
	    (long long)id);
}

void
brake_advise(struct buf *to, int64_t id)
{
	buf_printf(to,
	    "nobody is suspended for that; once it is mended, announce resume "
	    "%lld --failed sends to them again, and without --failed only to "
	    "the others; if these addresses are really gone, announce resume "
	    "%lld --gone suspends them and goes on",
	    (long long)id, (long long)id);
}
