/* Any bytes are a configuration or a fault with its file; what others take
 * for granted of hosts, paths and relays holds for all. */
#include "base/conf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct conf conf;

	if (conf_parse(&conf, "etc/c.yaml",
		(struct str){(const char *)data, size}, &e) != 0) {
		if (!str_starts(str_of(e.msg), STR("etc/c.yaml:")) ||
		    str_has_control(str_of(e.msg)))
			abort();
		return 0;
	}
	if (conf.site_count == 0 || conf.gemini_count == 0 ||
	    (conf.mail.present && conf.mail.list_count == 0) ||
	    str_has_control(conf.mail.from))
		abort();
	for (size_t i = 0; i < conf.site_count; i++)
		if (conf.sites[i].host.n == 0 ||
		    str_has_control(conf.sites[i].host) ||
		    conf.sites[i].pages.p[conf.sites[i].pages.n] != '\0')
			abort();
	conf_release(&conf);
	return 0;
}
