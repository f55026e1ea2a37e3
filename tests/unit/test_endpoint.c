#include "unit.h"

#include "aws/endpoint.h"

static void G2_region_is_a_host_label(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"us-east-1", true},
        {"xx-new-9", true},
        {"a", true},
        {"0a", true},
        {"", false},
        {"123", false},
        {"-a", false},
        {"a-", false},
        {"a.b", false},
        {"a b", false},
        {"us-east-1 # home", false},
        {"us-east-1\nx", false},
        {"a/b", false},
        {"a@b", false},
        {"\xc3\xa9", false},
        {"fips-", false},
        {"fips-123", false},
        {"x234567890123456789012345678901234567890123456789012345678901234", false},
        {"x23456789012345678901234567890123456789012345678901234567890123", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct region region;
        struct error err = {0};
        int got = region_parse(rows[i].text, &region, &err);
        check_row(got == (rows[i].good ? 0 : -1), rows[i].text);
        if (rows[i].good) {
            check_row(strcmp(region.name, rows[i].text) == 0 && !region.fips, rows[i].text);
            continue;
        }
        check_row(err.kind == ERROR_CONFIG && strstr(err.text, "region"), rows[i].text);
        check_row(!strchr(err.text, '\n'), rows[i].text);
    }
}

static void G2_E3_error_names_the_value_and_hints_at_comments(void **state)
{
    (void)state;
    struct region region;
    struct error err = {0};
    assert_int_equal(region_parse("eu central", &region, &err), -1);
    assert_non_null(strstr(err.text, "'eu central'"));
    assert_non_null(strstr(err.text, "like eu-central-1"));
    assert_null(strstr(err.text, "comment"));
    assert_int_equal(region_parse("us-east-1 # home", &region, &err), -1);
    assert_non_null(strstr(err.text, "'us-east-1 # home'"));
    assert_non_null(strstr(err.text, "comment"));
}

static void G3_fips_in_the_name(void **state)
{
    (void)state;
    struct region region;
    assert_int_equal(region_parse("fips-us-west-2", &region, NULL), 0);
    assert_string_equal(region.name, "us-west-2");
    assert_true(region.fips);
    assert_int_equal(region_parse("us-west-2-fips", &region, NULL), 0);
    assert_string_equal(region.name, "us-west-2");
    assert_true(region.fips);
}

struct form {
    enum aws_service service;
    const char *region, *plain, *fips, *dual, *both;
};

static void check_form(const struct form *form)
{
    const char *expected[] = {form->plain, form->fips, form->dual, form->both};
    for (unsigned i = 0; i < 4; i++) {
        CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
        if (!expected[i])
            continue;
        endpoint_default(form->service, form->region, i & 1, i & 2, &url);
        assert_true(strncmp(buf_text(&url), "https://", 8) == 0);
        if (strcmp(buf_text(&url) + 8, expected[i]) != 0)
            print_error("got '%s'\n", buf_text(&url));
        check_row(strcmp(buf_text(&url) + 8, expected[i]) == 0, expected[i]);
    }
}

