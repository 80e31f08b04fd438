#include "content/site.h"

#include "base/conf.h"
#include "content/image.h"
#include "content/md.h"
#include "content/render.h"
#include "content/resolve.h"
#include "content/search.h"
#include "content/suggest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct site_options
site_options_of(
    const struct conf *conf, const struct conf_site *site, int64_t now)
{
	return (struct site_options){
	    .pages = site->pages,
	    .title = site->title,
	    .host = site->host,
	    .lang = site->lang,
	    .gemini_port = conf->gemini_port,
	    .gopher_port = conf->gopher_port,
	    .favicon = site->favicon,
	    .security = site->security,
	    .has_forms = conf->mail.present,
	    .has_search = true,
	    .file_max = (size_t)conf->limits.page_size,
	    .now = now,
	};
}

void
site_free(struct site *site)
{
	if (site == NULL)
		return;
	if (site->dir >= 0)
		close(site->dir);
	places_release(&site->gemini);
	places_release(&site->gopher);
	free(site->items);
	free(site->stems);
	search_index_free(site->index);
	for (size_t i = 0; i < site->kept_count; i++)
		arena_release(&site->kept[i]);
	arena_release(&site->arena);
	free(site);
}

static void
answer_page(struct answer *to, const struct item *item, enum protocol protocol,
    enum view view)
{
	to->kind = ANSWER_BYTES;
	if (view != VIEW_TEXT)
		to->offer = item->offer;
	if (protocol == PROTOCOL_GEMINI) {
		to->bytes = item->gemtext;
		to->mime = item->mime;
		to->type = item->type;
		return;
	}
	to->bytes = view == VIEW_TEXT ? item->text : item->menu;
	to->mime = STR("text/plain; charset=utf-8");
	to->type = view == VIEW_TEXT ? '0' : '1';
}

static void
answer_place(struct answer *to, const struct site *site, enum protocol protocol,
    const struct place *place)
{
	const struct item *item = &site->items[place->item];

	*to = (struct answer){.mime = item->mime, .type = item->type};
	if (place->view == VIEW_MOVED) {
		to->kind = ANSWER_REDIRECT;
		to->target = item->path;
		to->is_permanent = true;
		return;
	}
	switch (item->kind) {
	case ITEM_PAGE:
		answer_page(to, item, protocol, place->view);
		break;
	case ITEM_DATA:
		to->kind = ANSWER_BYTES;
		to->bytes = item->gemtext;
		break;
	case ITEM_FILE:
		to->kind = ANSWER_FILE;
		to->file = item->file;
		to->size = item->size;
		break;
	case ITEM_SEARCH:
		to->kind = ANSWER_SEARCH;
		break;
	}
}

static const struct places *
places_of(const struct site *site, enum protocol protocol)
{
	return protocol == PROTOCOL_GEMINI ? &site->gemini : &site->gopher;
}

/* Some clients and some people leave a selector's first "/" out. */
static const struct place *
find_with_slash(const struct site *site, struct str selector)
{
	char key[ADDRESS_SELECTOR_MAX + 1];

	if (selector.n == 0 || selector.n > ADDRESS_SELECTOR_MAX ||
	    selector.p[0] == '/')
		return NULL;
	key[0] = '/';
	memcpy(key + 1, selector.p, selector.n);
	return places_find(&site->gopher, (struct str){key, selector.n + 1});
}

bool
site_lookup(const struct site *site, enum protocol protocol, struct str path,
    struct answer *answer)
{
	const struct place *place =
	    places_find(places_of(site, protocol), path);

	*answer = (struct answer){.kind = ANSWER_NONE};
	if (place == NULL && protocol == PROTOCOL_GOPHER)
		place = find_with_slash(site, path);
	if (place != NULL) {
		answer_place(answer, site, protocol, place);
		return true;
	}
	if (!site->options.has_forms || address_form(path) == 0)
		return false;
	answer->kind = ANSWER_FORM;
	answer->type = address_form(path);
	return true;
}

void
site_suggest(const struct site *site, enum protocol protocol, struct str path,
    struct buf *best)
{
	uint32_t near[SUGGEST_MAX];
	size_t n = suggest_nearest(site, path, near, SUGGEST_MAX);

	for (size_t i = 0; i < n; i++) {
		const struct item *item = &site->items[near[i]];

		if (protocol == PROTOCOL_GEMINI) {
			buf_str(best, item->path);
			return;
		}
		if (item->kind == ITEM_PAGE &&
		    item->selector.n <= ADDRESS_SELECTOR_MAX) {
			buf_str(best, item->selector);
			return;
		}
	}
}

int
site_render(struct buf *to, const struct site *site, enum protocol protocol,
    struct str title, struct str markdown, struct err *e)
{
	struct resolver r = {
	    .site = site,
	    .folder = STR("/"),
	    .published = STR("/"),
	    .self = ITEM_NONE,
	};
	struct link_resolver resolve = {resolve_link, &r};
	struct md_options options = {.first_line = 1, .resolver = &resolve};
	struct render_head head = {.title = title};
	struct render_env env;
	struct arena arena;
	struct doc doc;
	int rc;

	image_env(&env, site);
	arena_init(&arena);
	rc = md_parse(&doc, &arena, markdown, &options, e);
	if (rc == 0) {
		render(to,
		    protocol == PROTOCOL_GEMINI ? FORMAT_GEMTEXT : FORMAT_MENU,
		    &doc, &head, &env);
		rc = buf_ok(to, "the page", e);
	}
	arena_release(&arena);
	return rc;
}

struct str
site_mime(const struct site *site)
{
	return site->gemtext_mime;
}

struct str
site_index(const struct site *site)
{
	return (struct str){site->index, site->index_len};
}

int
site_dir(const struct site *site)
{
	return site->dir;
}

int64_t
site_next_change(const struct site *site)
{
	return site->next_change;
}

int
site_each(const struct site *site, enum protocol protocol,
    int (*visit)(void *ctx, struct str path, const struct answer *answer),
    void *ctx)
{
	const struct places *p = places_of(site, protocol);
	struct answer answer;
	int rc = 0;

	for (size_t i = 0; i < p->count && rc == 0; i++) {
		answer_place(&answer, site, protocol, &p->list[i]);
		rc = visit(ctx, p->list[i].key, &answer);
	}
	return rc;
}

static size_t
places_bytes(const struct places *p)
{
	return p->cap * sizeof *p->list + p->slot_count * sizeof *p->slots;
}

void
site_figures(const struct site *site, struct site_figures *figures)
{
	*figures = (struct site_figures){
	    .pages = site->page_count,
	    .files = site->file_count,
	    .bytes = sizeof *site + site->arena.total +
		site->item_cap * sizeof *site->items +
		site->stem_count * sizeof *site->stems +
		places_bytes(&site->gemini) + places_bytes(&site->gopher) +
		site->index_len,
	};
	for (size_t i = 0; i < site->kept_count; i++)
		figures->bytes += site->kept[i].total;
}
