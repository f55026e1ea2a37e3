#include "unit.h"

#include "aws_dialogue.h"

#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI="
#define KEYS                                                                                       \
    "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"t\",\"Expiration\":"        \
    "\"" IN_AN_HOUR "\",\"RoleArn\":\"r\"}"

static void P9_K1_K4_relative_uri_wins_with_its_query(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/x?id=1",
                                        FULL "http://127.0.0.1/other"}};
    begin(&world);
    expect_send("GET http://169.254.170.2/v2/x?id=1", "");
    expect_header("Accept", "application/json");
    expect_header("Authorization", NULL);
    assert_true(talk.want.request->direct);
    assert_int_equal(talk.want.request->connect_time_ms, 2000);
    assert_int_equal(talk.want.request->read_time_ms, 2000);
    assert_null(talk.want.sign_with);
    answer(200, KEYS);
    expect_keys("a/SECRET/t");
    assert_true(talk.keys.renewable);
    end();
}

static void K2_E13_hosts_of_plain_http(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool good;
    } rows[] = {
        {FULL "http://127.0.0.1:1/x", true},
        {FULL "http://127.255.0.9/x", true},
        {FULL "http://[::1]:1/x", true},
        {FULL "http://[0:0:0:0:0:0:0:1]/x", true},
        {FULL "http://localhost/x", true},
        {FULL "http://LOCALHOST/x", true},
        {FULL "http://169.254.170.2/x", true},
        {FULL "http://169.254.170.23/x", true},
        {FULL "http://[fd00:ec2::23]/x", true},
        {FULL "https://anywhere.example/x", true},
        {FULL "http://anywhere.example/x", false},
        {FULL "http://127.0.0.1.example/x", false},
        {FULL "http://0.0.0.0/x", false},
        {FULL "http://localhost@elsewhere/x", false},
        {FULL "http://localhost.example/x", false},
        {FULL "http://169.254.169.254/x", false},
        {FULL "http://[::]/x", false},
        {FULL "http://[::ffff:127.0.0.1]/x", false},
        {FULL "http://126.0.0.1/x", false},
        {FULL "http://128.0.0.1/x", false},
        {FULL "nowhere", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.variables = {rows[i].uri}};
        begin(&world);
        check_row(talk.result == (rows[i].good ? 0 : -1), rows[i].uri);
        check_row(rows[i].good || strstr(talk.err.text, "container"), rows[i].uri);
        end();
    }
    struct world world = {.variables = {FULL "http://anywhere.example/x"}};
    begin(&world);
    expect_error(ERROR_DENIED, "container", "'anywhere.example'");
    end();
}

static void K3_token_and_token_file(void **state)
{
    (void)state;
    char variable[300];
    (void)snprintf(variable, sizeof(variable), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=%s",
                   world_path("token"));
    struct world world = {
        .variables = {FULL "http://127.0.0.1/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN=Basic SECRET"}};
    begin(&world);
    expect_header("Authorization", "Basic SECRET");
    end();
    world.variables[2] = variable;
    begin(&world);
    expect_error(ERROR_DENIED, "container", "token' does not exist");
    end();
    world_write("token", "one");
    begin(&world);
    expect_header("Authorization", "one");
    world_write("token", "two");
    answer(500, "");
    expect_header("Authorization", "two");
    end();
    world_write("token", "SECRET\n");
    begin(&world);
    expect_error(ERROR_DENIED, "container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "line end");
    end();
    world.variables[1] = "AWS_CONTAINER_AUTHORIZATION_TOKEN=SECRET\rX: y";
    world.variables[2] = NULL;
    begin(&world);
    expect_error(ERROR_DENIED, "container", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "line end");
    end();
}

static void K4_E13_three_attempts(void **state)
{
    (void)state;
    struct world world = {.variables = {FULL "http://127.0.0.1:9/x"}};
    begin(&world);
    assert_int_equal(talk.want.pause_ms, 0);
    answer(503, "");
    assert_int_equal(talk.want.pause_ms, 1000);
    answer(200, "SECRET");
    assert_int_equal(talk.want.pause_ms, 1000);
    answer(200, KEYS);
    expect_keys("a/SECRET/t");
    end();
    begin(&world);
    answer(404, "");
    answer(404, "");
    answer(404, "{\"code\":\"X\",\"message\":\"no\\nrole\",\"z\":\"SECRET\"}");
    expect_error(ERROR_DENIED, "container", "404", "127.0.0.1", "no?role");
    end();
    begin(&world);
    answer(500, "");
    answer(500, "");
    answer(502, "");
    expect_error(ERROR_UNAVAILABLE, "container", "502");
    end();
    begin(&world);
    fail_to_send(true, true);
    fail_to_send(true, true);
    fail_to_send(true, true);
    expect_error(ERROR_UNAVAILABLE, "container", "no connection to HOST");
    end();
    begin(&world);
    answer(200, "{}");
    answer(200, "{}");
    answer(200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"t\"}");
    expect_error(ERROR_GARBLED, "container", "Expiration");
    end();
}

static void S2_K4_an_empty_token_is_none(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"\",\"Expiration\":"
        "\"" IN_AN_HOUR "\"}",
        "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Token\":null,\"Expiration\":"
        "\"" IN_AN_HOUR "\"}",
    };
    struct world world = {.variables = {FULL "http://127.0.0.1:9/x"}};
    for (size_t i = 0; i < 2; i++) {
        begin(&world);
        answer(200, answers[i]);
        expect_keys("a/SECRET/");
        end();
    }
    begin(&world);
    for (int i = 0; i < 3; i++)
        answer(200,
               "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\",\"Expiration\":\"" IN_AN_HOUR
               "\"}");
    expect_error(ERROR_GARBLED, "container", "Token");
    end();
}

static void P9_container_comes_after_all_that_profiles_hold(void **state)
{
    (void)state;
    struct world world = {
        .variables = {FULL "http://127.0.0.1:9/x"},
        .config = "[default]\naws_access_key_id = c\naws_secret_access_key = d\n",
    };
    begin(&world);
    expect_keys("c/d/");
    end();
}

static void R4_container_as_credential_source(void **state)
{
    (void)state;
    struct world world = {
        .variables = {FULL "http://127.0.0.1:9/x"},
        .config = "[default]\nrole_arn = R\ncredential_source = EcsContainer\n",
    };
    begin(&world);
    expect_send("GET http://127.0.0.1:9/x", "");
    answer(200, KEYS);
    assert_string_equal(buf_text(&talk.want.sign_with->id), "a");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P9_K1_K4_relative_uri_wins_with_its_query),
        cmocka_unit_test(K2_E13_hosts_of_plain_http),
        cmocka_unit_test(K3_token_and_token_file),
        cmocka_unit_test(K4_E13_three_attempts),
        cmocka_unit_test(S2_K4_an_empty_token_is_none),
        cmocka_unit_test(P9_container_comes_after_all_that_profiles_hold),
        cmocka_unit_test(R4_container_as_credential_source),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
