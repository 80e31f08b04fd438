#include "server/accesslog.h"

#include "base/file.h"
#include "tests/t.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 4

static struct address
addr(const char *text)
{
	struct address a;

	if (address_parse(&a, str_of(text), NULL) != 0)
		abort();
	return a;
}

static const struct {
	const char *why;
	struct conf_log conf;
	const char *address;
	struct access_record r;
	const char *want;
} lines[] = {
    {"a Gemini reply", {.addresses = ADDRESSES_SHORT}, "192.0.2.77",
	{.host = STR("example.org"),
	    .path = STR("/2012/"),
	    .status = 20,
	    .bytes = 4312,
	    .microseconds = 1204,
	    .tls_version = 0x0304},
	"2012-04-03T16:00:00Z 192.0.2.0 gemini example.org \"/2012/\" 20 4312 "
	"1.204ms TLSv1.3 full\n"},
    {"resumed, TLS 1.2, IPv6 by /48", {.addresses = ADDRESSES_SHORT},
	"2001:db8:1:2:3::4",
	{.host = STR("example.org"),
	    .path = STR("/"),
	    .status = 51,
	    .tls_version = 0x0303,
	    .resumed = true},
	"2012-04-03T16:00:00Z 2001:db8:1:: gemini example.org \"/\" 51 0 "
	"0.000ms TLSv1.2 resumed\n"},
    {"a Gopher reply, the root", {.addresses = ADDRESSES_WHOLE},
	"2001:db8:1:2:3::4",
	{.protocol = PROTOCOL_GOPHER,
	    .host = STR("example.org"),
	    .status = 20,
	    .bytes = 7,
	    .microseconds = 999999},
	"2012-04-03T16:00:00Z 2001:db8:1:2:3::4 gopher example.org \"\" 20 7 "
	"999.999ms - -\n"},
    {"no address, no host", {.addresses = ADDRESSES_NONE}, "192.0.2.77",
	{.path = STR("/x"), .status = 59, .tls_version = 0x0304},
	"2012-04-03T16:00:00Z - gemini - \"/x\" 59 0 0.000ms TLSv1.3 full\n"},
    {"a forged line stays one line", {.addresses = ADDRESSES_NONE}, "::1",
	{.protocol = PROTOCOL_GOPHER,
	    .path = STR("/\" 20\r\n\x1b[2J\\x0a\t\0\xff\xc3\xa9"),
	    .status = 51},
	"2012-04-03T16:00:00Z - gopher - \"/\\x22 20\\x0d\\x0a\\x1b[2J"
	"\\x5cx0a\\x09\\x00\\xff\xc3\xa9\" 51 0 0.000ms - -\n"},
    {"JSON", {.addresses = ADDRESSES_SHORT, .json = true}, "192.0.2.77",
	{.host = STR("example.org"),
	    .path = STR("/2012/"),
	    .status = 20,
	    .bytes = 4312,
	    .microseconds = 1204,
	    .tls_version = 0x0304},
	"{\"time\":\"2012-04-03T16:00:00Z\",\"address\":\"192.0.2.0\","
	"\"protocol\":\"gemini\",\"host\":\"example.org\",\"path\":\"/2012/\","
	"\"status\":20,\"bytes\":4312,\"ms\":1.204,\"tls\":\"TLSv1.3\","
	"\"resumed\":false}\n"},
    {"JSON, all bytes", {.addresses = ADDRESSES_NONE, .json = true}, "::1",
	{.protocol = PROTOCOL_GOPHER,
	    .path = STR("/\"\\\r\n\0\xff\xe2\x80\xae\xc3\xa9"),
	    .status = 51},
	"{\"time\":\"2012-04-03T16:00:00Z\",\"protocol\":\"gopher\","
	"\"path\":\"/\\\"\\\\\\u000d\\u000a\\u0000\\\\xff\\u202e\xc3\xa9\","
	"\"status\":51,\"bytes\":0,\"ms\":0.000}\n"},
};

static void
formats(void)
{
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct access_record r = lines[i].r;
		struct address a = addr(lines[i].address);
		struct buf b;

		r.address = &a;
		r.time = 1333468800;
		buf_init(&b, 16384);
		access_format(&b, &lines[i].conf, &r);
		T_EQ_STR(
		    buf_slice(&b), str_of(lines[i].want), "%s", lines[i].why);
		buf_release(&b);
	}
}

