#include "unit.h"

#include "aws/credentials.h"
#include "aws/retry.h"
#include "aws_world.h"

#define NOW ((struct wall){1800000000000}) /* 2027-01-15T08:00:00Z */

#define KEYS_IN_ENVIRONMENT "AWS_ACCESS_KEY_ID=env-id", "AWS_SECRET_ACCESS_KEY=env-secret"

static struct retry_budget budget = {RETRY_QUOTA};

/* One step of a look-up: the keys as "id/secret/token", else "-" and the error is set. */
static void look(struct world *world, struct credentials *keys, struct error *err, char *out,
                 size_t size)
{
    struct aws_settings settings;
    struct credentials_want want = {0};
    (void)snprintf(out, size, "-");
    if (world_load(world, &settings, err) != 0)
        return;
    struct credentials_lookup *lookup =
        credentials_lookup_new(&settings, "us-east-1", &budget, err);
    assert_non_null(lookup);
    if (credentials_step(lookup, NOW, NULL, &want, err) == 0) {
        assert_int_equal(want.kind, CREDENTIALS_KEYS);
        credentials_take(lookup, keys);
        (void)snprintf(out, size, "%s/%s/%s", buf_text(&keys->id), buf_text(&keys->secret),
                       buf_text(&keys->token));
    }
    credentials_lookup_destroy(lookup);
    aws_settings_free(&settings);
}

static void expect(struct world *world, const char *expected)
{
    CLEAN(credentials) struct credentials keys;
    struct error err = {0};
    char out[200];
    credentials_init(&keys);
    look(world, &keys, &err, out, sizeof(out));
    if (strcmp(out, expected) != 0)
        print_error("%s: got '%s' (%s)\n", expected, out, err.text);
    assert_string_equal(out, expected);
}

static void refused(struct world *world, enum error_kind kind, const char *const *words)
{
    CLEAN(credentials) struct credentials keys;
    struct error err = {0};
    char out[200];
    credentials_init(&keys);
    look(world, &keys, &err, out, sizeof(out));
    assert_string_equal(out, "-");
    assert_int_equal(err.kind, kind);
    assert_null(strstr(err.text, "secret-value"));
    for (; *words; words++) {
        if (!strstr(err.text, *words))
            print_error("no '%s' in '%s'\n", *words, err.text);
        assert_non_null(strstr(err.text, *words));
    }
}

#define REFUSED(world, kind, ...) refused((world), (kind), (const char *const[]){__VA_ARGS__, NULL})

static void P1_environment(void **state)
{
    (void)state;
    struct world world = {
        .variables = {KEYS_IN_ENVIRONMENT},
        .credentials = "[default]\naws_access_key_id=f\naws_secret_access_key=g\n",
    };
    expect(&world, "env-id/env-secret/");
    world.variables[2] = "AWS_SESSION_TOKEN=new";
    expect(&world, "env-id/env-secret/new");
    world.variables[3] = "AWS_SECURITY_TOKEN=old";
    expect(&world, "env-id/env-secret/old");
}

static void P1_not_with_the_profile_option(void **state)
{
    (void)state;
    struct world world = {
        .variables = {KEYS_IN_ENVIRONMENT, "AWS_PROFILE=x"},
        .credentials = "[x]\naws_access_key_id=f\naws_secret_access_key=g\n",
    };
    expect(&world, "env-id/env-secret/");
    world.options.profile = "x";
    expect(&world, "f/g/");
}

static void P1_E6_half_a_key(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY="}};
    REFUSED(&world, ERROR_DENIED, "AWS_SECRET_ACCESS_KEY");
}

static void P1_a_secret_or_token_alone_is_nothing(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t"},
        .credentials = "[default]\naws_access_key_id=f\naws_secret_access_key=g\n",
    };
    expect(&world, "f/g/");
}

static void P1_blanks_are_nothing(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_ACCESS_KEY_ID= ", "AWS_SECRET_ACCESS_KEY=\t "},
        .credentials = "[default]\naws_access_key_id=f\naws_secret_access_key=g\n",
    };
    expect(&world, "f/g/");
    world.variables[0] = "AWS_ACCESS_KEY_ID=i";
    REFUSED(&world, ERROR_DENIED, "AWS_SECRET_ACCESS_KEY");
    world.variables[1] = "AWS_SECRET_ACCESS_KEY=s";
    world.variables[2] = "AWS_SESSION_TOKEN=  ";
    expect(&world, "i/s/");
}

static void P1_E17_expiration(void **state)
{
    (void)state;
    struct world world = {
        .variables = {KEYS_IN_ENVIRONMENT, "AWS_CREDENTIAL_EXPIRATION=2027-01-15T08:00:00Z"}};
    REFUSED(&world, ERROR_DENIED, "expired", "environment");
    world.variables[2] = "AWS_CREDENTIAL_EXPIRATION=2027-01-15T08:00:01Z";
    expect(&world, "env-id/env-secret/");
    CLEAN(credentials) struct credentials keys;
    char out[200];
    credentials_init(&keys);
    look(&world, &keys, NULL, out, sizeof(out));
    assert_false(keys.renewable);
    assert_false(credentials_expired(&keys, NOW));
    assert_true(credentials_expired(&keys, (struct wall){NOW.ms + 1000}));
    world.variables[2] = "AWS_CREDENTIAL_EXPIRATION=soon";
    REFUSED(&world, ERROR_DENIED, "AWS_CREDENTIAL_EXPIRATION");
}

