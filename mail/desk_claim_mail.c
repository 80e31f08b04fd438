/*
 * A claim in one message, a reply to the offer's own:
 *
 *	Size: L
 *	Address: Ann Example
 *	Street 1, 12345 Town
 *	Sentence: It found the bug that ...
 *	Publish: yes
 *
 * or the same without words before it: the size, the address, an empty line,
 * a sentence. Whoever's mail program makes people write into what it quotes
 * is read as well.
 */
#include "mail/desk_offer.h"
#include "mail/token.h"

#include <string.h>

#define NAME_MAX_BYTES 40

/* What a message says of a claim. */
struct said {
	struct claim_step *c;
	bool has_any;
	bool wait;
	struct str unknown; /* a size that is none; empty: none was named */
};

/* Of what there is none the form does not show. */
static const struct store_option *
option_named(const struct store_offer *offer, struct str name)
{
	for (size_t i = 0; i < offer->option_count; i++)
		if (offer->option[i].stock > 0 &&
		    str_eq_nocase(offer->option[i].name, name))
			return &offer->option[i];
	return NULL;
}

static bool
is_yes(struct str s)
{
	return str_starts_nocase(s, STR("y")) && !str_is(s, "yes/no");
}

static int
write_field(struct said *said, struct str field, struct str value)
{
	struct claim_step *c = said->c;
	struct err why = ERR_INIT;
	struct buf clean;
	int result = 0;

	buf_init(&clean, CLAIM_FIELD_MAX);
	if (claim_clean(&clean, field, value, &why) == 0) {
		result = claim_write(c, field, buf_slice(&clean));
		said->has_any = true;
	}
	buf_release(&clean);
	return result;
}

static int
change(struct said *said, int64_t option, bool agreed)
{
	struct claim_step *c = said->c;

	said->has_any = true;
	if (option == c->claim.option && agreed == c->claim.agreed)
		return 0;
	if (store_claim_change(
		c->s->store, c->claim.id, option, agreed, c->s->e) != 0)
		return -1;
	return claim_reload(c);
}

static int
take_option(struct said *said, struct str name)
{
	const struct store_option *o =
	    option_named(&said->c->offer, str_trim(name));
	struct str line = {NULL, 0};

	if (o != NULL)
		return change(said, o->id, said->c->claim.agreed);
	/* What is longer, or no text, is no name, and not repeated. */
	str_next_line(&name, &line);
	said->unknown = line.n <= NAME_MAX_BYTES && str_is_utf8(line) &&
		!str_has_control(line)
	    ? arena_str(&said->c->s->arena, line)
	    : STR("\u2026");
	return 0;
}

/* What stands behind a label. */
static int
take_value(struct said *said, struct str label, struct str value)
{
	value = str_trim(value);
	if (value.n == 0)
		return 0;
	if (str_is(label, "size"))
		return take_option(said, value);
	if (str_is(label, "publish"))
		return change(said, said->c->claim.option, is_yes(value));
	if (str_is(label, "wait")) {
		said->wait = is_yes(value);
		return 0;
	}
	return write_field(said, label, value);
}

/* The label that a line begins with, in the words of the offer. */
static bool
label_of(const struct claim_step *c, struct str line, struct str *label,
    struct str *value)
{
	static const struct str own[] = {
	    STR("size"), STR("publish"), STR("wait")};
	ptrdiff_t colon = str_chr(line, ':');
	struct str ask = c->offer.ask, word;

	if (colon <= 0)
		return false;
	word = str_trim(str_sub(line, 0, (size_t)colon));
	*value = str_sub(line, (size_t)colon + 1, line.n);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (str_eq_nocase(word, own[i])) {
			*label = own[i];
			return true;
		}
	while (offer_next_field(&ask, label))
		if (str_eq_nocase(word, *label))
			return true;
	return false;
}

/* Without the marks of what is quoted. */
static struct str
unquoted(struct str line)
{
	line = str_trim(line);
	while (str_starts(line, STR(">")))
		line = str_trim(str_sub(line, 1, line.n));
	return line;
}

static int
read_labels(struct said *said, struct str text)
{
	struct str line, label = {NULL, 0}, next, value;
	struct buf all;
	int result = 0;

	buf_init(&all, DESK_INPUT_MAX);
	while (result == 0 && str_next_line(&text, &line)) {
		line = unquoted(line);
		if (label_of(said->c, line, &next, &value)) {
			result = label.n > 0
			    ? take_value(said, label, buf_slice(&all))
			    : 0;
			label = next;
			buf_clear(&all);
			buf_str(&all, value);
		} else if (label.n > 0 && line.n > 0) {
			buf_putc(&all, '\n');
			buf_str(&all, line);
		} else if (all.len > 1) {
			/* An empty line ends what was begun. */
			result = take_value(said, label, buf_slice(&all));
			label.n = 0;
			buf_clear(&all);
		}
	}
	if (result == 0 && label.n > 0)
		result = take_value(said, label, buf_slice(&all));
	buf_release(&all);
	return result;
}

