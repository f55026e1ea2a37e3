#include "base/crypto.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <string.h>

#include "crypto_memory.h"

#define ES256_DER_BYTES 80 /* two 33-byte integers and their headers make at most 72 */

/* Looking these up by name takes time, so it is done once. NULL if OpenSSL does not have them. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_MAC_CTX *hmac_sha256; /* without a key: each use copies it, and sets one */

/*
 * Starts OpenSSL, without its function for atexit(3): that would free some thousand things one by
 * one, which the end of the process frees anyway. So what is made here is never freed.
 */
static void begin(void)
{
    char name[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, name, sizeof(name) - 1),
                           OSSL_PARAM_END};
    crypto_memory_start();
    sha256 = EVP_MD_fetch(NULL, name, NULL);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac_sha256 = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); /* the context has its own reference */
    if (hmac_sha256 && EVP_MAC_CTX_set_params(hmac_sha256, params) != 1) {
        EVP_MAC_CTX_free(hmac_sha256);
        hmac_sha256 = NULL;
    }
}

void crypto_begin(void)
{
    (void)pthread_once(&once, begin); /* cannot fail */
}

const char *crypto_version(void)
{
    return OpenSSL_version(OPENSSL_FULL_VERSION_STRING);
}

int crypto_sha256_hex(struct text data, char out[CRYPTO_SHA256_HEX_BYTES], struct error *err)
{
    unsigned char sum[CRYPTO_SHA256_BYTES];
    crypto_begin();
    if (!sha256 || EVP_Digest(data.data, data.length, sum, NULL, sha256, NULL) != 1)
        return error_set(err, ERROR_SYSTEM, "OpenSSL cannot compute SHA256");
    crypto_hex(sum, sizeof(sum), out);
    return 0;
}

int crypto_sha1_hex(struct text data, char out[CRYPTO_SHA1_HEX_BYTES], struct error *err)
{
    unsigned char sum[CRYPTO_SHA1_HEX_BYTES / 2];
    crypto_begin();
    if (EVP_Q_digest(NULL, "SHA1", NULL, data.data, data.length, sum, NULL) != 1)
        return error_set(err, ERROR_SYSTEM, "OpenSSL cannot compute SHA1");
    crypto_hex(sum, sizeof(sum), out);
    return 0;
}

int crypto_hmac_sha256(struct text key, struct text data, unsigned char out[CRYPTO_SHA256_BYTES],
                       struct error *err)
{
    size_t length = 0;
    crypto_begin();
    EVP_MAC_CTX *context = hmac_sha256 ? EVP_MAC_CTX_dup(hmac_sha256) : NULL;
    bool good = context &&
                EVP_MAC_init(context, (const unsigned char *)(key.data ? key.data : ""), key.length,
                             NULL) == 1 &&
                EVP_MAC_update(context, (const unsigned char *)data.data, data.length) == 1 &&
                EVP_MAC_final(context, out, &length, CRYPTO_SHA256_BYTES) == 1;
    EVP_MAC_CTX_free(context); /* wipes the key */
    return good ? 0 : error_set(err, ERROR_SYSTEM, "OpenSSL cannot compute HMAC-SHA256");
}

void crypto_hex(const void *bytes, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++) {
        *out++ = digits[byte[i] >> 4];
        *out++ = digits[byte[i] & 15];
    }
    *out = '\0';
}

void crypto_base64url(struct text data, struct buf *out)
{
    unsigned char group[5]; /* four characters and a NUL */
    while (data.length) {
        size_t taken = data.length < 3 ? data.length : 3;
        (void)EVP_EncodeBlock(group, (const unsigned char *)data.data, (int)taken);
        for (size_t i = 0; i <= taken; i++) { /* n bytes make n + 1 characters and padding */
            char letter = (char)group[i];
            buf_add_char(out, letter == '+' ? '-' : letter == '/' ? '_' : letter);
        }
        data = text_slice(data.data + taken, data.length - taken);
    }
    wipe(group, sizeof(group));
}

bool crypto_same(struct text a, struct text b)
{
    return a.length == b.length && CRYPTO_memcmp(a.data, b.data, a.length) == 0;
}

/* Without this OpenSSL would ask for the password of an encrypted key on the terminal. */
static int no_password(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* Free it with EVP_PKEY_free(). NULL with *err set if it is no P-256 key. */
static EVP_PKEY *read_key(struct text pem, struct error *err)
{
    char group[32];
    EVP_PKEY *key = NULL;
    crypto_begin();
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.length); /* read-only view, no copy */
    if (bio)
        key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    (void)BIO_free(bio);
    if (key && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
        strcmp(group, "prime256v1") == 0)
        return key;
    EVP_PKEY_free(key);
    (void)error_set(err, ERROR_CONFIG, "not a P-256 private key in PEM");
    return NULL;
}

static bool coordinate(const EVP_PKEY *key, const char *name, unsigned char *out)
{
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
                BN_bn2binpad(number, out, CRYPTO_P256_BYTES) == CRYPTO_P256_BYTES;
    BN_free(number);
    return good;
}

int crypto_es256_public(struct text pem, unsigned char x[CRYPTO_P256_BYTES],
                        unsigned char y[CRYPTO_P256_BYTES], struct error *err)
{
    EVP_PKEY *key = read_key(pem, err);
    if (!key)
        return -1;
    bool good = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, x) &&
                coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, y);
    EVP_PKEY_free(key);
    return good ? 0 : error_set(err, ERROR_SYSTEM, "OpenSSL cannot read a public key");
}

/* Turns the DER that OpenSSL makes into the fixed 64 bytes that JWS wants. */
static bool raw_signature(const unsigned char *der, size_t length, unsigned char *out)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
    bool good =
        pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, CRYPTO_P256_BYTES) > 0 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + CRYPTO_P256_BYTES, CRYPTO_P256_BYTES) > 0;
    ECDSA_SIG_free(pair);
    return good;
}

int crypto_es256_sign(struct text pem, struct text message, unsigned char out[CRYPTO_ES256_BYTES],
                      struct error *err)
{
    unsigned char der[ES256_DER_BYTES];
    size_t length = sizeof(der);
    EVP_PKEY *key = read_key(pem, err);
    if (!key)
        return -1;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context &&
                EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                EVP_DigestSign(context, der, &length, (const unsigned char *)message.data,
                               message.length) == 1 &&
                raw_signature(der, length, out);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good ? 0 : error_set(err, ERROR_SYSTEM, "OpenSSL cannot sign with ES256");
}
