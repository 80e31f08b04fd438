/*
 * A Gemini client that can be as odd as a test needs it: any TLS version, any
 * SNI, a byte a record, several requests in one write, a pause in the middle
 * of the reply, hundreds of connections held open. Prints the reply as it
 * came; a last line on standard error says how the connection ended:
 *
 *	tls=TLSv1.3 close_notify=yes bytes=1234
 *
 * Exit code: 0 when a whole header came, 1 when not, 2 misuse.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOLD_MAX 20000

struct options {
	const char *address;
	int port;
	const char *request; /* escapes \r \n \t \xNN undone */
	size_t request_len;
	const char *sni; /* NULL: none */
	const char *wait_for; /* a file: read on once it exists */
	const char *cert; /* PEM with certificate and key */
	int version; /* 0, TLS1_1_VERSION... */
	int hold; /* this many idle connections until stdin ends */
	bool by_byte;
	bool half_close; /* shutdown(SHUT_WR) after the request */
};

static const char usage[] =
    "usage: gmi [-1|-2|-3] [-s SNI] [-b] [-e] [-c PEM] [-w FILE] [-N COUNT]\n"
    "           ADDRESS PORT REQUEST\n"
    "  -1 -2 -3   only TLS 1.1, 1.2, 1.3     -s  server name (default: none)\n"
    "  -b  a byte a record                   -e  end our side after it\n"
    "  -c  client certificate and key        -w  pause after the first bytes\n"
    "  -N  hold idle connections until standard input ends     until FILE is\n"
    "  REQUEST is sent as it is, with \\r \\n \\t \\xNN undone.\n";

static int
connect_to(const struct options *o)
{
	struct sockaddr_in6 a6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)o->port)};
	struct sockaddr_in a4 = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
	bool six = inet_pton(AF_INET6, o->address, &a6.sin6_addr) == 1;
	int fd;

	if (!six && inet_pton(AF_INET, o->address, &a4.sin_addr) != 1)
		return -1;
	fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if ((six ? connect(fd, (struct sockaddr *)&a6, sizeof a6)
		 : connect(fd, (struct sockaddr *)&a4, sizeof a4)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static SSL_CTX *
make_context(const struct options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	if (o->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, o->version);
		SSL_CTX_set_max_proto_version(ctx, o->version);
		SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	}
	if (o->cert != NULL &&
	    (SSL_CTX_use_certificate_file(ctx, o->cert, SSL_FILETYPE_PEM) !=
		    1 ||
		SSL_CTX_use_PrivateKey_file(ctx, o->cert, SSL_FILETYPE_PEM) !=
		    1)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static SSL *
handshake(SSL_CTX *ctx, const struct options *o)
{
	int fd = connect_to(o);
	SSL *ssl;

	if (fd < 0) {
		perror(o->address);
		return NULL;
	}
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (o->sni != NULL)
		SSL_set_tlsext_host_name(ssl, o->sni);
	if (SSL_connect(ssl) != 1) {
		fprintf(stderr, "handshake failed: %s\n",
		    ERR_reason_error_string(ERR_peek_last_error()));
		SSL_free(ssl);
		close(fd);
		return NULL;
	}
	return ssl;
}

static bool
send_request(SSL *ssl, const struct options *o)
{
	size_t step = o->by_byte ? 1 : o->request_len;

	for (size_t i = 0; i < o->request_len; i += step)
		if (SSL_write(ssl, o->request + i, (int)step) <= 0)
			return false;
	if (o->half_close)
		SSL_shutdown(ssl);
	return true;
}

static void
wait_for_file(const char *path)
{
	for (int i = 0; i < 3000 && access(path, F_OK) != 0; i++)
		poll(NULL, 0, 10);
}

/* Copies the reply to standard output; returns whether a header line came. */
static bool
receive(SSL *ssl, const struct options *o)
{
	char bytes[16384];
	size_t total = 0;
	bool header = false;
	int n;

	while ((n = SSL_read(ssl, bytes, sizeof bytes)) > 0) {
		fwrite(bytes, 1, (size_t)n, stdout);
		header = header || memchr(bytes, '\n', (size_t)n) != NULL;
		if (total == 0 && o->wait_for != NULL) {
			fflush(stdout);
			wait_for_file(o->wait_for);
		}
		total += (size_t)n;
	}
	fflush(stdout);
	fprintf(stderr, "tls=%s close_notify=%s resumed=%s bytes=%zu\n",
	    SSL_get_version(ssl),
	    SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN ? "yes" : "no",
	    SSL_session_reused(ssl) ? "yes" : "no", total);
	return header;
}

static int
hold(SSL_CTX *ctx, const struct options *o)
{
	static SSL *held[HOLD_MAX];
	int n;

	for (n = 0; n < o->hold && n < HOLD_MAX; n++)
		if ((held[n] = handshake(ctx, o)) == NULL)
			break;
	printf("held %d\n", n);
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	return n == o->hold ? 0 : 1;
}

/* Undoes escapes in place. */
static size_t
unescape(char *s)
{
	char *to = s;

	for (const char *p = s; *p != '\0'; p++) {
		unsigned byte;

		if (p[0] != '\\') {
			*to++ = *p;
		} else if (p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			p += 3;
		} else {
			p++;
			*to++ = *p == 'r' ? '\r'
			    : *p == 'n'   ? '\n'
			    : *p == 't'   ? '\t'
					  : *p;
		}
	}
	return (size_t)(to - s);
}

static bool
parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "123s:bec:w:N:")) != -1) {
		switch (c) {
		case '1':
			o->version = TLS1_1_VERSION;
			break;
		case '2':
			o->version = TLS1_2_VERSION;
			break;
		case '3':
			o->version = TLS1_3_VERSION;
			break;
		case 's':
			o->sni = optarg;
			break;
		case 'b':
			o->by_byte = true;
			break;
		case 'e':
			o->half_close = true;
			break;
		case 'c':
			o->cert = optarg;
			break;
		case 'w':
			o->wait_for = optarg;
			break;
		case 'N':
			o->hold = atoi(optarg);
			break;
		default:
			return false;
		}
	}
	if (argc - optind != 3)
		return false;
	o->address = argv[optind];
	o->port = atoi(argv[optind + 1]);
	o->request_len = unescape(argv[optind + 2]);
	o->request = argv[optind + 2];
	return true;
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	SSL_CTX *ctx;
	SSL *ssl;
	bool header;

	if (!parse_options(&o, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	ctx = make_context(&o);
	if (ctx == NULL) {
		fputs("gmi: no TLS context (is the certificate there?)\n",
		    stderr);
		return 2;
	}
	if (o.hold > 0)
		return hold(ctx, &o);
	ssl = handshake(ctx, &o);
	if (ssl == NULL)
		return 1;
	header = send_request(ssl, &o) && receive(ssl, &o);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return header ? 0 : 1;
}
