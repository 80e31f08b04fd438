#include "mail/offer.h"
#include "base/clock.h"
#include "base/file.h"
#include "content/address.h"
#include "content/md.h"
#include "content/when.h"
#include "mail/token.h"

#include <fcntl.h>
#include <unistd.h>

#define ASK_MAX 4096

int
offer_tag(char out[OFFER_TAG_LEN + 1], struct str host, struct str page,
    struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t hash[TOKEN_HASH_LEN];

	if (token_hash(hash, host, page, e) != 0)
		return -1;
	for (size_t i = 0; i < OFFER_TAG_LEN; i++)
		out[i] = letters[hash[i] & 31];
	out[OFFER_TAG_LEN] = '\0';
	return 0;
}

static struct str
join_ask(struct arena *a, const struct page_offer *offer)
{
	struct str all;
	struct buf b;

	buf_init(&b, ASK_MAX);
	for (size_t i = 0; i < offer->ask_count; i++) {
		buf_puts(&b, i > 0 ? " " : "");
		buf_str(&b, offer->ask[i]);
	}
	all = arena_buf(a, &b);
	buf_release(&b);
	return all;
}

int
offer_of_page(struct store_offer *out, struct arena *a, struct str host,
    struct str source, const struct page *page, struct err *e)
{
	const struct page_offer *offer = &page->offer;
	char tag[OFFER_TAG_LEN + 1];

	if (!offer->present || offer->option_count == 0)
		return err_set(e, ERR_MISSING,
		    "%.*s offers nothing that can be claimed; that takes "
		    "\"offer:\" with \"options:\"",
		    STR_ARG(source));
	if (offer->option_count > OFFER_OPTIONS_MAX)
		return err_set(e, ERR_LIMIT,
		    "%.*s: an offer has at most %d options", STR_ARG(source),
		    OFFER_OPTIONS_MAX);
	if (offer_tag(tag, host, source, e) != 0)
		return -1;
	*out = (struct store_offer){.host = host,
	    .page = source,
	    .tag = arena_str(a, str_of(tag)),
	    .item = offer->item,
	    .ask = join_ask(a, offer),
	    .many = offer->many,
	    .option_count = offer->option_count};
	for (size_t i = 0; i < offer->option_count; i++) {
		out->option[i].name = offer->options[i].name;
		out->option[i].stock = offer->options[i].stock;
	}
	return when_offer(&out->opens, &out->over, offer, e) != 0
	    ? -1
	    : arena_ok(a, e);
}

/* Its bytes, in the arena. */
static int
read_file(struct str *text, struct arena *a, const struct conf *conf,
    const struct conf_site *site, struct str source, struct err *e)
{
	int dir = open(site->pages.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd, result = -1;
	struct buf b;

	if (dir < 0)
		return err_sys(e, "%s: the folder of pages cannot be opened",
		    site->pages.p);
	buf_init(&b, (size_t)conf->limits.page_size);
	fd = file_open_beneath(dir, source.p, NULL, e);
	if (fd >= 0) {
		result = file_read_fd(&b, fd, source.p, e);
		close(fd);
	}
	close(dir);
	*text = arena_buf(a, &b);
	buf_release(&b);
	return result == 0 ? arena_ok(a, e) : -1;
}

/* As the site has it: drafts and what waits for its date are not there. */
static bool
is_published(const struct page *page, int64_t now)
{
	int64_t at;

	if (page->draft)
		return false;
	return page->date.precision == DATE_NONE ||
	    date_instant(&at, &page->date, NULL, NULL) != 0 || at <= now;
}

/* A file has one name here: another would make it another offer, with a stock
 * of its own. */
static bool
is_source(struct str source)
{
	if (!address_is_markdown(source) || !str_is_utf8(source) ||
	    str_has_control(source) || str_chr(source, '\0') >= 0)
		return false;
	return !str_starts(source, STR(".")) && !str_starts(source, STR("/")) &&
	    str_find(source, STR("/.")) < 0 && str_find(source, STR("//")) < 0;
}

static int
read_page(struct page *page, struct arena *a, const struct conf *conf,
    const struct conf_site *site, struct str source, int64_t now, struct err *e)
{
	struct str text;
	bool guessed;

	if (!is_source(source))
		return err_set(
		    e, ERR_MISSING, "%.*s is no page", STR_ARG(source));
	if (read_file(&text, a, conf, site, source, e) != 0 ||
	    md_decode(&text, &guessed, a, text, e) != 0 ||
	    page_parse(page, a, text, e) != 0)
		return -1;
	if (!is_published(page, now))
		return err_set(
		    e, ERR_MISSING, "%.*s is not published", STR_ARG(source));
	return 0;
}

static int
load_new(struct store *s, struct store_offer *out, struct arena *a,
    const struct conf *conf, const struct conf_site *site, struct str source,
    int64_t now, struct err *e)
{
	struct page page;

	if (read_page(&page, a, conf, site, source, now, e) != 0)
		return -1;
	return offer_of_page(out, a, site->host, source, &page, e) != 0
	    ? -1
	    : store_offer_put(s, out, e);
}

int
offer_load(struct store *s, struct store_offer *out, struct arena *a,
    const struct conf *conf, const struct conf_site *site, struct str source,
    int64_t now, struct err *e)
{
	struct err why = ERR_INIT, none = ERR_INIT;
	struct store_offer fresh;

	source = arena_str(a, source);
	if (arena_ok(a, e) != 0)
		return -1;
	if (load_new(s, &fresh, a, conf, site, source, now, &why) != 0 &&
	    (why.kind == ERR_MISSING || why.kind == ERR_REFUSED))
		return err_set(e, ERR_MISSING, "%s", why.msg);
	if (store_offer_of_page(s, out, a, site->host, source, &none) == 0)
		return 0;
	return err_set(e, why.kind != ERR_NONE ? why.kind : none.kind, "%s",
	    why.kind != ERR_NONE ? why.msg : none.msg);
}

bool
offer_is_open(const struct store_offer *offer, int64_t now)
{
	return offer->closed == 0 && now >= offer->opens && now < offer->over;
}

bool
offer_next_field(struct str *ask, struct str *field)
{
	while (str_next(ask, ' ', field))
		if (field->n > 0 && !str_is(*field, "size") &&
		    !str_is(*field, "option"))
			return true;
	return false;
}
