/* What withlock concludes from what the guardian has written; no guardian is there. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/guardian_watch.h"

static struct guardian_shared shared;
static struct guardian guardian;
static int other_end;

static int begin(void **state)
{
    int sockets[2];
    (void)state;
    memset(&shared, 0, sizeof(shared));
    guardian = (struct guardian){.shared = &shared};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return -1;
    guardian.socket = sockets[0];
    other_end = sockets[1];
    return timer_open(&guardian.wake, &shared.wake_at_ms, NULL);
}

static int finish(void **state)
{
    (void)state;
    timer_close(&guardian.wake);
    (void)close(guardian.socket);
    (void)close(other_end);
    return 0;
}

static void when_nothing_more_will_come_of_the_command(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum guardian_launch_state launch;
        bool exited, ending, cleared, over;
    } rows[] = {
        {"not begun", GUARDIAN_LAUNCH_PENDING, false, false, false, false},
        {"runs", GUARDIAN_LAUNCH_DONE, false, false, false, false},
        {"cannot be executed", GUARDIAN_LAUNCH_NO_EXEC, false, false, false, true},
        {"no process", GUARDIAN_LAUNCH_NO_PROCESS, false, false, false, true},
        {"has ended by itself", GUARDIAN_LAUNCH_DONE, true, false, false, true},
        {"is being ended", GUARDIAN_LAUNCH_DONE, false, true, false, false},
        {"is dead, not all that it started", GUARDIAN_LAUNCH_DONE, true, true, false, false},
        {"nothing of it is alive", GUARDIAN_LAUNCH_DONE, true, true, true, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        shared.launch = (int)rows[i].launch;
        shared.exited = rows[i].exited;
        shared.ending = rows[i].ending;
        shared.cleared = rows[i].cleared;
        check_row(guardian_launch_state(&guardian) == rows[i].launch, rows[i].name);
        check_row(guardian_is_over(&guardian) == rows[i].over, rows[i].name);
    }
}

static void a_request_is_sent_and_its_answer_waited_for(void **state)
{
    (void)state;
    struct guardian_request request;
    struct mono before = mono_now();
    assert_int_equal(guardian_request(&guardian, GUARDIAN_SIGNAL, SIGHUP), 0);
    assert_int_equal(recv(other_end, &request, sizeof(request), 0), sizeof(request));
    assert_int_equal(request.kind, GUARDIAN_SIGNAL);
    assert_int_equal(request.signal, SIGHUP);
    struct mono first = guardian.nudge_at;
    assert_true(mono_diff(first, before) >= GUARDIAN_NUDGE_MS);
    assert_int_equal(timer_moment(&guardian.wake).ms, first.ms);
    assert_int_equal(guardian_request(&guardian, GUARDIAN_ASK, 0), 0);
    assert_int_equal(guardian.nudge_at.ms, first.ms); /* the first one counts */
    assert_int_equal(guardian.asked, 2);
}

static void a_request_to_a_dead_guardian_fails_and_does_not_count(void **state)
{
    (void)state;
    (void)close(other_end);
    other_end = -1;
    assert_int_equal(guardian_request(&guardian, GUARDIAN_LAUNCH, 0), -1);
    assert_int_equal(guardian.asked, 0);
    assert_int_equal(timer_moment(&guardian.wake).ms, MONO_NEVER.ms);
}

/* One that is stopped takes what its socket holds; then we are told, and never wait. */
static void a_guardian_that_reads_nothing_holds_nobody_up(void **state)
{
    (void)state;
    unsigned taken = 0;
    while (taken < 100000 && guardian_request(&guardian, GUARDIAN_ASK, 0) == 0)
        taken++;
    assert_in_range(taken, 1, 99999);
    assert_int_equal(guardian.asked, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(when_nothing_more_will_come_of_the_command, begin, finish),
        cmocka_unit_test_setup_teardown(a_request_is_sent_and_its_answer_waited_for, begin, finish),
        cmocka_unit_test_setup_teardown(a_request_to_a_dead_guardian_fails_and_does_not_count,
                                        begin, finish),
        cmocka_unit_test_setup_teardown(a_guardian_that_reads_nothing_holds_nobody_up, begin,
                                        finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
