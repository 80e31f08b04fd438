#include "content/grouping.h"
#include "content/plaintext.h"
#include "content/renderers.h"

#include "base/err.h"
#include "base/uri.h"

#include <string.h>

#define MENU_WIDTH 67
struct menu {
	struct plaintext plain; /* first: the style's functions are given it */
	struct links own; /* of a block that is nothing but links */
	const struct block *group; /* its links come after all of it */
	struct buf label, target; /* of the item at hand */
};

/*
 * Lines. "Type, display text, TAB, selector, TAB, host, TAB, port, CRLF" (RFC
 * 1436, section 3.8): no field may hold a TAB or a control character, so none
 * is let through here whatever the page says.
 */

/* A byte that is, or may begin, a control character. */
static bool
is_suspect(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f || c == '\xc2';
}

static void
put_field(struct buf *to, struct str rest)
{
	size_t measured = to->len, column = 0;

	while (rest.n > 0) {
		size_t n = 0;
		int32_t cp;

		while (n < rest.n && !is_suspect(rest.p[n]))
			n++;
		buf_append(to, rest.p, n);
		rest = str_sub(rest, n, rest.n);
		if (rest.n == 0)
			break;
		cp = str_next_utf8(&rest);
		if (cp >= 0xa0) {
			buf_utf8(to, (uint32_t)cp);
		} else if (cp == '\t') {
			column += wrap_width(
			    str_sub(buf_slice(to), measured, to->len));
			buf_fill(to, ' ', 8 - column % 8);
			measured = to->len;
			column = 0;
		} else {
			buf_putc(to, ' ');
		}
	}
}

/* A line to read. Clients take its selector and host for nothing, but some
 * drop a line that lacks the fields. */
static void
put_text(
    struct plaintext *p, struct str lead, struct str text, enum wrap_end end)
{
	(void)end;
	buf_putc(p->to, 'i');
	buf_str(p->to, lead);
	put_field(p->to, text);
	buf_puts(p->to, "\t\tnull.host\t1\r\n");
}

static void
put_item(struct buf *to, char type, struct str display, struct str selector,
    struct str host, int port)
{
	buf_putc(to, type);
	put_field(to, display);
	buf_putc(to, '\t');
	put_field(to, selector);
	buf_putc(to, '\t');
	put_field(to, host);
	buf_printf(to, "\t%d\r\n", port);
}

/*
 * Items.
 */

struct target {
	char type;
	struct str selector, host;
	int port;
	const char *note; /* behind the label */
};

/* Another server's item: gopher://host:port/Tselector (RFC 4266, section 2.1).
 * false for what no menu line can say. */
static bool
gopher_target(struct target *t, struct buf *scratch, struct str url)
{
	struct err e = ERR_INIT;
	struct uri u;
	struct str path;

	if (uri_parse(&u, url, &e) != 0 ||
	    !str_eq_nocase(u.scheme, STR("gopher")) || u.host.n == 0 ||
	    u.has_userinfo || u.has_query)
		return false;
	path = str_sub(u.path, 1, u.path.n);
	t->type = path.n > 0 ? path.p[0] : '1';
	if (t->type <= ' ' || t->type > '~' || t->type == '%' ||
	    uri_decode(scratch, str_sub(path, 1, path.n)) != 0 ||
	    str_has_control(buf_slice(scratch)) ||
	    str_chr(buf_slice(scratch), '\t') >= 0 ||
	    str_chr(buf_slice(scratch), '\n') >= 0)
		return false;
	t->selector = buf_slice(scratch);
	t->host = u.host;
	t->port = u.port.n > 0 ? (int)str_number(u.port, 65535) : 70;
	return true;
}

static bool
is_gemini(struct str url)
{
	return str_starts_nocase(url, STR("gemini:"));
}

static void
find_target(struct target *t, struct buf *scratch, const struct link *link,
    const struct render_env *env)
{
	*t = (struct target){'h', {NULL, 0}, env->host, env->port, ""};
	buf_cut(scratch, 0);
	if (link->kind == LINK_INSIDE && link->selector.n > 0) {
		t->type = link->type;
		t->selector = link->selector;
		return;
	}
	if (link->kind == LINK_OUT && gopher_target(t, scratch, link->url))
		return;
	buf_cut(scratch, 0);
	buf_puts(scratch, "URL:");
	plaintext_address(scratch, link, env);
	t->type = 'h';
	t->selector = buf_slice(scratch);
	t->host = env->host;
	t->port = env->port;
	if (is_gemini(str_sub(t->selector, 4, t->selector.n)))
		t->note = " (Gemini)";
}