static void
has_an_end(void)
{
	static const char ends[2][8] = {"...\" 51", "\",\"stat"};
	static char path[100000];
	struct address a = addr("::1");
	struct access_record r = {.address = &a,
	    .path = {path, sizeof path},
	    .host = {path, sizeof path}};

	memset(path, 1, sizeof path);
	for (int json = 0; json < 2; json++) {
		struct conf_log conf = {.json = json};
		struct buf b;

		buf_init(&b, 16384);
		access_format(&b, &conf, &r);
		T_OK(b.failed == ERR_NONE && b.len < 8300,
		    "a line has at most 8,300 bytes, whatever comes: %zu",
		    b.len);
		T_OK(memmem(b.data, b.len, ends[json], 4) != NULL,
		    "what is cut ends well");
		buf_release(&b);
	}
}

static struct accesslog *
log_to(const char *path, struct conf_log *conf)
{
	struct err e = ERR_INIT;
	struct accesslog *log;

	*conf = (struct conf_log){.file = str_of(path)};
	if (accesslog_new(&log, SLOTS, &e) != 0 ||
	    accesslog_open(log, conf, &e) != 0) {
		fprintf(stderr, "%s\n", e.msg);
		abort();
	}
	return log;
}

static void
put(struct accesslog *log, int slot, const struct conf_log *conf, int status)
{
	struct address a = addr("192.0.2.1");
	struct access_record r = {
	    .address = &a, .path = STR("/a/path"), .status = status};

	accesslog_write(log, slot, conf, &r);
}

/* How many lines a file has, and whether each is whole. */
static int
count_lines(const char *path, bool *whole)
{
	struct buf b;
	struct str rest, line;
	int n = 0;

	buf_init(&b, (size_t)64 << 20);
	if (file_read(&b, AT_FDCWD, path, NULL) != 0)
		abort();
	rest = buf_slice(&b);
	*whole = rest.n == 0 || rest.p[rest.n - 1] == '\n';
	while (str_next_line(&rest, &line)) {
		if (!str_ends(line, STR("ms - -")) &&
		    !str_ends(line, STR("TLSv1.3 full")))
			*whole = false;
		n++;
	}
	buf_release(&b);
	return n;
}

