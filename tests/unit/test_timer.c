#include "unit.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "process/timer.h"

static _Atomic int64_t at_ms;

static bool wakes(const struct timer *timer)
{
    struct pollfd poll_fd = {.fd = timer->fd, .events = POLLIN};
    return poll(&poll_fd, 1, 10000) == 1;
}

static void a_timer_passes_and_stays_passed_until_moved(void **state)
{
    (void)state;
    struct timer timer;
    struct mono now = mono_now();
    assert_int_equal(timer_open(&timer, &at_ms, NULL), 0);

    assert_false(timer_passed(&timer));
    assert_true(timer_moment(&timer).ms == MONO_NEVER.ms);
    assert_int_equal(timer_set(&timer, mono_add(now, 60000)), 0);
    assert_false(timer_passed(&timer));
    assert_int_equal(mono_diff(timer_moment(&timer), now), 60000);

    assert_int_equal(timer_set(&timer, mono_add(now, 5)), 0);
    assert_true(wakes(&timer));
    assert_true(timer_passed(&timer));
    assert_true(timer_passed(&timer));
    assert_true(mono_reached(mono_now(), mono_add(now, 5)));

    assert_int_equal(timer_set(&timer, MONO_NEVER), 0);
    assert_false(timer_passed(&timer));
    timer_close(&timer);
}

static void a_timer_that_cannot_be_moved_stays_where_it_was(void **state)
{
    (void)state;
    struct timer timer;
    struct mono moment = mono_add(mono_now(), 60000);
    assert_int_equal(timer_open(&timer, &at_ms, NULL), 0);
    assert_int_equal(timer_set(&timer, moment), 0);
    timer_close(&timer);
    assert_int_equal(timer_set(&timer, mono_add(moment, 1000)), -1);
    assert_true(timer_moment(&timer).ms == moment.ms);
}

static void moments_long_past_pass_at_once(void **state)
{
    (void)state;
    static const int64_t moments[] = {INT64_MIN, -1, 0, 1};
    struct timer timer;
    assert_int_equal(timer_open(&timer, &at_ms, NULL), 0);
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        assert_int_equal(timer_set(&timer, (struct mono){moments[i]}), 0);
        assert_true(wakes(&timer));
        assert_true(timer_passed(&timer));
    }
    timer_close(&timer);
}

/* What cannot be tried without a suspend: that the kernel was asked for the right clock. */
static void it_counts_while_the_machine_is_suspended(void **state)
{
    (void)state;
    char path[64], line[128];
    int clock = -1;
    struct timer timer;
    assert_int_equal(timer_open(&timer, &at_ms, NULL), 0);
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", timer.fd);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        (void)sscanf(line, "clockid: %d", &clock);
    fclose(file);
    timer_close(&timer);
    assert_int_equal(clock, CLOCK_BOOTTIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_passes_and_stays_passed_until_moved),
        cmocka_unit_test(a_timer_that_cannot_be_moved_stays_where_it_was),
        cmocka_unit_test(moments_long_past_pass_at_once),
        cmocka_unit_test(it_counts_while_the_machine_is_suspended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
