#include "mail/smtp_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct smtp_tls {
	SSL_CTX *ctx;
	char host[256];
	bool shaking; /* a handshake began, and has not ended */
	long verdict; /* on the first certificate that did not do */
};

static struct smtp_tls *
of_ssl(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static bool
is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 ||
	    inet_pton(AF_INET6, host, bytes) == 1;
}

/* Runs before the ClientHello is written: the one place where the SSL that
 * the library makes can be had in time. */
static void
on_info(const SSL *cssl, int where, int value)
{
	struct smtp_tls *t = of_ssl(cssl);
	SSL *ssl = (SSL *)cssl;
	bool named;

	(void)value;
	if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
		t->shaking = false;
	if ((where & SSL_CB_HANDSHAKE_START) == 0)
		return;
	t->shaking = true;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(t->host))
		named = X509_VERIFY_PARAM_set1_ip_asc(
			    SSL_get0_param(ssl), t->host) == 1;
	else
		named = SSL_set_tlsext_host_name(ssl, t->host) == 1 &&
		    SSL_set1_host(ssl, t->host) == 1;
	if (!named) /* then no certificate will do */
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "::");
}

static int
on_verify(int is_fine, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct smtp_tls *t = of_ssl(ssl);

	if (!is_fine && t->verdict == X509_V_OK)
		t->verdict = X509_STORE_CTX_get_error(store);
	return is_fine;
}

static int
load_authorities(SSL_CTX *ctx, const char *ca_file, struct err *e)
{
	if (ca_file == NULL || ca_file[0] == '\0') {
		if (SSL_CTX_set_default_verify_paths(ctx) == 1)
			return 0;
		return err_set(e, ERR_SYSTEM,
		    "the system's certificates cannot be read; install "
		    "ca-certificates");
	}
	if (SSL_CTX_load_verify_file(ctx, ca_file) == 1)
		return 0;
	return err_set(e, ERR_REFUSED,
	    "%s: no certificates in PEM can be read from it (%s); mend "
	    "\"ca_file\"",
	    ca_file, ERR_reason_error_string(ERR_peek_last_error()));
}

static int
make_context(struct smtp_tls *t, const char *ca_file, struct err *e)
{
	static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		return err_set(e, ERR_MEMORY, "no memory for TLS");
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(t->ctx, ciphers);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_info_callback(t->ctx, on_info);
	return load_authorities(t->ctx, ca_file, e);
}

int
smtp_tls_open(
    struct smtp_tls **out, const char *host, const char *ca_file, struct err *e)
{
	struct smtp_tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return err_set(e, ERR_MEMORY, "no memory for TLS");
	if ((size_t)snprintf(t->host, sizeof t->host, "%s", host) >=
	    sizeof t->host)
		err_set(e, ERR_INPUT, "the relay's name is too long");
	else if (make_context(t, ca_file, e) == 0) {
		*out = t;
		return 0;
	}
	smtp_tls_close(t);
	return -1;
}

void
smtp_tls_close(struct smtp_tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

SSL_CTX *
smtp_tls_context(struct smtp_tls *t)
{
	return t->ctx;
}

void
smtp_tls_begin(struct smtp_tls *t)
{
	t->shaking = false;
	t->verdict = X509_V_OK;
	ERR_clear_error();
}

static int
handshake_failed(struct err *e)
{
	unsigned long code = ERR_peek_error();
	const char *why = ERR_reason_error_string(code);

	if (why == NULL ||
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return err_set(
		    e, ERR_LATER, "the line broke while TLS was agreed on");
	return err_set(e, ERR_REFUSED,
	    "TLS was not agreed on (%s); the relay must speak TLS 1.2 with "
	    "ECDHE and AES-GCM or ChaCha20",
	    why);
}

int
smtp_tls_failed(struct smtp_tls *t, struct err *e)
{
	const char *verdict = X509_verify_cert_error_string(t->verdict);

	switch (t->verdict) {
	case X509_V_OK:
		return t->shaking ? handshake_failed(e) : 0;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return err_set(e, ERR_REFUSED,
		    "its certificate is not made out to %s; write \"relay\" "
		    "with the name that its certificate has",
		    t->host);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return err_set(e, ERR_REFUSED,
		    "its certificate is signed by nobody known here (%s); "
		    "name its authority in \"ca_file\"",
		    verdict);
	default:
		return err_set(e, ERR_REFUSED,
		    "its certificate is not good (%s); its administrator has "
		    "to renew it",
		    verdict);
	}
}
