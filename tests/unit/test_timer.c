#include "unit.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "process/timer.h"

static void a_timer_passes_and_stays_passed_until_moved(void **state)
{
    (void)state;
    int fd = -1;
    struct error err;
    struct mono now = mono_now();
    assert_int_equal(timer_open(&fd, &err), 0);

    assert_false(timer_passed(fd));
    assert_true(timer_moment(fd, now).ms == MONO_NEVER.ms);
    timer_set(fd, mono_add(now, 60000));
    assert_false(timer_passed(fd));
    assert_in_range(mono_diff(timer_moment(fd, mono_now()), now), 59990, 60010);

    timer_set(fd, mono_add(now, 5));
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 10000), 1);
    assert_true(timer_passed(fd));
    assert_true(timer_passed(fd));
    assert_true(timer_moment(fd, now).ms == now.ms);
    assert_true(mono_reached(mono_now(), mono_add(now, 5)));

    timer_set(fd, MONO_NEVER);
    assert_false(timer_passed(fd));
    close(fd);
}

static void moments_long_past_pass_at_once(void **state)
{
    (void)state;
    static const int64_t moments[] = {INT64_MIN, -1, 0, 1};
    int fd = -1;
    assert_int_equal(timer_open(&fd, NULL), 0);
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        timer_set(fd, (struct mono){moments[i]});
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, 10000), 1);
    }
    close(fd);
}

/* What cannot be tried without a suspend: that the kernel was asked for the right clock. */
static void it_counts_while_the_machine_is_suspended(void **state)
{
    (void)state;
    char path[64], line[128];
    int fd = -1, clock = -1;
    assert_int_equal(timer_open(&fd, NULL), 0);
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        (void)sscanf(line, "clockid: %d", &clock);
    fclose(file);
    close(fd);
    assert_int_equal(clock, CLOCK_BOOTTIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_passes_and_stays_passed_until_moved),
        cmocka_unit_test(moments_long_past_pass_at_once),
        cmocka_unit_test(it_counts_while_the_machine_is_suspended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
