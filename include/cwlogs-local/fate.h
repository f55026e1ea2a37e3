/*
 * fate - what becomes of one request under the faults in force.
 *
 * Everything a request may suffer is drawn at once and in the same order, so that one seed and
 * one order of requests give one run. Pure: the faults, the source of chance and the time are
 * handed in.
 */
#ifndef CWLOGS_LOCAL_FATE_H
#define CWLOGS_LOCAL_FATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cwlogs-local/faults.h"

/* A stream of pseudo-random numbers (splitmix64); set state to the seed. */
struct chance {
    uint64_t state;
};

enum fate_kind {
    FATE_SERVE,
    FATE_DROP,     /* cut, not applied */
    FATE_DENY,     /* AccessDeniedException */
    FATE_THROTTLE, /* ThrottlingException */
    FATE_ERROR,    /* error_status, not applied */
    FATE_ABORT,    /* OperationAbortedException, applied if abort_applied */
};

struct fate {
    enum fate_kind kind;
    int error_status;
    bool abort_applied;
    bool answer_lost;       /* cut instead of answered, and applied after apply_delay_ms */
    int64_t apply_delay_ms; /* after the cut */
    int64_t before_ms;      /* to wait before it is applied */
    int64_t after_ms;       /* to wait between that and the answer */
    int64_t visible_lag_ms; /* of what it creates or deletes */
    int64_t skew_ms;        /* of the creation time it stamps */
};

/* How many calls an operation may still make at once; shared by all clients, refilled steadily. */
struct bucket {
    double tokens;
    int64_t filled_ms;
    bool used; /* false: full, whatever the rest says */
};

/*
 * Takes one token; false if there is none, which costs nothing. rate is in calls a second, 0 for
 * no limit; burst is what a full bucket holds, 0 for the calls of a second (one at least).
 */
bool bucket_take(struct bucket *bucket, double rate, int64_t burst, int64_t now_ms);

/* buckets: one for each operation. */
struct fate fate_draw(const struct faults *faults, enum operation operation, struct chance *chance,
                      struct bucket buckets[OPERATION_COUNT], int64_t now_ms);

#endif
