#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/pidfd.h"

#define PATIENCE_MS 60000

static pid_t pausing_child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            (void)pause();
    assert_true(pid > 0);
    return pid;
}

/* Waits as its users do. */
static void wait_for_the_end(const struct pidfd *process)
{
    struct mono limit = mono_add(mono_now(), PATIENCE_MS);
    while (!pidfd_has_ended(process)) {
        struct pollfd fd = {.fd = process->fd, .events = POLLIN};
        assert_false(mono_reached(mono_now(), limit));
        struct mono look_at = pidfd_look_at(process, mono_now());
        (void)poll(&fd, 1, look_at.ms == MONO_NEVER.ms ? PATIENCE_MS : PIDFD_LOOK_MS);
    }
}

/* with_fd: false as on a kernel without descriptors of processes. */
static struct pidfd open_child(bool with_fd)
{
    struct pidfd process = PIDFD_NONE;
    pid_t pid = pausing_child();
    assert_true(pidfd_open_process(pid, &process));
    assert_int_equal(process.pid, pid);
    if (process.fd < 0 && with_fd)
        skip(); /* valgrind */
    if (!with_fd) {
        pidfd_close(&process);
        process.pid = pid;
    }
    return process;
}

static void an_end_is_known_before_and_after_it_is_reaped(void **state)
{
    (void)state;
    for (int with_fd = 0; with_fd < 2; with_fd++) {
        struct pidfd process = open_child(with_fd);
        int status = 0;
        assert_false(pidfd_has_ended(&process));
        pidfd_signal(&process, SIGTERM);
        wait_for_the_end(&process);
        assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
        assert_true(pidfd_has_ended(&process));
        pidfd_signal(&process, SIGTERM); /* nobody is there: nothing happens */
        pidfd_close(&process);
        assert_false(pidfd_has_ended(&process)); /* there is none */
    }
}

static void there_is_none_of_a_number_that_is_free(void **state)
{
    (void)state;
    struct pidfd process = PIDFD_NONE;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(pidfd_open_process(pid, &process));
    assert_int_equal(process.fd, -1);
}

static void only_without_a_descriptor_one_must_look_again(void **state)
{
    (void)state;
    struct mono now = {1000};
    struct pidfd with = {.pid = 1, .fd = 3}, without = {.pid = 1, .fd = -1};
    assert_true(pidfd_look_at(&with, now).ms == MONO_NEVER.ms);
    assert_true(pidfd_look_at(&without, now).ms == 1000 + PIDFD_LOOK_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_is_known_before_and_after_it_is_reaped),
        cmocka_unit_test(there_is_none_of_a_number_that_is_free),
        cmocka_unit_test(only_without_a_descriptor_one_must_look_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
