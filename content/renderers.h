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

#endif