static void P5_P8_F12_static_keys_come_from_one_file(void **state)
{
    (void)state;
    struct world world = {
        .config = "[default]\naws_access_key_id=c\naws_secret_access_key=d\naws_session_token=e\n",
        .credentials = "[default]\naws_access_key_id=f\naws_secret_access_key=g\n",
    };
    expect(&world, "f/g/");
    world.credentials = "[default]\naws_secret_access_key=g\n";
    expect(&world, "c/d/e");
    world.credentials = "[default]\naws_access_key_id=f\naws_secret_access_key=g\n"
                        "aws_session_token=n\naws_security_token=o\n";
    expect(&world, "f/g/o");
    world.config = NULL;
    world.credentials = "[default]\naws_access_key_id=f\naws_secret_access_key=g\n"
                        "aws_session_token=n\n";
    expect(&world, "f/g/n");
}

static void P5_E6_half_a_key_in_a_file(void **state)
{
    (void)state;
    struct world world = {
        .config = "[profile x]\naws_secret_access_key=d\n",
        .credentials = "[x]\naws_access_key_id=f\n",
        .options = {.profile = "x"},
    };
    REFUSED(&world, ERROR_DENIED, "aws_secret_access_key", "'x'", ".aws/credentials");
}

static void F7_E3_keys_with_a_blank(void **state)
{
    (void)state;
    struct world world = {
        .credentials =
            "[default]\naws_access_key_id=f\naws_secret_access_key=secret-value # mine\n",
    };
    REFUSED(&world, ERROR_CONFIG, "aws_secret_access_key", "comment", ".aws/credentials");
}

static void Z3_a_file_that_others_can_read_is_noted(void **state)
{
    (void)state;
    CLEAN(credentials) struct credentials keys;
    struct aws_settings settings;
    struct credentials_want want;
    struct world world = {.credentials =
                              "[default]\naws_access_key_id=f\naws_secret_access_key=g\n"};
    credentials_init(&keys);
    assert_int_equal(world_load(&world, &settings, NULL), 0);
    for (int mode = 0600; mode <= 0640; mode += 040) {
        struct credentials_lookup *lookup =
            credentials_lookup_new(&settings, "us-east-1", &budget, NULL);
        assert_int_equal(chmod(world_path(".aws/credentials"), (mode_t)mode), 0);
        assert_int_equal(credentials_step(lookup, NOW, NULL, &want, NULL), 0);
        credentials_take(lookup, &keys);
        assert_string_equal(keys.shared, mode == 0600 ? "" : world_path(".aws/credentials"));
        credentials_lookup_destroy(lookup);
    }
    aws_settings_free(&settings);
}

static void E1_nothing_found(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_EC2_METADATA_DISABLED=true"}};
    REFUSED(&world, ERROR_DENIED, "credentials", "AWS_ACCESS_KEY_ID", "'default'",
            ".aws/credentials' (no such file)", ".aws/config' (no such file)", "container",
            "metadata is disabled");
    world.config = "[default]\noutput = json\n";
    REFUSED(&world, ERROR_DENIED, ".aws/credentials' (no such file) and", ".aws/config', no");
    world.variables[1] = "AWS_SHARED_CREDENTIALS_FILE=/nowhere/keys";
    world.variables[2] = "AWS_CONFIG_FILE=/dev/null";
    REFUSED(&world, ERROR_DENIED, "'/nowhere/keys' (AWS_SHARED_CREDENTIALS_FILE: no such file)",
            "'/dev/null' (AWS_CONFIG_FILE)");
}

/* What a look-up does first: "keys ID", "ask HOST BODY", "run WORD", or what its error says. */
static void begins_with(struct world *world, const char *expected)
{
    struct aws_settings settings;
    struct credentials_want want = {0};
    struct error err = {0};
    char got[ERROR_TEXT_BYTES + 16] = "";
    assert_int_equal(world_load(world, &settings, &err), 0);
    struct credentials_lookup *lookup =
        credentials_lookup_new(&settings, "us-east-1", &budget, &err);
    CLEAN(credentials) struct credentials keys;
    credentials_init(&keys);
    if (credentials_step(lookup, NOW, NULL, &want, &err) != 0) {
        (void)snprintf(got, sizeof(got), "%s", err.text);
    } else if (want.kind == CREDENTIALS_KEYS) {
        credentials_take(lookup, &keys);
        (void)snprintf(got, sizeof(got), "keys %s", buf_text(&keys.id));
    } else if (want.kind == CREDENTIALS_SEND) {
        (void)snprintf(got, sizeof(got), "ask %s %s", want.request->host,
                       buf_text(&want.request->body));
    } else {
        (void)snprintf(got, sizeof(got), "run %s", want.program[0]);
    }
    check_row(strstr(got, expected) != NULL, got);
    credentials_lookup_destroy(lookup);
    aws_settings_free(&settings);
}

