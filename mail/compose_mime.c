#include "mail/compose_mime.h"

#include "mail/compose_text.h"

#include <gmime/gmime.h>
#include <string.h>

#define QUOTED_MAX ((size_t)64 << 20)

/* What is put together: the parts, their texts already encoded, since GMime
 * would break a line within the mark. */
struct mime {
	const struct compose_parts *parts;
	struct buf text, html, calendar;
};

/* Takes the reference to object away. */
static void
add(GMimeMultipart *to, GMimeObject *object)
{
	g_mime_multipart_add(to, object);
	g_object_unref(object);
}

static GMimeDataWrapper *
wrap_bytes(struct str bytes, GMimeContentEncoding encoding)
{
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	GMimeDataWrapper *content =
	    g_mime_data_wrapper_new_with_stream(stream, encoding);

	g_object_unref(stream);
	return content;
}

static GMimeObject *
make_part(const char *type, const char *subtype, struct str bytes,
    GMimeContentEncoding is_in, GMimeContentEncoding goes_in)
{
	GMimePart *part = g_mime_part_new_with_type(type, subtype);
	GMimeDataWrapper *content = wrap_bytes(bytes, is_in);

	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, goes_in);
	g_object_unref(content);
	return GMIME_OBJECT(part);
}

static GMimeObject *
make_text(const char *subtype, const struct buf *quoted)
{
	GMimeObject *part = make_part("text", subtype, buf_slice(quoted),
	    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE,
	    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);

	g_mime_object_set_content_type_parameter(part, "charset", "utf-8");
	return part;
}

static GMimeObject *
make_plain(const struct mime *m)
{
	GMimeObject *part = make_text("plain", &m->text);

	g_mime_object_set_content_type_parameter(part, "format", "flowed");
	g_mime_object_set_content_type_parameter(part, "delsp", "no");
	return part;
}

/* RFC 6047, section 2.4. */
static GMimeObject *
make_calendar(const struct mime *m)
{
	GMimeObject *part = make_text("calendar", &m->calendar);

	g_mime_object_set_content_type_parameter(part, "method", "PUBLISH");
	g_mime_object_set_disposition(part, "attachment");
	g_mime_part_set_filename(GMIME_PART(part), "event.ics");
	return part;
}

/* GMime takes texts that end in a NUL. */
static GMimeObject *
make_image(const struct posting_image *image, bool is_attached)
{
	ptrdiff_t slash = str_chr(image->mime, '/');
	struct str type = str_sub(image->mime, 0, (size_t)slash);
	struct str subtype =
	    str_sub(image->mime, (size_t)slash + 1, image->mime.n);
	char *text = g_strndup(type.p, type.n);
	char *subtext = g_strndup(subtype.p, subtype.n);
	GMimeObject *part = make_part(text, subtext, image->bytes,
	    GMIME_CONTENT_ENCODING_DEFAULT, GMIME_CONTENT_ENCODING_BASE64);

	g_free(subtext);
	g_free(text);
	g_mime_object_set_disposition(
	    part, is_attached ? "attachment" : "inline");
	text = g_strndup(image->name.p, image->name.n);
	g_mime_part_set_filename(GMIME_PART(part), text);
	g_free(text);
	text = g_strndup(image->id.p, image->id.n);
	g_mime_part_set_content_id(GMIME_PART(part), text);
	g_free(text);
	return part;
}

/* "=_" is in no line of quoted-printable or base64 (RFC 2045, section 6.7),
 * and the letters make it no other message's. */
static GMimeMultipart *
make_multipart(
    const char *subtype, int number, const struct compose_parts *parts)
{
	GMimeMultipart *part = g_mime_multipart_new_with_subtype(subtype);
	char *boundary = g_strdup_printf(
	    "=_%d_%.*s", number, STR_ARG(str_sub(parts->mark, 0, 16)));

	g_mime_multipart_set_boundary(part, boundary);
	g_free(boundary);
	return part;
}

/* With the images that it shows. */
static GMimeObject *
make_html(const struct mime *m)
{
	const struct compose_parts *parts = m->parts;
	GMimeObject *html = make_text("html", &m->html);
	GMimeMultipart *related;

	if (parts->posting->image_count == 0 || parts->attach_images)
		return html;
	related = make_multipart("related", 3, parts);
	g_mime_object_set_content_type_parameter(
	    GMIME_OBJECT(related), "type", "text/html");
	add(related, html);
	for (size_t i = 0; i < parts->posting->image_count; i++)
		add(related, make_image(&parts->posting->images[i], false));
	return GMIME_OBJECT(related);
}

/* The last is the best (RFC 2046, section 5.1.4). */
static GMimeObject *
make_alternative(const struct mime *m)
{
	GMimeMultipart *part = make_multipart("alternative", 2, m->parts);

	add(part, make_plain(m));
	add(part, make_html(m));
	return GMIME_OBJECT(part);
}

static GMimeObject *
make_whole(const struct mime *m)
{
	const struct compose_parts *parts = m->parts;
	const struct posting *posting = parts->posting;
	size_t images = parts->attach_images ? posting->image_count : 0;
	GMimeMultipart *mixed;

	if (images == 0 && posting->calendar.n == 0)
		return make_alternative(m);
	mixed = make_multipart("mixed", 1, parts);
	add(mixed, make_alternative(m));
	for (size_t i = 0; i < images; i++)
		add(mixed, make_image(&posting->images[i], true));
	if (posting->calendar.n > 0)
		add(mixed, make_calendar(m));
	return GMIME_OBJECT(mixed);
}

static void
put_whole(struct buf *to, const struct mime *m)
{
	GMimeFormatOptions *options;
	GMimeObject *whole;
	char *text;

	g_mime_init();
	options = g_mime_format_options_new();
	g_mime_format_options_set_newline_format(
	    options, GMIME_NEWLINE_FORMAT_DOS);
	whole = make_whole(m);
	text = g_mime_object_to_string(whole, options);
	buf_puts(to, text);
	g_free(text);
	g_object_unref(whole);
	g_mime_format_options_free(options);
}

int
compose_mime(struct buf *to, const struct compose_parts *parts, struct err *e)
{
	struct mime m = {.parts = parts};
	int result = -1;

	buf_init(&m.text, QUOTED_MAX);
	buf_init(&m.html, QUOTED_MAX);
	buf_init(&m.calendar, QUOTED_MAX);
	compose_quoted(&m.text, parts->text, parts->mark);
	compose_quoted(&m.html, parts->html, parts->mark);
	compose_quoted(&m.calendar, parts->posting->calendar, parts->mark);
	if (buf_ok(&m.text, "the message", e) == 0 &&
	    buf_ok(&m.html, "the message", e) == 0 &&
	    buf_ok(&m.calendar, "the calendar", e) == 0) {
		put_whole(to, &m);
		result = buf_ok(to, "the message", e);
	}
	buf_release(&m.text);
	buf_release(&m.html);
	buf_release(&m.calendar);
	return result;
}
