#include "server/cmd.h"
#include "base/clock.h"
#include "certs/certs.h"
#include "content/fault.h"
#include "content/site.h"
#include "server/address.h"
#include "server/setup.h"
#include "server/tls.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536

/* What was found so far, each fault printed as it was. */
struct findings {
	size_t errors, warnings;
	struct site_figures figures;
};

static void
print_err(struct findings *f, const struct err *e)
{
	printf("%s\n", e->msg);
	f->errors++;
}

void
cmd_print_faults(FILE *to, struct faults *faults)
{
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	faults_sort(faults);
	for (size_t i = 0; i < faults->count; i++) {
		buf_clear(&line);
		fault_print(&line, &faults->list[i]);
		fprintf(to, "%s\n", line.data);
	}
	buf_release(&line);
}

static void
print_faults(struct findings *f, struct faults *faults)
{
	cmd_print_faults(stdout, faults);
	f->errors += faults->errors;
	f->warnings += faults->count - faults->errors;
}

/* What a certificate that can be used may still have against it. */
static void
look_at_certificate(struct faults *faults, const struct conf_site *site,
    const struct certs_info *info, struct str path)
{
	const char *remedy =
	    info->is_self_signed ? "; capsule cert renew adds the name" : "";
	struct buf soon;

	if (!certs_has_name(info, site->host))
		faults_add(faults, FAULT_WARNING, path, 0,
		    "is not made out to %.*s; clients that look will refuse "
		    "it%s",
		    STR_ARG(site->host), remedy);
	for (size_t i = 0; i < site->alias_count; i++) {
		if (!certs_has_name(info, site->aliases[i]))
			faults_add(faults, FAULT_WARNING, path, 0,
			    "is not made out to the alias %.*s%s",
			    STR_ARG(site->aliases[i]), remedy);
	}
	buf_init(&soon, 200);
	if (certs_expires_soon(&soon, info, clock_now()))
		faults_add(faults, FAULT_WARNING, path, 0, "%s", soon.data);
	buf_release(&soon);
}

/* The TLS library has an opinion of its own about keys and signatures. */
static int
try_tls(const struct certs_pair *pair, const struct conf_site *site,
    struct str path, struct err *e)
{
	struct tls_server *server;
	int result;

	if (tls_server_new(&server, NULL, false, e) != 0)
		return -1;
	result = tls_server_add(server, site->host, NULL, 0,
	    buf_slice(&pair->chain), buf_slice(&pair->key), e);
	tls_server_free(server);
	return result == 0 ? 0 : err_wrap(e, "%.*s", STR_ARG(path));
}

static bool
is_absent(struct str path)
{
	return access(path.p, F_OK) != 0 && errno == ENOENT;
}

/* One that serve would make at its start is no fault. */
static void
check_certificate(
    struct findings *f, struct conf *conf, const struct conf_site *site)
{
	struct setup_certificate paths;
	struct err e = ERR_INIT;
	struct certs_pair pair;
	struct faults faults;

	if (setup_certificate(&paths, conf, site, &e) != 0) {
		print_err(f, &e);
		return;
	}
	if (paths.is_own && is_absent(paths.certificate))
		return;
	if (certs_load(&pair, paths.certificate.p, paths.key.p, &e) != 0) {
		print_err(f, &e);
		return;
	}
	if (try_tls(&pair, site, paths.certificate, &e) != 0)
		print_err(f, &e);
	faults_init(&faults);
	look_at_certificate(&faults, site, &pair.info, paths.certificate);
	print_faults(f, &faults);
	faults_release(&faults);
	certs_pair_release(&pair);
}

static void
check_pages(
    struct findings *f, const struct conf *conf, const struct conf_site *site)
{
	struct site_options options = site_options_of(conf, site, clock_now());
	struct site_figures figures;
	struct err e = ERR_INIT;
	struct faults faults;
	struct site *loaded;
	int failed;

	faults_init(&faults);
	failed = site_load(&loaded, &options, &faults, &e);
	print_faults(f, &faults);
	/* Faults among the pages are counted; another cause has a message of
	 * its own. */
	if (failed && faults.errors == 0)
		print_err(f, &e);
	if (!failed) {
		site_figures(loaded, &figures);
		f->figures.pages += figures.pages;
		f->figures.files += figures.files;
		site_free(loaded);
	}
	faults_release(&faults);
}

static void
check_proxies(struct findings *f, const struct conf *conf)
{
	for (size_t i = 0; i < conf->proxy_count; i++) {
		struct err e = ERR_INIT;
		struct network n;

		if (network_parse(&n, conf->proxies[i], &e) == 0)
			continue;
		err_wrap(&e, "%.*s: proxies", STR_ARG(conf->file));
		print_err(f, &e);
	}
}

static int
conclude(const struct findings *f, struct err *e)
{
	if (f->errors + f->warnings == 0) {
		fprintf(stderr, "no fault in %zu page%s and %zu file%s\n",
		    f->figures.pages, f->figures.pages == 1 ? "" : "s",
		    f->figures.files, f->figures.files == 1 ? "" : "s");
		return 0;
	}
	return err_set(e, ERR_INPUT, "%zu error%s and %zu warning%s", f->errors,
	    f->errors == 1 ? "" : "s", f->warnings,
	    f->warnings == 1 ? "" : "s");
}

int
cmd_check(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct findings found = {0};
	struct err why = ERR_INIT;
	struct conf conf;

	(void)argc, (void)argv;
	if (conf_load(&conf, env->conf_path, &why) != 0) {
		print_err(&found, &why);
		return conclude(&found, e);
	}
	check_proxies(&found, &conf);
	for (size_t i = 0; i < conf.site_count; i++) {
		check_certificate(&found, &conf, &conf.sites[i]);
		check_pages(&found, &conf, &conf.sites[i]);
	}
	conf_release(&conf);
	return conclude(&found, e);
}
