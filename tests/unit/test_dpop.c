#include "unit.h"

#include "aws/dpop.h"

/* Made for this test: openssl ecparam -name prime256v1 -genkey -noout */
static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                          "MHcCAQEEINb4T1FqdIjjyvRn0CwXXDoeAbQAA5ge5ZiMniFeu4hOoAoGCCqGSM49\n"
                          "AwEHoUQDQgAEPlsRYo0KulJETaFd1WtOCAjSlwH7F0O2NV+CQ/8ZVVWzzqQKZayb\n"
                          "kQbyhPB/y4F1h313jxjmaCGLsMFtDeABKA==\n"
                          "-----END EC PRIVATE KEY-----\n";

/* Decodes one part of a token; returns what follows its point, NULL after the last. */
static const char *decode(const char *part, char *out, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length = 0;
    unsigned value = 0, bits = 0;
    for (; *part && *part != '.'; part++) {
        const char *at = strchr(digits, *part);
        assert_non_null(at);
        value = value << 6 | (unsigned)(at - digits);
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        assert_true(length + 1 < size);
        out[length++] = (char)(value >> bits);
    }
    out[length] = '\0';
    return *part ? part + 1 : NULL;
}

static void L2_header_claims_and_signature(void **state)
{
    (void)state;
    CLEAN(buf) struct buf proof = BUF(DPOP_BYTES);
    char header[1000], claims[1000], signature[1000];
    assert_int_equal(
        dpop_proof(text_from(pem), "POST", "https://h/v1/token", (struct wall){5999}, &proof, NULL),
        0);
    const char *rest = decode(buf_text(&proof), header, sizeof(header));
    assert_string_equal(header, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\","
                                "\"crv\":\"P-256\","
                                "\"x\":\"PlsRYo0KulJETaFd1WtOCAjSlwH7F0O2NV-CQ_8ZVVU\","
                                "\"y\":\"s86kCmWsm5EG8oTwf8uBdYd9d48Y5mghi7DBbQ3gASg\"}}");
    rest = decode(rest, claims, sizeof(claims));
    static const char begin[] = "{\"htm\":\"POST\",\"htu\":\"https://h/v1/token\",\"iat\":5,"
                                "\"jti\":\"";
    assert_memory_equal(claims, begin, strlen(begin));
    assert_int_equal(strlen(claims), strlen(begin) + 36 + 2);
    assert_int_equal(claims[strlen(begin) + 14], '4');
    assert_null(decode(rest, signature, sizeof(signature)));
    assert_int_equal(strlen(rest), 86); /* 64 bytes */
}

static void L2_each_proof_is_new(void **state)
{
    (void)state;
    CLEAN(buf) struct buf one = BUF(DPOP_BYTES);
    CLEAN(buf) struct buf two = BUF(DPOP_BYTES);
    struct wall now = {0};
    assert_int_equal(dpop_proof(text_from(pem), "POST", "https://h/", now, &one, NULL), 0);
    assert_int_equal(dpop_proof(text_from(pem), "POST", "https://h/", now, &two, NULL), 0);
    assert_string_not_equal(buf_text(&one), buf_text(&two));
}

static void keys_that_are_none(void **state)
{
    (void)state;
    CLEAN(buf) struct buf out = BUF(DPOP_BYTES);
    struct error err = {0};
    assert_int_equal(dpop_proof(text_from("x"), "POST", "https://h/", (struct wall){0}, &out, &err),
                     -1);
    assert_int_equal(out.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(L2_header_claims_and_signature),
        cmocka_unit_test(L2_each_proof_is_new),
        cmocka_unit_test(keys_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
