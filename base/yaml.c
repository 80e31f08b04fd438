#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

/* A list or map that is open, with the place of its next member. */
struct level {
	struct yaml *node;
	struct yaml **tail;
	size_t count;
	struct str key; /* MAP: read, and waiting for its value */
	int key_line;
	bool has_key;
};

struct builder {
	yaml_parser_t parser;
	struct arena *arena;
	struct str text;
	int first_line;
	struct level levels[YAML_DEPTH_MAX];
	size_t depth;
	struct yaml *root;
};

/*
 * What libyaml says, in its words, and what it means to the person at the
 * editor. For what is left open the line where it began is the one to look
 * at: libyaml notices only at the end.
 */
static const struct {
	const char *problem;
	const char *sentence;
	bool is_where_it_began;
} sentences[] = {
    {"could not find expected ':'",
	"this line is not \"key: value\"; is a colon missing?", true},
    {"mapping values are not allowed in this context",
	"a colon cannot stand here; indent the line like its neighbours, or "
	"put quotes around a text that has a colon in it",
	false},
    {"did not find expected key",
	"a key was expected here; look at the indentation and the quotes of "
	"this line and the one before",
	false},
    {"did not find expected '-' indicator",
	"a \"- \" like those above was expected here; look at the "
	"indentation",
	false},
    {"block sequence entries are not allowed in this context",
	"a \"- \" cannot stand here; put the list on lines of its own", false},
    {"mapping keys are not allowed in this context",
	"a \"? \" cannot stand here; put quotes around the text", false},
    {"did not find expected ',' or ']'",
	"the list that begins here with \"[\" lacks a comma or its \"]\"",
	true},
    {"did not find expected ',' or '}'",
	"the map that begins here with \"{\" lacks a comma or its \"}\"", true},
    {"did not find expected node content", "a value is missing here", false},
    {"found unexpected end of stream",
	"the quoted text that begins here is never closed", true},
    {"found unexpected document indicator",
	"the quoted text that begins here is never closed", true},
    {"found a tab character where an indentation space is expected",
	"a tab indents this line; indent with blanks", false},
    {"found a tab character that violates indentation",
	"a tab indents this line; indent with blanks", false},
    {"found unknown escape character",
	"a backslash in double quotes begins an escape; write \\\\ for one, "
	"or use single quotes",
	false},
    {"did not find expected hexdecimal number",
	"\\x, \\u and \\U in double quotes want 2, 4 or 8 hexadecimal digits",
	false},
    {"found invalid Unicode character escape code",
	"this escape names no character", false},
    {"did not find expected alphabetic or numeric character",
	"a text that begins with \"*\" or \"&\" must stand in quotes", false},
    {"did not find expected comment or line break",
	"nothing may follow \"|\" or \">\" on its line; quote a text that "
	"begins so",
	false},
    {"found an indentation indicator equal to 0",
	"nothing may follow \"|\" or \">\" on its line; quote a text that "
	"begins so",
	false},
    {"found unexpected ':'", "put quotes around a text that has a colon in it",
	false},
    {"did not find expected <document start>",
	"this line follows the end of the keys; look at its indentation",
	false},
};

static int
line_at(const struct builder *b, size_t line)
{
	struct str rest = b->text, piece;
	size_t lines = 0;

	/* An end that was not expected is seen after the last line. */
	while (lines <= line && str_next_line(&rest, &piece))
		lines++;
	if (line >= lines)
		line = lines > 0 ? lines - 1 : 0;
	return b->first_line + (int)line;
}

/* libyaml's reader counts bytes, and fails before there is a line. */
static int
reader_error(const struct builder *b, struct err *e)
{
	struct str before = str_sub(b->text, 0, b->parser.problem_offset);
	struct str rest = before, piece;
	int line = b->first_line;
	bool is_ended = before.n > 0 &&
	    (before.p[before.n - 1] == '\n' || before.p[before.n - 1] == '\r');

	while (str_next_line(&rest, &piece))
		line++;
	if (before.n > 0 && !is_ended)
		line--;
	if (strstr(b->parser.problem, "control") != NULL)
		return err_set(e, ERR_INPUT,
		    "%d: a control character (0x%02x) stands in this line; "
		    "take it out",
		    line, (unsigned)b->parser.problem_value);
	return err_set(e, ERR_INPUT,
	    "%d: this line is not UTF-8; save the file as UTF-8", line);
}

