/* The room on the stack is asked for, not tried. */
#include "unit.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/stack.h"

/* In a child, which cannot get its limit back: what the check says, as an exit status. */
static int checked(rlim_t limit_bytes)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct error err = {0};
        struct rlimit limit = {limit_bytes, limit_bytes};
        if (setrlimit(RLIMIT_STACK, &limit) != 0)
            _exit(2);
        if (stack_check_room(&err) == 0)
            _exit(0);
        _exit(err.kind == ERROR_SYSTEM && strstr(err.text, "ulimit -s") ? 1 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_limit_with_room_will_do(void **state)
{
    (void)state;
    assert_int_equal(checked(8 * 1024 * 1024), 0);
}

static void a_limit_that_what_is_there_uses_up_is_refused(void **state)
{
    (void)state;
    assert_int_equal(checked(STACK_NEEDED_BYTES / 2), 1);
    assert_int_equal(checked(STACK_NEEDED_BYTES), 1); /* the environment is there as well */
    assert_int_equal(checked(0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_with_room_will_do),
        cmocka_unit_test(a_limit_that_what_is_there_uses_up_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
