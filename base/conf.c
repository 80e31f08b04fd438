#include "base/conf.h"

#include "base/buf.h"
#include "base/conf_check.h"
#include "base/conf_read.h"
#include "base/file.h"
#include "base/yaml.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)
#define LISTEN_MAX 64
#define COUNT_MAX 1000000
#define HERE "capsule.yaml"
/* The Makefile says where it is installed. */
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

const char conf_installed[] = SYSCONFDIR "/capsule/capsule.yaml";

static const char *const top_keys[] = {"host", "aliases", "title", "lang",
    "pages", "state", "certificate", "key", "favicon", "security", "gemini",
    "gopher", "sites", "workers", "user", "watch", "proxies", "organizers",
    "log", "limits", "mail", NULL};
static const char *const site_keys[] = {"host", "aliases", "title", "lang",
    "pages", "certificate", "key", "favicon", "security", NULL};
/* What says one site from another, and so cannot stand above them all. */
static const char *const own_keys[] = {
    "host", "aliases", "pages", "certificate", "key", NULL};
static const char *const listen_keys[] = {"listen", "port", NULL};
static const char *const log_keys[] = {"file", "format", "addresses", NULL};
static const char *const limit_keys[] = {"connections",
    "connections_per_address", "requests_per_second", "burst", "handshakes",
    "request_time", "stall_time", "reply_time", "page_size", NULL};

/*
 * For a community's small machine. A room full of people behind one address
 * must get through while a single hostile one is held; a slow line may take
 * hours over a recording, as long as it keeps taking.
 */
static const struct conf_limits default_limits = {
    .connections = 10000,
    .connections_per_address = 64,
    .requests_per_second = 50,
    .burst = 200,
    .handshakes = 512,
    .request_time = 10,
    .stall_time = 30,
    .reply_time = 6 * 3600,
    .page_size = 4 << 20,
};

/* A host or alias, kept to find the one that stands twice. */
struct name {
	struct str host;
	int line;
};

struct names {
	struct name *all;
	size_t count;
};

static int
add_name(struct names *names, struct arena *a, struct str host, int line,
    struct err *e)
{
	names->all =
	    arena_grow(a, names->all, names->count, sizeof *names->all);
	if (names->all == NULL)
		return arena_ok(a, e);
	names->all[names->count++] = (struct name){host, line};
	return 0;
}

