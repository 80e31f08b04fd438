#include "mail/cmd.h"
#include "content/fault.h"

#include <stdio.h>

#define LINE_MAX_BYTES 65536

static void
print_faults(struct faults *faults)
{
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; i < faults->count; i++) {
		buf_clear(&line);
		fault_print(&line, &faults->list[i]);
		fprintf(stderr, "%s\n", line.data);
	}
	buf_release(&line);
}

int
cmd_posting(struct cmd_env *env, struct posting *out,
    const struct conf_site **site, struct arena *a, const char *file,
    int64_t now, bool is_preview, struct err *e)
{
	const struct conf *conf = cmd_mail_conf(env, e);
	struct err missing = ERR_INIT;

	if (conf == NULL)
		return -1;
	for (size_t i = 0; i < conf->site_count; i++) {
		struct site_options options;
		struct err why = ERR_INIT;
		struct faults faults;
		int result;

		*site = &conf->sites[i];
		options = site_options_of(conf, *site, now);
		faults_init(&faults);
		result = (is_preview ? posting_preview : posting_load)(
		    out, a, &options, str_of(file), &faults, &why);
		/* A single one is the error's own text. */
		if (result == 0 || faults.count > 1)
			print_faults(&faults);
		faults_release(&faults);
		if (result == 0)
			return 0;
		if (why.kind != ERR_MISSING)
			return err_set(e, why.kind, "%s", why.msg);
		err_set(&missing, why.kind, "%s", why.msg);
	}
	return err_set(e, missing.kind, "%s", missing.msg);
}
