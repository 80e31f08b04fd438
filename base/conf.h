/*
 * The one configuration file, read by both programs. Every key has a default
 * except host. Read whole and checked before anything is started; an unknown
 * key is an error that names the line and the nearest known key. Keys are
 * described in capsule.yaml(5).
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One host's pages and certificate; `sites:` has several, else there is one
 * made of the keys at the top. Relative paths are as the file has them: they
 * are meant from the directory of the configuration file, and already joined
 * with it here. All path slices are NUL-terminated. */
struct conf_site {
	struct str host;   /* ASCII, lower case */
	struct str *aliases;
	size_t alias_count;
	struct str title;  /* default: host */
	struct str lang;   /* default: "en" */
	struct str pages;  /* default: "content/pages" */
	struct str certificate; /* PEM; empty: STATE/HOST.crt, made if absent */
	struct str key;
	struct str favicon;
	struct str security; /* a URI: mailto:, https: */
	int line;
};

struct conf_listen {
	struct str text; /* as written, for errors and the ready line */
	struct str host; /* an IP literal without brackets */
	int port;        /* 0: the system chooses; the ready line says which */
};

enum conf_addresses { ADDRESSES_SHORT, ADDRESSES_WHOLE, ADDRESSES_NONE };

struct conf_log {
	struct str file;  /* requests; empty: standard error */
	bool json;
	enum conf_addresses addresses; /* /24 and /48 by default */
};

/* Seconds and counts; 0 is "no limit" only where it says so. */
struct conf_limits {
	int64_t connections;             /* in all, a worker's share of it */
	int64_t connections_per_address; /* IPv6 by /64 */
	int64_t requests_per_second;     /* per address; 0: no limit */
	int64_t burst;
	int64_t handshakes;              /* in flight */
	int64_t request_time;   /* s from accept to the whole request */
	int64_t stall_time;     /* s without a byte taken by the client */
	int64_t reply_time;     /* s for the whole reply; 0: no limit */
	int64_t page_size;      /* bytes of one Markdown file */
};

struct conf_list {
	struct str name;
	struct str title;
	int line;
};

struct conf_mail {
	bool present;
	struct str from;      /* "A Conference <announce@example.org>" */
	struct str relay;     /* smtp://..., smtp+starttls://..., maildir:DIR
	                       * (DIR joined); default smtp://127.0.0.1:25 */
	struct str user;
	struct str password_file;
	struct str ca_file;   /* empty: the system's */
	struct str bounces;   /* address of VERP; default: from's */
	struct str dkim_domain, dkim_selector, dkim_key;
	int64_t sessions;     /* connections to the relay at once */
	int64_t per_second;   /* messages; 0: no limit */
	int64_t per_day;      /* 0: no limit */
	int64_t per_domain;   /* messages a minute to one receiving domain;
	                       * 0: no limit */
	int64_t give_up;      /* s after which a deferred message fails */
	int64_t keep_addresses; /* postal ones, days after shipping */
	struct conf_list *lists;
	size_t list_count;
};

struct conf {
	struct arena arena;
	struct str file; /* where it was read */
	struct conf_site *sites;
	size_t site_count; /* at least 1; the first is the default */
	struct str state;  /* default: "state" */
	struct conf_listen *gemini; /* default: [::]:1965 */
	size_t gemini_count;
	struct conf_listen *gopher; /* none unless named */
	size_t gopher_count;
	int gemini_port; /* what addresses say: `port:`, else the first's */
	int gopher_port; /* 0: no Gopher */
	int64_t workers; /* 0: one a core */
	struct str user; /* empty: stay who we are */
	bool watch;
	struct str *proxies; /* addresses and networks that speak PROXY */
	size_t proxy_count;
	struct str *organizers; /* SHA-256 of client certificates, hex, lower */
	size_t organizer_count;
	struct conf_log log;
	struct conf_limits limits;
	struct conf_mail mail;
};

/* Where it is if it is not here: SYSCONFDIR/capsule/capsule.yaml. */
extern const char conf_installed[];

/* path NULL: ./capsule.yaml, then conf_installed. Every error names file and
 * line. */
int conf_load(struct conf *conf, const char *path, struct err *e);
/* The same from bytes that were read from path; pure. On failure there is
 * nothing to release. */
int conf_parse(struct conf *conf, const char *path, struct str text,
    struct err *e);
void conf_release(struct conf *conf);

#endif
