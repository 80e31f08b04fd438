/*
 * Loaded sites for the tests of the server's inner parts: a router as a
 * worker has it, made from a configuration's text whose pages the test has
 * written with t_file. Ends the test program when they cannot be loaded.
 */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include "base/clock.h"
#include "server/route.h"
#include "server/setup.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>

struct served {
	struct conf conf;
	struct router router;
};

static void
served_open(struct served *s, struct str yaml)
{
	struct err e = ERR_INIT;
	size_t n;

	if (conf_parse(&s->conf, t_file("capsule.yaml", yaml), yaml, &e) != 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(1);
	}
	n = s->conf.site_count;
	s->router =
	    (struct router){&s->conf, calloc(n, sizeof *s->router.sites), n};
	for (size_t i = 0; i < n; i++) {
		struct route_site *site = &s->router.sites[i];
		struct site_options options =
		    site_options_of(&s->conf, &s->conf.sites[i], clock_now());
		struct faults faults;

		faults_init(&faults);
		site->conf = &s->conf.sites[i];
		if (site_load(&site->site, &options, &faults, &e) != 0) {
			fprintf(stderr, "%s\n", e.msg);
			exit(1);
		}
		faults_release(&faults);
	}
	if (router_open(&s->router, &e) != 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(1);
	}
}

static void
served_close(struct served *s)
{
	router_close(&s->router);
	for (size_t i = 0; i < s->router.count; i++)
		site_free(s->router.sites[i].site);
	free(s->router.sites);
	conf_release(&s->conf);
}

#endif
