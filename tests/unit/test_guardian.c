/* guardian, guardian_watch and guardian_process together: real processes, no lock. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "process/guardian.h"
#include "process/guardian_process.h"

#define LIMIT_MS   60000 /* of one wait; nothing takes so long unless it is broken */
#define WORDS(...) ((char *const *)(const char *const[]){__VA_ARGS__, NULL})

static const char *const no_variables[] = {NULL};
static struct signals signals;
static struct guardian_settings settings = {.signals = &signals, .kill_after_ms = 100};
static struct guardian guardian;

static int begin(void **state)
{
    (void)state;
    return signals_init(&signals, NULL);
}

static int finish(void **state)
{
    (void)state;
    guardian_finish(&guardian);
    return 0;
}

static void start(char *const *argv)
{
    settings.argv = argv;
    assert_int_equal(guardian_start(&guardian, &settings, NULL), 0);
}

/* Waits for news of the guardian, or of a child. */
static void wait_for_news(void)
{
    struct signals_seen seen;
    struct pollfd fds[] = {{guardian_fd(&guardian), POLLIN, 0}, {signals.fd, POLLIN, 0}};
    assert_true(poll(fds, 2, LIMIT_MS) > 0);
    while (signals_next(&signals, &seen))
        ;
}

/* Until this event came; those before it are passed over. */
static struct guardian_seen until(enum guardian_event wanted)
{
    struct guardian_seen seen;
    enum guardian_event event;
    while ((event = guardian_next(&guardian, &seen)) != wanted) {
        if (event == GUARDIAN_NOTHING)
            wait_for_news();
        else if (event == GUARDIAN_ENDED || event == GUARDIAN_NOT_STARTED)
            fail_msg("event %d, not %d", event, wanted);
    }
    return seen;
}

static void launch(char *const *argv)
{
    start(argv);
    assert_int_equal(guardian_launch(&guardian, no_variables, NULL), 0);
}

static void the_command_is_started_and_its_status_is_told(void **state)
{
    (void)state;
    launch(WORDS("sh", "-c", "exit 3"));
    (void)until(GUARDIAN_STARTED);
    assert_int_equal(until(GUARDIAN_ENDED).status, 3);
}

static void what_cannot_be_executed_is_told(void **state)
{
    (void)state;
    launch(WORDS("/dev/null"));
    struct guardian_seen seen = until(GUARDIAN_NOT_STARTED);
    assert_true(seen.exec);
    assert_int_equal(seen.os_errno, EACCES);
}

static void a_command_that_has_moved_is_looked_for_again(void **state)
{
    (void)state;
    settings.file = "/nonexistent/sh"; /* where it was when the wait began */
    launch(WORDS("sh", "-c", "exit 4"));
    (void)until(GUARDIAN_STARTED);
    settings.file = NULL;
    assert_int_equal(until(GUARDIAN_ENDED).status, 4);
}

static void where_it_was_found_it_is_not_looked_for(void **state)
{
    (void)state;
    settings.file = "/bin/sh";
    launch(WORDS("no command of this name", "-c", "exit 4"));
    (void)until(GUARDIAN_STARTED);
    settings.file = NULL;
    assert_int_equal(until(GUARDIAN_ENDED).status, 4);
}

static void variables_without_room_start_nothing(void **state)
{
    (void)state;
    static char longest[GUARDIAN_VARIABLES_BYTES + 1] = "NAME=";
    const char *const variables[] = {longest, NULL};
    struct error err = {0};
    memset(longest + 5, 'x', sizeof(longest) - 6);
    start(WORDS("true"));
    assert_int_equal(guardian_launch(&guardian, variables, &err), -1);
    assert_int_equal(err.kind, ERROR_LIMIT);
}

static void a_deadline_that_has_passed_starts_nothing(void **state)
{
    (void)state;
    start(WORDS("true"));
    assert_int_equal(guardian_set_deadlines(&guardian, mono_now(), mono_now()), 0);
    assert_int_equal(guardian_launch(&guardian, no_variables, NULL), 0);
    struct guardian_seen seen = until(GUARDIAN_NOT_STARTED);
    assert_false(seen.exec);
    assert_int_equal(seen.os_errno, ETIME);
}

static void a_deadline_ends_the_command_and_nothing_takes_that_back(void **state)
{
    (void)state;
    launch(WORDS("sleep", "1000"));
    (void)until(GUARDIAN_STARTED);
    (void)guardian_end_command(&guardian, 100);
    assert_int_equal(guardian_set_deadlines(&guardian, MONO_NEVER, MONO_NEVER), 0);
    (void)until(GUARDIAN_ENDING);
    assert_int_equal(until(GUARDIAN_ENDED).status, 128 + SIGTERM);
}

