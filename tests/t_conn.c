#include "server/conn.h"

#include "certs/certs.h"
#include "server/gemini.h"
#include "tests/served.h"

#include <event2/event.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A connection's other end is a socket pair's, and the event loop turns only
 * when the test says so: nothing here waits for time. TURNS bounds what would
 * else be a hang.
 */
#define TURNS 200000
#define BIG ((size_t)3 << 20)
#define PORT 1965

static struct served served;
static struct conn_env env;
static struct limit_table *limits;
static struct figures *figures;
static struct tls_keys *keys;
static struct certs_pair pair;
static SSL_CTX *client;
static int closed, asked_for_certificate, tickets;
static SSL_SESSION *session;

static void
note_closed(struct conn_env *e)
{
	(void)e;
	closed++;
}

static int
note_certificate_asked(SSL *ssl, X509 **x, EVP_PKEY **key)
{
	(void)ssl, (void)x, (void)key;
	asked_for_certificate++;
	return 0;
}

static int
note_ticket(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	tickets++;
	SSL_SESSION_free(session);
	session = s;
	return 1;
}

static void
make_client(void)
{
	client = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_client_cert_cb(client, note_certificate_asked);
	SSL_CTX_set_session_cache_mode(
	    client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(client, note_ticket);
}

static void
make_tls(bool asks)
{
	struct err e = ERR_INIT;

	tls_server_free(env.tls);
	if (tls_server_new(&env.tls, keys, asks, &e) != 0 ||
	    tls_server_add(env.tls, STR("localhost"), NULL, 0,
		buf_slice(&pair.chain), buf_slice(&pair.key), &e) != 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(1);
	}
}

static void
open_server(void)
{
	static char big[BIG];
	char yaml[512], cert[256], key[256];
	struct err e = ERR_INIT;
	int slot;

	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 31 >> 3);
	t_file("pages/index.md", STR("# Front\n"));
	t_file("pages/big.bin", (struct str){big, BIG});
	t_file("pages/cut.bin", (struct str){big, BIG});
	snprintf(yaml, sizeof yaml,
	    "host: localhost\npages: %s/pages\n"
	    "gemini: {listen: '127.0.0.1:1965'}\n"
	    "gopher: {listen: '127.0.0.1:7070'}\n"
	    "limits: {requests_per_second: 0}\n",
	    t_tmpdir());
	served_open(&served, str_of(yaml));
	snprintf(cert, sizeof cert, "%s/c.crt", t_tmpdir());
	snprintf(key, sizeof key, "%s/c.key", t_tmpdir());
	if (certs_ensure(cert, key, STR("localhost"), NULL, 0, NULL, &e) != 0 ||
	    certs_load(&pair, cert, key, &e) != 0 ||
	    tls_keys_new(&keys, &e) != 0 || figures_new(&figures, 1, &e) != 0 ||
	    limit_table_new(&limits, 1, &e) != 0 ||
	    accesslog_new(&env.log, 1, &e) != 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(1);
	}
	slot = figures_slot(figures, 1);
	env.base = event_base_new();
	env.conf = &served.conf;
	env.router = &served.router;
	env.limit = (struct limit){limits, &served.conf.limits, slot};
	env.figures = figures_worker(figures, slot);
	env.scratch = malloc(CONN_CHUNK);
	env.on_closed = note_closed;
	make_tls(false);
	make_client();
}

static void
close_server(void)
{
	SSL_SESSION_free(session);
	SSL_CTX_free(client);
	tls_server_free(env.tls);
	tls_keys_free(keys);
	certs_pair_release(&pair);
	event_base_free(env.base);
	free(env.scratch);
	accesslog_free(env.log);
	limit_table_free(limits);
	figures_free(figures);
	served_close(&served);
}

static void
turn(void)
{
	event_base_loop(env.base, EVLOOP_NONBLOCK);
}

/* A visitor whose buffers hold little, so that writes are partial. */
static int
visit_from(enum protocol protocol, const struct address *from)
{
	int fd[2], small = 8192;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		fd) != 0)
		exit(1);
	for (int i = 0; i < 2; i++)
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	conn_new(&env, fd[0], protocol, PORT, from);
	return fd[1];
}

static int
visit(enum protocol protocol)
{
	struct address nowhere = {0};

	return visit_from(protocol, &nowhere);
}

