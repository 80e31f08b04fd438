/*
 * YAML as configuration and front matter use it: a tree of scalars, lists and
 * maps that knows its lines. Only yaml.c sees libyaml. Refused, with the line:
 * aliases and tags (nothing here needs them), a key that is not a scalar, a
 * key twice in one map, a second document, nesting over YAML_DEPTH_MAX.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_DEPTH_MAX 32

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	int line;         /* in the file, counted from 1 */
	struct str text;  /* SCALAR: as written, quotes undone */
	bool is_quoted;   /* SCALAR: quoted or a block, so never null or bool */
	struct str key;   /* a map's member: its key; an item: its list's */
	struct yaml *child; /* first member or item, in the order of the file */
	struct yaml *next;
};

/*
 * Parses one document into the arena. The text starts on first_line of its
 * file. An empty document is an empty map. The error's message begins with
 * the line ("12: what"), so that the caller wraps the file's name around it.
 */
int yaml_parse(struct yaml **root, struct arena *a, struct str text,
    int first_line, struct err *e);

/* A map's member, or NULL. A null (`key:`, `~`, `null`) counts as none. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);

/* -1 when node is no map, or has a key that is not in known (NULL ends it);
 * the error names the line, the key, and the nearest known one. */
int yaml_check_keys(const struct yaml *node, const char *const *known,
    struct err *e);

/*
 * Typed reading. key is looked up in map; when it is absent *out stays as it
 * is (the default) and 0 is returned. The error names line and key and says
 * what would be right. No text has control characters but LF and TAB.
 */
int yaml_text(struct str *out, const struct yaml *map, const char *key,
    struct err *e);
int yaml_bool(bool *out, const struct yaml *map, const char *key,
    struct err *e);
int yaml_number(int64_t *out, const struct yaml *map, const char *key,
    int64_t min, int64_t max, struct err *e);
/* Numbers with a unit: "90s", "5m", "2h", "30d" (bare: seconds). */
int yaml_seconds(int64_t *out, const struct yaml *map, const char *key,
    int64_t min, int64_t max, struct err *e);
/* "64k", "10M", "2G" (1024s; bare: bytes). */
int yaml_bytes(int64_t *out, const struct yaml *map, const char *key,
    int64_t min, int64_t max, struct err *e);
/* A language tag of BCP 47's shape: letters, digits and hyphens. */
int yaml_lang(struct str *out, const struct yaml *map, const char *key,
    struct err *e);
/* A text for one line: every run of white space in it is one blank. */
int yaml_line(struct str *out, struct arena *a, const struct yaml *map,
    const char *key, struct err *e);
/* A map, its keys checked as by yaml_check_keys. */
int yaml_map(const struct yaml **out, const struct yaml *map, const char *key,
    const char *const *known, struct err *e);
/* The nodes of a list, all of one kind, or one node of that kind standing for
 * a list of one. */
int yaml_items(const struct yaml ***out, size_t *count, enum yaml_kind kind,
    struct arena *a, const struct yaml *map, const char *key, struct err *e);
/* A list of texts as yaml_line gives them, or one text standing for a list of
 * one. */
int yaml_texts(struct str **out, size_t *count, struct arena *a,
    const struct yaml *map, const char *key, struct err *e);

/* "90s", "5m", "2h", "30d" or bare seconds, at most max; -1 for all else. */
int64_t yaml_duration(struct str text, int64_t max);

/* Faults that a reader of the tree finds itself; both return -1. yaml_takes
 * says `12: "key" takes WHAT, not "value"`. */
int yaml_fault(struct err *e, const struct yaml *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int yaml_takes(struct err *e, const struct yaml *node, const char *what);

/* A text of the file as a message may quote it: cut to fit, "?" for what is
 * no printable character. Used as yaml_show(text).s. */
struct yaml_shown {
	char s[64];
};
struct yaml_shown yaml_show(struct str text);

#endif
