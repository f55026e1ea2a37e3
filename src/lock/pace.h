/* pace - how long a waiter waits between two looks (docs/protocol.md, "Polling"). */
#ifndef LOCK_PACE_H
#define LOCK_PACE_H

#include "judge.h"
#include "lock/state.h"

/*
 * When to look again while something is to show up: after D/4, then half as long again each time,
 * up to 5 s (GROWING_PAUSE). Counts as one of these times; lock->again_ms = 0 begins anew.
 */
struct mono pace_again_at(struct lock *lock, struct mono now);

/*
 * Is it surely not our turn, though we do not know our ticket yet (FAR_BACK)? The first page of
 * many does not show us, but enough of those who came before us. True for T/6 at the most: by then
 * our ticket must be known.
 */
bool pace_is_far_back(const struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen);

/* Was that run ahead on the front page of the last look? */
bool pace_has_met(const struct lock_pace *pace, const struct attempt *attempt);

/*
 * How long to wait after a look that showed somebody ahead, ms. Remembers in lock->pace what the
 * next look is compared with, so it is called once for each.
 */
int64_t pace_pause_ms(struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen, uint32_t random);

#endif
