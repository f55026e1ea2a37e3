#include "unit.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws_world.h"

/* Loads and expects success. */
static void load(struct world *world, struct aws_settings *settings)
{
    struct error err = {0};
    if (world_load(world, settings, &err) != 0) {
        print_error("%s\n", err.text);
        fail();
    }
}

/* Loads, expects ERROR_CONFIG and every word in the line. */
static void refused(struct world *world, const char *const *words)
{
    struct aws_settings settings;
    struct error err = {0};
    assert_int_equal(world_load(world, &settings, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_null(strchr(err.text, '\n'));
    for (; *words; words++) {
        if (!strstr(err.text, *words))
            print_error("no '%s' in '%s'\n", *words, err.text);
        assert_non_null(strstr(err.text, *words));
    }
}

#define REFUSED(world, ...) refused((world), (const char *const[]){__VA_ARGS__, NULL})

static void check_region(struct world *world, const char *expected)
{
    struct aws_settings settings;
    load(world, &settings);
    assert_string_equal(settings.has_region ? settings.region.name : "none", expected);
    aws_settings_free(&settings);
}

static void S1_S5_G1_region_from_option_environment_profile(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_DEFAULT_REGION=d", "AWS_REGION=e"},
        .config = "[default]\nregion = p",
        .options = {.region = "o"},
    };
    check_region(&world, "o");
    world.options.region = NULL;
    check_region(&world, "e");
    world.variables[1] = NULL;
    check_region(&world, "d");
    world.variables[0] = NULL;
    check_region(&world, "p");
    world.config = NULL;
    check_region(&world, "none");
}

/* All that settings with two names come to, as one line. */
static void check_line(struct world *world, const char *expected)
{
    struct aws_settings settings;
    char line[300];
    load(world, &settings);
    const struct imds_settings *imds = &settings.imds;
    (void)snprintf(line, sizeof(line), "%d%d%d%d %s %u %u %u %s %s", settings.fips,
                   settings.dual_stack, settings.ignore_endpoints, imds->v1_disabled,
                   imds->endpoint + strlen("http://"), settings.max_attempts, imds->attempts,
                   (unsigned)imds->timeout_ms, settings.app_id ? settings.app_id : "",
                   settings.ca_bundle ? settings.ca_bundle : "");
    check_row(strcmp(line, expected) == 0, line);
    aws_settings_free(&settings);
}

#define BY_MODE "169.254.169.254"

static void S1_every_setting_by_its_variable_and_its_key(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *key, *expected;
    } rows[] = {
        {"X=", "x =", "0000 " BY_MODE " 3 0 1000  "},
        {"AWS_USE_FIPS_ENDPOINT=true", "use_fips_endpoint = true", "1000 " BY_MODE " 3 0 1000  "},
        {"AWS_USE_DUALSTACK_ENDPOINT=true", "use_dualstack_endpoint = true",
         "0100 " BY_MODE " 3 0 1000  "},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "ignore_configured_endpoint_urls = true",
         "0010 " BY_MODE " 3 0 1000  "},
        {"AWS_EC2_METADATA_V1_DISABLED=true", "ec2_metadata_v1_disabled = true",
         "0001 " BY_MODE " 3 0 1000  "},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://h", "ec2_metadata_service_endpoint = http://h",
         "0000 h 3 0 1000  "},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6", "ec2_metadata_service_endpoint_mode = IPv6",
         "0000 [fd00:ec2::254] 3 0 1000  "},
        {"AWS_MAX_ATTEMPTS=7", "max_attempts = 7", "0000 " BY_MODE " 7 0 1000  "},
        {"AWS_METADATA_SERVICE_NUM_ATTEMPTS=7", "metadata_service_num_attempts = 7",
         "0000 " BY_MODE " 3 7 1000  "},
        {"AWS_METADATA_SERVICE_TIMEOUT=7", "metadata_service_timeout = 7",
         "0000 " BY_MODE " 3 0 7000  "},
        {"AWS_SDK_UA_APP_ID=me", "sdk_ua_app_id = me", "0000 " BY_MODE " 3 0 1000 me "},
        {"AWS_CA_BUNDLE=/dev/null", "ca_bundle = /dev/null",
         "0000 " BY_MODE " 3 0 1000  /dev/null"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char config[100];
        (void)snprintf(config, sizeof(config), "[default]\n%s\n", rows[i].key);
        check_line(&(struct world){.variables = {rows[i].variable}}, rows[i].expected);
        check_line(&(struct world){.config = config}, rows[i].expected);
    }
}

