#include "plan.h"

#include "plan_kinds.h"

/* A fault is absent in every other world, so that each is also met alone. */
static double rate(struct prng *prng, double low, double high)
{
    return prng_chance(prng, 0.5) ? 0 : prng_scale(prng, low, high);
}

static void draw_contenders(struct plan *plan, struct prng *prng,
                            const struct plan_options *options)
{
    uint32_t count = (uint32_t)prng_scale(prng, 2, PLAN_CONTENDERS_MAX + 1);
    if (count > PLAN_CONTENDERS_MAX)
        count = PLAN_CONTENDERS_MAX;
    plan->s_count = options->no_roles || prng_chance(prng, 0.45)
                        ? 0
                        : (uint32_t)prng_range(prng, 1, (count + 1) / 2);
    plan->w_count = count - plan->s_count;
    if (plan->w_count == 0)
        plan->w_count = 1;
    plan->nonblock = rate(prng, 0.05, 0.5);
    plan->wait_limit = rate(prng, 0.05, 0.5);
    plan->no_queue = rate(prng, 0.05, 0.5);
    plan->retry_delay = rate(prng, 0.05, 0.5);
    plan->explicit_id = plan->w_count > 1 && prng_chance(prng, 0.25) ? 0.5 : 0;
    plan->planted = prng_chance(prng, 0.25) ? (uint32_t)prng_range(prng, 40, 170)
                                            : (uint32_t)prng_range(prng, 0, 5);
}

static void draw_lock(struct plan *plan, struct prng *prng)
{
    static const int64_t timeouts_s[] = {15, 15, 20, 30, 30, 60, 120, 900};
    int64_t timeout_s = timeouts_s[prng_range(prng, 0, 7)];
    plan->lock_timeout_ms = timeout_s * 1000;
    plan->role_timeout_ms = plan->lock_timeout_ms;
    if (prng_chance(prng, 0.25)) {
        plan->role_timeout_ms *= prng_range(prng, 2, 4);
        plan->mixed_timeouts = prng_chance(prng, 0.5);
    }
    plan->role_age_ms = plan->role_timeout_ms;
    int64_t settle_max_ms = plan->lock_timeout_ms / 10;
    plan->settle_ms =
        prng_chance(prng, 0.5) ? 1000 : (int64_t)prng_scale(prng, 100, (double)settle_max_ms);
    plan->kill_after_ms = prng_range(prng, 0, plan->lock_timeout_ms / 5);
    plan->role_delay_ms = prng_range(prng, 2000, plan->lock_timeout_ms < 30000 ? 15000 : 30000);
    plan->think_max_ms = (int64_t)prng_scale(prng, 1000, (double)plan->lock_timeout_ms);
    plan->hold_max_ms = (int64_t)prng_scale(prng, 500, 8.0 * (double)plan->lock_timeout_ms);
    plan->rush_ms = prng_chance(prng, 0.3) ? prng_range(prng, 3000, plan->lock_timeout_ms) : 0;
    double timeouts = prng_scale(prng, 3, 12);
    plan->safety_ms = (int64_t)(timeouts * (double)plan->lock_timeout_ms);
    if (timeout_s > 60)
        plan->safety_ms /= 2;
}

