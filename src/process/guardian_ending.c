#include "process/guardian_ending.h"

#include <signal.h>
#include <stddef.h>

void guardian_ending_plan(struct guardian_ending *ending, struct mono kill_at,
                          struct mono lease_end)
{
    ending->kill_at = mono_max(mono_now(), mono_min(kill_at, lease_end));
    ending->inner_until = mono_min(mono_add(ending->kill_at, GUARDIAN_INNER_MS), lease_end);
    ending->sweep_at = ending->kill_at;
    ending->pause_ms = GUARDIAN_SWEEP_MS;
}

bool guardian_ending_sweep(struct guardian_ending *ending, struct sweep_found *ret_found)
{
    struct mono now = mono_now();
    bool kill_now = mono_reached(now, ending->kill_at);
    if (!mono_reached(now, ending->sweep_at))
        return false;
    ending->sweep.not_killed = mono_reached(now, ending->inner_until) ? NULL : GUARDIAN_NAME;
    (void)sweep_signal(&ending->sweep, kill_now ? SIGKILL : 0, ret_found);
    ending->sweep_at = mono_add(mono_now(), ending->pause_ms); /* a sweep may take its time */
    if (!kill_now)
        ending->sweep_at = mono_min(ending->sweep_at, ending->kill_at);
    ending->pause_ms = ms_min(2 * ending->pause_ms, GUARDIAN_SWEEP_MAX_MS);
    return true;
}

pid_t guardian_ending_survivor(const struct guardian_ending *ending,
                               const struct sweep_found *found)
{
    bool late = mono_diff(mono_now(), ending->kill_at) > GUARDIAN_SURVIVOR_MS;
    return late && found->living ? found->example : 0;
}
