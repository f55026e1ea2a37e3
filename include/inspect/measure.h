/*
 * measure - what a series of probes says of a service: lag, skew, clock, round trip.
 *
 * Plain functions. A probe bounds a lag from both sides: a listing that was asked for so long
 * after the answer still lacked the change (missed_ms), and one that was in so long after the
 * request showed it (shown_ms). Zero is a valid beginning.
 */
#ifndef INSPECT_MEASURE_H
#define INSPECT_MEASURE_H

#include <stdint.h>

#define MEASURE_SAMPLES_MAX 4096
#define MEASURE_NEVER       (-1) /* missed_ms: the first listing showed it */

struct measure_lag {
    uint32_t rounds;
    uint32_t late;      /* rounds in which a listing lacked it */
    int64_t longest_ms; /* the longest lag, in the middle of its bounds; 0 if none was late */
    int64_t at_most_ms; /* upper bound of the longest; of the late ones only, if there are any */
};
void measure_lag_add(struct measure_lag *lag, int64_t missed_ms, int64_t shown_ms);

/* Creation times against our clock; the middle of a request counts as its moment. */
struct measure_skew {
    uint32_t rounds;
    int64_t lowest_ms, highest_ms;
};
void measure_skew_add(struct measure_skew *skew, int64_t off_ms);
int64_t measure_skew_span(const struct measure_skew *skew); /* between any two */

/* How far the service's clock is ahead of ours, from Date headers: whole seconds, cut off. */
struct measure_clock {
    uint32_t answers;
    int64_t at_least_ms, at_most_ms;
};
void measure_clock_add(struct measure_clock *clock, int64_t date_ms, int64_t sent_ms,
                       int64_t received_ms);
int64_t measure_clock_ahead(const struct measure_clock *clock);
int64_t measure_clock_doubt(const struct measure_clock *clock); /* give or take */

struct measure_trips {
    uint32_t count;
    int64_t ms[MEASURE_SAMPLES_MAX]; /* later ones are dropped */
};
void measure_trip_add(struct measure_trips *trips, int64_t ms);
int64_t measure_trip_at(struct measure_trips *trips, unsigned percent); /* sorts them */

/*
 * The settle time that these call for, a quarter added, rounded up to 0.1 s: more than twice the
 * lag; with the role's contenders more than twice the skew, the lag and a create. docs/protocol.md
 */
int64_t measure_settle(int64_t lag_ms);
int64_t measure_settle_with_roles(int64_t lag_ms, int64_t span_ms, int64_t create_ms);

#endif