/* The bounds under which the promise is given; drift makes D up to 0.1% shorter. */
static void draw_bounds(struct plan *plan, struct prng *prng)
{
    int64_t settle_ms = plan->settle_ms - plan->settle_ms / 1000 - 2;
    int64_t lag_max_ms = (settle_ms - 1) / 2;
    bool extreme = prng_chance(prng, 0.4);
    plan->lag_ms = extreme ? lag_max_ms : prng_range(prng, 0, lag_max_ms);
    int64_t skew_apart_ms = 4900; /* front ends agree to 5 s for expiry */
    plan->create_ms = prng_range(prng, 0, 50);
    /* Whatever is not marked counts as a role's attempt, also what appears by itself. */
    if (plan->s_count > 0 || plan->strangers > 0 || plan->recreate > 0) {
        skew_apart_ms = settle_ms - plan->lag_ms - 1;
        if (plan->create_ms > skew_apart_ms / 2)
            plan->create_ms = skew_apart_ms / 2;
        skew_apart_ms -= plan->create_ms;
        if (skew_apart_ms > 4900)
            skew_apart_ms = 4900;
    }
    if (!extreme)
        skew_apart_ms = prng_range(prng, 0, skew_apart_ms);
    plan->front_ends = (uint32_t)prng_range(prng, 1, FRONT_ENDS_MAX);
    for (uint32_t i = 0; i < plan->front_ends; i++)
        plan->skew_ms[i] = prng_range(prng, 0, skew_apart_ms) - skew_apart_ms / 2;
    if (extreme && plan->front_ends > 1) {
        plan->skew_ms[0] = -(skew_apart_ms / 2);
        plan->skew_ms[1] = skew_apart_ms - skew_apart_ms / 2;
    }
    plan->lag_full = prng_chance(prng, 0.5) ? 0.5 : 0.1;
    plan->latency_ms = (int64_t)prng_scale(prng, 1, 80);
    plan->jitter_ms = (int64_t)prng_scale(prng, 1, 300);
    plan->empty_page = 0.1;
    plan->drift_ppm = prng_chance(prng, 0.3) ? 0 : 500;
}

static void draw_faults(struct plan *plan, struct prng *prng)
{
    if (prng_chance(prng, 0.05))
        return;
    plan->burst = rate(prng, 0.0005, 0.01);
    plan->throttle = rate(prng, 0.001, 0.2);
    plan->never_sent = rate(prng, 0.001, 0.05);
    plan->lost_request = rate(prng, 0.001, 0.05);
    plan->lost_answer = rate(prng, 0.001, 0.1);
    plan->error_before = rate(prng, 0.001, 0.1);
    plan->error_after = rate(prng, 0.001, 0.1);
    plan->late = rate(prng, 0.001, 0.05);
    plan->late_max_ms = (int64_t)prng_scale(prng, 1000, 2.0 * (double)plan->lock_timeout_ms);
    plan->aborted = rate(prng, 0.001, 0.1);
    plan->repeated = rate(prng, 0.001, 0.1);
    plan->outage = rate(prng, 0.0001, 0.002);
    plan->outage_max_ms = (int64_t)prng_scale(prng, 1000, 2.0 * (double)plan->lock_timeout_ms);
    plan->stop = rate(prng, 0.001, 0.05);
    plan->long_stop = rate(prng, 0.0005, 0.01);
    plan->suspend = rate(prng, 0.0005, 0.01);
    plan->crash = rate(prng, 0.0005, 0.01);
    plan->signal = rate(prng, 0.02, 0.3);
    plan->recreate = rate(prng, 0.001, 0.05);
    plan->strangers = rate(prng, 0.005, 0.05);
}

/* Bounds broken on purpose, everything else kind: what goes wrong comes from the bound. */
static struct plan_lag lag_of(const double by_settle[2], int64_t settle_ms)
{
    return (struct plan_lag){(int64_t)(by_settle[0] * (double)settle_ms),
                             (int64_t)(by_settle[1] * (double)settle_ms)};
}

static void set_lags(struct plan *plan, const double create[2], const double delete[2])
{
    plan->lags_apart = true;
    plan->create_lag = lag_of(create, plan->settle_ms);
    plan->delete_lag = lag_of(delete, plan->settle_ms);
    plan->lag_ms = plan->create_lag.most_ms > plan->delete_lag.most_ms ? plan->create_lag.most_ms
                                                                       : plan->delete_lag.most_ms;
}

