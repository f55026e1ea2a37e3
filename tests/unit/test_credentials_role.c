#include "unit.h"

#include "aws_dialogue.h"

#define STS        "POST https://sts.us-east-1.amazonaws.com/"
#define KEYS       "aws_access_key_id = f\naws_secret_access_key = g\n"
#define ASSUME     "Action=AssumeRole&Version=2011-06-15&RoleArn="
#define BY_DEFAULT "&RoleSessionName=withlock-1800000000"

/* An answer of STS with keys that end in an hour. */
#define ANSWER(id)                                                                                 \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"   \
    "<Credentials><AccessKeyId>" id "</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>"      \
    "<SessionToken>t&amp;u</SessionToken><Expiration>" IN_AN_HOUR "</Expiration></Credentials>"    \
    "</AssumeRoleResult></AssumeRoleResponse>"
#define REFUSAL(code)                                                                              \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>no &lt;way&gt;"        \
    "</Message></Error></ErrorResponse>"

/* The body of AssumeRole for role R with the default session name. */
static void expect_assume(const char *role, const char *key_id)
{
    char body[500];
    (void)snprintf(body, sizeof(body), ASSUME "%s" BY_DEFAULT, role);
    expect_send(STS, body);
    expect_header("Content-Type", "application/x-www-form-urlencoded");
    assert_non_null(talk.want.sign_with);
    assert_string_equal(buf_text(&talk.want.sign_with->id), key_id);
    assert_string_equal(talk.want.region, "us-east-1");
}

static struct world simple = {
    .config =
        "[default]\nrole_arn = R\nsource_profile = base\n[profile base]\nregion = elsewhere\n",
    .credentials = "[base]\n" KEYS,
};

static void P2_R2_R7_role_from_a_source_profile(void **state)
{
    (void)state;
    begin(&simple);
    expect_assume("R", "f");
    answer(200, ANSWER("new"));
    expect_keys("new/SECRET/t&u");
    assert_true(talk.keys.renewable);
    assert_int_equal(talk.keys.expires_at.ms, NOW.ms + 3600 * 1000);
    assert_non_null(strstr(talk.keys.origin, "'R'"));
    end();
}

static void T3_R2_the_whole_chain_is_asked_again(void **state)
{
    (void)state;
    begin(&simple);
    answer(200, ANSWER("one"));
    expect_keys("one/SECRET/t&u");
    begin_again();
    expect_assume("R", "f");
    answer(200, ANSWER("two"));
    expect_keys("two/SECRET/t&u");
    end();
}

static void P2_role_beats_static_keys_and_web_identity_of_the_environment(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_WEB_IDENTITY_TOKEN_FILE=/x", "AWS_ROLE_ARN=W"},
        .config = "[default]\nrole_arn = R\nsource_profile = default\n" KEYS,
    };
    begin(&world);
    expect_assume("R", "f");
    end();
    world.variables[2] = "AWS_ACCESS_KEY_ID=e";
    world.variables[3] = "AWS_SECRET_ACCESS_KEY=s";
    begin(&world);
    expect_keys("e/s/");
    end();
}

static void R1_exactly_one_source(void **state)
{
    (void)state;
    struct world world = {.config = "[default]\nrole_arn = R\n"};
    begin(&world);
    expect_error(ERROR_CONFIG, "source_profile", "credential_source", "'default'", "neither");
    end();
    world.config = "[default]\nrole_arn = R\nsource_profile = x\ncredential_source = Environment\n";
    begin(&world);
    expect_error(ERROR_CONFIG, "source_profile", "credential_source", "'default'", "both");
    end();
}

static void R2_E7_source_profile_must_exist_and_have_keys(void **state)
{
    (void)state;
    struct world world = {.config = "[default]\nrole_arn = R\nsource_profile = none\n"};
    begin(&world);
    expect_error(ERROR_CONFIG, "source_profile", "'none'", "'default'", "does not exist");
    end();
    world.config = "[default]\nrole_arn = R\nsource_profile = empty\n[profile empty]\n";
    world.variables[0] = "AWS_WEB_IDENTITY_TOKEN_FILE=/x";
    world.variables[1] = "AWS_ROLE_ARN=W";
    world.variables[2] = "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/";
    begin(&world);
    expect_error(ERROR_CONFIG, "source_profile", "'empty'");
    end();
    world.variables[2] = "AWS_ACCESS_KEY_ID=e";
    world.variables[3] = "AWS_SECRET_ACCESS_KEY=s";
    world.config = "[profile x]\nrole_arn = R\nsource_profile = empty\n[profile empty]\n";
    world.options.profile = "x";
    begin(&world);
    expect_error(ERROR_CONFIG, "source_profile", "'empty'");
    end();
}

