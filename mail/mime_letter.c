#include "mail/mime_letter.h"
#include "content/wrap.h"

#include <gmime/gmime.h>
#include <string.h>

#define COLUMNS 72
#define TEXT_MAX ((size_t)64 << 10)

/* RFC 3676, section 4.4: what a reader would take for something else. */
static bool
needs_stuffing(struct str line)
{
	return str_starts(line, STR(" ")) || str_starts(line, STR(">")) ||
	    str_starts(line, STR("From "));
}

/* A line that goes on in the next one ends in a space (section 4.1). */
static void
flow(struct buf *to, struct str text)
{
	struct str rest = text, paragraph = {NULL, 0}, line = {NULL, 0};
	enum wrap_end end;

	while (str_next_line(&rest, &paragraph)) {
		struct str words = paragraph;

		while (wrap_next(&words, COLUMNS, &line, &end)) {
			if (needs_stuffing(line))
				buf_putc(to, ' ');
			buf_str(to, line);
			buf_puts(to, words.n > 0 ? " \n" : "\n");
		}
		if (paragraph.n == 0)
			buf_putc(to, '\n');
	}
}

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* Not g_mime_text_part_set_text, which chooses a character set by itself. */
static GMimeObject *
make_part(struct str text)
{
	GMimePart *part = g_mime_part_new_with_type("text", "plain");
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text.p, text.n);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
	    stream, GMIME_CONTENT_ENCODING_DEFAULT);
	GMimeObject *object = GMIME_OBJECT(part);

	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part,
	    is_ascii(text) ? GMIME_CONTENT_ENCODING_7BIT
			   : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_object_set_content_type_parameter(object, "charset", "utf-8");
	g_mime_object_set_content_type_parameter(object, "format", "flowed");
	g_object_unref(content);
	g_object_unref(stream);
	return object;
}

/* GMime takes texts that end in a NUL. */
static void
set_field(GMimeMessage *message, const char *name, const char *before,
    struct str value, const char *behind)
{
	char *text;

	if (value.n == 0)
		return;
	text = g_strdup_printf("%s%.*s%s", before, STR_ARG(value), behind);
	g_mime_object_set_header(GMIME_OBJECT(message), name, text, "utf-8");
	g_free(text);
}

static void
set_fields(GMimeMessage *message, const struct mime_letter *letter)
{
	set_field(message, "From", "", letter->from, "");
	set_field(message, "To", "", letter->to, "");
	set_field(message, "Reply-To", "", letter->reply_to, "");
	set_field(message, "Subject", "", letter->subject, "");
	set_field(message, "Message-ID", "<", letter->message_id, ">");
	set_field(message, "In-Reply-To", "<", letter->in_reply_to, ">");
	set_field(message, "References", "<", letter->in_reply_to, ">");
	/* RFC 3834, section 5: nobody's program is to answer it. The second
	 * is for those that never heard of the first. */
	set_field(message, "Auto-Submitted", "",
	    letter->in_reply_to.n > 0 ? STR("auto-replied")
				      : STR("auto-generated"),
	    "");
	set_field(message, "Precedence", "", STR("bulk"), "");
}

static int
check(const struct mime_letter *letter, struct err *e)
{
	const struct str lines[] = {letter->from, letter->to, letter->reply_to,
	    letter->subject, letter->message_id, letter->in_reply_to};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (str_has_control(lines[i]) || str_chr(lines[i], '\n') >= 0)
			return err_set(e, ERR_INPUT,
			    "a header field of a letter has a control "
			    "character in it");
	return 0;
}

int
mime_letter(struct buf *to, const struct mime_letter *letter, struct err *e)
{
	GMimeFormatOptions *options;
	GMimeMessage *message;
	GMimeObject *part;
	struct buf text;
	char *whole;

	if (check(letter, e) != 0)
		return -1;
	buf_init(&text, TEXT_MAX);
	flow(&text, str_trim(letter->text));
	if (buf_ok(&text, "the letter", e) != 0) {
		buf_release(&text);
		return -1;
	}
	g_mime_init();
	message = g_mime_message_new(FALSE);
	set_fields(message, letter);
	part = make_part(buf_slice(&text));
	g_mime_message_set_mime_part(message, part);
	options = g_mime_format_options_new();
	g_mime_format_options_set_newline_format(
	    options, GMIME_NEWLINE_FORMAT_DOS);
	whole = g_mime_object_to_string(GMIME_OBJECT(message), options);
	buf_puts(to, whole);
	g_free(whole);
	g_mime_format_options_free(options);
	g_object_unref(part);
	g_object_unref(message);
	buf_release(&text);
	return buf_ok(to, "the letter", e);
}
