/*
 * crypto - digests, HMAC, ES256 and base64url; src/base/crypto.c alone sees OpenSSL.
 *
 * Every function wipes its copies of keys and messages. A failure is ERROR_SYSTEM (OpenSSL is
 * broken or memory ran out), or ERROR_CONFIG for a PEM key that cannot be used.
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
 * To be called before anything else in the process uses OpenSSL, as libcurl does; otherwise the end
 * of the process takes longer, since OpenSSL then frees all that it has. The functions below call
 * it themselves. May be called again.
 */
void crypto_begin(void);

/* The version of the OpenSSL that is loaded, such as "3.0.17". */
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

/* Are they equal? The time that this takes depends on the lengths alone, not on where they differ.
 */
bool crypto_same(struct text a, struct text b);

/* The public point of a P-256 private key in PEM (SEC 1 or PKCS #8, not encrypted). */
int crypto_es256_public(struct text pem, unsigned char x[CRYPTO_P256_BYTES],
                        unsigned char y[CRYPTO_P256_BYTES], struct error *err) MUST_USE;

/* Signs message with such a key. */
int crypto_es256_sign(struct text pem, struct text message, unsigned char out[CRYPTO_ES256_BYTES],
                      struct error *err) MUST_USE;

#endif
