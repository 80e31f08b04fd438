#include "server/status.h"

#include "base/arena.h"
#include "base/yaml.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1333468800

static struct figures *
make(size_t slots)
{
	struct figures *f;

	if (figures_new(&f, slots, NULL) != 0)
		abort();
	figures_started(f, NOW);
	return f;
}

/* The number at a path like "connections/open" of the document (JSON is YAML
 * here); -1 when it is not there. */
static int64_t
figure_at(const struct figures *f, int64_t now, const char *path)
{
	const struct yaml *node;
	struct yaml *root;
	struct str rest = str_of(path), key;
	struct arena a;
	struct buf b;
	int64_t n = -1;

	arena_init(&a);
	buf_init(&b, 65536);
	figures_json(&b, f, now);
	if (yaml_parse(&root, &a, buf_slice(&b), 1, NULL) != 0)
		abort();
	node = root;
	while (node != NULL && str_next(&rest, '/', &key))
		node = yaml_get(node, arena_str(&a, key).p);
	if (node != NULL && node->kind == YAML_SCALAR)
		n = strtoll(node->text.p, NULL, 10);
	buf_release(&b);
	arena_release(&a);
	return n;
}

static void
adds_workers_up(void)
{
	struct figures *f = make(4);
	int one = figures_slot(f, 1), two = figures_slot(f, 1);

	T_OK(one >= 0 && two >= 0 && one != two, "two workers, two slots");
	for (int i = 0; i < 2; i++) {
		struct figures_worker *w = figures_worker(f, i ? two : one);

		if (fork() != 0)
			continue;
		for (int n = 0; n < 1000; n++) {
			figure_add(w, FIGURE_CONNECTIONS_GEMINI, 1);
			figure_reply(w, PROTOCOL_GEMINI, n % 2 ? 20 : 51, 10);
		}
		figure_add(w, FIGURE_CLOSED, 990);
		figure_add(w, FIGURE_CONNECTIONS_GOPHER, 1);
		figure_reply(w, PROTOCOL_GOPHER, 20, 7);
		figure_reply(w, PROTOCOL_GOPHER, 7777, 0);
		figure_reply(w, PROTOCOL_GOPHER, -1, 0);
		figure_add(w, FIGURE_LIMIT + LIMIT_ADDRESS, 3);
		_exit(0);
	}
	while (wait(NULL) > 0)
		continue;
	T_EQ_INT(figure_at(f, NOW, "connections/gemini"), 2000, "connections");
	T_EQ_INT(figure_at(f, NOW, "connections/open"), 22, "open now");
	T_EQ_INT(figure_at(f, NOW, "requests/gemini/20"), 1000, "found");
	T_EQ_INT(figure_at(f, NOW, "requests/gemini/51"), 1000, "not found");
	T_EQ_INT(figure_at(f, NOW, "requests/gopher/20"), 2, "by protocol");
	T_EQ_INT(figure_at(f, NOW, "requests/gopher/40"), 4,
	    "a status that is none counts as a failure");
	T_EQ_INT(figure_at(f, NOW, "bytes/gemini"), 20000, "bytes");
	T_EQ_INT(figure_at(f, NOW, "limits/connections_per_address"), 6,
	    "limits by kind");
	T_EQ_INT(figure_at(f, NOW, "workers"), 2, "workers");
	figures_slot_release(f, one);
	T_EQ_INT(figure_at(f, NOW, "connections/open"), 11,
	    "a dead worker has none open");
	T_EQ_INT(figure_at(f, NOW, "connections/gemini"), 2000,
	    "and what it counted stays");
	figures_free(f);
}

static void
gives_slots_away_once(void)
{
	struct figures *f = make(3);
	int a = figures_slot(f, 1), b = figures_slot(f, 1);

	T_OK(figures_slot(f, 2) >= 0, "the third");
	T_EQ_INT(figures_slot(f, 2), -1, "there is no fourth");
	figures_slot_release(f, a);
	T_EQ_INT(figures_slot(f, 2), a, "one that came back");
	T_EQ_INT(figures_slot_of(f, 1, 0), b, "what a generation has");
	T_EQ_INT(figures_slot_of(f, 1, b + 1), -1, "is all it has");
	figures_slot_release(f, b);
	T_EQ_INT(figures_slot(f, 2), b, "a dead generation's");
	T_EQ_INT(figures_slot(f, 2), -1, "and none of the living one's");
	figures_free(f);
}

