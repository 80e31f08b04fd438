#include "mail/compose.h"

#include "content/link.h"
#include "content/md.h"
#include "content/render.h"
#include "mail/compose_mime.h"
#include "mail/compose_offer.h"
#include "mail/compose_text.h"
#include "mail/mailbox.h"
#include "mail/message.h"
#include "mail/token.h"

#include <string.h>

#define TEXT_MAX ((size_t)64 << 20)
#define FIELD_MAX ((size_t)16 << 10)
/* How often a template says the mark, but for an offer's: two ways to leave in
 * its head, in the text, and in the HTML as target and as text. */
#define MARKS 8
#define TRIES 8

/* What is the same wherever a message says it. */
struct composition {
	const struct posting *posting;
	const struct compose_options *o;
	struct str list_title;
	struct str mark;
	struct buf base; /* "gemini://host" */
	struct buf leave; /* "gemini://host/leave/MARK" */
	struct buf leave_address; /* "announce+leave-MARK@example.org" */
	struct buf claim_address; /* of an offer; else empty */
	struct buf text, html;
	size_t marks; /* that were written */
};

/*
 * Beforehand.
 */

static int
find_list(struct composition *c, struct err *e)
{
	const struct conf_mail *mail = &c->o->conf->mail;

	for (size_t i = 0; i < mail->list_count; i++)
		if (str_eq(mail->lists[i].name, c->o->list)) {
			c->list_title = mail->lists[i].title;
			return 0;
		}
	return err_set(e, ERR_INPUT, "there is no list %.*s in %.*s",
	    STR_ARG(c->o->list), STR_ARG(c->o->conf->file));
}

/* RFC 5321, section 4.5.3.1.1: the local part with its longest word. */
static int
check_room(struct str address, struct err *e)
{
	size_t room = MAILBOX_LOCAL_MAX - strlen("+leave-") - TOKEN_LEN;

	if (mailbox_local(address).n <= room)
		return 0;
	return err_set(e, ERR_INPUT,
	    "%.*s is too long before its \"@\", where a token is to stand "
	    "as well: at most %zu characters",
	    STR_ARG(address), room);
}

static int
check_addresses(const struct composition *c, struct err *e)
{
	const struct conf_mail *mail = &c->o->conf->mail;
	struct str name, address;

	if (mailbox_parse(&name, &address, mail->from, e) != 0 ||
	    check_room(address, e) != 0)
		return -1;
	return check_room(mail->bounces, e);
}

/*
 * Letters that stand nowhere in the message, made of what it says, so that the
 * same page gives the same: MARKS is counted afterwards.
 */
static int
make_mark(char out[TOKEN_LEN + 1], const struct posting *posting, char try,
    struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	const struct str salt = {&try, 1};
	uint8_t hash[TOKEN_HASH_LEN];
	struct buf text;
	int result;

	_Static_assert(TOKEN_LEN <= TOKEN_HASH_LEN, "a byte gives a posting");
	buf_init(&text, TEXT_MAX);
	buf_str(&text, posting->source);
	buf_str(&text, posting->title);
	buf_str(&text, posting->html);
	result = token_hash(hash, salt, buf_slice(&text), e);
	if (result == 0)
		result = buf_ok(&text, "the page", e);
	buf_release(&text);
	out[TOKEN_LEN] = '\0';
	for (size_t i = 0; result == 0 && i < TOKEN_LEN; i++)
		out[i] = letters[hash[i] & 31];
	return result;
}

/*
 * The text.
 */

static void
put_item(struct buf *md, const char *what, struct str address)
{
	buf_printf(md, "- %s<%.*s>\n", what, STR_ARG(address));
}

/* Why one gets it, where it stands, and how to leave. */
static void
write_footer(struct buf *md, const struct composition *c)
{
	buf_puts(md, "You get this because you are subscribed to “");
	md_escape(md, c->list_title);
	buf_puts(md, "”");
	if (!str_eq(c->list_title, c->o->site->title)) {
		buf_puts(md, " of ");
		md_escape(md, c->o->site->title);
	}
	buf_puts(md, ".\n\n");
	put_item(md, "This page: ", c->posting->address);
	if (c->posting->gopher.n > 0)
		put_item(md, "In Gopher: ", c->posting->gopher);
	put_item(md, "To leave: ", buf_slice(&c->leave));
	put_item(md, "Or by mail to: ", buf_slice(&c->leave_address));
}

/* What is written below the page, to both texts. */
static int
render_below(struct composition *c, struct str md, struct err *e)
{
	const struct link_resolver plain = {link_resolve_plain, NULL};
	const struct md_options options = {.resolver = &plain};
	const struct render_head head = {.title = {NULL, 0}};
	const struct render_env env = {.base = {NULL, 0}};
	struct arena a;
	struct doc doc;
	int result;

	arena_init(&a);
	result = md_parse(&doc, &a, md, &options, e);
	if (result == 0) {
		render(&c->text, FORMAT_MAILTEXT, &doc, &head, &env);
		render(&c->html, FORMAT_HTML, &doc, &head, &env);
	}
	arena_release(&a);
	return result;
}