static void R2_chain_of_three_roles(void **state)
{
    (void)state;
    struct world world = {
        .config = "[profile a]\nrole_arn = A\nsource_profile = b\n"
                  "[profile b]\nrole_arn = B\nsource_profile = c\n"
                  "[profile c]\nrole_arn = C\nsource_profile = d\n[profile d]\n" KEYS,
        .options = {.profile = "a"},
    };
    begin(&world);
    expect_assume("C", "f");
    answer(200, ANSWER("c"));
    expect_assume("B", "c");
    assert_string_equal(buf_text(&talk.want.sign_with->token), "t&u");
    answer(200, ANSWER("b"));
    expect_assume("A", "b");
    answer(200, ANSWER("a"));
    expect_keys("a/SECRET/t&u");
    begin_again();
    expect_assume("C", "f");
    end();
}

static void R2_role_of_a_source_with_static_keys_is_ignored(void **state)
{
    (void)state;
    struct world world = {
        .config = "[default]\nrole_arn = A\nsource_profile = b\n"
                  "[profile b]\nrole_arn = B\nsource_profile = c\n" KEYS "[profile c]\n" KEYS,
    };
    begin(&world);
    expect_assume("A", "f");
    end();
}

static void R2_process_of_the_source_profile(void **state)
{
    (void)state;
    struct world world = {
        .config = "[default]\nrole_arn = A\nsource_profile = b\n"
                  "[profile b]\ncredential_process = prog\n",
    };
    begin(&world);
    assert_int_equal(talk.want.kind, CREDENTIALS_RUN);
    answer(0, "{\"Version\":1,\"AccessKeyId\":\"p\",\"SecretAccessKey\":\"s\"}");
    expect_assume("A", "p");
    end();
}

static void R3_loop(void **state)
{
    (void)state;
    struct world world = {
        .config = "[default]\nrole_arn = A\nsource_profile = b\n"
                  "[profile b]\nrole_arn = B\nsource_profile = c\n"
                  "[profile c]\nrole_arn = C\nsource_profile = b\n",
    };
    begin(&world);
    expect_error(ERROR_CONFIG, "loop", "'b'");
    end();
    world.config = "[default]\nrole_arn = A\nsource_profile = default\n";
    begin(&world);
    expect_error(ERROR_CONFIG, "loop", "'default'");
    end();
}

static void R4_credential_source(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_ACCESS_KEY_ID=e", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t"},
        .config = "[profile x]\nrole_arn = R\ncredential_source = Environment\n",
        .options = {.profile = "x"},
    };
    begin(&world);
    expect_assume("R", "e");
    end();
    world.variables[0] = "AWS_WEB_IDENTITY_TOKEN_FILE=/x";
    begin(&world);
    expect_error(ERROR_CONFIG, "credential_source", "'Environment'", "'x'");
    end();
    world.config = "[profile x]\nrole_arn = R\ncredential_source = environment\n";
    begin(&world);
    expect_error(ERROR_CONFIG, "credential_source", "'environment'", "'x'", "is not Environment");
    end();
    world.config = "[profile x]\nrole_arn = R\ncredential_source = EcsContainer\n";
    begin(&world);
    expect_error(ERROR_CONFIG, "credential_source", "'EcsContainer'");
    end();
}

static void R5_options_that_are_set_are_sent(void **state)
{
    (void)state;
    struct world world = {
        .config = "[default]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = default\n" KEYS
                  "role_session_name = me@home\nexternal_id = a b/c\nduration_seconds = 900\n",
    };
    begin(&world);
    expect_send(STS, ASSUME "arn%3Aaws%3Aiam%3A%3A1%3Arole%2FR&RoleSessionName=me%40home"
                            "&ExternalId=a%20b%2Fc&DurationSeconds=900");
    end();
    world.config =
        "[default]\nrole_arn = R\nsource_profile = default\n" KEYS "duration_seconds = 15m\n";
    begin(&world);
    expect_assume("R", "f");
    end();
    world.config =
        "[default]\nrole_arn = R\nsource_profile = default\n" KEYS "role_session_name = a b\n";
    begin(&world);
    expect_error(ERROR_CONFIG, "role_session_name", "'a b'");
    end();
}

