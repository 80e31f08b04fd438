#include "base/conf_read.h"

/* One value through its check, line and key put before what is wrong. */
static int
check_node(const struct conf_reader *r, struct str *out,
    const struct yaml *node, conf_check *check, struct err *e)
{
	struct err why = ERR_INIT;

	if (node->kind != YAML_SCALAR)
		return yaml_takes(e, node, "one text");
	if (check(out, r->arena, str_trim(node->text), &why) == 0)
		return 0;
	return err_set(e, why.kind, "%d: \"%s\": %s", node->line,
	    yaml_show(node->key).s, why.msg);
}

int
conf_read_text(const struct conf_reader *r, struct str *out,
    const struct yaml *map, const char *key, conf_check *check, struct err *e)
{
	const struct yaml *node = yaml_get(map, key);

	return node != NULL ? check_node(r, out, node, check, e) : 0;
}

int
conf_read_list(const struct conf_reader *r, struct str **out, size_t *count,
    const struct yaml *map, const char *key, conf_check *check, struct err *e)
{
	const struct yaml **items = NULL;
	size_t n = 0;

	if (yaml_items(&items, &n, YAML_SCALAR, r->arena, map, key, e) != 0)
		return -1;
	*out = arena_array(r->arena, n, sizeof **out);
	if (*out == NULL)
		return arena_ok(r->arena, e);
	for (size_t i = 0; i < n; i++)
		if (check_node(r, &(*out)[i], items[i], check, e) != 0)
			return -1;
	*count = n;
	return 0;
}

struct str
conf_join(const struct conf_reader *r, struct str path)
{
	if (path.n > 0 && path.p[0] == '/')
		return arena_str(r->arena, path);
	return arena_printf(
	    r->arena, "%.*s%.*s", STR_ARG(r->dir), STR_ARG(path));
}

int
conf_read_path(const struct conf_reader *r, struct str *out,
    const struct yaml *map, const char *key, struct err *e)
{
	struct str path = {NULL, 0};

	if (yaml_text(&path, map, key, e) != 0)
		return -1;
	if (path.p == NULL)
		return 0;
	if (path.n == 0 || str_chr(path, '\n') >= 0)
		return yaml_takes(e, yaml_get(map, key), "a path");
	*out = conf_join(r, path);
	return arena_ok(r->arena, e);
}
