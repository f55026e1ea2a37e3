#include "plan_kinds.h"

static void no_faults(struct plan *plan)
{
    plan->burst = plan->throttle = plan->never_sent = plan->lost_request = plan->lost_answer = 0;
    plan->error_before = plan->error_after = plan->late = plan->aborted = plan->repeated = 0;
    plan->outage = plan->stop = plan->long_stop = plan->suspend = plan->crash = plan->signal = 0;
    plan->recreate = plan->strangers = 0;
}

static void short_timeout(struct plan *plan, int64_t timeout_ms)
{
    plan->lock_timeout_ms = plan->role_timeout_ms = plan->role_age_ms = timeout_ms;
    plan->mixed_timeouts = false;
    plan->kill_after_ms = timeout_ms / 10;
    plan->settle_ms = timeout_ms / 10;
    plan->safety_ms = 20 * timeout_ms;
    plan->think_max_ms = timeout_ms / 3;
    plan->role_delay_ms = 3000;
    plan->rush_ms = 0;
}

/* What all kinds say. Bounds of which the upper one is 0 are not drawn from. */
struct frame {
    int64_t w_count[2], s_count[2];
    int64_t timeout_ms;
    int64_t settle_ms[2]; /* else a tenth of the timeout */
    int64_t hold_max_ms, rush_ms;
    bool keeps_faults; /* those that were drawn */
};

static int64_t draw(struct prng *prng, const int64_t bounds[2], int64_t otherwise)
{
    return bounds[1] ? prng_range(prng, bounds[0], bounds[1]) : otherwise;
}

/* W that queue and wait, and S; no faults but those that are added. */
static void begin(struct plan *plan, struct prng *prng, const struct frame *frame)
{
    if (!frame->keeps_faults)
        no_faults(plan);
    plan->w_count = (uint32_t)draw(prng, frame->w_count, 0);
    plan->s_count = (uint32_t)draw(prng, frame->s_count, 0);
    plan->planted = 0;
    plan->nonblock = plan->wait_limit = plan->no_queue = plan->retry_delay = 0;
    plan->explicit_id = 0;
    short_timeout(plan, frame->timeout_ms);
    plan->settle_ms = draw(prng, frame->settle_ms, plan->settle_ms);
    plan->hold_max_ms = frame->hold_max_ms;
    plan->rush_ms = frame->rush_ms;
}

#define BEGIN(...) begin(plan, prng, &(struct frame){__VA_ARGS__})

static void lean_to_roles(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {1, 3}, .s_count = {1, 3}, .timeout_ms = 15000, .settle_ms = {300, 1500});
    plan->crash = 0.01;
    plan->stop = 0.02;
    plan->long_stop = prng_chance(prng, 0.5) ? 0.03 : 0;
    plan->hold_max_ms = prng_chance(prng, 0.5) ? 60000 : 3000;
    plan->rush_ms = prng_chance(prng, 0.7) ? 5000 : 0;
    plan->safety_ms = 400000;
}

static void lean_to_rush(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {3, 6}, .timeout_ms = 30000, .hold_max_ms = 1000, .rush_ms = 12000);
    plan->stop = prng_chance(prng, 0.5) ? 0.02 : 0;
}

static void lean_to_ids(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {3, 6}, .timeout_ms = 30000, .hold_max_ms = 1000, .rush_ms = 6000);
    plan->explicit_id = 0.6;
    plan->no_queue = plan->nonblock = 0.2;
    plan->signal = 0.3;
    plan->stop = 0.02;
}

static void lean_to_cuts(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {2, 4}, .timeout_ms = 15000, .hold_max_ms = 120000);
    plan->lost_answer = 0.2;
    plan->lost_request = 0.1;
    plan->outage = 0.01;
    plan->outage_max_ms = 40000;
}

static void lean_to_skew(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {3, 6}, .timeout_ms = 15000, .settle_ms = {200, 1000}, .hold_max_ms = 20000);
    plan->crash = 0.01;
}

static void lean_to_tries(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {2, 4}, .timeout_ms = 30000, .settle_ms = {1000, 3000}, .hold_max_ms = 3000);
    plan->nonblock = 1;
}

static void lean_to_losses(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {2, 5}, .timeout_ms = 15000, .settle_ms = {200, 600}, .hold_max_ms = 2000,
          .keeps_faults = true);
    plan->late = 0.2;
    plan->late_max_ms = 8000;
    plan->lost_answer = plan->error_after = 0.1;
}

static void lean_to_stops(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {2, 5}, .s_count = {0, 2}, .timeout_ms = 15000, .settle_ms = {300, 1500},
          .hold_max_ms = 3000);
    plan->stop = 0.03;
    plan->long_stop = 0.02;
}

static void lean_to_dead(struct plan *plan, struct prng *prng)
{
    lean_to_roles(plan, prng);
    short_timeout(plan, 60000);
    plan->s_count = 4;
    plan->w_count = 2;
    plan->crash = 0.05;
    plan->stop = 0.1;
    plan->hold_max_ms = 5000;
}