static void
tells_of_reloads(void)
{
	struct figures *f = make(1);
	struct buf b;

	T_EQ_INT(figure_at(f, NOW + 60, "uptime"), 60, "uptime");
	T_EQ_INT(figure_at(f, NOW, "generation"), 1, "the first generation");
	figures_reload_failed(f, NOW + 5, "a.md:3: \"tilte\" is no key\n");
	T_EQ_INT(figure_at(f, NOW, "reload/failed"), 1, "a failed reload");
	buf_init(&b, 65536);
	figures_json(&b, f, NOW);
	T_OK(
	    strstr(b.data,
		"\"error\":\"a.md:3: \\\"tilte\\\" is no key\\u000a\"") != NULL,
	    "and why, as a JSON string");
	buf_release(&b);
	figures_reloaded(f, NOW + 9, 2);
	T_EQ_INT(figure_at(f, NOW, "generation"), 2, "the next generation");
	T_EQ_INT(figure_at(f, NOW, "reload/error_at"), -1,
	    "a reload that works ends the complaint");
	T_EQ_INT(figure_at(f, NOW, "certificate/days_left"), -1,
	    "no certificate, no days");
	figures_certificate(f, "b.example", NOW + 86400 * 9 + 5);
	figures_certificate(f, "a.example", NOW + 86400 * 7 + 5);
	figures_certificate(f, "c.example", NOW + 86400 * 8 + 5);
	T_EQ_INT(figure_at(f, NOW, "certificate/days_left"), 7,
	    "the certificate that expires first");
	T_EQ_INT(figure_at(f, NOW + 86400 * 8, "certificate/days_left"), -1,
	    "one that has expired");
	figures_free(f);
}

static void
answers_its_owner_alone(void)
{
	struct err e = ERR_INIT;
	char path[4096];
	struct buf got;
	int fd;

	snprintf(path, sizeof path, "%s/mine.sock", t_tmpdir());
	fd = status_listen(path, &e);
	if (geteuid() != 0 || seteuid(65534) != 0) {
		T_OK(true, "# SKIP needs root to become somebody else");
		status_close(fd, path);
		return;
	}
	buf_init(&got, 65536);
	T_OK(status_ask(&got, path, &e) == -1 && e.kind == ERR_REFUSED &&
		strstr(e.msg, "ask as one of them") != NULL,
	    "somebody else: %s", e.msg);
	buf_release(&got);
	if (seteuid(0) != 0)
		abort();
	status_close(fd, path);
}

static void
answers(void)
{
	struct figures *f = make(1);
	struct err e = ERR_INIT;
	char path[4096];
	struct stat st;
	struct buf got;
	int fd, wait_status = -1;
	pid_t pid;

	snprintf(path, sizeof path, "%s/status.sock", t_tmpdir());
	buf_init(&got, 65536);
	T_OK(status_ask(&got, path, &e) == -1 && e.kind == ERR_MISSING,
	    "without a server: %s", e.msg);
	fd = status_listen(path, &e);
	T_OK(fd >= 0, "it listens");
	T_OK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "for its owner only");
	status_answer(fd, f, NOW);
	T_OK(true, "nobody asks: it does not wait");

	pid = fork();
	if (pid == 0)
		_exit(status_ask(&got, path, NULL) == 0 && got.len > 100 &&
			    got.data[0] == '{' && got.data[got.len - 1] == '\n'
			? 0
			: 1);
	while (waitpid(pid, &wait_status, WNOHANG) == 0)
		status_answer(fd, f, NOW);
	T_EQ_INT(wait_status, 0, "who asks is given one whole document");
	err_clear(&e);
	T_OK(status_listen(path, &e) == -1 && e.kind == ERR_REFUSED,
	    "a second server is refused: %s", e.msg);
	close(fd);
	err_clear(&e);
	T_OK(status_ask(&got, path, &e) == -1 && e.kind == ERR_MISSING,
	    "a socket left behind is no server");
	fd = status_listen(path, NULL);
	T_OK(fd >= 0, "and is replaced");
	status_close(fd, path);
	T_OK(stat(path, &st) != 0, "a server that ends removes it");
	err_clear(&e);
	T_OK(status_listen(t_file("status", STR("mine")), &e) == -1 &&
		e.kind == ERR_REFUSED,
	    "a file is never replaced: %s", e.msg);
	buf_release(&got);
	figures_free(f);
}

int
main(void)
{
	T_RUN(adds_workers_up);
	T_RUN(gives_slots_away_once);
	T_RUN(tells_of_reloads);
	T_RUN(answers);
	T_RUN(answers_its_owner_alone);
	return t_done();
}