/* The page, in which links to its form are this person's. Whether there are
 * any. */
static bool
write_page(struct composition *c)
{
	const struct posting *posting = c->posting;
	size_t in_text, in_html;
	struct str html =
	    c->o->attach_images ? posting->html : posting->html_shown;

	if (!compose_has_offer(posting)) {
		buf_str(&c->text, posting->text);
		buf_str(&c->html, html);
		return false;
	}
	in_text = compose_offer_links(
	    &c->text, posting, posting->text, buf_slice(&c->base), c->mark);
	in_html = compose_offer_links(
	    &c->html, posting, html, buf_slice(&c->base), c->mark);
	c->marks += in_text + in_html;
	return in_text > 0 && in_html > 0;
}

static int
write_offer(struct composition *c, bool has_link, struct err *e)
{
	struct buf md;
	int result;

	if (!compose_has_offer(c->posting))
		return 0;
	buf_init(&md, TEXT_MAX);
	compose_offer(&md, c->posting, buf_slice(&c->base), c->mark, has_link);
	buf_puts(&c->text, "\n");
	buf_puts(&c->html, "<hr>\n");
	result = render_below(c, buf_slice(&md), e);
	c->marks += has_link ? 0 : COMPOSE_OFFER_MARKS;
	buf_release(&md);
	return result;
}

/* "-- " begins a signature (RFC 3676, section 4.3), which no reply quotes. */
static int
write_texts(struct composition *c, struct err *e)
{
	struct str lang = c->posting->page.lang;
	struct buf md;
	int result;

	buf_init(&md, TEXT_MAX);
	write_footer(&md, c);
	buf_printf(&c->html, "<!DOCTYPE html>\n<html lang=\"%.*s\">\n<body>\n",
	    STR_ARG(lang.n > 0 ? lang : c->o->site->lang));
	result = write_offer(c, write_page(c), e);
	buf_puts(&c->text, "\n-- \n");
	buf_puts(&c->html, "<hr>\n");
	if (result == 0)
		result = render_below(c, buf_slice(&md), e);
	buf_puts(&c->html, "</body>\n</html>\n");
	buf_release(&md);
	if (result != 0 || buf_ok(&c->text, "the message", e) != 0)
		return -1;
	return buf_ok(&c->html, "the message", e);
}

/*
 * The head.
 */

/* The name before "<" as it is meant, without the quotes of RFC 5322. */
static void
put_name(struct buf *to, struct str name)
{
	bool is_quoted = name.n >= 2 && str_starts(name, STR("\"")) &&
	    str_ends(name, STR("\""));
	struct buf plain;

	if (is_quoted)
		name = str_sub(name, 1, name.n - 2);
	buf_init(&plain, FIELD_MAX);
	for (size_t i = 0; i < name.n; i++) {
		if (is_quoted && name.p[i] == '\\' && i + 1 < name.n)
			i++;
		buf_putc(&plain, name.p[i]);
	}
	compose_phrase(to, buf_slice(&plain));
	buf_release(&plain);
}

static void
put_value(struct buf *to, const char *name, struct buf *value)
{
	compose_field(to, name, buf_slice(value));
	if (value->failed != ERR_NONE)
		to->failed = value->failed;
	buf_clear(value);
}

/* An address that the desk reads, and what says the same to whoever reads the
 * mail of one that has no "+". */
static void
put_mailto(struct buf *to, const struct composition *c, const char *word,
    struct str behind)
{
	buf_puts(to, "<mailto:");
	message_address(to, &c->o->conf->mail, word, behind);
	buf_printf(to, "?subject=%s%.*s>", word, STR_ARG(behind));
}

/* The first list is the one that goes without saying. */
static void
put_subscribe(struct buf *value, const struct composition *c)
{
	struct str list = c->o->list;

	if (str_eq(list, c->o->conf->mail.lists[0].name)) {
		put_mailto(value, c, "subscribe", STR(""));
		buf_printf(value, ", <%s/subscribe>", c->base.data);
		return;
	}
	put_mailto(value, c, "subscribe-", list);
	buf_printf(value, ", <%s/subscribe/%.*s>", c->base.data, STR_ARG(list));
}

/* RFC 2369, RFC 2919. */
static void
put_list_fields(struct buf *to, struct buf *value, const struct composition *c)
{
	compose_phrase(value, c->list_title);
	buf_printf(value, " <%.*s.%.*s>", STR_ARG(c->o->list),
	    STR_ARG(c->o->site->host));
	put_value(to, "List-Id", value);
	buf_printf(value, "<mailto:%s?subject=leave>, <%s>",
	    c->leave_address.data, c->leave.data);
	put_value(to, "List-Unsubscribe", value);
	put_subscribe(value, c);
	put_value(to, "List-Subscribe", value);
	compose_field(to, "List-Post", STR("NO"));
	buf_printf(value, "<%s/news>", c->base.data);
	put_value(to, "List-Archive", value);
	put_mailto(value, c, "help", STR(""));
	put_value(to, "List-Help", value);
}

