/*
 * process - a process and the machine it runs on: a clock that drifts, and stops.
 *
 * `stopped` is SIGSTOP, a slow disk, a busy scheduler: this process alone does nothing until
 * then. Its clock runs on (CLOCK_BOOTTIME), at a rate that is off by some parts per million.
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "base/clock.h"
#include "plan.h"
#include "world.h"

struct process {
    struct world *world;
    const struct plan *plan;
    uint32_t actor;
    int64_t offset_ms;
    int64_t drift_ppm;
    int64_t stopped_until_ms; /* true time */
    int64_t frozen_until_ms;  /* the whole machine is suspended: also what the process started */
};

void process_start(struct process *process, struct world *world, const struct plan *plan,
                   uint32_t actor);
struct mono process_clock(const struct process *process);

/* The true moment at which the process's clock shows `at`. */
int64_t process_when(const struct process *process, struct mono at);

/* May stop the process here, by chance; true if it now is. */
bool process_pause(struct process *process);
void process_stop(struct process *process, int64_t ms);
static inline bool process_stopped(const struct process *process)
{
    return process->world->now_ms < process->stopped_until_ms;
}
static inline bool process_frozen(const struct process *process)
{
    return process->world->now_ms < process->frozen_until_ms;
}

#endif
