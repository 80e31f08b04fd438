#include "mail/incoming.h"
#include "base/buf.h"
#include "base/conf_check.h"
#include "content/md.h"
#include "mail/mailbox.h"
#include "mail/token.h"

#include <gmime/gmime.h>
#include <string.h>

/* What is being read of one message. */
struct reading {
	struct incoming *out;
	struct arena *arena;
	const struct conf_mail *mail;
	GMimeMessage *message;
	bool has_status; /* a part for machines was found */
};

static struct str
field(const struct reading *r, const char *name)
{
	return str_trim(
	    str_of(g_mime_object_get_header(GMIME_OBJECT(r->message), name)));
}

static bool
has_field(const struct reading *r, const char *name)
{
	return g_mime_object_get_header(GMIME_OBJECT(r->message), name) != NULL;
}

/* How often a needle stands in it, up to max; letters without case. */
static int
count_of(struct str text, struct str needle, int max)
{
	int count = 0;

	for (size_t i = 0; i + needle.n <= text.n && count < max; i++)
		count += str_eq_nocase(str_sub(text, i, needle.n), needle);
	return count;
}

/* What GMime would take much for: found in the bytes, before it looks. */
struct load {
	size_t boundaries; /* lines that could be one */
	size_t head; /* bytes that could be of a header */
	size_t colons; /* of the field with the most */
};

/* A name and a colon, which may have a blank before it. */
static bool
is_field(struct str line)
{
	ptrdiff_t colon = str_chr(line, ':');
	struct str name;

	if (colon <= 0)
		return false;
	name = str_trim(str_sub(line, 0, (size_t)colon));
	return name.n > 0 && name.p == line.p && str_chr(name, ' ') < 0 &&
	    str_chr(name, '\t') < 0;
}

static size_t
colons_in(struct str line)
{
	size_t count = 0;

	for (size_t i = 0; i < line.n; i++)
		count += line.p[i] == ':';
	return count;
}

static struct load
weigh(struct str message)
{
	struct load load = {0};
	bool is_top = true, is_head = true;
	struct str line = {0};
	size_t colons = 0;

	/* A lone CR ends no line for GMime. */
	while (str_next(&message, '\n', &line)) {
		bool is_folded = line.n > 0 && memchr(" \t", line.p[0], 2);

		load.boundaries += str_starts(line, STR("--"));
		is_top = is_top && str_trim(line).n > 0;
		if (is_field(line))
			colons = 0;
		is_head = is_top || is_field(line) || (is_head && is_folded);
		if (!is_head)
			continue;
		load.head += line.n + 1;
		colons += colons_in(line);
		if (colons > load.colons)
			load.colons = colons;
	}
	return load;
}

static int
too_much(const char *what, size_t max, struct err *e)
{
	return err_set(
	    e, ERR_LIMIT, "the message has more than %zu %s", max, what);
}

/* GMime follows nested parts, and groups of addresses in groups, by recursion,
 * and makes much of each part and field. */
static int
check_size(struct str message, struct err *e)
{
	struct load load;
	int parts;

	if (message.n > INCOMING_MAX)
		return err_set(e, ERR_LIMIT,
		    "the message has %zu bytes; %zu are read", message.n,
		    INCOMING_MAX);
	load = weigh(message);
	parts = count_of(message, STR("multipart/"), INCOMING_PARTS_MAX + 1);
	if (parts > 0 && load.boundaries > INCOMING_LINES_MAX)
		return too_much("parts", INCOMING_LINES_MAX, e);
	if (load.head > INCOMING_HEAD_MAX)
		return too_much("bytes of header", INCOMING_HEAD_MAX, e);
	if (load.colons > INCOMING_COLONS_MAX)
		return too_much("colons in a field", INCOMING_COLONS_MAX, e);
	if (parts + count_of(message, STR("message/"), INCOMING_PARTS_MAX + 1) >
	    INCOMING_PARTS_MAX)
		return too_much("parts in parts", INCOMING_PARTS_MAX, e);
	return 0;
}

/* Mail servers that write mbox put a line of their own in front. */
static struct str
without_from_line(struct str message)
{
	struct str rest = message, line;

	if (str_starts(message, STR("From ")) && str_next_line(&rest, &line))
		return rest;
	return message;
}