static void R5_session_names(void **state)
{
    (void)state;
    static const struct {
        int length;
        bool good;
    } rows[] = {{1, false}, {2, true}, {64, true}, {65, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[100] = "", config[400];
        memset(name, '=', (size_t)rows[i].length);
        (void)snprintf(config, sizeof(config),
                       "[default]\nrole_arn = R\nsource_profile = default\n" KEYS
                       "role_session_name = %s\n",
                       name);
        struct world world = {.config = config};
        begin(&world);
        check_row((talk.result == 0) == rows[i].good, name);
        end();
    }
}

static struct world mfa = {
    .config = "[default]\nrole_arn = R\nsource_profile = default\nmfa_serial = arn:mfa\n" KEYS,
};

static void R6_mfa_code_is_asked_and_sent(void **state)
{
    (void)state;
    begin(&mfa);
    assert_int_equal(talk.want.kind, CREDENTIALS_CODE);
    assert_string_equal(talk.want.mfa_serial, "arn:mfa");
    answer(0, "123456");
    expect_send(STS, ASSUME "R" BY_DEFAULT "&SerialNumber=arn%3Amfa&TokenCode=123456");
    answer(200, ANSWER("m"));
    expect_keys("m/SECRET/t&u");
    assert_false(talk.keys.renewable);
    end();
}

static void R6_T6_a_chain_with_a_code_in_it_cannot_be_renewed(void **state)
{
    (void)state;
    struct world world = {
        .config = "[profile a]\nrole_arn = A\nsource_profile = b\n"
                  "[profile b]\nrole_arn = B\nsource_profile = c\nmfa_serial = m\n"
                  "[profile c]\n" KEYS,
        .options = {.profile = "a"},
    };
    begin(&world);
    answer(0, "123456");
    answer(200, ANSWER("b"));
    answer(200, ANSWER("a"));
    expect_keys("a/SECRET/t&u");
    assert_false(talk.keys.renewable);
    end();
}

static void R6_E14_no_terminal(void **state)
{
    (void)state;
    struct error failure = {.kind = ERROR_CONFIG, .text = "a terminal is needed"};
    struct credentials_answer given = {.failure = &failure};
    begin(&mfa);
    step(&given);
    expect_error(ERROR_CONFIG, "mfa_serial", "'arn:mfa'", "terminal");
    end();
}

static void R8_answers_that_are_not_what_they_should_be(void **state)
{
    (void)state;
    static const struct {
        const char *body, *word;
        enum error_kind kind;
    } rows[] = {
        {"", "Credentials", ERROR_GARBLED},
        {"<html>", "Credentials", ERROR_GARBLED},
        {"<Credentials/>", "AccessKeyId", ERROR_GARBLED},
        {"<Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>"
         "<Expiration>" IN_AN_HOUR "</Expiration></Credentials>",
         "SessionToken", ERROR_GARBLED},
        {"<Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>"
         "<SessionToken>t<!-- c -->u</SessionToken></Credentials>",
         "SessionToken, or one that cannot be used", ERROR_GARBLED},
        {"<Credentials><Expiration>2027-01-15T08:00:00Z</Expiration><SessionToken>t</SessionToken>"
         "<SecretAccessKey>SECRET</SecretAccessKey><AccessKeyId> a </AccessKeyId></Credentials>",
         "expired", ERROR_DENIED},
        {"<Credentials><Expiration>x</Expiration><SessionToken>t</SessionToken>"
         "<SecretAccessKey>SECRET</SecretAccessKey><AccessKeyId>a</AccessKeyId></Credentials>",
         "Expiration", ERROR_GARBLED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(&simple);
        answer(200, rows[i].body);
        expect_error(rows[i].kind, "AssumeRole", "'R'", rows[i].word);
        end();
    }
}

static void R9_E8_refusals_are_told(void **state)
{
    (void)state;
    begin(&simple);
    answer(403, REFUSAL("AccessDenied"));
    expect_error(ERROR_DENIED, "AssumeRole", "'R'", "AccessDenied", "no <way>");
    end();
    begin(&simple);
    answer(403, "not xml");
    expect_error(ERROR_DENIED, "AssumeRole", "'R'", "403");
    end();
}

static void Y4_sts_may_ask_for_a_pause(void **state)
{
    (void)state;
    struct credentials_answer busy = {
        .status = 503, .output = text_from(""), .retry_after = "4000"};
    begin(&simple);
    step(&busy);
    expect_assume("R", "f");
    assert_in_range(talk.want.pause_ms, 4000, 4000);
    busy.retry_after = "60000";
    step(&busy);
    expect_assume("R", "f");
    assert_in_range(talk.want.pause_ms, 5000, 7000);
    end();
}

static void R9_Y1_Y2_Y4_some_answers_are_asked_again(void **state)
{
    (void)state;
    begin(&simple);
    answer(400, REFUSAL("IDPCommunicationError"));
    expect_assume("R", "f");
    assert_in_range(talk.want.pause_ms, 0, 1000);
    answer(503, "");
    expect_assume("R", "f");
    assert_in_range(talk.want.pause_ms, 0, 2000);
    answer(400, REFUSAL("Throttling"));
    expect_error(ERROR_DENIED, "Throttling");
    end();
    begin(&simple);
    fail_to_send(true, false);
    fail_to_send(true, true);
    answer(500, "");
    expect_error(ERROR_UNAVAILABLE, "AssumeRole", "500");
    end();
    begin(&simple);
    answer(429, "");
    expect_assume("R", "f");
    answer(400, "<E><Error><Code>LimitExceededException</Code><Message>Rate "
                "exceeded</Message></Error></E>");
    expect_assume("R", "f");
    answer(200, ANSWER("a"));
    expect_keys("a/SECRET/t&u");
    end();
    begin(&simple);
    answer(501, "");
    expect_error(ERROR_UNAVAILABLE, "AssumeRole", "501");
    end();
    begin(&simple);
    answer(400, REFUSAL("LimitExceededException")); /* a quota */
    expect_error(ERROR_DENIED, "LimitExceededException");
    end();
    begin(&simple);
    fail_to_send(false, false);
    expect_error(ERROR_UNAVAILABLE, "AssumeRole", "no connection to HOST");
    end();
}

static void Y5_without_budget_nothing_is_asked_again(void **state)
{
    (void)state;
    begin(&simple);
    talk.budget.tokens = 0;
    answer(503, "");
    expect_error(ERROR_UNAVAILABLE, "AssumeRole", "503");
    end();
    begin(&simple);
    answer(503, "");
    assert_true(talk.budget.tokens < RETRY_QUOTA);
    answer(200, ANSWER("a"));
    assert_int_equal(talk.budget.tokens, RETRY_QUOTA);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P2_R2_R7_role_from_a_source_profile),
        cmocka_unit_test(T3_R2_the_whole_chain_is_asked_again),
        cmocka_unit_test(P2_role_beats_static_keys_and_web_identity_of_the_environment),
        cmocka_unit_test(R1_exactly_one_source),
        cmocka_unit_test(R2_E7_source_profile_must_exist_and_have_keys),
        cmocka_unit_test(R2_chain_of_three_roles),
        cmocka_unit_test(R2_role_of_a_source_with_static_keys_is_ignored),
        cmocka_unit_test(R2_process_of_the_source_profile),
        cmocka_unit_test(R3_loop),
        cmocka_unit_test(R4_credential_source),
        cmocka_unit_test(R5_options_that_are_set_are_sent),
        cmocka_unit_test(R5_session_names),
        cmocka_unit_test(R6_mfa_code_is_asked_and_sent),
        cmocka_unit_test(R6_T6_a_chain_with_a_code_in_it_cannot_be_renewed),
        cmocka_unit_test(R6_E14_no_terminal),
        cmocka_unit_test(R8_answers_that_are_not_what_they_should_be),
        cmocka_unit_test(R9_E8_refusals_are_told),
        cmocka_unit_test(Y4_sts_may_ask_for_a_pause),
        cmocka_unit_test(R9_Y1_Y2_Y4_some_answers_are_asked_again),
        cmocka_unit_test(Y5_without_budget_nothing_is_asked_again),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
