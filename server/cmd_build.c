#include "server/cmd.h"
#include "base/clock.h"
#include "content/build.h"
#include "content/fault.h"
#include "content/site.h"
#include "server/setup.h"

#include <stdio.h>
#include <stdlib.h>

/* As serve loads it, but for what only a running server answers. */
static int
load(struct site **site, const struct conf *conf, const struct conf_site *from,
    int64_t now, struct err *e)
{
	struct site_options options = site_options_of(conf, from, now);
	struct faults faults;
	int result;

	options.has_forms = false;
	options.has_search = false;
	faults_init(&faults);
	result = site_load(site, &options, &faults, e);
	cmd_print_faults(stderr, &faults);
	faults_release(&faults);
	return result;
}

static int
build(const char *dir, const struct conf *conf, struct site **sites,
    struct err *e)
{
	int64_t now = clock_now();
	size_t files;

	for (size_t i = 0; i < conf->site_count; i++) {
		if (load(&sites[i], conf, &conf->sites[i], now, e) != 0)
			return -1;
	}
	if (build_write(dir, sites, conf->site_count, &files, e) != 0)
		return -1;
	fprintf(stderr, "%zu files are in %s\n", files, dir);
	return 0;
}

int
cmd_build(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	static const struct cmd_option none[] = {{NULL, NULL, NULL}};
	struct conf *conf;
	struct site **sites;
	int result;

	if (cmd_words(argc, argv, none, 1, 1, "the folder to write", e) < 0)
		return -1;
	conf = cmd_conf(env, e);
	if (conf == NULL)
		return -1;
	sites = calloc(conf->site_count, sizeof(struct site *));
	if (sites == NULL)
		return err_sys(e, "the sites");
	result = build(argv[0], conf, sites, e);
	for (size_t i = 0; i < conf->site_count; i++)
		site_free(sites[i]);
	free(sites);
	return result;
}