/* Nothing is left of anybody: no connection, no count of one. */
static void
all_gone(const char *why)
{
	for (int i = 0; i < TURNS && env.count > 0; i++)
		turn();
	T_EQ_INT((int64_t)env.count, 0, "%s: nobody is left", why);
	T_EQ_INT((int64_t)limit_connections(limits), 0, "%s: or counted", why);
	T_EQ_INT((int64_t)limit_handshakes(limits), 0,
	    "%s: nor a handshake of theirs", why);
	T_EQ_INT((int64_t)env.turned_away, 0, "%s: nor turned away", why);
}

static void
put(int fd, const char *bytes, size_t n)
{
	if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		fprintf(stderr, "t_conn: a request was not taken\n");
}

/* All that comes in plain, up to the server's end of the stream. */
static bool
read_plain(struct buf *to, int fd)
{
	char bytes[4096];

	buf_clear(to);
	for (int i = 0; i < TURNS; i++) {
		ssize_t n = recv(fd, bytes, sizeof bytes, 0);

		if (n == 0)
			return true;
		if (n > 0)
			buf_append(to, bytes, (size_t)n);
		else
			turn();
	}
	return false;
}

static SSL *
tls_visit(int fd, int version)
{
	SSL *ssl = SSL_new(client);

	SSL_set_min_proto_version(ssl, version);
	SSL_set_max_proto_version(ssl, version);
	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, "localhost");
	SSL_set_connect_state(ssl);
	return ssl;
}

static bool
shake_hands(SSL *ssl)
{
	for (int i = 0; i < TURNS; i++) {
		int r = SSL_do_handshake(ssl);

		if (r == 1)
			return true;
		if (SSL_get_error(ssl, r) != SSL_ERROR_WANT_READ)
			return false;
		turn();
	}
	return false;
}

enum end { END_PROPER, END_CUT, END_NONE };

/* The decrypted reply, and whether close_notify ended it. */
static enum end
read_tls(struct buf *to, SSL *ssl)
{
	char bytes[4096];

	buf_clear(to);
	for (int i = 0; i < TURNS; i++) {
		int n = SSL_read(ssl, bytes, sizeof bytes);

		if (n > 0)
			buf_append(to, bytes, (size_t)n);
		else if (SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN)
			return END_PROPER;
		else if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
			return END_CUT;
		else
			turn();
	}
	return END_NONE;
}

static void
leave(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	/* As a browser does, so that its session may be resumed. */
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static void
write_tls(SSL *ssl, const char *bytes, size_t step)
{
	for (size_t n = strlen(bytes), i = 0; i < n; i += step) {
		SSL_write(ssl, bytes + i, (int)(n - i < step ? n - i : step));
		turn();
	}
}

/* One whole visit; the reply in to. */
static enum end
ask(struct buf *to, const char *request, size_t step)
{
	SSL *ssl = tls_visit(visit(PROTOCOL_GEMINI), TLS1_3_VERSION);
	enum end end = END_NONE;

	if (shake_hands(ssl)) {
		write_tls(ssl, request, step);
		end = read_tls(to, ssl);
	}
	leave(ssl);
	return end;
}

static void
hears_gopher_by_any_pieces(void)
{
	static const char request[] = "/index.txt\r\n";
	size_t n = sizeof request - 1;
	struct buf b;

	buf_init(&b, 1 << 16);
	for (size_t cut = 1; cut < n; cut++) {
		int fd = visit(PROTOCOL_GOPHER);

		put(fd, request, cut);
		turn();
		put(fd, request + cut, n - cut);
		T_OK(read_plain(&b, fd) &&
			str_starts(buf_slice(&b), STR("Front")),
		    "a request in two pieces, cut at %zu", cut);
		close(fd);
	}
	all_gone("gopher");
	buf_release(&b);
}

static const struct {
	const char *why, *request, *begin;
} requests[] = {
    {"a page", "gemini://localhost/\r\n", "20 text/gemini"},
    {"nothing there", "gemini://localhost/x\r\n", "51 "},
    {"no URI", "x\r\n", "59 "},
    {"another's host", "gemini://other.test/\r\n", "53 "},
    {"more behind the CRLF", "gemini://localhost/\r\ngemini://x/\r\n\r\n",
	"20 text/gemini"},
};

static void
ends_every_reply_properly(void)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
		for (size_t step = 1; step < 100; step += 49) {
			T_EQ_INT(ask(&b, requests[i].request, step), END_PROPER,
			    "%s, %zu a record: close_notify", requests[i].why,
			    step);
			T_OK(str_starts(
				 buf_slice(&b), str_of(requests[i].begin)),
			    "%s, %zu a record: %s", requests[i].why, step,
			    requests[i].begin);
		}
	all_gone("gemini");
	buf_release(&b);
}

