/* The thread: its start, its end, and what it cannot do without. Renewals: tests/e2e. */
#include "unit.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "run/heartbeat.h"

#define LIMIT_MS 60000 /* nothing takes so long unless it is broken */

static const char *environment(const char *name)
{
    static const char *const values[][2] = {
        {"AWS_ACCESS_KEY_ID", "AKID"},
        {"AWS_SECRET_ACCESS_KEY", "s"},
        {"AWS_REGION", "eu-central-1"},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}, /* tcpmux, which nobody serves */
        {"AWS_CONFIG_FILE", "/dev/null"},
        {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (strcmp(name, values[i][0]) == 0)
            return values[i][1];
    return NULL;
}

static struct aws_settings aws;
static struct session session;
static struct heartbeat heartbeat;

static int begin(void **state)
{
    static const struct aws_options options = {.connect_timeout_ms = 1000, .read_timeout_ms = 1000};
    static const struct wakeup_source nobody = {.fd = -1};
    (void)state;
    if (aws_settings_load(&aws, &options, environment, NULL) != 0)
        return -1;
    static const struct lock_settings lock = {.prefix = "jobs",
                                              .id = "me",
                                              .lock_timeout_ms = 900000,
                                              .role_timeout_ms = 900000,
                                              .settle_ms = 1000,
                                              .kill_after_ms = 10000,
                                              .wait_until = {INT64_MAX}, /* never */
                                              .arrival_tries = 1000000};
    struct session_config config = {
        .aws = &aws,
        .lock = &lock,
    };
    return session_init(&session, &config, &nobody, NULL);
}

static int end(void **state)
{
    (void)state;
    session_free(&session);
    aws_settings_free(&aws);
    return 0;
}

/* However long its next step would wait: requests fail, and are tried again after a pause. */
static void it_ends_when_it_is_told_to(void **state)
{
    (void)state;
    struct mono before = mono_now();
    assert_int_equal(heartbeat_start(&heartbeat, &session, NULL, false, NULL), 0);
    heartbeat_stop(&heartbeat);
    heartbeat_stop(&heartbeat); /* may run twice */
    assert_true(mono_diff(mono_now(), before) < LIMIT_MS);
}

static void nothing_is_lost_until_something_is(void **state)
{
    (void)state;
    struct error why;
    assert_int_equal(heartbeat_start(&heartbeat, &session, NULL, false, NULL), 0);
    struct pollfd fd = {.fd = heartbeat_fd(&heartbeat), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_false(heartbeat_lost(&heartbeat, &why));
    heartbeat_stop(&heartbeat);
}

static void without_descriptors_it_does_not_start(void **state)
{
    (void)state;
    struct error err = {0};
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = heartbeat_start(&heartbeat, &session, NULL, false, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_false(heartbeat.running);
    heartbeat_stop(&heartbeat); /* there is nothing to stop */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_ends_when_it_is_told_to, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_lost_until_something_is, begin, end),
        cmocka_unit_test_setup_teardown(without_descriptors_it_does_not_start, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