static void S2_empty_counts_as_unset(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_DEFAULT_REGION=d", "AWS_REGION=", "AWS_PROFILE=", "AWS_MAX_ATTEMPTS=",
                      "AWS_CA_BUNDLE=", "AWS_CONFIG_FILE="},
        .config = "[default]\nregion = p\nmax_attempts = 5\nretry_mode =",
        .options = {.region = ""},
    };
    struct aws_settings settings;
    check_region(&world, "d");
    load(&world, &settings);
    assert_int_equal(settings.max_attempts, 5);
    assert_string_equal(settings.profile, "default");
    aws_settings_free(&settings);
}

static void S3_only_true_is_true(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *config;
        bool fips;
    } rows[] = {
        {"AWS_USE_FIPS_ENDPOINT=true", "", true},
        {"AWS_USE_FIPS_ENDPOINT=TrUe", "", true},
        {"AWS_USE_FIPS_ENDPOINT=1", "", false},
        {"AWS_USE_FIPS_ENDPOINT=yes", "", false},
        {"X=", "[default]\nuse_fips_endpoint = TRUE", true},
        {"AWS_USE_FIPS_ENDPOINT=false", "[default]\nuse_fips_endpoint = true", false},
        {"AWS_USE_FIPS_ENDPOINT=", "[default]\nuse_fips_endpoint = true", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.variables = {rows[i].variable}, .config = rows[i].config};
        struct aws_settings settings;
        load(&world, &settings);
        check_row(settings.fips == rows[i].fips, rows[i].variable);
        aws_settings_free(&settings);
    }
}

static void S4_nothing_is_inherited_from_default(void **state)
{
    (void)state;
    struct world world = {
        .config = "[default]\nregion = p\n[profile x]\n",
        .options = {.profile = "x"},
    };
    check_region(&world, "none");
}

static void S6_STS_is_always_regional(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_STS_REGIONAL_ENDPOINTS=legacy"},
                          .config = "[default]\nsts_regional_endpoints = legacy"};
    struct aws_settings settings;
    CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
    load(&world, &settings);
    assert_int_equal(aws_settings_endpoint(&settings, AWS_STS, "us-east-1", &url, NULL), 0);
    assert_string_equal(buf_text(&url), "https://sts.us-east-1.amazonaws.com");
    aws_settings_free(&settings);
}

static void S7_E3_numbers_and_modes(void **state)
{
    (void)state;
    static const char *const names[] = {"AWS_MAX_ATTEMPTS", "AWS_METADATA_SERVICE_TIMEOUT",
                                        "AWS_METADATA_SERVICE_NUM_ATTEMPTS"};
    static const char *const values[] = {"0", "-1", "1.5", "x", "99999999999"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 5; j++) {
            char variable[100];
            (void)snprintf(variable, sizeof(variable), "%s=%s", names[i], values[j]);
            struct world world = {.variables = {variable}};
            REFUSED(&world, names[i], values[j]);
        }
    }
    struct world mode = {.variables = {"AWS_RETRY_MODE=fast"}};
    REFUSED(&mode, "AWS_RETRY_MODE", "fast");
    struct world profile = {.config = "[default]\nmax_attempts = none"};
    REFUSED(&profile, "max_attempts", "none", "default");
    static const char *const modes[] = {"legacy", "standard", "adaptive"};
    for (size_t i = 0; i < 3; i++) {
        char variable[100];
        (void)snprintf(variable, sizeof(variable), "AWS_RETRY_MODE=%s", modes[i]);
        struct world world = {.variables = {variable, "AWS_MAX_ATTEMPTS=7"}};
        struct aws_settings settings;
        load(&world, &settings);
        assert_int_equal(settings.max_attempts, 7);
        aws_settings_free(&settings);
    }
}