static void
sends_more_than_a_socket_holds(void)
{
	static const char header[] = "20 application/octet-stream\r\n";
	struct buf b;
	int fd;

	buf_init(&b, 2 * BIG);
	T_EQ_INT(ask(&b, "gemini://localhost/big.bin\r\n", 99), END_PROPER,
	    "a large file over TLS");
	T_EQ_INT((int64_t)b.len, BIG + sizeof header - 1, "whole");
	fd = visit(PROTOCOL_GOPHER);
	put(fd, "/big.bin\r\n", 10);
	T_OK(read_plain(&b, fd), "a large file by Gopher");
	T_EQ_INT((int64_t)b.len, BIG, "whole");
	close(fd);
	all_gone("large files");
	buf_release(&b);
}

/* close_notify would say that what came was all. */
static void
does_not_call_a_cut_file_whole(void)
{
	SSL *ssl = tls_visit(visit(PROTOCOL_GEMINI), TLS1_3_VERSION);
	char path[256];
	struct buf b;

	buf_init(&b, 2 * BIG);
	snprintf(path, sizeof path, "%s/pages/cut.bin", t_tmpdir());
	T_OK(shake_hands(ssl), "a handshake");
	write_tls(ssl, "gemini://localhost/cut.bin\r\n", 99);
	if (truncate(path, BIG / 2) != 0)
		exit(1);
	T_EQ_INT(read_tls(&b, ssl), END_CUT,
	    "a file that shrinks while it is sent: no close_notify");
	leave(ssl);
	all_gone("a cut file");
	buf_release(&b);
}

static void
speaks_tls_on_gophers_port(void)
{
	SSL *ssl = tls_visit(visit(PROTOCOL_GOPHER), TLS1_2_VERSION);
	struct buf b;

	buf_init(&b, 1 << 16);
	T_OK(shake_hands(ssl), "TLS 1.2 behind the Gopher port");
	write_tls(ssl, "/index.txt\r\n", 99);
	T_EQ_INT(read_tls(&b, ssl), END_PROPER, "close_notify there too");
	T_OK(str_starts(buf_slice(&b), STR("Front")), "the page");
	leave(ssl);
	all_gone("gophers");
	buf_release(&b);
}

/* A ticket is for one use (RFC 8446, appendix C.4): each visit gets another,
 * also one that was itself resumed. */
static void
renews_tickets(void)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	for (int i = 0; i < 3; i++) {
		SSL *ssl = tls_visit(visit(PROTOCOL_GEMINI), TLS1_3_VERSION);

		if (i > 0)
			SSL_set_session(ssl, session);
		tickets = 0;
		T_OK(shake_hands(ssl), "visit %d", i);
		write_tls(ssl, "gemini://localhost/\r\n", 99);
		T_EQ_INT(read_tls(&b, ssl), END_PROPER, "visit %d: a reply", i);
		T_EQ_INT(
		    SSL_session_reused(ssl), i > 0, "visit %d: resumed", i);
		T_EQ_INT(tickets, 1, "visit %d: a ticket for the next", i);
		leave(ssl);
	}
	T_OK(tls_keys_rotate(keys, NULL) == 0, "a new ticket key");
	{
		SSL *ssl = tls_visit(visit(PROTOCOL_GEMINI), TLS1_3_VERSION);

		SSL_set_session(ssl, session);
		T_OK(shake_hands(ssl) && SSL_session_reused(ssl),
		    "a ticket of the previous key is still taken");
		leave(ssl);
	}
	all_gone("tickets");
	buf_release(&b);
}

static void
asks_for_certificates_where_they_matter(void)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	asked_for_certificate = 0;
	ask(&b, "gemini://localhost/\r\n", 99);
	T_EQ_INT(asked_for_certificate, 0, "not asked for");
	make_tls(true);
	T_EQ_INT(ask(&b, "gemini://localhost/\r\n", 99), END_PROPER,
	    "asked for, none given: served");
	T_EQ_INT(asked_for_certificate, 1, "asked for");
	make_tls(false);
	all_gone("certificates");
	buf_release(&b);
}

