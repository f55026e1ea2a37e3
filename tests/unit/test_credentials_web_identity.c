#include "unit.h"

#include "aws_dialogue.h"

#define STS    "POST https://sts.us-east-1.amazonaws.com/"
#define ASSUME "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="

static char token_file[300];
static char token_variable[400];

/* A token file; its path in the environment's variable and for a profile. */
static void write_token(const char *token)
{
    world_write("token", token);
    (void)snprintf(token_file, sizeof(token_file), "%s", world_path("token"));
    (void)snprintf(token_variable, sizeof(token_variable), "AWS_WEB_IDENTITY_TOKEN_FILE=%s",
                   token_file);
}

static void P3_W1_W3_R7_from_the_environment_not_signed(void **state)
{
    (void)state;
    write_token("ey.SECRET/+=\n");
    struct world world = {
        .variables = {token_variable, "AWS_ROLE_ARN=R", "AWS_ROLE_SESSION_NAME=me"},
        .credentials = "[default]\naws_access_key_id = f\naws_secret_access_key = g\n",
    };
    begin(&world);
    expect_send(STS, ASSUME "R&RoleSessionName=me&WebIdentityToken=ey.SECRET%2F%2B%3D%0A");
    assert_null(talk.want.sign_with);
    answer(200, "<R><Credentials><AccessKeyId>w</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                "<SessionToken>t</SessionToken><Expiration>" IN_AN_HOUR
                "</Expiration></Credentials></R>");
    expect_keys("w/s/t");
    assert_true(talk.keys.renewable);
    write_token("second");
    begin_again();
    expect_send(STS, ASSUME "R&RoleSessionName=me&WebIdentityToken=second");
    end();
}

static void W1_each_from_environment_then_profile(void **state)
{
    (void)state;
    char config[600];
    write_token("tok");
    (void)snprintf(config, sizeof(config),
                   "[default]\nrole_arn = P\nrole_session_name = prof\n"
                   "web_identity_token_file = %s\n[profile x]\nrole_arn = X\n"
                   "role_session_name = xx\nweb_identity_token_file = %s\n",
                   token_file, token_file);
    struct world world = {.variables = {"AWS_ROLE_ARN=E"}, .config = config};
    begin(&world);
    expect_send(STS, ASSUME "E&RoleSessionName=prof&WebIdentityToken=tok");
    end();
    world.options.profile = "x";
    begin(&world);
    expect_send(STS, ASSUME "X&RoleSessionName=xx&WebIdentityToken=tok");
    end();
}

static void W1_R2_of_a_source_profile(void **state)
{
    (void)state;
    char config[600];
    write_token("tok");
    (void)snprintf(config, sizeof(config),
                   "[default]\nrole_arn = A\nsource_profile = w\n"
                   "[profile w]\nrole_arn = W\nweb_identity_token_file = %s\n",
                   token_file);
    struct world world = {.variables = {"AWS_ROLE_ARN=E"}, .config = config};
    begin(&world);
    expect_send(STS, ASSUME "W&RoleSessionName=withlock-1800000000&WebIdentityToken=tok");
    end();
}

static void W2_E9_no_role(void **state)
{
    (void)state;
    write_token("tok");
    struct world world = {.variables = {token_variable}};
    begin(&world);
    expect_error(ERROR_DENIED, "role_arn", "AWS_ROLE_ARN", token_file);
    end();
}

static void W3_E9_missing_token_file(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_WEB_IDENTITY_TOKEN_FILE=/nowhere/token", "AWS_ROLE_ARN=R"}};
    begin(&world);
    expect_error(ERROR_DENIED, "'/nowhere/token'");
    end();
    world.variables[0] = "AWS_WEB_IDENTITY_TOKEN_FILE=/tmp";
    begin(&world);
    expect_error(ERROR_DENIED, "'/tmp'");
    end();
}

static void R9_refused(void **state)
{
    (void)state;
    write_token("tok");
    struct world world = {.variables = {token_variable, "AWS_ROLE_ARN=R"}};
    begin(&world);
    answer(400, "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>m</Message>"
                "</Error></ErrorResponse>");
    expect_error(ERROR_DENIED, "AssumeRoleWithWebIdentity", "'R'", "ExpiredTokenException");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P3_W1_W3_R7_from_the_environment_not_signed),
        cmocka_unit_test(W1_each_from_environment_then_profile),
        cmocka_unit_test(W1_R2_of_a_source_profile),
        cmocka_unit_test(W2_E9_no_role),
        cmocka_unit_test(W3_E9_missing_token_file),
        cmocka_unit_test(R9_refused),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