static void S7_M1_imds_mode_and_endpoint(void **state)
{
    (void)state;
    struct world bad = {.variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv5",
                                      "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1"}};
    REFUSED(&bad, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5");
    static const struct {
        const char *mode, *endpoint, *expected;
    } rows[] = {
        {"X=", "X=", "http://169.254.169.254"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=ipv4", "X=", "http://169.254.169.254"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPV6", "X=", "http://[fd00:ec2::254]"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6",
         "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1/", "http://127.0.0.1:1/"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.variables = {rows[i].mode, rows[i].endpoint}};
        struct aws_settings settings;
        load(&world, &settings);
        check_row(strcmp(settings.imds.endpoint, rows[i].expected) == 0, rows[i].expected);
        check_row(settings.imds.timeout_ms == 1000 && settings.imds.attempts == 0, "defaults");
        aws_settings_free(&settings);
    }
    struct world url = {.variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT=nowhere"}};
    REFUSED(&url, "endpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "nowhere");
}

static void S8_home_and_variables_in_file_names(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_CONFIG_FILE=~/c-$N${N}$none", "N=1",
                      "AWS_SHARED_CREDENTIALS_FILE=$HOME/k"},
        .config = "[default]\nregion = wrong",
    };
    struct aws_settings settings;
    world_write("c-11$none", "[default]\nregion = right");
    check_region(&world, "right");
    world.variables[0] = "AWS_CONFIG_FILE=~";
    REFUSED(&world, world_home, "directory");
    world.variables[0] = "AWS_CONFIG_FILE=~x/y";
    load(&world, &settings);
    assert_string_equal(settings.config_path, "~x/y");
    assert_string_equal(settings.credentials_path, world_path("k"));
    assert_string_equal(settings.home, world_home);
    aws_settings_free(&settings);
    world.variables[0] = "HOME="; /* then the user database knows */
    world.variables[1] = "AWS_CONFIG_FILE=/none";
    world.variables[2] = "AWS_SHARED_CREDENTIALS_FILE=/none";
    load(&world, &settings);
    const struct passwd *user = getpwuid(getuid());
    assert_string_equal(settings.home, user ? user->pw_dir : "");
    aws_settings_free(&settings);
}

static void S9_missing_files_are_empty_unreadable_ones_errors(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_CONFIG_FILE=/nowhere/at/all",
                                        "AWS_SHARED_CREDENTIALS_FILE=/nowhere/either"}};
    struct aws_settings settings;
    load(&world, &settings);
    assert_string_equal(settings.credentials_missing, "no such file");
    aws_settings_free(&settings);
    world.variables[1] = "AWS_SHARED_CREDENTIALS_FILE=/tmp";
    REFUSED(&world, "/tmp");
}

