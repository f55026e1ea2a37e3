/*
 * hook - a shell command of the user's beside the run: --on-acquire, --on-lost-run.
 *
 *     hook_run_acquired(command, &held, signals)
 *
 *     hook_start_lost(&hook, command, &held, reason)
 *     hook_look(&hook)        at hook_look_at(), and when hook_fd() is readable
 *     hook_finish(&hook)
 *
 * It runs beside the heartbeat, never in its way: nothing that it does or fails to do changes what
 * becomes of the lock. What it prints goes to standard error, standard output being the command's.
 * A failure is said here. Main thread only.
 */
#ifndef RUN_HOOK_H
#define RUN_HOOK_H

#include <stdbool.h>

#include "base/clock.h"
#include "process/pidfd.h"
#include "process/signals.h"
#include "run/held.h"

#define HOOK_LIMIT_MS 10000 /* then it is killed, with all that it has started */

/* All zeros: not started. */
struct hook {
    const char *option; /* its name, for messages */
    bool running;
    struct pidfd process; /* of the shell, while it runs */
    struct mono deadline; /* when it is killed */
};

/*
 * Runs --on-acquire (NULL: nothing) and waits for it, with WITHLOCK_HELD_* as the command will have
 * them. Returns 0, or the number of a signal that asked for an end meanwhile.
 */
int hook_run_acquired(const char *command, const struct held *held, const struct signals *signals);

/* Begins --on-lost-run (NULL: nothing), with the reason in WITHLOCK_LOST_REASON. Only once. */
void hook_start_lost(struct hook *hook, const char *command, const struct held *held,
                     const char *reason);

/* -1 if it does not run, or has no descriptor. */
int hook_fd(const struct hook *hook);

/* When to look at it whatever happens; MONO_NEVER if it does not run. */
struct mono hook_look_at(const struct hook *hook);

/* If it has ended or is overdue: reaps or ends it, and says what was wrong. */
void hook_look(struct hook *hook);

/* Waits until it does not run any more: HOOK_LIMIT_MS from its start at most. */
void hook_finish(struct hook *hook);

#endif
