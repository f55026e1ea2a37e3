#include "unit.h"

#include <signal.h>
#include <unistd.h>

#include "process/job.h"

#define SELF     1000000001 /* numbers that no process has */
#define GUARDIAN 1000000002
#define STRANGER 1000000003

enum {
    NO_TERMINAL = 0,
    TERMINAL = 1,
    LEADER = 2
};

static const struct {
    const char *name;
    int where;
    struct signals_seen seen;
    bool forwards;
} cases[] = {
    {"TERM from a process", TERMINAL, {SIGTERM, false, STRANGER}, true},
    {"TERM from nobody known", TERMINAL, {SIGTERM, false, 0}, true},
    {"TERM without a terminal", NO_TERMINAL, {SIGTERM, false, STRANGER}, true},
    {"INT from the terminal", TERMINAL, {SIGINT, true, 0}, false},
    {"INT from a process", TERMINAL, {SIGINT, false, STRANGER}, true},
    {"INT from the kernel, but no terminal", NO_TERMINAL, {SIGINT, true, 0}, true},
    {"QUIT from the terminal", TERMINAL, {SIGQUIT, true, 0}, false},
    {"WINCH from the terminal", TERMINAL, {SIGWINCH, true, 0}, false},
    {"TSTP from the terminal", TERMINAL, {SIGTSTP, true, 0}, false},
    {"HUP as the shell goes", TERMINAL, {SIGHUP, true, 0}, false},
    {"HUP to the leader of the session", TERMINAL | LEADER, {SIGHUP, true, 0}, true},
    {"CONT to the leader of the session", TERMINAL | LEADER, {SIGCONT, true, 0}, true},
    {"INT to the leader of the session", TERMINAL | LEADER, {SIGINT, true, 0}, false},
    {"ALRM of a timer set before exec", TERMINAL, {SIGALRM, true, 0}, true},
    {"XCPU", TERMINAL, {SIGXCPU, true, 0}, true},
    {"USR1", NO_TERMINAL, {SIGUSR1, false, STRANGER}, true},
    {"the last real-time signal", NO_TERMINAL, {64, false, STRANGER}, true},
    {"CHLD", NO_TERMINAL, {SIGCHLD, true, 0}, false},
    {"URG", NO_TERMINAL, {SIGURG, false, STRANGER}, false},
    {"TTIN", TERMINAL, {SIGTTIN, true, 0}, false},
    {"TTOU", TERMINAL, {SIGTTOU, true, 0}, false},
    {"our own PIPE", NO_TERMINAL, {SIGPIPE, false, SELF}, false},
    {"PIPE from elsewhere", NO_TERMINAL, {SIGPIPE, false, STRANGER}, true},
    {"the guardian's CONT", TERMINAL, {SIGCONT, false, GUARDIAN}, false},
};

static void what_is_the_commands_business(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct job job = {
            .terminal = cases[i].where & TERMINAL,
            .session_leader = cases[i].where & LEADER,
            .self = SELF,
            .guardian = GUARDIAN,
        };
        check_row(job_forwards(&job, &cases[i].seen) == cases[i].forwards, cases[i].name);
    }
}

/* "kill 0" in the command: below a guardian, which is our own parent here. */
static void what_the_command_sent_to_its_group_is_not_repeated(void **state)
{
    (void)state;
    struct signals_seen seen = {SIGTERM, false, getpid()};
    struct job job = {.terminal = true, .self = SELF, .guardian = getppid()};
    assert_false(job_forwards(&job, &seen));
    job.terminal = false; /* in a group of its own it has signalled us, and only us, on purpose */
    assert_true(job_forwards(&job, &seen));
}

static void without_a_terminal_nobody_stops_along(void **state)
{
    (void)state;
    struct job job = {.terminal = false, .self = SELF, .guardian = GUARDIAN};
    assert_int_equal(job_stop_along(&job, getpid(), SIGTSTP), JOB_NOT_STOPPED);
}

static void a_command_that_runs_again_stops_nobody(void **state)
{
    (void)state;
    struct job job = {.terminal = true, .self = SELF, .guardian = GUARDIAN};
    assert_int_equal(job_stop_along(&job, getpid(), SIGTSTP), JOB_NOT_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_commands_business),
        cmocka_unit_test(what_the_command_sent_to_its_group_is_not_repeated),
        cmocka_unit_test(without_a_terminal_nobody_stops_along),
        cmocka_unit_test(a_command_that_runs_again_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
