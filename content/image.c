#include "content/image.h"

#include "content/render.h"

void
image_env(struct render_env *env, const struct site *site)
{
	*env = (struct render_env){
	    .host = site->options.host,
	    .port = site->options.gopher_port,
	    .base = site->base,
	};
}

struct str
image_gemtext_mime(struct arena *a, struct str lang)
{
	return arena_printf(
	    a, "text/gemini; charset=utf-8; lang=%.*s", STR_ARG(lang));
}
