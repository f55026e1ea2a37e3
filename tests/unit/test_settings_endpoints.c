/* Which endpoint is asked: the rules of aws/settings that need a service. */
#include "unit.h"

#include "aws_world.h"

/* One look-up of an endpoint: the URL, or a word of the error. */
static void check_endpoint(struct world *world, enum aws_service service, const char *expected)
{
    struct aws_settings settings;
    struct error err = {0};
    CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
    assert_int_equal(world_load(world, &settings, &err), 0);
    int got = aws_settings_endpoint(&settings, service, "us-east-1", &url, &err);
    if (got != 0) {
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.text, expected));
    } else {
        assert_string_equal(buf_text(&url), expected);
    }
    aws_settings_free(&settings);
}

static void H1_order_of_endpoints(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"X=", "AWS_ENDPOINT_URL=http://all.env",
                      "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://logs.env",
                      "AWS_ENDPOINT_URL_STS=http://sts.env"},
        .config = "[default]\nservices = s\nendpoint_url = http://all.profile\n"
                  "[services s]\ncloudwatch_logs =\n  endpoint_url = http://logs.section\n"
                  "sts =\n  endpoint_url = http://sts.section\n",
        .options = {.endpoint_url = "http://option/"},
    };
    check_endpoint(&world, AWS_LOGS, "http://option");
    check_endpoint(&world, AWS_STS, "http://sts.env");
    check_endpoint(&world, AWS_SSO, "http://all.env");
    world.options.endpoint_url = NULL;
    check_endpoint(&world, AWS_LOGS, "http://logs.env");
    world.variables[2] = "X=";
    check_endpoint(&world, AWS_LOGS, "http://all.env");
    world.variables[1] = "X=";
    check_endpoint(&world, AWS_LOGS, "http://logs.section");
    check_endpoint(&world, AWS_SSO_OIDC, "http://all.profile");
    world.variables[3] = NULL;
    check_endpoint(&world, AWS_STS, "http://sts.section");
    world.config = "[default]\nservices = s\nendpoint_url = http://all.profile\n";
    check_endpoint(&world, AWS_LOGS, "[services s]");
    world.config = "[default]\nuse_dualstack_endpoint = true\n";
    check_endpoint(&world, AWS_LOGS, "https://logs.us-east-1.api.aws");
}

static void H1_H4_names_of_every_service(void **state)
{
    (void)state;
    static const struct {
        enum aws_service service;
        const char *variable, *block;
    } rows[] = {
        {AWS_LOGS, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://v", "cloudwatch_logs"},
        {AWS_STS, "AWS_ENDPOINT_URL_STS=http://v", "sts"},
        {AWS_SSO, "AWS_ENDPOINT_URL_SSO=http://v", "sso"},
        {AWS_SSO_OIDC, "AWS_ENDPOINT_URL_SSO_OIDC=http://v", "sso_oidc"},
        {AWS_SIGNIN, "AWS_ENDPOINT_URL_SIGNIN=http://v", "signin"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char config[200];
        (void)snprintf(config, sizeof(config),
                       "[default]\nservices = s\n[services s]\n%s =\n  endpoint_url = http://b\n",
                       rows[i].block);
        check_endpoint(&(struct world){.variables = {rows[i].variable}}, rows[i].service,
                       "http://v");
        check_endpoint(&(struct world){.config = config}, rows[i].service, "http://b");
    }
}

static void H2_ignoring_leaves_only_the_option(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "AWS_ENDPOINT_URL=http://all.env",
                      "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://logs.env"},
        .config = "[default]\nendpoint_url = http://all.profile\nservices = none\n",
    };
    check_endpoint(&world, AWS_LOGS, "https://logs.us-east-1.amazonaws.com");
    world.options.endpoint_url = "http://option";
    check_endpoint(&world, AWS_LOGS, "http://option");
    check_endpoint(&world, AWS_STS, "https://sts.us-east-1.amazonaws.com");
}

static void H3_E3_given_url_beats_fips_and_must_be_one(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_ENDPOINT_URL=http://here:1/p/", "AWS_USE_FIPS_ENDPOINT=true",
                      "AWS_USE_DUALSTACK_ENDPOINT=true"},
    };
    check_endpoint(&world, AWS_LOGS, "http://here:1/p");
    world.variables[0] = "AWS_ENDPOINT_URL=here";
    check_endpoint(&world, AWS_LOGS, "AWS_ENDPOINT_URL");
    check_endpoint(&world, AWS_LOGS, "'here'");
}

static void H4_logs_is_not_the_name(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_ENDPOINT_URL_LOGS=http://x"}};
    check_endpoint(&world, AWS_LOGS, "https://logs.us-east-1.amazonaws.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(H1_order_of_endpoints),
        cmocka_unit_test(H1_H4_names_of_every_service),
        cmocka_unit_test(H2_ignoring_leaves_only_the_option),
        cmocka_unit_test(H3_E3_given_url_beats_fips_and_must_be_one),
        cmocka_unit_test(H4_logs_is_not_the_name),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