/* What of the label does not fit on the item stands below it as text. */
static void
put_link(struct menu *m, const struct link *link, struct str label)
{
	struct plaintext *p = &m->plain;
	struct str line = {NULL, 0}, rest;
	enum wrap_end end;
	struct target t;

	find_target(&t, &m->target, link, p->env);
	buf_cut(&m->label, 0);
	buf_str(&m->label, label);
	if (!is_gemini(label))
		buf_puts(&m->label, t.note);
	rest = buf_slice(&m->label);
	plaintext_gap(p);
	wrap_next(&rest, MENU_WIDTH, &line, &end);
	put_item(p->to, t.type, line, t.selector, t.host, t.port);
	while (wrap_next(&rest, MENU_WIDTH - 2, &line, &end))
		put_text(p, STR("  "), line, end);
	plaintext_wrote(p);
}

static void
put_links(struct menu *m, struct links *l)
{
	links_label(l, 0);
	for (size_t i = 0; i < l->count; i++)
		put_link(m, &l->list[i].inl->link, l->list[i].label);
	links_clear(l);
}

/*
 * Which lines a block's links become (rules 17 to 20).
 */

/* A list whose every item is one line with one link: a menu already. */
static bool
put_list_of_links(struct menu *m, const struct block *list)
{
	struct buf *label = &m->plain.text;
	long number = list->start;

	if (!grouping_is_of_links(&m->own, list))
		return false;
	for (const struct block *i = list->child; i != NULL; i = i->next) {
		const struct inl *link;

		buf_cut(label, 0);
		link = grouping_item(label, &m->own, i, number++);
		if (link != NULL)
			put_link(m, &link->link, buf_slice(label));
	}
	return true;
}

static bool
open_group(struct menu *m, const struct block *b)
{
	if (m->group == NULL && grouping_begins(&m->own, b))
		m->group = b;
	return false;
}

/* A number or a footnote's mark waits for a line of text to stand before; a
 * bullet is no loss. */
static bool
mark_says_something(const struct plaintext *p)
{
	for (size_t i = 0; p->has_mark && i < p->first.len; i++)
		if (strchr(" *>", p->first.data[i]) == NULL)
			return true;
	return false;
}

static bool
enter(struct plaintext *p, const struct block *b)
{
	struct menu *m = (struct menu *)p;

	if (m->group != NULL && m->group->kind == BLOCK_QUOTE)
		return false;
	if (mark_says_something(p))
		return open_group(m, b);
	if (b->kind == BLOCK_LIST && put_list_of_links(m, b))
		return true;
	if (b->kind == BLOCK_PARAGRAPH && inlines_only_links(b->inls)) {
		links_add(&m->own, b->inls);
		put_links(m, &m->own);
		return true;
	}
	return open_group(m, b);
}

static void
leave(struct plaintext *p, const struct block *b)
{
	struct menu *m = (struct menu *)p;

	if (b->kind == BLOCK_HEADING || b->kind == BLOCK_PARAGRAPH)
		links_add(&p->links, b->inls);
	if (b->kind == BLOCK_TABLE)
		links_add_block(&p->links, b);
	if (m->group == b)
		m->group = NULL;
	if (m->group == NULL && p->links.count > 0)
		put_links(m, &p->links);
}

void
menu_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env)
{
	static const struct plaintext_style style = {
	    .width = MENU_WIDTH,
	    .quote = "> ",
	    .line = put_text,
	    .enter = enter,
	    .leave = leave,
	};
	struct menu m = {.group = NULL};

	links_init(&m.own);
	buf_init(&m.label, to->max);
	buf_init(&m.target, to->max);
	plaintext_render(&m.plain, to, &style, doc, head, env);
	buf_puts(to, ".\r\n");
	if (m.own.arena.failed)
		to->failed = ERR_MEMORY;
	buf_fail(to, m.label.failed);
	buf_fail(to, m.target.failed);
	buf_release(&m.target);
	buf_release(&m.label);
	links_release(&m.own);
	plaintext_end(&m.plain);
}
