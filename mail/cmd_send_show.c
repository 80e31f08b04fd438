#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "content/wrap.h"
#include "mail/cmd_send.h"
#include "mail/words.h"

#include <stdio.h>

#define TEXT_MAX ((size_t)1 << 16)
#define LABEL_WIDTH 12
#define LINES 8
#define COLUMNS 72
#define PAGE 500

static void
put_line(struct buf *to, const char *label, struct str text)
{
	buf_printf(to, "%-*s", LABEL_WIDTH, label);
	words_cell(to, text, text.n * 4, false);
	buf_putc(to, '\n');
}

static struct str
title_of(const struct conf_mail *mail, struct str list)
{
	for (size_t i = 0; i < mail->list_count; i++)
		if (str_eq(mail->lists[i].name, list))
			return mail->lists[i].title;
	return (struct str){NULL, 0};
}

/* Those of the list who do not get it. */
static const struct {
	enum member_state state;
	const char *one, *many; /* behind a number */
	const char *why; /* behind a date */
} left_out[] = {
    {MEMBER_PENDING, "has not confirmed", "have not confirmed",
	"not confirmed, asked"},
    {MEMBER_SUSPENDED, "is suspended", "are suspended",
	"suspended, mail comes back, since"},
    {MEMBER_LEFT, "has left", "have left", "left"},
};
#define LEFT_OUT (sizeof left_out / sizeof left_out[0])

static void
put_recipients(struct buf *to, const struct send *s)
{
	const char *before = " (";

	buf_printf(to, "%-*s", LABEL_WIDTH, "recipients");
	words_count(to, s->members[MEMBER_ACTIVE]);
	for (size_t i = 0; i < LEFT_OUT; i++) {
		int64_t n = s->members[left_out[i].state];

		if (n == 0)
			continue;
		buf_puts(to, before);
		words_counted(to, n, left_out[i].one, left_out[i].many);
		before = ", ";
	}
	buf_puts(to, before[0] == ',' ? ")\n" : "\n");
}

static void
put_when(struct buf *to, const struct send *s)
{
	buf_printf(to, "%-*s", LABEL_WIDTH, "when");
	if (s->when.begins > s->now) {
		words_instant_here(to, s->when.begins);
		buf_puts(to, ", in ");
		words_duration(to, s->when.begins - s->now);
	} else {
		buf_puts(to, "now");
	}
	buf_putc(to, '\n');
	buf_printf(to, "%-*s", LABEL_WIDTH, "not after");
	if (s->when.expires != 0)
		words_instant_here(to, s->when.expires);
	else
		buf_puts(to, "(never too late)");
	buf_putc(to, '\n');
}

static void
put_beginning(struct buf *to, struct str text)
{
	struct str rest = text, line;
	enum wrap_end end;

	buf_putc(to, '\n');
	for (int i = 0; i < LINES; i++) {
		if (!wrap_next(&rest, COLUMNS, &line, &end))
			return;
		buf_puts(to, "  | ");
		words_cell(to, line, COLUMNS, false);
		buf_putc(to, '\n');
	}
	if (str_trim(rest).n > 0)
		buf_puts(to, "  | ...\n");
}

void
send_show(const struct send *s)
{
	const struct conf_mail *mail = &s->conf->mail;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	put_line(&b, "subject", s->posting.title);
	put_line(&b, "page", s->posting.address);
	buf_printf(&b, "%-*s%.*s: ", LABEL_WIDTH, "list", STR_ARG(s->list));
	words_cell(&b, title_of(mail, s->list), COLUMNS, false);
	buf_putc(&b, '\n');
	put_recipients(&b, s);
	put_line(&b, "from", mail->from);
	put_line(&b, "relay", mail->relay);
	put_when(&b, s);
	put_beginning(&b, s->posting.text);
	fprintf(stderr, "%s\n", b.data);
	buf_release(&b);
}

/* NULL: gets it. */
static const char *
why_not(const struct store_member *m)
{
	for (size_t i = 0; i < LEFT_OUT; i++)
		if (left_out[i].state == m->state)
			return left_out[i].why;
	return NULL;
}

static void
put_reason(struct buf *to, const struct store_member *m)
{
	buf_printf(to, "%s ", why_not(m));
	words_instant(to, m->since - m->since % 60);
	if (m->why.n > 0) {
		buf_puts(to, ": ");
		words_cell(to, m->why, m->why.n * 4, false);
	}
}

static void
put_member(struct buf *to, const struct store_member *m, bool is_json)
{
	bool is_sent = why_not(m) == NULL;
	struct buf reason;

	buf_init(&reason, TEXT_MAX);
	if (!is_sent)
		put_reason(&reason, m);
	if (is_json) {
		buf_puts(to, "{\"address\":");
		json_string(to, m->subscriber.address);
		buf_printf(to, ",\"sent\":%s,\"state\":\"%s\",\"why\":",
		    is_sent ? "true" : "false", member_state_name(m->state));
		json_string(to, buf_slice(&reason));
		buf_putc(to, '}');
	} else {
		buf_printf(to, "%s\t%.*s", is_sent ? "to" : "not",
		    STR_ARG(m->subscriber.address));
		if (!is_sent)
			buf_printf(to, "\t%s", reason.data);
		buf_putc(to, '\n');
	}
	buf_release(&reason);
}

static int
print_members(const struct send *s, struct err *e)
{
	struct store_member_query query = {.list = s->list};
	struct store_member_cursor after = {0};
	struct store_member page[PAGE];
	size_t count = PAGE, done = 0;
	int result = 0;
	struct buf b;

	buf_init(&b, TEXT_MAX * 16);
	while (result == 0 && count == PAGE) {
		struct arena a;

		arena_init(&a);
		result = store_members(
		    s->store, &query, &after, &a, page, PAGE, &count, e);
		for (size_t i = 0; result == 0 && i < count; i++) {
			if (s->is_json)
				buf_puts(&b, done++ > 0 ? ",\n" : "");
			put_member(&b, &page[i], s->is_json);
			result = buf_ok(&b, "a member's line", e);
			fwrite(b.data, 1, b.len, stdout);
			buf_clear(&b);
		}
		arena_release(&a);
	}
	buf_release(&b);
	return result;
}

int
send_dry_run(const struct send *s, struct err *e)
{
	int result;

	if (s->is_json)
		putchar('[');
	result = print_members(s, e);
	if (result == 0 && s->is_json)
		printf("]\n");
	if (result == 0)
		fputs("dry run: nothing was queued or sent\n", stderr);
	return result;
}
