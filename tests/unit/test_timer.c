#include "unit.h"

#include <poll.h>
#include <unistd.h>

#include "run/timer.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_passes_and_stays_passed_until_moved),
        cmocka_unit_test(moments_long_past_pass_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
