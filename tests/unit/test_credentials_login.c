#include "unit.h"

#include "aws_dialogue.h"
#include "base/crypto.h"

#define ARN "arn:aws:iam::1:user/me"
#define REFRESH                                                                                    \
    "{\"clientId\":\"ci\",\"grantType\":\"refresh_token\",\"refreshToken\":\"rt-SECRET\"}"
#define SIGNIN "POST https://us-east-1.signin.aws.amazon.com/v1/token"
/* Made for this test: openssl ecparam -name prime256v1 -genkey -noout */
#define PEM                                                                                        \
    "-----BEGIN EC PRIVATE KEY-----\\n"                                                            \
    "MHcCAQEEINb4T1FqdIjjyvRn0CwXXDoeAbQAA5ge5ZiMniFeu4hOoAoGCCqGSM49\\n"                          \
    "AwEHoUQDQgAEPlsRYo0KulJETaFd1WtOCAjSlwH7F0O2NV+CQ/8ZVVWzzqQKZayb\\n"                          \
    "kQbyhPB/y4F1h313jxjmaCGLsMFtDeABKA==\\n-----END EC PRIVATE KEY-----\\n"
#define KEYS(id, secret, token, expires)                                                           \
    "{\"accessToken\":{\"accessKeyId\":\"" id "\",\"secretAccessKey\":\"" secret                   \
    "\",\"sessionToken\":\"" token "\",\"accountId\":\"012\",\"expiresAt\":\"" expires "\"}"
#define REST(refresh)                                                                              \
    ",\"tokenType\":\"t\",\"clientId\":\"ci\",\"refreshToken\":\"" refresh "\",\"dpopKey\":\"" PEM \
    "\",\"more\":[1,2]}"

static struct world world = {.config = "[default]\nlogin_session = " ARN "\n"};

/* The cache's name in the home directory; good until the next call. */
static const char *cache(const char *folder)
{
    static char file[200];
    char digest[CRYPTO_SHA256_HEX_BYTES];
    assert_int_equal(crypto_sha256_hex(text_from(ARN), digest, NULL), 0);
    (void)snprintf(file, sizeof(file), "%s/%s.json", folder, digest);
    return file;
}

#define CACHE cache(".aws/login/cache")

static int make_cache(void **state)
{
    return world_begin(state) == 0 && mkdir(world_path(".aws/login"), 0700) == 0 &&
                   mkdir(world_path(".aws/login/cache"), 0700) == 0 &&
                   mkdir(world_path("elsewhere"), 0700) == 0
               ? 0
               : -1;
}

static void P6_L1_keys_in_the_cache(void **state)
{
    (void)state;
    world_write(CACHE, KEYS("a", "SECRET", "t", "2027-01-15T08:05:01Z") REST("rt"));
    begin(&world);
    expect_keys("a/SECRET/t");
    assert_true(talk.keys.renewable);
    assert_int_equal(talk.keys.renew_at.ms, NOW.ms + 1000);
    end();
}

static void L1_another_cache_directory(void **state)
{
    (void)state;
    struct world other = {.variables = {"AWS_LOGIN_CACHE_DIRECTORY=~/elsewhere"},
                          .config = world.config};
    world_write(cache("elsewhere"), KEYS("b", "s", "t", IN_AN_HOUR) REST("rt"));
    begin(&other);
    expect_keys("b/s/t");
    end();
}

static void L1_E12_caches_that_are_no_good(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NULL,
        "SECRET",
        "{}",
        "{\"accessToken\":{\"accessKeyId\":\"a\",\"secretAccessKey\":\"SECRET\",\"sessionToken\":"
        "\"t\",\"expiresAt\":\"" IN_AN_HOUR "\"}" REST("rt"),
        KEYS("a", "SECRET", "t", "soon") REST("rt"),
        KEYS("a", "SECRET", "t", IN_AN_HOUR) ",\"clientId\":\"ci\",\"refreshToken\":\"rt\"}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        world_write(CACHE, texts[i]);
        begin(&world);
        expect_error(ERROR_DENIED, "aws login", "'default'");
        end();
    }
}

static void L2_keys_that_end_soon_are_renewed_and_written(void **state)
{
    (void)state;
    world_write(CACHE, KEYS("a", "SECRET", "t", "2027-01-15T08:05:00Z") REST("rt-SECRET"));
    begin(&world);
    expect_send(SIGNIN, REFRESH);
    assert_null(talk.want.sign_with);
    assert_non_null(request_find_header(talk.want.request, "DPoP").data);
    answer(200, "{\"accessToken\":{\"accessKeyId\":\"n\",\"secretAccessKey\":\"s\","
                "\"sessionToken\":\"u\"},\"tokenType\":\"x\",\"expiresIn\":900,"
                "\"refreshToken\":\"next\"}");
    expect_keys("n/s/u");
    assert_int_equal(talk.keys.expires_at.ms, NOW.ms + 900 * 1000);
    end();
    CLEAN(buf) struct buf text = BUF(10000);
    struct stat status;
    assert_int_equal(file_read(world_path(CACHE), &text, NULL), FILE_READ);
    assert_string_equal(buf_text(&text), KEYS("n", "s", "u", "2027-01-15T08:15:00Z") REST("next"));
    assert_int_equal(stat(world_path(CACHE), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void L2_each_attempt_has_a_proof_of_its_own(void **state)
{
    (void)state;
    CLEAN(buf) struct buf first = BUF(5000);
    world_write(CACHE, KEYS("a", "SECRET", "t", "2027-01-15T08:04:00Z") REST("rt-SECRET"));
    begin(&world);
    struct text proof = request_find_header(talk.want.request, "DPoP");
    (void)buf_add(&first, proof.data, proof.length);
    answer(500, "");
    expect_send(SIGNIN, REFRESH);
    proof = request_find_header(talk.want.request, "DPoP");
    assert_false(text_equal(proof, buf_text(&first)));
    answer(500, "");
    answer(500, "");
    expect_keys("a/SECRET/t"); /* they are still good for four minutes */
    end();
}

static void L2_E12_refused(void **state)
{
    (void)state;
    world_write(CACHE, KEYS("a", "SECRET", "t", "2027-01-15T08:04:00Z") REST("rt-SECRET"));
    begin(&world);
    answer(401, "{\"error\":\"TOKEN_EXPIRED\",\"message\":\"SECRET\"}");
    expect_error(ERROR_DENIED, "aws login", "'default'", "TOKEN_EXPIRED");
    end();
    world_write(CACHE, KEYS("a", "SECRET", "t", "2027-01-15T07:04:00Z") REST("rt-SECRET"));
    begin(&world);
    for (int i = 0; i < 3; i++)
        fail_to_send(true, false);
    expect_error(ERROR_UNAVAILABLE, "aws login", "no connection to HOST");
    end();
    begin(&world);
    answer(200, "{\"accessToken\":{}}");
    expect_error(ERROR_GARBLED, "login_session");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P6_L1_keys_in_the_cache),
        cmocka_unit_test(L1_another_cache_directory),
        cmocka_unit_test(L1_E12_caches_that_are_no_good),
        cmocka_unit_test(L2_keys_that_end_soon_are_renewed_and_written),
        cmocka_unit_test(L2_each_attempt_has_a_proof_of_its_own),
        cmocka_unit_test(L2_E12_refused),
    };
    return cmocka_run_group_tests(tests, make_cache, world_end);
}
