#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "run/waiting.h"

#define LIMIT_MS 60000 /* of one wait; nothing takes so long unless it is broken */

static struct signals signals;
static struct guardian_settings settings = {.signals = &signals};
static struct guardian guardian;
static struct waiting waiting;

static int begin_signals(void **state)
{
    (void)state;
    if (signal(SIGHUP, SIG_DFL) == SIG_ERR || signal(SIGTERM, SIG_DFL) == SIG_ERR)
        return -1; /* what was ignored on entry (nohup) stays ignored */
    return signals_init(&signals, NULL);
}

static int begin(void **state)
{
    static char *argv[] = {(char *)"true", NULL};
    (void)state;
    settings.argv = argv;
    return guardian_start(&guardian, &settings, NULL) != 0 ||
                   waiting_begin(&waiting, &signals, &guardian, NULL) != 0
               ? -1
               : 0;
}

static int end(void **state)
{
    (void)state;
    waiting_end(&waiting);
    waiting_end(&waiting); /* may run twice */
    guardian_finish(&guardian);
    return 0;
}

/* Waits until the wait is over. */
static void wait_for_the_end(void)
{
    struct wakeup_source source = waiting_wakeup(&waiting);
    bool over = false;
    while (!over) {
        struct pollfd fd = {.fd = source.fd, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
        over = wakeup_asked(&source);
    }
}

static void a_signal_ends_the_wait(void **state)
{
    (void)state;
    assert_false(waiting_is_over(&waiting));
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    wait_for_the_end();
    assert_int_equal(waiting.signal, SIGHUP);
    assert_false(waiting.guardian_died);
    assert_int_equal(kill(getpid(), SIGTERM), 0); /* the first one counts */
    wait_for_the_end();
    assert_int_equal(waiting.signal, SIGHUP);
}

static void a_signal_that_ends_nothing_is_passed_over(void **state)
{
    (void)state;
    struct wakeup_source source = waiting_wakeup(&waiting);
    assert_int_equal(kill(getpid(), SIGWINCH), 0);
    struct pollfd fd = {.fd = source.fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
    assert_false(wakeup_asked(&source));
}

static void a_dead_guardian_ends_the_wait(void **state)
{
    (void)state;
    assert_int_equal(kill(guardian.pid, SIGKILL), 0);
    wait_for_the_end();
    assert_true(waiting.guardian_died);
    assert_int_equal(waiting.signal, 0);
}

static void a_stopped_guardian_goes_on(void **state)
{
    (void)state;
    struct wakeup_source source = waiting_wakeup(&waiting);
    assert_int_equal(kill(guardian.pid, SIGSTOP), 0);
    struct pollfd fd = {.fd = signals.fd, .events = POLLIN}; /* SIGCHLD */
    assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
    assert_false(wakeup_asked(&source));
    assert_int_equal(kill(guardian.pid, SIGKILL), 0); /* after which it obeys as any */
    wait_for_the_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_signal_ends_the_wait, begin, end),
        cmocka_unit_test_setup_teardown(a_signal_that_ends_nothing_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(a_dead_guardian_ends_the_wait, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_guardian_goes_on, begin, end),
    };
    return cmocka_run_group_tests(tests, begin_signals, NULL);
}
