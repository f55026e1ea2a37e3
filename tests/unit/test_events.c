#include "unit.h"

#include <malloc.h>

#include "cwlogs-local/events.h"

#define HOUR ((int64_t)3600000)
#define DAY  (24 * HOUR)
#define NOW  ((int64_t)1800000000000)

/* A batch with an event of one byte at each of these times, which are counted from NOW. */
static void fill(struct events *events, const int64_t *times, size_t count)
{
    *events = (struct events){0};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(events_add(events, NOW + times[i], 1), 0);
}

static void what_is_taken_by_its_time(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t times[4];
        size_t count;
        int64_t retention_days;
        size_t first, end, too_old_end, expired_end, too_new;
        bool span_too_long;
    } rows[] = {
        {"now", {0}, 1, 0, 0, 1, 0, 0, 1, false},
        {"14 days", {-14 * DAY}, 1, 0, 0, 1, 0, 0, 1, false},
        {"older", {-14 * DAY - 1}, 1, 0, 1, 1, 1, 0, 1, false},
        {"2 hours ahead", {2 * HOUR}, 1, 0, 0, 1, 0, 0, 1, false},
        {"more", {2 * HOUR + 1}, 1, 0, 0, 0, 0, 0, 0, false},
        {"one each", {-15 * DAY, -1, 0, 3 * HOUR}, 4, 0, 1, 3, 1, 0, 3, false},
        {"kept for a day", {-15 * DAY, -2 * DAY, -DAY, 0}, 4, 1, 2, 4, 1, 2, 4, false},
        {"kept for 14", {-15 * DAY, -14 * DAY, -14 * DAY, -14 * DAY}, 4, 14, 1, 4, 1, 0, 4, false},
        {"kept for 30", {-15 * DAY, -14 * DAY}, 2, 30, 1, 2, 1, 0, 2, false},
        {"a day apart", {-DAY, 0}, 2, 0, 0, 2, 0, 0, 2, false},
        {"more than a day", {-DAY - 1, 0}, 2, 0, 0, 2, 0, 0, 2, true},
        {"only what is taken counts", {-15 * DAY, -DAY, 0, 3 * HOUR}, 4, 0, 1, 3, 1, 0, 3, false},
        {"none is taken", {-15 * DAY, 3 * HOUR}, 2, 0, 1, 1, 1, 0, 1, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct events events;
        fill(&events, rows[i].times, rows[i].count);
        struct events_taken taken = events_choose(&events, NOW, rows[i].retention_days);
        check_row(taken.first == rows[i].first && taken.end == rows[i].end, rows[i].name);
        check_row(taken.too_old_end == rows[i].too_old_end, rows[i].name);
        check_row(taken.expired_end == rows[i].expired_end, rows[i].name);
        check_row(taken.too_new == rows[i].too_new, rows[i].name);
        check_row(taken.span_too_long == rows[i].span_too_long, rows[i].name);
        check_row(taken.bytes == (int64_t)(taken.end - taken.first) * 27, rows[i].name);
        check_row(taken.first == taken.end || taken.first_ms == NOW + rows[i].times[taken.first],
                  rows[i].name);
        check_row(taken.first == taken.end || taken.last_ms == NOW + rows[i].times[taken.end - 1],
                  rows[i].name);
        events_free(&events);
        events_free(&events);
    }
}

static void the_ends_of_time(void **state)
{
    (void)state;
    struct events events = {0};
    assert_int_equal(events_add(&events, INT64_MIN, 1), 0);
    assert_int_equal(events_add(&events, INT64_MAX, 1), 0);
    struct events_taken taken = events_choose(&events, NOW, 3653);
    assert_int_equal(taken.first, 1);
    assert_int_equal(taken.end, 1);
    assert_int_equal(taken.too_old_end, 1);
    assert_int_equal(taken.too_new, 1);
    events_free(&events);
}

static void more_than_a_batch_is_counted_not_kept(void **state)
{
    (void)state;
    struct events events = {0};
    for (size_t i = 0; i < 2 * EVENTS_MAX; i++)
        assert_int_equal(events_add(&events, NOW, 10), 0);
    assert_int_equal(events.count, 2 * EVENTS_MAX);
    assert_int_equal(events.bytes, 2 * EVENTS_MAX * 36);
    assert_true(malloc_usable_size(events.events) < 2 * EVENTS_MAX * sizeof(struct event));
    assert_false(events.unordered);
    events_free(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_by_its_time),
        cmocka_unit_test(the_ends_of_time),
        cmocka_unit_test(more_than_a_batch_is_counted_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
