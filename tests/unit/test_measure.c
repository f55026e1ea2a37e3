#include "unit.h"

#include "inspect/measure.h"

static void the_longest_lag_lies_between_its_bounds(void **state)
{
    (void)state;
    struct measure_lag lag = {0};
    measure_lag_add(&lag, MEASURE_NEVER, 30);
    measure_lag_add(&lag, MEASURE_NEVER, 20);
    assert_int_equal(lag.longest_ms, 0);
    assert_int_equal(lag.at_most_ms, 30);
    measure_lag_add(&lag, 4, 16); /* late: what the others took to look counts no longer */
    assert_int_equal(lag.longest_ms, 10);
    assert_int_equal(lag.at_most_ms, 16);
    measure_lag_add(&lag, 80, 120);
    measure_lag_add(&lag, 0, 60);
    measure_lag_add(&lag, MEASURE_NEVER, 500);
    assert_int_equal(lag.longest_ms, 100);
    assert_int_equal(lag.at_most_ms, 120);
    assert_int_equal(lag.rounds, 6);
    assert_int_equal(lag.late, 3);
}

static void skew_is_the_distance_of_the_extremes(void **state)
{
    (void)state;
    struct measure_skew skew = {0};
    measure_skew_add(&skew, 5000);
    assert_int_equal(measure_skew_span(&skew), 0);
    measure_skew_add(&skew, 4800);
    measure_skew_add(&skew, 5100);
    assert_int_equal(measure_skew_span(&skew), 300);
}

/* A service 12,345 ms ahead, asked at 10 moments: cut-off seconds narrow the difference down. */
static void whole_seconds_narrow_the_clock_down(void **state)
{
    (void)state;
    struct measure_clock clock = {0};
    for (int64_t sent_ms = 1000000; sent_ms < 1001000; sent_ms += 100) {
        int64_t there_ms = sent_ms + 10 + 12345;
        measure_clock_add(&clock, there_ms / 1000 * 1000, sent_ms, sent_ms + 20);
    }
    assert_true(llabs(measure_clock_ahead(&clock) - 12345) <= measure_clock_doubt(&clock));
    assert_true(measure_clock_doubt(&clock) <= 100);
    assert_int_equal(clock.answers, 10);
}

static void the_settle_time_follows_the_bound(void **state)
{
    (void)state;
    assert_int_equal(measure_settle(0), 100);
    assert_int_equal(measure_settle(400), 1000); /* 2 x 400 and a quarter */
    assert_int_equal(measure_settle(401), 1100);
    assert_int_equal(measure_settle_with_roles(400, 0, 0), 1000);
    assert_int_equal(measure_settle_with_roles(400, 500, 200), 2000); /* 1000 + 400 + 200, + 1/4 */
}

static void trips_in_order(void **state)
{
    (void)state;
    static struct measure_trips trips;
    assert_int_equal(measure_trip_at(&trips, 50), 0);
    for (int i = 101; i > 0; i--)
        measure_trip_add(&trips, i);
    assert_int_equal(measure_trip_at(&trips, 0), 1);
    assert_int_equal(measure_trip_at(&trips, 50), 51);
    assert_int_equal(measure_trip_at(&trips, 100), 101);
    for (int i = 0; i < 2 * MEASURE_SAMPLES_MAX; i++)
        measure_trip_add(&trips, 0);
    assert_int_equal(trips.count, MEASURE_SAMPLES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_lag_lies_between_its_bounds),
        cmocka_unit_test(skew_is_the_distance_of_the_extremes),
        cmocka_unit_test(whole_seconds_narrow_the_clock_down),
        cmocka_unit_test(the_settle_time_follows_the_bound),
        cmocka_unit_test(trips_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
