/*
 * The five readings of a page, siblings over one model (doc.h). Each renderer
 * is pure, never fails on any doc, and gives the same bytes for the same doc;
 * what can fail is the buffer, which the caller asks once at the end.
 *
 * One file each: gemtext.c, gopher.c, gophertext.c, mailtext.c, html.c.
 */
#ifndef CONTENT_RENDER_H
#define CONTENT_RENDER_H

#include "base/buf.h"
#include "base/str.h"
#include "content/doc.h"

enum format {
	FORMAT_GEMTEXT,   /* text/gemini */
	FORMAT_MENU,      /* a Gopher menu, CRLF, the last line "." */
	FORMAT_GOPHERTEXT, /* type 0 text, LF, 67 columns, links numbered */
	FORMAT_MAILTEXT,  /* text/plain format=flowed, LF, 72 columns */
	FORMAT_HTML,      /* a fragment for a message: no head, no remote */
	FORMAT_COUNT
};

struct render_env {
	struct str host;   /* MENU: host and port of the items */
	int port;
	struct str base;   /* MAILTEXT, HTML, GOPHERTEXT: "gemini://host" before
	                    * paths on the site; empty leaves them as paths.
	                    * MENU: for what is reached by Gemini only. */
	struct str cid;    /* HTML: a host; images of the site are shown, by
	                    * render_content_id. Empty: links lead to them. */
};

/* What stands above the body. The body's first level-1 heading is not
 * repeated when it says the same. */
struct render_head {
	struct str title;    /* empty: none */
	struct str date;     /* one line in words; empty: none */
	struct str updated;  /* likewise; empty: none */
};

void render(struct buf *to, enum format format, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);

/* Is it an image of the site, which a message can carry? */
bool render_is_image(const struct inl *i);

/* What a part of a message is called that carries the image at url: an
 * addr-spec without angle brackets (RFC 2392), the same for the same url. */
void render_content_id(struct buf *to, struct str url, struct str host);

/* By name: gemtext, gopher (menu), gophertext, text (mail), html. -1: none. */
int render_format_parse(enum format *format, struct str name);

#endif
