/*
 * What follows from the configuration for whoever serves, checks or builds:
 * where a site's certificate is, where the local socket is. One place, so
 * that `check` reads what `serve` would.
 */
#ifndef SERVER_SETUP_H
#define SERVER_SETUP_H

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* NUL-terminated, in the configuration's arena. is_own: made here when it is
 * absent, rather than named in the configuration. */
struct setup_certificate {
	struct str certificate;
	struct str key;
	bool is_own;
};

int setup_certificate(struct setup_certificate *paths, struct conf *conf,
    const struct conf_site *site, struct err *e);

/* STATE/NAME, NUL-terminated, in the configuration's arena. */
#define SETUP_STATUS_SOCKET "status.sock"
int setup_state_path(struct str *path, struct conf *conf, const char *name,
    struct err *e);

#endif