static bool
is_awake(const struct accesslog *log)
{
	struct pollfd p = {.fd = accesslog_fd(log), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void
wakes_the_keeper_once(void)
{
	const char *path = t_file("wake.log", STR(""));
	struct conf_log conf;
	struct accesslog *log = log_to(path, &conf);
	bool whole;

	T_OK(!is_awake(log), "nothing waits at first");
	put(log, 0, &conf, 20);
	T_OK(is_awake(log), "the first line wakes");
	T_OK(accesslog_drain(log) > 0, "more may come: again soon");
	put(log, 1, &conf, 20);
	T_OK(!is_awake(log), "the next does not");
	T_OK(accesslog_drain(log) > 0, "it is fetched in time");
	T_EQ_INT(accesslog_drain(log), -1, "none came: wait");
	T_EQ_INT(count_lines(path, &whole), 2, "both are there");
	T_OK(whole, "and whole");
	put(log, 1, &conf, 20);
	T_OK(is_awake(log), "after a rest the first line wakes again");
	accesslog_free(log);
}

/* Workers that write until they are killed. */
static void
outlives_its_workers(void)
{
	const char *path = t_file("kill.log", STR(""));
	struct conf_log conf;
	struct accesslog *log = log_to(path, &conf);
	pid_t pids[SLOTS];
	bool whole;
	int lost;

	for (int i = 0; i < SLOTS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int n = 0; n < 100000; n++)
				put(log, i, &conf, 20);
			pause();
			_exit(0);
		}
	}
	for (int i = 0; i < 200; i++)
		accesslog_drain(log);
	for (int i = 0; i < SLOTS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	put(log, 0, &conf, 20);
	while (accesslog_drain(log) >= 0)
		continue;
	T_OK(count_lines(path, &whole) > 0, "there are lines");
	T_OK(whole, "and each is whole");
	lost = (int)accesslog_lost(log);
	for (int i = 0; i < 10000; i++)
		put(log, 2, &conf, 20);
	accesslog_drain(log);
	T_OK(count_lines(path, &whole) > 0, "it goes on");
	T_OK(whole, "lines are whole when the ring was full, too");
	T_OK((int)accesslog_lost(log) > lost, "what found no room is counted");
	accesslog_free(log);
}

static void
loses_nothing_in_time(void)
{
	const char *path = t_file("all.log", STR(""));
	struct conf_log conf;
	struct accesslog *log = log_to(path, &conf);
	bool whole;

	for (int i = 0; i < 20000; i++) {
		put(log, i % SLOTS, &conf, 20);
		if (i % 100 == 0)
			accesslog_drain(log);
	}
	accesslog_drain(log);
	T_EQ_INT(count_lines(path, &whole), 20000, "each line is there");
	T_OK(whole, "and whole");
	T_EQ_INT((int64_t)accesslog_lost(log), 0, "none was lost");
	accesslog_free(log);
}

static void
is_reopened(void)
{
	const char *path = t_file("rotate.log", STR(""));
	char moved[4096];
	struct conf_log conf;
	struct accesslog *log = log_to(path, &conf);
	struct err e = ERR_INIT;
	struct stat st;
	bool whole;

	snprintf(moved, sizeof moved, "%s.1", path);
	put(log, 0, &conf, 20);
	accesslog_drain(log);
	rename(path, moved);
	put(log, 0, &conf, 20);
	accesslog_drain(log);
	T_EQ_INT(count_lines(moved, &whole), 2, "renamed, it is still used");
	T_EQ_INT(accesslog_reopen(log, &e), 0, "it is reopened");
	put(log, 0, &conf, 20);
	accesslog_drain(log);
	T_EQ_INT(count_lines(path, &whole), 1, "the new file has the rest");
	T_OK(stat(path, &st) == 0 && (st.st_mode & 0777 & ~0640) == 0,
	    "and is not for everybody");
	unlink(moved);
	conf.file = STR("/nowhere/at/all.log");
	T_EQ_INT(accesslog_open(log, &conf, &e), -1,
	    "a file that cannot be opened is an error");
	put(log, 0, &conf, 20);
	accesslog_drain(log);
	T_EQ_INT(count_lines(path, &whole), 2, "and the old one stays");
	accesslog_free(log);
}

static void
survives_a_full_disk(void)
{
	const char *path = t_file("after.log", STR(""));
	struct conf_log conf;
	struct accesslog *log = log_to("/dev/full", &conf);
	struct err e = ERR_INIT;
	bool whole;

	for (int i = 0; i < 10; i++)
		put(log, 0, &conf, 20);
	accesslog_drain(log);
	T_EQ_INT((int64_t)accesslog_lost(log), 10, "lost and counted");
	conf.file = str_of(path);
	accesslog_open(log, &conf, &e);
	put(log, 0, &conf, 20);
	accesslog_drain(log);
	T_EQ_INT(count_lines(path, &whole), 1, "with room it is written");
	accesslog_free(log);
}

static void
waits_for_no_reader(void)
{
	char path[4096], got[65536];
	struct conf_log conf;
	struct accesslog *log;
	size_t lines_read = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/fifo", t_tmpdir());
	if (mkfifo(path, 0600) != 0 ||
	    (fd = open(path, O_RDONLY | O_NONBLOCK)) < 0)
		abort();
	log = log_to(path, &conf);
	for (int i = 0; i < 1500; i++)
		put(log, i % SLOTS, &conf, 20);
	T_OK(accesslog_drain(log) > 0, "a full pipe is tried again later");
	for (int i = 0; i < 100; i++) {
		while ((n = read(fd, got, sizeof got)) > 0) {
			for (ssize_t k = 0; k < n; k++)
				lines_read += got[k] == '\n';
		}
		if (accesslog_drain(log) < 0)
			break;
	}
	T_EQ_INT((int64_t)lines_read, 1500, "and nothing is lost");
	T_EQ_INT((int64_t)accesslog_lost(log), 0, "none is counted as lost");
	close(fd);
	accesslog_free(log);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	T_RUN(formats);
	T_RUN(has_an_end);
	T_RUN(wakes_the_keeper_once);
	T_RUN(outlives_its_workers);
	T_RUN(loses_nothing_in_time);
	T_RUN(is_reopened);
	T_RUN(survives_a_full_disk);
	T_RUN(waits_for_no_reader);
	return t_done();
}
