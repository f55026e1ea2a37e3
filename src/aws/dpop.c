#include "aws/dpop.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/random.h"

#define UUID_BYTES 37 /* with the NUL */

/* A random UUID (RFC 9562, version 4). */
static int make_uuid(char out[UUID_BYTES], struct error *err)
{
    unsigned char b[16];
    char hex[2 * sizeof(b) + 1];
    if (random_bytes(b, sizeof(b), err) != 0)
        return -1;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    crypto_hex(b, sizeof(b), hex);
    (void)snprintf(out, UUID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
    return 0;
}

static void add_coordinate(struct buf *out, const char *key, const unsigned char *bytes)
{
    CLEAN(buf) struct buf encoded = BUF(100);
    crypto_base64url(text_slice((const char *)bytes, CRYPTO_P256_BYTES), &encoded);
    json_string(out, key, buf_text(&encoded));
}

static int add_header(struct text pem, struct buf *out, struct error *err)
{
    unsigned char x[CRYPTO_P256_BYTES], y[CRYPTO_P256_BYTES];
    CLEAN(buf) struct buf header = BUF(DPOP_BYTES);
    if (crypto_es256_public(pem, x, y, err) != 0)
        return -1;
    json_object(&header, NULL);
    json_string(&header, "typ", "dpop+jwt");
    json_string(&header, "alg", "ES256");
    json_object(&header, "jwk");
    json_string(&header, "kty", "EC");
    json_string(&header, "crv", "P-256");
    add_coordinate(&header, "x", x);
    add_coordinate(&header, "y", y);
    json_object_end(&header);
    json_object_end(&header);
    crypto_base64url(buf_view(&header), out);
    return buf_check(&header, "the proof", err);
}

static int add_claims(const char *method, const char *url, struct wall now, struct buf *out,
                      struct error *err)
{
    char uuid[UUID_BYTES];
    CLEAN(buf) struct buf claims = BUF(DPOP_BYTES);
    if (make_uuid(uuid, err) != 0)
        return -1;
    json_object(&claims, NULL);
    json_string(&claims, "htm", method);
    json_string(&claims, "htu", url);
    json_integer(&claims, "iat", now.ms / 1000);
    json_string(&claims, "jti", uuid);
    json_object_end(&claims);
    crypto_base64url(buf_view(&claims), out);
    return buf_check(&claims, "the proof", err);
}

int dpop_proof(struct text pem, const char *method, const char *url, struct wall now,
               struct buf *out, struct error *err)
{
    unsigned char signature[CRYPTO_ES256_BYTES];
    CLEAN(buf) struct buf proof = BUF_SECRET(DPOP_BYTES);
    if (add_header(pem, &proof, err) != 0)
        return -1;
    buf_add_char(&proof, '.'); /* asked at the end, here and below */
    if (add_claims(method, url, now, &proof, err) != 0 ||
        crypto_es256_sign(pem, buf_view(&proof), signature, err) != 0)
        return -1;
    buf_add_char(&proof, '.');
    crypto_base64url(text_slice((const char *)signature, sizeof(signature)), &proof);
    buf_add(out, proof.data, proof.length);
    return buf_check(&proof, "the proof", err) == 0 ? buf_check(out, "the proof", err) : -1;
}
