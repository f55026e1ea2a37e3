/*
 * measure - what a series of probes says of a service: lag, skew, clock, round trip.
 *
 * Plain functions. Two times bound the lag of a change: missed_ms, from the answer to the change
 * until the last listing that did not show it was asked for; and shown_ms, from the request for the
 * change until the first listing that showed it had arrived. All zeros are a valid beginning.
 */
#ifndef INSPECT_MEASURE_H
#define INSPECT_MEASURE_H

#include <stdint.h>

#define MEASURE_SAMPLES_MAX 4096
#define MEASURE_NEVER       (-1) /* missed_ms, if the first listing showed the change */

struct measure_lag {
    uint32_t rounds;
    uint32_t late;      /* rounds in which a listing lacked it */
    int64_t longest_ms; /* the longest lag, in the middle of its bounds; 0 if none was late */
    int64_t at_most_ms; /* upper bound of the longest; of the late ones only, if there are any */
};
void measure_lag_add(struct measure_lag *lag, int64_t missed_ms, int64_t shown_ms);

/*
 * By how much creation times are ahead of our clock. The service is taken to have created a name in
 * the middle between request and answer.
 */
struct measure_skew {
    uint32_t rounds;
    int64_t lowest_ms, highest_ms;
};
void measure_skew_add(struct measure_skew *skew, int64_t off_ms);
int64_t measure_skew_span(const struct measure_skew *skew); /* from the lowest to the highest */

/*
 * By how much the service's clock is ahead of ours, from Date headers. They have whole seconds,
 * rounded down, so that each answer gives two bounds; of all answers the narrowest count.
 */
struct measure_clock {
    uint32_t answers;
    int64_t at_least_ms, at_most_ms;
};
void measure_clock_add(struct measure_clock *clock, int64_t date_ms, int64_t sent_ms,
                       int64_t received_ms);
int64_t measure_clock_ahead(const struct measure_clock *clock);
int64_t measure_clock_doubt(const struct measure_clock *clock); /* it may be so much more or less */

/* Round trips of requests. */
struct measure_trips {
    uint32_t count;
    int64_t ms[MEASURE_SAMPLES_MAX]; /* later ones are dropped */
};
void measure_trip_add(struct measure_trips *trips, int64_t ms);
/* A percentile, 0 if there are none; sorts them. */
int64_t measure_trip_at(struct measure_trips *trips, unsigned percent);

/*
 * The settle time that such a service needs (docs/protocol.md): twice the lag; beside contenders
 * of the role at least twice the skew, plus the lag and a create. A quarter is added, and the sum
 * rounded up to 0.1 s.
 */
int64_t measure_settle(int64_t lag_ms);
int64_t measure_settle_with_roles(int64_t lag_ms, int64_t span_ms, int64_t create_ms);

#endif
