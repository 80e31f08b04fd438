#include "content/plaintext.h"
#include "content/renderers.h"

/*
 * format=flowed by RFC 3676, with DelSp=no. A line that ends in a space goes
 * on in the next (section 4.1); quote marks stand at the very left (4.5);
 * behind them, and before what would be taken for one of them or for an
 * mbox "From ", stands one space of stuffing (4.4), and before every line of
 * a list, so that its lines stay below each other in a reader that does not
 * take it away.
 *
 * Only paragraphs at the left edge and in quotes flow. Hanging lines would
 * have to lose their indent for it, in every reader that knows nothing of
 * flowed text.
 */
static void
put_line(
    struct plaintext *p, struct str lead, struct str text, enum wrap_end end)
{
	size_t marks = 0;

	while (marks < lead.n && lead.p[marks] == '>')
		marks++;
	buf_append(p->to, lead.p, marks);
	if (lead.n > marks || (marks > 0 && text.n > 0) ||
	    str_starts(text, STR(" ")) || str_starts(text, STR(">")) ||
	    str_starts(text, STR("From ")))
		buf_putc(p->to, ' ');
	buf_append(p->to, lead.p + marks, lead.n - marks);
	buf_str(p->to, text);
	/* "-- " alone would begin a signature (4.3). */
	if (end == WRAP_SPACE && lead.n == marks && !str_is(text, "--"))
		buf_putc(p->to, ' ');
	buf_putc(p->to, '\n');
}

/* 70 leaves room in 72 for a quote's stuffing and for the space that lets a
 * line flow. */
void
mailtext_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	static const struct plaintext_style style = {
	    .width = 70,
	    .quote = ">",
	    .line = put_line,
	    .after = plaintext_number,
	};
	struct plaintext p;

	plaintext_render(&p, to, &style, doc, head, env);
	plaintext_addresses(&p, plaintext_address);
	plaintext_end(&p);
}
