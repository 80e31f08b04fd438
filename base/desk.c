#include "base/desk.h"

#include <string.h>

#define HEAD "desk 1\n"
#define FINGERPRINT_LEN 64

static const char *const ways[DESK_WAYS] = {
    [DESK_GEMINI] = "gemini",
    [DESK_GOPHER] = "gopher",
    [DESK_MAIL] = "mail",
};

static const char *const kinds[DESK_KINDS] = {
    [DESK_ASK] = "ask",
    [DESK_ASK_SECRET] = "ask-secret",
    [DESK_SHOW] = "show",
    [DESK_REFUSE] = "refuse",
    [DESK_CERTIFICATE] = "certificate",
    [DESK_STRANGER] = "stranger",
    [DESK_MISSING] = "missing",
    [DESK_LATER] = "later",
};

struct field {
	const char *name;
	struct str *value;
	size_t max; /* bytes */
	bool seen;
};

static void
put(struct buf *to, const char *name, struct str value)
{
	buf_printf(to, "%s %zu\n", name, value.n);
	buf_str(to, value);
	buf_putc(to, '\n');
}

static void
put_unless_empty(struct buf *to, const char *name, struct str value)
{
	if (value.n > 0)
		put(to, name, value);
}

static int
end_packet(struct buf *to, size_t began, struct err *e)
{
	if (buf_ok(to, "the packet", e) == 0) {
		if (to->len - began <= DESK_PACKET_MAX)
			return 0;
		err_set(e, ERR_LIMIT, "the packet has more than %zu bytes",
		    DESK_PACKET_MAX);
	}
	buf_cut(to, began);
	return -1;
}

int
desk_put_request(
    struct buf *to, const struct desk_request *request, struct err *e)
{
	size_t began = to->len;

	if (request->input.n > DESK_INPUT_MAX)
		return err_set(e, ERR_LIMIT, "more than %d bytes were typed",
		    DESK_INPUT_MAX);
	buf_puts(to, HEAD);
	put(to, "way", str_of(ways[request->way]));
	put_unless_empty(to, "host", request->host);
	put(to, "path", request->path);
	if (request->has_input)
		put(to, "input", request->input);
	put_unless_empty(to, "network", request->network);
	put_unless_empty(to, "certificate", request->certificate);
	return end_packet(to, began, e);
}

int
desk_put_answer(struct buf *to, const struct desk_answer *answer, struct err *e)
{
	size_t began = to->len;

	buf_puts(to, HEAD);
	put(to, "kind", str_of(kinds[answer->kind]));
	put_unless_empty(to, "title", answer->title);
	put_unless_empty(to, "text", answer->text);
	return end_packet(to, began, e);
}

static struct field *
find_field(struct field *fields, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(name, fields[i].name))
			return &fields[i];
	return NULL;
}

/* Takes "NAME LENGTH LF", that many bytes and LF out of *rest. */
static int
next_field(struct str *rest, struct field *fields, size_t count, struct err *e)
{
	ptrdiff_t space = str_chr(*rest, ' '), end = str_chr(*rest, '\n');
	struct field *field;
	int64_t n;

	if (space < 0 || end < space)
		return err_set(e, ERR_INPUT,
		    "a field does not begin with its name and length");
	field = find_field(fields, count, str_sub(*rest, 0, (size_t)space));
	if (field == NULL || field->seen)
		return err_set(e, ERR_INPUT, "a field is not known or twice");
	n = str_number(
	    str_sub(*rest, (size_t)space + 1, (size_t)(end - space - 1)),
	    (int64_t)field->max);
	*rest = str_sub(*rest, (size_t)end + 1, rest->n);
	if (n < 0 || (size_t)n >= rest->n || rest->p[n] != '\n')
		return err_set(e, ERR_INPUT,
		    "the length of \"%s\" does not fit", field->name);
	*field->value = str_sub(*rest, 0, (size_t)n);
	field->seen = true;
	*rest = str_sub(*rest, (size_t)n + 1, rest->n);
	if (!str_is_utf8(*field->value) || str_chr(*field->value, '\0') >= 0)
		return err_set(
		    e, ERR_INPUT, "\"%s\" is no text in UTF-8", field->name);
	return 0;
}

static int
parse_fields(
    struct str packet, struct field *fields, size_t count, struct err *e)
{
	struct str rest = packet;

	if (packet.n > DESK_PACKET_MAX || !str_starts(packet, STR(HEAD)))
		return err_set(e, ERR_INPUT,
		    "this is no packet of version 1 of the desk; capsule and "
		    "announce are likely of different versions: update both");
	rest = str_sub(packet, sizeof HEAD - 1, packet.n);
	while (rest.n > 0)
		if (next_field(&rest, fields, count, e) != 0)
			return -1;
	return 0;
}

/* The name's place in the table, or -1. */
static int
find_name(struct str name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (str_is(name, names[i]))
			return i;
	return -1;
}

static bool
is_fingerprint(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr("0123456789abcdef", s.p[i], 16) == NULL)
			return false;
	return s.n == FINGERPRINT_LEN;
}

int
desk_parse_request(struct desk_request *out, struct str packet, struct err *e)
{
	struct desk_request r = {0};
	struct str way = {NULL, 0};
	struct field fields[] = {
	    {"way", &way, 16, false},
	    {"host", &r.host, 255, false},
	    {"path", &r.path, DESK_PATH_MAX, false},
	    {"input", &r.input, DESK_INPUT_MAX, false},
	    {"network", &r.network, 320, false},
	    {"certificate", &r.certificate, FINGERPRINT_LEN, false},
	};
	int n;

	if (parse_fields(packet, fields, sizeof fields / sizeof *fields, e) !=
	    0)
		return -1;
	n = find_name(way, ways, DESK_WAYS);
	if (n < 0)
		return err_set(e, ERR_INPUT, "it comes by no way we know");
	if (r.path.n == 0 || r.path.p[0] != '/')
		return err_set(e, ERR_INPUT, "its path does not begin with /");
	if (r.certificate.n > 0 && !is_fingerprint(r.certificate))
		return err_set(
		    e, ERR_INPUT, "its certificate's fingerprint is none");
	r.way = (enum desk_way)n;
	r.has_input = fields[3].seen;
	*out = r;
	return 0;
}

int
desk_parse_answer(struct desk_answer *out, struct str packet, struct err *e)
{
	struct desk_answer a = {0};
	struct str kind = {NULL, 0};
	struct field fields[] = {
	    {"kind", &kind, 16, false},
	    {"title", &a.title, DESK_PACKET_MAX, false},
	    {"text", &a.text, DESK_PACKET_MAX, false},
	};
	int n;

	if (parse_fields(packet, fields, sizeof fields / sizeof *fields, e) !=
	    0)
		return -1;
	n = find_name(kind, kinds, DESK_KINDS);
	if (n < 0)
		return err_set(e, ERR_INPUT, "it is of no kind we know");
	a.kind = (enum desk_kind)n;
	*out = a;
	return 0;
}

bool
desk_path_asks(struct str path)
{
	static const struct str claim = STR("/claim/");

	/* A page's claim begins with an address; a token has no dot. */
	if (str_starts(path, claim))
		return str_rchr(path, '.') > str_rchr(path, '/') ||
		    str_find(path, STR("/type/")) > 0;
	return str_is(path, "/subscribe") || str_is(path, "/leave") ||
	    str_starts(path, STR("/subscribe/")) ||
	    str_starts(path, STR("/code/"));
}
