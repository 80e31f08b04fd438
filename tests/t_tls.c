#include "server/tls.h"

#include "certs/certs.h"
#include "certs/make.h"
#include "tests/t.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The server's side of TLS against libssl's client over a socket pair, each
 * side taking a step in turn. TURNS bounds what would else be a hang.
 */
#define TURNS 1000
#define PEM_MAX ((size_t)1 << 16)

struct identity {
	struct buf key, chain;
};

struct visit {
	struct tls *server;
	SSL *client;
	int fd[2]; /* the server's, the client's */
	struct identity *own; /* the client's certificate, or NULL */
};

static struct identity one, two;
static struct tls_keys *keys;
static SSL_SESSION *session; /* the last that a client was given */

static void
make_identity(struct identity *i, const char *host)
{
	buf_init(&i->key, PEM_MAX);
	buf_init(&i->chain, PEM_MAX);
	if (make_key(&i->key, NULL) != 0 ||
	    make_certificate(&i->chain, buf_slice(&i->key), str_of(host), NULL,
		0, NULL) != 0)
		abort();
}

static void
release_identity(struct identity *i)
{
	buf_release(&i->key);
	buf_release(&i->chain);
}

static struct tls_server *
new_server(bool asks)
{
	static const struct str aliases[] = {
	    {"www.two.example", 15}, {"zwei.example", 12}};
	struct tls_server *s;
	struct err e = ERR_INIT;

	if (tls_server_new(&s, keys, asks, &e) != 0 ||
	    tls_server_add(s, STR("one.example"), NULL, 0,
		buf_slice(&one.chain), buf_slice(&one.key), &e) != 0 ||
	    tls_server_add(s, STR("two.example"), aliases, 2,
		buf_slice(&two.chain), buf_slice(&two.key), &e) != 0)
		abort();
	return s;
}

static int
keep_session(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	SSL_SESSION_free(session);
	session = s;
	return 1;
}

static void
use_identity(SSL *ssl, const struct identity *i)
{
	BIO *key = BIO_new_mem_buf(i->key.data, (int)i->key.len);
	BIO *chain = BIO_new_mem_buf(i->chain.data, (int)i->chain.len);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	X509 *x = PEM_read_bio_X509(chain, NULL, NULL, NULL);

	if (SSL_use_certificate(ssl, x) != 1 || SSL_use_PrivateKey(ssl, k) != 1)
		abort();
	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(chain);
	BIO_free(key);
}

static void
begin(struct visit *v, struct tls_server *s, int version, const char *sni)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, v->fd) != 0)
		abort();
	SSL_CTX_set_session_cache_mode(
	    ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	v->client = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_min_proto_version(v->client, version);
	SSL_set_max_proto_version(v->client, version);
	SSL_set_fd(v->client, v->fd[1]);
	if (sni != NULL)
		SSL_set_tlsext_host_name(v->client, sni);
	SSL_set_connect_state(v->client);
	if (v->own != NULL)
		use_identity(v->client, v->own);
	v->server = tls_new(s, v->fd[0], STR(""));
}

static void
end(struct visit *v)
{
	/* As a browser does, so that its session may be resumed. */
	SSL_shutdown(v->client);
	SSL_free(v->client);
	tls_free(v->server);
	close(v->fd[0]);
	close(v->fd[1]);
}

static bool
shake(struct visit *v)
{
	bool is_client_done = false, is_server_done = false;

	for (int i = 0; i < TURNS && !(is_client_done && is_server_done); i++) {
		if (!is_client_done)
			is_client_done = SSL_do_handshake(v->client) == 1;
		if (!is_server_done)
			is_server_done = tls_handshake(v->server) == TLS_DONE;
	}
	return is_client_done && is_server_done;
}

/* The server hears what the client says and answers with what it heard. */
static bool
echo(struct visit *v)
{
	char bytes[16] = "";
	size_t got = 0;

	if (SSL_write(v->client, "hello", 5) != 5 ||
	    tls_read(v->server, bytes, sizeof bytes, &got) != TLS_DONE ||
	    tls_write(v->server, bytes, got) != TLS_DONE ||
	    tls_flush(v->server) != TLS_DONE)
		return false;
	return got == 5 && SSL_read(v->client, bytes, sizeof bytes) == 5 &&
	    memcmp(bytes, "hello", 5) == 0;
}

