/*
 * supervise - a whole run: wait for the lock, run the command under it, release.
 *
 * Joins session, heartbeat, guardian and signals. Everything the user reads but for the final
 * error is reported from here; the final error is returned.
 */
#ifndef RUN_SUPERVISE_H
#define RUN_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/settings.h"
#include "base/error.h"
#include "lock/lock.h"
#include "process/signals.h"
#include "run/held.h"

#define SUPERVISE_FIRST_WORD_MS 2000  /* nothing is said about a wait before */
#define SUPERVISE_ARRIVING_MS   10000 /* nor about failures while nothing was made */
#define SUPERVISE_AGAIN_MS      60000 /* from line to line, where lines stay */
#define SUPERVISE_IN_PLACE_MS   1000  /* from one update to the next of a line on a terminal */

/* All strings are borrowed. */
struct supervise_plan {
    char *const *argv;
    const struct aws_options *aws;
    const struct lock_settings *lock; /* but for what only the run knows; id: explicit, or NULL */
    const char *tags;                 /* "KEY=VALUE,..."; NULL for none */
    int64_t wait_ms;                  /* negative: for ever */
    int64_t min_hold_ms;     /* the lock is kept so long at least, even after the command's end */
    int64_t max_hold_ms;     /* then the command is ended; 0: never */
    const char *on_acquire;  /* run by /bin/sh -c before the command; NULL: nothing */
    const char *on_lost_run; /* likewise, when the lock is lost */
    bool warn_on_lost;       /* the command goes on when the lock is lost */
    int not_obtained_status; /* exit status if others have the lock */
    environment_fn *environment;
};

/*
 * Returns the exit status. If err->kind is not ERROR_NONE on return it holds the line to print,
 * and the status belongs to it. signals_init() must have been called.
 */
int supervise(const struct supervise_plan *plan, const struct signals *signals, struct error *err);

#endif