/* In a child that is not root: 0 if loading went as wanted. */
static int loaded_by_nobody(struct world *world, const char *folder)
{
    enum {
        NOBODY = 65534
    };
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct aws_settings settings;
        struct error err = {0};
        if (chmod(folder, 0) != 0 || (geteuid() == 0 && setuid(NOBODY) != 0))
            _exit(1);
        if (world_load(world, &settings, &err) != 0)
            _exit(2);
        _exit(strcmp(settings.config_missing, "may not be looked for") == 0 ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void S9_files_in_a_folder_that_may_not_be_entered_are_empty(void **state)
{
    (void)state;
    char folder[] = "/tmp/withlock-settings-XXXXXX", variables[2][100];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(variables[0], sizeof(variables[0]), "AWS_CONFIG_FILE=%s/config", folder);
    (void)snprintf(variables[1], sizeof(variables[1]), "AWS_SHARED_CREDENTIALS_FILE=%s/keys",
                   folder);
    struct world world = {.variables = {variables[0], variables[1], "AWS_REGION=eu-central-1"}};
    assert_int_equal(loaded_by_nobody(&world, folder), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void F11_E5_broken_file_is_an_error(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_ACCESS_KEY_ID=a"}, .credentials = "x\n"};
    REFUSED(&world, ".aws/credentials", "line 1");
}

static void check_profile(struct world *world, const char *name, enum profile_origin origin)
{
    struct aws_settings settings;
    load(world, &settings);
    assert_string_equal(settings.profile, name);
    assert_int_equal(settings.profile_origin, origin);
    aws_settings_free(&settings);
}

static void N1_which_profile(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_DEFAULT_PROFILE=d", "AWS_PROFILE=e"},
        .config = "[profile o]\n[profile e]\n",
        .credentials = "[d]\n",
        .options = {.profile = "o"},
    };
    check_profile(&world, "o", PROFILE_BY_OPTION);
    world.options.profile = NULL;
    check_profile(&world, "e", PROFILE_BY_ENVIRONMENT);
    world.variables[1] = NULL;
    check_profile(&world, "d", PROFILE_BY_ENVIRONMENT);
    world.variables[0] = NULL;
    check_profile(&world, "default", PROFILE_BY_DEFAULT);
}

static void N2_N3_E4_a_named_profile_must_exist(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_PROFILE=Web"},
        .config = "[profile web]\n[web2]\n",
    };
    REFUSED(&world, "profile", "'Web'", ".aws/config", ".aws/credentials");
    world.options.profile = "default";
    REFUSED(&world, "'default'");
    world.options.profile = "web2";
    REFUSED(&world, "'web2'");
}

static void E2_no_region_says_where_it_was_looked_for(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_EC2_METADATA_DISABLED=true"}};
    struct aws_settings settings;
    struct error err = {0};
    load(&world, &settings);
    assert_int_equal(aws_settings_no_region(&settings, "is disabled", &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.text, "region"));
    assert_non_null(strstr(err.text, "AWS_REGION"));
    assert_non_null(strstr(err.text, "'default'"));
    assert_non_null(strstr(err.text, ".aws/config"));
    assert_non_null(strstr(err.text, "disabled"));
    aws_settings_free(&settings);
}

static void G3_fips_region_switches_fips_on(void **state)
{
    (void)state;
    struct world world = {.variables = {"AWS_REGION=fips-us-east-1"}};
    struct aws_settings settings;
    load(&world, &settings);
    assert_string_equal(settings.region.name, "us-east-1");
    assert_true(settings.fips);
    aws_settings_free(&settings);
    world.variables[0] = "AWS_REGION=a.b";
    REFUSED(&world, "region", "AWS_REGION", "a.b");
}

static void X1_trust(void **state)
{
    (void)state;
    struct world world = {
        .variables = {"REQUESTS_CA_BUNDLE=/dev/zero", "AWS_CA_BUNDLE=/dev/null"},
        .config = "[default]\nca_bundle = /dev/full",
    };
    static const char *const expected[] = {"/dev/null", "/dev/full", "/dev/zero"};
    for (size_t i = 0; i < 3; i++) {
        struct aws_settings settings;

        if (i == 1)
            world.variables[1] = NULL;
        if (i == 2)
            world.config = NULL;
        load(&world, &settings);
        assert_string_equal(settings.ca_bundle, expected[i]);
        aws_settings_free(&settings);
    }
    world.options.ca_bundle = "/tmp";
    REFUSED(&world, "/tmp", "--ca-bundle", "directory");
    world.options.ca_bundle = "~/none.pem";
    REFUSED(&world, "~/none.pem", "--ca-bundle");
}

static void X2_proxies_lower_case_wins_and_all_proxy_is_not_read(void **state)
{
    (void)state;
    struct world world = {.variables = {"ALL_PROXY=http://all", "HTTPS_PROXY=http://S",
                                        "HTTP_PROXY=http://P", "NO_PROXY=n"}};
    struct aws_settings settings;
    load(&world, &settings);
    assert_string_equal(settings.https_proxy, "http://S");
    assert_string_equal(settings.http_proxy, "http://P");
    assert_string_equal(settings.no_proxy, "n");
    aws_settings_free(&settings);
    world.variables[2] = "https_proxy=http://s"; /* both are set */
    load(&world, &settings);
    assert_string_equal(settings.https_proxy, "http://s");
    assert_null(settings.http_proxy);
    aws_settings_free(&settings);
}

static void X3_user_agent(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *expected;
    } rows[] = {
        {"X=", "withlock/" WITHLOCK_VERSION},
        {"AWS_SDK_UA_APP_ID=my-app.1!", "withlock/" WITHLOCK_VERSION " app/my-app.1!"},
        {"AWS_SDK_UA_APP_ID=a b/c\n(d)", "withlock/" WITHLOCK_VERSION " app/a-b-c--d-"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = {.variables = {rows[i].variable}};
        struct aws_settings settings;
        CLEAN(buf) struct buf agent = BUF(200);
        load(&world, &settings);
        aws_settings_user_agent(&settings, &agent);
        check_row(strcmp(buf_text(&agent), rows[i].expected) == 0, rows[i].variable);
        aws_settings_free(&settings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S1_S5_G1_region_from_option_environment_profile),
        cmocka_unit_test(S1_every_setting_by_its_variable_and_its_key),
        cmocka_unit_test(S2_empty_counts_as_unset),
        cmocka_unit_test(S3_only_true_is_true),
        cmocka_unit_test(S4_nothing_is_inherited_from_default),
        cmocka_unit_test(S6_STS_is_always_regional),
        cmocka_unit_test(S7_E3_numbers_and_modes),
        cmocka_unit_test(S7_M1_imds_mode_and_endpoint),
        cmocka_unit_test(S8_home_and_variables_in_file_names),
        cmocka_unit_test(S9_missing_files_are_empty_unreadable_ones_errors),
        cmocka_unit_test(S9_files_in_a_folder_that_may_not_be_entered_are_empty),
        cmocka_unit_test(F11_E5_broken_file_is_an_error),
        cmocka_unit_test(N1_which_profile),
        cmocka_unit_test(N2_N3_E4_a_named_profile_must_exist),
        cmocka_unit_test(E2_no_region_says_where_it_was_looked_for),
        cmocka_unit_test(G3_fips_region_switches_fips_on),
        cmocka_unit_test(X1_trust),
        cmocka_unit_test(X2_proxies_lower_case_wins_and_all_proxy_is_not_read),
        cmocka_unit_test(X3_user_agent),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
