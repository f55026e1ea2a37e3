#include "inspect/measure.h"

#include <stdlib.h>

#include "base/clock.h"

#define STEP_MS 100

void measure_lag_add(struct measure_lag *lag, int64_t missed_ms, int64_t shown_ms)
{
    lag->rounds++;
    if (missed_ms == MEASURE_NEVER) {
        if (!lag->late)
            lag->at_most_ms = ms_max(lag->at_most_ms, shown_ms);
        return;
    }
    if (lag->late++ == 0)
        lag->at_most_ms = 0;
    lag->longest_ms = ms_max(lag->longest_ms, (missed_ms + shown_ms) / 2);
    lag->at_most_ms = ms_max(lag->at_most_ms, shown_ms);
}

void measure_skew_add(struct measure_skew *skew, int64_t off_ms)
{
    if (skew->rounds == 0 || off_ms < skew->lowest_ms)
        skew->lowest_ms = off_ms;
    if (skew->rounds == 0 || off_ms > skew->highest_ms)
        skew->highest_ms = off_ms;
    skew->rounds++;
}

int64_t measure_skew_span(const struct measure_skew *skew)
{
    return skew->highest_ms - skew->lowest_ms;
}

void measure_clock_add(struct measure_clock *clock, int64_t date_ms, int64_t sent_ms,
                       int64_t received_ms)
{
    int64_t at_least_ms = date_ms - received_ms, at_most_ms = date_ms + 1000 - sent_ms;
    if (clock->answers == 0 || at_least_ms > clock->at_least_ms)
        clock->at_least_ms = at_least_ms;
    if (clock->answers == 0 || at_most_ms < clock->at_most_ms)
        clock->at_most_ms = at_most_ms;
    clock->answers++;
}

int64_t measure_clock_ahead(const struct measure_clock *clock)
{
    return (clock->at_least_ms + clock->at_most_ms) / 2;
}

int64_t measure_clock_doubt(const struct measure_clock *clock)
{
    int64_t width_ms = clock->at_most_ms - clock->at_least_ms;
    return (width_ms < 0 ? -width_ms : width_ms) / 2;
}

void measure_trip_add(struct measure_trips *trips, int64_t ms)
{
    if (trips->count < MEASURE_SAMPLES_MAX)
        trips->ms[trips->count++] = ms;
}

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int64_t measure_trip_at(struct measure_trips *trips, unsigned percent)
{
    if (trips->count == 0)
        return 0;
    qsort(trips->ms, trips->count, sizeof(trips->ms[0]), by_size);
    return trips->ms[(trips->count - 1) * percent / 100];
}

static int64_t with_margin(int64_t ms)
{
    return ms_max(STEP_MS, (ms * 5 / 4 + STEP_MS - 1) / STEP_MS * STEP_MS);
}

int64_t measure_settle(int64_t lag_ms)
{
    return with_margin(2 * lag_ms);
}

int64_t measure_settle_with_roles(int64_t lag_ms, int64_t span_ms, int64_t create_ms)
{
    return ms_max(measure_settle(lag_ms), with_margin(2 * span_ms + lag_ms + create_ms));
}