static void P2_P3_P4_P5_P6_P7_P8_P9_P10_first_match_wins(void **state)
{
    (void)state;
    /* Everything at once; then the one that won goes, and the next must win. */
    struct world world = {
        .variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/",
                      "AWS_WEB_IDENTITY_TOKEN_FILE=/dev/null", "AWS_ROLE_ARN=W",
                      KEYS_IN_ENVIRONMENT},
        .config = "[default]\nrole_arn=R\nsource_profile=base\nsso_account_id=1\n"
                  "sso_role_name=r\nsso_start_url=u\nsso_region=us-east-1\n"
                  "login_session=l\ncredential_process=program\n"
                  "aws_access_key_id=in-config\naws_secret_access_key=s\n"
                  "[profile base]\naws_access_key_id=b\naws_secret_access_key=s\n",
        .credentials = "[default]\naws_access_key_id=in-credentials\naws_secret_access_key=s\n",
    };
    begins_with(&world, "keys env-id");
    world.variables[3] = NULL;
    begins_with(&world, "ask sts.us-east-1.amazonaws.com Action=AssumeRole&");
    world.config = strstr(world.config, "sso_account_id");
    struct {
        const char *from, *expected;
    } rows[] = {
        {"sso_account_id", "ask sts.us-east-1.amazonaws.com Action=AssumeRoleWithWebIdentity&"},
        {"sso_account_id", "aws sso login"},
        {"sso_role_name", "uses SSO, but has no sso_account_id"},
        {"login_session", "keys in-credentials"},
        {"login_session", "aws login"},
        {"credential_process", "run program"},
        {"aws_access_key_id", "keys in-config"},
        {"aws_secret_access_key", "ask 127.0.0.1"},
        {"aws_secret_access_key", "ask 169.254.169.254"},
    };
    const char *all = world.config;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char config[500];
        (void)snprintf(config, sizeof(config), "[default]\n%s", strstr(all, rows[i].from));
        world.config = config;
        if (i == 1)
            world.variables[1] = NULL;
        if (i == 4)
            world.credentials = NULL;
        if (i == 8)
            world.variables[0] = NULL;
        begins_with(&world, rows[i].expected);
    }
}

static void E3_a_line_end_in_a_key_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *id, *secret, *token, *credentials, *holds[2];
    } rows[] = {
        {"AWS_ACCESS_KEY_ID=a\r",
         "AWS_SECRET_ACCESS_KEY=b",
         "X=",
         NULL,
         {"AWS_ACCESS_KEY_ID", "environment"}},
        {"AWS_ACCESS_KEY_ID=a",
         "AWS_SECRET_ACCESS_KEY=b\r",
         "X=",
         NULL,
         {"AWS_SECRET_ACCESS_KEY", "environment"}},
        {"AWS_ACCESS_KEY_ID=a",
         "AWS_SECRET_ACCESS_KEY=b",
         "AWS_SESSION_TOKEN=c\nd",
         NULL,
         {"AWS_SESSION_TOKEN", "environment"}},
        {"X=",
         "X=",
         "X=",
         "[default]\naws_access_key_id=a\naws_secret_access_key=b\naws_session_token=c\n  d\n",
         {"aws_session_token", ".aws/credentials"}},
        {"X=",
         "X=",
         "X=",
         "[default]\naws_access_key_id=a\naws_secret_access_key=b\rc\n",
         {"aws_secret_access_key", ".aws/credentials"}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.variables = {rows[i].id, rows[i].secret, rows[i].token},
                              .credentials = rows[i].credentials};
        struct credentials keys;
        struct error err = {0};
        char got[200];
        credentials_init(&keys);
        look(&world, &keys, &err, got, sizeof(got));
        check_row(strcmp(got, "-") == 0 && err.kind == ERROR_CONFIG, got);
        check_row(strstr(err.text, rows[i].holds[0]) != NULL, err.text);
        check_row(strstr(err.text, rows[i].holds[1]) != NULL, err.text);
        check_row(strpbrk(err.text, "\r\n") == NULL, err.text);
        credentials_free(&keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P2_P3_P4_P5_P6_P7_P8_P9_P10_first_match_wins),
        cmocka_unit_test(E3_a_line_end_in_a_key_is_named),
        cmocka_unit_test(P1_environment),
        cmocka_unit_test(P1_not_with_the_profile_option),
        cmocka_unit_test(P1_E6_half_a_key),
        cmocka_unit_test(P1_a_secret_or_token_alone_is_nothing),
        cmocka_unit_test(P1_blanks_are_nothing),
        cmocka_unit_test(P1_E17_expiration),
        cmocka_unit_test(P5_P8_F12_static_keys_come_from_one_file),
        cmocka_unit_test(P5_E6_half_a_key_in_a_file),
        cmocka_unit_test(F7_E3_keys_with_a_blank),
        cmocka_unit_test(Z3_a_file_that_others_can_read_is_noted),
        cmocka_unit_test(E1_nothing_found),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