/* Every field that is the same for all but those of MIME's parts. */
static void
put_head(struct buf *to, const struct composition *c)
{
	struct str name, address, lang = c->posting->page.lang;
	struct buf value;

	buf_init(&value, FIELD_MAX);
	mailbox_parse(&name, &address, c->o->conf->mail.from, NULL);
	put_name(&value, name);
	buf_printf(&value, name.n > 0 ? " <%.*s>" : "%.*s", STR_ARG(address));
	put_value(to, "From", &value);
	if (c->claim_address.len > 0)
		compose_field(to, "Reply-To", buf_slice(&c->claim_address));
	compose_words(&value, c->posting->title);
	put_value(to, "Subject", &value);
	put_list_fields(to, &value, c);
	/* RFC 3834, section 5: nobody's program is to answer it. The second
	 * is for those that never heard of the first. */
	compose_field(to, "Auto-Submitted", STR("auto-generated"));
	compose_field(to, "Precedence", STR("list"));
	compose_field(
	    to, "Content-Language", lang.n > 0 ? lang : c->o->site->lang);
	compose_field(to, "MIME-Version", STR("1.0"));
	buf_release(&value);
}

/*
 * All of it.
 */

static void
init(struct composition *c)
{
	buf_init(&c->base, FIELD_MAX);
	buf_init(&c->leave, FIELD_MAX);
	buf_init(&c->leave_address, FIELD_MAX);
	buf_init(&c->claim_address, FIELD_MAX);
	buf_init(&c->text, TEXT_MAX);
	buf_init(&c->html, TEXT_MAX);
}

static void
release(struct composition *c)
{
	buf_release(&c->base);
	buf_release(&c->leave);
	buf_release(&c->leave_address);
	buf_release(&c->claim_address);
	buf_release(&c->text);
	buf_release(&c->html);
}

static int
write_template(struct buf *to, struct composition *c, struct err *e)
{
	const struct conf *conf = c->o->conf;
	struct compose_parts parts = {.posting = c->posting,
	    .attach_images = c->o->attach_images,
	    .mark = c->mark};

	buf_printf(&c->base, "gemini://%.*s", STR_ARG(c->o->site->host));
	if (conf->gemini_port != 0 && conf->gemini_port != 1965)
		buf_printf(&c->base, ":%d", conf->gemini_port);
	buf_printf(&c->leave, "%s/leave/%.*s", c->base.data, STR_ARG(c->mark));
	message_address(&c->leave_address, &conf->mail, "leave-", c->mark);
	c->marks = MARKS;
	if (compose_has_offer(c->posting)) {
		if (compose_offer_address(&c->claim_address, c->posting,
			c->o->site, &conf->mail, c->mark, e) != 0)
			return -1;
		c->marks++;
	}
	if (write_texts(c, e) != 0)
		return -1;
	parts.text = buf_slice(&c->text);
	parts.html = buf_slice(&c->html);
	buf_printf(to, "template 1 %.*s\r\n", STR_ARG(c->mark));
	put_head(to, c);
	return compose_mime(to, &parts, e);
}

static size_t
count(struct str text, struct str mark)
{
	size_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, mark)) >= 0) {
		n++;
		text = str_sub(text, (size_t)at + mark.n, text.n);
	}
	return n;
}

/* Nothing is sent that message.h does not take. */
static int
check_template(struct str text, struct err *e)
{
	struct message_template *t;

	if (message_open(&t, text, e) != 0)
		return -1;
	message_close(t);
	return 0;
}

/* One that says the mark as often as it is to, and no oftener. */
static int
try_compose(struct buf *to, const struct posting *posting,
    const struct compose_options *o, char try, bool *done, struct err *e)
{
	struct composition c = {.posting = posting, .o = o};
	char mark[TOKEN_LEN + 1];
	size_t begin = to->len;
	int result;

	if (find_list(&c, e) != 0 || check_addresses(&c, e) != 0 ||
	    make_mark(mark, posting, try, e) != 0)
		return -1;
	c.mark = str_of(mark);
	init(&c);
	result = write_template(to, &c, e);
	release(&c);
	if (result != 0)
		return -1;
	/* One more stands in the template's first line. */
	*done = count(str_sub(buf_slice(to), begin, to->len), c.mark) ==
	    c.marks + 1;
	if (*done)
		return check_template(
		    str_sub(buf_slice(to), begin, to->len), e);
	buf_cut(to, begin);
	return 0;
}

int
compose(struct buf *to, const struct posting *posting,
    const struct compose_options *o, struct err *e)
{
	bool done = false;

	for (char try = 0; try < TRIES && !done; try++)
		if (try_compose(to, posting, o, try, &done, e) != 0)
			return -1;
	if (done)
		return 0;
	return err_set(e, ERR_INPUT,
	    "%.*s: its message cannot be marked where tokens go",
	    STR_ARG(posting->source));
}
