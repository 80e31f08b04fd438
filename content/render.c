#include "content/render.h"

#include "content/inlines.h"
#include "content/renderers.h"

#include <stddef.h>

static const struct {
	const char *name;
	void (*render)(struct buf *to, const struct doc *doc,
	    const struct render_head *head, const struct render_env *env);
} formats[FORMAT_COUNT] = {
    [FORMAT_GEMTEXT] = {"gemtext", gemtext_render},
    [FORMAT_MENU] = {"gopher", menu_render},
    [FORMAT_GOPHERTEXT] = {"gophertext", gophertext_render},
    [FORMAT_MAILTEXT] = {"text", mailtext_render},
    [FORMAT_HTML] = {"html", html_render},
};

void
render(struct buf *to, enum format format, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	formats[format].render(to, doc, head, env);
}

bool
render_is_image(const struct inl *i)
{
	return i->kind == INLINE_IMAGE && i->link.kind == LINK_INSIDE &&
	    (i->link.type == 'I' || i->link.type == 'g');
}

void
render_content_id(struct buf *to, struct str url, struct str host)
{
	buf_printf(to, "%016llx@%.*s", (unsigned long long)str_hash(url),
	    STR_ARG(host));
}

int
render_format_parse(enum format *format, struct str name)
{
	for (int i = 0; i < FORMAT_COUNT; i++) {
		if (str_is(name, formats[i].name)) {
			*format = (enum format)i;
			return 0;
		}
	}
	return -1;
}

const struct block *
render_repeated(
    struct buf *to, const struct doc *doc, const struct render_head *head)
{
	const struct block *b = head->title.n > 0 ? doc->first : NULL;
	enum err_kind failed = ERR_NONE;

	while (b != NULL && (b->kind != BLOCK_HEADING || b->level != 1))
		b = b->next;
	if (b == NULL || !inlines_say(b->inls, head->title, &failed))
		b = NULL;
	buf_fail(to, failed);
	return b;
}

void
render_dates(struct buf *to, const struct render_head *head)
{
	buf_str(to, head->date);
	if (head->updated.n == 0)
		return;
	buf_puts(to, head->date.n > 0 ? " (updated " : "Updated ");
	buf_str(to, head->updated);
	if (head->date.n > 0)
		buf_putc(to, ')');
}