/* A visit with the last session; whether it was resumed. */
static bool
resumes(struct tls_server *s, int version)
{
	struct visit v = {0};
	bool resumed;

	begin(&v, s, version, "one.example");
	SSL_set_session(v.client, session);
	T_OK(shake(&v) && echo(&v), "it is served");
	resumed = tls_is_resumed(v.server);
	T_EQ_INT(SSL_session_reused(v.client), resumed, "both sides agree");
	/* In TLS 1.2 libssl tells of no ticket that only renews one. */
	if (version == TLS1_2_VERSION) {
		SSL_SESSION_free(session);
		session = SSL_get1_session(v.client);
	}
	end(&v);
	return resumed;
}

static void
shows_the_right_certificate(void)
{
	static const struct {
		const char *sni, *want;
	} table[] = {
	    {"one.example", "one.example"},
	    {"two.example", "two.example"},
	    {"TWO.Example", "two.example"},
	    {"www.two.example", "two.example"},
	    {"zwei.example", "two.example"},
	    {"elsewhere.example", "one.example"},
	    {NULL, "one.example"},
	};
	struct tls_server *s = new_server(false);

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct visit v = {0};
		X509 *x;

		begin(&v, s, TLS1_3_VERSION, table[i].sni);
		T_OK(shake(&v), "a handshake for %s",
		    table[i].sni != NULL ? table[i].sni : "no name");
		x = SSL_get1_peer_certificate(v.client);
		T_EQ_INT(X509_check_host(x, table[i].want, 0, 0, NULL), 1,
		    "the certificate of %s", table[i].want);
		T_OK(str_is(tls_sni(v.server),
			 table[i].sni != NULL ? table[i].sni : ""),
		    "and the name is told");
		X509_free(x);
		end(&v);
	}
	tls_server_free(s);
}

/* What would else be found by visitors only. */
static void
refuses_what_it_cannot_use(void)
{
	struct identity weak;
	EVP_PKEY *rsa = EVP_RSA_gen(512);
	BIO *bio = BIO_new(BIO_s_mem());
	struct tls_server *s;
	struct err e = ERR_INIT;
	char *pem;
	long n;

	PEM_write_bio_PKCS8PrivateKey(bio, rsa, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &pem);
	buf_init(&weak.key, PEM_MAX);
	buf_init(&weak.chain, PEM_MAX);
	buf_append(&weak.key, pem, (size_t)n);
	if (make_certificate(&weak.chain, buf_slice(&weak.key),
		STR("weak.example"), NULL, 0, NULL) != 0 ||
	    tls_server_new(&s, keys, false, NULL) != 0)
		abort();
	T_EQ_INT(tls_server_add(s, STR("weak.example"), NULL, 0,
		     buf_slice(&weak.chain), buf_slice(&weak.key), &e),
	    -1, "a key that anybody can break");
	T_OK(strstr(e.msg, "too small") != NULL &&
		strstr(e.msg, "P-256") != NULL,
	    "%s", e.msg);
	err_clear(&e);
	T_EQ_INT(tls_server_add(s, STR("a"), NULL, 0, buf_slice(&one.chain),
		     buf_slice(&two.key), &e),
	    -1, "another's key: %s", e.msg);
	err_clear(&e);
	T_EQ_INT(tls_server_add(
		     s, STR("a"), NULL, 0, STR(""), buf_slice(&one.key), &e),
	    -1, "no certificate: %s", e.msg);
	T_EQ_INT(tls_server_add(s, STR("one.example"), NULL, 0,
		     buf_slice(&one.chain), buf_slice(&one.key), NULL),
	    0, "and then a good one");
	tls_server_free(s);
	release_identity(&weak);
	BIO_free(bio);
	EVP_PKEY_free(rsa);
}