static void H5_forms_of_every_service(void **state)
{
    (void)state;
    static const struct form rows[] = {
        {AWS_LOGS, "eu-west-1", "logs.eu-west-1.amazonaws.com", "logs-fips.eu-west-1.amazonaws.com",
         "logs.eu-west-1.api.aws", "logs-fips.eu-west-1.api.aws"},
        {AWS_LOGS, "us-gov-west-1", "logs.us-gov-west-1.amazonaws.com",
         "logs.us-gov-west-1.amazonaws.com", "logs.us-gov-west-1.api.aws",
         "logs-fips.us-gov-west-1.api.aws"},
        {AWS_STS, "eu-west-1", "sts.eu-west-1.amazonaws.com", "sts-fips.eu-west-1.amazonaws.com",
         "sts.eu-west-1.api.aws", "sts-fips.eu-west-1.api.aws"},
        {AWS_STS, "us-gov-east-1", "sts.us-gov-east-1.amazonaws.com",
         "sts.us-gov-east-1.amazonaws.com", "sts.us-gov-east-1.api.aws",
         "sts-fips.us-gov-east-1.api.aws"},
        {AWS_SSO, "eu-west-1", "portal.sso.eu-west-1.amazonaws.com",
         "portal.sso-fips.eu-west-1.amazonaws.com", "portal.sso.eu-west-1.api.aws",
         "portal.sso-fips.eu-west-1.api.aws"},
        {AWS_SSO, "us-gov-west-1", "portal.sso.us-gov-west-1.amazonaws.com",
         "portal.sso.us-gov-west-1.amazonaws.com", NULL, NULL},
        {AWS_SSO_OIDC, "eu-west-1", "oidc.eu-west-1.amazonaws.com",
         "oidc-fips.eu-west-1.amazonaws.com", "oidc.eu-west-1.api.aws",
         "oidc-fips.eu-west-1.api.aws"},
        {AWS_SIGNIN, "eu-west-1", "eu-west-1.signin.aws.amazon.com",
         "signin-fips.eu-west-1.amazonaws.com", "signin.eu-west-1.api.aws",
         "signin-fips.eu-west-1.api.aws"},
        {AWS_SIGNIN, "cn-north-1", "cn-north-1.signin.amazonaws.cn",
         "signin-fips.cn-north-1.amazonaws.com.cn", NULL, NULL},
        {AWS_SIGNIN, "us-gov-west-1", "us-gov-west-1.signin.amazonaws-us-gov.com",
         "signin-fips.amazonaws-us-gov.com", NULL, NULL},
        {AWS_SIGNIN, "us-gov-east-1", NULL, "us-gov-east-1.signin-fips.amazonaws-us-gov.com", NULL,
         NULL},
        {AWS_SIGNIN, "us-iso-east-1", "us-iso-east-1.signin.c2shome.ic.gov", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_form(&rows[i]);
}

static void H5_partitions(void **state)
{
    (void)state;
    static const struct form rows[] = {
        {AWS_LOGS, "mx-central-1", "logs.mx-central-1.amazonaws.com", NULL,
         "logs.mx-central-1.api.aws", NULL},
        {AWS_LOGS, "cn-north-1", "logs.cn-north-1.amazonaws.com.cn", NULL,
         "logs.cn-north-1.api.amazonwebservices.com.cn", NULL},
        {AWS_LOGS, "eusc-de-east-1", "logs.eusc-de-east-1.amazonaws.eu", NULL,
         "logs.eusc-de-east-1.api.amazonwebservices.eu", NULL},
        {AWS_LOGS, "us-iso-west-1", "logs.us-iso-west-1.c2s.ic.gov", NULL,
         "logs.us-iso-west-1.api.aws.ic.gov", NULL},
        {AWS_LOGS, "us-isob-east-1", "logs.us-isob-east-1.sc2s.sgov.gov", NULL,
         "logs.us-isob-east-1.api.aws.scloud", NULL},
        {AWS_LOGS, "eu-isoe-west-1", "logs.eu-isoe-west-1.cloud.adc-e.uk", NULL,
         "logs.eu-isoe-west-1.api.cloud-aws.adc-e.uk", NULL},
        {AWS_LOGS, "us-isof-south-1", "logs.us-isof-south-1.csp.hci.ic.gov", NULL,
         "logs.us-isof-south-1.api.aws.hci.ic.gov", NULL},
        {AWS_LOGS, "us-gov-central-1", "logs.us-gov-central-1.amazonaws.com",
         "logs-fips.us-gov-central-1.amazonaws.com", NULL, NULL},
        {AWS_LOGS, "us-gov-x", "logs.us-gov-x.amazonaws.com", "logs-fips.us-gov-x.amazonaws.com",
         NULL, NULL},
        {AWS_LOGS, "cn-a-b-1", "logs.cn-a-b-1.amazonaws.com", NULL, NULL, NULL},
        {AWS_LOGS, "cn-north-", "logs.cn-north-.amazonaws.com", NULL, NULL, NULL},
        {AWS_LOGS, "moon", "logs.moon.amazonaws.com", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_form(&rows[i]);
}

static void H3_given_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url; /* NULL: refused */
    } rows[] = {
        {"http://127.0.0.1:4586", "http://127.0.0.1:4586"},
        {"https://h/", "https://h"},
        {"https://h/a/b/", "https://h/a/b"},
        {"https://[::1]:8443/x", "https://[::1]:8443/x"},
        {"h", NULL},
        {"ftp://h", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"localhost:4586", NULL},
        {"http://u:p@h", NULL},
        {"http://h?x=1", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
        struct error err = {0};
        int got = endpoint_given(rows[i].text, "AWS_ENDPOINT_URL", &url, &err);
        check_row(got == (rows[i].url ? 0 : -1), rows[i].text);
        if (rows[i].url) {
            check_row(strcmp(buf_text(&url), rows[i].url) == 0, rows[i].text);
            continue;
        }
        check_row(err.kind == ERROR_CONFIG && strstr(err.text, "endpoint"), rows[i].text);
        check_row(strstr(err.text, "AWS_ENDPOINT_URL") && url.length == 0, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(G2_region_is_a_host_label),
        cmocka_unit_test(G2_E3_error_names_the_value_and_hints_at_comments),
        cmocka_unit_test(G3_fips_in_the_name),
        cmocka_unit_test(H5_forms_of_every_service),
        cmocka_unit_test(H5_partitions),
        cmocka_unit_test(H3_given_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
