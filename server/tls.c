#include "server/tls.h"

#include "base/buf.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

/* The most that waits to be sent: a chunk of a file and what OpenSSL may add
 * by itself. A peer that asks for ever more (key updates) and reads nothing
 * meets it, and its connection fails. */
#define PENDING_MAX ((size_t)512 << 10)
/* A buffer under this is given back once it is empty: it was a handshake's,
 * and most of a connection's life is waiting. */
#define PENDING_KEEP ((size_t)8 << 10)

#define TICKET_SECONDS (6 * 3600)
/* A client's whole chain. Nothing in it is verified, so there is no need of
 * large ones. */
#define CLIENT_CHAIN_MAX ((size_t)16 << 10)

struct ticket_key {
	unsigned char name[16];
	unsigned char cipher[32];
	unsigned char mac[32];
};

/*
 * The current key, the previous one, and the one that is made next: so a
 * worker that reads a key while the keeper writes one does not meet the same,
 * and if it had slept through two rotations it would read a ticket as
 * forged, which costs a full handshake.
 */
#define TICKET_KEYS 3

struct tls_keys {
	_Atomic unsigned current;
	struct ticket_key key[TICKET_KEYS];
};

struct tls_site {
	struct str host;
	const struct str *aliases;
	size_t alias_count;
	SSL_CTX *ctx;
};

struct tls_server {
	struct tls_keys *keys;
	bool asks; /* for a client's certificate */
	struct tls_site *sites;
	size_t count;
	BIO_METHOD *bio;
	EVP_CIPHER *cipher;
};

struct tls {
	struct tls_server *server;
	SSL *ssl;
	int fd;
	bool is_failed;
	bool is_closed; /* close_notify was added */
	struct buf early; /* read before TLS began */
	size_t early_at;
	struct buf out;
	size_t out_at;
	uint64_t taken;
};

static int
fail_ssl(struct err *e, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *why = ERR_reason_error_string(code);

	ERR_clear_error();
	return err_set(e, ERR_SYSTEM, "%s: %s", what,
	    why != NULL ? why : "unknown error in the TLS library");
}

int
tls_keys_rotate(struct tls_keys *keys, struct err *e)
{
	unsigned next = (atomic_load(&keys->current) + 1) % TICKET_KEYS;
	struct ticket_key *k = &keys->key[next];

	if (RAND_bytes((unsigned char *)k, sizeof *k) != 1)
		return fail_ssl(e, "cannot make a session ticket key");
	atomic_store(&keys->current, next);
	return 0;
}

int
tls_keys_new(struct tls_keys **keys, struct err *e)
{
	void *p = mmap(NULL, sizeof **keys, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return err_sys(e, "cannot share session ticket keys");
	/* Whoever reads a core dump shall read no sessions. */
	madvise(p, sizeof **keys, MADV_DONTDUMP);
	*keys = p;
	/* All three, so that no slot ever has a key that can be guessed. */
	for (int i = 0; i < TICKET_KEYS; i++)
		if (tls_keys_rotate(*keys, e) != 0) {
			tls_keys_free(*keys);
			return -1;
		}
	return 0;
}

void
tls_keys_free(struct tls_keys *keys)
{
	if (keys == NULL)
		return;
	OPENSSL_cleanse(keys, sizeof *keys);
	munmap(keys, sizeof *keys);
}

static const struct ticket_key *
find_key(const struct tls_keys *keys, const unsigned char *name, bool *is_old)
{
	unsigned current = atomic_load(&keys->current);

	for (unsigned i = 0; i < TICKET_KEYS; i++)
		if (memcmp(keys->key[i].name, name, 16) == 0) {
			*is_old = i != current;
			return &keys->key[i];
		}
	return NULL;
}

/*
 * RFC 5077, section 4: encrypt, then authenticate. 1 done, 2 done and a new
 * ticket is due, 0 not ours (a full handshake), -1 failed.
 *
 * In TLS 1.3 one is always due: a client is to use each only once (RFC 8446,
 * appendix C.4). It also is what acknowledges the client's Finished at once;
 * without it a client that sends its request separately would wait 40 ms.
 */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *c,
    EVP_MAC_CTX *m, int encrypt)
{
	struct tls *t = SSL_get_app_data(ssl);
	const struct ticket_key *k;
	char digest[] = "SHA256";
	OSSL_PARAM params[3];
	bool is_old = false;

	if (encrypt) {
		k = &t->server->keys
			 ->key[atomic_load(&t->server->keys->current)];
		memcpy(name, k->name, sizeof k->name);
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
			return -1;
	} else if ((k = find_key(t->server->keys, name, &is_old)) == NULL) {
		return 0;
	}
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_MAC_PARAM_KEY, (void *)k->mac, sizeof k->mac);
	params[1] =
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_CipherInit_ex2(
		c, t->server->cipher, k->cipher, iv, encrypt, NULL) != 1 ||
	    EVP_MAC_CTX_set_params(m, params) != 1)
		return -1;
	return is_old || SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}

