#include "process.h"

#define MILLION 1000000

void process_start(struct process *process, struct world *world, const struct plan *plan,
                   uint32_t actor)
{
    int64_t drift_ppm = (int64_t)plan->drift_ppm;
    *process = (struct process){
        .world = world,
        .plan = plan,
        .actor = actor,
        .offset_ms = plan->story ? 1000 : prng_range(&world->prng, 1000, 100 * MILLION),
        .drift_ppm = prng_range(&world->prng, -drift_ppm, drift_ppm),
    };
}

struct mono process_clock(const struct process *process)
{
    int64_t now_ms = process->world->now_ms;
    return (struct mono){process->offset_ms + now_ms + now_ms * process->drift_ppm / MILLION};
}

int64_t process_when(const struct process *process, struct mono at)
{
    if (at.ms == MONO_NEVER.ms)
        return WORLD_NEVER;
    if (at.ms <= process->offset_ms)
        return 0;
    int64_t shown_ms = at.ms - process->offset_ms;
    int64_t true_ms = shown_ms * MILLION / (MILLION + process->drift_ppm) - 2;
    while (true_ms + true_ms * process->drift_ppm / MILLION < shown_ms)
        true_ms++;
    return true_ms;
}

void process_stop(struct process *process, int64_t ms)
{
    int64_t until_ms = process->world->now_ms + ms;
    if (until_ms > process->stopped_until_ms)
        process->stopped_until_ms = until_ms;
}

bool process_pause(struct process *process)
{
    struct world *world = process->world;
    const struct plan *plan = process->plan;
    if (world->calm)
        return false;
    double timeout_ms = (double)plan->lock_timeout_ms;
    if (prng_chance(&world->prng, plan->stop))
        process_stop(process, (int64_t)prng_scale(&world->prng, 5, 0.3 * timeout_ms));
    if (prng_chance(&world->prng, plan->long_stop))
        process_stop(process, (int64_t)prng_scale(&world->prng, 0.2 * timeout_ms, 3 * timeout_ms));
    if (prng_chance(&world->prng, plan->suspend)) {
        process_stop(process, (int64_t)prng_scale(&world->prng, 100, 3 * timeout_ms));
        process->frozen_until_ms = process->stopped_until_ms;
    }
    return process_stopped(process);
}
