#include "unit.h"

#include "aws_dialogue.h"
#include "base/crypto.h"
#include "base/json.h"

#define PORTAL "GET https://portal.sso.eu-west-1.amazonaws.com/federation/credentials"
#define OIDC   "POST https://oidc.eu-west-1.amazonaws.com/token"
#define ROLE   "sso_account_id = 001234567890\nsso_role_name = My Role\n"
#define QUERY  "?account_id=001234567890&role_name=My%20Role"
#define KEYS                                                                                       \
    "{\"roleCredentials\":{\"accessKeyId\":\"a\",\"secretAccessKey\":\"SECRET\",\"sessionToken\":" \
    "\"t\",\"expiration\":1800003600000}}"
#define REGISTERED                                                                                 \
    ",\"clientId\":\"ci\",\"clientSecret\":\"cs-SECRET\",\"refreshToken\":\"rt-SECRET\","          \
    "\"registrationExpiresAt\":\"2027-02-01T00:00:00Z\""
#define TOKEN(expires, more)                                                                       \
    "{\"accessToken\":\"at-SECRET\",\"expiresAt\":\"" expires "\",\"other\":{\"x\":[1]}" more "}"
#define REFRESH                                                                                    \
    "{\"grantType\":\"refresh_token\",\"clientId\":\"ci\",\"clientSecret\":\"cs-SECRET\","         \
    "\"refreshToken\":\"rt-SECRET\"}"

static struct world session = {
    .config = "[default]\nsso_session = my-sso\n" ROLE "aws_access_key_id = static\n"
              "[sso-session my-sso]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n",
};
static struct world legacy = {
    .config = "[default]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n" ROLE,
};

/* Where the CLI keeps what it has of this name, in the home directory; good until the next call. */
static const char *cache(const char *name)
{
    static char file[100];
    char digest[CRYPTO_SHA1_HEX_BYTES];
    assert_int_equal(crypto_sha1_hex(text_from(name), digest, NULL), 0);
    (void)snprintf(file, sizeof(file), ".aws/sso/cache/%s.json", digest);
    return file;
}

static int make_cache(void **state)
{
    return world_begin(state) == 0 && mkdir(world_path(".aws/sso"), 0700) == 0 &&
                   mkdir(world_path(".aws/sso/cache"), 0700) == 0
               ? 0
               : -1;
}

static void P4_O1_O2_O5_token_of_a_session(void **state)
{
    (void)state;
    world_write(cache("my-sso"), TOKEN(IN_AN_HOUR, ""));
    begin(&session);
    expect_send(PORTAL QUERY, "");
    expect_header("x-amz-sso_bearer_token", "at-SECRET");
    assert_null(talk.want.sign_with);
    answer(200, KEYS);
    expect_keys("a/SECRET/t");
    assert_int_equal(talk.keys.expires_at.ms, 1800003600000);
    assert_true(talk.keys.renewable);
    end();
}

static void O2_O5_old_form_by_start_url(void **state)
{
    (void)state;
    world_write(cache("https://x/start"), TOKEN("2027-01-15T08:00:01UTC", REGISTERED));
    begin(&legacy);
    expect_send(PORTAL QUERY, "");
    end();
}

static void O3_old_form_is_never_renewed(void **state)
{
    (void)state;
    world_write(cache("https://x/start"), TOKEN("2027-01-15T08:00:00Z", REGISTERED));
    begin(&legacy);
    expect_error(ERROR_DENIED, "aws sso login", "--profile default", "expired");
    end();
}

static void O1_E11_keys_that_are_missing_or_contradict(void **state)
{
    (void)state;
    static const struct {
        const char *config, *word;
    } rows[] = {
        {"[default]\nsso_session = none\n" ROLE, "[sso-session none]"},
        {"[default]\nsso_session = s\n" ROLE "[sso-session s]\nsso_region = eu-west-1\n",
         "sso_start_url"},
        {"[default]\nsso_session = s\n" ROLE "[sso-session s]\nsso_start_url = u\n", "sso_region"},
        {"[default]\nsso_start_url = u\n" ROLE, "sso_region"},
        {"[default]\nsso_region = eu-west-1\n" ROLE, "sso_start_url"},
        {"[default]\nsso_start_url = u\nsso_region = eu-west-1\nsso_account_id = 1\n",
         "sso_role_name"},
        {"[default]\nsso_start_url = u\nsso_region = eu-west-1\nsso_role_name = R\n",
         "sso_account_id"},
        {"[default]\nsso_session = s\nsso_region = us-east-1\n" ROLE
         "[sso-session s]\nsso_start_url = u\nsso_region = eu-west-1\n",
         "sso_region"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.config = rows[i].config};
        begin(&world);
        expect_error(ERROR_DENIED, "'default'", rows[i].word);
        end();
    }
    struct world region = {.config = "[default]\nsso_start_url = u\nsso_region = a.b\n" ROLE};
    begin(&region);
    expect_error(ERROR_CONFIG, "sso_region", "a.b");
    end();
}