static void
serves_who_ends_its_side(void)
{
	SSL *ssl = tls_visit(visit(PROTOCOL_GEMINI), TLS1_3_VERSION);
	struct buf b;
	int fd;

	buf_init(&b, 1 << 16);
	T_OK(shake_hands(ssl), "a handshake");
	SSL_write(ssl, "gemini://localhost/\r\n", 21);
	SSL_shutdown(ssl);
	shutdown(SSL_get_fd(ssl), SHUT_WR);
	T_EQ_INT(read_tls(&b, ssl), END_PROPER, "answered all the same");
	T_OK(str_starts(buf_slice(&b), STR("20 ")), "with the page");
	leave(ssl);
	fd = visit(PROTOCOL_GOPHER);
	put(fd, "/index.txt\n", 11);
	shutdown(fd, SHUT_WR);
	T_OK(read_plain(&b, fd) && str_starts(buf_slice(&b), STR("Front")),
	    "by Gopher too");
	close(fd);
	all_gone("half-closed");
	buf_release(&b);
}

/* Gone at any moment: after each byte of a handshake and a request. */
static void
survives_who_leaves(void)
{
	static const char *const half[] = {
	    "", "/", "/big.bin\r", "/big.bin\r\n", "\x16", "\x16\x03\x01"};
	SSL *ssl;

	for (size_t i = 0; i < sizeof half / sizeof half[0]; i++) {
		int fd = visit(PROTOCOL_GOPHER);

		put(fd, half[i], strlen(half[i]));
		turn();
		close(fd);
		all_gone("left early");
	}
	for (int k = 0; k < 3; k++) {
		ssl = tls_visit(visit(PROTOCOL_GEMINI), TLS1_3_VERSION);
		if (k == 0)
			SSL_do_handshake(ssl);
		else if (!shake_hands(ssl))
			T_OK(false, "a handshake");
		if (k == 2)
			write_tls(ssl, "gemini://localhost/big.bin\r\n", 99);
		turn();
		close(SSL_get_fd(ssl));
		SSL_free(ssl);
		all_gone("left amid TLS");
	}
}

static void
hears_no_nonsense(void)
{
	int fd = visit(PROTOCOL_GEMINI);
	struct buf b;

	buf_init(&b, 1 << 16);
	put(fd, "gemini://localhost/\r\n", 21);
	T_OK(read_plain(&b, fd) && b.len < 64,
	    "a request without TLS: an alert at most");
	close(fd);
	fd = visit(PROTOCOL_GOPHER);
	buf_clear(&b);
	buf_fill(&b, 'a', 2000);
	put(fd, b.data, b.len);
	T_OK(read_plain(&b, fd) && b.data[0] == '3', "a line without end");
	close(fd);
	all_gone("nonsense");
	buf_release(&b);
}

/* With no patience at all, whoever has not asked yet is over at once. */
static void
runs_out_of_patience(void)
{
	static const char *const half[] = {"", "/ind", "\x16\x03\x01"};
	struct conf_limits before = served.conf.limits;

	served.conf.limits.request_time = 0;
	for (size_t i = 0; i < sizeof half / sizeof half[0]; i++) {
		int fd = visit(PROTOCOL_GOPHER);

		put(fd, half[i], strlen(half[i]));
		all_gone("silent");
		close(fd);
	}
	served.conf.limits = before;
	served.conf.limits.stall_time = 0;
	{
		int fd = visit(PROTOCOL_GOPHER);

		put(fd, "/big.bin\r\n", 10);
		all_gone("never reading");
		close(fd);
	}
	served.conf.limits = before;
}

static void
says_when_it_is_full(void)
{
	struct conf_limits before = served.conf.limits;
	struct address from;
	struct buf b;
	int first, fd;

	buf_init(&b, 1 << 16);
	served.conf.limits.connections = 1;
	first = visit(PROTOCOL_GOPHER);
	T_EQ_INT(
	    ask(&b, "gemini://localhost/\r\n", 99), END_PROPER, "one too many");
	T_OK(str_starts(buf_slice(&b), STR("41 Too many")), "is told so");
	close(first);
	served.conf.limits = before;
	all_gone("full");

	served.conf.limits.connections_per_address = 1;
	address_parse(&from, STR("2001:db8::1"), NULL);
	first = visit_from(PROTOCOL_GOPHER, &from);
	address_parse(&from, STR("2001:db8::ffff:2"), NULL);
	fd = visit_from(PROTOCOL_GOPHER, &from);
	put(fd, "/index.txt\r\n", 12);
	T_OK(read_plain(&b, fd) && str_starts(buf_slice(&b), STR("3Too much")),
	    "another of the same /64 is too many");
	close(fd);
	address_parse(&from, STR("2001:db8:0:1::1"), NULL);
	fd = visit_from(PROTOCOL_GOPHER, &from);
	put(fd, "/index.txt\r\n", 12);
	T_OK(read_plain(&b, fd) && str_starts(buf_slice(&b), STR("Front")),
	    "one of the next /64 is not");
	close(fd);
	close(first);
	served.conf.limits = before;
	all_gone("full for an address");
	buf_release(&b);
}

