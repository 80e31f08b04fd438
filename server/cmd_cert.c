#include "server/cmd.h"
#include "base/clock.h"
#include "base/json.h"
#include "certs/certs.h"
#include "server/setup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PRINT_MAX 65536

struct request {
	bool renew;
	bool json;
};

static int
parse_args(struct request *r, int argc, char **argv, struct err *e)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			r->json = true;
		else if (i == 0 && strcmp(argv[i], "renew") == 0)
			r->renew = true;
		else if (i != 0 || strcmp(argv[i], "show") != 0)
			return cmd_bad_arg(argv[i], e);
	}
	return 0;
}

static void
print_text(struct buf *to, struct str host, struct str path,
    const struct certs_info *info)
{
	buf_printf(to, "host:         %.*s\n", STR_ARG(host));
	buf_printf(to, "file:         %.*s\n", STR_ARG(path));
	buf_printf(to, "issued by:    %s\n",
	    info->is_self_signed ? "itself" : "somebody else");
	buf_printf(to, "subject:      %.*s\n", STR_ARG(info->subject));
	buf_puts(to, "names:       ");
	for (size_t i = 0; i < info->name_count; i++)
		buf_printf(to, " %.*s", STR_ARG(info->names[i]));
	buf_puts(to, "\nvalid from:   ");
	date_rfc3339(to, info->not_before);
	buf_puts(to, "\nvalid until:  ");
	date_rfc3339(to, info->not_after);
	buf_printf(to, "\nkey:          %.*s\n", STR_ARG(info->key_type));
	buf_puts(to, "certificate SHA-256:\n  ");
	certs_fingerprint(to, info->hash);
	buf_puts(to, "\nkey SHA-256:\n  ");
	certs_fingerprint(to, info->key_hash);
	buf_puts(to, "\n");
}

static void
member(struct buf *to, const char *name, struct str value)
{
	buf_printf(to, ",\"%s\":", name);
	json_string(to, value);
}

static void
print_json(struct buf *to, struct str host, struct str path,
    const struct certs_info *info)
{
	buf_puts(to, "{\"host\":");
	json_string(to, host);
	member(to, "file", path);
	buf_printf(
	    to, ",\"self_signed\":%s", info->is_self_signed ? "true" : "false");
	member(to, "subject", info->subject);
	buf_puts(to, ",\"names\":[");
	for (size_t i = 0; i < info->name_count; i++) {
		buf_puts(to, i > 0 ? "," : "");
		json_string(to, info->names[i]);
	}
	buf_puts(to, "],\"not_before\":\"");
	date_rfc3339(to, info->not_before);
	buf_puts(to, "\",\"not_after\":\"");
	date_rfc3339(to, info->not_after);
	buf_putc(to, '"');
	member(to, "key", info->key_type);
	buf_puts(to, ",\"sha256\":\"");
	certs_fingerprint(to, info->hash);
	buf_puts(to, "\",\"key_sha256\":\"");
	certs_fingerprint(to, info->key_hash);
	buf_puts(to, "\"}");
}

/* Visitors who trust by the key see no change, those who trust by the
 * certificate are asked: what stays and what goes is said. */
static void
tell_renewed(const struct certs_info *before, const struct certs_info *after)
{
	struct buf b;

	buf_init(&b, PRINT_MAX);
	buf_puts(&b, "renewed: the key is the same, the certificate was\n  ");
	certs_fingerprint(&b, before->hash);
	buf_puts(&b, "\nand is\n  ");
	certs_fingerprint(&b, after->hash);
	buf_puts(&b, "\nA running server takes it with SIGHUP.\n");
	fputs(b.data, stderr);
	buf_release(&b);
}

/* info is what the file says in the end. */
static int
load_or_renew(struct certs_info *info, const struct setup_certificate *paths,
    const struct conf_site *site, bool renew, struct err *e)
{
	struct certs_info before;
	int failed;

	if (!renew) {
		failed = certs_info_load(info, paths->certificate.p, e);
		if (failed && e->kind == ERR_MISSING && paths->is_own) {
			err_clear(e);
			err_set(e, ERR_MISSING,
			    "%.*s: there is no certificate yet; capsule serve "
			    "makes it at its first start",
			    STR_ARG(site->host));
		}
		return failed;
	}
	if (certs_renew(&before, info, paths->certificate.p, paths->key.p,
		site->host, site->aliases, site->alias_count, e) != 0)
		return -1;
	tell_renewed(&before, info);
	certs_info_release(&before);
	return 0;
}

static int
one_site(struct buf *to, struct conf *conf, const struct conf_site *site,
    const struct request *r, struct err *e)
{
	struct setup_certificate paths;
	struct certs_info info;

	if (setup_certificate(&paths, conf, site, e) != 0 ||
	    load_or_renew(&info, &paths, site, r->renew, e) != 0)
		return -1;
	if (r->json) {
		buf_puts(to, to->len > 1 ? ",\n" : "");
		print_json(to, site->host, paths.certificate, &info);
	} else {
		buf_puts(to, to->len > 0 ? "\n" : "");
		print_text(to, site->host, paths.certificate, &info);
	}
	certs_info_release(&info);
	return 0;
}

/* One site's failure keeps no other from its turn; the first is the answer. */
int
cmd_cert(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	struct conf *conf;
	struct request r = {0};
	struct buf b;
	int result = 0;

	if (parse_args(&r, argc, argv, e) != 0 ||
	    (conf = cmd_conf(env, e)) == NULL)
		return -1;
	buf_init(&b, PRINT_MAX * (conf->site_count + 1));
	buf_puts(&b, r.json ? "[" : "");
	for (size_t i = 0; i < conf->site_count; i++) {
		if (one_site(&b, conf, &conf->sites[i], &r, e) != 0)
			result = -1;
	}
	buf_puts(&b, r.json ? "]\n" : "");
	fwrite(b.data, 1, b.len, stdout);
	buf_release(&b);
	return result;
}