static void
resumes_for_two_rotations(void)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct tls_server *s = new_server(false);

	for (int i = 0; i < 2; i++) {
		struct visit v = {0};

		begin(&v, s, versions[i], "one.example");
		T_OK(shake(&v) && echo(&v), "the first visit");
		T_OK(!tls_is_resumed(v.server), "resumes nothing");
		T_EQ_INT(tls_version(v.server), versions[i], "its version");
		end(&v);
		T_OK(resumes(s, versions[i]), "the next does");
		T_EQ_INT(tls_keys_rotate(keys, NULL), 0, "another key");
		T_OK(resumes(s, versions[i]), "the one before is taken still");
		/* By a ticket of the new key, which came of that. */
		for (int k = 0; k < 2; k++)
			tls_keys_rotate(keys, NULL);
		T_OK(resumes(s, versions[i]), "and the one before that");
		for (int k = 0; k < 3; k++)
			tls_keys_rotate(keys, NULL);
		T_OK(!resumes(s, versions[i]), "an older one is not");
	}
	tls_server_free(s);
}

static void
knows_a_client_by_its_certificate(void)
{
	struct visit v = {0};
	struct tls_server *s = new_server(true);
	struct certs_info info;
	struct tls_peer peer;
	struct buf hex;

	if (certs_info_parse(&info, buf_slice(&two.chain), "it", NULL) != 0)
		abort();
	buf_init(&hex, 128);
	for (int i = 0; i < CERTS_HASH_LEN; i++)
		buf_printf(&hex, "%02x", info.hash[i]);
	begin(&v, s, TLS1_3_VERSION, "one.example");
	T_OK(shake(&v) && !tls_peer(v.server, &peer), "who shows none");
	end(&v);
	v.own = &two;
	begin(&v, s, TLS1_3_VERSION, "one.example");
	T_OK(shake(&v) && echo(&v), "any certificate is let in");
	T_OK(tls_peer(v.server, &peer), "and known");
	T_EQ_STR(str_of(peer.fingerprint), buf_slice(&hex), "by its hash");
	T_EQ_INT(peer.not_before, info.not_before, "from when");
	T_EQ_INT(peer.not_after, info.not_after, "until when");
	end(&v);
	begin(&v, s, TLS1_3_VERSION, "one.example");
	SSL_set_session(v.client, session);
	T_OK(shake(&v) && tls_is_resumed(v.server), "a session resumed");
	T_OK(tls_peer(v.server, &peer) &&
		str_eq(str_of(peer.fingerprint), buf_slice(&hex)),
	    "is still its");
	end(&v);
	tls_server_free(s);
	s = new_server(false);
	begin(&v, s, TLS1_3_VERSION, "one.example");
	T_OK(shake(&v) && !tls_peer(v.server, &peer), "not asked, not told");
	end(&v);
	tls_server_free(s);
	certs_info_release(&info);
	buf_release(&hex);
}

/* Behind a balancer's header the first bytes were read before TLS began. */
static void
begins_with_what_was_read(void)
{
	struct tls_server *s = new_server(false);

	for (size_t early = 1; early < 300; early += 7) {
		struct visit v = {0};
		char bytes[300];

		begin(&v, s, TLS1_3_VERSION, "two.example");
		SSL_do_handshake(v.client);
		if (recv(v.fd[0], bytes, early, 0) != (ssize_t)early) {
			end(&v);
			break;
		}
		tls_free(v.server);
		v.server = tls_new(s, v.fd[0], (struct str){bytes, early});
		if (!shake(&v) || !echo(&v))
			T_OK(false, "%zu bytes were read before", early);
		end(&v);
	}
	T_OK(true, "any part of a hello may come before");
	tls_server_free(s);
}

static void
tells_who_speaks_no_tls(void)
{
	static const struct str table[] = {
	    {"GET / HTTP/1.1\r\n\r\n", 18},
	    {"\x16\x03\x01\x00\x05hello", 10},
	    {"\x16\x03\x01\xff\xff", 5},
	};
	struct tls_server *s = new_server(false);

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct visit v = {0};
		char alert[8] = "";

		begin(&v, s, TLS1_3_VERSION, NULL);
		if (send(v.fd[1], table[i].p, table[i].n, 0) < 0)
			abort();
		T_EQ_INT(
		    tls_handshake(v.server), TLS_FAILED, "nonsense %zu", i);
		/* To a request by HTTP libssl says nothing. */
		if (i > 0)
			T_OK(recv(v.fd[1], alert, sizeof alert, 0) > 0 &&
				alert[0] == 0x15,
			    "an alert says so");
		tls_close(v.server);
		T_EQ_INT((int64_t)tls_pending(v.server), 0,
		    "and nothing more is said");
		end(&v);
	}
	tls_server_free(s);
}