static GMimeMessage *
parse(struct str text)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;

	g_mime_init();
	stream = g_mime_stream_mem_new_with_buffer(text.p, text.n);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

/* What stands between "own+" and the domain, if the address is one of ours. */
static bool
take_ours(struct str *detail, struct str address, struct str own)
{
	struct str local = mailbox_local(own), domain = mailbox_domain(own);
	struct str theirs = mailbox_local(address);

	if (!str_eq_nocase(mailbox_domain(address), domain) ||
	    !str_starts_nocase(theirs, local))
		return false;
	*detail = str_sub(theirs, local.n, theirs.n);
	if (detail->n > 0 && detail->p[0] != '+')
		return false;
	*detail = str_sub(*detail, 1, detail->n);
	return true;
}

/* "confirm-TOKEN", or "subscribe", or "subscribe-stream". */
static void
take_detail(struct reading *r, struct str detail)
{
	ptrdiff_t hyphen = str_rchr(detail, '-');
	char token[TOKEN_LEN + 1];

	r->out->extension = arena_str(r->arena, detail);
	if (hyphen >= 0 &&
	    token_parse(token, str_sub(detail, (size_t)hyphen + 1, detail.n)) ==
		0)
		r->out->token = arena_str(r->arena, str_of(token));
}

/* Whether one of the addresses in a field's value is ours. */
static bool
take_recipients(struct reading *r, struct str value)
{
	const struct str ours[] = {
	    r->mail->bounces, from_address(r->mail->from)};
	struct str rest = value, one = {0}, name, address, detail;

	while (str_next(&rest, ',', &one)) {
		if (mailbox_parse(&name, &address, str_trim(one), NULL) != 0)
			continue;
		for (size_t i = 0; i < 2; i++)
			if (take_ours(&detail, address, ours[i])) {
				take_detail(r, detail);
				return true;
			}
	}
	return false;
}

static void
take_recipient(struct reading *r, struct str recipient)
{
	static const char *const fields[] = {"X-Original-To", "Delivered-To",
	    "Envelope-To", "X-Envelope-To", "To", "Cc", NULL};

	if (recipient.n > 0) {
		take_recipients(r, recipient);
		return;
	}
	for (size_t i = 0; fields[i] != NULL; i++)
		if (take_recipients(r, field(r, fields[i])))
			return;
}

/* The first mailbox of the From field, if mail can be sent there. */
static void
take_writer(struct reading *r)
{
	InternetAddressList *list = g_mime_message_get_from(r->message);
	InternetAddress *first =
	    list != NULL ? internet_address_list_get_address(list, 0) : NULL;
	struct buf address;

	if (first == NULL || !INTERNET_ADDRESS_IS_MAILBOX(first))
		return;
	buf_init(&address, MAILBOX_MAX * 2);
	if (mailbox_normalise(&address,
		str_of(internet_address_mailbox_get_addr(
		    INTERNET_ADDRESS_MAILBOX(first))),
		NULL) == 0)
		r->out->writer = arena_buf(r->arena, &address);
	buf_release(&address);
}

/* Brought to UTF-8 with LF at the ends of lines, and cut. */
static struct str
tidy(struct arena *a, struct str text)
{
	struct str rest = {0}, line = {0}, out;
	bool guessed;
	struct buf lines;

	if (md_decode(&rest, &guessed, a, str_sub(text, 0, INCOMING_TEXT_MAX),
		NULL) != 0)
		return (struct str){0};
	buf_init(&lines, INCOMING_TEXT_MAX * 4);
	while (str_next_line(&rest, &line)) {
		buf_str(&lines, line);
		buf_putc(&lines, '\n');
	}
	out = arena_buf(a, &lines);
	buf_release(&lines);
	return out;
}

static struct str
content_of(struct arena *a, GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *to = g_mime_stream_mem_new();
	GByteArray *bytes;
	struct str text = {0};

	if (content != NULL &&
	    g_mime_data_wrapper_write_to_stream(content, to) >= 0) {
		bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(to));
		text = tidy(a, (struct str){(char *)bytes->data, bytes->len});
	}
	g_object_unref(to);
	return text;
}

/* Of a header, or of what reports without parts have below their text: what
 * stands between angle brackets in the first Message-ID field. */
