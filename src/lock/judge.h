/* judge - what one listing says to one run; the part of the rules that is a plain function. */
#ifndef LOCK_JUDGE_H
#define LOCK_JUDGE_H

#include "lock/state.h"
#include "rivals.h"

struct judgement {
    bool own_shown;   /* an own attempt that counts is in the listing */
    bool own_settled; /* ... and was made at least D before the listing was asked for */
    bool remade;      /* ... or would be, but it was deleted by somebody, and made again */
    bool alone;       /* nobody else's live attempt is in sight */
    bool replaced;    /* a newer run of our explicit ID waits */
    bool claims;      /* a live claim of another that may have the mutex that we need */
    bool stranger;    /* a live unmarked attempt that none of ours holds off */
    struct rivalry rivalry;
};

/* Call own_see() with the same listing first. Updates lock->position and token_seen. */
struct judgement judge_listing(struct lock *lock, struct mono now,
                               const struct lock_listing *listing);

#endif
