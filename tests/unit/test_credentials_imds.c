#include "unit.h"

#include "aws_dialogue.h"

#define BASE  "http://169.254.169.254"
#define TOKEN "PUT " BASE "/latest/api/token"
#define ROLES "GET " BASE "/latest/meta-data/iam/security-credentials/"
#define KEYS(expiration)                                                                           \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"t\","  \
    "\"Expiration\":\"" expiration "\"}"
#define MINUTE ((int64_t)60000)

static struct world plain;

static void P10_M2_M8_token_role_keys(void **state)
{
    (void)state;
    begin(&plain);
    expect_send(TOKEN, "");
    expect_header("x-aws-ec2-metadata-token-ttl-seconds", "21600");
    assert_true(talk.want.request->direct);
    assert_int_equal(talk.want.request->connect_time_ms, 1000);
    assert_int_equal(talk.want.request->read_time_ms, 1000);
    answer(200, "TOKEN==");
    expect_send(ROLES, "");
    expect_header("x-aws-ec2-metadata-token", "TOKEN==");
    assert_true(talk.want.request->direct);
    answer(200, "my role@x\nother\n");
    expect_send(ROLES "my%20role@x", "");
    expect_header("x-aws-ec2-metadata-token", "TOKEN==");
    answer(200, KEYS(IN_AN_HOUR));
    expect_keys("a/SECRET/t");
    assert_int_equal(talk.keys.expires_at.ms, NOW.ms + 60 * MINUTE);
    assert_true(talk.keys.renewable);
    end();
}

static void M1_base(void **state)
{
    (void)state;
    static const struct {
        const char *mode, *endpoint, *line;
    } rows[] = {
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6",
         "X=", "PUT http://[fd00:ec2::254]/latest/api/token"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6",
         "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1",
         "PUT http://127.0.0.1:1/latest/api/token"},
        {"X=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1/",
         "PUT http://127.0.0.1:1/latest/api/token"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.variables = {rows[i].mode, rows[i].endpoint}};
        begin(&world);
        expect_send(rows[i].line, "");
        end();
    }
}

static void M3_attempts_and_time_limit(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_METADATA_SERVICE_TIMEOUT=7", "AWS_METADATA_SERVICE_NUM_ATTEMPTS=3"}};
    begin(&world);
    fail_to_send(true, false);
    expect_send(TOKEN, "");
    assert_int_equal(talk.want.request->connect_time_ms, 7000);
    answer(500, "");
    expect_send(TOKEN, "");
    answer(200, "T");
    answer(200, "");
    answer(503, "");
    expect_send(ROLES, "");
    answer(200, "r");
    answer(200, "not json");
    answer(200, "{}");
    expect_send(ROLES "r", "");
    expect_header("x-aws-ec2-metadata-token", "T");
    answer(200, KEYS(IN_AN_HOUR));
    expect_keys("a/SECRET/t");
    end();
}

/* Answers the stage at hand with 5xx, to the end; the pauses grow and are bounded. */
static void expect_three_attempts(const char *line)
{
    expect_send(line, "");
    assert_int_equal(talk.want.pause_ms, 0);
    answer(503, "");
    expect_send(line, "");
    assert_in_range(talk.want.pause_ms, 0, 300);
    answer(500, "");
    expect_send(line, "");
    assert_in_range(talk.want.pause_ms, 0, 600);
}

static void M3_a_busy_service_is_asked_three_times(void **state)
{
    (void)state;
    begin(&plain);
    expect_three_attempts(TOKEN);
    answer(200, "T");
    expect_three_attempts(ROLES);
    answer(200, "r");
    expect_three_attempts(ROLES "r");
    answer(200, KEYS(IN_AN_HOUR));
    expect_keys("a/SECRET/t");
    end();
    begin(&plain);
    expect_three_attempts(TOKEN);
    answer(503, "");
    expect_error(ERROR_DENIED, "credentials", "status 503");
    end();
    struct world once = {.variables = {"AWS_METADATA_SERVICE_NUM_ATTEMPTS=1"}};
    begin(&once);
    answer(503, "");
    expect_error(ERROR_DENIED, "credentials", "status 503");
    end();
}

static void S2_M2_an_empty_token_is_none(void **state)
{
    (void)state;
    begin(&plain);
    answer(200, "T");
    answer(200, "r");
    answer(200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"\","
                "\"Expiration\":\"" IN_AN_HOUR "\"}");
    expect_keys("a/SECRET/");
    end();
}

static void M4_one_new_token(void **state)
{
    (void)state;
    begin(&plain);
    answer(200, "one");
    answer(401, "");
    expect_send(TOKEN, "");
    answer(200, "two");
    expect_send(ROLES, "");
    expect_header("x-aws-ec2-metadata-token", "two");
    answer(401, "");
    expect_error(ERROR_DENIED, "credentials", "401");
    end();
}

