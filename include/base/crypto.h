/*
 * crypto - digests, HMAC, ES256 and base64url; src/base/crypto.c alone sees OpenSSL.
 *
 * Every function wipes what it held of keys and messages. Failures are ERROR_SYSTEM (the
 * library is broken or memory ran out) but for unusable PEM keys, which are ERROR_CONFIG.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

#define CRYPTO_SHA256_BYTES     32
#define CRYPTO_SHA256_HEX_BYTES 65 /* lower case, with the NUL */
#define CRYPTO_SHA1_HEX_BYTES   41
#define CRYPTO_P256_BYTES       32 /* a coordinate, or half a signature */
#define CRYPTO_ES256_BYTES      64 /* r || s, RFC 7518 section 3.4 */

/*
 * Before anything else in the process uses OpenSSL (libcurl does), or it is cleaned up at length
 * when the process ends. The functions below see to it themselves. May be called again.
 */
void crypto_begin(void);

/* "3.0.17": of the OpenSSL that is loaded. */
const char *crypto_version(void);

int crypto_sha256_hex(struct text data, char out[CRYPTO_SHA256_HEX_BYTES],
                      struct error *err) MUST_USE;
int crypto_sha1_hex(struct text data, char out[CRYPTO_SHA1_HEX_BYTES], struct error *err) MUST_USE;
int crypto_hmac_sha256(struct text key, struct text data, unsigned char out[CRYPTO_SHA256_BYTES],
                       struct error *err) MUST_USE;

/* Writes 2 * length lower-case digits and a NUL. */
void crypto_hex(const void *bytes, size_t length, char *out);

/* Adds data to out in base64url without padding (RFC 4648 section 5). */
void crypto_base64url(struct text data, struct buf *out);

/* Compares in a time that does not depend on where they differ, only on the lengths. */
bool crypto_same(struct text a, struct text b);

/* The public point of a P-256 private key in PEM (SEC 1 or PKCS #8, not encrypted). */
int crypto_es256_public(struct text pem, unsigned char x[CRYPTO_P256_BYTES],
                        unsigned char y[CRYPTO_P256_BYTES], struct error *err) MUST_USE;

/* Signs message with such a key. */
int crypto_es256_sign(struct text pem, struct text message, unsigned char out[CRYPTO_ES256_BYTES],
                      struct error *err) MUST_USE;

#endif