static void
slows_down(void)
{
	struct conf_limits before = served.conf.limits;
	struct address from;
	struct buf b;
	SSL *ssl;

	buf_init(&b, 1 << 16);
	served.conf.limits.requests_per_second = 1;
	served.conf.limits.burst = 1;
	address_parse(&from, STR("192.0.2.7"), NULL);
	for (int i = 0; i < 2; i++) {
		ssl = tls_visit(
		    visit_from(PROTOCOL_GEMINI, &from), TLS1_3_VERSION);
		T_OK(shake_hands(ssl), "a handshake");
		write_tls(ssl, "gemini://localhost/\r\n", 99);
		T_EQ_INT(read_tls(&b, ssl), END_PROPER, "a reply");
		leave(ssl);
	}
	T_EQ_STR(buf_slice(&b), STR("44 1\r\n"), "44 and the seconds alone");
	served.conf.limits = before;
	all_gone("slowed down");
	buf_release(&b);
}

static void
believes_a_balancer_alone(void)
{
	static const char header[] =
	    "PROXY TCP4 192.0.2.9 127.0.0.1 999 70\r\n/index.txt\r\n";
	struct network trusted;
	struct address from;
	struct buf b;
	int fd;

	buf_init(&b, 1 << 16);
	network_parse(&trusted, STR("10.0.0.0/8"), NULL);
	env.proxies = &trusted;
	env.proxy_count = 1;
	address_parse(&from, STR("10.1.2.3"), NULL);
	for (size_t cut = 0; cut < sizeof header - 1; cut += 9) {
		fd = visit_from(PROTOCOL_GOPHER, &from);
		put(fd, header, cut);
		turn();
		put(fd, header + cut, sizeof header - 1 - cut);
		T_OK(read_plain(&b, fd) &&
			str_starts(buf_slice(&b), STR("Front")),
		    "a header and a request, cut at %zu", cut);
		close(fd);
	}
	fd = visit_from(PROTOCOL_GOPHER, &from);
	put(fd, "/index.txt\r\n", 12);
	T_OK(read_plain(&b, fd) && b.len == 0, "a balancer without a header");
	close(fd);
	address_parse(&from, STR("192.0.2.1"), NULL);
	fd = visit_from(PROTOCOL_GOPHER, &from);
	put(fd, header, sizeof header - 1);
	T_OK(read_plain(&b, fd) && b.data[0] == '3',
	    "a stranger with a header asks for it as a selector");
	close(fd);
	env.proxy_count = 0;
	all_gone("proxies");
	buf_release(&b);
}

static void
stops(void)
{
	int silent = visit(PROTOCOL_GEMINI), reading = visit(PROTOCOL_GOPHER);
	struct buf b;

	buf_init(&b, 2 * BIG);
	put(reading, "/big.bin\r\n", 10);
	turn();
	conn_stop_all(&env);
	T_EQ_INT((int64_t)env.count, 1, "who says nothing is closed");
	T_OK(read_plain(&b, reading), "who is being answered is");
	T_EQ_INT((int64_t)b.len, BIG, "to the end");
	close(silent);
	close(reading);
	all_gone("stopped");
	buf_release(&b);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	open_server();
	T_RUN(hears_gopher_by_any_pieces);
	T_RUN(ends_every_reply_properly);
	T_RUN(sends_more_than_a_socket_holds);
	T_RUN(does_not_call_a_cut_file_whole);
	T_RUN(speaks_tls_on_gophers_port);
	T_RUN(renews_tickets);
	T_RUN(asks_for_certificates_where_they_matter);
	T_RUN(serves_who_ends_its_side);
	T_RUN(survives_who_leaves);
	T_RUN(hears_no_nonsense);
	T_RUN(runs_out_of_patience);
	T_RUN(says_when_it_is_full);
	T_RUN(slows_down);
	T_RUN(believes_a_balancer_alone);
	T_RUN(stops);
	T_OK(closed > 0, "each that closed was told of");
	close_server();
	return t_done();
}
