/* Whatever is asked for in either protocol is answered by what is published:
 * a redirect leads to something that is there, a suggestion can be followed,
 * and a page that links to it renders. The first byte chooses the protocol. */
#include "content/site.h"

#include "base/uri.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct site *site;

static void
load(void)
{
	struct site_options options = {
	    .pages = STR("content/pages"),
	    .title = STR("Fuzz"),
	    .host = STR("example.org"),
	    .gopher_port = 70,
	    .has_forms = true,
	    .has_search = true,
	    .now = 1795132800,
	};
	struct faults faults;
	struct err e = ERR_INIT;

	faults_init(&faults);
	if (site_load(&site, &options, &faults, &e) != 0)
		abort();
	faults_release(&faults);
}

/* An address as it is said is there when it is asked for. */
static void
check_address(enum protocol protocol, struct str said)
{
	struct answer answer;
	struct buf key;

	buf_init(&key, said.n + 1);
	if (protocol == PROTOCOL_GOPHER)
		buf_str(&key, said);
	else if (uri_decode(&key, said) != 0)
		abort();
	if (!site_lookup(site, protocol, buf_slice(&key), &answer) ||
	    answer.kind == ANSWER_REDIRECT)
		abort();
	buf_release(&key);
}

static void
render_link_to(enum protocol protocol, struct str path)
{
	struct err e = ERR_INIT;
	struct buf md, out;

	buf_init(&md, 4096 + path.n);
	buf_init(&out, 1 << 20);
	buf_puts(&md, "[label](<");
	buf_str(&md, path);
	buf_puts(&md, ">)\n");
	if (site_render(
		&out, site, protocol, STR("Title"), buf_slice(&md), &e) != 0)
		abort();
	buf_release(&md);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum protocol protocol;
	struct answer answer;
	struct str path;
	struct buf best;

	if (size == 0 || size > 4096)
		return 0;
	if (site == NULL)
		load();
	protocol = data[0] & 1 ? PROTOCOL_GOPHER : PROTOCOL_GEMINI;
	path = (struct str){(const char *)data + 1, size - 1};
	if (site_lookup(site, protocol, path, &answer) &&
	    answer.kind == ANSWER_REDIRECT)
		check_address(protocol, answer.target);
	buf_init(&best, 1 << 16);
	site_suggest(site, protocol, path, &best);
	if (best.len > 0)
		check_address(protocol, buf_slice(&best));
	buf_release(&best);
	render_link_to(protocol, path);
	return 0;
}
