#include "server/provision.h"

#include "base/file.h"
#include "base/log.h"
#include "server/setup.h"

#include <stdio.h>
#include <stdlib.h>

/* One that is named is never made here: whoever named it means another. */
static int
load_certificate(struct provision *s, const struct conf_site *c, struct err *e)
{
	struct certs_pair *pair = &s->pairs[s->pair_count];
	struct setup_certificate at;
	bool made = false;

	if (setup_certificate(&at, s->conf, c, e) != 0)
		return -1;
	if (at.is_own &&
	    certs_ensure(at.certificate.p, at.key.p, c->host, c->aliases,
		c->alias_count, &made, e) != 0)
		return -1;
	if (made)
		log_info("made a certificate for %s: %s", c->host.p,
		    at.certificate.p);
	if (certs_load(pair, at.certificate.p, at.key.p, e) != 0)
		return -1;
	s->pair_count++;
	if (!certs_has_name(&pair->info, c->host))
		log_warn("%s is not made out to %s; clients will refuse it",
		    at.certificate.p, c->host.p);
	return 0;
}

static int
load_certificates(struct provision *s, struct err *e)
{
	const struct conf *conf = s->conf;

	if (file_make_dir(conf->state.p, 0700, e) != 0)
		return -1;
	s->pairs = calloc(conf->site_count, sizeof *s->pairs);
	if (s->pairs == NULL)
		return err_sys(e, "cannot read certificates");
	for (size_t i = 0; i < conf->site_count; i++)
		if (load_certificate(s, &conf->sites[i], e) != 0)
			return -1;
	return 0;
}

/* What addresses say where the system chose the port: the first one bound. */
static void
learn_ports(struct provision *s)
{
	struct conf *conf = s->conf;
	const struct listener *l = s->listeners.list;

	if (conf->gemini_count > 0 && conf->gemini_port == 0)
		conf->gemini_port = l[0].port;
	if (conf->gopher_count > 0 && conf->gopher_port == 0)
		conf->gopher_port = l[conf->gemini_count].port;
}

/* Who asks for the status, and the desk, would be elsewhere than we. */
static int
check_state(
    const struct conf *conf, const struct provision *running, struct err *e)
{
	if (running == NULL || str_eq(conf->state, running->conf->state))
		return 0;
	return err_set(e, ERR_REFUSED,
	    "%.*s: `state` cannot change while the server runs; stop it and "
	    "start it again",
	    STR_ARG(conf->file));
}

int
provision_new(struct provision **provision, struct conf *given,
    const char *path, struct provision *running, struct err *e)
{
	struct provision *s = calloc(1, sizeof *s);

	if (s == NULL)
		return err_sys(e, "cannot set up");
	if (given == NULL && conf_load(&s->own, path, e) != 0) {
		free(s);
		return -1;
	}
	s->conf = given != NULL ? given : &s->own;
	if (check_state(s->conf, running, e) != 0 ||
	    load_certificates(s, e) != 0 ||
	    listen_open(&s->listeners, s->conf,
		running != NULL ? &running->listeners : NULL, e) != 0) {
		provision_free(s);
		return -1;
	}
	learn_ports(s);
	*provision = s;
	return 0;
}

void
provision_replace(struct provision **running, struct provision *next)
{
	if (*running != NULL) {
		listen_replace(&(*running)->listeners, &next->listeners);
		provision_free(*running);
	}
	*running = next;
}

void
provision_abandon(struct provision *running, struct provision *next)
{
	if (running != NULL)
		listen_abandon(&running->listeners, &next->listeners);
	provision_free(next);
}

void
provision_free(struct provision *s)
{
	if (s == NULL)
		return;
	listen_close(&s->listeners);
	for (size_t i = 0; i < s->pair_count; i++)
		certs_pair_release(&s->pairs[i]);
	free(s->pairs);
	if (s->conf == &s->own)
		conf_release(&s->own);
	free(s);
}
