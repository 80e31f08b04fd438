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

/* By name: gemtext, gopher (menu), gophertext, text (mail), html. -1: none. */
int render_format_parse(enum format *format, struct str name);

#endif
