#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/report.h"
#include "run/supervise.h"
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

/* When it will wake up by itself. */
static int64_t armed_for_ms(void)
{
    struct itimerspec left;
    assert_int_equal(timerfd_gettime(waiting.timer_fd, &left), 0);
    return left.it_value.tv_sec * 1000 + (left.it_value.tv_nsec + 999999) / 1000000;
}

static void let_the_timer_pass(void)
{
    struct wakeup_source source = waiting_wakeup(&waiting);
    struct itimerspec now = {.it_value = {.tv_nsec = 1}};
    struct pollfd fd = {.fd = source.fd, .events = POLLIN};
    assert_int_equal(timerfd_settime(waiting.timer_fd, 0, &now, NULL), 0);
    assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
    assert_false(wakeup_asked(&source));
}

/* What has been written to a file, in lines. */
static unsigned lines_of(FILE *file)
{
    unsigned lines = 0;
    report_flush();
    rewind(file);
    for (int c = getc(file); c != EOF; c = getc(file))
        lines += c == '\n';
    return lines;
}

/* The wait's timer passes; what has been said by then goes on in `said`, not to the test's reader.
 */
struct told {
    unsigned lines;
    int64_t armed_ms;
};
static struct told pass(FILE *said)
{
    int stderr_fd = dup(STDERR_FILENO);
    assert_true(dup2(fileno(said), STDERR_FILENO) == STDERR_FILENO);
    let_the_timer_pass();
    struct told told = {.lines = lines_of(said), .armed_ms = armed_for_ms()};
    assert_true(dup2(stderr_fd, STDERR_FILENO) == STDERR_FILENO);
    (void)close(stderr_fd);
    return told;
}

/* Not on a terminal: after two seconds, and then once a minute. */
static void who_waits_is_told_once_a_minute(void **state)
{
    (void)state;
    static const struct lock_settings lock = {.prefix = "p", .id = "me", .slots = 1};
    static struct session session = {.config = {.lock = &lock}};
    FILE *said = tmpfile();
    assert_non_null(said);
    lock_init(&session.lock, &lock, mono_now());
    waiting_show(&waiting, &session);
    assert_in_range(armed_for_ms(), 1, SUPERVISE_FIRST_WORD_MS);

    waiting.since = mono_add(mono_now(), -SUPERVISE_FIRST_WORD_MS);
    struct told nobody_ahead = pass(said);
    assert_int_equal(nobody_ahead.lines, 0);
    assert_in_range(nobody_ahead.armed_ms, 1, SUPERVISE_IN_PLACE_MS);

    session.lock.position.behind = true;
    struct told first = pass(said), too_soon = pass(said);
    assert_int_equal(first.lines, 1);
    assert_in_range(first.armed_ms, SUPERVISE_AGAIN_MS / 2, SUPERVISE_AGAIN_MS);
    assert_int_equal(too_soon.lines, 1);

    assert_in_range(mono_diff(waiting.again_at, mono_now()), 1, SUPERVISE_AGAIN_MS);
    waiting.again_at = mono_now();
    assert_int_equal(pass(said).lines, 2);
    (void)fclose(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_signal_ends_the_wait, begin, end),
        cmocka_unit_test_setup_teardown(who_waits_is_told_once_a_minute, begin, end),
        cmocka_unit_test_setup_teardown(a_signal_that_ends_nothing_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(a_dead_guardian_ends_the_wait, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_guardian_goes_on, begin, end),
    };
    return cmocka_run_group_tests(tests, begin_signals, NULL);
}
