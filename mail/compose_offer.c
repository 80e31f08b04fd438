#include "mail/compose_offer.h"
#include "base/uri.h"
#include "content/md.h"
#include "mail/mailbox.h"
#include "mail/message.h"
#include "mail/offer.h"

#define LINK_MAX 4096

bool
compose_has_offer(const struct posting *posting)
{
	return posting->page.offer.present &&
	    posting->page.offer.option_count > 0;
}

/* RFC 5321, section 4.5.3.1.1. */
static int
check_room(struct str address, struct err *e)
{
	struct str local = mailbox_local(address);

	if (local.n <= MAILBOX_LOCAL_MAX)
		return 0;
	return err_set(e, ERR_INPUT,
	    "mail's \"from\" is %zu characters too long before its \"@\" for "
	    "claims by mail",
	    local.n - MAILBOX_LOCAL_MAX);
}

int
compose_offer_address(struct buf *to, const struct posting *posting,
    const struct conf_site *site, const struct conf_mail *mail, struct str mark,
    struct err *e)
{
	char tag[OFFER_TAG_LEN + 1];
	struct buf word;

	if (offer_tag(tag, site->host, posting->source, e) != 0)
		return -1;
	buf_init(&word, LINK_MAX);
	buf_printf(&word, "claim-%s-", tag);
	message_address(to, mail, word.data, mark);
	buf_release(&word);
	return check_room(buf_slice(to), e);
}

static void
put_link(struct buf *to, const struct posting *posting, struct str base)
{
	buf_str(to, base);
	buf_puts(to, "/claim/");
	uri_encode_path(to, posting->source);
}

/* "address" as "Address:" */
static void
put_field(struct buf *md, struct str field)
{
	char first = *field.p;

	buf_putc(md, first >= 'a' && first <= 'z' ? first & ~0x20 : first);
	buf_str(md, str_sub(field, 1, field.n));
	buf_puts(md, ":\n");
}

/* To be filled in; mail/desk_claim_mail.c reads it. */
static void
put_lines(struct buf *md, const struct page_offer *offer)
{
	bool has_sentence = false;

	buf_puts(md, "```\nSize:\n");
	for (size_t i = 0; i < offer->ask_count; i++) {
		struct str ask = offer->ask[i], field;

		if (!offer_next_field(&ask, &field))
			continue;
		put_field(md, field);
		has_sentence = has_sentence || str_is(field, "sentence");
	}
	buf_puts(md, has_sentence ? "Publish: yes or no\n```\n\n" : "```\n\n");
}

static void
put_reply(struct buf *md, const struct page_offer *offer, bool goes_on)
{
	size_t shown = 0;

	buf_puts(md, goes_on ? " Or" : "Or");
	buf_puts(md, " reply to this message with these lines, filled in.");
	for (size_t i = 0; i < offer->option_count; i++) {
		if (offer->options[i].stock == 0)
			continue;
		buf_puts(md, shown++ > 0 ? ", " : " Sizes are ");
		md_escape(md, offer->options[i].name);
	}
	buf_puts(md, shown > 0 ? ".\n\n" : "\n\n");
	put_lines(md, offer);
}

void
compose_offer(struct buf *md, const struct posting *posting, struct str base,
    struct str mark, bool has_link)
{
	if (has_link) {
		buf_puts(md, "The link to claim one is yours alone.");
	} else {
		buf_puts(md,
		    "This link is yours alone, and claims one for you:\n\n<");
		put_link(md, posting, base);
		buf_printf(md, "/%.*s>\n\n", STR_ARG(mark));
	}
	put_reply(md, &posting->page.offer, has_link);
}

/* A longer path is another page's. */
static bool
goes_on(struct str rest)
{
	char c = rest.n > 0 ? *rest.p : ' ';

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '/' || c == '-' || c == '_' ||
	    c == '%' || c == '.';
}

size_t
compose_offer_links(struct buf *to, const struct posting *posting,
    struct str text, struct str base, struct str mark)
{
	struct buf link;
	size_t n = 0;
	ptrdiff_t at;

	buf_init(&link, LINK_MAX);
	put_link(&link, posting, base);
	while (!link.failed && (at = str_find(text, buf_slice(&link))) >= 0) {
		buf_str(to, str_sub(text, 0, (size_t)at + link.len));
		text = str_sub(text, (size_t)at + link.len, text.n);
		if (goes_on(text))
			continue;
		buf_printf(to, "/%.*s", STR_ARG(mark));
		n++;
	}
	buf_str(to, text);
	buf_release(&link);
	return n;
}
