/* Signals as readings from a descriptor. Each case is a process of its own: masks are inherited. */
#include "unit.h"

#include <poll.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/signals.h"

#define PATIENCE_MS 60000

static struct signals signals;

/* Runs the case in a child; what it returns is the line of the first thing that was wrong. */
static void alone(int (*trial)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        (void)setpgid(0, 0);
        int line = trial();
        if (line)
            print_error("line %d\n", line);
        (void)fflush(NULL);
        _exit(line ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

static bool comes(struct signals_seen *ret_seen)
{
    struct pollfd fd = {signals.fd, POLLIN, 0};
    return poll(&fd, 1, PATIENCE_MS) == 1 && signals_next(&signals, ret_seen);
}

static int by_processes_and_by_the_kernel(void)
{
    struct signals_seen seen;
    struct itimerval soon = {.it_value = {.tv_usec = 1000}};
    HOLDS(signals_init(&signals, NULL) == 0);
    HOLDS(!signals_next(&signals, &seen));
    HOLDS(kill(getpid(), SIGUSR1) == 0 && comes(&seen));
    HOLDS(seen.number == SIGUSR1 && !seen.kernel && seen.sender == getpid());
    HOLDS(setitimer(ITIMER_REAL, &soon, NULL) == 0 && comes(&seen));
    HOLDS(seen.number == SIGALRM && seen.kernel && seen.sender == 0);
    HOLDS(!signals_next(&signals, &seen));
    return 0;
}

static int what_was_ignored_is_not_seen(void)
{
    struct signals_seen seen;
    HOLDS(signal(SIGHUP, SIG_IGN) != SIG_ERR && signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    HOLDS(signals_init(&signals, NULL) == 0);
    HOLDS(kill(getpid(), SIGHUP) == 0 && !signals_next(&signals, &seen));
    HOLDS(kill(getpid(), SIGCHLD) == 0 && comes(&seen) && seen.number == SIGCHLD);
    return 0;
}

static int a_broken_pipe_of_our_own_is_dropped(void)
{
    struct signals_seen seen;
    int pipes[2];
    HOLDS(signals_init(&signals, NULL) == 0);
    HOLDS(pipe(pipes) == 0 && close(pipes[0]) == 0);
    HOLDS(write(pipes[1], "x", 1) < 0);
    HOLDS(!signals_next(&signals, &seen));
    return 0;
}

static int what_was_given_comes_back(void)
{
    sigset_t given, now;
    struct sigaction child;
    HOLDS(sigemptyset(&given) == 0 && sigaddset(&given, SIGUSR2) == 0);
    HOLDS(sigprocmask(SIG_SETMASK, &given, NULL) == 0);
    HOLDS(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    HOLDS(signals_init(&signals, NULL) == 0);
    HOLDS(sigprocmask(SIG_SETMASK, NULL, &now) == 0 && sigismember(&now, SIGTERM) == 1);
    signals_restore(&signals);
    HOLDS(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
    HOLDS(sigismember(&now, SIGTERM) == 0 && sigismember(&now, SIGUSR2) == 1);
    HOLDS(sigaction(SIGCHLD, NULL, &child) == 0 && child.sa_handler == SIG_IGN);
    signals_free(&signals);
    signals_free(&signals);
    HOLDS(signals.fd == -1);
    return 0;
}

static void they_are_told_apart_by_who_sent_them(void **state)
{
    (void)state;
    alone(by_processes_and_by_the_kernel);
    alone(what_was_ignored_is_not_seen);
    alone(a_broken_pipe_of_our_own_is_dropped);
}

static void mask_and_disposition_come_back(void **state)
{
    (void)state;
    alone(what_was_given_comes_back);
}

/* Stops by that very signal, once, and learns that it goes on. */
static void a_stop_is_seen_by_the_parent(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct signals_seen seen;
        (void)setpgid(0, 0);
        if (signals_init(&signals, NULL) != 0)
            _exit(1);
        signals_stop_self(SIGTSTP);
        _exit(comes(&seen) && seen.number == SIGCONT && !signals_next(&signals, &seen) ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(WSTOPSIG(status), SIGTSTP);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_int_equal(status, 0);
}

static void which_signals_end_a_process(void **state)
{
    (void)state;
    static const int ending[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGQUIT, SIGPIPE};
    static const int others[] = {SIGCHLD, SIGCONT, SIGURG,  SIGWINCH,
                                 SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
        check_row(signals_terminating(ending[i]), strsignal(ending[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        check_row(!signals_terminating(others[i]), strsignal(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_told_apart_by_who_sent_them),
        cmocka_unit_test(mask_and_disposition_come_back),
        cmocka_unit_test(a_stop_is_seen_by_the_parent),
        cmocka_unit_test(which_signals_end_a_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