static void lean_to_swept(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {2, 4}, .s_count = {0, 2}, .timeout_ms = 30000, .settle_ms = {300, 1500},
          .hold_max_ms = 90000, .rush_ms = 5000);
    plan->kill_after_ms = 1000;
}

/* The front ends are far apart: who comes later may have the smaller ticket, and wait. */
static void lean_to_picked(struct plan *plan, struct prng *prng)
{
    lean_to_swept(plan, prng);
    plan->s_count = (uint32_t)prng_range(prng, 0, 1) * (uint32_t)prng_range(prng, 1, 3);
    plan->picks = true;
    plan->role_sleep = 0.5;
    plan->role_sleep_max_ms = plan->lock_timeout_ms / 3;
}

static void lean_to_asleep(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {1, 3}, .s_count = {1, 4}, .timeout_ms = 15000);
    short_timeout(plan, prng_chance(prng, 0.5) ? 15000 : 60000);
    plan->settle_ms = prng_range(prng, 300, 1500);
    plan->stop = prng_chance(prng, 0.5) ? 0.03 : 0;
    plan->role_sleep = 0.5;
    plan->role_sleep_min_ms = plan->role_age_ms + 4000;
    plan->role_sleep_max_ms = plan->role_age_ms + 12000;
    plan->long_stop = prng_chance(prng, 0.5) ? 0.02 : 0;
    if (prng_chance(prng, 0.3)) { /* many die during long holds */
        plan->strangers = prng_chance(prng, 0.5) ? 0.01 : 0.3;
        plan->hold_max_ms = 20 * plan->lock_timeout_ms;
    } else {
        plan->strangers = 0;
        plan->hold_max_ms = 5000;
    }
    if (prng_chance(prng, 0.3)) { /* so many expire at once that to delete them takes a while */
        short_timeout(plan, 15000);
        plan->settle_ms = 1500;
        plan->w_count = 1;
        plan->s_count = 8;
        plan->stop = plan->long_stop = plan->strangers = 0;
        plan->role_sleep = 1;
        plan->role_sleep_min_ms = plan->role_age_ms + 5000;
        plan->role_sleep_max_ms = plan->role_age_ms + 10000;
        plan->think_max_ms = 3000;
        plan->hold_max_ms = 300000;
    }
    plan->safety_ms = 30 * plan->lock_timeout_ms;
}

static void lean_to_behind(struct plan *plan, struct prng *prng)
{
    lean_to_rush(plan, prng);
    short_timeout(plan, 15000);
    plan->stop = 0;
    plan->long_stop = 0.05;
    plan->hold_max_ms = 3000;
    plan->rush_ms = 4000;
}

static void lean_to_lagging(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {3, 6}, .timeout_ms = 60000, .settle_ms = {1000, 1000}, .hold_max_ms = 4000,
          .rush_ms = 12000);
    plan->think_max_ms = 4000;
    plan->safety_ms = 300000;
}

static void lean_to_quotas(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {4, 12}, .timeout_ms = 60000, .settle_ms = {1000, 1000}, .hold_max_ms = 4000);
    plan->rush_ms = prng_chance(prng, 0.5) ? 12000 : 0;
    plan->think_max_ms = 4000;
    plan->safety_ms = 300000;
    plan->quota = 10;
    plan->stranger = prng_chance(prng, 0.5) ? 0 : (double)prng_range(prng, 1, 8);
}

static void lean_to_evil(struct plan *plan, struct prng *prng)
{
    BEGIN(.w_count = {2, 6}, .timeout_ms = 60000, .settle_ms = {1000, 1000}, .hold_max_ms = 90000);
    plan->rush_ms = prng_chance(prng, 0.5) ? 12000 : 0;
    plan->explicit_id = prng_chance(prng, 0.3) ? 0.5 : 0;
    plan->safety_ms = 400000;
    plan->nested = prng_chance(prng, 0.1) ? 500 : 0;
    plan->evil = plan->outside = true;
}

typedef void lean_fn(struct plan *plan, struct prng *prng);

void plan_lean(struct plan *plan, enum plan_kind kind, struct prng *prng)
{
    static lean_fn *const leans[PLAN_KINDS] = {
        [PLAN_RUSH] = lean_to_rush,     [PLAN_ROLES] = lean_to_roles,
        [PLAN_IDS] = lean_to_ids,       [PLAN_CUTS] = lean_to_cuts,
        [PLAN_SKEW] = lean_to_skew,     [PLAN_TRIES] = lean_to_tries,
        [PLAN_LOSSES] = lean_to_losses, [PLAN_STOPS] = lean_to_stops,
        [PLAN_DEAD] = lean_to_dead,     [PLAN_SWEPT] = lean_to_swept,
        [PLAN_PICKED] = lean_to_picked, [PLAN_ASLEEP] = lean_to_asleep,
        [PLAN_BEHIND] = lean_to_behind, [PLAN_LAGGING] = lean_to_lagging,
        [PLAN_QUOTAS] = lean_to_quotas, [PLAN_EVIL] = lean_to_evil,
    };
    if (leans[kind])
        leans[kind](plan, prng);
}
