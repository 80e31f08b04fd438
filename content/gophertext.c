#include "content/plaintext.h"
#include "content/renderers.h"

#include "base/uri.h"

static void
put_line(
    struct plaintext *p, struct str lead, struct str text, enum wrap_end end)
{
	(void)end;
	buf_str(p->to, lead);
	buf_str(p->to, text);
	buf_putc(p->to, '\n');
}

/* What Gopher serves by Gopher (RFC 4266, section 2.1), all else where it
 * is. */
static void
put_address(
    struct buf *to, const struct link *link, const struct render_env *env)
{
	if (link->kind == LINK_INSIDE && env->host.n > 0 &&
	    str_starts(link->selector, STR("/"))) {
		buf_printf(to, "gopher://%.*s", STR_ARG(env->host));
		if (env->port != 70)
			buf_printf(to, ":%d", env->port);
		buf_putc(to, '/');
		buf_putc(to, link->type);
		uri_encode_path(to, link->selector);
		return;
	}
	plaintext_address(to, link, env);
}

void
gophertext_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	static const struct plaintext_style style = {
	    .width = 67,
	    .quote = "> ",
	    .line = put_line,
	    .after = plaintext_number,
	};
	struct plaintext p;

	plaintext_render(&p, to, &style, doc, head, env);
	plaintext_addresses(&p, put_address);
	plaintext_end(&p);
}
