#include "content/mime.h"

#include <stddef.h>

#define UTF8 "; charset=utf-8"

static const char gemtext[] = "text/gemini" UTF8;

static const struct mime unknown = {"", "application/octet-stream", '9'};

static const struct mime endings[] = {
    {".7z", "application/x-7z-compressed", '9'},
    {".asc", "text/plain" UTF8, '0'},
    {".atom", "application/atom+xml", '0'},
    {".avif", "image/avif", 'I'},
    {".bmp", "image/bmp", 'I'},
    {".bz2", "application/x-bzip2", '9'},
    {".c", "text/x-c" UTF8, '0'},
    {".conf", "text/plain" UTF8, '0'},
    {".css", "text/css" UTF8, '0'},
    {".csv", "text/csv" UTF8, '0'},
    {".d", "text/plain" UTF8, '0'},
    {".diff", "text/x-diff" UTF8, '0'},
    {".epub", "application/epub+zip", '9'},
    {".flac", "audio/flac", '9'},
    {".gemini", gemtext, '0'},
    {".gif", "image/gif", 'g'},
    {".gmi", gemtext, '0'},
    {".gz", "application/gzip", '9'},
    {".h", "text/x-c" UTF8, '0'},
    {".htm", "text/html" UTF8, 'h'},
    {".html", "text/html" UTF8, 'h'},
    {".ics", "text/calendar" UTF8, '0'},
    {".jpeg", "image/jpeg", 'I'},
    {".jpg", "image/jpeg", 'I'},
    {".js", "text/javascript" UTF8, '0'},
    {".json", "application/json", '0'},
    {".jxl", "image/jxl", 'I'},
    {".log", "text/plain" UTF8, '0'},
    {".m4a", "audio/mp4", '9'},
    {".mkv", "video/x-matroska", '9'},
    {".mov", "video/quicktime", '9'},
    {".mp3", "audio/mpeg", '9'},
    {".mp4", "video/mp4", '9'},
    {".odp", "application/vnd.oasis.opendocument.presentation", '9'},
    {".odt", "application/vnd.oasis.opendocument.text", '9'},
    {".oga", "audio/ogg", '9'},
    {".ogg", "audio/ogg", '9'},
    {".ogv", "video/ogg", '9'},
    {".opus", "audio/opus", '9'},
    {".otf", "font/otf", '9'},
    {".patch", "text/x-diff" UTF8, '0'},
    {".pdf", "application/pdf", '9'},
    {".pem", "application/x-pem-file", '0'},
    {".pgp", "application/pgp-encrypted", '9'},
    {".png", "image/png", 'I'},
    {".ppt", "application/vnd.ms-powerpoint", '9'},
    {".pptx",
	"application/vnd.openxmlformats-officedocument"
	".presentationml.presentation",
	'9'},
    {".ps", "application/postscript", '9'},
    {".py", "text/x-python" UTF8, '0'},
    {".rss", "application/rss+xml", '0'},
    {".sh", "text/x-sh" UTF8, '0'},
    {".srt", "text/plain" UTF8, '0'},
    {".svg", "image/svg+xml", 'I'},
    {".tar", "application/x-tar", '9'},
    {".tgz", "application/gzip", '9'},
    {".tif", "image/tiff", 'I'},
    {".tiff", "image/tiff", 'I'},
    {".toml", "application/toml", '0'},
    {".tsv", "text/tab-separated-values" UTF8, '0'},
    {".ttf", "font/ttf", '9'},
    {".txt", "text/plain" UTF8, '0'},
    {".vcf", "text/vcard" UTF8, '0'},
    {".vtt", "text/vtt" UTF8, '0'},
    {".wav", "audio/wav", '9'},
    {".webm", "video/webm", '9'},
    {".webp", "image/webp", 'I'},
    {".woff2", "font/woff2", '9'},
    {".xml", "application/xml", '0'},
    {".xz", "application/x-xz", '9'},
    {".yaml", "application/yaml", '0'},
    {".yml", "application/yaml", '0'},
    {".zip", "application/zip", '9'},
    {".zst", "application/zstd", '9'},
};

/* A name without an ending is a text when it is one that people write in
 * capitals beside their sources. */
static const char *const texts[] = {
    "AUTHORS", "CHANGELOG", "COPYING", "LICENSE", "Makefile", "README"};

static const struct mime text_name = {"", "text/plain" UTF8, '0'};

const struct mime *
mime_of(struct str name)
{
	ptrdiff_t slash = str_rchr(name, '/');
	struct str last = str_sub(name, (size_t)(slash + 1), name.n);
	ptrdiff_t dot = str_rchr(last, '.');
	struct str ending;

	/* The dot that begins a name begins no ending. */
	if (dot <= 0) {
		for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
			if (str_is(last, texts[i]))
				return &text_name;
		return &unknown;
	}
	ending = str_sub(last, (size_t)dot, last.n);
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (str_eq_nocase(ending, str_of(endings[i].ending)))
			return &endings[i];
	return &unknown;
}

bool
mime_is_gemtext(const struct mime *mime)
{
	return mime->type == gemtext;
}
