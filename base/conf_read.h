/*
 * How conf.c and conf_mail.c read values: through a check of conf_check.h,
 * with line and key before what is wrong. Not for other files.
 */
#ifndef BASE_CONF_READ_H
#define BASE_CONF_READ_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/yaml.h"

#include <stddef.h>

struct conf_reader {
	struct conf *conf;
	struct arena *arena;
	struct str dir; /* of the file, with its slash; empty: where we are */
};

typedef int conf_check(
    struct str *out, struct arena *a, struct str text, struct err *e);

/* A path of the file, as seen from where we are; NUL-terminated. */
struct str conf_join(const struct conf_reader *r, struct str path);

/* When key is absent, these leave what they would fill as it is. */
int conf_read_path(const struct conf_reader *r, struct str *out,
    const struct yaml *map, const char *key, struct err *e);
int conf_read_text(const struct conf_reader *r, struct str *out,
    const struct yaml *map, const char *key, conf_check *check,
    struct err *e);
/* One text or a list of them, each through the check. */
int conf_read_list(const struct conf_reader *r, struct str **out,
    size_t *count, const struct yaml *map, const char *key,
    conf_check *check, struct err *e);

/* `mail:` at the top; conf's sites are read already. */
int conf_read_mail(const struct conf_reader *r, const struct yaml *top,
    struct err *e);

#endif
