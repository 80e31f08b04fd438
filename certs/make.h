/*
 * The two things that are made: a key, and a self-signed certificate of one.
 * Pure but for the clock and random numbers: bytes in, bytes out, as PEM.
 */
#ifndef CERTS_MAKE_H
#define CERTS_MAKE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* ECDSA on P-256, PKCS #8. The caller wipes what it got. */
int make_key(struct buf *pem, struct err *e);

/* For host and its aliases, names or addresses, each once; localhost brings
 * 127.0.0.1 and ::1 along. See certs_ensure for the dates. */
int make_certificate(struct buf *pem, struct str key_pem, struct str host,
    const struct str *aliases, size_t alias_count, struct err *e);

#endif