/* However late listings are, the promise holds: lags of half of D to 60 D. */
static void draw_lagging(struct plan *plan, struct prng *prng)
{
    double most = prng_scale(prng, 0.5, 60), lags[2][2];
    for (int i = 0; i < 2; i++) {
        lags[i][1] = prng_chance(prng, 0.7) ? most : most * prng_unit(prng);
        lags[i][0] = prng_chance(prng, 0.5) ? 0 : lags[i][1] * (prng_chance(prng, 0.5) ? 1 : 0.7);
    }
    set_lags(plan, lags[0], lags[1]);
    if (prng_chance(prng, 0.5))
        plan->settle_ms = 0;
    plan->outside = plan->lagging = true;
}

static void draw_outside(struct plan *plan, struct prng *prng, const struct plan_options *options)
{
    double settle_ms = (double)plan->settle_ms;
    if (options->lags_apart)
        set_lags(plan, options->create_lag, options->delete_lag);
    if (options->no_settle)
        plan->settle_ms = 0;
    plan->lost_answer = options->loss > 0 ? options->loss : plan->lost_answer;
    plan->crash_holding = options->death;
    if (options->lag_by_settle >= 0)
        plan->lag_ms = (int64_t)(settle_ms * options->lag_by_settle);
    if (options->skew_by_settle >= 0) {
        int64_t apart_ms = (int64_t)(settle_ms * options->skew_by_settle);
        plan->front_ends = (uint32_t)prng_range(prng, 2, FRONT_ENDS_MAX);
        for (uint32_t i = 0; i < plan->front_ends; i++)
            plan->skew_ms[i] = i % 2 ? apart_ms / 2 : -apart_ms / 2;
    }
    plan->outside = true;
}

/* Who may hold together: readers and writers, slots, slots that differ, writers, or all of it. */
static void draw_modes(struct plan *plan, struct prng *prng)
{
    int64_t kind = prng_range(prng, 0, 4);
    bool readers = kind == 0 || kind == 4;
    plan->shared = readers ? prng_scale(prng, 0.3, 0.9) : 0;
    if (kind > 0)
        plan->slotted = kind < 3 ? 1 : prng_scale(prng, 0.3, 0.9);
    plan->slots = (uint32_t)prng_range(prng, 2, 4);
    plan->slots_more = kind == 2 || kind == 4 ? (uint32_t)prng_range(prng, 1, 3) : 0;
    plan->stream = readers && prng_chance(prng, 0.5);
    if (plan->stream)
        plan->no_queue = 0; /* who keeps no place in the queue may starve */
    uint32_t least = plan->stream ? 6 : plan->slots + 2;
    if (plan->w_count < least)
        plan->w_count = least;
    if (plan->w_count + plan->s_count > PLAN_CONTENDERS_MAX)
        plan->s_count = PLAN_CONTENDERS_MAX - plan->w_count;
}

void plan_draw(struct plan *plan, uint64_t seed, const struct plan_options *options)
{
    struct prng prng = {seed ^ 0x77697468};
    *plan = (struct plan){.seed = seed};
    draw_contenders(plan, &prng, options);
    draw_lock(plan, &prng);
    if (options->mild)
        plan->mild = true;
    else
        draw_faults(plan, &prng);
    if (options->kind != PLAN_ANY)
        plan_lean(plan, options->kind, &prng);
    if (options->modes)
        draw_modes(plan, &prng);
    draw_bounds(plan, &prng);
    if (options->kind == PLAN_RUSH || options->kind == PLAN_TRIES || options->kind == PLAN_BEHIND)
        plan->latency_ms = plan->jitter_ms = 2;
    if (plan->evil) {
        plan->latency_ms = 10;
        plan->jitter_ms = 20;
    }
    if (options->outside)
        draw_outside(plan, &prng, options);
    else if (options->kind == PLAN_LAGGING)
        draw_lagging(plan, &prng);
    if (options->sweep) {
        plan->sweep = true;
        plan->outside = true;
    }
}