static void
waits_for_who_does_not_read(void)
{
	struct tls_server *s = new_server(false);
	static char much[64 << 10], got[64 << 10];
	struct visit v = {0};
	size_t sent = 0, read = 0;
	uint64_t taken;
	int n;

	begin(&v, s, TLS1_3_VERSION, "one.example");
	T_OK(shake(&v) && echo(&v), "somebody comes");
	while (tls_flush(v.server) == TLS_DONE && sent < (64u << 20)) {
		if (tls_write(v.server, much, sizeof much) != TLS_DONE)
			abort();
		sent += sizeof much;
	}
	T_OK(tls_pending(v.server) > 0, "and does not read: it waits here");
	taken = tls_taken(v.server);
	T_OK(taken > 0, "some was taken");
	T_EQ_INT(tls_flush(v.server), TLS_WANT_WRITE, "no more for now");
	T_EQ_INT((int64_t)tls_taken(v.server), (int64_t)taken, "nor taken");
	T_EQ_INT(tls_write(v.server, much, 0), TLS_DONE, "nothing is nothing");
	tls_close(v.server);
	tls_close(v.server);
	for (int i = 0; i < TURNS; i++) {
		while ((n = SSL_read(v.client, got, sizeof got)) > 0)
			read += (size_t)n;
		if (SSL_get_error(v.client, n) == SSL_ERROR_ZERO_RETURN)
			break;
		tls_flush(v.server);
	}
	T_EQ_INT((int64_t)read, (int64_t)sent, "read, it is all there");
	T_EQ_INT(
	    SSL_get_shutdown(v.client), SSL_RECEIVED_SHUTDOWN, "and its end");
	T_OK(tls_taken(v.server) > taken, "which was progress");
	end(&v);

	/* Who asks for more and more and reads nothing fails at a bound. */
	begin(&v, s, TLS1_3_VERSION, "one.example");
	T_OK(shake(&v), "another one");
	for (n = 0; n < 64; n++)
		if (tls_write(v.server, much, sizeof much) != TLS_DONE)
			break;
	T_OK(n < 64, "more than there is room for is not gathered");
	end(&v);
	tls_server_free(s);
}

/* Key updates as fast as they come would keep a worker within one read, past
 * every deadline and away from everybody else. */
static void
hears_others_beside_a_flood(void)
{
	struct tls_server *s = new_server(false);
	struct visit v = {0};
	char bytes[16], *flood;
	size_t got;
	long n;
	int left = 0;

	begin(&v, s, TLS1_3_VERSION, "one.example");
	T_OK(shake(&v) && echo(&v), "somebody comes");
	SSL_set0_wbio(v.client, BIO_new(BIO_s_mem()));
	for (int i = 0; i < 4000; i++)
		if (SSL_key_update(v.client, SSL_KEY_UPDATE_NOT_REQUESTED) !=
			1 ||
		    SSL_do_handshake(v.client) != 1)
			abort();
	n = BIO_get_mem_data(SSL_get_wbio(v.client), &flood);
	if (send(v.fd[1], flood, (size_t)n, 0) < n / 2)
		abort();
	T_EQ_INT(tls_read(v.server, bytes, sizeof bytes, &got), TLS_WANT_READ,
	    "a flood says nothing");
	T_OK(ioctl(v.fd[0], FIONREAD, &left) == 0 && left > 0,
	    "and is not heard to its end at once");
	end(&v);
	tls_server_free(s);
}

int
main(void)
{
	make_identity(&one, "one.example");
	make_identity(&two, "two.example");
	if (tls_keys_new(&keys, NULL) != 0)
		abort();
	T_RUN(shows_the_right_certificate);
	T_RUN(refuses_what_it_cannot_use);
	T_RUN(resumes_for_two_rotations);
	T_RUN(knows_a_client_by_its_certificate);
	T_RUN(begins_with_what_was_read);
	T_RUN(tells_who_speaks_no_tls);
	T_RUN(waits_for_who_does_not_read);
	T_RUN(hears_others_beside_a_flood);
	SSL_SESSION_free(session);
	tls_keys_free(keys);
	release_identity(&one);
	release_identity(&two);
	return t_done();
}