static bool
site_has(const struct tls_site *site, struct str name)
{
	if (str_eq_nocase(site->host, name))
		return true;
	for (size_t i = 0; i < site->alias_count; i++)
		if (str_eq_nocase(site->aliases[i], name))
			return true;
	return false;
}

/* A name not known here goes on with the first certificate: the request then
 * learns with a 53 what an alert would not say. */
static int
on_sni(SSL *ssl, int *alert, void *arg)
{
	const struct tls_server *s = arg;
	struct str name =
	    str_of(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));

	(void)alert;
	for (size_t i = 0; i < s->count; i++)
		if (site_has(&s->sites[i], name)) {
			SSL_set_SSL_CTX(ssl, s->sites[i].ctx);
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

/* Trust on first use: whose certificate it is, route.h's callers decide by
 * its fingerprint. */
static int
accept_any(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static int
on_bio_write(BIO *bio, const char *from, int n)
{
	struct tls *t = BIO_get_data(bio);

	buf_append(&t->out, from, (size_t)n);
	return t->out.failed ? -1 : n;
}

static int
on_bio_read(BIO *bio, char *to, int n)
{
	struct tls *t = BIO_get_data(bio);
	size_t left = t->early.len - t->early_at;
	ssize_t got;

	BIO_clear_retry_flags(bio);
	if (left > 0) {
		if (left > (size_t)n)
			left = (size_t)n;
		memcpy(to, t->early.data + t->early_at, left);
		t->early_at += left;
		return (int)left;
	}
	do
		got = recv(t->fd, to, (size_t)n, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	return (int)got;
}

static long
on_bio_ctrl(BIO *bio, int cmd, long n, void *p)
{
	(void)bio;
	(void)n;
	(void)p;
	/* What OpenSSL has to say is sent by tls_flush. */
	return cmd == BIO_CTRL_FLUSH;
}

int
tls_server_new(
    struct tls_server **server, struct tls_keys *keys, bool asks, struct err *e)
{
	struct tls_server *s = calloc(1, sizeof *s);

	if (s == NULL)
		return err_sys(e, "cannot begin with TLS");
	s->keys = keys;
	s->asks = asks;
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	s->bio = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gathering socket");
	if (s->cipher == NULL || s->bio == NULL ||
	    BIO_meth_set_write(s->bio, on_bio_write) != 1 ||
	    BIO_meth_set_read(s->bio, on_bio_read) != 1 ||
	    BIO_meth_set_ctrl(s->bio, on_bio_ctrl) != 1) {
		tls_server_free(s);
		return fail_ssl(e, "cannot begin with TLS");
	}
	*server = s;
	return 0;
}

void
tls_server_free(struct tls_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		SSL_CTX_free(s->sites[i].ctx);
	free(s->sites);
	BIO_meth_free(s->bio);
	EVP_CIPHER_free(s->cipher);
	free(s);
}

/* Of the suites, AES-128 costs a tenth less than AES-256 and is no weaker
 * here; a client that puts ChaCha20 first has no AES instructions and gets
 * it. Only forward-secret, authenticated ones in 1.2. */
static int
choose_algorithms(SSL_CTX *ctx)
{
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx,
		"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
		"TLS_AES_256_GCM_SHA384") == 1 &&
	    SSL_CTX_set_cipher_list(ctx,
		"ECDHE+AESGCM+AES128:ECDHE+CHACHA20:ECDHE+AESGCM+AES256:"
		"!aNULL:!PSK") == 1 &&
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1;
}

static int
configure(SSL_CTX *ctx, struct tls_server *s)
{
	static const unsigned char id[] = "capsule";

	SSL_CTX_set_options(ctx,
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	/* Who floods us with key updates would keep a read from returning. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TICKET_SECONDS);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_MAX);
	if (s->asks)
		SSL_CTX_set_verify(
		    ctx, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_sni);
	SSL_CTX_set_tlsext_servername_arg(ctx, s);
	return choose_algorithms(ctx) && SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1 &&
	    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) == 1;
}

/* An encrypted key is no use to a server that starts by itself. */
static int
no_password(char *to, int n, int writing, void *arg)
{
	(void)to;
	(void)n;
	(void)writing;
	(void)arg;
	return -1;
}

static int
use_chain(SSL_CTX *ctx, struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x;
	int count = 0, ok = bio != NULL;

	while (ok && (x = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
		ok = count++ == 0 ? SSL_CTX_use_certificate(ctx, x) == 1
				  : SSL_CTX_add1_chain_cert(ctx, x) == 1;
		X509_free(x);
	}
	BIO_free(bio);
	/* The last read failed for want of another certificate. */
	if (ok && count > 0)
		ERR_clear_error();
	return ok && count > 0;
}

static int
use_key(SSL_CTX *ctx, struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio == NULL
	    ? NULL
	    : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	int ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}

int
tls_server_add(struct tls_server *s, struct str host, const struct str *aliases,
    size_t alias_count, struct str chain, struct str key, struct err *e)
{
	struct tls_site *sites =
	    realloc(s->sites, (s->count + 1) * sizeof *sites);
	SSL_CTX *ctx;

	if (sites == NULL)
		return err_sys(e, "cannot use the certificate");
	s->sites = sites;
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || !configure(ctx, s) || !use_chain(ctx, chain) ||
	    !use_key(ctx, key)) {
		SSL_CTX_free(ctx);
		return fail_ssl(e,
		    "the TLS library cannot use this certificate and its key "
		    "(ECDSA P-256, or RSA of 2048 bits or more, will do)");
	}
	sites[s->count++] = (struct tls_site){host, aliases, alias_count, ctx};
	return 0;
}

static bool
attach_bio(struct tls *t)
{
	BIO *bio = BIO_new(t->server->bio);

	if (bio == NULL)
		return false;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return true;
}

struct tls *
tls_new(struct tls_server *s, int fd, struct str early)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->server = s;
	t->fd = fd;
	buf_init(&t->out, PENDING_MAX);
	buf_init(&t->early, early.n);
	buf_str(&t->early, early);
	t->ssl = SSL_new(s->sites[0].ctx);
	if (t->ssl == NULL || t->early.failed || !attach_bio(t)) {
		ERR_clear_error();
		tls_free(t);
		return NULL;
	}
	SSL_set_app_data(t->ssl, t);
	SSL_set_accept_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	buf_release(&t->early);
	buf_release(&t->out);
	free(t);
}

size_t
tls_pending(const struct tls *t)
{
	return t->out.len - t->out_at;
}

uint64_t
tls_taken(const struct tls *t)
{
	return t->taken;
}

/* Of a peer that reads slowly never all is sent: what was makes room for what
 * follows. Moved is at most as much as has gone, so the cost is linear. */
static void
forget_sent(struct tls *t)
{
	size_t left = tls_pending(t);

	if (t->out_at < left)
		return;
	memmove(t->out.data, t->out.data + t->out_at, left);
	buf_cut(&t->out, left);
	t->out_at = 0;
}

enum tls_result
tls_flush(struct tls *t)
{
	while (tls_pending(t) > 0) {
		ssize_t n = send(t->fd, t->out.data + t->out_at, tls_pending(t),
		    MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			forget_sent(t);
			return TLS_WANT_WRITE;
		}
		if (n < 0)
			return TLS_CLOSED;
		t->out_at += (size_t)n;
		t->taken += (uint64_t)n;
	}
	t->out_at = 0;
	if (t->out.cap < PENDING_KEEP)
		buf_release(&t->out);
	else
		buf_clear(&t->out);
	return TLS_DONE;
}

/* What a call that did not succeed means. The alert that OpenSSL may have
 * left is sent as far as the socket takes it. */
static enum tls_result
stopped(struct tls *t, int returned)
{
	switch (SSL_get_error(t->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		ERR_clear_error();
		t->is_failed = true;
		tls_flush(t);
		return TLS_FAILED;
	}
}

enum tls_result
tls_handshake(struct tls *t)
{
	enum tls_result sent, result = TLS_DONE;
	int r = 1;

	if (!SSL_is_init_finished(t->ssl)) {
		ERR_clear_error();
		r = SSL_do_handshake(t->ssl);
	}
	if (r != 1 && (result = stopped(t, r)) != TLS_WANT_READ)
		return result;
	if (r == 1 && tls_version(t) == TLS1_3_VERSION)
		return TLS_DONE;
	sent = tls_flush(t);
	return sent == TLS_DONE ? result : sent;
}

/* The ticket goes out with the reply where the request is there already, and
 * else before we wait: a client that holds its request back until its last
 * segment is acknowledged (Nagle) would wait 40 ms for our kernel to do so. */
enum tls_result
tls_read(struct tls *t, void *to, size_t n, size_t *got)
{
	enum tls_result result;
	int r;

	*got = 0;
	ERR_clear_error();
	r = SSL_read_ex(t->ssl, to, n, got);
	if (r == 1)
		return TLS_DONE;
	result = stopped(t, r);
	if (result == TLS_WANT_READ)
		tls_flush(t);
	return result;
}

enum tls_result
tls_write(struct tls *t, const void *from, size_t n)
{
	size_t written;
	int r;

	if (n == 0)
		return TLS_DONE;
	ERR_clear_error();
	r = SSL_write_ex(t->ssl, from, n, &written);
	return r == 1 ? TLS_DONE : stopped(t, r);
}

void
tls_close(struct tls *t)
{
	if (t->is_closed || t->is_failed || !SSL_is_init_finished(t->ssl))
		return;
	t->is_closed = true;
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
}

int
tls_version(const struct tls *t)
{
	return SSL_version(t->ssl);
}

bool
tls_is_resumed(const struct tls *t)
{
	return SSL_session_reused(t->ssl) == 1;
}

struct str
tls_sni(const struct tls *t)
{
	return str_of(SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name));
}

static int64_t
instant_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

bool
tls_peer(const struct tls *t, struct tls_peer *peer)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	X509 *x = SSL_get1_peer_certificate(t->ssl);
	unsigned len = 0;

	if (x == NULL)
		return false;
	if (X509_digest(x, EVP_sha256(), hash, &len) != 1 || len != 32) {
		X509_free(x);
		return false;
	}
	for (size_t i = 0; i < 32; i++) {
		peer->fingerprint[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		peer->fingerprint[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	peer->fingerprint[64] = '\0';
	peer->not_before = instant_of(X509_get0_notBefore(x));
	peer->not_after = instant_of(X509_get0_notAfter(x));
	X509_free(x);
	return true;
}
