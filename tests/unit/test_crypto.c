#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/crypto.h"

/* Made for this test: openssl ecparam -name prime256v1 -genkey -noout */
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                           "MHcCAQEEINb4T1FqdIjjyvRn0CwXXDoeAbQAA5ge5ZiMniFeu4hOoAoGCCqGSM49\n"
                           "AwEHoUQDQgAEPlsRYo0KulJETaFd1WtOCAjSlwH7F0O2NV+CQ/8ZVVWzzqQKZayb\n"
                           "kQbyhPB/y4F1h313jxjmaCGLsMFtDeABKA==\n"
                           "-----END EC PRIVATE KEY-----\n";

static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1vhPUWp0iOPK9GfQ\n"
                            "LBdcOh4BtAADmB7lmIyeIV67iE6hRANCAAQ+WxFijQq6UkRNoV3Va04ICNKXAfsX\n"
                            "Q7Y1X4JD/xlVVbPOpAplrJuRBvKE8H/LgXWHfXePGOZoIYuwwW0N4AEo\n"
                            "-----END PRIVATE KEY-----\n";

static const char p384[] = "-----BEGIN EC PRIVATE KEY-----\n"
                           "MIGkAgEBBDAKAtA8a3e8kuGJaJys4L+uCiy5lbgkQBEFKld6n9MAn4Q4yvwVl+yo\n"
                           "jNScZF2YgwCgBwYFK4EEACKhZANiAATGUAkUqZ1hKNUqAdc4eII8UxN0Eyq4sa4x\n"
                           "PIUlqtduZpFQNlVmQxpOTX161x7hG9eRUdeTrtfrU/EBzYno+juRjtA8pR5qblt8\n"
                           "zLcZVCNyuDYLFzCHBAGpYuhNBByz1Z0=\n"
                           "-----END EC PRIVATE KEY-----\n";

static const char encrypted[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                "Proc-Type: 4,ENCRYPTED\n"
                                "DEK-Info: AES-128-CBC,A97F9F40BFB0B0A528A1490B0BD22F87\n"
                                "\n"
                                "D2ve/e73gMD6yKEUn6JrXkSrUBZm7pQR0FOmQDUW3LVWZclT8Hu7Xq2ed/AY35aj\n"
                                "N6IV8wPNGTjoTAkYQfdfBVaDKXhdPxyFzZQcZDk0p4nF2h/jYAx3mLRzCZQpKh+W\n"
                                "A7tfMHYooCER+QkSJ6guAKLVi62Ws5VhQz0ljlSxjm0=\n"
                                "-----END EC PRIVATE KEY-----\n";

static const char x_hex[] = "3e5b11628d0aba52444da15dd56b4e0808d29701fb1743b6355f8243ff195555";
static const char y_hex[] = "b3cea40a65ac9b9106f284f07fcb8175877d778f18e668218bb0c16d0de00128";

/* FIPS 180-4's examples. */
static void digests(void **state)
{
    (void)state;
    char sha256[CRYPTO_SHA256_HEX_BYTES], sha1[CRYPTO_SHA1_HEX_BYTES];
    assert_int_equal(crypto_sha256_hex(text_from("abc"), sha256, NULL), 0);
    assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(crypto_sha256_hex(text_from(""), sha256, NULL), 0);
    assert_string_equal(sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(crypto_sha1_hex(text_from("abc"), sha1, NULL), 0);
    assert_string_equal(sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* RFC 4231, cases 2 and 6 (a key longer than a block), and the empty key. */
static void hmacs(void **state)
{
    (void)state;
    char long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    const struct {
        struct text key;
        const char *data, *hex;
    } rows[] = {
        {text_from("Jefe"), "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {text_slice(long_key, sizeof(long_key)),
         "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {text_from(""), "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char mac[CRYPTO_SHA256_BYTES];
        char hex[CRYPTO_SHA256_HEX_BYTES];
        assert_int_equal(crypto_hmac_sha256(rows[i].key, text_from(rows[i].data), mac, NULL), 0);
        crypto_hex(mac, sizeof(mac), hex);
        check_row(strcmp(hex, rows[i].hex) == 0, rows[i].data);
    }
}

/* RFC 4648 section 10, in the alphabet of section 5. */
static void base64url(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *coded;
    } rows[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
        {"\xff", "_w"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(buf) struct buf out = BUF(64);
        crypto_base64url(text_from(rows[i].plain), &out);
        check_row(strcmp(buf_text(&out), rows[i].coded) == 0, rows[i].coded);
    }
}

static void same(void **state)
{
    (void)state;
    assert_true(crypto_same(text_from("abc"), text_from("abc")));
    assert_true(crypto_same(text_from(""), text_from("")));
    assert_false(crypto_same(text_from("abc"), text_from("abd")));
    assert_false(crypto_same(text_from("abc"), text_from("ab")));
}

/* OpenSSL's own verdict on a raw signature, from the public point alone. */
static bool verifies(const unsigned char *x, const unsigned char *y, struct text message,
                     const unsigned char *signature)
{
    unsigned char point[1 + 2 * CRYPTO_P256_BYTES] = {4}, *der = NULL;
    memcpy(point + 1, x, CRYPTO_P256_BYTES);
    memcpy(point + 1 + CRYPTO_P256_BYTES, y, CRYPTO_P256_BYTES);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"prime256v1"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(maker), 1);
    assert_int_equal(EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    assert_int_equal(
        ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)),
        1);
    int length = i2d_ECDSA_SIG(pair, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL), 1);
    bool good = EVP_DigestVerify(context, der, (size_t)length, (const unsigned char *)message.data,
                                 message.length) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(maker);
    return good;
}

/* Many times, since a short r or s, which must be padded, comes once in 128 signatures. */
static void es256(void **state)
{
    (void)state;
    static const char *const pems[] = {sec1, pkcs8};
    unsigned char x[CRYPTO_P256_BYTES], y[CRYPTO_P256_BYTES], signature[CRYPTO_ES256_BYTES];
    char hex[CRYPTO_SHA256_HEX_BYTES];
    for (int i = 0; i < 400; i++) {
        struct text pem = text_from(pems[i % 2]), message = text_from("header.claims");
        struct error err;
        assert_int_equal(crypto_es256_public(pem, x, y, &err), 0);
        assert_int_equal(crypto_es256_sign(pem, message, signature, &err), 0);
        assert_true(verifies(x, y, message, signature));
        signature[i % 64] ^= 1;
        assert_false(verifies(x, y, message, signature));
    }
    crypto_hex(x, sizeof(x), hex);
    assert_string_equal(hex, x_hex);
    crypto_hex(y, sizeof(y), hex);
    assert_string_equal(hex, y_hex);
}

/* An encrypted key must be refused, not asked for on the terminal. */
static void bad_keys(void **state)
{
    (void)state;
    const char *rows[] = {"", "x", "-----BEGIN EC PRIVATE KEY-----\n", p384, encrypted};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char x[CRYPTO_P256_BYTES], y[CRYPTO_P256_BYTES], signature[CRYPTO_ES256_BYTES];
        struct error err;
        check_row(crypto_es256_public(text_from(rows[i]), x, y, &err) == -1, rows[i]);
        check_row(err.kind == ERROR_CONFIG, rows[i]);
        check_row(crypto_es256_sign(text_from(rows[i]), text_from("m"), signature, &err) == -1,
                  rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests), cmocka_unit_test(hmacs), cmocka_unit_test(base64url),
        cmocka_unit_test(same),    cmocka_unit_test(es256), cmocka_unit_test(bad_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
