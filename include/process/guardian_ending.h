/*
 * guardian_ending - how all that the command has started is ended: by the guardian, or by withlock
 * in the place of one that has died. Whoever does it sends TERM first, and finds out when nobody is
 * left.
 */
#ifndef PROCESS_GUARDIAN_ENDING_H
#define PROCESS_GUARDIAN_ENDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "process/sweep.h"

#define GUARDIAN_NAME "withlock-guard" /* of its process */

/* From one sweep to the next: at first, then twice as long each time, and at most. */
#define GUARDIAN_SWEEP_MS     20
#define GUARDIAN_SWEEP_MAX_MS 500

/* How long after KILL a process may live before it is called a survivor. */
#define GUARDIAN_SURVIVOR_MS 2000

/*
 * A withlock within the command has a guardian, too, which gives the inner lock back when all below
 * it is dead. It is given so long for that, but no longer than our own lease lasts.
 */
#define GUARDIAN_INNER_MS 30000

struct guardian_ending {
    struct sweep sweep;      /* from sweep_init() on */
    struct mono kill_at;     /* KILL from then on */
    struct mono inner_until; /* until then guardians of nested locks get no KILL */
    struct mono sweep_at;    /* the next sweep; the caller may set it to look before kill_at */
    int64_t pause_ms;        /* from that sweep to the one after */
};

/*
 * Sets when KILL is due: at kill_at or when the lease ends, whichever is first, but not before now.
 * May be called again with an earlier kill_at.
 */
void guardian_ending_plan(struct guardian_ending *ending, struct mono kill_at,
                          struct mono lease_end);

/*
 * Sweeps if it is time to: sends KILL from kill_at on, and before that only looks who lives. False
 * if it is not time yet; *ret_found is untouched then.
 */
bool guardian_ending_sweep(struct guardian_ending *ending, struct sweep_found *ret_found);

/* One of those found that has lived for too long after KILL; 0 if there is none. */
pid_t guardian_ending_survivor(const struct guardian_ending *ending,
                               const struct sweep_found *found);

#endif
