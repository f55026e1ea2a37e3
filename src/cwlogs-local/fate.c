#include "cwlogs-local/fate.h"

#include <assert.h>

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 */
static uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* 0 <= x < 1 */
static double chance_fraction(struct chance *chance)
{
    return (double)(chance_next(chance) >> 11) * 0x1p-53;
}

/* Both included. */
static int64_t chance_between(struct chance *chance, int64_t low, int64_t high)
{
    assert(low <= high);
    return low + (int64_t)(chance_fraction(chance) * ((double)(high - low) + 1));
}

#define ROUNDING 1e-9 /* fractions of tokens add up to a little less than one, or not */

bool bucket_take(struct bucket *bucket, double rate, int64_t burst, int64_t now_ms)
{
    if (rate <= 0)
        return true;
    double full = burst > 0 ? (double)burst : rate < 1 ? 1 : rate;
    double passed_s = bucket->used ? (double)(now_ms - bucket->filled_ms) / 1000 : 0;
    double tokens = bucket->used ? bucket->tokens + passed_s * rate : full;
    if (tokens > full)
        tokens = full;
    bool taken = tokens >= 1 - ROUNDING;
    *bucket =
        (struct bucket){.tokens = taken ? tokens - 1 : tokens, .filled_ms = now_ms, .used = true};
    return taken;
}

static bool changes_group(enum operation operation)
{
    switch (operation) {
    case OPERATION_CREATE_LOG_GROUP:
    case OPERATION_DELETE_LOG_GROUP:
    case OPERATION_PUT_RETENTION_POLICY:
    case OPERATION_DELETE_RETENTION_POLICY:
    case OPERATION_PUT_LOG_GROUP_DELETION_PROTECTION:
        return true; /* the operations here that list OperationAbortedException */
    default:
        return false;
    }
}

static int64_t draw_lag(const struct faults *faults, enum operation operation,
                        struct chance *chance)
{
    const struct lag *lag =
        operation == OPERATION_DELETE_LOG_GROUP ? &faults->delete_lag : &faults->create_lag;
    bool is_range = lag->greatest_ms > lag->least_ms;
    return chance_between(chance, lag->least_ms, is_range ? lag->greatest_ms : lag->least_ms);
}

struct fate fate_draw(const struct faults *faults, enum operation operation, struct chance *chance,
                      struct bucket buckets[OPERATION_COUNT], int64_t now_ms)
{
    int64_t latency_ms = faults->latency_ms + chance_between(chance, 0, faults->latency_jitter_ms);
    struct fate fate = {.before_ms = latency_ms / 2, .after_ms = latency_ms - latency_ms / 2};
    fate.visible_lag_ms = draw_lag(faults, operation, chance);
    fate.skew_ms = chance_between(chance, -faults->clock_skew_ms, faults->clock_skew_ms);
    fate.apply_delay_ms = chance_between(chance, 0, faults->apply_delay_ms);
    bool dropped = chance_fraction(chance) < faults->drop_rate;
    bool failed = chance_fraction(chance) < faults->error_rate;
    bool aborted = chance_fraction(chance) < faults->operation_aborted_rate;
    fate.answer_lost = chance_fraction(chance) < faults->lost_response_rate;
    uint64_t coins = chance_next(chance);
    fate.error_status = coins & 1 ? 500 : 503;
    fate.abort_applied = coins & 2;

    if (dropped)
        fate.kind = FATE_DROP;
    else if (!bucket_take(&buckets[operation], faults->rate_limit[operation], faults->rate_burst,
                          now_ms))
        fate.kind = FATE_THROTTLE;
    else if (faults->deny[operation])
        fate.kind = FATE_DENY;
    else if (failed)
        fate.kind = FATE_ERROR;
    else if (aborted && changes_group(operation))
        fate.kind = FATE_ABORT;
    return fate;
}
