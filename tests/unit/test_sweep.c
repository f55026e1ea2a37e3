#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/sweep.h"

static const struct {
    const char *name;
    const char *text;
    int result;
    struct sweep_process process;
} lines[] = {
    {"plain",
     "12 (sh) S 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 2 20 345 22 23\n",
     0,
     {12, "sh", 3, 4, 5, 'S', 2, 345}},
    {"name with parentheses and blanks",
     "12 (a) Z 9 (b)) T 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1 20 345 22\n",
     0,
     {12, "a) Z 9 (b)", 3, 4, 5, 'T', 1, 345}},
    {"negative numbers as the kernel has them",
     "1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 -7 8 20 0 1 0 18446744073709551615 9\n",
     0,
     {1, "init", 0, 1, 1, 'S', 1, 18446744073709551615ULL}},
    {"a name longer than that of a program",
     "9 (kworker/u4:2-events) I 2 0 0 6 7 8 9 10 11 12 13 14 15 16 17 18 1 20 34 22\n",
     0,
     {9, "kworker/u4:2-ev", 2, 0, 0, 'I', 1, 34}},
    {"empty", "", -1, {0}},
    {"parentheses the wrong way round", "12 )sh( S 3 4", -1, {0}},
    {"no name", "12 S 3 4", -1, {0}},
    {"cut short", "12 (sh) S 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 2 20", -1, {0}},
};

static void parse_takes_a_line_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct sweep_process process = {.pid = -7};
        check_row(sweep_parse(lines[i].text, &process) == lines[i].result, lines[i].name);
        if (lines[i].result != 0) {
            check_row(process.pid == -7, lines[i].name);
            continue;
        }
        const struct sweep_process *expected = &lines[i].process;
        check_row(process.pid == expected->pid, lines[i].name);
        check_row(strcmp(process.name, expected->name) == 0, lines[i].name);
        check_row(process.parent == expected->parent, lines[i].name);
        check_row(process.group == expected->group, lines[i].name);
        check_row(process.session == expected->session, lines[i].name);
        check_row(process.state == expected->state, lines[i].name);
        check_row(process.threads == expected->threads, lines[i].name);
        check_row(process.start_ticks == expected->start_ticks, lines[i].name);
    }
}

/* A child that has a child, both waiting to be killed. Returns the child, ret_below the other. */
static pid_t grow(pid_t *ret_below)
{
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        pid_t below = fork();
        if (below == 0) {
            for (;;)
                pause();
        }
        if (write(pipe_fds[1], &below, sizeof(below)) != sizeof(below))
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipe_fds[0], ret_below, sizeof(*ret_below)), sizeof(*ret_below));
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return child;
}

static void reap(pid_t child, int expected_signal)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), expected_signal);
}

static void a_sweep_reaches_all_below_but_those_spared(void **state)
{
    (void)state;
    struct sweep nothing, spare_first;
    pid_t first_below, second_below;
    struct sweep_found found;

    sweep_init(&nothing);
    assert_int_equal(nothing.spared_count, 0);
    assert_int_equal(sweep_signal(&nothing, 0, NULL), 0);
    pid_t first = grow(&first_below);
    sweep_init(&spare_first);
    assert_int_equal(spare_first.spared_count, 1);
    pid_t second = grow(&second_below);
    assert_true(sweep_descends(first_below, getpid()));
    assert_true(sweep_descends(second_below, second));
    assert_false(sweep_descends(second_below, first));
    assert_false(sweep_descends(getppid(), getpid()));

    assert_int_equal(sweep_signal(&nothing, 0, NULL), 4);
    assert_int_equal(sweep_signal(&spare_first, SIGKILL, &found), 2);
    assert_true(found.example == second || found.example == second_below);
    assert_int_equal(found.refused, 0);
    assert_false(found.by_parent);
    reap(second, SIGKILL);
    assert_int_equal(sweep_signal(&spare_first, 0, NULL), 0);
    assert_int_equal(sweep_signal(&nothing, SIGTERM, NULL), 2);
    reap(first, SIGTERM);
}

static void a_name_is_kept_from_kill_and_from_nothing_else(void **state)
{
    (void)state;
    needs_a_kernel();
    struct sweep sweep;
    struct sweep_process self;
    pid_t below;

    assert_int_equal(sweep_read(getpid(), &self), 0);
    sweep_init(&sweep);
    sweep.not_killed = self.name;
    pid_t child = grow(&below);
    assert_int_equal(sweep_signal(&sweep, SIGKILL, NULL), 2);
    assert_int_equal(sweep_signal(&sweep, SIGTERM, NULL), 2);
    reap(child, SIGTERM);
    child = grow(&below);
    sweep.not_killed = "another";
    assert_int_equal(sweep_signal(&sweep, SIGKILL, NULL), 2);
    reap(child, SIGKILL);
}

static void a_zombie_is_not_alive(void **state)
{
    (void)state;
    struct sweep sweep;
    siginfo_t info;

    sweep_init(&sweep);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(sweep_signal(&sweep, 0, NULL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_takes_a_line_apart),
        cmocka_unit_test(a_sweep_reaches_all_below_but_those_spared),
        cmocka_unit_test(a_name_is_kept_from_kill_and_from_nothing_else),
        cmocka_unit_test(a_zombie_is_not_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
