#include "mail/schedule.h"
#include "base/clock.h"
#include "base/yaml.h"

#include <string.h>

#define WHILE_MAX ((int64_t)10 * 366 * 86400)

static int
cannot_be(const char *option, const char *text, struct err *e)
{
	return err_set(e, ERR_USAGE,
	    "%s takes a time, UTC unless it has an offset "
	    "(2026-12-01T18:00, 2026-12-01T18:00+01:00), or a while (90m, 2h, "
	    "3d), not \"%s\"",
	    option, yaml_show(str_of(text)).s);
}

/* A while has its unit, or a year would be one. */
static bool
is_while(struct str text)
{
	return text.n > 1 && strchr("smhd", text.p[text.n - 1]) != NULL;
}

static int
parse_time(int64_t *out, const char *option, const char *text, int64_t from,
    struct err *e)
{
	struct str s = str_of(text);
	struct date d;
	int64_t length;

	if (is_while(s)) {
		length = yaml_duration(s, WHILE_MAX);
		*out = from + length;
		return length >= 0 ? 0 : cannot_be(option, text, e);
	}
	if (date_parse(&d, s, NULL) != 0 || d.precision < DATE_MINUTE ||
	    date_instant(out, &d, NULL, NULL) != 0)
		return cannot_be(option, text, e);
	return 0;
}

int
schedule_parse(struct schedule *out, const char *at, const char *expires,
    int64_t now, struct err *e)
{
	out->begins = now;
	if (at != NULL && parse_time(&out->begins, "--at", at, now, e) != 0)
		return -1;
	if (out->begins < now)
		return err_set(e, ERR_USAGE,
		    "--at %s is past; without --at it is sent now", at);
	out->expires =
	    out->begins + (at != NULL ? SCHEDULE_AT_EXPIRES : SCHEDULE_EXPIRES);
	if (expires == NULL)
		return 0;
	if (strcmp(expires, "never") == 0) {
		out->expires = 0;
		return 0;
	}
	if (parse_time(&out->expires, "--expires", expires, out->begins, e) !=
	    0)
		return -1;
	if (out->expires <= out->begins)
		return err_set(e, ERR_USAGE,
		    "--expires %s is not after it begins", expires);
	return 0;
}
