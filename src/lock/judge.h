/*
 * judge - what one listing says to one run: whether it is in sight itself, and whether others keep
 * it from holding. What is done about that is decided elsewhere (decide, holder).
 */
#ifndef LOCK_JUDGE_H
#define LOCK_JUDGE_H

#include "lock/state.h"
#include "rivals.h"

struct judgement {
    bool own_shown;   /* an own attempt that counts is in the listing (OWN_SHOWN), */
    bool own_settled; /* and one such was made at least D before the listing was asked for (SETTLE)
                       */
    bool remade;      /* somebody has deleted an own attempt that counts, and made it again */
    bool alone;       /* no live attempt of anybody else is in sight */
    bool replaced;    /* a newer run of our explicit ID waits (REPLACED_BY_NEWER) */
    bool claims;      /* another's live claim is in sight that may go with the mutex that we need */
    bool stranger;    /* a live unmarked attempt is in sight that none of ours holds off */
    struct rivalry rivalry; /* how we stand in the queue */
};

/*
 * Judges what was read of the listing so far. Call own_see() with the same listing first. Also
 * brings up to date lock->service_ms, lock->position, lock->token_seen and lock->older_runs.
 */
struct judgement judge_listing(struct lock *lock, struct mono now,
                               const struct lock_listing *listing);

#endif