static void
take_returned(struct reading *r, struct str text)
{
	static const struct str name = {"Message-ID:", 11};
	struct str rest = text, line = {0}, next;
	ptrdiff_t begin, end;

	while (r->out->returned.n == 0 && str_next_line(&rest, &line)) {
		if (!str_starts_nocase(line, name))
			continue;
		if (str_trim(line).n == name.n && str_next_line(&rest, &next))
			line = next;
		begin = str_chr(line, '<');
		end = str_chr(line, '>');
		if (begin >= 0 && end > begin)
			r->out->returned = arena_str(r->arena,
			    str_sub(line, (size_t)begin + 1,
				(size_t)(end - begin - 1)));
	}
}

static void
take_message(struct reading *r, GMimeMessage *message)
{
	if (message != NULL && r->out->returned.n == 0)
		r->out->returned = arena_str(
		    r->arena, str_of(g_mime_message_get_message_id(message)));
}

static void
take_part(GMimeObject *parent, GMimeObject *object, gpointer ctx)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	struct reading *r = ctx;

	(void)parent;
	if (GMIME_IS_MESSAGE_PART(object))
		take_message(r,
		    g_mime_message_part_get_message(
			GMIME_MESSAGE_PART(object)));
	if (!GMIME_IS_PART(object))
		return;
	if (g_mime_content_type_is_type(type, "message", "delivery-status") ||
	    g_mime_content_type_is_type(
		type, "message", "global-delivery-status")) {
		r->has_status = true;
		report_parse(&r->out->report, r->arena,
		    content_of(r->arena, GMIME_PART(object)));
	} else if (g_mime_content_type_is_type(
		       type, "text", "rfc822-headers") ||
	    g_mime_content_type_is_type(type, "message", "global-headers")) {
		take_returned(r, content_of(r->arena, GMIME_PART(object)));
	} else if (r->out->text.n == 0 && GMIME_IS_TEXT_PART(object) &&
	    g_mime_content_type_is_type(type, "text", "plain")) {
		char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));

		r->out->text = tidy(r->arena, str_of(text));
		g_free(text);
	}
}

static int
hops(const struct reading *r)
{
	GMimeHeaderList *list =
	    g_mime_object_get_header_list(GMIME_OBJECT(r->message));
	int count = g_mime_header_list_get_count(list), received = 0;

	for (int i = 0; i < count; i++)
		received += str_eq_nocase(
		    str_of(g_mime_header_get_name(
			g_mime_header_list_get_header_at(list, i))),
		    STR("Received"));
	return received;
}

/* A parameter is what is said of "=" or white space, "no; owner=x" is no. */
static bool
says(struct str value, const char *word)
{
	size_t n = strlen(word);

	return str_starts_nocase(value, str_of(word)) &&
	    (value.n == n || value.p[n] == ';' || value.p[n] == ' ');
}

static bool
is_nobody(struct str writer)
{
	static const char *const names[] = {"mailer-daemon", "noreply",
	    "no-reply", "donotreply", "do-not-reply", "postmaster", NULL};
	struct str local = mailbox_local(writer);

	for (size_t i = 0; names[i] != NULL; i++)
		if (str_eq_nocase(local, str_of(names[i])))
			return true;
	return false;
}

/* RFC 3834, section 2, and what programs wrote before it. */
static const char *
why_automatic(const struct reading *r, bool has_no_sender)
{
	struct str submitted = field(r, "Auto-Submitted");
	struct str precedence = field(r, "Precedence");

	if (has_no_sender)
		return "it has no sender";
	if (submitted.n > 0 && !says(submitted, "no"))
		return "a program has sent it (Auto-Submitted)";
	if (says(precedence, "bulk") || says(precedence, "junk") ||
	    says(precedence, "list") || says(precedence, "auto_reply"))
		return "it was sent to many (Precedence)";
	if (has_field(r, "List-Id") || has_field(r, "List-Unsubscribe") ||
	    has_field(r, "List-Post"))
		return "it comes from a mailing list";
	if (has_field(r, "X-Autoreply") || has_field(r, "X-Autorespond"))
		return "a program has sent it";
	if (r->out->writer.n == 0)
		return "it does not say who wrote it";
	if (is_nobody(r->out->writer))
		return "nobody reads what is answered to its writer";
	return NULL;
}

