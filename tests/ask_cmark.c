#include "tests/ask_cmark.h"

#include "base/str.h"
#include "content/link.h"
#include "content/wrap.h"

#include <cmark.h>
#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)

void
strs_add(struct strs *s, struct arena *a, struct str one)
{
	s->list = arena_grow(a, s->list, s->count, sizeof(one));
	if (s->list != NULL)
		s->list[s->count++] = one;
}

bool
strs_has(const struct strs *s, struct str one)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->list[i], one))
			return true;
	return false;
}

static bool
is_word_char(int32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
		    (cp >= 'A' && cp <= 'Z');
	return cp >= 0xc0 && wrap_char_width(cp) > 0 && cp != 0x3000 &&
	    cp != 0xfffd && (cp < 0x2000 || cp > 0x206f);
}

/* Not the label of a footnote. */
static void
add_word(struct said *said, struct str word, char before)
{
	if (word.n > 0 && (before != '^' || !said->has_notes))
		strs_add(&said->words, &said->arena, word);
}

/* Runs of ASCII letters and digits; other characters are words by themselves,
 * since a line may be broken between wide ones. */
static void
add_words(struct said *said, struct str rest)
{
	struct str word = {rest.p, 0};
	char before = ' ';

	while (rest.n > 0) {
		const char *at = rest.p;
		int32_t cp = str_next_utf8(&rest);

		if (cp >= 0x80 || !is_word_char(cp)) {
			add_word(said, word, before);
			before = at[0];
			if (is_word_char(cp))
				strs_add(&said->words, &said->arena,
				    (struct str){at, (size_t)(rest.p - at)});
			word = (struct str){rest.p, 0};
		} else {
			word.n++;
		}
	}
	add_word(said, word, before);
}

/* The next word (c is w) or address (h) that make_doc has numbered. */
static struct str
next_numbered(struct str *rest, char c)
{
	for (; rest->n >= 6; *rest = str_sub(*rest, 1, rest->n))
		if (rest->p[0] == c &&
		    str_number(str_sub(*rest, 1, 5), 99999) >= 0) {
			struct str found = str_sub(*rest, 0, 6);

			*rest = str_sub(*rest, 6, rest->n);
			return found;
		}
	return (struct str){NULL, 0};
}

/* Of raw HTML the words, and where its attributes lead. */
static void
add_raw(struct said *said, struct str html)
{
	static const char *const names[] = {"href=", "src="};
	struct str rest = html, found;
	ptrdiff_t at;

	while ((found = next_numbered(&rest, 'w')).n > 0)
		strs_add(&said->raw, &said->arena, found);
	for (size_t i = 0; i < 2; i++)
		for (rest = html; (at = str_find(rest, str_of(names[i]))) >= 0;
		     rest = str_sub(rest, (size_t)at + 1, rest.n)) {
			found = str_sub(rest, (size_t)at, 50);
			found = next_numbered(&found, 'h');
			if (found.n > 0)
				strs_add(&said->raw, &said->arena, found);
		}
}

static void
add_link(struct said *said, const char *url)
{
	struct link link;

	if (link_classify(&link, &said->arena,
		arena_str(&said->arena, str_of(url))) != LINK_NONE)
		strs_add(&said->links, &said->arena, link.url);
}

/* Is this tag the beginning (or end) of what nobody reads? */
static bool
is_hidden_tag(struct str tag, bool *ends)
{
	static const char *const names[] = {"script", "style", "head"};

	tag = str_sub(tag, 1, tag.n);
	*ends = str_starts(tag, STR("/"));
	if (*ends)
		tag = str_sub(tag, 1, tag.n);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_starts_nocase(tag, str_of(names[i])))
			return true;
	return false;
}

static void
ask_node(struct said *said, cmark_node *n, bool *hidden)
{
	struct str literal = str_of(cmark_node_get_literal(n));
	cmark_node_type type = cmark_node_get_type(n);
	bool ends;

	literal = arena_str(&said->arena, literal);
	switch (type) {
	case CMARK_NODE_CODE_BLOCK:
		said->has_code = true;
		buf_puts(&said->text, cmark_node_get_fence_info(n));
		/* FALLTHROUGH */
	case CMARK_NODE_TEXT:
	case CMARK_NODE_CODE:
		buf_puts(&said->text, type == CMARK_NODE_CODE ? "`" : "");
		buf_str(&said->text, literal);
		buf_puts(&said->text, type == CMARK_NODE_CODE ? "`" : "");
		if (!*hidden)
			add_words(said, literal);
		break;
	case CMARK_NODE_HTML_INLINE:
		if (is_hidden_tag(literal, &ends))
			*hidden = !ends;
		/* FALLTHROUGH */
	case CMARK_NODE_HTML_BLOCK:
		said->has_html = true;
		buf_str(&said->html, literal);
		if (!str_starts(literal, STR("</")))
			add_raw(said, literal);
		break;
	case CMARK_NODE_HEADING:
		said->headings++;
		break;
	case CMARK_NODE_LINK:
	case CMARK_NODE_IMAGE:
		add_link(said, cmark_node_get_url(n));
		break;
	default:
		break;
	}
}

/* The definitions of footnotes as items, which cmark knows. */
static void
put_notes_as_items(struct buf *to, struct str text)
{
	struct str line;
	ptrdiff_t at;

	while (str_next(&text, '\n', &line)) {
		if (str_starts(line, STR("[^")) &&
		    (at = str_find(line, STR("]: "))) >= 0) {
			buf_puts(to, "+   ");
			line = str_sub(line, (size_t)at + 3, line.n);
		}
		buf_str(to, line);
		if (text.p != NULL)
			buf_putc(to, '\n');
	}
}

void
ask_cmark(struct said *said, struct str text, bool has_notes)
{
	cmark_event_type event;
	cmark_iter *iter;
	cmark_node *tree;
	struct buf source;
	bool hidden = false;

	*said = (struct said){.has_notes = has_notes};
	arena_init(&said->arena);
	buf_init(&said->text, TEXT_MAX);
	buf_init(&said->html, TEXT_MAX);
	buf_init(&source, TEXT_MAX);
	put_notes_as_items(&source, text);
	tree = cmark_parse_document(
	    source.data, source.len, CMARK_OPT_VALIDATE_UTF8);
	iter = cmark_iter_new(tree);
	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
		if (event == CMARK_EVENT_ENTER)
			ask_node(said, cmark_iter_get_node(iter), &hidden);
	cmark_iter_free(iter);
	cmark_node_free(tree);
	buf_release(&source);
}

void
said_release(struct said *said)
{
	buf_release(&said->text);
	buf_release(&said->html);
	arena_release(&said->arena);
}