static void M5_version_1_only_where_it_may_be(void **state)
{
    (void)state;
    static const int statuses[] = {403, 404, 405};
    for (size_t i = 0; i < 3; i++) {
        begin(&plain);
        answer(statuses[i], "");
        expect_send(ROLES, "");
        expect_header("x-aws-ec2-metadata-token", NULL);
        end();
    }
    begin(&plain);
    fail_to_send(true, true);
    expect_send(ROLES, "");
    end();
    begin(&plain);
    answer(400, "");
    expect_error(ERROR_DENIED, "credentials", "400");
    end();
    begin(&plain);
    fail_to_send(true, false);
    expect_error(ERROR_DENIED, "credentials", "did not answer");
    end();
    struct world off = {.variables = {"AWS_EC2_METADATA_V1_DISABLED=true"}};
    begin(&off);
    answer(404, "");
    expect_error(ERROR_DENIED, "credentials", "version 1 is disabled");
    end();
}

static void M6_E1_nothing_there(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *word;
    } rows[] = {
        {404, "", "no role"},
        {200, "{\"Code\":\"Failed\"}", "Failed"},
        {200, "{\"Code\":\"Success\",\"AccessKeyId\":\"a\",\"Token\":\"t\"}", "cannot be used"},
        {418, "", "418"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(&plain);
        answer(200, "T");
        answer(200, "r");
        answer(rows[i].status, rows[i].body);
        expect_error(ERROR_DENIED, "credentials", "AWS_ACCESS_KEY_ID", rows[i].word);
        end();
    }
    begin(&plain);
    answer(200, "T");
    answer(404, "");
    expect_error(ERROR_DENIED, "credentials", "no role");
    end();
    struct world off = {.variables = {"AWS_EC2_METADATA_DISABLED=True"}};
    begin(&off);
    expect_error(ERROR_DENIED, "credentials", "disabled");
    end();
}

static void M7_old_keys_are_used(void **state)
{
    (void)state;
    static const char *const answers[] = {KEYS("2027-01-15T07:00:00Z"),
                                          KEYS("2027-01-15T08:14:59Z")};
    for (size_t i = 0; i < 2; i++) {
        begin(&plain);
        answer(200, "T");
        answer(200, "r");
        answer(200, answers[i]);
        expect_keys("a/SECRET/t");
        assert_false(credentials_expired(&talk.keys, (struct wall){NOW.ms + 600 * MINUTE}));
        assert_in_range(talk.keys.renew_at.ms, NOW.ms + 17 * MINUTE, NOW.ms + 25 * MINUTE);
        assert_true(talk.keys.renewable);
        end();
    }
}

static void R4_metadata_as_credential_source(void **state)
{
    (void)state;
    struct world world = {.config =
                              "[default]\nrole_arn = R\ncredential_source = Ec2InstanceMetadata\n"};
    begin(&world);
    expect_send(TOKEN, "");
    answer(200, "T");
    answer(404, "");
    expect_error(ERROR_CONFIG, "credential_source", "'Ec2InstanceMetadata'");
    end();
}

static void begin_region(void)
{
    begin(&plain);
    credentials_lookup_destroy(talk.lookup);
    talk.lookup = credentials_region_lookup_new(&talk.settings, &talk.budget, NULL);
    assert_non_null(talk.lookup);
    step(NULL);
}

static void G1_region_from_metadata(void **state)
{
    (void)state;
    begin_region();
    expect_send(TOKEN, "");
    answer(200, "T");
    expect_send("GET " BASE "/latest/meta-data/placement/region", "");
    answer(200, "eu-west-1\n");
    assert_int_equal(talk.want.kind, CREDENTIALS_KEYS);
    assert_string_equal(credentials_region(talk.lookup).name, "eu-west-1");
    end();
    begin_region();
    answer(200, "T");
    answer(404, "");
    expect_send("GET " BASE "/latest/meta-data/placement/availability-zone", "");
    answer(200, "eu-west-1c");
    assert_string_equal(credentials_region(talk.lookup).name, "eu-west-1");
    end();
}

static void G1_E2_no_region(void **state)
{
    (void)state;
    begin_region();
    answer(200, "T");
    answer(404, "");
    answer(404, "");
    expect_error(ERROR_CONFIG, "region", "AWS_REGION", "'default'", "metadata has no region");
    end();
    begin_region();
    answer(200, "T");
    answer(200, "not a region");
    expect_error(ERROR_CONFIG, "region", "AWS_REGION");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P10_M2_M8_token_role_keys),
        cmocka_unit_test(M1_base),
        cmocka_unit_test(M3_attempts_and_time_limit),
        cmocka_unit_test(M3_a_busy_service_is_asked_three_times),
        cmocka_unit_test(S2_M2_an_empty_token_is_none),
        cmocka_unit_test(M4_one_new_token),
        cmocka_unit_test(M5_version_1_only_where_it_may_be),
        cmocka_unit_test(M6_E1_nothing_there),
        cmocka_unit_test(M7_old_keys_are_used),
        cmocka_unit_test(R4_metadata_as_credential_source),
        cmocka_unit_test(G1_region_from_metadata),
        cmocka_unit_test(G1_E2_no_region),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