static bool
is_null(struct str sender)
{
	return sender.p != NULL &&
	    (sender.n == 0 || str_is(sender, "<>") ||
		str_eq_nocase(sender, STR("MAILER-DAEMON")) ||
		str_eq_nocase(mailbox_local(sender), STR("MAILER-DAEMON")));
}

/* What is answered there comes here. */
static bool
is_by_us(const struct reading *r)
{
	struct str detail;

	return take_ours(&detail, r->out->writer, r->mail->bounces) ||
	    take_ours(&detail, r->out->writer, from_address(r->mail->from));
}

/* A report is one by its form, or comes without a sender to the address that
 * only reports know and tells of a failure. */
static void
decide(struct reading *r, struct str sender)
{
	GMimeContentType *type = g_mime_object_get_content_type(
	    g_mime_message_get_mime_part(r->message));
	bool is_bounce = r->out->token.n > 0 &&
	    str_starts_nocase(r->out->extension, STR("b-"));
	struct incoming *out = r->out;

	if (sender.p == NULL)
		sender = field(r, "Return-Path");
	out->why = why_automatic(r, is_null(sender));
	if (hops(r) > INCOMING_HOPS_MAX) {
		out->kind = INCOMING_LOOP;
		out->why = "it has been passed on too often";
	} else if (r->has_status) {
		out->kind = INCOMING_REPORT;
	} else if (g_mime_content_type_is_type(type, "multipart", "report")) {
		out->kind = INCOMING_AUTOMATIC;
		out->why = "it reports no delivery";
	} else if (out->why != NULL) {
		out->kind = INCOMING_AUTOMATIC;
		if (is_bounce)
			report_guess(&out->report, r->arena, out->text);
		if (out->report.outcome != REPORT_UNKNOWN)
			out->kind = INCOMING_REPORT;
	} else if (is_by_us(r)) {
		out->kind = INCOMING_LOOP;
		out->why = "it is from our own address";
	}
	if (out->kind != INCOMING_REPORT)
		return;
	out->why = NULL;
	take_returned(r, out->text);
}

static void
take_message_id(struct reading *r)
{
	const char *id = g_mime_message_get_message_id(r->message);

	r->out->message_id = arena_str(r->arena, str_of(id));
}

int
incoming_parse(struct incoming *out, struct arena *a, struct str message,
    const struct incoming_envelope *envelope, const struct conf_mail *mail,
    struct err *e)
{
	struct reading r = {.out = out, .arena = a, .mail = mail};

	*out = (struct incoming){0};
	if (check_size(message, e) != 0)
		return -1;
	r.message = parse(without_from_line(message));
	if (r.message == NULL ||
	    g_mime_message_get_mime_part(r.message) == NULL) {
		if (r.message != NULL)
			g_object_unref(r.message);
		return err_set(
		    e, ERR_INPUT, "this is no message: it has no header");
	}
	take_recipient(&r, envelope->recipient);
	take_writer(&r);
	take_message_id(&r);
	out->subject =
	    arena_str(a, str_of(g_mime_message_get_subject(r.message)));
	g_mime_message_foreach(r.message, take_part, &r);
	decide(&r, envelope->sender);
	g_object_unref(r.message);
	return arena_ok(a, e);
}

/* "On Tuesday, Ann wrote:", in front of what is quoted. */
static bool
is_attribution(struct str line, struct str rest)
{
	struct str next = {0};

	if (!str_ends(str_trim(line), STR(":")))
		return false;
	while (str_next_line(&rest, &next) && str_trim(next).n == 0)
		continue;
	return str_starts(next, STR(">"));
}

struct str
incoming_own_words(struct arena *a, struct str text)
{
	struct str rest = text, line = {0}, words;
	struct buf own;

	buf_init(&own, text.n + 1);
	while (str_next_line(&rest, &line) && !str_is(line, "-- ")) {
		if (str_starts(line, STR(">")) || is_attribution(line, rest))
			continue;
		buf_str(&own, line);
		buf_putc(&own, '\n');
	}
	words = arena_str(a, str_trim(buf_slice(&own)));
	buf_release(&own);
	return words;
}
