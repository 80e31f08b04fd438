/*
 * What single values of the configuration may be. Pure, but for the arena
 * that results stand in (NUL-terminated). Errors are a sentence without line
 * or key, which conf.c puts in front.
 */
#ifndef BASE_CONF_CHECK_H
#define BASE_CONF_CHECK_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

/* A DNS name (RFC 1123, section 2.1), "localhost", or an IP literal without
 * brackets; in lower case, IPv6 in its shortest form. */
int check_host(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* "[::]:1965", "0.0.0.0:1965", or ":1965", which is all addresses. */
int check_listen(struct conf_listen *out, struct arena *a, struct str text,
    struct err *e);

/* "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". */
int check_network(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* SHA-256 in hexadecimal, colons allowed; out in lower case without them. */
int check_fingerprint(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* A URI with a scheme, to reach somebody by. */
int check_contact(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* One emoji, as clients show it beside a title. */
int check_favicon(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* The name of a user of this machine. */
int check_user(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* The name of a list or a DKIM selector: small letters, digits, hyphens. */
int check_name(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* LOCAL@DOMAIN in ASCII (RFC 5321, section 4.1.2, dot-string only). */
int check_address(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* The same, or "NAME <LOCAL@DOMAIN>"; out as written. */
int check_from(struct str *out, struct arena *a, struct str text,
    struct err *e);

/* What stands between "<" and ">", or all of it. */
struct str from_address(struct str from);

/* smtp://HOST[:PORT] to this machine, smtp+starttls://HOST[:PORT], or
 * maildir:DIR, whose DIR the caller joins. */
int check_relay(struct str *out, struct arena *a, struct str text,
    struct err *e);

#endif