/* A character that no plain text begins with: most often a tab. */
static int
start_error(const struct builder *b, int line, struct err *e)
{
	struct str rest = b->text, piece = {NULL, 0};
	size_t column = b->parser.problem_mark.column;
	int32_t c = -1;

	for (int i = b->first_line; i <= line; i++)
		if (!str_next_line(&rest, &piece))
			break;
	for (size_t i = 0; i <= column && piece.n > 0; i++)
		c = str_next_utf8(&piece);
	if (c == '\t')
		return err_set(e, ERR_INPUT,
		    "%d: a tab stands here; indent with blanks", line);
	return err_set(e, ERR_INPUT,
	    "%d: a text that begins with \"%c\" must stand in quotes", line,
	    c > 0x20 && c < 0x7f ? (char)c : '?');
}

static int
syntax_error(const struct builder *b, struct err *e)
{
	const yaml_parser_t *p = &b->parser;
	const char *problem = p->problem != NULL ? p->problem : "broken";
	int line = line_at(b, p->problem_mark.line);

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(e, ERR_MEMORY, "memory ran out");
	if (p->error == YAML_READER_ERROR)
		return reader_error(b, e);
	if (strcmp(problem, "found character that cannot start any token") == 0)
		return start_error(b, line, e);
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		if (strcmp(problem, sentences[i].problem) != 0)
			continue;
		if (sentences[i].is_where_it_began && p->context != NULL)
			line = line_at(b, p->context_mark.line);
		return err_set(
		    e, ERR_INPUT, "%d: %s", line, sentences[i].sentence);
	}
	return err_set(e, ERR_INPUT, "%d: this is not YAML: %s", line, problem);
}

static int
event_line(const struct builder *b, const yaml_event_t *event)
{
	return b->first_line + (int)event->start_mark.line;
}

static struct str
event_text(const yaml_event_t *event)
{
	return (struct str){
	    (const char *)event->data.scalar.value, event->data.scalar.length};
}

/* Makes a node and hangs it where the innermost open list or map goes on. */
static struct yaml *
add_node(struct builder *b, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml *node = arena_alloc(b->arena, sizeof *node);
	struct level *top;

	if (node == NULL)
		return NULL;
	node->kind = kind;
	node->line = event_line(b, event);
	if (b->depth == 0) {
		b->root = node;
		return node;
	}
	top = &b->levels[b->depth - 1];
	if (top->node->kind == YAML_MAP) {
		node->key = top->key;
		node->line = top->key_line;
		top->has_key = false;
	} else {
		node->key = top->node->key;
	}
	*top->tail = node;
	top->tail = &node->next;
	top->count++;
	return node;
}

static bool
wants_key(const struct builder *b)
{
	const struct level *top;

	if (b->depth == 0)
		return false;
	top = &b->levels[b->depth - 1];
	return top->node->kind == YAML_MAP && !top->has_key;
}

static int
take_key(struct builder *b, const yaml_event_t *event, struct err *e)
{
	struct level *top = &b->levels[b->depth - 1];

	top->key = arena_str(b->arena, event_text(event));
	top->key_line = event_line(b, event);
	top->has_key = true;
	if (top->key.n == 0)
		return err_set(e, ERR_INPUT,
		    "%d: a key is missing before \":\"", top->key_line);
	return 0;
}

static int
refuse_marks(const struct builder *b, const yaml_event_t *event,
    const yaml_char_t *anchor, const yaml_char_t *tag, struct err *e)
{
	if (anchor == NULL && tag == NULL)
		return 0;
	return err_set(e, ERR_INPUT,
	    "%d: a text that begins with \"%c\" must stand in quotes; %s are "
	    "not used here",
	    event_line(b, event), anchor != NULL ? '&' : '!',
	    anchor != NULL ? "anchors" : "tags");
}

