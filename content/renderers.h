/*
 * The siblings behind render(): one file and one function a format, called
 * through the table in render.c and by nobody else. What they promise is said
 * in render.h.
 */
#ifndef CONTENT_RENDERERS_H
#define CONTENT_RENDERERS_H

#include "content/render.h"

void gemtext_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);
void menu_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);
void gophertext_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);
void mailtext_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);
void html_render(struct buf *to, const struct doc *doc,
    const struct render_head *head, const struct render_env *env);

/*
 * What they share; in render.c. The first says which heading of the body says
 * what the head's title does (NULL: none): it stands above in the title's
 * place, for the links it may hold, and not in the body. The second appends
 * the line of dates below the title: nothing, one or both.
 */
const struct block *render_repeated(struct buf *to, const struct doc *doc,
    const struct render_head *head);
void render_dates(struct buf *to, const struct render_head *head);

#endif