static void who_ignores_term_gets_kill(void **state)
{
    (void)state;
    launch(WORDS("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"));
    (void)until(GUARDIAN_STARTED);
    struct mono now = mono_now();
    assert_int_equal(guardian_set_deadlines(&guardian, now, mono_add(now, 100)), 0);
    int status = until(GUARDIAN_ENDED).status;
    assert_true(status == 128 + SIGKILL || status == 128 + SIGTERM); /* before the trap */
}

static void a_stopped_guardian_is_continued(void **state)
{
    (void)state;
    start(WORDS("sh", "-c", "exit 5"));
    assert_int_equal(kill(guardian.pid, SIGSTOP), 0);
    wait_for_news(); /* of the stop, which is what guardian_died() acts on */
    assert_false(guardian_died(&guardian));
    assert_int_equal(guardian_launch(&guardian, no_variables, NULL), 0);
    assert_int_equal(until(GUARDIAN_ENDED).status, 5);
    assert_int_equal(guardian.nudges, 0);
}

static void a_killed_guardian_is_missed_before_there_is_a_command(void **state)
{
    (void)state;
    start(WORDS("true"));
    assert_int_equal(kill(guardian.pid, SIGKILL), 0);
    while (!guardian_died(&guardian))
        wait_for_news();
    assert_int_equal(guardian_launch(&guardian, no_variables, NULL), -1);
}

/* The kernel takes the command with it; all else is done in its place. */
static void a_killed_guardian_ends_the_command(void **state)
{
    (void)state;
    launch(WORDS("sh", "-c", "setsid sleep 1000 & sleep 1000"));
    (void)until(GUARDIAN_STARTED);
    assert_int_equal(kill(guardian.pid, SIGKILL), 0);
    assert_true(until(GUARDIAN_ENDING).guardian_died);
    assert_int_equal(until(GUARDIAN_ENDED).status, 128 + SIGKILL);
    assert_int_equal(sweep_signal(&guardian.ending.sweep, 0, NULL), 0);
}

/* Who waits for a lock waits long, with nothing to do. */
static void nobody_wakes_up_for_a_guardian_that_is_well(void **state)
{
    struct guardian_seen seen;
    (void)state;
    start(WORDS("true"));
    assert_true(timer_moment(&guardian.wake).ms != MONO_NEVER.ms); /* or it might be deaf */
    while (timer_moment(&guardian.wake).ms != MONO_NEVER.ms) {
        assert_int_equal(guardian_next(&guardian, &seen), GUARDIAN_NOTHING);
        if (timer_moment(&guardian.wake).ms != MONO_NEVER.ms)
            wait_for_news();
    }
    assert_int_equal(atomic_load(&guardian.shared->answered), guardian.asked);
    assert_int_equal(guardian.nudges, 0);
}

static void every_request_is_answered(void **state)
{
    (void)state;
    launch(WORDS("sh", "-c", "trap 'exit 6' TERM; while :; do sleep 0.02; done"));
    (void)until(GUARDIAN_STARTED);
    struct signals_seen term = {.number = SIGTERM};
    guardian_forward(&guardian, &term);
    int status = until(GUARDIAN_ENDED).status;
    assert_true(status == 6 || status == 128 + SIGTERM); /* before the trap */
    assert_int_equal(guardian.asked, 3);                 /* are you there, launch, signal */
    assert_int_equal(atomic_load(&guardian.shared->answered), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_command_is_started_and_its_status_is_told, finish),
        cmocka_unit_test_teardown(what_cannot_be_executed_is_told, finish),
        cmocka_unit_test_teardown(a_command_that_has_moved_is_looked_for_again, finish),
        cmocka_unit_test_teardown(where_it_was_found_it_is_not_looked_for, finish),
        cmocka_unit_test_teardown(variables_without_room_start_nothing, finish),
        cmocka_unit_test_teardown(a_deadline_that_has_passed_starts_nothing, finish),
        cmocka_unit_test_teardown(a_deadline_ends_the_command_and_nothing_takes_that_back, finish),
        cmocka_unit_test_teardown(who_ignores_term_gets_kill, finish),
        cmocka_unit_test_teardown(a_stopped_guardian_is_continued, finish),
        cmocka_unit_test_teardown(a_killed_guardian_is_missed_before_there_is_a_command, finish),
        cmocka_unit_test_teardown(a_killed_guardian_ends_the_command, finish),
        cmocka_unit_test_teardown(nobody_wakes_up_for_a_guardian_that_is_well, finish),
        cmocka_unit_test_teardown(every_request_is_answered, finish),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