/* Lines up to an empty one; the rest behind it. */
static struct str
paragraph(struct str *text)
{
	struct str rest = *text, line, first;

	while (str_next_line(&rest, &line) && str_trim(line).n == 0)
		*text = rest;
	first = *text;
	rest = *text;
	while (str_next_line(&rest, &line) && str_trim(line).n > 0)
		*text = rest;
	return str_sub(first, 0, (size_t)(first.n - text->n));
}

/* Size, address, sentence, in this order. */
static int
read_plain(struct said *said, struct str text)
{
	struct claim_step *c = said->c;
	struct str first = paragraph(&text), line = {NULL, 0}, rest = first;

	if (!str_next_line(&rest, &line) ||
	    option_named(&c->offer, str_trim(line)) == NULL)
		return 0;
	if (take_option(said, line) != 0)
		return -1;
	first = str_trim(rest).n > 0 ? rest : paragraph(&text);
	if (claim_has_field(c, STR("address")) &&
	    write_field(said, STR("address"), first) != 0)
		return -1;
	if (!claim_has_field(c, STR("sentence")) || str_trim(text).n == 0)
		return 0;
	return write_field(said, STR("sentence"), paragraph(&text));
}

/* The answer repeats how to say it, where something is missing. */
static int
say_template(struct claim_step *c, struct str word, const char *why)
{
	struct step *s = c->s;
	struct str ask = c->offer.ask, field, lines = STR("Size:\n");

	while (offer_next_field(&ask, &field))
		lines = step_printf(s, "%.*s%.*s:\n", STR_ARG(lines),
		    STR_ARG(claim_field_name(s, field)));
	if (claim_has_field(c, STR("sentence")))
		lines =
		    step_printf(s, "%.*sPublish: yes or no\n", STR_ARG(lines));
	step_page(s, "Your claim: %.*s", STR_ARG(c->offer.item));
	step_say(s, "%s", why);
	claim_say_left(s, &c->offer);
	s->reply_to = step_address(s, "claim-", word);
	step_say(s, "Reply with these lines, filled in, or write them to %.*s:",
	    STR_ARG(s->reply_to));
	step_say(s, "%.*s", STR_ARG(lines));
	step_link(s, step_printf(s, "/claim/%.*s", STR_ARG(c->claim.token)),
	    "Or fill in the form, with a Gemini client");
	return 0;
}

static int
answer_draft(struct claim_step *c, struct str word, struct str unknown)
{
	struct step *s = c->s;
	struct str missing;

	if (!c->is_open)
		return claim_show(c);
	if (c->was_gone)
		return say_template(c, word,
		    step_printf(s,
			"%.*s is gone. Name another size; or, to wait for it, "
			"add a line \"Wait: yes\".",
			STR_ARG(c->claim.option_name))
			.p);
	if (claim_missing(c, &missing) != 0)
		return -1;
	if (unknown.n > 0)
		unknown =
		    step_printf(s, "There is no \"%.*s\". ", STR_ARG(unknown));
	if (missing.n == 0)
		missing = STR("which one");
	return say_template(c, word,
	    step_printf(s, "%.*sNothing is yours yet. Still missing: %.*s.",
		STR_ARG(unknown), STR_ARG(missing))
		.p);
}

static int
take_message(struct claim_step *c, struct str word)
{
	struct said said = {.c = c};
	struct step *s = c->s;
	struct str text = s->request->input;

	if (c->claim.state == CLAIM_DRAFT && c->is_open) {
		if (read_labels(&said, text) != 0 ||
		    (!said.has_any && read_plain(&said, text) != 0) ||
		    /* Not another one than they want. */
		    (said.unknown.n == 0 && claim_send(c, said.wait) != 0))
			return -1;
		buf_clear(s->title);
		buf_clear(s->text);
	} else {
		c->has_one = c->claim.state == CLAIM_TAKEN;
	}
	return c->claim.state == CLAIM_DRAFT
	    ? answer_draft(c, word, said.unknown)
	    : claim_show(c);
}

/* "TAG-PERSON": the offer's, and the token of who was written to. */
int
claim_by_mail(struct claim_step *c, struct str word)
{
	struct step *s = c->s;
	ptrdiff_t hyphen = str_chr(word, '-');
	struct store_subscriber who;
	struct store_offer stored;
	char token[TOKEN_LEN + 1];
	struct err why = ERR_INIT;

	if (hyphen < 0 ||
	    token_parse(token, str_sub(word, (size_t)hyphen + 1, word.n)) != 0)
		return step_missing(s);
	if (store_subscriber_by_token(
		s->store, &who, &s->arena, str_of(token), &why) != 0 ||
	    store_offer_of_tag(s->store, &stored, &s->arena,
		str_sub(word, 0, (size_t)hyphen), &why) != 0)
		return step_unknown(s, &why);
	s->owner = who.address;
	c->claim.offer = stored.id;
	if (claim_offer_again(c) != 0 || claim_of_person(c, who.address) != 0)
		return -1;
	return take_message(c, word);
}
