/* What a run comes to before there is a lock. The rest needs a service: tests/e2e. */
#include "unit.h"

#include <unistd.h>

#include "exit_status.h"
#include "run/supervise.h"

#define ENDPOINT "http://127.0.0.1:1" /* tcpmux, which nobody serves */

static struct signals signals;
static const char *region, *endpoint;
static char ran[] = "/tmp/test_supervise-XXXXXX";

static const char *environment(const char *name)
{
    static const struct {
        const char *name;
        const char *const *value;
    } region_and_endpoint[] = {{"AWS_REGION", &region}, {"AWS_ENDPOINT_URL", &endpoint}};
    static const char *const others[][2] = {
        {"PATH", "/usr/bin:/bin"},          {"AWS_ACCESS_KEY_ID", "AKID"},
        {"AWS_SECRET_ACCESS_KEY", "s"},     {"AWS_CONFIG_FILE", "/dev/null"},
        {"AWS_EC2_METADATA_DISABLED", "1"}, {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
        {"AWS_MAX_ATTEMPTS", "1"},
    };
    for (size_t i = 0; i < 2; i++)
        if (strcmp(name, region_and_endpoint[i].name) == 0)
            return *region_and_endpoint[i].value;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(name, others[i][0]) == 0)
            return others[i][1];
    return NULL;
}

static int supervise_words(char *const *argv, struct error *err)
{
    static const struct aws_options aws = {.connect_timeout_ms = 1000, .read_timeout_ms = 1000};
    static const struct lock_settings lock = {.prefix = "jobs",
                                              .lock_timeout_ms = 900000,
                                              .role_timeout_ms = 900000,
                                              .settle_ms = 1000,
                                              .kill_after_ms = 10000,
                                              .release_timeout_ms = 1000};
    struct supervise_plan plan = {
        .argv = argv,
        .aws = &aws,
        .lock = &lock,
        .wait_ms = 0,
        .not_obtained_status = 1,
        .environment = environment,
    };
    return supervise(&plan, &signals, err);
}

static int begin(void **state)
{
    (void)state;
    int fd = mkstemp(ran);
    return fd < 0 || close(fd) != 0 || signals_init(&signals, NULL) != 0 ? -1 : 0;
}

/* The command of every row removes the file if it is ever started. */
static int nothing_has_run(void **state)
{
    (void)state;
    int missing = access(ran, F_OK);
    return missing || unlink(ran) != 0 ? -1 : 0;
}

static void what_ends_a_run_before_it_has_a_lock(void **state)
{
    (void)state;
    static const struct {
        const char *name, *command, *region, *endpoint;
        int status;
        const char *says;
    } rows[] = {
        {"no such command", "no-such-command", "eu-central-1", ENDPOINT, 127, "no-such-command"},
        {"not to be executed", "/dev/null", "eu-central-1", ENDPOINT, 126, "/dev/null"},
        {"no region", "rm", NULL, ENDPOINT, EXIT_STATUS_CONFIG, "region"},
        {"an endpoint that is none", "rm", "eu-central-1", "ftp://x", EXIT_STATUS_CONFIG, "ftp"},
        {"nobody answers", "rm", "eu-central-1", ENDPOINT, EXIT_STATUS_UNAVAILABLE, "127.0.0.1:1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err;
        char *argv[] = {(char *)rows[i].command, ran, NULL};
        region = rows[i].region;
        endpoint = rows[i].endpoint;
        check_row(supervise_words(argv, &err) == rows[i].status, rows[i].name);
        check_row(err.kind != ERROR_NONE && strstr(err.text, rows[i].says), rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ends_a_run_before_it_has_a_lock),
    };
    return cmocka_run_group_tests(tests, begin, nothing_has_run);
}