static int
by_host(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int c = str_cmp(x->host, y->host);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

/* A request's host picks its site, so each name leads to one. */
static int
check_names(const struct names *names, struct err *e)
{
	const struct name *all = names->all;

	qsort(names->all, names->count, sizeof *all, by_host);
	for (size_t i = 1; i < names->count; i++)
		if (str_eq(all[i].host, all[i - 1].host))
			return err_set(e, ERR_INPUT,
			    "%d: the host \"%s\" stands here again; it is "
			    "already on line %d",
			    all[i].line, yaml_show(all[i].host).s,
			    all[i - 1].line);
	return 0;
}

static int
read_site_names(const struct conf_reader *r, struct names *names,
    struct conf_site *site, const struct yaml *map, struct err *e)
{
	const struct yaml **aliases = NULL;
	size_t n = 0;

	if (yaml_get(map, "host") == NULL)
		return yaml_fault(e, map,
		    "\"host\" is missing; write the name that visitors type, "
		    "such as \"host: capsule.example.org\"");
	if (conf_read_text(r, &site->host, map, "host", check_host, e) != 0 ||
	    conf_read_list(r, &site->aliases, &site->alias_count, map,
		"aliases", check_host, e) != 0 ||
	    yaml_items(
		&aliases, &n, YAML_SCALAR, r->arena, map, "aliases", e) != 0 ||
	    add_name(names, r->arena, site->host, yaml_get(map, "host")->line,
		e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_name(names, r->arena, site->aliases[i],
			aliases[i]->line, e) != 0)
			return -1;
	return 0;
}

/* What a site may have of its own, or all of them from above. */
static int
read_site_texts(const struct conf_reader *r, struct conf_site *site,
    const struct yaml *map, struct err *e)
{
	if (yaml_line(&site->title, r->arena, map, "title", e) != 0 ||
	    yaml_lang(&site->lang, map, "lang", e) != 0 ||
	    conf_read_text(
		r, &site->favicon, map, "favicon", check_favicon, e) != 0)
		return -1;
	return conf_read_text(
	    r, &site->security, map, "security", check_contact, e);
}

static int
read_site(const struct conf_reader *r, struct names *names,
    struct conf_site *site, const struct yaml *map, struct err *e)
{
	site->line = map->line;
	if (read_site_names(r, names, site, map, e) != 0 ||
	    read_site_texts(r, site, map, e) != 0)
		return -1;
	site->pages = conf_join(r, STR("content/pages"));
	if (conf_read_path(r, &site->pages, map, "pages", e) != 0 ||
	    conf_read_path(r, &site->certificate, map, "certificate", e) != 0 ||
	    conf_read_path(r, &site->key, map, "key", e) != 0)
		return -1;
	if ((site->certificate.n > 0) != (site->key.n > 0))
		return yaml_fault(e,
		    yaml_get(map, site->key.n > 0 ? "key" : "certificate"),
		    "\"certificate\" and \"key\" go together; name both, or "
		    "neither and one is made");
	if (site->title.n == 0)
		site->title = site->host;
	return arena_ok(r->arena, e);
}

/* Several sites, each beginning with what the top says for all. */
static int
read_sites(const struct conf_reader *r, struct names *names,
    const struct yaml *top, struct err *e)
{
	struct conf_site common = {.lang = STR("en")};
	const struct yaml **items = NULL;
	struct conf *conf = r->conf;
	size_t n = 0;

	for (size_t i = 0; own_keys[i] != NULL; i++)
		if (yaml_get(top, own_keys[i]) != NULL)
			return yaml_fault(e, yaml_get(top, own_keys[i]),
			    "\"%s\" belongs to one of \"sites\"; move it there",
			    own_keys[i]);
	if (yaml_items(&items, &n, YAML_MAP, r->arena, top, "sites", e) != 0 ||
	    read_site_texts(r, &common, top, e) != 0)
		return -1;
	if (n == 0)
		return yaml_fault(e, yaml_get(top, "sites"),
		    "\"sites\" has none; write at least one \"- host: ...\"");
	conf->sites = arena_array(r->arena, n, sizeof *conf->sites);
	if (conf->sites == NULL)
		return arena_ok(r->arena, e);
	for (size_t i = 0; i < n; i++) {
		conf->sites[i] = common;
		if (yaml_check_keys(items[i], site_keys, e) != 0 ||
		    read_site(r, names, &conf->sites[i], items[i], e) != 0)
			return -1;
	}
	conf->site_count = n;
	return 0;
}

static int
read_one_site(const struct conf_reader *r, struct names *names,
    const struct yaml *top, struct err *e)
{
	struct conf *conf = r->conf;

	conf->sites = arena_array(r->arena, 1, sizeof *conf->sites);
	if (conf->sites == NULL)
		return arena_ok(r->arena, e);
	conf->site_count = 1;
	conf->sites[0].lang = STR("en");
	return read_site(r, names, &conf->sites[0], top, e);
}

/* Port 0 is a new one every time. */
static bool
is_taken(
    const struct conf_listen *all, size_t count, const struct conf_listen *one)
{
	for (size_t i = 0; i < count; i++)
		if (one->port != 0 && all[i].port == one->port &&
		    str_eq(all[i].host, one->host))
			return true;
	return false;
}

static int
read_address(const struct conf_reader *r, struct conf_listen *out,
    const struct yaml *node, struct err *e)
{
	struct err why = ERR_INIT;

	if (check_listen(out, r->arena, str_trim(node->text), &why) != 0)
		return err_set(
		    e, why.kind, "%d: \"listen\": %s", node->line, why.msg);
	if (is_taken(r->conf->gemini, r->conf->gemini_count, out) ||
	    is_taken(r->conf->gopher, r->conf->gopher_count, out))
		return yaml_fault(e, node,
		    "\"listen\": %s is listened on already",
		    yaml_show(out->text).s);
	return 0;
}

/* Fills list and count one by one, so that each is held against all before. */
static int
read_listen(const struct conf_reader *r, struct conf_listen **list,
    size_t *count, const struct yaml *map, const struct yaml *fallback,
    struct err *e)
{
	const struct yaml **items = &fallback;
	size_t n = 1;

	if (yaml_items(&items, &n, YAML_SCALAR, r->arena, map, "listen", e) !=
	    0)
		return -1;
	if (n == 0 || n > LISTEN_MAX)
		return yaml_fault(e, yaml_get(map, "listen"),
		    "\"listen\" takes 1 to %d addresses", LISTEN_MAX);
	*list = arena_array(r->arena, n, sizeof **list);
	if (*list == NULL)
		return arena_ok(r->arena, e);
	for (size_t i = 0; i < n; i++) {
		if (read_address(r, &(*list)[i], items[i], e) != 0)
			return -1;
		*count = i + 1;
	}
	return 0;
}

static int
read_protocol(const struct conf_reader *r, struct conf_listen **list,
    size_t *count, int *port, const struct yaml *map, struct str fallback,
    struct err *e)
{
	struct yaml standard = {.kind = YAML_SCALAR,
	    .text = fallback,
	    .line = map != NULL ? map->line : 1};
	int64_t said = 0;

	if (read_listen(r, list, count, map, &standard, e) != 0 ||
	    yaml_number(&said, map, "port", 1, 65535, e) != 0)
		return -1;
	*port = said > 0 ? (int)said : (*list)[0].port;
	return 0;
}

static int
read_protocols(
    const struct conf_reader *r, const struct yaml *top, struct err *e)
{
	const struct yaml *gemini = NULL, *gopher = NULL;
	struct conf *conf = r->conf;

	if (yaml_map(&gemini, top, "gemini", listen_keys, e) != 0 ||
	    yaml_map(&gopher, top, "gopher", listen_keys, e) != 0 ||
	    read_protocol(r, &conf->gemini, &conf->gemini_count,
		&conf->gemini_port, gemini, STR("[::]:1965"), e) != 0)
		return -1;
	if (gopher == NULL)
		return 0;
	return read_protocol(r, &conf->gopher, &conf->gopher_count,
	    &conf->gopher_port, gopher, STR("[::]:70"), e);
}

/* One of the words given; *out is its place among them. */
static int
read_choice(int *out, const struct yaml *map, const char *key,
    const char *const *words, const char *what, struct err *e)
{
	const struct yaml *node = yaml_get(map, key);

	if (node == NULL)
		return 0;
	for (int i = 0; node->kind == YAML_SCALAR && words[i] != NULL; i++)
		if (str_is(node->text, words[i])) {
			*out = i;
			return 0;
		}
	return yaml_takes(e, node, what);
}

static int
read_log(const struct conf_reader *r, const struct yaml *top, struct err *e)
{
	static const char *const formats[] = {"text", "json", NULL};
	static const char *const addresses[] = {
	    [ADDRESSES_SHORT] = "short",
	    [ADDRESSES_WHOLE] = "whole",
	    [ADDRESSES_NONE] = "none",
	    NULL,
	};
	struct conf_log *log = &r->conf->log;
	int format = 0, how = ADDRESSES_SHORT;
	const struct yaml *map = NULL;

	if (yaml_map(&map, top, "log", log_keys, e) != 0 ||
	    conf_read_path(r, &log->file, map, "file", e) != 0 ||
	    read_choice(&format, map, "format", formats, "text or json", e) !=
		0 ||
	    read_choice(&how, map, "addresses", addresses,
		"short, whole or none", e) != 0)
		return -1;
	log->json = format == 1;
	log->addresses = (enum conf_addresses)how;
	return 0;
}

static int
read_limits(const struct conf_reader *r, const struct yaml *top, struct err *e)
{
	struct conf_limits *l = &r->conf->limits;
	const struct yaml *map = NULL;

	*l = default_limits;
	if (yaml_map(&map, top, "limits", limit_keys, e) != 0 ||
	    yaml_number(&l->connections, map, "connections", 1, COUNT_MAX, e) !=
		0 ||
	    yaml_number(&l->connections_per_address, map,
		"connections_per_address", 1, COUNT_MAX, e) != 0 ||
	    yaml_number(&l->requests_per_second, map, "requests_per_second", 0,
		COUNT_MAX, e) != 0 ||
	    yaml_number(&l->burst, map, "burst", 1, COUNT_MAX, e) != 0 ||
	    yaml_number(&l->handshakes, map, "handshakes", 1, COUNT_MAX, e) !=
		0 ||
	    yaml_seconds(&l->request_time, map, "request_time", 1, 3600, e) !=
		0 ||
	    yaml_seconds(&l->stall_time, map, "stall_time", 1, 86400, e) != 0 ||
	    yaml_seconds(&l->reply_time, map, "reply_time", 0, 30 * 86400, e) !=
		0)
		return -1;
	return yaml_bytes(&l->page_size, map, "page_size", 1 << 10, 1 << 30, e);
}

static int
read_top(const struct conf_reader *r, const struct yaml *top, struct err *e)
{
	struct names names = {0};
	struct conf *conf = r->conf;

	if (yaml_check_keys(top, top_keys, e) != 0)
		return -1;
	if ((yaml_get(top, "sites") != NULL
		    ? read_sites(r, &names, top, e)
		    : read_one_site(r, &names, top, e)) != 0 ||
	    check_names(&names, e) != 0)
		return -1;
	conf->state = conf_join(r, STR("state"));
	if (conf_read_path(r, &conf->state, top, "state", e) != 0 ||
	    read_protocols(r, top, e) != 0 ||
	    yaml_number(&conf->workers, top, "workers", 0, 1024, e) != 0 ||
	    conf_read_text(r, &conf->user, top, "user", check_user, e) != 0 ||
	    yaml_bool(&conf->watch, top, "watch", e) != 0 ||
	    conf_read_list(r, &conf->proxies, &conf->proxy_count, top,
		"proxies", check_network, e) != 0 ||
	    conf_read_list(r, &conf->organizers, &conf->organizer_count, top,
		"organizers", check_fingerprint, e) != 0 ||
	    read_log(r, top, e) != 0 || read_limits(r, top, e) != 0 ||
	    conf_read_mail(r, top, e) != 0)
		return -1;
	return arena_ok(r->arena, e);
}

int
conf_parse(struct conf *conf, const char *path, struct str text, struct err *e)
{
	struct conf_reader r = {.conf = conf, .arena = &conf->arena};
	struct err why = ERR_INIT;
	struct yaml *top = NULL;

	*conf = (struct conf){0};
	arena_init(&conf->arena);
	conf->file = arena_str(&conf->arena, str_of(path));
	r.dir = str_sub(conf->file, 0, (size_t)(str_rchr(conf->file, '/') + 1));
	if (yaml_parse(&top, &conf->arena, text, 1, &why) == 0 &&
	    read_top(&r, top, &why) == 0)
		return 0;
	conf_release(conf);
	/* "12: what" becomes "file:12: what"; memory has no line. */
	return err_set(e, why.kind, why.kind == ERR_MEMORY ? "%s: %s" : "%s:%s",
	    path, why.msg);
}

/* The first that is there; one that cannot be read must not be passed over. */
static const char *
find_file(struct err *e)
{
	if (access(HERE, F_OK) == 0)
		return HERE;
	if (access(conf_installed, F_OK) == 0)
		return conf_installed;
	err_set(e, ERR_MISSING,
	    "there is neither " HERE
	    " here nor %s; name the configuration with -c FILE",
	    conf_installed);
	return NULL;
}

int
conf_load(struct conf *conf, const char *path, struct err *e)
{
	struct buf text;
	int result;

	if (path == NULL && (path = find_file(e)) == NULL)
		return -1;
	buf_init(&text, FILE_MAX);
	result = file_read(&text, AT_FDCWD, path, e);
	if (result == 0)
		result = conf_parse(conf, path, buf_slice(&text), e);
	buf_release(&text);
	return result;
}

void
conf_release(struct conf *conf)
{
	arena_release(&conf->arena);
	*conf = (struct conf){0};
}
