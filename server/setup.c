#include "server/setup.h"
#include "base/arena.h"

int
setup_certificate(struct setup_certificate *paths, struct conf *conf,
    const struct conf_site *site, struct err *e)
{
	paths->is_own = site->certificate.n == 0;
	paths->certificate = site->certificate;
	paths->key = site->key;
	if (!paths->is_own)
		return 0;
	paths->certificate = arena_printf(&conf->arena, "%.*s/%.*s.crt",
	    STR_ARG(conf->state), STR_ARG(site->host));
	paths->key = arena_printf(&conf->arena, "%.*s/%.*s.key",
	    STR_ARG(conf->state), STR_ARG(site->host));
	return arena_ok(&conf->arena, e);
}

int
setup_state_path(
    struct str *path, struct conf *conf, const char *name, struct err *e)
{
	*path =
	    arena_printf(&conf->arena, "%.*s/%s", STR_ARG(conf->state), name);
	return arena_ok(&conf->arena, e);
}