static void O2_E11_caches_that_are_no_good(void **state)
{
    (void)state;
    static const char *const texts[] = {NULL,
                                        "",
                                        "SECRET",
                                        "[]",
                                        "{}",
                                        "{\"accessToken\":\"SECRET\"}",
                                        "{\"expiresAt\":\"" IN_AN_HOUR "\"}",
                                        "{\"accessToken\":\"SECRET\",\"expiresAt\":\"soon\"}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        world_write(cache("my-sso"), texts[i]);
        begin(&session);
        expect_error(ERROR_DENIED, "aws sso login", "'default'", "--sso-session my-sso");
        end();
    }
}

static void O4_token_that_ends_soon_is_renewed_and_written(void **state)
{
    (void)state;
    struct stat status;
    world_write(cache("my-sso"), TOKEN("2027-01-15T08:14:59Z", REGISTERED));
    begin(&session);
    expect_send(OIDC, REFRESH);
    assert_null(talk.want.sign_with);
    answer(200, "{\"accessToken\":\"new-SECRET\",\"expiresIn\":3600,\"refreshToken\":\"next\"}");
    expect_send(PORTAL QUERY, "");
    expect_header("x-amz-sso_bearer_token", "new-SECRET");
    answer(200, KEYS);
    expect_keys("a/SECRET/t");
    end();
    CLEAN(buf) struct buf text = BUF(10000);
    assert_int_equal(file_read(world_path(cache("my-sso")), &text, NULL), FILE_READ);
    assert_string_equal(
        buf_text(&text),
        "{\"accessToken\":\"new-SECRET\",\"expiresAt\":\"" IN_AN_HOUR
        "\",\"other\":{\"x\":[1]},\"clientId\":\"ci\",\"clientSecret\":\"cs-SECRET\","
        "\"refreshToken\":\"next\",\"registrationExpiresAt\":"
        "\"2027-02-01T00:00:00Z\",\"startUrl\":\"https://x/start\","
        "\"region\":\"eu-west-1\"}");
    assert_int_equal(stat(world_path(cache("my-sso")), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void O4_a_refresh_token_that_is_not_replaced_is_kept(void **state)
{
    (void)state;
    world_write(cache("my-sso"), TOKEN("2027-01-15T08:14:59Z", REGISTERED));
    begin(&session);
    answer(200, "{\"accessToken\":\"new-SECRET\",\"expiresIn\":3600}");
    end();
    CLEAN(buf) struct buf text = BUF(10000);
    assert_int_equal(file_read(world_path(cache("my-sso")), &text, NULL), FILE_READ);
    assert_non_null(strstr(buf_text(&text), "\"accessToken\":\"new-SECRET\""));
    assert_non_null(strstr(buf_text(&text), "\"refreshToken\":\"rt-SECRET\""));
}

static void S2_O5_an_empty_token_is_none(void **state)
{
    (void)state;
    world_write(cache("my-sso"), TOKEN(IN_AN_HOUR, ""));
    begin(&session);
    answer(200, "{\"roleCredentials\":{\"accessKeyId\":\"a\",\"secretAccessKey\":\"SECRET\","
                "\"sessionToken\":\"\",\"expiration\":1800003600000}}");
    expect_keys("a/SECRET/");
    end();
}

static void O1_E11_no_other_source_steps_in_for_a_broken_session(void **state)
{
    (void)state;
    static const struct {
        const char *section, *word;
    } rows[] = {
        {"", "[sso-session s]"},
        {"[sso-session s]\nsso_start_url = u\n", "sso_region"},
        {"[sso-session s]\nsso_region = eu-west-1\n", "sso_start_url"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char config[200];
        struct world world = {.config = config};
        (void)snprintf(config, sizeof(config), "[default]\nsso_session = s\n%s", rows[i].section);
        begin(&world);
        expect_error(ERROR_DENIED, "'default'", rows[i].word);
        end();
    }
    struct world whole = {.config = "[default]\nsso_session = s\n[sso-session s]\n"
                                    "sso_region = eu-west-1\nsso_start_url = u\n"};
    begin(&whole); /* for bearer tokens only: the chain goes on, to instance metadata */
    assert_int_equal(talk.result, 0);
    assert_string_equal(talk.want.request->host, "169.254.169.254");
    end();
    struct world keys = {.config = "[default]\nsso_session = s\n",
                         .variables = {"AWS_ACCESS_KEY_ID=i", "AWS_SECRET_ACCESS_KEY=SECRET"}};
    begin(&keys);
    expect_keys("i/SECRET/");
    end();
}

static void O4_refresh_that_fails(void **state)
{
    (void)state;
    world_write(cache("my-sso"), TOKEN("2027-01-15T08:10:00Z", REGISTERED));
    begin(&session);
    answer(400, "{\"error\":\"invalid_grant\"}");
    expect_send(PORTAL QUERY, "");
    expect_header("x-amz-sso_bearer_token", "at-SECRET");
    end();
    world_write(cache("my-sso"), TOKEN("2027-01-15T07:59:00Z", REGISTERED));
    begin(&session);
    answer(400, "{\"error\":\"invalid_grant\"}");
    expect_error(ERROR_DENIED, "aws sso login", "expired");
    end();
    begin(&session);
    for (int i = 0; i < 3; i++) {
        expect_send(OIDC, REFRESH);
        fail_to_send(true, false);
    }
    expect_error(ERROR_DENIED, "aws sso login");
    end();
    begin(&session);
    answer(200, "{\"accessToken\":5}");
    expect_error(ERROR_DENIED, "aws sso login");
    end();
}

static void O4_refresh_that_cannot_be_made(void **state)
{
    (void)state;
    world_write(cache("my-sso"), TOKEN("2027-01-15T08:10:00Z", ",\"clientId\":\"ci\""));
    begin(&session);
    expect_send(PORTAL QUERY, "");
    end();
    world_write(cache("my-sso"),
                TOKEN("2027-01-15T07:59:00Z",
                      ",\"clientId\":\"ci\",\"clientSecret\":\"cs\",\"refreshToken\":\"rt\","
                      "\"registrationExpiresAt\":\"2027-01-15T08:00:00Z\""));
    begin(&session);
    expect_error(ERROR_DENIED, "aws sso login", "expired");
    end();
}

static void Y3_Z1_the_code_may_come_in_a_header(void **state)
{
    (void)state;
    struct credentials_answer given = {.status = 400,
                                       .error_type = text_from("TooManyRequestsException:http://x"),
                                       .output = text_from("{\"message\":\"m\"}")};
    world_write(cache("my-sso"), TOKEN(IN_AN_HOUR, ""));
    begin(&session);
    step(&given);
    expect_send(PORTAL QUERY, "");
    given.error_type = text_from("Forbidden\x1b[31m"); /* Z1 */
    step(&given);
    expect_error(ERROR_DENIED, "Forbidden?[31m: m");
    end();
}

static void O5_E11_portal_refuses(void **state)
{
    (void)state;
    world_write(cache("my-sso"), TOKEN(IN_AN_HOUR, ""));
    begin(&session);
    answer(401, "{\"message\":\"Session token not found or invalid\"}");
    expect_error(ERROR_DENIED, "aws sso login");
    end();
    begin(&session);
    answer(403,
           "{\"__type\":\"x#ForbiddenException:\",\"message\":\"No\\naccess\",\"y\":\"SECRET\"}");
    expect_error(ERROR_DENIED, "403", "ForbiddenException: No?access", "My Role");
    end();
    begin(&session);
    answer(503, "");
    answer(429, "");
    expect_send(PORTAL QUERY, "");
    answer(500, "");
    expect_error(ERROR_UNAVAILABLE, "500");
    end();
    begin(&session);
    answer(200, "{\"roleCredentials\":{\"accessKeyId\":\"a\",\"secretAccessKey\":\"SECRET\"}}");
    expect_error(ERROR_GARBLED, "roleCredentials.sessionToken");
    end();
}

static void O1_H1_endpoints_of_sso(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_ENDPOINT_URL_SSO=http://127.0.0.1:1/p",
                      "AWS_ENDPOINT_URL_SSO_OIDC=http://127.0.0.1:2"},
        .config = session.config,
    };
    world_write(cache("my-sso"), TOKEN("2027-01-15T08:10:00Z", REGISTERED));
    begin(&world);
    expect_send("POST http://127.0.0.1:2/token", REFRESH);
    answer(400, "");
    expect_send("GET http://127.0.0.1:1/p/federation/credentials" QUERY, "");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P4_O1_O2_O5_token_of_a_session),
        cmocka_unit_test(O2_O5_old_form_by_start_url),
        cmocka_unit_test(O3_old_form_is_never_renewed),
        cmocka_unit_test(O1_E11_keys_that_are_missing_or_contradict),
        cmocka_unit_test(O2_E11_caches_that_are_no_good),
        cmocka_unit_test(O4_token_that_ends_soon_is_renewed_and_written),
        cmocka_unit_test(O4_a_refresh_token_that_is_not_replaced_is_kept),
        cmocka_unit_test(S2_O5_an_empty_token_is_none),
        cmocka_unit_test(O1_E11_no_other_source_steps_in_for_a_broken_session),
        cmocka_unit_test(O4_refresh_that_fails),
        cmocka_unit_test(O4_refresh_that_cannot_be_made),
        cmocka_unit_test(Y3_Z1_the_code_may_come_in_a_header),
        cmocka_unit_test(O5_E11_portal_refuses),
        cmocka_unit_test(O1_H1_endpoints_of_sso),
    };
    return cmocka_run_group_tests(tests, make_cache, world_end);
}