static int
take_scalar(struct builder *b, const yaml_event_t *event, struct err *e)
{
	struct yaml *node;

	if (refuse_marks(b, event, event->data.scalar.anchor,
		event->data.scalar.tag, e) != 0)
		return -1;
	if (wants_key(b))
		return take_key(b, event, e);
	node = add_node(b, event, YAML_SCALAR);
	if (node == NULL)
		return arena_ok(b->arena, e);
	node->text = arena_str(b->arena, event_text(event));
	node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static int
open_level(struct builder *b, const yaml_event_t *event, enum yaml_kind kind,
    struct err *e)
{
	struct yaml *node;

	if (wants_key(b))
		return err_set(e, ERR_INPUT,
		    "%d: a key must be a text, not a list or map; put quotes "
		    "around a text that begins with \"[\" or \"{\"",
		    event_line(b, event));
	if (b->depth == YAML_DEPTH_MAX)
		return err_set(e, ERR_LIMIT,
		    "%d: lists and maps are nested over %d deep here",
		    event_line(b, event), YAML_DEPTH_MAX);
	node = add_node(b, event, kind);
	if (node == NULL)
		return arena_ok(b->arena, e);
	b->levels[b->depth++] =
	    (struct level){.node = node, .tail = &node->child};
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct yaml *const *x = a, *const *y = b;
	int c = str_cmp((*x)->key, (*y)->key);

	return c != 0 ? c
		      : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

/* Sorted, so that a map of very many keys costs no square. */
static int
check_unique(struct arena *arena, const struct level *level, struct err *e)
{
	struct yaml **sorted;
	size_t n = 0;

	if (level->count < 2)
		return 0;
	sorted = arena_array(arena, level->count, sizeof(struct yaml *));
	if (sorted == NULL)
		return arena_ok(arena, e);
	for (struct yaml *m = level->node->child; m != NULL; m = m->next)
		sorted[n++] = m;
	qsort(sorted, n, sizeof *sorted, by_key);
	for (size_t i = 1; i < n; i++)
		if (str_eq(sorted[i]->key, sorted[i - 1]->key))
			return yaml_fault(e, sorted[i],
			    "the key \"%s\" stands here again; it is already "
			    "on line %d",
			    yaml_show(sorted[i]->key).s, sorted[i - 1]->line);
	return 0;
}

static int
close_level(struct builder *b, struct err *e)
{
	const struct level *top = &b->levels[--b->depth];

	return top->node->kind == YAML_MAP ? check_unique(b->arena, top, e) : 0;
}

static int
take_event(struct builder *b, const yaml_event_t *event, struct err *e)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->root == NULL)
			return 0;
		return err_set(e, ERR_INPUT,
		    "%d: a second document begins here; there can be only one",
		    event_line(b, event));
	case YAML_ALIAS_EVENT:
		return err_set(e, ERR_INPUT,
		    "%d: a text that begins with \"*\" must stand in quotes; "
		    "aliases are not used here",
		    event_line(b, event));
	case YAML_SCALAR_EVENT:
		return take_scalar(b, event, e);
	case YAML_SEQUENCE_START_EVENT:
		if (refuse_marks(b, event, event->data.sequence_start.anchor,
			event->data.sequence_start.tag, e) != 0)
			return -1;
		return open_level(b, event, YAML_LIST, e);
	case YAML_MAPPING_START_EVENT:
		if (refuse_marks(b, event, event->data.mapping_start.anchor,
			event->data.mapping_start.tag, e) != 0)
			return -1;
		return open_level(b, event, YAML_MAP, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_level(b, e);
	default:
		return 0;
	}
}

static int
build(struct builder *b, struct err *e)
{
	bool is_done = false;

	while (!is_done) {
		yaml_event_t event;
		int result;

		if (!yaml_parser_parse(&b->parser, &event))
			return syntax_error(b, e);
		is_done = event.type == YAML_STREAM_END_EVENT;
		result = take_event(b, &event, e);
		yaml_event_delete(&event);
		if (result != 0)
			return -1;
	}
	return arena_ok(b->arena, e);
}

static bool
is_null(const struct yaml *node)
{
	return node->kind == YAML_SCALAR && !node->is_quoted &&
	    (node->text.n == 0 || str_is(node->text, "~") ||
		str_is(node->text, "null") || str_is(node->text, "Null") ||
		str_is(node->text, "NULL"));
}

/* Nothing at all is no document; comments and a lone "---" are a null. */
static int
finish(struct yaml **root, const struct builder *b, struct err *e)
{
	struct yaml *node = b->root;

	if (node == NULL || is_null(node)) {
		node = arena_alloc(b->arena, sizeof *node);
		if (node == NULL)
			return arena_ok(b->arena, e);
		node->kind = YAML_MAP;
		node->line = b->first_line;
	}
	*root = node;
	return 0;
}

int
yaml_parse(struct yaml **root, struct arena *a, struct str text, int first_line,
    struct err *e)
{
	struct builder b = {.arena = a, .text = text, .first_line = first_line};
	int result;

	if (!yaml_parser_initialize(&b.parser))
		return err_set(e, ERR_MEMORY, "memory ran out");
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser,
	    (const unsigned char *)(text.n > 0 ? text.p : ""), text.n);
	result = build(&b, e);
	if (result == 0)
		result = finish(root, &b, e);
	yaml_parser_delete(&b.parser);
	return result;
}

const struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml *m = map->child; m != NULL; m = m->next)
		if (str_is(m->key, key))
			return is_null(m) ? NULL : m;
	return NULL;
}
